"""Fixes of whole fixtures: a copy of the installation, the settings and facts of its run, and what changed in it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from doctor import repair
from doctor.fixing.repaired import Repair
from doctor.settings import Settings
from doctor.testing import Installation, known_facts, prepare

Tree = dict[str, tuple[int, int, int, bytes | None]]


@dataclass(frozen=True)
class Bench:
    """A copy of a fixture that is no longer one: its files may be changed."""

    root: Path
    settings: Settings
    known: Mapping[type[Any], object]

    def fix(self, *, apply: bool = False, unsafe: Iterable[str] = ()) -> Repair:
        """One run of `fix` on it."""
        return repair.repair(self.settings, apply=apply, unsafe=unsafe, known=self.known)

    def tree(self) -> Tree:
        """Every path below the copy with its mode, owner and content."""
        return tree(self.root)


def bench(installation: Installation, workspace: Path) -> Bench:
    """The fixture's copy, examined as its `run.yaml` says and without a socket."""
    root = prepare(installation, workspace)
    return Bench(root, settings(installation, root), known_facts(installation, root))


def settings(installation: Installation, root: Path) -> Settings:
    """How the doctor is run on a fixture."""
    run = installation.run
    return Settings(
        directory=root,
        config=run.get("config"),
        env_file=root / run["env_file"] if run.get("env_file") else None,
        env={name: str(value) for name, value in (run.get("env") or {}).items()},
        clean_env=True,
        worker=run.get("worker", "auto"),
        offline=installation.offline,
        logs=tuple(str(root / each) for each in run.get("logs") or ()),
    )


def tree(root: Path) -> Tree:
    """Every path below a directory, git's own left out; links by what they point to."""
    found: Tree = {}
    for folder, folders, files in os.walk(root):
        folders[:] = [each for each in folders if each != ".git"]
        for name in (*folders, *files):
            path = Path(folder, name)
            status = path.lstat()
            found[str(path.relative_to(root))] = (status.st_mode, status.st_uid, status.st_gid, _content(path, status))
    return found


def _content(path: Path, status: os.stat_result) -> bytes | None:
    if stat.S_ISLNK(status.st_mode):
        return os.fsencode(path.readlink())
    return path.read_bytes() if stat.S_ISREG(status.st_mode) else None
