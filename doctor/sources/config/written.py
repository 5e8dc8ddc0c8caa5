"""The file as it is written: each key with its place, found again under the name that viper gives it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from doctor.facts.configuration import Entry
from doctor.golang.text import lower, quote
from doctor.golang.values import kind_name, plain
from doctor.model import Location
from doctor.sources.config.files import Loaded

# More entries than any real file has; what aliases multiply beyond it is not listed.
MOST_ENTRIES = 20_000

_TAGS = {"bool": "!!bool", "int": "!!int", "int64": "!!int", "uint64": "!!int", "float64": "!!float", "string": "!!str"}


@dataclass(slots=True)
class Node:
    """A value as written. `line` and `column` are None where the format's reader tells no places."""

    kind: str
    value: Any = None
    written: str = ""
    style: str = "plain"
    tag: str = "!!null"
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    comment: str | None = None
    merged: bool = False
    anchors: bool = False
    pairs: list[tuple[Node, Node]] = field(default_factory=list)
    items: list[Node] = field(default_factory=list)


def tree(loaded: Loaded) -> Node | None:
    """The nodes of the file that counts, None when none does."""
    if not loaded.file.loaded:
        return None
    if loaded.document is not None:
        from doctor.sources.config.nodes import from_yaml

        return from_yaml(loaded.document, loaded.data)
    return _from_values(loaded.values, "", _lines(loaded.data, loaded.file.format))


def _from_values(value: Any, key: str, lines: Mapping[str, int]) -> Node:
    line = lines.get(key)
    if isinstance(value, dict):
        start = f"{key}." if key else ""
        pairs = [
            (
                Node("scalar", name, name, tag="!!str", line=lines.get(f"{start}{name}")),
                _from_values(inner, f"{start}{name}", lines),
            )
            for name, inner in value.items()
        ]
        return Node("mapping", value, tag="!!map", line=line, pairs=pairs)
    if isinstance(value, list):
        items = [_from_values(item, f"{key}[]", lines) for item in value]
        return Node("sequence", value, tag="!!seq", line=line, items=items)
    if value is None:
        return Node("scalar", None, "null", line=line, end_line=line)
    text = isinstance(value, str)
    return Node(
        "scalar",
        value,
        quote(value) if text else plain(value),
        style="double" if text else "plain",
        tag=_TAGS.get(kind_name(value), "!!timestamp"),
        line=line,
        end_line=line,
    )


_ASSIGNMENT = re.compile(r"\s*(?:export\s+)?(?P<key>[\w.\"'-]+)\s*[=:]")
_TABLE = re.compile(r"\s*\[{1,2}(?P<key>[^\]]+)\]{1,2}")
_MEMBER = re.compile(r"[{,]\s*\"(?P<key>(?:[^\"\\]|\\.)*)\"\s*:|[}]|\"(?:[^\"\\]|\\.)*\"")


def _lines(data: bytes, format: str | None) -> dict[str, int]:
    """The first line of each key of a TOML, dotenv or JSON file, as well as a glance at the lines can tell."""
    text = data.decode("utf-8", "replace")
    return _members(text) if format == "json" else _assignments(text)


def _assignments(text: str) -> dict[str, int]:
    found: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := _TABLE.match(line):
            table = lower(header["key"].strip())
            found.setdefault(table, number)
        elif assignment := _ASSIGNMENT.match(line):
            name = lower(assignment["key"].strip("\"'"))
            found.setdefault(f"{table}.{name}" if table else name, number)
    return found


def _members(text: str) -> dict[str, int]:
    found: dict[str, int] = {}
    path: list[str] = []
    pending = ""
    line, counted = 1, 0
    for match in _MEMBER.finditer(text):
        mark = match[0][0]
        if mark == "{":
            path.append(pending)
        elif mark == "}":
            pending = ""
            if path:
                path.pop()
        if match["key"] is None:
            continue
        place = match.start("key")
        line, counted = line + text.count("\n", counted, place), place
        pending = lower(match["key"])
        found.setdefault(".".join(name for name in (*path, pending) if name), line)
    return found


