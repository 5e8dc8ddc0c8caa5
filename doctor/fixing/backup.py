"""
What a fix changes is kept first, so that it can be taken back.

A backup is a manifest and the old content of every file. It is complete and flushed before the first change. As files
may hold secrets, it is open to this user alone, and is removed when it was taken back or ten newer ones are there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from doctor.fixing import store
from doctor.fixing.changes import Change, Saved, digest
from doctor.fixing.owners import ChangeOwner
from doctor.fixing.paths import ChangeMode, MakeDirectory
from doctor.fixing.removing import Remove
from doctor.fixing.steps import HalfDone, State, Step, apply_all
from doctor.fixing.system import SYSTEM, System
from doctor.fixing.text import Refused
from doctor.fixing.writing import tidy
from doctor.values import value

SCHEMA = "codechunk-doctor/backup/1"
MANIFEST = "manifest.json"

_RESTORE: dict[str, Callable[[Mapping[str, Any]], Step]] = {
    "directory": MakeDirectory.restored,
    "mode": ChangeMode.restored,
    "owner": ChangeOwner.restored,
    "removed": Remove.restored,
}


@value
class Undone:
    """
    What taking a fix back came to.

    `restored` are the paths that are as they were before the fix, those that it had made being gone; `left` are
    sentences about what stays. Both are empty when nothing of the fix was there any more.
    """

    backup: Path
    restored: tuple[Path, ...] = ()
    left: tuple[str, ...] = ()


def perform(
    root: Path, steps: Sequence[Step], *, environment: Mapping[str, str] | None = None, system: System = SYSTEM
) -> Path | None:
    """
    Keep what is there, then make all the steps or none; the backup, None when there is nothing to do.

    Raises `Refused` when nothing was changed (no backup stays), `HalfDone` when something was and stays (the backup
    stays, too). Where backups are kept is decided by `environment`, default: that of this process.
    """
    if not steps:
        return None
    folder = store.folder_of(root, environment)
    for step in steps:
        step.check(system)
    store.prepare(folder, system)
    with store.held(folder, system):
        backup = store.keep(folder, _content(root, steps), system)
        try:
            apply_all(steps, system=system)
        except HalfDone:
            raise
        except BaseException:  # all is as it was before
            with suppress(Refused):
                store.drop(backup, system)
            raise
        store.prune(folder, system)
    return backup


def _content(root: Path, steps: Sequence[Step]) -> dict[str, bytes]:
    """The files of a backup: the old contents by number, and the manifest."""
    files: dict[str, bytes] = {}
    records = []
    for number, step in enumerate(steps):
        record = step.record()
        if isinstance(step, Change) and step.before is not None:
            record["copy"] = str(number)
            files[str(number)] = step.before
        records.append(record)
    manifest = {"schema": SCHEMA, "root": str(root), "steps": records}
    files[MANIFEST] = json.dumps(manifest, indent=1).encode()
    return files


def undo(root: Path, *, environment: Mapping[str, str] | None = None, system: System = SYSTEM) -> Undone:
    """
    Take the last fix of this installation back, and forget its backup: the next call takes the one before back.

    Nothing is done (`Refused`) when a file is neither what the fix wrote nor what it was before.
    """
    folder = store.folder_of(root, environment)
    _newest(folder, root)
    store.prepare(folder, system)
    with store.held(folder, system):
        backup = _newest(folder, root)
        undone = _take_back(backup, load(backup, system), system)
        store.drop(backup, system)
    return undone


def _newest(folder: Path, root: Path) -> Path:
    backups = store.kept(folder)
    if not backups:
        raise Refused(f"There is no fix of {root} to take back.")
    return backups[-1]


def _take_back(backup: Path, steps: Sequence[Step], system: System) -> Undone:
    made = []
    for step in steps:
        state = step.state(system)
        if state is State.OTHER:
            raise Refused(f"{step.path} was changed after the fix; nothing is taken back. What it was is in {backup}.")
        if state is State.AFTER:
            made.append(step)
    left, restored = [], []
    for step in reversed(made):
        note = step.revert(system)
        if note is None:
            restored.append(step.path)
        else:
            left.append(note)
    for step in steps:
        if isinstance(step, Saved):
            tidy(step.root / step.path, system)
    return Undone(backup, tuple(restored), tuple(left))


def take_back(backup: Path, *, system: System = SYSTEM) -> Undone:
    """Take a fix back that did not take, and forget its backup; as `undo` otherwise."""
    with store.held(backup.parent, system):
        undone = _take_back(backup, load(backup, system), system)
        store.drop(backup, system)
    return undone


def load(backup: Path, system: System = SYSTEM) -> tuple[Step, ...]:
    """The steps of a backup, able to be taken back; refused when it is not whole."""
    try:
        manifest = json.loads(store.read(backup, MANIFEST, system))
        if manifest["schema"] != SCHEMA:
            raise Refused(f"The backup {backup} was made by another version of codechunk-doctor.")
        return tuple(_restored(backup, record, system) for record in manifest["steps"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refused(f"The backup {backup} is damaged: {MANIFEST} cannot be read.") from error


def _restored(backup: Path, record: Mapping[str, Any], system: System) -> Step:
    if record["kind"] != "file":
        return _RESTORE[record["kind"]](record)
    before = None
    if record["before"] is not None:
        name = str(int(record["copy"]))
        before = store.read(backup, name, system)
        if digest(before) != record["before"]:
            raise Refused(f"The backup {backup} is damaged: {name} is not what was kept.")
    return Saved(Path(record["path"]), before, record["after"], Path(record["root"]))
