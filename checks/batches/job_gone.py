"""batches.job-gone: the worker waits for a job that is not there."""

from __future__ import annotations

from collections.abc import Iterator

from checks.batches._google import NOT_ASKED, check_told
from checks.batches._repair import GIVE_UP, more, resubmit, update
from checks.batches._rows import ago, batches_of, others, place, repositories, seen
from doctor.api import Finding, Fix, Guide, Severity, check, facts

# What was sent a moment ago need not be in Google's list yet.
YOUNG = 600.0


@check(
    id="batches.job-gone",
    title="Google no longer knows a batch job",
    severity=Severity.WARNING,
    guide=Guide.LISTING,
    blocked_by=NOT_ASKED,
)
def job_gone(batches: facts.BatchRows, google: facts.GoogleBatches, config: facts.Resolution) -> Iterator[Finding]:
    """
    Ask Google for the job of each batch in status `processing`, and look for those it answers 404 to.

    Google shows a key only the jobs of its own project, and deletes old jobs.

    Why it matters: the worker waits for such a batch for ever, and its chunks get no vectors.

    Silent when: the row changed in the last ten minutes; Google could not be asked, or answered anything else.

    How to fix: give the worker the key that created the job; when the job is really gone, set the row to `failed` and
    submit the repository again. Only chunks without vectors are sent.
    """
    found = batches.of(facts.BatchState.AT_GOOGLE)
    gone = set(google.gone)
    rows = [row for row in found.rows if row.google_id in gone and row.idle > YOUNG]
    if not rows:
        check_told(batches, google)
        return
    one = len(rows) == 1
    count = len(rows) if found.complete else found.count
    yield Finding(
        f"Google does not know the {'job' if one else 'jobs'} of {batches_of(rows, least=not found.complete)}, for "
        f"which the worker has waited {'' if one else 'up to '}{ago(rows[0].idle)}",
        at=place(rows[0]),
        related=(*others(rows), *repositories(rows)),
        fix=Fix(
            "If the API key was changed, use the key that created the jobs: another key's jobs are not shown. "
            "Otherwise give the rows up and submit their repositories again." + more(rows, count),
            (*update(rows, GIVE_UP), *resubmit(config, rows)),
        ),
        evidence=seen(rows),
    )
