"""batches.rate-limited: Google said "not now"."""

from __future__ import annotations

from collections.abc import Iterator

from checks.batches._causes import QUOTA, cause_of
from checks.batches._rows import ago, batches_of, many, others, place, seen
from doctor.api import Finding, Fix, Severity, check, facts

LIMIT = "batch_processing.max_submission_attempts"
SIZE = "batch_processing.max_batch_size"
USUAL = 10


@check(
    id="batches.rate-limited",
    title="Submission is held back by the quota",
    severity=Severity.WARNING,
    explained_by=("gemini.quota-exhausted",),
)
def rate_limited(batches: facts.BatchRows, config: facts.Resolution) -> Iterator[Finding]:
    """
    Look for batches in status `pending_submission` that were refused and wait for their next attempt.

    The worker tries again only after errors that look like a quota: first after a minute, then after twice the time,
    up to `batch_processing.submission_max_backoff`. Meanwhile it sends no other batch either.

    Why it matters: after `batch_processing.max_submission_attempts` refusals a batch is failed for good, and its chunks
    have no vectors.

    Silent when: no attempt has failed, or the next one is due.

    How to fix: wait; raise the quota or enable billing; lower `batch_processing.max_batch_size`.
    """
    found = batches.of(facts.BatchState.HELD_BACK)
    if not found.count:
        return
    rows = found.rows
    worst = rows[0]
    limit = config.value(LIMIT) or USUAL
    final = "; the next failure is final" if worst.attempts + 1 >= limit else ""
    wait = "wait" if found.count > 1 else "waits"
    after = many(worst.attempts, "failed attempt", "failed attempts")
    yield Finding(
        f"{batches_of(rows, found.count)} {wait} after up to {after}; the next is in {ago(_next(rows))}{final}",
        at=place(worst),
        related=(*others(rows), config.where(LIMIT)),
        fix=Fix(_advice(config, worst)),
        evidence=seen(rows),
    )


def _next(rows: tuple[facts.BatchRow, ...]) -> float:
    return min(-(row.due or 0.0) for row in rows)


def _advice(config: facts.Resolution, row: facts.BatchRow) -> str:
    if row.error and cause_of(row.error) is not QUOTA:
        return 'Read the message (-v shows it): the worker takes every error with the word "limit" for a quota.'
    return f"Wait. If it goes on, raise the quota or enable billing, or lower {SIZE} (now {config.value(SIZE) or 500})."
