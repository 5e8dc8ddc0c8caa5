"""Finds codechunking processes on this machine, and says where the worker of this installation runs."""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from doctor.engine import source
from doctor.facts import Habitat, Known, Process, Processes, Worker
from doctor.facts.containers import Containers
from doctor.needs import Observed
from doctor.target import Target

if TYPE_CHECKING:
    import psutil

ROLES = ("worker", "api")
VALUE_FLAGS = ("--config", "--log-level", "--log-format")

# `go run main.go worker` builds `.../go-build123/b001/exe/main` or, from Go 1.24 on, `<cache>/ab/<hash>-d/main`.
GO_RUN = re.compile(r"[/\\]go-build|[/\\][0-9a-f]{64}-d[/\\]")

# Listing the processes of a busy machine takes well under a second; what is not seen by then stays unseen.
LISTING_SECONDS = 3.0


@source("processes", deadline=6)
def processes(target: Target) -> Processes:
    """The workers and APIs that run on this machine, outside containers, whoever started them."""
    ends_at = time.monotonic() + LISTING_SECONDS
    found = []
    for process in _likely(ends_at):
        seen = _look(process, target)
        if seen is not None:
            found.append(seen)
        if time.monotonic() > ends_at:
            break
    return Processes(tuple(sorted(found, key=lambda each: (each.started_at, each.pid))))


def _likely(ends_at: float) -> Iterator[psutil.Process]:
    """The processes worth a closer look: on Linux those with a fitting command line, elsewhere all."""
    pids = _fitting(ends_at)
    if not pids and pids is not None:
        return  # most runs see no worker, and are spared the import of a big library
    import psutil

    if pids is None:
        with contextlib.suppress(psutil.Error, IndexError, OSError):  # there may be no list at all, without a /proc
            yield from psutil.process_iter()
        return
    for pid in pids:
        with contextlib.suppress(psutil.Error):
            yield psutil.Process(pid)


def _fitting(ends_at: float) -> list[int] | None:
    """The ids of processes whose command line is a service's, as Linux lists them; None where it cannot be read."""
    try:
        pids = [int(name) for name in os.listdir("/proc") if name.isdecimal()]  # noqa: PTH208
        own = Path("/proc/self/cmdline").read_bytes()
    except OSError:
        return None
    if not pids or not own:
        return None
    fitting = []
    for pid in pids:
        with contextlib.suppress(OSError):
            arguments = os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes()).rstrip("\0").split("\0")
            if role_of(arguments) is not None:
                fitting.append(pid)
        if time.monotonic() > ends_at:
            break
    return fitting


@source("worker", deadline=3, lasting=True)
def worker(target: Target, processes: Processes, containers: Observed[Containers]) -> Worker:
    """
    The worker that `--worker` names, else the newest one that runs for this directory, as a process or in a container.

    Without either it is the container that ran it last, else this host.
    """
    kind, _, name = target.worker.partition(":")
    if kind == "docker":
        from doctor.sources.contained import named

        return named(name, containers, offline=target.offline)
    if kind == "pid":
        return _by_pid(int(name), processes, containers.value)
    if kind == "host":
        return _this_host(Known.GIVEN)
    mine = [process for process in processes.role("worker") if _belongs_to(process, target.directory)]
    if mine:
        return _running(mine[-1], Known.OBSERVED)
    return _in_container(containers.value) or _this_host(Known.ASSUMED)


def _in_container(containers: Containers | None) -> Worker | None:
    if containers is None or not containers.found:
        return None
    from doctor.sources.contained import installed, worker_of

    container = installed(containers)
    return worker_of(Known.OBSERVED, container) if container is not None else None


# --- one process -----------------------------------------------------------------------------------------------


def _look(process: psutil.Process, target: Target) -> Process | None:
    """The process, if it is a worker or an API of this machine; what vanishes while it is read is none."""
    import psutil

    try:
        arguments = process.cmdline()
        role = role_of(arguments)
        if role is None or not _is_ours(arguments, process, target):
            return None
        return _describe(process, arguments, role)
    except (psutil.Error, OSError):
        return None


def role_of(arguments: Sequence[str]) -> str | None:
    """The sub-command of a codechunking command line that runs as a service, None for any other command line."""
    if not arguments or _program(arguments) not in ("codechunking", "main"):
        return None
    command = next(_positional(arguments[1:]), None)
    return command if command in ROLES else None


def config_argument(arguments: Sequence[str]) -> str | None:
    """What is given as `--config`; the last one counts, as for the program."""
    found = None
    for position, argument in enumerate(arguments):
        if argument == "--config":
            found = arguments[position + 1] if position + 1 < len(arguments) else found
        elif argument.startswith("--config="):
            found = argument.partition("=")[2]
    return found


def _program(arguments: Sequence[str]) -> str:
    return PurePath(arguments[0].replace("\\", "/")).name.removesuffix(".exe")


def _positional(arguments: Sequence[str]) -> Iterator[str]:
    """The words that are neither flags nor the values of flags."""
    value_follows = False
    for argument in arguments:
        if not value_follows and not argument.startswith("-"):
            yield argument
        value_follows = not value_follows and argument in VALUE_FLAGS


def _is_ours(arguments: Sequence[str], process: psutil.Process, target: Target) -> bool:
    """Whether the name means codechunking here, and the process sees the same files as the doctor does."""
    if process.pid == os.getpid():
        return False
    if _program(arguments) == "main" and not (GO_RUN.search(arguments[0]) or _works_in(process, target.directory)):
        return False
    return same_view(process.pid) is True


