"""The environment that the program is taken to run with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from doctor.model import Location


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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
