"""Characters to tokens, by the rules of yaml.v3 3.0.1: indentation, simple keys, and what may start where."""

from __future__ import annotations

import re
import sys
from typing import NamedTuple, NoReturn

from doctor.golang.yaml.errors import YamlError
from doctor.golang.yaml.reader import Text

# Token kinds; small numbers, since they are compared all the time.
(
    STREAM_START,
    STREAM_END,
    VERSION,
    TAG_DIRECTIVE,
    DOCUMENT_START,
    DOCUMENT_END,
    BLOCK_SEQUENCE,
    BLOCK_MAPPING,
    BLOCK_END,
    FLOW_SEQUENCE,
    FLOW_SEQUENCE_END,
    FLOW_MAPPING,
    FLOW_MAPPING_END,
    BLOCK_ENTRY,
    FLOW_ENTRY,
    KEY,
    VALUE,
    ALIAS,
    ANCHOR,
    TAG,
    SCALAR,
) = range(21)


class Mark(NamedTuple):
    """A place: offset, line and column, all from 0."""

    offset: int
    line: int
    column: int


class Token:
    """One token. What `text` and `extra` hold depends on the kind; `style` is a scalar's."""

    __slots__ = ("end", "extra", "kind", "mark", "style", "text")

    def __init__(self, kind: int, mark: Mark, end: int, text: str = "", extra: str = "", style: str = "") -> None:
        self.kind = kind
        self.mark = mark
        self.end = end
        self.text = text
        self.extra = extra
        self.style = style


class ScanError(YamlError):
    """A problem found while cutting the text into tokens."""


class _SimpleKey:
    """A place where a key without `?` may have begun; its `:` must follow on the same line, within 1024 characters."""

    __slots__ = ("mark", "number", "possible", "required")

    def __init__(self, mark: Mark, number: int, *, possible: bool, required: bool) -> None:
        self.mark = mark
        self.number = number
        self.possible = possible
        self.required = required


DEEPEST = 10_000
LONGEST_KEY = 1024
# yaml.v3 looks no further than this for a comment that belongs to what it has just read.
COMMENT_REACH = 512

_BREAK = "\r\n\x85\u2028\u2029"
_BLANK_Z = frozenset(" \t\0" + _BREAK)
_BREAK_Z = frozenset("\0" + _BREAK)
_BREAKS = frozenset(_BREAK)
_NEVER_FIRST = frozenset(" \t\0-?:,[]{}#&*!|>'\"%@`" + _BREAK)
_FLOW_STOP = frozenset(",?[]{}")
_AFTER_ANCHOR = frozenset("?:,]}%@`") | _BLANK_Z

_SPACES = re.compile(" *")
_BLANKS = re.compile("[ \t]*")
_BREAK_ONE = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_REST_OF_LINE = re.compile(f"[^\0{_BREAK}]*")
_WORD = re.compile(f"[^ \t\0:{_BREAK}]*")
_FLOW_WORD = re.compile(f"[^ \t\0:,?\\[\\]{{}}{_BREAK}]*")
_COMMENT_AFTER = re.compile(rf"[ \t]{{0,{COMMENT_REACH - 1}}}#[^\0{_BREAK}]*")
_COMMENT_BELOW = re.compile(rf"[ \t\r\n]{{1,{COMMENT_REACH - 1}}}#")
_NAME = re.compile("[0-9A-Za-z_-]*")
_URI = re.compile(r"[0-9A-Za-z_;/?:@&=+$,.!~*'()\[\]-]*")
_SINGLE = re.compile(f"[^ \t\0'{_BREAK}]*")
_DOUBLE = re.compile(f'[^ \t\0"\\\\{_BREAK}]*')
_HEX = frozenset("0123456789abcdefABCDEF")

_ESCAPES = {
    "0": "\0",
    "a": "\a",
    "b": "\b",
    "t": "\t",
    "\t": "\t",
    "n": "\n",
    "v": "\v",
    "f": "\f",
    "r": "\r",
    "e": "\x1b",
    " ": " ",
    '"': '"',
    "'": "'",
    "\\": "\\",
    "N": "\x85",
    "_": "\xa0",
    "L": "\u2028",
    "P": "\u2029",
}
_ESCAPED_WIDTH = {"x": 2, "u": 4, "U": 8}


