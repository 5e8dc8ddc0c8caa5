"""gemini.key-not-seen-by-api: a key in a variable that only the worker looks at."""

from __future__ import annotations

from collections.abc import Iterator

from checks.gemini._key import FALL_BACKS, KEY, VARIABLE, variable_place
from checks.gemini._ladder import gemini_only
from doctor.api import NO_FILE, Finding, Fix, Guide, Severity, check, facts


@check(
    id="gemini.key-not-seen-by-api",
    title="The API does not see the Gemini key",
    severity=Severity.ERROR,
    guide=Guide.PREREQUISITES,
    blocked_by=NO_FILE,
)
def key_not_seen_by_api(
    config: facts.Resolution,
    keys: facts.GeminiKeys,
    worker: facts.Worker,
    compose: facts.Compose,
    environment: facts.Environment,
) -> Iterator[Finding]:
    """
    Compare where the worker and the API look for the key.

    The worker and `chunk` go on to `GEMINI_API_KEY` and `GOOGLE_API_KEY`; the API stops at `gemini.api_key`, which
    `CODECHUNK_GEMINI_API_KEY` overrides.

    Why it matters: the worker runs, but the API ends at start with "gemini API key not configured".

    Silent when: the API has a key of its own, or is no part of this installation; no key reaches the worker either; the
    provider is openai.

    How to fix: give the same key in `CODECHUNK_GEMINI_API_KEY`, which all parts take.
    """
    gemini_only(config)
    if keys.worker is None or keys.api is not None or keys.api_elsewhere or not keys.api_here:
        return
    yield Finding(
        _what(keys.worker.name),
        at=variable_place(environment),
        related=(keys.worker.at,),
        fix=_fix(keys.worker.name, worker, compose),
    )


def _what(name: str) -> str:
    if name == VARIABLE:
        return f"{VARIABLE} is passed on to the worker, but not to the API, which finds no key"
    return f"the key comes from {name}, which the API does not look at: for it {VARIABLE} and {KEY} are empty"


def _fix(name: str, worker: facts.Worker, compose: facts.Compose) -> Fix:
    if worker.kind is facts.Habitat.CONTAINER and "api" in compose.services:
        return Fix(
            f"Put the key into .env as {VARIABLE} and add `{VARIABLE}: ${{{VARIABLE}}}` below `environment:` of api in "
            f"{compose.path}, then recreate it.",
            ("docker compose up -d api",),
        )
    value = f'"${name}"' if name in FALL_BACKS else "'your key'"
    return Fix(
        f"Export the key as {VARIABLE} too in the shell that starts the API, and start it again.",
        (f"export {VARIABLE}={value}",),
    )
