"""YAML documents in many styles, drawn together with the values that they hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from doctor.golang import yaml

NAMES = ("gemini", "batch", "enabled", "Database", "user", "queue_limits", "Max_Size", "zoekt", "a", "x-y", "n1")
SCALARS = (
    "true",
    "10",
    "5m",
    "-1.5",
    "''",
    '"two words"',
    "'it''s'",
    "plain words",
    "~",
    "",
    "null",
    "http://h:1/p#f",
    "0x10",
)
COMMENTS = ("", "", "", " # why", "  # a: b", "\t# tab", " #{[,]}'")
BREAKS = ("\n", "\n", "\n", "\r\n")


@dataclass
class Style:
    """How one document is written."""

    step: int
    line_break: str
    blank: bool
    final: bool
    mark: bool
    head: str
    tail: str


styles = st.builds(
    Style,
    step=st.sampled_from((2, 2, 3, 4)),
    line_break=st.sampled_from(BREAKS),
    blank=st.booleans(),
    final=st.booleans(),
    mark=st.booleans(),
    head=st.sampled_from(("", "", "# head", "---", "# head|---", "%YAML 1.1|---", "|")),
    tail=st.sampled_from(("", "", "# tail", "|# tail", "---|x: 1 # no|x: 1", "...", "# tail|---|- 1")),
)


@st.composite
def _texts(draw: st.DrawFn) -> str:
    style = draw(styles)
    lines = style.head.split("|") if style.head else []
    lines += _block(draw, style, 0, 0)
    if style.tail:
        lines += style.tail.split("|")
    text = style.line_break.join(lines)
    # Without a break at its end, a text over several lines has another value than with one.
    text += style.line_break if style.final or not lines or lines[-1].endswith("two: 2") else ""
    return ("\ufeff" if style.mark else "") + text


def documents() -> st.SearchStrategy[str]:
    """Texts that parse, whose top level is a section or nothing."""
    return _texts().filter(_parses)


def _parses(text: str) -> bool:
    try:
        yaml.load(text.encode())
    except yaml.YamlError:
        return False
    return True


def _names(draw: st.DrawFn, least: int) -> list[str]:
    return draw(st.lists(st.sampled_from(NAMES), unique_by=str.lower, min_size=least, max_size=4))


def _block(draw: st.DrawFn, style: Style, indent: int, depth: int) -> list[str]:
    lines: list[str] = []
    for number, name in enumerate(_names(draw, 1 if depth else 0)):
        pad = " " * indent
        if style.blank and depth == 0 and number:
            lines.append("")
        # Below a text over several lines, what stands further in belongs to it, or would if the key between goes.
        further = () if any("two: 2" in line for line in lines) else (f"{pad}  # further in",)
        lines += draw(st.sampled_from(((), (), (f"{pad}# about {name}",), ("# off: 1",), further)))
        key = draw(st.sampled_from((name, name, name, f'"{name}"', f"'{name}'")))
        kind = draw(st.sampled_from(("scalar", "scalar", "section", "section", "flow", "list", "text")))
        comment = draw(st.sampled_from(COMMENTS))
        if kind == "section" and depth < 3:
            lines.append(f"{pad}{key}:{comment}")
            lines += _block(draw, style, indent + style.step, depth + 1)
        elif kind == "flow":
            lines += _flow_lines(draw, f"{pad}{key}: ", comment, indent + style.step)
        elif kind == "list":
            lines += [f"{pad}{key}:{comment}", f"{pad}- 1", f"{pad}- x: 1{comment}"]
        elif kind == "text":
            mark = draw(st.sampled_from(("|", ">", "|-", ">-", "|+")))
            lines += [
                f"{pad}{key}: {mark}{comment}",
                f"{pad}  one # no",
                f"{pad}   two: 2",
                *([""] if mark != "|" else []),
            ]
        else:
            value = draw(st.sampled_from(SCALARS))
            lines.append(f"{pad}{key}: {value}{comment}" if value else f"{pad}{key}:{comment}")
    return lines


def _flow_lines(draw: st.DrawFn, start: str, comment: str, indent: int) -> list[str]:
    items = _flow(draw, 0)
    shape = draw(st.sampled_from(("line", "spaced", "lines", "trailing", "wrapped")))
    pad = " " * indent
    if shape == "line" or not items:
        return [f"{start}{{{', '.join(items)}}}{comment}"]
    if shape == "spaced":
        return [f"{start}{{ {' , '.join(items)} }}{comment}"]
    if shape == "wrapped":
        return [f"{start}{{{items[0]}{',' if items[1:] else ''}{comment}", f"{pad}{', '.join(items[1:])}", f"{pad}}}"]
    ends = ["," for _ in items]
    if shape == "lines":
        ends[-1] = ""
    middle = [f"{pad}{item}{end}{comment}" for item, end in zip(items, ends, strict=True)]
    return [f"{start}{{{comment}", *middle, f"{pad}}}{comment}"]


def _flow(draw: st.DrawFn, depth: int) -> list[str]:
    items = []
    for name in _names(draw, 0):
        kind = draw(st.sampled_from(("scalar", "scalar", "scalar", "flow", "list")))
        key = draw(st.sampled_from((name, f'"{name}"')))
        if kind == "flow" and depth < 2:
            items.append(f"{key}: {{{', '.join(_flow(draw, depth + 1))}}}")
        elif kind == "list":
            items.append(f"{key}: [1, {{x: 2}}]")
        else:
            value = draw(st.sampled_from([value for value in SCALARS if value]))
            items.append(f"{key}: {value}")
    return items


def leaves(values: Any, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    """Every key of nested maps with its value, sections among them."""
    found: list[tuple[tuple[str, ...], Any]] = []
    for name, value in values.items():
        found.append(((*path, name), value))
        if isinstance(value, dict):
            found += leaves(value, (*path, name))
    return found
