"""gotenv 1.6.0, which viper reads dotenv files with."""

from __future__ import annotations

import re
from collections.abc import Mapping

# RE2's \s has no vertical tab, hence the lists of blanks.
_LINE = re.compile(
    r"[ \t\n\f\r]*(?:export[ \t\n\f\r]+)?(?P<key>[A-Za-z0-9_.]+)(?:[ \t\n\f\r]*=[ \t\n\f\r]*|:[ \t\n\f\r]+?)"
    r"(?P<value>'.*'|\".*\"|[^#\n]+)?[ \t\n\f\r]*(?:[ \t\n\f\r]*#[^\n]*)?",
    re.DOTALL,
)
_ESCAPED = re.compile(r"\\([^$])", re.DOTALL)
_REFERENCE = re.compile(r"(?P<escape>\\)?\$\{?(?P<name>[A-Z0-9_]+)?\}?")
_BLANK = " \t\n\v\f\r\x85\xa0"


class DotenvError(ValueError):
    """A line that is no assignment, in gotenv's words; `line` counts from 1."""

    def __init__(self, text: str, line: int) -> None:
        super().__init__(text)
        self.line = line


def load(data: bytes, environment: Mapping[str, str]) -> dict[str, str]:
    """The assignments of a file; `$NAME` in a value is taken from the environment, then from the lines above."""
    lines = re.split(r"\r\n|\r|\n", _decoded(data))
    if lines and not lines[-1]:
        lines.pop()
    values: dict[str, str] = {}
    number = 0
    while number < len(lines):
        first = number
        line, number = _statement(lines, number)
        if line and not line.startswith("#"):
            _assign(line, first + 1, values, environment)
    return values


def _decoded(data: bytes) -> str:
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    return data.decode("utf-8", "replace")


def _statement(lines: list[str], number: int) -> tuple[str, int]:
    """One line, or several when a quote stays open; with the number of the line behind it."""
    line = lines[number].strip(_BLANK)
    number += 1
    if not line or line.startswith("#"):
        return line, number
    quote = _open_quote(line)
    first = number
    while quote and number < len(lines):
        further = lines[number]
        number += 1
        line += "\n" + further
        place = further.rfind(quote)
        if place >= 0 and not (place > 0 and further[place - 1] == "\\"):
            quote = ""
    if quote:
        raise DotenvError("missing quotes", first)
    return line, number


def _open_quote(line: str) -> str:
    place = line.find("=")
    if place < 0:
        place = line.find(":")
    if not 0 < place < len(line) - 1:
        return ""
    value = line[place + 1 :].strip(_BLANK)
    if value[0] not in "'\"":
        return ""
    closing = value[1:].strip(_BLANK).rfind(value[0])
    return "" if closing >= 0 and value[closing] != "\\" else value[0]


def _assign(line: str, number: int, values: dict[str, str], environment: Mapping[str, str]) -> None:
    match = _LINE.fullmatch(line)
    if match is None:
        exported = line.split(" ", 1) if line.startswith("export") else []
        if len(exported) > 1 and exported[1] not in values:
            raise DotenvError(f"line `{line}` has an unset variable", number)
        raise DotenvError(f"line `{line}` doesn't match format", number)
    value = (match["value"] or "").strip(_BLANK)
    quote = value[0] if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"" else ""
    if quote:
        value = value[1:-1]
    if quote == '"':
        value = _ESCAPED.sub(r"\1", value.replace("\\n", "\n").replace("\\r", "\r"))
    if quote != "'":
        value = _REFERENCE.sub(lambda reference: _expanded(reference, values, environment), value)
    values[match["key"]] = value


def _expanded(reference: re.Match[str], values: Mapping[str, str], environment: Mapping[str, str]) -> str:
    if reference["escape"]:
        return reference[0][1:]
    name = reference["name"]
    if not name:
        return reference[0]
    return environment[name] if name in environment else values.get(name, "")
