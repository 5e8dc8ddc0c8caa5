"""gemini.batches-denied: a key for everything but batches."""

from __future__ import annotations

from collections.abc import Iterator

from checks.gemini._key import trial
from checks.gemini._ladder import api_place, denial, gemini_only, severity_of_batches
from checks.gemini._refusals import behind, way_out
from doctor.api import NO_FILE, Finding, Guide, Severity, check, facts


@check(
    id="gemini.batches-denied",
    title="The key may not use the Batches API",
    severity=(Severity.ERROR, Severity.WARNING),
    guide=Guide.FORBIDDEN,
    blocked_by=NO_FILE,
)
def batches_denied(
    config: facts.Resolution, access: facts.GeminiAccess, batches: facts.GeminiBatchApi, environment: facts.Environment
) -> Iterator[Finding]:
    """
    Ask for the list of batch jobs, where the list of models was given.

    It is a warning while `gemini.batch.enabled` is off, as the worker has no use for it then.

    Why it matters: no batch can be sent or collected, so large repositories are not embedded.

    Silent when: the list is given, or answered with 404 because there is no job; the quota is used up
    (gemini.quota-exhausted).

    How to fix: allow the Generative Language API for the key without further restrictions, and turn on billing for its
    project.
    """
    gemini_only(config)
    error = denial(batches.answer)
    if error is None:
        return
    yield Finding(
        f"Google does not give the list of batch jobs: {behind(error).what} ({error.shown})",
        at=access.key,
        related=(api_place(access),),
        severity=severity_of_batches(config),
        fix=way_out(error, trial(access, environment, "batches")),
    )
