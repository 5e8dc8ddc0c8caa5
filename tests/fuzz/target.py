"""What a fuzz target is, and how its bytes become the several texts that some readers take."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

Run = Callable[[bytes], None]

# Between the texts of one input: no reader gives it a meaning of its own.
SEPARATOR = b"\x1f"


@dataclass(frozen=True)
class World:
    """What a target may use besides: an empty directory, and what takes back each change of a module."""

    folder: Path
    patch: pytest.MonkeyPatch

    def write(self, name: str, data: bytes) -> Path:
        """Put a file into the directory."""
        path = self.folder / name
        path.write_bytes(data)
        return path


@dataclass(frozen=True)
class Target:
    """
    One reader of foreign bytes.

    `make` imports it and returns what takes one input: it swallows the errors that the reader documents, lets all
    others out, and raises AssertionError where an answer is wrong. `modules` are those whose branches guide the search,
    `seeds` what it begins with.
    """

    name: str
    make: Callable[[World], Run]
    modules: tuple[str, ...]
    seeds: tuple[bytes, ...] = ()
    longest: int = 4096


def texts(data: bytes, count: int) -> list[str]:
    """So many texts; what is no UTF-8 becomes what Python makes of it in names and variables."""
    parts = data.split(SEPARATOR, count - 1)
    parts += [b""] * (count - len(parts))
    return [each.decode("utf-8", "surrogateescape") for each in parts]


def joined(*parts: str) -> bytes:
    """The input that `texts` takes apart into these."""
    return SEPARATOR.join(part.encode("utf-8", "surrogateescape") for part in parts)


def variables(text: str) -> dict[str, str]:
    """An environment, as `NAME=VALUE` by line; what no system would hand to a program is left out."""
    pairs = (line.partition("=") for line in text.split("\n"))
    return {name: value for name, _, value in pairs if name and "\0" not in name + value}


def strings(*parts: Iterable[str]) -> tuple[bytes, ...]:
    """Seeds that are one text each."""
    return tuple(text.encode() for group in parts for text in group)
