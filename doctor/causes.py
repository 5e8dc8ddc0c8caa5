"""Why something failed, told from the text of an error: the causes that are known, and which of several to name."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache

RANKS = ("specific", "generic", "wrapper")


@dataclass(frozen=True, slots=True)
class Cause:
    """
    One known cause: in one sentence, and what to do about it.

    `rank` is `specific`, `generic`, or `wrapper` for a text that only introduces another one.
    """

    id: str
    rank: str
    cause: str
    fix: str
    matches: Callable[[str], object]

    @property
    def part(self) -> str:
        """What it concerns: `db`, `gem`, `nats`, `git` and the like."""
        return part_of(self.id)


def part_of(id: str) -> str:
    """What the cause of this id concerns: the first word of it."""
    return id.partition("-")[0]


def cause_of(text: str) -> Cause | None:
    """The cause of an error: a specific one before a generic one before what only wraps it, else None."""
    return next((each for each in causes() if each.matches(text)), None)


def cause_about(text: str, about: Collection[str]) -> Cause | None:
    """
    The same among the causes that concern these parts of the program, by the first word of their ids.

    The same words mean something else in another part: `permission denied`, `no such host`.
    """
    return next((each for each in causes() if each.part in about and each.matches(text)), None)


@cache
def causes() -> tuple[Cause, ...]:
    """All causes, in the order in which they are tried."""
    import json
    from importlib.resources import files

    entries = json.loads((files("doctor") / "data" / "causes.json").read_text(encoding="utf-8"))
    known = [
        Cause(entry["id"], entry["rank"], entry["cause"], entry["fix"], _matcher(entry["kind"], entry["match"]))
        for entry in entries
    ]
    return tuple(sorted(known, key=lambda each: RANKS.index(each.rank)))


_compiled = cache(re.compile)


def _matcher(kind: str, pattern: str) -> Callable[[str], object]:
    if kind == "regex":
        # Compiled when the first error is looked at; most runs see none.
        return lambda text: _compiled(pattern).search(text)
    if kind == "isubstring":
        folded = pattern.casefold()
        return lambda text: folded in text.casefold()
    return lambda text: pattern in text
