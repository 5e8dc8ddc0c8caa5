"""What the lines about a repository show of the facts that decide."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from doctor.facts.logs import LogEvent
from doctor.logs import quote
from doctor.why import texts
from doctor.why.episodes import Episode
from doctor.why.model import Fact
from doctor.why.observed import Observation, seen

# So much of what git says is quoted.
LONGEST_REASON = 150
# The error of the work on a repository as a whole: the only lines that tell that it has failed.
FAILURES = ("embed-engine-failed", "finalize-both-failed", "consumer-nak")
ENDINGS = (
    *FAILURES,
    "embed-engine-ok",
    "job-completed",
    "job-repo-completed-skip",
    "job-repo-archived-skip",
    "embed-ctx-cancelled",
    "embed-config-invalid",
    "embed-chunks-invalid",
    "embed-cancelled",
    "embed-seq-done",
    "embed-all-present-seq",
    "embed-batch-test-done",
    "batch-all-async",
    "batch-all-submitted-old",
)
# Only the road on which chunks go one by one has an error of this text.
ONE_BY_ONE = "failed to generate embedding for chunk"
# What is so when embedding begins, and what is checked first of all then.
BEGUN: tuple[tuple[Fact, object], ...] = ((Fact.REPOSITORY, "to do"), (Fact.FETCHING, "done"))
CHECKED: tuple[tuple[Fact, object], ...] = ((Fact.TIME, "left"), (Fact.LIMITS, "consistent"))
REFUSED = ("batch-submit-failed", "batch-quota-exceeded")
# Of a job whose batches went differently, and of a run that came to several troubles, what counts before the rest.
STRONGER: Mapping[tuple[Fact, object], int] = {
    # A log-in alone is told in every version; what tells that git did not run is that no clone follows.
    (Fact.CLONE, "made"): 1,
    (Fact.STORE, "refused"): 2,
    (Fact.STORE, "stored"): 1,
    (Fact.RUN, "time is over"): 2,
    (Fact.RUN, "breaks off"): 1,
}


def read(episode: Episode) -> list[Observation]:
    """What the lines of a message show, each as it comes; what counts more comes first."""
    # The line of the decision says it better than the one before it, which has the same fields.
    events = sorted(episode.lines, key=lambda event: event.id == "embed-start")
    found = [each for event in events if event.id in READERS for each in READERS[event.id](event)]
    found += _of_the_end(episode)
    return sorted(found, key=lambda each: -STRONGER.get((each.fact, each.answer), 0))


def _done(event: LogEvent) -> Iterator[Observation]:
    state = event.get("status") or ("archived" if "archived" in event.id else "completed")
    yield seen(Fact.REPOSITORY, "done", event, f"the repository is {state}, so there was nothing to do")


def _passed(event: LogEvent) -> Iterator[Observation]:
    """A line behind the checks that come first shows that they were passed."""
    for fact, answer in (*BEGUN, *CHECKED):
        yield seen(fact, answer, event, "embedding began")
    yield seen(Fact.CHUNKS, "usable", event, "the chunks were checked")


def _begun(event: LogEvent) -> Iterator[Observation]:
    for fact, answer in BEGUN:
        yield seen(fact, answer, event, "embedding began")


def _decision(event: LogEvent) -> Iterator[Observation]:
    yield from _passed(event)
    enabled, count, threshold = (
        event.fields.get(each) for each in ("batch_enabled", "chunk_count", "threshold_chunks")
    )
    if isinstance(enabled, bool):
        state = "on" if enabled else "off"
        yield seen(Fact.ROAD, enabled, event, f"batch processing was {state} for this job")
    if isinstance(count, int) and isinstance(threshold, int):
        enough = count >= threshold
        words = "reach" if enough else "are below"
        yield seen(Fact.ENOUGH, enough, event, f"{count:,} chunks {words} the threshold of {threshold:,}")
    manager = event.fields.get("has_queue_manager")
    if isinstance(manager, bool):
        there = "has a queue manager" if manager else "has no queue manager, which is no reason to go one by one"
        yield seen(Fact.QUEUE_MANAGER, manager, event, f"the worker {there}")


def _start(event: LogEvent) -> Iterator[Observation]:
    """The same fields stand in the first line; what comes between it and the decision is not passed yet."""
    decided = (Fact.ROAD, Fact.ENOUGH, Fact.QUEUE_MANAGER)
    yield from _begun(event)
    yield from (each for each in _decision(event) if each.fact in decided)


def _batch_road(event: LogEvent) -> Iterator[Observation]:
    yield from _passed(event)
    yield seen(Fact.ROAD, True, event, "a batch was wanted")
    yield seen(Fact.ENOUGH, True, event, "the chunks reach the threshold")


def _direct(event: LogEvent) -> Iterator[Observation]:
    yield from _batch_road(event)
    yield seen(Fact.QUEUE_MANAGER, False, event, "there is no queue manager, which is no reason to go one by one")


def _queued(event: LogEvent) -> Iterator[Observation]:
    yield from _batch_road(event)
    yield seen(Fact.QUEUE_MANAGER, True, event, "the worker has a queue manager")
    yield seen(Fact.QUEUE, "accepts", event, "the queue took the chunks")


def _queue_refused(event: LogEvent) -> Iterator[Observation]:
    yield from _batch_road(event)
    yield seen(Fact.QUEUE_MANAGER, True, event, "the worker has a queue manager")
    full = not event.error or texts.allows_fallback(event.error)
    words = "the queue in the worker's memory was full"
    if not full:
        words = f"the queue refused a chunk; {texts.why(event.error)}"
    yield seen(Fact.QUEUE, "full" if full else "refuses a chunk", event, words)


def _queue_fallback(event: LogEvent) -> Iterator[Observation]:
    yield from _queue_refused(event)
    yield seen(Fact.FALLBACK, True, event, "the worker fell back to one chunk at a time")


def _test_mode(event: LogEvent) -> Iterator[Observation]:
    yield from _past_the_queue(event)
    yield seen(Fact.TEST, True, event, "the worker makes vectors up instead of asking Gemini")


def _production(event: LogEvent) -> Iterator[Observation]:
    yield from _past_the_queue(event)
    alone = "; this line alone is no proof of a batch" if event.id == "embed-mode-production" else ""
    yield seen(Fact.TEST, False, event, f"real vectors are wanted{alone}")


def _past_the_queue(event: LogEvent) -> Iterator[Observation]:
    yield from _batch_road(event)
    yield seen(Fact.QUEUE, "accepts", event, "the queue was passed")


def _refused(event: LogEvent) -> Iterator[Observation]:
    """A batch that could not be stored; no call of Google's is made here, whatever the line says."""
    yield from _production(event)
    if texts.NO_CLIENT in event.error:
        yield seen(Fact.PROVIDER, "gemini", event, "with openai there is always something that takes batches")
        yield seen(Fact.CLIENT, False, event, "the worker has no batch client")
        return
    yield seen(Fact.CLIENT, True, event, "the worker has a batch client")
    text = texts.why(event.error)
    quota = "; this step asks nothing of Google, so it is no quota" if event.id == "batch-quota-exceeded" else ""
    yield seen(Fact.STORE, "refused", event, f"the batch could not be stored{quota}")
    allowed = "allows falling back" if texts.allows_fallback(event.error) else "forbids falling back"
    yield seen(Fact.ERROR_TEXT, allowed, event, text)


