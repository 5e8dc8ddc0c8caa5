"""logs.queue-full: the list in the worker's memory that is filled and never emptied."""

from __future__ import annotations

from collections.abc import Iterator

from checks.logs._findings import Told, groups, reported
from checks.logs._lines import later
from doctor.api import Finding, Guide, Severity, check, facts

CAUSES = ("queue-capacity", "queue-full-legacy", "queue-validation")
IDS = ("embed-queue-failed",)
SIZE = "batch_processing.queue_limits.max_queue_size"
TOLD = {
    "queue-capacity": Told(
        f"the chunks since the start of the worker and those of this repository are more than {SIZE}; the list is "
        "emptied only by a restart",
        f"Restart the worker, and set {SIZE} to 100000, the most that is allowed.",
        ("docker compose restart worker",),
        SIZE,
    ),
    "queue-full-legacy": Told(
        "the list of waiting chunks is full",
        f"Restart the worker, and set {SIZE} to 100000, the most that is allowed.",
        ("docker compose restart worker",),
        SIZE,
    ),
    "queue-validation": Told(
        "a chunk without text or without an id was refused, and nothing falls back from that",
        "Exclude the file that the line names from the repository, and submit it again.",
    ),
}
DEFAULT = Told(fix="Restart the worker and submit the repository again.", commands=("docker compose restart worker",))


@check(
    id="logs.queue-full",
    title="The in-memory queue refuses repositories",
    severity=(Severity.ERROR, Severity.WARNING),
    guide=Guide.SEQUENTIAL,
    explained_by=("worker.queue-budget",),
)
def queue_full(logs: facts.Logs, config: facts.Resolution) -> Iterator[Finding]:
    """
    Look for repositories whose chunks the worker's queue did not take.

    The queue counts every chunk since the worker started. It is a warning where the worker fell back to embedding one
    by one.

    Why it matters: these repositories get no vectors, or get them one request at a time.

    Silent when: `worker.queue-budget` says so already, or the worker was restarted since.

    How to fix: restart the worker, and set `batch_processing.queue_limits.max_queue_size: 100000`.
    """
    for name, lines in groups(logs, CAUSES, IDS):
        fell_back = all(
            event.id == "embed-queue-fallback" or later(logs, event, "embed-queue-fallback", same=("job_id",))
            for event in lines.events
        )
        severity = Severity.WARNING if fell_back and name != "queue-validation" else Severity.ERROR
        yield reported(name, lines, told=TOLD, default=DEFAULT, config=config, severity=severity)
