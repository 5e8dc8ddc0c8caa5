"""Where backups are kept: a directory for each installation, of this user alone, and one for each fix in it."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from doctor.fixing.system import (
    DIRECTORY,
    NO_LINK,
    SYSTEM,
    System,
    opened,
    permissions,
    read_all,
    reason,
    status_of,
    sync_directory,
    write_all,
)
from doctor.fixing.text import Refused

NAME = "codechunk-doctor"
PARTIAL = ".partial"
KEPT = 10
_FORMAT = "%Y%m%dT%H%M%S.%fZ"
_TIME = re.compile(r"\d{8}T\d{6}\.\d{6}Z")


def folder_of(root: Path, environment: Mapping[str, str] | None = None) -> Path:
    """
    The directory for the backups of an installation, which may not be there yet.

    Below $XDG_STATE_HOME, %LOCALAPPDATA% on Windows, else `~/.local/state`. Refused when that lies in the checkout.
    """
    given = os.environ if environment is None else environment
    name = "LOCALAPPDATA" if os.name == "nt" else "XDG_STATE_HOME"
    state = Path(given.get(name, ""))
    if not state.is_absolute():  # a relative one does not count, says its specification
        home = given.get("HOME", "")
        state = (Path(home) if home.startswith("/") else _home()) / ".local" / "state"
    try:
        checkout = root.resolve(strict=True)
        at = (state / NAME / "backups").resolve()
    except (OSError, RuntimeError) as error:
        raise Refused(f"The place for backups cannot be found: {error}.") from error
    if at == checkout or checkout in at.parents:
        raise Refused(f"Backups hold secrets and may not be kept in the checkout. Set {name} to a directory elsewhere.")
    identity = hashlib.sha256(os.fsencode(checkout)).hexdigest()[:16]
    return at / identity


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError as error:
        raise Refused("There is no home directory to keep a backup in. Set XDG_STATE_HOME to a directory.") from error


def prepare(folder: Path, system: System = SYSTEM) -> None:
    """Make the directory for an installation, closed to others; refused when it belongs to somebody else."""
    ours = (folder.parent.parent, folder.parent, folder)
    try:
        ours[0].parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        for each in ours:
            if status_of(each, system) is None:
                system.mkdir(each, 0o700)
                sync_directory(each.parent, system)
            _closed(each, system)
    except OSError as error:
        raise Refused(f"No backup can be kept in {folder}: {reason(error)}.") from error


def _closed(folder: Path, system: System) -> None:
    status = system.lstat(folder)
    if not stat.S_ISDIR(status.st_mode):
        raise Refused(f"No backup can be kept in {folder}: it is not a directory.")
    if not system.posix:
        return
    if status.st_uid != system.user():
        raise Refused(f"No backup can be kept in {folder}: it belongs to uid {status.st_uid}. Set XDG_STATE_HOME.")
    if permissions(status) != 0o700:
        system.chmod(folder, 0o700)


@contextmanager
def held(folder: Path, system: System = SYSTEM) -> Iterator[None]:
    """
    Be the only one who changes this installation for the block; refused when another one does.

    What an earlier one left half made or half removed is gone then.
    """
    try:
        descriptor = system.open(folder, os.O_RDONLY | DIRECTORY | NO_LINK) if system.posix else None
    except OSError as error:
        raise Refused(f"{folder} cannot be used: {reason(error)}.") from error
    try:
        if descriptor is not None and system.lock(descriptor) is False:
            raise Refused("Another fix of this installation is going on. Try again when it has ended.")
        for each in folder.glob(f"*{PARTIAL}"):
            shutil.rmtree(each, ignore_errors=True)
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def kept(folder: Path) -> list[Path]:
    """The complete backups, the oldest first."""
    try:
        return sorted(each for each in folder.iterdir() if _TIME.fullmatch(each.name))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise Refused(f"{folder} cannot be read: {reason(error)}.") from error


def keep(folder: Path, files: Mapping[str, bytes], system: System = SYSTEM) -> Path:
    """
    Keep these files as the newest backup: all of them are flushed before it has its name.

    Only for the one who holds the directory.
    """
    final = folder / _name_after(kept(folder))
    partial = final.with_name(final.name + PARTIAL)
    try:
        system.mkdir(partial, 0o700)
        for name, content in files.items():
            with opened(partial / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | NO_LINK, system) as descriptor:
                write_all(descriptor, content, system)
                system.fsync(descriptor)
        sync_directory(partial, system)
        system.replace(partial, final)
        sync_directory(folder, system)
    except BaseException as error:
        for each in (partial, final):
            shutil.rmtree(each, ignore_errors=True)
        if isinstance(error, OSError):
            raise Refused(f"No backup can be kept in {folder}: {reason(error)}. Nothing was changed.") from error
        raise
    return final


def _name_after(there: list[Path]) -> str:
    """The time now, or one later than the newest when the clock was put back: the order is what counts."""
    now = datetime.now(UTC).strftime(_FORMAT)
    if there and now <= there[-1].name:
        newest = datetime.strptime(there[-1].name, _FORMAT).replace(tzinfo=UTC)
        now = (newest + timedelta(microseconds=1)).strftime(_FORMAT)
    return now


def prune(folder: Path, system: System = SYSTEM) -> None:
    """Remove all but the newest backups; what cannot be removed stays."""
    for each in kept(folder)[:-KEPT]:
        with suppress(Refused):
            drop(each, system)


def read(backup: Path, name: str, system: System = SYSTEM) -> bytes:
    """One file of a backup."""
    try:
        with opened(backup / name, os.O_RDONLY | NO_LINK, system) as descriptor:
            return read_all(descriptor, system)
    except OSError as error:
        raise Refused(f"The backup {backup} is damaged: {name}: {reason(error)}.") from error


def drop(backup: Path, system: System = SYSTEM) -> None:
    """Remove a backup: first its name, so that one that is half removed never counts."""
    gone = backup.with_name(backup.name + PARTIAL)
    try:
        system.replace(backup, gone)
        sync_directory(backup.parent, system)
    except OSError as error:
        raise Refused(f"The backup {backup} cannot be removed: {reason(error)}.") from error
    shutil.rmtree(gone, ignore_errors=True)
