"""Builders for the tests of the logs family: lines in the real format, and what reading them tells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from doctor.errors import SourceError
from doctor.facts.logs import Logs
from doctor.logs.catalogue import CATALOGUE
from doctor.logs.scan import Scanner
from doctor.logs.story import tell
from doctor.model import Finding
from doctor.needs import IfObserved
from doctor.registry import Check
from tests.logs import encoder

T0 = encoder.TIME
PATH = "logs/worker.log"
JOB = "a1b2c3d4-e5f6-4890-abcd-ef1234567890"
OTHER_JOB = "b2c3d4e5-f607-4901-bcde-f12345678901"
BATCH = "c3d4e5f6-0718-4012-8def-012345678902"
OTHER_BATCH = "d4e5f607-1829-4123-9ef0-123456789013"
URL = "https://github.com/acme/shop"

Line = tuple[float, bytes]
Rule = Callable[..., tuple[Finding, ...]]


def line(id: str, after: float, /, **fields: Any) -> Line:
    """A line of the catalogue, so many seconds after the beginning."""
    entry = CATALOGUE.by_id[id]
    assert entry.message is not None, f"{id} has no fixed message"
    return after, encoder.line(entry.message, entry.level, fields or None, T0 + after)


def raw(after: float, text: bytes) -> Line:
    """A line in another form."""
    return after, text


def worker(after: float = 0, **settings: Any) -> list[Line]:
    """A whole start of a worker."""
    return [
        line("config-specified", after, config_file="configs/config.dev.yaml"),
        line("config-loaded", after, config_file="configs/config.dev.yaml"),
        line("worker-starting", after + 0.01, concurrency=5, queue_group="workers"),
        line("gemini-service", after + 0.02, model="gemini-embedding-001", **{"batch_api_enabled": True, **settings}),
        line("worker-started", after + 0.5),
    ]


def api(after: float = 0) -> list[Line]:
    """A whole start of an API."""
    return [
        line("config-loaded", after, config_file="configs/config.dev.yaml"),
        line("api-db-config", after + 0.01, database_host="localhost"),
        line("api-started", after + 0.5, address="0.0.0.0:8080"),
    ]


def access(after: float, duration: str, path: str = "/search", **fields: Any) -> Line:
    """An answer of the API."""
    text = f"[{encoder.utc(T0 + after)[:19]}Z] INFO: HTTP request completed request_id=r1 method=POST path={path} "
    return after, f"{text}status=200 duration={duration} user_agent=curl/8 remote_ip=127.0.0.1".encode()


def read(*parts: Line | list[Line], path: str = PATH) -> Logs:
    """What reading these lines, in the order of their times, tells."""
    lines = [each for part in parts for each in (part if isinstance(part, list) else [part])]
    return of_files({path: lines})


def of_files(files: dict[str, list[Line]]) -> Logs:
    """What reading these files tells; a file has its lines in the order of their times."""
    scanner = Scanner()
    for number, lines in enumerate(files.values()):
        ordered = [text for _, text in sorted(lines, key=lambda each: each[0])]
        scanner.scan(b"".join(text + b"\n" for text in ordered), number)
    return tell(scanner.result, list(files))


def by(stream: str, lines: list[Line]) -> list[Line]:
    """The same lines as `docker compose logs` shows them."""
    return [(after, encoder.compose(text, stream)) for after, text in lines]


def judged(rule: Check, logs: Logs, config: Any = None, *seen: object) -> tuple[Finding, ...]:
    """The findings of a check on logs, on a configuration if it takes one, and on what else was `seen`."""
    known = {type(each): IfObserved(each) for each in seen}
    unseen: IfObserved[object] = IfObserved(None, SourceError("not asked"))
    glanced = (known.get(need.fact, unseen) for need in rule.needs if need.passive)
    others = [config] if any(not need.passive for need in rule.needs[1:]) else []
    return rule(logs, *others, *glanced)


GEMINI_KEY = (
    "Error 400, Message: API key not valid. Please pass a valid API key., Status: INVALID_ARGUMENT, "
    "Details: [map[reason:API_KEY_INVALID]]"
)
QUOTA = "Error 429, Message: You exceeded your current quota, Status: RESOURCE_EXHAUSTED, Details: []"
NETWORK = 'Post "https://generativelanguage.googleapis.com/v1beta/x": dial tcp: lookup x: no such host'
DENIED = "Error 403, Message: You do not have permission to access the File, Status: PERMISSION_DENIED, Details: []"
REFUSED = "failed to ping database: dial error: dial tcp 127.0.0.1:5432: connect: connection refused"
NO_TABLE = 'ERROR: relation "codechunking.batch_job_progress" does not exist (SQLSTATE 42P01)'
NO_CLIENT = "batch embedding service not configured"
