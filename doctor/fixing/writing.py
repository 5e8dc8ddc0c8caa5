"""
Writes a file so that at any moment either the old content is there or the new one.

The new content goes into a file beside it, is flushed, gets mode, owner, access list and extended attributes of the old
one, and takes its name. What a power cut leaves is at most that file: named after the real one, readable for its owner
alone until it is complete, and removed the next time the same file is written. Flags that only `chattr` knows are not
taken over.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from doctor.fixing.system import (
    NO_LINK,
    SYSTEM,
    WORDS,
    System,
    opened,
    permissions,
    quietly,
    read_all,
    reason,
    status_of,
    sync_directory,
    write_all,
)
from doctor.fixing.text import Refused

MARK = ".codechunk-doctor-"
# As much of a file's name as its temporary file can carry whatever the letters are.
CARRIED = 50
# Attributes that the system computes from the content.
COMPUTED = ("security.ima", "security.evm")


def write(path: Path, before: bytes | None, after: bytes, root: Path, *, system: System = SYSTEM) -> None:
    """
    Replace the content of a file below `root`; `before` is what was read, None when there must be no file yet.

    A symbolic link stays and the file that it leads to is written. A file with a second name (hard link) is refused:
    the other name would keep the old content, and writing in place is not safe. So is a file that may not be written
    to, even where its directory would permit to replace it. Raises `Refused` with a sentence; the old content is then
    in place, except where the sentence says that the disk failed after the change.
    """
    target = locate(path, root)
    tidy(target, system)
    seen = examine(target, before, system)
    if before == after:
        return
    try:
        with _temporary(target, system) as name:
            _fill(name, target, seen, after, system)
            if locate(path, root) != target or _identity(examine(target, before, system)) != _identity(seen):
                raise Refused(f"{path} was changed while it was being written.")
            system.replace(name, target)
    except OSError as error:
        raise Refused(f"{path} cannot be written: {reason(error)}.") from error
    try:
        sync_directory(target.parent, system)
    except OSError as error:
        raise Refused(f"{path} is written, but may not survive a power cut: {reason(error)}.") from error


def locate(path: Path, root: Path) -> Path:
    """The file that is meant, links followed; a relative path starts at `root`. Refused when it is not below `root`."""
    full = root / path
    try:
        home = root.resolve(strict=True)
        real = full.resolve(strict=True) if os.path.lexists(full) else full.parent.resolve(strict=True) / full.name
    except RuntimeError as error:  # a circle of links, until Python 3.13
        raise Refused(f"{path} cannot be reached: {WORDS[errno.ELOOP]}.") from error
    except OSError as error:
        raise Refused(f"{path} cannot be reached: {reason(error)}.") from error
    if home not in real.parents:
        raise Refused(f"{path} leads out of {root}, to {real}. Change that file by hand.")
    return real


def examine(target: Path, before: bytes | None, system: System = SYSTEM) -> os.stat_result | None:
    """What the file is, None when it is yet to be made; `Refused` unless it can be replaced and holds `before`."""
    try:
        status = status_of(target, system)
        if status is None:
            if before is not None:
                raise Refused(f"{target} is gone since it was read.")
            return None
        if before is None:
            raise Refused(f"{target} exists by now.")
        if not stat.S_ISREG(status.st_mode):
            raise Refused(f"{target} is not a regular file.")
        if status.st_nlink > 1:
            raise Refused(f"{target} has a second name (hard link) that would keep the old content. Change it by hand.")
        # Opened for writing, for nothing else says so surely whether it may be written to.
        with opened(target, os.O_RDWR | NO_LINK, system) as descriptor:
            if read_all(descriptor, system, len(before) + 1) != before:
                raise Refused(f"{target} was changed since it was read.")
            return system.fstat(descriptor)
    except OSError as error:
        raise Refused(f"{target} cannot be written: {reason(error)}.") from error


def _identity(status: os.stat_result | None) -> tuple[int, ...]:
    if status is None:
        return ()
    return (status.st_dev, status.st_ino, status.st_mode, status.st_uid, status.st_gid)


@contextmanager
def _temporary(target: Path, system: System) -> Iterator[Path]:
    """A name beside the target for a new file, which is gone when the block fails."""
    name = target.with_name(f"{_stem(target)}{secrets.token_hex(4)}")
    try:
        yield name
    except BaseException:
        quietly(system.unlink, name)
        raise


def _fill(name: Path, target: Path, seen: os.stat_result | None, content: bytes, system: System) -> None:
    """Make the new file, complete and flushed. One that replaces nothing gets the mode that the user's umask gives."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | NO_LINK
    with opened(name, flags, system, 0o666 if seen is None else 0o600) as descriptor:
        system.lock(descriptor)  # so that nobody takes it for a leftover
        write_all(descriptor, content, system)
        if seen is not None:
            _keep(target, seen, descriptor, system)
        system.fsync(descriptor)


def _keep(target: Path, seen: os.stat_result, descriptor: int, system: System) -> None:
    """Give the new file what the old one has. The order matters: owner, then access list, then mode."""
    if not system.posix:
        return
    new = system.fstat(descriptor)
    if (new.st_uid, new.st_gid) != (seen.st_uid, seen.st_gid):
        try:
            system.chown(descriptor, seen.st_uid, seen.st_gid)
        except PermissionError as error:
            owner = f"{seen.st_uid}:{seen.st_gid}"
            raise Refused(f"{target} belongs to {owner} and would not any more. Run this as its owner.") from error
    _keep_attributes(target, descriptor, system)
    system.chmod(descriptor, permissions(seen))


def _keep_attributes(target: Path, descriptor: int, system: System) -> None:
    if not hasattr(system, "listxattr"):
        return
    old, new = _attributes(target, system), _attributes(descriptor, system)
    for name in new.keys() - old.keys():
        system.removexattr(descriptor, name)  # an access list that the directory hands down
    for name, content in old.items():
        if new.get(name) != content:
            system.setxattr(descriptor, name, content)


def _attributes(file: Path | int, system: System) -> dict[str, bytes]:
    try:
        names = [name for name in system.listxattr(file) if name not in COMPUTED]
    except OSError as error:
        if error.errno in (errno.ENOTSUP, errno.ENOSYS):
            return {}
        raise
    return {name: system.getxattr(file, name) for name in names}


def _stem(target: Path) -> str:
    return f".{target.name[:CARRIED]}{MARK}"


def check_room(target: Path) -> None:
    """Raise `Refused` when the directory of a file takes no new file, as far as that can be seen without trying."""
    if not os.access(target.parent, os.W_OK | os.X_OK):
        raise Refused(f"{target} cannot be written: its directory takes no new file.")


def tidy(target: Path, system: System = SYSTEM) -> None:
    """Remove the temporary files of writes to this file that were cut off; those of a running one are left alone."""
    ours = re.compile(re.escape(_stem(target)) + "[0-9a-f]{8}")
    try:
        names = [name for name in system.listdir(target.parent) if ours.fullmatch(name)]
    except OSError:
        return
    for name in names:
        quietly(_tidy_one, target.with_name(name), system)


def _tidy_one(leftover: Path, system: System) -> None:
    status = system.lstat(leftover)
    if not stat.S_ISREG(status.st_mode) or system.user() not in (None, 0, status.st_uid):
        return
    with opened(leftover, os.O_RDONLY | NO_LINK, system) as descriptor:
        held = not system.lock(descriptor)
        if system.posix and not held:
            system.unlink(leftover)
    if not system.posix:
        system.unlink(leftover)
