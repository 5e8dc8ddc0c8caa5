"""Dotenv files, as docker compose and a shell read them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

_ASSIGNMENT = re.compile(r"[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_][A-Za-z0-9_.-]*)[ \t]*=[ \t]*")
_QUOTED = re.compile(r"""'([^']*)'|"([^"\\]*(?:\\.[^"\\]*)*)\"""", re.DOTALL)
_COMMENT = re.compile(r"[ \t]#.*")
_REFERENCE = re.compile(
    r"\\\$|\$(?:(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|\{(?P<braced>[A-Za-z_][A-Za-z0-9_]*)(?:(?P<rule>:?[-+?])(?P<word>[^{}]*))?\})"
)
_ESCAPED = re.compile(r'\\(["\\`])')

# No system hands a program a longer variable, and references to references would grow without end.
LONGEST = 128 * 1024
MOST = 32 * LONGEST


@dataclass(frozen=True, slots=True)
class Assignment:
    """One assignment: the value after quotes and references are gone, and the line its name stands on (from 1)."""

    name: str
    value: str = field(repr=False)
    line: int = 0


def parse(text: str, variables: Mapping[str, str] | None = None) -> tuple[Assignment, ...]:
    """
    The assignments of a dotenv file, in order; the last of a name counts.

    `$NAME` and `${NAME}`, with `:-word` and its like, are replaced outside single quotes by earlier lines and
    `variables`, the latter first. What is no assignment is passed over, and a quote that is never closed is an
    ordinary character: nothing raises.
    """
    known = dict(variables or {})
    fixed = set(known)
    found: list[Assignment] = []
    room = MOST
    for name, value, line in _assignments(text.removeprefix("\ufeff").replace("\r\n", "\n"), known):
        room -= len(value)
        if room < 0:
            break
        found.append(Assignment(name, value, line))
        if name not in fixed:
            known[name] = value
    return tuple(found)


def _assignments(text: str, known: Mapping[str, str]) -> Iterator[tuple[str, str, int]]:
    at, line = 0, 1
    while at < len(text):
        match = _ASSIGNMENT.match(text, at)
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        if match is not None:
            value, end = _value(text, match.end(), end, known)
            yield match["name"], value, line
        line += text.count("\n", at, end) + 1
        at = end + 1


def _value(text: str, start: int, end: int, known: Mapping[str, str]) -> tuple[str, int]:
    """The value that starts at a place, and the end of its last line; a quoted one may go over several lines."""
    quoted = _QUOTED.match(text, start)
    if quoted is not None:
        single, double = quoted.groups()
        value = single if single is not None else _ESCAPED.sub(r"\1", _expand(double, known))
        after = text.find("\n", quoted.end())
        return value, len(text) if after < 0 else after
    # A value that begins with a comment is empty, as `NAME= # why`.
    bare = _COMMENT.split(text[start - 1 : end], maxsplit=1)[0][1:] if start else text[start:end]
    return _expand(bare.strip(), known), end


def _expand(text: str, known: Mapping[str, str]) -> str:
    room = LONGEST

    def replacement(match: re.Match[str]) -> str:
        nonlocal room
        value = "$" if match[0] == "\\$" else _referenced(match, known)
        value = value[:room]
        room -= len(value)
        return value

    return _REFERENCE.sub(replacement, text)


def _referenced(match: re.Match[str], known: Mapping[str, str]) -> str:
    value = known.get(match["name"] or match["braced"], "")
    rule, word = match["rule"] or "", match["word"] or ""
    if rule.endswith("-"):
        return value or word
    if rule.endswith("+"):
        return word if value else ""
    return value
