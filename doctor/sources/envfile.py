"""The `--env-file`: a file, or a pipe such as `<(sops -d prod.env)`, whose lines come once."""

from __future__ import annotations

import time
from pathlib import Path

from doctor.errors import UsageError
from doctor.sources.files import LARGEST, read_text
from doctor.target import straight

# So long a program that writes into a pipe may take, in seconds.
PATIENCE = 10.0

# What came through pipes, by where they are.
_GIVEN: dict[Path, str] = {}


def located(path: Path, deadline: float | None = None) -> Path:
    """
    Where it is, absolute. Raises UsageError for what has no lines to take.

    A pipe is read now, within the `deadline` of the run: no source would wait so long for the program that writes.
    """
    place = straight(path.absolute())
    try:
        if path.is_dir():
            raise UsageError(f"--env-file {path}: this is a directory; give a file of NAME=VALUE lines")
        if path.is_fifo():
            text_of(place, PATIENCE if deadline is None else min(PATIENCE, deadline))
        elif not path.exists():
            raise UsageError(f"--env-file {path}: there is no such file")
        elif not path.is_file():
            raise UsageError(f"--env-file {path}: this is a device or socket, not a file")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise UsageError(f"--env-file {path}: {why}") from error
    return place


def text_of(path: Path, patience: float = PATIENCE) -> str:
    """Its text; what a pipe gave once is remembered for all who ask. Raises OSError."""
    if not path.is_fifo():
        return read_text(path)
    if path not in _GIVEN:
        _GIVEN[path] = _of_pipe(path, patience)
    return _GIVEN[path]


def _of_pipe(path: Path, patience: float) -> str:
    from doctor.sources.logs.waiting import INTERRUPTED, Awaited, EndedError

    data = b""
    try:
        with Awaited(str(path), time.monotonic() + patience) as pipe:
            while piece := pipe.read():
                data += piece
                if len(data) > LARGEST:
                    raise OSError(f"larger than {LARGEST // 1024} KiB")
    except EndedError as error:
        if str(error) == INTERRUPTED:
            raise KeyboardInterrupt from None
        raise OSError(f"nobody wrote it to its end within {patience:g} s") from error
    return data.decode("utf-8", "replace")
