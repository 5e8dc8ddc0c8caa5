"""logs.rows-refused: what the database would not store."""

from __future__ import annotations

from collections.abc import Iterator

from checks.logs._findings import OF_DATABASE, Told, because, found, groups, reported
from checks.logs._lines import current
from doctor.api import Explains, Finding, Fix, Severity, check, facts

CAUSES = (
    "db-constraint",
    "db-fk",
    "db-unique",
    "db-vector-dims",
    "db-bad-utf8",
    "db-too-long",
    "db-not-found",
    "bad-uuid",
    "batch-bad-chunk-id",
    "batch-find-chunks",
    "batch-save-progress",
    "res-save",
)
IDS = (
    "batch-submit-failed",
    "embed-store-failed",
    "embed-bad-chunk-id",
    "db-findorcreate-failed",
    "db-findorcreate-commit",
    "db-tx-chunk-failed",
    "db-regular-tx-failed",
    "db-embeddings-commit-failed",
    "db-embed-dims",
    "db-vector-dims",
)
# Vectors that went to a table that no search reads.
UNSEARCHED = ("db-partition-fallback", "db-partition-fallback-single", "db-partition-tx-fallback")
BLOCKING = "; the word “invalid” in it keeps the worker from falling back"
TOLD = {
    "db-constraint": Told("a constraint of the table refused the row", commands=("make migrate-up",)),
    "db-fk": Told(
        "the row belongs to a job or repository that is not there (any more)",
        "Submit the repository again, so that there is a job; purge messages of older programs.",
    ),
    "db-unique": Told(
        "a row with the same address or id is there already",
        "Look for a deleted repository of that address (codechunk-doctor check --only jobs); otherwise leave it.",
    ),
    "db-bad-utf8": Told(
        f"the text of a chunk has bytes that PostgreSQL refuses{BLOCKING}",
        "Exclude that file from the repository, and submit it again.",
    ),
    "bad-uuid": Told("the id of a chunk is not a UUID"),
    "batch-bad-chunk-id": Told(f"a stored chunk has an id that is not a UUID{BLOCKING}"),
    "batch-find-chunks": Told("the chunks could not be stored", "Repair what the line names, and submit again."),
    "batch-save-progress": Told(
        "the row of the batch could not be written", "Migrate the database, then submit again.", ("make migrate-up",)
    ),
    "res-save": Told(
        "the vectors arrived, and the database did not take them",
        "Repair what the line names, and submit the repository again.",
    ),
}
DEFAULT = Told(fix="Repair what the line names, and submit the repository again.")


@check(
    id="logs.rows-refused",
    title="The database refused chunks, batches or vectors",
    severity=(Severity.ERROR, Severity.WARNING),
    explained_by=(
        Explains("jobs.url-blocked", when=because("db-unique")),
        Explains("jobs.vectors-not-searched", when=because("unsearched")),
        Explains(
            "database.migrations-behind",
            "database.schema-drift",
            when=because("db-constraint", "batch-save-progress", "unsearched"),
        ),
        Explains("database.privileges", when=because(*IDS, "batch-find-chunks", "batch-save-progress", "res-save")),
    ),
)
def rows_refused(logs: facts.Logs, config: facts.Resolution) -> Iterator[Finding]:
    """
    Look for chunks, batches and vectors that could not be stored.

    Vectors that were put into the table `embeddings` instead are a warning: they are there, and no search reads them.

    Why it matters: what is not stored is not found by a search, and is paid for again when it is submitted again.

    Silent when: the database could not be reached or lacks migrations, which other findings report.

    How to fix: repair what the line names (a migration, a file, a row), then submit the repository again.
    """
    for name, lines in groups(logs, CAUSES, IDS, within=OF_DATABASE, but=UNSEARCHED):
        severity = Severity.WARNING if name == "db-unique" else Severity.ERROR
        yield reported(name, lines, told=TOLD, default=DEFAULT, config=config, severity=severity)
    lines = current(logs, UNSEARCHED)
    if lines:
        yield found(
            f"vectors went to the table embeddings, which no search reads, {lines.how_often}",
            lines,
            severity=Severity.WARNING,
            fix=Fix("Migrate the database, then submit the repositories again.", ("make migrate-up",)),
            mark="unsearched",
        )
