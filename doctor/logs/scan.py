"""
Scanning: the lines that matter are found by their literals in the raw bytes, and only these are looked at.

Of a line in the plain format just the time, the level and the message are cut out, by their places; everything else
(other formats, wrappers, fields) is decoded for the few lines that are kept, when all is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from doctor.logs import times
from doctor.logs.bulk import BATCH, BEHIND, JOB, Locate, Origin, Rows, add
from doctor.logs.catalogue import CATALOGUE
from doctor.logs.crowd import Crowd, Judge, is_crowded
from doctor.logs.entry import Decoded, decode
from doctor.logs.forms import PLAIN, STRUCTURED, TEXT
from doctor.logs.kinds import Kind, kinds
from doctor.logs.layout import AT_LEVEL, END, LEVEL, LONGEST, MESSAGE, STAMP, TO_LEVEL
from doctor.logs.matcher import Matcher
from doctor.logs.pieces import mend
from doctor.logs.result import (
    DEEP,
    MILESTONES,
    NO_TIME,
    SHAPES,
    SLOWEST,
    SUMMARY,
    Depth,
    Kept,
    Result,
    Source,
    Tally,
    Trail,
    keep_newest,
)
from doctor.logs.why import cause_id, cause_of, error_of
from doctor.logs.wrappers import peel

# What is decoded of a line, and what of its message tells it from others.
LONGEST_LINE, LONGEST_MESSAGE = 1 << 20, 300
# The number of a line that the catalogue does not know.
UNKNOWN = -1

_BACKSLASH = ord("\\")
_IDS = re.compile(rb"[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}|\d+")
_DURATION = re.compile(rb" duration=(\S+)")
_PATH = re.compile(rb" path=/health\b")

MOST_OF_AN_OBJECT = 64 * 1024
# A key of a configuration that cannot be decoded, in the words of either version of mapstructure.
_LISTED = re.compile(rb"(?:\* )?'[^']*' ")
MOST_KEYS = 20


@dataclass(frozen=True)
class Window:
    """
    Which lines count: of this time, and with this id somewhere in them.

    `deep` keeps of more jobs what they were about, for an answer to why.
    """

    since: float | None = None
    until: float | None = None
    job: bytes | None = None
    id: bytes | None = None
    deep: bool = False

    @property
    def everything(self) -> bool:
        """Whether nothing is left out."""
        return (self.since, self.until, self.job, self.id) == (None, None, None, None)

    @property
    def depth(self) -> Depth:
        """How much is kept of what counts."""
        return DEEP if self.deep else SUMMARY

    def has(self, time: float, line: bytes) -> bool:
        """Whether a line is in it; one without a time is while no time is asked for."""
        if self.since is not None and time < self.since:
            return False
        if self.until is not None and (time > self.until or time == NO_TIME or times.has_no_year(time)):
            return False
        return (self.job is None or self.job in line) and (self.id is None or self.id in line)


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


class Scanner:
    """
    Scans blocks of whole records and adds up what they hold in `result`.

    A block is bytes that end where a record does. Not to be used by two threads at once.
    """

    def __init__(self, window: Window | None = None) -> None:
        self.result = Result(window.depth if window is not None else SUMMARY)
        self._window = window if window is not None and not window.everything else None
        self._matcher = Matcher.load()
        self._kinds = {kind.entry.id: kind for kind in kinds()}
        self._by_message = {raw: self._kinds[entry.id] for raw, entry in CATALOGUE.by_raw_message.items()}
        unsure = next(each for each in self._kinds.values() if not each.simple)
        self._judge = Judge(self._by_message, unsure, self._by_pattern)
        self._source, self._number, self._offset = Source(), 0, 0

    def scan(self, data: bytes, number: int = 0, offset: int = 0) -> None:
        """Add what a block of input `number`, at this offset in it, holds."""
        data = mend(data)
        source = self.result.sources.setdefault(number, Source())
        self._look_at_the_ends(data, source, offset)
        self._source, self._number, self._offset = source, number, offset
        crowded = self._window is None and is_crowded(data, self._matcher.find)
        source.blocks[offset] = (len(data), (self._go_through if crowded else self._pick_out)(data))
        self._make_room()

    def _pick_out(self, data: bytes) -> int:
        """
        Go to the lines with a literal in them; how many lines the block has.

        Of a line that is written as most are (time in UTC, a message of the catalogue that needs no escape) only the
        place is noted; all others are looked at one by one.
        """
        rfind, find, count, known = data.rfind, data.find, data.count, self._by_message
        plainly, rows = self._window is None, Rows()
        done = counted = lines = 0
        for end, _ in self._matcher.find(data):
            if end <= done:
                continue
            start = rfind(b"\n", 0, end - 1) + 1
            done = find(b"\n", end - 1)
            if done < 0:
                done = len(data)
            level = start + AT_LEVEL
            if plainly and data[level - len(LEVEL) : level] == LEVEL and data[start + 28 : start + 30] == b"Z ":
                # INFO and WARN have four letters, ERROR and DEBUG five.
                message = level + (4 if data[level + 4 : level + 6] == END else 5) + len(MESSAGE)
                stop = find(END, message, done)
                kind = known.get(data[message:stop]) if stop > 0 else None
                if kind is not None and kind.simple and data[start : start + 5] == b"time=":
                    rows.kinds.append(kind)
                    rows.places.append(start)
                    rows.lines.append(data[start : min(done, start + LONGEST)])
                    rows.stamps.append(data[start + STAMP.start : start + STAMP.stop])
                    continue
            lines += count(b"\n", counted, start)
            counted = start
            done = max(done, self._look(data, start, done, lines))
        self._add(rows, lambda places: _numbered(data, places))
        return count(b"\n") + (not data.endswith(b"\n") and bool(data))

    def _go_through(self, data: bytes) -> int:
        """The same where a good part of the lines has a literal in it."""
        crowd = Crowd(data)
        crowd.read(self._judge, self._matcher.find)
        done = 0
        for start, line in crowd.others:
            if start >= done:
                stop = data.find(b"\n", start)
                done = self._look(data, start, stop if stop >= 0 else len(data), line)
        self._add(crowd.rows, crowd.locate)
        return crowd.lines

    def _add(self, rows: Rows, locate: Locate) -> None:
        if rows.lines:
            self._source.formats.add(STRUCTURED)
            add(self.result, rows, Origin(self._number, self._offset, locate))

    def _make_room(self) -> None:
        found = self.result
        many = max(len(found.jobs), len(found.batches)) > 2 * found.depth.trails
        if many or len(found.steps) > 2 * found.depth.steps or len(found.shapes) > 5 * SHAPES:
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
            if line is not None and line.kind is self._kinds["go-panic-config"]:
                stop = _with_list(line, data, stop)
        if line is not None and (self._window is None or self._window.has(line.time, line.raw)):
            self._count(line, start, place)
        return stop

    def _plain(self, data: bytes, start: int, stop: int, stream: str) -> _Line | None:
        """A line in the format of the program's logger, not decoded."""
        head = data.find(b" ", start + 25, start + 45)
        level = head + TO_LEVEL
        if head < 0 or data[level - len(LEVEL) : level] != LEVEL:
            return self._decoded(data[start:stop], stream, None)
        # INFO and WARN have four letters, ERROR and DEBUG five.
        message = level + (4 if data[level + 4 : level + 6] == END else 5) + len(MESSAGE)
        end = data.find(END, message, stop)
        if end < 0 or data[message - len(MESSAGE) : message] != MESSAGE or data[end - 1] == _BACKSLASH:
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
        self._source.formats.add(STRUCTURED)
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
            if kind is None and found.format == TEXT:
                other = self._by_form(text)
                if other is not None and other.entry.format == "other":  # compose writes so, too
                    kind, level = other, other.entry.level[:1].encode()
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
        if result.depth.has_steps and (kind.step or kind.call):
            self._step(line, kept, kind)
        if kind.of_jobs:
            self._follow(line, kept, JOB, result.jobs)
        if kind.of_batches:
            self._follow(line, kept, BATCH, result.batches)
        if kind.access:
            self._time_answer(line, kept)

    def _step(self, line: _Line, kept: Kept, kind: Kind) -> None:
        if kind.step:
            self.result.steps.append(kept)
        elif line.time != NO_TIME:
            self.result.call((self._number, line.stream), ((line.time, line.time),))

    def _count_unknown(self, line: _Line, kept: Kept) -> None:
        self.result.unknown += 1
        shape = (_IDS.sub(b"*", line.message[:LONGEST_MESSAGE]), line.level.decode())
        tally = self.result.shapes.get(shape)
        if tally is None:
            tally = self.result.shapes[shape] = Tally()
        tally.add(kept)

    def _follow(self, line: _Line, kept: Kept, pattern: re.Pattern[bytes], trails: dict[bytes, Trail]) -> None:
        match = pattern.search(line.raw, BEHIND) if line.plain else None
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
            return cause_of(line.raw, kind)
        return cause_id(error_of(line.decoded, line.raw), kind.entry.id)


