"""logs.out-of-time: jobs that the clock ended."""

from __future__ import annotations

from collections.abc import Iterator

from checks.logs._findings import Told, reported
from checks.logs._lines import Lines, gathered, near_a_stop
from doctor.api import Explains, Finding, Severity, check, facts, same_key

CAUSES = ("ctx-deadline",)
# Lines about a job as a whole; in those of other parts the limit is that of one request or one query.
OF_JOBS = ("consumer-nak", "embed-", "job-", "finalize-", "batch-submit-failed", "batch-fallback")
CANCELLED = ("embed-cancelled", "embed-ctx-cancelled")
KEY = "worker.job_timeout"
FIX = (
    f"Send big repositories down the batch road, or raise {KEY} (35m is the most that counts), restart the worker, and "
    "submit the repository again."
)
TOLD = Told("the time that a job may take was over", FIX, ("docker compose restart worker",), KEY)


@check(
    id="logs.out-of-time",
    title="Jobs run out of time",
    severity=Severity.WARNING,
    explained_by=(
        Explains("config.duration-nanoseconds", "config.duration-invalid", "config.job-timeout-capped", when=same_key),
    ),
)
def out_of_time(logs: facts.Logs, config: facts.Resolution) -> Iterator[Finding]:
    """
    Look for jobs that were cut off before their chunks had vectors.

    A job gets `worker.job_timeout`, and 35 minutes at most.

    Why it matters: the job is lost half done, and its row may say "running" for ever.

    Silent when: the worker was being stopped; only a single request took too long.

    How to fix: use batch processing for big repositories, or raise `worker.job_timeout` up to 35m.
    """
    lines = _of_jobs(logs)
    if lines:
        yield reported(CAUSES[0], lines, told={CAUSES[0]: TOLD}, config=config)


def _of_jobs(logs: facts.Logs) -> Lines:
    counts = [
        count
        for count in logs.of(CANCELLED, CAUSES)
        if (count.cause in CAUSES and count.id.startswith(OF_JOBS) and count.role != "noise")
        or (count.cause is None and count.id in CANCELLED)
    ]
    return gathered(logs, counts).but(lambda event: near_a_stop(logs, event))
