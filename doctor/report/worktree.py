"""Where findings are in a work tree: the formats that a forge reads name files from its root on."""

from __future__ import annotations

import os.path
from pathlib import PurePath

from doctor.model import Finding, Location, Place
from doctor.values import value

# Places at which a line of a file is meant, and not a file or directory as a thing.
_LINES = (Place.FILE, Place.ENV, Place.LOG)


@value
class Anchor:
    """A file of the work tree, from its root on and with forward slashes; `exact` is False for a stand-in."""

    path: str
    line: int | None = None
    column: int | None = None
    exact: bool = True


@value
class Worktree:
    """
    The work tree that an installation lies in.

    `root` and `directory`, that of the installation, are absolute. `stand_in` is the file that is named where a
    finding has none of its own, from the root on.
    """

    root: str
    directory: str
    stand_in: str

    @property
    def below(self) -> str:
        """The installation's directory from the root on, `.` for the root itself."""
        return PurePath(self.directory).relative_to(self.root).as_posix()

    def inside(self, path: str) -> str | None:
        """A path of a report from the root on, None when it lies elsewhere."""
        whole = PurePath(os.path.normpath(PurePath(self.directory, path)))
        if whole == PurePath(self.root) or not whole.is_relative_to(self.root):
            return None
        return whole.relative_to(self.root).as_posix()

    def at(self, location: Location) -> Anchor | None:
        """The line of the work tree that a location is, if it is one."""
        if location.path is None or location.kind not in _LINES:
            return None
        path = self.inside(location.path)
        return Anchor(path, location.line, location.column) if path is not None else None

    def anchor(self, finding: Finding) -> Anchor | None:
        """Where a finding is to be shown: its own place, else the nearest other one that it names."""
        return next((found for each in finding.locations if (found := self.at(each)) is not None), None)

    def somewhere(self, finding: Finding) -> Anchor:
        """The same for formats in which every finding must have a file."""
        return self.anchor(finding) or Anchor(self.stand_in, exact=False)
