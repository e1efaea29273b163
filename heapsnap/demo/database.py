"""The database of the demonstration's service: where it is and what is in it.

Owns the tables and the life of the embedded server, which is a process of its own
(``mysql_server.py``).
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

CUSTOMER_COUNT = 20
ITEMS_BY_CUSTOMER = 50


@contextmanager
def embedded_database() -> Iterator[str]:
    """Run the embedded server until the block ends; its ``HOST:PORT``."""
    program = Path(__file__).with_name("mysql_server.py")
    with subprocess.Popen(
        [sys.executable, os.fspath(program)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C is for the service, which then closes the pipe
    ) as process:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        if not port:
            sys.exit("the embedded database did not start: is mysql-mimic installed?")
        # The end of the block closes the server's standard input, which ends it.
        yield f"127.0.0.1:{port}"


def create_tables(connection: Any) -> None:
    """Write the customers and their items, the same ones each time."""
    customers = [(number, f"customer {number}") for number in range(CUSTOMER_COUNT)]
    items = [
        (customer * ITEMS_BY_CUSTOMER + count, customer, f"item {count}", 100 + count)
        for customer in range(CUSTOMER_COUNT)
        for count in range(ITEMS_BY_CUSTOMER)
    ]
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS customers")
        cursor.execute("DROP TABLE IF EXISTS items")
        cursor.execute("CREATE TABLE customers (number INT PRIMARY KEY, name VARCHAR(20))")
        cursor.execute(
            "CREATE TABLE items (number INT PRIMARY KEY, customer INT, name VARCHAR(20), price INT)"
        )
        cursor.executemany("INSERT INTO customers VALUES (%s, %s)", customers)
        cursor.executemany("INSERT INTO items VALUES (%s, %s, %s, %s)", items)
