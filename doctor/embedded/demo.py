"""
`python -m doctor.embedded.demo`: a database that is behind and has work stuck in it, and batches at a stand-in Google.

The server is a real PostgreSQL; Google's name leads to the stand-in through a proxy, as it would in a company.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from doctor.embedded import MIGRATIONS, Postgres, migrate
from doctor.embedded.authority import Authority
from doctor.embedded.google import Google
from doctor.embedded.nats import Nats

CONFIG = """\
database:
  host: 127.0.0.1
  user: dev
  password: dev
gemini:
  batch:
    enabled: true
batch_processing:
  enabled: true
  threshold_chunks: 10
  max_batch_size: 300
"""

# What a real installation looks like after a worker was killed and a key ran out.
ROWS = """\
INSERT INTO codechunking.repositories (id, url, normalized_url, name, status, updated_at) VALUES
    ('7d1f2c9e-0001-4000-8000-000000000001', 'https://github.com/example/shop', 'https://github.com/example/shop',
     'shop', 'completed', now() - interval '5 hours'),
    ('7d1f2c9e-0002-4000-8000-000000000002', 'https://github.com/example/billing',
     'https://github.com/example/billing', 'billing', 'processing', now() - interval '3 hours'),
    ('7d1f2c9e-0003-4000-8000-000000000003', 'https://github.com/example/search',
     'https://github.com/example/search', 'search', 'failed', now() - interval '40 minutes');
INSERT INTO codechunking.indexing_jobs
    (id, repository_id, status, created_at, started_at, completed_at, files_processed, chunks_created, error_message)
VALUES
    ('a1b2c3d4-0001-4000-8000-000000000001', '7d1f2c9e-0001-4000-8000-000000000001', 'completed',
     now() - interval '6 hours', now() - interval '6 hours', now() - interval '5 hours', 3421, 3421, NULL),
    ('a1b2c3d4-0002-4000-8000-000000000002', '7d1f2c9e-0002-4000-8000-000000000002', 'running',
     now() - interval '3 hours', now() - interval '3 hours', NULL, 0, 0, NULL),
    ('a1b2c3d4-0003-4000-8000-000000000003', '7d1f2c9e-0003-4000-8000-000000000003', 'failed',
     now() - interval '50 minutes', now() - interval '45 minutes', now() - interval '40 minutes', 0, 0,
     'failed to clone repository: Authentication failed for ''https://github.com/example/search''');
"""

# What was sent for the first of them: the third batch ended hours ago, and nobody came for its results.
BATCHES = """\
INSERT INTO codechunking.batch_job_progress
    (id, indexing_job_id, repository_id, batch_number, total_batches, chunks_processed, status, gemini_batch_job_id,
     created_at, updated_at)
VALUES
    ('b7c8d9e0-0001-4000-8000-000000000001', 'a1b2c3d4-0001-4000-8000-000000000001',
     '7d1f2c9e-0001-4000-8000-000000000001', 1, 3, 0, 'processing', 'batches/4k2n7v9q1x3c5b8m',
     now() - interval '6 hours', now() - interval '6 hours'),
    ('b7c8d9e0-0002-4000-8000-000000000002', 'a1b2c3d4-0001-4000-8000-000000000001',
     '7d1f2c9e-0001-4000-8000-000000000001', 2, 3, 0, 'processing', 'batches/8m5b3c1x9q7v2n4k',
     now() - interval '6 hours', now() - interval '6 hours'),
    ('b7c8d9e0-0003-4000-8000-000000000003', 'a1b2c3d4-0001-4000-8000-000000000001',
     '7d1f2c9e-0001-4000-8000-000000000001', 3, 3, 0, 'processing', 'batches/1x3c5b8m4k2n7v9q',
     now() - interval '6 hours', now() - interval '6 hours');
"""
JOB = {"model": "gemini-embedding-001", "requests": 300, "created": 21600}
WORLD = {
    "keys": ["the-key-of-the-demo"],
    "batches": [
        {**JOB, "id": "4k2n7v9q1x3c5b8m", "state": "RUNNING", "succeeded": 120, "updated": 60},
        {**JOB, "id": "8m5b3c1x9q7v2n4k", "state": "EXPIRED", "ended": 600, "updated": 600},
        {
            **JOB,
            "id": "1x3c5b8m4k2n7v9q",
            "state": "SUCCEEDED",
            "succeeded": 298,
            "failed": 2,
            "ended": 17280,
            "updated": 17280,
            "output": "batch-pwccfe96og36g8qngof6db1dsnywrs1hxhd3",
        },
    ],
}


def main() -> int:
    """Show it; 0 when everything went as it should."""
    authority = Authority()
    with (
        tempfile.TemporaryDirectory(prefix="codechunk-demo-") as folder,
        Postgres.start() as server,
        Nats.start() as nats,
        Google.start(WORLD, tls=authority.context) as google,
    ):
        root = Path(folder)
        variables = {
            "CODECHUNK_DATABASE_PORT": str(server.port),
            "CODECHUNK_NATS_URL": nats.url,
            "CODECHUNK_GEMINI_API_KEY": "a-key-from-last-year",
            "HTTPS_PROXY": google.proxy,
            "SSL_CERT_FILE": str(authority.certificate_file(root / "authority.pem")),
        }
        (root / "configs").mkdir()
        (root / "configs" / "config.yaml").write_text(CONFIG, encoding="utf-8")
        (root / "migrations").mkdir()
        for file in MIGRATIONS.values():
            shutil.copy(file, root / "migrations")
        _run_sql(server.connection_string(), "CREATE DATABASE codechunking")
        database = server.connection_string("codechunking")

        _say(f"== a database that was migrated up to 8 and no further, on PostgreSQL at port {server.port} ==")
        migrate(database, to=8)
        expected = [_doctor(root, variables, "check", "--only", "database") == 1]

        _say("== the same after the migration that the fix names, with three repositories in it ==")
        migrate(database, start=8, options="-c search_path=public,codechunking")
        _run_sql(database, ROWS)
        expected += [
            _doctor(root, variables, "check", "--only", "database", "--only", "jobs") == 0,
            _doctor(root, variables, "jobs") == 0,
        ]

        _say("== its batches at Google, asked with a key that Google does not know ==")
        _run_sql(database, BATCHES)
        expected += [_doctor(root, variables, "check", "--only", "gemini") == 1]

        _say("== and with one that it knows ==")
        variables["CODECHUNK_GEMINI_API_KEY"] = "the-key-of-the-demo"
        expected += [
            _doctor(root, variables, "batches", "list") == 0,
            _doctor(root, variables, "batches", "show", "batches/1x3c5b8m4k2n7v9q") == 0,
            _doctor(root, variables, "check", "--only", "gemini", "--only", "batches") == 1,
        ]
    return 0 if all(expected) else 1


def _say(text: str) -> None:
    sys.stdout.write(f"\n{text}\n")
    sys.stdout.flush()


def _run_sql(connection_string: str, statements: str) -> None:
    import psycopg

    with psycopg.connect(connection_string, autocommit=True) as connection:
        connection.execute(statements.encode())


def _doctor(root: Path, variables: Mapping[str, str], command: str, *arguments: str) -> int:
    """Run the doctor as a user would."""
    options = ["--dir", str(root), "--clean-env"]
    options += [word for name, text in variables.items() for word in ("--env", f"{name}={text}")]
    _say(f"$ codechunk-doctor {command} {' '.join(arguments)}".rstrip())
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "doctor", command, *arguments, *options], check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
