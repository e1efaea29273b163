"""Running a text in the main thread of a process with gdb, in the way that fits where it stands.

Waiting in the kernel with the GIL given away: the text is run there and then, since nobody knows
when the thread wakes. Anywhere else: the interpreter is asked to run it when it is ready (a pending
call), since a thread that is stopped anywhere may be in the middle of anything. Which of the two is
decided while the process stands still.
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heapsnap.errors import AttachError
from heapsnap.live.gdb import Held
from heapsnap.live.mount import mapped_file
from heapsnap.live.procfs import DELETED, read_mappings
from heapsnap.live.standing import Look, Standing, look_at_main_thread
from heapsnap.live.symbols import find_symbols

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping as MappingOf

    from heapsnap.live.interpreter import Interpreter
    from heapsnap.live.procfs import Process
    from heapsnap.live.symbols import Symbol

FUNCTIONS = (
    "PyGILState_Check", "PyGILState_Ensure", "PyGILState_Release", "PyRun_SimpleString",
    "Py_AddPendingCall", "Py_NewRef", "_PyRuntime",
)  # fmt: skip
C_LIBRARY = re.compile(r"/(libc\.so\.6|libc-2\.\d+\.so|ld-musl-[^/]*|libc\.musl-[^/]*)$")
PAGE_BYTES = 4096
READ_WRITE = 0x1 | 0x2
PRIVATE_ANONYMOUS = 0x02 | 0x20
NO_FILE = 0xFFFFFFFFFFFFFFFF
FAILED = -1


@dataclass(frozen=True, slots=True)
class Inside:
    """The functions of a process that are called in it, and the interpreter's own data."""

    functions: MappingOf[str, Symbol]

    @property
    def runtime(self) -> Symbol | None:
        """Where the interpreter waits for the GIL."""
        return self.functions.get("_PyRuntime")


@dataclass(frozen=True, slots=True)
class Entered:
    """How a process was entered.

    Attributes:
        is_run: Whether the text has been run; False: the interpreter has been asked to run it.
        keeps_gil: Whether the main thread had the GIL while it stood still.
        look: Where the main thread stood.
        held_seconds: How long gdb held the process.
    """

    is_run: bool
    keeps_gil: bool
    look: Look
    held_seconds: float


def find_inside(process: Process, interpreter: Interpreter) -> Inside:
    """Find what has to be called in a process.

    Raises:
        AttachError: Something is missing: a Python older than 3.10, or a strange build.
        ProcessClosedError: We may not look into it.
    """
    mappings = read_mappings(process)
    libraries = [m.path for m in mappings if C_LIBRARY.search(m.path)]
    if not libraries or interpreter.image + DELETED in {m.path for m in mappings}:
        raise AttachError(
            f"the code of process {process.pid} is not in files that can be read: "
            "a static program, or one that was replaced since it started",
            hint="restart it, with heapsnap run",
        )
    functions: dict[str, Symbol] = {}
    for image, names in ((interpreter.image, FUNCTIONS), (libraries[0], ("mmap", "munmap"))):
        functions.update(
            find_symbols(mapped_file(process, image, mappings), image, mappings, names)
        )
    missing = [name for name in (*FUNCTIONS, "mmap", "munmap") if name not in functions]
    if missing:
        raise AttachError(
            f"process {process.pid} lacks {', '.join(missing)}: its Python is older than 3.10, "
            "or of another kind",
            hint="heapsnap knows CPython 3.10 and later",
        )
    return Inside(functions)


def enter(process: Process, inside: Inside, text: Callable[[int, int], str]) -> Entered:
    """Run a text in a process, or ask it to.

    Args:
        process: The process.
        inside: What to call there.
        text: The source, for the page of memory that will hold it and the place of ``munmap``.

    Raises:
        AttachError: It could not be done; the process goes on as before.
        ProcessClosedError: We may not.
    """
    with Held(process.pid) as held:
        look = look_at_main_thread(process.pid, inside.runtime)
        keeps_gil = bool(held.call(inside.functions["PyGILState_Check"].address))
        page = _write_text(held, inside, text)
        is_run = look.standing is Standing.WAITING and not keeps_gil
        if is_run:
            _run(held, inside, page)
        else:
            _queue(held, inside, page)
    return Entered(is_run, keeps_gil, look, held.seconds)


def _write_text(held: Held, inside: Inside, text: Callable[[int, int], str]) -> int:
    """Make a page in the process and put the text there; malloc may be in use just now."""
    mmap = inside.functions["mmap"].address
    page = held.call(mmap, 0, PAGE_BYTES, READ_WRITE, PRIVATE_ANONYMOUS, NO_FILE, 0, kind="long")
    if page == FAILED:
        raise AttachError(
            f"process {held.pid} can have no further page of memory", hint="is it at its limit?"
        )
    content = text(page, inside.functions["munmap"].address).encode("ascii")
    assert len(content) < PAGE_BYTES
    with tempfile.NamedTemporaryFile(prefix="heapsnap-") as file:
        file.write(content)
        file.flush()
        held.write(page, file.name)
    return page


def _run(held: Held, inside: Inside, page: int) -> None:
    state = held.call(inside.functions["PyGILState_Ensure"].address)
    try:
        held.call(inside.functions["PyRun_SimpleString"].address, page)
    finally:
        held.call(inside.functions["PyGILState_Release"].address, state)


def _queue(held: Held, inside: Inside, page: int) -> None:
    run = inside.functions["PyRun_SimpleString"].address
    if held.call(inside.functions["Py_AddPendingCall"].address, run, page) != 0:
        held.call(inside.functions["munmap"].address, page, PAGE_BYTES)
        raise AttachError(
            f"process {held.pid} has too many calls pending already",
            hint="its main thread has run no Python code for long: try again later",
        )
