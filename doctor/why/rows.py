"""What the rows of the database show of a job."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from doctor.facts.logs import LogEvent
from doctor.facts.why import RecordedJob
from doctor.model import Evidence
from doctor.why import batches, reading
from doctor.why.delivery import of_sending
from doctor.why.diagnosis import Lines
from doctor.why.episodes import Episode
from doctor.why.model import Fact
from doctor.why.observed import Observation, row

JOBS = "indexing_jobs"
# The line of a job that failed as a whole.
FAILURE = "consumer-nak"
# What the row of a batch tells of its job.
_ROAD: tuple[tuple[Fact, object], ...] = (
    *reading.BEGUN,
    *reading.CHECKED,
    (Fact.CHUNKS, "usable"),
    (Fact.ROAD, True),
    (Fact.ENOUGH, True),
    (Fact.QUEUE, "accepts"),
    (Fact.TEST, False),
)
WITHOUT_CLIENT = (*_ROAD, (Fact.PROVIDER, "gemini"), (Fact.CLIENT, False))
STORED = (*_ROAD, (Fact.CLIENT, True), (Fact.STORE, "stored"))


def of_record(record: RecordedJob) -> Iterator[Observation]:
    """What the row of a job shows, and the rows of its batches as far as they tell of the job."""
    refused = next((each for each in record.batches if batches.no_client(each)), None)
    if refused is not None:
        shown = row(
            f"batch {refused.number}: status failed, error_message {refused.error}", batches.PROGRESS, refused.id
        )
        for fact, answer in WITHOUT_CLIENT:
            yield Observation(fact, answer, replace(shown, proves="the worker had no batch client"))
        yield from _fell_back(record)
    elif record.batches:
        shown = row(f"{len(record.batches)} batches of job {record.id}", batches.PROGRESS, record.id)
        for fact, answer in STORED:
            yield Observation(fact, answer, replace(shown, proves="batches were stored for sending"))
        for stored in record.batches:
            yield from of_sending(batches.recorded(stored))
    if record.error:
        told = LogEvent(FAILURE, "symptom", "ERROR", None, "", {"error": record.error})
        for shows in (*reading.of_failure(told), *reading.not_answered(told)):
            yield shows._replace(event=None, shown=_outcome(record, shows.proves))


def _outcome(record: RecordedJob, proves: str) -> Evidence:
    said = f"error_message {record.error}" if record.error else "no error_message"
    return row(f"job {record.id}: status {record.status}, {said}", JOBS, record.id, proves)


def failure(record: RecordedJob | None) -> Iterator[Evidence]:
    """What the worker wrote down of a job that failed."""
    if record is not None and record.status == "failed":
        yield _outcome(record, "the job failed" if record.error else "the job failed, for a reason that is not told")


def lines(record: RecordedJob) -> Lines:
    """The line that a job must have ended with which failed, unless it is known to have come as far as its batches."""
    return Lines(frozenset((FAILURE,)) if record.status == "failed" and not record.batches else frozenset())


def _fell_back(record: RecordedJob) -> Iterator[Observation]:
    """A repository with all its vectors in spite of a missing client had them one by one, unless another job did it."""
    if record.status == "completed" and record.embedding_status == "completed":
        text = f"repository {record.repository or record.url}: embedding_index_status completed"
        proves = "all vectors were stored, so the worker fell back to one chunk at a time"
        shown = row(text, "repositories", record.repository_id or "", proves)
        yield Observation(Fact.FALLBACK, True, shown, certain=False)
        yield Observation(Fact.RUN, "ends well", shown, certain=False)


def as_episode(record: RecordedJob) -> Episode:
    """A job without a line in any log."""
    found = Episode(("", ""), None, [], record.id)
    found.ended = record.status in ("completed", "failed", "cancelled")
    return found
