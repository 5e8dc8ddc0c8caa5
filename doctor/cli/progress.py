"""A sign of life on standard error when something takes longer than a second."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE = 1.0


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
