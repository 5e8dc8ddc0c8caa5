"""Bad input gets a clear message in bounded time and memory, never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.no_cover

# Generous on a busy machine; what is guarded against is minutes and gigabytes.
SECONDS = 20
MEGABYTES = 1500

HEAD = b"database: {user: u, password: p}\n"


def plain(content: bytes) -> Callable[[Path], None]:
    return lambda file: file.write_bytes(content) and None


def fifo(file: Path) -> None:
    os.mkfifo(file)


def directory(file: Path) -> None:
    file.mkdir()


def loop(file: Path) -> None:
    file.symlink_to(file.name)


def dangling(file: Path) -> None:
    file.symlink_to("nowhere.yaml")


def sparse(file: Path) -> None:
    with file.open("wb") as handle:
        handle.truncate(3 * 1024**3)


def device(file: Path) -> None:
    file.symlink_to("/dev/zero")


BOMB = b"a: &a [x,x,x,x,x,x,x,x,x,x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (name, name, b",".join([b"*%c" % (name - 1)] * 10)) for name in range(ord("b"), ord("k"))
)

# name -> (how to make the file, the check that must fire, None for none in particular)
FILES: dict[str, tuple[Callable[[Path], None], str | None]] = {
    "missing": (lambda file: None, "config.file-missing"),
    "empty": (plain(b""), "config.database-user-missing"),
    "comments only": (plain(b"# nothing\n"), "config.database-user-missing"),
    "binary": (plain(bytes(range(256)) * 64), "config.file-broken"),
    "NUL bytes": (plain(HEAD + b"a: \x00\x00\n"), "config.file-broken"),
    "invalid UTF-8": (plain(HEAD + b"a: \xff\xfe\n"), "config.file-broken"),
    "truncated UTF-8": (plain(HEAD + b"a: \xe2\x82"), "config.file-broken"),
    "an alias bomb": (plain(HEAD + BOMB), "config.file-broken"),
    "an alias to itself": (plain(HEAD + b"a: &a [*a]\n"), "config.file-broken"),
    "deep flow nesting": (plain(HEAD + b"a: " + b"[" * 200_000), "config.file-broken"),
    "deep closed nesting": (plain(HEAD + b"a: " + b"[" * 9_000 + b"]" * 9_000 + b"\n"), None),
    "deep block nesting": (plain(HEAD + b"".join(b" " * n + b"a:\n" for n in range(1, 2_000))), None),
    "many keys": (plain(HEAD + b"".join(b"key%d: %d\n" % (n, n) for n in range(50_000))), "config.unknown-key"),
    "a million keys": (plain(b"".join(b"key%d: %d\n" % (n, n) for n in range(1_000_000))), "config.file-unreadable"),
    "one long line": (plain(HEAD + b"a: " + b"x" * 1_000_000 + b"\n"), None),
    "one endless line": (plain(HEAD + b"a: " + b"x" * 5_000_000 + b"\n"), "config.file-unreadable"),
    "only blanks": (plain(b" " * 1_000_000), None),
    "terminal escapes": (plain(HEAD + b'"\\e[31mred\\a": 1\n'), "config.unknown-key"),
    "a huge number": (plain(HEAD + b"worker: {concurrency: " + b"9" * 100_000 + b"}\n"), None),
    "a directory": (directory, "config.file-missing"),
    "a symlink loop": (loop, None),
    "a dangling symlink": (dangling, "config.file-missing"),
    "a sparse giant": (sparse, "config.file-unreadable"),
}
if os.name == "posix":
    FILES |= {"a pipe": (fifo, "config.file-unreadable"), "a device": (device, "config.file-unreadable")}


def run(where: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A real process, limited in memory where the system can do that."""
    limit = ["prlimit", f"--as={MEGABYTES * 1024**2}"] if sys.platform == "linux" else []
    command = [*limit, sys.executable, "-m", "doctor", *arguments, "--dir", str(where), "--clean-env"]
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS * 3, check=False)


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file(name: str, tmp_path: Path) -> None:
    make, check = FILES[name]
    make(tmp_path / "c.yaml")

    started = time.monotonic()
    done = run(tmp_path, "check", "--offline", "--config", "c.yaml", "-v")
    took = time.monotonic() - started

    assert done.returncode in (0, 1), done.stderr[-2000:]
    assert "Traceback" not in done.stderr + done.stdout
    assert "\x1b" not in done.stdout
    assert took < SECONDS
    if check is not None:
        assert check in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("name", ["missing", "binary", "an alias bomb", "many keys"])
@pytest.mark.parametrize("command", [("config", "show"), ("config", "resolve", "--format", "json")], ids=" ".join)
def test_the_other_commands_stand_it_too(name: str, command: tuple[str, ...], tmp_path: Path) -> None:
    FILES[name][0](tmp_path / "c.yaml")

    done = run(tmp_path, *command, "--config", "c.yaml")

    assert done.returncode in (0, 1), done.stderr[-2000:]
    assert "Traceback" not in done.stderr + done.stdout


@pytest.mark.slow
def test_hostile_neighbours(tmp_path: Path) -> None:
    """Files that are only looked at in passing cannot stop a run either."""
    (tmp_path / "config.yaml").write_bytes(HEAD)
    (tmp_path / ".env").write_bytes(bytes(range(256)) * 1000 + b"\nA=" + b"x" * 1_000_000)
    (tmp_path / "docker-compose.yml").write_bytes(BOMB)
    (tmp_path / ".gitignore").mkdir()

    done = run(tmp_path, "check", "--offline")

    assert done.returncode in (0, 1), done.stderr[-2000:]
    assert "Traceback" not in done.stderr + done.stdout
