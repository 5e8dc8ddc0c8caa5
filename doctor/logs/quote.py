"""Log lines as evidence: where they stand, and what of them is quoted."""

from __future__ import annotations

from doctor.facts.logs import ERROR_FIELDS, LogEvent
from doctor.model import Evidence, Location, Place
from doctor.redact import MASK, beginning, is_secret_name, strip_keys, strip_user

# So much of a line is quoted.
SHOWN = 500


def place(event: LogEvent) -> Location:
    """Where a line stands."""
    return Location(Place.LOG, path=event.path or None, line=event.line or None, detail=event.stream or None)


def evidence(event: LogEvent, proves: str | None = None) -> Evidence:
    """A line, without the two formats around it that make it hard to read."""
    return Evidence("log", scrubbed(readable(event), SHOWN), place(event), proves)


def readable(event: LogEvent) -> str:
    """`ERROR message error=... job_id=...`; a line of another form as it is."""
    if event.text.startswith(event.message):
        return event.text
    # What went wrong comes first, as the rest may be cut.
    names = sorted(event.fields, key=lambda name: name not in ERROR_FIELDS)
    return " ".join((event.level, event.message, *(f"{name}={_value(event, name)}" for name in names)))


def _value(event: LogEvent, name: str) -> object:
    found = event.fields[name]
    if is_secret_name(name):
        return MASK
    return str(found).lower() if isinstance(found, bool) else found


def scrubbed(text: str, most: int) -> str:
    """The beginning of a text without passwords of addresses and without keys."""
    clean = strip_keys(strip_user(text))
    short = beginning(clean, most)
    return short + ("…" if len(short) < len(clean) else "")
