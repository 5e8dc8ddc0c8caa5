"""Trying directories: what the worker may do there, and that nothing of the trial is left."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from doctor import probe
from doctor.facts import Access, Environment, Habitat, Known, Method, Variable, Worker
from doctor.model import Location
from doctor.sources import directories as module
from doctor.sources.directories import directories, look, touches
from doctor.target import Deadline, Target

pytestmark = [
    pytest.mark.slow,  # real directories, real users, and clocks to wait for
    pytest.mark.skipif(os.name == "nt", reason="directories are not tried on Windows"),
]

root_only = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root")
NOBODY = 65534
THEN = (10**18, 10**18 + 123_456_789)

BATCH = """
gemini: {{batch: {{enabled: {client}, input_dir: "{input}", output_dir: "{output}"}}}}
zoekt: {{concurrent_indexing: {{enabled: {indexing}}}, indexing: {{index_dir: "{index}"}}}}
"""


def here(uid=None, groups=None, **more):
    """A worker on this machine, as this user or another."""
    return Worker(
        Known.GIVEN,
        Habitat.HOST,
        uid=os.geteuid() if uid is None else uid,
        groups=groups if groups is not None else (os.getegid() if uid is None else uid,),
        **more,
    )


def variables(**values):
    return Environment({name: Variable(name, value, "shell", Location.env(name)) for name, value in values.items()})


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A directory that every user may pass through, with a workspace of its own."""
    monkeypatch.setattr(module, "WORKSPACE", str(tmp_path / "workspace"))
    for directory in (tmp_path, *tmp_path.parents):
        if directory == Path("/tmp") or directory.stat().st_uid != os.geteuid():
            break
        directory.chmod(0o755)
    return tmp_path


@pytest.fixture
def tried(place, resolved):
    """Run the source for these batch directories; the rest of the machine is kept out of it."""

    def run(input="in", output="out", worker=None, client="true", indexing="false", index="", env=None, target=None):
        text = BATCH.format(client=client, input=input, output=output, indexing=indexing, index=index)
        environment = variables(TMPDIR=str(place), **(env or {}))
        return directories.function(target or Target(place), worker or here(), environment, resolved(text), Deadline())

    yield run
    assert leftovers(place) == []


def leftovers(directory: Path) -> list[str]:
    """Probe files that were not removed."""
    return [str(path) for path in directory.rglob(probe.PREFIX + "*")]


def by_purpose(found):
    return {trial.purpose: trial for trial in found.trials}


# --- which directories -------------------------------------------------------------------------------------------


def test_with_the_batch_client_off_only_the_fixed_directories_are_tried(tried):
    assert [trial.purpose for trial in tried(client="false").trials] == ["workspace", "temp"]


def test_configured_directories_start_in_the_workers_directory(tried, place):
    found = by_purpose(tried("data/in", "/nowhere/out"))

    assert (found["batch input"].path, found["batch input"].given) == (str(place / "data/in"), "data/in")
    assert found["batch input"].shown == "data/in"
    assert found["batch output"].path == found["batch output"].shown == "/nowhere/out"
    assert found["batch input"].key == "gemini.batch.input_dir"


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ("data/in", "data/in"),
        ("./data/in", "data/in"),
        ("././in/./x", "in/x"),
        (".data/in", ".data/in"),
        ("../x", "../x"),
    ],
)
def test_what_stands_for_the_directory_itself_is_not_written(tried, place, given, path):
    found = by_purpose(tried(given))["batch input"]

    assert (found.path, found.given) == (f"{place}/{path}", given)


def test_a_running_worker_has_a_directory_of_its_own(tried, place):
    (place / "elsewhere").mkdir()
    process = Worker(
        Known.OBSERVED, Habitat.PROCESS, pid=7, uid=os.geteuid(), directory=str(place / "elsewhere"), started_at=1.0
    )

    assert by_purpose(tried("in", worker=process))["batch input"].path == str(place / "elsewhere" / "in")


