"""The reference of all commands, written from the command line's own tree.

    python docs/make/commands.py            writes docs/commands.md

A test compares the page with what this would write, so the page cannot go stale.
"""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Any

import typer.main

from heapsnap import errors
from heapsnap.cli import group
from heapsnap.cli.main import app

PAGE = Path(__file__).resolve().parents[1] / "commands.md"
HEAD = """# The commands

Written by `python docs/make/commands.py` from the code. `heapsnap COMMAND --help` says the same.
"""


def write_reference() -> str:
    """The whole page."""
    tree: Any = typer.main.get_command(app)
    commands = [command for command in tree.commands.values() if not command.hidden]
    parts = [HEAD, exit_codes(), *(describe_command(command) for command in commands)]
    return "\n".join(parts)


def exit_codes() -> str:
    """The table of exit codes, from the classes of errors that carry them."""
    rows = {
        0: "answered",
        errors.HeapsnapError.exit_code: "could not answer; `error:` and `hint:` on stderr",
        group.WRONG_USAGE: "wrong usage",
        errors.AssertionNotHeldError.exit_code: "an assertion did not hold: `--fail-on-growth`",
        group.CTRL_C: "ended by Ctrl-C",
        group.CLOSED_PIPE: "whoever read the answer went away (`| head`)",
    }
    lines = ["## Exit codes", "", "| code | meaning |", "|---|---|"]
    lines += [f"| {code} | {meaning} |" for code, meaning in sorted(rows.items())]
    lines.append("\n`heapsnap run` ends with the code of the program that it starts.\n")
    return "\n".join(lines)


def describe_command(command: Any) -> str:
    """Usage, what it does, its arguments and options."""
    shown = [parameter for parameter in command.params if not parameter.hidden]
    arguments = [parameter for parameter in shown if parameter.param_type_name == "argument"]
    options = [parameter for parameter in shown if parameter.param_type_name == "option"]
    usage = " ".join(
        ["heapsnap", command.name, *(["[OPTIONS]"] if options else []), *map(metavar, arguments)]
    )
    lines = [f"## {command.name}", "", "```text", usage, "```", ""]
    lines += [cell(" ".join(command.help.split())), ""]
    if arguments or options:
        lines += ["| | default | |", "|---|---|---|"]
        lines += [f"| `{metavar(one)}` | {default(one)} | {cell(one.help)} |" for one in arguments]
        lines += [f"| {spelling(one)} | {default(one)} | {cell(one.help)} |" for one in options]
        lines.append("")
    return "\n".join(lines)


def metavar(parameter: Any) -> str:
    """How an argument is written in the usage."""
    return parameter.metavar or parameter.name.upper()


def spelling(option: Any) -> str:
    """All names of an option, and what it takes."""
    names = [*option.opts, *option.secondary_opts]
    taken = "" if option.is_flag else f" {option.metavar or choices(option)}"
    return ", ".join(f"`{name}{taken}`" for name in names)


def choices(option: Any) -> str:
    """The values that an option knows, or that it takes some word."""
    kind = type(option.default)
    if issubclass(kind, Enum):
        return cell("|".join(str(member.value) for member in kind))
    return "VALUE"


def default(parameter: Any) -> str:
    """What is taken where nothing is given; empty where that says nothing."""
    value = parameter.default
    if isinstance(value, Enum):
        value = value.value
    if parameter.required:
        return "required"
    return "" if value in (None, False, (), []) else f"`{value}`"


def cell(text: str | None) -> str:
    """Text that Markdown shows as it stands, in a cell of a table."""
    escaped = (text or "").replace("\\", "\\\\")
    for mark in "|*_[]<>":
        escaped = escaped.replace(mark, f"\\{mark}")
    return escaped


if __name__ == "__main__":
    PAGE.write_text(write_reference(), encoding="utf-8")
