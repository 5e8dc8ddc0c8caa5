"""strconv.Quote, letter case, and what fmt makes of values for %v, %#v and %T."""

from __future__ import annotations

import math
import re

_ESCAPES = {
    "\a": r"\a",
    "\b": r"\b",
    "\t": r"\t",
    "\n": r"\n",
    "\v": r"\v",
    "\f": r"\f",
    "\r": r"\r",
    '"': r"\"",
    "\\": r"\\",
}
_PLAIN = re.compile(r"[ !#-\[\]-~]*")


def quote(text: str) -> str:
    """As %q prints it; bytes that are no UTF-8 (surrogate escapes) come out as \\x.."""
    if _PLAIN.fullmatch(text):
        return f'"{text}"'
    return '"' + "".join(map(_quoted, text)) + '"'


def _quoted(character: str) -> str:
    if escaped := _ESCAPES.get(character):
        return escaped
    if character.isprintable():
        return character
    code = ord(character)
    if code < 0x20 or code == 0x7F:
        return f"\\x{code:02x}"
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def lower(text: str) -> str:
    """strings.ToLower: letter by letter, so without Python's special cases for whole words."""
    if text.isascii():
        return text.lower()
    return "".join(one if len(one := letter.lower()) == 1 else "i" for letter in text)


def upper(text: str) -> str:
    """strings.ToUpper: a letter that has no single capital stays as it is."""
    if text.isascii():
        return text.upper()
    return "".join(map(_capital, text))


def _capital(letter: str) -> str:
    for one in (letter.upper(), letter.title()):
        if len(one) == 1:
            return one
    return letter


def format_float(value: float) -> str:
    """strconv.FormatFloat(value, 'f', -1, 64): shortest digits, never an exponent."""
    if not math.isfinite(value):
        return _not_finite(value)
    sign, digits, point = _shortest(value)
    if point <= 0:
        return f"{sign}0.{'0' * -point}{digits}" if digits else f"{sign}0"
    if point >= len(digits):
        return f"{sign}{digits}{'0' * (point - len(digits))}"
    return f"{sign}{digits[:point]}.{digits[point:]}"


def general_float(value: float) -> str:
    """As %v prints it: shortest digits, with an exponent below 1e-4 and from 1e+06 on."""
    if not math.isfinite(value):
        return _not_finite(value)
    sign, digits, point = _shortest(value)
    exponent = point - 1 if digits else 0
    if -4 <= exponent < 6:
        return format_float(value)
    mantissa = f"{digits[0]}.{digits[1:]}" if len(digits) > 1 else digits
    return f"{sign}{mantissa}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def _not_finite(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "+Inf" if value > 0 else "-Inf"


def _shortest(value: float) -> tuple[str, str, int]:
    """Sign, significant digits without zeros at either end, and how many of them stand before the point."""
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = whole + fraction
    leading = len(digits) - len(digits.lstrip("0"))
    point = len(whole) + int(exponent or "0") - leading
    return "-" if math.copysign(1, value) < 0 else "", digits.strip("0"), point
