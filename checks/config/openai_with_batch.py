"""config.openai-with-batch: batches that nobody sends."""

from __future__ import annotations

from collections.abc import Iterator

from doctor.api import NO_FILE, Finding, Guide, Safety, Severity, check, facts, set_value

SWITCH = "batch_processing.enabled"


@check(
    id="config.openai-with-batch",
    title="With openai, batched repositories get no vectors",
    severity=Severity.ERROR,
    guide=Guide.SEQUENTIAL,
    safety=Safety.SAFE,
    blocked_by=NO_FILE,
    explains=("batches.submission-stalled", "logs.no-batch-client", "jobs.completed-without-vectors"),
)
def openai_with_batch(config: facts.Resolution) -> Iterator[Finding]:
    """
    Look for `embedding.provider: openai` together with `batch_processing.enabled: true`.

    Batches are stored for sending, but with openai the part that sends them is not started.

    Why it matters: a repository with enough chunks is reported as completed and has no vectors, so search never finds
    it.

    Silent when: either of the two is off.

    How to fix: set `batch_processing.enabled: false`, restart the worker and submit the repositories again.
    """
    if config.provider == "openai" and config.value(SWITCH):
        yield Finding(
            f"{SWITCH} is true although embedding.provider is openai, for which batches are never sent",
            at=config.where(SWITCH),
            related=(config.where("embedding.provider"),),
            fix=set_value(
                config,
                SWITCH,
                "false",
                f"Set {SWITCH} to false, restart the worker, and submit the repositories again.",
                safety=Safety.SAFE,
            ),
        )
