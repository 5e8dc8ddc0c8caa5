"""jobs.row-unreadable: a row that the program cannot read, and lists fail with it."""

from __future__ import annotations

from collections.abc import Iterator

from checks.jobs._rows import NAMED, one_or_many, row
from doctor.api import Evidence, Finding, Fix, Guide, Severity, check, facts

TABLES = {
    "repositories": (
        "listing repositories answers 500, and /health blames the database",
        {"status": "'failed'", "total_files": "0", "total_chunks": "0"},
    ),
    "indexing_jobs": (
        "listing the jobs of their repository answers 500",
        {"status": "'failed'", "files_processed": "0", "chunks_created": "0"},
    ),
}


@check(
    id="jobs.row-unreadable",
    title="A row makes listing repositories fail",
    severity=Severity.ERROR,
    guide=Guide.DATABASE_USAGE,
)
def row_unreadable(jobs: facts.JobRows) -> Iterator[Finding]:
    """
    Look for live repositories and jobs with a status that the program does not know, or without their counters.

    Repositories are pending, cloning, processing, completed, failed or archived; jobs are pending, running, completed,
    failed or cancelled.

    Why it matters: the program refuses such a row, and with it every list that it is in.

    Silent when: the row is soft-deleted.

    How to fix: write a value that is valid.
    """
    for table, (consequence, values) in TABLES.items():
        rows = [each for each in jobs.unreadable if each.table == table]
        if not rows:
            continue
        yield Finding(
            f"{one_or_many(len(rows), 'row')} of {table} cannot be read ({rows[0].fault}): {consequence}",
            at=row(table, rows[0].id),
            fix=Fix("Give them valid values.", tuple(_statement(each, values) for each in rows[:NAMED])),
            evidence=tuple(Evidence("row", each.fault, row(table, each.id)) for each in rows[1:NAMED]),
        )


def _statement(each: facts.UnreadableRow, values: dict[str, str]) -> str:
    wrong = [name for name in values if f"no {name}" in each.fault or (name == "status" and "status '" in each.fault)]
    changes = ", ".join(f"{name}={values[name]}" for name in wrong)
    return f"UPDATE codechunking.{each.table} SET {changes} WHERE id='{each.id}';"
