"""config.duration-nanoseconds: a number where a duration is meant."""

from __future__ import annotations

from collections.abc import Iterator

from checks.config._use import in_use
from doctor.api import (
    NO_FILE,
    Edit,
    Finding,
    Fix,
    Safety,
    Severity,
    check,
    facts,
    set_value,
)

CLIENT = ("client.timeout", "client.repos.poll_interval", "client.repos.wait_timeout")
NUMBERS = ("!!int", "!!float")


@check(
    id="config.duration-nanoseconds",
    title="A duration without unit counts as nanoseconds",
    severity=(Severity.ERROR, Severity.NOTE),
    safety=Safety.UNSAFE,
    blocked_by=NO_FILE,
)
def duration_nanoseconds(config: facts.Resolution) -> Iterator[Finding]:
    """
    Look for numbers in the file where a duration belongs.

    It is a note when nothing reads the key. The client program does not take such a number either: it refuses to
    start.

    Why it matters: `30` means 30 nanoseconds to the program, so what waits for it gives up at once, or never rests.

    Silent when: the number is 0, or the value is text such as `30s`.

    How to fix: write the unit: `30s`, `5m`, `1h30m`.
    """
    for setting in config.settings.values():
        entry = setting.entry
        if setting.spec.kind == "duration" and entry is not None and _number(entry):
            text = _with_seconds(entry)
            yield Finding(
                f"{setting.key}: {entry.written} has no unit and counts as {setting.shown}",
                at=setting.location,
                severity=Severity.ERROR if in_use(config, setting.key) else Severity.NOTE,
                fix=set_value(config, setting.key, text, f"Write the unit, for seconds {text}.", safety=Safety.UNSAFE),
            )
    yield from _client(config)


def _number(entry: facts.Entry) -> bool:
    return entry.tag in NUMBERS and bool(entry.value)


def _with_seconds(entry: facts.Entry) -> str:
    """The number with an `s`, in digits that Go reads."""
    return f"{entry.value:f}".rstrip("0").rstrip(".") + "s"


def _client(config: facts.Resolution) -> Iterator[Finding]:
    for key in CLIENT:
        for entry in config.by_key.get(key, ()):
            if entry.counts and _number(entry):
                text = _with_seconds(entry)
                yield Finding(
                    f"{key}: {entry.written} has no unit: codechunking-client refuses it (API and worker ignore it)",
                    at=entry.location,
                    severity=Severity.ERROR,
                    fix=Fix(
                        f"Write the unit, for seconds {text}.",
                        edits=(Edit(config.file.path or "", key, entry.written, text, line=entry.location.line),),
                        safety=Safety.UNSAFE,
                    ),
                )
