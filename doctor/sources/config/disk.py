"""What the search for a configuration file needs of a disk, and the one of this machine."""

# ruff: noqa: PTH116, PTH123, PTH208 - paths as they are given, which pathlib would tidy up

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from typing import Protocol


class Disk(Protocol):
    """What the search and the reading need; everything raises OSError as the system does."""

    def names(self, directory: str) -> Iterable[str]:
        """What lies in a directory."""

    def status(self, path: str) -> os.stat_result:
        """What a path is, links followed."""

    def read(self, path: str, most: int) -> tuple[os.stat_result, bytes]:
        """The first `most` bytes of a regular file, none of anything else, and what was opened."""

    def shown(self, path: str) -> str | None:
        """What facts call a file (an absolute path), None where its own path does."""

    def origin(self, path: str) -> tuple[str | None, bool]:
        """The container that a file is in, and whether this machine has the same file."""


class Local:
    """The disk of this machine."""

    def shown(self, path: str) -> str | None:
        """What facts call a file (an absolute path), None where its own path does."""
        return None

    def origin(self, path: str) -> tuple[str | None, bool]:
        """The container that a file is in, and whether this machine has the same file."""
        return None, True

    def names(self, directory: str) -> Iterable[str]:
        """What lies in a directory."""
        return os.listdir(directory)

    def status(self, path: str) -> os.stat_result:
        """What a path is, links followed."""
        return os.stat(path)

    def read(self, path: str, most: int) -> tuple[os.stat_result, bytes]:
        """The first `most` bytes of a regular file, none of anything else, and what was opened."""
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
        with open(os.open(path, flags), "rb") as file:
            opened = os.fstat(file.fileno())
            if not stat.S_ISREG(opened.st_mode):  # a pipe or device could block or never end
                return opened, b""
            # Files of /proc and the like give no size.
            return opened, file.read(min(opened.st_size + 1 if opened.st_size else most, most))
