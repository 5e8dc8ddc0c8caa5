"""A value as it is to stand in a YAML file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from doctor.fixing._entries import described, settings
from doctor.fixing._spans import measure
from doctor.fixing.text import Refused
from doctor.golang.yaml.errors import YamlError

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


@dataclass(frozen=True, slots=True)
class Literal:
    """A value: its text on one line, what it decodes to, and its description (None for null)."""

    text: str
    value: Any
    described: str | None

    def written(self, *, flow: bool) -> str:
        """The text, which between braces must not hold what has a meaning there."""
        if not flow:
            return self.text
        if not self.text:
            return "null"
        if _read(f"{{k: {self.text}}}") == [self.value]:
            return self.text
        if isinstance(self.value, str):
            return quoted(self.value)
        raise Refused(f"{self.text} cannot stand between braces; write the section over several lines first.")


def literal(text: str) -> Literal:
    """
    The value of a text.

    Raises Refused for one that is not a whole value on one line.
    """
    text = text.strip(" ")
    found = _read(f"k: {text}\n") if text.isprintable() else []
    if len(found) != 1:
        raise Refused("The new value is not one value on one line; edit the file by hand.")
    return Literal(text, found[0], None if found[0] is None else described(found[0]))


def quoted(text: str) -> str:
    """A text in double quotes, on one line."""
    return '"' + "".join(_ESCAPES.get(character, character) for character in text) + '"'


def _read(text: str) -> list[Any]:
    """The value of `k`, where the text holds nothing else, not even a comment; otherwise nothing."""
    try:
        layout = measure(text.encode("utf-8", "surrogatepass"))
        values = settings(layout)
    except YamlError:
        return []
    alone = set(values) == {"k"} and not layout.comments and layout.end == len(text)
    return [values["k"]] if alone else []
