"""What became of the batches of a job: by their lines in the log, else by their rows in the database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from doctor.causes import causes
from doctor.facts.gemini import is_pollable
from doctor.facts.logs import LogEvent, LogTrail
from doctor.facts.why import RecordedBatch
from doctor.why import texts
from doctor.why.model import Fact, deliver, forward
from doctor.why.observed import Known, Observation, row, seen
from doctor.why.verdict import BatchVerdict
from doctor.why.versions import Version

PROGRESS = "batch_job_progress"
QUOTA = ("quota", "rate limit", "429", "resource exhausted", "resource_exhausted")
TOO_BIG = "exceeds maximum batch size"
# What the program writes of a job that ended at Google without results, by the ids of the known causes.
ENDED = ("gem-job-failed", "gem-job-terminal")
# The beginning of what it writes of results that it could not use: it has "batch job" in it as well.
RESULTS = "failed to get batch job results"
PASSED_OVER = "the worker never asks for a job whose id does not begin with batches/"


def read(trail: LogTrail) -> Iterator[Observation]:
    """What the lines of a batch show; of several for one fact the newest counts."""
    for event in reversed(tuple(trail.events)):
        reader = READERS.get(event.id)
        if reader is not None:
            yield from reader(event)


def _sending(event: LogEvent) -> Iterator[Observation]:
    yield seen(Fact.SUBMITTER, True, event, "the batch was picked up for sending")


def _sent(event: LogEvent) -> Iterator[Observation]:
    yield from _sending(event)
    yield seen(Fact.SUBMISSION, "sent", event, "Google has the batch")


def _quota(event: LogEvent) -> Iterator[Observation]:
    yield from _sending(event)
    yield seen(Fact.SUBMISSION, "quota", event, "Google refused the batch for want of quota")


def _refused(event: LogEvent) -> Iterator[Observation]:
    yield from _sending(event)
    yield seen(Fact.SUBMISSION, "refused", event, "sending failed for good; it is not tried again")


def _waits(event: LogEvent) -> Iterator[Observation]:
    yield from _sent(event)
    yield seen(Fact.GOOGLE, "waits", event, "Google works on the batch")


def _succeeded(event: LogEvent) -> Iterator[Observation]:
    yield from _sent(event)
    yield seen(Fact.GOOGLE, "succeeded", event, "Google is done with the batch")


def _completed(event: LogEvent) -> Iterator[Observation]:
    yield from _succeeded(event)
    yield seen(Fact.RESULTS, "usable", event, "the vectors of the batch are stored")


def _unusable(event: LogEvent) -> Iterator[Observation]:
    yield from _succeeded(event)
    yield seen(Fact.RESULTS, "unusable", event, "the results could not be used; they are not fetched again")


def _failed(event: LogEvent) -> Iterator[Observation]:
    if "CANCELLED" in event.error:
        yield from _cancelled(event)
        return
    yield from _sent(event)
    yield seen(Fact.GOOGLE, "failed", event, "the job failed at Google; what is called a retry sends nothing again")


def _cancelled(event: LogEvent) -> Iterator[Observation]:
    yield from _sent(event)
    yield seen(Fact.GOOGLE, "cancelled", event, "the job was cancelled at Google")


def _odd(event: LogEvent) -> Iterator[Observation]:
    """A state that older versions do not know."""
    if "CANCEL" in (event.get("state") or "").upper():
        yield from _cancelled(event)


def gone(event: LogEvent) -> Iterator[Observation]:
    """That Google does not know the job of a batch."""
    yield from _sent(event)
    yield seen(Fact.GOOGLE, "not known", event, "Google does not know the job any more")


def _passed_over(event: LogEvent) -> Iterator[Observation]:
    yield from _sent(event)
    yield seen(Fact.GOOGLE, "not known", event, PASSED_OVER)


READERS: Mapping[str, Callable[[LogEvent], Iterator[Observation]]] = {
    "sub-first": _sending,
    "sub-retry-file": _sending,
    # Printed when the job is made, whatever its words say.
    "sub-file-uploaded": _sent,
    "sub-rate-limit": _quota,
    "sub-retry-scheduled": _quota,
    "sub-max-attempts": _quota,
    "sub-non-retryable": _refused,
    "sub-job-id-invalid": _refused,
    "sub-deserialize-failed": _refused,
    "poll-bad-job-id": _passed_over,
    "poll-completed": _succeeded,
    "poll-marked-completed": _completed,
    "poll-processing-failed": _unusable,
    "poll-job-failed": _failed,
    "poll-retry": _failed,
    "retry-batch": _failed,
    "poll-max-retries": _failed,
    "poll-cancelled": _cancelled,
    "poll-unknown-state": _odd,
    "rec-failed-permanently": _failed,
    "gb-status-failed": gone,
    "dbg-poll-still": _waits,
}


# --- rows --------------------------------------------------------------------------------------------------------


def recorded(found: RecordedBatch) -> Iterator[Observation]:
    """What the row of a batch shows."""
    for fact, answer, proves in _of_row(found):
        yield Observation(fact, answer, row(_text(found), PROGRESS, found.id, proves))


def _text(found: RecordedBatch) -> str:
    error = f", error_message {found.error}" if found.error else ""
    tries = f", submission_attempts {found.attempts}" if found.attempts else ""
    return f"batch {found.number} of {found.total}: status {found.status}{tries}{error}"


def _of_row(found: RecordedBatch) -> Iterator[tuple[Fact, object, str]]:
    error = (found.error or "").lower()
    if found.google_id:
        yield Fact.SUBMITTER, True, "the batch was sent"
        yield Fact.SUBMISSION, "sent", "Google has given it an id"
    if found.status == "completed":
        yield Fact.GOOGLE, "succeeded", "Google is done with the batch"
        yield Fact.RESULTS, "usable", "the vectors of the batch are stored"
    elif found.status == "retry_scheduled":
        yield Fact.GOOGLE, "failed", "the job failed at Google"
    elif found.status == "failed" and not found.google_id:
        quota = any(each in error for each in QUOTA)
        yield Fact.SUBMITTER, True, "sending was tried"
        yield Fact.SUBMISSION, "quota" if quota else "refused", "sending failed for good"
    elif found.status == "failed":
        yield from _of_failed(found)
    elif found.status == "pending_submission" and found.attempts:
        yield Fact.SUBMITTER, True, "sending was tried"
        yield Fact.SUBMISSION, "quota", "Google refused it so far, and it will be tried again"
    elif found.status == "pending_submission":
        yield Fact.SUBMISSION, "waits", "the batch waits to be sent"
    elif _is_passed_over(found):
        yield Fact.GOOGLE, "not known", PASSED_OVER
    elif found.status == "processing":
        yield Fact.GOOGLE, "waits", "Google works on the batch"


def _of_failed(found: RecordedBatch) -> Iterator[tuple[Fact, object, str]]:
    """Of a batch that was sent: other words of an error, such as `context canceled`, say nothing of the job."""
    error = found.error or ""
    ended = any(each.matches(error) for each in causes() if each.id in ENDED)
    if ended or (found.retries and RESULTS not in error):
        cancelled = ended and "cancel" in error.lower()
        yield Fact.GOOGLE, "cancelled" if cancelled else "failed", "the job came to no good end at Google"
    else:
        yield Fact.GOOGLE, "succeeded", "Google is done with the batch"
        yield Fact.RESULTS, "unusable", "the results could not be used"


def _is_passed_over(found: RecordedBatch) -> bool:
    id = found.google_id or ""
    return found.status == "processing" and id != "" and not is_pollable(id)


# --- verdicts ----------------------------------------------------------------------------------------------------


def no_client(found: RecordedBatch) -> bool:
    """Whether the row was written because there was no batch client: then it was never meant to be sent."""
    return found.status == "failed" and texts.NO_CLIENT in (found.error or "")


def judged(id: str, number: int | None, known: Known, version: Version) -> BatchVerdict:
    """What became of one batch, by what is known of it and of the process that sends."""
    path = forward(deliver, {Fact.PROVIDER: "gemini", **known.world(certain=False)}, version)
    assert path is not None
    shown = [known[each.fact].evidence for each in path.decisions if each.fact in known and known[each.fact].certain]
    return BatchVerdict(id, number, path.leaf, tuple(each for each in shown if each is not None))


def given_up(events: Iterable[LogEvent], rows: Iterable[RecordedBatch]) -> bool:
    """Whether a batch is not sent again."""
    lost = any(each.status == "failed" and not each.google_id for each in rows)
    return lost or any(each.id == "sub-max-attempts" for each in events)


def passed_over(events: Iterable[LogEvent], rows: Iterable[RecordedBatch]) -> bool:
    """Whether the worker never asks for a batch because of the form of its id."""
    return any(map(_is_passed_over, rows)) or any(each.id == "poll-bad-job-id" for each in events)


def too_big(events: Iterable[LogEvent], rows: Iterable[RecordedBatch]) -> bool:
    """Whether a batch was refused because it holds more than Google's client takes."""
    return any(TOO_BIG in each.error for each in events) or any(TOO_BIG in (each.error or "") for each in rows)
