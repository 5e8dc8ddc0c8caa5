"""batches.submission-stalled: a queue that nobody works off."""

from __future__ import annotations

from collections.abc import Iterator

from checks.batches._repair import GIVE_UP, more, resubmit, update
from checks.batches._rows import ago, batches_of, others, place, seen
from doctor.api import Explains, Finding, Fix, Guide, Location, Severity, check, facts

INTERVAL = "batch_processing.submitter_poll_interval"
PROVIDER = "embedding.provider"
CLIENT = "gemini.batch.enabled"
LEAST = 120.0
SECOND = 1_000_000_000


@check(
    id="batches.submission-stalled",
    title="Batches are queued but nobody submits them",
    severity=Severity.ERROR,
    guide=Guide.SEQUENTIAL,
    explained_by=(
        "config.openai-with-batch",
        "config.batch-client-off",
        "directories.batch-dir-not-creatable",
        "directories.batch-dir-not-writable",
        "worker.not-running",
        "worker.restart-loop",
        # After an error that looks like a quota the worker sends nothing at all for a while.
        Explains("batches.rate-limited"),
    ),
)
def submission_stalled(batches: facts.BatchRows, config: facts.Resolution) -> Iterator[Finding]:
    """
    Look how long batches in status `pending_submission` have been due, and whether any was sent in that time.

    The worker sends one each `batch_processing.submitter_poll_interval` (5s), the oldest first. Ten times that, and at
    least two minutes, without any is too long.

    Why it matters: the job counts as completed while none of these chunks has a vector.

    Silent when: `next_submission_at` lies ahead; another batch was sent meanwhile, so the queue is only long; a
    setting, a directory, the quota or a worker that does not run explains it.

    How to fix: restart the worker and look for `Batch submitter started successfully` in its log.
    """
    found = batches.of(facts.BatchState.DUE)
    patience = _patience(config)
    late = [row for row in found.rows if (row.due or 0.0) > patience]
    if not late or (batches.last_sent is not None and batches.last_sent <= patience):
        return
    reason, places, fix = _reason(config, late, found.count)
    wait = "wait" if found.count > 1 else "waits"
    yield Finding(
        f"{batches_of(found.rows, found.count)} {wait} to be sent, the first for {ago(late[0].due or 0.0)}; {reason}",
        at=place(late[0]),
        related=(*others(late), *places),
        fix=fix,
        evidence=seen(late),
    )


def _patience(config: facts.Resolution) -> float:
    # Where it is not above 0 the worker takes 5s, of which ten are less than the least.
    interval: float = config.value(INTERVAL) / SECOND
    return max(10 * interval, LEAST)


def _reason(config: facts.Resolution, rows: list[facts.BatchRow], count: int) -> tuple[str, tuple[Location, ...], Fix]:
    """Why nobody sends them, where that is set, and what to do."""
    if config.batch_client:
        return (
            "the worker has sent none in that time",
            (),
            Fix(
                "Restart the worker (compose: `docker compose restart worker`) and look for "
                '"Batch submitter started successfully" in its log.'
            ),
        )
    key, reason = (PROVIDER, "is openai") if config.provider == "openai" else (CLIENT, "is not true")
    summary = "Give these rows up and submit their repositories again." + more(rows, count)
    if key == CLIENT:
        summary = f"Set {CLIENT} to true and restart the worker; or give the rows up and submit the repositories again."
    commands = (*update(rows, GIVE_UP), *resubmit(config, rows))
    return f"{key} {reason}, so nothing sends batches", (config.where(key),), Fix(summary, commands)
