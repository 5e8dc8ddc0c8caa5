"""
What scanning gives, as a value that can be merged with another one.

Merging is associative and commutative, so that any split of the input, in any order, on one machine or many, gives the
same result: everything is a sum, a least or greatest one, or the first or last few by the order of (time, input,
offset). Where there can be endlessly many of something, those with the least hash are kept, which is the same choice
wherever it is made.
"""

from __future__ import annotations

import zlib
from bisect import insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

# A line that was kept: its place in the order (time, input, offset), its number in the catalogue, the raw line cut to
# a length, the name of who wrote it; and the block it stands in (by offset) with its line there, counted from 0.
Kept = tuple[float, int, int, int, bytes, str, int, int]

NO_TIME = float("-inf")

# The earliest and the newest lines of a kind that are kept.
SAMPLES, RECENT = 3, 50
# Milestones of all processes, and the slowest answers of the API.
MILESTONES, SLOWEST = 4000, 50
# Of each job and batch that is kept, the earliest and the newest lines.
EARLY, LATE = 24, 24
# Calls without a longer pause between them are one span.
PAUSE = 60.0
# Shapes of lines that nobody knows.
SHAPES = 200


def keep_newest(kept: list[Kept], new: Kept, most: int) -> None:
    """Add a line to the newest ones, which are in order."""
    if len(kept) < most:
        if not kept or kept[-1] <= new:
            kept.append(new)
        else:
            insort(kept, new)
    elif new > kept[0]:
        if kept[-1] <= new:
            kept.append(new)
        else:
            insort(kept, new)
        del kept[0]


def keep_all_newest(kept: list[Kept], new: Sequence[Kept], most: int) -> None:
    """Add lines to the newest ones, which are in order."""
    kept[:] = sorted([*kept, *new])[-most:]


def keep_earliest(kept: list[Kept], new: Kept, most: int) -> None:
    """Add a line to the earliest ones, which are in order."""
    if len(kept) < most:
        insort(kept, new)
    elif new < kept[-1]:
        insort(kept, new)
        del kept[-1]


@dataclass(frozen=True, slots=True)
class Depth:
    """How much is kept of what there can be endlessly many of: jobs, batches, and steps of the work on messages."""

    trails: int = 2000
    steps: int = 0

    @property
    def has_steps(self) -> bool:
        """Whether the steps, and the times of calls, are kept at all."""
        return self.steps > 0


SUMMARY, DEEP = Depth(), Depth(20_000, 300_000)

# Times between which something went on, disjoint and in order.
Spans = list[tuple[float, float]]


def united(spans: Iterable[tuple[float, float]]) -> Spans:
    """The spans in order, those without a pause between them in one."""
    found: Spans = []
    for first, last in sorted(spans):
        if found and first - found[-1][1] <= PAUSE:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return found


@dataclass(slots=True)
class Tally:
    """Lines of one kind: how many, the first and the last time, the earliest and the newest."""

    count: int = 0
    first: float = float("inf")
    last: float = NO_TIME
    samples: list[Kept] = field(default_factory=list)
    recent: list[Kept] = field(default_factory=list)

    def add(self, line: Kept) -> None:
        """Count one more."""
        self.count += 1
        self.span(line[0], line[0])
        self.keep(line)

    def span(self, first: float, last: float) -> None:
        """Stretch to these two times, if they are any."""
        if first != NO_TIME:
            self.first = min(self.first, first)
        self.last = max(self.last, last)

    def keep(self, line: Kept) -> None:
        """Keep a line that was counted, if it is among the earliest or the newest."""
        if len(self.samples) < SAMPLES or line < self.samples[-1]:
            keep_earliest(self.samples, line, SAMPLES)
        keep_newest(self.recent, line, RECENT)

    def keep_all(self, lines: Sequence[Kept]) -> None:
        """The same for some lines at once."""
        self.samples = sorted([*self.samples, *lines])[:SAMPLES]
        self.recent = sorted([*self.recent, *lines])[-RECENT:]

    def merge(self, other: Tally) -> None:
        """Count the other one's too."""
        self.count += other.count
        self.first = min(self.first, other.first)
        self.last = max(self.last, other.last)
        self.samples = sorted({*self.samples, *other.samples})[:SAMPLES]
        self.recent = sorted({*self.recent, *other.recent})[-RECENT:]


