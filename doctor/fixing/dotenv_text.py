"""Edits of dotenv files, line by line; comments, quotes and all other lines stay as they are."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass

from doctor.dotenv import parse
from doctor.fixing._literal import literal
from doctor.fixing.text import Changed, Refused
from doctor.golang.text import quote
from doctor.model import Action, Edit
from doctor.redact import MASK

_HEAD = re.compile(r"[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_][A-Za-z0-9_.-]*)[ \t]*=")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_QUOTED = re.compile(r"""'[^']*'|"[^"\\]*(?:\\.[^"\\]*)*\"""", re.DOTALL)
_COMMENT = re.compile(r"[ \t]#.*")
# Text that every reader takes as it is, without quotes.
_SAFE = re.compile(r"[A-Za-z0-9_./:@%+,=~^-]*")


@dataclass(frozen=True, slots=True)
class _Line:
    """One assignment: what is read, where it begins, and the offsets of its name and of its value with quotes."""

    name: str
    value: str
    line: int
    start: int
    named: tuple[int, int]
    valued: tuple[int, int]


def edit_dotenv(data: bytes, edits: Sequence[Edit]) -> bytes:
    """
    The file with all edits made: values exchanged, missing lines added at the end, names changed.

    Of a name that is assigned twice the last value counts, so that one is edited; a new name is given to all. Keys in
    lower case are those of a configuration file, whose new values are YAML. Raises Refused.
    """
    mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    try:
        text = data[len(mark) :].decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("The file holds bytes that are no text; repair it first.") from None
    # Values before names, so that each finds the name it speaks of.
    for edit in sorted(_agreed(edits), key=lambda edit: edit.action is Action.RENAME):
        text = _edited(text, edit)
    return mark + text.encode("utf-8")


def _agreed(edits: Sequence[Edit]) -> list[Edit]:
    """Each edit once; no two of them about the same thing."""
    chosen: dict[tuple[str, bool], Edit] = {}
    for edit in edits:
        known = chosen.setdefault((edit.key, edit.action is Action.RENAME), edit)
        if (known.action, known.after) != (edit.action, edit.after):
            raise Refused(f"{edit.key} is to become two different things; choose one of the edits.")
    return list(chosen.values())


def _edited(text: str, edit: Edit) -> str:
    lines = [line for line in _lines(text) if _is_named(line.name, edit.key)]
    if edit.action is Action.RENAME:
        return _renamed(text, lines, edit)
    if edit.action is Action.DELETE:
        return _deleted(text, lines, edit)
    value = _value(edit)
    if not lines:
        if edit.before not in (None, ""):
            raise Changed(edit.key, edit.line)
        edited = _appended(text, f"{edit.key}={_quoted(value, '')}")
    else:
        line = lines[-1]
        if line.value == value:
            return text
        _check_before(text, line, edit)
        start, end = line.valued
        edited = text[:start] + _quoted(value, text[start:end]) + text[end:]
    _prove(text, edited, edit.key, value)
    return edited


def _is_named(name: str, key: str) -> bool:
    return name == key or (key == key.lower() and name.lower() == key)


def _value(edit: Edit) -> str:
    """The value itself. For a variable that is the text of the edit, for a key of a configuration file it is YAML."""
    after = edit.after or ""
    if edit.key != edit.key.lower():
        value: object = after
    else:
        value = literal(after).value
    if value is None:
        return ""
    text = value if isinstance(value, str) else after
    if not text.isprintable():
        raise Refused(f"The new value of {edit.key} does not fit on one line; edit the file by hand.")
    return text


def _check_before(text: str, line: _Line, edit: Edit) -> None:
    written = text[slice(*line.valued)]
    known = (MASK, line.value, written, quote(line.value))
    # What refers to other variables is known to the reader of the edit only with their values.
    if edit.before is None or (edit.before not in known and "$" not in written):
        raise Changed(edit.key, line.line)


# --- reading ---------------------------------------------------------------------------------------------------


def _lines(text: str) -> list[_Line]:
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    found = []
    for assignment in parse(text):
        start = starts[assignment.line - 1]
        head = _HEAD.match(text, start)
        assert head is not None
        span = _value_span(text, head.end())
        found.append(_Line(assignment.name, assignment.value, assignment.line, start, head.span("name"), span))
    return found


def _value_span(text: str, equals: int) -> tuple[int, int]:
    """From the first to the last character of a value; directly behind the `=` if there is none."""
    start = equals + len(text[equals:]) - len(text[equals:].lstrip(" \t"))
    if quoted := _QUOTED.match(text, start):
        return quoted.span()
    end = text.find("\n", equals)
    bare = _COMMENT.split(text[start - 1 : len(text) if end < 0 else end], maxsplit=1)[0][1:].rstrip()
    return (start, start + len(bare)) if bare else (equals, equals)


def _line_end(text: str, offset: int) -> int:
    end = text.find("\n", offset)
    return len(text) if end < 0 else end + 1


# --- writing ---------------------------------------------------------------------------------------------------


def _quoted(value: str, before: str) -> str:
    """A value with the quotes of the one before it, or those that it needs."""
    mark = before[:1] if before[:1] in ("'", '"') and len(before) > 1 else ""
    if mark and not set(value) & {mark, "\\", "$", "`"}:
        return f"{mark}{value}{mark}"
    if _SAFE.fullmatch(value):
        return value
    if "'" not in value:
        return f"'{value}'"
    return '"' + re.sub(r'(["\\$`])', r"\\\1", value) + '"'


def _appended(text: str, line: str) -> str:
    line_break = "\r\n" if "\r\n" in text else "\n"
    if text and not text.endswith("\n"):
        return f"{text}{line_break}{line}"
    return f"{text}{line}{line_break}"


def _renamed(text: str, lines: list[_Line], edit: Edit) -> str:
    name = edit.after or ""
    if not lines or edit.before not in (None, edit.key):
        raise Changed(edit.key, edit.line)
    if not _NAME.fullmatch(name):
        raise Refused(f"{name} is no name for a variable; rename {edit.key} by hand.")
    if any(_is_named(line.name, name) for line in _lines(text)):
        raise Refused(f"{edit.key} at line {lines[-1].line} cannot be renamed: {name} is there as well.")
    edited = text
    for line in reversed(lines):
        edited = edited[: line.named[0]] + name + edited[line.named[1] :]
    expected = [(name if _is_named(one.name, edit.key) else one.name, one.value) for one in parse(text)]
    _same(expected, edited, edit.key)
    return edited


def _deleted(text: str, lines: list[_Line], edit: Edit) -> str:
    if not lines:
        raise Changed(edit.key, edit.line)
    edited = text
    for line in reversed(lines):
        if edit.before is not None:
            _check_before(text, line, edit)
        edited = edited[: line.start] + edited[_line_end(edited, line.valued[1]) :]
    _same([(one.name, one.value) for one in parse(text) if not _is_named(one.name, edit.key)], edited, edit.key)
    return edited


def _prove(text: str, edited: str, key: str, value: str) -> None:
    """That the key has its value, and everything else the one it had."""
    expected = [(one.name, one.value) for one in parse(text)]
    places = [index for index, (name, _) in enumerate(expected) if _is_named(name, key)]
    if places:
        expected[places[-1]] = (expected[places[-1]][0], value)
    else:
        expected.append((key, value))
    _same(expected, edited, key)


def _same(expected: list[tuple[str, str]], edited: str, key: str) -> None:
    if [(one.name, one.value) for one in parse(edited)] != expected:
        raise Refused(f"{key} cannot be edited without changing another line that uses it; edit the file by hand.")
