"""What is being waited for at this moment, for whoever shows it to people."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterable
from itertools import count

_entries: dict[int, tuple[str, float]] = {}
_numbers = count()
_lock = threading.Lock()


def begun(name: str) -> int:
    """Note that something is waited for from now on, and return what ends it."""
    with _lock:
        number = next(_numbers)
        _entries[number] = (name, time.monotonic())
    return number


def over(numbers: Iterable[int]) -> None:
    """It is not waited for any more."""
    with _lock:
        for number in numbers:
            with contextlib.suppress(KeyError):
                del _entries[number]


def now() -> dict[str, float]:
    """The names of what is waited for, the longest first, and since when (monotonic seconds)."""
    with _lock:
        entries = sorted(_entries.values(), key=lambda entry: entry[1])
    since: dict[str, float] = {}
    for name, began in entries:
        since.setdefault(name, began)
    return since
