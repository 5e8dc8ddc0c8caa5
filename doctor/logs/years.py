"""Times without a year, as journald's short stamps have them, put right by the lines around."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable, Iterator
from itertools import chain

from doctor.logs import times
from doctor.logs.result import NO_TIME, Kept, Result, Source, Tally


def settled(result: Result) -> Result:
    """
    The same result, in which the lines whose time tells no year have one.

    It is the year that brings a line nearest to those around it in the same input, and the time is never beyond theirs:
    these stamps tell no zone either. Without any such line around nothing tells the time.
    """
    if any(map(times.has_no_year, _first(result))):
        _Settling(result).run()
    return result


def _first(result: Result) -> Iterator[float]:
    """The earliest times, which those of no year are."""
    yield from (tally.first for tally in _tallies(result))
    for source in result.sources.values():
        yield from (end[1] for end in (source.head, source.tail) if end is not None)


def _tallies(result: Result) -> Iterable[Tally]:
    return chain(result.tallies.values(), result.shapes.values())


class _Settling:
    """What tells the years, by input."""

    def __init__(self, result: Result) -> None:
        self._result = result
        self._known: dict[int, list[tuple[int, float]]] = {}
        for number, offset, time in _places(result):
            if time != NO_TIME and not times.has_no_year(time):
                self._known.setdefault(number, []).append((offset, time))
        for places in self._known.values():
            places.sort()

    def run(self) -> None:
        """Put all right."""
        for tally in _tallies(self._result):
            self._tally(tally)
        self._result.milestones = [self._line(each) for each in self._result.milestones]
        for number, source in self._result.sources.items():
            self._source(number, source)

    def _tally(self, tally: Tally) -> None:
        if not times.has_no_year(tally.first):
            return
        ends = [] if times.has_no_year(tally.last) else [tally.last]
        tally.samples = sorted(map(self._line, tally.samples))
        tally.recent = sorted(map(self._line, tally.recent))
        ends += [each[0] for each in (*tally.samples, *tally.recent) if each[0] != NO_TIME]
        tally.first, tally.last = min(ends, default=-NO_TIME), max(ends, default=NO_TIME)

    def _source(self, number: int, source: Source) -> None:
        if source.head is not None:
            offset, time, format, wrappers = source.head
            source.head = (offset, self._time(time, number, offset), format, wrappers)
        if source.tail is not None:
            offset, time, format, wrappers = source.tail
            source.tail = (offset, self._time(time, number, offset), format, wrappers)

    def _line(self, kept: Kept) -> Kept:
        return (self._time(*kept[:3]), *kept[1:])

    def _time(self, time: float, number: int, offset: int) -> float:
        if not times.has_no_year(time):
            return time
        known = self._known.get(number, [])
        place = bisect(known, (offset, NO_TIME))
        before, after = known[place - 1 : place] if place else [], known[place : place + 1]
        for _, other in (*before, *after):
            found = times.near(time, other)
            if found is not None:
                found = max(found, *(each for _, each in before), NO_TIME)
                return min(found, *(each for _, each in after), -NO_TIME)
        return NO_TIME


def _places(result: Result) -> Iterator[tuple[int, int, float]]:
    """Input, offset and time of every line that is known."""
    for tally in _tallies(result):
        for time, number, offset, *_ in (*tally.samples, *tally.recent):
            yield number, offset, time
    for time, number, offset, *_ in result.milestones:
        yield number, offset, time
    for number, source in result.sources.items():
        yield from ((number, end[0], end[1]) for end in (source.head, source.tail) if end is not None)
