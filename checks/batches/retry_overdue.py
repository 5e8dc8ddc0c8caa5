"""batches.retry-overdue: the loop that runs in every worker does not run."""

from __future__ import annotations

from collections.abc import Iterator

from checks.batches._rows import ago, others, place, seen
from doctor.api import Finding, Fix, Severity, check, facts

NOTE = "A retry sends nothing again: the worker only asks Google once more about the same job."


@check(
    id="batches.retry-overdue",
    title="A scheduled retry is overdue",
    severity=Severity.WARNING,
    explained_by=("worker.not-running", "worker.restart-loop"),
)
def retry_overdue(batches: facts.BatchRows) -> Iterator[Finding]:
    """
    Compare how long retries have been due with how many are due; the worker takes one per minute.

    Why it matters: the worker that should look after these batches does not, so their results are not fetched.

    Silent when: fewer minutes have passed than retries are due; no worker runs.

    How to fix: start or restart the worker.

    Since 2025-11-26: a retry only asks Google about the same job again; nothing is sent. Submit the repository again
    when the job failed at Google.
    """
    found = batches.of(facts.BatchState.RETRY_DUE)
    if not found.count:
        return
    rows = found.rows
    longest = rows[0].due or 0.0
    if longest // 60 <= found.count:
        return
    are = "retries are" if found.count > 1 else "retry is"
    yield Finding(
        f"{found.count:,} {are} due, the first for {ago(longest)}, although the worker takes one per minute",
        at=place(rows[0]),
        related=others(rows),
        fix=Fix("Start the worker, or restart it (compose: `docker compose restart worker`)."),
        evidence=seen(rows),
        note=NOTE,
    )
