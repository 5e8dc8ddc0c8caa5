"""HTML put together so that nothing is forgotten to be escaped: what is not `Markup` is text, whoever wrote it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

from doctor.report.terminal import one_line, printable

# Elements without a closing tag.
_VOID = frozenset({"input", "meta"})
# Too long for a line of a phone; in escaped text, of which no entity can be a part.
_LONG_NAME = re.compile(r"[\w./]{20,}")
_JOINT = re.compile(r"(?<=[_./])(?=\w)")
_CODE = re.compile(r"(`[^`\n]+`|(?<![\w-])--[a-z][a-z-]*[a-z])")


class Markup(str):
    """HTML that is put in as it is; every other string is escaped."""

    __slots__ = ()


def tag(name: str, /, *children: str, **attributes: str | bool | None) -> Markup:
    """
    An element; `class_` and `for_` stand for the attributes, other underscores for hyphens.

    An attribute that is None or False is left out, one that is True has no value.
    """
    opening = "".join(
        f" {_name(key)}{_value(value)}" for key, value in attributes.items() if value not in (None, False)
    )
    if name in _VOID:
        return Markup(f"<{name}{opening}>")
    return Markup(f"<{name}{opening}>{joined(children)}</{name}>")


def _name(key: str) -> str:
    return key.rstrip("_").replace("_", "-")


def _value(value: str | bool | None) -> str:
    return "" if value is True else f'="{escape(one_line(str(value)))}"'


def joined(parts: Iterable[str], between: str = "") -> Markup:
    """The parts one after the other."""
    return Markup(escape(between).join(part if isinstance(part, Markup) else text(part) for part in parts))


def text(plain: str) -> Markup:
    """A text with everything that means something to a browser, or changes the order of letters, written out."""
    return Markup(escape(printable(plain)))


def prose(plain: str) -> Markup:
    """The same, with what stands between backticks and the names of options as code."""
    # Every second piece is what the group matched.
    return joined(_code(piece) if index % 2 else _words(piece) for index, piece in enumerate(_CODE.split(plain)))


def _words(plain: str) -> Markup:
    """Text in which a browser may break the names of keys and variables where a reader would."""
    return Markup(_LONG_NAME.sub(lambda name: _JOINT.sub("<wbr>", name[0]), text(plain)))


def _code(found: str) -> Markup:
    return tag("code", found.strip("`")) if found.startswith("`") else tag("code", found, class_="option")
