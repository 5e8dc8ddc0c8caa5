"""
Writes doctor/data/schema.json: what a real PostgreSQL 18 has after each migration.

    python -m tests.schema_catalogue
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import psycopg

from doctor import migrations
from doctor.embedded import MIGRATIONS, Postgres, migrate
from doctor.facts import ObjectKind, Schema, SchemaObject
from doctor.sources.database import schema as source
from doctor.sources.database.session import Session
from doctor.target import Deadline

FILE = Path(__file__).parent.parent / "doctor" / "data" / "schema.json"
QUALIFIED = re.compile(r'(?:\b\w+|"[^"]+")\.(?=(' + "|".join(migrations.OWNERS) + r")\b)")
ORDER = list(ObjectKind)


def observe(server: Postgres, database: str) -> Schema:
    """The schema of a database as the doctor sees it."""
    parameters = {"host": "127.0.0.1", "port": str(server.port), "user": server.user, "dbname": database}
    session = Session.open(parameters, Deadline())
    try:
        return source.read(session)
    finally:
        session.close()


def parts(server: Postgres) -> list[dict[str, Any]]:
    """Every object of every version, in the order in which they can be made."""
    found: dict[SchemaObject, dict[str, Any]] = {}
    for version in range(1, max(MIGRATIONS) + 1):
        name = f"at_{version}"
        with psycopg.connect(server.connection_string(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        migrate(server.connection_string(name), to=version)
        for each in observe(server, name).objects:
            entry = found.setdefault(migrations.normalised(each), {"since": version})
            entry["until"] = version
            if "statement" not in entry:
                entry["statement"] = statement(server, name, each).splitlines()
    newest = max(MIGRATIONS)
    listed = []
    for each, entry in sorted(found.items(), key=lambda pair: _order(pair[0], pair[1]["since"])):
        until = None if entry["until"] == newest else entry["until"]
        about = {"kind": each.kind.value, "table": each.table, "name": each.name, "definition": each.definition}
        extra = {"nullable": each.nullable, "default": each.default} if each.kind is ObjectKind.COLUMN else {}
        listed.append({**about, **extra, "since": entry["since"], "until": until, "statement": entry["statement"]})
    return listed


def _order(each: SchemaObject, since: int) -> tuple[object, ...]:
    function = each.kind is not ObjectKind.FUNCTION
    return (ORDER.index(each.kind) if function else -1, since, each.table, each.name)


def statement(server: Postgres, database: str, each: SchemaObject) -> str:
    """The statement that makes an object, extensions' schemas left open."""
    table = f"codechunking.{each.table}"
    match each.kind:
        case ObjectKind.COLUMN:
            rule = "" if each.nullable else " NOT NULL"
            default = "" if each.default is None else f" DEFAULT {each.default}"
            text = f"ALTER TABLE {table} ADD COLUMN {each.name} {each.definition}{default}{rule}"
        case ObjectKind.CONSTRAINT:
            text = f"ALTER TABLE {table} ADD CONSTRAINT {each.name} {each.definition}"
        case ObjectKind.PARTITION:
            text = f"CREATE TABLE codechunking.{each.name} PARTITION OF {table} {each.definition}"
        case ObjectKind.INDEX:
            text = each.definition.replace(" ON ONLY ", " ON ")
        case ObjectKind.FUNCTION:
            text = _asked(server, database, f"pg_get_functiondef('codechunking.{each.name}'::regproc)").rstrip()
        case ObjectKind.VIEW:
            body = _asked(server, database, f"pg_get_viewdef('codechunking.{each.name}'::regclass)")
            text = f"CREATE VIEW codechunking.{each.name} AS\n{body.rstrip().rstrip(';')}"
        case ObjectKind.TABLE:
            text = f"CREATE TABLE codechunking.{each.name}"
        case ObjectKind.TRIGGER:
            text = each.definition
    return QUALIFIED.sub(lambda match: f"@{migrations.OWNERS[match[1]]}@.", text) + ";"


def _asked(server: Postgres, database: str, what: str) -> str:
    with psycopg.connect(server.connection_string(database), options="-c search_path=pg_catalog") as connection:
        row = connection.execute(f"SELECT {what}".encode()).fetchone()
    assert row is not None
    return str(row[0])


def build() -> str:
    """The text of the file."""
    names = {number: file.name.partition("_")[2].removesuffix(".up.sql") for number, file in MIGRATIONS.items()}
    with Postgres.start() as server:
        data = {"names": names, "parts": parts(server)}
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(build(), encoding="utf-8")
