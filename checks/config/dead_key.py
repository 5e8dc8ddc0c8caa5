"""config.dead-key: settings that nothing acts on."""

from __future__ import annotations

from collections.abc import Iterator

from checks.config._values import ships
from doctor.api import NO_FILE, Explains, Finding, Fix, Guide, Severity, check, facts, same_key

# What .env.example gives to keys that nobody reads.
EXAMPLE = {"log.level": "info", "log.format": "json"}

# What a reader expects of the key, where no other key does it.
MEANWHILE = {
    "log.level": "logs are always written at level INFO",
    "log.format": "logs are always JSON",
    "search.semantic_weight": "hybrid search has no weights",
    "search.text_weight": "hybrid search has no weights",
}

GUIDE = {
    "gemini.batch.poll_interval": (
        "The guide lists gemini.batch.poll_interval; since 2025-11-27 the worker only logs it, and collects batches "
        "every batch_processing.poller_interval."
    ),
    "gemini.batch.max_wait_time": "The guide lists gemini.batch.max_wait_time; since 2025-11-27 nothing reads it.",
}


@check(
    id="config.dead-key",
    title="A setting nobody reads was changed",
    severity=Severity.NOTE,
    guide=Guide.CONFIGURATION,
    blocked_by=NO_FILE,
    explained_by=(
        Explains(
            "config.duration-nanoseconds",
            "config.value-out-of-range",
            "config.variable-not-expanded",
            "config.value-reinterpreted",
            "config.openai-incomplete",
            "config.log-level-needs-key",
            when=same_key,
        ),
    ),
)
def dead_key(config: facts.Resolution) -> Iterator[Finding]:
    """
    Look for keys that have no effect and were given a value of the user's own.

    Some are only checked or logged at start, some belong to code that never runs, some are read by nothing.

    Why it matters: the value looks like a setting and changes nothing.

    Silent when: the value is one that ships with the program, also in `.env.example`; `log.level` is `error` or
    `fatal`, which has an effect of its own.

    How to fix: remove the line, or set the key that the finding names.

    Since 2025-11-27: the guide lists `gemini.batch.poll_interval` and `gemini.batch.max_wait_time`; the program
    collects batches every `batch_processing.poller_interval` and has no such time limit.
    """
    for setting in config.settings.values():
        if setting.spec.used == "yes" or setting.problem is not None or not _changed(setting):
            continue
        instead = setting.spec.instead
        said = f"{instead} does that" if instead else MEANWHILE.get(setting.key, "nothing in use reads it")
        yield Finding(
            f"{setting.key} ({setting.shown}) has no effect: {said}",
            at=setting.location,
            fix=Fix(_advice(setting)),
            note=GUIDE.get(setting.key),
        )


def _changed(setting: facts.Setting) -> bool:
    if setting.key == "log.level" and setting.value in ("error", "fatal"):
        return False
    if setting.source is facts.Source.ENV:
        example = EXAMPLE.get(setting.key)
        return setting.value != example if example else not ships(setting.spec, setting.value)
    if setting.entry is None or setting.entry.tag == "!!null":
        return False
    return not ships(setting.spec, setting.value)


def _advice(setting: facts.Setting) -> str:
    what = f"Unset {setting.spec.env}" if setting.source is facts.Source.ENV else "Remove the line"
    return f"{what}, or set {setting.spec.instead} instead." if setting.spec.instead else f"{what}."
