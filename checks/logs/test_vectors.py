"""logs.test-vectors: vectors that no model has made."""

from __future__ import annotations

from collections.abc import Iterator

from checks.logs._findings import found
from checks.logs._lines import current, later
from doctor.api import Finding, Fix, Guide, Severity, check, facts

IDS = ("embed-mode-test", "guide-using-test")
DONE, STARTED = "embed-seq-done", "embed-seq-start"
# What a job that asks Gemini prints for each chunk.
ASKED = ("gc-request", "gc-response", "gc-failed")
PRESENT = ("embed-all-present-seq", "embed-skip-existing")
KEY = "batch_processing.use_test_embeddings"


@check(
    id="logs.test-vectors",
    title="The worker stored made-up vectors",
    severity=Severity.ERROR,
    guide=Guide.SEQUENTIAL,
    explained_by=("config.test-embeddings", "jobs.test-vectors"),
)
def test_vectors(logs: facts.Logs, config: facts.Resolution) -> Iterator[Finding]:
    """
    Look for the test mode, and for jobs that were embedded one by one without a single call of Gemini.

    Why it matters: the vectors are made up, so that every search finds nonsense.

    Silent when: only lines of the production mode are there; all chunks had vectors already; the provider is openai.

    How to fix: set `batch_processing.use_test_embeddings: false` and restart the worker; delete the made-up vectors,
    which count as present otherwise, and submit the repositories again.

    Since 2025-11-27: the guide says that the test mode makes the worker fall back to sequential; the program stores
    made-up vectors and falls back to nothing.
    """
    lines = current(logs, IDS)
    how = "the worker runs in test mode"
    if not lines and config.provider == "gemini" and not current(logs, ("openai-service",)):
        lines = current(logs, (DONE,)).only(lambda event: _without_a_call(logs, event))
        how = "chunks were embedded one by one without a call of Gemini"
    if not lines:
        return
    first = (
        f"Set {KEY} to false and restart the worker" if config.value(KEY) else "Restart the worker: the file is right"
    )
    yield found(
        f"{how}, {lines.how_often}",
        lines,
        fix=Fix(
            f"{first}. Then delete the made-up vectors "
            "(codechunk-doctor explain jobs.test-vectors) and submit the repositories again.",
            ("docker compose restart worker",),
        ),
        related=(config.where(KEY),),
        note="The guide says that the test mode falls back to sequential; it stores made-up vectors instead.",
        mark="test mode",
    )


def _without_a_call(logs: facts.Logs, done: facts.LogEvent) -> bool:
    """Whether a job stored vectors though no call was made since it began, which the log must have."""
    total = done.fields.get("total_embeddings")
    job = logs.jobs.get(done.get("job_id") or "")
    if job is None or not isinstance(total, int) or total <= 0 or any(job.of(*PRESENT)):
        return False
    begun = next((event for event in job.of(STARTED) if event.time is not None), None)
    if begun is None or job.dropped:
        return False
    return not later(logs, begun, *ASKED)
