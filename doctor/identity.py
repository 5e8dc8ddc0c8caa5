"""What makes a finding the same one in another run: the check, and what it is about."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from doctor.model import Finding, Location, Place
from doctor.relations import REPOSITORY

_PLAIN = re.compile(r"[\w./:@*+~-]+", re.ASCII)
# Of another process each time the worker starts.
_PID = re.compile(r"pid:\d+")


def identity(check_id: str, finding: Finding) -> str:
    """
    `config.value-not-allowed kind=file path=configs/config.yaml key=gemini.model`.

    The same for the same thing in another run, on another machine, in another order: lines, columns, values, counts
    and the wording of messages are not in it. Two findings of one check can have the same. It is to be made of a
    finding that is redacted already.
    """
    return f"{check_id} {about(finding.at)}"


def about(place: Location) -> str:
    """What a finding at this place is about, as `name=value` words; a value that is no plain word is quoted."""
    return " ".join(f"{name}={_word(value)}" for name, value in _parts(place))


def _parts(place: Location) -> Iterator[tuple[str, str]]:
    yield "kind", place.kind.value
    if place.path is not None and _tells(place):
        yield "path", place.path
    if place.key is not None:
        yield "key", place.key
    if place.name is not None and not (place.kind is Place.PROCESS and _PID.fullmatch(place.name)):
        yield "name", place.name
    row = _row(place)
    if row is not None:
        yield "row", row


def _tells(place: Location) -> bool:
    """Whether the path is what the finding is about, and not merely where it was seen."""
    match place.kind:
        case Place.LOG:  # rotated, or called otherwise on another machine
            return False
        case Place.ENV:  # the file of the variable
            return False
        case Place.PATH:  # the value of the key
            return place.key is None
        case _:
            return True


def _row(place: Location) -> str | None:
    """The id of the row; what else is said of a table may be a count."""
    if place.kind is not Place.DATABASE or place.detail is None:
        return None
    if place.name == REPOSITORY:
        return place.detail
    return place.detail.removeprefix("id ") if place.detail.startswith("id ") else None


def _word(value: str) -> str:
    return value if _PLAIN.fullmatch(value) else json.dumps(value)
