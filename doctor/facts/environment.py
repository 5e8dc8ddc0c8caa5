"""The environment that the program is taken to run with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from doctor.facts.configuration import Resolution
from doctor.model import Location
from doctor.values import value


@value
class Variable:
    """
    One variable and who supplies it.

    `layer` is `--env`, `--env-file`, `worker` (the observed process or container) or `shell`. The value may be a
    secret and is kept out of `repr`.
    """

    name: str
    value: str = field(repr=False)
    layer: str
    location: Location


@value
class Environment:
    """
    The variables the program sees.

    `base` tells whose they are below `--env-file` and `--env`: `worker`, `shell`, or `none` with `--clean-env`.
    The doctor's own CODECHUNK_DOCTOR_* are never among them.
    """

    variables: Mapping[str, Variable]
    base: str = "shell"

    def get(self, name: str) -> str | None:
        """A variable's value; an empty one counts as unset, as it does for the program."""
        variable = self.variables.get(name)
        return variable.value if variable is not None and variable.value else None

    def where(self, name: str) -> Location:
        """The place a variable comes from: itself, or the line of the `--env-file`."""
        variable = self.variables.get(name)
        return variable.location if variable is not None else Location.env(name)

    def mapping(self) -> dict[str, str]:
        """Plain names and values."""
        return {name: variable.value for name, variable in self.variables.items()}


@value
class Reading:
    """
    What the two database drivers make of the same settings and variables.

    `pgx` is what `doctor.sources.dsn.parse_pgx` gives (API and worker), `pq` what `parse_pq` gives (migrate). Both
    hold the password.
    """

    pgx: Mapping[str, Any] = field(repr=False)
    pq: Mapping[str, Any] = field(repr=False)


@value
class Drivers:
    """
    The database settings as the drivers read them: with none of the PG* variables (`bare`), with `all` of them, with
    each of them `alone`, and with all `without` one.

    Without any PG* variable there is nothing to compare, and neither `bare` nor `all`. `unseen` are variables left
    out because they name files where the doctor cannot look.
    """

    bare: Reading | None = None
    all: Reading | None = None
    alone: Mapping[str, Reading] = field(default_factory=dict)
    without: Mapping[str, Reading] = field(default_factory=dict)
    unseen: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The PG* variables in question."""
        return tuple(self.alone)


@value
class Peers:
    """
    The configurations of the API and the worker that run here, each as its own process got it.

    Either is None when no such process was seen, or its variables may not be read. `api_file` and `worker_file` are
    their files as reports show them, whatever directories the two were started in.
    """

    api: Resolution | None = None
    worker: Resolution | None = None
    api_file: str | None = None
    worker_file: str | None = None


@value
class StoredHosts:
    """Which of github.com and gitlab.com occur in the address of a living repository, as the database has it."""

    hosts: tuple[str, ...] = ()
