"""Every worker that runs on this machine, with the settings that it has."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from doctor.engine import source
from doctor.facts import (
    Container,
    Containers,
    Process,
    Processes,
    Resolution,
    RunningWorker,
    RunningWorkers,
)
from doctor.model import Location, Place
from doctor.needs import Observed
from doctor.sources.config import resolve
from doctor.sources.environment import OWN, place
from doctor.sources.worker import config_argument
from doctor.target import Target


@source("running workers", deadline=8)
def running_workers(target: Target, processes: Processes, containers: Observed[Containers]) -> RunningWorkers:
    """Processes of this machine and containers of this installation; what another installation runs is not asked."""
    inside = containers.value.role("worker") if containers.value is not None else ()
    found = [
        *(_process(target, each) for each in processes.role("worker")),
        *(_container(target, each) for each in inside if each.running),
    ]
    return RunningWorkers(tuple(sorted(found, key=lambda each: (each.started_at or 0.0, each.name))))


def _process(target: Target, process: Process) -> RunningWorker:
    at = Location(Place.PROCESS, name=f"pid:{process.pid}", detail=process.directory)
    config = None
    if process.variables is not None and process.directory is not None:
        whose = f"of the worker, process {process.pid}"
        config = _resolved(target, process.directory, process.config_argument, process.variables, whose)
    return RunningWorker(f"process {process.pid}", at, process.started_at, config)


def _container(target: Target, container: Container) -> RunningWorker:
    """Its image was made of this checkout, or of one that is like it: the files are taken to be the same."""
    whose = f"of the worker, container {container.name}"
    argument = config_argument(container.command)
    config = _resolved(target, str(target.directory), argument, container.environment, whose)
    at = Location(Place.CONTAINER, name=container.name)
    return RunningWorker(f"container {container.name}", at, container.started_at, config)


def _resolved(
    target: Target, directory: str, argument: str | None, variables: Mapping[str, str], whose: str
) -> Resolution:
    env = {name: text for name, text in variables.items() if not name.startswith(OWN)}
    places = {name: place(name, detail=whose) for name in env}
    return resolve(Path(directory), argument, env, places=places, home=target.directory)


SOURCES = (running_workers,)
