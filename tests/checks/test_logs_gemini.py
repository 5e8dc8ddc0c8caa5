"""logs: batches on their way to Google and back, the key, the network."""

from __future__ import annotations

import pytest

from checks.logs.batch_lost import batch_lost
from checks.logs.files_api_denied import files_api_denied
from checks.logs.gemini_key import gemini_key
from checks.logs.gemini_network import gemini_network
from checks.logs.long_file_id import long_file_id
from checks.logs.rate_limited import rate_limited
from checks.logs.results_unusable import results_unusable
from checks.logs.schema_outdated import schema_outdated
from checks.logs.submission_failed import submission_failed
from doctor.model import Severity
from tests.checks.log_lines import (
    BATCH,
    DENIED,
    GEMINI_KEY,
    JOB,
    NETWORK,
    NO_TABLE,
    OTHER_BATCH,
    QUOTA,
    judged,
    line,
    read,
    worker,
)

E, W, N = Severity.ERROR, Severity.WARNING, Severity.NOTE

FILE = "files/batch-pwccfe96og36g8qngof6db1dsnywrs1hxhd3"
TOO_BIG = "batch size 501 exceeds maximum batch size of 500"
DOWNLOAD = f"batch file reference download failed: {DENIED}"


def refused(error, after=5, batch=BATCH):
    return line("sub-non-retryable", after, batch_id=batch, error=error)


def given_up(error, after=5):
    return line("sub-max-attempts", after, batch_id=BATCH, attempts=10, error=error)


def unusable(error, after=5):
    return line("poll-processing-failed", after, batch_id=BATCH, gemini_job_id="batches/x", error=error)


def sent(after, batch=BATCH):
    return line("sub-file-uploaded", after, batch_id=batch, file_uri="files/x")


def done(after):
    return line("poll-marked-completed", after, batch_id=BATCH, chunks_processed=5)


def polled(missing):
    return [
        line("poll-polled", 5 + 30 * number, pending_count=3, returned_count=3 - each, missing_count=each)
        for number, each in enumerate(missing)
    ]


