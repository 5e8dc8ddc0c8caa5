"""The directories the worker writes to, as it would find them."""

from __future__ import annotations

from enum import StrEnum

from doctor.model import Location
from doctor.values import value


class Access(StrEnum):
    """What became of trying to use a directory."""

    USABLE = "usable"
    CREATABLE = "creatable"
    NOT_WRITABLE = "not writable"
    NOT_CREATABLE = "not creatable"
    UNKNOWN = "unknown"


class Method(StrEnum):
    """How that is known: really tried as the worker's user, judged from mode and owner, or only looked at."""

    TRIED = "tried"
    JUDGED = "judged"
    READ = "read"


@value
class DirectoryTrial:
    """
    One directory, tried as the worker would use it.

    `purpose` is `batch input`, `batch output`, `workspace`, `index` or `temp`; `key` the configuration key that
    names it, None where it is fixed. `path` is absolute, `given` as written in the configuration (empty: default),
    `shown` the path as reports show it, `obstacle_shown` likewise.
    `obstacle` is the path that refuses (an ancestor, or a file where a directory should be), `reason` the
    system's word for it (`Permission denied`, `Read-only file system`, `Not a directory`, ...). `passable` is
    false when the obstacle is a directory that the worker cannot pass through, so that it cannot even see what
    lies below; then `exists` says what the doctor sees there.
    `mode`, `owner`, `group` describe the directory, or its nearest existing ancestor. `as_uid` is the user it was
    tried or judged as. `listing` is what `ls -ld` would say of the directory, without size and time. `container` names
    the one that all of this is inside of.
    """

    purpose: str
    path: str
    access: Access
    method: Method
    key: str | None = None
    given: str = ""
    exists: bool = False
    obstacle: str | None = None
    reason: str | None = None
    mode: int | None = None
    owner: int | None = None
    group: int | None = None
    as_uid: int | None = None
    listing: str | None = None
    passable: bool = True
    shown: str = ""
    obstacle_shown: str = ""
    container: str | None = None

    @property
    def location(self) -> Location:
        """The directory as a place to point at."""
        return Location.directory(self.shown or self.path, key=self.key, detail=self._inside)

    @property
    def obstacle_location(self) -> Location:
        """What refuses, as a place to point at."""
        return Location.directory(self.obstacle_shown or self.obstacle or self.path, detail=self._inside)

    @property
    def _inside(self) -> str | None:
        return f"in container {self.container}" if self.container is not None else None


@value
class FileSystem:
    """One file system that the worker writes to; free figures are those of an unprivileged user, None if unknown."""

    mount: str
    paths: tuple[str, ...]
    free_bytes: int | None
    free_inodes: int | None
    total_bytes: int | None = None


@value
class OldFiles:
    """Batch files of more than a week that nothing deletes, in one directory."""

    path: str
    count: int
    bytes: int


@value
class Leftover:
    """
    A directory in the clone workspace that is not empty: named after a message, with its owner.

    `modified_at` is when something was last made directly in it, in seconds since the epoch.
    """

    name: str
    path: str
    owner: int | None
    modified_at: float


@value
class Directories:
    """All of it; `uid` is the user the doctor itself runs as (None where there are no such numbers)."""

    trials: tuple[DirectoryTrial, ...] = ()
    file_systems: tuple[FileSystem, ...] = ()
    old_files: tuple[OldFiles, ...] = ()
    leftovers: tuple[Leftover, ...] = ()
    uid: int | None = None

    def purpose(self, *purposes: str) -> tuple[DirectoryTrial, ...]:
        """The trials for these purposes."""
        return tuple(trial for trial in self.trials if trial.purpose in purposes)


@value
class OpenBatches:
    """How many batches in the database still need their directories."""

    count: int = 0
