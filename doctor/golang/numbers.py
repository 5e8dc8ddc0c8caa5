"""strconv.ParseInt with base 0, ParseFloat and ParseBool, with Go's error texts."""

from __future__ import annotations

import re

from doctor.golang.text import quote

INT64_MIN, INT64_MAX = -(1 << 63), (1 << 63) - 1
UINT64_MAX = (1 << 64) - 1

_TRUE = frozenset(("1", "t", "T", "true", "TRUE", "True"))
_FALSE = frozenset(("0", "f", "F", "false", "FALSE", "False"))

_PREFIXED = re.compile(r"0(?P<base>[bBoOxX])(?P<digits>.+)", re.DOTALL)
_BASES = {"b": 2, "o": 8, "x": 16}
# An underscore has to stand between digits or behind the prefix; a leading zero counts as one.
_SEPARATED = re.compile(r"(?:0[bBoOxX](?:_?[0-9a-fA-F])+|[0-9](?:_?[0-9])*)")

_DIGITS = r"[0-9](?:_?[0-9])*"
_DECIMAL = re.compile(rf"[+-]?(?:{_DIGITS}(?:\.(?:{_DIGITS})?)?|\.{_DIGITS})(?:[eE][+-]?{_DIGITS})?")
_HEXADECIMAL = re.compile(
    r"(?P<sign>[+-]?)0[xX](?P<whole>_?[0-9a-fA-F](?:_?[0-9a-fA-F])*|)(?:\.(?P<fraction>[0-9a-fA-F](?:_?[0-9a-fA-F])*|))?"
    r"[pP](?P<exponent>[+-]?[0-9](?:_?[0-9])*)"
)
_SPECIAL = {"inf": "inf", "infinity": "inf", "nan": "nan"}


def parse_int(text: str) -> int:
    """A 64-bit integer by Go's rules for literals (`010` is octal); ValueError carries Go's text."""
    rest = text[1:] if text[:1] in ("+", "-") else text
    value = _magnitude(text, rest)
    if text[:1] == "-":
        value = -value
    if not INT64_MIN <= value <= INT64_MAX:
        raise _refused("ParseInt", text, "value out of range")
    return value


def _magnitude(text: str, rest: str) -> int:
    if not rest:
        raise _refused("ParseInt", text, "invalid syntax")
    base, digits = 10, rest
    if prefixed := _PREFIXED.fullmatch(rest):
        base, digits = _BASES[prefixed["base"].lower()], prefixed["digits"]
    elif rest[0] == "0":
        base, digits = 8, rest[1:]
    value = 0
    for character in digits:
        if character == "_":
            continue
        digit = int(character, 36) if character.isascii() and character.isalnum() else base
        if digit >= base:
            raise _refused("ParseInt", text, "invalid syntax")
        value = value * base + digit
        # Go stops at the digit that does not fit, whatever comes behind it.
        if value > UINT64_MAX:
            raise _refused("ParseInt", text, "value out of range")
    if "_" in digits and not _SEPARATED.fullmatch(rest):
        raise _refused("ParseInt", text, "invalid syntax")
    return value


def parse_float(text: str) -> float:
    """A 64-bit float; ValueError carries Go's text."""
    sign, name = (text[0], text[1:]) if text[:1] in ("+", "-") else ("", text)
    special = _SPECIAL.get(name.lower()) if name.isascii() else None
    if special is not None and not (special == "nan" and sign):
        return float(sign + special)
    if _DECIMAL.fullmatch(text):
        value = float(text.replace("_", ""))
    elif (match := _HEXADECIMAL.fullmatch(text)) and (match["whole"] or match["fraction"]):
        value = _from_hexadecimal(text)
    else:
        raise _refused("ParseFloat", text, "invalid syntax")
    if value in (float("inf"), float("-inf")):
        raise _refused("ParseFloat", text, "value out of range")
    return value


def _from_hexadecimal(text: str) -> float:
    try:
        return float.fromhex(text.replace("_", ""))
    except OverflowError:
        return float("inf")


def parse_bool(text: str) -> bool:
    """One of the twelve spellings Go knows; ValueError carries Go's text."""
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise _refused("ParseBool", text, "invalid syntax")


def _refused(function: str, text: str, why: str) -> ValueError:
    return ValueError(f"strconv.{function}: parsing {quote(text)}: {why}")