def test_without_a_setting_they_lie_in_the_temporary_directory(tried, place):
    found = by_purpose(tried("", ""))

    assert found["batch input"].path == str(place / "batch_embeddings/input")
    assert found["batch output"].path == str(place / "batch_embeddings/output")
    assert found["batch input"].given == ""
    assert found["temp"].path == str(place)


def test_without_tmpdir_the_temporary_directory_is_that_of_go(place, resolved):
    found = directories.function(
        Target(place), here(), variables(), resolved("gemini: {batch: {enabled: true}}"), Deadline()
    )

    assert by_purpose(found)["batch input"].path == "/tmp/batch_embeddings/input"


@pytest.mark.parametrize(
    ("indexing", "index", "paths"),
    [("false", "idx", []), ("true", "", []), ("true", "idx", ["idx"])],
)
def test_the_index_counts_only_when_it_is_written(tried, indexing, index, paths):
    found = tried(indexing=indexing, index=index)

    assert [trial.shown for trial in found.purpose("index")] == paths


def test_directories_of_this_host_are_left_alone_when_the_worker_runs_in_a_container(tried, place):
    (place / "in").mkdir()
    os.utime(place / "in", ns=THEN)
    found = tried(worker=Worker(Known.GIVEN, Habitat.CONTAINER, name="w"))

    assert (found.trials, found.file_systems, found.leftovers) == ((), (), ())


def test_plan_names_the_directories(place, resolved):
    """Without touching one."""
    config = resolved('gemini: {batch: {enabled: true, input_dir: "data/in"}}')

    named = touches(Target(place), here(), variables(TMPDIR=str(place)), config).files

    assert named == ("data/in", "batch_embeddings/output", "workspace", ".")
    assert not (place / "data").exists()


# --- trying as this user -----------------------------------------------------------------------------------------


def test_an_existing_directory_is_really_written_to_and_left_as_it_was(tried, place, monkeypatch):
    """Times and entries are the same afterwards."""
    (place / "in").mkdir()
    (place / "in" / "b1.jsonl").write_text("x")
    os.utime(place / "in", ns=THEN)
    written = []
    monkeypatch.setattr(probe, "write_and_remove", _recorded(written))

    found = by_purpose(tried())["batch input"]

    assert (found.access, found.method, found.exists) == (Access.USABLE, Method.TRIED, True)
    assert str(place / "in") in written
    assert (place / "in").stat().st_mtime_ns == THEN[1]
    assert (place / "in").stat().st_atime_ns == THEN[0]
    assert [each.name for each in (place / "in").iterdir()] == ["b1.jsonl"]


def _recorded(into):
    original = probe.write_and_remove

    def record(directory):
        into.append(directory)
        original(directory)

    return record


def test_an_absent_directory_is_not_made(tried, place):
    """The nearest ancestor that exists is tried, its times are put back."""
    (place / "data").mkdir()
    os.utime(place / "data", ns=THEN)

    found = by_purpose(tried("data/deep/in"))["batch input"]

    assert (found.access, found.exists) == (Access.CREATABLE, False)
    assert list((place / "data").iterdir()) == []
    assert (place / "data").stat().st_mtime_ns == THEN[1]


def test_a_directory_is_tried_once(tried, place, monkeypatch):
    """Input, output and workspace all end at the same ancestor."""
    written = []
    monkeypatch.setattr(probe, "write_and_remove", _recorded(written))

    tried("a/in", "b/out")

    assert written == [str(place)]


def test_a_file_in_the_path_is_named(tried, place):
    (place / "data").write_text("")

    found = by_purpose(tried("data/in", "data"))

    assert found["batch input"].access is found["batch output"].access is Access.NOT_CREATABLE
    assert found["batch input"].obstacle == found["batch output"].obstacle == str(place / "data")
    assert found["batch input"].reason == "Not a directory"
    assert found["batch input"].obstacle_location.path == "data"


def test_links_are_followed(tried, place):
    (place / "real").mkdir()
    (place / "in").symlink_to("real")
    os.utime(place / "real", ns=THEN)

    assert by_purpose(tried())["batch input"].access is Access.USABLE
    assert (place / "real").stat().st_mtime_ns == THEN[1]


