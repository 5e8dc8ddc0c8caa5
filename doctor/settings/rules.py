"""`[severity]` and `[[ignore]]` of the settings file; imported only where there are some."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping

from doctor.living.rules import Ignore, Override
from doctor.model import Severity
from doctor.settings.values import did_you_mean, one_of

SEVERITIES = tuple(each.value for each in Severity)
NARROWING = ("path", "key", "name", "message")
FIELDS = ("check", *NARROWING, "reason", "until")
_OFF = ("off", "none", "never", "skip", "ignore")


def parse_overrides(written: object) -> tuple[Override, ...]:
    """The table `[severity]`. Raises ValueError, naming every fault, for what it must not hold."""
    if not isinstance(written, Mapping):
        raise ValueError('must be a table of checks and severities of the settings file, "config.dead-key" = "warning"')
    overrides, faults = [], []
    for check, word in _flat(written):
        try:
            overrides.append(Override(check, _severity(word), f"severity.{check}"))
        except ValueError as error:
            faults.append(f"{check}: {error}")
    _raise(faults)
    return tuple(overrides)


def _flat(table: Mapping[str, object], above: str = "") -> Iterator[tuple[str, object]]:
    """A key without quotes, `config.dead-key = ...`, is a table in a table to TOML."""
    for name, content in table.items():
        if isinstance(content, Mapping):
            yield from _flat(content, f"{above}{name}.")
        else:
            yield f"{above}{name}", content


def _severity(word: object) -> Severity:
    if word is False or (isinstance(word, str) and word in _OFF):
        raise ValueError(
            f"{word!r} is no severity; a check that is not wanted at all is named in `skip`, "
            "what it finds in some place only in an [[ignore]] entry"
        )
    if not isinstance(word, str):
        raise ValueError(f"should be one of {', '.join(SEVERITIES)}")
    return Severity(one_of(SEVERITIES)(word))


def parse_ignores(written: object) -> tuple[Ignore, ...]:
    """The entries `[[ignore]]`. Raises ValueError, naming every fault, for what they must not hold."""
    if not isinstance(written, list | tuple):
        raise ValueError("must be [[ignore]] entries of the settings file")
    ignores, faults = [], []
    for number, entry in enumerate(written, 1):
        found = list(_faults(entry))
        if found:
            faults.append(f"entry {_called(entry, number)}: {', and '.join(found)}")
        else:
            ignores.append(_ignore(entry, number))
    _raise(faults)
    return tuple(ignores)


def _called(entry: object, number: int) -> str:
    check = entry.get("check") if isinstance(entry, Mapping) else None
    return f"{number} ({check})" if isinstance(check, str) and check else str(number)


def _faults(entry: object) -> Iterator[str]:
    if not isinstance(entry, Mapping):
        yield "must be a table"
        return
    for name in entry:
        if name not in FIELDS:
            yield f"there is no {name!r}{did_you_mean(str(name), FIELDS)}; there are {', '.join(FIELDS)}"
    if "check" not in entry:
        yield "`check` is missing: the id of a check, a family or a glob"
    if "reason" not in entry:
        yield "`reason` is missing: say for those who come after you why this is left alone"
    for name in ("check", *NARROWING, "reason"):
        if name in entry and not (isinstance(entry[name], str) and entry[name].strip()):
            yield f"`{name}` must be a text that is not empty"
    if "until" in entry and _day(entry["until"]) is None:
        yield "`until` must be a day, for example until = 2026-12-31"


def _ignore(entry: Mapping[str, object], number: int) -> Ignore:
    narrowing = {name: str(entry[name]) for name in NARROWING if name in entry}
    check, reason = str(entry["check"]), str(entry["reason"]).strip()
    return Ignore(check, reason, f"ignore: entry {number} ({check})", **narrowing, until=_day(entry.get("until")))


def _day(written: object) -> datetime.date | None:
    """A date of TOML, or the same as a text; a date with a time is none."""
    if isinstance(written, str):
        try:
            return datetime.date.fromisoformat(written) if len(written) == len("2026-12-31") else None
        except ValueError:
            return None
    is_day = isinstance(written, datetime.date) and not isinstance(written, datetime.datetime)
    return written if is_day else None  # type: ignore[return-value]


def _raise(faults: list[str]) -> None:
    if faults:
        raise ValueError("; ".join(faults))
