"""
Counting the simple lines of a block all at once: what is done for each line by itself would take most of the time.

Lines are in order of their time here, so that the number of a line tells which comes first.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from doctor.logs import times
from doctor.logs.kinds import Kind
from doctor.logs.layout import LONGEST
from doctor.logs.result import (
    EARLY,
    LATE,
    MILESTONES,
    NO_TIME,
    RECENT,
    SAMPLES,
    Kept,
    Result,
    Tally,
    Trail,
    keep_all_newest,
)
from doctor.logs.why import causes_of, first_in_each

# Ids stand behind the level; what follows one is taken with it, so that a line has one match.
BEHIND = 100
JOB = re.compile(rb'\\"(?:job_id|indexing_job_id)\\":\\"([0-9a-fA-F-]{36}).*')
BATCH = re.compile(rb'\\"batch_id\\":\\"([0-9a-fA-F-]{36}).*')

# The offsets and the numbers of lines, by their places, which are in order.
Locate = Callable[[Sequence[int]], Iterable[tuple[int, int]]]


@dataclass(slots=True)
class Rows:
    """Lines: their kinds, their places in the block, all that stands in them, their time stamps; in order of places."""

    kinds: list[Kind] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    lines: list[bytes] = field(default_factory=list)
    stamps: list[bytes] = field(default_factory=list)

    def sort(self) -> None:
        """Put them in order of their time stamps."""
        if self.stamps != sorted(self.stamps):
            order = sorted(range(len(self.stamps)), key=self.stamps.__getitem__)
            self.kinds = [self.kinds[each] for each in order]
            self.places = [self.places[each] for each in order]
            self.lines = [self.lines[each] for each in order]
            self.stamps = [self.stamps[each] for each in order]


class Origin(NamedTuple):
    """The block that lines are of: its input, where it is in that, and how their places are told."""

    number: int
    offset: int
    locate: Locate


def add(result: Result, rows: Rows, origin: Origin) -> None:
    """Count these lines, of which there are some, in the result."""
    _Adding(result, rows, origin).run()


class _Adding:
    """The lines of one block."""

    def __init__(self, result: Result, rows: Rows, origin: Origin) -> None:
        self._result, self._origin = result, origin
        rows.sort()
        self._kinds, self._places, self._stamps, lines = rows.kinds, rows.places, rows.stamps, rows.lines
        self._lines = [line[:LONGEST] for line in lines] if max(map(len, lines)) > LONGEST else lines
        # What may have to be kept: who keeps it, and the numbers of the lines.
        self._picked: list[tuple[Callable[[list[Kept]], None], Sequence[int]]] = []

    def run(self) -> None:
        """Count all, and keep the first and the last of each kind and trail."""
        groups, milestones, steps = defaultdict[Kind, list[int]](list), list[int](), list[int]()
        jobs, batches = defaultdict[bytes, list[int]](list), defaultdict[bytes, list[int]](list)
        for number, kind in enumerate(self._kinds):
            groups[kind].append(number)
        for kind, numbers in groups.items():
            lines = list(map(self._lines.__getitem__, numbers))
            self._count(kind, numbers, lines)
            if kind.milestone:
                milestones += numbers
            if kind.step and self._result.depth.has_steps:
                steps += numbers
            elif kind.call and self._result.depth.has_steps:
                spans = ((time, time) for time in map(self._time, numbers) if time != NO_TIME)
                self._result.call((self._origin.number, ""), spans)
            for wanted, pattern, trails in ((kind.of_jobs, JOB, jobs), (kind.of_batches, BATCH, batches)):
                for id, number in zip(first_in_each(pattern, lines, BEHIND), numbers, strict=True) if wanted else ():
                    if id is not None:
                        trails[id].append(number)
        self._follow(jobs, self._result.jobs)
        self._follow(batches, self._result.batches)
        self._pass(sorted(milestones)[-MILESTONES:])
        if steps:
            self._picked.append((self._result.steps.extend, steps))
        self._keep()

    def _count(self, kind: Kind, numbers: Sequence[int], lines: Sequence[bytes]) -> None:
        """Lines of one kind, by their causes."""
        causes = causes_of(lines, kind) if kind.faulty else ("",)
        if len(set(causes)) == 1:
            self._tally((kind.number, causes[0]), numbers)
            return
        groups = defaultdict[str, list[int]](list)
        for cause, number in zip(causes, numbers, strict=True):
            groups[cause].append(number)
        for cause, some in groups.items():
            self._tally((kind.number, cause), some)

    def _tally(self, key: tuple[int, str], numbers: Sequence[int]) -> None:
        tally = self._result.tallies.get(key)
        if tally is None:
            tally = self._result.tallies[key] = Tally()
        tally.count += len(numbers)
        first, last = self._time(numbers[0]), self._time(numbers[-1])
        tally.span(first, last)
        chosen = _ends(numbers, (first, tally.samples, SAMPLES), (last, tally.recent, RECENT))
        if chosen:
            self._picked.append((tally.keep_all, chosen))

    def _follow(self, found: dict[bytes, list[int]], trails: dict[bytes, Trail]) -> None:
        for id, numbers in found.items():
            trail = trails.get(id)
            if trail is None:
                trail = trails[id] = Trail()
            trail.count += len(numbers)
            numbers.sort()
            first, last = self._time(numbers[0]), self._time(numbers[-1])
            chosen = _ends(numbers, (first, trail.early, EARLY), (last, trail.late, LATE))
            if chosen:
                self._picked.append((trail.keep_all, chosen))

    def _pass(self, milestones: Sequence[int]) -> None:
        late = self._result.milestones
        if milestones and (len(late) < MILESTONES or self._time(milestones[-1]) >= late[0][0]):
            self._picked.append((partial(keep_all_newest, late, most=MILESTONES), milestones))

    def _keep(self) -> None:
        """Hand out the lines that were noted."""
        places, (number, offset, locate) = self._places, self._origin
        order = sorted({each for _, some in self._picked for each in some}, key=places.__getitem__)
        kept: dict[int, Kept] = {}
        for each, (start, line) in zip(order, locate([places[each] for each in order]), strict=True):
            kind, raw = self._kinds[each].number, self._lines[each]
            kept[each] = (self._time(each), number, offset + start, kind, raw, "", offset, line)
        for keep, some in self._picked:
            keep([kept[each] for each in some])

    def _time(self, number: int) -> float:
        time = times.parse(self._stamps[number])
        return NO_TIME if time is None else time


def _ends(
    numbers: Sequence[int], early: tuple[float, Sequence[Kept], int], late: tuple[float, Sequence[Kept], int]
) -> Sequence[int]:
    """Those of some lines, of which first and last time are told, that can be among the earliest or the newest kept."""
    (first, earliest, least), (last, newest, most) = early, late
    chosen: Sequence[int] = ()
    if len(earliest) < least or first <= earliest[-1][0]:
        chosen = numbers[:least]
    if len(newest) < most or last >= newest[0][0]:
        chosen = [*chosen, *numbers[max(len(chosen), len(numbers) - most) :]]
    return chosen
