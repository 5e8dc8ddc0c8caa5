"""Directories, modes and owners: made, taken back, and refused where somebody else's things would be touched."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from doctor.fixing import path_edits
from doctor.fixing.owners import ChangeOwner
from doctor.fixing.paths import ChangeMode, MakeDirectory
from doctor.fixing.removing import MARK, Remove
from doctor.fixing.steps import State, Step, apply_all
from doctor.fixing.system import System
from doctor.fixing.text import Refused
from doctor.model import Action
from tests.fixing.faults import Watched, failing, failing_from, unflushed

pytestmark = pytest.mark.skipif(os.name == "nt", reason="modes and owners of POSIX")
root_only = pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="needs root")

UID = -1 if os.name == "nt" else os.geteuid()


class Somebody(System):
    """Calls of a user without rights, who owns nothing."""

    def user(self) -> int:
        return 54321


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(params=[0o022, 0o077, 0o000])
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


# --- making -------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("umask")
def test_a_directory_and_those_above_it_are_made_and_removed_again(tmp_path: Path) -> None:
    path = tmp_path / "batch_embeddings" / "input"
    step = MakeDirectory.plan(path, UID)
    assert step.state() is State.BEFORE
    step.apply()
    assert step.state() is State.AFTER
    assert mode(path) == mode(path.parent) == 0o750
    assert step.revert() is None
    assert list(tmp_path.iterdir()) == []


def test_only_what_is_missing_is_made(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    step = MakeDirectory.plan(tmp_path / "input", UID)
    step.apply()
    assert mode(tmp_path) == 0o755
    step.revert()
    assert tmp_path.is_dir()


def test_two_directories_with_a_common_parent_are_made_and_removed(tmp_path: Path) -> None:
    both = [MakeDirectory.plan(tmp_path / "batch" / name, UID) for name in ("input", "output")]
    apply_all(both)
    assert sorted(each.name for each in (tmp_path / "batch").iterdir()) == ["input", "output"]
    assert [step.revert() for step in reversed(both)] == [None, None]
    assert list(tmp_path.iterdir()) == []


def test_two_directories_with_a_common_parent_are_made_or_none(tmp_path: Path) -> None:
    both = [MakeDirectory.plan(tmp_path / "batch" / name, UID) for name in ("input", "output")]
    healthy = Watched()
    apply_all(both, system=healthy)
    for step in reversed(both):
        step.revert()
    for at, (name, _) in enumerate(healthy.made):
        try:
            apply_all(both, system=Watched(failing(at)))
        except Refused:
            assert list(tmp_path.iterdir()) == [], (at, name)
        for step in reversed(both):
            step.revert()


def test_what_is_in_use_by_now_is_left_and_said(tmp_path: Path) -> None:
    step = MakeDirectory.plan(tmp_path / "batch" / "input", UID)
    step.apply()
    (tmp_path / "batch" / "input" / "a.jsonl").touch()
    assert "is left as it is: it is not empty" in (step.revert() or "")
    assert (tmp_path / "batch" / "input" / "a.jsonl").exists()


def test_nothing_is_left_of_a_directory_that_could_not_be_made(tmp_path: Path) -> None:
    step = MakeDirectory.plan(tmp_path / "batch" / "input", UID)
    healthy = Watched()
    step.apply(healthy)
    step.revert()
    for at, (name, _) in enumerate(healthy.made):
        try:
            step.apply(Watched(failing(at)))
        except (Refused, OSError):
            assert list(tmp_path.iterdir()) == [], (at, name)
        else:
            step.revert()


def test_the_names_of_directories_are_flushed(tmp_path: Path) -> None:
    watched = Watched()
    MakeDirectory.plan(tmp_path / "batch" / "input", UID).apply(watched)
    assert unflushed(watched.made) == []


def test_no_directory_for_another_user(tmp_path: Path) -> None:
    step = MakeDirectory.plan(tmp_path / "input", UID + 1)
    with pytest.raises(Refused, match=rf"sudo install -d -o {UID + 1} -m 750 "):
        step.apply()
    assert list(tmp_path.iterdir()) == []


def test_no_directory_where_something_is_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "nowhere").symlink_to("gone")
    for path, says in [
        (tmp_path / "file" / "input", "is not a directory"),
        (tmp_path / "file", "is there by now"),
        (tmp_path / "nowhere", "is there by now"),
        (tmp_path / "nowhere" / "input", "is not a directory"),
    ]:
        with pytest.raises(Refused, match=says):
            MakeDirectory.plan(path, UID).apply()
    assert not (tmp_path / "gone").exists()


def test_a_directory_that_appeared_is_not_ours(tmp_path: Path) -> None:
    step = MakeDirectory.plan(tmp_path / "input", UID)
    (tmp_path / "input").mkdir(mode=0o700)
    with pytest.raises(Refused, match="is there by now"):
        step.apply()
    assert mode(tmp_path / "input") == 0o700


@root_only
def test_a_link_of_another_user_is_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    link = tmp_path / "batch"
    link.symlink_to(elsewhere)
    MakeDirectory.plan(link / "ours", UID).apply()
    os.chown(link, 1234, 1234, follow_symlinks=False)
    with pytest.raises(Refused, match="a link that belongs to uid 1234"):
        MakeDirectory.plan(link / "input", UID).apply()
    (elsewhere / "run.sh").touch()
    with pytest.raises(Refused, match="a link that belongs to uid 1234"):
        ChangeMode.plan(link / "run.sh", add=0o100)
    assert [each.name for each in elsewhere.iterdir() if each.is_dir()] == ["ours"]


# --- mode ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("before", "after"), [(0o644, 0o744), (0o600, 0o700), (0o200, 0o300)])
def test_a_file_is_made_executable_and_put_back(tmp_path: Path, before: int, after: int) -> None:
    script = tmp_path / "check_jobs.sh"
    script.write_text("#!/bin/sh\n")
    script.chmod(before)
    step = ChangeMode.plan(script, add=0o100)
    step.apply()
    assert mode(script) == after
    assert step.state() is State.AFTER
    step.revert()
    assert mode(script) == before
    assert step.state() is State.BEFORE


def test_a_mode_that_is_another_one_by_now_is_left(tmp_path: Path) -> None:
    script = tmp_path / "check_jobs.sh"
    script.touch(mode=0o644)
    step = ChangeMode.plan(script, add=0o100)
    script.chmod(0o600)
    assert step.state() is State.OTHER
    with pytest.raises(Refused, match="has mode 0600 by now, not 0644"):
        step.apply()


def test_a_link_or_nothing_has_no_mode_to_change(tmp_path: Path) -> None:
    (tmp_path / "target").touch(mode=0o644)
    (tmp_path / "link").symlink_to("target")
    with pytest.raises(Refused, match="is a symbolic link"):
        ChangeMode.plan(tmp_path / "link", add=0o100)
    with pytest.raises(Refused, match="is not there"):
        ChangeMode.plan(tmp_path / "gone", add=0o100)
    assert mode(tmp_path / "target") == 0o644


def test_the_mode_of_somebody_elses_file_is_left(tmp_path: Path) -> None:
    (tmp_path / "target").touch(mode=0o644)
    step = ChangeMode.plan(tmp_path / "target", add=0o100)
    with pytest.raises(Refused, match=f"belongs to uid {UID}, who alone"):
        step.apply(Somebody())


@pytest.mark.parametrize("call", ["chmod", "open"])
def test_a_mode_that_cannot_be_changed_is_said(tmp_path: Path, call: str) -> None:
    (tmp_path / "target").touch(mode=0o644)
    step = ChangeMode.plan(tmp_path / "target", add=0o100)
    with pytest.raises(Refused, match=r"cannot be changed: the file system is read-only\."):
        step.apply(Watched(failing_from(call, errno.EROFS)))


# --- owner --------------------------------------------------------------------------------------------------------


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    top = tmp_path / "output"
    (top / "deep").mkdir(parents=True)
    (top / "a.jsonl").touch()
    (top / "deep" / "b.jsonl").touch()
    (tmp_path / "outside").touch()
    (top / "link").symlink_to(tmp_path / "outside")
    return top


def owners(top: Path) -> dict[str, int]:
    return {each.name: each.lstat().st_uid for each in (top, *top.rglob("*"))}


@root_only
def test_a_tree_changes_its_owner_and_gets_it_back(tree: Path) -> None:
    os.chown(tree / "a.jsonl", 77, 78)
    before = owners(tree)
    step = ChangeOwner.plan(tree, 1234, 1234)
    assert step.state() is State.BEFORE
    step.apply()
    assert set(owners(tree).values()) == {1234}
    assert (tree.parent / "outside").stat().st_uid == 0
    assert step.state() is State.AFTER
    (tree / "new").touch()
    assert step.revert() is None
    assert owners(tree) == {**before, "new": 0}
    assert step.state() is State.BEFORE


@root_only
def test_a_tree_that_is_half_done_is_put_back(tree: Path) -> None:
    step = ChangeOwner.plan(tree, 1234, 1234)
    healthy = Watched()
    apply_all([step], system=healthy)
    step.revert()
    assert healthy.count("chown") > 3
    for at, (name, _) in enumerate(healthy.made):
        if name == "chown":
            with pytest.raises(Refused, match="cannot be changed"):
                apply_all([step], system=Watched(failing(at, errno.EROFS)))
            assert step.state() is State.BEFORE


@root_only
def test_what_belongs_to_a_third_one_by_now_is_left(tree: Path) -> None:
    step = ChangeOwner.plan(tree, 1234, 1234)
    os.chown(tree / "a.jsonl", 99, 99)
    assert step.state() is State.OTHER
    with pytest.raises(Refused, match="belongs to somebody else by now"):
        step.apply()


def test_only_root_may_change_an_owner(tree: Path) -> None:
    step = ChangeOwner.plan(tree, 1234, 1234)
    with pytest.raises(Refused, match=rf"sudo chown -R 1234:1234 {tree}"):
        step.apply(Somebody())
    assert step.state() is State.BEFORE


def test_a_second_name_elsewhere_is_not_given_away(tree: Path) -> None:
    (tree / "shadow").hardlink_to(tree.parent / "outside")
    with pytest.raises(Refused, match="has a second name"):
        ChangeOwner.plan(tree, 1234, 1234)


def test_a_link_is_no_tree(tree: Path) -> None:
    link = tree.parent / "other"
    link.symlink_to(tree)
    with pytest.raises(Refused, match="is a symbolic link"):
        ChangeOwner.plan(link, 1234, 1234)


# --- removing -----------------------------------------------------------------------------------------------------


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    made = tmp_path / "codechunking-workspace"
    made.mkdir(mode=0o750)
    return made


def test_an_empty_leftover_is_removed_and_made_again(workspace: Path) -> None:
    leftover = workspace / "message"
    leftover.mkdir(mode=0o710)
    step = Remove.plan(leftover, workspace)
    step.apply()
    assert list(workspace.iterdir()) == []
    assert step.state() is State.AFTER
    assert step.revert() is None
    assert mode(leftover) == 0o710


def test_a_leftover_that_holds_something_is_moved_aside_and_back(workspace: Path) -> None:
    leftover = workspace / "message"
    leftover.mkdir()
    (leftover / "clone").touch()
    step = Remove.plan(leftover, workspace)
    step.apply()
    assert not leftover.exists()
    [aside] = workspace.iterdir()
    assert MARK in aside.name
    assert step.state() is State.AFTER
    assert step.revert() is None
    assert (leftover / "clone").exists()
    assert step.state() is State.BEFORE


def test_the_workspace_itself_may_be_removed_also_where_it_is_a_file(tmp_path: Path) -> None:
    workspace = tmp_path / "codechunking-workspace"
    workspace.write_text("?")
    step = Remove.plan(workspace, workspace)
    step.apply()
    assert not workspace.exists()
    step.revert()
    assert workspace.read_text() == "?"


def test_a_link_that_is_the_workspace_is_moved_and_not_what_it_leads_to(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    workspace = tmp_path / "codechunking-workspace"
    workspace.symlink_to(precious)
    Remove.plan(workspace, workspace).apply()
    assert precious.is_dir()
    assert not os.path.lexists(workspace)


def test_what_the_worker_made_anew_is_left(workspace: Path) -> None:
    (workspace / "clone").touch()
    step = Remove.plan(workspace, workspace)
    step.apply()
    workspace.mkdir()
    assert "is there anew; what was there before is" in (step.revert() or "")
    assert step.aside is not None
    assert (step.aside / "clone").exists()


def test_what_was_deleted_since_is_said(workspace: Path) -> None:
    (workspace / "clone").touch()
    step = Remove.plan(workspace, workspace)
    step.apply()
    assert step.aside is not None
    (step.aside / "clone").unlink()
    step.aside.rmdir()
    assert "cannot be put back" in (step.revert() or "")


def test_nothing_outside_the_workspace_is_removed(workspace: Path, tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (workspace / "link").symlink_to(tmp_path)
    for path in (
        tmp_path / "precious",
        tmp_path,
        workspace / "link" / "precious",
        workspace / ".." / "precious",
        tmp_path / "codechunking-workspace-2",
    ):
        with pytest.raises(Refused, match="is not in"):
            Remove.plan(path, workspace)
    assert (tmp_path / "precious").is_dir()


def test_what_belongs_to_somebody_else_is_left(workspace: Path) -> None:
    (workspace / "message").mkdir()
    with pytest.raises(Refused, match="who alone may remove it"):
        Remove.plan(workspace / "message", workspace, system=Somebody())


def test_something_else_of_the_same_name_is_left(workspace: Path) -> None:
    leftover = workspace / "message"
    leftover.mkdir()
    (leftover / "a").touch()
    step = Remove.plan(leftover, workspace)
    leftover.rename(workspace / "other")
    leftover.mkdir()
    with pytest.raises(Refused, match="is not there any more"):
        step.apply()


# --- as edits -----------------------------------------------------------------------------------------------------


def test_edits_become_steps(tmp_path: Path, workspace: Path) -> None:
    (tmp_path / "run.sh").touch(mode=0o644)
    edits = [
        path_edits.make_directory("batch/input"),
        path_edits.change_mode("run.sh", 0o644, 0o744),
        path_edits.remove(str(workspace), 0o750),
    ]
    assert [(edit.key, edit.before, edit.after) for edit in edits] == [
        ("directory", None, "0750"),
        ("mode", "0644", "0744"),
        ("directory", "0750", None),
    ]
    steps: list[Step] = [path_edits.step(edit, tmp_path, uid=UID, workspace=workspace) for edit in edits]
    apply_all(steps)
    assert mode(tmp_path / "batch" / "input") == 0o750
    assert mode(tmp_path / "run.sh") == 0o744
    assert not workspace.exists()


def test_an_edit_of_the_owner(tree: Path) -> None:
    edit = path_edits.change_owner(str(tree), (0, 0), (1234, 2345))
    assert (edit.action, edit.before, edit.after) == (Action.OWNER, "0:0", "1234:2345")
    step = path_edits.step(edit, tree, uid=UID, workspace=tree)
    assert isinstance(step, ChangeOwner)
    assert (step.uid, step.gid) == (1234, 2345)


@pytest.mark.parametrize("kind", ["directory", "mode", "owner", "removed"])
def test_a_record_is_enough(tmp_path: Path, workspace: Path, kind: str) -> None:
    (tmp_path / "run.sh").touch(mode=0o644)
    steps: dict[str, MakeDirectory | ChangeMode | ChangeOwner | Remove] = {
        "directory": MakeDirectory.plan(tmp_path / "a" / "b", UID),
        "mode": ChangeMode.plan(tmp_path / "run.sh", add=0o100),
        "owner": ChangeOwner.plan(tmp_path, 1, 2),
        "removed": Remove.plan(workspace, workspace),
    }
    step = steps[kind]
    assert step.record()["kind"] == kind
    assert type(step).restored(step.record()) == step
