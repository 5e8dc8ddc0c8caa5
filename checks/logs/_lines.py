"""Which lines count: those since the last start of the process that wrote them, and nothing that was made good."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from doctor.api import facts

STARTED = ("worker-started", "api-started")

# Lines that only the API prints; those of packages that it shares with the worker are told apart by the process.
OF_API = (
    "api-",
    "con-",
    "search-",
    "zk-search-failed",
    "zk-list-failed",
    "zk-health-failed",
    "zk-hybrid-degraded",
    "zk-not-configured",
)
OF_MIGRATE = ("mig-", "config-not-loaded-migrate")
# What a process prints before it says what it is.
PRELUDE = ("config-", "stderr-config-", "stderr-bind-env")


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines that count, oldest first, and how many there are; not `exact` when more were not kept."""

    events: tuple[facts.LogEvent, ...] = ()
    count: int = 0
    exact: bool = True

    def __bool__(self) -> bool:
        """Whether any line counts."""
        return bool(self.events)

    @property
    def newest(self) -> facts.LogEvent:
        """The last of them."""
        return self.events[-1]

    @property
    def oldest(self) -> facts.LogEvent:
        """The first of them that is known."""
        return self.events[0]

    @property
    def how_often(self) -> str:
        """`once, at T` or `12 times from T to T`, in UTC."""
        since, until = stamp(self.oldest.time), stamp(self.newest.time)
        if self.count == 1:
            return f"once, at {until}" if until else "once"
        times = f"{'' if self.exact else 'at least '}{self.count} times"
        if not until:
            return times
        return f"{times} at {until}" if since == until else f"{times} from {since} to {until}"

    def but(self, dropped: Callable[[facts.LogEvent], bool]) -> Lines:
        """Without these."""
        return self.only(lambda event: not dropped(event))

    def only(self, kept_if: Callable[[facts.LogEvent], bool]) -> Lines:
        """These alone."""
        kept = tuple(event for event in self.events if kept_if(event))
        if len(kept) == len(self.events):
            return self
        return Lines(kept, len(kept), self.exact and self.count == len(self.events))


def stamp(time: float | None) -> str:
    """A time as people read it, in UTC; empty for none."""
    if time is None:
        return ""
    # Only those who have found something need it.
    from datetime import UTC, datetime

    try:
        return f"{datetime.fromtimestamp(time, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (OverflowError, OSError, ValueError):
        return ""


def current(logs: facts.Logs, ids: Iterable[str] = (), causes: Iterable[str] = ()) -> Lines:
    """The lines of these kinds, or with these causes, since the last start of the process that wrote them."""
    return gathered(logs, logs.of(ids, causes))


def by_line(logs: facts.Logs, id: str, cause: str) -> Lines:
    """The lines of this kind with this cause that count."""
    return gathered(logs, (count for count in logs.of((id,)) if count.cause == cause))


def gathered(logs: facts.Logs, counts: Iterable[facts.LogCount]) -> Lines:
    """The lines of these counts that are not older than the last start of their process."""
    events: list[facts.LogEvent] = []
    total, exact = 0, True
    for count in counts:
        fresh = [event for event in count.recent if not is_old(logs, event)]
        events += fresh
        total += len(fresh)
        if len(fresh) == len(count.recent) < count.count:
            # Older ones are counted though not kept; they count as far as they are known to be of this life.
            whole = bool(count.samples) and not is_old(logs, count.samples[0])
            total += count.count - len(fresh) if whole else 0
            exact = exact and whole
    return Lines(tuple(sorted(events, key=_order)), total, exact)


def _order(event: facts.LogEvent) -> tuple[float, str, int]:
    return (event.time or 0.0, event.path, event.line)


# --- which life a line is of -----------------------------------------------------------------------------------


def is_old(logs: facts.Logs, event: facts.LogEvent) -> bool:
    """Whether the process that wrote this line has started again since."""
    run = life_that_counts(logs, event)
    began = beginning_of(run) if run is not None else None
    return began is not None and after(began, event)


def beginning_of(run: facts.LogRun) -> facts.LogEvent | None:
    """The first line of a life, None when the log begins later."""
    first = run.milestones[0] if run.milestones else None
    return first if first is not None and first.id.startswith(PRELUDE) else run.start


