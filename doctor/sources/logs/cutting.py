"""Blocks out of pieces that come one after the other: from a pipe, or out of compressed data."""

from __future__ import annotations

from collections.abc import Generator, Iterator

from doctor.sources.logs.probe import LONGEST, NOT_TEXT, is_binary
from doctor.sources.logs.records import boundary
from doctor.values import value


@value
class Block:
    """Whole records of the input `number`; `offset` is where they are in it, decompressed."""

    number: int
    offset: int
    data: bytes


class Cutter:
    """Collects pieces until they make a block. A line that is too long ends its block, so that offsets hold."""

    def __init__(self, number: int, offset: int, size: int, endless: int | None) -> None:
        self.cut = 0
        self.stopped: str | None = None
        self._number = number
        self._offset = offset
        self._size = self._wanted = size
        self._endless = endless
        self._held: list[bytes] = []
        self._length = 0
        self._fresh = True  # nothing but zeros so far
        self._skipped: int | None = None  # of a line that is too long

    def take(self, chunk: bytes) -> Iterator[Block]:
        """The blocks that are complete with this."""
        chunk = self._behind_long_line(self._behind_zeros(chunk))
        if not chunk or self.stopped is not None:
            return
        self._held.append(chunk)
        self._length += len(chunk)
        if self._length >= self._wanted:
            yield from self._blocks(final=False)

    def finish(self) -> Iterator[Block]:
        """What is left."""
        if self._fresh and not self._held and self._offset:
            self.stopped = NOT_TEXT
        yield from self._blocks(final=True)

    def _behind_zeros(self, chunk: bytes) -> bytes:
        """Without the zeros that all may begin with: a hole, as in `doctor.sources.logs.probe`, that was copied."""
        if not self._fresh or self._held or not chunk.startswith(b"\0"):
            return chunk
        kept = chunk.lstrip(b"\0")
        self._offset += len(chunk) - len(kept)
        if not kept and self._endless is not None and self._offset > self._endless:
            self.stopped = NOT_TEXT
        return kept

    def _behind_long_line(self, chunk: bytes) -> bytes:
        """Without the rest of a line that was cut."""
        if self._skipped is None:
            return chunk
        end = chunk.find(b"\n") + 1
        self._offset += end or len(chunk)
        self._skipped = None if end else self._skipped + len(chunk)
        if self._skipped is not None and self._endless is not None and self._skipped > self._endless:
            self.stopped = "reading stopped in a line that does not end"
        return chunk[end:] if end else b""

    def _blocks(self, final: bool) -> Iterator[Block]:
        data = b"".join(self._held)
        if self._fresh and (final or len(data) >= LONGEST) and is_binary(data[:LONGEST]):
            self.stopped = NOT_TEXT
            return
        data = yield from self._without_long_lines(data)
        end = len(data) if final else boundary(data)
        if end:
            yield self._block(data[:end], end)
            data = data[end:]
        self._held = [data] if data else []
        self._length = len(data)
        self._wanted = self._size if self._length < self._size else 2 * self._length

    def _without_long_lines(self, data: bytes) -> Generator[Block, None, bytes]:
        """Blocks up to and with each line that is too long; what follows the last of them."""
        while (start := long_line(data)) is not None:
            self.cut += 1
            end = start + LONGEST
            behind = data.find(b"\n", end) + 1
            self._skipped = None if behind else len(data) - end
            yield self._block(data[:end] + b"\n", behind or len(data))
            data = data[behind:] if behind else b""
        return data

    def _block(self, data: bytes, length: int) -> Block:
        """The next block, which takes this much of the input."""
        self._fresh = False
        block = Block(self._number, self._offset, data)
        self._offset += length
        return block


def long_line(data: bytes) -> int | None:
    """Where the first line begins that is longer than a line may be."""
    start = 0
    while len(data) - start > LONGEST:
        end = data.rfind(b"\n", start, start + LONGEST + 1)
        if end < 0:
            return start
        start = end + 1
    return None
