"""What is in a file, told by its first bytes."""

from __future__ import annotations

import errno
import os
from typing import IO

from doctor.sources.logs import streams
from doctor.values import value

# A line that is longer is cut there.
LONGEST = 1024 * 1024

NOT_TEXT = "this is not text"

_HEAD = 4096
_MOST_ZEROS = 256 * 1024 * 1024


@value
class Probe:
    """How a file is written, and where the text in it begins."""

    form: str = "plain"
    start: int = 0
    problem: str | None = None


def probe(file: IO[bytes], size: int) -> Probe:
    """Look at an open file."""
    head = file.read(_HEAD)
    form = streams.form_of(head)
    if form == "utf-8":
        return Probe("plain", 3)
    if form != "plain" or b"\0" not in head:
        return Probe(form)
    start = _first_byte(file, size) if head.startswith(b"\0") else 0
    file.seek(start)
    return Probe(form, start, NOT_TEXT if start == size or is_binary(file.read(LONGEST)) else None)


def is_binary(data: bytes) -> bool:
    """Whether the first 1 MiB of something can have no log in it."""
    return b"\n" not in data and data.count(b"\0") * 10 > len(data)


def _first_byte(file: IO[bytes], size: int) -> int:
    """
    Where the zeros end that a file begins with.

    A program that writes on at its old place after its log was emptied (`copytruncate`) leaves a hole of that length.
    """
    at = file.seek(_behind_hole(file, size))
    limit = at + _MOST_ZEROS
    while at < limit and (chunk := file.read(LONGEST)):
        if kept := len(chunk.lstrip(b"\0")):
            return at + len(chunk) - kept
        at += len(chunk)
    return size


def _behind_hole(file: IO[bytes], size: int) -> int:
    try:
        return os.lseek(file.fileno(), 0, os.SEEK_DATA)
    except AttributeError:  # not on this system
        return 0
    except OSError as error:
        return size if error.errno == errno.ENXIO else 0  # nothing but a hole, or not on this file system
