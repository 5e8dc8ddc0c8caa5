"""The forms in which a line may be written, and what is read out of it."""

from __future__ import annotations

from typing import NamedTuple

STRUCTURED, BARE, TEXT, PLAIN = "structured", "bare", "text", "plain"


class Decoded(NamedTuple):
    """
    What one line says.

    `level` is DEBUG, INFO, WARN or ERROR, empty where the line tells none. `fields` are as JSON has them, durations in
    integer nanoseconds. `message` of a plain line is all of it, with its own time stamp.
    """

    format: str
    time: float | None
    level: str
    message: str
    fields: dict[str, object]
