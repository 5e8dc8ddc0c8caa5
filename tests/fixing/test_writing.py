"""A file is written whole or not at all, keeps what is not its content, and is refused where that cannot be."""

from __future__ import annotations

import errno
import os
import socket
import stat
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from doctor.fixing.changes import Change
from doctor.fixing.steps import HalfDone, State, apply_all
from doctor.fixing.system import System
from doctor.fixing.text import Refused
from doctor.fixing.writing import MARK, write
from tests.fixing.faults import CHANGING, Watched, failing, failing_from, unflushed

pytestmark = pytest.mark.skipif(os.name == "nt", reason="modes, links and signals of POSIX")
root_only = pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="needs root")
user_only = pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anything")

OLD = b"database:\n  host: localhost\n"
NEW = b"database:\n  host: localhost\n  user:\n" + b"# " + b"x" * 300 + b"\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_bytes(OLD)
    return path


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


# --- what is written, and what stays as it was --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [(OLD, NEW), (OLD, b""), (b"", NEW), (OLD, OLD), (b"\xff\x00\r\n", b"\r\n\xfe"), (b"a" * 300_000, b"b" * 300_000)],
    ids=["edit", "emptied", "filled", "same", "bytes", "large"],
)
def test_the_new_content_is_there_and_nothing_else(file: Path, before: bytes, after: bytes) -> None:
    file.write_bytes(before)
    write(file, before, after, file.parent)
    assert file.read_bytes() == after
    assert names(file.parent) == ["config.yaml"]


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o664, 0o755, 0o2640])
def test_the_mode_is_kept_whatever_the_umask(file: Path, mode: int) -> None:
    file.chmod(mode)
    before = os.umask(0o077)
    try:
        write(file, OLD, NEW, file.parent)
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.stat().st_mode) == mode


@root_only
def test_the_owner_is_kept(file: Path) -> None:
    os.chown(file, 1234, 2345)
    file.chmod(0o4755)
    write(file, OLD, NEW, file.parent)
    status = file.stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (1234, 2345, 0o4755)


def acl(*entries: tuple[int, int, int]) -> bytes:
    """An access list as the kernel takes it: version 2, then tag, rights and id of each entry."""
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


NOBODY = 0xFFFFFFFF
SHARED = acl((1, 6, NOBODY), (2, 4, 1234), (4, 4, NOBODY), (16, 4, NOBODY), (32, 0, NOBODY))


def set_attribute(path: Path, name: str, content: bytes) -> None:
    if not hasattr(os, "setxattr"):
        pytest.skip("no extended attributes here")
    try:
        os.setxattr(path, name, content)
    except OSError as error:
        pytest.skip(f"no extended attributes here: {error}")


@pytest.mark.parametrize(("name", "content"), [("user.note", b"mine"), ("system.posix_acl_access", SHARED)])
def test_attributes_and_access_lists_are_kept(file: Path, name: str, content: bytes) -> None:
    set_attribute(file, name, content)
    mode = file.stat().st_mode
    write(file, OLD, NEW, file.parent)
    assert os.getxattr(file, name) == content
    assert file.stat().st_mode == mode


