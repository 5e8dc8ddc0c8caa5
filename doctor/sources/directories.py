"""Tries the directories the worker writes to, as its user, and looks at the room there is on them."""

# Paths stay as they are written, as the program takes them; pathlib would tidy them up.
# ruff: noqa: PTH116, PTH118, PTH120

from __future__ import annotations

import contextlib
import os
import re
import stat
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING

from doctor import probe
from doctor.engine import Touches, source
from doctor.errors import SourceError
from doctor.facts import (
    Access,
    Directories,
    DirectoryTrial,
    Environment,
    FileSystem,
    Habitat,
    Leftover,
    Method,
    OldFiles,
    Resolution,
    Worker,
)
from doctor.sources.configuration import working_directory
from doctor.sources.worker import user_groups
from doctor.target import Deadline, Target

if TYPE_CHECKING:
    from doctor.facts.containers import Container

# Fixed in the program, whatever TMPDIR says.
WORKSPACE = "/tmp/codechunking-workspace"  # noqa: S108
TEMPORARY = "/tmp"  # noqa: S108 - Go's own default

_HERE = re.compile(r"/(?:\./)+")

# Together below the source's deadline, so that one dead mount costs its own answer and not all of them.
LOOKING_SECONDS = 1.5
TRYING_SECONDS = 2.0
COUNTING_SECONDS = 1.0
ASKING_SECONDS = 5.0

MOST_ENTRIES = 10_000
# `find -mtime +7` means more than seven whole days, and the figure is shown beside that command.
OLD_SECONDS = 8 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Wanted:
    """A directory the worker will use: what for, which key names it, what is written there, which path it means."""

    purpose: str
    path: str
    key: str | None = None
    given: str = ""


def wanted(target: Target, worker: Worker, environment: Environment, resolution: Resolution) -> Iterator[Wanted]:
    """The directories that the worker uses with this configuration, none when those of this host are not its own."""
    if worker.kind is Habitat.CONTAINER and worker.container is None:
        return
    base = str((worker.directory or "/") if worker.container is not None else working_directory(target, worker))
    temporary = _below(base, _temporary(environment))
    if resolution.batch_client:
        for end in ("input", "output"):
            key = f"gemini.batch.{end}_dir"
            given = str(resolution.value(key) or "")
            path = batch_directory(end, environment, resolution)
            yield Wanted(f"batch {end}", _below(base, path), key, given)
    yield Wanted("workspace", WORKSPACE)
    index = str(resolution.value("zoekt.indexing.index_dir") or "")
    if index and resolution.value("zoekt.concurrent_indexing.enabled"):
        yield Wanted("index", _below(base, index), "zoekt.indexing.index_dir", index)
    yield Wanted("temp", temporary)


def _below(base: str, path: str) -> str:
    """A path of the program as an absolute one; what `./` stands for is not written."""
    return _HERE.sub("/", os.path.join(base, path))


def batch_directory(end: str, environment: Environment, resolution: Resolution) -> str:
    """The `input` or `output` directory of batches, as given or as the program makes it up."""
    given = str(resolution.value(f"gemini.batch.{end}_dir") or "")
    return given or os.path.join(_temporary(environment), "batch_embeddings", end)


def _temporary(environment: Environment) -> str:
    """What Go takes for the directory of temporary files."""
    names = ("TMP", "TEMP", "USERPROFILE") if os.name == "nt" else ("TMPDIR",)
    return next((value for name in names if (value := environment.get(name))), TEMPORARY)


def touches(target: Target, worker: Worker, environment: Environment, resolution: Resolution) -> Touches:
    """The directories that would be tried."""
    if worker.kind is Habitat.CONTAINER:
        return Touches()
    return Touches(tuple(target.display(each.path) for each in wanted(target, worker, environment, resolution)))


