"""gemini.key-restricted: a good key that may not be used here, or not for this."""

from __future__ import annotations

from collections.abc import Iterator

from checks.gemini._key import trial
from checks.gemini._ladder import api_place, below, gemini_only
from checks.gemini._refusals import behind, way_out
from doctor.api import NO_FILE, Finding, Guide, Severity, check, facts


@check(
    id="gemini.key-restricted",
    title="The key may not use the Gemini API",
    severity=Severity.ERROR,
    guide=Guide.LISTING,
    blocked_by=NO_FILE,
    blocks=below("gemini.key-restricted"),
)
def key_restricted(
    config: facts.Resolution, access: facts.GeminiAccess, environment: facts.Environment
) -> Iterator[Finding]:
    """
    Ask for the list of models with the worker's key, and read why Google does not give it.

    It tells apart: the API is switched off in the key's project, the key is restricted to addresses, web pages or other
    APIs, the project has no billing or is suspended, and calls from this country are not served.

    Why it matters: Google knows the key but refuses every call, so nothing is embedded.

    Silent when: the list is given; only batches or files are refused (gemini.batches-denied, gemini.files-denied).

    How to fix: enable the Generative Language API in the key's project, loosen the key's restrictions, or turn on
    billing; the finding says which.
    """
    gemini_only(config)
    error = access.answer.refused(*_refusals()) if access.answer is not None else None
    if error is None or access.answer is None:
        return
    yield Finding(
        f"{behind(error).what} ({error.shown})",
        at=access.key,
        related=(api_place(access),),
        fix=way_out(error, trial(access, environment)),
    )


def _refusals() -> tuple[facts.Refusal, ...]:
    kinds = facts.Refusal
    return (kinds.API_DISABLED, kinds.KEY_RESTRICTED, kinds.PRECONDITION, kinds.PERMISSION)
