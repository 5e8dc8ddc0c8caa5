"""`jobs` on real servers: every view, and every way in which there is nothing to view."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from click.testing import CliRunner, Result

from doctor.cli import main
from doctor.embedded import Postgres
from tests.report.schemas import validate
from tests.servers import Databases
from tests.sources import peers

pytestmark = pytest.mark.slow

SECRET = "hunter2-Zq8vKw3xN7"

CONFIG = f"""\
database:
  host: 127.0.0.1
  user: dev
  password: dev
gemini:
  api_key: {SECRET}
"""

REPOSITORIES = """
INSERT INTO codechunking.repositories (id, url, normalized_url, name) VALUES
 ('00000000-0000-4000-8000-00000000000a', 'https://github.com/acme/My-Repo.git', 'https://github.com/acme/my-repo',
  'My-Repo'),
 ('00000000-0000-4000-8000-00000000000b', 'https://github.com/acme/other_100%', 'https://github.com/acme/other_100%',
  'other_100%');
"""

JOBS = (
    REPOSITORIES
    + """
INSERT INTO codechunking.indexing_jobs
 (id, repository_id, status, files_processed, chunks_created, created_at, started_at, completed_at, deleted_at,
  error_message)
VALUES
 ('00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-00000000000a', 'completed', 7, 7,
  '2026-01-01 10:00+01', '2026-01-01 10:01+01', '2026-01-01 10:02:03.5+01', NULL, NULL),
 ('00000000-0000-4000-8000-000000000002', '00000000-0000-4000-8000-00000000000a', 'failed', 0, 0,
  '2026-01-02', '2026-01-02', '2026-01-02', NULL, 'repository not found'),
 ('00000000-0000-4000-8000-000000000003', '00000000-0000-4000-8000-00000000000b', 'running', 0, 0,
  '2026-01-03', '2026-01-03', NULL, NULL, NULL),
 ('00000000-0000-4000-8000-000000000004', '00000000-0000-4000-8000-00000000000b', 'pending', 0, 0,
  '2026-01-04', NULL, NULL, NULL, NULL),
 ('00000000-0000-4000-8000-000000000005', '00000000-0000-4000-8000-00000000000b', 'completed', 5, 5,
  '2026-01-05', '2026-01-05', '2026-01-05', NULL, NULL),
 ('00000000-0000-4000-8000-000000000006', '00000000-0000-4000-8000-00000000000b', 'completed', 9, 9,
  '2026-01-06', '2026-01-06', '2026-01-06', '2026-01-07', NULL);
