"""The keys of codechunking's configuration: types, defaults, variables and what reads them (commit 7428f33)."""

# ruff: noqa: S104, S108 - the values that the program ships

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from doctor.values import value

Kind = Literal["string", "int", "float", "bool", "optional bool", "duration", "connectors"]
Use = Literal["yes", "no", "validated-only", "no-effect", "unreachable"]


@value
class KeySpec:
    """
    One key.

    `default` is the decoded value when nothing sets the key (durations in nanoseconds); `built_in` that viper knows
    it as a default and `bound` that its variable is bound, so that the variable works whatever the file holds.
    `used` is whether anything reads it, `instead` the key that does the job of one that nothing reads, `code_default`
    what the program makes of the zero value, `shipped` the values of the files that come with the program (as text).
    `go_type` is the field's type in messages where it is not the usual one for the kind.
    """

    key: str
    kind: Kind
    default: Any
    env: str
    built_in: bool = False
    bound: bool = False
    secret: bool = False
    used: Use = "yes"
    used_by: tuple[str, ...] = ()
    instead: str | None = None
    code_default: str | None = None
    shipped: tuple[str, ...] = ()
    go_type: str | None = None


SECOND = 1_000_000_000
MINUTE = 60 * SECOND

PREFIX = "CODECHUNK_"

# Which of the program's commands read a key.
API = ("api",)
WORKER = ("worker",)
BOTH = ("api", "worker")
DATABASE = ("api", "worker", "migrate")
EMBEDDERS = ("api", "worker", "chunk")
JOBS = ("worker", "chunk")


def variable_of(key: str) -> str:
    """The variable that viper asks for a key: `api.port` -> `CODECHUNK_API_PORT`."""
    return PREFIX + key.upper().replace(".", "_")


def _key(key: str, kind: Kind, default: Any, *, by: tuple[str, ...] = (), **facts: Any) -> KeySpec:
    return KeySpec(key, kind, default, variable_of(key), used_by=by, **facts)


