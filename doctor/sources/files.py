"""Reading the small text files of an installation, whatever stands in their place."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

# The files read here hold lines that people write; what is longer is something else.
LARGEST = 1024 * 1024


def read_bytes(path: Path, largest: int = LARGEST) -> bytes:
    """
    The bytes of a regular file.

    Raises OSError for anything else, what is too large included: a pipe or device could block or never end.
    """
    try:
        with open(path, "rb", opener=_opened) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise OSError(errno.EINVAL, "not a regular file", str(path))
            data = file.read(largest + 1)
    except ValueError as error:  # a NUL in the name
        raise OSError(errno.ENOENT, os.strerror(errno.ENOENT), str(path)) from error
    if len(data) > largest:
        raise OSError(errno.EFBIG, f"larger than {largest // 1024} KiB", str(path))
    return data


def _opened(path: str, flags: int) -> int:
    """Open without waiting for the other end of a pipe."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def read_text(path: Path, largest: int = LARGEST) -> str:
    """The text of a regular file; what is not UTF-8 becomes a replacement character. Raises OSError as `read_bytes`."""
    return read_bytes(path, largest).decode("utf-8", "replace")
