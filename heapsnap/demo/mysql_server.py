"""A MySQL server for the demonstration, so that it needs no MySQL installed.

The process that ``cursor_leak.py`` talks to when no real server is named: the
wire protocol is mysql-mimic's, the answers are those of an SQLite database in memory.
Prints the port that it listens on, and ends as soon as its standard input does: so it
never outlives the service that started it, however that one ends.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from typing import TYPE_CHECKING

from mysql_mimic import MysqlServer, Session

if TYPE_CHECKING:
    from mysql_mimic import AllowedResult
    from sqlglot.expressions import Expression


class SqliteSession(Session):  # type: ignore[misc]  # mysql-mimic carries no types
    """One client's session; all sessions share one database."""

    database_in_memory = sqlite3.connect(":memory:", isolation_level=None)

    async def query(
        self,
        expression: Expression,  # noqa: ARG002 - mysql-mimic passes it by name
        sql: str,
        attrs: dict[str, str],  # noqa: ARG002 - as above
    ) -> AllowedResult:
        """Answer one statement; what both dialects understand is enough here."""
        answer = self.database_in_memory.execute(sql)
        return answer.fetchall(), [column[0] for column in answer.description or ()]


async def serve_until_standard_input_ends() -> None:
    """Listen on a free loopback port, print it, and serve until the other side is gone."""
    server = MysqlServer(SqliteSession)
    await server.start_server(host="127.0.0.1", port=0)
    print(server.sockets()[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.buffer.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(serve_until_standard_input_ends())