def _works_in(process: psutil.Process, directory: Path) -> bool:
    try:
        return same_file(process.cwd(), directory)
    except OSError:
        return False


def same_view(pid: int) -> bool | None:
    """
    Whether a process lives among the same files and processes as the doctor; None when that may not be looked at.

    A container has name spaces of its own: its paths mean other files, and its user numbers may be others.
    """
    own, other = Path("/proc/self"), Path(f"/proc/{pid}")
    if not (own / "ns").is_dir():
        return True  # other systems than Linux have no such thing
    try:
        spaces = all((other / "ns" / name).readlink() == (own / "ns" / name).readlink() for name in ("mnt", "pid"))
        return spaces and (other / "root").samefile(own / "root")
    except OSError:
        return None


def same_file(one: str | Path, other: Path) -> bool:
    """Whether two paths mean the same file; one that is not there means none."""
    try:
        return other.samefile(one)
    except (OSError, ValueError):
        return False


def _describe(process: psutil.Process, arguments: Sequence[str], role: str) -> Process:
    uid, groups = _identity(process)
    return Process(
        role,
        process.pid,
        tuple(arguments),
        _directory(process),
        process.create_time(),
        uid,
        groups,
        _variables(process),
        config_argument(arguments),
    )


def _directory(process: psutil.Process) -> str | None:
    import psutil

    try:
        return process.cwd() or None
    except (psutil.AccessDenied, OSError):
        return None


def _variables(process: psutil.Process) -> dict[str, str] | None:
    import psutil

    try:
        return dict(process.environ())
    except (psutil.AccessDenied, OSError):
        return None


def _identity(process: psutil.Process) -> tuple[int | None, tuple[int, ...]]:
    """The effective user and groups, the primary group first."""
    import psutil

    if not hasattr(process, "uids"):
        return None, ()
    try:
        uid, gid = process.uids().effective, process.gids().effective
    except (psutil.AccessDenied, OSError):
        return None, ()
    return uid, tuple(dict.fromkeys((gid, *_further_groups(process.pid, uid, gid))))


def _further_groups(pid: int, uid: int, gid: int) -> Sequence[int]:
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return user_groups(uid, gid)
    line = next((line for line in status.splitlines() if line.startswith("Groups:")), "Groups:")
    return [int(word) for word in line.split()[1:]]


def user_groups(uid: int, gid: int | None = None) -> list[int]:
    """The groups that the system's own list gives a user, the primary one first; none for an unknown user."""
    import pwd

    try:
        user = pwd.getpwuid(uid)
    except KeyError:
        return [] if gid is None else [gid]
    return os.getgrouplist(user.pw_name, user.pw_gid if gid is None else gid)


# --- the worker ------------------------------------------------------------------------------------------------


def _belongs_to(process: Process, directory: Path) -> bool:
    """Whether it works in this directory or was given a configuration file below it."""
    if process.directory is not None and same_file(process.directory, directory):
        return True
    given = process.config_argument
    if not given or (process.directory is None and not Path(given).is_absolute()):
        return False
    config = Path(process.directory or "/", given).resolve()
    return config.is_file() and config.is_relative_to(directory.resolve())


def _running(process: Process, known: Known, kind: Habitat = Habitat.PROCESS) -> Worker:
    return Worker(
        known,
        kind,
        name=f"pid:{process.pid}",
        pid=process.pid,
        uid=process.uid,
        groups=process.groups,
        user_known=process.uid is not None,
        directory=process.directory,
        config_argument=process.config_argument,
        started_at=process.started_at,
        variables=process.variables,
    )


def _by_pid(pid: int, processes: Processes, containers: Containers | None) -> Worker:
    """The named process, whatever it looks like; one that is not there is given all the same, and not running."""
    import psutil

    process = next((each for each in processes.found if each.pid == pid), None)
    if process is not None:
        return _running(process, Known.GIVEN)
    try:
        found = psutil.Process(pid)
        if found.status() != psutil.STATUS_ZOMBIE:
            arguments = found.cmdline()
            named = _describe(found, arguments, role_of(arguments) or "")
            # One inside a container sees other files than those of this host.
            if same_view(pid) is not False:
                return _running(named, Known.GIVEN)
            return _contained(_running(named, Known.GIVEN, Habitat.CONTAINER), containers)
    except (psutil.Error, OSError, OverflowError, ValueError):
        pass  # it is not there, or ended while it was read
    return Worker(Known.GIVEN, Habitat.PROCESS, name=f"pid:{pid}", pid=pid)


def _contained(seen: Worker, containers: Containers | None) -> Worker:
    """A process in a container, with what the engine knows of that."""
    from doctor.sources.contained import as_process, living_in, worker_of

    container = living_in(seen.pid or 0, containers) if containers is not None else None
    return as_process(worker_of(Known.GIVEN, container), seen) if container is not None else seen


def _this_host(known: Known) -> Worker:
    """Nothing but the machine is known: the user is taken to be the one of this shell."""
    if not hasattr(os, "geteuid"):
        return Worker(known, Habitat.HOST)
    groups = tuple(dict.fromkeys((os.getegid(), *os.getgroups())))
    return Worker(known, Habitat.HOST, uid=os.geteuid(), groups=groups)


SOURCES = (processes, worker)
