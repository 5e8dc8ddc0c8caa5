"""logs.out-of-time: jobs that the clock ended."""

from __future__ import annotations

from collections.abc import Iterator

from checks.logs._findings import Told, reported
from checks.logs._lines import gathered, near_a_stop
from doctor.api import Explains, Finding, Severity, check, facts, same_key

CAUSES = ("ctx-deadline",)
# The end of every kind of work when the worker is told to stop; of a job it counts where nothing tells that it was.
STOPPED = "ctx-cancelled"
# Lines about a job as a whole; in those of other parts the limit is that of one request or one query.
OF_JOBS = ("consumer-nak", "embed-", "job-", "finalize-", "batch-submit-failed", "batch-fallback")
CANCELLED = ("embed-cancelled", "embed-ctx-cancelled")
KEY = "worker.job_timeout"
FIX = (
    f"Send big repositories down the batch road, or raise {KEY} (35m is the most that counts), restart the worker, and "
    "submit the repository again."
)
TOLD = {
    CAUSES[0]: Told("the time that a job may take was over", FIX, ("docker compose restart worker",), KEY),
    STOPPED: Told(
        "the job was cut off, and no line says that the worker was told to stop",
        f"Submit the repository again. If it ends so again, raise {KEY} (35m is the most that counts).",
        key=KEY,
    ),
}


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

    A job gets `worker.job_timeout`, and 35 minutes at most. One that was cancelled counts too, unless a line within a
    minute of it says that the worker was told to stop.

    Why it matters: the job is lost half done, and its row may say "running" for ever.

    Silent when: the worker was being stopped; only a single request took too long.

    How to fix: use batch processing for big repositories, or raise `worker.job_timeout` up to 35m.
    """
    late = [count for count in logs.of(CANCELLED, CAUSES) if _is_late(count)]
    stopped = [count for count in logs.of(CANCELLED) if count.cause == STOPPED]
    for name, counts in ((CAUSES[0], late), (STOPPED, stopped)):
        lines = gathered(logs, counts).but(lambda event: near_a_stop(logs, event))
        if lines:
            yield reported(name, lines, told=TOLD, config=config)


def _is_late(count: facts.LogCount) -> bool:
    if count.cause in CAUSES:
        return count.id.startswith(OF_JOBS) and count.role != "noise"
    return count.cause is None and count.id in CANCELLED
