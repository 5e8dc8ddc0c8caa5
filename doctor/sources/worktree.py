"""The work tree of git around a directory; git itself is not asked."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


def root_of(directory: Path) -> Path | None:
    """The nearest directory above, or this one, that has `.git` (a file in linked work trees and submodules)."""
    return next((folder for folder in (directory, *directory.parents) if (folder / ".git").exists()), None)


def first_file(directory: Path, names: Iterable[str]) -> str | None:
    """The first of these names that is a file there."""
    return next((name for name in names if (directory / name).is_file()), None)
