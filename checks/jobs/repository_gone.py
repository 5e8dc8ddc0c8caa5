"""jobs.repository-gone: a job for nothing."""

from __future__ import annotations

from collections.abc import Iterator

from checks.jobs._rows import age, ids, one_or_many, row
from doctor.api import Finding, Fix, Guide, Severity, check, facts


@check(
    id="jobs.repository-gone",
    title="A job points at no living repository",
    severity=Severity.WARNING,
    guide=Guide.NOTES,
)
def repository_gone(jobs: facts.JobRows) -> Iterator[Finding]:
    """
    Look for pending and running jobs whose repository is not named, not there, or soft-deleted.

    Why it matters: such a job fails with "repository not found" or stays as it is for ever.

    Silent when: the job is finished, whatever became of its repository.

    How to fix: cancel it; a message that still waits for it in NATS fails once and is gone.
    """
    gone = [each for each in jobs.unfinished if each.repository is None]
    if not gone:
        return
    wanted = gone[0].repository_id
    example = f"repository {wanted} is deleted or unknown" if wanted else "no repository is named"
    yield Finding(
        f"{one_or_many(len(gone), 'unfinished job')} without a living repository, the oldest {age(gone[0].age)} old: "
        f"{example}",
        at=row("indexing_jobs", gone[0].id),
        fix=Fix(
            "Cancel them.",
            (f"UPDATE codechunking.indexing_jobs SET status='cancelled' WHERE id IN ({ids([x.id for x in gone])});",),
        ),
    )
