"""config.batch-client-off: the road is chosen and the vehicle is missing."""

from __future__ import annotations

from collections.abc import Iterator

from checks.config._unseen import uncounted, unseen_places
from checks.config._values import undecodable
from doctor.api import NO_FILE, Finding, Guide, Safety, Severity, check, facts, set_value

SWITCH = "batch_processing.enabled"
CLIENT = "gemini.batch.enabled"
FALLBACK = "batch_processing.fallback_to_sequential"
NOTE = (
    "The guide says that repositories are then embedded one by one; since 2025-11-27 that is so only with "
    "batch_processing.fallback_to_sequential: true, otherwise embedding fails."
)


@check(
    id="config.batch-client-off",
    title="Batches are wanted but the Gemini batch client is off",
    severity=(Severity.ERROR, Severity.WARNING),
    guide=Guide.SEQUENTIAL,
    safety=Safety.SAFE,
    blocked_by=NO_FILE,
    explains=("batches.submission-stalled", "logs.no-batch-client", "jobs.completed-without-vectors"),
)
def batch_client_off(config: facts.Resolution) -> Iterator[Finding]:
    """
    Compare `batch_processing.enabled` with `gemini.batch.enabled`.

    The first sends every repository with enough chunks down the batch road, the second makes the client that the
    road needs. With `batch_processing.fallback_to_sequential: true` it is a warning: chunks are embedded one by one.

    Why it matters: repositories with enough chunks get no vectors, or get them one request at a time where falling
    back is allowed.

    Silent when: batch processing is off, or the provider is openai.

    How to fix: set `gemini.batch.enabled: true` in the loaded file and restart the worker.

    Since 2025-11-27: the guide says that the worker falls back to sequential; the program does so only with
    `batch_processing.fallback_to_sequential: true`, and fails with "batch embedding service not configured" otherwise.
    """
    if not config.batch_wanted or config.batch_client or undecodable(config, CLIENT):
        return
    client = config.settings[CLIENT]
    state = "is false" if client.source is not facts.Source.DEFAULT else "is not set"
    unseen = uncounted(config, CLIENT)
    although = f" ({unseen})" if unseen else ""
    then = "chunks are embedded one by one" if config.falls_back else "embedding fails"
    yield Finding(
        f"{CLIENT} {state}{although} although {SWITCH} is true: {then}",
        at=client.location,
        related=(config.where(SWITCH), config.where(FALLBACK), *unseen_places(config, CLIENT)),
        severity=Severity.WARNING if config.falls_back else Severity.ERROR,
        fix=set_value(config, CLIENT, "true", f"Set {CLIENT} to true and restart the worker.", safety=Safety.SAFE),
        note=NOTE,
    )
