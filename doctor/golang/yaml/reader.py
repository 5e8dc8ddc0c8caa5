"""From bytes to text, refusing what yaml.v3 refuses, and not before it would notice."""

from __future__ import annotations

import re

# yaml.v3 reads and checks its input in pieces of this many bytes.
PIECE = 512

# What may not stand in a document. Named by what is refused: the complement takes ten times as long to compile.
_REFUSED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")


class Text:
    """
    The decoded characters, and how far they go before the input is at fault.

    `fault` is yaml.v3's word for the first fault in the input, None for sound input; `limit` is how many characters
    yaml.v3 has before the piece with the fault: a problem before it is reported first. `marked` is how many characters
    the first piece has when a second byte order mark leads it, else 0.
    """

    __slots__ = ("characters", "column", "fault", "fault_at", "limit", "line", "marked")

    def __init__(self, data: bytes) -> None:
        encoding, mark = _encoding(data)
        body = data[mark:]
        self.fault: str | None = None
        self.fault_at = 0
        try:
            self.characters = body.decode(encoding)
            refused = _REFUSED.search(self.characters)
        except UnicodeDecodeError as error:
            good = body[: error.start].decode(encoding, "ignore")
            refused = _REFUSED.search(good)
            self.characters = good
            if refused is None:
                self.fault = _octets(body, error.start) if encoding == "utf-8" else _surrogates(body, error, encoding)
                self.fault_at = len(good)
                offset = error.start
        if refused is not None:
            self.fault = "control characters are not allowed"
            self.fault_at = refused.start()
            offset = len(self.characters[: self.fault_at].encode(encoding))
        self.marked = 0
        if self.characters.startswith("\ufeff"):
            self.marked = len(
                data[mark : _whole(data, mark, min(PIECE, len(data)), encoding)].decode(encoding, "ignore")
            )
        above = self.characters[: self.fault_at]
        self.line = above.count("\n") + 1
        self.column = self.fault_at - above.rfind("\n")
        self.limit = len(self.characters)
        if self.fault is not None and self.fault.startswith("incomplete"):
            # Only the end of the input shows that nothing more will come.
            self.limit = self.fault_at
            self.characters = self.characters[: self.limit]
        elif self.fault is not None:
            self.characters = body[: _piece_with(data, mark, mark + offset, encoding) - mark].decode(encoding)
            self.limit = len(self.characters)


def _piece_with(data: bytes, mark: int, fault: int, encoding: str) -> int:
    """Where the piece begins in which the reader meets the character at `fault`."""
    start, end = mark, PIECE
    while True:
        # A character that is not whole in this piece is carried over, and the next piece begins with it.
        end = _whole(data, start, min(end, len(data)), encoding)
        if end > fault or end >= len(data):
            return start
        start, end = end, end + PIECE


def _whole(data: bytes, start: int, end: int, encoding: str) -> int:
    """`end`, or the start of the character that it cuts in two."""
    if encoding == "utf-8":
        for lead in range(max(start, end - 3), end):
            if _width(data[lead]) > end - lead:
                return lead
        return end
    end -= (end - start) % 2
    high = data[end - 1] if encoding == "utf-16-le" else data[end - 2]
    return end - 2 if end - start > 2 and high & 0xFC == 0xD8 else end


def _width(octet: int) -> int:
    """How many bytes a character has that begins with this one; 0 when none does."""
    if octet & 0x80 == 0:
        return 1
    return 2 if octet & 0xE0 == 0xC0 else 3 if octet & 0xF0 == 0xE0 else 4 if octet & 0xF8 == 0xF0 else 0


def _encoding(data: bytes) -> tuple[str, int]:
    if data.startswith(b"\xff\xfe"):
        return "utf-16-le", 2
    if data.startswith(b"\xfe\xff"):
        return "utf-16-be", 2
    return "utf-8", 3 if data.startswith(b"\xef\xbb\xbf") else 0


def _octets(body: bytes, start: int) -> str:
    first = body[start]
    width = _width(first)
    if width == 0:
        return "invalid leading UTF-8 octet"
    sequence = body[start : start + width]
    if len(sequence) < width:
        return "incomplete UTF-8 octet sequence"
    if any(octet & 0xC0 != 0x80 for octet in sequence[1:]):
        return "invalid trailing UTF-8 octet"
    value = first & (0xFF >> (width + 1))
    for octet in sequence[1:]:
        value = value << 6 | octet & 0x3F
    if value < {2: 0x80, 3: 0x800, 4: 0x10000}[width]:
        return "invalid length of a UTF-8 sequence"
    return "invalid Unicode character"


def _surrogates(body: bytes, error: UnicodeDecodeError, encoding: str) -> str:
    order = "little" if encoding.endswith("le") else "big"
    unit = body[error.start : error.start + 2]
    if len(unit) < 2:
        return "incomplete UTF-16 character"
    if int.from_bytes(unit, order) & 0xFC00 == 0xDC00:  # type: ignore[arg-type]
        return "unexpected low surrogate area"
    if len(body) < error.start + 4:
        return "incomplete UTF-16 surrogate pair"
    return "expected low surrogate area"
