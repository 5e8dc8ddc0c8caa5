"""Timestamps: the four layouts that yaml.v3 tries, read as Go's time.Parse reads them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

_DATE = r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})"
_CLOCK = r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{1,2}):(?P<second>[0-9]{1,2})(?:[.,](?P<fraction>[0-9]+))?"
_ZONE = r"(?P<zone>Z|[-+][0-9]{2}:[0-9]{2})"
_TIMESTAMP = re.compile(f"{_DATE}(?:[Tt]{_CLOCK}{_ZONE})?")
_SPACED = re.compile(f"{_DATE} +{_CLOCK}")
_LIKELY = re.compile("[0-9]{4}-")

_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True, slots=True)
class GoTime:
    """A time.Time. `offset` is seconds east of UTC; `str()` is what Go's String gives (on a machine in UTC)."""

    year: int
    month: int
    day: int
    hour: int = 0
    minute: int = 0
    second: int = 0
    nanosecond: int = 0
    offset: int = 0

    go_type: ClassVar[str] = "time.Time"

    def __str__(self) -> str:
        fraction = f".{self.nanosecond:09d}".rstrip("0") if self.nanosecond else ""
        date = f"{self.year:04d}-{self.month:02d}-{self.day:02d}"
        clock = f"{self.hour:02d}:{self.minute:02d}:{self.second:02d}{fraction}"
        if self.offset == 0:
            return f"{date} {clock} +0000 UTC"
        sign = "-" if self.offset < 0 else "+"
        hours, minutes = divmod(abs(self.offset) // 60, 60)
        zone = f"{sign}{hours:02d}{minutes:02d}"
        return f"{date} {clock} {zone} {zone}"


def parse_timestamp(text: str) -> GoTime | None:
    """The time that an unquoted text stands for, None when it is none."""
    if _LIKELY.match(text) is None:
        return None
    match = _TIMESTAMP.fullmatch(text) or _SPACED.fullmatch(text)
    if match is None:
        return None
    parts = match.groupdict()
    year, month, day = int(parts["year"]), int(parts["month"]), int(parts["day"])
    hour, minute, second = (int(parts.get(name) or 0) for name in ("hour", "minute", "second"))
    if not 1 <= month <= 12 or not 1 <= day <= _days_in(year, month) or hour > 23 or minute > 59 or second > 59:
        return None
    offset = _offset(parts.get("zone") or "Z")
    if offset is None:
        return None
    nanosecond = int((parts.get("fraction") or "0")[:9].ljust(9, "0"))
    return GoTime(year, month, day, hour, minute, second, nanosecond, offset)


def _days_in(year: int, month: int) -> int:
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 29 if month == 2 and leap else _DAYS[month - 1]


def _offset(zone: str) -> int | None:
    if zone == "Z":
        return 0
    hours, minutes = int(zone[1:3]), int(zone[4:6])
    if hours > 24 or minutes > 60:
        return None
    seconds = (hours * 60 + minutes) * 60
    return -seconds if zone[0] == "-" else seconds
