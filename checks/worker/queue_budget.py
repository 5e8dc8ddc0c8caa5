"""worker.queue-budget: a list in memory that is only emptied by a restart."""

from __future__ import annotations

from collections.abc import Iterator

from checks.worker._words import names, restart
from doctor import api
from doctor.api import (
    NO_FILE,
    Evidence,
    Finding,
    Fix,
    Guide,
    Location,
    Observed,
    Place,
    Safety,
    Severity,
    check,
    facts,
    set_value,
)

SIZE = "batch_processing.queue_limits.max_queue_size"
WAIT = "batch_processing.queue_limits.max_wait_time"
THRESHOLD = "batch_processing.threshold_chunks"
MOST = 100_000
# From here on the next repository may not fit.
FULL = 0.8
QUEUED = "queue-bulk"


@check(
    id="worker.queue-budget",
    title="The worker's chunk budget is used up",
    severity=(Severity.ERROR, Severity.WARNING),
    guide=Guide.SEQUENTIAL,
    safety=Safety.UNSAFE,
    blocked_by=(*NO_FILE, "config.queue-limits-incomplete"),
)
def queue_budget(
    config: facts.Resolution,
    worker: facts.Worker,
    budget: Observed[facts.ChunkBudget],
    logs: Observed[facts.Logs],
) -> Iterator[Finding]:
    """
    Compare the chunks that the worker's queue took since its start with `batch_processing.queue_limits.max_queue_size`.

    The largest repositories are compared with it too: one that alone has more chunks never fits.

    Nothing empties the queue but a restart. How much is in it is told by the log (`total_queue_size`), else by the jobs
    that were completed since the worker started.

    Why it matters: a repository that does not fit gets no vectors, or with `fallback_to_sequential` one chunk at a
    time.

    Silent when: batch processing is off; no limit is set; the repositories have fewer chunks than
    `batch_processing.threshold_chunks`, which do not use the queue.

    How to fix: restart the worker, and set `batch_processing.queue_limits.max_queue_size: 100000`, the most that is
    allowed.
    """
    limit = int(config.value(SIZE) or 0)
    if not config.batch_wanted or limit <= 0 or int(config.value(WAIT) or 0) <= 0:
        return
    least = max(1, int(config.value(THRESHOLD) or 0))
    large = [each for each in (budget.value.largest if budget.value else ()) if each.chunks > limit and limit >= least]
    for each in large[:1]:
        yield _too_large(config, each, len(large) - 1, limit)
    line = _newest(logs.value)
    taken = _taken(line, budget.value)
    if taken is None:
        return
    waiting = [each for each in (budget.value.waiting if budget.value else ()) if least <= each.chunks <= limit]
    unfit = [each for each in waiting if taken + each.chunks > limit]
    if taken >= FULL * limit or unfit:
        yield _used_up(config, worker, taken, limit, unfit, line)


def _newest(logs: facts.Logs | None) -> facts.LogEvent | None:
    """The last line that tells the size of the queue, if it is of the worker's last life."""
    if logs is None:
        return None
    line = next((count.newest for count in logs.of((QUEUED,))), None)
    lives = [run for run in logs.runs if run.role == "worker" and run.started_at is not None]
    if line is None or (lives and line.time is not None and line.time < (lives[-1].started_at or 0.0)):
        return None
    return line


def _taken(line: facts.LogEvent | None, budget: facts.ChunkBudget | None) -> int | None:
    told = line.fields.get("total_queue_size") if line is not None else None
    if isinstance(told, int | float):
        return int(told)
    return budget.taken if budget is not None else None


def _too_large(config: facts.Resolution, large: facts.LargeRepository, more: int, limit: int) -> Finding:
    others = f" (and {more} more)" if more else ""
    fits = large.chunks <= MOST
    return Finding(
        f"{large.name} has {large.chunks} chunks{others}, more than {SIZE} ({limit}): it never fits",
        at=config.where(SIZE),
        related=(Location(Place.DATABASE, name="codechunking.repositories", detail=f"id {large.id}"),),
        severity=_severity(config),
        fix=_raise(config) if fits else Fix(f"Leave out what need not be indexed; {MOST} chunks are the most."),
    )


def _used_up(
    config: facts.Resolution,
    worker: facts.Worker,
    taken: int,
    limit: int,
    unfit: list[facts.LargeRepository],
    line: facts.LogEvent | None,
) -> Finding:
    what = f"{taken} of {limit} chunks ({SIZE}) are taken since the worker started"
    if unfit:
        what += f", and {names(each.name for each in unfit)} does not fit any more"
    evidence: tuple[Evidence, ...] = (api.quote.evidence(line),) if line is not None else ()
    return Finding(
        what,
        at=config.where(SIZE),
        severity=_severity(config) if unfit else Severity.WARNING,
        fix=Fix("Restart the worker: that empties the queue.", restart(worker)) if limit >= MOST else _raise(config),
        evidence=evidence,
    )


def _severity(config: facts.Resolution) -> Severity:
    return Severity.WARNING if config.falls_back else Severity.ERROR


def _raise(config: facts.Resolution) -> Fix:
    summary = f"Set {SIZE} to {MOST}, the most that is allowed, and restart the worker."
    return set_value(config, SIZE, str(MOST), summary, safety=Safety.UNSAFE)
