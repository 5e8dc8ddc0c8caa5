"""Reading a schema off the catalogue of a real server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
import pytest

from doctor.facts import ObjectKind, Schema, VersionRow
from doctor.sources.database.schema import _current, lock_id, read
from doctor.sources.database.session import Session
from doctor.target import Deadline
from tests.schema_catalogue import observe
from tests.servers import Databases

pytestmark = pytest.mark.slow


def session(databases: Databases, name: str, user: str = "dev") -> Session:
    where = {"host": "127.0.0.1", "port": str(databases.server.port), "password": "dev"}
    return Session.open({**where, "user": user, "dbname": name}, Deadline())


class Counted:
    """A session that counts what it is asked."""

    def __init__(self, inner: Session) -> None:
        self.inner = inner
        self.asked: list[str] = []

    def rows(self, query: str, parameters: Sequence[object] = (), *, seconds: float = 5.0) -> list[dict[str, Any]]:
        self.asked.append(query)
        return self.inner.rows(query, parameters, seconds=seconds)


def of_kind(schema: Schema, kind: ObjectKind) -> list[str]:
    return sorted(each.name for each in schema.objects if each.kind is kind)


def test_an_empty_database(databases: Databases) -> None:
    schema = observe(databases.server, databases(0).name)

    assert not schema.exists
    assert schema.objects == ()
    assert schema.version_tables[0].rows == ()
    assert schema.extension("vector").version is None
    assert schema.extension("vector").available is not None


def test_a_migrated_database(databases: Databases) -> None:
    schema = observe(databases.server, databases().name)

    assert schema.version == VersionRow(20)
    assert schema.current == "public"
    assert of_kind(schema, ObjectKind.PARTITION) == [f"embeddings_partitioned_{number}" for number in range(4)]
    assert of_kind(schema, ObjectKind.VIEW) == ["embeddings_partition_monitoring"]
    assert len(of_kind(schema, ObjectKind.TRIGGER)) == 4
    assert len(of_kind(schema, ObjectKind.FUNCTION)) == 3
    assert schema.superuser


def test_it_takes_a_handful_of_questions(databases: Databases) -> None:
    inner = session(databases, databases().name)
    counted = Counted(inner)
    try:
        read(counted)  # type: ignore[arg-type]
    finally:
        inner.close()

    assert len(counted.asked) == 7


def test_thousands_of_other_tables_are_not_read(databases: Databases) -> None:
    place = databases(
        20, "DO $$BEGIN FOR i IN 1..2000 LOOP EXECUTE format('CREATE TABLE codechunking.t%s()', i); END LOOP; END$$"
    )

    assert len(observe(databases.server, place.name).objects) == len(
        observe(databases.server, databases().name).objects
    )


def test_objects_with_odd_names_are_read(databases: Databases) -> None:
    place = databases(20, 'CREATE INDEX "a b%s USING c" ON codechunking.repositories (name)')

    assert "a b%s USING c" in of_kind(observe(databases.server, place.name), ObjectKind.INDEX)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ('"$user", public', "public"),
        ("codechunking, public", "codechunking"),
        ('"Odd, ""name""", public', 'Odd, "name"'),
        ("PUBLIC", "public"),
        ("not_there, public", "public"),
        ("pg_catalog, public", "pg_catalog"),
        ("not_there", None),
        ("", None),
    ],
)
def test_the_schema_in_which_migrate_looks(databases: Databases, path: str, expected: str | None) -> None:
    """The same as PostgreSQL's own answer."""
    place = databases(20, 'CREATE SCHEMA "Odd, ""name"""')
    inner = session(databases, place.name)
    try:
        assert _current(inner, path, "dev") == expected
    finally:
        inner.close()
    with psycopg.connect(databases.server.connection_string(place.name)) as connection:
        connection.execute("SELECT set_config('search_path', %s, false)", (path,))
        assert connection.execute("SELECT current_schema()").fetchone() == (expected,)


def test_the_nearest_setting_of_a_search_path_holds(databases: Databases) -> None:
    place = databases(20, "ALTER DATABASE {database} SET search_path = public; CREATE ROLE {database}_r LOGIN")
    role = f"{place.name}_r"

    def seen() -> tuple[str | None, str | None]:
        inner = session(databases, place.name, role)
        try:
            schema = read(inner)
        finally:
            inner.close()
        return schema.path, schema.path_of

    assert seen() == ("public", f'database "{place.name}"')
    databases.run(place.name, f"ALTER ROLE {role} SET search_path = codechunking")
    assert seen() == ("codechunking", f'role "{role}"')
    databases.run(place.name, f"ALTER ROLE {role} IN DATABASE {place.name} SET search_path = a, b")
    assert seen() == ("a, b", f'role "{role}" in database "{place.name}"')


def test_the_lock_of_migrate_is_seen_from_another_session(databases: Databases) -> None:
    place = databases()
    with psycopg.connect(databases.server.connection_string(place.name)) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (lock_id(place.name, "public"),))

        assert observe(databases.server, place.name).migrating
    assert not observe(databases.server, place.name).migrating


def test_a_version_that_may_not_be_read_is_a_fact(databases: Databases) -> None:
    place = databases(20, "CREATE ROLE {database}_r LOGIN")
    inner = session(databases, place.name, f"{place.name}_r")
    try:
        schema = read(inner)
    finally:
        inner.close()

    assert schema.version is None
    assert schema.unreadable is not None
    assert not schema.unreadable.writable
    assert len(schema.objects) > 100
