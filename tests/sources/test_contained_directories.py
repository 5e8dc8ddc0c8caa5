"""Directories inside a container: what mode, owner and mounts mean for the worker there."""

from __future__ import annotations

import stat
from dataclasses import dataclass, replace

import pytest

from doctor.errors import SourceError
from doctor.facts.containers import Container, ContainerState, Mount
from doctor.facts.directories import Access
from doctor.sources.contained_directories import Seen, groups_of, remembering, survey, untold
from doctor.sources.directories import Wanted


@dataclass(frozen=True)
class Thing:
    kind: str = "directory"
    mode: int = 0o755
    uid: int = 0
    gid: int = 0
    target: str | None = None


def link(target: str) -> Thing:
    return Thing("link", 0o777, target=target)


WORKER = Container("i", "w", ContainerState.RUNNING, user="1000:1001", uid=1000, gid=1001)
ROOT = replace(WORKER, uid=0, gid=0)
TMP = Thing(mode=0o1777)
OWN = Thing(mode=0o750, uid=1000, gid=1001)
SHARED = Thing(mode=0o770, uid=5, gid=1001)
CLOSED = Thing(mode=0o700, uid=5, gid=5)
PLAIN = Thing("file", 0o644)

READ_ONLY = replace(WORKER, mounts=(Mount("volume", "v", "/data", read_only=True),))
IN_MEMORY = replace(WORKER, mounts=(Mount("tmpfs", "", "/tmp"),))
FROZEN = replace(WORKER, read_only=True, mounts=(Mount("bind", "/srv", "/data"),))


def judge(container: Container, things: dict[str, Thing], path: str, groups: tuple[int, ...] | None = (1001,)) -> Seen:
    return survey(container, groups, things.get, path)


@pytest.mark.parametrize(
    ("container", "things", "path", "access"),
    [
        pytest.param(WORKER, {"/tmp": TMP}, "/tmp/a/b", "creatable", id="absent below a directory for all"),
        pytest.param(WORKER, {"/tmp": TMP, "/tmp/a": OWN}, "/tmp/a", "usable", id="its own"),
        pytest.param(WORKER, {"/tmp": TMP, "/tmp/a": SHARED}, "/tmp/a", "usable", id="by its group"),
        pytest.param(WORKER, {"/app": Thing(), "/app/a": OWN}, "/app/a/b", "creatable", id="absent below its own"),
        pytest.param(WORKER, {"/tmp": TMP, "/tmp/l": link("a"), "/tmp/a": OWN}, "/tmp/l", "usable", id="by a link"),
        pytest.param(WORKER, {"/t": link("/v/t"), "/v": Thing(), "/v/t": OWN}, "/t/x", "creatable", id="below a link"),
        pytest.param(WORKER, {"/v": Thing(), "/v/t": OWN, "/d": OWN}, "/d/../v/t", "usable", id="back and forth"),
        pytest.param(ROOT, {"/d": CLOSED}, "/d/x", "creatable", id="root passes everywhere"),
        pytest.param(ROOT, {}, "/x", "creatable", id="root below the root"),
        pytest.param(IN_MEMORY, {}, "/tmp", "usable", id="in memory, open to all"),
        pytest.param(FROZEN, {"/data": OWN}, "/data", "usable", id="a mount in a frozen container"),
    ],
)
def test_what_the_worker_can_use(container: Container, things: dict[str, Thing], path: str, access: str) -> None:
    seen = judge(container, things, path)

    assert (seen.attempt.access, seen.attempt.obstacle, seen.attempt.method) == (access, None, "judged")


