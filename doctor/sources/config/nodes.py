"""The nodes of a YAML file in the shape that the listing of a file's entries wants: aliases and merge keys followed."""

from __future__ import annotations

import re

from doctor.golang import yaml
from doctor.golang.values import key_text
from doctor.sources.config.written import MOST_ENTRIES, Node

_COMMENT = re.compile(r"[ \t]+(#.*)")


# Deeper than this nothing is listed: no key of the program is.
DEEPEST = 50


def from_yaml(document: yaml.Document, data: bytes) -> Node | None:
    """The tree of the first document, None when it is empty."""
    if document.root is None:
        return None
    # Few files have an alias, and no other needs this walk.
    carriers = _carriers(document.root) if b"*" in data else frozenset()
    return _Tree(data, carriers).node(document.root, 0, merged=False)


def _carriers(root: yaml.Node) -> frozenset[int]:
    """The identities of the nodes in which an anchor lies that an alias behind them names."""
    found, parents = _in_order(root)
    places = {id(node): place for place, node in enumerate(found)}
    # For each node its last part, and the last alias of an anchor in it.
    ends = list(range(len(found)))
    uses = [-1] * len(found)
    for place, node in enumerate(found):
        if isinstance(node, yaml.Alias):
            uses[places[id(node.target)]] = place
    for place in range(len(found) - 1, 0, -1):
        above = parents[place]
        ends[above] = max(ends[above], ends[place])
        uses[above] = max(uses[above], uses[place])
    return frozenset(id(node) for place, node in enumerate(found) if uses[place] > ends[place])


def _in_order(root: yaml.Node) -> tuple[list[yaml.Node], list[int]]:
    """All nodes as they stand in the file, and for each the place of the one it stands in."""
    found: list[yaml.Node] = []
    parents: list[int] = []
    waiting = [(root, 0)]
    while waiting:
        node, above = waiting.pop()
        inside: list[yaml.Node] = []
        if isinstance(node, yaml.Mapping):
            inside = [each for pair in node.entries for each in pair]
        elif isinstance(node, yaml.Sequence):
            inside = node.items
        waiting += [(each, len(found)) for each in reversed(inside)]
        found.append(node)
        parents.append(above)
    return found, parents


class _Tree:
    def __init__(self, data: bytes, carriers: frozenset[int]) -> None:
        self._carriers = carriers
        self._lines = re.split(r"\r\n|\r|\n", data.decode("utf-8", "replace").removeprefix("\ufeff"))
        self._count = 0

    def node(self, node: yaml.Node, depth: int, *, merged: bool) -> Node:
        """One node with all below it; `merged` when a merge key or alias brings it in."""
        found = self._node(node, depth, merged=merged)
        # What an alias brings in carries no anchor there.
        found.anchors = not merged and id(node) in self._carriers
        return found

    def _node(self, node: yaml.Node, depth: int, *, merged: bool) -> Node:
        self._count += 1
        if isinstance(node, yaml.Alias):
            return self._alias(node, depth)
        if isinstance(node, yaml.Scalar):
            return self._scalar(node, merged=merged)
        listed = depth < DEEPEST and self._count < MOST_ENTRIES
        if isinstance(node, yaml.Mapping):
            pairs = self._pairs(node, depth + 1, merged=merged) if listed else []
            return Node("mapping", tag=node.tag, line=node.line, column=node.column, merged=merged, pairs=pairs)
        items = [self.node(item, depth + 1, merged=merged) for item in node.items] if listed else []
        value = [item.value for item in items]
        return Node("sequence", value, tag=node.tag, line=node.line, column=node.column, merged=merged, items=items)

    def _scalar(self, node: yaml.Scalar, *, merged: bool) -> Node:
        return Node(
            "scalar",
            node.value,
            node.written,
            node.style,
            node.tag,
            node.line,
            node.column,
            node.line + node.written.count("\n"),
            self._comment(node),
            merged,
        )

    def _alias(self, alias: yaml.Alias, depth: int) -> Node:
        """What the alias stands for, at the place where the alias stands."""
        found = self.node(alias.target, depth, merged=True)
        found.line, found.column = alias.line, alias.column
        if found.kind == "scalar":
            found.written, found.end_line, found.comment = f"*{alias.name}", alias.line, None
        return found

    def _pairs(self, node: yaml.Mapping, depth: int, *, merged: bool) -> list[tuple[Node, Node]]:
        pairs = []
        merge: yaml.Node | None = None
        as_text = depth == 1 or all(_target(key).tag in ("!!str", "!!merge") for key, _ in node.entries)
        for key, value in node.entries:
            if isinstance(key, yaml.Scalar) and key.tag == "!!merge":
                merge = value
                continue
            name = self._name(_target(key), as_text=as_text)
            if name is not None:
                pairs.append((name, self.node(value, depth, merged=merged)))
        taken = {name.value for name, _ in pairs}
        for brought in self._merged(merge, depth):
            if brought[0].value not in taken:
                taken.add(brought[0].value)
                pairs.append(brought)
        return pairs

    def _name(self, key: yaml.Node, *, as_text: bool) -> Node | None:
        """A key under the text that it has in viper; in maps of text a null is left out."""
        if not isinstance(key, yaml.Scalar) or (as_text and key.tag == "!!null"):
            return None
        name = self._scalar(key, merged=False)
        name.value = key.text if as_text else key_text(key.value)
        return name

    def _merged(self, merge: yaml.Node | None, depth: int) -> list[tuple[Node, Node]]:
        """What a merge key brings in: of several maps the first that has a name counts."""
        if merge is None or self._count >= MOST_ENTRIES or depth > DEEPEST:
            return []
        if isinstance(merge, yaml.Sequence):
            return [pair for item in merge.items for pair in self._merged(item, depth + 1)]
        target = _target(merge)
        return self._pairs(target, depth + 1, merged=True) if isinstance(target, yaml.Mapping) else []

    def _comment(self, node: yaml.Scalar) -> str | None:
        """What follows a value on its line from the `#` on; only values on one line are looked at."""
        if "\n" in node.written or node.style in ("literal", "folded") or node.line > len(self._lines):
            return None
        end = node.column - 1 + len(node.written)
        match = _COMMENT.match(self._lines[node.line - 1], end)
        return match[1] if match else None


def _target(node: yaml.Node) -> yaml.Scalar | yaml.Sequence | yaml.Mapping:
    while isinstance(node, yaml.Alias):
        node = node.target
    return node
