"""
Directories and modes as steps: each can be taken back.

A symbolic link is never changed nor followed at the end of a path; on the way there only where it belongs to this user
or to root, so that in a directory like /tmp nobody else can lead a change elsewhere.
"""

from __future__ import annotations

import errno
import os
import shlex
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from doctor.fixes import PROGRAM_MODE
from doctor.fixing.steps import State
from doctor.fixing.system import (
    NO_LINK,
    SYSTEM,
    System,
    opened,
    permissions,
    quietly,
    reason,
    status_of,
    sync_directory,
)
from doctor.fixing.text import Refused
from doctor.values import value

# What the program gives the directories that it makes.

# Answers that say that somebody uses a directory, or has put something else in its place.
IN_USE = (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR, errno.EBUSY)


def no_foreign_link(path: Path, system: System) -> None:
    """Raise `Refused` when a link on the way to the path is somebody else's."""
    user = system.user()
    for parent in path.parents:
        status = status_of(parent, system)
        if status is not None and stat.S_ISLNK(status.st_mode) and status.st_uid not in (0, user):
            raise Refused(f"{path} is reached by {parent}, a link that belongs to uid {status.st_uid}.")


def there(path: Path, system: System) -> os.stat_result:
    """What is at the path itself, which must not be a link."""
    try:
        no_foreign_link(path, system)
        status = status_of(path, system)
    except OSError as error:
        raise Refused(f"{path} cannot be reached: {reason(error)}.") from error
    if status is None:
        raise Refused(f"{path} is not there.")
    if stat.S_ISLNK(status.st_mode):
        raise Refused(f"{path} is a symbolic link.")
    return status


def _same_file(one: os.stat_result, other: os.stat_result) -> bool:
    return (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino)


# --- making a directory -------------------------------------------------------------------------------------------


@value
class MakeDirectory:
    """
    A directory and those above it that are missing, all with the mode that the program gives them.

    `missing` are the paths to be made, the outermost first. `uid` is the user that shall own them, which must be the
    user of this process; None where there are no such numbers.
    """

    path: Path
    missing: tuple[Path, ...]
    uid: int | None
    mode: int = PROGRAM_MODE

    @classmethod
    def plan(cls, path: Path, uid: int | None, mode: int = PROGRAM_MODE, *, system: System = SYSTEM) -> MakeDirectory:
        """What has to be made now for the directory to be there."""
        missing: list[Path] = []
        at = path
        while status_of(at, system) is None and at != at.parent:
            missing.insert(0, at)
            at = at.parent
        return cls(path, tuple(missing), uid, mode)

    def check(self, system: System = SYSTEM) -> None:
        """Refused for another user than this one, for something in the way, and for a directory that is not open."""
        user = system.user()
        if self.uid is not None and user is not None and self.uid != user:
            mode, path = f"{self.mode:03o}", shlex.quote(str(self.path))
            raise Refused(f"{self.path} must belong to uid {self.uid}: sudo install -d -o {self.uid} -m {mode} {path}")
        if not self.missing:
            raise Refused(f"{self.path} is there by now.")
        try:
            no_foreign_link(self.path, system)
            if status_of(self.path, system) is not None:
                raise Refused(f"{self.path} is there by now.")
            above = self._still_missing(system)[0].parent
            if not above.is_dir():
                raise Refused(f"{self.path} cannot be made: {above} is not a directory.")
            if not os.access(above, os.W_OK | os.X_OK):
                raise Refused(f"{self.path} cannot be made: permission denied in {above}.")
        except OSError as error:
            raise Refused(f"{self.path} cannot be made: {reason(error)}.") from error

    def apply(self, system: System = SYSTEM) -> None:
        """Make what is missing, or nothing."""
        self.check(system)
        try:
            for each in self._still_missing(system):
                self._make(each, system)
        except OSError as error:
            with suppress(Refused):
                self.revert(system)
            raise Refused(f"{self.path} cannot be made: {reason(error)}.") from error

    def _still_missing(self, system: System) -> list[Path]:
        """Another step may have made a parent that both need."""
        return [each for each in self.missing if status_of(each, system) is None]

    def _make(self, path: Path, system: System) -> None:
        system.mkdir(path, self.mode)
        if system.posix:
            with opened(path, os.O_RDONLY | NO_LINK, system) as descriptor:
                system.chmod(descriptor, self.mode)  # whatever the umask took away
                quietly(system.fsync, descriptor)
        sync_directory(path.parent, system)

    def state(self, system: System = SYSTEM) -> State:
        """Made as soon as one of them is there."""
        there = any(status_of(each, system) is not None for each in self.missing)
        return State.AFTER if there or not self.missing else State.BEFORE

    def revert(self, system: System = SYSTEM) -> str | None:
        """Remove those that are empty; the others stay, which is said of the directory itself."""
        for each in reversed(self.missing):
            if status_of(each, system) is None:
                continue
            try:
                system.rmdir(each)
                sync_directory(each.parent, system)
            except OSError as error:
                if error.errno not in IN_USE:
                    raise Refused(f"{each} cannot be removed: {reason(error)}.") from error
                # A parent that holds more is no news: it belongs to another step, or to who put something there.
                return f"{each} is left as it is: {_why_left(error)}." if each == self.path else None
        return None

    def record(self) -> dict[str, Any]:
        """Paths and mode."""
        missing = [str(each) for each in self.missing]
        return {"kind": "directory", "path": str(self.path), "made": missing, "uid": self.uid, "mode": self.mode}

    @classmethod
    def restored(cls, record: Mapping[str, Any]) -> MakeDirectory:
        """The step of a record."""
        missing = tuple(Path(each) for each in record["made"])
        return cls(Path(record["path"]), missing, record["uid"], int(record["mode"]))