@dataclass(slots=True)
class Trail:
    """Lines about one job or batch: the earliest and the newest, and how many there were."""

    count: int = 0
    early: list[Kept] = field(default_factory=list)
    late: list[Kept] = field(default_factory=list)

    def add(self, line: Kept) -> None:
        """One more."""
        self.count += 1
        self.keep(line)

    def keep(self, line: Kept) -> None:
        """Keep a line that was counted, if it is among the earliest or the newest."""
        if len(self.early) < EARLY or line < self.early[-1]:
            keep_earliest(self.early, line, EARLY)
        keep_newest(self.late, line, LATE)

    def keep_all(self, lines: Sequence[Kept]) -> None:
        """The same for some lines at once."""
        self.early = sorted([*self.early, *lines])[:EARLY]
        self.late = sorted([*self.late, *lines])[-LATE:]

    def merge(self, other: Trail) -> None:
        """The other one's too."""
        self.count += other.count
        self.early = sorted({*self.early, *other.early})[:EARLY]
        self.late = sorted({*self.late, *other.late})[-LATE:]


def rank(id: bytes) -> tuple[int, bytes]:
    """A number of no meaning by which ids are chosen when there are too many."""
    return (zlib.crc32(id), id)


@dataclass(slots=True)
class Source:
    """
    What is known of one input.

    `blocks` has bytes and lines of each block by its offset. `head` and `tail` are offset and time of its first and its
    last line, whatever they are; `formats` and `wrappers` those of these two and of the lines that matter.
    """

    blocks: dict[int, tuple[int, int]] = field(default_factory=dict)
    head: tuple[int, float, str, tuple[str, ...]] | None = None
    tail: tuple[int, float, str, tuple[str, ...]] | None = None
    formats: set[str] = field(default_factory=set)
    wrappers: set[tuple[str, ...]] = field(default_factory=set)

    def merge(self, other: Source) -> None:
        """The other one's blocks too."""
        self.blocks |= other.blocks
        self.formats |= other.formats
        self.wrappers |= other.wrappers
        self.head = min((each for each in (self.head, other.head) if each is not None), default=None)
        self.tail = max((each for each in (self.tail, other.tail) if each is not None), default=None)

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(size for size, _ in self.blocks.values())

    @property
    def lines(self) -> int:
        """Lines."""
        return sum(lines for _, lines in self.blocks.values())


@dataclass(slots=True)
class Result:
    """
    Everything that scanning found, as deep as was asked for.

    `steps` are in no order until they are pruned. `calls` are by input and stream.
    """

    depth: Depth = SUMMARY
    tallies: dict[tuple[int, str], Tally] = field(default_factory=dict)
    shapes: dict[tuple[bytes, str], Tally] = field(default_factory=dict)
    unknown: int = 0
    milestones: list[Kept] = field(default_factory=list)
    slowest: list[tuple[float, Kept]] = field(default_factory=list)
    jobs: dict[bytes, Trail] = field(default_factory=dict)
    batches: dict[bytes, Trail] = field(default_factory=dict)
    steps: list[Kept] = field(default_factory=list)
    calls: dict[tuple[int, str], Spans] = field(default_factory=dict)
    lost: bool = False
    sources: dict[int, Source] = field(default_factory=dict)

    def merge(self, other: Result) -> Result:
        """Take the other one in, and return this one."""
        _add(self.tallies, other.tallies)
        _add(self.shapes, other.shapes)
        self.unknown += other.unknown
        self.milestones = sorted({*self.milestones, *other.milestones})[-MILESTONES:]
        self.slowest = sorted({*self.slowest, *other.slowest})[-SLOWEST:]
        _add(self.jobs, other.jobs)
        _add(self.batches, other.batches)
        _add(self.sources, other.sources)
        self.steps += other.steps
        for who, spans in other.calls.items():
            self.call(who, spans)
        self.lost = self.lost or other.lost
        return self.pruned()

    def pruned(self) -> Result:
        """Keep no more than may be kept of what there can be endlessly many of; return this one."""
        for trails in (self.jobs, self.batches):
            if len(trails) > self.depth.trails:
                self.lost = True
                for id in sorted(trails, key=rank)[self.depth.trails :]:
                    del trails[id]
        if len(self.shapes) > SHAPES:
            for shape in sorted(self.shapes, key=lambda each: rank(each[0]))[SHAPES:]:
                del self.shapes[shape]
        # Taken in by two ways, a line is still one.
        self.steps = sorted(set(self.steps))[-self.depth.steps :] if self.depth.has_steps else []
        return self

    def call(self, who: tuple[int, str], spans: Iterable[tuple[float, float]]) -> None:
        """Gemini was asked for vectors at these times."""
        self.calls[who] = united([*self.calls.get(who, ()), *spans])


def _add(mine: dict[Any, Any], theirs: dict[Any, Any]) -> None:
    for key, value in theirs.items():
        if key in mine:
            mine[key].merge(value)
        else:
            mine[key] = value


def merged(results: Iterable[Result]) -> Result:
    """All of these in one."""
    parts = list(results)
    total = Result(parts[0].depth) if parts else Result()
    for each in parts:
        total.merge(each)
    return total
