"""database.migrations-behind: a program that is newer than its tables."""

from __future__ import annotations

from collections.abc import Iterator

from checks.database._ladder import ROWS
from checks.database._migrations import (
    BOTH_SCHEMAS,
    as_evidence,
    below,
    called,
    hindrances,
    in_containers,
    name_of,
    named,
    newest,
    place,
    row,
    start_over,
    statements,
    truth,
    up,
)
from doctor.api import Evidence, Finding, Fix, Guide, Severity, check, facts, migrations

# Trees of late November 2025 had other files under these numbers.
RENUMBERED = range(5, 9)
LISTED = 10


@check(
    id="database.migrations-behind",
    title="Migrations are missing",
    severity=Severity.ERROR,
    guide=Guide.JOBS,
    blocks=(*below("database.migrations-behind"), *ROWS),
    explained_by=("worker.config-not-in-container",),
    explains=("logs.schema-outdated",),
)
def migrations_behind(
    schema: facts.Schema,
    files: facts.MigrationFiles,
    config: facts.Resolution,
    worker: facts.Worker,
    compose: facts.Compose,
) -> Iterator[Finding]:
    """
    Compare the version of the database with the newest file in `migrations/`.

    Without the files at hand the newest that is known here counts. The objects that are there are compared as well:
    when they are those of another version, that one is told to `migrate` first.

    Why it matters: statements of the program fail on tables and columns that are not there yet.

    Silent when: a `migrate` is running at this moment; the last one did not finish (that is a finding of its own).

    How to fix: stop the worker and run `make migrate-up`. From version 8 a plain `up` fails, because file 9 names its
    table without a schema: `PGOPTIONS='-c search_path=public,codechunking' make migrate-up` gets past it.
    """
    found = row(schema)
    last = newest(files)
    if found is None or found.dirty or found.version >= last:
        return
    version = found.version
    count = last - version
    missing = f"{count} {'is' if count == 1 else 'are'} missing, from {called(version + 1)} to {called(last)}"
    if count == 1:
        missing = f"{called(last)} is missing"
    real = truth(schema, version)
    if real is not None:
        message = f"the version table says {version} of {last}, but the objects are those of migration {real.shown}"
        summary = "Tell migrate what is there before it goes on: from the wrong number its files fail."
        fix = Fix(summary, start_over(config, worker, schema, files, real.versions[0]))
        yield Finding(message, at=place(schema, f"version {version}"), fix=fix)
        return
    early = migrations.early(schema, version)
    if early:
        yield _mixed(schema, version, early)
        return
    hindered = list(hindrances(schema, version + 1, last))
    yield Finding(
        f"the database is at migration {version} of {last}: {missing}",
        at=place(schema, f"version {version}"),
        fix=Fix(
            _summary(version) + in_containers(compose, worker), (*statements(hindered), up(config, worker, version))
        ),
        evidence=as_evidence(hindered),
    )


def _summary(version: int) -> str:
    if version == 8:
        return (
            "Stop the worker and run the missing migrations with this search path: a plain up from 8 fails, because "
            f"file 9 names its table without a schema (PGOPTIONS='{BOTH_SCHEMAS}')."
        )
    return "Stop the worker and run the missing migrations; on a big database that takes a while."


def _mixed(schema: facts.Schema, version: int, early: tuple[migrations.Part, ...]) -> Finding:
    """The tables were not made by these files: going up stops at the first object that is there already."""
    fit = migrations.fit(schema)
    lacking = migrations.differences(schema, version)
    why = " Trees of late November 2025 had other files under the numbers 5 to 8." if version in RENUMBERED else ""
    first = early[0]
    return Finding(
        f"the version table says {version}, but {name_of(first)} is there, which migration {called(first.since)} is to "
        f"make: going up will fail there{_also(lacking)}",
        at=place(schema, f"version {version}"),
        fix=Fix(
            f"Bring the tables by hand to what one migration makes (nearest is {fit.shown}), tell migrate its number "
            f"with `migrate force N`, then go up.{why}"
        ),
        evidence=(
            *(Evidence("object", f"{name_of(each)} is of migration {each.since}") for each in early[:LISTED]),
            *(Evidence("object", f"{name_of(each.part)} is missing") for each in lacking[:LISTED]),
        ),
    )


def _also(lacking: tuple[migrations.Difference, ...]) -> str:
    if not lacking:
        return ""
    return f"; of what should be there, {named(lacking)} {'is' if len(lacking) == 1 else 'are'} missing"
