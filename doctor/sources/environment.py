"""The variables the program runs with, and what depends on nothing but them and the settings."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doctor import dotenv
from doctor.engine import Touches, source
from doctor.errors import SourceError
from doctor.facts import (
    Drivers,
    Environment,
    Habitat,
    Reading,
    Resolution,
    Variable,
    Worker,
)
from doctor.model import Location
from doctor.schema import key_of_variable
from doctor.sources.configuration import working_directory
from doctor.sources.envfile import text_of
from doctor.target import Target

if TYPE_CHECKING:
    from doctor.golang.pgx import ReadFile

# The doctor's own options, as variables.
OWN = "CODECHUNK_DOCTOR_"

# Variables that name a file which only pgx reads.
FILES = ("PGSSLROOTCERT", "PGSSLCERT", "PGSSLKEY", "PGPASSFILE")


def touches_environment(target: Target) -> Touches:
    """The `--env-file`."""
    return Touches(files=(target.display(target.env_file),)) if target.env_file is not None else Touches()


@source("environment", deadline=5, touches=touches_environment, lasting=True)
def environment(target: Target, worker: Worker) -> Environment:
    """The worker's variables where they can be read, else this shell's; `--env-file`, then `--env`, over them."""
    base, variables = _base(target, worker)
    for name, value, line in _env_file(target, variables):
        assert target.env_file is not None
        at = place(name, path=target.display(target.env_file), line=line)
        variables[name] = Variable(name, value, "--env-file", at)
    variables |= _layer("--env", target.given, "--env")
    return Environment({name: each for name, each in variables.items() if not name.startswith(OWN)}, base)


def place(name: str, *, path: str | None = None, line: int | None = None, detail: str | None = None) -> Location:
    """A variable as a place to point at, with the key that it is for, if there is one."""
    return Location.env(name, key=key_of_variable(name), path=path, line=line, detail=detail)


def _base(target: Target, worker: Worker) -> tuple[str, dict[str, Variable]]:
    if worker.variables is not None:
        return "worker", _layer("worker", worker.variables, f"of the worker, {_described(worker)}")
    if target.clean:
        return "none", {}
    return "shell", _layer("shell", target.shell)


def _layer(layer: str, variables: Mapping[str, str], detail: str | None = None) -> dict[str, Variable]:
    return {name: Variable(name, value, layer, place(name, detail=detail)) for name, value in variables.items()}


def _described(worker: Worker) -> str:
    if worker.kind is Habitat.CONTAINER:
        return f"container {worker.name}"
    return f"process {worker.pid}"


def _env_file(target: Target, below: Mapping[str, Variable]) -> Iterator[tuple[str, str, int]]:
    if target.env_file is None:
        return
    try:
        text = text_of(target.env_file)
    except OSError as error:
        raise SourceError(f"--env-file {target.display(target.env_file)}: {error.strerror or error}") from error
    for each in dotenv.parse(text, {name: variable.value for name, variable in below.items()}):
        yield each.name, each.value, each.line


# --- the database drivers --------------------------------------------------------------------------------------


def touches_drivers(target: Target, environment: Environment) -> Touches:
    """The files that PG* variables name."""
    named = (environment.get(name) for name in (*FILES, "PGSERVICEFILE"))
    return Touches(files=tuple(path for path in named if path and path != "system"))


@source("drivers", deadline=5, touches=touches_drivers, lasting=True)
def drivers(target: Target, worker: Worker, environment: Environment, resolution: Resolution) -> Drivers:
    """What pgx and lib/pq make of the database settings, with and without the PG* variables."""
    if not any(name.startswith("PG") for name in environment.variables):
        return Drivers()
    from doctor.sources.dsn import parse_pgx, parse_pq

    database = database_settings(resolution)
    # The API and the worker put `disable` in the place of an empty one, migrate does not.
    sslmode = database["sslmode"]
    postgres, unseen = database_variables(environment, worker)
    read_file = database_reader(target, worker)
    home = environment.get("HOME") or "/root"

    def reading(env: Mapping[str, str]) -> Reading:
        own = {**database, "sslmode": sslmode or "disable"}
        return Reading(
            parse_pgx(own, env, home=home, read_file=read_file),
            parse_pq(database, env, home=home),
        )

    return Drivers(
        bare=reading({}),
        all=reading(postgres),
        alone={name: reading({name: value}) for name, value in postgres.items()},
        without={name: reading({other: postgres[other] for other in postgres if other != name}) for name in postgres},
        unseen=unseen,
    )


def database_settings(resolution: Resolution) -> dict[str, Any]:
    """The decoded settings of which the connection string is made, by the names that the drivers' readers want."""
    names = ("host", "port", "user", "password", "name", "sslmode")
    settings = {name: resolution.value(f"database.{name}") for name in names}
    return {**settings, "sslmode": str(settings["sslmode"])}


def database_variables(environment: Environment, worker: Worker) -> tuple[dict[str, str], tuple[str, ...]]:
    """The PG* variables, without those that name files in a container; those are the second value."""
    variables = environment.mapping()
    unseen = tuple(name for name in FILES if name in variables and worker.kind is Habitat.CONTAINER)
    return {name: text for name, text in variables.items() if name.startswith("PG") and name not in unseen}, unseen


def database_reader(target: Target, worker: Worker) -> ReadFile:
    """Reads the files that a driver's settings name, as the worker would find them."""
    return partial(_read_from, working_directory(target, worker), worker.kind)


def _read_from(directory: Path, kind: Habitat, path: str) -> bytes:
    """A file as the worker would find it; those in a container count as absent."""
    if kind is Habitat.CONTAINER:
        raise FileNotFoundError(2, os.strerror(2), path)
    from doctor.sources.dsn import read_local

    return read_local(os.path.join(directory, path))  # noqa: PTH118 - a path as written, not a tidy one


SOURCES = (environment, drivers)