SILENT = [
    pytest.param(submission_failed, [refused(TOO_BIG), sent(9)], id="submission: sent later"),
    pytest.param(submission_failed, refused(NETWORK), id="submission: the network"),
    pytest.param(submission_failed, refused(GEMINI_KEY), id="submission: the key"),
    pytest.param(submission_failed, [refused(TOO_BIG, 1), *worker(5)], id="submission: long ago"),
    pytest.param(submission_failed, line("gb-line-parse-failed", 5, error="unexpected end of JSON input"),
                 id="submission: a result"),
    pytest.param(submission_failed, [line("sub-rate-limit", 5, batch_id=BATCH, error=QUOTA),
                 line("sub-retry-scheduled", 5, batch_id=BATCH, error=QUOTA)], id="submission: waits for the quota"),
    pytest.param(submission_failed, [given_up(QUOTA), sent(9)], id="submission: tried ten times, and sent later"),
    pytest.param(submission_failed, line("gc-failed", 5, error_message="Error 503, UNAVAILABLE"),
                 id="submission: one text"),
    pytest.param(submission_failed, line("poll-processing-failed", 5, error="write: read-only file system"),
                 id="submission: writing a result"),
    pytest.param(submission_failed, line("batch-client-failed", 5, error="mkdir /x: read-only file system"),
                 id="submission: no client"),
    pytest.param(rate_limited, [line("sub-rate-limit", 5, batch_id=BATCH, error=QUOTA), sent(9)], id="rate: later"),
    pytest.param(rate_limited, [line("gc-failed", 5, error_message=QUOTA), line("gc-response", 9)], id="rate: passed"),
    pytest.param(rate_limited, line("gc-failed", 5, error_message=NETWORK), id="rate: the network"),
    pytest.param(rate_limited, line("gc-retry-exhausted", 5, final_error=QUOTA), id="rate: noise"),
    pytest.param(batch_lost, polled([1] * 9), id="lost: nine rounds"),
    pytest.param(batch_lost, polled([1] * 20 + [0]), id="lost: found again"),
    pytest.param(batch_lost, [line("poll-job-failed", 5, batch_id=BATCH, error="Gemini batch job failed: state=X"),
                 done(9)], id="lost: done later"),
    pytest.param(results_unusable, unusable(DOWNLOAD), id="results: denied"),
    pytest.param(results_unusable, [unusable("token too long"), done(9)], id="results: done later"),
    pytest.param(results_unusable, unusable("failed to save embeddings: x"), id="results: the database"),
    pytest.param(files_api_denied, [line("gb-download-failed", 5, file_ref=FILE, error=DENIED),
                 line("gb-download-ok", 9, file_ref=FILE)], id="files: later"),
    pytest.param(files_api_denied, line("gb-download-failed", 5, file_ref=FILE, error="Error 404, NOT_FOUND"),
                 id="files: gone"),
    pytest.param(files_api_denied, line("gc-failed", 5, error_message="Error 403, PERMISSION_DENIED"), id="files: key"),
    pytest.param(long_file_id, line("guide-full-id", 5, file_id="files/x", id_length=40), id="id: forty"),
    pytest.param(long_file_id, [line("guide-full-id", 5, file_id=FILE, id_length=42),
                 line("gb-download-ok", 9, file_ref=FILE)], id="id: downloaded"),
    pytest.param(gemini_key, [line("gc-failed", 1, error_message=GEMINI_KEY), *worker(5)], id="key: restarted"),
    pytest.param(gemini_key, line("gb-download-failed", 5, file_ref=FILE, error="Error 403, PERMISSION_DENIED"),
                 id="key: of a file"),
    pytest.param(gemini_key, worker(), id="key: nothing"),
    pytest.param(gemini_network, [line("gc-failed", 5, error_message=NETWORK), line("gc-response", 9)],
                 id="network: back"),
    pytest.param(gemini_network, [refused(NETWORK), sent(9)], id="network: sent later"),
    pytest.param(gemini_network, [line("poll-bulk-failed", 5, error=NETWORK),
                 line("gb-bulk-status", 9, requested=1, found=1)], id="network: listed later"),
    pytest.param(gemini_network, line("nats-disconnected", 5, error="EOF"), id="network: of NATS"),
    pytest.param(submission_failed, refused("context canceled"), id="submission: shutdown"),
    pytest.param(batch_lost, line("gb-scan-warning", 5, wanted_count=1, found_count=0), id="lost: a long list"),
    pytest.param(results_unusable, line("poll-some-failed", 5, error_count=1, total_count=2), id="results: a summary"),
    pytest.param(rate_limited, [line("batch-quota-exceeded", 1, job_id=JOB, error=QUOTA), *worker(5)], id="rate: old"),
    pytest.param(gemini_key, line("nats-create-failed", 5, error="authorization violation"), id="key: of NATS"),
    pytest.param(gemini_network, line("worker-db-pool-failed", 5, error="dial tcp: connection reset"),
                 id="network: of another service"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "lines"), SILENT)
def test_silent(resolved, rule, lines):
    assert judged(rule, read(lines), resolved()) == ()


