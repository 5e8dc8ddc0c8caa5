"""Secrets in the settings and in the rows of a database turn up in no output, whatever is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from doctor.cli import main
from tests.servers import Databases

pytestmark = pytest.mark.slow

PASSWORD = "canary-pass-word-1"
KEY = "canary-gemini-key-2"
TOKEN = "canary-url-token-3"
CONNECTOR = "canary-connector-token-4"
REQUESTS = "canary-request-data-5"
# Not in the settings any more: known by its shape alone.
FORMER = "AIzaSyCanaryFormerKey0123456789"
CANARIES = (PASSWORD, KEY, TOKEN, CONNECTOR, REQUESTS, FORMER)

ROWS = f"""
INSERT INTO codechunking.repositories (id, url, normalized_url, name, status, updated_at)
    VALUES ('00000000-0000-4000-8000-000000000001', 'https://me:{TOKEN}@example.com/one.git', 'x', 'one', 'failed',
            now() - interval '3 hours');
INSERT INTO codechunking.indexing_jobs (id, repository_id, status, created_at, updated_at, error_message)
    VALUES ('00000000-0000-4000-8000-000000000101', '00000000-0000-4000-8000-000000000001', 'failed',
            now() - interval '3 hours', now() - interval '3 hours',
            'no such key {KEY} or {FORMER} for https://me:{TOKEN}@example.com/one.git with {PASSWORD}');
INSERT INTO codechunking.batch_job_progress
    (indexing_job_id, batch_number, total_batches, status, repository_id, batch_request_data, error_message, updated_at)
    VALUES ('00000000-0000-4000-8000-000000000101', 1, 1, 'failed', '00000000-0000-4000-8000-000000000001',
            '[{{"text": "{REQUESTS}"}}]', 'refused {KEY}', now() - interval '3 hours');
INSERT INTO codechunking.connectors (name, connector_type, base_url, status, auth_token)
    VALUES ('team', 'gitlab', 'https://me:{TOKEN}@git.example.com', 'error', '{CONNECTOR}');
"""

COMMANDS = [
    ["check", "-vv"],
    ["check", "--format", "json"],
    ["check", "-q"],
    ["check", "--plan"],
    ["jobs", "--failed", "-v"],
    ["jobs", "--format", "json"],
    ["jobs", "--summary"],
]


@pytest.fixture
def installation(tmp_path: Path) -> Path:
    (tmp_path / "configs").mkdir()
    text = f"database:\n  host: 127.0.0.1\n  user: dev\n  password: {PASSWORD}\ngemini:\n  api_key: {KEY}\n"
    (tmp_path / "configs" / "config.yaml").write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("broken", ["rows", "login", "settings", "database", "rights"])
def test_no_output_holds_a_secret(installation: Path, databases: Databases, command: list[str], broken: str) -> None:
    place = databases(20, ROWS)
    databases.run(place.name, f"CREATE ROLE {place.name}_outsider LOGIN")
    variables = {
        "rows": {},
        "login": {"CODECHUNK_DATABASE_USER": "nobody-here"},
        "settings": {"CODECHUNK_DATABASE_PASSWORD": f"{PASSWORD} {KEY}"},
        "database": {"CODECHUNK_DATABASE_NAME": f"absent-{PASSWORD}"},
        "rights": {"CODECHUNK_DATABASE_USER": f"{place.name}_outsider"},
    }[broken]
    options = {"CODECHUNK_DATABASE_PORT": str(place.port), "CODECHUNK_DATABASE_NAME": place.name, **variables}
    arguments = [each for name, text in options.items() for each in ("--env", f"{name}={text}")]

    result = CliRunner().invoke(main, [*command, "--dir", str(installation), "--clean-env", *arguments])

    assert result.exit_code in (0, 1)
    shown = result.stdout + result.stderr
    assert [canary for canary in CANARIES if canary in shown] == []


def test_the_rows_were_looked_at(installation: Path, databases: Databases) -> None:
    """Else the test above would prove nothing."""
    place = databases(20, ROWS)
    arguments = [f"CODECHUNK_DATABASE_PORT={place.port}", f"CODECHUNK_DATABASE_NAME={place.name}"]

    options = [each for text in arguments for each in ("--env", text)]
    result = CliRunner().invoke(main, ["check", "-v", "--dir", str(installation), "--clean-env", *options])

    assert "jobs.failed" in result.stdout
    assert "jobs.connector-idle" in result.stdout
    assert "***" in result.stdout
