"""The content of a file as a step: written, and put back."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import Any

from doctor.fixing.steps import State
from doctor.fixing.system import (
    NO_LINK,
    SYSTEM,
    System,
    opened,
    permissions,
    read_all,
    reason,
    status_of,
    sync_directory,
)
from doctor.fixing.text import Refused
from doctor.fixing.writing import check_room, examine, locate, tidy, write
from doctor.values import value


def content_of(target: Path, system: System) -> bytes | None:
    """What a regular file holds, None when there is none."""
    try:
        status = status_of(target, system)
        if status is None:
            return None
        if not stat.S_ISREG(status.st_mode):
            raise Refused(f"{target} is not a regular file.")
        with opened(target, os.O_RDONLY | NO_LINK, system) as descriptor:
            return read_all(descriptor, system)
    except OSError as error:
        raise Refused(f"{target} cannot be read: {reason(error)}.") from error


def digest(content: bytes) -> str:
    """What a content is recognised by."""
    return hashlib.sha256(content).hexdigest()


@value
class Saved:
    """A file that a fix wrote, known by the digest of what was written: it can only be put back as it was."""

    path: Path
    before: bytes | None
    written: str
    root: Path

    def check(self, system: System = SYSTEM) -> None:
        """Always refused: what was written is not known any more."""
        raise Refused(f"{self.path} can only be put back.")

    apply = check

    def state(self, system: System = SYSTEM) -> State:
        """By content alone."""
        now = content_of(locate(self.path, self.root), system)
        if now is not None and digest(now) == self.written:
            return State.AFTER
        return State.BEFORE if now == self.before else State.OTHER

    def revert(self, system: System = SYSTEM) -> str | None:
        """Write the old content, or remove a file that there was not."""
        target = locate(self.path, self.root)
        tidy(target, system)
        now = content_of(target, system)
        if now is None or digest(now) != self.written:
            raise Refused(f"{self.path} was changed since the fix wrote it.")
        if self.before is not None:
            write(self.path, now, self.before, self.root, system=system)
            return None
        try:
            system.unlink(target)
            sync_directory(target.parent, system)
        except OSError as error:
            raise Refused(f"{self.path} cannot be removed: {reason(error)}.") from error
        return None

    def record(self) -> dict[str, Any]:
        """Places, digests, mode and owner; the content is kept beside it."""
        before = None if self.before is None else digest(self.before)
        kept: dict[str, Any] = {"kind": "file", "path": str(self.path), "root": str(self.root), "before": before}
        return kept | {"after": self.written} | _ownership(self.path)


@value
class Change:
    """A file's content before and after; `before` is None for a file that is made. `path` is absolute."""

    path: Path
    before: bytes | None
    after: bytes
    root: Path

    def check(self, system: System = SYSTEM) -> None:
        """Refused for all that `write` would refuse it for and that can be seen without writing."""
        target = locate(self.path, self.root)
        examine(target, self.before, system)
        check_room(target)

    def apply(self, system: System = SYSTEM) -> None:
        """Write it."""
        write(self.path, self.before, self.after, self.root, system=system)

    @property
    def saved(self) -> Saved:
        """The same, as a backup knows it."""
        return Saved(self.path, self.before, digest(self.after), self.root)

    def state(self, system: System = SYSTEM) -> State:
        """By content alone."""
        return self.saved.state(system)

    def revert(self, system: System = SYSTEM) -> str | None:
        """Write the old content, or remove a file that there was not."""
        return self.saved.revert(system)

    def record(self) -> dict[str, Any]:
        """Digests and places; the content is kept beside it."""
        return self.saved.record()


def _ownership(path: Path) -> dict[str, Any]:
    """Mode and owner as they were, for whoever has to put a file back by hand."""
    try:
        status = path.stat()
    except OSError:
        return {"mode": None, "owner": None}
    return {"mode": f"{permissions(status):04o}", "owner": f"{status.st_uid}:{status.st_gid}"}
