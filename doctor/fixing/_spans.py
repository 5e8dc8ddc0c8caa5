"""Where everything in a YAML document begins and ends, as offsets in its decoded text."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from doctor.golang.yaml.nodes import Alias, Mapping, Node, Scalar, Sequence
from doctor.golang.yaml.parser import Parser
from doctor.golang.yaml.reader import Text
from doctor.golang.yaml.scanner import DOCUMENT_START, FLOW_ENTRY, KEY, SCALAR, VALUE, Mark, Scanner, Token

BREAKS = "\r\n\x85\u2028\u2029"
BREAK = re.compile(f"\r\n|[{BREAKS}]")
COMMENT = re.compile(f"#[^{BREAKS}]*")
_HEADER = re.compile(rf"[|>][+0-9-]*(?:[ \t]+(?P<comment>#[^{BREAKS}]*))?")
_BLANK_LINES = re.compile(rf"(?:[ \t]*(?:\r\n|[{BREAKS}]))*")


class Span(NamedTuple):
    """A stretch of the text."""

    start: int
    end: int


@dataclass(slots=True)
class Layout:
    """
    The first document: its nodes (None when there are none) and the places that the nodes do not tell.

    `colons` and `explicit` go by a mapping and the index of its entry: the offset behind the `:`, and the entries that
    begin with `?`. `opened` is the offset of the first character behind anchor and tag, for what is in flow style its
    bracket; `ends` that behind the closing bracket; `contents` where a scalar begins behind its anchor and tag.
    `document` is where the content begins (behind `---` if there is one), `end` where the document ends.
    """

    text: str
    root: Node | None = None
    end: int = 0
    document: int = 0
    opened: dict[Node, int] = field(default_factory=dict)
    ends: dict[Node, int] = field(default_factory=dict)
    aliases: dict[Alias, Span] = field(default_factory=dict)
    contents: dict[Scalar, int] = field(default_factory=dict)
    colons: dict[tuple[Node, int], int] = field(default_factory=dict)
    explicit: set[tuple[Node, int]] = field(default_factory=set)
    commas: dict[Node, list[int]] = field(default_factory=dict)
    comments: list[Span] = field(default_factory=list)
    # What has been made of it already, by the name of what it is.
    known: dict[str, Any] = field(default_factory=dict)
    _lines: list[int] = field(default_factory=list)

    def line(self, offset: int) -> int:
        """The line of an offset, from 1."""
        if not self._lines:
            self._lines.extend([0, *(match.end() for match in BREAK.finditer(self.text))])
        return bisect_right(self._lines, offset)

    def line_start(self, offset: int) -> int:
        """Where the line of an offset begins."""
        line = self.line(offset)
        return self._lines[line - 1]

    def offset(self, line: int, column: int) -> int:
        """The offset of a place that counts from 1."""
        self.line(0)
        return self._lines[line - 1] + column - 1

    def line_end(self, offset: int) -> int:
        """Where the text of the line of an offset ends, before its break."""
        match = BREAK.search(self.text, offset)
        return match.start() if match else len(self.text)

    def next_line(self, offset: int) -> int:
        """Where the line below that of an offset begins, which is the end of the text below the last one."""
        match = BREAK.search(self.text, offset)
        return match.end() if match else len(self.text)

    def start_of(self, node: Node) -> int:
        """Where a node begins, its anchor and tag included."""
        if isinstance(node, Scalar):
            return node.start
        return self.offset(node.line, node.column)

    def end_of(self, node: Node) -> int:
        """Where a node ends: behind its last character that is neither a blank nor a comment."""
        while True:
            if isinstance(node, Scalar):
                return self._scalar_end(node)
            if isinstance(node, Alias):
                return self.aliases[node].end
            if node in self.ends:
                return self.ends[node]
            if isinstance(node, Mapping):
                key, value = node.entries[-1]
                node = value if (node, len(node.entries) - 1) in self.colons else key
            else:
                node = node.items[-1]

    def entry_end(self, mapping: Mapping, index: int) -> int:
        """Where an entry ends; one in flow style may consist of its key alone."""
        key, value = mapping.entries[index]
        return self.end_of(value if (mapping, index) in self.colons else key)

    def _scalar_end(self, node: Scalar) -> int:
        if node.style not in ("literal", "folded"):
            return node.end
        end = node.end
        if "+" in self.header(node)[0]:
            # Empty lines below belong to the text.
            return self.behind_blank_lines(end if self.starts_line(end) else self.next_line(end))
        return end

    def behind_blank_lines(self, start: int) -> int:
        """The start of the first line that is not empty, from the start of a line on."""
        match = _BLANK_LINES.match(self.text, start)
        return match.end() if match else start

    def starts_line(self, offset: int) -> bool:
        """Whether an offset is the first of a line."""
        return offset == 0 or self.text[offset - 1] in BREAKS

    def header(self, node: Scalar) -> re.Match[str]:
        """The indicator of a block scalar, and as `comment` what may stand behind it."""
        match = _HEADER.match(self.text, self.contents[node])
        assert match is not None
        return match


def measure(data: bytes) -> Layout:
    """
    The layout of the first document of `data`.

    Raises YamlError where the text makes no document. Keys that stand twice are none of this function's business.
    """
    source = Text(data or b"\n")
    layout = Layout(source.characters if data else "")
    parser = _Parser(source, layout)
    layout.root = parser.document()
    layout.end = min(parser.end, len(layout.text)) if layout.root is not None else len(layout.text)
    layout.comments = _comments(layout.text, parser.tokens, layout.end)
    return layout


def _comments(text: str, tokens: list[Span], end: int) -> list[Span]:
    """What begins with `#` between the tokens, and behind the indicators of block scalars."""
    found: list[Span] = []
    reach = 0
    for token in (*sorted(tokens), Span(end, end)):
        if token.start > reach:
            found += [Span(*match.span()) for match in COMMENT.finditer(text, reach, token.start)]
        if text[token.start : token.start + 1] in ("|", ">") and token.end > token.start + 1:
            match = _HEADER.match(text, token.start)
            if match is not None and match["comment"] is not None:
                found.append(Span(*match.span("comment")))
        reach = max(reach, token.end)
    return found


class _Scanner(Scanner):
    """One that remembers what the parser took."""

    def __init__(self, source: Text, parser: _Parser) -> None:
        super().__init__(source)
        self._parser = parser

    def take(self) -> None:
        self._parser.taken(self.tokens[self.taken])
        super().take()


class _Parser(Parser):
    """One that writes down the places it comes by."""

    def __init__(self, source: Text, layout: Layout) -> None:
        super().__init__(source)
        self.scanner = _Scanner(source, self)
        self.layout = layout
        self.tokens: list[Span] = []
        self._last = 0

    def taken(self, token: Token) -> None:
        """A token that is now used up."""
        start = token.mark.offset
        self._last = token.end
        if token.end > start:
            self.tokens.append(Span(start, token.end))
        if token.kind == DOCUMENT_START:
            self.layout.document = token.end
        if token.kind == SCALAR or not self.open or not isinstance(self.open[-1].node, Mapping):
            return
        node = self.open[-1].node
        place = (node, len(node.entries))
        if token.kind == VALUE:
            self.layout.colons[place] = token.end
        elif token.kind == KEY and token.end > start:
            self.layout.explicit.add(place)
        elif token.kind == FLOW_ENTRY:
            self.layout.commas.setdefault(node, []).append(start)

    def _opened(self, node: Mapping | Sequence, anchor: str | None, token: Token, step: str) -> Node:
        self.layout.opened[node] = token.mark.offset
        return super()._opened(node, anchor, token, step)

    def _remove(self, top: object) -> None:
        opened = self.open[-1]
        # A pair in a list, `[a: 1]`, has no brackets of its own.
        if opened.node.flow and opened.step != "_pair_end":
            self.layout.ends[opened.node] = self._last
        super()._remove(opened)

    def _alias(self, token: Token) -> Alias:
        alias = super()._alias(token)
        self.layout.aliases[alias] = Span(token.mark.offset, token.end)
        return alias

    def _scalar(self, token: Token, start: Mark, anchor: str | None, tag: str) -> Scalar:
        node = super()._scalar(token, start, anchor, tag)
        self.layout.contents[node] = token.mark.offset
        return node
