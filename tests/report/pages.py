"""A page taken apart: what is in it as elements, attributes and texts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"input", "meta", "wbr"}


@dataclass
class Element:
    """One opening tag, with the text up to its end."""

    name: str
    attributes: dict[str, str | None]
    text: str = ""


@dataclass
class Parsed(HTMLParser):
    """What the parser of the standard library makes of a page."""

    page: str
    elements: list[Element] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[Element] = []
        self.feed(self.page)
        self.close()
        assert not self._open, f"never closed: {[each.name for each in self._open]}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note it."""
        element = Element(tag, dict(attrs))
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        """The innermost one ends."""
        assert self._open.pop().name == tag

    def handle_data(self, data: str) -> None:
        """Text belongs to all that are open."""
        for element in self._open:
            element.text += data

    def handle_comment(self, data: str) -> None:
        """We write none."""
        self.comments.append(data)

    def all(self, name: str, **attributes: str) -> list[Element]:
        """The elements of a name, with these among their classes and attributes."""
        wanted = {key.rstrip("_"): value for key, value in attributes.items()}
        return [
            each
            for each in self.elements
            if each.name == name
            and all(value in (each.attributes.get(key) or "").split() for key, value in wanted.items())
        ]

    def texts(self, name: str, **attributes: str) -> list[str]:
        """The texts of such elements, in one line each."""
        return [" ".join(each.text.split()) for each in self.all(name, **attributes)]


def contrast(one: str, other: str) -> float:
    """How much two colours (`#rrggbb`) differ, as WCAG 2 measures it: 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: str) -> float:
    found = re.fullmatch(r"#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})", color)
    assert found is not None, color
    linear = [_linear(int(part, 16) / 255) for part in found.groups()]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