def _fell_back(event: LogEvent) -> Iterator[Observation]:
    yield seen(Fact.FALLBACK, True, event, "the worker fell back to one chunk at a time")
    if event.error:
        yield from _refused(event)


def _has_client(event: LogEvent) -> Iterator[Observation]:
    yield from _production(event)
    yield seen(Fact.CLIENT, True, event, "the worker has a batch client")


def _stored(event: LogEvent) -> Iterator[Observation]:
    yield from _has_client(event)
    yield seen(Fact.STORE, "stored", event, "a batch was stored for sending")


def _nothing_missing(event: LogEvent) -> Iterator[Observation]:
    yield from _has_client(event)
    yield seen(Fact.STORE, "nothing missing", event, "all chunks of the batch have vectors")


def _all_present(event: LogEvent) -> Iterator[Observation]:
    yield seen(Fact.RUN, "nothing missing", event, "all chunks have vectors")


def _one_by_one(event: LogEvent) -> Iterator[Observation]:
    yield from _passed(event)


def _finished(event: LogEvent) -> Iterator[Observation]:
    yield from _passed(event)
    yield seen(Fact.RUN, "ends well", event, "all chunks were gone through, one by one")


def _broke(event: LogEvent) -> Iterator[Observation]:
    # A single request has a limit of its own, so that its text alone does not tell that the job's time is over.
    if event.id == "embed-cancelled":
        yield seen(Fact.RUN, "time is over", event, "the work was cut off on the way")
    elif event.id == "embed-chunk-failed" or texts.OUT_OF_TIME not in event.error:
        yield seen(Fact.RUN, "breaks off", event, "one chunk failed, which ends it; there is no second try")


