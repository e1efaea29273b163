"""A small service whose MySQL cursors leak, under a load of its own making.

    python cursor_leak.py                   each request leaks one cursor
    python cursor_leak.py --registry        ... which a module's list holds as well
    python cursor_leak.py --fixed           no request leaks anything

The bug is one line in ``patched_cursor``: a method patched on to a cursor holds the
cursor that holds it. Such a cursor is a cycle: no reference count frees it, only the
cycle collector could, and this service has switched that one off, as some do.

Signals: USR1 takes a snapshot, USR2 prints how many cursors are alive, HUP serves
``--requests`` more, TERM and INT end the service.
"""

from __future__ import annotations

import argparse
import gc
import os
import queue
import signal
import sys
import time
from collections import deque
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import MethodType
from typing import TYPE_CHECKING, Any

import pymysql
from pymysql.cursors import DictCursor

import heapsnap
from heapsnap.demo.database import CUSTOMER_COUNT, create_tables, embedded_database
from heapsnap.demo.load import emulated_users

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeAlias

    from heapsnap.demo.load import Load

    Connection: TypeAlias = Any
    """A ``pymysql.connections.Connection``: PyMySQL carries no types."""
    OpenCursor: TypeAlias = Callable[[Connection], DictCursor]

PROGRESS_SECONDS = 1.0
POLL_SECONDS = 0.1


# --- the service -----------------------------------------------------------------------


@dataclass(frozen=True)
class Item:
    """Something that a customer ordered."""

    number: int
    name: str
    price: int


def fetchall_items(cursor: DictCursor) -> list[Item]:
    """All rows of the last query, as items."""
    return [Item(**row) for row in cursor.fetchall()]


def patched_cursor(connection: Connection) -> DictCursor:
    """A cursor that knows ``fetchall_items``: the leak."""
    cursor = connection.cursor(DictCursor)
    cursor.fetchall_items = MethodType(fetchall_items, cursor)
    return cursor


CALLBACKS: list[Callable[[], list[Item]]] = []
"""Called when an item changes. Whoever adds to it forgot to take out again."""


def registered_cursor(connection: Connection) -> DictCursor:
    """A patched cursor that is really held: from a module, by way of its method."""
    cursor = patched_cursor(connection)
    CALLBACKS.append(cursor.fetchall_items)
    return cursor


class ItemCursor(DictCursor):  # type: ignore[misc]  # PyMySQL carries no types
    """A cursor that knows ``fetchall_items`` and holds nothing for it: the repair."""

    fetchall_items = fetchall_items


def fixed_cursor(connection: Connection) -> DictCursor:
    """A cursor that goes when the request does."""
    return connection.cursor(ItemCursor)


class Pool:
    """Connections to one database; each request borrows one."""

    def __init__(
        self,
        connect: Callable[[], Connection],
        *,
        size: int,
        open_cursor: OpenCursor,
    ) -> None:
        self.open_cursor = open_cursor
        self.idle: queue.LifoQueue[Connection] = queue.LifoQueue()
        for _ in range(size):
            self.idle.put(connect())

    def close(self) -> None:
        """Close all connections; none may be borrowed any more."""
        while not self.idle.empty():
            self.idle.get().close()


@contextmanager
def get_cursor(pool: Pool) -> Iterator[Any]:
    """Lend a cursor on a pooled connection."""
    connection = pool.idle.get()
    cursor = pool.open_cursor(connection)
    try:
        yield cursor
    finally:
        cursor.close()
        pool.idle.put(connection)


def show_basket(pool: Pool, customer: int) -> tuple[str, list[Item]]:
    """A customer's name and items."""
    with get_cursor(pool) as cursor:
        cursor.execute("SELECT name FROM customers WHERE number = %s", (customer,))
        name = cursor.fetchone()["name"]
        cursor.execute("SELECT number, name, price FROM items WHERE customer = %s", (customer,))
        return name, cursor.fetchall_items()


def show_bargains(pool: Pool, customer: int) -> tuple[float, list[Item]]:
    """The mean price of a customer's items, and those that cost no more."""
    with get_cursor(pool) as cursor:
        cursor.execute("SELECT AVG(price) AS mean FROM items WHERE customer = %s", (customer,))
        mean = cursor.fetchone()["mean"]
        cursor.execute(
            "SELECT number, name, price FROM items WHERE customer = %s AND price <= %s",
            (customer, mean),
        )
        return mean, cursor.fetchall_items()


HANDLERS = (show_basket, show_bargains)


# --- the process -----------------------------------------------------------------------


