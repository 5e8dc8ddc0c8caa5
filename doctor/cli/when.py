"""Moments as people type them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

FORMS = "2025-11-22T10:30:00Z, '2025-11-22 10:30', 2025-11-22, 10:30, 2h, 15m, yesterday, today or now"

_AGO = re.compile(r"(?:\d+(?:\.\d+)?[dhms])+")
_PART = re.compile(r"(\d+(?:\.\d+)?)([dhms])")
_SECONDS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?")


def parse_moment(text: str, now: datetime | None = None) -> float:
    """
    Seconds since the epoch. What has no zone is UTC; a time without a day is the last such one; `2h` is so long ago.

    Raises ValueError for anything else.
    """
    now = (now or datetime.now(UTC)).astimezone(UTC)
    try:
        return _moment(text.strip(), now).timestamp()
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text!r} is no moment such as {FORMS}") from error


def _moment(text: str, now: datetime) -> datetime:
    word = text.lower()
    if word in ("now", "today", "yesterday"):
        return now if word == "now" else _midnight(now.date() - timedelta(days=word == "yesterday"))
    if _AGO.fullmatch(text):
        return now - timedelta(seconds=sum(float(count) * _SECONDS[unit] for count, unit in _PART.findall(text)))
    if _CLOCK.fullmatch(text):
        at = datetime.combine(now.date(), time.fromisoformat(f"0{text}" if text[1] == ":" else text), UTC)
        return at if at <= now else at - timedelta(days=1)
    if len(text) < len("2025-11-22"):
        raise ValueError("neither a day nor a time")
    at = datetime.fromisoformat(text)
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
