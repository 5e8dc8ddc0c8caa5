"""Whether an edit did what was asked and nothing else, by reading the result again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from doctor.fixing._entries import Path, effective, entries
from doctor.fixing._spans import Layout, Span
from doctor.fixing.text import Refused
from doctor.golang.text import lower
from doctor.golang.yaml.errors import YamlError
from doctor.golang.yaml.nodes import Alias, Mapping, Node, Scalar

# A node as it was seen: its path, its kind, and more by kind.
_Seen: TypeAlias = tuple[Any, ...]


class Splice(NamedTuple):
    """A stretch of the text and what comes in its place."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Aim:
    """
    What one edit is to change: the entry at `path`, with all below it, and the sections above that it makes or empties.

    `key` is its dotted name, `value` the described value that the program is to get, None for none; `renamed` the path
    that the entry has afterwards. `spread` is a section that was an alias and becomes one with a merge key. `unseen`
    when the program did not take the entry before, so that nothing at all may change for it.
    """

    key: str
    path: Path
    line: int
    value: str | None = None
    deleted: bool = False
    renamed: Path | None = None
    spread: Path | None = None
    unseen: bool = False


def prove(before: Layout, after: Layout, splices: list[Splice], aim: Aim) -> None:
    """Raises Refused unless the two differ in what was aimed at and in nothing else."""
    there = aim.renamed or aim.path
    if aim.deleted == any(entry.path == there for entry in entries(after)):
        raise Refused(f"{aim.key} at line {aim.line} cannot be edited safely; edit it by hand.")
    same = _others(before, aim.path, aim.spread) == _others(after, there, None)
    if not same or (aim.renamed and _below(before, aim.path) != _below(after, aim.renamed)):
        raise Refused(f"{aim.key} at line {aim.line} cannot be edited without changing more; edit it by hand.")
    if _comments(before, splices) != [after.text[start:end] for start, end in after.comments]:
        raise Refused(f"{aim.key} at line {aim.line} cannot be edited without touching a comment; edit it by hand.")
    _prove_values(before, after, aim)


def prove_repeated(before: Layout, after: Layout, splices: list[Splice], paths: Sequence[Path]) -> None:
    """Raises Refused unless the second of two equal entries at each path is gone, and nothing else."""
    assert before.root is not None
    expected = list(_nodes(before, before.root))
    for path in paths:
        # The last name and the last value of the path: each has but one node, as the value is no section.
        for kind in ("Key", "Scalar"):
            del expected[max(index for index, node in enumerate(expected) if node[:2] == (path, kind))]
    found = list(_nodes(after, after.root)) if after.root is not None else []
    if found != expected or _comments(before, splices) != [after.text[start:end] for start, end in after.comments]:
        raise Refused(f"Line {before.line(splices[0].start)} cannot be deleted without changing more; do it by hand.")


def _prove_values(before: Layout, after: Layout, aim: Aim) -> None:
    """That the program gets the value, and of all other keys the one that it got before."""
    try:
        old, new = effective(before), effective(after)
    except YamlError:
        raise Refused(f"{aim.key} at line {aim.line} cannot be edited so that the file still parses.") from None
    if not aim.unseen:
        if not aim.deleted and aim.renamed is None and new.get(aim.key) != aim.value:
            raise Refused(f"{aim.key} at line {aim.line} would not get the value asked for; edit it by hand.")
        touched = (aim.key, lower(".".join(aim.renamed))) if aim.renamed else (aim.key,)
        old, new = _without(old, touched), _without(new, touched)
    different = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
    if different:
        raise Refused(f"{aim.key} at line {aim.line} cannot be edited alone: {different[0]} would change with it.")


def _without(values: dict[str, str], keys: tuple[str, ...]) -> dict[str, str]:
    below = tuple(f"{key}." for key in keys)
    return {key: value for key, value in values.items() if key not in keys and not key.startswith(below)}


def _comments(layout: Layout, splices: list[Splice]) -> list[str]:
    """The comments that are left where the splices cover none of them."""

    def kept(comment: Span) -> bool:
        return not any(start <= comment.start and comment.end <= end for start, end, _ in splices)

    return [layout.text[start:end] for start, end in filter(kept, layout.comments)]


def _others(layout: Layout, path: Path, spread: Path | None) -> list[_Seen]:
    """
    All nodes but those of the entry aimed at, in order.

    Of the sections above it only those count that hold something else as well: the others may come or go with it.
    """
    if layout.root is None:
        return []
    found = [node for each in _nodes(layout, layout.root) for node in _spread(each, spread)]
    kept = [node for node in found if node[0][: len(path)] != path]
    above = {path[:length] for length in range(len(path))}
    # The depth down to which the sections above hold something else.
    shared = max((_common(node[0], path) for node in kept if node[0] not in above), default=-1)
    return [node for node in kept if node[0] not in above or len(node[0]) <= shared or not _may_vanish(node)]


def _common(one: tuple[Any, ...], other: Path) -> int:
    """How many names two paths share from the start."""
    return next((index for index, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), len(one))


def _below(layout: Layout, path: Path) -> list[_Seen]:
    """What hangs below an entry, with paths that start there."""
    assert layout.root is not None
    nodes = (node for node in _nodes(layout, layout.root) if node[0][: len(path)] == path and node[1] != "Key")
    return [(node[0][len(path) :], *node[1:]) for node in nodes]


def _spread(node: _Seen, spread: Path | None) -> list[_Seen]:
    """An alias that is to be merged into a section of its own, as it looks then."""
    if node[1] != "Alias" or node[0] != spread:
        return [node]
    path, _, name, flow = node
    merge = (*path, "<<")
    return [(path, "Mapping", "!!map", None, flow), (merge, "Key", "<<"), (merge, "Alias", name, flow)]


def _may_vanish(node: _Seen) -> bool:
    """A section that holds nothing but the entry aimed at; empty it is a null, or braces with nothing in them."""
    return node[1] in ("Key", "Mapping") or node[1:3] == ("Scalar", "!!null")


def _nodes(layout: Layout, root: Node) -> Iterator[_Seen]:
    """Every node with its path, kind, and all that is written of it; without recursion, as nesting has no bounds."""
    waiting: list[tuple[tuple[Any, ...], Node, bool]] = [((), root, False)]
    while waiting:
        path, node, flow = waiting.pop()
        if isinstance(node, Alias):
            yield path, "Alias", node.name, flow
        elif isinstance(node, Scalar):
            yield path, "Scalar", node.tag, node.anchor, node.style, node.text, layout.text[node.start : node.end]
        elif isinstance(node, Mapping):
            yield path, "Mapping", node.tag, node.anchor, node.flow
            below = []
            for index, (key, value) in enumerate(node.entries):
                name = key.text if isinstance(key, Scalar) else f"?{index}"
                yield (*path, name), "Key", layout.text[layout.start_of(key) : layout.end_of(key)]
                below.append(((*path, name), value, node.flow))
            waiting += reversed(below)
        else:
            yield path, "Sequence", node.tag, node.anchor, node.flow
            waiting += [((*path, number), item, node.flow) for number, item in reversed(list(enumerate(node.items)))]
