"""What a fix changed comes back, and nothing else is touched; also when the fix or the undo was cut off anywhere."""

from __future__ import annotations

import errno
import json
import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from doctor.fixing import store
from doctor.fixing.backup import MANIFEST, perform, take_back, undo
from doctor.fixing.changes import Change
from doctor.fixing.paths import ChangeMode, MakeDirectory
from doctor.fixing.steps import HalfDone, State, Step
from doctor.fixing.text import Refused
from tests.fixing.faults import Watched, failing, failing_from, unflushed

pytestmark = pytest.mark.skipif(os.name == "nt", reason="modes and owners of POSIX")

SECRET = b"GEMINI_API_KEY=AIzaSy-not-a-real-key\n"
NEWER = SECRET + b"CODECHUNK_LOG_LEVEL=debug\n"
CONFIG = b"gemini:\n  batch:\n    enabled: false\n"
FIXED = b"gemini:\n  batch:\n    enabled: true\n"


@pytest.fixture
def tmp_path(tmp_path: Path) -> Iterator[Path]:
    """In memory where that can be: flushing a disk hundreds of times takes minutes, and proves nothing here."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "checkout"
    made.mkdir()
    (made / ".env").write_bytes(SECRET)
    (made / ".env").chmod(0o600)
    (made / "config.yaml").write_bytes(CONFIG)
    (made / "run.sh").touch(mode=0o644)
    return made


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {"XDG_STATE_HOME": str(tmp_path / "state"), "LOCALAPPDATA": str(tmp_path / "state")}


def steps(root: Path) -> list[Step]:
    return [
        Change(root / "config.yaml", CONFIG, FIXED, root),
        Change(root / ".env", SECRET, NEWER, root),
        Change(root / ".gitignore", None, b".env\n", root),
        MakeDirectory.plan(root / "batch" / "input", os.geteuid()),
        ChangeMode.plan(root / "run.sh", add=0o100),
    ]


def snapshot(root: Path) -> dict[str, tuple[int, bytes]]:
    """All paths below the directory with their modes and contents."""
    return {
        str(each.relative_to(root)): (each.stat().st_mode, each.read_bytes() if each.is_file() else b"")
        for each in sorted(root.rglob("*"))
    }


# --- there and back -----------------------------------------------------------------------------------------------


def test_a_fix_and_back(root: Path, environment: dict[str, str]) -> None:
    before = snapshot(root)
    perform(root, steps(root), environment=environment)
    assert (root / "config.yaml").read_bytes() == FIXED
    assert (root / "batch" / "input").is_dir()
    undone = undo(root, environment=environment)
    assert snapshot(root) == before
    assert {each.name for each in undone.restored} == {"config.yaml", ".env", ".gitignore", "input", "run.sh"}
    assert undone.left == ()
    assert store.kept(store.folder_of(root, environment)) == []


def test_nothing_to_do_leaves_no_backup(root: Path, environment: dict[str, str], tmp_path: Path) -> None:
    assert perform(root, [], environment=environment) is None
    assert not (tmp_path / "state").exists()


def test_an_undo_at_a_time(root: Path, environment: dict[str, str]) -> None:
    config = root / "config.yaml"
    for before, after in [(CONFIG, b"a: 1\n"), (b"a: 1\n", b"a: 2\n"), (b"a: 2\n", b"a: 3\n")]:
        perform(root, [Change(config, before, after, root)], environment=environment)
    for content in (b"a: 2\n", b"a: 1\n", CONFIG):
        undo(root, environment=environment)
        assert config.read_bytes() == content
    with pytest.raises(Refused, match="There is no fix of"):
        undo(root, environment=environment)


def test_the_mode_that_a_file_got_since_is_kept(root: Path, environment: dict[str, str]) -> None:
    perform(root, [Change(root / ".env", SECRET, NEWER, root)], environment=environment)
    (root / ".env").chmod(0o400 if os.geteuid() == 0 else 0o600)
    mode = (root / ".env").stat().st_mode
    undo(root, environment=environment)
    assert ((root / ".env").read_bytes(), (root / ".env").stat().st_mode) == (SECRET, mode)


def test_other_installations_are_not_taken_back(root: Path, environment: dict[str, str], tmp_path: Path) -> None:
    perform(root, steps(root), environment=environment)
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(Refused, match="There is no fix of"):
        undo(other, environment=environment)
    (tmp_path / "link").symlink_to(root)
    undo(tmp_path / "link", environment=environment)
    assert (root / "config.yaml").read_bytes() == CONFIG


def test_what_was_put_back_by_hand_is_no_obstacle(root: Path, environment: dict[str, str]) -> None:
    before = snapshot(root)
    perform(root, steps(root), environment=environment)
    (root / "config.yaml").write_bytes(CONFIG)
    undone = undo(root, environment=environment)
    assert root / "config.yaml" not in undone.restored
    assert snapshot(root) == before


def test_a_fix_of_which_nothing_is_left_is_forgotten(root: Path, environment: dict[str, str]) -> None:
    perform(root, [Change(root / "config.yaml", CONFIG, FIXED, root)], environment=environment)
    (root / "config.yaml").write_bytes(CONFIG)
    undone = undo(root, environment=environment)
    assert (undone.restored, undone.left) == ((), ())
    assert store.kept(store.folder_of(root, environment)) == []


def test_a_directory_in_use_stays_and_is_said(root: Path, environment: dict[str, str]) -> None:
    perform(root, steps(root), environment=environment)
    (root / "batch" / "input" / "a.jsonl").touch()
    undone = undo(root, environment=environment)
    assert "is left as it is: it is not empty" in undone.left[0]
    assert (root / "config.yaml").read_bytes() == CONFIG


def test_a_fix_that_did_not_take_is_taken_back(root: Path, environment: dict[str, str]) -> None:
    before = snapshot(root)
    perform(root, [Change(root / "config.yaml", CONFIG, b"a: 1\n", root)], environment=environment)
    first = snapshot(root)
    made = [Change(root / "config.yaml", b"a: 1\n", FIXED, root), *steps(root)[1:]]
    backup = perform(root, made, environment=environment)
    assert backup is not None
    take_back(backup)
    assert snapshot(root) == first
    undo(root, environment=environment)
    assert snapshot(root) == before


# --- the backup itself --------------------------------------------------------------------------------------------


def test_a_backup_is_closed_to_others_and_says_what_was(root: Path, environment: dict[str, str]) -> None:
    before = os.umask(0)
    try:
        backup = perform(root, steps(root), environment=environment)
    finally:
        os.umask(before)
    assert backup is not None
    for folder in (backup, backup.parent, backup.parent.parent, backup.parent.parent.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(each.stat().st_mode) for each in backup.iterdir()} == {0o600}
    text = (backup / MANIFEST).read_text()
    assert "AIza" not in text
    config, env, ignore, directory, mode = json.loads(text)["steps"]
    assert (config["kind"], config["path"]) == ("file", str(root / "config.yaml"))
    assert (env["mode"], env["owner"]) == ("0600", f"{os.geteuid()}:{(root / '.env').stat().st_gid}")
    assert (backup / env["copy"]).read_bytes() == SECRET
    assert ignore["before"] is None
    assert directory["kind"] == "directory"
    assert (mode["before"], mode["after"]) == (0o644, 0o744)


def test_the_last_ten_are_kept(root: Path, environment: dict[str, str]) -> None:
    for number in range(13):
        before = CONFIG if number == 0 else b"a: %d\n" % (number - 1)
        perform(root, [Change(root / "config.yaml", before, b"a: %d\n" % number, root)], environment=environment)
    folder = store.folder_of(root, environment)
    assert len(list(folder.iterdir())) == len(store.kept(folder)) == 10
    undo(root, environment=environment)
    assert (root / "config.yaml").read_bytes() == b"a: 11\n"


def test_the_newest_is_the_newest_also_when_the_clock_was_put_back(root: Path, environment: dict[str, str]) -> None:
    first = perform(root, [Change(root / "config.yaml", CONFIG, b"a: 1\n", root)], environment=environment)
    assert first is not None
    first.rename(first.with_name("29991231T235959.999999Z"))
    perform(root, [Change(root / "config.yaml", b"a: 1\n", b"a: 2\n", root)], environment=environment)
    undo(root, environment=environment)
    assert (root / "config.yaml").read_bytes() == b"a: 1\n"


def test_no_backup_in_the_checkout(root: Path, environment: dict[str, str]) -> None:
    before = snapshot(root)
    (root.parent / "state").symlink_to(root)
    for place in (root, root / "deep" / "state", root.parent / "state"):
        with pytest.raises(Refused, match="may not be kept in the checkout"):
            perform(root, steps(root), environment={"XDG_STATE_HOME": str(place)})
    with pytest.raises(Refused, match="may not be kept in the checkout"):
        perform(root, steps(root), environment={"HOME": str(root)})
    assert snapshot(root) == before


def test_a_relative_place_does_not_count(root: Path, tmp_path: Path) -> None:
    folder = store.folder_of(root, {"XDG_STATE_HOME": "state", "HOME": str(tmp_path)})
    assert folder.parent == tmp_path / ".local" / "state" / "codechunk-doctor" / "backups"


def test_nothing_is_changed_when_no_backup_can_be_kept(root: Path, environment: dict[str, str], tmp_path: Path) -> None:
    before = snapshot(root)
    (tmp_path / "state").write_text("a file")
    with pytest.raises(Refused, match="No backup can be kept in"):
        perform(root, steps(root), environment=environment)
    assert snapshot(root) == before


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="needs root")
def test_a_place_of_another_user_is_not_trusted(root: Path, environment: dict[str, str], tmp_path: Path) -> None:
    perform(root, steps(root), environment=environment)
    place = tmp_path / "state" / "codechunk-doctor" / "backups"
    os.chown(place, 1234, 1234)
    with pytest.raises(Refused, match="it belongs to uid 1234"):
        undo(root, environment=environment)
    assert (root / "config.yaml").read_bytes() == FIXED


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_a_full_disk_stops_the_backup_and_the_fix(root: Path, environment: dict[str, str], number: int) -> None:
    before = snapshot(root)
    with pytest.raises(Refused, match=r"No backup can be kept in .* Nothing was changed\."):
        perform(root, steps(root), environment=environment, system=Watched(failing_from("write", number)))
    assert snapshot(root) == before
    assert list(store.folder_of(root, environment).iterdir()) == []


def test_a_backup_that_was_cut_off_does_not_count_and_is_removed(root: Path, environment: dict[str, str]) -> None:
    perform(root, steps(root), environment=environment)
    folder = store.folder_of(root, environment)
    partial = folder / f"29990101T000000.000000Z{store.PARTIAL}"
    partial.mkdir()
    (partial / "0").write_bytes(SECRET)
    undo(root, environment=environment)
    assert list(folder.iterdir()) == []
    assert (root / "config.yaml").read_bytes() == CONFIG


def test_only_one_at_a_time(root: Path, environment: dict[str, str]) -> None:
    before = snapshot(root)
    folder = store.folder_of(root, environment)
    store.prepare(folder)
    with store.held(folder), pytest.raises(Refused, match="Another fix of this installation is going on"):
        perform(root, steps(root), environment=environment)
    assert snapshot(root) == before
    perform(root, steps(root), environment=environment)
    with store.held(folder), pytest.raises(Refused, match="Another fix of this installation is going on"):
        undo(root, environment=environment)


# --- refused ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["config.yaml", ".env", ".gitignore"])
def test_a_file_that_was_changed_since_stops_the_undo(root: Path, environment: dict[str, str], name: str) -> None:
    perform(root, steps(root), environment=environment)
    with (root / name).open("ab") as file:
        file.write(b"# mine\n")
    before = snapshot(root)
    with pytest.raises(Refused, match=rf"{name} was changed after the fix; nothing is taken back"):
        undo(root, environment=environment)
    assert snapshot(root) == before
    assert len(store.kept(store.folder_of(root, environment))) == 1


def test_a_file_that_leads_elsewhere_by_now_stops_the_undo(root: Path, environment: dict[str, str]) -> None:
    perform(root, steps(root), environment=environment)
    outside = root.parent / "outside"
    outside.write_bytes(FIXED)
    (root / "config.yaml").unlink()
    (root / "config.yaml").symlink_to(outside)
    with pytest.raises(Refused, match="leads out of"):
        undo(root, environment=environment)
    assert outside.read_bytes() == FIXED


def spoilt(manifest: str) -> list[str]:
    data = json.loads(manifest)
    data["steps"][0].pop("copy")
    other = json.loads(manifest)
    other["steps"][0]["kind"] = "surprise"
    return ["", "[]", "null", manifest[:50], '{"schema": 1}', json.dumps(data), json.dumps(other)]


def test_a_damaged_backup_is_refused_and_changes_nothing(root: Path, environment: dict[str, str]) -> None:
    backup = perform(root, steps(root), environment=environment)
    assert backup is not None
    before = snapshot(root)
    manifest = (backup / MANIFEST).read_text()
    for text in spoilt(manifest):
        (backup / MANIFEST).write_text(text)
        with pytest.raises(Refused, match=r"is damaged|another version"):
            undo(root, environment=environment)
    (backup / MANIFEST).write_text(manifest)
    (backup / "0").write_bytes(b"something else")
    with pytest.raises(Refused, match="0 is not what was kept"):
        undo(root, environment=environment)
    (backup / "0").unlink()
    with pytest.raises(Refused, match="it is not there"):
        undo(root, environment=environment)
    assert snapshot(root) == before


# --- cut off at any point -----------------------------------------------------------------------------------------


def test_the_backup_is_flushed_before_anything_is_changed(root: Path, environment: dict[str, str]) -> None:
    watched = Watched()
    backup = perform(root, steps(root), environment=environment, system=watched)
    assert unflushed(watched.made) == []
    named = [arguments[1] for name, arguments in watched.made if name == "replace"]
    assert named[0] == backup
    assert set(named[1:]) == {root / "config.yaml", root / ".env", root / ".gitignore"}


@pytest.mark.slow
def test_whichever_call_fails_all_is_changed_or_nothing(root: Path, environment: dict[str, str]) -> None:
    before = snapshot(root)
    healthy = Watched()
    perform(root, steps(root), environment=environment, system=healthy)
    after = snapshot(root)
    undo(root, environment=environment)
    for at, (name, _) in enumerate(healthy.made):
        try:
            perform(root, steps(root), environment=environment, system=Watched(failing(at)))
        except Refused:
            assert snapshot(root) == before, (at, name)
        else:
            assert snapshot(root) == after, (at, name)
            undo(root, environment=environment)
    assert snapshot(root) == before


@pytest.mark.slow
def test_whichever_call_fails_the_undo_can_be_repeated(root: Path, environment: dict[str, str]) -> None:
    before = snapshot(root)
    perform(root, steps(root), environment=environment)
    healthy = Watched()
    undo(root, environment=environment, system=healthy)
    for at, (name, _) in enumerate(healthy.made):
        perform(root, steps(root), environment=environment)
        try:
            undo(root, environment=environment, system=Watched(failing(at)))
        except Refused:
            if store.kept(store.folder_of(root, environment)):
                undo(root, environment=environment)
        assert snapshot(root) == before, (at, name)


def test_when_the_disk_dies_the_backup_stays(root: Path, environment: dict[str, str]) -> None:
    before = snapshot(root)
    healthy = Watched()
    perform(root, steps(root), environment=environment, system=healthy)
    undo(root, environment=environment)
    third = [index for index, (name, _) in enumerate(healthy.made) if name == "replace"][2]
    with pytest.raises(HalfDone, match="could not be put back"):
        perform(root, steps(root), environment=environment, system=Watched(failing(third, on=True)))
    assert snapshot(root) != before
    undo(root, environment=environment)
    assert snapshot(root) == before


KILLED = """
import json, os, random, signal, sys, time
from pathlib import Path
from doctor.fixing.backup import perform, undo
from tests.fixing.faults import Watched, killed
from tests.fixing import test_backup as this

