"""batches.never-selected: open by its status, and looked for by nobody."""

from __future__ import annotations

from collections.abc import Iterator

from checks.batches._repair import more, repair
from checks.batches._rows import ago, batches_of, others, place, seen
from doctor.api import Finding, Fix, Severity, check, facts


@check(
    id="batches.never-selected",
    title="A batch row is in a state nobody picks up",
    severity=Severity.WARNING,
)
def never_selected(batches: facts.BatchRows, config: facts.Resolution) -> Iterator[Finding]:
    """
    Look for open batches whose columns no part of the worker looks for.

    The submitter takes `pending_submission`, the poller `processing` with a job id, the retry loop `retry_scheduled`
    with a time. Left over are `pending`, `processing` without `gemini_batch_job_id`, and `retry_scheduled` without
    `next_retry_at`.

    Why it matters: the chunks of such a batch never get vectors, and nothing says so.

    Silent when: the batch is completed or failed; its job or repository is deleted.

    How to fix: put the row back to `pending_submission` when its requests are stored; otherwise set it to `failed` and
    submit the repository again.
    """
    for state, reason in _reasons().items():
        found = batches.of(state)
        if not found.count:
            continue
        rows = found.rows
        has = "have" if found.count > 1 else "has"
        yield Finding(
            f"{batches_of(rows, found.count)} {has} {reason}; not updated for up to "
            f"{ago(max(row.idle for row in rows))}",
            at=place(rows[0]),
            related=others(rows),
            fix=Fix(_advice(config) + more(rows, found.count), repair(config, rows)),
            evidence=seen(rows),
        )


def _advice(config: facts.Resolution) -> str:
    if not config.batch_client:
        return "Give the rows up and submit their repositories again."
    return "Queue what has stored requests again; give the rest up and submit the repositories again."


def _reasons() -> dict[facts.BatchState, str]:
    """What keeps a row of each state from being picked up."""
    return {
        facts.BatchState.NO_JOB_ID: "status processing and no gemini_batch_job_id",
        facts.BatchState.PENDING: "status pending, which nothing picks up",
        facts.BatchState.RETRY_UNSET: "status retry_scheduled and no next_retry_at",
    }