def _why_left(error: OSError) -> str:
    return "it is a link or a file by now" if isinstance(error, NotADirectoryError) else reason(error)


# --- mode ---------------------------------------------------------------------------------------------------------


@value
class ChangeMode:
    """The mode of a file or directory, `before` and `after` as numbers."""

    path: Path
    before: int
    after: int

    @classmethod
    def plan(cls, path: Path, *, add: int, system: System = SYSTEM) -> ChangeMode:
        """Give these bits to what is there now: `add=0o100` is `chmod u+x`."""
        before = permissions(there(path, system))
        return cls(path, before, before | add)

    def check(self, system: System = SYSTEM) -> None:
        """Refused when the mode is another one by now, and for what belongs to another user."""
        status = there(self.path, system)
        if permissions(status) != self.before:
            raise Refused(f"{self.path} has mode {permissions(status):04o} by now, not {self.before:04o}.")
        if system.user() not in (None, 0, status.st_uid):
            raise Refused(f"{self.path} belongs to uid {status.st_uid}, who alone may change its mode.")

    def apply(self, system: System = SYSTEM) -> None:
        """Change it."""
        self.check(system)
        self._set(self.after, system)

    def _set(self, mode: int, system: System) -> None:
        status = there(self.path, system)
        try:
            if not system.posix or not status.st_mode & stat.S_IRUSR:
                system.chmod(self.path, mode)
                return
            with opened(self.path, os.O_RDONLY | NO_LINK, system) as descriptor:
                if not _same_file(system.fstat(descriptor), status):
                    raise Refused(f"{self.path} was changed in the meantime.")
                system.chmod(descriptor, mode)
                quietly(system.fsync, descriptor)
        except OSError as error:
            raise Refused(f"The mode of {self.path} cannot be changed: {reason(error)}.") from error

    def state(self, system: System = SYSTEM) -> State:
        """By the mode alone."""
        mode = permissions(there(self.path, system))
        if mode == self.before:
            return State.BEFORE
        return State.AFTER if mode == self.after else State.OTHER

    def revert(self, system: System = SYSTEM) -> str | None:
        """Put the old mode back."""
        self._set(self.before, system)
        return None

    def record(self) -> dict[str, Any]:
        """Path and modes."""
        return {"kind": "mode", "path": str(self.path), "before": self.before, "after": self.after}

    @classmethod
    def restored(cls, record: Mapping[str, Any]) -> ChangeMode:
        """The step of a record."""
        return cls(Path(record["path"]), int(record["before"]), int(record["after"]))
