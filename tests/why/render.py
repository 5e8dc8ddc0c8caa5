"""Ways through the model as logs: each line that the program prints on one, with the fields that the world gives it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from doctor.logs.catalogue import CATALOGUE
from doctor.why.model import Fact, Path
from tests.logs import encoder

T0 = encoder.TIME
STORING = {
    "allows falling back": 'failed to save batch progress: ERROR: relation "batch_job_progress" does not exist',
    "forbids falling back": "failed to find/create chunks: ERROR: invalid byte sequence for encoding UTF8",
}
NO_CLIENT = "batch embedding service not configured"
QUEUE = {
    "full": "queue manager error (capacity/queue_full): Queue capacity exceeded",
    "refuses a chunk": "queue manager error (validation/missing_text): text is empty",
}
NOT_CLONED = "failed to clone repository: git operation failed: could not read Username for 'https://github.com'"
DENIED = "embedding service error (auth/403): denied"
URL = "https://github.com/acme/shop"


@dataclass(frozen=True)
class Job:
    """One job to be rendered: its ids, its settings, how many chunks it has."""

    id: str
    batch: str
    chunks: int
    threshold: int
    world: Mapping[Fact, Any]


def start(world: Mapping[Fact, Any], threshold: int, queue: int = 10_000) -> list[tuple[str, dict[str, Any]]]:
    """What a worker of this world prints at its start."""
    lines: list[tuple[str, dict[str, Any]]] = [
        ("config-loaded", {"config_file": "configs/config.yaml"}),
        ("worker-starting", {"concurrency": 5, "queue_group": "workers"}),
    ]
    openai = world[Fact.PROVIDER] == "openai"
    if openai:
        lines += [("openai-service", {"model": "m"}), ("async-batch-unsupported", {})]
    else:
        if world[Fact.CLIENT]:
            lines += [("batch-enabled", {"input_dir": "/tmp/in", "output_dir": "/tmp/out"}), ("batch-client-ok", {})]
        service = {"model": "gemini-embedding-001", "batch_api_enabled": bool(world[Fact.CLIENT])}
        lines.append(("gemini-service", service))
    if world[Fact.ROAD]:
        allowed = {"threshold_chunks": threshold, "fallback_enabled": bool(world[Fact.FALLBACK])}
        lines += [("queue-manager-creating", allowed), ("queue-created", {"applied_max_queue_size": queue})]
    else:
        lines.append(("batch-processing-disabled", {"enabled": False}))
    lines.append(("worker-started", {}))
    if world[Fact.CLIENT] and not openai:
        lines.append(("submitter-started", {"poll_interval": 5_000_000_000}))
    return lines


def job(path: Path, of: Job) -> list[tuple[str, dict[str, Any]]]:
    """What is printed while a repository goes this way, from the first line to the last."""
    lines: list[tuple[str, dict[str, Any]]] = [("consumer-processing", {"subject": "indexing.job", "size": 300})]
    for id in path.lines:
        fields = _fields(id, path, of)
        if fields is not None:
            # A round of polling is followed by the next.
            lines += [(id, fields)] * (2 if id == "poll-polled" else 1)
    return lines


def encoded(lines: list[tuple[str, dict[str, Any]]], begins: float = T0, step: float = 0.25) -> bytes:
    """The lines as the program writes them."""
    return b"".join(_encoded(lines, begins, step))


def _encoded(lines: list[tuple[str, dict[str, Any]]], begins: float, step: float) -> Iterator[bytes]:
    for number, (id, fields) in enumerate(lines):
        entry = CATALOGUE.by_id[id]
        assert entry.message is not None, id
        yield encoder.line(entry.message, entry.level, fields or None, begins + number * step) + b"\n"


def _fields(id: str, path: Path, of: Job) -> dict[str, Any] | None:
    """The fields of one line; None for a line that this world does not print."""
    maker = FIELDS.get(id)
    if maker is None:
        own = {name for name, _ in CATALOGUE.by_id[id].fields}
        return {"job_id": of.id} if "job_id" in own else {"batch_id": of.batch} if "batch_id" in own else {}
    return maker(path, of)


def _decision(_: Path, of: Job) -> dict[str, Any]:
    enabled = bool(of.world[Fact.ROAD])
    return {
        "job_id": of.id,
        "chunk_count": of.chunks,
        "batch_enabled": enabled,
        "threshold_chunks": of.threshold,
        "has_queue_manager": bool(of.world[Fact.QUEUE_MANAGER]),
        "batch_desired": enabled and of.chunks >= of.threshold,
    }


def _batch_error(path: Path, of: Job) -> dict[str, Any]:
    text = STORING[str(path.answer(Fact.ERROR_TEXT))] if path.answer(Fact.STORE) == "refused" else NO_CLIENT
    return {"job_id": of.id, "batch_number": 1, "error": text}


def _broken_fallback(path: Path, of: Job) -> dict[str, Any] | None:
    if path.answer(Fact.FALLBACK) is not True or "batch-fallback" not in path.lines:
        return None
    over = path.answer(Fact.RUN) == "time is over"
    return {"job_id": of.id, "error": "context deadline exceeded" if over else DENIED}


def _missing(*_: object) -> None:
    """Printed by another version, or in another case."""


def _wait(path: Path, of: Job) -> dict[str, Any]:
    del path, of
    return {"pending_count": 1, "returned_count": 0, "missing_count": 1}


def _polled(path: Path, of: Job) -> dict[str, Any]:
    found = _wait(path, of)
    if path.answer(Fact.GOOGLE) != "not known":
        found |= {"returned_count": 1, "missing_count": 0}
    return found


FIELDS: Mapping[str, Any] = {
    "job-repo-completed-skip": lambda path, of: {"repository_id": of.id, "status": "completed"},
    "job-repo-archived-skip": _missing,
    "git-clone-ok": lambda path, of: {"repoURL": URL, "targetPath": "/tmp/x"},
    "git-token-auth": lambda path, of: {"repoURL": URL, "provider": "github", "tokenType": "pat"},
    "parse-done": lambda path, of: {"total_chunks": of.chunks if path.leaf.value != "F1" else 0},
    "embed-start": _decision,
    "embed-decision": _decision,
    "queue-bulk": lambda path, of: {"request_count": of.chunks, "total_queue_size": of.chunks},
    "embed-ctx-cancelled": lambda path, of: {"job_id": of.id, "error": "context deadline exceeded"},
    "embed-config-invalid": lambda path, of: {
        "job_id": of.id,
        "error": "queue limits max_queue_size and max_wait_time must both be set",
    },
    "embed-chunks-invalid": lambda path, of: {"job_id": of.id, "error": "no chunks provided for processing"},
    "embed-queue-failed": lambda path, of: {
        "job_id": of.id,
        "request_count": of.chunks,
        "error": QUEUE[str(path.answer(Fact.QUEUE))],
    },
    "embed-queue-fallback": lambda path, of: {
        "job_id": of.id,
        "error_type": "queue_submission_failed",
        "error": QUEUE["full"],
    },
    "batch-submit-failed": _batch_error,
    "batch-quota-exceeded": _missing,
    "batch-fallback": _batch_error,
    "embed-seq-start": lambda path, of: {"job_id": of.id, "chunk_count": of.chunks},
    "embed-seq-done": lambda path, of: {"job_id": of.id, "total_embeddings": of.chunks},
    "embed-chunk-failed": lambda path, of: {
        "job_id": of.id,
        "chunk_index": 3,
        "error": DENIED,
    },
    "embed-seq-fallback-failed": _broken_fallback,
    "gc-failed": _missing,
    "embed-store-failed": _missing,
    "batch-queued": lambda path, of: {
        "batch_id": of.batch,
        "indexing_job_id": of.id,
        "batch_number": 1,
        "chunk_count": of.chunks,
    },
    "batch-queueing": lambda path, of: {"indexing_job_id": of.id, "batch_number": 1, "total_batches": 1},
    "batch-all-present": lambda path, of: {"indexing_job_id": of.id, "batch_number": 1, "chunk_count": of.chunks},
    "batch-all-submitted-old": _missing,
    "batch-job-submitted-old": _missing,
    "embed-engine-failed": lambda path, of: {"repo": URL, "error": "it broke", "duration": 5_000_000},
    "embed-engine-ok": lambda path, of: {"repo": URL, "duration": 5_000_000},
    "finalize-both-failed": _missing,
    "job-completed": _missing,
    "consumer-nak": lambda path, of: {"error": NOT_CLONED},
    "consumer-ack": lambda path, of: {},
    "gb-created": lambda path, of: {"job_id": "batches/x", "state": "JOB_STATE_PENDING"},
    "sub-rate-limit": lambda path, of: {"batch_id": of.batch, "error": "Error 429, RESOURCE_EXHAUSTED"},
    "sub-non-retryable": lambda path, of: {"batch_id": of.batch, "error": "Error 503, UNAVAILABLE"},
    "sub-max-attempts": _missing,
    "poll-job-failed": lambda path, of: {"batch_id": of.batch, "error": "job failed", "retry_count": 0},
    "poll-polled": _polled,
}


def with_calls(lines: list[tuple[str, dict[str, Any]]]) -> list[tuple[str, dict[str, Any]]]:
    """The same with a call of Gemini behind the line that begins to go through the chunks."""
    found = []
    for each in lines:
        found.append(each)
        if each[0] == "embed-seq-start":
            found.append(("gc-request", {"request_id": "req-1", "model": "gemini-embedding-001"}))
    return found
