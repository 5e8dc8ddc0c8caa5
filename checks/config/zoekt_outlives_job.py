"""config.zoekt-outlives-job: two limits that must nest."""

from __future__ import annotations

from collections.abc import Iterator

from checks.config._values import MINUTE, half, short, undecodable
from doctor.api import NO_FILE, Explains, Finding, Safety, Severity, check, facts, format_duration, same_key, set_value

LIMIT = "zoekt.indexing.timeout"
JOB = "worker.job_timeout"


@check(
    id="config.zoekt-outlives-job",
    title="The Zoekt limit is longer than the job's",
    severity=(Severity.WARNING, Severity.NOTE),
    safety=Safety.UNSAFE,
    blocked_by=NO_FILE,
    explained_by=(Explains("config.value-out-of-range", "config.duration-nanoseconds", when=same_key),),
)
def zoekt_outlives_job(config: facts.Resolution) -> Iterator[Finding]:
    """
    Compare `zoekt.indexing.timeout` with the time a job really has.

    A job has `worker.job_timeout`, cut to 35 minutes. Where both are equal it is a note.

    Why it matters: the job runs out of time first, so a slow Zoekt run takes the embeddings of its job down with it.

    Silent when: Zoekt indexing is off, or the limit is 0 (it then has none of its own) or the smaller one.

    How to fix: lower `zoekt.indexing.timeout`, for example to `10m`.
    """
    limit = config.value(LIMIT)
    if not config.value("zoekt.concurrent_indexing.enabled") or limit <= 0 or undecodable(config, LIMIT, JOB):
        return
    if limit < config.job_limit:
        return
    equal, job = limit == config.job_limit, format_duration(config.job_limit)
    lower = short(min(10 * MINUTE, half(config.job_limit)))
    yield Finding(
        f"{LIMIT} ({config.show(LIMIT)}) is {'equal to' if equal else 'above'} the {job} a job has",
        at=config.where(LIMIT),
        related=(config.where(JOB),),
        severity=Severity.NOTE if equal else Severity.WARNING,
        fix=set_value(config, LIMIT, lower, f"Set {LIMIT} to {lower}.", safety=Safety.UNSAFE),
    )
