"""time.ParseDuration and Duration.String."""

from __future__ import annotations

import re

UNITS = {
    "ns": 1,
    "us": 1_000,
    "\u00b5s": 1_000,  # micro sign
    "\u03bcs": 1_000,  # Greek letter mu
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}

_PART = re.compile(r"(?P<whole>[0-9]*)(?:(?P<point>\.)(?P<fraction>[0-9]*))?(?P<unit>[^0-9.]*)", re.DOTALL)
_LIMIT = 1 << 63


def parse_duration(text: str) -> int:
    """A duration in nanoseconds; ValueError carries Go's text. A unit is needed for everything but `0`."""
    rest = text[1:] if text[:1] in ("+", "-") else text
    if rest == "0":
        return 0
    if not rest:
        raise _invalid(text)
    total = 0
    position = 0
    while position < len(rest):
        part = _PART.match(rest, position)
        assert part is not None  # every group may be empty
        total += _nanoseconds(part, text)
        if total > _LIMIT:
            raise _invalid(text)
        position = part.end()
    if text[0] == "-":
        return -total
    if total == _LIMIT:
        raise _invalid(text)
    return total


def _nanoseconds(part: re.Match[str], text: str) -> int:
    whole, fraction, name = part["whole"], part["fraction"] or "", part["unit"]
    if not whole and not fraction:
        raise _invalid(text)
    digits = whole.lstrip("0")
    count = int(digits or "0") if len(digits) < 20 else _LIMIT + 1
    if count > _LIMIT:
        raise _invalid(text)
    if not name:
        raise ValueError(f"time: missing unit in duration {_quoted(text)}")
    unit = UNITS.get(name)
    if unit is None:
        raise ValueError(f"time: unknown unit {_quoted(name)} in duration {_quoted(text)}")
    if count > _LIMIT // unit:
        raise _invalid(text)
    nanoseconds = count * unit + _fraction(fraction, unit)
    if nanoseconds > _LIMIT:
        raise _invalid(text)
    return nanoseconds


def _fraction(digits: str, unit: int) -> int:
    """The share of a unit, computed in the floating point steps that Go takes; digits that overflow are ignored."""
    value, scale = 0, 1.0
    for digit in digits:
        following = value * 10 + int(digit)
        if value > (_LIMIT - 1) // 10 or following > _LIMIT:
            break
        value = following
        scale *= 10
    return int(value * (unit / scale))


def _invalid(text: str) -> ValueError:
    return ValueError(f"time: invalid duration {_quoted(text)}")


def _quoted(text: str) -> str:
    """Go's package time quotes in a way of its own: bytes outside ASCII and control characters as \\x.."""
    quoted = ['"']
    for byte in text.encode("utf-8", "surrogateescape"):
        if byte >= 0x80 or byte < 0x20:
            quoted.append(f"\\x{byte:02x}")
        else:
            quoted.append("\\" + chr(byte) if byte in b'"\\' else chr(byte))
    quoted.append('"')
    return "".join(quoted)


def format_duration(nanoseconds: int) -> str:
    """As Go prints it: `1h0m0s`, `1.5s`, `250µs`, `0s`."""
    if nanoseconds == 0:
        return "0s"
    sign = "-" if nanoseconds < 0 else ""
    size = abs(nanoseconds)
    if size < 1_000:
        return f"{sign}{size}ns"
    if size < 1_000_000:
        return f"{sign}{_decimal(size, 3)}\u00b5s"
    if size < 1_000_000_000:
        return f"{sign}{_decimal(size, 6)}ms"
    minutes, rest = divmod(size, 60_000_000_000)
    hours, minutes = divmod(minutes, 60)
    seconds = f"{_decimal(rest, 9)}s"
    if hours:
        return f"{sign}{hours}h{minutes}m{seconds}"
    return f"{sign}{minutes}m{seconds}" if minutes else f"{sign}{seconds}"


def _decimal(value: int, places: int) -> str:
    whole, fraction = divmod(value, 10**places)
    digits = f"{fraction:0{places}d}".rstrip("0")
    return f"{whole}.{digits}" if digits else str(whole)
