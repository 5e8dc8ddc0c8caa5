"""What became of the batches of jobs after these were done with, and who sends them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from doctor.facts.logs import LogEvent, LogRun, Logs, LogTrail
from doctor.facts.why import RecordedJob
from doctor.why import assumed, batches
from doctor.why.episodes import Episode
from doctor.why.model import Fact
from doctor.why.observed import Known, Observation
from doctor.why.verdict import BatchVerdict
from doctor.why.versions import Version

# Whether a worker sends batches.
SENDING = ("submitter-started", "async-batch-unsupported")
# What Google knows of a batch that these tell of.
TOLD = (
    "poll-completed",
    "poll-marked-completed",
    "poll-processing-failed",
    "poll-job-failed",
    "poll-max-retries",
    "poll-cancelled",
)


class Delivery:
    """The part of the workers that sends batches and collects what came of them, as the logs show it."""

    def __init__(self, logs: Logs | None) -> None:
        self._logs = logs

    def trail(self, id: str) -> LogTrail:
        """The lines about a batch."""
        return self._logs.batches.get(id, LogTrail(id)) if self._logs is not None else LogTrail(id)

    def batches(
        self, episode: Episode | None, known: Known, record: RecordedJob | None, version: Version
    ) -> tuple[BatchVerdict, ...]:
        """What became of each batch: by its lines, then by its row, then by the process that sends."""
        rows = {each.id: each for each in (record.batches if record is not None else ()) if not batches.no_client(each)}
        numbers: dict[str, int | None] = {each.id: each.number for each in rows.values()}
        for event in episode.of("batch-queued") if episode is not None else ():
            id, number = event.get("batch_id"), event.fields.get("batch_number")
            if id is not None:
                numbers[id] = number if isinstance(number, int) else None
        if episode is not None and episode.dropped and episode.job is not None:
            numbers = {**dict(self._stored.get(episode.job, ())), **numbers}
        process = [*self.sending, *(known[fact] for fact in (Fact.PROVIDER, Fact.SUBMITTER) if fact in known)]
        told = []
        for id, number in numbers.items():
            mine = Known(batches.read(self.trail(id)))
            mine.add(self._lost(id))
            mine.add(batches.recorded(rows[id]) if id in rows else ())
            mine.add(process)
            told.append(batches.judged(id, number, mine, version))
        return tuple(sorted(told, key=lambda each: (each.number or 0, each.id)))

    @cached_property
    def _stored(self) -> dict[str, list[tuple[str, int | None]]]:
        """The batches of each job by their own lines: of a job with many, not all of its lines were kept."""
        found: dict[str, list[tuple[str, int | None]]] = {}
        for id, trail in self._logs.batches.items() if self._logs is not None else ():
            event = next(trail.of("batch-queued"), None)
            job = event.get("indexing_job_id") if event is not None else None
            if event is not None and job is not None:
                number = event.fields.get("batch_number")
                found.setdefault(job, []).append((id, number if isinstance(number, int) else None))
        return found

    def of_sent(self, episode: Episode) -> Iterator[Observation]:
        """Of a batch that was picked up: that there is a part that sends, and a provider that takes batches."""
        for id in filter(None, (each.get("batch_id") for each in episode.of("batch-queued"))):
            yield from of_sending(batches.read(self.trail(id)))

    @cached_property
    def sender(self) -> LogRun | None:
        """The newest worker of which it is known whether it sends; any that does counts, whoever stored the batch."""
        runs = self._logs.runs if self._logs is not None else ()
        newest = {(each.stream, each.log): each for each in runs if any(each.of(*SENDING))}.values()
        alive = [each for each in newest if each.end is None] or list(newest)
        return next((each for each in alive if any(each.of(SENDING[0]))), alive[-1] if alive else None)

    @cached_property
    def sending(self) -> tuple[Observation, ...]:
        """Whether batches are sent."""
        found = assumed.of_run(self.sender) if self.sender is not None else iter(())
        return tuple(each for each in found if each.fact is Fact.SUBMITTER)

    def _lost(self, id: str) -> Iterator[Observation]:
        """That Google misses as many jobs as are waited for, round after round, after this one was sent."""
        missing = self._missing(id)
        if missing and all(number_of(each, "missing_count") >= number_of(each, "pending_count") for each in missing):
            yield from batches.gone(missing[-1])

    def doubted(self, id: str) -> bool:
        """Whether Google misses some of the jobs that are waited for, of which this may be one: no line names them."""
        return bool(self._missing(id))

    def _missing(self, id: str) -> Sequence[LogEvent]:
        """The last two rounds of polling after a batch was sent of which nothing more is told, if both missed some."""
        trail = self.trail(id)
        sent = next(trail.of("sub-file-uploaded"), None)
        if self._logs is None or sent is None or any(trail.of(*TOLD)):
            return ()
        rounds = [each for count in self._logs.of(("poll-polled",)) for each in count.recent if after(each, sent)]
        missing = [each for each in rounds[-2:] if number_of(each, "missing_count") > 0]
        return missing if len(missing) == 2 else ()


def of_sending(found: Iterable[Observation]) -> Iterator[Observation]:
    """What the sending of a batch tells of the worker."""
    for each in found:
        if each.fact is Fact.SUBMITTER:
            yield each
            yield each._replace(fact=Fact.PROVIDER, answer="gemini")


def number_of(event: LogEvent, name: str) -> int:
    """A count that a line tells; 0 where it does not."""
    found = event.fields.get(name)
    return found if isinstance(found, int) else 0


def after(event: LogEvent, other: LogEvent) -> bool:
    """Whether a line was written later than another."""
    return event.time is not None and other.time is not None and event.time > other.time
