"""jobs.zoekt-failed: completed, and the text index is not there."""

from __future__ import annotations

from collections.abc import Iterator

from checks.jobs._rows import marks, names, one_or_many, resubmit, row
from doctor.api import Finding, Fix, Severity, Skipped, check, facts


@check(
    id="jobs.zoekt-failed",
    title="A completed repository has no text index",
    severity=Severity.WARNING,
    explained_by=("zoekt.*", "worker.program-missing"),
)
def zoekt_failed(config: facts.Resolution, jobs: facts.JobRows) -> Iterator[Finding]:
    """
    Look for completed repositories whose `zoekt_index_status` is failed.

    Why it matters: search by text finds nothing in them.

    Silent when: `zoekt.concurrent_indexing.enabled` is off, where no index is made; a finding on Zoekt explains it.

    How to fix: make sure that `zoekt-git-index` is on the worker's PATH and that `zoekt.indexing.index_dir` is writable
    for it, then submit the repository again.
    """
    if not config.value("zoekt.concurrent_indexing.enabled"):
        raise Skipped("no text index is made: zoekt.concurrent_indexing.enabled is off")
    rows = [each for each in jobs.indexed if each.zoekt_status == "failed"]
    if rows:
        yield Finding(
            f"the text index of {one_or_many(len(rows), 'completed repository', 'completed repositories')} failed: "
            f"{names(rows)}",
            at=row("repositories", rows[0].id),
            related=marks(rows),
            fix=Fix(
                "Look for zoekt-git-index in the worker's log, remove the cause, then submit again.",
                resubmit(config, rows),
            ),
        )
