"""The source of the configuration: which file and variables the worker is given, resolved by the program's rules."""

from __future__ import annotations

from pathlib import Path

from doctor.engine import Touches, source
from doctor.facts import Environment, Habitat, Resolution, Worker
from doctor.sources.config import resolve
from doctor.target import Target


def touches(target: Target, resolution: Resolution) -> Touches:
    """The files of the search, or the one that is named."""
    chosen = resolution.file.path or resolution.file.argument
    return Touches(files=(chosen, *resolution.file.searched) if chosen else ("configs/config.*", "config.*"))


@source("configuration", deadline=10, touches=touches)
def configuration(target: Target, worker: Worker, environment: Environment) -> Resolution:
    """Resolve what the worker is given; without `--config` of our own, an observed worker's own argument counts."""
    argument = target.config_argument if target.config_argument is not None else worker.config_argument
    places = {name: variable.location for name, variable in environment.variables.items()}
    directory = working_directory(target, worker)
    return resolve(directory, argument, environment.mapping(), places=places, home=target.directory)


def working_directory(target: Target, worker: Worker) -> Path:
    """Where the worker's relative paths start: its own directory where that is known, else the one examined."""
    if worker.kind is not Habitat.PROCESS or worker.directory is None:
        return target.directory
    directory = Path(worker.directory)
    try:
        # The system gives it without symbolic links; reports keep to the path that the user typed.
        return target.directory if directory.samefile(target.directory) else directory
    except OSError:
        return directory


SOURCES = (configuration,)