@source("directories", deadline=8, touches=touches)
def directories(
    target: Target, worker: Worker, environment: Environment, resolution: Resolution, deadline: Deadline
) -> Directories:
    """
    Try every directory the worker uses; nothing is made but a probe file, which is gone again afterwards.

    Those inside a container are judged by what the engine tells, and nothing is made there.
    """
    uid = os.geteuid() if hasattr(os, "geteuid") else None
    uses = tuple(wanted(target, worker, environment, resolution))
    if worker.container is not None:
        return Directories(_inside(target, uses, worker.container, deadline), uid=uid)
    paths = tuple(dict.fromkeys(each.path for each in uses))
    views = probe.concurrently({path: partial(look, path) for path in paths}, LOOKING_SECONDS)
    attempts = _attempts(tuple(views), worker, uid)
    there = [each for each in uses if each.path in views and views[each.path].exists]
    batch = {each.path: partial(old_files, each.path) for each in there if each.purpose.startswith("batch ")}
    old = probe.concurrently(batch, COUNTING_SECONDS)
    clones = {each.path: partial(leftovers, each.path) for each in there if each.purpose == "workspace"}
    left = probe.concurrently(clones, COUNTING_SECONDS)
    return Directories(
        tuple(_trial(each, attempts.get(each.path), views.get(each.path), worker, target) for each in uses),
        tuple(_file_systems(uses, views, target)),
        tuple(OldFiles(target.display(path), *old[path]) for path in sorted(old) if old[path][0]),
        left.get(WORKSPACE, ()),
        uid,
    )


def _inside(
    target: Target, uses: Sequence[Wanted], container: Container, deadline: Deadline
) -> tuple[DirectoryTrial, ...]:
    from doctor.sources import contained_directories
    from doctor.sources.docker.inventory import engine_of

    try:
        engine = engine_of(target, deadline.within(ASKING_SECONDS))
    except SourceError as error:
        return contained_directories.untold(uses, error.reason)
    return contained_directories.trials(uses, container, engine)


def _attempts(paths: Sequence[str], worker: Worker, uid: int | None) -> dict[str, probe.Attempt]:
    """Try the paths as the worker's user; where that is impossible, judge by mode and owner."""
    if os.name == "nt":
        unknown = probe.Attempt("unknown", "read", reason="directories are not tried on Windows")
        return dict.fromkeys(paths, unknown)
    if worker.uid is None or worker.uid == uid:
        return probe.survey(paths, TRYING_SECONDS)
    groups = worker.groups or tuple(user_groups(worker.uid))
    if uid == 0:
        tried = probe.survey_as(paths, worker.uid, groups or (worker.uid,), TRYING_SECONDS)
        if tried is not None:
            return tried
    return probe.survey_by_mode(paths, worker.uid, groups or None, TRYING_SECONDS)


# --- looking, as the doctor's own user ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class View:
    """A path or its nearest existing ancestor, as the doctor sees it, and the file system there."""

    nearest: str
    status: os.stat_result
    exists: bool
    mount: str
    room: FileSystem | None


def look(path: str) -> View:
    """What there is at a path. Raises OSError when nothing on the way may be looked at."""
    nearest = path
    while True:
        try:
            status = os.stat(nearest)
            break
        except (OSError, ValueError):
            if (parent := os.path.dirname(nearest)) == nearest:
                raise
            nearest = parent
    mount = _mount(nearest, status.st_dev)
    return View(nearest, status, nearest == path, mount, _room(nearest, mount))


def _mount(path: str, device: int) -> str:
    """The highest directory above a path that lies on the same file system."""
    mount = os.path.realpath(path)
    while (parent := os.path.dirname(mount)) != mount and os.stat(parent).st_dev == device:
        mount = parent
    return mount


def _room(path: str, mount: str) -> FileSystem | None:
    """What is free; None for a file system that takes no files anyway (read-only, or not on a disk)."""
    if not hasattr(os, "statvfs"):
        import shutil

        usage = shutil.disk_usage(path)
        return FileSystem(mount, (), usage.free, None, usage.total)
    figures = os.statvfs(path)
    if figures.f_flag & os.ST_RDONLY or not figures.f_blocks:
        return None
    inodes = figures.f_favail if figures.f_files else None
    return FileSystem(mount, (), figures.f_bavail * figures.f_frsize, inodes, figures.f_blocks * figures.f_frsize)


