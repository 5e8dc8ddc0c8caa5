"""directories: verdicts on what trying the directories gave."""

from __future__ import annotations

from dataclasses import replace

import pytest

from checks.directories.batch_dir_not_creatable import batch_dir_not_creatable
from checks.directories.batch_dir_not_writable import batch_dir_not_writable
from checks.directories.batch_dir_vanished import batch_dir_vanished
from checks.directories.disk_space import MEBIBYTE, disk_space
from checks.directories.workspace_unusable import workspace_unusable
from doctor.api import Skipped
from doctor.errors import SourceError
from doctor.facts import (
    Access,
    Container,
    ContainerState,
    Directories,
    DirectoryTrial,
    FileSystem,
    Habitat,
    Known,
    Leftover,
    Method,
    Nats,
    NatsStream,
    OldFiles,
    OpenBatches,
    Process,
    Processes,
    Worker,
)
from doctor.model import Location
from doctor.needs import IfObserved

UNSEEN: IfObserved[OpenBatches] = IfObserved(None, SourceError("not asked"))
# No processes, and NATS was not looked at.
ALONE = (Processes(), IfObserved[Nats](None, SourceError("not asked")))

BATCH = """
gemini: {{batch: {{enabled: {client}, input_dir: /b/input, output_dir: /b/output}}}}
batch_processing: {{enabled: {batch}, fallback_to_sequential: {back}}}
"""
HOST = Worker(Known.GIVEN, Habitat.HOST, uid=1000, groups=(100, 1000))
ASSUMED = Worker(Known.ASSUMED, Habitat.HOST, uid=1000, groups=(100, 1000))
RUNNING = Worker(Known.OBSERVED, Habitat.PROCESS, pid=7, uid=1000, groups=(100,), user_known=True, started_at=1.0)
CONTAINER = Worker(Known.GIVEN, Habitat.CONTAINER, name="codechunking-worker")
INSIDE = Worker(
    Known.OBSERVED,
    Habitat.CONTAINER,
    name="w",
    uid=1000,
    groups=(100,),
    user_known=True,
    started_at=1.0,
    container=Container("i", "w", ContainerState.RUNNING, uid=1000, gid=100),
)
STOPPED = Worker(Known.GIVEN, Habitat.PROCESS, pid=7)


def text(client="true", batch="true", back="false"):
    return BATCH.format(client=client, batch=batch, back=back)


def trial(purpose="batch input", access=Access.USABLE, path=None, **more):
    end = purpose.rpartition(" ")[2]
    key = f"gemini.batch.{end}_dir" if purpose.startswith("batch") else None
    path = path or (f"/b/{end}" if key else "/tmp/codechunking-workspace")
    values = {"key": key, "given": path if key else "", "shown": path, "exists": access is Access.USABLE, **more}
    return DirectoryTrial(purpose, path, access, Method.TRIED, **values)


def refused(purpose="batch input", obstacle="/b", reason="Permission denied", **more):
    return trial(purpose, Access.NOT_CREATABLE, obstacle=obstacle, reason=reason, **more)


def closed(purpose="batch input", reason="Permission denied", owner=0, **more):
    path = trial(purpose).path
    return trial(purpose, Access.NOT_WRITABLE, obstacle=path, reason=reason, owner=owner, exists=True, **more)


UNKNOWN = trial(access=Access.UNKNOWN, reason="no answer in time")
INSTALL = "sudo install -d -o 1000 -g 100 -m 750 /b/"


@pytest.mark.parametrize(
    ("config", "worker", "trials", "found"),
    [
        pytest.param(text(), HOST, [], [], id="nothing tried"),
        pytest.param(text(), HOST, [trial(), trial("batch output")], [], id="usable"),
        pytest.param(text(), HOST, [trial(access=Access.CREATABLE)], [], id="the worker makes it"),
        pytest.param(text(), HOST, [closed()], [], id="exists: the next row"),
        pytest.param(text(client="false"), HOST, [refused()], [], id="client off"),
        pytest.param(text() + "embedding: {provider: openai}", HOST, [refused()], [], id="openai"),
        pytest.param(text(), HOST, [refused("workspace", "/tmp")], [], id="another directory"),
        pytest.param(text(), HOST, [refused()], ["error"], id="refused"),
        pytest.param(text(back="true"), HOST, [refused()], ["warning"], id="falls back"),
        pytest.param(text(batch="false"), HOST, [refused()], ["warning"], id="batches not wanted"),
        pytest.param(text(), ASSUMED, [refused()], ["warning"], id="assumed"),
        pytest.param(text(), RUNNING, [refused()], ["error"], id="observed"),
        pytest.param(text(), HOST, [refused(), refused("batch output")], ["error"], id="one obstacle, one finding"),
        pytest.param(text(), HOST, [refused(), refused("batch output", "/c")], ["error", "error"], id="two obstacles"),
    ],
)
def test_batch_dir_not_creatable(resolved, config, worker, trials, found):
    """Both directories are made at start."""
    findings = batch_dir_not_creatable(resolved(config), worker, Directories(tuple(trials)))

    assert [each.severity.value for each in findings] == found


