"""
Scanning: the lines that matter are found by their literals in the raw bytes, and only these are looked at.

Of a line in the plain format just the time, the level and the message are cut out, by their places; everything else
(other formats, wrappers, fields) is decoded for the few lines that are kept, when all is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import accumulate
from typing import Any

from doctor.causes import cause_of
from doctor.facts.logs import ERROR_FIELDS, LogEvent
from doctor.logs import times
from doctor.logs.catalogue import CATALOGUE, Entry
from doctor.logs.entry import Decoded, decode
from doctor.logs.forms import PLAIN
from doctor.logs.matcher import Matcher
from doctor.logs.milestones import MILESTONES as MILESTONE_IDS
from doctor.logs.pieces import mend
from doctor.logs.result import (
    EARLY,
    LATE,
    MILESTONES,
    NO_TIME,
    RECENT,
    SAMPLES,
    SHAPES,
    SLOWEST,
    TRAILS,
    Kept,
    Result,
    Source,
    Tally,
    Trail,
    keep_newest,
)
from doctor.logs.wrappers import peel

# The longest piece of a line that is kept, and the longest error text that is looked at for its cause.
LONGEST, LONGEST_ERROR = 4096, 2000
# What is decoded of a line, and what of its message tells it from others.
LONGEST_LINE, LONGEST_MESSAGE = 1 << 20, 300
# The number of a line that the catalogue does not know.
UNKNOWN = -1

_LEVEL, _MESSAGE, _END = b'\\"level\\":\\"', b'\\",\\"message\\":\\"', b'\\"'
_TO_LEVEL = len(b' level=INFO msg="{\\"timestamp\\":\\"2006-01-02T15:04:05Z\\",' + _LEVEL)
# The same from the beginning of a line whose time is in UTC.
_AT_LEVEL = len(b"time=2006-01-02T15:04:05.000Z") + _TO_LEVEL
_BACKSLASH = ord("\\")
_ERROR = re.compile(rb'\\"(?:error|error_message|underlying_error|zoekt_error|embedding_error)\\":\\"')
_ERROR_END = re.compile(rb'(?<!\\)(?:\\\\\\\\)*\\"')
_JOB = re.compile(rb'\\"(?:job_id|indexing_job_id)\\":\\"([0-9a-fA-F-]{36})')
_BATCH = re.compile(rb'\\"batch_id\\":\\"([0-9a-fA-F-]{36})')
# What differs between two errors of one kind; a status of three digits does not.
_VARYING = re.compile(rb"[0-9a-fA-F]{8,}(?:-[0-9a-fA-F]{4,})*|\d{5,}|\d+(?:\.\d+)?(?:ns|us|\xc2\xb5s|ms|s)\b")
_IDS = re.compile(rb"[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}|\d+")
_DURATION = re.compile(rb" duration=(\S+)")
_PATH = re.compile(rb" path=/health\b")

# Errors of one kind whose cause is remembered, and messages of no interest.
MOST_CAUSES_REMEMBERED, MOST_REMEMBERED = 2_000, 20_000
# From one line in so many on, each line of a block is looked at.
CROWDED = 8
TRAILED = frozenset(("job_id", "indexing_job_id", "batch_id"))
# The end of every kind of work when the process is told to stop.
CANCELLED = "ctx-cancelled"
MOST_OF_AN_OBJECT = 64 * 1024


@dataclass(frozen=True)
class Window:
    """Which lines count: of this time, and with this id somewhere in them."""

    since: float | None = None
    until: float | None = None
    job: bytes | None = None
    id: bytes | None = None

    @property
    def everything(self) -> bool:
        """Whether nothing is left out."""
        return self == Window()

    def has(self, time: float, line: bytes) -> bool:
        """Whether a line is in it; one without a time is while no time is asked for."""
        if self.since is not None and time < self.since:
            return False
        if self.until is not None and (time > self.until or time == NO_TIME):
            return False
        return (self.job is None or self.job in line) and (self.id is None or self.id in line)


@dataclass(slots=True, eq=False)
class Kind:
    """What is done with a line of one kind; with a `simple` one nothing but counting and keeping."""

    number: int
    entry: Entry
    of_jobs: bool
    of_batches: bool
    milestone: bool
    faulty: bool
    access: bool
    simple: bool
    special: bool
    causes: dict[bytes, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Line:
    """What was made out of one line."""

    kind: Kind | None
    level: bytes
    message: bytes
    time: float
    stream: str
    raw: bytes
    plain: bool
    decoded: Decoded | None = None


# Time as written and where the line is, as its block is gone through: where it begins and ends, or its number.
Place = tuple[bytes, int, int]
_Pick = tuple[Place, int, list[Callable[[Kept], None]]]
# Gives raw line, offset in the block and number of the line for places in their order.
_Resolve = Callable[[list[Place]], Iterator[tuple[bytes, int, int]]]


class _Found:
    """The simple lines of a block, by kind and cause, and by the job and batch they are about."""

    def __init__(self) -> None:
        self.kinds: dict[tuple[Kind, str], list[Place]] = {}
        self.milestones: list[tuple[Place, int]] = []
        self.jobs: dict[bytes, list[tuple[Place, int]]] = {}
        self.batches: dict[bytes, list[tuple[Place, int]]] = {}

    def note(self, kind: Kind, cause: str, line: bytes, place: Place) -> None:
        """One more of them."""
        key = (kind, cause)
        places = self.kinds.get(key)
        if places is None:
            self.kinds[key] = [place]
        else:
            places.append(place)
        if kind.special:
            self._note_more(kind, line, place)

    def _note_more(self, kind: Kind, line: bytes, place: Place) -> None:
        if kind.milestone:
            self.milestones.append((place, kind.number))
        for wanted, pattern, trails in (
            (kind.of_jobs, _JOB, self.jobs),
            (kind.of_batches, _BATCH, self.batches),
        ):
            match = pattern.search(line, 100) if wanted else None
            if match is not None:
                trails.setdefault(match[1], []).append((place, kind.number))


def _ends_of(
    places: list[Place], early: list[Kept], least: int, late: list[Kept], most: int, first: float, last: float
) -> list[Place]:
    """Those of these places, which are in order, that can be among the earliest or the newest ones."""
    chosen = places[:least] if len(early) < least or (early and first <= early[-1][0]) else []
    if len(late) < most or last >= late[0][0]:
        chosen = chosen + places[max(len(chosen), len(places) - most) :]
    return chosen


def _entry_of(of: dict[Any, Any], key: Any, new: Callable[[], Any]) -> Any:
    found = of.get(key)
    if found is None:
        found = of[key] = new()
    return found


class Scanner:
    """
    Scans blocks of whole records and adds up what they hold in `result`.

    A block is bytes that end where a record does. Not to be used by two threads at once.
    """

    def __init__(self, window: Window | None = None) -> None:
        self.result = Result()
        self._window = window if window is not None and not window.everything else None
        self._matcher = Matcher.load()
        self._kinds = {entry.id: _kind(number, entry) for number, entry in enumerate(CATALOGUE.entries)}
        self._by_message = {raw: self._kinds[entry.id] for raw, entry in CATALOGUE.by_raw_message.items()}
        self._nothing: dict[bytes, bool] = {}
        self._crowded = False
        self._source, self._number, self._offset = Source(), 0, 0

    def scan(self, data: bytes, number: int = 0, offset: int = 0) -> None:
        """Add what a block of input `number`, at this offset in it, holds."""
        data = mend(data)
        source = self.result.sources.setdefault(number, Source())
        self._look_at_the_ends(data, source, offset)
        self._source, self._number, self._offset = source, number, offset
        found = _Found()
        read = self._go_through if self._window is None and self._crowded else self._pick_out
        source.blocks[offset] = (len(data), read(data, found))
        self._make_room()

    def _pick_out(self, data: bytes, found: _Found) -> int:
        """
        Go to the lines with a literal in them; how many lines the block has.

        Of a line that is written as most are (time in UTC, a message of the catalogue that needs no escape) only the
        time and the place are noted; all others are looked at one by one.
        """
        rfind, find, count, kinds = data.rfind, data.find, data.count, self._by_message
        plainly = self._window is None
        done = counted = lines = seen = 0
        for end, _ in self._matcher.find(data):
            if end <= done:
                continue
            seen += 1
            start = rfind(b"\n", 0, end - 1) + 1
            done = find(b"\n", end - 1)
            if done < 0:
                done = len(data)
            level = start + _AT_LEVEL
            if plainly and data[level - len(_LEVEL) : level] == _LEVEL and data[start + 28 : start + 30] == b"Z ":
                # INFO and WARN have four letters, ERROR and DEBUG five.
                message = level + (4 if data[level + 4 : level + 6] == _END else 5) + len(_MESSAGE)
                stop = find(_END, message, done)
                kind = kinds.get(data[message:stop]) if stop > 0 else None
                if kind is not None and kind.simple and data[start : start + 5] == b"time=":
                    raw = data[start : min(done, start + LONGEST)]
                    why = self._cause_of(raw, kind) if kind.faulty else ""
                    found.note(kind, why, raw, (data[start + 5 : start + 29], start, done))
                    continue
            lines += count(b"\n", counted, start)
            counted = start
            done = max(done, self._look(data, start, done, lines))
        total = data.count(b"\n") + (not data.endswith(b"\n") and bool(data))
        self._crowded = seen * CROWDED > total
        self._settle(found, partial(_cut_out, data))
        return total

    def _go_through(self, data: bytes, found: _Found) -> int:
        """
        The same where a good part of the lines has a literal in it: then it is faster to look at each line's message.

        Lines that are written in another way are searched for literals one by one.
        """
        lines, others, noted = data.split(b"\n"), [], 0
        # Everything by its short name, as nothing is done more often.
        get, is_nothing, hits = self._by_message.get, self._is_nothing, self._matcher.find
        cause_of, note, level, end, at = self._cause_of, found.note, _LEVEL, _END, _AT_LEVEL
        before, behind, four, five = at - len(level), at + 4, at + 4 + len(_MESSAGE), at + 5 + len(_MESSAGE)
        for number, line in enumerate(lines):
            if line[before:at] == level and line[28:30] == b"Z " and line[:5] == b"time=":
                message = four if line[behind : behind + 2] == end else five
                text = line[message : line.find(end, message)]
                kind = get(text)
                if kind is None:
                    if line[at] not in b"EW" and is_nothing(text):
                        continue
                elif kind.simple:
                    raw = line if len(line) <= LONGEST else line[:LONGEST]
                    note(kind, cause_of(raw, kind) if kind.faulty else "", raw, (line[5:29], number, 0))
                    noted += 1
                    continue
            elif not line or not hits(line):
                continue
            others.append(number)
        starts = list(accumulate((len(line) + 1 for line in lines), initial=0))
        done = 0
        for number in others:
            start = starts[number]
            if start >= done:
                done = self._look(data, start, start + len(lines[number]), number)
        self._crowded = (noted + len(others)) * CROWDED > len(lines)
        self._settle(found, partial(_looked_up, lines, starts))
        return len(lines) - (not lines[-1])

    def _is_nothing(self, text: bytes) -> bool:
        """Whether no line with this message, and a level of no interest, is in the catalogue."""
        known = self._nothing.get(text)
        if known is None:
            known = b"\\" not in text and self._by_pattern(text) is None
            if len(self._nothing) < MOST_REMEMBERED:
                self._nothing[text] = known
        return known

    def _settle(self, found: _Found, resolve: _Resolve) -> None:
        """Count what was noted, and keep the first and the last of each kind and trail."""
        result, picked = self.result, dict[int, _Pick]()

        def pick(place: Place, number: int, keeper: Callable[[Kept], None]) -> None:
            entry = picked.get(place[1])
            if entry is None:
                picked[place[1]] = (place, number, [keeper])
            else:
                entry[2].append(keeper)

        for (kind, cause), places in found.kinds.items():
            tally = _entry_of(result.tallies, (kind.number, cause), Tally)
            tally.count += len(places)
            places.sort()
            first, last = _moment(places[0]), _moment(places[-1])
            tally.span(first, last)
            for place in _ends_of(places, tally.samples, SAMPLES, tally.recent, RECENT, first, last):
                pick(place, kind.number, tally.keep)
        for trails, groups in ((result.jobs, found.jobs), (result.batches, found.batches)):
            for id, notes in groups.items():
                trail = _entry_of(trails, id, Trail)
                trail.count += len(notes)
                notes.sort()
                places = [place for place, _ in notes]
                numbers = {place[1]: number for place, number in notes}
                ends = (_moment(places[0]), _moment(places[-1]))
                for place in _ends_of(places, trail.early, EARLY, trail.late, LATE, *ends):
                    pick(place, numbers[place[1]], trail.keep)
        if found.milestones:
            found.milestones.sort()
            late = result.milestones
            if len(late) < MILESTONES or _moment(found.milestones[-1][0]) >= late[0][0]:
                keep = partial(keep_newest, late, most=MILESTONES)
                for place, number in found.milestones[-MILESTONES:]:
                    pick(place, number, keep)
        order = sorted(picked)
        for at, (raw, offset, line) in zip(order, resolve([picked[at][0] for at in order]), strict=True):
            place, number, keepers = picked[at]
            kept = (_moment(place), self._number, self._offset + offset, number, raw, "", self._offset, line)
            for keep_line in keepers:
                keep_line(kept)

    def _make_room(self) -> None:
        found = self.result
        if max(len(found.jobs), len(found.batches)) > 2 * TRAILS or len(found.shapes) > 5 * SHAPES:
            found.pruned()

    def _look_at_the_ends(self, data: bytes, source: Source, offset: int) -> None:
        """Format, wrapper and time of the first and the last line, for what is said of the input as a whole."""
        if source.head is None or offset < source.head[0]:
            first = data.find(b"\n")
            source.head = (offset, *_seen(data[: first if first >= 0 else len(data)]))
        end = offset + len(data)
        if source.tail is None or end > source.tail[0]:
            stop = len(data) - data.endswith(b"\n")
            source.tail = (end, *_seen(data[data.rfind(b"\n", 0, stop) + 1 : stop]))

    # --- one line --------------------------------------------------------------------------------------------------

    def _look(self, data: bytes, start: int, stop: int, place: int) -> int:
        """Look at the line with a literal in it; the answer is where what was looked at ends."""
        if data[start : start + 5] == b"time=":
            line = self._plain(data, start, stop, "")
        elif data[start:stop].lstrip()[:1] == b'"':
            start, stop = _around(data, start, stop)
            line = self._other(data[start:stop])
        else:
            line = self._other(data[start:stop])
        if line is not None and (self._window is None or self._window.has(line.time, line.raw)):
            self._count(line, start, place)
        return stop

    def _plain(self, data: bytes, start: int, stop: int, stream: str) -> _Line | None:
        """A line in the format of the program's logger, not decoded."""
        head = data.find(b" ", start + 25, start + 45)
        level = head + _TO_LEVEL
        if head < 0 or data[level - len(_LEVEL) : level] != _LEVEL:
            return self._decoded(data[start:stop], stream, None)
        # INFO and WARN have four letters, ERROR and DEBUG five.
        message = level + (4 if data[level + 4 : level + 6] == _END else 5) + len(_MESSAGE)
        end = data.find(_END, message, stop)
        if end < 0 or data[message - len(_MESSAGE) : message] != _MESSAGE or data[end - 1] == _BACKSLASH:
            return self._decoded(data[start:stop], stream, None)
        text = data[message:end]
        kind = self._by_message.get(text)
        word = data[level : level + 1]
        if kind is None and b"\\" in text:  # an escape in the message
            return self._decoded(data[start:stop], stream, None)
        if kind is None and word not in b"EW":
            kind = self._by_pattern(text)
            if kind is None:
                return None
        time = times.parse(data[start + 5 : head])
        raw = data[start : stop if stop - start <= LONGEST else start + LONGEST]
        return _Line(kind, word, text, NO_TIME if time is None else time, stream, raw, True)

    def _by_pattern(self, message: bytes) -> Kind | None:
        found = CATALOGUE.of_message(message.decode("utf-8", "replace"))
        return self._kinds[found.entry.id] if found is not None else None

    def _other(self, raw: bytes) -> _Line | None:
        """A line in wrappers or in another format."""
        peeled = peel(raw)
        rest = peeled.rest
        self._source.wrappers.add(peeled.wrappers)
        wrapper = times.parse(peeled.time) if peeled.time is not None else None
        if rest.startswith(b"time="):
            line = self._plain(rest, 0, len(rest), peeled.stream)
            if line is not None and line.time == NO_TIME and wrapper is not None:
                line.time = wrapper
            return line
        return self._decoded(rest, peeled.stream, wrapper)

    def _decoded(self, rest: bytes, stream: str, wrapper: float | None) -> _Line | None:
        found = decode(rest[:LONGEST_LINE])
        if found is None or found.format == PLAIN:
            kind = self._by_form(rest[:LONGEST_LINE])
            if kind is None:
                return None
            level, text = kind.entry.level[:1].encode(), rest[:LONGEST_MESSAGE]
        else:
            level, text = found.level[:1].encode(), found.message.encode("utf-8", "replace")
            kind = self._by_message.get(text) or self._by_pattern(text)
            if kind is None and level not in (b"E", b"W"):
                return None
            self._source.formats.add(found.format)
        moment = found.time if found is not None and found.time is not None else wrapper
        return _Line(kind, level, text, NO_TIME if moment is None else moment, stream, rest[:LONGEST], False, found)

    def _by_form(self, line: bytes) -> Kind | None:
        found = CATALOGUE.of_plain(line.decode("utf-8", "replace"))
        return self._kinds[found.entry.id] if found is not None else None

    # --- counting --------------------------------------------------------------------------------------------------

    def _count(self, line: _Line, start: int, place: int) -> None:
        kind, result = line.kind, self.result
        offset = self._offset
        if kind is None:
            kept = (line.time, self._number, offset + start, UNKNOWN, line.raw, line.stream, offset, place)
            self._count_unknown(line, kept)
            return
        kept = (line.time, self._number, offset + start, kind.number, line.raw, line.stream, offset, place)
        key = (kind.number, self._cause(line, kind) if kind.faulty else "")
        tally = result.tallies.get(key)
        if tally is None:
            tally = result.tallies[key] = Tally()
        tally.add(kept)
        if kind.milestone:
            keep_newest(result.milestones, kept, MILESTONES)
        if kind.of_jobs:
            self._follow(line, kept, _JOB, result.jobs)
        if kind.of_batches:
            self._follow(line, kept, _BATCH, result.batches)
        if kind.access:
            self._time_answer(line, kept)

    def _count_unknown(self, line: _Line, kept: Kept) -> None:
        self.result.unknown += 1
        shape = (_IDS.sub(b"*", line.message[:LONGEST_MESSAGE]), line.level.decode())
        tally = self.result.shapes.get(shape)
        if tally is None:
            tally = self.result.shapes[shape] = Tally()
        tally.add(kept)

    def _follow(self, line: _Line, kept: Kept, pattern: re.Pattern[bytes], trails: dict[bytes, Trail]) -> None:
        match = pattern.search(line.raw, 100) if line.plain else None
        id = match[1] if match is not None else _field(line, pattern)
        if id is None:
            return
        trail = trails.get(id)
        if trail is None:
            trail = trails[id] = Trail()
        trail.add(kept)

    def _time_answer(self, line: _Line, kept: Kept) -> None:
        """The API's answers by how long they took, those to health checks aside."""
        match = _DURATION.search(line.raw)
        if match is None or _PATH.search(line.raw):
            return
        nanoseconds = times.duration(match[1])
        if nanoseconds is None:
            return
        taken = nanoseconds / 1e9
        slowest = self.result.slowest
        if len(slowest) == SLOWEST and (taken, kept) <= slowest[0]:
            return
        slowest.append((taken, kept))
        slowest.sort()
        del slowest[:-SLOWEST]

    def _cause(self, line: _Line, kind: Kind) -> str:
        """The id of the known cause that the line's error text shows, empty for none."""
        if line.plain:
            return self._cause_of(line.raw, kind)
        return _cause_id(_error_of(line.decoded, line.raw), kind.entry)

    def _cause_of(self, raw: bytes, kind: Kind) -> str:
        """The same for a line in the program's own format, not decoded if its error was met before."""
        match = _ERROR.search(raw, _AT_LEVEL)
        if match is None:
            return ""
        rest = raw[match.end() : match.end() + LONGEST_ERROR]
        # Behind most errors nothing stands that differs, so that the rest of the line tells them apart.
        known = kind.causes.get(rest)
        if known is not None:
            return known
        end = _ERROR_END.search(rest)
        key = _VARYING.sub(b"#", rest[: end.end() if end is not None else LONGEST_ERROR])
        cause = kind.causes.get(key)
        if cause is None:
            cause = _cause_id(_error_of(decode(raw), raw), kind.entry)
        if len(kind.causes) < MOST_CAUSES_REMEMBERED:
            kind.causes[key] = kind.causes[rest] = cause
        return cause


