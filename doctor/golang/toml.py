"""go-toml 2, decoding into a map."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from doctor.golang.numbers import INT64_MAX, INT64_MIN
from doctor.golang.values import Int64
from doctor.golang.yaml.times import GoTime

_PLACE = re.compile(r" \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$")

# The words of the two readers for the same fault, as far as they are known; others keep ours.
_WORDS = {
    "Expected '=' after a key in a key/value pair": "expected character =",
}


class TomlError(ValueError):
    """What the reader refuses; `line` and `column` count from 1, None at the end of the file."""

    def __init__(self, text: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(text)
        self.line = line
        self.column = column


@dataclass(frozen=True, slots=True)
class Local:
    """A date, a time of day or both without a zone: a struct of go-toml's own."""

    go_type: str
    text: str

    def __str__(self) -> str:
        return self.text

    def go_syntax(self) -> str:
        """The type's own text; Go would list the fields."""
        return f"{self.go_type}{{{self.text}}}"


def load(data: bytes) -> dict[str, Any]:
    """The decoded tables; integers are Int64."""
    import tomllib

    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise TomlError("toml: invalid UTF-8", line) from None
    try:
        values = tomllib.loads(text)
    except RecursionError:
        raise TomlError("toml: nested too deeply") from None
    except tomllib.TOMLDecodeError as error:
        raise _refused(str(error)) from None
    converted = _converted(values)
    assert isinstance(converted, dict)
    return converted


def _refused(text: str) -> TomlError:
    place = _PLACE.search(text)
    words = text[: place.start()] if place else text
    shown = _WORDS.get(words, words[:1].lower() + words[1:])
    if place is None or place["line"] is None:
        return TomlError(f"toml: {shown}")
    return TomlError(f"toml: {shown}", int(place["line"]), int(place["column"]))


def _converted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _converted(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_converted(item) for item in value]
    if isinstance(value, bool | float | str):
        return value
    if isinstance(value, int):
        if not INT64_MIN <= value <= INT64_MAX:
            raise TomlError(f"toml: integer {value} does not fit into 64 bits")
        return Int64(value)
    return _moment(value)


def _moment(value: Any) -> GoTime | Local:
    import datetime

    text = value.isoformat()
    if isinstance(value, datetime.datetime):
        offset = value.utcoffset()
        if offset is None:
            return Local("toml.LocalDateTime", text)
        clock = (value.hour, value.minute, value.second, value.microsecond * 1000)
        return GoTime(value.year, value.month, value.day, *clock, int(offset.total_seconds()))
    return Local("toml.LocalDate" if isinstance(value, datetime.date) else "toml.LocalTime", text)
