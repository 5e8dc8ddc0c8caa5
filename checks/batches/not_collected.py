"""batches.not-collected: done at Google, and nobody comes for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checks.batches._google import NOT_ASKED, RESTART, check_told, finished_at, job_of, told
from checks.batches._rows import Rows, ago, batches_of, others, place, repositories, seen
from doctor.api import Finding, Fix, Guide, Location, Severity, check, facts

INTERVAL = "batch_processing.poller_interval"
CLIENT = "gemini.batch.enabled"
SECOND = 1_000_000_000
LEAST = 300.0
DONE = ("SUCCEEDED", "PARTIALLY_SUCCEEDED")

HOUR = 3_600.0
# How long Google keeps a result file, and when that becomes urgent.
KEPT, URGENT = 48 * HOUR, 40 * HOUR


@check(
    id="batches.not-collected",
    title="Google is done but nobody fetches the results",
    severity=Severity.ERROR,
    guide=Guide.BATCH_USAGE,
    blocked_by=NOT_ASKED,
    explained_by=(
        "config.openai-with-batch",
        "config.batch-client-off",
        "directories.batch-dir-not-creatable",
        "worker.not-running",
        "worker.restart-loop",
    ),
)
def not_collected(
    batches: facts.BatchRows, google: facts.GoogleBatches, worker: facts.Worker, config: facts.Resolution
) -> Iterator[Finding]:
    """
    Compare how long Google has been done with batches in status `processing` with how often the worker asks.

    The worker asks each `batch_processing.poller_interval` (30s). Five times that, and at least five minutes, without
    fetching the results is too long.

    Why it matters: Google deletes result files after about 48 hours, and the vectors in them are then lost.

    Silent when: the worker started less than that time ago; it does not run, or has no batch client, and another
    finding says so; Google could not be asked.

    How to fix: restart the worker and look for `Batch marked as completed` in its log.
    """
    now, patience = google.at.timestamp(), _patience(config)
    if worker.started_at is not None and now - worker.started_at <= patience:
        return
    found = batches.of(facts.BatchState.AT_GOOGLE)
    late = _late(found.rows, google, now - patience)
    if not late:
        check_told(batches, google)
        return
    rows, longest = [row for row, _ in late], now - late[0][1]
    reason, places, fix = _reason(config)
    yield Finding(
        f"Google has been done with {batches_of(rows, least=not found.complete)} for "
        f"{'up to ' if len(rows) > 1 else ''}{ago(longest)}, and the results were not fetched{reason}{_left(longest)}",
        at=place(rows[0]),
        related=(*others(rows), *places, *repositories(rows)),
        fix=fix,
        evidence=(*told(rows, google), *seen(rows)),
    )


def _patience(config: facts.Resolution) -> float:
    # Where it is not above 0 the worker takes 30s, of which five are less than the least.
    interval: float = config.value(INTERVAL) / SECOND
    return max(5 * interval, LEAST)


def _late(rows: Rows, google: facts.GoogleBatches, before: float) -> Sequence[tuple[facts.BatchRow, float]]:
    """The rows whose job was done before this moment and when it was, the longest first."""
    late = []
    for row in rows:
        job = job_of(row, google)
        done = finished_at(job) if job is not None and job.bare in DONE else None
        if done is not None and done < before:
            late.append((row, done))
    return sorted(late, key=lambda pair: pair[1])


def _left(age: float) -> str:
    if age < URGENT:
        return ""
    kept = "Google keeps result files for about 48 hours"
    return f"; {kept}, so this is urgent" if age < KEPT else f"; {kept}, so they may be lost"


def _reason(config: facts.Resolution) -> tuple[str, tuple[Location, ...], Fix]:
    """Why nobody fetches them as far as the settings tell, where that is set, and what to do."""
    look = 'look for "Batch marked as completed" in its log'
    if config.batch_client:
        return "", (), Fix(f"{RESTART} and {look}.")
    return (
        f", as {CLIENT} is not true",
        (config.where(CLIENT),),
        Fix(f"Set {CLIENT} to true, restart the worker and {look}."),
    )
