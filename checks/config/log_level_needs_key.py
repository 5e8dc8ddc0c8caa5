"""config.log-level-needs-key: a log level that is a switch for something else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from doctor.api import NO_FILE, Finding, Safety, Severity, check, facts, set_value

FALL_BACKS = ("GEMINI_API_KEY", "GOOGLE_API_KEY")


@check(
    id="config.log-level-needs-key",
    title="log.level error or fatal makes the Gemini key mandatory",
    severity=Severity.ERROR,
    safety=Safety.UNSAFE,
    blocked_by=NO_FILE,
    explains=("gemini.key-missing", "gemini.key-not-seen-by-api"),
)
def log_level_needs_key(config: facts.Resolution) -> Iterator[Finding]:
    """
    Look for `log.level: error` or `fatal` without `gemini.api_key`.

    With one of these two words the program takes itself to be in production and asks for the key at start.

    Why it matters: every command stops at start, `migrate` too, with "gemini.api_key is required in production".

    Silent when: the key is set, the provider is openai, or the word is written in another way (`ERROR` does not count).

    How to fix: export `CODECHUNK_GEMINI_API_KEY` (`GEMINI_API_KEY` and `GOOGLE_API_KEY` do not count here), or set
    `log.level: info`. The logs do not change: the program writes them at level INFO whatever the key says.
    """
    level = config.value("log.level")
    if level not in ("error", "fatal") or config.provider != "gemini" or config.value("gemini.api_key"):
        return
    unseen = [name for name in FALL_BACKS if config.environment.get(name)]
    although = f" ({unseen[0]} does not count here)" if unseen else ""
    summary = "Export CODECHUNK_GEMINI_API_KEY, or set log.level to info: the logs stay the same."
    fix = set_value(config, "log.level", "info", summary, safety=Safety.UNSAFE)
    yield Finding(
        f'log.level ("{level}") demands gemini.api_key, which is not set{although}',
        at=config.where("log.level"),
        related=(config.where("gemini.api_key"),),
        fix=replace(fix, commands=(_export(unseen), *fix.commands)),
    )


def _export(unseen: list[str]) -> str:
    return f'export CODECHUNK_GEMINI_API_KEY="${unseen[0]}"' if unseen else "export CODECHUNK_GEMINI_API_KEY='your key'"
