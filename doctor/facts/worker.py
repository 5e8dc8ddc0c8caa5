"""Where the worker runs, as whom, and which codechunking processes there are."""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum
from typing import TYPE_CHECKING

from doctor.values import value

if TYPE_CHECKING:
    from doctor.facts.containers import Container


class Known(StrEnum):
    """How the place where the worker runs is known."""

    OBSERVED = "observed"
    GIVEN = "given"
    ASSUMED = "assumed"


class Habitat(StrEnum):
    """What the worker runs in."""

    HOST = "host"
    PROCESS = "process"
    CONTAINER = "container"


@value
class Process:
    """
    One running codechunking process of this machine.

    `role` is its sub-command (`worker`, `api`, ...). `variables` is its environment, None when the doctor may not
    read it. `started_at` is seconds since the epoch. `uid` and `groups` are the effective ones, the primary group
    first (POSIX only).
    """

    role: str
    pid: int
    arguments: tuple[str, ...]
    directory: str | None
    started_at: float
    uid: int | None = None
    groups: tuple[int, ...] = ()
    variables: dict[str, str] | None = field(default=None, repr=False)
    config_argument: str | None = None


@value
class Processes:
    """The codechunking processes that were found, by start time."""

    found: tuple[Process, ...] = ()

    def role(self, role: str) -> tuple[Process, ...]:
        """Those of one role."""
        return tuple(process for process in self.found if process.role == role)


@value
class Worker:
    """
    The worker as the run sees it.

    `location` tells how sure that is: OBSERVED (found running), GIVEN (`--worker`), ASSUMED (this host).
    `uid` is the user it runs as, None when that cannot be known; `user_known` says whether `uid` is the worker's
    own or only this shell's. `groups` starts with the primary one. `directory` is its working directory.
    `started_at` (seconds since the epoch) is None unless it runs. `container` is the one it lives in, where an engine
    told of it; `pid` is then that on the engine's host, and all paths are those inside. `unseen` is why what `--worker`
    names could not be looked at, in words for people.
    """

    location: Known
    kind: Habitat
    name: str | None = None
    pid: int | None = None
    uid: int | None = None
    groups: tuple[int, ...] = ()
    user_known: bool = False
    directory: str | None = None
    config_argument: str | None = None
    started_at: float | None = None
    variables: dict[str, str] | None = field(default=None, repr=False)
    container: Container | None = None
    unseen: str | None = None

    @property
    def assumed(self) -> bool:
        """Nothing says where the worker runs: this host is taken, and verdicts about it are softer."""
        return self.location is Known.ASSUMED

    @property
    def running(self) -> bool:
        """Whether it was seen running."""
        return self.started_at is not None