def test_batch_dir_not_creatable_points_at_the_keys_and_the_obstacle(resolved):
    """Both lines of the file, then what refuses; one command for each directory."""
    directories = Directories((refused(), refused("batch output")))

    (finding,) = batch_dir_not_creatable(resolved(text()), HOST, directories)

    assert finding.message == (
        "gemini.batch.input_dir (/b/input) and gemini.batch.output_dir (/b/output) cannot be made by "
        "the worker (uid 1000): /b: Permission denied"
    )
    assert [(place.key, place.line, place.path) for place in finding.locations] == [
        ("gemini.batch.input_dir", 5, "configs/config.dev.yaml"),
        ("gemini.batch.output_dir", 5, "configs/config.dev.yaml"),
        (None, None, "/b"),
    ]
    assert finding.fix.commands == (INSTALL + "input", INSTALL + "output")


@pytest.mark.parametrize(
    ("given", "path", "named"),
    [
        pytest.param("/b/input", "/b/input", "gemini.batch.input_dir (/b/input)", id="absolute"),
        pytest.param("b/in", "/here/b/in", "gemini.batch.input_dir (b/in, that is /here/b/in)", id="relative"),
        pytest.param("", "/tmp/x", "gemini.batch.input_dir (not set: /tmp/x)", id="the default"),
    ],
)
def test_batch_dir_not_creatable_says_which_directory_is_meant(resolved, given, path, named):
    (finding,) = batch_dir_not_creatable(resolved(text()), HOST, Directories((refused(path=path, given=given),)))

    assert finding.message.startswith(named)
    assert finding.at.kind.value == ("file" if given else "path")


@pytest.mark.parametrize(
    ("refusal", "commands"),
    [
        pytest.param(refused(), [INSTALL + "input"], id="no permission"),
        pytest.param(
            refused(passable=False, obstacle="/secret dir"),
            ["sudo chmod a+x '/secret dir'", INSTALL + "input"],
            id="not passable",
        ),
        pytest.param(
            refused(obstacle="/b", reason="Not a directory"), ["sudo mv /b /b.old", INSTALL + "input"], id="a file"
        ),
        pytest.param(refused(reason="Read-only file system"), [], id="read-only: no command can help"),
    ],
)
def test_batch_dir_not_creatable_fix(resolved, refusal, commands):
    """What to type fits what refuses."""
    (finding,) = batch_dir_not_creatable(resolved(text()), HOST, Directories((refusal,)))

    assert list(finding.fix.commands) == commands
    assert "ame a directory that the worker can make in gemini.batch.input_dir" in finding.fix.summary
    assert finding.fix.safety.value == "none"


@pytest.mark.parametrize(
    ("config", "worker", "trials", "found"),
    [
        pytest.param(text(), HOST, [trial(), trial("batch output")], [], id="usable"),
        pytest.param(text(), HOST, [refused()], [], id="not there: the row before"),
        pytest.param(text(), HOST, [trial(access=Access.CREATABLE)], [], id="the worker makes it"),
        pytest.param(text(batch="false"), HOST, [closed()], [], id="batch processing off"),
        pytest.param(text(client="false"), HOST, [closed()], [], id="client off"),
        pytest.param(text(), HOST, [closed()], [("error", "/b/input", "unsafe")], id="input"),
        pytest.param(
            text(back="true"), HOST, [closed()], [("error", "/b/input", "unsafe")], id="falling back is no help"
        ),
        pytest.param(text(), ASSUMED, [closed()], [("warning", "/b/input", "unsafe")], id="assumed"),
        pytest.param(
            text(),
            HOST,
            [closed(), closed("batch output")],
            [("error", "/b/input", "unsafe"), ("error", "/b/output", "unsafe")],
            id="both",
        ),
        pytest.param(
            text(), HOST, [closed(reason="Read-only file system")], [("error", "/b/input", "none")], id="read-only"
        ),
    ],
)
def test_batch_dir_not_writable(resolved, config, worker, trials, found):
    """An existing directory that refuses files."""
    findings = batch_dir_not_writable(resolved(config), worker, Directories(tuple(trials)), UNSEEN)

    assert [(each.severity.value, each.at.path, each.fix.safety.value) for each in findings] == found


