"""jobs.test-vectors: vectors that were made up."""

from __future__ import annotations

from collections.abc import Iterator

from checks.jobs._rows import ids, marks, names, one_or_many, resubmit, row
from doctor.api import Finding, Fix, Guide, Severity, check, facts


@check(
    id="jobs.test-vectors",
    title="Made-up vectors are stored under the real model",
    severity=Severity.ERROR,
    guide=Guide.SEQUENTIAL,
)
def test_vectors(config: facts.Resolution, vectors: facts.VectorRows) -> Iterator[Finding]:
    """
    Look at two vectors of each repository: those made while `use_test_embeddings` is on are multiples of 0.001.

    Why it matters: they say nothing about the code, so that search by meaning answers at random; and because they count
    as present, the repository is not embedded again by itself.

    Silent when: the vectors come from a model, where such numbers do not occur; there are none.

    How to fix: set `batch_processing.use_test_embeddings` to false, delete these vectors and submit the repositories
    again.
    """
    rows = vectors.made_up
    if rows:
        yield Finding(
            f"the vectors of {one_or_many(len(rows), 'repository', 'repositories')} are made up: {names(rows)}",
            at=row("repositories", rows[0].id),
            related=(config.where("batch_processing.use_test_embeddings"), *marks(rows)),
            fix=Fix(
                "Set batch_processing.use_test_embeddings to false, restart the worker, delete them, submit again.",
                (
                    "DELETE FROM codechunking.embeddings_partitioned "
                    f"WHERE repository_id IN ({ids([each.id for each in rows])});",
                    *resubmit(config, rows),
                ),
            ),
        )
