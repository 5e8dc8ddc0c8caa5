"""worker.restart-loop: the engine starts it again and again."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from checks.worker._words import at, ended, span, story, the_worker
from doctor.api import Finding, Fix, Observed, Severity, Skipped, check, ends_start, facts

MANY = 3
YOUNG = 60.0
# Settings that keep only the worker from starting, by a fault that config.value-out-of-range calls an error.
KEYS = (
    "worker.queue_group",
    "batch_processing.submitter_poll_interval",
    "batch_processing.max_concurrent_submissions",
)


@check(
    id="worker.restart-loop",
    title="The worker keeps restarting",
    severity=Severity.ERROR,
    explained_by=(
        "worker.out-of-memory",
        "worker.bad-command",
        "worker.compose-environment",
        *ends_start(*KEYS),
        "nats.unreachable",
        "nats.auth",
        "nats.jetstream-off",
        "nats.stream-missing",
        "nats.stream-unusable",
    ),
)
def restart_loop(
    worker: facts.Worker, containers: Observed[facts.Containers], logs: Observed[facts.Logs]
) -> Iterator[Finding]:
    """
    Look whether the engine has restarted the worker's container three times or more and it is new again.

    Its restart policy starts it again whatever ended it. Problems with the database, NATS or the consumer end it with
    status 0.

    Why it matters: it never gets to a job, and its logs fill with the same start.

    Silent when: it was restarted long ago and has been up since; a finding says what ends it: settings that the program
    refuses, no Gemini key, or a database or NATS that it cannot use.

    How to fix: put right what its last lines say; it then starts by itself.
    """
    container = the_worker(worker, containers.value)
    if container is None:
        raise Skipped("no container of a worker is known")
    now = containers.value.now if containers.value is not None else 0.0
    up = now - container.started_at if container.started_at is not None and now else None
    waiting = container.state is facts.ContainerState.RESTARTING
    young = container.state is facts.ContainerState.RUNNING and up is not None and up < YOUNG
    if not waiting and not (young and container.restarts >= MANY):
        return
    times = f"was restarted {container.restarts} times" if container.restarts > 1 else "is being restarted"
    state = "" if waiting or up is None else f" and is up for {span(max(0.0, up))}"
    why = ended(container)
    yield Finding(
        f"container {container.name} {times}{state}{f': {why}' if why else ''}",
        at=at(container),
        fix=Fix(
            "Put right what its last lines say; the engine starts it again by itself.",
            (f"docker logs --tail 30 {shlex.quote(container.name)}",),
        ),
        evidence=story(logs),
    )
