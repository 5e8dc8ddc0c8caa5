"""Files out of a container, as the tar that an engine sends: read as it comes, bounded, and never unpacked."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import posixpath
import tarfile
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from doctor.errors import SourceError
from doctor.facts.containers import ContainerFile
from doctor.values import value

# More of one archive is not looked at; a directory of configuration files has a few.
MOST_ENTRIES = 500
# What an archive may have beside the files' own bytes: heads, filling, and a file or two that are not wanted.
_BESIDE = 4 * 1024 * 1024

_MODE = 0o7777
# How often the end is met when all is well.
_MOST_ENDS = 20
_NO_TAR = "the engine sent a file of the container in a form that cannot be read"


@value
class Entry:
    """
    What is at a path inside a container: a `file`, `directory`, `link` or `other`.

    `mode` has the permission bits, `uid` and `gid` are the numbers inside, -1 where these were not asked for. `target`
    is where a link leads, as written.
    """

    path: str
    kind: str
    mode: int
    uid: int
    gid: int
    size: int
    modified_at: float
    target: str | None = None


class _Enough(Exception):
    """As much as was to be looked at has come."""


class _Incoming(io.RawIOBase):
    """The answer as a file: a wait for what lies beyond its end, or beyond so many bytes, ends in an exception."""

    def __init__(self, receive: Callable[[], bytes], most: int) -> None:
        self._receive = receive
        self._left = most
        self._rest = b""
        self._ends = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._rest:
            self._rest = self._more()
        count = min(len(buffer), len(self._rest))
        buffer[:count], self._rest = self._rest[:count], self._rest[count:]
        return count

    def _more(self) -> bytes:
        if self._left <= 0:
            raise _Enough
        data = self._receive()
        self._left -= len(data)
        # The library steps over what it was promised in small steps, and does not mind that nothing is there.
        self._ends += not data
        if self._ends > _MOST_ENDS:
            raise SourceError(_NO_TAR)
        return data


def described(path: str, header: str | None) -> Entry | None:
    """What the engine says of a path beside its archive, which has no owner; None where it says nothing usable."""
    try:
        told = json.loads(base64.b64decode(header or "", validate=True))
        bits, target = int(told["mode"]), str(told.get("linkTarget") or "")
        modified_at = datetime.fromisoformat(told["mtime"]).timestamp()
        size = int(told["size"])
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        return None
    mode = bits & 0o777 | sum(posix for go, posix in _SPECIAL if bits & go)
    kind = next((name for go, name in _KINDS if bits & go), "file")
    return Entry(path, kind, mode, -1, -1, size, modified_at, target if kind == "link" else None)


# Go's bits for what a mode means, the same on every system.
_SPECIAL = ((1 << 23, 0o4000), (1 << 22, 0o2000), (1 << 20, 0o1000))
_KINDS = ((1 << 31, "directory"), (1 << 27, "link"), (1 << 26 | 1 << 25 | 1 << 24 | 1 << 21 | 1 << 19, "other"))


def first(path: str, receive: Callable[[], bytes]) -> Entry:
    """The entry that the archive of a path begins with. Raises SourceError for what is no archive."""
    member = next(_members(receive, _BESIDE), None)
    if member is None:
        raise SourceError(_NO_TAR)
    _, found = member
    return _entry(path, found)


def files(path: str, receive: Callable[[], bytes], most_bytes: int) -> Iterator[tuple[Entry, bytes | None]]:
    """
    The entries of the archive of a path: the path itself, or it and what is below it.

    With its bytes comes what is a plain file and still fits into `most_bytes` for all of them together. What calls
    itself something outside of the path is left out.
    """
    left = most_bytes
    parent = posixpath.dirname(path)
    for archive, member in _members(receive, most_bytes + _BESIDE):
        inside = posixpath.normpath(posixpath.join(parent, member.name))
        if inside != path and not inside.startswith(path.rstrip("/") + "/"):
            continue
        data = None
        if member.isreg() and not member.issparse() and 0 <= member.size <= left:
            data = _data(archive, member)
            left -= member.size
        yield _entry(inside, member), data


def as_file(entry: Entry, data: bytes | None) -> ContainerFile:
    """An entry as the fact that checks see."""
    return ContainerFile(entry.path, data, entry.modified_at, entry.mode, entry.uid, entry.gid)


def _members(receive: Callable[[], bytes], most: int) -> Iterator[tuple[tarfile.TarFile, tarfile.TarInfo]]:
    with _readable():
        file = io.BufferedReader(_Incoming(receive, most))
        archive = tarfile.open(fileobj=file, mode="r|")  # noqa: SIM115 - it is closed below, whose errors are others
    with archive:
        for _ in range(MOST_ENTRIES):
            with _readable():
                try:
                    member = archive.next()
                except _Enough:
                    return
            if member is None:
                return
            yield archive, member


def _data(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes | None:
    with _readable():
        file = archive.extractfile(member)
        data = file.read() if file is not None else None
    return data if data is not None and len(data) == member.size else None


@contextlib.contextmanager
def _readable() -> Iterator[None]:
    """Whatever the library makes of a broken archive is one sentence."""
    try:
        yield
    except (tarfile.TarError, ValueError, OverflowError, EOFError, RecursionError, _Enough) as error:
        raise SourceError(_NO_TAR) from error


def _entry(path: str, member: tarfile.TarInfo) -> Entry:
    kind = "other"
    if member.isreg():
        kind = "file"
    elif member.isdir():
        kind = "directory"
    elif member.issym():
        kind = "link"
    target = member.linkname if member.issym() else None
    mode, uid, gid = member.mode & _MODE, member.uid, member.gid
    return Entry(path, kind, mode, uid, gid, member.size, float(member.mtime), target)