def switch_collector(mode: str) -> None:
    """Treat the cycle collector as services do that found its pauses too long.

    ``off``: never runs. ``frozen``: never runs, and all that exists is moved out of its
    sight at each progress line, as is done before workers are forked; not even
    ``gc.collect()`` finds that garbage again. ``on``: CPython's default; it collects the
    plain leak now and then, and ``--registry`` still grows.
    """
    if mode != "on":
        gc.disable()
    if mode == "frozen":
        gc.freeze()


def count_cursors(mode: str) -> int:
    """How many cursors of either class are alive now."""
    if mode == "frozen":
        gc.unfreeze()  # what is frozen is not listed
    count = sum(issubclass(type(thing), DictCursor) for thing in gc.get_objects())
    switch_collector(mode)
    return count


def resident_megabytes() -> float:
    """Memory of this process that is in RAM."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def answer_signals(load: Load, options: argparse.Namespace) -> None:
    """Report progress and do what signals ask for, until one of them ends the service."""
    orders: deque[int] = deque()
    for wanted in (signal.SIGUSR2, signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
        signal.signal(wanted, lambda number, _frame: orders.append(number))
    print(f"ready pid={os.getpid()}", flush=True)
    end = time.monotonic() + options.duration
    reported, reported_at = 0, 0.0
    while (now := time.monotonic()) < end:
        is_due = now - reported_at > PROGRESS_SECONDS or load.served == load.asked
        if is_due and load.served > reported:
            reported, reported_at = load.served, now
            print(f"served {reported} requests, {resident_megabytes():.1f} MB", flush=True)
            switch_collector(options.collector)
        # Not a queue's ``get(timeout=...)``: up to 3.12 that of SimpleQueue waits for ever where a
        # signal handler, that of a snapshot say, takes longer than what is left of the time.
        time.sleep(POLL_SECONDS)
        while orders:
            order = orders.popleft()
            if order == signal.SIGUSR2:
                print(f"alive: {count_cursors(options.collector)} cursors", flush=True)
            elif order == signal.SIGHUP:
                load.ask(options.requests)
            else:
                return


def serve(options: argparse.Namespace, open_cursor: OpenCursor, database: str) -> None:
    """Run the service and its load against this database."""
    host, port = database.rsplit(":", 1)

    def connect() -> Connection:
        return pymysql.connect(
            host=host,
            port=int(port),
            user=options.user,
            password=options.password,
            database=options.database,
            autocommit=True,
        )

    with closing(connect()) as connection:
        create_tables(connection)
    with closing(Pool(connect, size=options.threads, open_cursor=open_cursor)) as pool:

        def handle(number: int) -> None:
            HANDLERS[number % len(HANDLERS)](pool, number % CUSTOMER_COUNT)

        with emulated_users(options.threads, requests_a_second=options.rate, handle=handle) as load:
            load.ask(options.requests or sys.maxsize)
            answer_signals(load, options)
    print(f"alive at the end: {count_cursors(options.collector)} cursors", flush=True)
    gc.unfreeze()
    gc.collect()
    print(f"alive after a collection: {count_cursors(options.collector)} cursors", flush=True)


def parse_arguments() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    variant = parser.add_mutually_exclusive_group()
    variant.add_argument(
        "--registry", action="store_true", help="a module's list holds the cursors"
    )
    variant.add_argument("--fixed", action="store_true", help="the repaired code")
    parser.add_argument("--collector", choices=("off", "frozen", "on"), default="off")
    parser.add_argument("--threads", type=int, default=4, help="users at a time")
    parser.add_argument("--rate", type=float, default=100, help="requests a second, at most")
    parser.add_argument("--requests", type=int, default=0, help="rest after so many; 0: never")
    parser.add_argument("--duration", type=float, default=3600, help="seconds")
    parser.add_argument("--directory", type=Path, help="where snapshots go")
    parser.add_argument(
        "--mysql", metavar="HOST:PORT", help="a real server; its tables are replaced"
    )
    parser.add_argument("--user", default="demo")
    parser.add_argument("--password", default="")
    parser.add_argument("--database", default="demo")
    return parser.parse_args()


def main() -> None:
    """Serve until the time is up or a signal says so."""
    options = parse_arguments()
    open_cursor = patched_cursor
    if options.registry:
        open_cursor = registered_cursor
    elif options.fixed:
        open_cursor = fixed_cursor
    switch_collector(options.collector)
    heapsnap.install(directory=options.directory)
    with nullcontext(options.mysql) if options.mysql else embedded_database() as database:
        serve(options, open_cursor, database)


if __name__ == "__main__":
    main()
