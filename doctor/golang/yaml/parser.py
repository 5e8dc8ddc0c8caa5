"""Tokens to a tree of nodes, by the grammar of yaml.v3 3.0.1; explicit stacks, since the input decides the depth."""

from __future__ import annotations

from typing import NoReturn

from doctor.golang.yaml.errors import YamlError
from doctor.golang.yaml.nodes import Alias, Mapping, Node, Scalar, Sequence
from doctor.golang.yaml.reader import Text
from doctor.golang.yaml.resolve import plain_value, short_tag
from doctor.golang.yaml.scanner import (
    ALIAS,
    ANCHOR,
    BLOCK_END,
    BLOCK_ENTRY,
    BLOCK_MAPPING,
    BLOCK_SEQUENCE,
    DOCUMENT_END,
    DOCUMENT_START,
    FLOW_ENTRY,
    FLOW_MAPPING,
    FLOW_MAPPING_END,
    FLOW_SEQUENCE,
    FLOW_SEQUENCE_END,
    KEY,
    SCALAR,
    STREAM_END,
    TAG,
    TAG_DIRECTIVE,
    VALUE,
    VERSION,
    Mark,
    Scanner,
    Token,
)

_BEFORE_CONTENT = frozenset((VERSION, TAG_DIRECTIVE, DOCUMENT_START))
_NOT_CONTENT = frozenset((VERSION, TAG_DIRECTIVE, DOCUMENT_START, DOCUMENT_END, STREAM_END))
_ENDS_ENTRY = frozenset((BLOCK_ENTRY, BLOCK_END))
_ENDS_INDENTLESS_ENTRY = frozenset((BLOCK_ENTRY, KEY, VALUE, BLOCK_END))
_ENDS_KEY = frozenset((KEY, VALUE, BLOCK_END))
_ENDS_FLOW_KEY = frozenset((VALUE, FLOW_ENTRY, FLOW_MAPPING_END))
_ENDS_FLOW_VALUE = frozenset((FLOW_ENTRY, FLOW_MAPPING_END))
_ENDS_PAIR_KEY = frozenset((VALUE, FLOW_ENTRY, FLOW_SEQUENCE_END))
_ENDS_PAIR_VALUE = frozenset((FLOW_ENTRY, FLOW_SEQUENCE_END))

_STANDARD_HANDLES = {"!": "!", "!!": "tag:yaml.org,2002:"}


class ParseError(YamlError):
    """Tokens that do not make a document."""


class _Open:
    """A collection whose end is still to come."""

    __slots__ = ("first", "key", "mark", "node", "step")

    def __init__(self, node: Mapping | Sequence, mark: Mark, step: str) -> None:
        self.node = node
        self.mark = mark
        self.step = step
        self.first = True
        self.key: Node | None = None


