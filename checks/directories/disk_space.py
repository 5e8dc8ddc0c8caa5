"""directories.disk-space: room for clones, batch files and the index."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from checks.directories._machine import of_this_host, softened
from doctor.api import Evidence, Finding, Fix, Guide, Location, Severity, Skipped, check, facts

MEBIBYTE = 1024 * 1024
TOO_LITTLE = 50 * MEBIBYTE
SCARCE = 1024 * MEBIBYTE
# What the system says to a new file when figures look well but there is no room for this user.
NO_ROOM = ("No space left on device", "Disk quota exceeded")


@check(
    id="directories.disk-space",
    title="Too little space where the worker writes",
    severity=(Severity.ERROR, Severity.WARNING),
    guide=Guide.PERMISSIONS,
    explains=("batches.submission-stalled",),
)
def disk_space(worker: facts.Worker, directories: facts.Directories) -> Iterator[Finding]:
    """
    Look at what is free on the file systems of the clones, the batch files, the index and the temporary directory.

    Below 50 MiB, without a free inode or with a quota used up, it is an error (a warning while nothing says that
    the worker runs on this host); below 1 GiB it is a warning. Batch files of more than a week are
    added up, as nothing ever deletes them.

    Why it matters: clones are complete and land in `/tmp`, so jobs and batches fail once the disk is full.

    Silent when: 1 GiB or more is free; the worker runs in a container. A file system is reported once.

    How to fix: free space; old batch files can go with `find DIR -name '*.jsonl' -mtime +7 -delete`.
    """
    of_this_host(worker)
    unmeasured = [system.mount for system in directories.file_systems if system.free_bytes is None]
    full = {trial.shown: trial.reason for trial in directories.trials if trial.reason in NO_ROOM}
    if unmeasured and not full and not any(map(_severity, directories.file_systems)):
        raise Skipped(f"the free space on {unmeasured[0]} is not known")
    for system in directories.file_systems:
        refusal = next((full[path] for path in system.paths if path in full), None)
        severity = Severity.ERROR if refusal else _severity(system)
        if severity is None:
            continue
        old = [files for files in directories.old_files if files.path in system.paths]
        but = f" but says: {refusal}" if refusal else ""
        yield Finding(
            f"{system.mount} has {_left(system)}{but}; on it: {', '.join(system.paths)}",
            at=Location.directory(system.mount),
            related=tuple(Location.directory(path) for path in system.paths if path != system.mount),
            severity=softened(worker, severity),
            fix=_fix(system, old),
            evidence=tuple(_evidence(files) for files in old),
        )


def _severity(system: facts.FileSystem) -> Severity | None:
    if system.free_inodes == 0:
        return Severity.ERROR
    if system.free_bytes is None or system.free_bytes >= SCARCE:
        return None
    return Severity.ERROR if system.free_bytes < TOO_LITTLE else Severity.WARNING


def _left(system: facts.FileSystem) -> str:
    return "no free inode" if system.free_inodes == 0 else f"{_size(system.free_bytes or 0)} free"


def _size(size: int) -> str:
    return f"{size / MEBIBYTE:.0f} MiB" if size >= MEBIBYTE else f"{size / 1024:.0f} KiB"


def _evidence(files: facts.OldFiles) -> Evidence:
    number = f"{files.count} batch file{'' if files.count == 1 else 's'}"
    text = f"{files.path} holds {number} of more than a week, {_size(files.bytes)}; nothing deletes them"
    return Evidence("path", text, Location.directory(files.path))


def _fix(system: facts.FileSystem, old: Sequence[facts.OldFiles]) -> Fix:
    cleaning = tuple(f"find {shlex.quote(files.path)} -name '*.jsonl' -mtime +7 -delete" for files in old)
    listing = f"df -{'i' if system.free_inodes == 0 else 'h'} {shlex.quote(system.mount)}"
    what = ", for example by deleting batch files of more than a week" if old else ""
    return Fix(f"Free space on {system.mount}{what}.", cleaning or (listing,))
