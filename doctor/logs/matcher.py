"""
Finding all literals of the catalogue at once, in raw bytes.

Every line that matters has at least one of them in it, however it is wrapped. Hyperscan does it where it is installed;
without it the same is found, more slowly.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections import defaultdict
from functools import cache
from importlib.resources import files
from platform import machine
from typing import Any, Protocol

from doctor.logs.catalogue import CATALOGUE

FILE = "log-patterns.bin"
# Lines of these levels are found also when the catalogue does not know them: as JSON, and as text.
LEVELS = ('"ERROR', '"WARN', "] ERROR", "] WARN")

Hits = list[tuple[int, int]]


class Matcher:
    """Finds the literals. It has working memory of its own: one for each thread."""

    def __init__(self, literals: tuple[bytes, ...], engine: Engine | None = None) -> None:
        self.literals = literals
        self.engine = engine if engine is not None else Plain(literals)
        self.find = self.engine.find

    @classmethod
    def load(cls) -> Matcher:
        """One for the literals of the catalogue, by the fastest way there is here."""
        return cls(literals(), _hyperscan(literals()))


class Engine(Protocol):
    """A way of finding literals."""

    def find(self, block: bytes | memoryview) -> Hits:
        """
        Where each occurrence of each literal ends, and the literal's number; in order.

        Overlapping ones are all there, and those that are part of another one.
        """


@cache
def literals() -> tuple[bytes, ...]:
    """All literals, by their numbers."""
    return tuple(sorted({text.encode() for entry in CATALOGUE.entries for text in (*entry.literals, *LEVELS)}))


# --- Hyperscan -----------------------------------------------------------------------------------------------------


class Hyperscan:
    """By a compiled database."""

    def __init__(self, literals: tuple[bytes, ...], compiled: bytes | None = None) -> None:
        import hyperscan

        if compiled is not None:
            self._database = hyperscan.loadb(compiled, hyperscan.HS_MODE_BLOCK)
            self._database.scratch = hyperscan.Scratch(self._database)
        else:
            self._database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
            numbers = list(range(len(literals)))
            self._database.compile(expressions=literals, ids=numbers, flags=[0] * len(numbers), literal=True)

    def find(self, block: bytes | memoryview) -> Hits:
        """As the protocol says."""
        found: Hits = []
        append = found.append

        def seen(number: int, start: int, end: int, flags: int, context: object) -> None:
            append((end, number))

        scanned: Any = block  # its types know text and bytes only
        self._database.scan(scanned, match_event_handler=seen)
        found.sort()
        return found

    def dump(self) -> bytes:
        """The database, to be loaded again by the same version on the same kind of machine."""
        import hyperscan

        return hyperscan.dumpb(self._database)


def _hyperscan(literals: tuple[bytes, ...]) -> Engine | None:
    try:
        import hyperscan
    except ImportError:
        return None
    try:
        compiled = _shipped(literals)
        if compiled is not None:
            engine = Hyperscan(literals, compiled)
            # Whether it runs here at all shows when it scans.
            if engine.find(literals[-1])[-1:] == [(len(literals[-1]), len(literals) - 1)]:
                return engine
    except hyperscan.error:
        pass
    try:
        return Hyperscan(literals)
    except hyperscan.error:
        return None


def _shipped(literals: tuple[bytes, ...]) -> bytes | None:
    """The database that comes with this package, when it was made of these literals for this machine."""
    try:
        content = (files("doctor") / "data" / FILE).read_bytes()
    except OSError:
        return None
    head = signature(literals)
    return content[len(head) :] if content.startswith(head) else None


def signature(literals: tuple[bytes, ...]) -> bytes:
    """What a compiled database depends on, in 32 bytes: the literals, hyperscan's version, the kind of machine."""
    import hyperscan

    version = str(vars(hyperscan)["__version__"])
    parts = (*literals, version.encode(), sys.platform.encode(), machine().lower().encode())
    return hashlib.sha256(b"\n".join(parts)).digest()


# --- Without it ----------------------------------------------------------------------------------------------------

# How much of a literal must stand behind its first blank, for the blank to be where it is looked for.
_BEHIND = 5


class Plain:
    """
    By blanks: these are rare in logs and in nearly every literal.

    A regular expression finds the blanks that are followed by the beginning of what follows the first blank of any
    literal. The few literals without such a blank are looked for one by one.
    """

    def __init__(self, literals: tuple[bytes, ...]) -> None:
        behind: dict[bytes, list[tuple[int, bytes, int, int]]] = defaultdict(list)
        self._single: list[tuple[bytes, int]] = []
        for number, literal in enumerate(literals):
            blank = literal.find(b" ")
            if blank < 0 or len(literal) - blank <= _BEHIND:
                self._single.append((literal, number))
            else:
                behind[literal[blank + 1 :][:_BEHIND]].append((blank, literal, len(literal) - blank, number))
        self._behind = dict(behind)
        self._blank = re.compile(b" (?=" + _any_of(sorted(behind)) + b")") if behind else None

    def find(self, block: bytes | memoryview) -> Hits:
        """As the protocol says."""
        data = bytes(block)
        found = self._singles(data)
        behind, startswith, append = self._behind, data.startswith, found.append
        for match in self._blank.finditer(data) if self._blank is not None else ():
            place = match.end()
            for blank, literal, length, number in behind[data[place : place + _BEHIND]]:
                start = place - 1 - blank
                if start >= 0 and startswith(literal, start):
                    append((place - 1 + length, number))
        found.sort()
        return found

    def _singles(self, data: bytes) -> Hits:
        found: Hits = []
        for literal, number in self._single:
            place = data.find(literal)
            while place >= 0:
                found.append((place + len(literal), number))
                place = data.find(literal, place + 1)
        return found


def _any_of(words: list[bytes]) -> bytes:
    """A regular expression for any of these words, all of one length; common beginnings are looked at once."""
    groups: dict[bytes, list[bytes]] = defaultdict(list)
    for word in words:
        groups[word[:1]].append(word[1:])
    parts = [re.escape(first) + (_any_of(rest) if rest[0] else b"") for first, rest in groups.items()]
    return parts[0] if len(parts) == 1 else b"(?:" + b"|".join(parts) + b")"
