"""logs.settings-refused: batch settings that the worker does not take."""

from __future__ import annotations

from collections.abc import Iterator

from checks.logs._findings import Told, because, groups, reported
from doctor.api import Explains, Finding, Guide, Severity, check, facts, same_key

FATAL = ("batch-threshold-negative", "batch-threshold-zero", "batch-queue-limits", "batch-sizes")
HARMLESS = (
    "queue-config-size-large",
    "queue-config-timeout",
    "queue-config-batch",
    "queue-max-size-zero",
    "already-running",
)
CAUSES = (*FATAL, *HARMLESS)
FATAL_IDS = ("embed-config-invalid",)
HARMLESS_IDS = ("queue-config-invalid", "queue-config-update-failed", "queue-start-failed", "queue-create-failed")
NO_SIZE = ("queue-max-size-zero", "queue-config-invalid")
THRESHOLD = "batch_processing.threshold_chunks"
SIZE, WAIT = "batch_processing.queue_limits.max_queue_size", "batch_processing.queue_limits.max_wait_time"
RESTART = ("docker compose restart worker",)
TOLD = {
    "batch-threshold-negative": Told(commands=RESTART, key=THRESHOLD),
    "batch-threshold-zero": Told(commands=RESTART, key=THRESHOLD),
    "batch-queue-limits": Told(
        "of the two queue limits only one is set, or one is negative; this is asked for every job",
        f"Set both {SIZE} and {WAIT} to positive values, or neither, and restart the worker.",
        RESTART,
        SIZE,
    ),
    "batch-sizes": Told(commands=RESTART),
    "queue-config-size-large": Told(commands=RESTART, key=SIZE),
    "queue-config-timeout": Told(commands=RESTART, key=WAIT),
    "queue-config-batch": Told(commands=RESTART, key="batch_processing.max_batch_size"),
    "queue-max-size-zero": Told(commands=RESTART, key=SIZE),
    "queue-config-invalid": Told(f"{SIZE} is missing or 0", f"Set {SIZE}, for instance to 10000.", RESTART, SIZE),
    "already-running": Told("a loop of the worker was started twice", "Restart the worker.", RESTART),
}
DEFAULT = Told(fix="Correct the value that the line names and restart the worker.", commands=RESTART)
NOTE = (
    "The line can say “falling back to sequential”: since 2025-11-26 batches are made all the same, only without the "
    "list in memory."
)


@check(
    id="logs.settings-refused",
    title="Batch settings were refused by the worker",
    severity=(Severity.ERROR, Severity.WARNING),
    guide=Guide.SEQUENTIAL,
    explained_by=(
        Explains("config.queue-limits-incomplete", when=because("batch-queue-limits", *NO_SIZE)),
        Explains("config.value-out-of-range", "config.duration-invalid", "config.type-mismatch", when=same_key),
    ),
)
def settings_refused(logs: facts.Logs, config: facts.Resolution) -> Iterator[Finding]:
    """
    Look for settings of `batch_processing` that a job or the start of the worker complains of.

    What only concerns the list in memory is a warning: batches are made without it.

    Why it matters: no repository gets vectors while the worker refuses these settings.

    Silent when: neither of the queue limits is set, which is fine.

    How to fix: correct the key that is shown in the file that the worker loads, and restart it.

    Since 2025-11-26: the line says "falling back to sequential"; the program batches all the same.
    """
    unset = not any(config.value(key) for key in (SIZE, WAIT))
    for name, lines in groups(logs, CAUSES, (*FATAL_IDS, *HARMLESS_IDS)):
        if unset and name in NO_SIZE:
            continue
        fatal = name in (*FATAL, *FATAL_IDS)
        yield reported(
            name,
            lines,
            told=TOLD,
            default=DEFAULT,
            config=config,
            severity=Severity.ERROR if fatal else Severity.WARNING,
            note=None if fatal else NOTE,
        )
