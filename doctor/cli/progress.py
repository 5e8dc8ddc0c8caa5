"""A sign of life on standard error when something takes longer than a second."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PATIENCE = 1.0
# How often a count that is shown changes, in seconds.
EVERY = 0.2


@contextmanager
def waiting(what: str, *, quiet: bool = False) -> Iterator[None]:
    """While the body runs; nothing is written unless a terminal listens."""
    stream = sys.stderr
    if quiet or not stream.isatty():
        yield
        return
    shown = threading.Event()
    over = threading.Lock()

    def show() -> None:
        with over:
            if not timer.finished.is_set():
                shown.set()
                stream.write(f"{what} ...")
                stream.flush()

    timer = threading.Timer(PATIENCE, show)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        with over:
            timer.cancel()
        if shown.is_set():
            stream.write("\r" + " " * (len(what) + 4) + "\r")
            stream.flush()


@contextmanager
def counting(what: str, *, quiet: bool = False) -> Iterator[Callable[[int], None] | None]:
    """
    The same for the reading of many bytes: the body is given what it shall call with each so many bytes more.

    None where nobody looks.
    """
    stream = sys.stderr
    if quiet or not stream.isatty():
        yield None
        return
    began = time.monotonic()
    total, shown, width = 0, began + PATIENCE - EVERY, 0

    def more(count: int) -> None:
        nonlocal total, shown, width
        total += count
        now = time.monotonic()
        if now - shown < EVERY:
            return
        text = f"{what} ... {total / 1e6:,.0f} MB, {total / 1e6 / (now - began):,.0f} MB/s"
        stream.write("\r" + text.ljust(width))
        stream.flush()
        shown, width = now, len(text)

    try:
        yield more
    finally:
        if width:
            stream.write("\r" + " " * width + "\r")
            stream.flush()
