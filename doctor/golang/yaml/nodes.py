"""A YAML document as a tree: every node knows where it stands and how it is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias


@dataclass(slots=True, eq=False)
class Scalar:
    """
    A scalar. `text` is its content, `written` the source with quotes and tag and without a comment.

    `style` is plain, single, double, literal or folded; `tag` the short tag that yaml.v3 resolves (`!!str`, `!!int`,
    ...); `value` what it decodes to, once it is `decoded`. Lines and columns count from 1; `start` and `end` are
    offsets in the decoded text.
    """

    text: str
    written: str
    style: str
    tag: str
    line: int
    column: int
    start: int
    end: int
    anchor: str | None = None
    decoded: bool = False
    value: Any = None


@dataclass(slots=True, eq=False)
class Sequence:
    """A list."""

    tag: str
    line: int
    column: int
    flow: bool
    anchor: str | None = None
    items: list[Node] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Mapping:
    """A mapping, its entries in file order, merge keys included."""

    tag: str
    line: int
    column: int
    flow: bool
    anchor: str | None = None
    entries: list[tuple[Node, Node]] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Alias:
    """A reference to an anchored node."""

    name: str
    target: Node
    line: int
    column: int


Node: TypeAlias = Scalar | Sequence | Mapping | Alias
