"""
Edits of a path itself, as findings carry them, and the steps that they become.

In the report they look like any other edit: the key is "directory", "mode" or "owner", `from` and `to` are the octal
mode or `uid:gid`, and null stands for "not there".
"""

from __future__ import annotations

from pathlib import Path

from doctor.fixes import ON_PATHS, change_mode, change_owner, make_directory, remove
from doctor.fixing.owners import ChangeOwner
from doctor.fixing.paths import ChangeMode, MakeDirectory
from doctor.fixing.removing import Remove
from doctor.fixing.steps import Step
from doctor.fixing.system import SYSTEM, System
from doctor.fixing.text import Refused
from doctor.model import Action, Edit


def step(edit: Edit, root: Path, *, uid: int | None, workspace: Path, system: System = SYSTEM) -> Step:
    """
    What an edit of a path amounts to now. A relative path starts at `root`; `uid` is the worker's user, if known.

    Raises `Refused` when what is there is not what the edit was made for.
    """
    path = root / edit.path
    if edit.action is Action.MAKE_DIRECTORY:
        return MakeDirectory.plan(path, uid, int(edit.after or "0", 8), system=system)
    if edit.action is Action.MODE:
        return ChangeMode(path, int(edit.before or "0", 8), int(edit.after or "0", 8))
    if edit.action is Action.REMOVE:
        return Remove.plan(path, workspace, system=system)
    if edit.action is Action.OWNER:
        owner, group = (int(each) for each in (edit.after or "").split(":"))
        return ChangeOwner.plan(path, owner, group, system=system)
    raise Refused(f"{edit.path} is not changed as a path.")


__all__ = ["ON_PATHS", "change_mode", "change_owner", "make_directory", "remove", "step"]
