"""Where to put a key that is not there yet, and the sections above it that are missing as well."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from doctor.fixing._entries import DEEPEST, Path, names, target, winners
from doctor.fixing._literal import Literal, quoted
from doctor.fixing._proof import Splice
from doctor.fixing._replace import behind
from doctor.fixing._spans import BREAK, Layout
from doctor.fixing.text import Refused
from doctor.golang.text import lower
from doctor.golang.yaml.nodes import Alias, Mapping, Node, Scalar

STEP = 2


@dataclass(frozen=True, slots=True)
class Insertion:
    """The cuts, the path of the new key, and the section that was an alias if there is one."""

    splices: list[Splice]
    path: Path
    spread: Path | None = None


@dataclass(frozen=True, slots=True)
class _Spot:
    """The deepest section on the way to a key: its value, the entry that holds it, and how many names lead to it."""

    value: Node | None
    path: Path = ()
    used: int = 0
    holder: tuple[Mapping, int] | None = None


def inserting(layout: Layout, key: str, new: Literal) -> Insertion:
    """
    Add a key behind the last one of the deepest section that exists; what is missing above it is written as well.

    A section that an alias stands for gets a merge key and is then written out. Raises Refused where something other
    than a section is in the way.
    """
    parts = key.split(".")
    spot = _deepest(layout, parts)
    missing = parts[spot.used :]
    value = spot.value
    if isinstance(value, Mapping):
        return _into_mapping(layout, value, spot, missing, new)
    path = (*spot.path, *missing)
    if spot.holder is None:
        return Insertion([_at_the_end(layout, None, _lines(missing, new, "", STEP))], path)
    if isinstance(value, Alias):
        return Insertion(_spread(layout, spot, value, missing, new), path, spot.path)
    assert isinstance(value, Scalar)
    return Insertion(_into_nothing(layout, spot, value, missing, new), path)


# --- the place -------------------------------------------------------------------------------------------------


def _deepest(layout: Layout, parts: list[str]) -> _Spot:
    root = layout.root
    if root is None or _nothing(root):
        return _Spot(None)
    if not isinstance(root, Mapping):
        raise Refused("The top level of the file is not a section with keys; edit it by hand.")
    best = max(_spots(_Spot(root), parts), key=lambda spot: spot.used)
    if isinstance(target(best.value or root), Mapping) or (best.value is not None and _nothing(best.value)):
        return best
    assert best.holder is not None
    line = layout.line(layout.start_of(best.holder[0].entries[best.holder[1]][0]))
    name = ".".join(best.path)
    raise Refused(f"{name} at line {line} is not a section, so nothing can stand below it; edit it by hand.")


def _spots(spot: _Spot, parts: list[str]) -> Iterator[_Spot]:
    """A section and all that are on the way from there; names may hold dots."""
    yield spot
    mapping = spot.value
    if not isinstance(mapping, Mapping) or len(spot.path) >= DEEPEST:
        return
    winning = winners(mapping)
    for used in range(spot.used + 1, len(parts)):
        index = winning.get(".".join(parts[spot.used : used]))
        if index is not None:
            name = names(mapping)[index]
            yield from _spots(_Spot(mapping.entries[index][1], (*spot.path, name), used, (mapping, index)), parts)


def _nothing(node: Node) -> bool:
    """A null that is written as nothing, `~` or `null`, so that a section can take its place."""
    return isinstance(node, Scalar) and node.tag == "!!null" and node.style == "plain"


def _dotted(mapping: Mapping, missing: list[str]) -> int | None:
    """The last key of a mapping that has the same section before its dots, as `database.user` for the password."""
    for length in range(len(missing) - 1, 0, -1):
        start = ".".join(missing[:length]) + "."
        found = [index for index, text in names(mapping).items() if lower(text).startswith(start)]
        if found:
            return found[-1]
    return None


# --- block style -----------------------------------------------------------------------------------------------


def _into_mapping(layout: Layout, mapping: Mapping, spot: _Spot, missing: list[str], new: Literal) -> Insertion:
    sibling = _dotted(mapping, missing)
    if sibling is not None:
        missing = [".".join(missing)]
    path = (*spot.path, *missing)
    if mapping.flow:
        return Insertion(_into_braces(layout, mapping, missing, new), path)
    indent = " " * (mapping.entries[0][0].column - 1)
    lines = _lines(missing, new, indent, step(layout))
    if mapping is layout.root and sibling is None:
        return Insertion([_at_the_end(layout, mapping, lines)], path)
    index = len(mapping.entries) - 1 if sibling is None else sibling
    return Insertion([_below(layout, behind(layout, mapping, index), lines)], path)


def _lines(missing: list[str], new: Literal, indent: str, step: int) -> list[str]:
    """The missing sections and the key, each on its line."""
    above = [f"{indent}{' ' * step * depth}{name}:" for depth, name in enumerate(missing[:-1])]
    last = f"{indent}{' ' * step * (len(missing) - 1)}{missing[-1]}: {new.text}"
    return [*above, last.rstrip(" ")]


def _below(layout: Layout, place: int, lines: list[str]) -> Splice:
    """Lines put in at the start of a line, or behind the last one if that has no line break."""
    line_break = _line_break(layout, place)
    text = line_break.join(lines)
    if place and not layout.starts_line(place):
        return Splice(place, place, line_break + text)
    return Splice(place, place, text + line_break)


def _line_break(layout: Layout, place: int) -> str:
    """The line break of the line above, or else the first one of the file."""
    line = layout.line(max(place - 1, 0))
    above = layout.text[layout.line_start(max(place - 1, 0)) : place] if line else ""
    match = BREAK.search(above) or BREAK.search(layout.text)
    return match[0] if match else "\n"


def _at_the_end(layout: Layout, mapping: Mapping | None, lines: list[str]) -> Splice:
    """Lines at the end of the first document, behind its last comment."""
    place = behind(layout, mapping, len(mapping.entries) - 1) if mapping is not None else _top(layout)
    comments = [comment for comment in layout.comments if comment.start >= place]
    if comments:
        place = layout.next_line(comments[-1].end)
    section = len(lines) > 1
    apart = bool(comments) or (mapping is None and bool(layout.comments))
    if place and (apart or (section and mapping is not None and spaced(layout, mapping))) and not _blank(layout, place):
        lines = ["", *lines]
    return _below(layout, place, lines)


def _top(layout: Layout) -> int:
    """Where the content of an empty document begins."""
    if layout.document:
        return layout.next_line(layout.document)
    return layout.end


def _blank(layout: Layout, place: int) -> bool:
    """Whether the line above a place is empty."""
    if not layout.starts_line(place):
        return False
    start = layout.line_start(max(place - 1, 0))
    return not layout.text[start:place].strip()


def spaced(layout: Layout, mapping: Mapping) -> bool:
    """Whether the sections of the file have empty lines between them, most of them at least."""
    starts = [layout.line_start(layout.start_of(key)) for key, _ in mapping.entries[1:]]
    apart = 0
    for start in starts:
        while start and layout.text[layout.line_start(start - 1) : start].lstrip(" \t").startswith("#"):
            start = layout.line_start(start - 1)
        apart += _blank(layout, start)
    return bool(starts) and 2 * apart >= len(starts)


def step(layout: Layout) -> int:
    """How many blanks further in each level of the file is."""
    found: Counter[int] = Counter()
    waiting: list[Node] = [layout.root] if layout.root is not None else []
    while waiting:
        node = waiting.pop()
        if isinstance(node, Mapping) and not node.flow:
            for key, value in node.entries:
                waiting.append(value)
                if isinstance(value, Mapping) and not value.flow:
                    found[value.entries[0][0].column - key.column] += 1
    return found.most_common(1)[0][0] if found else STEP


# --- sections that are empty, or an alias ----------------------------------------------------------------------


def _into_nothing(layout: Layout, spot: _Spot, old: Scalar, missing: list[str], new: Literal) -> list[Splice]:
    assert spot.holder is not None
    mapping, index = spot.holder
    colon = _colon(layout, spot)
    if mapping.flow:
        item = f"{{{_item(missing, new, quote=False)}}}"
        return [Splice(old.start, old.end, item)] if old.written else [Splice(colon, colon, f" {item}")]
    width = step(layout)
    indent = " " * (mapping.entries[index][0].column - 1 + width)
    lines = _below(layout, layout.next_line(max(colon, old.end)), _lines(missing, new, indent, width))
    if old.written and old.anchor is None:
        _only_blanks(layout, colon, old.start, spot)
        return [Splice(colon, old.end, ""), lines]
    return [lines]


def _spread(layout: Layout, spot: _Spot, alias: Alias, missing: list[str], new: Literal) -> list[Splice]:
    assert spot.holder is not None
    mapping, index = spot.holder
    start, end = layout.aliases[alias]
    colon = _colon(layout, spot)
    _only_blanks(layout, colon, start, spot)
    if mapping.flow:
        return [Splice(start, end, f"{{<<: *{alias.name}, {_item(missing, new, quote=False)}}}")]
    width = step(layout)
    indent = " " * (mapping.entries[index][0].column - 1 + width)
    below = layout.next_line(end)
    head = Splice(colon, start, f"{_line_break(layout, below)}{indent}<<: ")
    return [head, _below(layout, below, _lines(missing, new, indent, width))]


def _colon(layout: Layout, spot: _Spot) -> int:
    assert spot.holder is not None
    colon = layout.colons.get(spot.holder)
    if colon is None or spot.holder in layout.explicit:
        line = layout.line(layout.start_of(spot.holder[0].entries[spot.holder[1]][0]))
        raise Refused(f"{'.'.join(spot.path)} at line {line} is written in an unusual way; edit it by hand.")
    return colon


def _only_blanks(layout: Layout, start: int, end: int, spot: _Spot) -> None:
    if layout.text[start:end].strip():
        line = layout.line(start)
        raise Refused(f"{'.'.join(spot.path)} at line {line} has a comment before its value; edit it by hand.")


# --- flow style ------------------------------------------------------------------------------------------------


def _item(missing: list[str], new: Literal, *, quote: bool) -> str:
    spelled = [quoted(name) if quote else name for name in missing]
    item = f"{spelled[-1]}: {new.written(flow=True)}"
    for name in reversed(spelled[:-1]):
        item = f"{name}: {{{item}}}"
    return item


def _into_braces(layout: Layout, mapping: Mapping, missing: list[str], new: Literal) -> list[Splice]:
    """A key behind the last one: on its line, or on one of its own if the others have that."""
    quote = bool(mapping.entries) and all(isinstance(k, Scalar) and k.style == "double" for k, _ in mapping.entries)
    item = _item(missing, new, quote=quote)
    if not mapping.entries:
        place = layout.opened[mapping] + 1
        blank = " " if layout.text[place] in " \t#" else ""
        gap = " " if layout.text[place] == "#" else ""
        return [Splice(place, place, f"{blank}{item}{gap}")]
    last = len(mapping.entries) - 1
    end = layout.entry_end(mapping, last)
    commas = layout.commas.get(mapping, [])
    trailing = len(commas) > last
    close = layout.ends[mapping] - 1
    start = layout.start_of(mapping.entries[last][0])
    top = layout.line_start(start)
    stop = commas[last] + 1 if trailing else end
    item += "," if trailing else ""
    if layout.text[top:start].strip() or layout.next_line(stop) > close:
        return [Splice(stop, stop, f" {item}" if trailing else f", {item}")]
    splices = [] if trailing else [Splice(end, end, ",")]
    line_end = layout.line_end(stop)
    indent = layout.text[top:start]
    return [*splices, Splice(line_end, line_end, f"{_line_break(layout, line_end)}{indent}{item}")]
