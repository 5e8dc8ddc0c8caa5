"""logs.schema-outdated: tables, columns or extensions that the program needs, and the migrations that make them."""

from __future__ import annotations

from collections.abc import Iterator

from checks.logs._findings import OF_DATABASE, Told, because, groups, reported
from checks.logs._lines import later
from checks.logs._live import over
from doctor.api import Explains, Finding, Guide, IfObserved, Severity, check, facts, migrations

MISSING = ("db-relation-missing", "db-column-missing")
VECTOR = ("db-vector-type", "db-hnsw-param")
MIGRATE = (
    "mig-dirty",
    "mig-source",
    "mig-exists",
    "mig-duplicate",
    "mig-lock",
    "mig-pq-ssl",
    "mig-no-migration",
    "mig-failed",
    "mig-ping",
)
CAUSES = (*MISSING, *VECTOR, *MIGRATE)
IDS = ("mig-instance-failed", "mig-apply-failed", "mig-rollback-failed", "mig-force-failed", "db-iterative-scan")
OLD_PGVECTOR, ITERATIVE_SCAN = "db-hnsw-param", "db-iterative-scan"
# What the schema at hand says nothing about: how `migrate` logs in, and which files it has.
NOT_OF_THE_SCHEMA = ("mig-ping", "mig-pq-ssl", "mig-source", "mig-duplicate", "mig-no-migration")
ITERATIVE_SINCE = (0, 8)
MIGRATED = ("mig-applied", "mig-none", "mig-forced")
UP = ("make migrate-up",)
TRY = ("codechunk-doctor check --only database",)
TOLD = {
    "db-relation-missing": Told(
        "a table is missing: migrations were not applied, or not all of them", "Migrate the database.", UP
    ),
    "db-column-missing": Told("the schema is older than the program", "Migrate the database.", UP),
    "db-vector-type": Told(commands=TRY),
    OLD_PGVECTOR: Told(commands=TRY, key="search.iterative_scan_mode"),
    "mig-dirty": Told(commands=TRY),
    "mig-source": Told(commands=UP),
    "mig-exists": Told(commands=TRY),
    "mig-duplicate": Told(
        "two migration files have the same number, as in the program of 2025-11-26 to 2025-11-30",
        "Use a program from 2025-11-30 or later.",
    ),
    "mig-lock": Told(commands=TRY),
    "mig-ping": Told("the migration could not log in", "Read the error (-v shows it).", TRY),
    "mig-pq-ssl": Told(commands=TRY, key="database.sslmode"),
    "mig-failed": Told("a statement of a migration failed", "Read the error (-v shows it).", TRY),
}
DEFAULT = Told(fix="Read the error (-v shows it), and see what state the migrations are in.", commands=TRY)


@check(
    id="logs.schema-outdated",
    title="Schema or migration trouble in the log",
    severity=(Severity.ERROR, Severity.WARNING, Severity.NOTE),
    guide=Guide.JOBS,
    explained_by=(
        Explains(
            "database.never-migrated",
            "database.migrations-behind",
            "database.schema-drift",
            "database.version-table",
            when=because(*MISSING, "mig-no-migration", "mig-exists"),
        ),
        Explains("database.migrations-dirty", when=because(*MISSING, *MIGRATE, *IDS)),
        Explains("database.migrations-folder", when=because("mig-source", "mig-duplicate", "mig-no-migration")),
        Explains("database.extension-missing", when=because(*VECTOR, "mig-failed")),
        Explains("database.dns", "database.unreachable", "database.auth", "database.missing", when=because("mig-ping")),
        Explains("config.sslmode", "database.tls", when=because("mig-pq-ssl")),
    ),
)
def schema_outdated(logs: facts.Logs, config: facts.Resolution, schema: IfObserved[facts.Schema]) -> Iterator[Finding]:
    """
    Look for tables, columns or extensions that were missing, and for migrations that did not go through.

    A pgvector that is too old for `search.iterative_scan_mode` is a warning. It is a note when the database is looked
    at in the same run and has by now what the line says is missing.

    Why it matters: chunks, batches and jobs cannot be stored in a schema that is older than the program.

    Silent when: a migration succeeded later; findings on the database as it is now say so already.

    How to fix: run `make migrate-up`; `codechunk-doctor check --only database` shows what state the schema is in.
    """

    def not_so(event: facts.LogEvent) -> bool:
        # "already exists" is said of other things too.
        of_others = event.cause in MIGRATE and not event.id.startswith("mig-")
        return of_others or later(logs, event, *MIGRATED)

    for name, lines in groups(logs, CAUSES, IDS, within=OF_DATABASE, good=not_so):
        severity = Severity.WARNING if name in (OLD_PGVECTOR, ITERATIVE_SCAN) else Severity.ERROR
        finding = reported(name, lines, told=TOLD, default=DEFAULT, config=config, severity=severity)
        good_now = schema.value is not None and _is_good(name, schema.value)
        yield over(finding, "the database is in order now" if good_now else "")


def _is_good(name: str, schema: facts.Schema) -> bool:
    """Whether the database as it is now cannot be the reason for such a line any more."""
    if name in NOT_OF_THE_SCHEMA:
        return False
    if name in (OLD_PGVECTOR, ITERATIVE_SCAN):
        return schema.extension("vector").number >= ITERATIVE_SINCE
    found, newest = schema.version, migrations.catalogue().newest
    if found is None or found.dirty or schema.migrating or found.version != newest:
        return False
    return not migrations.differences(schema, newest)
