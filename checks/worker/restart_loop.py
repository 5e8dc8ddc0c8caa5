"""worker.restart-loop: the engine starts it again and again."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from checks.worker._words import at, ended, span, story, the_worker
from doctor.api import Finding, Fix, Observed, Severity, Skipped, check, facts

MANY = 3
YOUNG = 60.0


@check(
    id="worker.restart-loop",
    title="The worker keeps restarting",
    severity=Severity.ERROR,
    explained_by=(
        "worker.out-of-memory",
        "worker.bad-command",
        "worker.compose-environment",
        "config.database-user-missing",
        "config.database-user-env-only",
        "config.start-refused",
        "config.type-mismatch",
        "config.duration-invalid",
        "gemini.key-missing",
        "database.unreachable",
        "database.dns",
        "database.auth",
        "database.missing",
        "database.tls",
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

    Silent when: it was restarted long ago and has been up since; a finding about the configuration, Gemini, the
    database or NATS says why it ends.

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
