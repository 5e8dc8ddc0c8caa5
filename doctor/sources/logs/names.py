"""What the arguments of a command name: files, globs that no shell expanded, directories with logs in them."""

from __future__ import annotations

import difflib
import glob
import os
import re
import stat
from collections.abc import Sequence
from pathlib import Path

from doctor.errors import UsageError
from doctor.logs.rotation import turn
from doctor.values import value

STANDARD_INPUT = frozenset(("-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"))
CONTAINER = "docker:"

_LOG = re.compile(r"\.log([._-]|$)|\.(gz|zst|zstd)$")
_MAYBE_LOG = re.compile(r"log(?!o|ue|ic|in)", re.IGNORECASE)
_NO_LOG = re.compile(r"^\.|~$|change-?log|\.(tar|tgz|sql|dump|sw[op]|pos|lock)(\.|$)", re.IGNORECASE)


@value
class Named:
    """Something to read: as it is shown, and where it is; without a path it is standard input or a container."""

    name: str
    path: Path | None = None


def read_once(argument: str) -> bool:
    """Whether a second look finds nothing of what was there: standard input, or a pipe."""
    return argument in STANDARD_INPUT or Path(argument).is_fifo()


def named(argument: str, directory: Path) -> Sequence[Named]:
    """What one argument stands for; relative paths are looked up in `directory`. Raises UsageError."""
    if argument in ("", CONTAINER):
        raise UsageError("docker: needs the name of a container: docker:NAME" if argument else "the path is empty")
    if argument in STANDARD_INPUT:
        return (Named("-"),)
    if argument.startswith(CONTAINER):
        return (Named(argument),)
    name = str(Path(argument).expanduser()) if argument.startswith("~") else argument
    return _on_disk(argument, Named(name, directory / name), directory)


def _on_disk(argument: str, of: Named, directory: Path) -> Sequence[Named]:
    path = of.path or directory
    try:
        mode = path.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return _matching(argument, of.name, directory)
    except OSError:
        return (of,)  # an input with a problem
    if path.is_dir():
        return _filled(argument, _logs_in(of.name, path))
    if stat.S_ISCHR(mode) or stat.S_ISBLK(mode) or stat.S_ISSOCK(mode):
        raise UsageError(f"{argument} is a device or socket, not a log")
    return (of,)


def _filled(argument: str, found: list[Named]) -> list[Named]:
    if not found:
        raise UsageError(f"no logs in the directory {argument}: name the files to read")
    return found


def _matching(argument: str, name: str, directory: Path) -> list[Named]:
    """The files that a pattern matches, and the logs in the directories that it matches."""
    if not glob.has_magic(name):
        raise UsageError(f"no such file: {argument}{_advice(name, directory)}")
    found: list[Named] = []
    for each in sorted(glob.iglob(name, root_dir=directory, recursive=True)):  # noqa: PTH207 - it may be absolute
        path = directory / each
        found += _logs_in(each, path) if path.is_dir() else [Named(each, path)]
    if not found:
        raise UsageError(f"no file matches {argument}")
    return found


def _advice(name: str, directory: Path) -> str:
    """The nearest name that is there."""
    path = Path(name)
    try:
        there = [each.name for each in (directory / path.parent).iterdir()]
    except (OSError, ValueError):
        return ""
    near = difflib.get_close_matches(path.name, there, n=1, cutoff=0.6)
    return f"; did you mean {path.parent / near[0]}?" if near else ""


def _logs_in(name: str, path: Path, deeper: bool = True) -> list[Named]:
    """What looks like a log in a directory and in those in it. One that cannot be read stands for itself."""
    found: list[Named] = []
    try:
        with os.scandir(path) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                of = Named(str(Path(name) / entry.name), path / entry.name)
                if deeper and entry.is_dir() and not entry.name.startswith("."):
                    found += _logs_in(of.name, path / entry.name, deeper=False)
                elif entry.is_file() and _looks_like_log(path / entry.name):
                    found.append(of)
    except OSError:
        return [Named(name, path)]
    return found


def _looks_like_log(path: Path) -> bool:
    if _NO_LOG.search(path.name):
        return False
    base = Path(turn(path.name).base).name
    if base.endswith(".json"):
        return _is_docker_json(path)
    return bool(_LOG.search(path.name) or _LOG.search(base) or ("." not in base and _MAYBE_LOG.search(base)))


def _is_docker_json(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(8).startswith(b'{"log":')
    except OSError:
        return False
