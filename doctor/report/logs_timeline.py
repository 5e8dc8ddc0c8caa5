"""`logs --timeline`: what matters in the order in which it happened; and a line for each new matter of `--follow`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heappush, heappushpop
from itertools import pairwise
from statistics import median

from doctor.causes import causes
from doctor.facts.logs import LogEvent, Logs
from doctor.logs.milestones import MILESTONES
from doctor.report.log_jobs import BATCH_STATES, JOB_STATES
from doctor.report.log_look import LINE, Look
from doctor.report.log_problems import TROUBLE
from doctor.report.log_words import MISLEADING, Clock, data, lasting, many, meaning, message, service
from doctor.report.terminal import padded, wrap

NEWEST = 200
# A silence is one when it is this long, and so many times longer than what lies between two lines usually.
SILENCE, UNUSUAL = 300.0, 20
STYLES = {"ERROR": ("red",), "WARN": ("yellow",)}
LONGEST_SERVICE = 20
# What a line says beside its message.
DETAILS = (
    ("job", ("job_id", "indexing_job_id"), 8),
    ("batch", ("batch_id",), 8),
    ("no.", ("batch_number",), 12),
    ("chunks", ("chunk_count",), 12),
    ("threshold", ("threshold_chunks",), 12),
    ("batch wanted", ("batch_desired",), 5),
    ("batch client", ("batch_api_enabled",), 5),
    ("file", ("config_file",), 80),
)
WORDS = {"True": "yes", "False": "no"}


@dataclass(frozen=True)
class Moment:
    """An event, and how many like it followed at once."""

    event: LogEvent
    more: int = 0
    until: float | None = None


def text(found: Logs, look: Look | None = None) -> str:
    """The timeline, the newest events of it."""
    look = look or Look()
    lines = list(_lines(found, look))
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _lines(found: Logs, look: Look) -> Iterator[str]:
    clock = Clock(found.first, found.last)
    events = matters(found)
    moments = list(together(events))
    shown = moments[-NEWEST:]
    if not look.quiet:
        yield from look.prose(_head(clock, len(events), len(moments) > len(shown)))
        yield ""
    wide = min(LONGEST_SERVICE, max((len(service(each.event)) for each in shown), default=0))
    usual, hidden = _usual(shown), list(_hidden(found))
    before: float | None = None
    for each in shown:
        time = each.event.time
        if before is not None and time is not None and usual is not None and time - before > usual:
            silence = wrap(_silence(before, time, hidden), look.fit or LINE, " " * (clock.width + 2))
            yield from (look.paint(line, "dim") for line in silence)
        yield _line(each, clock, wide, look)
        before = each.until if each.until is not None else time if time is not None else before


def _silence(begin: float, end: float, hidden: Sequence[tuple[float, float]]) -> str:
    """What is between two lines: nothing that matters, or only what is too frequent to be kept."""
    if any(first < end and last > begin for first, last in hidden):
        return f"{lasting(end - begin)} of which only frequent lines are not here"
    return f"{lasting(end - begin)} without a line that matters"


def _hidden(found: Logs) -> Iterator[tuple[float, float]]:
    """From when to when there are lines that were counted and not kept."""
    for count in found.counts:
        if count.count > len(count.recent) and any(map(is_telling, count.samples)):
            yield _between(count.samples, count.recent)
    for shape in found.unrecognised:
        if shape.count > len(shape.samples):
            yield (_between(shape.samples, ())[0], float("inf") if shape.last is None else shape.last)


def _between(early: Sequence[LogEvent], late: Sequence[LogEvent]) -> tuple[float, float]:
    return (_time(early[-1]) if early else float("-inf"), _time(late[0]) if late else float("inf"))


def _head(clock: Clock, count: int, is_cut: bool) -> str:
    if not count:
        return "No line of it is known to matter."
    when = f" of {clock.whole}" if clock.whole else ""
    if is_cut:
        what = f"The newest {NEWEST} entries{when}; --until shows earlier ones."
    else:
        what = f"{many(count, 'event')}{when}."
    return f"{what} Of what is frequent only the first and the newest lines are here."


def matters(found: Logs, most: int = 5 * NEWEST) -> list[LogEvent]:
    """The lines that tell a story, in order; each once, and the newest so many of them."""
    newest = _Newest(most)
    for run in found.runs:
        newest.take(each for each in (run.end, *reversed(run.milestones), run.start) if each is not None)
    for count in found.counts:
        if count.role != "noise":
            newest.take(reversed(count.recent))
            newest.take(reversed(count.samples))
    for shape in found.unrecognised:
        newest.take(reversed(shape.samples))
    trails = (each for each in (*found.jobs.values(), *found.batches.values()) if each.events)
    for trail in sorted(trails, key=lambda each: _time(each.events[-1]), reverse=True):
        newest.take(reversed(trail.events))
    return newest.in_order()


def _time(event: LogEvent) -> float:
    return float("-inf") if event.time is None else event.time


class _Newest:
    """Collects the newest events, and looks at no more lines than it must: decoding one takes time."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._times: list[float] = []
        self._events: dict[tuple[str, int, str, float | None], LogEvent] = {}

    def take(self, events: Iterable[LogEvent]) -> None:
        """Those of them that tell something, the newest first, up to where they are too old."""
        for event in events:
            time = _time(event)
            if len(self._times) == self._most and time < self._times[0]:
                return
            key = (event.path, event.line, event.id, event.time)
            if key not in self._events and is_telling(event):
                self._events[key] = event
                (heappush if len(self._times) < self._most else heappushpop)(self._times, time)

    def in_order(self) -> list[LogEvent]:
        """All that were taken, without those that turned out to be too old."""
        return _in_order(self._events.values())[-self._most :]