LOUD = [
    pytest.param(submission_failed, refused(TOO_BIG), E, "above the client's hard limit of 500", id="submission: size"),
    pytest.param(submission_failed, [refused(TOO_BIG), sent(9, OTHER_BATCH)], E, "500", id="submission: another sent"),
    pytest.param(submission_failed, refused("something odd"), E,
                 "“Batch permanently failed due to non-retryable error”, once, at 2025-11-22 10:30:05 UTC: something "
                 "odd",
                 id="submission: odd"),
    pytest.param(submission_failed, refused("failed to write requests to file: no space left on device"), E, "full",
                 id="submission: disk"),
    pytest.param(submission_failed, line("sub-deserialize-failed", 5, batch_id=BATCH, error="unexpected end of JSON "
                 "input"), E, "empty or damaged", id="submission: damaged"),
    pytest.param(submission_failed, given_up(QUOTA), E,
                 "“Batch permanently failed after max attempts”, once, at 2025-11-22 10:30:05 UTC: Google's quota is "
                 "used up, and the worker does not send the batch any more", id="submission: ten times"),
    pytest.param(submission_failed, refused(QUOTA), E, "quota is used up", id="submission: the quota at once"),
    pytest.param(submission_failed, given_up("(quota/quota_exceeded): the limit of ids"), E, "has the word “limit”",
                 id="submission: not the quota"),
    pytest.param(submission_failed, refused("Error 503, Status: UNAVAILABLE"), E, "not sent again",
                 id="submission: overloaded"),
    pytest.param(submission_failed, refused("Error 404, Status: NOT_FOUND"), E, "this key does not see it",
                 id="submission: no model"),
    pytest.param(submission_failed, refused("failed to write requests to file: open /in/x: read-only file system"), E,
                 "could not write the input file", id="submission: read-only"),
    pytest.param(submission_failed, refused("open /in/x: read-only file system"), E, "could not write the input file",
                 id="submission: nothing can be written"),
    pytest.param(submission_failed, refused("open /in/x: not a directory"), E, "could not write the input file",
                 id="submission: no directory"),
    pytest.param(rate_limited, [line("sub-rate-limit", 5, batch_id=BATCH, error=QUOTA), sent(9, OTHER_BATCH)], W,
                 "Google's quota is used up", id="rate: quota"),
    pytest.param(rate_limited, line("sub-retry-scheduled", 5, batch_id=BATCH,
                 error="(quota/quota_exceeded) the limit of ids"), W, "has the word “limit”", id="rate: misread"),
    pytest.param(rate_limited, line("batch-quota-exceeded", 5, job_id=JOB, error="odd 429"), W,
                 "no call of Gemini is made", id="rate: misnamed"),
    pytest.param(rate_limited, refused("Error 503, Status: UNAVAILABLE"), W, "overloaded", id="rate: overloaded"),
    pytest.param(batch_lost, polled([1] * 10), W, "1 job is missing in Google's list", id="lost: ten rounds"),
    pytest.param(batch_lost, polled([0, *[2] * 12]), W, "2 jobs are missing", id="lost: more"),
    pytest.param(batch_lost, line("poll-cancelled", 5, batch_id=BATCH, state="CANCELLED"), W, "cancelled at Google",
                 id="lost: cancelled"),
    pytest.param(batch_lost, line("poll-job-failed", 5, batch_id=BATCH, error="Gemini batch job failed: state=X"), W,
                 "failed or expired", id="lost: failed"),
    pytest.param(results_unusable, unusable("token too long"), E, "longer than 64 KiB", id="results: too long"),
    pytest.param(results_unusable, unusable("something odd"), E, "something odd", id="results: odd"),
    pytest.param(results_unusable, unusable("write: no space left on device"), E, "disk below", id="results: disk"),
    pytest.param(results_unusable, line("gb-embedding-parse-failed", 5,
                 error="invalid response structure: missing values"), W, "single chunks", id="results: one chunk"),
    pytest.param(results_unusable, line("gb-line-parse-failed", 5, error="unexpected end of JSON input"), W,
                 "cannot be read", id="results: one line"),
    pytest.param(files_api_denied, line("gb-download-failed", 5, file_ref=FILE, error=DENIED), E,
                 "the id of batch-pwccfe96og36g8qngof6db1dsnywrs1hxhd3 has 42 characters", id="files: denied"),
    pytest.param(files_api_denied, line("gb-download-failed", 5, file_ref="files/x", error="Error 403, x"), E,
                 "Google refused result files with 403, once", id="files: short"),
    pytest.param(files_api_denied, unusable(DOWNLOAD), E, "with 403", id="files: of a batch"),
    pytest.param(files_api_denied, line("guide-metadata-failed", 5, error="x", error_detail="y"), E, "with 403",
                 id="files: the guide's"),
    pytest.param(long_file_id, line("guide-full-id", 5, file_id=FILE, id_length=42), N, "an id of 42 characters",
                 id="id: long"),
    pytest.param(long_file_id, [line("guide-40char", 5, file_id=FILE), line("gb-download-ok", 9, file_ref=FILE),
                 unusable("token too long", 10)], N, "an id above 40 characters", id="id: a batch failed"),
    pytest.param(gemini_key, line("gc-failed", 5, error_message=GEMINI_KEY), E, "Google does not know the key",
                 id="key: invalid"),
    pytest.param(gemini_key, line("gemini-key-missing", 5), E, "the worker has no key and ends", id="key: none"),
    pytest.param(gemini_key, line("gb-download-failed", 5, file_ref=FILE, error="only supported in the Gemini "
                 "Developer client"), E, "GOOGLE_GENAI_USE_VERTEXAI is set", id="key: Vertex AI has no files"),
    pytest.param(gemini_key, line("gc-failed", 5, error_message="Error 403, PERMISSION_DENIED"), E, "restricted",
                 id="key: restricted"),
    pytest.param(gemini_network, refused(NETWORK), E, "a batch that fails so is not sent again", id="network: final"),
    pytest.param(gemini_network, line("gc-failed", 5, error_message="tls: x509: certificate signed by unknown"), E,
                 "not trusted", id="network: certificate"),
    pytest.param(gemini_network, line("gc-failed", 5, error_message="context deadline exceeded"), E,
                 "longer than gemini.timeout", id="network: timeout"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "lines", "severity", "message"), LOUD)