def _moment(place: Place) -> float:
    time = times.parse(place[0])
    return NO_TIME if time is None else time


def _cut_out(data: bytes, places: list[Place]) -> Iterator[tuple[bytes, int, int]]:
    """Lines, offsets and line numbers of places by their beginning and end."""
    counted = lines = 0
    for _, start, stop in places:
        lines += data.count(b"\n", counted, start)
        counted = start
        yield data[start : min(stop, start + LONGEST)], start, lines


def _looked_up(lines: list[bytes], starts: list[int], places: list[Place]) -> Iterator[tuple[bytes, int, int]]:
    """The same of places by the number of the line."""
    for _, number, _ in places:
        yield lines[number][:LONGEST], starts[number], number


def _around(data: bytes, start: int, stop: int) -> tuple[int, int]:
    """The whole of a JSON object that was pasted over several lines, of which this is one."""
    first = 0 if data.startswith(b"{") and b"\n{" not in data[:start] else data.rfind(b"\n{", 0, start) + 1
    last = data.find(b"\n}", stop)
    if not data.startswith(b"{", first) or last < 0 or last - first > MOST_OF_AN_OBJECT:
        return start, stop
    return first, last + 2


def _seen(raw: bytes) -> tuple[float, str, tuple[str, ...]]:
    """Time, format and wrappers of any line."""
    peeled = peel(raw[: 64 * 1024])
    found = decode(peeled.rest)
    time = found.time if found is not None else None
    if time is None and peeled.time is not None:
        time = times.parse(peeled.time)
    return (NO_TIME if time is None else time, found.format if found is not None else "foreign", peeled.wrappers)


