"""The keys of a YAML document under the names that viper gives them, and the values that the program gets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from doctor.fixing._spans import Layout
from doctor.golang.text import lower
from doctor.golang.viper import Settings, Viper, lowered
from doctor.golang.yaml.decode import Decoder
from doctor.golang.yaml.nodes import Alias, Mapping, Node, Scalar, Sequence

# Deeper than this no key of the program lies.
DEEPEST = 50

# The names of the keys on the way to an entry, as they are spelled: in a sound document no two entries share one.
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """
    A key with its value, written out in the document: none that an alias or a merge key brings in.

    `key` is dotted and in lower case, `counts` whether viper takes this one when it stands in several places.
    """

    key: str
    path: Path
    mapping: Mapping
    index: int
    counts: bool

    @property
    def name(self) -> Scalar:
        """The key's own node."""
        node = self.mapping.entries[self.index][0]
        assert isinstance(node, Scalar)
        return node

    @property
    def value(self) -> Node:
        """The value's node, which may be an alias."""
        return self.mapping.entries[self.index][1]


def target(node: Node) -> Scalar | Sequence | Mapping:
    """What an alias stands for; any other node itself."""
    while isinstance(node, Alias):
        node = node.target
    return node


def names(mapping: Mapping) -> dict[int, str]:
    """The keys of a mapping that are plain names, by index."""
    return {
        index: key.text
        for index, (key, _) in enumerate(mapping.entries)
        if isinstance(key, Scalar) and key.tag != "!!merge"
    }


def winners(mapping: Mapping) -> dict[str, int]:
    """Of the spellings of a name, the one with capitals counts, the last of several such."""
    found: dict[str, int] = {}
    for index, text in names(mapping).items():
        name = lower(text)
        if name not in found or text != name:
            found[name] = index
    return found


def entries(layout: Layout) -> list[Entry]:
    """All keys of the document, in its order."""
    if "entries" not in layout.known:
        layout.known["entries"] = _entries(layout)
    found: list[Entry] = layout.known["entries"]
    return found


def _entries(layout: Layout) -> list[Entry]:
    if not isinstance(layout.root, Mapping):
        return []
    found = list(_walk(layout.root, "", (), counts=True))
    rivals: dict[str, list[int]] = {}
    for place, entry in enumerate(found):
        if entry.counts and not isinstance(target(entry.value), Mapping):
            rivals.setdefault(entry.key, []).append(place)
    for places in rivals.values():
        # viper prefers the name with more dots in it, unless its value is null.
        best = max(places, key=lambda place: (not _is_null(found[place].value), _shape(found[place])))
        for place in places:
            if place != best:
                found[place] = replace(found[place], counts=False)
    return found


def _walk(mapping: Mapping, above: str, path: Path, *, counts: bool) -> Iterator[Entry]:
    winning = winners(mapping)
    for index, text in names(mapping).items():
        name = lower(text)
        key = f"{above}.{name}" if above else name
        entry = Entry(key, (*path, text), mapping, index, counts and winning[name] == index)
        yield entry
        if isinstance(entry.value, Mapping) and len(path) < DEEPEST:
            yield from _walk(entry.value, key, entry.path, counts=entry.counts)


def _is_null(node: Node) -> bool:
    node = target(node)
    return isinstance(node, Scalar) and node.tag == "!!null"


def _shape(entry: Entry) -> tuple[int, ...]:
    return tuple(name.count(".") + 1 for name in entry.path)


def settings(layout: Layout) -> Settings:
    """
    What the program's configuration library makes of the document: nested maps, all keys in lower case.

    Raises YamlError for what the program drops.
    """
    if "settings" not in layout.known:
        layout.known["settings"] = lowered(Decoder().document(layout.root)) if layout.root is not None else {}
    found: Settings = layout.known["settings"]
    return found


def effective(layout: Layout) -> dict[str, str]:
    """
    Every key that has a value for the program, with a text that tells the value and its type.

    Raises YamlError as `settings` does.
    """
    if "effective" not in layout.known:
        layout.known["effective"] = told(settings(layout))
    found: dict[str, str] = layout.known["effective"]
    return found


def told(values: Settings) -> dict[str, str]:
    """Every key of some settings that has a value, with a text that tells the value and its type."""
    viper = Viper(prefix="", defaults={}, bound=(), environment={}, config=values)
    found = {key: viper.find(key) for key in viper.known_keys()}
    return {key: described(value) for key, value in found.items() if value is not None}


def described(value: Any) -> str:
    """A text that is the same for the same value of the same type, and only then."""
    return f"{type(value).__name__} {value!r}"


def section(values: Settings, key: str) -> Any:
    """What the program finds under a key, None when it finds nothing."""
    return Viper(prefix="", defaults={}, bound=(), environment={}, config=values).find(key)
