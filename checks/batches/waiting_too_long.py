"""batches.waiting-too-long: handed to Google, and nothing came back."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from checks.batches._rows import ago, batches_of, others, place, same_batches, seen
from doctor.api import Explains, Finding, Fix, Guide, Severity, check, facts

DAY = 86_400.0
EXPIRY = 2 * DAY
NAMED = 20


@check(
    id="batches.waiting-too-long",
    title="Google has not finished a batch for a day",
    severity=Severity.WARNING,
    guide=Guide.BATCH_USAGE,
    explained_by=(Explains("batches.job-gone", "batches.job-ended-badly", "batches.not-collected", when=same_batches),),
)
def waiting_too_long(batches: facts.BatchRows) -> Iterator[Finding]:
    """
    Look for batches in status `processing` whose row has not changed for 24 hours.

    Google promises a batch within a day, and gives it up after two.

    Why it matters: until the batch is done its chunks have no vectors, and search does not find them.

    Silent when: Google's answer says more (the job is gone, has ended, or waits to be collected).

    How to fix: ask Google with `codechunk-doctor batches show ID`; wait, or submit the repository again.
    """
    found = batches.of(facts.BatchState.AT_GOOGLE)
    # The list is in order of the last update, so the late ones come first.
    rows = [row for row in found.rows if row.idle > DAY]
    if not rows:
        return
    least = len(rows) == len(found.rows) and not found.complete
    longest = rows[0].idle
    expired = "; Google gives a job up after 48 hours" if longest > EXPIRY else ""
    at_google = "have" if len(rows) > 1 else "has"
    yield Finding(
        f"{batches_of(rows, least=least)} {at_google} been with Google for more than a day, the longest for "
        f"{ago(longest)}{expired}",
        at=place(rows[0]),
        related=others(rows, NAMED),
        fix=Fix(
            "Ask Google how it stands; wait, or submit the repository again when it is lost.",
            tuple(f"codechunk-doctor batches show {shlex.quote(row.google_id or '')}" for row in rows[:3]),
        ),
        evidence=seen(rows),
    )
