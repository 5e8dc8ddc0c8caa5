"""What is examined; nothing but the target decides where a source looks."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from doctor.values import value


@value
class Target:
    """
    One installation to examine.

    `directory` is absolute. `config_argument` is what the worker is given as `--config`, relative to `directory`;
    None means the program's own search. `shell` are this shell's variables (empty with `--clean-env`), over which
    `env_file`'s lines and then `given` are laid. `worker` is the `--worker` value as typed. `offline` forbids
    opening any socket. `logs` are the `--logs` values as typed.
    """

    directory: Path
    config_argument: str | None = None
    shell: Mapping[str, str] = field(default_factory=dict, repr=False)
    env_file: Path | None = None
    given: Mapping[str, str] = field(default_factory=dict, repr=False)
    clean: bool = False
    worker: str = "auto"
    offline: bool = False
    logs: tuple[str, ...] = ()

    def path(self, name: str | os.PathLike[str]) -> Path:
        """A path as the worker means it: relative ones start in the installation's directory."""
        return self.directory / name

    def display(self, path: str | os.PathLike[str]) -> str:
        """A path as reports show it: relative with forward slashes below the directory, absolute elsewhere."""
        absolute = straight(self.path(path))
        try:
            return absolute.relative_to(straight(self.directory)).as_posix()
        except ValueError:
            return str(absolute)


def straight(path: Path) -> Path:
    """The same path without `..`. A link before one leads elsewhere; only then links are followed."""
    if ".." not in path.parts:
        return path
    plain = os.path.normpath(path)
    try:
        real = os.path.realpath(path)
        return Path(plain if os.path.realpath(plain) == real else real)
    except ValueError:  # a NUL in the name
        return Path(plain)


@value
class Deadline:
    """When the whole run ends, in monotonic seconds; None: never, and the sources' own limits hold."""

    ends_at: float | None = None

    def within(self, seconds: float) -> float:
        """
        How long a source may wait that would wait this long.

        What it gives up by itself it can still report, so that it ends a moment before the run does.
        """
        if self.ends_at is None:
            return seconds
        return max(0.0, min(seconds, self.ends_at - MARGIN - time.monotonic()))

    def share(self, seconds: float) -> float:
        """The same for a source that others wait for: two thirds of the time that is left are theirs."""
        return min(seconds, self.within(math.inf) / 3)

    def ends_within(self, seconds: float) -> float:
        """The moment (monotonic) up to which such a source may wait."""
        return time.monotonic() + self.within(seconds)


# What is left to judge and report after the last source gave up, in seconds.
MARGIN = 0.25