@pytest.mark.parametrize(("count", "found"), [(0, 0), (1, 1)])
def test_open_batches_need_their_directories_though_no_new_ones_are_made(resolved, count, found):
    rows = IfObserved(OpenBatches(count))

    assert len(batch_dir_not_writable(resolved(text(batch="false")), HOST, Directories((closed(),)), rows)) == found


@pytest.mark.parametrize(
    ("owner", "worker", "command"),
    [
        pytest.param(0, HOST, "sudo chown -R 1000:100 /b/output", id="another owner"),
        pytest.param(1000, HOST, "sudo chmod u+rwx /b/output", id="own: a new owner would not help"),
        pytest.param(0, Worker(Known.GIVEN, Habitat.HOST, uid=7), "sudo chown -R 7:7 /b/output", id="group unknown"),
    ],
)
def test_batch_dir_not_writable_fix(resolved, owner, worker, command):
    directories = Directories((closed("batch output", owner=owner, listing="drwxr-x--- root root /b/output"),))

    (finding,) = batch_dir_not_writable(resolved(text()), worker, directories, UNSEEN)

    assert finding.fix.commands == (command,)
    assert "results of batches are lost" in finding.message
    assert [each.text for each in finding.evidence] == ["ls -ld: drwxr-x--- root root /b/output"]
    assert [place.key for place in finding.locations] == ["gemini.batch.output_dir"] * 2


@pytest.mark.parametrize(
    ("worker", "values", "after"),
    [
        pytest.param(HOST, {"owner": None, "group": 0}, None, id="owner not known"),
        pytest.param(HOST, {"group": None}, None, id="group not known"),
        pytest.param(HOST, {"owner": 1000, "mode": None}, None, id="mode not known"),
        pytest.param(replace(HOST, uid=None), {"group": 0}, None, id="user not known"),
        pytest.param(INSIDE, {"group": 0}, None, id="in a container"),
        pytest.param(HOST, {"group": 0}, "1000:100", id="another's"),
        pytest.param(replace(HOST, groups=()), {"group": 0}, "1000:1000", id="groups not known"),
        pytest.param(HOST, {"owner": 1000, "mode": 0o40050}, "0750", id="its own"),
    ],
)
def test_what_the_doctor_could_change_itself(resolved, worker, values, after):
    (finding,) = batch_dir_not_writable(resolved(text()), worker, Directories((closed(**values),)), UNSEEN)

    assert [each.after for each in finding.fix.edits] == ([after] if after else [])


def test_a_directory_that_no_key_names_is_the_only_place(resolved):
    (finding,) = batch_dir_not_writable(resolved(text()), HOST, Directories((closed(given=""),)), UNSEEN)

    assert finding.related == ()


@pytest.mark.parametrize(
    ("config", "worker", "trials", "found"),
    [
        pytest.param(text(), RUNNING, [trial(), trial("batch output")], [], id="there"),
        pytest.param(text(), HOST, [trial(access=Access.CREATABLE)], [], id="not running: made at start"),
        pytest.param(text(), STOPPED, [trial(access=Access.CREATABLE)], [], id="the named process is gone"),
        pytest.param(text(client="false"), RUNNING, [trial(access=Access.CREATABLE)], [], id="client off"),
        pytest.param(text(), RUNNING, [refused()], [], id="not creatable: that row"),
        pytest.param(text(), RUNNING, [trial(access=Access.CREATABLE)], ["/b/input"], id="gone"),
        pytest.param(text(), RUNNING, [trial(), trial("batch output", Access.CREATABLE)], ["/b/output"], id="output"),
        pytest.param(
            text(),
            RUNNING,
            [trial(access=Access.CREATABLE), trial("batch output", Access.CREATABLE)],
            ["/b/input"],
            id="both: one finding",
        ),
    ],
)
def test_batch_dir_vanished(resolved, config, worker, trials, found):
    """Only a running worker lacks what it made at start."""
    findings = batch_dir_vanished(resolved(config), worker, Directories(tuple(trials)))

    assert [each.at.path for each in findings] == found


