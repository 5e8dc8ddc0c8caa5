"""encoding/json, decoding into a map: values, and Go's words for what it does not accept."""

from __future__ import annotations

import re
from typing import Any

from doctor.golang.text import quote

_BLANK = re.compile(rb"[ \t\r\n]*")
_STRING_START = re.compile(rb'"(?:[^"\\\x00-\x1f]+|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*')
_NUMBER = re.compile(rb"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_LITERALS = {b"t": b"true", b"f": b"false", b"n": b"null"}
_HEXADECIMAL = b"0123456789abcdefABCDEF"
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_DEEPEST = 10_000

# What a number lacks when it ends too early, by its last character.
_UNFINISHED = {
    b"-": "in numeric literal",
    b".": "after decimal point in numeric literal",
    b"e": "in exponent of numeric literal",
    b"E": "in exponent of numeric literal",
    b"+": "in exponent of numeric literal",
}


class JsonError(ValueError):
    """What Go refuses, in its words; `offset` is the place in bytes, None where it names no place."""

    def __init__(self, text: str, offset: int | None = None) -> None:
        super().__init__(text)
        self.offset = offset


def load(data: bytes) -> dict[str, Any]:
    """The decoded object; all numbers are floats, `null` alone is an empty object."""
    _Scanner(data).check()
    import json

    wide: list[str] = []

    def number(text: str) -> float:
        value = float(text)
        if value in (float("inf"), float("-inf")):
            wide.append(text)
        return value

    try:
        value = json.loads(data.decode("utf-8", "replace"), parse_int=number, parse_float=number)
    except RecursionError:
        raise JsonError("exceeded max depth") from None
    if value is None:
        return {}
    if not isinstance(value, dict):
        kind = {list: "array", str: "string", bool: "bool"}.get(type(value), "number")
        raise JsonError(f"json: cannot unmarshal {kind} into Go value of type map[string]interface {{}}")
    if wide:
        raise JsonError(f"json: cannot unmarshal number {wide[0]} into Go value of type float64")
    return _mended(value) if b"\\u" in data else value


def _mended(value: Any) -> Any:
    """Halves of surrogate pairs become the replacement character."""
    if isinstance(value, str):
        return _LONE_SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_mended(item) for item in value]
    if isinstance(value, dict):
        return {_mended(key): _mended(item) for key, item in value.items()}
    return value


class _Scanner:
    """The syntax check that Go makes before it decodes anything."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def check(self) -> None:
        """Raise JsonError at the first byte that does not fit."""
        closers: list[bytes] = []
        while True:
            if self._value(closers):
                continue
            if not self._after(closers):
                return

    def _value(self, closers: list[bytes]) -> bool:
        """Read one value; True when it opened something in which a further value stands next."""
        start = self._next()
        if start in (b"{", b"["):
            self._at += 1
            if len(closers) == _DEEPEST:
                raise JsonError("exceeded max depth", self._at)
            closers.append(b"}" if start == b"{" else b"]")
            return self._first(closers)
        if start == b'"':
            self._string()
        elif start in _LITERALS:
            self._literal(_LITERALS[start])
        elif start == b"-" or start.isdigit():
            self._number()
        else:
            raise self._unexpected("looking for beginning of value")
        return False

    def _first(self, closers: list[bytes]) -> bool:
        """Behind an opening bracket: its end at once, or what comes first inside."""
        if self._next() == closers[-1]:
            self._at += 1
            closers.pop()
            return False
        if closers[-1] == b"}":
            self._key()
        return True

    def _after(self, closers: list[bytes]) -> bool:
        """Behind a value: close what ends here; True when another value follows, False at the end of the text."""
        while closers:
            found = self._next()
            if found == b",":
                self._at += 1
                if closers[-1] == b"}":
                    self._key()
                return True
            if found != closers[-1]:
                raise self._unexpected("after object key:value pair" if closers[-1] == b"}" else "after array element")
            self._at += 1
            closers.pop()
        self._skip()
        if self._at < len(self._data):
            raise self._unexpected("after top-level value")
        return False

    def _key(self) -> None:
        if self._next() != b'"':
            raise self._unexpected("looking for beginning of object key string")
        self._string()
        if self._next() != b":":
            raise self._unexpected("after object key")
        self._at += 1

    def _string(self) -> None:
        match = _STRING_START.match(self._data, self._at)
        assert match is not None
        self._at = match.end()
        if self._byte() == b'"':
            self._at += 1
            return
        if self._byte() != b"\\":
            raise self._unexpected("in string literal")
        self._at += 1
        if self._byte() != b"u":
            raise self._unexpected("in string escape code")
        self._at += 1
        while self._byte() and self._byte() in _HEXADECIMAL:
            self._at += 1
        raise self._unexpected("in \\u hexadecimal character escape")

    def _literal(self, word: bytes) -> None:
        for index in range(1, len(word)):
            self._at += 1
            expected = word[index : index + 1]
            if self._byte() != expected:
                raise self._unexpected(f"in literal {word.decode()} (expecting '{expected.decode()}')")
        self._at += 1

    def _number(self) -> None:
        match = _NUMBER.match(self._data, self._at)
        if match is None:
            self._at += 1
            raise self._unexpected(_UNFINISHED[b"-"])
        self._at = match.end()
        # `1.`, `1e` and `1e+` match without their last characters.
        rest = re.compile(rb"\.|[eE][+-]?").match(self._data, self._at)
        text = match[0]
        if rest and not (rest[0] == b"." and (b"." in text or b"e" in text.lower())) and b"e" not in text.lower():
            self._at = rest.end()
            raise self._unexpected(_UNFINISHED[b"." if rest[0] == b"." else b"e"])

    def _skip(self) -> None:
        match = _BLANK.match(self._data, self._at)
        assert match is not None
        self._at = match.end()

    def _byte(self) -> bytes:
        return self._data[self._at : self._at + 1]

    def _next(self) -> bytes:
        self._skip()
        return self._byte()

    def _unexpected(self, where: str) -> JsonError:
        # At the end Go tries a blank before it complains of the end, and a blank is an error inside of these.
        inside = (where.startswith("in ") and where != "in string literal") or where == _UNFINISHED[b"."]
        if self._at >= len(self._data) and not inside:
            return JsonError("unexpected end of JSON input", self._at)
        character = chr(self._data[self._at]) if self._at < len(self._data) else " "
        shown = {"'": "\\'", '"': '"'}.get(character, quote(character)[1:-1])
        return JsonError(f"invalid character '{shown}' {where}", self._at)
