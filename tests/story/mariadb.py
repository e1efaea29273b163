"""A MariaDB server of our own, for one test run: real wire protocol, real result sets.

Owns the server's life: a data folder that is made and thrown away, a free loopback port, one
database with one user. Nothing of a server that may be installed as a service is read or
touched.
"""

from __future__ import annotations

import getpass
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pymysql

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START_SECONDS = 60.0


@dataclass(frozen=True)
class Database:
    """Where the server listens and how to log in."""

    port: int
    user: str = "story"
    password: str = "not-a-secret"  # noqa: S105 - of a database that lives for seconds
    name: str = "shop"

    def arguments(self) -> list[str]:
        """The flags that let the story's program use it."""
        login = ["--user", self.user, "--password", self.password, "--database", self.name]
        return ["--mysql", f"127.0.0.1:{self.port}", *login]


def missing_programs() -> list[str]:
    """What of MariaDB is not installed here; empty where a server can be started."""
    return [name for name in ("mariadbd", "mariadb-install-db") if find_program(name) is None]


def find_program(name: str) -> str | None:
    """The full path; servers are often outside a user's search path."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")


@contextmanager
def private_mariadb(folder: Path) -> Iterator[Database]:
    """Run a server whose files are all below ``folder``, and stop it at the end.

    The path of ``folder`` must be short: a socket's path has room for some 100 bytes.
    """
    data, socket_path = folder / "data", folder / "s"
    user = getpass.getuser()
    install = [find_program("mariadb-install-db") or "", "--no-defaults", f"--datadir={data}"]
    install += [f"--user={user}", "--auth-root-authentication-method=normal", "--skip-test-db"]
    subprocess.run(install, check=True, capture_output=True)
    database = Database(port=free_port())
    server = [find_program("mariadbd") or "", "--no-defaults", f"--datadir={data}"]
    server += [f"--user={user}", f"--socket={socket_path}", f"--pid-file={folder / 'pid'}"]
    server += ["--skip-networking=0", "--bind-address=127.0.0.1", f"--port={database.port}"]
    server += ["--innodb-buffer-pool-size=16M", "--innodb-flush-log-at-trx-commit=0"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(server, stdout=log, stderr=log)
    try:
        create_database(database, socket_path=socket_path, server=process)
        yield database
    finally:
        process.terminate()
        process.wait(30)


def create_database(
    database: Database, *, socket_path: Path, server: subprocess.Popen[bytes]
) -> None:
    """Wait for the server, then make the database and its user.

    Raises:
        RuntimeError: The server ended, or is not there in time; its log says why.
    """
    end = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < end:
        try:
            root = pymysql.connect(unix_socket=str(socket_path), user="root")
        except pymysql.err.OperationalError:
            time.sleep(0.1)
            continue
        with root, root.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {database.name}")
            cursor.execute(
                f"CREATE USER {database.user}@127.0.0.1 IDENTIFIED BY '{database.password}'"
            )
            cursor.execute(f"GRANT ALL ON {database.name}.* TO {database.user}@127.0.0.1")
        return
    log = socket_path.with_name("log").read_text(encoding="utf-8", errors="replace")
    message = f"mariadbd did not start:\n{log[-2000:]}"
    raise RuntimeError(message)


def free_port() -> int:
    """A loopback port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
