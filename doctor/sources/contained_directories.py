"""Judges the directories of a worker in a container by what the engine tells of them; nothing is tried in there."""

from __future__ import annotations

import errno
import os
import posixpath
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from doctor.errors import SourceError
from doctor.facts.containers import Container
from doctor.facts.directories import Access, DirectoryTrial, Method
from doctor.probe import PASS, WRITE, Attempt, permitted
from doctor.sources.docker.engine import Engine, NotThere

if TYPE_CHECKING:
    from doctor.sources.directories import Wanted

# As many links as Linux follows in one path.
MOST_LINKS = 40


class Entry(Protocol):
    """What is at a path: a `file`, `directory`, `link` or `other`, with the numbers of its owner inside."""

    @property
    def kind(self) -> str: ...
    @property
    def mode(self) -> int: ...
    @property
    def uid(self) -> int: ...
    @property
    def gid(self) -> int: ...
    @property
    def target(self) -> str | None: ...


Look = Callable[[str], Entry | None]
"""Looks at one path without following a link; None where there is nothing. Raises SourceError."""


@dataclass(frozen=True, slots=True)
class Seen:
    """
    One directory as the worker would find it: the attempt, and its nearest existing ancestor (itself, if `exists`).

    `nearest` is None when nothing on the way could be looked at.
    """

    attempt: Attempt
    exists: bool = False
    nearest: str = "/"
    entry: Entry | None = None

    @property
    def listing(self) -> str | None:
        """The line that `ls -ldn` prints inside, without size and time."""
        if self.entry is None:
            return None
        kind = stat.S_IFDIR if self.entry.kind == "directory" else stat.S_IFREG
        return f"{stat.filemode(kind | self.entry.mode)} {self.entry.uid} {self.entry.gid} {self.nearest}"


@dataclass(slots=True)
class _Walk:
    """The way from the root to a directory; `at` is where it has come, `entry` what is there."""

    container: Container
    groups: tuple[int, ...] | None
    look: Look
    at: str = "/"
    entry: Entry | None = None
    links: int = 0
    rest: list[str] = field(default_factory=list)

    def refused(self, access: str, number: int, at: str | None = None, *, passable: bool = True) -> Attempt:
        return Attempt(access, "judged", at or self.at, os.strerror(number), passable)

    def may(self, bits: int) -> bool | None:
        """Whether the worker's user has these rights here, None when that is not known."""
        uid, entry = self.container.uid, self.entry
        if uid is None:
            return None
        if entry is None:  # the root of a file system, open to all
            return uid == 0 or bits == PASS
        return permitted(entry.mode, entry.uid, entry.gid, uid, self.groups, bits)


def survey(container: Container, groups: tuple[int, ...] | None, look: Look, path: str) -> Seen:
    """
    Whether the worker could write to a directory, or make it, as far as mode, owner and mounts tell.

    `groups` are those of its user, None where they are not known.
    """
    walk = _Walk(container, groups, look, rest=_parts(path))
    try:
        missing = _go(walk)
    except SourceError as error:
        return Seen(Attempt("unknown", "read", reason=error.reason))
    if isinstance(missing, Attempt):
        return Seen(missing, not walk.rest, walk.at, walk.entry)
    return Seen(_end(walk, exists=not missing), not missing, walk.at, walk.entry)


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in ("", ".")]


def _go(walk: _Walk) -> Attempt | bool:
    """Walk as far as there is something; whether something is missing, or what stops the worker on the way."""
    while walk.rest:
        if walk.may(PASS) is False:
            return walk.refused("not creatable", errno.EACCES, passable=False)
        if _in_memory(walk, walk.at):
            return Attempt("unknown", "read", walk.at, "it lies in memory (tmpfs), where the engine does not look")
        name = walk.rest[0]
        if name == "..":
            walk.rest.pop(0)
            _to(walk, posixpath.dirname(walk.at))
            continue
        path = posixpath.join(walk.at, name)
        if _in_memory(walk, path):
            walk.rest.pop(0)
            walk.at, walk.entry = path, None
            continue
        entry = walk.look(path)
        if entry is None:
            return True
        if entry.kind == "link":
            stopped = _follow(walk, path, entry)
            if stopped is not None:
                return stopped
            continue
        walk.rest.pop(0)
        walk.at, walk.entry = path, entry
        if entry.kind != "directory":
            return walk.refused("not creatable", errno.ENOTDIR)
    return False


def _to(walk: _Walk, path: str) -> None:
    walk.at, walk.entry = path, walk.look(path) if path != "/" else None


