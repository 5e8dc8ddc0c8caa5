"""The files that were read out of a container, as the disk that the worker inside it sees."""

from __future__ import annotations

import errno
import os
import posixpath
import stat
from collections.abc import Iterable, Mapping

from doctor.facts.containers import ContainerFile, ContainerFiles
from doctor.probe import permitted

READ = 0o4


class Inside:
    """
    A disk (`doctor.sources.config.disk`) with nothing on it but these files, for this user.

    Without a `uid` every file can be read. `alike` gives for the files that this machine has too, with the same bytes,
    the names by which a reader finds them.
    """

    def __init__(
        self,
        files: ContainerFiles,
        uid: int | None = None,
        groups: tuple[int, ...] = (),
        alike: Mapping[str, str] | None = None,
    ) -> None:
        self._files = {posixpath.normpath(each.path): each for each in files.files if _there(each)}
        self._container = files.container
        self._uid, self._groups = uid, groups
        self._alike = alike or {}

    def shown(self, path: str) -> str | None:
        path = posixpath.normpath(path)
        return self._alike.get(path, path)

    def origin(self, path: str) -> tuple[str | None, bool]:
        return self._container, posixpath.normpath(path) in self._alike

    def names(self, directory: str) -> Iterable[str]:
        place = posixpath.normpath(directory)
        found = [posixpath.basename(path) for path in self._files if posixpath.dirname(path) == place]
        if not found:
            raise _error(errno.ENOENT, directory)
        return found

    def status(self, path: str) -> os.stat_result:
        return _status(self._file(path))

    def read(self, path: str, most: int) -> tuple[os.stat_result, bytes]:
        file = self._file(path)
        if self._uid is not None and not permitted(_mode(file), file.uid, file.gid, self._uid, self._groups, READ):
            raise _error(errno.EACCES, path)
        return _status(file), (file.data or b"")[:most]

    def _file(self, path: str) -> ContainerFile:
        file = self._files.get(posixpath.normpath(path))
        if file is None:
            raise _error(errno.ENOENT, path)
        return file


def _there(file: ContainerFile) -> bool:
    return file.data is not None or stat.S_IFMT(file.mode) not in (0, stat.S_IFREG)


def _mode(file: ContainerFile) -> int:
    """With the kind of file, which an engine may leave out for a regular one."""
    return file.mode if stat.S_IFMT(file.mode) else file.mode | stat.S_IFREG


def _status(file: ContainerFile) -> os.stat_result:
    at = int(file.modified_at or 0)
    return os.stat_result((_mode(file), 0, 0, 1, file.uid, file.gid, len(file.data or b""), at, at, at))


def _error(number: int, path: str) -> OSError:
    return OSError(number, os.strerror(number), path)
