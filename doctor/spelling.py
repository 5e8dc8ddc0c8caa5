"""The ways in which one text can be written: as it is, in a URL, in JSON, in base64, and in the quotes of others."""

from __future__ import annotations

import base64
import json
import re
import shlex
from collections.abc import Callable, Iterator
from urllib.parse import quote, quote_plus

# In base64 a text has three forms, by where in it the text begins; shorter ones could be anything.
_SHORTEST_BASE64 = 8


# Of a text that is read as several words, or stands in the quotes of a driver, each part of so many characters is one
# by itself.
SHORTEST_PIECE = 8
_BETWEEN = re.compile(r"[\s\\'\"`${}]+|:-")


def pieces(text: str) -> Iterator[str]:
    """What drivers and shells make of a text that they do not read as one word."""
    return (each for each in _BETWEEN.split(text) if len(each) >= SHORTEST_PIECE and each != text)


def _in_html(text: str) -> str:
    """As `html.escape` does it, whose module takes milliseconds to load."""
    for sign, name in (("&", "amp"), ("<", "lt"), (">", "gt"), ('"', "quot"), ("'", "#x27")):
        text = text.replace(sign, f"&{name};")
    return text


_WAYS: tuple[Callable[[str], str], ...] = (
    str,
    lambda text: json.dumps(text)[1:-1],
    lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    lambda text: json.dumps(json.dumps(text)[1:-1])[1:-1],
    lambda text: quote(text, safe=""),
    lambda text: quote(text),
    lambda text: quote(text, safe="").lower() if "%" not in text else text,
    quote_plus,
    _in_html,
    lambda text: text.replace("'", "''"),
    lambda text: text.replace("\\", "\\\\").replace("'", "\\'"),
    lambda text: shlex.quote(text).strip("'"),
    lambda text: repr(text)[1:-1],
)


def spelled(text: str, instead: str) -> Iterator[tuple[str, str]]:
    """Each way to write a text, with how what stands in its place is written in the same way."""
    seen = set()
    for way in _WAYS:
        try:
            written, other = way(text), way(instead)
        except UnicodeError:
            continue
        # A lower-case form is a spelling only where something in it is written by numbers.
        if written in seen or (written == text.lower() and written != text):
            continue
        seen.add(written)
        yield written, other
    yield from ((written, instead) for written in in_base64(text))


def in_base64(text: str) -> Iterator[str]:
    """What of a text can be seen in base64, wherever it begins; also in the alphabet for URLs."""
    data = text.encode("utf-8", "surrogatepass")
    if len(data) < _SHORTEST_BASE64:
        return
    seen = set()
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + data).decode()
        # The first and the last characters also hold bits of what stands around.
        first = (0, 2, 3)[before]
        last = len(encoded) - (0, 3, 2)[len(b"\0" * before + data) % 3]
        seen |= {encoded[first:last], encoded[first:last].translate(str.maketrans("+/", "-_"))}
    yield from sorted(seen)
