"""worker.not-running: its container has ended, or nothing has the name or number that was given."""

from __future__ import annotations

from collections.abc import Iterator

from checks.worker._words import PID, at, ended, names, stamp, story, the_worker
from doctor.api import (
    Blocks,
    Finding,
    Fix,
    Guide,
    Location,
    Observed,
    Place,
    Severity,
    Skipped,
    check,
    facts,
    start_container,
)

# A container that the engine restarts is judged by worker.restart-loop.
DOWN = (
    facts.ContainerState.EXITED,
    facts.ContainerState.CREATED,
    facts.ContainerState.PAUSED,
    facts.ContainerState.DEAD,
    facts.ContainerState.REMOVING,
)
WHAT = {
    facts.ContainerState.CREATED: "was made but never started",
    facts.ContainerState.PAUSED: "is paused",
    facts.ContainerState.DEAD: "is dead, the engine could not remove it",
    facts.ContainerState.REMOVING: "is being removed",
}
# A stop by hand ends the worker in an orderly way, which the same container never comes back from by itself.
COMES_BACK = ("always", "unless-stopped")


@check(
    id="worker.not-running",
    title="The worker is not running",
    severity=Severity.ERROR,
    guide=Guide.CREATED,
    blocks=(Blocks("worker.restart-loop"),),
    explained_by=("worker.out-of-memory",),
    explains=(
        "nats.not-consumed",
        "jobs.never-picked-up",
        "batches.submission-stalled",
        "batches.retry-overdue",
        "batches.not-collected",
    ),
)
def not_running(
    worker: facts.Worker, containers: Observed[facts.Containers], logs: Observed[facts.Logs]
) -> Iterator[Finding]:
    """
    Look whether the worker's container, or what `--worker` names, is running.

    The exit status tells where a start ended: 0 is the database, NATS or the consumer (the worker reports these and
    ends in good order), 1 the Gemini client, 2 the configuration.

    Why it matters: jobs stay pending, and batches are neither submitted nor collected.

    Silent when: no container and no process of a worker is known; another worker of this installation runs; the engine
    is restarting it (`worker.restart-loop`).

    How to fix: put right what its last lines say, then start it: `docker compose up -d worker`.
    """
    if worker.running:
        return
    container = the_worker(worker, containers.value)
    if container is None:
        yield from _missing(worker, containers)
    elif container.state in DOWN:
        yield _down(container, logs)


def _missing(worker: facts.Worker, containers: Observed[facts.Containers]) -> Iterator[Finding]:
    given = worker.location is facts.Known.GIVEN
    if given and worker.kind is facts.Habitat.PROCESS and (number := PID.fullmatch(worker.name or "")):
        yield Finding(
            f"no process has the number {number[1]}",
            at=Location(Place.PROCESS, name=worker.name),
            fix=Fix("Find the worker's number, or leave out --worker.", ("pgrep -af 'codechunking.* worker'",)),
        )
    elif given and worker.kind is facts.Habitat.CONTAINER and containers.value is not None:
        there = names((each.name for each in containers.value.found), 8)
        yield Finding(
            f"there is no container {worker.name}{f'; there are: {there}' if there else ''}",
            at=Location(Place.CONTAINER, name=worker.name),
            fix=Fix("Start the worker, or give the name of its container.", ("docker ps -a",)),
        )
    else:
        raise Skipped("no process and no container of a worker is known")


def _down(container: facts.Container, logs: Observed[facts.Logs]) -> Finding:
    when = stamp(container.finished_at)
    what = WHAT.get(container.state) or f"ended{f' at {when}' if when else ''}: {_why(container)}"
    paused = container.state is facts.ContainerState.PAUSED
    first = "Let it go on." if paused else "Put right what its last lines say, then start it."
    fix = Fix(first, (start_container(container),))
    return Finding(f"container {container.name} {what}", at=at(container), fix=fix, evidence=story(logs))


def _why(container: facts.Container) -> str:
    ended_well = container.exit_code in (0, 143)
    if ended_well and container.restart_policy in COMES_BACK and not container.error:
        return f"somebody stopped it (status {container.exit_code}), as it would be restarted otherwise"
    return ended(container) or "it is not known how"
