"""Verdicts as `why` comes to them, for its reporters."""

from __future__ import annotations

from typing import Any

from doctor.model import Edit, Evidence, Fix, Location, Place, Safety
from doctor.why.leaves import Leaf
from doctor.why.verdict import (
    BatchVerdict,
    Cause,
    Certainty,
    Changed,
    Flip,
    GuideCause,
    GuideStatus,
    JobVerdict,
    ProcessVerdict,
    RuledOut,
    Unknown,
    Why,
)

ID = "a1b2c3d4-e5f6-4890-abcd-ef1234567890"
REPOSITORY = "https://github.com/acme/api"
FILE = "configs/config.dev.yaml"
# 2025-11-22 10:30:30 UTC
AT = 1763807430.0
LOOKED_AT = ("worker.log", "the database", FILE)


def config(line: int, key: str, detail: str | None = None) -> Location:
    return Location.file(FILE, line, 3, key=key, detail=detail)


def log(line: int, text: str, proves: str | None, path: str = "worker.log") -> Evidence:
    return Evidence("log", text, Location(Place.LOG, path, line), proves)


def setting(line: int, key: str, text: str, proves: str) -> Evidence:
    return Evidence("config", text, config(line, key), proves)


def edit(key: str, before: str | None, after: str, line: int | None) -> Edit:
    return Edit(FILE, key, before, after, line)


def job(leaf: Leaf, certainty: Certainty = Certainty.PROVEN, **more: Any) -> JobVerdict:
    given: dict[str, Any] = {
        "job_id": ID,
        "repository": REPOSITORY,
        "chunk_count": 8269,
        "candidates": (leaf,),
        "at": AT,
        **more,
    }
    return JobVerdict(leaf=leaf, certainty=certainty, **given)


def answer(*jobs: JobVerdict, **more: Any) -> Why:
    return Why(jobs, **{"sources": LOOKED_AT, **more})


LOADED = log(2, "Successfully loaded config file", f"the worker runs on {FILE}")
DECIDED = log(
    9,
    "Making embedding processing decision (batch_enabled: true, chunk_count: 8269, threshold_chunks: 10)",
    "8,269 chunks reach the threshold of 10, so that batches were tried",
)
NO_CLIENT = log(
    12,
    "Failed to submit async batch job: batch embedding service not configured",
    "there was no batch client to take the batch",
)
CLIENT_OFF = setting(12, "gemini.batch.enabled", "enabled: false", "gemini.batch.enabled is false")
CLIENT_CAUSE = Cause("gemini.batch.enabled", False, config(12, "gemini.batch.enabled"))
CLIENT_FIX = Fix(
    "Set gemini.batch.enabled to true, restart the worker, and index the repository again.",
    ("docker compose restart worker", 'curl -X POST http://localhost:8080/repositories -d \'{"url":"…"}\''),
    (edit("gemini.batch.enabled", "false", "true", 12),),
    Safety.SAFE,
)
TO_BATCH = Flip("gemini.batch.enabled: true", Leaf.B1, ("gemini.batch.enabled",))