"""
)

Run = Callable[..., Result]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "config.yaml").write_text(CONFIG, encoding="utf-8")
    return tmp_path


@pytest.fixture
def run(directory: Path) -> Run:
    """Call `jobs` for a database at this port."""

    def call(port: int, name: str, *arguments: str) -> Result:
        return CliRunner().invoke(main, ["jobs", *where(directory, port, name), *arguments])

    return call


def where(directory: Path, port: int, name: str) -> list[str]:
    place = [f"CODECHUNK_DATABASE_PORT={port}", f"CODECHUNK_DATABASE_NAME={name}"]
    return ["--dir", str(directory), "--clean-env", *(word for each in place for word in ("--env", each))]


def listed(result: Result) -> list[int]:
    """The numbers of the jobs that are listed, in their order."""
    assert (result.exit_code, result.stderr) == (0, "")
    return [int(job["id"][-2:], 16) for job in validate(result.stdout, "jobs")["jobs"]]


# --- an empty table, and no table


def test_an_empty_table_is_explained(run: Run, databases: Databases) -> None:
    place = databases()
    result = run(place.port, place.name)

    assert result.exit_code == 0
    assert "the table is there, and it is empty" in " ".join(result.stdout.split())
    assert "curl -X POST http://localhost:8080/repositories" in result.stdout
    assert listed(run(place.port, place.name, "--format", "json")) == []


def test_a_missing_table_is_a_finding(run: Run, databases: Databases) -> None:
    place = databases(0)
    result = run(place.port, place.name)

    assert result.exit_code == 1
    assert "database." in result.stdout
    assert "migrate" in result.stdout
    assert "it is empty" not in result.stdout
    document = validate(run(place.port, place.name, "--format", "json").stdout, "report")
    assert document["summary"]["errors"] == 1


def test_jobs_that_are_marked_as_deleted(run: Run, databases: Databases) -> None:
    place = databases(statements=JOBS + "UPDATE codechunking.indexing_jobs SET deleted_at = now();")

    assert "marked as deleted" in run(place.port, place.name).stdout


# --- every view


@dataclass(frozen=True)
class View:
    arguments: list[str]
    jobs: list[int]
    summary: dict[str, int]


ALL = {"pending": 1, "running": 1, "completed": 2, "failed": 1}
VIEWS = {
    "all": View([], [5, 4, 3, 2, 1], ALL),
    "limit": View(["--limit", "2"], [5, 4], ALL),
    "no limit": View(["--limit", "0"], [5, 4, 3, 2, 1], ALL),
    "status": View(["--status", "completed"], [5, 1], ALL),
    "statuses": View(["--status", "running", "--status", "pending"], [4, 3], ALL),
    "none of a status": View(["--status", "cancelled"], [], ALL),
    "failed": View(["--failed"], [2], ALL),
    "name": View(["--repo", "my-REPO"], [2, 1], {"completed": 1, "failed": 1}),
    "part": View(["--repo", "repo"], [2, 1], {"completed": 1, "failed": 1}),
    "URL": View(["--repo", "http://github.com/acme/my-repo/"], [2, 1], {"completed": 1, "failed": 1}),
    "no pattern": View(["--repo", "%"], [5, 4, 3], {"pending": 1, "running": 1, "completed": 1}),
    "no pattern either": View(["--repo", "y_repo"], [], {}),
    "no SQL": View(["--repo", "' OR true --"], [], {}),
    "name and status": View(["--repo", "my-repo", "--failed"], [2], {"completed": 1, "failed": 1}),
    "summary": View(["--summary"], [], ALL),
    "summary of a status": View(["--summary", "--failed"], [], {"failed": 1}),
    "summary of a name": View(["--summary", "--repo", "my-repo"], [], {"completed": 1, "failed": 1}),
}


@pytest.mark.parametrize("major", ["databases", "older_databases"])
def test_views(run: Run, request: pytest.FixtureRequest, major: str) -> None:
    made: Databases = request.getfixturevalue(major)
    place = made(statements=JOBS)
    for name, view in VIEWS.items():
        result = run(place.port, place.name, "--format", "json", *view.arguments)

        assert listed(result) == view.jobs, name
        summary = {each["status"]: each["count"] for each in json.loads(result.stdout)["summary"]}
        assert summary == view.summary, name
        assert list(summary) == list(view.summary), name

        shown = run(place.port, place.name, *view.arguments)
        assert shown.exit_code == 0
        assert [int(each) for each in re.findall(r"^0{8}\S+(\d\d) ", shown.stdout, re.MULTILINE)] == view.jobs, name


def test_what_is_said_of_a_job(run: Run, databases: Databases) -> None:
    place = databases(statements=JOBS)
    document = json.loads(run(place.port, place.name, "--format", "json").stdout)

    assert document["jobs"][-1] == {
        "id": "00000000-0000-4000-8000-000000000001",
        "status": "completed",
        "repository": "My-Repo",
        "files_processed": 7,
        "chunks_created": 7,
        "created_at": "2026-01-01T09:00:00Z",
        "started_at": "2026-01-01T09:01:00Z",
        "completed_at": "2026-01-01T09:02:03.500000Z",
        "error_message": None,
    }
    assert document["summary"][2] == {"status": "completed", "count": 2, "total_files": 12, "total_chunks": 12}
    assert f"5 indexing jobs in {place.name} at 127.0.0.1:{place.port}" in run(place.port, place.name).stdout


@pytest.mark.parametrize("version", [1, 8, 19])
def test_older_tables_are_read_too(run: Run, databases: Databases, version: int) -> None:
    place = databases(version, "INSERT INTO codechunking.indexing_jobs (status) VALUES ('pending')")

    assert len(listed(run(place.port, place.name, "--format", "json"))) == 1


def test_thousands_of_jobs(run: Run, databases: Databases) -> None:
    many = """
    INSERT INTO codechunking.indexing_jobs (repository_id, status, created_at, files_processed, chunks_created)
    SELECT '00000000-0000-4000-8000-00000000000a', (ARRAY['completed', 'failed'])[1 + n % 2],
           now() - n * interval '1 minute', 2000000000, 2000000000
    FROM generate_series(1, 3000) AS n
    """
    place = databases(statements=REPOSITORIES + many)

    result = run(place.port, place.name)
    assert "The newest 10 of 3,000 indexing jobs" in " ".join(result.stdout.split())
    document = validate(run(place.port, place.name, "--limit", "0", "--format", "json").stdout, "jobs")
    assert len(document["jobs"]) == 3000
    assert document["summary"][0]["total_files"] == 3_000_000_000_000
    created = [job["created_at"] for job in document["jobs"]]
    assert created == sorted(created, reverse=True)


# --- hostile rows


def test_hostile_rows(run: Run, databases: Databases) -> None:
    hostile = f"""
    INSERT INTO codechunking.repositories (id, url, normalized_url, name) VALUES
     ('00000000-0000-4000-8000-00000000000c', 'https://u:{SECRET}@h/x', 'h',
      E'\\x1b]0;title\\x07\\nname\\u202e {SECRET}' || repeat('x', 200));
    INSERT INTO codechunking.indexing_jobs
     (id, repository_id, status, files_processed, chunks_created, created_at, started_at, completed_at, error_message)
    VALUES
     ('00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-00000000000c', E'fail\\x1b[2Jed', NULL, NULL,
      NULL, 'infinity', '-infinity',
      E'\\x1b[31m{SECRET}\\r\\n https://u:token@github.com/a ' || repeat('y', 1900) || '{SECRET}'
      || repeat('z', 3000000)),
     ('00000000-0000-4000-8000-000000000002', NULL, 'failed', -1, 2147483647, '294000-01-01', '4000-01-01 BC', NULL,
      '');
    """
    place = databases(statements=hostile)

    document = run(place.port, place.name, "--format", "json").stdout
    odd = validate(document, "jobs")["jobs"][1]
    assert (odd["files_processed"], odd["created_at"], odd["started_at"], odd["completed_at"]) == (None,) * 4
    assert len(odd["error_message"]) <= 2000
    for arguments in ([], ["-v"], ["--summary"], ["--repo", "\x1b[2J"]):
        result = run(place.port, place.name, *arguments)
        assert result.exit_code == 0
        assert all(letter.isprintable() or letter == "\n" for letter in result.stdout)
        document += result.stdout
    assert SECRET not in document
    assert SECRET[:12] not in document
    assert "token@" not in document


# --- what stands in the way


def test_no_server(run: Run) -> None:
    result = run(peers.unused_port(), "codechunking")

    assert result.exit_code == 1
    assert "[database.unreachable]" in result.stdout
    assert "Exit status 1" in result.stdout


def test_no_server_for_machines(run: Run, tmp_path: Path) -> None:
    result = run(peers.unused_port(), "codechunking", "--format", "json", "--output", f"text={tmp_path}/said.txt")

    assert result.exit_code == 1
    found = [each["id"] for each in validate(result.stdout, "report")["checks"] if each["outcome"] == "found"]
    assert found == ["database.unreachable"]
    assert "[database.unreachable]" in (tmp_path / "said.txt").read_text()


@pytest.mark.parametrize("deadline", ["1500ms", None])
def test_a_server_that_accepts_and_never_answers(run: Run, deadline: str | None) -> None:
    with peers.peer(peers.silent) as port:
        started = time.monotonic()
        result = run(port, "codechunking", *(["--deadline", deadline] if deadline else []))

    assert time.monotonic() - started < (2 if deadline else 12)
    assert result.exit_code == 1
    assert "[database.unreachable]" in result.stdout


def test_a_wrong_password(run: Run) -> None:
    with Postgres.start(auth="scram-sha-256") as server:
        result = run(server.port, "postgres", "--env", "CODECHUNK_DATABASE_PASSWORD=wrong")

    assert result.exit_code == 1
    assert "[database.auth]" in result.stdout


def test_a_role_without_rights(run: Run, databases: Databases) -> None:
    place = databases(statements=JOBS)
    role = f"{place.name}_reader"
    databases.run(place.name, f"CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA codechunking TO {role}")

    result = run(place.port, place.name, "--env", f"CODECHUNK_DATABASE_USER={role}")

    assert result.exit_code == 1
    assert "[database.privileges]" in result.stdout


def test_a_table_that_is_locked_is_no_finding(run: Run, databases: Databases) -> None:
    import psycopg

    place = databases(statements=JOBS)
    with psycopg.connect(databases.server.connection_string(place.name)) as connection:
        connection.execute("LOCK TABLE codechunking.indexing_jobs IN ACCESS EXCLUSIVE MODE")
        result = run(place.port, place.name)

    assert (result.exit_code, result.stdout) == (3, "")
    assert "lock" in result.stderr


def test_nothing_is_asked_twice(run: Run, databases: Databases) -> None:
    """A query that the view does not need would cost a scan of the table."""
    with Postgres.start(settings={"log_statement": "all"}) as server:
        made = Databases(server)
        place = made(statements=JOBS)
        log = server.data / "server.log"
        before = log.stat().st_size
        run(place.port, place.name, "--summary")
        asked = log.read_bytes()[before:].decode()

    assert asked.count("FROM codechunking.indexing_jobs") == 1


# --- the live display, in a terminal


@dataclass
class Terminal:
    """A process in a terminal of its own, and what it has written so far."""

    process: subprocess.Popen[bytes]
    master: int
    written: str = ""

    def until(self, text: str, *, after: int = 0, seconds: float = 15.0) -> int:
        """Read on until this text is there; where it ends. Fails when it does not come in time."""
        ends_at = time.monotonic() + seconds
        while text not in self.written[after:]:
            assert time.monotonic() < ends_at, self.written[-2000:]
            self._read()
        return self.written.index(text, after) + len(text)

    def ended(self) -> int:
        """Read to the end; the exit status."""
        ends_at = time.monotonic() + 15
        while self.process.poll() is None and time.monotonic() < ends_at:
            self._read()
        self._read()
        return self.process.wait(1)

    def resize(self, lines: int, columns: int) -> None:
        import fcntl
        import struct
        import termios

        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def _read(self) -> None:
        ready, _, _ = select.select([self.master], [], [], 0.1)
        if ready:
            try:
                self.written += os.read(self.master, 65536).decode(errors="replace")
            except OSError:  # the other end is gone
                time.sleep(0.05)


@contextmanager
def terminal(arguments: list[str]) -> Iterator[Terminal]:
    import pty

    master, slave = pty.openpty()
    environ = {**os.environ, "TERM": "xterm"}
    for name in ("COLUMNS", "LINES", "NO_COLOR"):
        environ.pop(name, None)
    opened = Terminal(None, master)  # type: ignore[arg-type]
    opened.resize(30, 100)
    opened.process = subprocess.Popen(
        [sys.executable, "-m", "doctor", *arguments],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env=environ,
        start_new_session=True,
        cwd=Path(__file__).parents[2],
    )
    os.close(slave)
    try:
        yield opened
    finally:
        if opened.process.poll() is None:
            opened.process.kill()
        opened.process.wait()
        os.close(master)


def stopped(pid: int) -> bool:
    """Whether the process stands still, as the shell is to see it."""
    ends_at = time.monotonic() + 5
    while time.monotonic() < ends_at:
        if psutil.Process(pid).status() == psutil.STATUS_STOPPED:
            return True
        time.sleep(0.02)
    return False


ENTER, LEAVE = "\x1b[?1049h", "\x1b[?7h\x1b[?25h\x1b[?1049l"
FRAME = "\x1b[J"


@pytest.mark.skipif(os.name == "nt", reason="there are no such terminals")
def test_watching_shows_a_change_and_gives_the_terminal_back(directory: Path, databases: Databases) -> None:
    place = databases(statements=JOBS)
    with terminal(["jobs", *where(directory, place.port, place.name), "--watch"]) as screen:
        first = screen.until(FRAME, after=screen.until("1 running"))
        assert ENTER in screen.written
        databases.run(place.name, "UPDATE codechunking.indexing_jobs SET status = 'cancelled' WHERE status = 'running'")
        screen.until("1 cancelled", after=first)
        screen.process.send_signal(signal.SIGINT)

        assert screen.ended() == 0
    assert screen.written.endswith(LEAVE)
    assert "Traceback" not in screen.written
    assert "\n" not in screen.written.replace("\r\n", "")


@pytest.mark.skipif(os.name == "nt", reason="there are no such terminals")
def test_a_window_that_changes_its_size(directory: Path, databases: Databases) -> None:
    place = databases(statements=JOBS)
    with terminal(["jobs", *where(directory, place.port, place.name), "--watch"]) as screen:
        first = screen.until(FRAME, after=screen.until("TIME"))
        screen.resize(6, 60)
        os.kill(screen.process.pid, signal.SIGWINCH)
        second = screen.until(FRAME, after=first, seconds=1.5)
        screen.process.send_signal(signal.SIGTERM)
        status = screen.ended()

    drawn = screen.written[first:second]
    assert "TIME" not in drawn
    assert drawn.count("\r\n") == 5
    assert status == 128 + signal.SIGTERM
    assert screen.written.endswith(LEAVE)


@pytest.mark.skipif(os.name == "nt", reason="there are no such terminals")
def test_ctrl_z_lends_the_shell_its_screen(directory: Path, databases: Databases) -> None:
    place = databases(statements=JOBS)
    with terminal(["jobs", *where(directory, place.port, place.name), "--watch"]) as screen:
        first = screen.until(FRAME)
        screen.process.send_signal(signal.SIGTSTP)
        aside = screen.until(LEAVE, after=first)
        assert stopped(screen.process.pid)
        screen.process.send_signal(signal.SIGCONT)
        screen.until(FRAME, after=screen.until(ENTER, after=aside))
        screen.process.send_signal(signal.SIGINT)

        assert screen.ended() == 0


@pytest.mark.skipif(os.name == "nt", reason="there are no such terminals")
def test_a_server_that_goes_away_while_one_watches(directory: Path) -> None:
    with Postgres.start() as server:
        place = Databases(server)(statements=JOBS)
        with terminal(["jobs", *where(directory, place.port, place.name), "--watch"]) as screen:
            first = screen.until(FRAME)
            server.kill()
            trouble = screen.until("trying again", after=first)
            screen.until("5 indexing jobs", after=trouble)
            screen.process.send_signal(signal.SIGINT)

            assert screen.ended() == 0
    assert screen.written.endswith(LEAVE)


@pytest.mark.skipif(os.name == "nt", reason="there are no such terminals")
def test_no_terminal_is_taken_when_something_stands_in_the_way(directory: Path) -> None:
    with terminal(["jobs", *where(directory, peers.unused_port(), "x"), "--watch"]) as screen:
        assert screen.ended() == 1
    assert ENTER not in screen.written
    assert "[database.unreachable]" in screen.written


def test_a_reader_that_goes_away_ends_it(directory: Path, databases: Databases) -> None:
    place = databases(statements=JOBS)
    command = [sys.executable, "-m", "doctor", "jobs", *where(directory, place.port, place.name)]
    extra: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "cwd": Path(__file__).parents[2]}
    with subprocess.Popen([*command, "--watch", "--format", "json"], **extra) as process:
        assert process.stdout is not None
        validate(process.stdout.readline().decode(), "jobs")
        process.stdout.close()

        assert process.wait(15) == 0
        assert process.stderr is not None
        assert process.stderr.read() == b""
