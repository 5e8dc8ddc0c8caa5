"""The owner of a directory and of all that is in it, as a step that can be taken back."""

# ruff: noqa: PTH118

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from doctor.fixing.paths import there
from doctor.fixing.steps import State
from doctor.fixing.system import SYSTEM, System, reason
from doctor.fixing.text import Refused
from doctor.values import value

# A tree whose owner is changed is written down file by file, so it has to end somewhere.
MOST = 20_000

Owner = tuple[int, int]
# A path below the directory ("" for itself), its name in an open directory, what it is, and that directory.
Visit = tuple[str, str, os.stat_result, int | None]


def _walk(top: Path) -> Iterator[Visit]:
    """Everything below, each in its open directory so that nobody can lead us elsewhere; the directory itself last."""
    for folder, folders, files, descriptor in os.fwalk(top, topdown=False, follow_symlinks=False, onerror=_fail):
        for name in (*files, *folders):
            status = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
            yield os.path.relpath(os.path.join(folder, name), top), name, status, descriptor
    yield "", str(top), top.lstat(), None


def _fail(error: OSError) -> None:
    # What is no directory has nothing in it.
    if not isinstance(error, NotADirectoryError):
        raise error


def _owner(status: os.stat_result) -> Owner:
    return status.st_uid, status.st_gid


def _command(path: Path, uid: int, gid: int) -> str:
    return f"sudo chown -R {uid}:{gid} {shlex.quote(str(path))}"


@value
class ChangeOwner:
    """
    Give a directory and all in it to a user and a group.

    `before` holds who each thing belonged to, by its path below the directory ("" for itself). What is made in it
    later is left alone. Takes the rights of root.
    """

    path: Path
    uid: int
    gid: int
    before: tuple[tuple[str, Owner], ...]

    @classmethod
    def plan(cls, path: Path, uid: int, gid: int, *, system: System = SYSTEM) -> ChangeOwner:
        """Look at who everything belongs to now."""
        device = there(path, system).st_dev
        if not system.posix:
            raise Refused(f"The owner of {path} cannot be changed on this system.")
        owners: list[tuple[str, Owner]] = []
        try:
            for below, _, status, _ in _walk(path):
                if len(owners) == MOST:
                    raise Refused(f"{path} holds more than {MOST} files: {_command(path, uid, gid)}")
                if status.st_dev != device:
                    raise Refused(f"{path / below} is another file system. Change its owner by hand.")
                if not stat.S_ISDIR(status.st_mode) and status.st_nlink > 1:
                    raise Refused(f"{path / below} has a second name (hard link) elsewhere. Change its owner by hand.")
                owners.append((below, _owner(status)))
        except OSError as error:
            raise Refused(f"{path} cannot be looked through: {reason(error)}.") from error
        return cls(path, uid, gid, tuple(owners))

    def check(self, system: System = SYSTEM) -> None:
        """Refused without the rights of root, and when something belongs to somebody else by now."""
        there(self.path, system)
        if system.user() != 0:
            raise Refused(f"Only root may change an owner: {_command(self.path, self.uid, self.gid)}")
        if self.state(system) is State.OTHER:
            raise Refused(f"{self.path} belongs to somebody else by now.")

    def apply(self, system: System = SYSTEM) -> None:
        """Change it, the directory itself last."""
        self.check(system)
        known = {below for below, _ in self.before}
        self._give(lambda below: (self.uid, self.gid) if below in known else None, system)

    def revert(self, system: System = SYSTEM) -> str | None:
        """Give everything back to whom it belonged to."""
        there(self.path, system)
        self._give(dict(self.before).get, system)
        return None

    def _give(self, wanted: Callable[[str], Owner | None], system: System) -> None:
        try:
            for below, name, status, descriptor in _walk(self.path):
                owner = wanted(below)
                if owner is not None and owner != _owner(status):
                    system.chown(name, *owner, dir_fd=descriptor, follow_symlinks=False)
        except OSError as error:
            raise Refused(f"The owner of {self.path} cannot be changed: {reason(error)}.") from error

    def state(self, system: System = SYSTEM) -> State:
        """Made as soon as one thing belongs to the new owner who did not have it before."""
        there(self.path, system)
        before, after = dict(self.before), (self.uid, self.gid)
        given = False
        try:
            for below, _, status, _ in _walk(self.path):
                if below not in before or _owner(status) == before[below]:
                    continue
                if _owner(status) != after:
                    return State.OTHER
                given = True
        except OSError as error:
            raise Refused(f"{self.path} cannot be looked through: {reason(error)}.") from error
        return State.AFTER if given else State.BEFORE

    def record(self) -> dict[str, Any]:
        """Paths and owners."""
        owners = {below: list(owner) for below, owner in self.before}
        return {"kind": "owner", "path": str(self.path), "uid": self.uid, "gid": self.gid, "before": owners}

    @classmethod
    def restored(cls, record: Mapping[str, Any]) -> ChangeOwner:
        """The step of a record."""
        before = tuple((below, (int(uid), int(gid))) for below, (uid, gid) in record["before"].items())
        return cls(Path(record["path"]), int(record["uid"]), int(record["gid"]), before)
