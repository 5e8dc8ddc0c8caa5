"""Jobs and batches as their lines tell: which road was taken, how far they came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from doctor.facts.logs import LogEvent, LogTrail

# What a line says of the road its job takes.
ROADS: Mapping[str, str] = {
    "job-repo-completed-skip": "skipped",
    "job-repo-archived-skip": "skipped",
    "embed-seq-start": "sequential",
    "embed-seq-done": "sequential",
    "embed-chunk-failed": "sequential",
    "embed-all-present-seq": "skipped",
    "batch-all-present": "skipped",
    "embed-mode-test": "test-vectors",
    "embed-batch-test-start": "test-vectors",
    "batch-loop-start": "batch",
    "batch-queueing": "batch",
    "batch-queued": "batch",
    "batch-fallback": "sequential-fallback",
    "embed-queue-fallback": "sequential-fallback",
    "guide-not-implemented": "sequential-fallback",
    "guide-not-fully-implemented": "sequential-fallback",
}
# A road is left for one that stands further down here, and never for one above.
ORDER = ("skipped", "sequential", "batch", "test-vectors", "sequential-fallback")
# What a line says of the state its job is in.
JOB_STATES: Mapping[str, str] = {
    "embed-start": "running",
    "embed-decision": "running",
    "embed-seq-start": "running",
    "embed-mode-test": "running",
    "embed-seq-done": "embedded",
    "embed-batch-test-done": "embedded",
    "embed-all-present-seq": "embedded",
    "batch-loop-start": "running",
    "batch-queued": "running",
    "batch-all-async": "queued",
    "batch-all-submitted-old": "queued",
    "batch-all-sync": "embedded",
    "batch-fallback": "running",
    "embed-queue-fallback": "running",
    "job-repo-completed-skip": "skipped",
    "job-repo-archived-skip": "skipped",
    "embed-ctx-cancelled": "failed",
    "embed-config-invalid": "failed",
    "embed-chunks-invalid": "failed",
    "embed-queue-failed": "failed",
    "embed-chunk-failed": "failed",
    "embed-cancelled": "failed",
    "embed-store-failed": "failed",
    "embed-bad-chunk-id": "failed",
    "embed-seq-fallback-failed": "failed",
    "embed-engine-failed": "failed",
    "batch-submit-failed": "failed",
    "batch-quota-exceeded": "failed",
    "consumer-nak": "failed",
    "api-publish-failed": "lost",
    "api-mock-publish": "lost",
    "con-republished": "published",
}
BATCH_STATES: Mapping[str, str] = {
    "batch-queued": "queued",
    "sub-first": "sending",
    "sub-retry-file": "sending",
    "sub-file-uploaded": "uploaded",
    "sub-rate-limit": "waiting-for-quota",
    "sub-retry-scheduled": "waiting-for-quota",
    "sub-max-attempts": "failed",
    "sub-non-retryable": "failed",
    "sub-job-id-invalid": "failed",
    "sub-deserialize-failed": "failed",
    "gb-created": "sent",
    "gb-created-file": "sent",
    "poll-completed": "collecting",
    "poll-processing-failed": "failed",
    "poll-marked-completed": "completed",
    "poll-job-failed": "failed-at-google",
    "poll-retry": "failed-at-google",
    "retry-batch": "failed-at-google",
    "poll-max-retries": "failed",
    "poll-cancelled": "cancelled",
    "poll-bad-job-id": "failed",
    "rec-no-job-id": "failed",
    "rec-failed-permanently": "failed",
}
FAILED = ("failed", "failed-at-google", "cancelled", "lost")


MOCK = "the API was without NATS, and dropped the job"


@dataclass(frozen=True)
class Story:
    """One job or batch: None is what its lines do not tell."""

    id: str
    state: str
    first: float | None
    last: float | None
    events: int
    road: str | None = None
    chunk_count: int | None = None
    batches: int = 0
    why: str | None = None
    error: LogEvent | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    sample: LogEvent | None = None


def job(trail: LogTrail, batches: Mapping[str, LogTrail] | None = None) -> Story:
    """What the lines of a job tell, and those of its batches once it is through."""
    trail = _looked_at(trail)
    road: str | None = None
    for event in trail.events:
        taken = ROADS.get(event.id)
        if taken is not None and (road is None or ORDER.index(taken) > ORDER.index(road)):
            road = taken
    state, error = _followed(trail, JOB_STATES)
    if state == "queued":
        # The line that says "asynchronously" follows a fallback too.
        state, error = ("embedded", None) if road == "sequential-fallback" else _of_batches(trail, batches or {})
    decision = next(trail.of("embed-decision"), None)
    return _story(
        trail,
        state,
        error,
        road=road,
        chunk_count=_number(decision, "chunk_count") or _largest(trail, "chunk_count"),
        batches=sum(1 for _ in trail.of("batch-queued")),
        why=MOCK if state == "lost" and error is None else _reason(trail, road, decision),
    )


def _looked_at(trail: LogTrail) -> LogTrail:
    """The same with lines that were decoded, as they are looked at more than once."""
    return LogTrail(trail.id, tuple(trail.events), trail.dropped)


def _of_batches(trail: LogTrail, batches: Mapping[str, LogTrail]) -> tuple[str, LogEvent | None]:
    """What became of a job that left its chunks to batches: the worst of them counts."""
    ids = [each.get("batch_id") or "" for each in trail.of("batch-queued")]
    told = [batch(batches[id]) for id in ids if id in batches]
    failed = next((each for each in told if each.state in FAILED), None)
    if failed is not None:
        return "failed", failed.error
    complete = ids and len(told) == len(ids) and not trail.dropped
    return "embedded" if complete and all(each.state == "completed" for each in told) else "queued", None


def _reason(trail: LogTrail, road: str | None, decision: LogEvent | None) -> str | None:
    """Why it went this road, in a few words."""
    if road == "sequential-fallback":
        error = next((each.error for each in trail.of("batch-fallback", "embed-queue-fallback") if each.error), "")
        return error or None
    if road == "skipped":
        return "nothing was left to do"
    if road != "sequential" or decision is None:
        return None
    if decision.fields.get("batch_enabled") is False:
        return "batch_processing.enabled is false"
    threshold = _number(decision, "threshold_chunks")
    return None if threshold is None else f"fewer than {threshold:,} chunks"


def batch(trail: LogTrail) -> Story:
    """What the lines of a batch tell."""
    trail = _looked_at(trail)
    state, error = _followed(trail, BATCH_STATES)
    done = next(trail.of("poll-marked-completed"), None)
    return _story(trail, state, error, chunk_count=_number(done, "chunks_processed") or _largest(trail, "chunk_count"))


def _story(trail: LogTrail, state: str, error: LogEvent | None, **more: object) -> Story:
    times = [each.time for each in trail.events if each.time is not None]
    return Story(
        trail.id,
        state,
        min(times, default=None),
        max(times, default=None),
        len(trail.events) + trail.dropped,
        error=error,
        names=_names(trail),
        sample=trail.events[0] if trail.events else None,
        **more,  # type: ignore[arg-type]
    )


def _followed(trail: LogTrail, states: Mapping[str, str]) -> tuple[str, LogEvent | None]:
    """The state after the last line that tells one, and the error that led to it if that is none to be in."""
    state, error = "unknown", None
    for event in trail.events:
        told = states.get(event.id)
        if told is None:
            continue
        state = told
        if event.error:
            error = event
    return state, error if state in (*FAILED, "waiting-for-quota") else None


NAMES = (
    ("repository", ("repo", "repository", "repository_url", "repository_id")),
    ("job_id", ("indexing_job_id", "indexing_job")),
    ("gemini_job_id", ("gemini_job_id", "gemini_batch_job_id")),
)


def _names(trail: LogTrail) -> dict[str, str]:
    """The other ids that stand in its lines, the newest of each kind."""
    found: dict[str, str] = {}
    for event in reversed(trail.events):
        for name, fields in NAMES:
            value = event.get(*fields)
            if value is not None:
                found.setdefault(name, value)
    return found


def _largest(trail: LogTrail, name: str) -> int | None:
    return max((number for each in trail.events if (number := _number(each, name)) is not None), default=None)


def _number(event: LogEvent | None, name: str) -> int | None:
    found = event.fields.get(name) if event is not None else None
    return found if isinstance(found, int) and not isinstance(found, bool) else None
