"""config.batch-threshold: from how many chunks on a repository is batched."""

from __future__ import annotations

from collections.abc import Iterator

from checks.config._values import undecodable
from doctor.api import NO_FILE, Finding, Guide, Safety, Severity, check, facts, set_value

KEY = "batch_processing.threshold_chunks"
HIGHEST_SHIPPED = 50
NOTE = (
    "The guide says that 10 is the default and that only repositories with more chunks are batched; since 2025-11-26 a "
    "missing key means 0, and a repository with exactly as many chunks is batched too."
)


@check(
    id="config.batch-threshold",
    title="The batch threshold is unusual",
    severity=Severity.NOTE,
    guide=Guide.SEQUENTIAL,
    safety=Safety.UNSAFE,
    blocked_by=NO_FILE,
)
def batch_threshold(config: facts.Resolution) -> Iterator[Finding]:
    """
    Look at `batch_processing.threshold_chunks` where batch processing is on.

    Why it matters: it decides which repositories are batched, and the value at hand sends all of them one way or holds
    many of them back.

    Silent when: it is 1 to 50, batch processing is off, or the value is negative (that is an error of its own).

    How to fix: set `threshold_chunks: 10`, as the guide does, unless the value is meant.

    Since 2025-11-26: the guide says "more than 10" and calls 10 the default; the program batches at exactly the
    threshold too, and takes a missing key for 0.
    """
    if not config.batch_wanted or undecodable(config, KEY):
        return
    threshold = config.value(KEY)
    if threshold == 0:
        missing = config.settings[KEY].source is facts.Source.DEFAULT
        message = f"{KEY} is {'not set, which means 0' if missing else '0'}: every repository is batched, however small"
    elif threshold > HIGHEST_SHIPPED:
        message = f"{KEY} ({threshold}) is above {HIGHEST_SHIPPED}: repositories with fewer chunks go one by one"
    else:
        return
    yield Finding(
        message,
        at=config.where(KEY),
        fix=set_value(config, KEY, "10", f"Set {KEY} to 10, as the guide does.", safety=Safety.UNSAFE),
        note=NOTE,
    )
