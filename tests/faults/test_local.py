"""A machine at fault: no disk, memory, files or rights, things that are not what they seem, time that runs back."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.runs import SECRET, Ended, run

pytestmark = [pytest.mark.slow, pytest.mark.no_cover]

ROOT = Path(__file__).parent.parent.parent
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="needs the limits and devices of Linux")
AS_ROOT = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("unshare") is None, reason="needs root and unshare"
)
CONFIG = f"database: {{user: dev, password: {SECRET}, host: 127.0.0.1, port: 1}}\nnats: {{url: 'nats://127.0.0.1:1'}}\n"
BACKWARDS = """\
import itertools, time
ticks = itertools.count()
time.time = lambda: 1_700_000_000.0 - 3600.0 * next(ticks)
"""
ONLINE = ("--deadline", "4s", "--worker", "host", "--env", "HTTPS_PROXY=http://127.0.0.1:1")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "config.yaml").write_text(CONFIG)
    return tmp_path


def shell(line: str, home: Path, **variables: str) -> Ended:
    """
    Run a line of the shell in which `{doctor}` is the command.

    It stands there with what says where to look, without variables of this shell.
    """
    doctor = shlex.join([sys.executable, "-m", "doctor"])
    at = f"--dir {shlex.quote(str(home))} --clean-env"
    line = line.format(doctor=doctor, at=at, home=shlex.quote(str(home)), online=shlex.join(ONLINE))
    command = ["bash", "-c", line]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **variables}
    done = subprocess.run(command, capture_output=True, env=environment, cwd=home, timeout=60, check=False)
    return Ended(done.returncode, 0.0, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"))


def told(ended: Ended) -> str:
    """Everything that was said; nothing of a bug, no trace of Python, no secret."""
    both = ended.stdout + ended.stderr
    assert "Traceback" not in both
    assert "bug in codechunk-doctor" not in both
    assert "failed unexpectedly" not in both
    assert SECRET not in both
    return both


# A line, the exit status, and words of what is said.
HARMLESS = {
    "standard error is full": ("{doctor} check {at} --offline 2>/dev/full", 1, "gemini.key-missing"),
    "standard error is closed": ("{doctor} check {at} --offline 2>&-", 1, "gemini.key-missing"),
    "standard output is closed": ("{doctor} check {at} --offline >&-", 1, ""),
    "standard input is closed": ("{doctor} check {at} --offline <&-", 1, "gemini.key-missing"),
    "the reader leaves": ("set -o pipefail; {doctor} check {at} --offline | true", 1, ""),
    "no HOME": ("env -u HOME {doctor} check {at} --offline", 1, "gemini.key-missing"),
    "no such HOME": ("HOME=/nowhere TMPDIR=/nowhere {doctor} check {at} --offline", 1, "gemini.key-missing"),
    "no variables": ("env -i {doctor} check {at} --offline", 1, "gemini.key-missing"),
    "few files": ("ulimit -n 12; {doctor} check {at} {online}", 1, "database.unreachable"),
    "a pipe as .gitignore": ("mkfifo .gitignore; {doctor} check {at} --offline", 1, "gemini.key-missing"),
    "a device as .env": ("ln -s /dev/zero .env; {doctor} check {at} --offline", 1, "gemini.key-missing"),
    "a loop as compose file": (
        "ln -s docker-compose.yml docker-compose.yml; {doctor} check {at} --offline",
        1,
        "gemini.key-missing",
    ),
    "a directory as own settings": ("mkdir codechunk-doctor.toml; {doctor} check {at} --offline", 1, "key-missing"),
}
TOLD = {
    "the disk is full": ("{doctor} check {at} --offline >/dev/full", 3, "standard output cannot be written: No space"),
    "a file's disk is full": (
        "{doctor} check {at} --offline --output json=/dev/full",
        3,
        "/dev/full cannot be written",
    ),
    "files stay small": (
        "ulimit -f 1; {doctor} check {at} --offline --output json=r.json; status=$?; test ! -e r.json && exit $status",
        3,
        "cannot be written: File too large",
    ),
    "the working directory is gone": (
        "mkdir gone; cd gone; rmdir ../gone; PYTHONPATH=$PYTHONPATH {doctor} check --offline",
        2,
        "has been removed",
    ),
    "hardly any memory": ("ulimit -v 120000; {doctor} check {at} --offline --logs big.log", 3, "no more memory"),
    "hardly any memory for each of several processes": (
        "ulimit -v 70000; {doctor} logs {at} huge.log",
        3,
        "no more memory",
    ),
    "a device as log": ("{doctor} check {at} --offline --logs /dev/zero", 2, "not a log"),
    "a device as variables": ("{doctor} check {at} --env-file /dev/zero", 2, "--env-file /dev/zero"),
    "a directory as variables": ("{doctor} check {at} --env-file {home}", 2, "--env-file"),
    "a device as baseline": ("{doctor} check {at} --baseline /dev/zero", 2, "--baseline /dev/zero"),
    "a device as report": ("{doctor} diff /dev/zero /dev/zero", 2, "too large for a report"),
    "a bundle on a full disk": (
        "ulimit -f 1; {doctor} bundle b.zip {at} --offline; status=$?; test ! -e b.zip || exit 9; exit $status",
        3,
        "b.zip cannot be written",
    ),
}


@LINUX
@pytest.mark.parametrize("name", HARMLESS)
def test_what_a_run_gets_by_without(name: str, home: Path) -> None:
    line, status, words = HARMLESS[name]

    ended = shell(line, home)

    assert words in told(ended)
    assert ended.status == status


@LINUX
@pytest.mark.parametrize("name", TOLD)
def test_what_ends_a_run_is_told_in_one_message(name: str, home: Path) -> None:
    line, status, words = TOLD[name]
    for log, size in {"big.log": 60_000_000, "huge.log": 120_000_000}.items():
        if log in line:
            sample = (ROOT / "fixtures" / "logs.panic" / "root" / "logs" / "worker.log").read_bytes()
            (home / log).write_bytes(sample * (size // len(sample)))

    ended = shell(line, home)

    assert words in told(ended)
    assert ended.status == status
    if status == 2:
        assert ended.stdout == ""


@LINUX
def test_a_fix_that_finds_no_room_changes_nothing(home: Path) -> None:
    config = home / "configs" / "config.yaml"
    config.write_text(CONFIG + "api:\n  port: 8080\n  port: 8080\n")
    before = config.read_bytes()

    ended = shell("ulimit -f 0; {doctor} fix --apply {at} --offline 2>&1 | cat", home)

    assert "could not complete: no directory takes temporary files" in told(ended)
    assert config.read_bytes() == before
    assert sorted(path.name for path in config.parent.iterdir()) == ["config.yaml"]


@AS_ROOT
@LINUX
@pytest.mark.parametrize(
    ("mount", "words"),
    [
        ("mount -t tmpfs none /proc", "database.unreachable"),
        ("mount -t tmpfs none /dev", "database.unreachable"),
        ("mount -o bind {home} {home} && mount -o remount,ro,bind {home} && cd {home}", "database.unreachable"),
    ],
    ids=["no /proc", "no /dev", "read-only"],
)
def test_parts_of_the_system_that_are_missing(mount: str, words: str, home: Path) -> None:
    if subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode:
        pytest.skip("unshare is not allowed here")

    ended = shell(f"unshare -m bash -c '{mount} && {{doctor}} check {{at}} {{online}}'", home)

    assert words in told(ended)
    assert ended.status == 1


@pytest.fixture
def open_home(home: Path) -> Iterator[Path]:
    """A copy where every user gets to."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        copy = Path(shutil.copytree(home, Path(directory) / "home"))
        copy.chmod(0o755)
        yield copy


