"""Cases in which every two faults of different sources meet, in as few runs as that takes."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Mapping, Sequence

from tests.faults.sources import SOURCES

Fault = tuple[str, str]
Pair = frozenset[Fault]

SEED = 20
TRIES = 40
"""How many candidates there are for each run; the one with the most new pairs is taken."""


def slots() -> list[list[Fault]]:
    """What excludes each other, slot by slot, the one with the most choices first."""
    found: dict[str, list[Fault]] = {}
    for each in SOURCES.values():
        found.setdefault(each.slot, []).extend((each.name, fault) for fault in each.faults)
    return sorted(found.values(), key=len, reverse=True)


def pairs(case: Mapping[str, str]) -> Iterator[Pair]:
    """The pairs that meet in a case."""
    return (frozenset(each) for each in itertools.combinations(case.items(), 2))


def every_pair() -> set[Pair]:
    """All that there are."""
    return {
        frozenset(pair) for one, other in itertools.combinations(slots(), 2) for pair in itertools.product(one, other)
    }


def covering() -> list[dict[str, str]]:
    """
    Cases with a fault in every slot in which every pair meets at least once.

    The two largest slots are gone through wholly, as there are no fewer cases than pairs of theirs; the others are
    drawn, always those next that bring the most new pairs.
    """
    rng = random.Random(SEED)
    first, second, *others = slots()
    missing = every_pair()
    cases: list[dict[str, str]] = []
    for base in itertools.product(first, second):
        cases.append(_best((dict((*base, *map(rng.choice, others))) for _ in range(TRIES)), missing))
        missing -= set(pairs(cases[-1]))
    while missing:
        wanted = dict(min(missing, key=lambda pair: sorted(pair)))
        cases.append(_best((_around(wanted, rng) for _ in range(TRIES)), missing))
        missing -= set(pairs(cases[-1]))
    return cases


def _around(wanted: Mapping[str, str], rng: random.Random) -> dict[str, str]:
    taken = {SOURCES[name].slot for name in wanted}
    return {**wanted, **dict(rng.choice(slot) for slot in slots() if SOURCES[slot[0][0]].slot not in taken)}


def _best(candidates: Iterator[dict[str, str]], missing: set[Pair]) -> dict[str, str]:
    return max(candidates, key=lambda case: sum(pair in missing for pair in pairs(case)))


def sample(cases: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """So few of the cases that every fault of every source is in one of them."""
    missing = {fault for slot in slots() for fault in slot}
    chosen: list[dict[str, str]] = []
    for case in random.Random(SEED).sample(cases, len(cases)):
        if len(missing & set(case.items())) > min(2, len(missing) - 1):
            chosen.append(case)
            missing -= set(case.items())
    for fault in sorted(missing):
        if fault in missing:
            chosen.append(next(case for case in cases if fault in case.items()))
            missing -= set(chosen[-1].items())
    return chosen