def _over(event: LogEvent) -> Iterator[Observation]:
    yield from _begun(event)
    yield seen(Fact.TIME, "over", event, "the work was cut off before embedding began")


def _inconsistent(event: LogEvent) -> Iterator[Observation]:
    yield from _begun(event)
    yield seen(Fact.TIME, "left", event, "embedding began")
    yield seen(Fact.LIMITS, "refused", event, "the batch settings are refused, which counts even with batches off")


def _unusable(event: LogEvent) -> Iterator[Observation]:
    none = texts.NO_CHUNKS in event.error
    words = "there was not one chunk" if none else "one unusable chunk fails the whole repository"
    # The check of the chunks comes behind these.
    for fact, answer in (*BEGUN, *CHECKED):
        yield seen(fact, answer, event, words)
    yield seen(Fact.CHUNKS, "unusable", event, words)


def _no_clone(event: LogEvent) -> Iterator[Observation]:
    yield seen(Fact.CLONE, "left out", event, "a credential was found, with which this version does not run git")


def _cloned(event: LogEvent) -> Iterator[Observation]:
    yield seen(Fact.CLONE, "made", event, "git did clone the repository")


def _parsed(event: LogEvent) -> Iterator[Observation]:
    total = event.fields.get("total_chunks")
    if total == 0:
        yield seen(Fact.CHUNKS, "unusable", event, "parsing gave no chunks at all")


READERS: Mapping[str, Callable[[LogEvent], Iterator[Observation]]] = {
    "job-repo-completed-skip": _done,
    "job-repo-archived-skip": _done,
    "git-token-auth": _no_clone,
    "git-ssh-auth": _no_clone,
    "git-clone-ok": _cloned,
    "parse-done": _parsed,
    "embed-start": _start,
    "embed-ctx-cancelled": _over,
    "embed-config-invalid": _inconsistent,
    "embed-chunks-invalid": _unusable,
    "embed-decision": _decision,
    "embed-direct": _direct,
    "queue-bulk": _queued,
    "embed-queue-failed": _queue_refused,
    "embed-queue-fallback": _queue_fallback,
    "embed-mode-test": _test_mode,
    "embed-batch-test-start": _test_mode,
    "embed-batch-test-done": _test_mode,
    "embed-mode-production": _production,
    "batch-loop-start": _production,
    "batch-loop-batch": _production,
    "batch-queueing": _has_client,
    "batch-queued": _stored,
    "batch-all-present": _nothing_missing,
    "batch-submit-failed": _refused,
    "batch-quota-exceeded": _refused,
    "batch-fallback": _fell_back,
    "embed-seq-start": _one_by_one,
    "embed-progress": _one_by_one,
    "embed-seq-done": _finished,
    "embed-all-present-seq": _all_present,
    "embed-chunk-failed": _broke,
    "embed-store-failed": _broke,
    "embed-cancelled": _broke,
    "embed-seq-fallback-failed": _broke,
}


