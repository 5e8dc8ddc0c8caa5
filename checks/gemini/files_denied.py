"""gemini.files-denied: a key for everything but files, in which batches go and come."""

from __future__ import annotations

from collections.abc import Iterator

from checks.gemini._key import trial
from checks.gemini._ladder import api_place, denial, gemini_only, severity_of_batches
from checks.gemini._refusals import behind, way_out
from doctor.api import NO_FILE, Finding, Guide, Severity, check, facts

ONE_KEY = "Files belong to the project whose key sent them: use one key for all steps."


@check(
    id="gemini.files-denied",
    title="The key may not use the Files API",
    severity=(Severity.ERROR, Severity.WARNING),
    guide=Guide.FORBIDDEN,
    blocked_by=NO_FILE,
)
def files_denied(
    config: facts.Resolution, access: facts.GeminiAccess, files: facts.GeminiFileApi, environment: facts.Environment
) -> Iterator[Finding]:
    """
    Ask for the list of files, where the list of models was given.

    It is a warning while `gemini.batch.enabled` is off, as the worker has no use for it then.

    Why it matters: batches are sent and collected as files, so no batch can be made and no result fetched.

    Silent when: the list is given, be it empty; the quota is used up (gemini.quota-exhausted).

    How to fix: allow the Generative Language API for the key without further restrictions, and use one key for all
    steps.
    """
    gemini_only(config)
    error = denial(files.answer)
    if error is None:
        return
    yield Finding(
        f"Google does not give the list of files: {behind(error).what} ({error.shown})",
        at=access.key,
        related=(api_place(access),),
        severity=severity_of_batches(config),
        fix=way_out(error, trial(access, environment, "files"), ONE_KEY),
    )