def _kind(number: int, entry: Entry) -> Kind:
    names = {name for name, _ in entry.fields}
    return Kind(
        number,
        entry,
        of_jobs=entry.role != "noise" and bool(names & TRAILED - {"batch_id"}),
        of_batches=entry.role != "noise" and "batch_id" in names,
        milestone=entry.id in MILESTONE_IDS,
        faulty=entry.level in ("ERROR", "WARN") or bool(names & {"error", "error_message"}),
        access=entry.id == "api-access-log",
        simple=entry.id != "api-access-log",
        special=entry.id in MILESTONE_IDS or (entry.role != "noise" and bool(names & TRAILED)),
    )


def _field(line: _Line, pattern: re.Pattern[bytes]) -> bytes | None:
    """The id of a line that was decoded."""
    if line.decoded is None:
        return None
    names = ("job_id", "indexing_job_id") if pattern is _JOB else ("batch_id",)
    found = next((line.decoded.fields[name] for name in names if line.decoded.fields.get(name)), None)
    return found.encode() if isinstance(found, str) and len(found) <= 100 else None


def _error_of(found: Decoded | None, raw: bytes) -> str:
    """The error text of a line, under whichever name it has it; a line without fields is one itself."""
    if found is None or found.format == PLAIN:
        return raw.decode("utf-8", "replace")
    text = next((found.fields[name] for name in ERROR_FIELDS if isinstance(found.fields.get(name), str)), "")
    return str(text)[:LONGEST_ERROR]


def cause_in(event: LogEvent) -> str:
    """The id of the known cause that an event's error text, or else its own, shows; empty for none."""
    text = event.error or (event.text if not event.fields else "")
    return _cause_id(text, CATALOGUE.by_id.get(event.id))


def _cause_id(text: str, entry: Entry | None) -> str:
    if not text:
        return ""
    if entry is None or not entry.causes:
        found = cause_of(text)
    else:
        found = entry.cause_of(text)
        if found is None or found.rank == "wrapper":
            # What other lines mean by the same words may say nothing about this one, unless it is unmistakable.
            inner = cause_of(text)
            found = inner if inner is not None and (inner.rank == "specific" or inner.id == CANCELLED) else found
    return found.id if found is not None else ""
