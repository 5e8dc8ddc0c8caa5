"""A sign of life on standard error when something takes longer than a second."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from doctor import pending

PATIENCE = 1.0
# How often a count that is shown changes, in seconds.
EVERY = 0.2


def listens(stream: TextIO | None) -> bool:
    """Whether somebody looks at a terminal that can take back a line."""
    try:
        return stream is not None and stream.isatty() and os.environ.get("TERM") != "dumb"
    except ValueError:  # closed
        return False


class Line:
    """One line of a terminal that is written again and again, and is gone in the end."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._width = 0

    def show(self, text: str) -> None:
        """Write the text, as much of it as fits, over what was there."""
        shown = self._fitting(text)
        self._stream.write(("\r" if self._width else "") + shown.ljust(self._width))
        self._stream.flush()
        self._width = len(shown)

    def _fitting(self, text: str) -> str:
        # A line that fills the last column would wrap, and could not be taken back.
        room = max(10, _columns(self._stream) - 1)
        return text if len(text) <= room else text[: room - 3] + "..."

    def erase(self) -> None:
        """Take it back."""
        if self._width:
            self._stream.write("\r" + " " * self._width + "\r")
            self._stream.flush()
            self._width = 0


def _columns(stream: TextIO) -> int:
    """The columns of the terminal that this stream is; standard output may be none."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError, AttributeError):
        return 80


@contextmanager
def showing(text: Callable[[], str], *, quiet: bool = False) -> Iterator[None]:
    """While the body runs, show a text that changes; nothing is written unless a terminal listens."""
    stream = sys.stderr
    if quiet or not listens(stream):
        yield
        return
    line, over = Line(stream), threading.Event()

    def draw() -> None:
        pause = PATIENCE
        while not over.wait(pause):
            line.show(text())
            pause = EVERY

    thread = threading.Thread(target=draw, name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        line.erase()


@contextmanager
def waiting(what: str, *, quiet: bool = False) -> Iterator[None]:
    """While the body runs, say what it does, and what it waits for."""

    def text() -> str:
        now = time.monotonic()
        names = ", ".join(f"{name} ({now - since:.0f} s)" for name, since in pending.now().items())
        return f"{what}: {names}" if names else f"{what} ..."

    with showing(text, quiet=quiet):
        yield


@contextmanager
def counting(what: str, *, quiet: bool = False) -> Iterator[Callable[[int], None] | None]:
    """
    The same for the reading of many bytes: the body is given what it shall call with each so many bytes more.

    None where nobody looks.
    """
    stream = sys.stderr
    if quiet or not listens(stream):
        yield None
        return
    line, began = Line(stream), time.monotonic()
    total, shown = 0, began + PATIENCE - EVERY

    def more(count: int) -> None:
        nonlocal total, shown
        total += count
        now = time.monotonic()
        if now - shown < EVERY:
            return
        line.show(f"{what} ... {total / 1e6:,.0f} MB, {total / 1e6 / (now - began):,.0f} MB/s")
        shown = now

    try:
        yield more
    finally:
        line.erase()
