"""From what scanning kept to what happened: lines decoded, the lives of processes, the trails of jobs and batches."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from doctor.facts.logs import LogCount, LogEvent, LogInput, LogRun, Logs, LogShape, LogTrail
from doctor.lazy import Lazy
from doctor.logs.catalogue import CATALOGUE, Entry
from doctor.logs.entry import decode
from doctor.logs.milestones import ENDS, PRELUDE, STARTS
from doctor.logs.result import NO_TIME, Kept, Result, Source, Spans, Tally, Trail, united
from doctor.logs.rotation import turn
from doctor.logs.scan import UNKNOWN
from doctor.logs.why import cause_in
from doctor.logs.years import settled

# Errors before warnings before the rest; among each the more telling roles first.
LEVELS = {"ERROR": 0, "WARN": 1, "INFO": 2, "DEBUG": 3}
ROLES = {"cause": 0, "symptom": 1, "decision": 2, "success": 3, "progress": 4, "noise": 5}

LONGEST_TEXT = 2000


def tell(result: Result, names: Sequence[str], problems: Mapping[int, str] | None = None) -> Logs:
    """Everything that was found in these inputs, by the numbers under which they were scanned."""
    result = settled(result)
    teller = _Teller(result, names)
    result.pruned()
    return Logs(
        inputs=tuple(_input(number, name, result, problems or {}) for number, name in enumerate(names)),
        first=_least(_firsts(result)),
        last=_greatest(_lasts(result)),
        counts=teller.counts(),
        unrecognised=teller.shapes(),
        unrecognised_count=result.unknown,
        runs=runs([teller.event(each) for each in _in_order(result.milestones)], _heard(result, names)),
        jobs=teller.trails(result.jobs),
        batches=teller.trails(result.batches),
        lost_trails=result.lost,
        slowest=tuple(teller.event(kept) for _, kept in reversed(result.slowest)),
        steps=Lazy(teller.event, result.steps),
        calls=_calls(result, names),
    )


def _calls(result: Result, names: Sequence[str]) -> dict[Writer, Spans]:
    """When who asked for vectors."""
    found: dict[Writer, Spans] = {}
    for (number, stream), spans in result.calls.items():
        who = writer(stream, names[number])
        found[who] = united([*found.get(who, ()), *spans])
    return found


def _in_order(kept: Sequence[Kept]) -> list[Kept]:
    """
    By time; a line that tells none (a crash, mostly) comes behind the one that stands before it in its input.

    Where none does, as the log was rotated in between, it comes before the next one.
    """
    times: list[tuple[float, Kept]] = []
    placed = sorted(kept, key=lambda line: line[1:3])
    latest = {number: time for time, number, *_ in reversed(placed) if time != NO_TIME}
    for each in placed:
        time, number = each[:2]
        before = latest.get(number, NO_TIME)
        # Some wrappers tell whole seconds only.
        if time == NO_TIME or (time == before // 1 and time < before):
            time = before
        latest[number] = max(time, latest.get(number, NO_TIME))
        times.append((time, each))
    return [each for _, each in sorted(times, key=lambda pair: (pair[0], pair[1][1:3]))]


# Who wrote a line: the stream, or the log where no wrapper names one.
Writer = tuple[str, str]


@lru_cache(1000)
def writer(stream: str, path: str) -> Writer:
    """Who wrote a line of this stream in this log; rotated logs are one."""
    return (stream, "" if stream else turn(path).base)


def _heard(result: Result, names: Sequence[str]) -> dict[Writer, list[float]]:
    """The times of those who wrote, in order, as far as lines are kept."""
    found: dict[tuple[int, str], set[float]] = {}
    for tally in (*result.tallies.values(), *result.shapes.values()):
        for time, number, _, _, _, stream, *_ in (*tally.samples, *tally.recent):
            if time != NO_TIME:
                found.setdefault((number, stream), set()).add(time)
    heard: dict[Writer, set[float]] = {}
    for (number, stream), times in found.items():
        heard.setdefault(writer(stream, names[number]), set()).update(times)
    return {who: sorted(times) for who, times in heard.items()}


def _firsts(result: Result) -> Iterator[float]:
    """The time of each first line; of those that matter too, as services may stand one behind the other in an input."""
    yield from (each.head[1] for each in result.sources.values() if each.head is not None)
    yield from (each.first for each in result.tallies.values() if each.last != NO_TIME)


def _lasts(result: Result) -> Iterator[float]:
    yield from (each.tail[1] for each in result.sources.values() if each.tail is not None)
    yield from (each.last for each in result.tallies.values())


def _least(times: Iterable[float]) -> float | None:
    return min((each for each in times if each != NO_TIME), default=None)


def _greatest(times: Iterable[float]) -> float | None:
    return max((each for each in times if each != NO_TIME), default=None)


def _input(number: int, name: str, result: Result, problems: Mapping[int, str]) -> LogInput:
    source = result.sources.get(number) or Source()
    ends = [each for each in (source.head, source.tail) if each is not None]
    formats = {each[2] for each in ends} | source.formats
    known = formats - {"foreign"} if len(formats) > 1 else formats
    wrappers = sorted({each[3] for each in ends} | source.wrappers, key=lambda each: (-len(each), each))
    return LogInput(
        name,
        source.size,
        source.lines,
        "mixed" if len(known) > 1 else next(iter(known), "foreign"),
        "+".join(wrappers[0]) if wrappers and wrappers[0] else "none",
        problems.get(number),
    )


class _Teller:
    """Decodes what was kept; each line once."""

    def __init__(self, result: Result, names: Sequence[str]) -> None:
        self._result = result
        self._names = names
        self._events: dict[tuple[int, int], LogEvent] = {}
        self._before = {number: _before(source) for number, source in result.sources.items()}

    def event(self, kept: Kept) -> LogEvent:
        """The line as an event."""
        time, number, offset, entry, raw, stream, block, place = kept
        found = self._events.get((number, offset))
        if found is None:
            known = CATALOGUE.entries[entry] if entry != UNKNOWN else None
            line = self._before[number][block] + place + 1
            found = _event(known, raw, None if time == NO_TIME else time, stream, self._names[number], line)
            self._events[number, offset] = found
        return found

    def counts(self) -> tuple[LogCount, ...]:
        """The kinds of lines, worst first."""
        found = []
        for (number, cause), tally in self._result.tallies.items():
            entry = CATALOGUE.entries[number]
            count = LogCount(entry.id, entry.role, entry.level, **self._of(tally), cause=cause or None)
            found.append(count)
        return tuple(sorted(found, key=_worst_first))

    def shapes(self) -> tuple[LogShape, ...]:
        """Lines that nobody knows, the most frequent first."""
        found = []
        for (shape, level), tally in self._result.shapes.items():
            parts = self._of(tally)
            del parts["recent"]
            word = {"E": "ERROR", "W": "WARN"}.get(level, "WARN")
            found.append(LogShape(shape.decode("utf-8", "replace"), word, **parts))
        return tuple(sorted(found, key=lambda each: (LEVELS[each.level], -each.count, each.shape)))

    def _of(self, tally: Tally) -> dict[str, Any]:
        return {
            "count": tally.count,
            "first": tally.first if tally.last != NO_TIME else None,
            "last": tally.last if tally.last != NO_TIME else None,
            "samples": Lazy(self.event, tally.samples),
            "recent": Lazy(self.event, tally.recent),
        }

    def trails(self, found: Mapping[bytes, Trail]) -> dict[str, LogTrail]:
        """By id, the newest first."""
        newest = sorted(found.items(), key=lambda item: (-item[1].late[-1][0], item[0]))
        told = (self._trail(id.decode("ascii", "replace"), trail) for id, trail in newest)
        return {each.id: each for each in told}

    def _trail(self, id: str, trail: Trail) -> LogTrail:
        kept = sorted({*trail.early, *trail.late})
        return LogTrail(id, Lazy(self.event, kept), trail.count - len(kept))


def _before(source: Source) -> dict[int, int]:
    """How many lines stand before each block."""
    before, total = {}, 0
    for offset in sorted(source.blocks):
        before[offset] = total
        total += source.blocks[offset][1]
    return before


def _event(entry: Entry | None, raw: bytes, time: float | None, stream: str, path: str, line: int) -> LogEvent:
    found = decode(raw)
    text = raw.decode("utf-8", "replace")[:LONGEST_TEXT]
    message = found.message if found is not None and found.message else text
    level = entry.level if entry is not None else found.level if found is not None else "WARN"
    event = LogEvent(
        entry.id if entry is not None else "",
        entry.role if entry is not None else "symptom",
        level,
        time,
        message,
        found.fields if found is not None else {},
        path,
        line,
        stream,
        text,
    )
    cause = cause_in(event) if level in ("ERROR", "WARN") else ""
    return replace(event, cause=cause) if cause else event


def _worst_first(count: LogCount) -> tuple[int, int, int, str, str]:
    return (LEVELS.get(count.level, 2), ROLES.get(count.role, 5), -count.count, count.id, count.cause or "")


# --- the lives of processes ----------------------------------------------------------------------------------------


def runs(milestones: Sequence[LogEvent], heard: Mapping[Writer, Sequence[float]]) -> tuple[LogRun, ...]:
    """
    The milestones, which are in order, cut into lives; a new one begins at a start or at what precedes one.

    `heard` are the times at which each of those who wrote was heard of.
    """
    lives: list[_Life] = []
    current: dict[Writer, _Life] = {}
    for event in milestones:
        who = writer(event.stream, event.path)
        life = current.get(who)
        if life is None or life.is_over_before(event):
            if life is not None and event.time is not None:
                life.hear(heard.get(who, ()), event.time)
            life = current[who] = _Life(*who)
            lives.append(life)
        life.take(event)
    for who, life in current.items():
        life.hear(heard.get(who, ()), float("inf"))
    return tuple(life.told() for life in lives)


class _Life:
    """One process, as its milestones come in."""

    def __init__(self, stream: str, log: str) -> None:
        self._stream, self._log = stream, log
        self._events: list[LogEvent] = []
        self._start: LogEvent | None = None
        self._end: LogEvent | None = None
        self._heard: float | None = None
        self._role = "unknown"

    def is_over_before(self, event: LogEvent) -> bool:
        """Whether this line belongs to the next process."""
        begins = event.id in STARTS or event.id in PRELUDE
        if not begins:
            return False
        if self._start is not None or self._end is not None:
            return True
        # A prelude is not one's own when other lines than preludes came before it.
        return any(each.id not in PRELUDE for each in self._events)

    def take(self, event: LogEvent) -> None:
        """One more line of it."""
        self._events.append(event)
        if event.id in STARTS:
            self._start, self._role = event, STARTS[event.id]
        if event.id in ENDS:
            self._end = event

    def hear(self, times: Sequence[float], before: float) -> None:
        """It is the one that wrote at the last of these times, which are in order, before that moment."""
        place = bisect_left(times, before)
        self._heard = times[place - 1] if place else None

    def told(self) -> LogRun:
        """As a fact."""
        role = self._role if self._role != "unknown" else _guessed(self._events)
        return LogRun(role, self._stream, self._start, tuple(self._events), self._end, self._heard, self._log)


def _guessed(events: Sequence[LogEvent]) -> str:
    """The role of a process whose start the log does not have."""
    for event in events:
        prefix = event.id.partition("-")[0]
        if prefix in ("worker", "api"):
            return prefix
        if event.id in ("submitter-started", "poller-started", "queue-created", "gemini-key-missing"):
            return "worker"
    return "unknown"
