"""database.never-migrated: an empty database."""

from __future__ import annotations

from collections.abc import Iterator

from checks.database._ladder import ROWS
from checks.database._migrations import as_evidence, below, hindrances, in_containers, migrate, newest, statements
from doctor.api import Finding, Fix, Guide, Location, Place, Severity, Skipped, check, facts

MOVE = "ALTER EXTENSION vector SET SCHEMA codechunking;"


@check(
    id="database.never-migrated",
    title="Migrations were never run",
    severity=Severity.ERROR,
    guide=Guide.JOBS,
    blocks=(*below("database.never-migrated"), *ROWS),
    explains=("logs.schema-outdated",),
)
def never_migrated(
    schema: facts.Schema,
    files: facts.MigrationFiles,
    config: facts.Resolution,
    worker: facts.Worker,
    compose: facts.Compose,
) -> Iterator[Finding]:
    """
    Look for the program's tables and for the table in which `migrate` keeps its version.

    Nothing migrates by itself: there is no service for it in the compose file, and neither the API nor the worker
    does it.

    Why it matters: without its tables the program fails at every request and every job.

    Silent when: there are tables without a version (that is the finding on the version table); a first migration was
    begun and did not finish.

    How to fix: run `make migrate-up` in the checkout, or in the running containers
    `docker compose exec api /app/codechunking migrate up --config configs/config.dev.yaml`.
    """
    if schema.tables or any(each.rows for each in schema.version_tables):
        return
    if schema.migrating:
        raise Skipped("a migrate is running at this moment; ask again when it is done")
    found = list(hindrances(schema, 1, newest(files)))
    # An extension that is there already is passed over, wherever it lies.
    misplaced = schema.extension("vector").schema not in (None, "codechunking")
    commands = (*statements(found), migrate(config, worker, "up"), *((MOVE,) if misplaced else ()))
    first = "Clear the way for it, then run" if found else "Run"
    yield Finding(
        "the database has none of the program's tables and no record of migrations",
        at=Location(Place.DATABASE, name="codechunking", detail="schema"),
        fix=Fix(f"{first} the migrations.{in_containers(compose, worker)}", commands),
        evidence=as_evidence(found),
    )
