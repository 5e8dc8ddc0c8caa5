"""nats.stream-missing: there is nothing in which a job could wait."""

from __future__ import annotations

from collections.abc import Iterator

from checks.nats._server import STREAM, below, place, reached, restart, running, shown
from doctor.api import Finding, Fix, Guide, Observed, Severity, check, facts

NOTE = (
    "The guide calls the queue `codechunk.indexing.jobs`; in this program it is the stream INDEXING with the subject "
    "indexing.job."
)


@check(
    id="nats.stream-missing",
    title="The job stream does not exist",
    severity=Severity.ERROR,
    guide=Guide.CREATED,
    blocks=below("nats.stream-missing"),
)
def stream_missing(
    nats: facts.Nats,
    worker: facts.Worker,
    processes: facts.Processes,
    containers: Observed[facts.Containers],
) -> Iterator[Finding]:
    """
    Look for the stream INDEXING, which API and worker make when they start.

    Why it matters: a job that is submitted has nowhere to wait, and is lost.

    Silent when: neither the API nor a worker runs, as they make it at their next start; they were started only now;
    another stream has the subjects (nats.stream-unusable tells).

    How to fix: start API and worker again. If it goes away again, NATS keeps its data in a place that does not last:
    `--store_dir` has to be on a volume.

    Since the first version: the guide calls the queue `codechunk.indexing.jobs`; in this program it is the stream
    INDEXING with the subject indexing.job.
    """
    server = reached(nats)
    if nats.stream is not None or nats.owner is not None:
        return
    alive = running(nats, worker, processes, containers.value)
    if not alive:
        return
    who = f"{' and '.join(alive)} run{'s' if len(alive) == 1 else ''}"
    yield Finding(
        f"there is no stream {STREAM} at {shown(server)}, although the {who}: it was removed after the start, or they "
        "use another server",
        at=nats.at,
        related=(place(server),),
        fix=Fix("Start API and worker again; both make the stream.", restart(worker, both=True)),
        note=NOTE,
    )
