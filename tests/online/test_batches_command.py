"""`batches` against a PostgreSQL and a stand-in for Google: what is joined, what is missing, and what is watched."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from doctor.cli import main
from tests.online.test_jobs import terminal
from tests.report.schemas import validate
from tests.servers import Databases, Googles
from tests.sources import peers

pytestmark = pytest.mark.slow

KEY = "AIzaSyCanaryCanaryCanaryCanaryCanary123"
CONFIG = f"""\
database:
  host: 127.0.0.1
  user: dev
  password: dev
gemini:
  api_key: {KEY}
  batch:
    enabled: true
batch_processing:
  enabled: true
  threshold_chunks: 10
"""
LONG = "batch-pwccfe96og36g8qngof6db1dsnywrs1hxhd3"
WORLD = {
    "keys": [KEY],
    "batches": [
        {"id": "running", "state": "RUNNING", "requests": 40, "succeeded": 10, "created": 600},
        {
            "id": "done",
            "requests": 5000,
            "succeeded": 4998,
            "failed": 2,
            "created": 7200,
            "ended": 6277,
            "output": LONG,
        },
        {"id": "expired", "state": "EXPIRED", "requests": 7, "created": 190000, "ended": 10000},
        {"id": "stray", "state": "CANCELLED", "requests": 7, "created": 200000, "ended": 199000},
    ],
}
JOB = "00000000-0000-4000-8000-000000000001"
ROW = "00000000-0000-4000-8000-00000000010"
ROWS = f"""
INSERT INTO codechunking.repositories (id, url, normalized_url, name) VALUES
 ('00000000-0000-4000-8000-00000000000a', 'https://github.com/a/b', 'https://github.com/a/b', 'my-repo');
INSERT INTO codechunking.indexing_jobs (id, repository_id, status) VALUES
 ('{JOB}', '00000000-0000-4000-8000-00000000000a', 'completed');
INSERT INTO codechunking.batch_job_progress
 (id, indexing_job_id, batch_number, total_batches, status, gemini_batch_job_id, created_at) VALUES
 ('{ROW}1', '{JOB}', 1, 5, 'processing', 'batches/running', now() - interval '11 minutes'),
 ('{ROW}2', '{JOB}', 2, 5, 'processing', 'batches/done', now() - interval '121 minutes'),
 ('{ROW}3', '{JOB}', 3, 5, 'retry_scheduled', 'batches/expired', now() - interval '3 days'),
 ('{ROW}4', '{JOB}', 4, 5, 'processing', 'batches/lost', now() - interval '4 days'),
 ('{ROW}5', '{JOB}', 5, 5, 'pending_submission', NULL, now() - interval '1 minute');