def _follow(walk: _Walk, path: str, link: Entry) -> Attempt | None:
    """Go on where a link leads; one that leads nowhere stops the worker, which can neither use nor make it."""
    walk.links += 1
    if walk.links > MOST_LINKS:
        return walk.refused("not creatable", errno.ELOOP, path)
    target = link.target or ""
    behind = walk.rest[1:]
    start = "/" if target.startswith("/") else walk.at
    inner = replace(walk, at="/", entry=None, rest=_parts(posixpath.join(start, target)))
    outcome = _go(inner)
    walk.links = inner.links
    if outcome is True:
        return walk.refused("not creatable", errno.EEXIST, path)
    if isinstance(outcome, Attempt):
        return outcome
    walk.at, walk.entry, walk.rest = inner.at, inner.entry, behind
    return None


def _in_memory(walk: _Walk, path: str) -> bool:
    mount = walk.container.mount(path)
    return mount is not None and mount.kind == "tmpfs"


def _end(walk: _Walk, *, exists: bool) -> Attempt:
    """What the directory at the end of the way lets the worker do."""
    word = "not writable" if exists else "not creatable"
    mount = walk.container.mount(walk.at)
    if mount.read_only if mount is not None else walk.container.read_only:
        return walk.refused(word, errno.EROFS)
    if mount is not None and mount.kind == "tmpfs":
        return Attempt("usable", "judged")  # whatever lies below it, it is open to all
    allowed = walk.may(WRITE | PASS)
    if allowed is None:
        return Attempt("unknown", "judged", walk.at, "the user inside the container is not known")
    if not allowed:
        return walk.refused(word, errno.EACCES)
    return Attempt("usable" if exists else "creatable", "judged")


def remembering(look: Look) -> Look:
    """The same, each path looked at once."""
    known: dict[str, Entry | None] = {}

    def remembered(path: str) -> Entry | None:
        if path not in known:
            known[path] = look(path)
        return known[path]

    return remembered


def groups_of(container: Container, read: Callable[[str], str]) -> tuple[int, ...] | None:
    """
    The groups of a container's user, None where these are not known.

    As docker starts it: with those that `/etc/group` gives the user, unless a group is asked for together with it.
    `read` gives the text of a file inside. Raises SourceError.
    """
    if container.gid is None or container.uid is None:
        return None
    if container.uid == 0 or ":" in container.user:
        return (container.gid,)
    lines = [line.split(":") for line in read("/etc/passwd").splitlines()]
    names = {words[0] for words in lines if len(words) > 2 and words[2] == str(container.uid)}
    found = [line.split(":") for line in read("/etc/group").splitlines()]
    mine = (words[2] for words in found if len(words) > 3 and names & set(words[3].split(",")))
    return tuple(dict.fromkeys((container.gid, *(int(number) for number in mine if number.isdecimal()))))


# --- as facts ------------------------------------------------------------------------------------------------------

MOST_LIST = 1024 * 1024


def trials(uses: Iterable[Wanted], container: Container, engine: Engine) -> tuple[DirectoryTrial, ...]:
    """What became of each directory; one that the engine tells nothing of in time is not known."""

    def look(path: str) -> Entry | None:
        try:
            return engine.stat(container.id, path)
        except NotThere:
            return None

    def read(path: str) -> str:
        found = engine.read(container.id, path, MOST_LIST)
        return (found[0].data or b"").decode("utf-8", "replace") if len(found) == 1 else ""

    try:
        groups = groups_of(container, read)
    except SourceError:
        groups = None
    return tuple(_trials(uses, container, groups, remembering(look)))


def untold(uses: Iterable[Wanted], reason: str) -> tuple[DirectoryTrial, ...]:
    """The same when there is nobody to ask."""
    return tuple(
        DirectoryTrial(each.purpose, each.path, Access.UNKNOWN, Method.READ, each.key, each.given, reason=reason)
        for each in uses
    )


def _trials(
    uses: Iterable[Wanted], container: Container, groups: tuple[int, ...] | None, look: Look
) -> Iterator[DirectoryTrial]:
    for use in uses:
        seen = survey(container, groups, look, use.path)
        entry, attempt = seen.entry, seen.attempt
        yield DirectoryTrial(
            use.purpose,
            use.path,
            Access(attempt.access),
            Method(attempt.method),
            use.key,
            use.given,
            seen.exists,
            attempt.obstacle,
            attempt.reason,
            entry.mode if entry is not None else None,
            entry.uid if entry is not None else None,
            entry.gid if entry is not None else None,
            container.uid,
            seen.listing,
            attempt.passable,
            use.path,
            attempt.obstacle or "",
            container.name,
        )