@pytest.mark.parametrize(
    ("given", "others", "said", "related"),
    [
        ("/b/input", (), "/b/input is not there", ["configs/config.dev.yaml"]),
        ("", (), "/b/input is not there", []),
        ("", (trial("batch output", Access.CREATABLE),), "/b/input and /b/output are not there",
         ["/b/output", "configs/config.dev.yaml"]),
    ],
)  # fmt: skip
def test_batch_dir_vanished_points_at_the_directories_and_the_keys(resolved, given, others, said, related):
    directories = Directories((trial(access=Access.CREATABLE, given=given), *others))
    (finding,) = batch_dir_vanished(resolved(text()), RUNNING, directories)

    assert finding.message.startswith(said)
    assert [each.path for each in finding.related] == related


@pytest.mark.parametrize(
    ("uid", "safety", "command"),
    [
        pytest.param(1000, "safe", "mkdir -p -m 750 /b/input", id="the doctor is the worker's user"),
        pytest.param(0, "none", INSTALL + "input", id="root"),
        pytest.param(1001, "none", INSTALL + "input", id="somebody else"),
    ],
)
def test_batch_dir_vanished_is_safe_to_fix_only_as_the_workers_user(resolved, uid, safety, command):
    directories = Directories((trial(access=Access.CREATABLE),), uid=uid)

    (finding,) = batch_dir_vanished(resolved(text()), RUNNING, directories)

    assert (finding.fix.safety.value, finding.fix.commands) == (safety, (command,))


def room(mebibytes, inodes=1000, paths=("/tmp",), less=0):
    free = None if mebibytes is None else int(mebibytes * MEBIBYTE) - less
    return FileSystem("/", tuple(paths), free, inodes)


@pytest.mark.parametrize(
    ("worker", "systems", "found"),
    [
        pytest.param(HOST, [], [], id="nothing known"),
        pytest.param(HOST, [room(5000)], [], id="plenty"),
        pytest.param(HOST, [room(1024)], [], id="1 GiB"),
        pytest.param(HOST, [room(5000, inodes=None)], [], id="no inodes to count"),
        pytest.param(HOST, [room(5000, inodes=1)], [], id="one inode"),
        pytest.param(HOST, [room(1024, less=1)], ["warning"], id="just below 1 GiB"),
        pytest.param(HOST, [room(50)], ["warning"], id="50 MiB"),
        pytest.param(HOST, [room(50, less=1)], ["error"], id="just below 50 MiB"),
        pytest.param(HOST, [room(0)], ["error"], id="full"),
        pytest.param(HOST, [room(5000, inodes=0)], ["error"], id="no inodes"),
        pytest.param(HOST, [room(None, inodes=0)], ["error"], id="no inodes, size unknown"),
        pytest.param(ASSUMED, [room(0)], ["warning"], id="assumed"),
        pytest.param(ASSUMED, [room(100)], ["warning"], id="assumed, scarce"),
        pytest.param(HOST, [room(0), room(100), room(5000)], ["error", "warning"], id="each file system"),
    ],
)
def test_disk_space(worker, systems, found):
    """Thresholds of 50 MiB and 1 GiB, and inodes."""
    findings = disk_space(worker, Directories(file_systems=tuple(systems)))

    assert [each.severity.value for each in findings] == found


def test_disk_space_says_what_old_batch_files_hold():
    """Only those on the file system that is full, with the command that deletes them."""
    directories = Directories(
        file_systems=(room(20, paths=("/tmp", "/b/input")), FileSystem("/data", ("/d",), 10**12, 1)),
        old_files=(OldFiles("/b/input", 3, 5 * MEBIBYTE), OldFiles("/d", 9, 1)),
    )

    (finding,) = disk_space(HOST, directories)

    assert finding.message == "/ has 20 MiB free; on it: /tmp, /b/input"
    assert [each.text for each in finding.evidence] == [
        "/b/input holds 3 batch files of more than a week, 5 MiB; nothing deletes them"
    ]
    assert finding.fix.commands == ("find /b/input -name '*.jsonl' -mtime +7 -delete",)
    assert "by deleting batch files" in finding.fix.summary
    assert [each.path for each in finding.related] == ["/tmp", "/b/input"]