def _file_systems(uses: Sequence[Wanted], views: dict[str, View], target: Target) -> Iterator[FileSystem]:
    """Every file system once, with the directories on it."""
    seen: dict[int, tuple[FileSystem, list[str]]] = {}
    for each in uses:
        view = views.get(each.path)
        if view is not None and view.room is not None:
            _, paths = seen.setdefault(view.status.st_dev, (view.room, []))
            paths.append(target.display(each.path))
    for room, paths in seen.values():
        shown = target.display(room.mount)
        mount = room.mount if shown == "." else shown
        yield FileSystem(mount, tuple(dict.fromkeys(paths)), room.free_bytes, room.free_inodes, room.total_bytes)


def _trial(
    use: Wanted, attempt: probe.Attempt | None, view: View | None, worker: Worker, target: Target
) -> DirectoryTrial:
    attempt = attempt or probe.Attempt("unknown", "read", reason="no answer in time")
    status = view.status if view is not None else None
    return DirectoryTrial(
        use.purpose,
        use.path,
        Access(attempt.access),
        Method(attempt.method),
        use.key,
        use.given,
        view is not None and view.exists,
        attempt.obstacle,
        attempt.reason,
        stat.S_IMODE(status.st_mode) if status is not None else None,
        status.st_uid if status is not None else None,
        status.st_gid if status is not None else None,
        worker.uid,
        _listing(view) if view is not None else None,
        attempt.passable,
        target.display(use.path),
        target.display(attempt.obstacle) if attempt.obstacle else "",
    )


def _listing(view: View) -> str:
    """The line that `ls -ld` prints, without size and time."""
    status = view.status
    return f"{stat.filemode(status.st_mode)} {_user(status.st_uid)} {_group(status.st_gid)} {view.nearest}"


def _user(uid: int) -> str:
    with contextlib.suppress(ImportError, KeyError):
        import pwd

        return pwd.getpwuid(uid).pw_name
    return str(uid)


def _group(gid: int) -> str:
    with contextlib.suppress(ImportError, KeyError):
        import grp

        return grp.getgrgid(gid).gr_name
    return str(gid)


# --- what lies in them -------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _entries(directory: str) -> Iterator[Iterator[os.DirEntry[str]]]:
    """A bounded number of a directory's entries; reading them leaves its access time alone where that is allowed."""
    ends_at = time.monotonic() + COUNTING_SECONDS * 0.9

    def bounded(entries: Iterator[os.DirEntry[str]]) -> Iterator[os.DirEntry[str]]:
        for number, entry in enumerate(entries):
            if number >= MOST_ENTRIES or time.monotonic() > ends_at:
                return
            yield entry

    unseen = getattr(os, "O_NOATIME", 0)
    if not unseen:
        with os.scandir(directory) as entries:
            yield bounded(entries)
        return
    try:
        handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | unseen)
    except PermissionError:
        handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with os.scandir(handle) as entries:
            yield bounded(entries)
    finally:
        os.close(handle)


def old_files(directory: str) -> tuple[int, int]:
    """How many batch files of more than a week lie in a directory, and their bytes."""
    before = time.time() - OLD_SECONDS
    count = size = 0
    with _entries(directory) as entries:
        for entry in entries:
            if not entry.name.endswith(".jsonl") or not entry.is_file(follow_symlinks=False):
                continue
            status = entry.stat(follow_symlinks=False)
            if status.st_mtime <= before:
                count, size = count + 1, size + status.st_size
    return count, size


def leftovers(workspace: str) -> tuple[Leftover, ...]:
    """The directories in the clone workspace that git would not clone to, by name."""
    found = []
    with _entries(workspace) as entries:
        for entry in entries:
            path = str(PurePath(workspace, entry.name))
            if entry.is_dir(follow_symlinks=False) and not _empty(path):
                status = entry.stat(follow_symlinks=False)
                found.append(Leftover(entry.name, path, status.st_uid, status.st_mtime))
    return tuple(sorted(found, key=lambda each: each.name))


def _empty(directory: str) -> bool:
    """Whether nothing is in it; one that may not be looked into counts as full."""
    try:
        with _entries(directory) as entries:
            return next(entries, None) is None
    except OSError:
        return False


SOURCES = (directories,)
