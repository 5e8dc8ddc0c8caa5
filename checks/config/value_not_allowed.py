"""config.value-not-allowed: words that stand for one of a few choices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from checks.config._values import undecodable
from doctor.api import (
    NO_FILE,
    Explains,
    Finding,
    Fix,
    Safety,
    Severity,
    check,
    facts,
    nearest,
    same_key,
    set_value,
)


@dataclass(frozen=True, slots=True)
class Choice:
    """The words a key may have (besides none at all), and what the program does with another."""

    key: str
    words: tuple[str, ...]
    severity: Severity
    effect: str


CHOICES = (
    Choice("embedding.provider", ("gemini", "openai"), Severity.ERROR, "no command of the program starts"),
    Choice("gemini.model", ("gemini-embedding-001",), Severity.ERROR, "API and worker end at start"),
    Choice(
        "search.iterative_scan_mode",
        ("off", "strict_order", "relaxed_order"),
        Severity.WARNING,
        "relaxed_order is used",
    ),
    Choice(
        "batch_processing.token_counting.mode",
        ("all", "sample", "on_demand"),
        Severity.WARNING,
        "no tokens are counted",
    ),
)


@check(
    id="config.value-not-allowed",
    title="A word is not one of the allowed ones",
    severity=(Severity.ERROR, Severity.WARNING),
    safety=Safety.SAFE,
    blocked_by=NO_FILE,
    explained_by=(Explains("config.variable-not-expanded", "config.value-reinterpreted", when=same_key),),
)
def value_not_allowed(config: facts.Resolution) -> Iterator[Finding]:
    """
    Compare the keys that take one of a few words with those words.

    The keys are `embedding.provider`, `gemini.model`, `search.iterative_scan_mode` and
    `batch_processing.token_counting.mode`; capitals count.

    Why it matters: the program refuses an unknown provider or model, and replaces other unknown words silently.

    Silent when: the value is empty (the default is used), or the part is not in use: `gemini.model` with provider
    openai, the counting mode with token counting off.

    How to fix: write one of the allowed words, in lower case.
    """
    for choice in CHOICES:
        value = config.value(choice.key)
        if not value or value in choice.words or undecodable(config, choice.key) or not _in_use(config, choice.key):
            continue
        yield Finding(
            f"{choice.key} ({config.show(choice.key)}) is not {_words(choice)}: {choice.effect}",
            at=config.where(choice.key),
            severity=choice.severity,
            fix=_fix(config, choice),
        )


def _words(choice: Choice) -> str:
    if len(choice.words) < 3:
        return " or ".join(choice.words)
    return f"one of {', '.join(choice.words)}"


def _in_use(config: facts.Resolution, key: str) -> bool:
    if key == "gemini.model":
        return config.provider != "openai"
    if key == "batch_processing.token_counting.mode":
        return bool(config.value("batch_processing.token_counting.enabled"))
    return True


def _fix(config: facts.Resolution, choice: Choice) -> Fix:
    value = config.value(choice.key)
    if value.lower() in choice.words:
        word = value.lower()
        return set_value(config, choice.key, word, f"Set {choice.key} to {word}.", safety=Safety.SAFE)
    meant = nearest(value, choice.words) or choice.words[0]
    return Fix(f"Write an allowed word, for example {choice.key}: {meant}.")
