"""gemini.model-unavailable: the one model that the program uses is not among the key's."""

from __future__ import annotations

from collections.abc import Iterator

from checks.gemini._key import trial
from checks.gemini._ladder import MODEL, api_place, gemini_only
from doctor.api import NO_FILE, Finding, Fix, Guide, Severity, Skipped, check, facts


@check(
    id="gemini.model-unavailable",
    title="The embedding model is not available to this key",
    severity=Severity.ERROR,
    guide=Guide.LISTING,
    blocked_by=NO_FILE,
)
def model_unavailable(
    config: facts.Resolution, access: facts.GeminiAccess, environment: facts.Environment
) -> Iterator[Finding]:
    """
    Look for `gemini-embedding-001` in the whole list of models, and for `embedContent` among what it does.

    Why it matters: the program knows no other model, so with this key nothing is embedded.

    Silent when: it is there; the list could not be read to its end.

    How to fix: use a key of another project, which has the model.
    """
    gemini_only(config)
    match access.model:
        case facts.ModelState.UNKNOWN:
            raise Skipped("the list of models could not be read to its end")
        case facts.ModelState.MISSING:
            what = f"Google does not offer {MODEL} to this key"
        case facts.ModelState.NOT_FOR_EMBEDDING:
            what = f"{MODEL} is there, but not for embedding: it does not have embedContent"
        case _:
            return
    yield Finding(
        what,
        at=access.key,
        related=(api_place(access),),
        fix=Fix(
            "Use a key of another project, for which this command names embedContent.",
            trial(access, environment, f"models/{MODEL}"),
        ),
    )
