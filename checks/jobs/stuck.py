"""jobs.stuck: what was begun and will not end."""

from __future__ import annotations

from collections.abc import Iterator

from checks.jobs._rows import age, ids, job_limit, marks, names, one_or_many, resubmit, row
from doctor.api import Finding, Fix, Guide, Severity, check, facts


@check(
    id="jobs.stuck",
    title="A job or repository stays unfinished",
    severity=Severity.WARNING,
    guide=Guide.DATABASE_USAGE,
)
def stuck(config: facts.Resolution, jobs: facts.JobRows) -> Iterator[Finding]:
    """
    Compare how long jobs have been running, and repositories have been cloning or processing, with what a job gets.

    That is `worker.job_timeout`, 35 minutes at most, and five minutes more.

    Why it matters: the worker was killed, or the job ran out of time and its failure could not be written down; nothing
    will go on with it.

    Silent when: it is younger than that; a repository has a job that is still running; the repository was completed
    since.

    How to fix: submit the repository again, and set the row of the job to failed.
    """
    limit = job_limit(config)
    running = [
        each
        for each in jobs.unfinished
        if each.status == "running" and each.repository and each.age > limit and not each.completed_since
    ]
    if running:
        repositories = [each.repository for each in running if each.repository]
        yield Finding(
            f"{one_or_many(len(running), 'job')} of {names(repositories)} running for up to "
            f"{age(max(each.age for each in running))}; a job gets {age(limit)} at most",
            at=row("indexing_jobs", running[0].id),
            related=marks(repositories),
            fix=Fix(
                "Submit again; the old row may be set to failed by hand.", _commands(config, running, repositories)
            ),
        )
    halted = [
        each
        for each in jobs.repositories
        if each.status in ("cloning", "processing") and not each.runs and each.age > limit
    ]
    if halted:
        yield Finding(
            f"{names(halted)} {halted[0].status} for up to {age(max(each.age for each in halted))}, and no job runs",
            at=row("repositories", halted[0].id),
            related=marks(halted),
            fix=Fix("Submit again.", resubmit(config, halted)),
        )


def _commands(
    config: facts.Resolution, running: list[facts.JobRow], repositories: list[facts.RepositoryRow]
) -> tuple[str, ...]:
    update = (
        "UPDATE codechunking.indexing_jobs SET status='failed', completed_at=now() "
        f"WHERE id IN ({ids([each.id for each in running])});"
    )
    return (update, *resubmit(config, repositories))
