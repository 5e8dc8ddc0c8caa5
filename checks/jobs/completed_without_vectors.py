"""jobs.completed-without-vectors: everything looks done, and nothing can be found."""

from __future__ import annotations

from collections.abc import Iterator

from checks.jobs._rows import apart, marks, names, one_or_many, resubmit, row
from doctor.api import Explains, Finding, Fix, Guide, Severity, check, facts, same_repository


@check(
    id="jobs.completed-without-vectors",
    title="A completed repository has no vectors",
    severity=Severity.ERROR,
    guide=Guide.SEQUENTIAL,
    explained_by=(
        "config.openai-with-batch",
        Explains("batches.download-denied", "batches.failed", "jobs.vectors-not-searched", when=same_repository),
    ),
)
def completed_without_vectors(config: facts.Resolution, vectors: facts.VectorRows) -> Iterator[Finding]:
    """
    Look for completed repositories that have chunks, but no vector in `embeddings_partitioned` and no open batch.

    Why it matters: the status says completed, but search by meaning finds nothing there.

    Silent when: a batch of the repository is still open; it has no chunks; its batches failed, or its vectors went into
    the other table, which is reported itself.

    How to fix: find out why the embeddings failed, then submit the repository again.
    """
    for rows in apart(vectors.bare):
        yield Finding(
            f"{one_or_many(len(rows), 'completed repository has', 'completed repositories have')} chunks but no "
            f"vectors: {names(rows)}",
            at=row("repositories", rows[0].id),
            related=marks(rows),
            fix=Fix("Remove the cause that the worker's log names, then submit again.", resubmit(config, rows)),
        )