def life_that_counts(logs: facts.Logs, event: facts.LogEvent) -> facts.LogRun | None:
    """The newest life of the process that wrote this line; of a start that is under way, the life before it."""
    lives = _lives(logs, event)
    newest = lives[-1] if lives else None
    if newest is not None and len(lives) > 1 and under_way(newest) and not any(lives[-2].of(*STARTED)):
        return lives[-2]
    return newest


def under_way(run: facts.LogRun) -> bool:
    """Whether a start has neither come to its end nor told why not."""
    return run.end is None and not any(run.of(*STARTED)) and all(each.level != "ERROR" for each in run.milestones)


def _lives(logs: facts.Logs, event: facts.LogEvent) -> list[facts.LogRun]:
    """The lives of the process that wrote this line: those of its stream, else those of its role."""
    role = process_of(logs, event)
    own = [run for run in logs.runs if run.role == role or (run.role == "unknown" and run.service == event.service)]
    same = [run for run in own if event.stream and run.service == event.service]
    return _one_after_the_other(same, event) or own


def in_a_row(logs: facts.Logs, event: facts.LogEvent) -> list[facts.LogRun]:
    """The newest lives of the process that wrote this line, as far back as a line of its kind ended each of them."""
    found: list[facts.LogRun] = []
    for run in reversed(_lives(logs, event)):
        if run.end is None or run.end.id != event.id:
            break
        found.insert(0, run)
    return found


def _one_after_the_other(lives: list[facts.LogRun], event: facts.LogEvent) -> list[facts.LogRun]:
    """Without the lives of processes that ran beside the one that wrote this line, under the same name."""
    mine = next((run for run in reversed(lives) if run.stream == event.stream), None)
    if mine is None:
        return lives
    return [run for run in lives if run.stream == event.stream or run.replaces(mine) or mine.replaces(run)]


def process_of(logs: facts.Logs, event: facts.LogEvent) -> str:
    """Who wrote a line: told by its kind, else by who else wrote to its stream or file, else the worker."""
    if event.id.startswith(OF_API):
        return "api"
    if event.id.startswith(OF_MIGRATE):
        return "migrate"
    for same in (
        [run for run in logs.runs if event.stream and run.stream == event.stream],
        [run for run in logs.runs if event.stream and run.service == event.service],
        [run for run in logs.runs if run.start is not None and run.start.path == event.path],
    ):
        roles = {run.role for run in same} - {"unknown"}
        if len(roles) == 1:
            return roles.pop()
    return "worker"


# --- what came after -------------------------------------------------------------------------------------------


def later(logs: facts.Logs, event: facts.LogEvent, *ids: str, same: tuple[str, ...] = ()) -> bool:
    """
    Whether one of these lines came after this one.

    With `same` both must have the same value in the first of these fields that they have.
    """
    wanted = event.get(*same) if same else None
    if same and wanted is None:
        return False
    return any(after(other, event) and (not same or other.get(*same) == wanted) for other in _of(logs, ids, wanted))


def _of(logs: facts.Logs, ids: tuple[str, ...], trail: str | None) -> Iterator[facts.LogEvent]:
    for count in logs.of(ids):
        yield from count.recent
    for trails in (logs.batches, logs.jobs):
        if trail is not None and trail in trails:
            yield from trails[trail].of(*ids)


def after(event: facts.LogEvent, other: facts.LogEvent) -> bool:
    """Whether the first line was written after the second; lines of one moment by their place."""
    below = event.path == other.path and event.line > other.line
    if event.time is None or other.time is None:
        return below
    return event.time > other.time or (event.time == other.time and below)


def near_a_stop(logs: facts.Logs, event: facts.LogEvent, seconds: float = 60.0) -> bool:
    """Whether the process was being stopped when this line was written."""
    if event.time is None:
        return False
    stops = logs.of(("worker-shutdown", "worker-shutdown-done", "api-shutdown", "api-shutdown-done"))
    return any(
        stop.time is not None and abs(stop.time - event.time) <= seconds for count in stops for stop in count.recent
    )