def _numbered(data: bytes, places: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Where lines begin, which are in order, and their numbers."""
    counted = number = 0
    for place in places:
        number += data.count(b"\n", counted, place)
        counted = place
        yield place, number


def _around(data: bytes, start: int, stop: int) -> tuple[int, int]:
    """The whole of a JSON object that was pasted over several lines, of which this is one."""
    first = 0 if data.startswith(b"{") and b"\n{" not in data[:start] else data.rfind(b"\n{", 0, start) + 1
    last = data.find(b"\n}", stop)
    if not data.startswith(b"{", first) or last < 0 or last - first > MOST_OF_AN_OBJECT:
        return start, stop
    return first, last + 2


def _with_list(line: _Line, data: bytes, stop: int) -> int:
    """Put the lines behind a refused configuration into it that name the keys, one each; where they end."""
    parts, end = [line.raw], stop
    while len(parts) < MOST_KEYS and 0 <= end < len(data):
        start, end = end + 1, data.find(b"\n", end + 1)
        rest = peel(data[start : end if end >= 0 else len(data)]).rest.strip()
        if _LISTED.match(rest):
            parts.append(rest)
            stop = end if end >= 0 else len(data)
        elif rest:
            break
    line.raw = b" ".join(parts)[:LONGEST]
    line.message = line.raw[:LONGEST_MESSAGE]
    return stop


def _seen(raw: bytes) -> tuple[float, str, tuple[str, ...]]:
    """Time, format and wrappers of any line."""
    peeled = peel(raw[: 64 * 1024])
    found = decode(peeled.rest)
    time = found.time if found is not None else None
    if time is None and peeled.time is not None:
        time = times.parse(peeled.time)
    return (NO_TIME if time is None else time, found.format if found is not None else "foreign", peeled.wrappers)


def _field(line: _Line, pattern: re.Pattern[bytes]) -> bytes | None:
    """The id of a line that was decoded."""
    if line.decoded is None:
        return None
    names = ("job_id", "indexing_job_id") if pattern is JOB else ("batch_id",)
    found = next((line.decoded.fields[name] for name in names if line.decoded.fields.get(name)), None)
    return found.encode() if isinstance(found, str) and len(found) <= 100 else None