# In the order of the program's own struct, which is that of its messages.
_KEYS = (
    _key(
        "api.host",
        "string",
        "0.0.0.0",
        by=API,
        shipped=("0.0.0.0",),
        built_in=True,
        code_default='"" listens on 0.0.0.0',
    ),
    _key("api.port", "string", "8080", by=API, shipped=("8080",), built_in=True),
    _key("api.read_timeout", "duration", 10 * SECOND, by=API, shipped=("10s", "30s"), built_in=True),
    _key("api.write_timeout", "duration", 10 * SECOND, by=API, shipped=("10s", "30s"), built_in=True),
    _key(
        "api.enable_default_middleware", "optional bool", None, by=API, bound=True, code_default="unset counts as true"
    ),
    _key("api.enable_cors", "optional bool", None, bound=True, used="no", instead="api.enable_default_middleware"),
    _key(
        "api.enable_security_headers",
        "optional bool",
        None,
        bound=True,
        used="no",
        instead="api.enable_default_middleware",
    ),
    _key("api.enable_logging", "optional bool", None, bound=True, used="no", instead="api.enable_default_middleware"),
    _key(
        "api.enable_error_handling",
        "optional bool",
        None,
        bound=True,
        used="no",
        instead="api.enable_default_middleware",
    ),
    _key("worker.concurrency", "int", 5, by=WORKER, shipped=("12", "20"), built_in=True),
    _key("worker.queue_group", "string", "workers", by=WORKER, shipped=("workers",), built_in=True),
    _key("worker.job_timeout", "duration", 30 * MINUTE, by=WORKER, shipped=("30m", "60m"), built_in=True),
    _key(
        "database.host",
        "string",
        "localhost",
        by=DATABASE,
        shipped=("localhost",),
        built_in=True,
        code_default='"" counts as localhost for api and worker',
    ),
    _key("database.port", "int", 5432, by=DATABASE, shipped=("5432",), built_in=True),
    _key("database.user", "string", "", by=DATABASE, shipped=("dev",)),
    _key("database.password", "string", "", by=DATABASE, shipped=("dev",), secret=True),
    _key("database.name", "string", "codechunking", by=DATABASE, shipped=("codechunking",), built_in=True),
    _key(
        "database.sslmode",
        "string",
        "disable",
        by=DATABASE,
        shipped=("disable", "require"),
        built_in=True,
        code_default='"" counts as disable for api and worker, as require for migrate',
    ),
    _key("database.max_connections", "int", 25, by=BOTH, shipped=("25", "100"), built_in=True),
    _key("database.max_idle_connections", "int", 5, shipped=("5", "20"), built_in=True, used="no"),
    _key("nats.url", "string", "nats://localhost:4222", by=BOTH, shipped=("nats://localhost:4222",), built_in=True),
    _key("nats.max_reconnects", "int", 5, by=BOTH, shipped=("5", "10"), built_in=True),
    _key("nats.reconnect_wait", "duration", 2 * SECOND, by=BOTH, shipped=("2s", "5s"), built_in=True),
    _key("nats.test_mode", "bool", False, by=API),
    _key(
        "search.iterative_scan_mode",
        "string",
        "",
        by=API,
        shipped=("relaxed_order",),
        code_default='"" counts as relaxed_order',
    ),
    _key("search.semantic_weight", "float", 0.0, used="validated-only"),
    _key("search.text_weight", "float", 0.0, used="validated-only"),
    _key(
        "zoekt.webserver.host",
        "string",
        "",
        by=API,
        shipped=("zoekt-webserver", "localhost"),
        code_default='"" turns text search off',
    ),
    _key("zoekt.webserver.port", "int", 0, by=API, shipped=("6071", "6070")),
    _key("zoekt.webserver.timeout", "duration", 0, shipped=("30s",), used="no"),
    _key(
        "zoekt.indexing.git_index_path",
        "string",
        "",
        by=WORKER,
        shipped=("zoekt-git-index",),
        code_default='"" stops Zoekt indexing in every job',
    ),
    _key("zoekt.indexing.index_dir", "string", "", by=WORKER, shipped=("/data/index",)),
    _key("zoekt.indexing.max_file_size", "int", 0, go_type="int64", shipped=("10485760",), used="no"),
    _key("zoekt.indexing.include_tests", "bool", False, shipped=("true",), used="no"),
    _key("zoekt.indexing.include_vendor", "bool", False, shipped=("false",), used="no"),
    _key("zoekt.indexing.default_priority", "float", 0.0, shipped=("1.0",), used="no"),
    _key(
        "zoekt.indexing.timeout",
        "duration",
        0,
        by=WORKER,
        shipped=("30m", "10m"),
        code_default="0 sets no limit but the job's own",
    ),
    _key("zoekt.search.max_results", "int", 0, shipped=("100",), used="no"),
    _key("zoekt.search.max_match_per_file", "int", 0, by=API, shipped=("1000",)),
    _key("zoekt.search.context_lines", "int", 0, by=API, shipped=("2",)),
    _key("zoekt.search.timeout", "duration", 0, by=API, shipped=("10s",), code_default="0 sets no limit"),
    _key("zoekt.concurrent_indexing.enabled", "bool", False, by=WORKER, shipped=("true",)),
    _key("zoekt.concurrent_indexing.max_concurrent_jobs", "int", 0, shipped=("5", "12"), used="no"),
    _key("zoekt.concurrent_indexing.retry_attempts", "int", 0, shipped=("3", "2"), used="no"),
    _key(
        "gemini.api_key",
        "string",
        "",
        by=EMBEDDERS,
        bound=True,
        secret=True,
        code_default='"": worker and chunk take GEMINI_API_KEY, then GOOGLE_API_KEY',
    ),
    _key(
        "gemini.model",
        "string",
        "",
        by=EMBEDDERS,
        shipped=("gemini-embedding-001",),
        code_default='"" counts as gemini-embedding-001',
    ),
    _key("gemini.max_retries", "int", 0, shipped=("3", "5"), used="no"),
    _key("gemini.timeout", "duration", 0, by=JOBS, shipped=("120s", "60s"), code_default="0 counts as 120s"),
    _key(
        "gemini.batch.input_dir",
        "string",
        "",
        by=BOTH,
        shipped=("/tmp/batch_embeddings/input",),
        code_default='"" counts as batch_embeddings/input below the system\'s temporary directory',
    ),
    _key(
        "gemini.batch.output_dir",
        "string",
        "",
        by=BOTH,
        shipped=("/tmp/batch_embeddings/output",),
        code_default='"" counts as batch_embeddings/output below the system\'s temporary directory',
    ),
    _key(
        "gemini.batch.poll_interval",
        "duration",
        0,
        by=API,
        shipped=("5s",),
        used="no-effect",
        instead="batch_processing.poller_interval",
    ),
    _key("gemini.batch.max_wait_time", "duration", 0, shipped=("30m",), used="no"),
    _key("gemini.batch.enabled", "bool", False, by=BOTH, shipped=("true",)),
    _key("batch_processing.enabled", "bool", False, by=WORKER, shipped=("true",)),
    _key(
        "batch_processing.threshold_chunks",
        "int",
        0,
        by=WORKER,
        shipped=("50", "10"),
        code_default="0 sends every repository to batch processing",
    ),
    _key("batch_processing.fallback_to_sequential", "bool", False, by=WORKER, shipped=("true", "false")),
    _key("batch_processing.queue_limits.max_queue_size", "int", 0, by=WORKER, shipped=("10000", "100000")),
    _key("batch_processing.queue_limits.max_wait_time", "duration", 0, by=WORKER, shipped=("30m", "15m")),
    _key("batch_processing.use_test_embeddings", "bool", False, by=WORKER, shipped=("false",)),
    _key(
        "batch_processing.max_batch_size", "int", 0, by=WORKER, shipped=("500", "300"), code_default="0 counts as 500"
    ),
    _key("batch_processing.initial_backoff", "duration", 0, shipped=("30s", "5s"), used="unreachable"),
    _key("batch_processing.max_backoff", "duration", 0, shipped=("300s", "60s"), used="unreachable"),
    _key("batch_processing.max_retries", "int", 0, shipped=("3", "2"), used="unreachable"),
    _key("batch_processing.enable_batch_chunking", "bool", False, shipped=("true",), used="no"),
    _key(
        "batch_processing.poller_interval", "duration", 0, by=WORKER, shipped=("30s",), code_default="0 counts as 30s"
    ),
    _key("batch_processing.max_concurrent_polls", "int", 0, by=WORKER, shipped=("5",), code_default="0 counts as 5"),
    _key(
        "batch_processing.submitter_poll_interval",
        "duration",
        0,
        by=WORKER,
        shipped=("5s",),
        code_default="0 counts as 5s",
    ),
    _key(
        "batch_processing.max_concurrent_submissions", "int", 0, by=WORKER, shipped=("1",), code_default="0 counts as 1"
    ),
    _key(
        "batch_processing.submission_initial_backoff",
        "duration",
        0,
        by=WORKER,
        shipped=("1m",),
        code_default="0 counts as 1m",
    ),
    _key(
        "batch_processing.submission_max_backoff",
        "duration",
        0,
        by=WORKER,
        shipped=("30m",),
        code_default="0 counts as 30m",
    ),
    _key(
        "batch_processing.max_submission_attempts", "int", 0, by=WORKER, shipped=("10",), code_default="0 counts as 10"
    ),
    _key("batch_processing.token_counting.enabled", "bool", False, by=WORKER, shipped=("true",)),
    _key(
        "batch_processing.token_counting.mode",
        "string",
        "",
        by=WORKER,
        shipped=("all", "on_demand"),
        code_default='"" skips counting',
    ),
    _key(
        "batch_processing.token_counting.sample_percent",
        "int",
        0,
        by=WORKER,
        shipped=("10",),
        code_default="0 counts nothing in mode sample",
    ),
    _key(
        "batch_processing.token_counting.max_tokens_per_chunk",
        "int",
        0,
        by=WORKER,
        shipped=("8192",),
        code_default="0 counts as 8192",
    ),
    _key("embedding.provider", "string", "gemini", by=BOTH, shipped=("gemini",)),
    _key("embedding.openai.api_key", "string", "", by=BOTH, secret=True),
    _key("embedding.openai.base_url", "string", "", by=BOTH, code_default='"" counts as https://api.openai.com/v1'),
    _key("embedding.openai.model", "string", "", by=BOTH),
    _key("embedding.openai.dimensions", "int", 0, by=BOTH),
    _key("embedding.openai.max_retries", "int", 0, by=BOTH, code_default="0 counts as 3"),
    _key("embedding.openai.timeout", "duration", 0, by=BOTH, code_default="0 counts as 60s"),
    _key("embedding.openai.batch_size", "int", 0, used="validated-only", code_default="0 counts as 256"),
    _key("embedding.openai.truncate_dimensions", "bool", False, by=BOTH),
    _key("log.level", "string", "info", shipped=("info", "debug", "error"), built_in=True, used="validated-only"),
    _key("log.format", "string", "json", shipped=("json", "text"), built_in=True, used="no"),
    _key("connectors", "connectors", None, by=API),
)

