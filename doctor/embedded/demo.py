"""`python -m doctor.embedded.demo`: a database that is behind and has work stuck in it, diagnosed on a real server."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from doctor.embedded import MIGRATIONS, Postgres, migrate

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


def main() -> int:
    """Show it; 0 when everything went as it should."""
    with tempfile.TemporaryDirectory(prefix="codechunk-demo-") as folder, Postgres.start() as server:
        root = Path(folder)
        (root / "configs").mkdir()
        (root / "configs" / "config.yaml").write_text(CONFIG, encoding="utf-8")
        (root / "migrations").mkdir()
        for file in MIGRATIONS.values():
            shutil.copy(file, root / "migrations")
        _run_sql(server.connection_string(), "CREATE DATABASE codechunking")
        database = server.connection_string("codechunking")

        _say(f"== a database that was migrated up to 8 and no further, on PostgreSQL at port {server.port} ==")
        migrate(database, to=8)
        expected = [_doctor(root, server.port, "check", "--only", "database") == 1]

        _say("== the same after the migration that the fix names, with three repositories in it ==")
        migrate(database, start=8, options="-c search_path=public,codechunking")
        _run_sql(database, ROWS)
        expected += [
            _doctor(root, server.port, "check", "--only", "database", "--only", "jobs", "--only", "batches") == 0,
            _doctor(root, server.port, "jobs") == 0,
        ]
    return 0 if all(expected) else 1


def _say(text: str) -> None:
    sys.stdout.write(f"\n{text}\n")
    sys.stdout.flush()


def _run_sql(connection_string: str, statements: str) -> None:
    import psycopg

    with psycopg.connect(connection_string, autocommit=True) as connection:
        connection.execute(statements.encode())


def _doctor(root: Path, port: int, command: str, *arguments: str) -> int:
    """Run the doctor as a user would."""
    options = ["--dir", str(root), "--clean-env", "--env", f"CODECHUNK_DATABASE_PORT={port}"]
    _say(f"$ codechunk-doctor {command} {' '.join(arguments)}".rstrip())
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "doctor", command, *arguments, *options], check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
