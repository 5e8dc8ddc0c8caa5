"""worker.out-of-memory: the kernel ended it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from checks.worker._words import KILLED, at, last_life, stamp, story, the_worker
from doctor.api import Finding, Fix, Observed, Severity, Skipped, check, facts

STOPPING = ("worker-shutdown", "worker-shutdown-done", "worker-shutdown-error")
COMES_BACK = ("always", "unless-stopped")


@check(
    id="worker.out-of-memory",
    title="The worker was killed for memory",
    severity=Severity.ERROR,
)
def out_of_memory(
    worker: facts.Worker, containers: Observed[facts.Containers], logs: Observed[facts.Logs]
) -> Iterator[Finding]:
    """
    Look whether the worker's container was ended for want of memory.

    The engine tells so when its own limit was reached. Status 137 without a request to stop means the same for the
    whole machine.

    Why it matters: the job in hand is lost and comes again with the next start, to end in the same way.

    Silent when: it was asked to stop and was killed as it took too long.

    How to fix: raise the memory limit; all chunks of a repository are held in memory at once.
    """
    container = the_worker(worker, containers.value)
    if container is None:
        raise Skipped("no container of a worker is known")
    if not container.out_of_memory and not _killed(container, logs.value):
        return
    limit = f"its limit of {_size(container.memory)}" if container.memory else "the memory of its machine"
    when = stamp(container.finished_at)
    sure = "" if container.out_of_memory else ", as nobody asked it to stop"
    yield Finding(
        f"container {container.name} was killed{f' at {when}' if when else ''}: it reached {limit}{sure}",
        at=at(container),
        fix=_fix(container),
        evidence=story(logs),
    )


def _killed(container: facts.Container, logs: facts.Logs | None) -> bool:
    """Whether it was killed, and certainly not as the end of a stop."""
    if container.exit_code != KILLED:
        return False
    if container.state is facts.ContainerState.RESTARTING:
        return True
    life = last_life(logs)
    if life is None or container.restart_policy in COMES_BACK:
        return False  # a stop by hand is all that keeps it from being restarted
    return not any(life.of(*STOPPING)) and (life.end is None or life.end.id not in STOPPING)


def _fix(container: facts.Container) -> Fix:
    if not container.memory:
        return Fix("Give the machine more memory, or leave large repositories out; all chunks of one are held at once.")
    more = _size(2 * container.memory)
    if container.service:
        return Fix(
            f"Raise mem_limit (deploy.resources.limits.memory) of {container.service} to {more} in the compose file; "
            "all chunks of a repository are held in memory at once.",
            (f"docker compose up -d {shlex.quote(container.service)}",),
        )
    command = f"docker update --memory {more} --memory-swap {more} {shlex.quote(container.name)}"
    return Fix("Raise the limit; all chunks of a repository are held in memory at once.", (command,))


def _size(count: int) -> str:
    """Bytes as the engine takes them: `512m`, `2g`."""
    for unit, letter in ((1 << 30, "g"), (1 << 20, "m"), (1 << 10, "k")):
        if count >= unit and count % unit == 0:
            return f"{count // unit}{letter}"
    return f"{-(-count // (1 << 20))}m" if count >= 1 << 20 else f"{count}b"
