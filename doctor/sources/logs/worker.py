"""
`python -m doctor.sources.logs.worker`: a process that scans parts of logs for another one.

It is told the window and the moment to end first, then one part after the other, each answered with the bytes that
were read of it; at the end it gives its result. What passes through its pipes is made by this package at both ends.
"""

from __future__ import annotations

import os
import pickle
import sys
import time
from collections.abc import Callable
from typing import IO, Any

from doctor.logs.result import Result
from doctor.logs.scan import Scanner, Window
from doctor.sources.logs.blocks import Part, Trouble, blocks
from doctor.sources.logs.waiting import stopped

# A part is read in one block where it can be: fewer blocks have fewer ends that are looked at again.
WHOLE = 32 * 1024 * 1024
# What has to end at some moment is looked at more often: a block full of hits takes a fifth of a second for each MiB.
BRIEF = 1024 * 1024


class Reader:
    """Scans parts, and keeps what went wrong with which input."""

    def __init__(self, window: Window, *, hurried: bool = False) -> None:
        self._scanner = Scanner(window)
        self._size = BRIEF if hurried else WHOLE
        self.troubles: dict[int, Trouble] = {}

    def read(self, part: Part, over: Callable[[], bool] = lambda: False) -> int:
        """Scan a part, or as much of it as comes before it is `over`; how many bytes that was."""
        found = blocks(part, self._size)
        size, trouble = 0, Trouble()
        for block in found:
            self._scanner.scan(block.data, block.number, block.offset)
            size += len(block.data)
            if over():
                trouble = Trouble(stopped=stopped())
                break
        number = part.input.number
        self.troubles[number] = self.troubles.get(number, Trouble()) + found.trouble + trouble
        return size

    def result(self) -> Result:
        """All of it."""
        return self._scanner.result.pruned()


def main(source: IO[bytes], sink: IO[bytes]) -> None:
    """Serve until there are no more parts."""
    window, ends_at = pickle.load(source)  # noqa: S301 - of our own parent
    reader = Reader(window, hurried=ends_at is not None)
    while (part := pickle.load(source)) is not None:  # noqa: S301
        # The clock counts from the start of the machine, for all of its processes.
        _say(sink, reader.read(part, lambda: ends_at is not None and time.monotonic() >= ends_at))
    _say(sink, (reader.result(), reader.troubles))


def _say(sink: IO[bytes], what: Any) -> None:
    pickle.dump(what, sink, protocol=pickle.HIGHEST_PROTOCOL)
    sink.flush()


if __name__ == "__main__":
    try:
        main(sys.stdin.buffer, sys.stdout.buffer)
    except (MemoryError, OSError, EOFError):
        # Nobody is told here: the other process sees the end, and does the work or says what it lacks.
        os._exit(1)
