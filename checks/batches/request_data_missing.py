"""batches.request-data-missing: queued, with nothing to send."""

from __future__ import annotations

from collections.abc import Iterator

from checks.batches._repair import GIVE_UP, more, resubmit, update
from checks.batches._rows import batches_of, others, place, seen
from doctor.api import Finding, Fix, Severity, check, facts


@check(
    id="batches.request-data-missing",
    title="A queued batch has no requests stored",
    severity=Severity.WARNING,
)
def request_data_missing(batches: facts.BatchRows, config: facts.Resolution) -> Iterator[Finding]:
    """
    Look for batches in status `pending_submission` whose `batch_request_data` is null or empty.

    Why it matters: sending such a batch fails for good ("JSON deserialization failed"), and its chunks get no vectors.

    Silent when: the batch is in any other status; its job or repository is deleted.

    How to fix: set the row to `failed` and submit the repository again; only chunks without vectors are sent.
    """
    found = batches.empty
    if not found.count:
        return
    rows = found.rows
    has = "have" if found.count > 1 else "has"
    yield Finding(
        f"{batches_of(rows, found.count)} in status pending_submission {has} no requests stored",
        at=place(rows[0]),
        related=others(rows),
        fix=Fix(
            "Give the rows up and submit their repositories again." + more(rows, found.count),
            (*update(rows, GIVE_UP), *resubmit(config, rows)),
        ),
        evidence=seen(rows),
    )
