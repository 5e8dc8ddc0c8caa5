"""YAML as gopkg.in/yaml.v3 3.0.1 reads it into a map[string]interface{}, with the place of everything."""

from __future__ import annotations

import gc
import re
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from doctor.golang.yaml.decode import Decoder
from doctor.golang.yaml.errors import DuplicateKey, YamlError
from doctor.golang.yaml.nodes import Alias, Mapping, Node, Scalar, Sequence
from doctor.golang.yaml.parser import Parser
from doctor.golang.yaml.reader import Text
from doctor.golang.yaml.times import GoTime

__all__ = [
    "Alias",
    "Document",
    "DuplicateKey",
    "GoTime",
    "Mapping",
    "Node",
    "Scalar",
    "Sequence",
    "YamlError",
    "load",
]

_BREAK = "(?:\r\n|[\r\n\x85\u2028\u2029])"
_LINE_BREAK = re.compile(_BREAK)
_DOCUMENT = re.compile(rf"(?:\A|(?<=[\r\n\x85\u2028\u2029]))---(?=[ \t]|{_BREAK}|\Z)")


@dataclass(frozen=True, slots=True)
class Document:
    """
    The first document of a file: its nodes (None when there are none) and what they decode to.

    `further_documents` are the lines, from 1, at which others begin that hold something; yaml.v3 does not read them.
    """

    root: Node | None
    values: dict[str, Any] = field(default_factory=dict)
    further_documents: tuple[int, ...] = ()


def load(data: bytes) -> Document:
    """
    Read the first document of `data`.

    Raises YamlError, whose text is Go's. Takes time and memory in proportion to the input, whatever it holds.
    """
    source = Text(data or b"\n")
    with _without_collection():
        parser = Parser(source)
        root = parser.document()
        if root is None:
            return Document(None)
        values = Decoder().document(root)
    return Document(root, values, _further_documents(parser, source))


@contextmanager
def _without_collection() -> Iterator[None]:
    """Nothing made here is garbage before the end, so that looking for some would only cost time: half of it."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _further_documents(parser: Parser, source: Text) -> tuple[int, ...]:
    """Where other documents begin, by their `---` at the start of a line behind the end of the first."""
    text = source.characters
    starts = [match.start() for match in _DOCUMENT.finditer(text, parser.end)]
    if not starts:
        return ()
    lines = [match.end() for match in _LINE_BREAK.finditer(text)]
    documents = zip(starts, (*starts[1:], len(text)), strict=True)
    return tuple(bisect_right(lines, start) + 1 for start, end in documents if _holds_something(text[start + 3 : end]))


def _holds_something(document: str) -> bool:
    """Whether there is more in a document than blanks, comments, directives of the next one and the mark of its end."""
    lines = (line.strip() for line in _LINE_BREAK.split(document))
    return any(line and line[0] not in "#%" and line.split()[0] != "..." for line in lines)
