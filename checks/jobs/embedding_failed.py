"""jobs.embedding-failed: completed, and the embeddings are not there."""

from __future__ import annotations

from collections.abc import Iterator

from checks.jobs._rows import apart, marks, names, one_or_many, resubmit, row
from doctor.api import Explains, Finding, Fix, Guide, Severity, check, facts, same_repository


@check(
    id="jobs.embedding-failed",
    title="A completed repository has failed embeddings",
    severity=Severity.ERROR,
    guide=Guide.SEQUENTIAL,
    explained_by=(
        Explains(
            "batches.download-denied",
            "batches.failed",
            "jobs.completed-without-vectors",
            when=same_repository,
        ),
    ),
)
def embedding_failed(config: facts.Resolution, jobs: facts.JobRows) -> Iterator[Finding]:
    """
    Look for completed repositories whose `embedding_index_status` is failed.

    Why it matters: the job counts as completed because the other index succeeded, but search by meaning finds nothing
    there.

    Silent when: a batch of the repository is still open; the batches that failed are reported themselves.

    How to fix: remove the cause (key, quota, batch settings), then submit the repository again.
    """
    for rows in apart([each for each in jobs.indexed if each.embedding_status == "failed" and not each.has_open_batch]):
        yield Finding(
            f"the embeddings of {one_or_many(len(rows), 'completed repository', 'completed repositories')} failed: "
            f"{names(rows)}",
            at=row("repositories", rows[0].id),
            related=marks(rows),
            fix=Fix(
                "`codechunk-doctor jobs --failed` and the worker's log say why; then submit again.",
                resubmit(config, rows),
            ),
        )
