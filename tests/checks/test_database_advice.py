"""What the findings on the database say and tell to type, as a golden file: read it when it changes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator

import pytest

from checks.database.auth import auth
from checks.database.connections_exhausted import connections_exhausted
from checks.database.extension_missing import extension_missing
from checks.database.migrations_behind import migrations_behind
from checks.database.migrations_dirty import migrations_dirty
from checks.database.missing import missing
from checks.database.never_migrated import never_migrated
from checks.database.privileges import privileges
from checks.database.schema_drift import schema_drift
from checks.database.unreachable import unreachable
from checks.database.version_table import version_table
from doctor.api import Check
from doctor.errors import Silent, SourceError
from doctor.facts import (
    Compose,
    ComposeService,
    Environment,
    Extension,
    Fault,
    MissingRight,
    ObjectKind,
    Privileges,
    Processes,
    PublishedPort,
    Resolution,
    Schema,
    Server,
    Variable,
    VersionRow,
    VersionTable,
    Worker,
)
from doctor.model import Evidence, Finding, Location, Place, Severity
from doctor.needs import IfObserved, Observed
from tests.checks.advice import Told, page
from tests.checks.schemas import EXTENSIONS, NOT_CREATED, at, changed, marked, without
from tests.checks.test_database_ladder import (
    COMPOSE,
    NO_COMPOSE,
    NO_CONTAINERS,
    NO_CONTENT,
    NO_RIGHTS,
    NOT_ASKED,
    process,
    reached,
)
from tests.checks.test_database_migrations import COMPOSE as WITH_API
from tests.checks.test_database_migrations import CONTAINER, FILES, HOST, UNREADABLE
from tests.conftest import Resolved

OLDER = EXTENSIONS["vector"]
NO_UUID = {**EXTENSIONS, "uuid-ossp": NOT_CREATED["uuid-ossp"]}
NO_TRIGRAMS = {**EXTENSIONS, "pg_trgm": Extension("pg_trgm")}


@pytest.fixture
def config(resolved: Resolved) -> Resolution:
    return resolved()


# --- the way -------------------------------------------------------------------------------------------------------


def files(name: str, image: str | None, port: int = 5432) -> Compose:
    return Compose("c.yml", {name: ComposeService(name, 3, image=image, ports=(PublishedPort(port, 5432),))})


def silent(fault: Fault, compose: Compose = NO_COMPOSE, **more: object) -> Told:
    shell = Environment({"PGOPTIONS": Variable("PGOPTIONS", "-c x=1", "shell", Location.env("PGOPTIONS"))})
    environment = shell if more.pop("options", False) else Environment({})
    return unreachable(reached(fault, **more), environment, compose, NO_CONTAINERS, NOT_ASKED, NO_RIGHTS, *NO_CONTENT)


def lost(compose: Compose) -> Told:
    server: IfObserved[Server] = IfObserved(None, Silent("it broke off"))
    return unreachable(reached(), Environment({}), compose, NO_CONTAINERS, server, NO_RIGHTS, *NO_CONTENT)


def way(config: Resolution) -> Iterator[tuple[str, Told]]:
    yield "refused, postgres without an image", silent(Fault.REFUSED, files("postgres", None))
    yield "refused, a cache of that name", silent(Fault.REFUSED, files("postgres", "redis"))
    yield "refused, another name without an image", silent(Fault.REFUSED, files("db", None))
    yield "refused, another name with the image", silent(Fault.REFUSED, files("db", "pgvector/pgvector:pg16"))
    yield "refused, asked elsewhere", silent(Fault.REFUSED, asked="localhost:15432")
    yield "no socket", silent(Fault.NO_SOCKET, host="/run/postgresql")
    yield "settings refused", silent(Fault.SETTINGS_REFUSED, options=True)
    yield "session refused", silent(Fault.SESSION_REFUSED)
    yield "session refused by options", silent(Fault.SESSION_REFUSED, options=True)
    yield "refused, with options", silent(Fault.REFUSED, options=True)
    yield "lost", lost(COMPOSE)
    yield "lost, another compose file", lost(files("db", "x"))
    for fault in (Fault.PASSWORD_REFUSED, Fault.LOGIN_REFUSED, Fault.NO_ENTRY, Fault.METHOD_UNKNOWN):
        yield fault.name, auth(reached(fault), config, NO_COMPOSE)
    yield "no user", auth(reached(Fault.LOGIN_REFUSED, user=""), config, NO_COMPOSE)
    for name, user in (("codechunking", "codechunking"), ("dev", "dev"), ("other", "dev")):
        way = reached(Fault.DATABASE_MISSING, database=name, user=user)
        yield f"no database {name} for {user}", missing(way, config, NO_COMPOSE, HOST)
    full = Observed(Server(160000, max_connections=53, reserved=4))
    for count in (0, 1, 2):
        seen = Processes((process("worker"),) * count)
        yield f"{count} processes", connections_exhausted(reached(), config, seen, full)


def test_the_way(config: Resolution, golden: Callable[[str, str], None]) -> None:
    golden("database-way.txt", page(way(config)))


def test_pools_that_just_fit(resolved: Resolved) -> None:
    config = resolved("database: {user: u, password: p, max_connections: 48}")
    full = Observed(Server(160000, max_connections=100, reserved=4))

    assert connections_exhausted(reached(), config, Processes(), full) == ()


# --- rights --------------------------------------------------------------------------------------------------------


def rights(config: Resolution) -> Iterator[tuple[str, Told]]:
    def lacking(*each: tuple[str, str, str], owner: str | None = None) -> Told:
        found = Privileges("app", tuple(MissingRight(*one) for one in each), owner)
        return privileges(reached(), config, Observed(Server(160000)), Observed(found))

    function = [("FUNCTION", f"codechunking.f{number}(x)", "EXECUTE") for number in range(4)]
    yield "reading", lacking(("TABLE", "codechunking.a", "SELECT"))
    yield "a schema", lacking(("SCHEMA", "codechunking", "USAGE"))
    yield "writing, with an owner", lacking(("TABLE", "codechunking.a", "DELETE"), owner="dev")
    yield "three functions", lacking(*function[:3])
    yield "four functions", lacking(*function)
    denied = reached(Fault.CONNECT_DENIED)
    unseen: Observed[Server] = Observed(None, SourceError("not connected"))
    yield "connecting", privileges(denied, config, unseen, Observed(None, SourceError("not connected")))


def test_rights(config: Resolution, golden: Callable[[str, str], None]) -> None:
    golden("database-rights.txt", page(rights(config)))


# --- the migrations ------------------------------------------------------------------------------------------------


def dirty(config: Resolution, schema: Schema, worker: Worker = HOST) -> Told:
    return migrations_dirty(schema, FILES, config, worker)


def never(config: Resolution, schema: Schema, worker: Worker = HOST, compose: Compose = NO_COMPOSE) -> Told:
    return never_migrated(schema, FILES, config, worker, compose)


def migrating(config: Resolution) -> Iterator[tuple[str, Told]]:
    yield "never", never(config, at(0))
    yield "never, by somebody who may not", never(config, at(0, superuser=False))
    yield "never, with a schema", never(config, at(0, superuser=False, exists=True))
    yield "never, in a container", never(config, at(0), CONTAINER, WITH_API)
    for version in (8, 12, 19):
        yield f"behind, {version}", migrations_behind(at(version), FILES, config, HOST, NO_COMPOSE)
    for version in (5, 7):
        mixed = marked(without(at(version + 1), "connectors"), version)
        yield f"behind, mixed at {version}", migrations_behind(mixed, FILES, config, HOST, NO_COMPOSE)
    mixed = marked(without(at(6), *({each.name for each in at(5).objects} - {each.name for each in at(4).objects})), 5)
    yield "behind, renumbered", migrations_behind(mixed, FILES, config, HOST, NO_COMPOSE)
    yield "forced back", migrations_behind(marked(at(20), 12), FILES, config, HOST, NO_COMPOSE)
    for version, real in ((1, 0), (2, 1), (3, 2), (5, 4), (6, 5), (8, 8), (9, 8), (9, 9), (18, 17), (18, 18), (20, 3)):
        yield f"dirty at {version} with those of {real}", dirty(config, marked(at(real), version, dirty=True))
    for version in (4, 5, 6):
        schema = marked(at(4, extensions=NO_TRIGRAMS), version, dirty=True)
        yield f"dirty at {version} without pg_trgm", dirty(config, schema)
    half = without(at(18), "zoekt_commit_hash")
    yield "dirty, half of it", dirty(config, marked(half, 18, dirty=True))
    yield "dirty, all but its table", dirty(config, marked(without(at(6), "batch_job_progress"), 6, dirty=True))
    for own in (True, False):
        table = (VersionTable("dev" if own else "public", (VersionRow(1, True),)),)
        yield f"dirty at 1, own schema {own}", dirty(config, at(0, current="dev", version_tables=table))
    table = (VersionTable("public", (VersionRow(1, True),)),)
    yield "dirty at 1, another role", dirty(config, at(0, current="public", role="dev", version_tables=table))


@pytest.mark.slow
def test_migrations(config: Resolution, golden: Callable[[str, str], None]) -> None:
    golden("database-migrations.txt", page(migrating(config)))


def tables(config: Resolution) -> Iterator[tuple[str, Told]]:
    def judged(schema: Schema) -> Told:
        return version_table(schema, FILES, config, HOST)

    def of(schema: str, *versions: int, dirty: bool = False) -> VersionTable:
        return VersionTable(schema, tuple(VersionRow(each, dirty) for each in versions))

    blind = VersionTable("b", None, "may not read it")
    yield "two, one unreadable", judged(at(20, version_tables=(of("a", 20), blind), current="a"))
    yield "two, one for no reason unreadable", judged(at(20, version_tables=(of("a"), VersionTable("b", None))))
    yield "two that agree", judged(at(20, version_tables=(of("a", 20), of("public", 20)), current="a"))
    yield (
        "two of which none is usual",
        judged(at(20, version_tables=(of("a", 20), of("b", 3, dirty=True)), current=None)),
    )
    yield "two rows", judged(at(20, version_tables=(of("public", 3, 20),)))
    yield "two rows that are wrong", judged(at(20, version_tables=(of("public", 3, 4),)))
    yield "elsewhere", judged(at(20, current="codechunking", path="codechunking", path_of='role "dev"'))
    yield "elsewhere, its own name", judged(at(20, current="dev"))
    yield "unknown", judged(at(14, version_tables=()))
    for count in (4, 5):
        names = [each.name for each in at(14).objects if each.name.startswith("idx_")][:count]
        yield f"unknown, {count} missing", judged(without(at(14, version_tables=()), *names))


def test_version_tables(config: Resolution, golden: Callable[[str, str], None]) -> None:
    golden("database-version-tables.txt", page(tables(config)))


# --- the objects ---------------------------------------------------------------------------------------------------


def alone(schema: Schema, name: str) -> Schema:
    """The same with a partition that stands by itself."""
    kinds = {ObjectKind.PARTITION: ObjectKind.TABLE}
    objects = tuple(
        dataclasses.replace(each, kind=kinds.get(each.kind, each.kind), table="", definition="")
        if each.name == name
        else each
        for each in schema.objects
    )
    return dataclasses.replace(schema, objects=objects)


def drifted() -> Iterator[tuple[str, Schema]]:
    whole = at(20)
    named = [each.name for each in whole.objects if each.table == "code_chunks" and each.name.startswith("idx_")]
    yield "a table", without(whole, "connectors")
    yield "a partition", without(whole, "embeddings_partitioned_2")
    yield "a partition alone", alone(whole, "embeddings_partitioned_2")
    yield "not divided", changed(whole, "embeddings_partitioned", definition="")
    yield "a column that may be empty", without(whole, "gemini_file_uri")
    yield "a column with a default", without(whole, "retry_count")
    yield "a column that is filled", without(whole, "normalized_url")
    yield "a column that has to be filled", without(whole, "url")
    yield "a text", changed(whole, "files_processed", definition="text")
    yield "a longer vector", changed(whole, "embedding", definition="vector(1536)")
    yield "a wider text", changed(whole, "branch", definition="text")
    yield "may be empty", changed(whole, "url", nullable=True)
    yield "must not be empty", changed(whole, "gemini_file_uri", nullable=False)
    yield "no default", changed(whole, "retry_count", default=None)
    yield "another default", changed(whole, "gemini_file_uri", default="'x'::text")
    yield "values", changed(whole, "chk_status_valid", definition="CHECK (x = ANY (ARRAY['pending', 'completed']))")
    yield "an invalid index", changed(whole, "idx_repositories_status", valid=False)
    yield "an invalid index of another name", changed(whole, "idx_repositories_status", name="mine", valid=False)
    yield "another kind of index", changed(whole, "idx_repositories_status", definition="CREATE INDEX x USING hash (y)")
    yield "another key", changed(whole, "repositories_url_key", definition="UNIQUE (name)")
    yield "a trigger that is off", changed(whole, "update_connectors_updated_at", valid=False)
    yield "the stamp", without(whole, "update_updated_at_column")
    yield "the view", without(whole, "embeddings_partition_monitoring")
    yield "the view's columns", changed(whole, "embeddings_partition_monitoring", definition="x")
    yield "the view's function", without(whole, "get_embeddings_partition_stats")
    yield (
        "the stamp and its triggers",
        without(
            whole,
            "update_updated_at_column",
            *(each.name for each in whole.objects if each.name.endswith("_updated_at")),
        ),
    )
    for count in (3, 4):
        yield f"{count} indexes", without(whole, *named[:count])
    yield "an index, then a column", without(whole, "idx_batch_job_progress_status", "gemini_file_uri")
    yield (
        "the ids",
        dataclasses.replace(
            whole,
            extensions=NO_UUID,
            objects=tuple(
                dataclasses.replace(each, default=None) if each.default == "uuid_generate_v4()" else each
                for each in whole.objects
            ),
        ),
    )
    yield (
        "the ids with the extension",
        dataclasses.replace(
            whole,
            objects=tuple(
                dataclasses.replace(each, default=None) if each.default == "uuid_generate_v4()" else each
                for each in whole.objects
            ),
        ),
    )
    yield "forced", marked(at(15), 20)
    yield "forced to the newest", marked(without(at(0), "x"), 20)
    yield "not told", at(15, version_tables=(UNREADABLE,))


def objects(config: Resolution) -> Iterator[tuple[str, Told]]:
    for name, schema in drifted():
        yield name, schema_drift(schema, FILES, config, HOST)


@pytest.mark.slow
def test_objects(config: Resolution, golden: Callable[[str, str], None]) -> None:
    golden("database-objects.txt", page(objects(config)))


def extensions(config: Resolution) -> Iterator[tuple[str, Told]]:
    def judged(name: str, version: str | None, available: str | None, version_of: int = 20, **more: object) -> Told:
        given = {**EXTENSIONS, name: Extension(name, version, "codechunking" if version else None, available)}
        return extension_missing(at(version_of, extensions=given), config)

    yield "vector", judged("vector", None, "0.8.0")
    yield "uuid-ossp", judged("uuid-ossp", None, "1.1")
    yield "pg_trgm from 5 on", judged("pg_trgm", None, "1.6", 5)
    schema = without(at(20, extensions=NO_TRIGRAMS), "idx_embeddings_partitioned_file_path_trgm")
    yield "pg_trgm and what went with it", extension_missing(schema, config)
    for version in ("0.4.4", "0.5", "0.7.4", "0.8"):
        for available in (None, version, "0.8.1"):
            yield f"vector {version} of {available}", judged("vector", version, available)


def test_extensions(config: Resolution, golden: Callable[[str, str], None]) -> None:
    golden("database-extensions.txt", page(extensions(config)))


# --- relations -----------------------------------------------------------------------------------------------------

AT = Location(Place.DATABASE, name="pg_trgm")


def holds(check: Check, kind: str, finding: Finding) -> bool:
    rules = {"blocks": check.blocks, "explained": check.explained_by, "explains": check.explains}[kind]
    other = Finding("x", AT)
    answers = {
        each.when(finding) if kind == "blocks" else each.when(other, finding)  # type: ignore[call-arg]
        for each in rules
        if each.when is not None
    }
    (answer,) = answers
    return answer


@pytest.mark.parametrize(
    ("check", "kind", "values", "expected"),
    [
        (connections_exhausted, "blocks", {"severity": Severity.WARNING}, False),
        (connections_exhausted, "blocks", {"severity": Severity.ERROR}, True),
        (privileges, "blocks", {"evidence": (Evidence("cannot be read", "x"),)}, True),
        (privileges, "blocks", {"evidence": (Evidence("object", "x"),)}, False),
        (unreachable, "explained", {"evidence": (Evidence("settings refused", "x"),)}, True),
        (unreachable, "explained", {"evidence": (Evidence("settings", "x"),)}, False),
        (extension_missing, "explains", {"evidence": (Evidence("extension", "pg_trgm"),)}, True),
        (extension_missing, "explains", {"evidence": (Evidence("extension", "vector"),)}, False),
        (extension_missing, "explains", {"evidence": (Evidence("object", "pg_trgm"),)}, False),
    ],
)
def test_relations(check: Check, kind: str, values: dict[str, object], expected: bool) -> None:
    assert holds(check, kind, Finding("y", AT, **values)) is expected  # type: ignore[arg-type]
