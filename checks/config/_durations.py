"""Durations as people write them, and as Go reads them."""

from __future__ import annotations

import re

from doctor.api import parse_duration

# What people write for Go's units. Days and weeks, which Go does not have, are turned into hours.
_UNITS = {
    **dict.fromkeys(("ns", "nanosecond", "nanoseconds"), "ns"),
    **dict.fromkeys(("us", "µs", "μs", "microsecond", "microseconds"), "us"),
    **dict.fromkeys(("ms", "msec", "msecs", "millisecond", "milliseconds"), "ms"),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), "m"),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), "h"),
}
_IN_HOURS = {**dict.fromkeys(("d", "day", "days"), 24), **dict.fromkeys(("w", "week", "weeks"), 168)}
_NUMBER = r"[0-9]+(?:\.[0-9]*)?|\.[0-9]+"
_PART = re.compile(rf"\s*({_NUMBER})\s*([A-Za-zµμ]+)\.?\s*(?:,|and\b)?")
_BARE = re.compile(rf"[+-]?(?:{_NUMBER})")


def respelled(text: str) -> str | None:
    """The same duration as Go reads it, None when a unit is missing or not known."""
    body = text.strip()
    sign = body[:1] if body[:1] in ("-", "+") else ""
    rest, parts = body[len(sign) :], []
    while rest:
        match = _PART.match(rest)
        if match is None:
            return None
        unit = match[2].lower()
        if unit in _IN_HOURS:
            parts.append(f"{_times(match[1], _IN_HOURS[unit])}h")
        elif unit in _UNITS:
            parts.append(match[1] + _UNITS[unit])
        else:
            return None
        rest = rest[match.end() :].strip()
    return _accepted(sign.replace("+", "") + "".join(parts))


def with_seconds(text: str) -> str | None:
    """A bare number taken as seconds, None when the text is not one."""
    body = text.strip()
    return _accepted(f"{body}s") if _BARE.fullmatch(body) else None


def _accepted(text: str) -> str | None:
    try:
        parse_duration(text)
    except ValueError:
        return None
    return text


def _times(number: str, factor: int) -> str:
    """The product of a decimal number and a whole one, exact and without zeros at its end."""
    whole, _, fraction = number.partition(".")
    product = int(whole + fraction or "0") * factor
    if not fraction:
        return str(product)
    digits = str(product).zfill(len(fraction) + 1)
    return f"{digits[: -len(fraction)]}.{digits[-len(fraction) :]}".rstrip("0").rstrip(".")
