"""What the logs tell: lines that matter with their places, how often, since when, and how they belong together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field

from doctor.values import value


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
    def error(self) -> str:
        """The error text, under whichever name the line has it; empty for none."""
        return self.get(*ERROR_FIELDS) or ""


# Where a line has its error text.
ERROR_FIELDS = ("error", "error_message", "underlying_error", "zoekt_error", "embedding_error", "panic")


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
    that ended it, None while nothing says so.
    """

    role: str
    stream: str
    start: LogEvent | None
    milestones: tuple[LogEvent, ...] = ()
    end: LogEvent | None = None

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

    def of(self, ids: Iterable[str] = (), causes: Iterable[str] = ()) -> Iterator[LogCount]:
        """The counts of these kinds of lines, or with these causes."""
        wanted, reasons = set(ids), set(causes)
        return (each for each in self.counts if each.id in wanted or (each.cause is not None and each.cause in reasons))
