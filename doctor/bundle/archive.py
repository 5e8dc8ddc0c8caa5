"""A bundle as a file: a `.tar.zst` or `.zip` with a few members, written whole or not at all, read with suspicion."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import os
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

import zstandard

from doctor.errors import UsageError

ENDINGS = (".tar.zst", ".zip")

# What one bundle may hold at most, unpacked, and in how many files: many times what a large installation comes to.
MOST_BYTES = 256 * 1024 * 1024
MOST_FILES = 64
# What of it may have to be kept in mind to unpack it.
_WINDOW = 128 * 1024 * 1024
# What the libraries make of archives that are none.
_BROKEN = (
    *(zstandard.ZstdError, zipfile.BadZipFile, tarfile.TarError, zlib.error),
    *(EOFError, ValueError, OverflowError, IndexError, struct.error),
)
# The date that a .zip begins to count from: no file in it has one of its own.
_NO_DATE = (1980, 1, 1, 0, 0, 0)


class Damaged(ValueError):
    """What is wrong with a file that should be a bundle, to follow its name."""


def digest(data: bytes) -> str:
    """The SHA-256 of a member, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


# --- writing ---------------------------------------------------------------------------------------------------


def packed(name: str, members: Mapping[str, bytes]) -> bytes:
    """The archive that a file of this name is to hold."""
    return _zip(members) if name.endswith(".zip") else _tar(members)


def _tar(members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), 0o600
            tar.addfile(entry, io.BytesIO(data))
    return zstandard.ZstdCompressor(level=9, write_checksum=True).compress(buffer.getvalue())


def _zip(members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            entry = zipfile.ZipInfo(name, _NO_DATE)
            entry.external_attr, entry.compress_type = 0o600 << 16, zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return buffer.getvalue()


@contextlib.contextmanager
def placed(path: Path, data: bytes, *, replace: bool) -> Iterator[Path]:
    """
    The file under another name, for a look at it; it takes its place when nothing was raised, and is gone else.

    Raises FileExistsError when something is there by then and is not to be replaced.
    """
    scratch = path.with_name(f".{path.name}.{os.getpid()}.part")
    file = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(file, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        yield scratch
        _move(scratch, path, replace=replace)
    finally:
        scratch.unlink(missing_ok=True)


def _move(scratch: Path, path: Path, *, replace: bool) -> None:
    if replace:
        scratch.replace(path)
        return
    try:
        path.hardlink_to(scratch)  # refuses what is there, without a moment between looking and writing
    except FileExistsError:
        raise
    except OSError:  # a file system without such links
        if path.exists():
            raise FileExistsError(path) from None
        scratch.replace(path)


# --- reading ---------------------------------------------------------------------------------------------------


def members(path: Path) -> dict[str, bytes]:
    """
    What is in a bundle, by name; the file's first bytes tell how it is packed.

    Raises Damaged for everything that no bundle is, in bounded time and memory, and OSError.
    """
    with path.open("rb") as file:
        beginning = file.read(4)
        file.seek(0)
        if beginning == b"PK\x03\x04":
            return _checked(_unzipped(file))
        if beginning == zstandard.FRAME_HEADER:
            return _checked(_untarred(file))
    raise Damaged("is not a bundle: it is neither a .tar.zst nor a .zip")


def _checked(found: Iterator[tuple[str, bytes]]) -> dict[str, bytes]:
    kept: dict[str, bytes] = {}
    try:
        for name, data in found:
            if name in kept:
                raise Damaged(f"has two files of one name in it ({_shown(name)})")
            kept[name] = data
            if len(kept) > MOST_FILES or sum(map(len, kept.values())) > MOST_BYTES:
                raise Damaged("unpacks to more than any bundle holds")
    except Damaged:
        raise
    except (NotImplementedError, RuntimeError) as error:
        raise Damaged("is packed in a way that no bundle is") from error
    except _BROKEN as error:
        raise Damaged("is damaged: it cannot be unpacked to its end") from error
    except OSError as error:
        # The library goes to places that a broken archive names, before its beginning too.
        if error.errno != errno.EINVAL:
            raise
        raise Damaged("is damaged: it cannot be unpacked to its end") from error
    return kept


def _unzipped(file: IO[bytes]) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
        if len(entries) > MOST_FILES:
            raise Damaged("unpacks to more than any bundle holds")
        left = MOST_BYTES
        for entry in entries:
            _plain_name(entry.filename)
            if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise Damaged("is packed in a way that no bundle is")
            with archive.open(entry) as member:
                data = member.read(left + 1)
            left -= len(data)
            if left < 0:
                raise Damaged("unpacks to more than any bundle holds")
            yield entry.filename, data


def _untarred(file: IO[bytes]) -> Iterator[tuple[str, bytes]]:
    unpacker = zstandard.ZstdDecompressor(max_window_size=_WINDOW)
    with unpacker.stream_reader(file) as stream:
        limited = _Limited(stream)
        with tarfile.open(fileobj=limited, mode="r|") as tar:  # type: ignore[call-overload]
            for entry in tar:
                _plain_name(entry.name)
                content = tar.extractfile(entry) if entry.isreg() else None
                if content is None:
                    raise Damaged(f"has something in it that is no file ({_shown(entry.name)})")
                yield entry.name, content.read()
        # To the end, where the checksum stands.
        while limited.read(1 << 16):
            pass


class _Limited:
    """A stream that ends with an error before it becomes too long."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._left = MOST_BYTES + MOST_FILES * 4096

    def read(self, size: int) -> bytes:
        """The next bytes."""
        if size > self._left:
            size = self._left + 1
        data = self._stream.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise Damaged("unpacks to more than any bundle holds")
        return data


def _plain_name(name: str) -> None:
    """Refuse what would lie elsewhere if somebody unpacked it; nothing here does."""
    parts = name.split("/")
    if not name or name.startswith("/") or "\\" in name or ":" in name or "" in parts or ".." in parts:
        raise Damaged(f"has a file in it that leads elsewhere ({_shown(name)})")


def _shown(name: str) -> str:
    return repr(name[:60])


def ending_of(path: Path) -> str:
    """
    How a bundle of this name is packed.

    Raises UsageError for any other name.
    """
    for ending in ENDINGS:
        if path.name.endswith(ending) and path.name != ending:
            return ending
    raise UsageError(f"{path}: a bundle is a .tar.zst or a .zip; let the name end so")
