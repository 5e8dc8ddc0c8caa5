"""Numbers, times and names as the tables of all commands show them."""

from __future__ import annotations

from datetime import datetime

from doctor.report.terminal import one_line


def number(value: int | None) -> str:
    """With a comma for each thousand; `-` when there is none."""
    return "-" if value is None else f"{value:,}"


def many(count: int, what: str) -> str:
    """`1,234 jobs`."""
    return f"{count:,} {what}"


def quoted(text: str) -> str:
    """A text of somebody else's within a sentence of ours."""
    return f'"{one_line(text)}"'


def moment(time: datetime | None) -> str | None:
    """RFC 3339 in UTC, for machines."""
    return None if time is None else time.isoformat().replace("+00:00", "Z")


def short(time: datetime | None, now: datetime) -> str:
    """A moment in eleven columns at most: without its year if that is this one."""
    if time is None:
        return "-"
    return f"{time:%m-%d %H:%M}" if time.year == now.year else f"{time:%Y-%m-%d}"


def duration(start: datetime, end: datetime) -> str:
    """The time between two moments in its two largest units; `-` when the end comes before the start."""
    seconds = int((end - start).total_seconds())
    if seconds < 0:
        return "-"
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if days:
        return f"{days}d{hours % 24}h"
    if hours:
        return f"{hours}h{minutes % 60:02}m"
    return f"{minutes}m{seconds % 60:02}s" if minutes else f"{seconds}s"
