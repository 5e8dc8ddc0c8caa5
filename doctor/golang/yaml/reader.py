"""From bytes to text, refusing what yaml.v3 refuses, and not before it would notice."""

from __future__ import annotations

import re

# yaml.v3 reads and checks its input in pieces of this many bytes.
PIECE = 512

_REFUSED = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Text:
    """
    The decoded characters, and how far they go before the input is at fault.

    `fault` is yaml.v3's word for the first fault in the input, None for sound input; `limit` is how many characters
    yaml.v3 has before the piece with the fault: a problem before it is reported first.
    """

    __slots__ = ("characters", "column", "fault", "fault_at", "limit", "line")

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
        if refused is not None:
            self.fault = "control characters are not allowed"
            self.fault_at = refused.start()
        above = self.characters[: self.fault_at]
        self.line = above.count("\n") + 1
        self.column = self.fault_at - above.rfind("\n")
        self.limit = len(self.characters)
        if self.fault is not None and self.fault.startswith("incomplete"):
            # Only the end of the input shows that nothing more will come.
            self.limit = self.fault_at
            self.characters = self.characters[: self.limit]
        elif self.fault is not None:
            self._cut(encoding, mark)

    def _cut(self, encoding: str, mark: int) -> None:
        """Keep the characters of the pieces that are read before the one with the fault."""
        sizes = [len(character.encode(encoding)) for character in self.characters[: self.fault_at]]
        read, offset, count = PIECE, mark, 0
        pending = 0
        for size in sizes:
            if offset + size > read:
                # The rest of the piece is carried over, and the next one is shorter by as much.
                pending = count
                read += PIECE - (read - offset)
            offset += size
            count += 1
        if offset >= read:
            pending = count
        self.limit = pending
        self.characters = self.characters[:pending]


def _encoding(data: bytes) -> tuple[str, int]:
    if data.startswith(b"\xff\xfe"):
        return "utf-16-le", 2
    if data.startswith(b"\xfe\xff"):
        return "utf-16-be", 2
    return "utf-8", 3 if data.startswith(b"\xef\xbb\xbf") else 0


def _octets(body: bytes, start: int) -> str:
    first = body[start]
    width = 2 if first & 0xE0 == 0xC0 else 3 if first & 0xF0 == 0xE0 else 4 if first & 0xF8 == 0xF0 else 0
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