class Scanner:
    """The tokens of a text, made as the parser asks for them and no more than two ahead, as yaml.v3 does."""

    def __init__(self, source: Text) -> None:
        self.source = source
        self.text = source.characters + "\0\0\0\0"
        # Without a fault there is no limit to what may be looked at: all behind the end is NUL.
        self.limit = sys.maxsize if source.fault is None else source.limit
        self.marked = source.marked
        self.position = 0
        self.line = 0
        self.line_start = 0
        self.fresh_line = False
        self.tokens: list[Token] = []
        self.taken = 0
        self.dropped = 0
        self.indent = -1
        self.indents: list[int] = []
        self.flow_level = 0
        self.key_allowed = True
        self.keys = [_SimpleKey(Mark(0, 0, 0), 0, possible=False, required=False)]
        # Number of a token that may be a key -> flow level. As in yaml.v3, an entry can outlive its key, and then
        # speaks of whatever key the level has by now.
        self.waiting: dict[int, int] = {}
        self.tokens.append(Token(STREAM_START, Mark(0, 0, 0), 0))

    # --- the queue ---------------------------------------------------------------------------------------------

    def peek(self) -> Token:
        """The next token, kept."""
        tokens = self.tokens
        while len(tokens) - self.taken < 3 or (self.waiting and self._key_undecided()):
            self._fetch()
        return tokens[self.taken]

    def take(self) -> None:
        """Move on to the token after the one that `peek` gave."""
        self.taken += 1
        if self.taken > 4096:
            del self.tokens[: self.taken]
            self.dropped += self.taken
            self.taken = 0

    def _key_undecided(self) -> bool:
        """Whether the next token may still turn out to be a key."""
        level = self.waiting.get(self.dropped + self.taken)
        return level is not None and level < len(self.keys) and self._is_valid(self.keys[level])

    def _insert(self, number: int, token: Token) -> None:
        """Put a token before number `number`; last, as yaml.v3 does, when that one has been taken already."""
        place = number - self.dropped
        self.tokens.insert(place if place >= self.taken else len(self.tokens), token)

    # --- places and errors -------------------------------------------------------------------------------------

    def mark(self) -> Mark:
        """The current place."""
        return Mark(self.position, self.line, self.position - self.line_start)

    def _fail(self, problem: str, context: Mark | None = None, *, at_context: bool = False) -> NoReturn:
        here = self.mark()
        lines = [place.line for place in (context, here) if place is not None and place.line]
        where = f"line {lines[0] + 1}: " if lines else ""
        shown = context if at_context and context is not None else here
        raise ScanError(f"{where}{problem}", shown.line + 1, shown.column + 1)

    def _fail_reading(self) -> NoReturn:
        raise YamlError(str(self.source.fault), self.source.line, self.source.column)

    def _need(self, count: int) -> None:
        """yaml.v3 has its reader fetch that many characters here, and meets a fault in them before it judges any."""
        if self.position + count > self.limit:
            self._fail_reading()
        if self.marked and self.position + count > self.marked:
            self.marked = 0

    def _newline(self, end: int) -> None:
        self.position = self.line_start = end
        self.line += 1

    # --- the dispatcher ----------------------------------------------------------------------------------------

    def _fetch(self) -> None:
        if self.source.fault is None:
            self._fetch_token()
            return
        try:
            self._fetch_token()
        except ScanError:
            if self.position + 1 > self.limit:
                self._fail_reading()
            raise
        if self.position + 1 > self.limit:
            self._fail_reading()

    def _fetch_token(self) -> None:
        position, line, line_start = self.position, self.line, self.line_start
        self._skip_to_token()
        self._need(4)
        column = self.position - self.line_start
        if self.flow_level == 0 and self.indent > column:
            self._unroll(column, Mark(position, line, position - line_start))
        text, position = self.text, self.position
        character = text[position]
        if character == "\0":
            self._stream_end()
            return
        if column == 0:
            if character == "%":
                self._directive()
                return
            if character in "-." and text[position + 3] in _BLANK_Z and text.startswith(character * 3, position):
                self._document_indicator(DOCUMENT_START if character == "-" else DOCUMENT_END)
                return
        self.fresh_line = False
        self._fetch_content(character)
        if self.text[self.position] in " \t#" and self.tokens[-1].kind != BLOCK_ENTRY and not self.fresh_line:
            match = _COMMENT_AFTER.match(self.text, self.position)
            if match is not None:
                self.position = match.end()

    def _fetch_content(self, character: str) -> None:
        following = self.text[self.position + 1]
        flow = self.flow_level > 0
        if character not in _NEVER_FIRST:
            self._plain()
        elif character == ":" and (flow or following in _BLANK_Z):
            self._value()
        elif character == "-" and following in _BLANK_Z:
            self._block_entry()
        elif character == '"':
            self._quoted(double=True)
        elif character == "'":
            self._quoted(double=False)
        elif character in "[{":
            self._flow_start(FLOW_SEQUENCE if character == "[" else FLOW_MAPPING)
        elif character in "]}":
            self._flow_end(FLOW_SEQUENCE_END if character == "]" else FLOW_MAPPING_END)
        elif character == ",":
            self._forget_key()
            self.key_allowed = True
            self._single(FLOW_ENTRY)
        elif character == "?" and (flow or following in _BLANK_Z):
            self._explicit_key()
        elif character == "*":
            self._anchor(ALIAS)
        elif character == "&":
            self._anchor(ANCHOR)
        elif character == "!":
            self._tag()
        elif character in "|>" and not flow:
            self._block_scalar(literal=character == "|")
        elif (character == "-" and following not in " \t") or (
            not flow and character in "?:" and following not in _BLANK_Z
        ):
            self._plain()
        else:
            self._fail("found character that cannot start any token", self.mark())

    def _single(self, kind: int) -> None:
        self.tokens.append(Token(kind, self.mark(), self.position + 1))
        self.position += 1

    # --- between tokens ----------------------------------------------------------------------------------------

    def _skip_to_token(self) -> None:
        text = self.text
        while True:
            # yaml.v3 looks for a byte order mark at the start of its buffer instead of at the line it is at. With a
            # second mark in the file it so drops the first character of every line until the buffer is filled anew.
            if self.marked > self.position == self.line_start:
                self.position += 1
            if text[self.position] in " \t":
                blanks = _BLANKS if self.flow_level > 0 or not self.key_allowed else _SPACES
                self.position = blanks.match(text, self.position).end()  # type: ignore[union-attr]
            if text[self.position] == "#":
                self._comments()
            if text[self.position] not in _BREAKS:
                return
            self._newline(_BREAK_ONE.match(text, self.position).end())  # type: ignore[union-attr]
            if self.flow_level == 0:
                self.key_allowed = True

    def _comments(self) -> None:
        """A comment, and those on the lines below it, however they are indented, tabs included."""
        text = self.text
        while True:
            self.position = _REST_OF_LINE.match(text, self.position).end()  # type: ignore[union-attr]
            below = _COMMENT_BELOW.match(text, self.position)
            if below is None:
                return
            for line_break in _BREAK_ONE.finditer(text, self.position, below.end()):
                self._newline(line_break.end())
            self.position = below.end() - 1

    # --- simple keys and indentation ---------------------------------------------------------------------------

    def _is_valid(self, key: _SimpleKey) -> bool:
        if not key.possible:
            return False
        if key.mark.line < self.line or key.mark.offset + LONGEST_KEY < self.position:
            if key.required:
                self._fail("could not find expected ':'", key.mark, at_context=True)
            key.possible = False
            return False
        return True

    def _save_key(self) -> None:
        if not self.key_allowed:
            return
        mark = self.mark()
        required = self.flow_level == 0 and self.indent == mark.column
        key = _SimpleKey(mark, self.dropped + len(self.tokens), possible=True, required=required)
        self._forget_key()
        self.keys[-1] = key
        self.waiting[key.number] = len(self.keys) - 1

    def _forget_key(self) -> None:
        key = self.keys[-1]
        if key.possible:
            if key.required:
                self._fail("could not find expected ':'", key.mark, at_context=True)
            key.possible = False
            self.waiting.pop(key.number, None)

    def _roll(self, column: int, number: int | None, kind: int, mark: Mark) -> None:
        """Begin a block collection at a deeper column; its token goes before token `number`, or last."""
        if self.flow_level > 0 or self.indent >= column:
            return
        self.indents.append(self.indent)
        self.indent = column
        if len(self.indents) > DEEPEST:
            self._fail(f"exceeded max depth of {DEEPEST}", self.keys[-1].mark)
        token = Token(kind, mark, mark.offset)
        if number is None:
            self.tokens.append(token)
        else:
            self._insert(number, token)

    def _begin_here(self, kind: int, problem: str) -> None:
        """Begin a block collection at this column, where one may begin; nothing of the kind inside brackets."""
        if self.flow_level > 0:
            return
        mark = self.mark()
        if not self.key_allowed:
            self._fail(problem, mark)
        self._roll(mark.column, None, kind, mark)

    def _unroll(self, column: int, mark: Mark) -> None:
        while self.indent > column:
            self.tokens.append(Token(BLOCK_END, mark, mark.offset))
            self.indent = self.indents.pop()

    # --- tokens of structure -----------------------------------------------------------------------------------

    def _stream_end(self) -> None:
        if self.position != self.line_start:
            self.line += 1
            self.line_start = self.position
        if self.flow_level == 0:
            self._unroll(-1, self.mark())
        self._forget_key()
        self.key_allowed = False
        self.tokens.append(Token(STREAM_END, self.mark(), self.position))

    def _leave_document(self) -> None:
        if self.flow_level == 0:
            self._unroll(-1, self.mark())
        self._forget_key()
        self.key_allowed = False

    def _document_indicator(self, kind: int) -> None:
        self._leave_document()
        self.tokens.append(Token(kind, self.mark(), self.position + 3))
        self.position += 3

    def _flow_start(self, kind: int) -> None:
        self._save_key()
        mark = self.mark()
        self.keys.append(_SimpleKey(mark, self.dropped + len(self.tokens), possible=False, required=False))
        self.flow_level += 1
        if self.flow_level > DEEPEST:
            self._fail(f"exceeded max depth of {DEEPEST}", mark)
        self.key_allowed = True
        self._single(kind)

    def _flow_end(self, kind: int) -> None:
        self._forget_key()
        if self.flow_level > 0:
            self.flow_level -= 1
            self.waiting.pop(self.keys.pop().number, None)
        self.key_allowed = False
        self._single(kind)

    def _block_entry(self) -> None:
        self._begin_here(BLOCK_SEQUENCE, "block sequence entries are not allowed in this context")
        self._forget_key()
        self.key_allowed = True
        self._single(BLOCK_ENTRY)

    def _explicit_key(self) -> None:
        self._begin_here(BLOCK_MAPPING, "mapping keys are not allowed in this context")
        self._forget_key()
        self.key_allowed = self.flow_level == 0
        self._single(KEY)

    def _value(self) -> None:
        key = self.keys[-1]
        if self._is_valid(key):
            self._insert(key.number, Token(KEY, key.mark, key.mark.offset))
            self._roll(key.mark.column, key.number, BLOCK_MAPPING, key.mark)
            key.possible = False
            self.waiting.pop(key.number, None)
            self.key_allowed = False
        else:
            self._begin_here(BLOCK_MAPPING, "mapping values are not allowed in this context")
            self.key_allowed = self.flow_level == 0
        self._single(VALUE)

    # --- directives, anchors, tags -----------------------------------------------------------------------------

    def _directive(self) -> None:
        self._leave_document()
        start = self.mark()
        name = _NAME.match(self.text, self.position + 1)[0]  # type: ignore[index]
        self.position += 1 + len(name)
        if not name:
            self._fail("could not find expected directive name", start)
        if self.text[self.position] not in _BLANK_Z:
            self._fail("found unexpected non-alphabetical character", start)
        if name == "YAML":
            token = Token(VERSION, start, 0, *self._version(start))
        elif name == "TAG":
            token = Token(TAG_DIRECTIVE, start, 0, *self._tag_directive(start))
        else:
            self._fail("found unknown directive name", start)
        token.end = self.position
        self._skip_blanks()
        if self.text[self.position] == "#":
            self.position = _REST_OF_LINE.match(self.text, self.position).end()  # type: ignore[union-attr]
        if self.text[self.position] not in _BREAK_Z:
            self._fail("did not find expected comment or line break", start)
        match = _BREAK_ONE.match(self.text, self.position)
        if match is not None:
            self._newline(match.end())
        self.tokens.append(token)

    def _skip_blanks(self) -> None:
        self.position = _BLANKS.match(self.text, self.position).end()  # type: ignore[union-attr]

    def _version(self, start: Mark) -> tuple[str, str]:
        self._skip_blanks()
        major = self._version_number(start)
        if self.text[self.position] != ".":
            self._fail("did not find expected digit or '.' character", start)
        self.position += 1
        return major, self._version_number(start)

    def _version_number(self, start: Mark) -> str:
        digits = ""
        while self.text[self.position] in "0123456789":
            if len(digits) == 2:
                self._fail("found extremely long version number", start)
            digits += self.text[self.position]
            self.position += 1
        if not digits:
            self._fail("did not find expected version number", start)
        return str(int(digits))

    def _tag_directive(self, start: Mark) -> tuple[str, str]:
        self._skip_blanks()
        handle = self._tag_handle(start, directive=True)
        if self.text[self.position] not in " \t":
            self._fail("did not find expected whitespace", start)
        self._skip_blanks()
        prefix = self._tag_uri("", start)
        if self.text[self.position] not in _BLANK_Z:
            self._fail("did not find expected whitespace or line break", start)
        return handle, prefix

    def _anchor(self, kind: int) -> None:
        self._save_key()
        self.key_allowed = False
        start = self.mark()
        name = _NAME.match(self.text, self.position + 1)[0]  # type: ignore[index]
        self.position += 1 + len(name)
        if not name or self.text[self.position] not in _AFTER_ANCHOR:
            self._fail("did not find expected alphabetic or numeric character", start)
        self.tokens.append(Token(kind, start, self.position, name))

    def _tag(self) -> None:
        self._save_key()
        self.key_allowed = False
        start = self.mark()
        if self.text[self.position + 1] == "<":
            self.position += 2
            handle, suffix = "", self._tag_uri("", start)
            if self.text[self.position] != ">":
                self._fail("did not find the expected '>'", start)
            self.position += 1
        else:
            handle = self._tag_handle(start, directive=False)
            if len(handle) > 1 and handle.endswith("!"):
                suffix = self._tag_uri("", start)
            else:
                suffix = self._tag_uri(handle, start)
                handle = "!"
                if not suffix:
                    handle, suffix = "", "!"
        if self.text[self.position] not in _BLANK_Z:
            self._fail("did not find expected whitespace or line break", start)
        self.tokens.append(Token(TAG, start, self.position, handle, suffix))

    def _tag_handle(self, start: Mark, *, directive: bool) -> str:
        if self.text[self.position] != "!":
            self._fail("did not find expected '!'", start)
        name = _NAME.match(self.text, self.position + 1)[0]  # type: ignore[index]
        handle = "!" + name
        self.position += len(handle)
        if self.text[self.position] == "!":
            self.position += 1
            return handle + "!"
        if directive and handle != "!":
            self._fail("did not find expected '!'", start)
        return handle

    def _tag_uri(self, head: str, start: Mark) -> str:
        parts = [head[1:]]
        found = bool(head)
        while True:
            piece = _URI.match(self.text, self.position)[0]  # type: ignore[index]
            self.position += len(piece)
            parts.append(piece)
            if self.text[self.position] != "%":
                break
            parts.append(self._uri_escape(start))
        if not found and not any(parts):
            self._fail("did not find expected tag URI", start)
        return "".join(parts)

    def _uri_escape(self, start: Mark) -> str:
        octets = bytearray()
        width = 1
        while len(octets) < width:
            digits = self.text[self.position + 1 : self.position + 3]
            if self.text[self.position] != "%" or len(digits) < 2 or not _HEX.issuperset(digits):
                self._fail("did not find URI escaped octet", start)
            octet = int(digits, 16)
            if not octets:
                width = _utf8_width(octet)
                if width == 0:
                    self._fail("found an incorrect leading UTF-8 octet", start)
            elif octet & 0xC0 != 0x80:
                self._fail("found an incorrect trailing UTF-8 octet", start)
            octets.append(octet)
            self.position += 3
        return octets.decode("utf-8", "replace")

    # --- scalars -----------------------------------------------------------------------------------------------

    def _plain(self) -> None:
        self._save_key()
        self.key_allowed = False
        text, flow = self.text, self.flow_level > 0
        start = self.mark()
        indent = self.indent + 1
        word = _FLOW_WORD if flow else _WORD
        parts: list[str] = []
        end = position = self.position
        blanks = ""
        folded: str | None = None
        while True:
            if position + 4 > self.limit:
                self._fail_reading()
            if position == self.line_start and text[position] in "-." and self._at_document_indicator(position):
                break
            if text[position] == "#":
                break
            begin = position
            while True:
                position = word.match(text, position).end()  # type: ignore[union-attr]
                if text[position] != ":" or text[position + 1] in _BLANK_Z:
                    break
                position += 1
            if position > begin:
                parts.append(blanks if folded is None else folded)
                parts.append(text[begin:position])
                end, blanks, folded = position, "", None
            character = text[position]
            if character not in " \t" and character not in _BREAKS:
                break
            self.position = position
            blanks, folded = self._fold(blanks, folded, indent, start)
            position = self.position
            if not flow and position - self.line_start < indent:
                break
        self.position = position
        self.tokens.append(Token(SCALAR, start, end, "".join(parts), style="plain"))
        if folded is not None:
            self.key_allowed = True
            self.fresh_line = True

    def _at_document_indicator(self, position: int) -> bool:
        text = self.text
        return text[position + 3] in _BLANK_Z and text[position : position + 3] in ("---", "...")

    def _fold(self, blanks: str, folded: str | None, indent: int, start: Mark) -> tuple[str, str | None]:
        """
        Blanks and line breaks inside a plain scalar: (blanks on one line, or "" and what the breaks fold to).
        """
        text = self.text
        first: str | None = None
        more: list[str] = []
        while True:
            if first is None:
                match = _BLANKS.match(text, self.position)
                blanks += match[0]  # type: ignore[index]
                self.position = match.end()  # type: ignore[union-attr]
            else:
                run = _BLANKS.match(text, self.position)[0]  # type: ignore[index]
                inside = max(0, indent - (self.position - self.line_start))
                tab = run.find("\t", 0, inside)
                if tab >= 0:
                    self.position += tab
                    self._fail("found a tab character that violates indentation", start)
                self.position += len(run)
            match = _BREAK_ONE.match(text, self.position)
            if match is None:
                break
            kept = match[0] if match[0] in "\u2028\u2029" else "\n"
            if first is None:
                first = kept
                blanks = ""
            else:
                more.append(kept)
            self._newline(match.end())
        if first is None:
            return blanks, folded
        return "", _folded(first, more)

    def _quoted(self, *, double: bool) -> None:
        self._save_key()
        self.key_allowed = False
        text = self.text
        start = self.mark()
        self.position += 1
        chunk = _DOUBLE if double else _SINGLE
        quote = '"' if double else "'"
        parts: list[str] = []
        while True:
            self._need(4)
            if self.position == self.line_start and self._at_document_indicator(self.position):
                self._fail("found unexpected document indicator", start, at_context=True)
            if text[self.position] == "\0":
                self._fail("found unexpected end of stream", start, at_context=True)
            joined = False
            while True:
                match = chunk.match(text, self.position)
                parts.append(match[0])  # type: ignore[index]
                self.position = match.end()  # type: ignore[union-attr]
                character = text[self.position]
                if not double and character == "'" and text[self.position + 1] == "'":
                    parts.append("'")
                    self.position += 2
                elif double and character == "\\":
                    line_break = _BREAK_ONE.match(text, self.position + 1)
                    if line_break is not None:
                        self._newline(line_break.end())
                        joined = True
                        break
                    parts.append(self._escape(start))
                else:
                    break
            if text[self.position] == quote:
                break
            parts.append(self._quoted_blanks(joined=joined))
        self.position += 1
        style = "double" if double else "single"
        self.tokens.append(Token(SCALAR, start, self.position, "".join(parts), style=style))

    def _quoted_blanks(self, *, joined: bool) -> str:
        """Blanks and breaks between the words of a quoted scalar; `joined` when an escaped break came before."""
        text = self.text
        blanks = ""
        first: str | None = "" if joined else None
        more: list[str] = []
        while True:
            run = _BLANKS.match(text, self.position)[0]  # type: ignore[index]
            self.position += len(run)
            if first is None:
                blanks += run
            match = _BREAK_ONE.match(text, self.position)
            if match is None:
                break
            kept = match[0] if match[0] in "\u2028\u2029" else "\n"
            if first is None:
                first = kept
            else:
                more.append(kept)
            self._newline(match.end())
        if first is None:
            return blanks
        return _folded(first, more)

    def _escape(self, start: Mark) -> str:
        self._need(2)
        code = self.text[self.position + 1]
        if code in _ESCAPES:
            self.position += 2
            return _ESCAPES[code]
        width = _ESCAPED_WIDTH.get(code)
        if width is None:
            self._fail("found unknown escape character", start)
        self.position += 2
        digits = self.text[self.position : self.position + width]
        if len(digits) < width or not _HEX.issuperset(digits):
            self._fail("did not find expected hexdecimal number", start)
        value = int(digits, 16)
        if 0xD800 <= value <= 0xDFFF or value > 0x10FFFF:
            self._fail("found invalid Unicode character escape code", start)
        self.position += width
        return chr(value)

    def _block_scalar(self, *, literal: bool) -> None:
        self._forget_key()
        self.key_allowed = True
        text = self.text
        start = self.mark()
        self.position += 1
        chomping, increment = self._block_header(start)
        self._skip_blanks()
        if text[self.position] == "#":
            self.position = _REST_OF_LINE.match(text, self.position).end()  # type: ignore[union-attr]
        if text[self.position] not in _BREAK_Z:
            self._fail("did not find expected comment or line break", start)
        match = _BREAK_ONE.match(text, self.position)
        if match is not None:
            self._newline(match.end())
        end = self.position
        indent = max(self.indent, 0) + increment if increment else 0
        indent, breaks, last = self._block_breaks(indent, start)
        end = last if last is not None else end
        parts: list[str] = []
        leading_break, leading_blank = "", False
        while self.position - self.line_start == indent and text[self.position] != "\0":
            blank = text[self.position] in " \t"
            if not literal and leading_break.startswith("\n") and not leading_blank and not blank:
                if not breaks:
                    parts.append(" ")
            else:
                parts.append(leading_break)
            parts.append(breaks)
            leading_blank = blank
            line = _REST_OF_LINE.match(text, self.position)
            parts.append(line[0])  # type: ignore[index]
            self.position = line.end()  # type: ignore[union-attr]
            end = self.position
            match = _BREAK_ONE.match(text, self.position)
            leading_break = ""
            if match is not None:
                leading_break = match[0] if match[0] in "\u2028\u2029" else "\n"
                self._newline(match.end())
            indent, breaks, _ = self._block_breaks(indent, start)
        if chomping != "-":
            parts.append(leading_break)
        if chomping == "+":
            parts.append(breaks)
        self.fresh_line = True
        style = "literal" if literal else "folded"
        self.tokens.append(Token(SCALAR, start, end, "".join(parts), style=style))

    def _block_header(self, start: Mark) -> tuple[str, int]:
        chomping, increment = "", 0
        for _ in range(2):
            character = self.text[self.position]
            if not chomping and character in "+-":
                chomping = character
            elif not increment and character in "0123456789":
                if character == "0":
                    self._fail("found an indentation indicator equal to 0", start)
                increment = int(character)
            else:
                break
            self.position += 1
        return chomping, increment

    def _block_breaks(self, indent: int, start: Mark) -> tuple[int, str, int | None]:
        """Indentation and empty lines of a block scalar: its indent (found now if not given), the breaks, their end."""
        text = self.text
        breaks: list[str] = []
        deepest = 0
        last = None
        while True:
            run = len(_SPACES.match(text, self.position)[0])  # type: ignore[index]
            column = self.position - self.line_start
            if indent:
                run = max(0, min(run, indent - column))
            self.position += run
            column += run
            deepest = max(deepest, column)
            if (not indent or column < indent) and text[self.position] == "\t":
                self._fail("found a tab character where an indentation space is expected", start)
            match = _BREAK_ONE.match(text, self.position)
            if match is None:
                break
            breaks.append(match[0] if match[0] in "\u2028\u2029" else "\n")
            self._newline(match.end())
            last = self.position
        if not indent:
            indent = max(deepest, self.indent + 1, 1)
        return indent, "".join(breaks), last


def _folded(first: str, more: list[str]) -> str:
    """What line breaks become: one is a blank, several lose the first; LS and PS are kept."""
    if first == "\n":
        return "".join(more) if more else " "
    return first + "".join(more)


def _utf8_width(octet: int) -> int:
    if octet & 0x80 == 0:
        return 1
    for width, mask, mark in ((2, 0xE0, 0xC0), (3, 0xF0, 0xE0), (4, 0xF8, 0xF0)):
        if octet & mask == mark:
            return width
    return 0