def test_an_access_list_that_the_directory_hands_down_is_not_taken_on(file: Path) -> None:
    set_attribute(file.parent, "system.posix_acl_default", SHARED)
    file.chmod(0o600)
    write(file, OLD, NEW, file.parent)
    assert os.listxattr(file) == []
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_link_below_the_directory_stays_and_its_file_is_written(file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "configs"
    folder.mkdir()
    link = folder / "link.yaml"
    link.symlink_to("../config.yaml")
    write(link, OLD, NEW, tmp_path)
    assert link.is_symlink()
    assert file.read_bytes() == NEW
    assert names(folder) == ["link.yaml"]


def test_a_root_that_is_itself_reached_by_a_link_is_no_obstacle(file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "real"
    folder.mkdir()
    (tmp_path / "checkout").symlink_to("real")
    file.rename(folder / "config.yaml")
    write(tmp_path / "checkout" / "config.yaml", OLD, NEW, tmp_path / "checkout")
    assert (folder / "config.yaml").read_bytes() == NEW


def test_a_relative_path_starts_at_the_root(file: Path) -> None:
    write(Path("config.yaml"), OLD, NEW, file.parent)
    assert file.read_bytes() == NEW


def test_a_file_is_made_with_the_mode_the_umask_gives(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write(tmp_path / ".gitignore", None, b".env\n", tmp_path)
    finally:
        os.umask(before)
    made = tmp_path / ".gitignore"
    assert made.read_bytes() == b".env\n"
    assert stat.S_IMODE(made.stat().st_mode) == 0o640


def test_nothing_is_written_when_nothing_changes(file: Path) -> None:
    watched = Watched()
    write(file, OLD, OLD, file.parent, system=watched)
    assert watched.count("write") == watched.count("replace") == 0


def test_a_name_as_long_as_names_can_be(tmp_path: Path) -> None:
    file = tmp_path / ("ä" * 125 + ".yaml")
    file.write_bytes(OLD)
    write(file, OLD, NEW, tmp_path)
    assert file.read_bytes() == NEW


def test_where_directories_cannot_be_flushed_the_file_is_written_all_the_same(file: Path) -> None:
    class Elsewhere(System):
        posix = False

    write(file, OLD, NEW, file.parent, system=Elsewhere())
    assert file.read_bytes() == NEW
    assert names(file.parent) == ["config.yaml"]


# --- leftovers of a write that was cut off ------------------------------------------------------------------------


def test_a_leftover_is_removed_and_nothing_that_resembles_one(file: Path) -> None:
    leftover = file.with_name(f".config.yaml{MARK}0123abcd")
    others = [f".config.yaml{MARK}mine", f".other.yaml{MARK}0123abcd", f"x.config.yaml{MARK}0123abcd"]
    for name in (leftover.name, *others):
        file.with_name(name).write_bytes(b"half")
    write(file, OLD, NEW, file.parent)
    assert names(file.parent) == sorted(["config.yaml", *others])


def test_the_file_of_a_write_that_is_going_on_is_left_alone(file: Path) -> None:
    import fcntl

    with file.with_name(f".config.yaml{MARK}0123abcd").open("wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        write(file, OLD, NEW, file.parent)
        assert len(names(file.parent)) == 2


def test_a_link_in_the_place_of_a_leftover_leads_to_no_harm(file: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_bytes(b"kept")
    link = file.with_name(f".config.yaml{MARK}0123abcd")
    link.symlink_to(precious)
    write(file, OLD, NEW, file.parent)
    assert precious.read_bytes() == b"kept"
    assert link.is_symlink()


# --- refused ------------------------------------------------------------------------------------------------------


def changed(file: Path) -> None:
    file.write_bytes(OLD + b"#\n")


def removed(file: Path) -> None:
    file.unlink()


def directory(file: Path) -> None:
    file.unlink()
    file.mkdir()


def pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def second_name(file: Path) -> None:
    file.with_name("second").hardlink_to(file)


def leads_out(file: Path) -> None:
    outside = file.parent.parent / f"{file.parent.name}-outside.yaml"
    outside.write_bytes(OLD)
    file.unlink()
    file.symlink_to(outside)


def leads_nowhere(file: Path) -> None:
    file.unlink()
    file.symlink_to("nowhere")


def leads_in_a_circle(file: Path) -> None:
    file.unlink()
    file.symlink_to("config.yaml")


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (changed, "was changed since it was read"),
        (removed, "is gone since it was read"),
        (directory, "is not a regular file"),
        (pipe, "is not a regular file"),
        (second_name, "has a second name"),
        (leads_out, "leads out of"),
        (leads_nowhere, "it is not there"),
        (leads_in_a_circle, "links lead nowhere or in a circle"),
    ],
)
def test_refused(file: Path, spoil: Callable[[Path], None], says: str) -> None:
    spoil(file)
    there = sorted(file.parent.iterdir())
    with pytest.raises(Refused, match=says):
        write(file, OLD, NEW, file.parent)
    with pytest.raises(Refused, match=says):
        Change(file, OLD, NEW, file.parent).check()
    assert sorted(file.parent.iterdir()) == there
    assert not any(each.read_bytes() == NEW for each in there if each.is_file())


def test_a_path_that_climbs_out_is_refused(file: Path, tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    with pytest.raises(Refused, match="leads out of"):
        write(Path("../config.yaml"), OLD, NEW, inside)
    assert file.read_bytes() == OLD


def test_a_file_that_appeared_is_not_overwritten(file: Path) -> None:
    with pytest.raises(Refused, match="exists by now"):
        write(file, None, NEW, file.parent)
    assert file.read_bytes() == OLD


@user_only
def test_a_read_only_file_or_directory_is_refused(file: Path) -> None:
    file.chmod(0o400)
    with pytest.raises(Refused, match="permission denied"):
        write(file, OLD, NEW, file.parent)
    file.chmod(0o600)
    file.parent.chmod(0o500)
    try:
        with pytest.raises(Refused, match="takes no new file"):
            Change(file, OLD, NEW, file.parent).check()
        with pytest.raises(Refused, match="permission denied"):
            write(file, OLD, NEW, file.parent)
    finally:
        file.parent.chmod(0o700)
    assert file.read_bytes() == OLD


AS_ANOTHER = """
import fcntl, os, sys  # all that is needed: another user may not read the interpreter
from pathlib import Path
from doctor.fixing.changes import Change
from doctor.fixing.writing import write
from doctor.fixing.text import Refused
file, call = Path(sys.argv[1]), sys.argv[2]
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
try:
    write(file, file.read_bytes(), b"new", file.parent) if call == "write" else Change(
        file, file.read_bytes(), b"new", file.parent).check()
except Refused as error:
    print(error)
"""


@pytest.fixture
def public() -> Iterator[Path]:
    """A directory that other users may pass through, other than those of the tests."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


@pytest.mark.slow
@root_only
@pytest.mark.parametrize(
    ("owner", "mode", "folder", "call", "says"),
    [
        (65534, 0o600, 0o777, "write", ""),
        (65534, 0o444, 0o777, "write", "permission denied"),
        (0, 0o644, 0o777, "write", "permission denied"),
        (0, 0o666, 0o777, "write", "belongs to 0:0 and would not any more"),
        (65534, 0o600, 0o755, "write", "permission denied"),
        (65534, 0o600, 0o755, "check", "its directory takes no new file"),
    ],
)
def test_what_another_user_may_not_do(public: Path, owner: int, mode: int, folder: int, call: str, says: str) -> None:
    place = public / "place"
    place.mkdir()
    file = place / "config.yaml"
    file.write_bytes(OLD)
    os.chown(file, owner, owner)
    file.chmod(mode)
    place.chmod(folder)
    done = subprocess.run([sys.executable, "-c", AS_ANOTHER, file, call], capture_output=True, text=True, check=True)
    assert says in done.stdout
    assert bool(done.stdout) == bool(says)
    assert file.read_bytes() == (OLD if says else b"new")
    assert names(place) == ["config.yaml"]


def test_a_socket_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("s")
        with pytest.raises(Refused, match="not a regular file"):
            write(tmp_path / "s", b"", NEW, tmp_path)


@pytest.mark.parametrize(
    ("call", "number", "says"),
    [
        ("write", errno.ENOSPC, "no room left on the disk"),
        ("write", errno.EDQUOT, "quota is used up"),
        ("fsync", errno.EIO, "the disk reports an error"),
        ("open", errno.EROFS, "the file system is read-only"),
        ("replace", errno.EBUSY, "mounted or in use"),
        ("chmod", errno.EPERM, "does not permit it"),
        ("read", errno.EIO, "the disk reports an error"),
    ],
)
def test_the_reason_is_said_in_plain_words(file: Path, call: str, number: int, says: str) -> None:
    with pytest.raises(Refused, match=says) as refusal:
        write(file, OLD, NEW, file.parent, system=Watched(failing_from(call, number)))
    assert str(refusal.value).endswith(".")
    assert file.read_bytes() == OLD
    assert names(file.parent) == ["config.yaml"]


def test_a_change_by_somebody_else_during_the_write_wins(file: Path) -> None:
    def meanwhile(_: int, name: str) -> None:
        if name == "fsync" and file.read_bytes() == OLD:
            file.write_bytes(b"theirs")

    with pytest.raises(Refused, match="was changed since it was read"):
        write(file, OLD, NEW, file.parent, system=Watched(meanwhile))
    assert file.read_bytes() == b"theirs"
    assert names(file.parent) == ["config.yaml"]


# --- cut off at any point -----------------------------------------------------------------------------------------


def test_a_directory_that_cannot_be_flushed_is_no_failure(file: Path) -> None:
    flushed = []

    def unsupported(_: int, name: str) -> None:
        if name == "fsync":
            flushed.append(name)
            if len(flushed) == 2:
                raise OSError(errno.EINVAL, "")

    write(file, OLD, NEW, file.parent, system=Watched(unsupported))
    assert file.read_bytes() == NEW


def test_whatever_is_named_is_flushed_before_and_the_name_after(file: Path) -> None:
    watched = Watched(pieces=100)
    write(file, OLD, NEW, file.parent, system=watched)
    assert watched.count("write") > 1
    assert unflushed(watched.made) == []


@pytest.mark.parametrize("left_out", [0, 1])
def test_a_flush_that_is_left_out_would_be_seen(file: Path, left_out: int) -> None:
    watched = Watched()
    write(file, OLD, NEW, file.parent, system=watched)
    flushes = [index for index, (name, _) in enumerate(watched.made) if name == "fsync"]
    del watched.made[flushes[left_out]]
    assert unflushed(watched.made) != []


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC])
@pytest.mark.parametrize("on", [False, True], ids=["once", "from then on"])
def test_every_call_may_fail(file: Path, number: int, on: bool) -> None:
    """The old content or the new one, an exception unless all is well, and no litter once the disk works again."""
    healthy = Watched(pieces=100)
    write(file, OLD, NEW, file.parent, system=healthy)
    assert {name for name, _ in healthy.made} >= {"open", "write", "fsync", "replace", "chmod"}
    for at, (name, _) in enumerate(healthy.made):
        file.write_bytes(OLD)
        try:
            write(file, OLD, NEW, file.parent, system=Watched(failing(at, number, on=on), pieces=100))
        except Refused as refusal:
            content = NEW if "is written, but" in str(refusal) else OLD
        else:
            content = NEW
        assert file.read_bytes() == content, (at, name)
        if not on:
            assert names(file.parent) == ["config.yaml"], (at, name)
        now = file.read_bytes()
        write(file, now, now, file.parent)
        assert names(file.parent) == ["config.yaml"], (at, name)


# --- several files ------------------------------------------------------------------------------------------------


@pytest.fixture
def pair(file: Path) -> list[Change]:
    second = file.with_name(".env")
    second.write_bytes(b"A=1\n")
    root = file.parent
    made = Change(root / ".gitignore", None, b".env\n", root)
    return [Change(file, OLD, NEW, root), Change(second, b"A=1\n", b"A=2\n", root), made]


def states(steps: list[Change]) -> list[State]:
    return [step.state() for step in steps]


def test_all_are_written(pair: list[Change]) -> None:
    assert states(pair) == [State.BEFORE] * 3
    apply_all(pair)
    assert states(pair) == [State.AFTER] * 3


def test_none_is_written_when_one_is_refused_beforehand(pair: list[Change]) -> None:
    pair[1].path.write_bytes(b"A=3\n")
    watched = Watched()
    with pytest.raises(Refused, match=r"\.env was changed since it was read"):
        apply_all(pair, system=watched)
    assert watched.count("write") == 0
    assert states(pair) == [State.BEFORE, State.OTHER, State.BEFORE]


def test_the_same_file_twice_is_refused(pair: list[Change]) -> None:
    with pytest.raises(Refused, match="changed twice"):
        apply_all([pair[0], *pair])
    assert states(pair) == [State.BEFORE] * 3


def test_whichever_call_fails_all_are_written_or_none(pair: list[Change]) -> None:
    healthy = Watched()
    apply_all(pair, system=healthy)
    for at, (name, _) in enumerate(healthy.made):
        for step in pair:
            if step.state() is State.AFTER:
                step.revert()
        try:
            apply_all(pair, system=Watched(failing(at)))
        except Refused:
            assert states(pair) == [State.BEFORE] * 3, (at, name)
        else:
            assert states(pair) == [State.AFTER] * 3, (at, name)


def test_what_cannot_be_put_back_is_named(pair: list[Change]) -> None:
    healthy = Watched()
    apply_all(pair, system=healthy)
    for step in pair:
        step.revert()
    second = [index for index, (name, _) in enumerate(healthy.made) if name == "replace"][1]
    with pytest.raises(HalfDone, match=r"could not be put back: .*config\.yaml") as failure:
        apply_all(pair, system=Watched(failing(second, on=True)))
    assert "the disk reports an error" in str(failure.value)
    assert states(pair) == [State.AFTER, State.BEFORE, State.BEFORE]


def test_an_interruption_puts_back_too(pair: list[Change]) -> None:
    def interrupt(_: int, name: str) -> None:
        if name == "replace" and watched.count("replace") == 2:
            raise KeyboardInterrupt

    watched = Watched(interrupt)
    with pytest.raises(KeyboardInterrupt):
        apply_all(pair, system=watched)
    assert states(pair) == [State.BEFORE] * 3


def test_all_calls_that_change_something_go_through_the_one_place() -> None:
    assert all(hasattr(System, name) for name in CHANGING if hasattr(os, name))
