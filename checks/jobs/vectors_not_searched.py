"""jobs.vectors-not-searched: vectors in the wrong table, and vectors without what filters look at."""

from __future__ import annotations

from collections.abc import Iterator

from checks.jobs._rows import marks, names, one_or_many, resubmit, row
from doctor.api import Finding, Fix, Location, Place, Severity, check, facts


@check(
    id="jobs.vectors-not-searched",
    title="Vectors lie where search does not look",
    severity=(Severity.WARNING, Severity.NOTE),
)
def vectors_not_searched(config: facts.Resolution, vectors: facts.VectorRows) -> Iterator[Finding]:
    """
    Look for vectors in the table `embeddings`, and for incomplete ones in `embeddings_partitioned`.

    When a vector cannot be written to `embeddings_partitioned`, the worker writes it to `embeddings`, which search
    never reads (a warning). A vector that is null, or has no language, type or path, is missed by search or its
    filters (a note).

    Why it matters: the work was done and paid for, and search does not find it.

    Silent when: the chunk has a vector in the right table too; the chunk was deleted.

    How to fix: find the line `Failed to save` in the worker's log, remove its cause (a missing partition, a chunk that
    was deleted meanwhile), then submit the repository again.
    """
    if vectors.astray:
        repositories = vectors.astray_in
        least = "at least " if vectors.more_astray else ""
        yield Finding(
            f"{least}{one_or_many(vectors.astray, 'vector')} of {names(repositories)} only in the table embeddings",
            at=Location(Place.DATABASE, name="codechunking.embeddings"),
            related=marks(repositories),
            severity=Severity.WARNING,
            fix=Fix("Remove what kept them from the right table, then submit again.", resubmit(config, repositories)),
        )
    lacking = [each for each in vectors.vectors if each.blank or each.unlabelled]
    if lacking:
        yield _incomplete(config, vectors, lacking)


def _incomplete(config: facts.Resolution, vectors: facts.VectorRows, lacking: list[facts.RepositoryVectors]) -> Finding:
    repositories = list({each.repository.id: each.repository for each in lacking}.values())
    blank, unlabelled = sum(each.blank for each in lacking), sum(each.unlabelled for each in lacking)
    parts = [f"{blank} empty"] if blank else []
    parts += [f"{unlabelled} without language, type or path"] if unlabelled else []
    looked = f", in a sample of {vectors.sampled} per repository" if vectors.sampled else ""
    empty = "DELETE FROM codechunking.embeddings_partitioned WHERE embedding IS NULL;"
    return Finding(
        f"vectors of {names(repositories)} are incomplete: {', '.join(parts)}{looked}",
        at=row("repositories", repositories[0].id),
        related=marks(repositories),
        severity=Severity.NOTE,
        fix=Fix("Submit again.", (*((empty,) if blank else ()), *resubmit(config, repositories))),
    )
