"""The rows read the same on PostgreSQL 18 and on 16, the major of the system's own image."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from doctor.sources.database import batches, jobs
from doctor.sources.database.session import Session
from doctor.target import Deadline
from tests.everything import DIRECTORIES
from tests.servers import Databases

pytestmark = pytest.mark.slow

ROWS = {
    each.name: each / "database.sql"
    for each in DIRECTORIES
    if each.name.startswith(("jobs.", "batches.", "healthy-")) and (each / "database.sql").is_file()
}
SOURCES = (jobs.job_rows, jobs.vector_rows, jobs.connector_rows, batches.batch_rows)
# What passes between two looks, and what the server makes up.
VARYING = ("age", "id", "idle", "due", "last_sent")


@contextmanager
def session(databases: Databases, statements: str) -> Iterator[Session]:
    place = databases(20, statements)
    parameters = {"host": "127.0.0.1", "port": str(place.port), "user": "dev", "dbname": place.name}
    opened = Session.open({**parameters, "sslmode": "disable"}, Deadline())
    try:
        yield opened
    finally:
        opened.close()


def facts(databases: Databases, statements: str) -> list[Any]:
    with session(databases, statements) as opened:
        return [lasting(each.function(opened)) for each in SOURCES]


def lasting(value: Any) -> Any:
    """The same without what differs between two runs."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [each.name for each in dataclasses.fields(value) if each.name not in VARYING]
        return {name: lasting(getattr(value, name)) for name in names}
    if isinstance(value, dict):
        return {str(key): lasting(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        # Rows of the same age come in the order of their ids.
        return sorted((lasting(item) for item in value), key=repr)
    return value


@pytest.mark.parametrize("name", ROWS)
def test_both_majors_say_the_same(name: str, databases: Databases, older_databases: Databases) -> None:
    statements = ROWS[name].read_text(encoding="utf-8")

    assert facts(older_databases, statements) == facts(databases, statements)
