"""System calls that fail, or at which the process is killed, and a model of what a power cut leaves on the disk."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Callable
from itertools import count
from typing import Any

from doctor.fixing.system import System

# `lock` is answered, not raised; `user` is no call.
CALLS = [name for name in vars(System) if not name.startswith("_") and name not in ("posix", "user", "lock")]
# Those that leave something behind on a disk.
CHANGING = (
    "open",
    "write",
    "fsync",
    "replace",
    "unlink",
    "mkdir",
    "rmdir",
    "chmod",
    "chown",
    "setxattr",
    "removexattr",
)


class Watched(System):
    """Calls that are counted and written down, in order; `before` is told of each one before it is made."""

    def __init__(self, before: Callable[[int, str], None] | None = None, *, pieces: int | None = None) -> None:
        self.made: list[tuple[str, tuple[Any, ...]]] = []
        self.before = before
        self.pieces = pieces
        for name in CALLS:
            setattr(self, name, self._watched(name, getattr(System, name)))

    def _watched(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*arguments: Any, **named: Any) -> Any:
            number = len(self.made)
            self.made.append((name, arguments))
            if self.before is not None:
                self.before(number, name)
            if name == "write" and self.pieces:
                descriptor, content = arguments
                return call(descriptor, content[: self.pieces])
            return call(*arguments, **named)

        return watched

    def count(self, name: str) -> int:
        """How often a call was made."""
        return sum(each == name for each, _ in self.made)


def failing(at: int, number: int = errno.EIO, *, on: bool = False) -> Callable[[int, str], None]:
    """The call of that number fails, with `on` also all that follow it; what is closed is closed all the same."""

    def fail(made: int, name: str) -> None:
        if (made == at or (on and made > at)) and name != "close":
            raise OSError(number, os.strerror(number))

    return fail


def failing_from(name: str, number: int) -> Callable[[int, str], None]:
    """Every call of that name fails."""

    def fail(_: int, called: str) -> None:
        if called == name:
            raise OSError(number, os.strerror(number))

    return fail


def killed(at: int) -> Callable[[int, str], None]:
    """The process is killed before the changing call of that number: what only looks leaves nothing new to see."""
    numbers = count()

    def kill(_: int, name: str) -> None:
        if name in CHANGING and next(numbers) == at:
            os.kill(os.getpid(), signal.SIGKILL)

    return kill


def unflushed(made: list[tuple[str, tuple[Any, ...]]]) -> list[str]:
    """
    What a power cut could spoil although each call was made; empty for a write that is safe.

    That is a name given to a file that is not flushed, a file never flushed, or a name that is given and never flushed.
    """
    faults: list[str] = []
    dirty: set[int] = set()
    names = 0
    for name, arguments in made:
        if name in ("write", "chmod", "chown", "setxattr", "removexattr") and isinstance(arguments[0], int):
            dirty.add(arguments[0])
        elif name == "fsync":
            if arguments[0] not in dirty:
                names = 0
            dirty.discard(arguments[0])
        elif name == "close" and arguments[0] in dirty:
            faults.append("a file is closed before it is flushed")
            dirty.discard(arguments[0])
        elif name in ("replace", "unlink", "mkdir", "rmdir"):
            if dirty:
                faults.append(f"{name} of a file that is not flushed")
            names += 1
    return faults + (["a name is not flushed"] if names else [])
