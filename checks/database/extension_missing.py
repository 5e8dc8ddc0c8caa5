"""database.extension-missing: pgvector and its companions."""

from __future__ import annotations

from collections.abc import Iterator

from checks.database._ladder import ROWS, is_error, quoted
from checks.database._migrations import truth
from checks.database._repairs import gone_with, repair
from doctor.api import Blocks, Explains, Finding, Fix, Guide, Location, Place, Severity, check, facts, migrations

MODE = "search.iterative_scan_mode"
# What the program takes when the key is empty.
DEFAULT_MODE = "relaxed_order"
# First needed by this migration.
SINCE = {"vector": 1, "uuid-ossp": 1, "pg_trgm": 5}
USE = {
    "vector": "no vector can be stored or searched",
    "uuid-ossp": "new rows get no id",
    "pg_trgm": "filtering by file path reads every vector",
}
HNSW = (0, 5)
ITERATIVE = (0, 8)
STATEMENTS = 40


def _same_extension(explaining: Finding, explained: Finding) -> bool:
    return any(each.kind == "extension" and each.text == explaining.at.name for each in explained.evidence)


@check(
    id="database.extension-missing",
    title="A needed PostgreSQL extension is missing or too old",
    severity=(Severity.ERROR, Severity.WARNING),
    guide=Guide.JOBS,
    blocks=(Blocks("database.vector-schema", when=is_error), Blocks(*ROWS, when=is_error)),
    explains=(Explains("database.schema-drift", when=_same_extension),),
)
def extension_missing(schema: facts.Schema, config: facts.Resolution) -> Iterator[Finding]:
    """
    Look for the extensions that the migrations create: vector, uuid-ossp and pg_trgm.

    pgvector has its HNSW index from version 0.5 on, and the iterative scan that `search.iterative_scan_mode` asks for
    from 0.8 on: older ones then give fewer results, with a warning per search.

    Why it matters: without them vectors cannot be stored or searched, and new rows get no id.

    Silent when: the migration that creates the extension has not run yet; `search.iterative_scan_mode` is off (for
    version 0.8).

    How to fix: create the extension as a superuser; the image `pgvector/pgvector:pg16` has all three. Where pgvector
    cannot be updated, set `search.iterative_scan_mode` to "off".
    """
    version = _version(schema)
    for name, since in SINCE.items():
        extension = schema.extension(name)
        if extension.version is None and version >= since:
            yield _missing(schema, extension, version)
    vector = schema.extension("vector")
    if vector.number and vector.number < HNSW:
        yield _old(vector, "HNSW indexes need 0.5", Severity.ERROR)
    elif vector.number and vector.number < ITERATIVE and config.value(MODE) != "off":
        mode = config.value(MODE) or DEFAULT_MODE
        yield _old(vector, f"{MODE} {mode} needs 0.8, so searches may find too little", place=config.where(MODE))


def _version(schema: facts.Schema) -> int:
    """The migration that the database has reached, as far as it can be told."""
    if schema.version is None:
        return migrations.fit(schema).versions[0]
    version = min(schema.version.version, migrations.catalogue().newest)
    real = truth(schema, version)
    return version if real is None else real.versions[0]


def _missing(schema: facts.Schema, extension: facts.Extension, version: int) -> Finding:
    name = extension.name
    home = " SCHEMA codechunking" if name != "uuid-ossp" else ""
    create = f"CREATE EXTENSION {quoted(name)}{home};"
    differences = (each for each in migrations.differences(schema, version) if gone_with(each, schema) == name)
    made = [statement for each in differences for statement in repair(each, schema, version)]
    if extension.available is None:
        where = ", and this server does not have its files"
        summary = "Install it on the server (the image pgvector/pgvector:pg16 has it), create it as a superuser"
    else:
        where = ""
        summary = "Create it as a superuser"
    again = ", make again what was dropped with it, and submit the repositories again." if made else "."
    return Finding(
        f"the extension {name} is not created{where}: {USE[name]}",
        at=Location(Place.DATABASE, name=name, detail="extension"),
        severity=Severity.ERROR,
        fix=Fix(summary + again, (create, *made[:STATEMENTS])),
    )


def _old(
    vector: facts.Extension, why: str, severity: Severity = Severity.WARNING, place: Location | None = None
) -> Finding:
    newer = vector.available != vector.version and vector.available is not None
    summary = "Update pgvector on the server (the image pgvector/pgvector:pg16 has 0.8), then the extension."
    if severity is Severity.WARNING:
        summary += f' Or set {MODE} to "off".'
    return Finding(
        f"pgvector is {vector.version}: {why}",
        at=Location(Place.DATABASE, name="vector", detail="extension"),
        related=(place,) if place is not None else (),
        severity=severity,
        fix=Fix("Update the extension: the server has a newer one." if newer else summary, (UPDATE,)),
    )


UPDATE = "ALTER EXTENSION vector UPDATE;"
