"""config.job-timeout-capped: a limit above the one that is built in."""

from __future__ import annotations

from collections.abc import Iterator

from checks.config._values import MINUTE
from doctor.api import NO_FILE, Finding, Safety, Severity, check, facts, set_value

KEY = "worker.job_timeout"
CAP = 35 * MINUTE


@check(
    id="config.job-timeout-capped",
    title="worker.job_timeout is cut to 35 minutes",
    severity=Severity.WARNING,
    safety=Safety.SAFE,
    blocked_by=NO_FILE,
)
def job_timeout_capped(config: facts.Resolution) -> Iterator[Finding]:
    """
    Compare `worker.job_timeout` with the 35 minutes that the worker gives a job at most.

    Why it matters: a job ends after 35 minutes whatever the setting says, and a big repository is left half done.

    Silent when: it is 35 minutes or less.

    How to fix: write `job_timeout: 35m`, which changes nothing but says what happens; use batch processing for
    repositories that need more time.
    """
    if config.value(KEY) > CAP:
        yield Finding(
            f"{KEY} ({config.show(KEY)}) is above the 35m that a job gets at most",
            at=config.where(KEY),
            fix=set_value(
                config,
                KEY,
                "35m",
                f"Set {KEY} to 35m, which is what holds already; batch the repositories that need longer.",
                safety=Safety.SAFE,
            ),
        )
