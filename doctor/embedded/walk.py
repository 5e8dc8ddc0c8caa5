"""
A walk through a broken installation: what is wrong, why the last job went one chunk at a time, the fix, and after it.

A real PostgreSQL, a real NATS and a stand-in for Google run beside it, as this user, below a temporary directory.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from doctor.embedded import Postgres, migrate
from doctor.embedded.authority import Authority
from doctor.embedded.google import Google
from doctor.embedded.nats import Nats
from doctor.settings import PREFIX

KEY = "the-key-of-the-demo"
CONFIG = """\
# Set up for batches, as it seems.
database:
  host: 127.0.0.1
  user: dev
  password: dev
worker:
  job_timeout: 60m          # more than any job gets
gemini:
  batch:
    enabled: false          # to be switched on later
    input_dir: {root}/batches/input
    output_dir: {root}/batches/output
batch_processing:
  enabled: true
  threshold_chunks: 10
  fallback_to_sequential: true
  queue_limits:
    max_queue_size: 10000
    max_wait_time: 5m
  max_batch_size: 300
"""
JOB = "a1b2c3d4-e5f6-4890-abcd-ef1234567890"
CHUNKS = 8269
NO_CLIENT = "batch embedding service not configured"

# Seconds after the worker's start, level, message, fields: as the program writes them.
LOG: tuple[tuple[float, str, str, Mapping[str, object]], ...] = (
    (0.0, "INFO", "Successfully loaded config file", {"config_file": "configs/config.yaml"}),
    (0.1, "INFO", "Starting worker service", {"concurrency": 5, "queue_group": "workers"}),
    (
        0.2,
        "INFO",
        "Using Gemini embedding service",
        {"batch_api_enabled": False, "model": "gemini-embedding-001"},
    ),
    (0.3, "INFO", "Creating batch queue manager", {"fallback_enabled": True, "threshold_chunks": 10}),
    (0.4, "INFO", "Batch queue manager created and started successfully", {"applied_max_queue_size": 10000}),
    (0.9, "INFO", "Worker service started successfully", {}),
    (60.0, "INFO", "Processing message", {"size": 412, "subject": "indexing.job"}),
    (64.2, "INFO", "Git clone completed", {"repoURL": "https://github.com/example/shop", "targetPath": "workspace"}),
    (71.0, "INFO", "Directory parsing completed", {"processed_files": 611, "total_chunks": CHUNKS}),
    (
        71.2,
        "INFO",
        "Making embedding processing decision",
        {
            "batch_desired": True,
            "batch_enabled": True,
            "chunk_count": CHUNKS,
            "has_queue_manager": True,
            "job_id": JOB,
            "threshold_chunks": 10,
        },
    ),
    (71.3, "INFO", "Queued bulk embedding requests", {"request_count": CHUNKS, "total_queue_size": CHUNKS}),
    (71.4, "INFO", "Processing batch embedding results (PRODUCTION MODE)", {"chunk_count": CHUNKS, "job_id": JOB}),
    (71.5, "ERROR", "Failed to submit async batch job", {"batch_number": 1, "error": NO_CLIENT, "job_id": JOB}),
    (
        71.6,
        "WARN",
        "Batch processing failed, falling back to sequential",
        {"batch_number": 1, "error": NO_CLIENT, "job_id": JOB},
    ),
    (71.7, "INFO", "Starting sequential embedding generation", {"chunk_count": CHUNKS, "job_id": JOB}),
    (72.0, "INFO", "Embedding request initiated", {"model": "gemini-embedding-001", "request_id": "req-1"}),
)


@dataclass(frozen=True)
class Stage:
    """The installation: its directory, and the variables that lead to the servers beside it."""

    root: Path
    variables: Mapping[str, str]

    @property
    def options(self) -> list[str]:
        """What a command needs to examine it."""
        given = [word for name, text in self.variables.items() for word in ("--env", f"{name}={text}")]
        return ["--dir", str(self.root), "--clean-env", *given]


@contextmanager
def stage() -> Iterator[Stage]:
    """Set it up, and leave nothing behind. Raises NotInstalled without the servers."""
    authority = Authority()
    with (
        tempfile.TemporaryDirectory(prefix="codechunk-demo-") as folder,
        Postgres.start() as server,
        Nats.start() as nats,
        Google.start({"keys": [KEY]}, tls=authority.context) as google,
    ):
        root = Path(folder)
        _lay_out(root)
        _database(server)
        yield Stage(
            root,
            {
                "CODECHUNK_DATABASE_PORT": str(server.port),
                "CODECHUNK_NATS_URL": nats.url,
                "CODECHUNK_GEMINI_API_KEY": KEY,
                "HTTPS_PROXY": google.proxy,
                "SSL_CERT_FILE": str(authority.certificate_file(root / "authority.pem")),
            },
        )


def _lay_out(root: Path) -> None:
    for folder in ("configs", "logs", "batches"):
        (root / folder).mkdir()
    (root / "configs" / "config.yaml").write_text(CONFIG.format(root=root), encoding="utf-8")
    began = time.time() - 600
    lines = "".join(_line(began + after, level, message, fields) for after, level, message, fields in LOG)
    (root / "logs" / "worker.log").write_text(lines, encoding="utf-8")


def _line(at: float, level: str, message: str, fields: Mapping[str, object]) -> str:
    moment = datetime.fromtimestamp(at, UTC)
    entry: dict[str, object] = {"timestamp": f"{moment:%Y-%m-%dT%H:%M:%SZ}", "level": level, "message": message}
    entry |= {"correlation_id": "5b0a9c7f-2a41-4a0e-8b0f-6a1f4c9e2d02", "component": ""}
    if fields:
        entry["metadata"] = dict(fields)
    inner = json.dumps(entry, separators=(",", ":"))
    stamp = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return f"time={stamp} level=INFO msg={json.dumps(inner)}\n"


def _database(server: Postgres) -> None:
    import psycopg

    with psycopg.connect(server.connection_string(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE codechunking")
    migrate(server.connection_string("codechunking"))


def walk(say: Callable[[str], object], *, look: Sequence[str] = (), keep: Callable[[Stage], None] | None = None) -> int:
    """
    Show it step by step; 0 when everything went as it should.

    `look` are the options that say how. `keep` is called at the end, while all still stands.

    Raises NotInstalled when the servers are not there.
    """
    with stage() as at:
        steps = (
            ("What is wrong", 0, ("check", "--only", "config", "--only", "directories", "--fail-on", "never")),
            ("Why did the last job go one chunk at a time?", 0, ("why", "--logs", str(at.root / "logs"))),
            ("Make the fixes that are safe", 0, ("fix", "--apply")),
            ("And now", 0, ("check",)),
        )
        well = [_step(say, at, title, command, look) == status for title, status, command in steps]
        if keep is not None:
            keep(at)
    return 0 if all(well) else 1


def _step(say: Callable[[str], object], at: Stage, title: str, command: tuple[str, ...], look: Sequence[str]) -> int:
    shown = " ".join(word.replace(f"{at.root}/", "") for word in command)
    say(f"\n== {title} ==\n\n$ codechunk-doctor {shown}\n")
    # What this shell sets for checks of its own installations is not meant for this one.
    environment = {name: text for name, text in os.environ.items() if not name.startswith(PREFIX)}
    line = [sys.executable, "-m", "doctor", *command, *look, *at.options]
    return subprocess.run(line, check=False, env=environment).returncode  # noqa: S603
