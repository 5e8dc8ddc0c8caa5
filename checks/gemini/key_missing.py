"""gemini.key-missing: none of the four places has a key."""

from __future__ import annotations

from collections.abc import Iterator

from checks.gemini._key import FALL_BACKS, KEY, VARIABLE, give, variable_place
from checks.gemini._ladder import below, gemini_only
from doctor.api import NO_FILE, Evidence, Finding, Guide, Severity, Skipped, check, facts


@check(
    id="gemini.key-missing",
    title="No Gemini API key reaches the worker",
    severity=Severity.ERROR,
    guide=Guide.PREREQUISITES,
    blocked_by=NO_FILE,
    blocks=(*below("gemini.key-missing"), "gemini.key-not-seen-by-api"),
)
def key_missing(
    config: facts.Resolution,
    keys: facts.GeminiKeys,
    worker: facts.Worker,
    compose: facts.Compose,
    environment: facts.Environment,
) -> Iterator[Finding]:
    """
    Look for a key where the worker does: `gemini.api_key`, `GEMINI_API_KEY`, `GOOGLE_API_KEY`, in this order.

    `CODECHUNK_GEMINI_API_KEY` overrides the setting in the file. An empty value counts as none.

    Why it matters: without a key the worker and the API stop at start.

    Silent when: one of them is there; the provider is openai; the key stands in `.env` and nothing says where the
    worker runs (environment.dotenv-not-read tells that).

    How to fix: `export CODECHUNK_GEMINI_API_KEY='your key'` in the shell that starts the program; for containers a line
    `CODECHUNK_GEMINI_API_KEY=...` in `.env`, then `docker compose up -d worker api`.
    """
    gemini_only(config)
    if keys.worker is not None:
        return
    if not keys.seen:
        raise Skipped("the variables inside the container are not known")
    empty = [name for name in (VARIABLE, *FALL_BACKS) if _set_but_empty(environment, name)]
    line = config.where(KEY)
    yield Finding(
        _what(worker, empty),
        at=variable_place(environment),
        related=(line,) if line.path is not None and line.line is not None and line.name is None else (),
        fix=give("Create a key at https://aistudio.google.com/apikey if you have none.", worker, compose, environment),
        evidence=tuple(Evidence("looked at", _state(environment, name)) for name in (VARIABLE, *FALL_BACKS)),
    )


def _set_but_empty(environment: facts.Environment, name: str) -> bool:
    return name in environment.variables and environment.get(name) is None


def _state(environment: facts.Environment, name: str) -> str:
    return f"{name}: {'set, but empty' if _set_but_empty(environment, name) else 'not set'}"


def _what(worker: facts.Worker, empty: list[str]) -> str:
    whom = "a worker started from this shell" if worker.assumed else "the worker"
    others = [name for name in (VARIABLE, *FALL_BACKS) if name not in empty]
    if not empty:
        return f"{whom} finds no key: {KEY}, {', '.join(others[:-1])} and {others[-1]} are not set"
    are = "is set but empty" if len(empty) == 1 else "are set but empty"
    rest = f", and no other place has a key: {', '.join((KEY, *others))}"
    return f"{whom} finds no key: {' and '.join(empty)} {are}{rest}"
