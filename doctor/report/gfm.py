"""Markdown as GitHub and GitLab read it, in which a text from elsewhere is a text and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable

from doctor.report.terminal import one_line, printable

# Words that mean nothing to either of them. All others are set as code, in which neither looks for a mention (@, ~, %),
# a reference (#, !, &, $, a commit), an address, an emoji, emphasis or HTML.
_LETTER = r"(?:[^\W_]|[^\x00-\x7f])"
_WORD = re.compile(rf"[\"'(]*{_LETTER}+(?:[-'/]{_LETTER}+)*[)\"'.,;:?!]*|(?:[a-z]\.){{2}}[,:;]?|[-=<>+]{{1,2}}")
# An abbreviated commit; an issue of this or of another tracker.
_REFERENCE = re.compile(r"[0-9a-f]{7,}|[^\W\d_]+-\d+", re.IGNORECASE)
# What a text itself sets as code; only where it stands apart, so that no two runs of backticks ever touch.
_CODE = re.compile(r"(?:^|(?<= ))([\"'(]*)`([^`]*[^`\s][^`]*)`([)\"'.,;:?!]*)(?= |$)")
# What makes a list, or a heading of the line above, where a line begins with it.
_START = re.compile(r"(?:\d+[.)]|[-+=]{1,2})(?= |$)")
_AROUND = re.compile(r"(?P<before>[\"'(]*)(?P<inside>.*?)(?P<behind>[)\"',;:?!]*\.?)", re.DOTALL)


def text(words: str, *, cell: bool = False) -> str:
    """A text in one line, for a paragraph, or for a `cell` of a table; words that could mean something are code."""
    plain, done, pieces = one_line(words), 0, []
    for match in _CODE.finditer(plain):
        before, inside, behind = match.groups()
        pieces += [_words(plain[done : match.start()], cell), before, code(inside, cell=cell), behind]
        done = match.end()
    written = "".join((*pieces, _words(plain[done:], cell)))
    first = _START.match(written)
    return f"`{first[0]}`{written[first.end() :]}" if first is not None else written


def _words(piece: str, cell: bool) -> str:
    return " ".join(_word(each, cell) for each in piece.split(" "))


def _word(word: str, cell: bool) -> str:
    if not word or _harmless(word):
        return word.translate(_SIGNS)
    parts = _AROUND.fullmatch(word)
    if parts is None or not parts["inside"]:
        return code(word, cell=cell)
    return f"{parts['before']}{code(parts['inside'], cell=cell)}{parts['behind']}"


# Harmless where they stand alone, but not everywhere in a line.
_SIGNS = str.maketrans({"<": "&lt;", ">": "&gt;"})


def _harmless(word: str) -> bool:
    if _WORD.fullmatch(word) is None:
        return False
    return _REFERENCE.fullmatch(word.strip("\"'().,;:?!")) is None


def code(words: str, *, cell: bool = False) -> str:
    """
    A text as code, in one line.

    In a cell a `|` ends the cell even within code, unless a backslash stands before it, and a backslash before that
    one undoes it.
    """
    plain = one_line(words) or " "
    if cell and "|" in plain:
        plain = plain.replace("\\", "\\\\").replace("|", "\\|")
    fence = "`" * (_longest(plain) + 1)
    pad = " " if plain.startswith("`") or plain.endswith("`") else ""
    return f"{fence}{pad}{plain}{pad}{fence}"


def block(lines: Iterable[str], language: str = "") -> str:
    """Lines to be copied, as a block of code."""
    content = printable("\n".join(lines))
    fence = "`" * max(3, _longest(content) + 1)
    return f"{fence}{language}\n{content}\n{fence}"


def _longest(content: str) -> int:
    return max((len(run) for run in re.findall("`+", content)), default=0)
