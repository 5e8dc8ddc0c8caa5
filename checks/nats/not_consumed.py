"""nats.not-consumed: jobs wait, and nobody comes for them."""

from __future__ import annotations

from collections.abc import Iterator

from checks.nats._server import CONSUMER, STREAM, count, place, reached, restart, shown, tool, worker_runs
from doctor.api import Evidence, Finding, Fix, Guide, Observed, Severity, check, facts

NOTE = (
    f"`make nats-consumer-info` asks for a consumer `workers`, which does not exist: it is {CONSUMER} of stream "
    f"{STREAM} (the guide's `codechunk.indexing.jobs`)."
)


@check(
    id="nats.not-consumed",
    title="Jobs wait in NATS and nobody fetches",
    severity=Severity.ERROR,
    guide=Guide.CREATED,
    explained_by=("worker.not-running", "worker.restart-loop"),
)
def not_consumed(
    nats: facts.Nats,
    worker: facts.Worker,
    processes: facts.Processes,
    containers: Observed[facts.Containers],
) -> Iterator[Finding]:
    """
    Look whether jobs wait in the stream while nobody asks for one and nobody works on one.

    The worker asks for jobs all the time, except while it works on some. So NATS is looked at twice, 10 seconds apart,
    when the first look shows waiting jobs and nobody there; with less time (`--deadline`) the first look is all.

    Why it matters: these jobs stay pending, and NATS drops them after 24 hours.

    Silent when: a job is being worked on; somebody has fetched in between; the worker is known not to run, or was
    started only now (the consumer is made at its start).

    How to fix: start the worker again. One that lost NATS for longer than `nats.max_reconnects` times
    `nats.reconnect_wait` never comes back to it by itself.

    Since the first version: `make nats-consumer-info` asks for a consumer `workers`, which does not exist; it is
    indexing-consumer of the stream INDEXING, and the guide's queue `codechunk.indexing.jobs` does not exist either.
    """
    server = reached(nats)
    stream = nats.stream
    if stream is None or not stream.consumers_known:
        return
    mine = stream.consumer()
    runs = worker_runs(nats, worker, processes, containers.value)
    if mine is None:
        if runs:
            yield _absent(nats, stream, server, worker)
    elif mine.paused and mine.pending:
        yield _paused(nats, mine, server)
    elif stream.idle and _still(stream, nats.again):
        yield _unfetched(nats, mine, server, worker, runs=runs)


def _still(before: facts.NatsStream, after: facts.NatsStream | None) -> bool:
    """Whether the second look, if there was one, shows the same."""
    if after is None:
        return True
    one, other = before.consumer(), after.consumer()
    return after.idle and one is not None and other is not None and one.delivered == other.delivered


def _absent(nats: facts.Nats, stream: facts.NatsStream, server: facts.NatsServer, worker: facts.Worker) -> Finding:
    waiting = f", and {count(stream.messages, 'message')} wait{'s' if stream.messages == 1 else ''}"
    return Finding(
        f"a worker runs, but stream {STREAM} at {shown(server)} has no consumer {CONSUMER}"
        f"{waiting if stream.messages else ''}: it was removed after the start, or the worker uses another server",
        at=nats.at,
        related=(place(server),),
        fix=Fix("Start the worker again; it makes its consumer.", restart(worker)),
        note=NOTE,
    )


def _paused(nats: facts.Nats, mine: facts.NatsConsumer, server: facts.NatsServer) -> Finding:
    return Finding(
        f"{_wait(mine.pending)} at {shown(server)}, and the consumer {CONSUMER} is paused",
        at=nats.at,
        related=(place(server),),
        fix=Fix("Let it go on.", (tool(server, f"consumer resume {STREAM} {CONSUMER}"),)),
        note=NOTE,
    )


def _unfetched(
    nats: facts.Nats, mine: facts.NatsConsumer, server: facts.NatsServer, worker: facts.Worker, *, runs: bool
) -> Finding:
    looks = "two looks, 10 seconds apart" if nats.again is not None else "one look, as there was no time for a second"
    summary = (
        "Start the worker again: it has lost NATS, and does not come back to it by itself."
        if runs
        else "Start the worker; when one runs, look whether it uses this server, and start it again."
    )
    return Finding(
        f"{_wait(mine.pending)} at {shown(server)}, and nobody fetches ({looks})",
        at=nats.at,
        related=(place(server),),
        fix=Fix(summary, restart(worker)),
        evidence=(
            Evidence(
                "consumer",
                f"{CONSUMER}: {mine.pending} pending, 0 being worked on, 0 requests waiting, "
                f"{count(mine.delivered, 'delivery').replace('deliverys', 'deliveries')} so far",
            ),
        ),
        note=NOTE,
    )


def _wait(number: int) -> str:
    return f"{count(number, 'job')} wait{'s' if number == 1 else ''}"
