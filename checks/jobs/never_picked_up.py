"""jobs.never-picked-up: work that waits although nobody is busy."""

from __future__ import annotations

from collections.abc import Iterator

from checks.jobs._rows import DAY, MINUTE, age, job_limit, marks, names, one_or_many, resubmit, row
from doctor.api import Finding, Fix, Guide, Severity, check, facts

PATIENCE = 5 * MINUTE


@check(
    id="jobs.never-picked-up",
    title="A job waits and nobody takes it",
    severity=Severity.WARNING,
    guide=Guide.JOBS,
    explained_by=("config.nats-mock", "nats.*", "api.mock-publisher", "worker.not-running", "worker.restart-loop"),
)
def never_picked_up(config: facts.Resolution, jobs: facts.JobRows) -> Iterator[Finding]:
    """
    Look for jobs, and repositories without a job, that have been pending for more than five minutes.

    The worker takes its work from NATS and never looks into the table: a pending job whose message is lost stays
    pending for ever. NATS keeps a message for 24 hours.

    Why it matters: nothing will happen to these repositories by itself.

    Silent when: the worker is busy with another job and the message may still be waiting; the repository was completed
    after the job was made (workers built before 2026-04-14 never write to the table of jobs); it is known why no
    message gets through.

    How to fix: restart the API, so that it connects to NATS again, then submit the repositories once more.
    """
    busy = any(each.status == "running" and each.age < job_limit(config) for each in jobs.unfinished)
    patience = DAY if busy else PATIENCE
    waiting = [
        each
        for each in jobs.unfinished
        if each.status == "pending" and each.repository and each.age > patience and not each.completed_since
    ]
    if waiting:
        oldest = max(each.age for each in waiting)
        repositories = [each.repository for each in waiting if each.repository]
        lost = ": it is lost for certain, NATS keeps a message for 24 hours" if oldest > DAY else ""
        yield Finding(
            f"{one_or_many(len(waiting), 'job')} of {names(repositories)} pending for up to {age(oldest)}{lost}",
            at=row("indexing_jobs", waiting[0].id),
            related=marks(repositories),
            fix=_fix(config, repositories),
        )
    idle = [each for each in jobs.repositories if each.status == "pending" and not each.has_job and each.age > patience]
    if idle:
        yield Finding(
            f"{names(idle)} pending for up to {age(max(each.age for each in idle))}, without a job",
            at=row("repositories", idle[0].id),
            related=marks(idle),
            fix=_fix(config, idle),
        )


def _fix(config: facts.Resolution, repositories: list[facts.RepositoryRow]) -> Fix:
    return Fix("Restart the API, then submit again.", resubmit(config, repositories))
