"""Pages of HTML from templates: every text of a snapshot is escaped, whoever writes the template.

Owns the environment of the templates, the style sheet with its colours, and the policy that
lets nothing run and nothing load but what is in the page itself.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import fields
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from heapsnap.render.colours import DARK, LIGHT, Palette, dark_rules
from heapsnap.render.escape import escape_terminal
from heapsnap.render.sites import sites_text
from heapsnap.render.words import (
    bytes_growth_text,
    bytes_text,
    count_text,
    duration_text,
    growth_text,
    plural,
    time_text,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


def fill(template: str, values: Mapping[str, Any]) -> str:
    """Fill a template.

    Args:
        template: The name of a file under ``templates/``.
        values: What it shows. Strings are escaped, ``Markup`` is not.
    """
    return _environment().get_template(template).render(values)


def trusted(markup: str) -> Markup:
    """Markup of our own making, in which every name has been escaped already."""
    return Markup(markup)  # noqa: S704 - see above


@cache
def style() -> Markup:
    """The style sheet of a page, colours first."""
    text = resources.files("heapsnap.render").joinpath("templates/page.css").read_text("utf-8")
    dark = f"{_variables(DARK)}\n{dark_rules('svg ')}"
    screen = f"@media screen and (prefers-color-scheme:dark){{\n{dark}\n}}"
    return trusted(f"{_variables(LIGHT)}\n{screen}\n{text}")


@cache
def script() -> Markup:
    """What makes tables sort and search; without it they only stand there."""
    text = resources.files("heapsnap.render").joinpath("templates/page.js").read_text("utf-8")
    return trusted(text)


def policy() -> str:
    """A Content-Security-Policy for a page with this style sheet and this script."""
    return (
        f"default-src 'none'; style-src {_hash(style())}; script-src {_hash(script())}; "
        "base-uri 'none'; form-action 'none'"
    )


def _variables(palette: Palette) -> str:
    pairs = "".join(
        f"--{field.name.replace('_', '-')}:{getattr(palette, field.name)};"
        for field in fields(palette)
    )
    return f":root{{{pairs}}}"


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _shown(value: object) -> object:
    """What a template prints: text as a terminal would show it; escaping comes after this."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return escape_terminal(value)
    return value


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("heapsnap.render"),
        autoescape=True,
        finalize=_shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        bytes=bytes_text,
        bytes_growth=bytes_growth_text,
        count=count_text,
        duration=duration_text,
        growth=growth_text,
        plural=plural,
        sites=sites_text,
        time=time_text,
    )
    return environment
