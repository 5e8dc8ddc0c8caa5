"""logs.fell-back: batches were wanted, and chunks went one by one."""

from __future__ import annotations

from collections.abc import Iterator

from checks.logs._findings import Told, by_cause, reported, same_cause
from checks.logs._lines import later
from doctor.api import Explains, Finding, Guide, Severity, check, facts

IDS = ("batch-fallback", "embed-queue-fallback", "worker-fallback-sequential-old")
FAILED = ("embed-seq-fallback-failed",)
DEFAULT = Told(
    fix="Remove what the line names as its error, restart the worker and submit the repository again.",
    commands=("docker compose restart worker",),
    key="batch_processing.fallback_to_sequential",
)
NAMED = (
    "logs.no-batch-client",
    "logs.queue-full",
    "logs.rows-refused",
    "logs.database-connection",
    "logs.schema-outdated",
    "logs.rate-limited",
)


@check(
    id="logs.fell-back",
    title="The worker fell back to sequential embedding",
    severity=Severity.WARNING,
    guide=Guide.VERIFYING,
    explained_by=(Explains(*NAMED, when=same_cause), "logs.guide-fallback-line"),
)
def fell_back(logs: facts.Logs, config: facts.Resolution) -> Iterator[Finding]:
    """
    Look for lines that say that a batch was embedded one chunk at a time instead.

    Why it matters: embedding is slow, and costs a request for each chunk, although batches are wanted.

    Silent when: another finding names the cause; falling back failed as well, which `logs.embedding-failed` reports.

    How to fix: remove the cause that the line names (-v shows it), then restart the worker.
    """
    for name, lines in by_cause(logs, IDS):
        kept = lines.but(lambda event: later(logs, event, *FAILED, same=("job_id",)))
        if kept and name != "ctx-cancelled":
            yield reported(name, kept, default=DEFAULT, config=config)