class Listing:
    """The entries of one file, in its order."""

    def __init__(self, root: Node | None, path: str, detail: str | None = None) -> None:
        self._path = path
        self._detail = detail
        self._shapes: dict[int, tuple[int, ...]] = {}
        self._nodes: dict[int, Node] = {}
        self.entries: list[Entry] = []
        if root is not None:
            for entry, node, shape in self._walk(root, "", "", (), counts=True):
                self._shapes[len(self.entries)] = shape
                self._nodes[len(self.entries)] = node
                self.entries.append(entry)
                if len(self.entries) >= MOST_ENTRIES:
                    break
        self._settle()

    def connectors(self) -> list[tuple[Node, Location]]:
        """The elements of `connectors` (one map counts as a list of one), each with its place."""
        for index, entry in enumerate(self.entries):
            if entry.key == "connectors" and entry.counts:
                node = self._nodes[index]
                if node.kind == "mapping":
                    return [(node, entry.location)]
                return [(item, self._place(item, f"connectors[{place}]")) for place, item in enumerate(node.items)]
        return []

    def member(self, node: Node, name: str, key: str) -> Entry | None:
        """The entry of a name in a map that is no section, under the key given."""
        chosen = None
        for key_node, value in node.pairs:
            text = str(key_node.value)
            if lower(text) == name and (chosen is None or text != name):
                chosen = self._entry(key, text, key_node, value, counts=True)
        return chosen

    def others(self, node: Node, names: Collection[str], key: str) -> tuple[Entry, ...]:
        """The entries of a map that is no section whose names are none of these, under the key of the map."""
        return tuple(
            self._entry(f"{key}.{lower(str(name.value))}", f"{key}.{name.value}", name, value, counts=True)
            for name, value in node.pairs
            if lower(str(name.value)) not in names
        )

    def _walk(
        self, node: Node, key: str, spelled: str, shape: tuple[int, ...], *, counts: bool
    ) -> Iterator[tuple[Entry, Node, tuple[int, ...]]]:
        winners = _winners(node)
        for index, (key_node, value) in enumerate(node.pairs):
            text = str(key_node.value)
            name = lower(text)
            full, written = (f"{key}.{name}", f"{spelled}.{text}") if key else (name, text)
            inner = (*shape, name.count(".") + 1)
            counting = counts and winners[name] == index
            yield self._entry(full, written, key_node, value, counts=counting), value, inner
            if value.kind == "mapping":
                yield from self._walk(value, full, written, inner, counts=counting)

    def _entry(self, key: str, spelled: str, key_node: Node, value: Node, *, counts: bool) -> Entry:
        at = self._place(key_node, key)
        shown = value.kind == "scalar" and value.written and value.line is not None
        return Entry(
            key=key,
            spelled=spelled,
            kind=value.kind,
            location=self._place(value, key) if shown else at,
            key_location=at,
            written=value.written,
            style=value.style,
            tag=value.tag,
            value=value.value if value.kind != "mapping" else None,
            counts=counts,
            merged=value.merged,
            comment=value.comment,
            end_line=value.end_line,
            anchors=value.anchors,
        )

    def _place(self, node: Node, key: str) -> Location:
        return Location.file(self._path, node.line, node.column, key=key, detail=self._detail)

    def _settle(self) -> None:
        """
        Of a key that stands in several places, only one counts: the one viper finds.

        It prefers the name with more dots in it (`worker.concurrency: 7` before the same in a section), unless null.
        """
        from dataclasses import replace

        places: dict[str, list[int]] = {}
        for index, entry in enumerate(self.entries):
            if entry.counts and entry.kind != "mapping":
                places.setdefault(entry.key, []).append(index)
        for rivals in places.values():
            if len(rivals) > 1:
                best = max(rivals, key=lambda index: (self.entries[index].value is not None, self._shapes[index]))
                for index in rivals:
                    if index != best:
                        self.entries[index] = replace(self.entries[index], counts=False)


def _winners(node: Node) -> dict[str, int]:
    """Of the spellings of a name in one map, the one with capitals counts, the last of several such."""
    winners: dict[str, int] = {}
    for index, (key_node, _) in enumerate(node.pairs):
        text = str(key_node.value)
        name = lower(text)
        if name not in winners or text != name:
            winners[name] = index
    return winners
