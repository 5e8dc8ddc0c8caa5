"""
Tries directories as a user would: makes, renames and removes a file of the doctor's own, and puts the times back.

Nothing here knows the rest of the doctor, so that the file can also be run on its own, as another user.
"""

# Paths stay as they are written, as the program takes them; pathlib would tidy them up.
# ruff: noqa: PTH104, PTH108, PTH116, PTH118, PTH120

from __future__ import annotations

import contextlib
import dataclasses
import errno
import os
import queue
import stat
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import subprocess

Key = TypeVar("Key")
Value = TypeVar("Value")

PREFIX = ".codechunk-doctor-probe-"
WRITE, PASS = 0o2, 0o1

# What says that there is no room, which is another matter than not being allowed.
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)

# Variables without which an interpreter may not even start; nothing else is handed to the one that changes its user.
NEEDED_TO_START = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


@dataclass(frozen=True, slots=True)
class Attempt:
    """
    What came of trying one directory; `access` and `method` are the words of the facts' enumerations.

    `obstacle` is the path that refuses, `reason` the system's word for it; `passable` is false when the obstacle is a
    directory that may not be passed through.
    """

    access: str
    method: str = "tried"
    obstacle: str | None = None
    reason: str | None = None
    passable: bool = True


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a directory takes new files: `refusal` is the error number, 0 if it does, None if that is not known."""

    refusal: int | None
    method: str = "tried"
    obstacle: str | None = None
    passable: bool = True


Probe = Callable[[str], Verdict]


# --- walking a path as os.MkdirAll of Go does --------------------------------------------------------------------


def attempt(path: str, probe: Probe, *, blind: bool = False) -> Attempt:
    """
    Whether `path` can be written to or, when it is not there, be made; the probe goes where the path ends.

    `blind` says that what this process may not see, the user in question may.
    """
    child, at = "", path.rstrip("/") or "/"
    denied = False
    while True:
        try:
            status = os.stat(at)
        except PermissionError:
            denied = True
        except (FileNotFoundError, NotADirectoryError):
            pass
        except ValueError:
            return Attempt("not creatable", obstacle=at, reason=os.strerror(errno.EINVAL))
        except OSError as error:
            return Attempt("not creatable", obstacle=at, reason=os.strerror(error.errno or errno.EIO))
        else:
            break
        child, at = at, os.path.dirname(at) or "."
    if not stat.S_ISDIR(status.st_mode):
        return Attempt("not creatable", obstacle=at, reason=os.strerror(errno.ENOTDIR))
    if denied:
        if blind:
            return Attempt("unknown", "judged", at, os.strerror(errno.EACCES), passable=False)
        return Attempt("not creatable", obstacle=at, reason=os.strerror(errno.EACCES), passable=False)
    if child and os.path.lexists(child):
        # A link that leads nowhere: the program can neither use nor make it.
        return Attempt("not creatable", obstacle=child, reason=os.strerror(errno.EEXIST))
    return _named(probe(at), at, exists=not child)


def _named(verdict: Verdict, at: str, *, exists: bool) -> Attempt:
    obstacle = verdict.obstacle or at
    if verdict.refusal is None or verdict.refusal in NO_ROOM:
        reason = os.strerror(verdict.refusal) if verdict.refusal else None
        return Attempt("unknown", verdict.method, obstacle, reason)
    if verdict.refusal == 0:
        return Attempt("usable" if exists else "creatable", verdict.method)
    word = "not writable" if exists and verdict.passable else "not creatable"
    return Attempt(word, verdict.method, obstacle, os.strerror(verdict.refusal), verdict.passable)


# --- trying ------------------------------------------------------------------------------------------------------


class Trier:
    """
    Tries directories as the user of this process, each one once.

    Where the times could not be put back afterwards, the system is only asked, unless `insist`: then `changed` holds
    the times (access and modification, in nanoseconds) that somebody else has to put back.
    """

    def __init__(self, *, insist: bool = False) -> None:
        self.changed: dict[str, tuple[int, int]] = {}
        self._insist = insist
        self._lock = threading.Lock()
        self._pending: dict[tuple[int, int], threading.Lock] = {}
        self._known: dict[tuple[int, int], Verdict] = {}

    def __call__(self, directory: str) -> Verdict:
        """What the directory makes of a new file."""
        status = os.stat(directory)
        identity = (status.st_dev, status.st_ino)
        with self._lock:
            own = self._pending.setdefault(identity, threading.Lock())
        with own:
            if identity not in self._known:
                self._known[identity] = self._try(directory)
            return self._known[identity]

    def _try(self, directory: str) -> Verdict:
        before = os.stat(directory)
        restorable = os.geteuid() in (0, before.st_uid)
        if not restorable and not self._insist:
            return _ask(directory)
        try:
            write_and_remove(directory)
        except OSError as error:
            return Verdict(error.errno or errno.EIO)
        finally:
            times = (before.st_atime_ns, before.st_mtime_ns)
            try:
                if os.stat(directory).st_mtime_ns != before.st_mtime_ns:
                    os.utime(directory, ns=times)
            except OSError:
                self.changed[directory] = times
        return Verdict(0)


def write_and_remove(directory: str) -> None:
    """
    Make, rename, remove, write and flush a file; raises OSError at the first step that is refused.

    It is written to when its name is already gone, so that being killed at the slow steps leaves nothing behind.
    """
    name = os.path.join(directory, PREFIX + os.urandom(8).hex())
    renamed = name + "-renamed"
    file = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        os.rename(name, renamed)
        os.unlink(renamed)
        os.write(file, b"codechunk-doctor\n")
        os.fsync(file)
    finally:
        os.close(file)
        for leftover in (name, renamed):
            with contextlib.suppress(OSError):
                os.unlink(leftover)


def _ask(directory: str) -> Verdict:
    """Ask the system instead of trying; it knows access lists and read-only file systems too."""
    effective = os.access in os.supports_effective_ids
    if os.access(directory, os.W_OK | os.X_OK, effective_ids=effective):
        return Verdict(0, "judged")
    return Verdict(errno.EROFS if _read_only(directory) else errno.EACCES, "judged")


def _read_only(directory: str) -> bool:
    try:
        return bool(os.statvfs(directory).f_flag & os.ST_RDONLY)
    except OSError:
        return False


# --- judging for a user that this process cannot become ------------------------------------------------------------


def judge(directory: str, uid: int, groups: Sequence[int] | None) -> Verdict:
    """What mode and owner of an existing directory, and of those above it, mean for a user; groups None: unknown."""
    real = os.path.realpath(directory)
    above = [real]
    while (parent := os.path.dirname(above[-1])) != above[-1]:
        above.append(parent)
    unsure = False
    for step in reversed(above[1:]):
        passes = allowed(step, uid, groups, PASS)
        if passes is False:
            return Verdict(errno.EACCES, "judged", step, passable=False)
        unsure = unsure or passes is None
    writes = allowed(real, uid, groups, WRITE | PASS)
    if _read_only(real):
        return Verdict(errno.EROFS, "judged")
    if writes is False:
        return Verdict(errno.EACCES, "judged")
    return Verdict(None if unsure or writes is None else 0, "judged")


def allowed(path: str, uid: int, groups: Sequence[int] | None, bits: int) -> bool | None:
    """Whether the mode lets a user do this; None when an access list or groups that are not known may decide."""
    if uid == 0:
        return True
    status = os.stat(path)
    answer = permitted(status.st_mode, status.st_uid, status.st_gid, uid, groups, bits)
    return answer or (None if answer is None or _has_access_list(path) else False)


def permitted(mode: int, owner: int, group: int, uid: int, groups: Sequence[int] | None, bits: int) -> bool | None:
    """What mode and owner alone let a user do; None when groups that are not known decide."""
    if uid == 0:
        return True
    granted = {name: (mode >> shift) & bits == bits for name, shift in _CLASSES.items()}
    if owner == uid:
        return granted["owner"]
    if groups is None and granted["group"] != granted["others"]:
        return None
    return granted["group" if groups is not None and group in groups else "others"]


_CLASSES = {"owner": 6, "group": 3, "others": 0}


def _has_access_list(path: str) -> bool:
    try:
        return bool(os.getxattr(path, "system.posix_acl_access"))
    except (AttributeError, OSError):
        return False


# --- many at once, in bounded time ---------------------------------------------------------------------------------


def concurrently(jobs: Mapping[Key, Callable[[], Value]], seconds: float) -> dict[Key, Value]:
    """
    The results of those jobs that are done in time; one that hangs (a dead network mount) is left behind.

    What the system refuses (OSError), or a path that is none (ValueError), counts as no result.
    """
    done: queue.SimpleQueue[tuple[Key, Value | None]] = queue.SimpleQueue()

    def work(key: Key, job: Callable[[], Value]) -> None:
        try:
            done.put((key, job()))
        except (OSError, ValueError):
            done.put((key, None))

    for key, job in jobs.items():
        threading.Thread(target=work, args=(key, job), daemon=True, name="directory").start()
    ends_at = time.monotonic() + seconds
    results: dict[Key, Value] = {}
    for _ in jobs:
        try:
            key, value = done.get(timeout=max(0.0, ends_at - time.monotonic()))
        except queue.Empty:
            break
        if value is not None:
            results[key] = value
    return results


def survey(paths: Sequence[str], seconds: float, trier: Trier | None = None) -> dict[str, Attempt]:
    """Try these paths as the user of this process; a path that does not answer in time is missing."""
    probe = trier or Trier()
    return concurrently({path: partial(attempt, path, probe) for path in paths}, seconds)


def survey_by_mode(paths: Sequence[str], uid: int, groups: Sequence[int] | None, seconds: float) -> dict[str, Attempt]:
    """Judge these paths for a user that this process cannot become."""

    def judged(path: str) -> Attempt:
        return replace(attempt(path, lambda at: judge(at, uid, groups), blind=True), method="judged")

    return concurrently({path: partial(judged, path) for path in paths}, seconds)


def survey_as(paths: Sequence[str], uid: int, groups: Sequence[int], seconds: float) -> dict[str, Attempt] | None:
    """
    Try these paths as another user, in a process of its own; only root can ask for that. None when it did not work.

    The times of directories that belong to a third user are put back here, by root.
    """
    import json
    import subprocess

    command = [sys.executable, "-I", "-S", __file__]
    variables = {name: os.environ[name] for name in NEEDED_TO_START if name in os.environ}
    request = {"paths": list(paths), "uid": uid, "groups": list(groups), "seconds": seconds}
    try:
        # A session of its own: an interrupt at the terminal lets it finish and clean up.
        process = subprocess.Popen(  # noqa: S603 - our own file, run by our own interpreter
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env=variables,
            text=True,
            start_new_session=True,
        )
    except OSError:
        return None
    answer = concurrently({"answer": partial(_converse, process, json.dumps(request))}, seconds + 1.0).get("answer")
    _end(process)
    if not answer:
        return None
    reply = json.loads(answer)
    for path, (accessed, modified) in reply["changed"].items():
        with contextlib.suppress(OSError):
            os.utime(path, ns=(accessed, modified))
    return {path: Attempt(**fields) for path, fields in reply["attempts"].items()}


def _converse(process: subprocess.Popen[str], request: str) -> str:
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdin, process.stdout:
        process.stdin.write(request + "\n")
        process.stdin.flush()
        return process.stdout.readline()


def _end(process: subprocess.Popen[str]) -> None:
    """See a process off that has answered, or never will; one that even so stays is left behind."""
    import subprocess

    for _ in range(2):
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.5)
            return
        process.kill()


def main() -> None:
    """Become the user that the request names, for good, and answer with one line."""
    import json

    request = json.loads(sys.stdin.readline())
    groups = request["groups"]
    os.setgroups(groups)
    os.setgid(groups[0])
    os.setuid(request["uid"])
    trier = Trier(insist=True)
    attempts = survey(request["paths"], request["seconds"], trier)
    reply = {
        "attempts": {path: dataclasses.asdict(each) for path, each in attempts.items()},
        "changed": trier.changed,
    }
    sys.stdout.write(json.dumps(reply) + "\n")
    sys.stdout.flush()
    # A thread that hangs must not keep the answer waiting.
    os._exit(0)


if __name__ == "__main__":
    main()
