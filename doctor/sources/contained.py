"""The worker in a container: which one it is, and what the engine tells of it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from doctor.facts import Habitat, Known, Worker
from doctor.facts.containers import Container, Containers, ContainerState
from doctor.needs import Observed

# So many names are offered instead of one that is not there.
MOST_NAMES = 8


def installed(containers: Containers) -> Container | None:
    """The container of this installation's worker: the newest that runs, else the newest there is; None for none."""
    found = containers.role("worker")
    running = tuple(each for each in found if each.running)
    return next(reversed(running or found), None)


def named(name: str, containers: Observed[Containers], *, offline: bool) -> Worker:
    """The worker that `--worker docker:NAME` means, or one of which nothing is known but why."""
    if offline:
        return _unseen(name, "--offline: no container engine is asked")
    if containers.value is None:
        reason = containers.error.reason if containers.error is not None else ""
        return _unseen(name, reason)
    container = containers.value.named(name)
    return (
        worker_of(Known.GIVEN, container) if container is not None else _unseen(name, _absent(name, containers.value))
    )


def _unseen(name: str, reason: str) -> Worker:
    return Worker(Known.GIVEN, Habitat.CONTAINER, name=name, unseen=reason)


def _absent(name: str, containers: Containers) -> str:
    there = [each.name for each in containers.found]
    if not there:
        return f"{containers.engine} has no container {name}, and none of this installation"
    more = f" and {len(there) - MOST_NAMES} more" if len(there) > MOST_NAMES else ""
    return f"{containers.engine} has no container {name}; there are {', '.join(there[:MOST_NAMES])}{more}"


def worker_of(known: Known, container: Container) -> Worker:
    """What the engine tells of a worker; it counts as running only while it gets on with its work."""
    from doctor.sources.worker import config_argument

    return Worker(
        known,
        Habitat.CONTAINER,
        name=container.name,
        pid=container.pid,
        uid=container.uid,
        groups=(container.gid,) if container.gid is not None else (),
        user_known=container.uid is not None,
        directory=container.directory or "/",
        config_argument=config_argument(list(words(container.command))),
        started_at=container.started_at if container.state is ContainerState.RUNNING else None,
        variables=dict(container.environment),
        container=container,
    )


def words(command: Sequence[str]) -> Iterator[str]:
    """A start command, with that of `sh -c '...'` taken apart."""
    for argument in command:
        if " " not in argument:
            yield argument
            continue
        try:
            yield from shlex.split(argument)
        except ValueError:  # an open quote
            yield argument


def living_in(pid: int, containers: Containers) -> Container | None:
    """The container in which a process of this host lives: as its first one, or by its control group."""
    first = next((each for each in containers.found if each.running and each.pid == pid), None)
    if first is not None:
        return first
    try:
        groups = Path(f"/proc/{pid}/cgroup").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return next((each for each in containers.found if len(each.id) >= 12 and each.id in groups), None)


def as_process(worker: Worker, seen: Worker) -> Worker:
    """The same worker with what its own process (`seen`) tells better than the engine."""
    return replace(
        worker,
        pid=seen.pid,
        config_argument=seen.config_argument or worker.config_argument,
        variables=seen.variables or worker.variables,
    )