root, environment = Path(sys.argv[1]), json.loads(sys.argv[2])
before = this.snapshot(root)
seen = {"killed": 0, "old": 0, "new": 0, "mixed": 0, "litter": 0}

def child(work):
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(0)
    return pid

def judge(pid):
    _, status = os.waitpid(pid, 0)
    now = this.snapshot(root)
    for name, old, new in (("config.yaml", this.CONFIG, this.FIXED), (".env", this.SECRET, this.NEWER)):
        assert now[name][1] in (old, new), name
        assert now[name][0] == before[name][0], name
    files = {name for name in now if os.path.basename(name).startswith(".")} - {".env", ".gitignore"}
    assert all(".codechunk-doctor-" in name for name in files), files
    assert len(files) < 2, files
    seen["litter"] += len(files)
    seen["killed"] += os.WIFSIGNALED(status)
    seen["new" if now["config.yaml"][1] == this.FIXED else "old"] += 1
    seen["mixed"] += (now["config.yaml"][1] == this.FIXED) != (now[".env"][1] == this.NEWER)
    return os.WIFSIGNALED(status)

def back():
    try:
        undo(root, environment=environment)
    except this.Refused as error:
        assert "There is no fix" in str(error), error
    assert this.snapshot(root) == before, this.snapshot(root)