@pytest.mark.parametrize(("size", "shown"), [(MEBIBYTE - 1024, "1023 KiB"), (MEBIBYTE, "1 MiB")])
def test_disk_space_in_units_that_are_read_easily(size, shown):
    (finding,) = disk_space(HOST, Directories(file_systems=(FileSystem("/", ("/", "/tmp"), size, 1),)))

    assert finding.message.startswith(f"/ has {shown} free")
    assert [each.path for each in finding.related] == ["/tmp"]


@pytest.mark.parametrize(("inodes", "command"), [(1, "df -h /"), (0, "df -i /")])
def test_disk_space_without_old_files_shows_where_to_look(inodes, command):
    (finding,) = disk_space(HOST, Directories(file_systems=(room(1, inodes=inodes),)))

    assert finding.fix.commands == (command,)
    assert "deleting" not in finding.fix.summary


@pytest.mark.parametrize("reason", ["No space left on device", "Disk quota exceeded"])
def test_disk_space_believes_the_system_when_it_refuses_a_file(reason):
    trials = (trial(access=Access.UNKNOWN, reason=reason),)

    (finding,) = disk_space(HOST, Directories(trials, (room(5000, paths=("/b/input",)),)))

    assert finding.severity.value == "error"
    assert reason in finding.message


@pytest.mark.parametrize(
    ("worker", "trials", "found"),
    [
        pytest.param(HOST, [], [], id="nothing tried"),
        pytest.param(HOST, [trial("workspace", Access.CREATABLE)], [], id="absent, /tmp writable"),
        pytest.param(HOST, [trial("workspace")], [], id="usable"),
        pytest.param(HOST, [trial("workspace", owner=7)], [], id="another owner, open to all"),
        pytest.param(HOST, [closed(), refused()], [], id="other directories"),
        pytest.param(
            HOST,
            [closed("workspace", owner=7)],
            [("error", "unsafe", "sudo chown -R 1000:100 /tmp/codechunking-workspace")],
            id="another owner",
        ),
        pytest.param(
            ASSUMED,
            [closed("workspace", owner=7)],
            [("warning", "unsafe", "sudo chown -R 1000:100 /tmp/codechunking-workspace")],
            id="assumed",
        ),
        pytest.param(
            HOST,
            [closed("workspace", owner=1000)],
            [("error", "unsafe", "sudo chmod u+rwx /tmp/codechunking-workspace")],
            id="own, mode closed",
        ),
        pytest.param(
            HOST, [refused("workspace", "/tmp")], [("error", "none", "sudo chmod 1777 /tmp")], id="/tmp closed"
        ),
        pytest.param(
            HOST,
            [refused("workspace", "/tmp/codechunking-workspace", "Not a directory")],
            [("error", "unsafe", "sudo rm /tmp/codechunking-workspace")],
            id="a file",
        ),
        pytest.param(
            HOST,
            [refused("workspace", "/tmp", "Read-only file system")],
            [("error", "none", None)],
            id="read-only: no command can help",
        ),
    ],
)
def test_workspace_unusable(worker, trials, found):
    """Every clone lands there."""
    findings = workspace_unusable(worker, Directories(tuple(trials)), *ALONE)

    assert [
        (each.severity.value, each.fix.safety.value, next(iter(each.fix.commands), None)) for each in findings
    ] == found


@pytest.mark.parametrize(
    ("given", "said", "advised"),
    [
        (trial("workspace", Access.NOT_WRITABLE, reason="Permission denied"), "Permission denied", "Stop the worker"),
        (refused("workspace", "/tmp", owner=7), "/tmp: Permission denied", "Let the worker write to /tmp."),
    ],
)
def test_workspace_unusable_names_what_refuses(given, said, advised):
    (finding,) = workspace_unusable(HOST, Directories((given,)), *ALONE)

    assert finding.message.endswith(f"(uid 1000): {said}")
    assert advised in finding.fix.summary