def test_a_link_to_nowhere_cannot_be_made(tried, place):
    (place / "in").symlink_to("gone")

    found = by_purpose(tried())["batch input"]

    assert (found.access, found.obstacle, found.reason) == (Access.NOT_CREATABLE, str(place / "in"), "File exists")
    assert not (place / "gone").exists()


def test_links_in_a_circle_are_named(tried, place):
    (place / "in").symlink_to("in")

    found = by_purpose(tried("in/x"))["batch input"]

    assert (found.access, found.reason) == (Access.NOT_CREATABLE, os.strerror(errno.ELOOP))


@pytest.mark.parametrize("name", ["x" * 300, "nul\\0byte"])
def test_names_that_no_system_takes(tried, name):
    assert by_purpose(tried(name))["batch input"].access is Access.NOT_CREATABLE


def test_the_directory_is_described(tried, place):
    (place / "in").mkdir(mode=0o750)
    (place / "in").chmod(0o750)

    found = by_purpose(tried())["batch input"]

    assert (found.mode, found.owner, found.group) == (0o750, os.geteuid(), (place / "in").stat().st_gid)
    assert found.as_uid == os.geteuid()
    assert found.listing.startswith("drwxr-x---")
    assert found.listing.endswith(str(place / "in"))


# --- nothing is left behind ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["rename", "unlink", "write", "fsync"])
@pytest.mark.parametrize("error", [OSError(errno.EDQUOT, "Disk quota exceeded"), KeyboardInterrupt()])
def test_whatever_fails_in_between_nothing_stays(place, monkeypatch, step, error):
    """The step fails once, cleaning up works again."""
    os.utime(place, ns=THEN)
    original, failures = getattr(os, step), [error]

    def fail_once(*arguments, **named):
        if failures:
            raise failures.pop()
        return original(*arguments, **named)

    monkeypatch.setattr(os, step, fail_once)
    trier = probe.Trier()
    if isinstance(error, KeyboardInterrupt):
        with pytest.raises(KeyboardInterrupt):
            trier(str(place))
    else:
        assert trier(str(place)).refusal == errno.EDQUOT

    assert list(place.iterdir()) == []
    assert place.stat().st_mtime_ns == THEN[1]