class Parser:
    """The first document of a text, and no more of the text than yaml.v3 looks at."""

    def __init__(self, source: Text) -> None:
        self.scanner = Scanner(source)
        self.text = self.scanner.text
        self.anchors: dict[str, Node] = {}
        self.handles: dict[str, str] = {}
        self.open: list[_Open] = []
        self.end = 0

    def document(self) -> Node | None:
        """The root of the first document, None when the text holds none."""
        scanner = self.scanner
        scanner.peek()
        scanner.take()
        token = scanner.peek()
        if token.kind == STREAM_END:
            return None
        explicit = token.kind in _BEFORE_CONTENT
        self._directives()
        if explicit:
            token = scanner.peek()
            if token.kind != DOCUMENT_START:
                self._fail("did not find expected <document start>", None, token)
            scanner.take()
            token = scanner.peek()
        if explicit and token.kind in _NOT_CONTENT:
            root: Node = self._empty(token.mark)
        else:
            root = self._node(block=True)
        while self.open:
            top = self.open[-1]
            getattr(self, top.step)(top)
        # The end of the document is an event of its own, and yaml.v3 waits for it.
        self.end = scanner.peek().mark.offset
        return root

    # --- errors ------------------------------------------------------------------------------------------------

    def _fail(self, problem: str, context: Mark | None, token: Token) -> NoReturn:
        line = (context.line if context is not None else 0) or token.mark.line
        where = f"line {line}: " if line else ""
        # What is never closed is shown where it was opened.
        shown = context if context is not None and token.kind == STREAM_END else token.mark
        raise ParseError(f"{where}{problem}", shown.line + 1, shown.column + 1)

    # --- directives --------------------------------------------------------------------------------------------

    def _directives(self) -> None:
        scanner = self.scanner
        token = scanner.peek()
        versioned = False
        while token.kind in (VERSION, TAG_DIRECTIVE):
            if token.kind == VERSION:
                if versioned:
                    self._fail("found duplicate %YAML directive", None, token)
                if (token.text, token.extra) != ("1", "1"):
                    self._fail("found incompatible YAML document", None, token)
                versioned = True
            elif token.text in self.handles:
                self._fail("found duplicate %TAG directive", None, token)
            else:
                self.handles[token.text] = token.extra
            scanner.take()
            token = scanner.peek()
        self.handles = {**_STANDARD_HANDLES, **self.handles}

    # --- nodes -------------------------------------------------------------------------------------------------

    def _node(self, *, block: bool, indentless: bool = False) -> Node:
        """The node that begins here: whole if it is a scalar or alias, else opened for the steps below to fill."""
        scanner = self.scanner
        token = scanner.peek()
        if token.kind == ALIAS:
            scanner.take()
            return self._alias(token)
        start, anchor, tag, end = token.mark, None, "", 0
        if token.kind in (ANCHOR, TAG):
            anchor, tag, token, end = self._properties(token)
        kind = token.kind
        if indentless and kind == BLOCK_ENTRY:
            return self._opened(Sequence(tag or "!!seq", *_place(start), flow=False), anchor, token, "_indentless")
        if kind == SCALAR:
            scanner.take()
            return self._scalar(token, start, anchor, tag)
        if kind == FLOW_SEQUENCE:
            return self._opened(Sequence(tag or "!!seq", *_place(start), flow=True), anchor, token, "_flow_sequence")
        if kind == FLOW_MAPPING:
            return self._opened(Mapping(tag or "!!map", *_place(start), flow=True), anchor, token, "_flow_key")
        if block and kind == BLOCK_SEQUENCE:
            return self._opened(Sequence(tag or "!!seq", *_place(start), flow=False), anchor, token, "_block_entry")
        if block and kind == BLOCK_MAPPING:
            return self._opened(Mapping(tag or "!!map", *_place(start), flow=False), anchor, token, "_block_key")
        if not end:
            self._fail("did not find expected node content", start, token)
        empty = self._empty(start, anchor, tag)
        empty.written, empty.end = self.text[start.offset : end], end
        return empty

    def _properties(self, token: Token) -> tuple[str | None, str, Token, int]:
        """Anchor and tag, in either order, the token after them, and where they end."""
        scanner = self.scanner
        start = token.mark
        anchor, tag_token = None, None
        seen: set[int] = set()
        end = token.end
        while token.kind in (ANCHOR, TAG) and token.kind not in seen:
            seen.add(token.kind)
            end = token.end
            if token.kind == ANCHOR:
                anchor = token.text
            else:
                tag_token = token
            scanner.take()
            token = scanner.peek()
        tag = self._full_tag(tag_token, start) if tag_token is not None else ""
        return anchor, tag, token, end

    def _full_tag(self, token: Token, start: Mark) -> str:
        tag = token.extra
        if token.text:
            prefix = self.handles.get(token.text, "")
            tag = prefix + token.extra if token.text in self.handles else ""
            if not tag:
                self._fail("found undefined tag handle", start, token)
        return "" if tag == "!" else short_tag(tag)

    def _opened(self, node: Mapping | Sequence, anchor: str | None, token: Token, step: str) -> Node:
        if anchor is not None:
            node.anchor = anchor
            self.anchors[anchor] = node
        if step != "_indentless":
            self.scanner.take()
        self.open.append(_Open(node, token.mark, step))
        return node

    def _alias(self, token: Token) -> Alias:
        target = self.anchors.get(token.text)
        if target is None:
            message = f"unknown anchor '{token.text}' referenced"
            raise ParseError(message, token.mark.line + 1, token.mark.column + 1)
        return Alias(token.text, target, *_place(token.mark))

    def _scalar(self, token: Token, start: Mark, anchor: str | None, tag: str) -> Scalar:
        text, style = token.text, token.style
        value = None
        decoded = style == "plain" and not tag
        if decoded:
            tag, value = plain_value(text)
        node = Scalar(
            text,
            self.text[start.offset : token.end],
            style,
            tag or "!!str",
            start.line + 1,
            start.column + 1,
            start.offset,
            token.end,
            anchor,
            decoded,
            value,
        )
        if anchor is not None:
            self.anchors[anchor] = node
        return node

    def _empty(self, mark: Mark, anchor: str | None = None, tag: str = "") -> Scalar:
        node = Scalar("", "", "plain", tag or "!!null", *_place(mark), mark.offset, mark.offset, anchor, not tag)
        if anchor is not None:
            self.anchors[anchor] = node
        return node

    # --- steps: one entry, key or value of the innermost open collection ---------------------------------------

    def _block_entry(self, top: _Open) -> None:
        scanner = self.scanner
        token = scanner.peek()
        if token.kind == BLOCK_ENTRY:
            scanner.take()
            following = scanner.peek()
            entry = self._empty(_after(token)) if following.kind in _ENDS_ENTRY else self._node(block=True)
            top.node.items.append(entry)  # type: ignore[union-attr]
        elif token.kind == BLOCK_END:
            scanner.take()
            self._remove(top)
        else:
            self._fail("did not find expected '-' indicator", top.mark, token)

    def _indentless(self, top: _Open) -> None:
        scanner = self.scanner
        token = scanner.peek()
        if token.kind != BLOCK_ENTRY:
            self._remove(top)
            return
        scanner.take()
        following = scanner.peek()
        entry = self._empty(_after(token)) if following.kind in _ENDS_INDENTLESS_ENTRY else self._node(block=True)
        top.node.items.append(entry)  # type: ignore[union-attr]

    def _block_key(self, top: _Open) -> None:
        scanner = self.scanner
        token = scanner.peek()
        if token.kind == KEY:
            scanner.take()
            following = scanner.peek()
            top.step = "_block_value"
            if following.kind in _ENDS_KEY:
                top.key = self._empty(_after(token))
            else:
                top.key = self._node(block=True, indentless=True)
        elif token.kind == BLOCK_END:
            scanner.take()
            self._remove(top)
        else:
            self._fail("did not find expected key", top.mark, token)

    def _block_value(self, top: _Open) -> None:
        scanner = self.scanner
        token = scanner.peek()
        top.step = "_block_key"
        value: Node
        if token.kind == VALUE:
            scanner.take()
            following = scanner.peek()
            if following.kind in _ENDS_KEY:
                value = self._empty(_after(token))
            else:
                value = self._node(block=True, indentless=True)
        else:
            value = self._empty(token.mark)
        self._pair(top, value)

    def _flow_sequence(self, top: _Open) -> None:
        scanner = self.scanner
        token = scanner.peek()
        if token.kind != FLOW_SEQUENCE_END:
            if not top.first:
                if token.kind != FLOW_ENTRY:
                    self._fail("did not find expected ',' or ']'", top.mark, token)
                scanner.take()
                token = scanner.peek()
            top.first = False
            if token.kind == KEY:
                scanner.take()
                pair = Mapping("!!map", *_place(token.mark), flow=True)
                top.node.items.append(pair)  # type: ignore[union-attr]
                self.open.append(_Open(pair, token.mark, "_pair_key"))
                return
            if token.kind != FLOW_SEQUENCE_END:
                top.node.items.append(self._node(block=False))  # type: ignore[union-attr]
                return
        scanner.take()
        self._remove(top)

    def _pair_key(self, top: _Open) -> None:
        scanner = self.scanner
        token = scanner.peek()
        top.step = "_pair_value"
        if token.kind in _ENDS_PAIR_KEY:
            # Whatever the token is, yaml.v3 passes over it.
            scanner.take()
            top.key = self._empty(_after(token))
        else:
            top.key = self._node(block=False)

    def _pair_value(self, top: _Open) -> None:
        scanner = self.scanner
        token = scanner.peek()
        top.step = "_pair_end"
        if token.kind == VALUE:
            scanner.take()
            if scanner.peek().kind not in _ENDS_PAIR_VALUE:
                self._pair(top, self._node(block=False))
                return
        self._pair(top, self._empty(token.mark))

    def _pair_end(self, top: _Open) -> None:
        self.scanner.peek()
        self._remove(top)

    def _flow_key(self, top: _Open) -> None:
        scanner = self.scanner
        token = scanner.peek()
        if token.kind != FLOW_MAPPING_END:
            if not top.first:
                if token.kind != FLOW_ENTRY:
                    self._fail("did not find expected ',' or '}'", top.mark, token)
                scanner.take()
                token = scanner.peek()
            top.first = False
            if token.kind == KEY:
                scanner.take()
                token = scanner.peek()
                top.step = "_flow_value"
                top.key = self._empty(token.mark) if token.kind in _ENDS_FLOW_KEY else self._node(block=False)
                return
            if token.kind != FLOW_MAPPING_END:
                top.step = "_flow_no_value"
                top.key = self._node(block=False)
                return
        scanner.take()
        self._remove(top)

    def _flow_value(self, top: _Open) -> None:
        scanner = self.scanner
        token = scanner.peek()
        top.step = "_flow_key"
        if token.kind == VALUE:
            scanner.take()
            token = scanner.peek()
            if token.kind not in _ENDS_FLOW_VALUE:
                self._pair(top, self._node(block=False))
                return
        self._pair(top, self._empty(token.mark))

    def _flow_no_value(self, top: _Open) -> None:
        top.step = "_flow_key"
        self._pair(top, self._empty(self.scanner.peek().mark))

    def _pair(self, top: _Open, value: Node) -> None:
        assert isinstance(top.node, Mapping)
        assert top.key is not None
        top.node.entries.append((top.key, value))
        top.key = None

    def _remove(self, top: _Open) -> None:
        assert self.open[-1] is top
        self.open.pop()


def _place(mark: Mark) -> tuple[int, int]:
    return mark.line + 1, mark.column + 1


def _after(token: Token) -> Mark:
    return Mark(token.end, token.mark.line, token.mark.column + token.end - token.mark.offset)
