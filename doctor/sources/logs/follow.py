"""Lines of a log as they are written, whatever rotates it in the meantime."""

from __future__ import annotations

import codecs
import os
import stat
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO

from doctor.sources.logs.inputs import without_waiting
from doctor.sources.logs.probe import LONGEST
from doctor.sources.logs.streams import COMPRESSED, form_of

_CHUNK = 64 * 1024
_AT_ONCE = 256

# So many bytes before the place in the file tell whether it is still the same text.
_MARK = 64


def follow(path: Path, ends_at: float | None = None, poll: float = 0.2, start: int = 0) -> Iterator[bytes]:
    """
    The lines of a file from the offset `start` on, without their line ends, for ever or until `ends_at`.

    `ends_at` is a time of `time.monotonic`. A file that is not there yet is waited for. One that is renamed, emptied or
    removed is read to its end, and then the one that takes its place from its beginning. A line is given when it is
    whole, and the rest when there will be no more. Raises OSError for what cannot be read, and for what is not a file.
    """
    for _, line in follow_all([path], ends_at, poll, [start]):
        yield line


def follow_all(
    paths: Sequence[Path], ends_at: float | None = None, poll: float = 0.2, starts: Sequence[int] = ()
) -> Iterator[tuple[int, bytes]]:
    """The lines of several files like `follow`, each with the number of its file."""
    followed = [_Followed(path, start) for path, start in zip(paths, starts or [0] * len(paths), strict=True)]
    try:
        ending = False
        while not ending:
            ending = ends_at is not None and time.monotonic() >= ends_at
            for number, each in enumerate(followed):
                yield from ((number, line) for line in each.lines())
            if not ending and not any(each.behind for each in followed):
                time.sleep(poll if ends_at is None else max(0.0, min(poll, ends_at - time.monotonic())))
        for number, each in enumerate(followed):
            if not each.behind:
                yield from ((number, line) for line in each.rest())
    finally:
        for each in followed:
            each.close()


def incoming(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The lines of a pipe or of standard input as they come in pieces. Raises OSError."""
    lines: _Lines | None = None
    for piece in pieces:
        lines = lines or _Lines(form_of(piece))
        yield from lines.add(piece)
    if lines is not None:
        yield from lines.rest()


class _Followed:
    """One path, and the file that is or was behind it. `behind` tells that there is more than was read at once."""

    def __init__(self, path: Path, start: int) -> None:
        self.behind = False
        self._path = path
        self._place = start
        self._file: IO[bytes] | None = None
        self._mark = b""
        self._lines = _Lines()

    def close(self) -> None:
        """Read no further."""
        if self._file is not None:
            self._file.close()
        self._file = None

    def lines(self) -> Iterator[bytes]:
        """What was written since the last time."""
        file = self._file or self._open()
        if file is None:
            return
        yield from self._new(file)
        if not self.behind and self._replaced(file):
            yield from self._new(file)  # what was written between the last look and its end
            yield from self.rest()
            self.close()
            self._place = 0
            yield from self.lines()

    def rest(self) -> Iterator[bytes]:
        """The line that has no end yet."""
        return self._lines.rest()

    def _open(self) -> IO[bytes] | None:
        try:
            file = open(self._path, "rb", buffering=0, opener=without_waiting)  # noqa: SIM115
        except FileNotFoundError:
            self._place = 0
            return None
        self._file = file
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError("this is not a file")
        self._lines = _Lines(form_of(file.read(_MARK)))
        before = max(0, self._place - _MARK)
        file.seek(before)
        self._mark = file.read(self._place - before)
        return file

    def _new(self, file: IO[bytes]) -> Iterator[bytes]:
        if self._emptied(file):
            yield from self.rest()
            self._place, self._mark = 0, b""
        file.seek(self._place)
        for _ in range(_AT_ONCE):
            chunk = file.read(_CHUNK)
            self.behind = bool(chunk)
            if not chunk:
                break
            if not self._place:
                self._lines = _Lines(form_of(chunk))
            self._place += len(chunk)
            self._mark = (self._mark + chunk)[-_MARK:]
            yield from self._lines.add(chunk)

    def _emptied(self, file: IO[bytes]) -> bool:
        """Whether another text is in the file, even if that is longer by now."""
        size = os.fstat(file.fileno()).st_size
        if size <= self._place:
            return size < self._place
        file.seek(self._place - len(self._mark))
        return file.read(len(self._mark)) != self._mark

    def _replaced(self, file: IO[bytes]) -> bool:
        """
        Whether another file is there, with something in it.

        As long as it is empty, the program may well write on into the old one, whatever that is called by now.
        """
        try:
            there = self._path.stat()
        except OSError:
            return False
        ours = os.fstat(file.fileno())
        return there.st_size > 0 and (there.st_dev, there.st_ino) != (ours.st_dev, ours.st_ino)


class _Lines:
    """Lines out of pieces. One that is longer than 1 MiB is cut."""

    def __init__(self, form: str = "plain") -> None:
        if form in COMPRESSED:
            raise OSError("this is compressed, and nothing will be added to it")
        self._decoder = codecs.getincrementaldecoder(form)("replace") if form.startswith("utf-16") else None
        self._held = b""
        self._cut = False

    def add(self, chunk: bytes) -> Iterator[bytes]:
        """The lines that end in this piece."""
        if self._decoder is not None:
            chunk = self._decoder.decode(chunk).encode()
        *whole, self._held = (self._held + chunk).split(b"\n")
        for line in whole:
            if not self._cut:
                yield line[:LONGEST]
            self._cut = False
        if len(self._held) > LONGEST and not self._cut:
            yield self._held[:LONGEST]
            self._cut = True
        if self._cut:
            self._held = b""

    def rest(self) -> Iterator[bytes]:
        """What has no end."""
        held, self._held = self._held, b""
        if held:
            yield held