@pytest.mark.slow
def test_killed_at_any_moment_nothing_stays(place):
    """The file has no name any more when the slow steps begin."""
    script = (
        "import os, sys, time\nsys.path.insert(0, sys.argv[1])\nfrom doctor import probe\n"
        "os.fsync = lambda file: (print('slow', flush=True), time.sleep(60))\n"
        "probe.Trier()(sys.argv[2])\n"
    )
    command = [sys.executable, "-c", script, str(Path(probe.__file__).parent.parent), str(place)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"slow\n"
        process.kill()

    assert list(place.iterdir()) == []


def test_a_full_disk_is_not_a_lack_of_permission(tried, place, monkeypatch):
    def full(directory):
        raise OSError(errno.ENOSPC, "No space left on device")

    (place / "in").mkdir()
    monkeypatch.setattr(probe, "write_and_remove", full)

    found = by_purpose(tried())["batch input"]

    assert (found.access, found.reason) == (Access.UNKNOWN, "No space left on device")


def test_a_directory_that_hangs_costs_only_its_own_answer(tried, place, monkeypatch):
    """Like a dead network mount."""
    (place / "in").mkdir()
    (place / "out").mkdir()
    release = threading.Event()
    original = probe.write_and_remove

    def hang(directory):
        if directory.endswith("/in"):
            release.wait(30)
        original(directory)

    monkeypatch.setattr(probe, "write_and_remove", hang)
    monkeypatch.setattr(module, "TRYING_SECONDS", 0.3)
    started = time.monotonic()
    found = by_purpose(tried())
    took = time.monotonic() - started
    release.set()

    assert took < 2
    assert (found["batch input"].access, found["batch input"].reason) == (Access.UNKNOWN, "no answer in time")
    assert found["batch output"].access is Access.USABLE


def test_a_directory_that_cannot_even_be_looked_at_in_time_is_not_tried(tried, monkeypatch):
    release = threading.Event()
    original = look

    def hang(path):
        if path.endswith("/in"):
            release.wait(30)
        return original(path)

    monkeypatch.setattr(module, "look", hang)
    monkeypatch.setattr(module, "LOOKING_SECONDS", 0.3)
    found = by_purpose(tried())
    release.set()

    assert found["batch input"].access is Access.UNKNOWN
    assert found["batch output"].access is Access.CREATABLE


# --- as another user -----------------------------------------------------------------------------------------------


@root_only
def test_root_tries_as_the_workers_user(tried, place):
    """Its own process stays what it is, and the times of directories of third users are put back."""
    (place / "in").mkdir(mode=0o700)
    (place / "out").mkdir()
    os.chown(place / "out", 1234, 1234)
    (place / "out").chmod(0o777)
    os.utime(place / "out", ns=THEN)

    found = by_purpose(tried(worker=here(NOBODY)))

    assert (found["batch input"].access, found["batch input"].method) == (Access.NOT_WRITABLE, Method.TRIED)
    assert (found["batch input"].reason, found["batch input"].as_uid) == ("Permission denied", NOBODY)
    assert (found["batch output"].access, found["batch output"].method) == (Access.USABLE, Method.TRIED)
    assert (place / "out").stat().st_mtime_ns == THEN[1]
    assert os.geteuid() == 0


@root_only
def test_groups_of_the_worker_count(tried, place):
    (place / "in").mkdir()
    os.chown(place / "in", 0, 4242)
    (place / "in").chmod(0o770)

    assert by_purpose(tried(worker=here(NOBODY)))["batch input"].access is Access.NOT_WRITABLE
    assert by_purpose(tried(worker=here(NOBODY, (NOBODY, 4242))))["batch input"].access is Access.USABLE


@root_only
@pytest.mark.parametrize("make", [True, False])
def test_a_directory_that_may_not_be_passed_through_is_named(tried, place, make):
    """Whether there is something below or not, the worker cannot get at it."""
    (place / "closed").mkdir(mode=0o700)
    if make:
        (place / "closed" / "in").mkdir(mode=0o777)

    found = by_purpose(tried("closed/in", worker=here(NOBODY)))["batch input"]

    assert (found.access, found.obstacle) == (Access.NOT_CREATABLE, str(place / "closed"))
    assert (found.passable, found.exists) == (False, make)


@root_only
def test_an_absent_directory_below_one_of_another_user_cannot_be_made(tried, place):
    (place / "data").mkdir()

    found = by_purpose(tried("data/a/in", worker=here(NOBODY)))["batch input"]

    assert (found.access, found.obstacle, found.passable) == (Access.NOT_CREATABLE, str(place / "data"), True)
    assert list((place / "data").iterdir()) == []


@root_only
def test_when_no_process_can_be_started_mode_and_owner_tell(tried, place, monkeypatch):
    (place / "in").mkdir(mode=0o755)
    (place / "out").mkdir()
    os.chown(place / "out", NOBODY, NOBODY)
    monkeypatch.setattr(probe.sys, "executable", "/nowhere/python")

    found = by_purpose(tried(worker=here(NOBODY)))

    assert (found["batch input"].access, found["batch input"].method) == (Access.NOT_WRITABLE, Method.JUDGED)
    assert (found["batch output"].access, found["batch output"].method) == (Access.USABLE, Method.JUDGED)


@root_only
def test_an_answer_that_does_not_come_leaves_mode_and_owner(place, monkeypatch):
    """The other process is ended and nothing waits for it."""
    slow = place / "slow"
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setattr(probe.sys, "executable", str(slow))
    started = time.monotonic()

    assert probe.survey_as([str(place)], NOBODY, [NOBODY], 0.1) is None
    assert time.monotonic() - started < 5


@root_only
def test_an_ordinary_user_gets_by_without_writing_where_times_could_not_be_put_back(place):
    """In a child that gives root away: the sticky directory of another owner is only asked about."""
    shared = place / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    closed = place / "closed"
    closed.mkdir(mode=0o755)
    os.utime(shared, ns=THEN)
    before = shared.stat().st_ctime_ns
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        trier = probe.Trier()
        os.write(write, repr([trier(str(shared)), trier(str(closed))]).encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(write)
    with os.fdopen(read) as answer:
        said = answer.read()

    assert said == repr([probe.Verdict(0, "judged"), probe.Verdict(errno.EACCES, "judged")])
    assert shared.stat().st_ctime_ns == before


# --- judged by mode and owner --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "uid", "groups", "answer"),
    [
        pytest.param(0o700, "owner", (), 0, id="owner may"),
        pytest.param(0o770, "other", ("group",), 0, id="group may"),
        pytest.param(0o777, "other", (), 0, id="all may"),
        pytest.param(0o000, 0, (), 0, id="root may anything"),
        pytest.param(0o770, "other", None, None, id="groups unknown, and they decide"),
        pytest.param(0o777, "other", None, 0, id="groups unknown, but all may"),
        pytest.param(0o755, "other", None, errno.EACCES, id="groups unknown, and none may"),
        pytest.param(0o077, "owner", ("group",), errno.EACCES, id="the owner's bits hold for the owner"),
        pytest.param(0o707, "other", ("group",), errno.EACCES, id="the group's bits hold for its members"),
        pytest.param(0o770, "other", (), errno.EACCES, id="others may not"),
        pytest.param(0o666, "other", (), errno.EACCES, id="w without x"),
        pytest.param(0o555, "owner", (), errno.EACCES, id="x without w"),
    ],
)
def test_judge(place, mode, uid, groups, answer):
    """The class of the user decides, not the sum of the bits."""
    directory = place / "in"
    directory.mkdir()
    status = directory.stat()
    users = {"owner": status.st_uid, "other": 54321}
    members = None if groups is None else [status.st_gid if group == "group" else group for group in groups]
    directory.chmod(mode)
    who = users.get(uid, uid)
    if status.st_uid == 0 and uid == "owner":
        os.chown(directory, 12345, status.st_gid)
        who = 12345
    try:
        assert probe.judge(str(directory), who, members).refusal == answer
    finally:
        directory.chmod(0o700)


def test_judge_names_what_is_closed_on_the_way(place):
    (place / "closed" / "in").mkdir(parents=True)
    (place / "closed").chmod(0o700)

    verdict = probe.judge(str(place / "closed" / "in"), 54321, [])

    assert (verdict.obstacle, verdict.passable) == (str(place / "closed"), False)


def test_an_access_list_that_may_decide_is_no_verdict(place, monkeypatch):
    (place / "in").mkdir(mode=0o700)
    monkeypatch.setattr(os, "getxattr", lambda path, name: b"list" if path.endswith("/in") else b"", raising=False)

    found = probe.survey_by_mode([str(place / "in")], 54321, [], 2.0)[str(place / "in")]

    assert found.access == "unknown"


# --- room and files ------------------------------------------------------------------------------------------------


def test_a_file_system_is_counted_once(tried, place):
    (system,) = tried("in", "out").file_systems

    assert system.paths == ("in", "out", "workspace", ".")
    assert system.free_bytes == pytest.approx(shutil.disk_usage(place).free, rel=0.2)
    assert os.path.ismount(system.mount)


def test_a_file_system_that_takes_no_files_is_left_out():
    """A full read-only image is nothing to free space on."""
    assert look("/proc").room is None


@root_only
@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs unshare")
@pytest.mark.slow
def test_a_small_file_system_of_its_own(place):
    """A real mount of 1 MiB: its size, its name and a refusal for want of room are seen."""
    (place / "small").mkdir()
    script = (
        "import sys\nfrom doctor.sources.directories import look\nfrom doctor import probe\n"
        "view = look(sys.argv[1] + '/deep/in')\n"
        "print(view.mount, view.room.free_bytes, view.exists)\n"
        "open(sys.argv[1] + '/fill', 'wb').write(bytes(view.room.free_bytes))\n"
        "print(probe.survey([sys.argv[1]], 2.0)[sys.argv[1]].reason)\n"
    )
    mount = 'mount -t tmpfs -o size=1m small "$1" && cd "$2" && exec "$0" -c "$3" "$1"'
    root = str(Path(probe.__file__).parent.parent)
    command = ["unshare", "-m", "sh", "-c", mount, sys.executable, str(place / "small"), root, script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    if done.returncode == 32 or "not permitted" in done.stderr:
        pytest.skip("mounting is not allowed here")

    assert done.stdout.splitlines() == [f"{place}/small {1024 * 1024} False", "No space left on device"]


@root_only
@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs unshare")
@pytest.mark.slow
def test_a_read_only_file_system(place):
    (place / "ro" / "in").mkdir(parents=True)
    script = (
        "import sys\nfrom doctor import probe\npaths = [sys.argv[1] + '/in', sys.argv[1] + '/new']\n"
        "for trial in probe.survey(paths, 2.0), probe.survey_by_mode(paths, 0, [], 2.0):\n"
        "    print([(trial[path].access, trial[path].reason) for path in paths])\n"
    )
    mount = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && cd "$2" && exec "$0" -c "$3" "$1"'
    root = str(Path(probe.__file__).parent.parent)
    command = ["unshare", "-m", "sh", "-c", mount, sys.executable, str(place / "ro"), root, script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    if done.returncode == 32 or "not permitted" in done.stderr:
        pytest.skip("mounting is not allowed here")

    refused = [("not writable", "Read-only file system"), ("not creatable", "Read-only file system")]
    assert done.stdout.splitlines() == [repr(refused)] * 2


def test_old_batch_files_are_added_up(tried, place):
    """As `find -name '*.jsonl' -mtime +7` would: more than seven whole days, files only, here only."""
    (place / "in" / "deep.jsonl").mkdir(parents=True)
    day = 24 * 3600
    for name, days, size in (
        ("old.jsonl", 8.1, 10),
        ("older.jsonl", 300, 5),
        ("seven-and-a-half.jsonl", 7.5, 100),
        ("new.jsonl", 0, 100),
        ("old.txt", 9, 100),
        ("deep.jsonl/old.jsonl", 9, 100),
    ):
        (place / "in" / name).write_bytes(bytes(size))
        os.utime(place / "in" / name, (time.time() - days * day,) * 2)
    (place / "in" / "link.jsonl").symlink_to("old.jsonl")
    os.utime(place / "in", ns=THEN)

    (found,) = tried().old_files

    assert (found.path, found.count, found.bytes) == ("in", 2, 15)
    assert (place / "in").stat().st_atime_ns == THEN[0]


def test_a_huge_directory_is_not_read_to_its_end(tried, place, monkeypatch):
    monkeypatch.setattr(module, "MOST_ENTRIES", 3)
    (place / "in").mkdir()
    for number in range(10):
        (place / "in" / f"{number}.jsonl").write_bytes(b"x")
        os.utime(place / "in" / f"{number}.jsonl", (0, 0))

    (found,) = tried().old_files

    assert found.count == 3


def test_what_is_left_in_the_workspace_is_listed(tried, place):
    for name in ("b-message", "a-message"):
        (place / "workspace" / name / ".git").mkdir(parents=True)
    (place / "workspace" / "empty").mkdir()
    (place / "workspace" / "file").write_text("")
    os.utime(place / "workspace" / "a-message", (100, 100))

    found = tried().leftovers

    assert [(each.name, each.path, each.owner) for each in found] == [
        (name, str(place / "workspace" / name), os.geteuid()) for name in ("a-message", "b-message")
    ]
    assert found[0].modified_at == 100


def test_the_doctors_own_user_is_told(tried):
    assert tried().uid == os.geteuid()
