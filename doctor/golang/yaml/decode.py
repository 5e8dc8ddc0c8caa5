"""Nodes to values, as yaml.v3 3.0.1 decodes into a map[string]interface{}: merge keys, duplicates, alias limits."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, NoReturn, TypeAlias

from doctor.golang.text import quote
from doctor.golang.values import AnyMap, syntax
from doctor.golang.yaml.errors import DuplicateKey, YamlError
from doctor.golang.yaml.nodes import Alias, Mapping, Node, Scalar, Sequence
from doctor.golang.yaml.resolve import tagged_value

# yaml.v3's limits on what aliases may expand to: from this many steps on, this share of them, falling to the second.
LOW, HIGH = 400_000, 4_000_000
LOW_SHARE, HIGH_SHARE = 0.99, 0.10

TARGET = "map[string]interface {}"

# yaml.v3 names every pair of equal keys, which is the square of their number; here no more than this many are named.
MOST_REPEATED = 10_000

Steps: TypeAlias = Generator["Steps", Any, Any]


class _Refused:
    """Stands for a value that did not decode; yaml.v3 leaves its place out."""


REFUSED = _Refused()


class Decoder:
    """One decoding: counts steps and collects the errors that yaml.v3 reports together."""

    def __init__(self) -> None:
        self.steps = 0
        self.alias_steps = 0
        self.alias_depth = 0
        self.entered: set[int] = set()
        self.errors: list[str] = []
        self.places: list[tuple[int, int]] = []
        self.duplicates: dict[tuple[int, int], DuplicateKey] = {}
        self.repeating: set[int] = set()

    def document(self, root: Node) -> dict[str, Any]:
        """
        The values of a document.

        Raises YamlError with all that does not decode, or with the first thing that yaml.v3 stops at.
        """
        self._count()
        values = _run(self._top(root))
        if self.errors:
            line, column = self.places[0]
            text = "unmarshal errors:\n  " + "\n  ".join(self.errors)
            raise YamlError(text, line, column, tuple(self.duplicates.values()))
        return values if isinstance(values, dict) else {}

    # --- counting ----------------------------------------------------------------------------------------------

    def _count(self) -> None:
        self.steps += 1
        if self.alias_depth > 0:
            self.alias_steps += 1
            if self.alias_steps > 100 and self.steps > 1000 and self.alias_steps / self.steps > _share(self.steps):
                raise YamlError("document contains excessive aliasing")

    def _error(self, text: str, node: Node) -> None:
        self.errors.append(f"line {node.line}: {text}")
        self.places.append((node.line, node.column))

    def _misfit(self, node: Scalar | Sequence | Mapping, target: str) -> None:
        """A node that cannot become what it must; its text is shown, cut to seven bytes when it has more than ten."""
        shown = ""
        if node.tag not in ("!!seq", "!!map"):
            text = node.text if isinstance(node, Scalar) else ""
            octets = text.encode("utf-8", "surrogateescape")
            if len(octets) > 10:
                text = octets[:7].decode("utf-8", "replace") + "..."
            shown = f" `{text}`"
        self._error(f"cannot unmarshal {node.tag}{shown} into {target}", node)

    # --- nodes -------------------------------------------------------------------------------------------------

    def _top(self, node: Node) -> Steps:
        self._count()
        if isinstance(node, Mapping):
            values: dict[Any, Any] = {}
            return (yield self._mapping(node, values, None, as_text=True))
        if isinstance(node, Alias):
            return (yield self._top(node.target))
        if isinstance(node, Sequence) or _scalar(node) is not None:
            self._misfit(node, TARGET)
            return REFUSED
        return {}

    def _any(self, node: Node) -> Steps:
        """A node of any kind, as an interface{}."""
        self._count()
        if isinstance(node, Scalar):
            return _scalar(node)
        if isinstance(node, Alias):
            return (yield self._alias(node, self._any(node.target)))
        if isinstance(node, Sequence):
            items = []
            for item in node.items:
                if type(item) is Scalar:
                    self._count()
                    items.append(_scalar(item))
                else:
                    value = yield self._any(item)
                    if value is not REFUSED:
                        items.append(value)
            return items
        if self._is_known_to_repeat(node):
            return REFUSED
        as_text = all(_tag(key) in ("!!str", "!!merge") for key, _ in node.entries)
        return (yield self._mapping(node, {} if as_text else AnyMap(), None, as_text=as_text))

    def _alias(self, alias: Alias, steps: Steps) -> Steps:
        if id(alias) in self.entered:
            raise YamlError(f"anchor '{alias.name}' value contains itself", alias.line, alias.column)
        self.entered.add(id(alias))
        self.alias_depth += 1
        value = yield steps
        self.alias_depth -= 1
        self.entered.discard(id(alias))
        return value

    def _key(self, node: Node, *, as_text: bool) -> Steps:
        """A key; REFUSED for one that has no place in the map."""
        if not as_text:
            key = yield self._any(node)
            if isinstance(key, dict | list):
                raise YamlError(f"invalid map key: {syntax(key)}", node.line, node.column)
            return key
        self._count()
        if isinstance(node, Alias):
            self._count_in_alias()
            node = _target(node)
        if isinstance(node, Mapping) and self._has_duplicates(node):
            return REFUSED
        if isinstance(node, Scalar):
            value = _scalar(node)
            if value is None:
                return REFUSED
            return value if node.tag == "!!binary" else node.text
        assert not isinstance(node, Alias)
        self._misfit(node, "string")
        return REFUSED

    def _mapping(self, node: Mapping, out: dict[Any, Any], taken: set[Any] | None, *, as_text: bool) -> Steps:
        """Fill `out`; `taken` are the keys that a map being merged in may not set again."""
        if self._has_duplicates(node):
            return REFUSED
        merge: Node | None = None
        for key_node, value_node in node.entries:
            if type(key_node) is Scalar and _is_merge(key_node):
                merge = value_node
                continue
            if type(key_node) is Scalar and as_text and key_node.tag == "!!str":
                self._count()
                key: Any = key_node.text
            else:
                key = yield self._key(key_node, as_text=as_text)
                if key is REFUSED:
                    continue
            if taken is not None:
                if _identity(key) in taken:
                    continue
                taken.add(_identity(key))
            if type(value_node) is Scalar:
                self._count()
                out[key] = _scalar(value_node)
            else:
                value = yield self._any(value_node)
                if value is not REFUSED:
                    out[key] = value
        if merge is not None:
            yield self._merge(node, merge, out, taken, as_text=as_text)
        return out

    def _is_known_to_repeat(self, node: Mapping) -> bool:
        """Whether a mapping met again, through an alias, need not be looked through: no more is named anyway."""
        return id(node) in self.repeating and len(self.errors) >= MOST_REPEATED

    def _has_duplicates(self, node: Mapping) -> bool:
        if self._is_known_to_repeat(node):
            return True
        room = MOST_REPEATED - len(self.errors)
        first: dict[tuple[type, str], list[Node]] = {}
        found: list[tuple[str, Node, Node]] = []
        for key, _ in node.entries:
            name = key.text if isinstance(key, Scalar) else key.name if isinstance(key, Alias) else ""
            earlier = first.setdefault((type(key), name), [])
            if earlier and len(found) <= room:
                found += [(name, other, key) for other in earlier]
            earlier.append(key)
        # yaml.v3 takes each key in turn and names all the later ones that repeat it.
        places = {id(key): place for place, (key, _) in enumerate(node.entries)} if found else {}
        for name, earlier_node, later in sorted(found, key=lambda pair: (places[id(pair[1])], places[id(pair[2])])):
            self._error(f"mapping key {quote(name)} already defined at line {earlier_node.line}", later)
            record = DuplicateKey(name, earlier_node.line, earlier_node.column, later.line, later.column)
            self.duplicates.setdefault((later.line, later.column), record)
        if found:
            self.repeating.add(id(node))
        return bool(found)

    def _merge(
        self, parent: Mapping, merge: Node, out: dict[Any, Any], taken: set[Any] | None, *, as_text: bool
    ) -> Steps:
        if taken is None:
            taken = set()
            for key_node, _ in parent.entries:
                key = yield self._any(key_node)
                if key is not REFUSED and not isinstance(key, dict | list):
                    taken.add(_identity(key))
        sources = merge.items if isinstance(merge, Sequence) else [merge]
        for source in sources:
            if isinstance(source, Alias):
                if not isinstance(source.target, Mapping):
                    _refuse_merge(source)
                self._count()
                self._count_in_alias()
                yield self._alias(source, self._mapping(source.target, out, taken, as_text=as_text))
            elif isinstance(source, Mapping):
                self._count()
                yield self._mapping(source, out, taken, as_text=as_text)
            else:
                _refuse_merge(source)
        return None

    def _count_in_alias(self) -> None:
        self.alias_depth += 1
        self._count()
        self.alias_depth -= 1


def _refuse_merge(node: Node) -> NoReturn:
    raise YamlError("map merge requires map or sequence of maps as the value", node.line, node.column)


def _run(steps: Steps) -> Any:
    """Run nested steps on a list instead of on Python's own stack, whose depth is limited."""
    stack = [steps]
    value: Any = None
    while stack:
        try:
            stack.append(stack[-1].send(value))
            value = None
        except StopIteration as stop:
            stack.pop()
            value = stop.value
    return value


def _share(steps: int) -> float:
    if steps <= LOW:
        return LOW_SHARE
    if steps >= HIGH:
        return HIGH_SHARE
    return LOW_SHARE - (LOW_SHARE - HIGH_SHARE) * ((steps - LOW) / (HIGH - LOW))


def _scalar(node: Scalar) -> Any:
    if not node.decoded:
        try:
            node.value = tagged_value(node.tag, node.text)
        except YamlError as error:
            error.line, error.column = node.line, node.column
            raise
        node.decoded = True
    return node.value


def _target(alias: Alias) -> Node:
    target = alias.target
    while isinstance(target, Alias):
        target = target.target
    return target


def _tag(node: Node) -> str:
    return _target(node).tag if isinstance(node, Alias) else node.tag  # type: ignore[union-attr]


def _is_merge(key: Scalar) -> bool:
    return key.text == "<<" and key.tag == "!!merge"


def _identity(key: Any) -> Any:
    """Go's map keys 1, 1.0 and true are three, Python's are one."""
    return key if type(key) is str else (type(key), key)
