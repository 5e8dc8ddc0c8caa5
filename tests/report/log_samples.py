"""Stories as logs tell them: a healthy run, a fallback, a crash loop, used-up quota, several services in one file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from doctor.causes import cause_of
from doctor.facts.logs import LogCount, LogEvent, LogInput, LogRun, Logs, LogShape, LogTrail
from doctor.logs.catalogue import CATALOGUE
from doctor.logs.milestones import ENDS, MILESTONES, PRELUDE, STARTS

START = datetime(2025, 11, 22, 10, 30, tzinfo=UTC).timestamp()
JOB = "a1b2c3d4-e5f6-4890-abcd-ef1234567890"
OTHER_JOB = "b2c3d4e5-f607-4901-bcde-f12345678901"
BATCH = "c3d4e5f6-0718-4012-8def-012345678902"
REFUSED = (
    "failed to ping database: failed to connect to `user=dev database=codechunking`:\n\t127.0.0.1:5432 (localhost): "
    "dial error: dial tcp 127.0.0.1:5432: connect: connection refused"
)
QUOTA = (
    "embedding service error (quota/quota_exceeded): Error 429, Message: You exceeded your current quota, please check "
    "your plan and billing details., Status: RESOURCE_EXHAUSTED, Details: []"
)
NOT_CONFIGURED = "batch embedding service not configured"


class Story:
    """Lines one after the other; `logs` makes of them what reading them would."""

    def __init__(self, path: str = "worker.log", stream: str = "worker-1") -> None:
        self.path, self.stream = path, stream
        self.events: list[LogEvent] = []
        self.unknown: list[LogEvent] = []
        self.line = 0
        self.now = START

    def add(self, id: str, after: float = 0.1, stream: str | None = None, **fields: Any) -> LogEvent:
        """One more line, so many seconds after the one before."""
        self.line += 1
        self.now = round(self.now + after, 3)
        entry = CATALOGUE.by_id[id]
        by = self.stream if stream is None else stream
        said = entry.message or fields.pop("text")
        event = LogEvent(id, entry.role, entry.level, self.now, said, fields, self.path, self.line, by, said)
        cause = cause_of(event.error) if event.error else None
        made = LogEvent(
            id, entry.role, entry.level, self.now, said, fields, self.path, self.line, by, said, cause and cause.id
        )
        self.events.append(made)
        return made

    def add_unknown(self, level: str, text: str, after: float = 0.1) -> None:
        """A line that the catalogue does not know."""
        self.line += 1
        self.now = round(self.now + after, 3)
        self.unknown.append(LogEvent("", "", level, self.now, text, {}, self.path, self.line, self.stream, text))

    def start(self, **settings: Any) -> Story:
        """A worker starts, with these settings."""
        self.add("config-specified", config_file="configs/config.dev.yaml")
        self.add("config-loaded", config_file="configs/config.dev.yaml")
        self.add("worker-starting", concurrency=5, queue_group="workers")
        client = settings.get("client", True)
        if client:
            self.add("batch-enabled", input_dir="", output_dir="", poll_interval=5000000000)
            self.add("batch-client-ok", mode="async")
        self.add("gemini-service", model="gemini-embedding-001", batch_api_enabled=client)
        self.add("queue-manager-creating", threshold_chunks=10, fallback_enabled=settings.get("fallback", False))
        self.add("queue-created", applied_max_queue_size=100000)
        self.add("worker-started")
        self.add("submitter-started" if client else "async-batch-unsupported")
        return self

    def decide(self, job: str = JOB, chunks: int = 8269, *, enabled: bool = True) -> Story:
        """The routing of a job."""
        self.add(
            "embed-decision",
            30,
            job_id=job,
            chunk_count=chunks,
            batch_enabled=enabled,
            batch_desired=enabled and chunks >= 10,
            threshold_chunks=10,
            has_queue_manager=True,
        )
        return self

    def logs(self, **more: Any) -> Logs:
        """What is known when all is read."""
        times = [each.time for each in (*self.events, *self.unknown) if each.time is not None]
        known: dict[str, Any] = {
            "inputs": (LogInput(self.path, 420 * self.line, self.line, "structured", "compose"),),
            "first": min(times, default=None),
            "last": max(times, default=None),
            "counts": counts(self.events),
            "unrecognised": shapes(self.unknown),
            "unrecognised_count": len(self.unknown),
            "runs": runs(self.events),
            "jobs": trails(self.events, "job_id", "indexing_job_id"),
            "batches": trails(self.events, "batch_id"),
        }
        return Logs(**{**known, **more})


def counts(events: list[LogEvent]) -> tuple[LogCount, ...]:
    """By kind and cause, errors first."""
    groups: dict[tuple[str, str | None], list[LogEvent]] = {}
    for each in events:
        groups.setdefault((each.id, each.cause), []).append(each)
    made = [
        LogCount(
            id,
            group[0].role,
            group[0].level,
            len(group),
            group[0].time,
            group[-1].time,
            tuple(group[:3]),
            tuple(group[-50:]),
            cause,
        )
        for (id, cause), group in groups.items()
    ]
    levels = ("ERROR", "WARN", "INFO", "DEBUG")
    return tuple(sorted(made, key=lambda each: (levels.index(each.level), -each.count, each.id)))


def shapes(events: list[LogEvent]) -> tuple[LogShape, ...]:
    """By text alone."""
    groups: dict[str, list[LogEvent]] = {}
    for each in events:
        groups.setdefault(each.text, []).append(each)
    return tuple(
        LogShape(text, group[0].level, len(group), group[0].time, group[-1].time, tuple(group[:3]))
        for text, group in groups.items()
    )


def runs(events: list[LogEvent]) -> tuple[LogRun, ...]:
    """Lives, by their starts."""
    lives: list[list[LogEvent]] = []
    current: dict[str, list[LogEvent]] = {}
    for each in (event for event in events if event.id in MILESTONES):
        life = current.get(each.stream)
        started = life is not None and any(one.id in STARTS or one.id in ENDS for one in life)
        if life is None or (started and (each.id in PRELUDE or each.id in STARTS)):
            life = current[each.stream] = []
            lives.append(life)
        life.append(each)
    return tuple(map(_run, lives))


def _run(events: list[LogEvent]) -> LogRun:
    start = next((each for each in events if each.id in STARTS), None)
    end = next((each for each in reversed(events) if each.id in ENDS), None)
    role = STARTS[start.id] if start is not None else "unknown"
    return LogRun(role, events[0].stream, start, tuple(events), end)


def trails(events: list[LogEvent], *names: str) -> Mapping[str, LogTrail]:
    """By the id in one of these fields."""
    found: dict[str, list[LogEvent]] = {}
    for each in events:
        id = each.get(*names)
        if id is not None and len(id) == 36:
            found.setdefault(id, []).append(each)
    return {id: LogTrail(id, tuple(of)) for id, of in found.items()}


# --- the stories


def healthy() -> Logs:
    """A batch from its decision to its vectors, and a small repository beside it."""
    story = Story().start().decide()
    story.add("embed-mode-production", job_id=JOB, chunk_count=8269, request_count=8269)
    story.add("batch-loop-start", job_id=JOB, total_batches=1, start_batch=1, async_mode=True)
    story.add("batch-queued", batch_id=BATCH, indexing_job_id=JOB, batch_number=1, chunk_count=8269)
    story.add("batch-all-async", job_id=JOB, total_batches=1, queued_batches=1, skipped_batches=0, total_chunks=8269)
    story.add("sub-first", 5, batch_id=BATCH)
    story.add("sub-file-uploaded", 2, batch_id=BATCH, file_uri="files/x1y2")
    story.add("gb-created", 1, job_id="batches/x1y2", state="JOB_STATE_PENDING", file_uri="files/x1y2")
    story.add("poll-completed", 900, batch_id=BATCH, indexing_job_id=JOB, batch_number=1, gemini_job_id="batches/x1y2")
    story.add("poll-marked-completed", 4, batch_id=BATCH, chunks_processed=8269)
    story.decide(OTHER_JOB, 7)
    story.add("embed-seq-start", job_id=OTHER_JOB, chunk_count=7)
    story.add("embed-seq-done", 5, job_id=OTHER_JOB, total_embeddings=7)
    return story.logs()


def fell_back() -> Logs:
    """No batch client, and a fallback that is allowed."""
    story = Story().start(client=False, fallback=True).decide()
    story.add("embed-mode-production", job_id=JOB, chunk_count=8269, request_count=8269)
    story.add("batch-loop-start", job_id=JOB, total_batches=17, start_batch=1, async_mode=True)
    story.add("batch-submit-failed", job_id=JOB, batch_number=1, error=NOT_CONFIGURED)
    story.add("batch-fallback", job_id=JOB, batch_number=1, error=NOT_CONFIGURED)
    story.add("embed-seq-start", job_id=JOB, chunk_count=8269)
    story.add("embed-seq-done", 4000, job_id=JOB, total_embeddings=8269)
    story.add("batch-all-async", job_id=JOB, total_batches=17, queued_batches=0, skipped_batches=0, total_chunks=8269)
    return story.logs()


def crash_loop() -> Logs:
    """A worker without its database, restarted again and again until it is there."""
    story = Story()
    for _ in range(14):
        story.add("config-loaded", 80, config_file="configs/config.dev.yaml")
        story.add("worker-starting", concurrency=5, queue_group="workers")
        story.add("worker-db-pool-failed", 5, error=REFUSED)
    story.now += 60
    story.start()
    return story.logs()


def quota() -> Logs:
    """Quota that is used up, a batch that gives up, and lines that nobody knows."""
    story = Story(stream="").start().decide()
    story.add("embed-mode-production", job_id=JOB, chunk_count=8269, request_count=8269)
    story.add("batch-queued", batch_id=BATCH, indexing_job_id=JOB, batch_number=1, chunk_count=500)
    story.add("batch-all-async", job_id=JOB, total_batches=1, queued_batches=1, skipped_batches=0, total_chunks=500)
    for attempt in range(1, 11):
        story.add("sub-rate-limit", 60 * attempt, batch_id=BATCH, error=QUOTA, backoff_duration=60000000000)
        story.add("sub-retry-scheduled", batch_id=BATCH, error=QUOTA, attempts=attempt)
    story.add("sub-max-attempts", batch_id=BATCH, error=QUOTA, attempts=10)
    story.add("tokens-oversized", chunk_id="c-1", token_count=3000, max_tokens_per_chunk=2048, file_path="a.go")
    story.add("parse-file-failed", file="b.go", error="syntax")
    story.add_unknown("ERROR", "Flux capacitor is out of plutonium")
    story.add_unknown("ERROR", "Flux capacitor is out of plutonium")
    story.add_unknown("WARN", "Something unusual: 17")
    return story.logs()


def several() -> Logs:
    """An API on its mock, and a worker that was killed, in one file."""
    story = Story("all.log").start()
    story.add("api-db-config", stream="api-1", database_host="postgres", database_port=5432)
    story.add("api-nats-connect-failed", stream="api-1", error="failed to connect to NATS: connection refused")
    story.add("api-started", stream="api-1", address=":8080")
    story.decide(chunks=3, enabled=False)
    story.add("embed-seq-start", job_id=JOB, chunk_count=3)
    story.add("embed-chunk-failed", 2, job_id=JOB, chunk_index=0, chunk_id="c", error=QUOTA)
    story.add("api-mock-publish", 40, stream="api-1", indexing_job_id=OTHER_JOB, repository_url="https://e.org/a/b")
    story.now += 7200
    story.start()
    story.add("worker-shutdown", 30, signal="terminated")
    story.add("worker-shutdown-done", 1)
    inputs = (LogInput("all.log", 5_400_000, 12_000, "mixed", "compose"), LogInput("old.log.gz", problem="cut off"))
    return story.logs(inputs=inputs)


STORIES = {
    "healthy": healthy,
    "fell-back": fell_back,
    "crash-loop": crash_loop,
    "quota": quota,
    "several": several,
}
