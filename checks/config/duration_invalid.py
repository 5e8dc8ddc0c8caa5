"""config.duration-invalid: durations as people write them."""

from __future__ import annotations

from collections.abc import Iterator

from checks.config._durations import respelled, with_seconds
from checks.config._problems import owned_by
from checks.config._start import NO_ENDPOINT, SYMPTOMS
from doctor.api import NO_FILE, Finding, Fix, Safety, Severity, check, facts, set_value


@check(
    id="config.duration-invalid",
    title="A duration is written in a form Go cannot read",
    severity=Severity.ERROR,
    safety=Safety.SAFE,
    blocked_by=NO_FILE,
    blocks=NO_ENDPOINT,
    explains=SYMPTOMS,
)
def duration_invalid(config: facts.Resolution) -> Iterator[Finding]:
    """
    Read every duration that is given as text the way Go does: numbers with h, m, s, ms, us or ns behind them.

    Refused are a missing unit, blanks, days (`1d`), other names of units (`5min`, `30S`) and an empty text.

    Why it matters: every command stops at start with a Go panic and exit status 2, migrate too.

    Silent when: the value is null, or it comes from a variable that the program does not read anyway.

    How to fix: write it as Go does: `24h` for `1d`, `5m` for `5min`, `5s` for `5 s`.
    """
    for problem in owned_by("config.duration-invalid", config):
        setting = config.settings[problem.key]
        text = _text(setting)
        yield Finding(
            f'{problem.key} ("{text}") is not a duration that Go can read: the program stops at start',
            at=setting.location,
            fix=_fix(config, problem.key, text),
        )


def _text(setting: facts.Setting) -> str:
    if setting.entry is not None:
        return str(setting.entry.value)
    return setting.winner.text if setting.winner is not None else ""


def _fix(config: facts.Resolution, key: str, text: str) -> Fix:
    if (same := respelled(text)) is not None:
        return set_value(config, key, same, f"Write {same}.", safety=Safety.SAFE)
    if (guess := with_seconds(text)) is not None:
        return set_value(config, key, guess, f"Write the unit, for seconds {guess}.", safety=Safety.UNSAFE)
    if not text:
        return Fix("Delete the line, which leaves the built-in value, or write a duration such as 30s or 5m.")
    return Fix("Write numbers with h, m, s or ms behind them, such as 30s, 5m or 1h30m.")