SCHEMA: Mapping[str, KeySpec] = {spec.key: spec for spec in _KEYS}

# The fields of one entry of `connectors`, in the order of the program's struct.
CONNECTOR_FIELDS: tuple[str, ...] = ("name", "type", "base_url", "auth_token", "groups", "projects")
CONNECTOR_LISTS = frozenset(("groups", "projects"))
CONNECTOR_SECRET = "auth_token"  # noqa: S105 - the name of a field

# Read by the client program alone, which has a configuration of its own but may be given the same file.
CLIENT_KEYS: tuple[str, ...] = (
    "client.api_url",
    "client.timeout",
    "client.search.limit",
    "client.search.threshold",
    "client.search.sort",
    "client.repos.poll_interval",
    "client.repos.wait_timeout",
)


def _prefixes(key: str) -> list[str]:
    parts = key.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts))]


# Everything that has keys below it; a variable named like one of them hides all of these.
SECTIONS: tuple[str, ...] = (
    *dict.fromkeys(prefix for key in SCHEMA for prefix in _prefixes(key)),
    "connectors",
)

# Settings that documents of the program mention, or its code defines, though nothing loads them: name -> what holds.
# A name that ends in `.` or `_` stands for all that begin with it.
UNKNOWN: Mapping[str, str] = {
    "chunking.overlap_size": "fixed at 200 in the chunk command",
    "chunking.max_chunk_size": "fixed at 4000 in the chunk command; jobs use the size in their queue message",
    "chunking.min_chunk_size": "fixed at 200 in the chunk command",
    "git.": "the program defines these settings but never loads them",
    "CODECHUNK_GIT_": "the program defines these settings but never loads them",
    "CODECHUNK_ACK_": "only the program's tests use it",
    "CODECHUNK_DATABASE_SCHEMA": "the schema's name is fixed: codechunking",
    "CODECHUNK_CLIENT_RETRY_ATTEMPTS": "the client has no such setting",
    "CODECHUNK_CONFIG_FILE": "the program does not read it; use --config",
}

_BY_VARIABLE = {spec.env: spec.key for spec in _KEYS}
_SECTION_BY_VARIABLE = {variable_of(section): section for section in SECTIONS}
_CLIENT_BY_VARIABLE = {variable_of(key): key for key in CLIENT_KEYS}


def key_of_variable(name: str) -> str | None:
    """The key a variable is asked for, None when there is none: `CODECHUNK_API_PORT` -> `api.port`."""
    return _BY_VARIABLE.get(name)


def section_of_variable(name: str) -> str | None:
    """The section a variable is named like (and hides): `CODECHUNK_DATABASE` -> `database`."""
    return _SECTION_BY_VARIABLE.get(name)


def client_key_of_variable(name: str) -> str | None:
    """The key of the client program that a variable sets."""
    return _CLIENT_BY_VARIABLE.get(name)


def why_unknown(name: str) -> str | None:
    """What holds for a documented key or variable that nothing loads, None for any other name."""
    if (why := UNKNOWN.get(name)) is not None:
        return why
    return next((why for known, why in UNKNOWN.items() if known[-1] in "._" and name.startswith(known)), None)
