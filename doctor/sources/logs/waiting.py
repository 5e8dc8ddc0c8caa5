"""What comes through pipes and standard input, waited for up to a moment or until Ctrl-C, and no longer."""

from __future__ import annotations

import contextlib
import errno
import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from doctor import interruption
from doctor.facts.logs import UNFINISHED

CHUNK = 64 * 1024
# So many pieces are read before anyone takes them.
AHEAD = 16

OUT_OF_TIME = f"{UNFINISHED} before the deadline of this run"
INTERRUPTED = f"{UNFINISHED}, as it was interrupted"


def stopped() -> str:
    """Why what is left is not read."""
    return INTERRUPTED if interruption.asked() else OUT_OF_TIME


class EndedError(OSError):
    """The time is over, or Ctrl-C was pressed."""


# Gives a piece whenever there is one, and nothing at the end.
Reader = Callable[[], bytes]


class Awaited(contextlib.AbstractContextManager["Awaited"]):
    """
    A pipe, or standard input where there is no path, open for reading.

    From `ends_at` (monotonic seconds) on, and after Ctrl-C, reading raises EndedError with the reason: what was read
    before counts. Leaving does not wait for the other side.
    """

    def __init__(self, path: str = "", ends_at: float | None = None) -> None:
        self._path = path
        self._ends_at = ends_at
        self._stack = contextlib.ExitStack()
        self._next: Reader | None = None

    def read(self, _size: int = -1) -> bytes:
        """The next piece, of whatever size."""
        try:
            with interruption.raised():
                if self._next is None:
                    self._next = self._begun()
                return self._next()
        except KeyboardInterrupt:
            raise EndedError(INTERRUPTED) from None

    def _begun(self) -> Reader:
        if self._ends_at is None:
            return self._stack.enter_context(_source(self._path))
        return self._stack.enter_context(_Ahead(self._path, self._ends_at))

    def close(self) -> None:
        """Read no further."""
        self._stack.close()

    def __exit__(self, *_: object) -> None:
        self.close()


def pieces(ends_at: float | None) -> Iterator[bytes]:
    """What comes from standard input, piece by piece, until it, the time or Ctrl-C ends it. Raises OSError."""
    with Awaited("", ends_at) as file, contextlib.suppress(EndedError):
        yield from iter(file.read, b"")


@contextlib.contextmanager
def _source(path: str) -> Iterator[Reader]:
    if path:
        with Path(path).open("rb", buffering=0) as file:  # waits for someone who writes
            yield _reader(file)
    elif sys.stdin is None:
        raise OSError(errno.EBADF, "standard input is closed")
    else:
        yield _reader(sys.stdin.buffer)


def _reader(file: Any) -> Reader:
    """Past the buffer: that is locked as long as someone waits for more, even when Python wants to end."""
    try:
        number = file.fileno()
    except (OSError, AttributeError):  # not a file of the system
        return lambda: bytes(file.read1(CHUNK))
    return lambda: os.read(number, CHUNK)


class _Ahead(contextlib.AbstractContextManager["_Ahead"]):
    """Pieces that a thread waits for, which is left behind when it waits for too long."""

    def __init__(self, path: str, ends_at: float) -> None:
        self._path = path
        self._ends_at = ends_at
        self._pieces: queue.Queue[bytes | OSError] = queue.Queue(AHEAD)
        self._over = threading.Event()
        threading.Thread(target=self._wait, name="log waiting", daemon=True).start()

    def __call__(self) -> bytes:
        left = self._ends_at - time.monotonic()
        try:
            found = self._pieces.get(timeout=left) if left > 0 else None
        except queue.Empty:
            found = None
        if found is None:
            raise EndedError(OUT_OF_TIME)
        if isinstance(found, OSError):
            raise found
        return found

    def _wait(self) -> None:
        try:
            with _source(self._path) as read:
                piece = b"?"
                while piece and not self._over.is_set():
                    piece = read()
                    self._pieces.put(piece)
        except OSError as error:
            self._pieces.put(error)

    def __exit__(self, *_: object) -> None:
        self._over.set()
        with contextlib.suppress(queue.Empty):
            while True:  # a full queue would keep the thread from seeing that it is over
                self._pieces.get_nowait()