"""

Where = Callable[..., list[str]]


@pytest.fixture
def where(tmp_path: Path, databases: Databases, google: Googles) -> Where:
    """Options that lead to a Google with a world and a database with rows, or to a port at which nobody listens."""
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "config.yaml").write_text(CONFIG, encoding="utf-8")

    def options(world: dict[str, Any] | None = None, *, database: bool = True, **variables: str) -> list[str]:
        standing = google(WORLD if world is None else world)
        place = databases(statements=ROWS) if database else None
        given = {
            "CODECHUNK_DATABASE_PORT": str(place.port if place is not None else peers.unused_port()),
            "CODECHUNK_DATABASE_NAME": place.name if place is not None else "none",
            "HTTPS_PROXY": standing.proxy,
            "SSL_CERT_FILE": str(standing.authority),
            **variables,
        }
        words = (word for name, value in given.items() for word in ("--env", f"{name}={value}"))
        return ["--dir", str(tmp_path), "--clean-env", *words]

    return options


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(main, ["batches", *arguments])
    assert KEY not in result.output
    return result


def listed(result: Result) -> dict[str, tuple[str, bool]]:
    assert (result.exit_code, result.stderr) == (0, "")
    entries = validate(result.stdout, "batches")["batches"]
    return {each["id"]: (each["state"], each["row"] is not None) for each in entries}


def test_jobs_and_rows_are_joined_and_none_is_dropped(where: Where) -> None:
    assert list(listed(run("list", "--format", "json", *where())).items()) == [
        (f"{ROW}5", ("PENDING", True)),
        ("batches/running", ("PROCESSING", True)),
        ("batches/done", ("COMPLETED", True)),
        ("batches/expired", ("FAILED", True)),
        ("batches/stray", ("CANCELLED", False)),
        ("batches/lost", ("PROCESSING", True)),
    ]


def test_states_and_limits(where: Where) -> None:
    options = where()

    assert list(listed(run("list", "--state", "failed", "--format", "json", *options))) == ["batches/expired"]
    assert list(listed(run("list", "--state", "JOB_STATE_EXPIRED", "--format", "json", *options))) == [
        "batches/expired"
    ]
    assert len(listed(run("list", "--limit", "2", "--format", "json", *options))) == 2
    assert "No UPDATING batch job is at" in run("list", "--state", "UPDATING", *options).stdout


def test_the_list_for_people(where: Where) -> None:
    shown = run("list", *where()).stdout

    assert "6 batch jobs at generativelanguage.googleapis.com and in the database" in shown
    assert "GONE" in shown
    assert "1 job at Google has no row" in shown
    assert "$ codechunk-doctor batches show batches/stray" in shown


@pytest.mark.parametrize("id", ["batches/done", "done", f"{ROW}2"])
def test_one_by_each_of_its_ids(where: Where, id: str) -> None:
    options = where()
    result = run("show", id, *options)

    assert (result.exit_code, result.stderr) == (0, "")
    for line in (
        *("Job ID:         batches/done", "State:          COMPLETED", "Model:          gemini-embedding-001"),
        *("Total Count:    5000", "Processed:      5000", "Success:        4998", "Errors:         2"),
        *("Duration:       15m23s", "  Percent:      100.00%", "  Rate:         5.42 items/sec"),
        *(f"Output File:    files/{LONG}", f"Row:            processing ({ROW}2)", "  Batch:        2 of 5"),
    ):
        assert f"{line}\n" in result.stdout
    assert "42 characters" in result.stdout
    assert list(listed(run("show", id, "--format", "json", *options))) == ["batches/done"]


@pytest.mark.parametrize(
    ("id", "status", "said"),
    [
        ("batches/lost", 0, "unknown to Google"),
        ("batches/stray", 0, "none in batch_job_progress"),
        (f"{ROW}5", 0, "not sent to Google yet"),
        ("batches/nothing", 1, "No batch batches/nothing was found: Google does not know it"),
    ],
)
def test_halves(where: Where, id: str, status: int, said: str) -> None:
    result = run("show", id, *where())

    assert (result.exit_code, result.stderr) == (status, "")
    assert said in result.stdout


@pytest.mark.parametrize("arguments", [["list"], ["show", "done"]])
def test_without_a_database_google_is_shown(where: Where, arguments: list[str]) -> None:
    result = run(*arguments, *where(database=False))

    assert result.exit_code == 0
    assert "batches/done" in result.stdout
    assert "without rows: the database at 127.0.0.1:" in result.stderr
    assert "ROW" not in result.stdout


@pytest.mark.parametrize("arguments", [["list"], ["show", "done"]])
def test_a_key_that_is_no_good_is_said_as_check_says_it(where: Where, arguments: list[str]) -> None:
    result = run(*arguments, *where({"keys": ["another"]}))

    assert (result.exit_code, result.stderr) == (1, "")
    assert "gemini." in result.stdout


def test_watching_one_until_it_ends(where: Where, google: Googles) -> None:
    """On a terminal: the screen is given back, and what was waited for stays on it."""
    options = where()
    with terminal(["batches", "show", "running", *options, "--watch"]) as screen:
        begun = screen.until("Percent:      25.00%", seconds=30)
        assert "[#" in screen.written
        assert google.current is not None
        google.current.world = {
            **WORLD,
            "batches": [{"id": "running", "requests": 40, "succeeded": 40, "created": 600, "ended": 0, "output": "o"}],
        }
        back = screen.until("\x1b[?1049l", after=begun, seconds=30)
        assert screen.ended() == 0
        assert "Percent:      100.00%" in screen.written[back:]


def test_a_stream_for_machines_ends_with_the_job(where: Where) -> None:
    command = [sys.executable, "-m", "doctor", "batches", "show", "done", *where(), "--watch", "--format", "json"]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, cwd=Path(__file__).parents[2], env={**os.environ}
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert validate(done.stdout, "batches")["batches"][0]["state"] == "COMPLETED"
    assert done.stdout.count("\n") == 1
