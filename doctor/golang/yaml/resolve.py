"""What a scalar is: the types that yaml.v3 3.0.1 gives to plain text, and what explicit tags make of it."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from doctor.golang.values import UInt64
from doctor.golang.yaml.errors import YamlError
from doctor.golang.yaml.times import parse_timestamp

LONG = "tag:yaml.org,2002:"

_WORDS: dict[str, tuple[str, Any]] = {
    **dict.fromkeys(("true", "True", "TRUE"), ("!!bool", True)),
    **dict.fromkeys(("false", "False", "FALSE"), ("!!bool", False)),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), ("!!null", None)),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), ("!!float", float("nan"))),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), ("!!float", float("inf"))),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), ("!!float", float("-inf"))),
    "<<": ("!!merge", "<<"),
}
_RESOLVED = frozenset(("!!str", "!!bool", "!!int", "!!float", "!!null", "!!timestamp"))
_MAYBE_NUMBER = frozenset("+-0123456789")

_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
# What strconv.ParseFloat takes behind a leading dot, single underscores between digits included.
_DOT_FLOAT = re.compile(r"\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?")
_SHORT = re.compile(r"-?[1-9][0-9]{0,17}|0")
_INTEGER = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]([0-7]+)|0([0-7]+)|([1-9][0-9]*|0))")
_BASES = (16, 2, 8, 8, 10)
# yaml.v3 cuts the prefix off and reads what is left, so that a sign may stand there too.
_SIGN_INSIDE = re.compile(r"0b([-+][01]+)|0o([-+][0-7]+)")
# More digits than this are above uint64 in every base; Python's own limit on digits is then never met.
_MOST_DIGITS = 70


def short_tag(tag: str) -> str:
    """`tag:yaml.org,2002:int` -> `!!int`; other tags as they are."""
    return "!!" + tag[len(LONG) :] if tag.startswith(LONG) else tag


def plain_value(text: str) -> tuple[str, Any]:
    """The tag and the value of a plain scalar that has no tag of its own."""
    return _guess(text, timestamps=True)


def tagged_value(tag: str, text: str) -> Any:
    """
    What a scalar with a tag of its own, or in quotes, decodes to.

    Raises YamlError where the tag does not fit the text.
    """
    if tag == "!!binary":
        return _binary(text)
    if tag == "!!str" or tag not in _RESOLVED:
        return text
    found, value = _guess(text, timestamps=tag == "!!timestamp")
    if found == tag:
        return value
    if found == "!!merge":
        # yaml.v3 looks words up by their first character, and none begins with this one.
        found = "!!str"
    if tag == "!!float" and found == "!!int" and not isinstance(value, UInt64):
        return float(value)
    raise YamlError(f"cannot decode {found} `{text}` as a {tag}")


def _binary(text: str) -> str:
    try:
        data = base64.b64decode(text.replace("\r", "").replace("\n", ""), validate=True)
    except (binascii.Error, ValueError):
        raise YamlError("!!binary value contains invalid base64 data") from None
    return data.decode("utf-8", "surrogateescape")


def _guess(text: str, *, timestamps: bool) -> tuple[str, Any]:
    known = _WORDS.get(text)
    if known is not None:
        return known
    first = text[0]
    if first == ".":
        return ("!!float", float(text)) if _DOT_FLOAT.fullmatch(text) and _finite(text) else ("!!str", text)
    if first not in _MAYBE_NUMBER:
        return "!!str", text
    if timestamps:
        time = parse_timestamp(text)
        if time is not None:
            return "!!timestamp", time
    plain = text.replace("_", "")
    number = int(plain) if _SHORT.fullmatch(plain) else _integer(plain)
    if number is not None:
        return "!!int", number
    if _FLOAT.fullmatch(plain) and _finite(plain):
        return "!!float", float(plain)
    return "!!str", text


def _finite(text: str) -> bool:
    """ParseFloat refuses what overflows."""
    return float(text) not in (float("inf"), float("-inf"))


def _integer(text: str) -> int | None:
    match = _INTEGER.fullmatch(text)
    if match is None:
        inside = _SIGN_INSIDE.fullmatch(text)
        return _signed(inside) if inside is not None else None
    sign, *digits = match.groups()
    base, shown = next((base, found) for base, found in zip(_BASES, digits, strict=True) if found is not None)
    if len(shown.lstrip("0")) > _MOST_DIGITS:
        return None
    number = int(shown, base)
    if sign == "-":
        return -number if number <= 1 << 63 else None
    if number < 1 << 63:
        return number
    return UInt64(number) if number < 1 << 64 and not sign else None


def _signed(match: re.Match[str]) -> int | None:
    binary, octal = match.groups()
    number = int(binary, 2) if binary else int(octal, 8)
    return number if -(1 << 63) <= number < 1 << 63 else None
