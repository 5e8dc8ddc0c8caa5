"""The system calls by which fixes change files and directories, in one place, so that each can be made to fail."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from doctor.fixing.text import Refused

# Descriptors are not handed down to programs, files are read as bytes, and nothing that is opened can make us wait.
PLAIN = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
NO_LINK = getattr(os, "O_NOFOLLOW", 0)
DIRECTORY = getattr(os, "O_DIRECTORY", 0)

# What a file system answers that cannot flush directories, or does not know a kind of attribute.
UNSUPPORTED = (errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)

WORDS = {
    errno.EACCES: "permission denied",
    errno.EPERM: "the system does not permit it",
    errno.EROFS: "the file system is read-only",
    errno.ENOSPC: "there is no room left on the disk",
    errno.EDQUOT: "the disk quota is used up",
    errno.EIO: "the disk reports an error",
    errno.EBUSY: "it is mounted or in use",
    errno.ENOENT: "it is not there",
    errno.ELOOP: "symbolic links lead nowhere or in a circle",
    errno.ENOTEMPTY: "it is not empty",
}


class System:
    """
    The calls themselves; a subclass may put something else in the place of any of them.

    `posix` is false where directories cannot be flushed, an open file cannot be replaced, and files have neither
    mode nor owner worth keeping.
    """

    posix = os.name == "posix"

    open = staticmethod(os.open)
    close = staticmethod(os.close)
    read = staticmethod(os.read)
    write = staticmethod(os.write)
    fsync = staticmethod(os.fsync)
    fstat = staticmethod(os.fstat)
    lstat = staticmethod(os.lstat)
    listdir = staticmethod(os.listdir)
    replace = staticmethod(os.replace)
    unlink = staticmethod(os.unlink)
    mkdir = staticmethod(os.mkdir)
    rmdir = staticmethod(os.rmdir)
    chmod = staticmethod(os.chmod)

    if os.name == "posix":
        chown = staticmethod(os.chown)

    if hasattr(os, "setxattr"):
        listxattr = staticmethod(os.listxattr)
        getxattr = staticmethod(os.getxattr)
        setxattr = staticmethod(os.setxattr)
        removexattr = staticmethod(os.removexattr)

    def user(self) -> int | None:
        """The user whose rights count, None where there is no such number."""
        return os.geteuid() if self.posix else None

    def lock(self, descriptor: int) -> bool | None:
        """
        Hold the file until it is closed, or until this process ends, however it ends.

        False if another one does; None where files cannot be held (Windows, some network file systems).
        """
        if not self.posix:
            return None
        import fcntl

        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return None
        return True


SYSTEM = System()


def reason(error: OSError) -> str:
    """The system's refusal in plain words, to stand behind a colon."""
    if error.errno in WORDS:
        return WORDS[error.errno]
    return os.strerror(error.errno) if error.errno else str(error)


@contextmanager
def opened(path: Path, flags: int, system: System, mode: int = 0o600) -> Iterator[int]:
    """A descriptor for the block; what goes wrong when it is closed is the block's only if nothing else did."""
    descriptor = system.open(path, flags | PLAIN, mode)
    try:
        yield descriptor
    except BaseException:
        quietly(system.close, descriptor)
        raise
    system.close(descriptor)


def quietly(call: Callable[..., object], *arguments: object) -> bool:
    """Make a call whose failure changes nothing; says whether it worked."""
    try:
        call(*arguments)
    except OSError:
        return False
    return True


def read_all(descriptor: int, system: System, limit: int | None = None) -> bytes:
    """What is left to read, or `limit` bytes of it."""
    parts: list[bytes] = []
    size = 0
    while limit is None or size < limit:
        part = system.read(descriptor, 1 << 16 if limit is None else min(1 << 16, limit - size))
        if not part:
            break
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def write_all(descriptor: int, content: bytes, system: System) -> None:
    """Write all of it, in as many pieces as the system takes it in."""
    rest = memoryview(content)
    while rest:
        rest = rest[system.write(descriptor, rest) :]


def sync_directory(path: Path, system: System) -> None:
    """Make sure that names which were given or taken in a directory survive a power cut, where that can be asked."""
    if not system.posix:
        return
    with opened(path, os.O_RDONLY | DIRECTORY, system) as descriptor:
        try:
            system.fsync(descriptor)
        except OSError as error:
            if error.errno not in UNSUPPORTED:
                raise


def status_of(path: Path, system: System) -> os.stat_result | None:
    """What is at a path, links not followed; None if nothing is. Raises `Refused` where that cannot be seen."""
    try:
        return system.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise Refused(f"{path} cannot be reached: {reason(error)}.") from error


def permissions(status: os.stat_result) -> int:
    """The mode without the kind of file."""
    return stat.S_IMODE(status.st_mode)
