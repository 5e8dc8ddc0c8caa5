"""What is left over in the workspace: an empty directory is removed, anything else gets another name."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from doctor.fixing.paths import no_foreign_link
from doctor.fixing.steps import State
from doctor.fixing.system import SYSTEM, System, permissions, quietly, reason, status_of, sync_directory
from doctor.fixing.text import Refused
from doctor.fixing.writing import CARRIED
from doctor.values import value

MARK = ".codechunk-doctor-removed-"


@value
class Remove:
    """
    Something of this user's in the workspace, or the workspace itself, that stands in the way.

    Nothing that holds anything is deleted: it is renamed to `aside`, in one step that follows no link; None for an
    empty directory. `inode` recognises it; `mode` and `owner` are those of the directory when it has to be made again.
    """

    path: Path
    aside: Path | None
    inode: int
    mode: int
    owner: tuple[int, int]

    @classmethod
    def plan(cls, path: Path, workspace: Path, *, system: System = SYSTEM) -> Remove:
        """Look at what is there; refused outside the workspace and for what belongs to another user."""
        _inside(path, workspace, system)
        try:
            status = status_of(path, system)
            if status is None:
                raise Refused(f"{path} is not there.")
            empty = stat.S_ISDIR(status.st_mode) and not system.listdir(path)
        except OSError as error:
            raise Refused(f"{path} cannot be looked at: {reason(error)}.") from error
        aside = None if empty else path.with_name(f".{path.name[:CARRIED]}{MARK}{secrets.token_hex(4)}")
        step = cls(path, aside, status.st_ino, permissions(status), (status.st_uid, status.st_gid))
        step.check(system)
        return step

    def check(self, system: System = SYSTEM) -> None:
        """Refused when something else is there by now, and for what belongs to another user."""
        if self.state(system) is not State.BEFORE:
            raise Refused(f"{self.path} is not there any more.")
        if system.user() not in (None, 0, self.owner[0]):
            raise Refused(f"{self.path} belongs to uid {self.owner[0]}, who alone may remove it.")

    def apply(self, system: System = SYSTEM) -> None:
        """Remove it, or give it the other name."""
        self.check(system)
        try:
            if self.aside is None:
                system.rmdir(self.path)
            else:
                system.replace(self.path, self.aside)
            sync_directory(self.path.parent, system)
        except OSError as error:
            raise Refused(f"{self.path} cannot be removed: {reason(error)}.") from error

    def state(self, system: System = SYSTEM) -> State:
        """Made when it is not there any more, whatever is there now."""
        status = status_of(self.path, system)
        return State.BEFORE if status is not None and status.st_ino == self.inode else State.AFTER

    def revert(self, system: System = SYSTEM) -> str | None:
        """Put it back, unless there is a new one by now or it was deleted: that is said."""
        there = status_of(self.path, system) is not None
        if self.aside is None:
            return None if there else self._make(system)
        if status_of(self.aside, system) is None:
            return f"{self.path} cannot be put back: {self.aside} is gone."
        if there:
            return f"{self.path} is there anew; what was there before is {self.aside}."
        try:
            system.replace(self.aside, self.path)
            sync_directory(self.path.parent, system)
        except OSError as error:
            raise Refused(f"{self.aside} cannot be renamed to {self.path}: {reason(error)}.") from error
        return None

    def _make(self, system: System) -> str | None:
        try:
            system.mkdir(self.path, self.mode)
            if system.posix and system.user() == 0:
                system.chown(self.path, *self.owner, follow_symlinks=False)
            system.chmod(self.path, self.mode)
            quietly(sync_directory, self.path.parent, system)
        except OSError as error:
            raise Refused(f"{self.path} cannot be made again: {reason(error)}.") from error
        return None

    def record(self) -> dict[str, Any]:
        """Paths, mode and owner."""
        kept = {"path": str(self.path), "aside": None if self.aside is None else str(self.aside)}
        return {"kind": "removed", "inode": self.inode, "mode": self.mode, "owner": list(self.owner)} | kept

    @classmethod
    def restored(cls, record: Mapping[str, Any]) -> Remove:
        """The step of a record."""
        aside = None if record["aside"] is None else Path(record["aside"])
        uid, gid = record["owner"]
        return cls(Path(record["path"]), aside, int(record["inode"]), int(record["mode"]), (int(uid), int(gid)))


def _inside(path: Path, workspace: Path, system: System) -> None:
    """Raise `Refused` unless the path is the workspace or below it, also when every link is followed."""
    try:
        no_foreign_link(path, system)
        real = path.parent.resolve(strict=True) / path.name
        home = workspace.parent.resolve(strict=True) / workspace.name
    except (OSError, RuntimeError) as error:
        raise Refused(f"{path} cannot be reached: {reason(error) if isinstance(error, OSError) else error}.") from error
    if (real != home and home not in real.parents) or os.pardir in path.parts:
        raise Refused(f"{path} is not in {workspace}.")