@pytest.mark.parametrize(("worker", "edits"), [(HOST, 1), (INSIDE, 0)])
def test_a_file_in_place_of_the_workspace_is_removed_on_this_machine(worker, edits):
    file = refused("workspace", "/tmp/codechunking-workspace", "Not a directory", mode=0o100644)
    (finding,) = workspace_unusable(worker, Directories((file,)), *ALONE)

    assert len(finding.fix.edits) == edits


def test_workspace_unusable_names_the_owner():
    (finding,) = workspace_unusable(HOST, Directories((closed("workspace", owner=7),)), *ALONE)

    assert finding.message == (
        "/tmp/codechunking-workspace cannot be used by the worker (uid 1000): Permission denied, it belongs to uid 7"
    )


NOW = 10_000.0
STARTED = Worker(Known.OBSERVED, Habitat.PROCESS, pid=7, uid=1000, groups=(100,), user_known=True, started_at=9_000.0)


def left_over(worker, *times, processes=(), cloned=("m0", "m1"), nats=True, stream=True, access=Access.USABLE):
    """What is said of directories that were made at these times."""
    left = tuple(Leftover(f"m{n}", f"/w/m{n}", 1000, time) for n, time in enumerate(times))
    held = NatsStream("INDEXING", cloned=cloned) if stream else None
    seen = Nats(Location.file("c.yaml"), stream=held, now=NOW)
    found = IfObserved(seen) if nats else ALONE[1]
    given = Directories((trial("workspace", access, reason="Permission denied"),), leftovers=left)
    return workspace_unusable(worker, given, Processes(processes), found)


@pytest.mark.parametrize(
    ("worker", "times", "more"),
    [
        pytest.param(HOST, (), {}, id="nothing left over"),
        pytest.param(HOST, (8_000.0,), {"cloned": ()}, id="of a finished message"),
        pytest.param(HOST, (8_000.0,), {"cloned": ("m7",)}, id="of another message"),
        pytest.param(HOST, (8_000.0,), {"nats": False}, id="NATS is not known"),
        pytest.param(HOST, (8_000.0,), {"stream": False}, id="NATS has no stream"),
        pytest.param(STARTED, (9_000.0,), {}, id="of the moment of the start"),
        pytest.param(STARTED, (9_001.0,), {}, id="the worker is at work on it"),
        pytest.param(
            STARTED, (8_500.0,), {"processes": (Process("worker", 8, (), None, 8_400.0),)}, id="another worker is"
        ),
    ],
)
def test_what_is_left_in_the_workspace_does_not_matter(worker, times, more):
    assert left_over(worker, *times, **more) == ()


@pytest.mark.parametrize(
    ("worker", "times", "more", "start"),
    [
        (HOST, (9_999.0,), {}, "/w/m0: left over"),
        (STARTED, (8_999.0,), {}, "/w/m0: left over"),
        (STARTED, (8_999.0, 8_998.0), {}, "/w/m0 and 1 more: left over"),
        (STARTED, (9_500.0, 8_000.0), {}, "/w/m1: left over"),
        (RUNNING, (NOW - 2_401,), {}, "/w/m0: left over"),
        (HOST, (9_999.0,), {"processes": (Process("api", 8, (), None, 1.0),)}, "/w/m0: left over"),
    ],
)
def test_a_clone_that_will_fail(worker, times, more, start):
    (finding,) = left_over(worker, *times, **more)

    assert finding.message.startswith(start)
    assert finding.severity.value == "warning"
    assert [f"sudo rm -rf {each.path}" for each in (finding.at, *finding.related)] == list(finding.fix.commands)


def test_a_workspace_that_cannot_be_used_is_said_alone():
    (finding,) = left_over(HOST, 1.0, access=Access.NOT_WRITABLE)

    assert finding.severity.value == "error"


def test_directories_of_this_host_do_not_matter_to_a_worker_in_a_container(resolved):
    """Every check says so instead of passing."""
    config, full = resolved(text()), Directories((refused(), closed("workspace")), (room(0),))

    for rule, more in ((batch_dir_not_creatable, ()), (batch_dir_not_writable, (UNSEEN,)), (batch_dir_vanished, ())):
        with pytest.raises(Skipped, match="runs in a container"):
            rule(config, CONTAINER, full, *more)
    for rule, more in ((disk_space, ()), (workspace_unusable, ALONE)):
        with pytest.raises(Skipped, match="runs in a container"):
            rule(CONTAINER, full, *more)


