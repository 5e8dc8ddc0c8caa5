"""
The schema of codechunking at every version, made as golang-migrate 4.19 makes it.

The statements in `sql/` are our own, written after what the program's twenty migrations do; the files bear the names
of the program's.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psycopg

FOLDER = Path(__file__).parent / "sql"

# Number -> file, in order.
MIGRATIONS = {int(file.name.partition("_")[0]): file for file in sorted(FOLDER.glob("*.up.sql"))}

VERSION_TABLE = (
    "CREATE TABLE IF NOT EXISTS schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL)"
)

# What a server without pg_trgm cannot have: the extension and the one index that needs it.
_TRIGRAM = re.compile(r"CREATE (EXTENSION|INDEX)[^;]*trgm[^;]*;\n?")


def migrate(connection_string: str, *, to: int = 20, start: int = 0, options: str | None = None) -> None:
    """
    Apply the files after `start` up to `to`, on one session, each as one batch of statements.

    Like golang-migrate it writes the version as dirty before a file and as clean after it, into a table of whatever
    schema comes first; with `to=0` only that table is made. Raises psycopg.Error when a file fails, the dirty row
    left behind.
    """
    import psycopg

    with psycopg.connect(connection_string, autocommit=True, options=options) as connection:
        if start == 0:
            connection.execute(VERSION_TABLE)
        row = connection.execute("SELECT quote_ident(current_schema())").fetchone()
        assert row is not None
        table = f"{row[0]}.schema_migrations"
        available = connection.execute("SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_trgm'").fetchone()
        for number in range(start + 1, to + 1):
            text = MIGRATIONS[number].read_text(encoding="utf-8")
            if available == (0,):
                text = _TRIGRAM.sub("", text)
            _write(connection, table, number, dirty=True)
            connection.execute(text.encode())
            _write(connection, table, number, dirty=False)


def _write(connection: psycopg.Connection[tuple[object, ...]], table: str, number: int, *, dirty: bool) -> None:
    connection.execute(
        f"BEGIN; TRUNCATE {table}; INSERT INTO {table} VALUES ({number}, {dirty}); COMMIT".encode()  # noqa: S608
    )
