"""New values in JSON and TOML files, in the place of the old ones; anything else is left to the user."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from doctor.fixing._entries import section, told
from doctor.fixing._literal import literal
from doctor.fixing.text import Changed, Refused
from doctor.golang.text import lower, quote
from doctor.golang.values import plain
from doctor.golang.viper import lowered
from doctor.model import Action, Edit
from doctor.redact import MASK

_JSON_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')
_TABLE = re.compile(r"[ \t]*\[(?P<key>[A-Za-z0-9_. \t-]+)\][ \t]*(?:#.*)?")
_TOML_VALUE = re.compile(
    r"[ \t]*(?P<key>[A-Za-z0-9_.-]+|\"[A-Za-z0-9_. -]+\")[ \t]*=[ \t]*"
    r"(?P<value>\"(?!\"\")(?:[^\"\\]|\\.)*\"|'(?!'')[^']*'|[^\s\"'\[{#,][^#,\r\n]*?)[ \t]*(?:#.*)?\r?"
)


class _Place(NamedTuple):
    """A value that is no list or section: its dotted key in lower case, and where it stands."""

    key: str
    start: int
    end: int


def edit_json(data: bytes, edits: Sequence[Edit]) -> bytes:
    """The JSON file with other values for keys that it has. Raises Refused."""
    from doctor.golang.json import load

    return _edited(data, edits, load, _in_json)


def edit_toml(data: bytes, edits: Sequence[Edit]) -> bytes:
    """The TOML file with other values for keys that it has, each on a line of its own. Raises Refused."""
    from doctor.golang.toml import load

    return _edited(data, edits, load, _in_toml)


def _edited(
    data: bytes,
    edits: Sequence[Edit],
    load: Callable[[bytes], Mapping[str, Any]],
    places: Callable[[str], Iterator[_Place]],
) -> bytes:
    for edit in edits:
        try:
            text = data.decode("utf-8")
            old = told(lowered(load(data)))
        except ValueError:
            raise Refused("The file does not parse; repair it first.") from None
        key, line = lower(edit.key), f" at line {edit.line}" if edit.line else ""
        found = [place for place in places(text) if place.key == key]
        if edit.action is not Action.SET or len(found) != 1 or not edit.after:
            what = "Delete" if edit.action is Action.DELETE else "Rename" if edit.action is Action.RENAME else "Set"
            raise Refused(
                f"Only values that are there are edited in a file of this format. {what} {key}{line} by hand."
            )
        _, start, end = found[0]
        value = literal(edit.after).value
        edited = f"{text[:start]}{json.dumps(value, ensure_ascii=False)}{text[end:]}".encode()
        new = _read(edited, load)
        if old.get(key) != new.get(key) and not _was(load(data), key, edit.before):
            raise Changed(edit.key, edit.line)
        if _others(old, key) != _others(new, key) or not _is(load(edited), key, value):
            raise Refused(f"{key}{line} cannot be edited safely; edit it by hand.")
        data = edited
    return data


def _read(data: bytes, load: Callable[[bytes], Mapping[str, Any]]) -> dict[str, str]:
    try:
        return told(lowered(load(data)))
    except ValueError:
        return {}


def _others(values: dict[str, str], key: str) -> dict[str, str]:
    return {name: value for name, value in values.items() if name != key}


def _find(values: Mapping[str, Any], key: str) -> Any:
    return section(lowered(values), key)


def _is(values: Mapping[str, Any], key: str, value: Any) -> bool:
    found = _find(values, key)
    return bool(found == value) and isinstance(found, bool) == isinstance(value, bool)


def _was(values: Mapping[str, Any], key: str, before: str | None) -> bool:
    """Whether a text stands for the value that the file has: its own, in quotes if it is text, or a mask."""
    found = _find(values, key)
    shown = quote(found) if isinstance(found, str) else plain(found)
    return before is not None and before in (MASK, shown)


# --- places ----------------------------------------------------------------------------------------------------


def _in_json(text: str) -> Iterator[_Place]:
    path: list[str | None] = []
    pending: str | None = ""
    tokens = list(_JSON_TOKEN.finditer(text))
    for index, token in enumerate(tokens):
        mark = token[0]
        following = tokens[index + 1][0] if index + 1 < len(tokens) else ""
        if mark in "{[":
            path.append(pending if mark == "{" else None)
            pending = "" if mark == "{" else None
        elif mark in "}]":
            path.pop()
            pending = None
        elif mark[0] == '"' and following == ":":
            pending = lower(str(json.loads(mark)))
        elif mark not in ":," and pending and None not in path:
            names = [*(name for name in path if name), pending]
            yield _Place(".".join(names), *token.span())


def _in_toml(text: str) -> Iterator[_Place]:
    table: str | None = ""
    start = 0
    for line in text.split("\n"):
        if header := _TABLE.fullmatch(line.rstrip("\r")):
            table = lower(re.sub(r"[ \t]", "", header["key"]))
        elif line.lstrip(" \t").startswith("["):
            table = None
        elif table is not None and (match := _TOML_VALUE.fullmatch(line)):
            name = lower(match["key"].strip('"'))
            key = f"{table}.{name}" if table else name
            yield _Place(key, start + match.start("value"), start + match.end("value"))
        start += len(line) + 1