def test_loud(resolved, rule, lines, severity, message):
    (finding,) = judged(rule, read(lines), resolved())

    assert message in finding.message
    assert finding.severity is severity
    assert finding.at.path == "logs/worker.log"
    assert finding.fix is not None
    assert finding.fix.summary
    assert any(each.kind == "log" for each in finding.evidence)


@pytest.mark.parametrize("length", [40, 42])
def test_the_length_of_an_id_is_told_where_it_is_too_long(resolved, length):
    denied = line("gb-download-failed", 5, file_ref=f"files/{'x' * length}", error=DENIED)
    (finding,) = judged(files_api_denied, read(denied), resolved())

    assert (f"has {length} characters" in finding.message) is (length > 40)


@pytest.mark.parametrize("rule", [files_api_denied, long_file_id])
def test_the_guide_is_corrected(resolved, rule):
    lines = [line("guide-full-id", 5, file_id=FILE, id_length=42), line("guide-all-failed", 6)]
    (finding,) = judged(rule, read(lines), resolved())

    assert "The guide" in finding.note


STORING = f"failed to save batch progress: {NO_TABLE}"


@pytest.mark.parametrize(
    ("rule", "lines", "explained"),
    [
        pytest.param(rate_limited, line("sub-rate-limit", 5, batch_id=BATCH, error=QUOTA), False, id="the quota"),
        pytest.param(schema_outdated, line("batch-submit-failed", 5, job_id=JOB, error=STORING), False, id="storing"),
        pytest.param(rate_limited, line("batch-quota-exceeded", 5, job_id=JOB, error=QUOTA), True, id="misnamed"),
        pytest.param(schema_outdated, line("batch-quota-exceeded", 5, job_id=JOB, error=STORING), True, id="a table"),
        pytest.param(schema_outdated, [line("batch-quota-exceeded", 5, job_id=JOB, error=STORING),
                     line("batch-submit-failed", 5, job_id=JOB, error=STORING)], True, id="a table, in both lines"),
    ],
)  # fmt: skip
def test_the_misnamed_line_is_explained(resolved, rule, lines, explained):
    (finding,) = judged(rule, read(lines), resolved())

    assert (finding.note is not None and "no call of Gemini is made there" in finding.note) is explained
    assert ("database" in str(finding.fix)) is (explained or rule is schema_outdated)


@pytest.mark.parametrize(
    ("rule", "lines", "explained"),
    [
        pytest.param(rate_limited, line("gc-failed", 5, error_message="Error 503, UNAVAILABLE"), False, id="the load"),
        pytest.param(batch_lost, line("poll-cancelled", 5, batch_id=BATCH, state="CANCELLED"), False, id="cancelled"),
        pytest.param(rate_limited, given_up(QUOTA), True, id="the same line"),
        pytest.param(rate_limited, line("gc-failed", 5, error_message=QUOTA), True, id="the same quota"),
    ],
)
def test_what_a_batch_that_was_given_up_explains(resolved, rule, lines, explained):
    (relation,) = submission_failed.explains
    (lost,) = judged(submission_failed, read(given_up(QUOTA)), resolved())
    (other,) = judged(rule, read(lines), resolved())

    assert rule.id in relation.checks
    assert relation.when(lost, other) is explained
