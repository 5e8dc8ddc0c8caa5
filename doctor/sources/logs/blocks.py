"""Logs in blocks of bounded size that can be read each by itself, or in parts, each by a process of its own."""

from __future__ import annotations

import errno
import io
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import IO, cast

from doctor.sources.logs import streams
from doctor.sources.logs.cutting import Block, Cutter, long_line
from doctor.sources.logs.inputs import Input, opened, reason
from doctor.sources.logs.probe import LONGEST
from doctor.sources.logs.records import REACH, boundary
from doctor.values import value

SIZE = 8 * 1024 * 1024

# What comes from a pipe or out of compressed data may have a line that never ends.
ENDLESS = 256 * 1024 * 1024

_CHUNK = 64 * 1024

Progress = Callable[[int], None]


@value
class Part:
    """What one process reads of an input: some records of a plain file, or all of anything else."""

    input: Input
    start: int = 0
    end: int | None = None


@value
class Trouble:
    """What was not read as it is. Those of the parts of one input add up."""

    cut: int = 0
    stopped: str | None = None

    def __add__(self, other: Trouble) -> Trouble:
        return Trouble(self.cut + other.cut, self.stopped or other.stopped)

    @property
    def text(self) -> str | None:
        """For people; None where all is well."""
        if not self.cut:
            return self.stopped
        cut = "1 line longer than 1 MiB was cut" if self.cut == 1 else f"{self.cut:,} lines longer than 1 MiB were cut"
        return f"{self.stopped}; {cut}" if self.stopped else cut


class Blocks(Iterator[Block]):
    """The blocks of a part. `trouble` tells what went wrong so far, so all of it when there are no more."""

    def __init__(self, part: Part, size: int = SIZE, progress: Progress | None = None) -> None:
        self.trouble = Trouble(stopped=part.input.problem)
        self._part = part
        self._size = size
        self._progress = progress or (lambda _: None)
        self._blocks = self._read()

    def __next__(self) -> Block:
        return next(self._blocks)

    def _read(self) -> Iterator[Block]:
        of = self._part.input
        if of.problem is not None:
            return
        try:
            if of.divisible:
                yield from self._pieces()
            else:
                yield from self._cut(streams.text(self._raw()), 0, ENDLESS)
        except streams.DamagedError as error:
            self._stop(str(error))
        except OSError as error:
            self._stop(reason(error))

    def _stop(self, why: str) -> None:
        self.trouble = self.trouble + Trouble(stopped=why)

    def _raw(self) -> Iterator[bytes]:
        """An input from its beginning to its end, as it is written."""
        of = self._part.input
        if of.kind == "stdin":
            yield from self._counted(_standard_input())
            return
        if of.kind == "docker":
            from doctor.sources.logs.container import output

            yield from self._counted(output(of))
            return
        with opened(of) as file:
            yield from self._counted(iter(lambda: file.read(_CHUNK), b""))

    def _counted(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self._progress(len(chunk))
            yield chunk

    def _pieces(self) -> Iterator[Block]:
        """The blocks of a plain file: nothing is held or copied, as the places to cut are looked for beforehand."""
        part = self._part
        with opened(part.input) as file:
            for start, end in _places(file, part.start, part.end or 0, self._size):
                if end - start > self._size + 2 * LONGEST:
                    yield from self._cut(self._counted(_chunks(file, start, end)), start, None)
                    continue
                data = _read_at(file, start, end - start)
                self._progress(len(data))
                if long_line(data) is None:
                    yield Block(part.input.number, start, data)
                else:
                    yield from self._cut([data], start, None)
                if len(data) < end - start:
                    self._stop("the file became shorter while it was read")
                    return

    def _cut(self, chunks: Iterable[bytes], offset: int, endless: int | None) -> Iterator[Block]:
        """Blocks of what comes piece by piece."""
        cutter = Cutter(self._part.input.number, offset, self._size, endless)
        try:
            for chunk in chunks:
                yield from cutter.take(chunk)
                if cutter.stopped is not None:
                    break
            else:
                yield from cutter.finish()
        except (streams.DamagedError, OSError):
            yield from cutter.finish()  # what could be read counts
            raise
        finally:
            self.trouble = self.trouble + Trouble(cutter.cut, cutter.stopped)


def _read_at(file: IO[bytes], start: int, length: int) -> bytes:
    file.seek(start)
    return file.read(length)


def _chunks(file: IO[bytes], start: int, end: int) -> Iterator[bytes]:
    while start < end and (chunk := _read_at(file, start, min(_CHUNK, end - start))):
        yield chunk
        start += len(chunk)


def _standard_input() -> Iterator[bytes]:
    """A piece whenever there is one."""
    if sys.stdin is None:
        raise OSError(errno.EBADF, "standard input is closed")
    file = cast("io.BufferedReader", sys.stdin.buffer)
    return iter(lambda: file.read1(_CHUNK), b"")


def _places(file: IO[bytes], start: int, end: int, size: int) -> Iterator[tuple[int, int]]:
    """Where to cut what is between two places of a file, by reading around each place only."""
    while start < end:
        goal, place = start + size, None
        while goal < end and (place := _place(file, start, goal)) is None:
            goal += size
        stop = end if place is None else min(place, end)
        yield start, stop
        start = stop


def _place(file: IO[bytes], start: int, goal: int) -> int | None:
    """The best place to cut up to `goal`, else the next line's beginning; None where a record or line is too long."""
    floor = max(start, goal - 2 * REACH)
    if found := boundary(_read_at(file, floor, goal - floor)):
        return floor + found
    if goal - floor <= REACH:
        return None
    end = _read_at(file, goal, LONGEST).find(b"\n")
    return goal + end + 1 if end >= 0 else None


def blocks(source: Input | Part, size: int = SIZE, progress: Progress | None = None) -> Blocks:
    """
    Read an input, or a part of one. `progress` is told how many bytes more were read, as they are on the disk.

    A block is a whole number of records and about `size` long, or longer where one record is. What goes wrong while
    reading is in `trouble`.
    """
    return Blocks(source if isinstance(source, Part) else whole(source), size, progress)


def whole(of: Input) -> Part:
    """An input in one part."""
    return Part(of, of.start, of.size)


def parts(of: Input, size: int) -> list[Part]:
    """An input in parts of about `size` bytes, each for a process of its own: one part where it cannot be divided."""
    if not of.divisible or of.problem is not None:
        return [whole(of)]
    try:
        with opened(of) as file:
            return [Part(of, start, end) for start, end in _places(file, of.start, of.size or 0, size)]
    except OSError:
        return [whole(of)]  # whoever reads it meets the same and tells it
