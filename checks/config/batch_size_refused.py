"""config.batch-size-refused: batches larger than the client sends."""

from __future__ import annotations

from collections.abc import Iterator

from checks.config._values import undecodable
from doctor.api import NO_FILE, Finding, Safety, Severity, check, facts, set_value

KEY = "batch_processing.max_batch_size"
LARGEST = 500


@check(
    id="config.batch-size-refused",
    title="max_batch_size is above the limit of 500",
    severity=Severity.ERROR,
    safety=Safety.SAFE,
    blocked_by=NO_FILE,
)
def batch_size_refused(config: facts.Resolution) -> Iterator[Finding]:
    """
    Compare `batch_processing.max_batch_size` with the 500 chunks that the batch client sends at most.

    Why it matters: the client refuses each larger batch when it is about to be sent, so its chunks get no vectors.

    Silent when: it is 500 or less (0 means 500), or batch processing or the batch client is off.

    How to fix: set `max_batch_size: 500`.
    """
    if not (config.batch_wanted and config.batch_client) or undecodable(config, KEY):
        return
    if config.value(KEY) > LARGEST:
        yield Finding(
            f"{KEY} ({config.value(KEY)}) is above {LARGEST}",
            at=config.where(KEY),
            fix=set_value(config, KEY, str(LARGEST), f"Set {KEY} to {LARGEST}.", safety=Safety.SAFE),
        )
