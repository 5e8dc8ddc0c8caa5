"""
Blocks in which many lines matter: it is faster to take the message out of every line than to search for all literals.

It is done by one regular expression over all lines, in pieces that stay in the processor's cache.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import accumulate, compress

from doctor.logs.bulk import Rows
from doctor.logs.kinds import Kind
from doctor.logs.layout import LEVEL, MESSAGE, STAMP, TO_LEVEL
from doctor.logs.matcher import Hits
from doctor.logs.quoting import go_unquote, load

# From one line in so many on, a block is crowded; it is judged by some pieces of it.
CROWDED = 8
SAMPLES, SAMPLE = 8, 16 * 1024
_PIECE = 256 * 1024
# Level and message of every line, both as they stand there; nothing for a line that is written in another way. A
# message goes up to its last quote (quoted twice, a backslash is four of them, and a quote has three before it), which
# is fast but may lead into the next line, or ends with its line.
_LINE, _CAREFUL = (
    re.compile(
        rb'\n(?:time=.{23}Z .{%d}%s((?:INFO|WARN|ERROR|DEBUG)%s%s*+)\\")?'
        % (TO_LEVEL - len(LEVEL) - 1, re.escape(LEVEL), re.escape(MESSAGE), text)
    )
    for text in (rb"[^\\]*+(?:\\\\(?:\\[\\\"]|[^\\\n])[^\\]*+)", rb"(?:[^\\\n]++|\\\\(?:\\[\\\"]|[^\\\n]))")
)
# Messages of no interest that are remembered.
MOST_REMEMBERED = 20_000
_Find = Callable[[bytes], Hits]


def is_crowded(block: bytes, find: _Find) -> bool:
    """Whether a good part of the lines has a literal in it, most of them being in the program's own format."""
    matter = lines = plain = 0
    for start in range(0, len(block), max(len(block) // SAMPLES, SAMPLE)):
        piece = block[start : start + SAMPLE]
        lines += piece.count(b"\n")
        plain += piece.count(b"\ntime=")
        done = 0
        for end, _ in find(piece):
            if end > done:
                matter += 1
                done = piece.find(b"\n", end - 1)
                if done < 0:
                    break
    return matter * CROWDED > lines and plain * 2 > lines


class Judge(dict[bytes, "Kind | None"]):
    """
    The kind of a line by its level and message, as they stand in it.

    None for what is of no interest, `unsure` for what has to be looked at by itself.
    """

    def __init__(self, kinds: dict[bytes, Kind], unsure: Kind, by_pattern: Callable[[bytes], Kind | None]) -> None:
        self.unsure = unsure
        self._kinds, self._by_pattern = kinds, by_pattern

    def __missing__(self, key: bytes) -> Kind | None:
        kind = self._judged(key)
        if len(self) < MOST_REMEMBERED:
            self[key] = kind
        return kind

    def _judged(self, key: bytes) -> Kind | None:
        message = key.partition(MESSAGE)[2]
        if b"\\" in message:
            said = load(go_unquote(b'\\"' + message + b'\\"'))
            if not isinstance(said, str):
                return self.unsure
            message = said.encode("utf-8", "replace")
        kind = self._kinds.get(message)
        if kind is not None:
            return kind if kind.simple else self.unsure
        # Nothing of these levels is left out; an empty key is that of a line in another format.
        certain = key[:1] not in (b"E", b"W", b"") and self._by_pattern(message) is None
        return None if certain else self.unsure


@dataclass(slots=True)
class Crowd:
    """The lines of a block: those of a simple kind, and the places of the others that may matter."""

    block: bytes
    rows: Rows = field(default_factory=Rows)
    # Where these begin, and their numbers.
    others: list[tuple[int, int]] = field(default_factory=list)
    lines: int = 0
    # Where each piece begins, and with which line.
    _starts: list[int] = field(default_factory=list)
    _numbers: list[int] = field(default_factory=list)

    def read(self, judge: Judge, find: _Find) -> None:
        """Go through all lines."""
        rows, unsure = self.rows, judge.unsure
        for start, end in self._pieces():
            lines = self.block[start:end].split(b"\n")
            first = self.lines
            kinds = list(map(judge.__getitem__, self._keys(start, end, len(lines))))
            if unsure in kinds:
                unknown = _places(kinds, unsure)
                for at in unknown:
                    kinds[at] = None
                self.others += _with_places(
                    [at for at in unknown if lines[at] and find(lines[at])], lines, start, first
                )
            found = list(compress(lines, kinds))
            rows.kinds += filter(None, kinds)
            rows.places += compress(range(first, first + len(lines)), kinds)
            rows.lines += found
            rows.stamps += [line[STAMP] for line in found]  # while they are in the cache
            self._starts.append(start)
            self._numbers.append(first)
            self.lines += len(lines)

    def _keys(self, start: int, end: int, lines: int) -> list[bytes]:
        """Levels and messages of so many lines."""
        # Each line begins behind a line break, but for the first.
        text, start = (self.block, start - 1) if start else (b"\n" + self.block[:end], 0)
        keys = _LINE.findall(text, start, end + (text is not self.block))
        return keys if len(keys) == lines else _CAREFUL.findall(text, start, end + (text is not self.block))

    def _pieces(self) -> Iterator[tuple[int, int]]:
        """Beginnings and ends of some lines, without the last line break."""
        start, size = 0, len(self.block)
        while start < size:
            end = self.block.find(b"\n", start + _PIECE)
            yield start, end if end >= 0 else size - self.block.endswith(b"\n")
            start = end + 1 if end >= 0 else size

    def locate(self, numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
        """Offset and number of these lines, which are in order."""
        piece, starts = -1, list[int]()
        for number in numbers:
            wanted = bisect_right(self._numbers, number) - 1
            if wanted != piece:
                piece = wanted
                start = self._starts[piece]
                end = self._starts[piece + 1] if piece + 1 < len(self._starts) else len(self.block)
                lines = self.block[start:end].split(b"\n")
                starts = list(accumulate(map(len, lines), initial=start))
            within = number - self._numbers[piece]
            yield starts[within] + within, number


def _places(kinds: Sequence[Kind | None], wanted: Kind) -> list[int]:
    found, at = list[int](), -1
    with suppress(ValueError):
        while True:
            at = kinds.index(wanted, at + 1)
            found.append(at)
    return found


def _with_places(chosen: Sequence[int], lines: Sequence[bytes], start: int, first: int) -> Iterator[tuple[int, int]]:
    """Where some of these lines begin, which stand at this place, and their numbers from this one on."""
    done = 0
    for each in chosen:
        start += sum(map(len, lines[done:each])) + each - done
        done = each
        yield start, first + each