# --- the end -----------------------------------------------------------------------------------------------------


def _of_the_end(episode: Episode) -> Iterator[Observation]:
    """What the last lines show: an error that was not answered by falling back was the end."""
    failure = episode.first(*FAILURES)
    if failure is not None:
        yield from of_failure(failure)
    if failure is None or any(episode.of("batch-fallback", "embed-queue-fallback")):
        return
    if not any(episode.of("embed-seq-start")):
        yield from not_answered(failure, refused=any(episode.of(*REFUSED, "embed-queue-failed")))


def not_answered(failure: LogEvent, *, refused: bool = False) -> Iterator[Observation]:
    """An error that falling back could have answered, and that was the end; `refused` where another line shows it."""
    before = refused or any(each in failure.error for each in texts.REFUSALS)
    if before and texts.BOTH not in failure.error and texts.allows_fallback(failure.error):
        words = "the work ended with this error, so that the worker was one that may not fall back"
        yield seen(Fact.FALLBACK, False, failure, words)


def told(episode: Episode) -> frozenset[str]:
    """The lines that must have been there by what the last error says, wherever they are."""
    failure = episode.first(*FAILURES)
    one_by_one = failure is not None and ONE_BY_ONE in failure.error
    return frozenset(("embed-seq-start",)) if one_by_one else frozenset()


def of_failure(event: LogEvent) -> Iterator[Observation]:
    """What the error of the work as a whole shows: what the line that is missing would have told."""
    error = event.error
    for text, reader in BY_TEXT:
        if text in error:
            yield from reader(event)
            return


def _stopped(event: LogEvent) -> Iterator[Observation]:
    yield from _passed(event)
    yield from _broke(event)


def _both(event: LogEvent) -> Iterator[Observation]:
    """A fallback that broke off; the error names both troubles, the batch's first."""
    yield seen(Fact.FALLBACK, True, event, "the worker fell back to one chunk at a time")
    yield from _broke(event)
    full = texts.QUEUE_FULL in event.error
    yield from _queue_refused(event) if full else _refused(event)


def _not_fetched(event: LogEvent) -> Iterator[Observation]:
    """The work ended before there was anything to embed; where that is a matter of time, it is none of the files."""
    words = next(words for text, words in texts.NOTHING_FETCHED if text in event.error)
    yield seen(Fact.REPOSITORY, "to do", event, "the work on it began")
    if texts.OUT_OF_TIME in event.error or texts.STOPPED in event.error:
        yield seen(Fact.FETCHING, "done", event, "nothing but time was in the way of the files")
        yield seen(Fact.TIME, "over", event, "the work was cut off before embedding began")
    else:
        yield seen(Fact.FETCHING, "fails", event, words + _git_says(event.error))


def _git_says(error: str) -> str:
    """The reason, which stands far behind in the output of git."""
    reason = error.partition("fatal: ")[2].partition("\n")[0].strip()
    return f" (git says: {quote.scrubbed(reason, LONGEST_REASON)})" if reason else ""


BY_TEXT: tuple[tuple[str, Callable[[LogEvent], Iterator[Observation]]], ...] = (
    *((text, _not_fetched) for text, _ in texts.NOTHING_FETCHED),
    (texts.BOTH, _both),
    (texts.NO_CHUNKS, _unusable),
    ("content too large", _unusable),
    ("has empty", _unusable),
    ("batch threshold is invalid", _inconsistent),
    ("queue limits max_", _inconsistent),
    ("batch size ", _inconsistent),
    (texts.QUEUE_FULL, _queue_refused),
    (texts.QUEUE_INVALID, _queue_refused),
    (texts.NO_CLIENT, _refused),
    ("failed to find/create chunks", _refused),
    ("failed to save batch progress", _refused),
    ("invalid chunk ID", _refused),
    (ONE_BY_ONE, _stopped),
)
