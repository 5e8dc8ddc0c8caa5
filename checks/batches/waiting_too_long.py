"""batches.waiting-too-long: handed to Google, and nothing came back."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from checks.batches._google import job_of, requests_of, told
from checks.batches._rows import ago, batches_of, others, place, seen
from doctor.api import Finding, Fix, Guide, Observed, Severity, check, facts

DAY = 86_400.0
EXPIRY = 2 * DAY
NAMED = 20


@check(
    id="batches.waiting-too-long",
    title="Google has not finished a batch for a day",
    severity=Severity.WARNING,
    guide=Guide.BATCH_USAGE,
)
def waiting_too_long(batches: facts.BatchRows, google: Observed[facts.GoogleBatches]) -> Iterator[Finding]:
    """
    Look for batches in status `processing` whose row has not changed for 24 hours.

    Google promises a batch within a day, and gives it up after two. Where Google can be asked, it is said how far the
    job is.

    Why it matters: until the batch is done its chunks have no vectors, and search does not find them.

    Silent when: Google says that the job has ended or does not know it; `batches.job-gone`, `batches.job-ended-badly`
    and `batches.not-collected` are about these.

    How to fix: ask Google with `codechunk-doctor batches show ID`; wait, or submit the repository again.
    """
    found = batches.of(facts.BatchState.AT_GOOGLE)
    # The list is in order of the last update, so the late ones come first.
    late = [row for row in found.rows if row.idle > DAY]
    rows = [row for row in late if not _over(row, google.value)]
    if not rows:
        return
    least = len(late) == len(found.rows) and not found.complete
    longest = rows[0].idle
    expired = "; Google gives a job up after 48 hours" if longest > EXPIRY else ""
    at_google = "have" if len(rows) > 1 else "has"
    yield Finding(
        f"{batches_of(rows, least=least)} {at_google} been with Google for more than a day, the longest for "
        f"{ago(longest)}{expired}{_progress(rows[0], google.value)}",
        at=place(rows[0]),
        related=others(rows, NAMED),
        fix=Fix(
            "Ask Google how it stands; wait, or submit the repository again when it is lost.",
            tuple(f"codechunk-doctor batches show {shlex.quote(row.google_id or '')}" for row in rows[:3]),
        ),
        evidence=(*told(rows, google.value), *seen(rows)),
    )


def _over(row: facts.BatchRow, google: facts.GoogleBatches | None) -> bool:
    """Whether Google has nothing more to do for this row."""
    job = job_of(row, google)
    return (google is not None and row.google_id in google.gone) or (job is not None and job.ended)


def _progress(row: facts.BatchRow, google: facts.GoogleBatches | None) -> str:
    job = job_of(row, google)
    if job is None:
        return ""
    return "; Google says " + ", ".join(each for each in (job.bare, requests_of(job)) if each)
