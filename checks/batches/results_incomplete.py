"""batches.results-incomplete: completed, with less than was asked for."""

from __future__ import annotations

from collections.abc import Iterator

from checks.batches._repair import resubmit
from checks.batches._rows import many, others, place, repositories, seen, shown_url
from doctor.api import Explains, Finding, Fix, Guide, Severity, check, facts, same_repository


@check(
    id="batches.results-incomplete",
    title="Some chunks of a finished batch have no vector",
    severity=Severity.WARNING,
    guide=Guide.BATCH_USAGE,
    explained_by=(
        Explains("batches.download-denied", "batches.failed", "jobs.completed-without-vectors", when=same_repository),
    ),
)
def results_incomplete(batches: facts.BatchRows, config: facts.Resolution) -> Iterator[Finding]:
    """
    Compare `chunks_processed` of completed batches with the number of their stored requests.

    This is done for those repositories whose newest job gave fewer vectors than it has chunks, and which have chunks
    without vectors now.

    Why it matters: search does not find these chunks, although the batch counts as completed.

    Silent when: the chunks have vectors by now, or had them before the batch was sent; batches of the same job are
    still open.

    How to fix: submit the repository again; only chunks without vectors are sent. The reason is in the worker's log
    (`Failed to parse embedding response`).
    """
    by_repository: dict[str, list[facts.BatchRow]] = {}
    for row in batches.thin:
        if row.owner and batches.gaps.get(row.owner, facts.Gap(0, 0)).missing:
            by_repository.setdefault(row.owner, []).append(row)
    # One each, as that is how other checks report what can be behind it.
    for owner, rows in by_repository.items():
        gap = batches.gaps[owner]
        have = "have" if gap.missing > 1 else "has"
        yield Finding(
            f"{many(len(rows))} of {shown_url(rows[0])} ended with {_share(rows)}; "
            f"{many(gap.missing, 'chunk', 'chunks', least=not (gap.total and gap.complete))} {have} no vector",
            at=place(rows[0]),
            related=(*others(rows), *repositories(rows)),
            fix=Fix("Submit the repository again; only chunks without vectors are sent.", resubmit(config, rows)),
            evidence=seen(rows),
        )


def _share(rows: list[facts.BatchRow]) -> str:
    processed = many(sum(row.processed for row in rows), "vector", "vectors")
    if any(row.requests is None for row in rows):
        return processed
    return f"{processed} for {many(sum(row.requests or 0 for row in rows), 'request', 'requests')}"