def as_nobody(home: Path) -> Ended:
    """A check by a user who has nothing there."""
    nobody = "setpriv --reuid 65534 --regid 65534 --clear-groups"
    if shell(f"{nobody} {shlex.quote(sys.executable)} -c 'import doctor'", home).status:
        pytest.skip("others have no access to this Python")
    return shell(f"{nobody} {{doctor}} check {{at}} --offline", home)


@AS_ROOT
@LINUX
def test_a_directory_that_may_not_be_entered(open_home: Path) -> None:
    open_home.parent.chmod(0o700)

    ended = as_nobody(open_home)

    assert "may not look there" in told(ended)
    assert (ended.status, ended.stdout) == (2, "")


@AS_ROOT
@LINUX
@pytest.mark.parametrize(
    ("name", "words"),
    [(".env", "gemini.key-missing"), ("docker-compose.yml", "gemini.key-missing"), ("configs", "config.file-")],
)
def test_what_may_not_be_read(name: str, words: str, open_home: Path) -> None:
    """What cannot be read does not hide what is wrong beside it."""
    path = open_home / name
    if not path.exists():
        path.write_text("a: b\n")
    path.chmod(0)

    ended = as_nobody(open_home)

    assert words in told(ended)
    assert ended.status == 1


def test_time_that_runs_backwards(home: Path) -> None:
    (home / "site").mkdir()
    (home / "site" / "sitecustomize.py").write_text(BACKWARDS)
    arguments = ["check", "--dir", str(home), "--clean-env", "--format", "json", *ONLINE]

    ended = run(arguments, {"PYTHONPATH": f"{home / 'site'}{os.pathsep}{ROOT}"})

    told(ended)
    assert ended.status == 1
    assert ended.outcomes()["database.unreachable"]["outcome"] == "found"
