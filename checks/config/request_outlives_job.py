"""config.request-outlives-job: two limits that must nest."""

from __future__ import annotations

from collections.abc import Iterator

from checks.config._values import half, short
from doctor.api import NO_FILE, Explains, Finding, Fix, Severity, check, facts, format_duration, same_key

# What the Gemini client uses when gemini.timeout is 0.
CLIENT_DEFAULT = 120_000_000_000


@check(
    id="config.request-outlives-job",
    title="An embedding request is allowed to outlive its job",
    severity=Severity.ERROR,
    blocked_by=NO_FILE,
    explained_by=(Explains("config.value-out-of-range", "config.duration-nanoseconds", when=same_key),),
)
def request_outlives_job(config: facts.Resolution) -> Iterator[Finding]:
    """
    Compare `gemini.timeout` with the time a job really has.

    A job has `worker.job_timeout`, cut to 35 minutes; a `gemini.timeout` of 0 means 120 seconds.

    Why it matters: the job's limit covers every request it makes, so a request that is still within its own limit
    is cancelled along with the job, and the whole repository starts again.

    Silent when: the provider is openai, or the request's limit is the smaller one.

    How to fix: lower `gemini.timeout`, for example to `120s`, or to less where the job has no more than that.
    """
    if config.provider != "gemini":
        return
    request = config.value("gemini.timeout") or CLIENT_DEFAULT
    if request < config.job_limit:
        return
    lower = "120s" if config.job_limit > CLIENT_DEFAULT else short(half(config.job_limit))
    yield Finding(
        f"gemini.timeout ({format_duration(request)}) is not below the {format_duration(config.job_limit)} a job has",
        at=config.where("gemini.timeout"),
        related=(config.where("worker.job_timeout"),),
        fix=Fix(f"Lower gemini.timeout, for example to {lower}."),  # which of the two is wrong is the operator's call
    )
