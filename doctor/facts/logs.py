"""What the logs tell: lines that matter with their places, how often, since when, and how they belong together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field

from doctor.values import value

_PID = re.compile(r"\[\d+\]$")


def service_of(stream: str) -> str:
    """The service that a stream belongs to: without the number of the process, of which each start has a new one."""
    return _PID.sub("", stream)


@value
class LogEvent:
    """
    One line that matters.

    `id` is the catalogue's, empty for a line that it does not know. `time` is in seconds since the epoch, None where
    the line tells none. `fields` are those of the entry (durations as integer nanoseconds, as logged). `stream` is who
    wrote it as the wrapper names it (`worker-1`), empty where none does. `text` is the line without its wrappers, cut.
    `cause` is the id of the known cause that its error text shows.
    """

    id: str
    role: str
    level: str
    time: float | None
    message: str
    fields: Mapping[str, object] = field(default_factory=dict)
    path: str = ""
    line: int = 0
    stream: str = ""
    text: str = ""
    cause: str | None = None

    def get(self, *names: str) -> str | None:
        """The first of these fields that is there, as text."""
        for name in names:
            found = self.fields.get(name)
            if found is not None and found != "":
                return str(found)
        return None

    @property
    def service(self) -> str:
        """Who wrote it, the same for each life of the process; empty where no wrapper tells."""
        return service_of(self.stream)

    @property
    def error(self) -> str:
        """The error text, under whichever name the line has it; empty for none."""
        return self.get(*ERROR_FIELDS) or ""


# How the problem of an input begins that goes on, or may, where the reading ended: no time, or an interruption.
UNFINISHED = "not read to its end"
# Where a line has its error text.
ERROR_FIELDS = ("error", "error_message", "underlying_error", "zoekt_error", "embedding_error", "panic", "message")


@value
class LogCount:
    """
    All lines of one kind, or of one kind with one cause.

    `first` and `last` are times. `samples` are the earliest ones, `recent` the newest, both in order and at most a few.
    """

    id: str
    role: str
    level: str
    count: int
    first: float | None = None
    last: float | None = None
    samples: Sequence[LogEvent] = ()
    recent: Sequence[LogEvent] = ()
    cause: str | None = None

    @property
    def newest(self) -> LogEvent | None:
        """The last of them."""
        return self.recent[-1] if self.recent else None


@value
class LogShape:
    """Lines of level WARN or ERROR that the catalogue does not know, alike but for numbers and ids."""

    shape: str
    level: str
    count: int
    first: float | None = None
    last: float | None = None
    samples: Sequence[LogEvent] = ()


@value
class LogInput:
    """One input: its size when decompressed, its lines, how they are written and wrapped, what stopped the reading."""

    path: str
    bytes: int = 0
    lines: int = 0
    format: str = "foreign"
    wrapper: str = "none"
    problem: str | None = None


@value
class LogRun:
    """
    One life of a process, as far as its milestones tell.

    `role` is worker, api, migrate or unknown; `start` is the line of its start, None when the log begins later;
    `milestones` are the lines that tell what it was configured with and what became of it, in order. `end` is the line
    that ended it, None while nothing says so. `heard` is the time of the last line that is kept of it. Where no wrapper
    names who wrote it, `log` is the log that it is in; rotated ones count as one.
    """

    role: str
    stream: str
    start: LogEvent | None
    milestones: tuple[LogEvent, ...] = ()
    end: LogEvent | None = None
    heard: float | None = None
    log: str = ""

    @property
    def service(self) -> str:
        """Who wrote it, the same for each of its lives; empty where no wrapper tells."""
        return service_of(self.stream)

    @property
    def seen_from(self) -> float | None:
        """When it was first heard of."""
        return min(self._times(), default=None)

    @property
    def seen_until(self) -> float | None:
        """When it was last heard of."""
        return max((*self._times(), *(() if self.heard is None else (self.heard,))), default=None)

    def _times(self) -> Iterator[float]:
        events = (self.start, *self.milestones, self.end)
        return (each.time for each in events if each is not None and each.time is not None)

    def replaces(self, other: LogRun) -> bool:
        """
        Whether this life, which began later, is one of the same process as the other.

        Under journald each life has a number of its own; of two processes at a time the older one goes on to write.
        """
        if (self.service, self.log) != (other.service, other.log) or len({self.role, other.role} - {"unknown"}) > 1:
            return False
        if self.stream == other.stream:
            return True
        began, until = self.seen_from, other.seen_until
        return began is None or until is None or began >= until

    def of(self, *ids: str) -> Iterator[LogEvent]:
        """The milestones of these kinds."""
        return (each for each in self.milestones if each.id in ids)

    @property
    def started_at(self) -> float | None:
        """When it started."""
        return self.start.time if self.start is not None else None


@value
class LogTrail:
    """The lines about one job or one batch, in order; `dropped` more were not kept."""

    id: str
    events: Sequence[LogEvent] = ()
    dropped: int = 0

    def of(self, *ids: str) -> Iterator[LogEvent]:
        """Those of these kinds."""
        return (each for each in self.events if each.id in ids)


@value
class Logs:
    """
    Everything that was read.

    `steps` are the lines about the message that a worker has in hand which name no job, in order. `calls` are the times
    during which somebody asked Gemini for vectors, one text each: spans without a pause of a minute, by who wrote the
    lines (the stream, or the log where no wrapper names one).
    `counts` has the kinds of lines, worst first, each split by cause; `slowest` are the answers of the API that took
    longest. `jobs` and `batches` are by id; `lost_trails` says that there were too many to keep all.
    """

    inputs: tuple[LogInput, ...] = ()
    first: float | None = None
    last: float | None = None
    counts: tuple[LogCount, ...] = ()
    unrecognised: tuple[LogShape, ...] = ()
    unrecognised_count: int = 0
    runs: tuple[LogRun, ...] = ()
    jobs: Mapping[str, LogTrail] = field(default_factory=dict)
    batches: Mapping[str, LogTrail] = field(default_factory=dict)
    lost_trails: bool = False
    slowest: tuple[LogEvent, ...] = ()
    steps: Sequence[LogEvent] = ()
    calls: Mapping[tuple[str, str], Sequence[tuple[float, float]]] = field(default_factory=dict)

    def of(self, ids: Iterable[str] = (), causes: Iterable[str] = ()) -> Iterator[LogCount]:
        """The counts of these kinds of lines, or with these causes."""
        wanted, reasons = set(ids), set(causes)
        return (each for each in self.counts if each.id in wanted or (each.cause is not None and each.cause in reasons))

    @property
    def unfinished(self) -> str | None:
        """
        Why this is not the whole answer; None where it is.

        That is so when the reading of an input had to end early, or when there was nothing that could be read.
        """
        problems = [each.problem for each in self.inputs if each.problem is not None]
        early = next((each for each in problems if each.startswith(UNFINISHED)), None)
        if (
            early is None
            and problems
            and len(problems) == len(self.inputs)
            and not any(each.lines for each in self.inputs)
        ):
            return f"not read: {problems[0]}"
        return early