S2 = answer(
    job(
        Leaf.S2,
        chunk_count=9,
        cause=Cause("batch_processing.threshold_chunks", 10, config(31, "batch_processing.threshold_chunks")),
        evidence=(
            LOADED,
            setting(31, "batch_processing.threshold_chunks", "threshold_chunks: 10", "batches begin at 10 chunks"),
            log(
                9,
                "Making embedding processing decision (batch_enabled: true, batch_desired: false, chunk_count: 9)",
                "9 chunks are fewer than 10",
            ),
            log(14, "sequential embedding generation completed", "all chunks were embedded one at a time"),
        ),
        ruled_out=(RuledOut(Leaf.S1, "the line of the decision says batch_enabled: true"),),
        fix=Fix(
            "Nothing is wrong: small repositories are meant to go one chunk at a time. To batch them too, set "
            "batch_processing.threshold_chunks to 9 and restart the worker.",
            edits=(edit("batch_processing.threshold_chunks", "10", "9", 31),),
            safety=Safety.UNSAFE,
        ),
        counterfactual=(Flip("batch_processing.threshold_chunks: 9", Leaf.B1),),
        note="The guide says more than the threshold; the program takes exactly the threshold as enough.",
    )
)
S4 = answer(
    job(
        Leaf.S4,
        cause=CLIENT_CAUSE,
        evidence=(
            LOADED,
            log(3, "Using Gemini embedding service (batch_api_enabled: false)", "it started without a batch client"),
            CLIENT_OFF,
            DECIDED,
            NO_CLIENT,
            log(13, "Batch processing failed, falling back to sequential", "it was allowed to fall back, and did"),
        ),
        ruled_out=(
            RuledOut(Leaf.S1, "the line of the decision says batch_enabled: true"),
            RuledOut(Leaf.S2, "8,269 chunks reach the threshold of 10"),
            RuledOut(Leaf.S3, "the queue took the chunks (worker.log:10)"),
            RuledOut(Leaf.S5, "the error is that of a missing client, not of the database"),
            RuledOut(Leaf.T2, "requests to Gemini follow"),
        ),
        fix=CLIENT_FIX,
        counterfactual=(TO_BATCH, Flip("batch_processing.fallback_to_sequential: false", Leaf.F5)),
        changed=(
            Changed(
                "batch_processing.fallback_to_sequential",
                "true",
                "false",
                config(33, "batch_processing.fallback_to_sequential"),
            ),
        ),
    )
)
F5 = answer(
    job(
        Leaf.F5,
        Certainty.LIKELY,
        ended=False,
        cause=CLIENT_CAUSE,
        evidence=(
            DECIDED,
            log(12, "Starting batch processing loop", "the chunks were to be put into batches"),
            CLIENT_OFF,
            setting(
                33,
                "batch_processing.fallback_to_sequential",
                "fallback_to_sequential: false",
                "falling back is not allowed",
            ),
        ),
        ruled_out=(RuledOut(Leaf.S4, "batch_processing.fallback_to_sequential is false"),),
        unknown=(
            Unknown(
                "how the worker was configured when it started: its log begins later",
                "read the log from the start of the worker: docker compose logs --no-color worker",
            ),
        ),
        fix=CLIENT_FIX,
        counterfactual=(TO_BATCH, Flip("batch_processing.fallback_to_sequential: true", Leaf.S4)),
    )
)
S3_OR_F4 = answer(
    job(
        Leaf.S3,
        Certainty.POSSIBLE,
        ended=False,
        candidates=(Leaf.S3, Leaf.F4),
        cause=Cause(
            "batch_processing.queue_limits.max_queue_size",
            10000,
            config(36, "batch_processing.queue_limits.max_queue_size"),
        ),
        evidence=(
            DECIDED,
            log(
                11,
                "Batch queue submission failed: queue manager error (capacity/queue_full): Queue capacity exceeded",
                "the worker's queue had no place for 8,269 more chunks",
            ),
        ),
        unknown=(
            Unknown(
                "whether it fell back: the log ends before the line that says so",
                'look for "Attempting fallback to sequential processing" after worker.log:11',
            ),
        ),
        fix=Fix(
            "Restart the worker: its queue is emptied by nothing else. A larger one lasts longer.",
            ("docker compose restart worker",),
            (edit("batch_processing.queue_limits.max_queue_size", "10000", "100000", 36),),
            Safety.SAFE,
        ),
    ),
    without=("the database was not read: nothing listens on localhost:5432",),
)
G = answer(
    job(
        Leaf.G,
        job_id=None,
        repository=None,
        chunk_count=None,
        evidence=(
            log(
                7,
                "Production batch processing not implemented - falling back to sequential",
                "the line is there; which job it belongs to is not said",
            ),
        ),
        guide_causes=(
            GuideCause(
                1,
                "Missing or invalid configuration",
                GuideStatus.CONFIRMED,
                "gemini.batch.enabled is false",
                "Set gemini.batch.enabled to true.",
                config(12, "gemini.batch.enabled"),
            ),
            GuideCause(
                2,
                "Test mode enabled",
                GuideStatus.RULED_OUT,
                "use_test_embeddings is false, and would not make anything sequential",
                at=config(34, "batch_processing.use_test_embeddings"),
            ),
            GuideCause(3, "Missing directories", GuideStatus.RULED_OUT, "both have a default and can be made"),
            GuideCause(
                4,
                "Invalid API key",
                GuideStatus.UNKNOWN,
                "the key is set; whether Google takes it was not asked",
                "codechunk-doctor check --only gemini",
            ),
        ),
        fix=CLIENT_FIX,
        note="No released version prints this line; what the worker of today prints instead is "
        '"Batch processing failed, falling back to sequential".',
    )
)
B4 = answer(
    job(
        Leaf.B4,
        cause=Cause("batch_processing.max_batch_size", 1000, config(32, "batch_processing.max_batch_size")),
        evidence=(
            DECIDED,
            log(15, "Batch queued for submission (batch_number: 1)", "9 batches were stored"),
            log(
                22,
                "Batch permanently failed due to non-retryable error: too many requests in batch: 1000",
                "batch 2 was refused, and is not tried again",
            ),
            Evidence(
                "database",
                "status: failed, submission_attempts: 1",
                Location(Place.DATABASE, name="codechunking.batch_job_progress", detail="row a1b2c3d4-0002"),
                "its row says so too",
            ),
        ),
        fix=Fix(
            "Set batch_processing.max_batch_size to 500, restart the worker, and give the rows back to be sent.",
            (
                "docker compose restart worker",
                "UPDATE codechunking.batch_job_progress SET status = 'pending_submission' WHERE id = 'a1b2c3d4-0002';",
            ),
            (edit("batch_processing.max_batch_size", "1000", "500", 32),),
            Safety.SAFE,
        ),
        counterfactual=(Flip("batch_processing.max_batch_size: 500", Leaf.B1),),
        batches=(
            BatchVerdict("a1b2c3d4-0001", 1, Leaf.B0),
            BatchVerdict("a1b2c3d4-0002", 2, Leaf.B4),
            BatchVerdict("a1b2c3d4-0003", None, Leaf.B1),
        ),
    )
)
B1_THOUGHT_OF = answer(
    job(
        Leaf.B1,
        Certainty.LIKELY,
        job_id=None,
        repository=None,
        chunk_count=10,
        at=None,
        hypothetical=True,
        evidence=(
            setting(30, "batch_processing.enabled", "enabled: true", "batch processing is on"),
            setting(31, "batch_processing.threshold_chunks", "threshold_chunks: 10", "10 chunks reach the threshold"),
            setting(12, "gemini.batch.enabled", "enabled: true", "the worker makes a batch client"),
        ),
        unknown=(
            Unknown("whether Google takes the batches", "codechunk-doctor check --only gemini"),
            Unknown(
                "whether the worker was started with these settings",
                "codechunk-doctor why --logs FILE, with a log from its start on",
            ),
        ),
        counterfactual=(
            Flip("batch_processing.threshold_chunks: 11", Leaf.S2),
            Flip("gemini.batch.enabled: false", Leaf.F5),
        ),
    ),
    sources=(FILE,),
)
PROCESS = ProcessVerdict(
    Leaf.X1,
    Certainty.PROVEN,
    AT,
    "worker-1",
    Cause("worker.concurrency", 0, config(5, "worker.concurrency")),
    (
        log(
            1,
            "panic: invalid configuration: worker.concurrency must be at least 1",
            "the worker refused its settings, and ended",
        ),
        setting(5, "worker.concurrency", "concurrency: 0", "this is what it read"),
    ),
    Fix(
        "Set worker.concurrency to 5 and start the worker again.",
        ("docker compose up -d worker",),
        (edit("worker.concurrency", "0", "5", 5),),
        Safety.SAFE,
    ),
)
X1 = answer(job(Leaf.S1, cause=Cause("batch_processing.enabled", None, None)), process=PROCESS)
MANY = answer(
    job(Leaf.S4, cause=CLIENT_CAUSE),
    job(
        Leaf.S3,
        Certainty.POSSIBLE,
        job_id="b2c3d4e5-0000-4890-abcd-ef1234567890",
        candidates=(Leaf.S3, Leaf.F4),
        at=AT - 3600,
    ),
    job(
        Leaf.S2,
        Certainty.LIKELY,
        job_id="c3d4e5f6-0000-4890-abcd-ef1234567890",
        repository="https://github.com/acme/a-repository-with-quite-a-long-name",
        chunk_count=9,
        cause=Cause("batch_processing.threshold_chunks", 10, None),
        at=AT - 86400,
    ),
    job(Leaf.B0, job_id="d4e5f6a7-0000-4890-abcd-ef1234567890", repository=None, chunk_count=None, at=None),
    job(Leaf.S4, job_id="e5f6a7b8-0000-4890-abcd-ef1234567890", cause=CLIENT_CAUSE, at=AT - 10 * 86400),
)
EVERY = {
    "s2": S2,
    "s4-changed": S4,
    "f5-likely": F5,
    "possible": S3_OR_F4,
    "guide": G,
    "b4": B4,
    "hypothetical": B1_THOUGHT_OF,
    "x1": X1,
}
