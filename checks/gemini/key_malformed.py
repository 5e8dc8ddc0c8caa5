"""gemini.key-malformed: a text that no service would take for a key."""

from __future__ import annotations

from collections.abc import Iterator

from checks.gemini._key import give
from checks.gemini._ladder import below, gemini_only
from doctor.api import NO_FILE, Finding, Guide, Severity, check, facts, fault_of_key


@check(
    id="gemini.key-malformed",
    title="The Gemini API key is not a key",
    severity=Severity.ERROR,
    guide=Guide.LISTING,
    blocked_by=NO_FILE,
    blocks=below("gemini.key-malformed"),
)
def key_malformed(
    config: facts.Resolution,
    keys: facts.GeminiKeys,
    worker: facts.Worker,
    compose: facts.Compose,
    environment: facts.Environment,
) -> Iterator[Finding]:
    """
    Look at the text that reaches the worker, and at the API's where that is another one.

    Found are: a placeholder (`your-...`, `<...>`, `AIza...` with dots), nothing but blanks, blanks or quotes around the
    key, a line break in it, `Bearer ` or a name in front, a service account instead of a key, and keys that plainly
    belong to another service (`sk-`, `ghp_`, `glpat-`, `AKIA`, ...).

    Why it matters: the program sends the text as it is, and Google refuses every call.

    Silent when: the text is `${...}` or `$NAME` (config.variable-not-expanded); it begins or is as long as no key known
    today: Google alone knows what a key looks like.

    How to fix: put the bare key there, nothing before, behind or around it.
    """
    gemini_only(config)
    for part, supply in _supplies(keys):
        what = fault_of_key(supply.text)
        if what is not None:
            yield Finding(
                f"the key {part} from {supply.name} {what}",
                at=supply.at,
                fix=give("Give the bare key, without anything around it.", worker, compose, environment),
            )


def _supplies(keys: facts.GeminiKeys) -> Iterator[tuple[str, facts.KeySupply]]:
    if keys.worker is not None:
        yield "that the worker takes", keys.worker
    if keys.api is not None and (keys.worker is None or keys.api.text != keys.worker.text):
        yield "that the API takes", keys.api
