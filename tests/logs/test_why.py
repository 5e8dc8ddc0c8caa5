"""The known cause of an error: what the same words mean in the line that has them."""

from __future__ import annotations

import pytest

from doctor.logs.scan import Scanner, Window
from doctor.logs.story import tell
from doctor.logs.why import cause_id
from tests.logs.encoder import line

DENIED = "open /tmp/batch_embeddings/input/x.jsonl: permission denied"
NO_HOST = "dial tcp: lookup gitlab.example.com: no such host"
REFUSED = "dial tcp 127.0.0.1:5432: connect: connection refused"


@pytest.mark.parametrize(
    ("id", "text", "cause"),
    [
        # What another part of the program means by the same words.
        pytest.param("sub-non-retryable", f"failed to write requests to file: {DENIED}", "gem-input-file", id="file"),
        pytest.param(
            "poll-processing-failed", f"batch file reference download failed: {DENIED}", "res-download", id="results"
        ),
        pytest.param(
            "batch-submit-failed", f"failed to save batch progress: {DENIED}", "batch-save-progress", id="row"
        ),
        pytest.param("worker-db-pool-failed", "permission denied for schema codechunking", "", id="pool"),
        pytest.param("consumer-fetch-error", DENIED, "", id="queue"),
        pytest.param("con-sync-failed", NO_HOST, "", id="connector's host"),
        pytest.param("con-sync-failed", REFUSED, "", id="connector's port"),
        pytest.param("con-sync-failed", "x509: certificate signed by unknown authority", "", id="certificate"),
        pytest.param("consumer-nak", f"failed to clone repository: {DENIED}", "clone-failed", id="clone: file"),
        pytest.param("consumer-nak", f"failed to clone repository: {NO_HOST}", "clone-failed", id="clone: host"),
        pytest.param("consumer-nak", f"failed to clone repository: {REFUSED}", "clone-failed", id="clone: port"),
        pytest.param(
            "consumer-nak", "failed to clone repository: no space left on device", "clone-failed", id="clone: disk"
        ),
        pytest.param("parse-file-failed", DENIED, "", id="a line without known causes"),
        pytest.param("worker-start-failed", "", "", id="no text"),
        # What the line is about.
        pytest.param("config-read-error", DENIED, "cfg-file-permission", id="configuration"),
        pytest.param("worker-db-pool-failed", REFUSED, "db-refused", id="database"),
        pytest.param("consumer-connect-failed", NO_HOST, "nats-dns", id="NATS"),
        pytest.param(
            "sub-non-retryable", "failed to write requests to file: no space left on device", "disk-full", id="disk"
        ),
        pytest.param(
            "consumer-nak",
            "failed to clone repository: fatal: could not read Username for 'https://github.com'",
            "git-auth",
            id="clone: login",
        ),
        pytest.param(
            "batch-submit-failed",
            'failed to save batch progress: ERROR: relation "batch_job_progress" does not exist (SQLSTATE 42P01)',
            "db-relation-missing",
            id="table",
        ),
        pytest.param(
            "embed-seq-fallback-failed",
            "failed to generate embedding for chunk 3: Error 503, Message: overloaded, Status: UNAVAILABLE",
            "gem-overloaded",
            id="of the same part",
        ),
        pytest.param(
            "batch-quota-exceeded",
            'ERROR: relation "batch_job_progress" does not exist (SQLSTATE 42P01)',
            "db-relation-missing",
            id="of what it may introduce",
        ),
        pytest.param("rec-check-failed", "context canceled", "ctx-cancelled", id="told to stop"),
        pytest.param("a line of another program", NO_HOST, "nats-dns", id="a line that is not known"),
    ],
)
def test_cause(id: str, text: str, cause: str) -> None:
    assert cause_id(text, id) == cause


@pytest.mark.parametrize(("field", "cause"), [("model", None), ("message", "gem-key-invalid")])
@pytest.mark.parametrize("prefix", [b"", b"worker-1  | "])
def test_the_field_that_has_the_error_may_have_another_name(prefix: bytes, field: str, cause: str | None) -> None:
    text = "Error 400, Message: API key not valid. Please pass a valid API key., Status: INVALID_ARGUMENT"
    scanner = Scanner(Window())
    scanner.scan(
        prefix + line("Token counting request failed", "ERROR", {"a": "x", field: text, "z": "y"}) + b"\n", 0, 0
    )

    assert [each.cause for each in tell(scanner.result.pruned(), ["worker.log"]).counts] == [cause]
