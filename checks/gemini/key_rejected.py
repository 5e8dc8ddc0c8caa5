"""gemini.key-rejected: a key that Google does not know, or no longer takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from checks.gemini._key import NEW, VARIABLE, asking, give
from checks.gemini._ladder import api_place, below, gemini_only
from doctor.api import NO_FILE, Finding, Fix, Guide, Severity, check, facts

KEY = "'your new key'"
NOTE = (
    "The guide tries the key with `Authorization: Bearer`, which Google refuses for every API key, good ones too: the "
    "header is `x-goog-api-key`."
)


@check(
    id="gemini.key-rejected",
    title="Google rejects the API key",
    severity=Severity.ERROR,
    guide=Guide.LISTING,
    blocked_by=NO_FILE,
    blocks=below("gemini.key-rejected"),
)
def key_rejected(
    config: facts.Resolution,
    access: facts.GeminiAccess,
    worker: facts.Worker,
    compose: facts.Compose,
    environment: facts.Environment,
) -> Iterator[Finding]:
    """
    Ask for the list of models with the worker's key, as the program sends it, and read Google's reason.

    Why it matters: with a key that Google does not take every call fails, so nothing is embedded.

    Silent when: the key is taken, whatever it may be used for; its text is no key at all (gemini.key-malformed).

    How to fix: make a new key at https://aistudio.google.com/apikey, and try it with
    `curl -H "x-goog-api-key: $CODECHUNK_GEMINI_API_KEY" https://generativelanguage.googleapis.com/v1beta/models`.

    Since 2025-11-27: the guide tries the key with `Authorization: Bearer`; the program sends it as `x-goog-api-key`,
    and with the guide's header Google refuses a good key too.
    """
    gemini_only(config)
    answer = access.answer
    if answer is None or answer.error is None or not answer.error.refusal.of_key:
        return
    name = f" from {access.key.name}" if access.key.name else ""
    yield Finding(
        f"{_why(answer.error, name)} ({answer.error.shown})",
        at=access.key,
        related=(api_place(access),),
        fix=_fix(access, give(f"Make a new key at {NEW}.", worker, compose, environment, KEY)),
        note=NOTE,
    )


def _why(error: facts.ApiError, name: str) -> str:
    match error.refusal:
        case facts.Refusal.KEY_EXPIRED:
            return f"the key{name} has expired"
        case facts.Refusal.KEY_LEAKED:
            return f"the key{name} was found in public, and Google has switched it off"
        case facts.Refusal.UNAUTHENTICATED:
            return f"what arrives at Google as the key{name} does not count as one"
        case _:
            return f"Google does not know the key{name}"


def _fix(access: facts.GeminiAccess, fix: Fix) -> Fix:
    """The new key given, then tried: by its variable, put into this shell where giving it has not done so."""
    export = f"export {VARIABLE}={KEY}"
    return replace(fix, commands=(*dict.fromkeys((*fix.commands, export)), asking(access)))