def _in_order(events: Iterable[LogEvent]) -> list[LogEvent]:
    """By time; what tells none, as crashes do, comes behind what stands before it in its log, else before the rest."""
    placed = sorted(events, key=lambda each: (each.path, each.line))
    latest = {each.path: each.time for each in reversed(placed) if each.time is not None}
    times: list[tuple[float, LogEvent]] = []
    for each in placed:
        if each.time is not None:
            latest[each.path] = each.time
        times.append((latest.get(each.path, float("-inf")), each))
    return [each for _, each in sorted(times, key=lambda pair: (pair[0], pair[1].path, pair[1].line))]


def is_telling(event: LogEvent) -> bool:
    """Whether a line is of interest by itself, and not just one step of many."""
    if event.role == "noise":
        return False
    if event.role in (*TROUBLE, "decision") or event.level in ("ERROR", "WARN"):
        return True
    return event.id in MILESTONES or event.id in JOB_STATES or event.id in BATCH_STATES


def together(events: Iterable[LogEvent]) -> Iterator[Moment]:
    """The events; those of one kind, service and cause that follow each other at once are one."""
    last: Moment | None = None
    for event in events:
        if last is not None and _alike(last.event, event):
            last = Moment(last.event, last.more + 1, event.time)
            continue
        if last is not None:
            yield last
        last = Moment(event)
    if last is not None:
        yield last


def _alike(one: LogEvent, other: LogEvent) -> bool:
    def kind(event: LogEvent) -> tuple[object, ...]:
        return (event.id, event.stream, event.cause, event.message if not event.id else "", *_ids(event))

    return kind(one) == kind(other)


def _ids(event: LogEvent) -> tuple[str | None, ...]:
    return (event.get("job_id", "indexing_job_id"), event.get("batch_id"))


def _usual(moments: Iterable[Moment]) -> float | None:
    """From how many seconds on a silence is unusual."""
    times = [each.event.time for each in moments if each.event.time is not None]
    pauses = [later - earlier for earlier, later in pairwise(times)]
    return max(SILENCE, UNUSUAL * median(pauses)) if pauses else None


def _line(each: Moment, clock: Clock, wide: int, look: Look) -> str:
    event = each.event
    who = f"{padded(service(event)[:LONGEST_SERVICE], wide)}  " if wide else ""
    head = f"{padded(clock.at(event.time), clock.width)}  {who}"
    more = f" ({each.more:,} more like it to {clock.at(each.until)})" if each.more else ""
    said = look.line(f"{message(event)}{_details(event)}", len(head) + len(more))
    return head + look.paint(said, *STYLES.get(event.level, ())) + more


def _details(event: LogEvent) -> str:
    told = [
        f"{name} {WORDS.get(value) or data(value)[:most]}"
        for name, fields, most in DETAILS
        if (value := event.get(*fields)) is not None
    ]
    return f" ({', '.join(told)})" if told else ""


def follow_line(event: LogEvent, look: Look | None = None) -> str:
    """A new matter: when, who, how bad, what it says and what that means."""
    look = look or Look()
    clock = Clock(None, None)
    who = f"{service(event)} " if event.stream else ""
    level = look.paint(f"{event.level or '-':5}", *STYLES.get(event.level, ()))
    head = f"{clock.at(event.time)} {who}"
    known = _meaning(event)
    said = f"{message(event)}{_details(event)}"
    return f"{head}{level} {said}{f' = {known}' if known and not look.quiet else ''}\n"


def _meaning(event: LogEvent) -> str:
    if event.id in MISLEADING:
        return data(MISLEADING[event.id])
    cause = next((each for each in causes() if each.id == event.cause), None)
    return data(cause.cause if cause is not None else meaning(event.id, event.fields))
