"""config.openai-incomplete: what the openai provider demands."""

from __future__ import annotations

from collections.abc import Iterator

from checks.config._unseen import uncounted, unseen_places
from checks.config._values import undecodable
from doctor.api import NO_FILE, Blocks, Finding, Fix, Severity, check, facts

BLOCK = "embedding.openai"
DIMENSIONS = 768
LOCKED = "text-embedding-ada-002"
LARGEST_BATCH = 2048
VALIDATION = facts.ProblemKind.VALIDATION


def _keeps_from_asking(finding: Finding) -> bool:
    """Without the right model and a key the server's answer says nothing; numbers it never sees."""
    return finding.at.key in (f"{BLOCK}.model", f"{BLOCK}.api_key")


@check(
    id="config.openai-incomplete",
    title="The openai block is incomplete",
    severity=Severity.ERROR,
    blocked_by=NO_FILE,
    blocks=(Blocks("openai.endpoint", when=_keeps_from_asking),),
)
def openai_incomplete(config: facts.Resolution) -> Iterator[Finding]:
    """
    Check `embedding.openai` where `embedding.provider` is openai.

    Needed are a `model` other than text-embedding-ada-002, `dimensions: 768`, and an `api_key` for api.openai.com.
    Numbers must not be negative, `batch_size` not above 2048.

    Why it matters: the program refuses to start, every command of it.

    Silent when: the provider is gemini, whatever the block holds; no key is needed for a host other than
    api.openai.com.

    How to fix: add the value that the finding names. A variable counts only for a key that stands in the file, empty or
    not; `OPENAI_API_KEY` is never read.
    """
    if config.provider != "openai":
        return
    for name, fault, advice in (*_required(config), *_numbers(config)):
        key = f"{BLOCK}.{name}"
        if undecodable(config, key):
            continue
        if although := uncounted(config, key):
            variable = config.settings[key].spec.env
            fault = f"{fault}; {although}"
            advice = f"Add `{name}:` below {BLOCK}, with nothing behind it; {variable} then counts."
        where, unseen = config.where(key), unseen_places(config, key)
        yield Finding(f"{key} {fault}", at=where, related=unseen, fix=Fix(advice))


def _required(config: facts.Resolution) -> Iterator[tuple[str, str, str]]:
    model = config.value(f"{BLOCK}.model")
    if not model:
        yield "model", "is empty", f"Add `model: text-embedding-3-small` (or your server's model) below {BLOCK}."
    elif model == LOCKED:
        advice = f"Write `model: text-embedding-3-small` and `dimensions: {DIMENSIONS}`."
        yield "model", f'("{LOCKED}") makes vectors of 1536 numbers, the database holds {DIMENSIONS}', advice
    dimensions = config.value(f"{BLOCK}.dimensions")
    if dimensions != DIMENSIONS:
        yield "dimensions", f"({dimensions}) is not {DIMENSIONS}", f"Write `dimensions: {DIMENSIONS}` below {BLOCK}."
    # Which addresses count as api.openai.com is the program's own, rather exact, rule.
    if any(problem.key == f"{BLOCK}.api_key" and problem.kind is VALIDATION for problem in config.problems):
        unread = " (OPENAI_API_KEY is not read)" if config.environment.get("OPENAI_API_KEY") else ""
        variable = config.settings[f"{BLOCK}.api_key"].spec.env
        advice = (
            f"Add `api_key:` below {BLOCK}, with nothing behind it, and export {variable}; "
            f"or give `base_url` if the server is another one."
        )
        yield "api_key", f"is empty{unread}, but api.openai.com wants a key", advice


def _numbers(config: facts.Resolution) -> Iterator[tuple[str, str, str]]:
    for name in ("max_retries", "timeout", "batch_size"):
        if config.value(f"{BLOCK}.{name}") < 0:
            shown = config.show(f"{BLOCK}.{name}")
            yield name, f"({shown}) is negative", f"Remove `{name}` (its default is used) or give a value above 0."
    size = config.value(f"{BLOCK}.batch_size")
    if size > LARGEST_BATCH:
        yield "batch_size", f"({size}) is above {LARGEST_BATCH}", f"Write `batch_size: {LARGEST_BATCH}` or less."
