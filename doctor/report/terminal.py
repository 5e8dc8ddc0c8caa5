"""Text for terminals: nothing that steers them, lines of a width, colour, and letters they can show."""

from __future__ import annotations

import re
import textwrap
import unicodedata

# What can move the cursor, clear the screen, reorder letters or break a line where none is meant.
_STEERING = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb"
    r"\ud800-\udfff\U000e0000-\U000e007f]"
)
_PLAIN = str.maketrans(
    {
        "\u2018": "'",
        "\u2019": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u2013": "-",
        "\u2014": "-",
        "\u2500": "-",
        "\u2026": "...",
        "\u2192": "->",
        "\u00a0": " ",
        "\u2265": ">=",
        "\u2264": "<=",
    }
)

CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


def printable(text: str) -> str:
    """The text with everything that steers a terminal written out: `\\x1b`. Line breaks and tabs stay."""
    return _STEERING.sub(lambda match: match[0].encode("unicode_escape", "surrogatepass").decode(), text)


def one_line(text: str) -> str:
    """The same in one line."""
    return printable(" ".join(text.split()))


def plain(text: str) -> str:
    """The text with typographic letters replaced by their plain twins; all others stay."""
    return text.translate(_PLAIN)


def encodable(text: str, encoding: str | None) -> str:
    """The text in letters that the encoding has: typographic ones by their plain twins, others written out."""
    if encoding is None:
        return text
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return plain(text).encode(encoding, "backslashreplace").decode(encoding)
    except LookupError:
        return text.encode("ascii", "backslashreplace").decode()
    return text


class Paint:
    """Wraps text in colour codes, or leaves it alone."""

    def __init__(self, on: bool) -> None:
        self.on = on

    def __call__(self, text: str, *styles: str) -> str:
        """The text in these styles."""
        if not self.on or not text:
            return text
        return f"\x1b[{';'.join(CODES[style] for style in styles)}m{text}\x1b[0m"


def wrap(text: str, width: int, indent: str = "", first: str | None = None) -> list[str]:
    """
    Lines of at most this width, words kept whole; the breaks of the text stay.

    `first` is what the first line begins with in place of `indent`.
    """
    lines: list[str] = []
    for paragraph in printable(text).expandtabs(4).split("\n"):
        lead = indent if first is None or lines else first
        lines += textwrap.wrap(
            paragraph,
            width,
            initial_indent=lead,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        ) or [lead.rstrip()]
    return lines


def columns(text: str) -> int:
    """How many columns a text takes; wide letters take two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )


def padded(text: str, width: int) -> str:
    """The text filled up with blanks to a number of columns."""
    return text + " " * max(0, width - columns(text))