@pytest.mark.parametrize(
    ("container", "things", "path", "access", "obstacle", "reason"),
    [
        pytest.param(WORKER, {"/d": Thing()}, "/d", "not writable", "/d", "Permission denied", id="root's own"),
        pytest.param(WORKER, {"/d": Thing()}, "/d/x", "not creatable", "/d", "Permission denied", id="below it"),
        pytest.param(WORKER, {}, "/x", "not creatable", "/", "Permission denied", id="below the root"),
        pytest.param(WORKER, {"/d": CLOSED}, "/d/x", "not creatable", "/d", "Permission denied", id="no way through"),
        pytest.param(READ_ONLY, {"/data": OWN}, "/data", "not writable", "/data", "Read-only file system", id="ro"),
        pytest.param(READ_ONLY, {"/data": OWN}, "/data/x", "not creatable", "/data", "Read-only file system", id="ro/"),
        pytest.param(FROZEN, {"/tmp": TMP}, "/tmp/x", "not creatable", "/tmp", "Read-only file system", id="frozen"),
        pytest.param(WORKER, {"/f": PLAIN}, "/f/x", "not creatable", "/f", "Not a directory", id="a file on the way"),
        pytest.param(WORKER, {"/f": PLAIN}, "/f", "not creatable", "/f", "Not a directory", id="a file"),
        pytest.param(WORKER, {"/l": link("gone")}, "/l", "not creatable", "/l", "File exists", id="a dead link"),
        pytest.param(
            WORKER, {"/l": link("l")}, "/l", "not creatable", "/l", "Too many levels of symbolic links", id="circle"
        ),
    ],
)
def test_what_stops_it(
    container: Container, things: dict[str, Thing], path: str, access: str, obstacle: str, reason: str
) -> None:
    attempt = judge(container, things, path).attempt

    assert (attempt.access, attempt.obstacle, attempt.reason) == (access, obstacle, reason)


@pytest.mark.parametrize(
    ("container", "things", "path", "groups"),
    [
        pytest.param(replace(WORKER, uid=None), {"/d": OWN}, "/d", None, id="a user that is not known"),
        pytest.param(WORKER, {"/d": SHARED}, "/d", None, id="groups that are not known"),
        pytest.param(IN_MEMORY, {}, "/tmp/batch/input", (1001,), id="below what lies in memory"),
    ],
)
def test_what_cannot_be_said(
    container: Container, things: dict[str, Thing], path: str, groups: tuple[int, ...] | None
) -> None:
    assert judge(container, things, path, groups).attempt.access == "unknown"


def test_an_engine_that_tells_nothing_is_no_fault_of_the_directory() -> None:
    def silent(path: str) -> Thing | None:
        raise SourceError(f"no answer about {path}")

    attempt = survey(WORKER, (), silent, "/tmp/x").attempt

    assert (attempt.access, attempt.reason) == ("unknown", "no answer about /tmp")


def test_a_directory_that_may_not_be_passed_is_said() -> None:
    assert not judge(WORKER, {"/d": CLOSED}, "/d/x").attempt.passable
    assert judge(WORKER, {"/d": Thing()}, "/d/x").attempt.passable


def test_the_listing_is_that_of_the_nearest_directory() -> None:
    seen = judge(WORKER, {"/d": SHARED}, "/d/x/y")

    assert (seen.listing, seen.exists) == (f"{stat.filemode(stat.S_IFDIR | 0o770)} 5 1001 /d", False)
    assert judge(WORKER, {}, "/x").listing is None


def test_each_path_is_asked_about_once() -> None:
    asked = []
    look = remembering(lambda path: asked.append(path))

    survey(WORKER, (), look, "/tmp/a")
    survey(WORKER, (), look, "/tmp/b")

    assert asked == ["/tmp"]


PASSWD = "root:x:0:0::/:\ncodechunking:x:1000:1001::/app:\nbroken\n"
GROUP = "root:x:0:\nshared:x:2000:other,codechunking\nother:x:3000:other\nodd:x:many:codechunking\n"


@pytest.mark.parametrize(
    ("container", "groups"),
    [
        pytest.param(WORKER, (1001,), id="a group is asked for: only that"),
        pytest.param(replace(WORKER, user="1000"), (1001, 2000), id="a number that has a name"),
        pytest.param(replace(WORKER, user="codechunking"), (1001, 2000), id="a name"),
        pytest.param(replace(WORKER, user="5", uid=5), (1001,), id="a number without one"),
        pytest.param(ROOT, (0,), id="root"),
        pytest.param(replace(WORKER, uid=None), None, id="not known"),
    ],
)
def test_the_groups_of_its_user(container: Container, groups: tuple[int, ...] | None) -> None:
    assert groups_of(container, lambda path: PASSWD if path == "/etc/passwd" else GROUP) == groups


def test_without_an_engine_nothing_is_known() -> None:
    (found,) = untold([Wanted("workspace", "/tmp/w")], "no Docker engine")

    assert (found.access, found.reason, found.exists) == (Access.UNKNOWN, "no Docker engine", False)
