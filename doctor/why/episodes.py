"""The lines about one message that a worker had in hand, cut out of logs in which much goes on at once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from doctor.facts.logs import LogEvent, LogRun, Logs
from doctor.logs.story import Writer, writer

BEGINS, ENDS = "consumer-processing", ("consumer-ack", "consumer-nak")
# Lines that tell of a repository even when no message is known to be in hand.
TELLING = (
    "job-repo-completed-skip",
    "job-repo-archived-skip",
    "embed-engine-failed",
    "embed-engine-ok",
    "finalize-both-failed",
    "consumer-nak",
)
# What a line calls the repository, the most telling first.
NAMES = ("repoURL", "repository_url", "repo", "repository", "repository_id")
# Lines about batches, and of the API, name a job as well, but at other times.
OF_OTHERS = ("sub-", "poll-", "rec-", "retry-", "gb-", "api-", "con-")


@dataclass(eq=False)
class Episode:
    """
    One message, from the line that it is taken up to the one that it is done with, as far as they are there.

    `lines` are in order. `begun` and `ended` say whether the log has its first and its last line; `dropped` lines
    more were not kept. `run` is the life of the process that had it, None where its start is not in the log. `mixed`
    says that several messages were in hand at once, so that lines without an id are nobody's.
    """

    who: Writer
    run: LogRun | None
    lines: list[LogEvent] = field(default_factory=list)
    job: str | None = None
    begun: bool = False
    ended: bool = False
    mixed: bool = False
    dropped: int = 0

    def of(self, *ids: str) -> Iterator[LogEvent]:
        """Its lines of these kinds."""
        return (each for each in self.lines if each.id in ids)

    def first(self, *ids: str) -> LogEvent | None:
        """The first line of one of these kinds."""
        return next(self.of(*ids), None)

    @property
    def ids(self) -> frozenset[str]:
        """The kinds of its lines."""
        return frozenset(each.id for each in self.lines)

    @property
    def at(self) -> float | None:
        """When it began."""
        return next((each.time for each in self.lines if each.time is not None), None)

    @property
    def until(self) -> float | None:
        """When its last line was written."""
        return next((each.time for each in reversed(self.lines) if each.time is not None), None)

    def named(self, *names: str) -> str | None:
        """The value of the first of these fields that one of its lines has."""
        for name in names:
            found = next((text for each in self.lines if (text := each.get(name)) is not None), None)
            if found is not None:
                return found
        return None

    @property
    def repository(self) -> str | None:
        """The repository, by the best name that its lines have for it."""
        return self.named(*NAMES)


def order(event: LogEvent) -> tuple[float, str, int]:
    """The order of lines: by time, those of one moment by their place."""
    return (event.time if event.time is not None else float("-inf"), event.path, event.line)


class Lives:
    """The lives of workers, to look up whose line is whose."""

    def __init__(self, runs: Sequence[LogRun]) -> None:
        self._runs: dict[Writer, list[LogRun]] = {}
        for run in runs:
            if run.role in ("worker", "unknown") and run.milestones:
                self._runs.setdefault((run.stream, run.log), []).append(run)
        self._starts = {
            who: [order(each.milestones[0]) for each in sorted(found, key=lambda run: order(run.milestones[0]))]
            for who, found in self._runs.items()
        }
        for found in self._runs.values():
            found.sort(key=lambda run: order(run.milestones[0]))

    def of(self, event: LogEvent) -> LogRun | None:
        """The life in which a line was written; None when the log begins later."""
        who = writer(event.stream, event.path)
        starts = self._starts.get(who)
        if not starts:
            return None
        place = bisect_right(starts, order(event))
        return self._runs[who][place - 1] if place else None


def episodes(logs: Logs) -> list[Episode]:
    """All messages of all workers, in the order of their last lines."""
    cutter = _Cutter(Lives(logs.runs), {id: trail.dropped for id, trail in logs.jobs.items()})
    for event, job in _lines(logs):
        cutter.take(event, job)
    return sorted(cutter.done(), key=lambda each: order(each.lines[-1]))


def _lines(logs: Logs) -> list[tuple[LogEvent, str | None]]:
    """The lines about messages, with the job that they name."""
    found: list[tuple[LogEvent, str | None]] = [(each, None) for each in logs.steps]
    for id, trail in logs.jobs.items():
        found += ((each, id) for each in trail.events if not each.id.startswith(OF_OTHERS))
    return sorted(found, key=lambda pair: order(pair[0]))


class _Cutter:
    """Gives each line to the message that it is about."""

    def __init__(self, lives: Lives, dropped: Mapping[str, int]) -> None:
        self._lives = lives
        self._dropped = dropped
        self._all: list[Episode] = []
        self._hands: dict[Writer, _Hand] = {}
        self._of_job: dict[str, Episode] = {}

    def take(self, event: LogEvent, job: str | None) -> None:
        """The next line."""
        if event.id == BEGINS:
            self._begin(event).begun = True
        elif job is not None:
            self._of(event, job).lines.append(event)
        elif event.id in ENDS:
            self._end(event)
        else:
            self._step(event)

    def done(self) -> list[Episode]:
        """All of them; those without a job only where a line tells what became of a repository."""
        return [each for each in self._all if each.job is not None or not each.ids.isdisjoint(TELLING)]

    def _hand(self, event: LogEvent) -> _Hand:
        """What the process that wrote this line has in hand; what the process before it had was lost with that."""
        who, run = writer(event.stream, event.path), self._lives.of(event)
        hand = self._hands.get(who)
        if hand is None or hand.run is not run:
            hand = self._hands[who] = _Hand(who, run)
        return hand

    def _begin(self, event: LogEvent, *, with_line: bool = True) -> Episode:
        hand = self._hand(event)
        new = Episode(hand.who, hand.run, [event] if with_line else [])
        hand.take(new)
        self._all.append(new)
        return new

    def _of(self, event: LogEvent, job: str) -> Episode:
        """The message of a line that names its job."""
        hand = self._hand(event)
        known = self._of_job.get(job)
        if known is not None and known.run is hand.run:
            if known in hand.open:
                hand.goes_on_with(known)
                return known
            if not hand.nameless and not (event.id == "embed-start" and known.first("embed-start") is not None):
                return known
        found = hand.nameless or self._begin(event, with_line=False)
        found.job = job
        found.dropped = self._dropped.get(job, 0)
        self._of_job[job] = found
        return found

    def _step(self, event: LogEvent) -> None:
        hand = self._hand(event)
        found = hand.about(event)
        if found is not None:
            found.lines.append(event)
        elif event.id in TELLING and not (event.id == "embed-engine-ok" and hand.busy):
            self._all.append(hand.begun_before(event))

    def _end(self, event: LogEvent) -> None:
        hand = self._hand(event)
        if event.id in TELLING and not hand.busy and not hand.ends_with(event):
            self._all.append(hand.begun_before(event))
        hand.end(event)


class _Hand:
    """The messages that one process has in hand: one at a time, where not several processes write to one log."""

    # Of a log without the lines that end a message, so many are kept in mind.
    MOST = 8

    def __init__(self, who: Writer, run: LogRun | None) -> None:
        self.who, self.run = who, run
        self.open: list[Episode] = []
        self.busy = False
        # The last message of which a line told that was not seen to begin.
        self.told: Episode | None = None

    @property
    def nameless(self) -> Episode | None:
        """The newest message of which no line has named the job yet."""
        return next((each for each in reversed(self.open) if each.job is None), None)

    def begun_before(self, event: LogEvent) -> Episode:
        """A message by a line that tells of it; the log begins in the middle of it, or is an excerpt."""
        self.told = Episode(self.who, self.run, [event], ended=event.id in ENDS)
        return self.told

    def ends_with(self, event: LogEvent) -> bool:
        """Whether this is the end of the message of which a line told last, as it has the same error."""
        if self.told is None or not (error := self.told.lines[-1].error) or error not in event.error:
            return False
        self.told.lines.append(event)
        self.told.ended = True
        return True

    def take(self, new: Episode) -> None:
        """One more message."""
        new.mixed = any(each.mixed for each in self.open)
        self.open = [*self.open[1 - self.MOST :], new]
        self.busy = True

    def goes_on_with(self, episode: Episode) -> None:
        """A line of this message came; when that is not the newest, several are in hand at once."""
        if self.open[-1] is episode or episode.mixed:
            return
        for each in self.open:
            each.mixed = True
            each.lines = [line for line in each.lines if line.id == BEGINS or line.get("job_id", "indexing_job_id")]

    def about(self, event: LogEvent) -> Episode | None:
        """The message that a line without an id of a job is about."""
        if not self.open or not self.open[-1].mixed:
            return self.open[-1] if self.open else None
        name = event.get(*NAMES)
        fitting = [each for each in self.open if name is not None and each.named(*NAMES) == name]
        return fitting[0] if len(fitting) == 1 else None

    def end(self, event: LogEvent) -> None:
        """A message is done with."""
        if self.open and not self.open[-1].mixed:
            self.open[-1].lines.append(event)
            self.open[-1].ended = True
        for each in self.open:
            # Of several the one that ends is not told; all are as good as done.
            each.ended = each.ended or each.mixed
        self.open = []
        self.told = None
