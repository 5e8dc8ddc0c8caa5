"""batches.repository-mismatch: vectors on their way to the wrong place."""

from __future__ import annotations

from collections.abc import Iterator

from checks.batches._causes import NO_REPOSITORY, cause_of
from checks.batches._repair import REPAIRED, more
from checks.batches._rows import TABLE, Rows, batches_of, others, place, repositories, seen
from doctor.api import Finding, Fix, Severity, check, facts


@check(
    id="batches.repository-mismatch",
    title="A batch row names the wrong repository",
    severity=Severity.WARNING,
)
def repository_mismatch(batches: facts.BatchRows) -> Iterator[Finding]:
    """
    Compare the `repository_id` of batches that are not completed with that of their indexing job.

    No foreign key guards the column; rows of before migration 7 have none.

    Why it matters: without a repository the batch fails when its results arrive, and with a wrong one its vectors are
    refused or found under another repository.

    Silent when: the batch is completed; it failed for another reason before the repository was needed.

    How to fix: set the column to the job's repository.
    """
    rows = (*batches.mismatched.rows, *(row for row in batches.failed.rows if _failed_by_it(row)))
    count = batches.mismatched.count + len(rows) - len(batches.mismatched.rows)
    if not rows:
        return
    without = sum(row.repository is None for row in rows)
    names = "names no repository" if without == len(rows) else "names another repository than the job does"
    if count > 1:
        names = "name no repository" if without == len(rows) else "name no repository or another one than the job does"
    yield Finding(
        f"{batches_of(rows, count)} {names}",
        at=place(rows[0]),
        related=(*others(rows), *repositories(rows)),
        fix=Fix("Set the column to the job's repository." + more(rows, count), _correct(rows)),
        evidence=seen(rows),
    )


def _failed_by_it(row: facts.BatchRow) -> bool:
    if row.repository is None:
        return cause_of(row.error) is NO_REPOSITORY
    return row.repository != row.owner


def _correct(rows: Rows) -> tuple[str, ...]:
    ids = ", ".join(f"'{row.id}'" for row in rows[:REPAIRED] if row.owner)
    if not ids:
        return ()
    return (
        f"UPDATE {TABLE} AS b SET repository_id = j.repository_id, updated_at = now() "
        f"FROM codechunking.indexing_jobs AS j WHERE j.id = b.indexing_job_id AND b.id IN ({ids});",
    )
