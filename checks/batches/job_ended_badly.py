"""batches.job-ended-badly: nothing will come of these jobs any more."""

from __future__ import annotations

from collections.abc import Iterator

from checks.batches._google import NOT_ASKED, RESTART, at_google, check_told, job_of, listed_all, told
from checks.batches._repair import more, resubmit
from checks.batches._rows import Rows, batches_of, others, place, repositories, scrubbed, seen
from doctor.api import Finding, Fix, Guide, Severity, beginning, check, facts

CANCELLED = "CANCELLED"
# Each way to end, with what it means for the reader.
WAYS = {
    "FAILED": "failed at Google",
    "EXPIRED": "expired at Google, which gives a job up after 48 hours",
    CANCELLED: "cancelled at Google",
}


@check(
    id="batches.job-ended-badly",
    title="A batch job failed, expired or was cancelled at Google",
    severity=Severity.WARNING,
    guide=Guide.BATCH_USAGE,
    blocked_by=NOT_ASKED,
)
def job_ended_badly(
    batches: facts.BatchRows, google: facts.GoogleBatches, config: facts.Resolution
) -> Iterator[Finding]:
    """
    Ask Google for the jobs of open batches, and look for those that are FAILED, EXPIRED or CANCELLED.

    Why it matters: these chunks get no vectors from the job, however long the worker waits.

    Silent when: the row says `failed` already, which `batches.failed` reports; Google could not be asked.

    How to fix: submit the repository again; only chunks without vectors are sent. The worker's own retries send
    nothing, they ask about the same job. When a job was cancelled, restart the worker first: it marks such rows failed
    only when it starts.
    """
    if not any((job := job_of(row, google)) is not None and job.bare in WAYS for row in at_google(batches)):
        check_told(batches, google)
    for way, words in WAYS.items():
        rows = [row for row in at_google(batches) if (job := job_of(row, google)) is not None and job.bare == way]
        if not rows:
            continue
        were = ("was " if len(rows) == 1 else "were ") if way == CANCELLED else ""
        yield Finding(
            f"{batches_of(rows, least=not listed_all(batches))} {were}{words}{_message(rows, google)}",
            at=place(rows[0]),
            related=(*others(rows), *repositories(rows)),
            fix=Fix(_advice(way, rows) + more(rows, len(rows)), resubmit(config, rows)),
            evidence=(*told(rows, google), *seen(rows)),
        )


def _message(rows: Rows, google: facts.GoogleBatches) -> str:
    """Google's own message, of the first job that has one."""
    errors = (job.error for row in rows if (job := job_of(row, google)) is not None and job.error)
    error = next(errors, None)
    return f": {beginning(scrubbed(error), 300)}" if error else ""


def _advice(way: str, rows: Rows) -> str:
    again = "submit the repositories again; only chunks without vectors are sent."
    if way == CANCELLED and any(row.state is facts.BatchState.AT_GOOGLE for row in rows):
        return f"{RESTART}: it marks the rows failed when it starts. Then {again}"
    return f"{again[0].upper()}{again[1:]} The worker's retries only ask about the same job."
