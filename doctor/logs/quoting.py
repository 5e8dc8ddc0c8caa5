"""Undoing what Go and JSON do to text."""

from __future__ import annotations

import json
import re

# Values nested more deeply are left out; longer numbers stay text.
DEEPEST, MOST_DIGITS = 32, 20

_QUOTED = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
_ESCAPE = re.compile(rb"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|.)", re.DOTALL)
_SIMPLE = {b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}


def unquoted(line: bytes, start: int) -> str | None:
    """The text that is quoted in Go's way, from behind the quote up to the end of the line; None without an end."""
    if line.endswith(b'"') and len(line) > start:
        # Nearly always only quotes are escaped, and no backslash is left then.
        text = line[start:-1].replace(b'\\"', b'"')
        if b"\\" not in text:
            return text.decode("utf-8", "replace")
    # What JSON reads it reads as Go does, but for halves of surrogate pairs.
    quoted = line[start - 1 :].decode("utf-8", "replace")
    if "\\ud" not in quoted and "\\uD" not in quoted:
        try:
            return str(_DECODER.raw_decode(quoted)[0])
        except ValueError:
            pass
    found = _QUOTED.match(line, start)
    if found is None or line[found.end() : found.end() + 1] != b'"':
        return None
    return go_unquote(found[0])


def go_unquote(quoted: bytes) -> str:
    """As Go reads it; `quoted` is without the quotes."""
    return _ESCAPE.sub(_unescaped, quoted).decode("utf-8", "replace")


def _unescaped(match: re.Match[bytes]) -> bytes:
    escape = match[1]
    kind = escape[:1]
    if len(escape) == 1:
        return _SIMPLE.get(escape, escape)
    if kind == b"x":
        return bytes((int(escape[1:], 16),))
    if kind in b"uU":
        code = int(escape[1:], 16)
        return chr(code).encode() if code < 0xD800 or 0xDFFF < code < 0x110000 else b"\xef\xbf\xbd"
    return bytes((int(escape, 8) & 0xFF,))


def _number(text: str) -> object:
    return int(text) if len(text) <= MOST_DIGITS else text


def _decimal(text: str) -> object:
    number = float(text)
    return text if abs(number) == float("inf") else number


# What JSON has no number for, and numbers beyond all measure, stay as they are written.
_DECODER = json.JSONDecoder(parse_int=_number, parse_float=_decimal, parse_constant=str, strict=False)
# A half of a pair that stands alone; escaped backslashes and whole pairs are passed over.
_LONE = re.compile(r"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})")


def load(text: str) -> object:
    """
    What this JSON says, whatever stands behind it; None when it is none.

    Never raises; what is nested very deeply is left out, and no text has half of a surrogate pair in it.
    """
    if "\\ud" in text or "\\uD" in text:
        text = _LONE.sub(lambda found: "\\ufffd" if found[1] else found[0], text)
    try:
        held, _ = _DECODER.raw_decode(text)
    except (ValueError, RecursionError, OverflowError):
        return None
    return _shallow(held) if text.count("{") + text.count("[") > DEEPEST else held


def _shallow(held: object) -> object:
    """Without what is nested too deeply to be worked with."""
    level: list[object] = [held]
    for _ in range(DEEPEST):
        level = [inner for outer in level for inner in _inner(outer) if isinstance(inner, dict | list)]
        if not level:
            return held
    for each in level:
        if isinstance(each, dict | list):
            each.clear()
    return held


def _inner(outer: object) -> list[object]:
    if isinstance(outer, dict):
        return list(outer.values())
    return outer if isinstance(outer, list) else []
