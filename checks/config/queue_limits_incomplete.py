"""config.queue-limits-incomplete: two limits that come together or not at all."""

from __future__ import annotations

from collections.abc import Iterator

from checks.config._values import undecodable
from doctor.api import NO_FILE, Finding, Fix, Safety, Severity, check, facts, set_value

SIZE = "batch_processing.queue_limits.max_queue_size"
WAIT = "batch_processing.queue_limits.max_wait_time"
MISSING = {SIZE: "10000", WAIT: "5m"}


@check(
    id="config.queue-limits-incomplete",
    title="Queue limits are half set, every job fails",
    severity=Severity.ERROR,
    safety=Safety.SAFE,
    blocked_by=NO_FILE,
)
def queue_limits_incomplete(config: facts.Resolution) -> Iterator[Finding]:
    """
    Compare `batch_processing.queue_limits.max_queue_size` with `max_wait_time`.

    They are checked for every job, with batch processing on or off.

    Why it matters: every job fails with "Invalid batch processing configuration" before anything is embedded.

    Silent when: both are above 0, or both are absent or 0 (batches then go without a queue, which works).

    How to fix: add the missing one, `max_queue_size: 10000` or `max_wait_time: 5m`.
    """
    if undecodable(config, SIZE, WAIT):
        return
    negative = [key for key in (SIZE, WAIT) if config.value(key) < 0]
    for key in negative:
        yield Finding(
            f"{key} ({config.show(key)}) is negative",
            at=config.where(key),
            fix=Fix(f"Give {key} a value above 0, for example {MISSING[key]}, or remove both limits."),
        )
    if negative or bool(config.value(SIZE)) is bool(config.value(WAIT)):
        return
    missing, other = (SIZE, WAIT) if config.value(WAIT) else (WAIT, SIZE)
    state = "is 0" if config.settings[missing].source is not facts.Source.DEFAULT else "is not set"
    yield Finding(
        f"{missing} {state} although {other} is {config.show(other)}",
        at=config.where(missing),
        related=(config.where(other),),
        fix=set_value(config, missing, MISSING[missing], f"Set {missing} to {MISSING[missing]}.", safety=Safety.SAFE),
    )
