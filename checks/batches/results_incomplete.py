"""batches.results-incomplete: completed, with less than was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from checks.batches._google import at_google, job_of, told
from checks.batches._repair import resubmit
from checks.batches._rows import many, others, place, repositories, seen, shown_url
from doctor.api import Explains, Finding, Fix, Guide, Observed, Severity, check, facts, same_repository

WHOLLY, PARTLY = "SUCCEEDED", "PARTIALLY_SUCCEEDED"

# A text, so that the class is not made before a run asks for it.
Rows: TypeAlias = "list[facts.BatchRow]"


@check(
    id="batches.results-incomplete",
    title="Some chunks of a finished batch have no vector",
    severity=Severity.WARNING,
    guide=Guide.BATCH_USAGE,
    explained_by=(
        Explains("batches.download-denied", "batches.failed", "jobs.completed-without-vectors", when=same_repository),
    ),
)
def results_incomplete(
    batches: facts.BatchRows, config: facts.Resolution, google: Observed[facts.GoogleBatches]
) -> Iterator[Finding]:
    """
    Compare what batches gave with what was asked for.

    Of completed batches, `chunks_processed` is compared with the number of their stored requests, for those
    repositories whose newest job gave fewer vectors than it has chunks, and which have chunks without vectors now. Of
    open batches, it is what Google says: requests that failed, or a job that is BATCH_STATE_PARTIALLY_SUCCEEDED. From
    such a job the worker takes nothing at all, and sets the row to `failed`.

    Why it matters: search does not find these chunks, although the batch counts as completed.

    Silent when: the chunks have vectors by now, or had them before the batch was sent; batches of the same job are
    still open and Google has nothing to say of them.

    How to fix: submit the repository again; only chunks without vectors are sent. The reason is in the worker's log
    (`Failed to parse embedding response`).
    """
    # One each, as that is how other checks report what can be behind it.
    for owner, (thin, lossy) in _by_repository(batches, google.value).items():
        rows = [*thin, *lossy]
        parts = [*_completed(thin, batches.gaps.get(owner)), *_finished(lossy, google.value)]
        yield Finding(
            "; ".join(parts),
            at=place(rows[0]),
            related=(*others(rows), *repositories(rows)),
            fix=Fix(_advice(thin), resubmit(config, rows)),
            evidence=(*told(rows, google.value), *seen(rows)),
        )


def _by_repository(batches: facts.BatchRows, google: facts.GoogleBatches | None) -> dict[str, tuple[Rows, Rows]]:
    """The completed batches that gave too little, and the open ones of which Google says so."""
    found: dict[str, tuple[Rows, Rows]] = {}
    for row in batches.thin:
        if row.owner and batches.gaps.get(row.owner, facts.Gap(0, 0)).missing:
            found.setdefault(row.owner, ([], []))[0].append(row)
    for row in at_google(batches):
        if row.owner and _lossy(job_of(row, google)):
            found.setdefault(row.owner, ([], []))[1].append(row)
    return found


def _lossy(job: facts.GoogleBatch | None) -> bool:
    return job is not None and (job.bare == PARTLY or (job.bare == WHOLLY and bool(job.failed)))


def _completed(rows: Rows, gap: facts.Gap | None) -> Iterator[str]:
    if rows and gap is not None:
        have = "have" if gap.missing > 1 else "has"
        yield (
            f"{many(len(rows))} of {shown_url(rows[0])} ended with {_share(rows)}; "
            f"{many(gap.missing, 'chunk', 'chunks', least=not (gap.total and gap.complete))} {have} no vector"
        )


def _share(rows: Rows) -> str:
    processed = many(sum(row.processed for row in rows), "vector", "vectors")
    if any(row.requests is None for row in rows):
        return processed
    return f"{processed} for {many(sum(row.requests or 0 for row in rows), 'request', 'requests')}"


def _finished(rows: Rows, google: facts.GoogleBatches | None) -> Iterator[str]:
    """What is missing of batches that Google is done with."""
    pairs = [(row, job) for row in rows if (job := job_of(row, google)) is not None]
    partly = [row for row, job in pairs if job.bare == PARTLY]
    wholly = [(row, job) for row, job in pairs if job.bare == WHOLLY]
    if wholly:
        failed = many(sum(job.failed or 0 for _, job in wholly), "request", "requests")
        yield f"{failed} of {many(len(wholly))} of {shown_url(wholly[0][0])} failed at Google"
    if partly:
        yield (
            f"Google finished {many(len(partly))} of {shown_url(partly[0])} only in part, and the worker takes nothing "
            "of that"
        )


def _advice(thin: Rows) -> str:
    when = "" if thin else " once the batches are no longer open"
    return f"Submit the repository again{when}; only chunks without vectors are sent."
