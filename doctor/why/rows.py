"""What the rows of the database show of a job."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from doctor.facts.logs import LogEvent
from doctor.facts.why import RecordedJob
from doctor.why import batches, reading
from doctor.why.delivery import of_sending
from doctor.why.episodes import Episode
from doctor.why.model import Fact
from doctor.why.observed import Observation, row

JOBS = "indexing_jobs"
# What the row of a batch tells of its job.
_ROAD: tuple[tuple[Fact, object], ...] = (
    (Fact.REPOSITORY, "to do"),
    (Fact.TIME, "left"),
    (Fact.LIMITS, "consistent"),
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
        told = LogEvent("consumer-nak", "symptom", "ERROR", None, "", {"error": record.error})
        text = f"job {record.id}: status {record.status}, error_message {record.error}"
        for shows in (*reading.of_failure(told), *reading.not_answered(told)):
            yield shows._replace(event=None, shown=row(text, JOBS, record.id, shows.proves))


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
