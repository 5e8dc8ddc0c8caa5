"""The configuration: what the program makes of its file and environment, and where every value comes from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doctor.facts.configuration import Connector, Entry, Problem, Resolution, Setting
from doctor.golang import mapstructure
from doctor.model import Location
from doctor.sources.config import files, program

if TYPE_CHECKING:
    from doctor.sources.config.disk import Disk
    from doctor.sources.config.provenance import Details

__all__ = ["resolve"]


def resolve(
    directory: Path,
    config_arg: str | None,
    env: Mapping[str, str],
    *,
    places: Mapping[str, Location] | None = None,
    home: Path | None = None,
    disk: Disk | None = None,
) -> Resolution:
    """
    What the program, started in `directory` with `--config config_arg` and this environment, decodes.

    `places` says where variables come from (a line of the `--env-file`); others are just variables. Paths are shown
    relative to `home` (by default `directory`) where they lie below it, absolute elsewhere. `disk` is this machine's
    unless another one is given. Never raises for what a file or variable holds, and reads nothing but regular files
    of at most 1 MiB.
    """
    env = dict(env)  # what is worked out later must not meet another one
    loaded = files.load(directory, config_arg, env, home, disk)
    viper = program.viper(loaded.values, env)
    outcome, panic, values = "zero", None, None
    if viper.is_set("database.user"):
        outcome, panic, values = _start(viper.settings())
    resolution = _Resolved(
        config_file=loaded.config_file,
        read_error=loaded.read_error,
        outcome=outcome,
        panic=panic,
        values=values,
        file=loaded.file,
        environment=env,
    )
    resolution.explain = partial(_explain, loaded, viper, outcome, env, places or {})
    return resolution


def _start(settings: Mapping[str, Any]) -> tuple[str, str | None, dict[str, Any] | None]:
    """Decode and validate as the program does, up to the first thing it refuses."""
    decoded, refused = mapstructure.decode(settings, program.STRUCT)
    if refused:
        return "panic", f"unable to decode config: {mapstructure.message(refused)}", None
    values = program.flattened(decoded)
    program.complete(values)
    problem = next(program.refusals(values), None)
    if problem is not None:
        return "panic", f"invalid configuration: {problem.text}", None
    return "ok", None, values


def _explain(*known: Any) -> Details:
    # Most callers of `resolve` in a hurry want the values alone.
    from doctor.sources.config.provenance import details

    return details(*known)


class _Resolved(Resolution):
    """A resolution that works out where its values come from when it is first asked for."""

    explain: Callable[[], Details]

    def __init__(self, **fields: Any) -> None:
        vars(self).update(fields)

    def __setattr__(self, name: str, value: Any) -> None:
        if name != "explain":
            super().__setattr__(name, value)
        vars(self)[name] = value

    @cached_property
    def _details(self) -> Details:
        return self.explain()

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        return self._details.entries

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        return self._details.problems

    @cached_property
    def connectors(self) -> tuple[Connector, ...]:
        return self._details.connectors

    @cached_property
    def settings(self) -> Mapping[str, Setting]:
        return self._details.settings