def test_what_is_usable_inside_a_container_passes(resolved):
    config, fine = resolved(text()), Directories((trial(), trial("batch output"), trial("workspace")), uid=1000)

    assert not list(batch_dir_not_creatable(config, INSIDE, fine))
    assert not list(batch_dir_not_writable(config, INSIDE, fine, UNSEEN))
    assert not list(batch_dir_vanished(config, INSIDE, fine))
    assert not list(workspace_unusable(INSIDE, fine, *ALONE))


def test_what_is_free_inside_a_container_is_not_known():
    with pytest.raises(Skipped, match="no engine tells what is free there"):
        disk_space(INSIDE, Directories((trial(),), (room(0),)))


EXEC = "docker exec -u 0 w"
MAKE = "install -d -o 1000 -g 100 -m 750"


@pytest.mark.parametrize(
    ("rule", "given", "command"),
    [
        pytest.param(
            batch_dir_not_creatable, refused(), f"{EXEC} install -d -o 1000 -g 100 -m 750 /b/input", id="made"
        ),
        pytest.param(
            batch_dir_not_creatable, refused(passable=False), f"{EXEC} chmod a+x /b", id="let through, before that"
        ),
        pytest.param(batch_dir_not_writable, closed(), f"{EXEC} chown -R 1000:100 /b/input", id="handed over"),
        pytest.param(
            batch_dir_vanished,
            trial(access=Access.CREATABLE),
            f"{EXEC} {MAKE} /b/input",
            id="made again, though the doctor's user has the same number",
        ),
        pytest.param(
            workspace_unusable,
            closed("workspace"),
            f"{EXEC} chown -R 1000:100 /tmp/codechunking-workspace",
            id="workspace",
        ),
    ],
)
def test_inside_a_container_the_command_goes_there_and_no_program_types_it(resolved, rule, given, command):
    """The doctor itself never changes anything in a container."""
    directories = Directories((replace(given, container="w"),), uid=1000)
    known = {batch_dir_not_writable: (UNSEEN,)}.get(rule, ())
    whole = (INSIDE, directories, *ALONE)
    arguments = whole if rule is workspace_unusable else (resolved(text()), INSIDE, directories, *known)

    (finding,) = rule(*arguments)

    assert (finding.fix.commands[0], finding.fix.safety.value) == (command, "none")
    assert finding.at.detail == "in container w" or finding.at.key == "gemini.batch.input_dir"


def test_whose_directory_is_said(resolved):
    (finding,) = batch_dir_not_writable(resolved(text()), INSIDE, Directories((closed(),)), UNSEEN)

    assert "is not writable for the worker (uid 1000 in container w)" in finding.message


@pytest.mark.parametrize(
    "batch",
    [
        pytest.param([UNKNOWN], id="alone"),
        pytest.param([trial("batch output"), UNKNOWN], id="beside one that is usable"),
    ],
)
def test_a_directory_that_does_not_answer_is_not_a_pass(resolved, batch):
    """A dead network mount, or an access list that decides: not known, and that is said."""
    directories = Directories((*batch, trial("workspace", Access.UNKNOWN, reason="no answer in time")))

    for rule, more in ((batch_dir_not_creatable, ()), (batch_dir_not_writable, (UNSEEN,)), (batch_dir_vanished, ())):
        with pytest.raises(Skipped, match="/b/input: no answer in time"):
            rule(resolved(text()), RUNNING, directories, *more)
    with pytest.raises(Skipped, match="no answer in time"):
        workspace_unusable(RUNNING, directories, *ALONE)


def test_an_unknown_directory_hides_no_fault_of_another(resolved):
    directories = Directories((UNKNOWN, refused("batch output"), closed("batch output")))

    assert len(batch_dir_not_creatable(resolved(text()), RUNNING, directories)) == 1
    assert len(batch_dir_not_writable(resolved(text()), RUNNING, directories, UNSEEN)) == 1


def test_space_that_cannot_be_measured_is_not_a_pass():
    unmeasured = FileSystem("/net", ("/net",), None, None)

    with pytest.raises(Skipped, match="the free space on /net is not known"):
        disk_space(HOST, Directories(file_systems=(room(5000), unmeasured)))
    assert len(disk_space(HOST, Directories(file_systems=(room(1), unmeasured)))) == 1