def at_every_call(work, prepare):
    at = 0
    while True:
        prepare()
        if not judge(child(lambda: work(Watched(killed(at), pieces=500)))):
            back()
            return at
        back()
        at += 1

fix = lambda system: perform(root, this.steps(root), environment=environment, system=system)
calls = at_every_call(fix, lambda: None)
undos = at_every_call(lambda system: undo(root, environment=environment, system=system), lambda: fix(Watched()))

def over_and_over():
    while True:
        perform(root, this.steps(root), environment=environment)
        undo(root, environment=environment)

for _ in range(int(sys.argv[3])):
    pid = child(over_and_over)
    time.sleep(random.uniform(0.001, 0.02))
    os.kill(pid, signal.SIGKILL)
    judge(pid)
    back()
folder = this.store.folder_of(root, environment)
fix(Watched())
print(json.dumps(seen | {"calls": calls, "undos": undos, "kept": len(list(folder.iterdir()))}))
"""


@pytest.mark.slow
def test_killed_at_every_call_and_at_any_time(root: Path, environment: dict[str, str]) -> None:
    """A process of its own forks children that fix or undo, kills them, and looks at what they left."""
    arguments = [sys.executable, "-c", KILLED, str(root), json.dumps(environment), "40"]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["calls"] > 50
    assert seen["undos"] > 30
    assert seen["killed"] >= seen["calls"] + seen["undos"] + 40
    assert min(seen["old"], seen["new"], seen["litter"]) > 0
    assert seen["kept"] == 1


def test_states_are_told_apart(root: Path) -> None:
    change = Change(root / "config.yaml", CONFIG, FIXED, root)
    assert change.state() is State.BEFORE
    change.apply()
    assert change.state() is State.AFTER
    (root / "config.yaml").unlink()
    assert change.state() is State.OTHER
