"""Putting lines together again that docker and the container runtimes cut into pieces of 16 KiB."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

# The longest line that is put together.
LONGEST = 1 << 20
# As much of a block tells whether it comes from where lines are cut.
_HEAD = 128 * 1024

_CRI = re.compile(rb"(\d{4}-[^ ]{5,40} (stdout|stderr) )([FP])((?::[^ ]{0,100})?(?: |$))")
# How docker's object begins. It has no blanks; what other programs make of it has one behind each colon and comma.
_OBJECT = b'{"log":'
# How the text of a whole line ends in it, and how one that ends in a backslash and an n may.
_END, _NO_END = b'\\n","', b'\\\\n","'
_DOCKER = re.compile(rb'(\{"log": ?")((?:[^"\\]++|\\.)*+)("(?:, ?"stream": ?"(\w{0,10})")?[^\n]*)')


@dataclass(slots=True)
class _Piece:
    """A piece of a line: what stands before and after it in its first piece, and whether more of it comes."""

    key: tuple[str, bytes]
    before: bytes
    held: bytes
    after: bytes
    partial: bool


@dataclass(slots=True)
class _Chain:
    number: int
    first: _Piece
    held: list[bytes] = field(default_factory=list)
    size: int = 0

    def add(self, piece: bytes) -> None:
        """One more, when there is room."""
        self.size += len(piece)
        if self.size <= LONGEST or not self.held:
            self.held.append(piece)

    def whole(self) -> bytes:
        """The line that the first piece would be if it had not been cut."""
        held = b"".join(self.held)
        if self.first.key[0] == "docker" and not _ends(held):
            held += b"\\n"
        return self.first.before + held + self.first.after


def _ends(text: bytes) -> bool:
    """Whether JSON text ends in a line break, not in an escaped backslash and an n."""
    before = text[:-1]
    return text.endswith(b"n") and (len(before) - len(before.rstrip(b"\\"))) % 2 == 1


def _piece(line: bytes) -> _Piece | None:
    """A line as a piece; None for one that is never cut."""
    first = line[:1]
    if first == b"{":
        docker = _DOCKER.match(line)
        if docker is not None:
            return _Piece(("docker", docker[4] or b""), docker[1], docker[2], docker[3], not _ends(docker[2]))
    elif first.isdigit():
        cri = _CRI.match(line)
        if cri is not None:
            return _Piece(("cri", cri[2]), cri[1] + b"F" + cri[4], line[cri.end() :], b"", cri[3] == b"P")
    return None


class Joiner:
    """
    Takes the lines of one input in order and gives whole ones, in the same wrapper, with the number of the first piece.

    What does not fit into 1 MiB is left out. A line comes out when its last piece is there, so not always in order.
    """

    def __init__(self) -> None:
        self._open: dict[tuple[str, bytes], _Chain] = {}

    def add(self, number: int, line: bytes) -> tuple[int, bytes] | None:
        """One line, without its line break; None while more of it has to come."""
        if not self._open and _END in line and _NO_END not in line:
            return number, line
        piece = _piece(line)
        if piece is None:
            return number, line
        chain = self._open.get(piece.key)
        if chain is None:
            if not piece.partial:
                return number, line
            chain = self._open[piece.key] = _Chain(number, piece)
        chain.add(piece.held)
        return None if piece.partial else self._closed(piece.key)

    def _closed(self, key: tuple[str, bytes]) -> tuple[int, bytes]:
        chain = self._open.pop(key)
        return chain.number, chain.whole()

    def rest(self) -> list[tuple[int, bytes]]:
        """Those whose end never came."""
        return [self._closed(key) for key in list(self._open)]


def whole_lines(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """The whole lines among these, numbered from 0."""
    joiner = Joiner()
    for number, line in enumerate(lines):
        whole = joiner.add(number, line)
        if whole is not None:
            yield whole
    yield from joiner.rest()


def mend(block: bytes) -> bytes:
    """
    The same block with lines in pieces put together, each at the place of its first piece.

    It has as many line breaks as before: empty lines stand for the other pieces. A block without pieces, as nearly all
    are, comes back as it is.
    """
    if not _may_have_pieces(block):
        return block
    lines = block.split(b"\n")
    mended = [b""] * len(lines)
    for number, line in whole_lines(lines):
        mended[number] = line
    return b"\n".join(mended)


def _may_have_pieces(block: bytes) -> bool:
    if block.find(b" stdout ", 0, _HEAD) >= 0 or block.find(b" stderr ", 0, _HEAD) >= 0:
        return b" stdout P" in block or b" stderr P" in block
    at = block.find(_OBJECT, 0, _HEAD)
    if at < 0:
        return False
    if block.startswith(b'"', at + len(_OBJECT)):
        return block.count(b'{"log":"') > block.count(_END) - block.count(_NO_END)
    return block.count(b'{"log": "') > block.count(b'\\n", "') - block.count(b'\\\\n", "')
