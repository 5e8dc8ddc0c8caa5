"""Time stamps and durations as they stand in logs, as numbers."""

from __future__ import annotations

import contextlib
import re
from datetime import date

# Stamps of one second come many times in a row, and only their first 19 bytes are slow to read.
_MOST_REMEMBERED = 4096
_seconds: dict[bytes, int | None] = {}

_MOMENT = re.compile(rb"(\d{4})([-/])(\d\d)\2(\d\d)[Tt ](\d\d):(\d\d):(\d\d)")
_AFTER = re.compile(rb"(?:[.,](\d{1,9})\d*)? ?(?:[Zz]|UTC|GMT|([+-])(\d\d):?(\d\d))?")
_SHORT = re.compile(rb"([A-Z][a-z]{2})  ?(\d\d?) (\d\d):(\d\d):(\d\d)(\.\d{1,9})?")
_MONTHS = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")
_EPOCH = date(1970, 1, 1).toordinal()
# The year that stands for none: a leap year, in which no log was written and no clock begins.
_NONE = 4
# Where its times are; a zone may shift one by a day.
_WITH_A_YEAR = (date(_NONE + 1, 1, 2).toordinal() - _EPOCH) * 86400.0
_FIRST_OF_NONE = (date(_NONE - 1, 12, 31).toordinal() - _EPOCH) * 86400.0
_LONGEST = 64

_DURATION = re.compile(rb"(?:\d{1,12}(?:\.\d{1,12})?(?:ns|us|\xc2\xb5s|\xce\xbcs|ms|s|m|h))+")
_PART = re.compile(rb"(\d+)(?:\.(\d+))?([^\d.]+)")
_UNITS = {
    b"ns": 1,
    b"us": 1000,
    b"\xc2\xb5s": 1000,
    b"\xce\xbcs": 1000,
    b"ms": 1000_000,
    b"s": 1000_000_000,
    b"m": 60_000_000_000,
    b"h": 3600_000_000_000,
}


def parse(text: bytes, year: int | None = None, zone: int = 0) -> float | None:
    """
    Seconds since the epoch, or None for what is no time.

    `zone`, in seconds east of UTC, is that of stamps which tell none (Go's log package, journald's short ones); `year`
    is that of journald's short ones. Without it their time is one of no year, which `near` puts right.
    """
    seconds = _seconds.get(text[:19], -1)
    if seconds == -1:
        if len(text) > _LONGEST:
            return None
        if _SHORT.match(text):
            return _without_year(text, year, zone)
        seconds = _remember(text[:19])
    if seconds is None:
        return None
    rest = text[19:]
    if rest == b"Z":
        return float(seconds)
    if len(rest) <= 11 and rest[:1] == b"." and rest[-1:] == b"Z" and rest[1:-1].isdigit():
        return seconds + float(rest[:-1])
    return _with_rest(seconds, rest, zone)


def _remember(head: bytes) -> int | None:
    if len(_seconds) >= _MOST_REMEMBERED:
        _seconds.clear()
    found = _MOMENT.fullmatch(head)
    seconds = _since_epoch(*(int(found[place]) for place in (1, 3, 4, 5, 6, 7))) if found is not None else None
    _seconds[head] = seconds
    return seconds


def _since_epoch(year: int, month: int, day: int, hours: int, minutes: int, seconds: int) -> int | None:
    if hours > 23 or minutes > 59 or seconds > 60:
        return None
    try:
        days = date(year, month, day).toordinal() - _EPOCH
    except ValueError:
        return None
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def _with_rest(seconds: int, rest: bytes, zone: int) -> float | None:
    """With decimals and offset."""
    found = _AFTER.fullmatch(rest, 0, _LONGEST) if len(rest) <= _LONGEST else None
    if found is None:
        return None
    decimals, sign, hours, minutes = found.groups()
    if sign is not None:
        if int(hours) > 23 or int(minutes) > 59:
            return None
        offset = (int(hours) * 60 + int(minutes)) * 60
        seconds -= -offset if sign == b"-" else offset
    elif rest[-1:].isdigit() or not rest:
        seconds -= zone
    return seconds + float(b"0." + decimals) if decimals else float(seconds)


def _without_year(text: bytes, year: int | None, zone: int) -> float | None:
    found = _SHORT.fullmatch(text)
    if found is None or found[1] not in _MONTHS:
        return None
    about = _NONE if year is None else year
    seconds = _since_epoch(about, _MONTHS.index(found[1]) + 1, *(int(found[place]) for place in (2, 3, 4, 5)))
    return None if seconds is None else seconds - zone + float(found[6] or 0)


def has_no_year(time: float) -> bool:
    """Whether this is the time of a stamp without a year."""
    return _FIRST_OF_NONE <= time < _WITH_A_YEAR


def near(time: float, other: float) -> float | None:
    """A time of no year in the year that brings it nearest to another time; None where no year near has that day."""
    days, rest = divmod(time, 86400.0)
    day = date.fromordinal(int(days) + _EPOCH)
    try:
        about = date.fromordinal(int(other // 86400) + _EPOCH).year
    except (ValueError, OverflowError):
        return None
    found = []
    for year in (about - 1, about, about + 1):
        with contextlib.suppress(ValueError):  # the 29th of February, or the ends of the calendar
            found.append((day.replace(year=year + day.year - _NONE).toordinal() - _EPOCH) * 86400 + rest)
    return min(found, key=lambda each: abs(each - other), default=None)


def duration(text: bytes) -> int | None:
    """Nanoseconds of a duration as Go writes it (`1m2.5s`), or None for what is none."""
    if len(text) > _LONGEST or not _DURATION.fullmatch(text):
        return None
    total = 0
    for whole, decimals, unit in _PART.findall(text):
        nanoseconds = _UNITS[unit]
        total += int(whole) * nanoseconds + int(decimals or 0) * nanoseconds // 10 ** len(decimals)
    return total
