"""What else stood in the log while a job was worked on."""

from __future__ import annotations

from collections.abc import Iterator

from doctor.facts.logs import LogEvent, Logs
from doctor.logs import quote
from doctor.logs.story import writer
from doctor.model import Evidence
from doctor.why.delivery import after, number_of
from doctor.why.episodes import Episode, order
from doctor.why.model import Fact
from doctor.why.observed import Known, Observation, seen


def filled(logs: Logs | None, episode: Episode) -> Iterator[Evidence]:
    """How much was in the queue that refused these chunks, where the same process said so before."""
    refused, run = episode.first("embed-queue-failed"), episode.run
    if refused is None or logs is None or run is None or run.started_at is None:
        return
    every = (each for count in logs.of(("queue-bulk",)) for each in count.recent)
    mine = [each for each in every if writer(each.stream, each.path) == episode.who and after(refused, each)]
    last = max(mine, key=order, default=None)
    if last is not None and last.time is not None and last.time >= run.started_at:
        held = number_of(last, "total_queue_size")
        yield quote.evidence(last, f"{held:,} chunks were in the queue before, and none of them is ever taken out")


def of_calls(logs: Logs | None, episode: Episode, known: Known) -> Iterator[Observation]:
    """On the sequential road only the calls of Gemini tell whether vectors are real."""
    done, begun = episode.first("embed-seq-done"), episode.first("embed-seq-start")
    if logs is None or done is None or known.answer(Fact.PROVIDER) == "openai":
        return
    if _called(logs, episode, begun, done):
        yield seen(Fact.TEST, False, done, "Gemini was asked for vectors meanwhile")
        return
    total = done.fields.get("total_embeddings")
    # An excerpt without the lines that name no job has no calls either.
    if begun is not None and episode.begun and not episode.mixed and isinstance(total, int) and total > 0:
        words = "vectors were stored though Gemini was not asked for a single one"
        yield seen(Fact.TEST, True, done, words)._replace(certain=False)


def _called(logs: Logs, episode: Episode, begun: LogEvent | None, done: LogEvent) -> bool:
    start = begun.time if begun is not None else episode.at
    spans = logs.calls.get(episode.who, ())
    if start is None or done.time is None:
        return bool(spans)
    return any(first <= done.time and last >= start for first, last in spans)
