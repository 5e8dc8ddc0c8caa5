"""logs: the road that jobs took, and what became of them."""

from __future__ import annotations

import pytest

from checks.logs.clone_failed import clone_failed
from checks.logs.clone_skipped import clone_skipped
from checks.logs.embedding_failed import embedding_failed
from checks.logs.fell_back import fell_back
from checks.logs.guide_fallback_line import guide_fallback_line
from checks.logs.no_batch_client import no_batch_client
from checks.logs.nothing_to_embed import nothing_to_embed
from checks.logs.out_of_time import out_of_time
from checks.logs.queue_full import queue_full
from checks.logs.rows_refused import rows_refused
from checks.logs.sequential_by_setting import sequential_by_setting
from checks.logs.settings_refused import settings_refused
from checks.logs.test_vectors import test_vectors as made_up_vectors
from doctor.model import Severity
from tests.checks.log_lines import (
    JOB,
    NETWORK,
    NO_CLIENT,
    NO_TABLE,
    OTHER_JOB,
    QUOTA,
    URL,
    judged,
    line,
    read,
    worker,
)

E, W, N = Severity.ERROR, Severity.WARNING, Severity.NOTE

ON = "batch_processing: {enabled: true, threshold_chunks: 10}\ngemini: {batch: {enabled: true}}\n"
FALLS_BACK = ON.replace("10}", "10, fallback_to_sequential: true}")
LIMITS = ON.replace("10}", "10, queue_limits: {max_queue_size: 100, max_wait_time: 1m}}")
OFF = "batch_processing: {enabled: false}\n"
OPENAI = f"embedding: {{provider: openai}}\n{ON}"

FULL = "queue manager error (capacity/queue_full): Queue capacity exceeded"
DEADLINE = "context deadline exceeded"
CLONE = f"failed to clone repository: git clone failed: fatal: could not read Username for '{URL}': terminal prompts"


def decision(after, chunks=8269, *, enabled=True, threshold=10):
    desired = enabled and chunks >= threshold
    return line(
        "embed-decision", after, job_id=JOB, chunk_count=chunks, batch_enabled=enabled, threshold_chunks=threshold,
        batch_desired=desired, has_queue_manager=True,
    )  # fmt: skip


def engine_failed(after, error, repo=URL):
    return line("embed-engine-failed", after, repo=repo, error=error, duration=1)


SILENT = [
    pytest.param(guide_fallback_line, ON, line("parse-file-failed", 5, file="guide.md", error="Production batch "
                 "processing not implemented - falling back to sequential"), id="guide: inside a field"),
    pytest.param(guide_fallback_line, ON, [line("guide-not-implemented", 1), *worker(5)], id="guide: long ago"),
    pytest.param(sequential_by_setting, ON, [*worker(), decision(5)], id="setting: batches"),
    pytest.param(sequential_by_setting, ON, [*worker(), decision(5, 10)], id="setting: exactly enough"),
    pytest.param(sequential_by_setting, OPENAI, [*worker(), decision(5, 3)], id="setting: openai"),
    pytest.param(sequential_by_setting, ON, [line("openai-service", 1, model="m"), decision(5, 3)],
                 id="setting: was openai"),
    pytest.param(sequential_by_setting, ON, [decision(1, enabled=False), *worker(5)], id="setting: switched on since"),
    pytest.param(fell_back, ON, [*worker(), decision(5)], id="back: no"),
    pytest.param(fell_back, ON, [line("batch-fallback", 1, job_id=JOB, error="x"), *worker(5)], id="back: long ago"),
    pytest.param(fell_back, ON, [line("batch-fallback", 5, job_id=JOB, error="x"), line("embed-seq-fallback-failed", 6,
                 job_id=JOB, error="x")], id="back: and failed"),
    pytest.param(fell_back, ON, line("batch-fallback", 5, job_id=JOB, error="context canceled"), id="back: shutdown"),
    pytest.param(no_batch_client, OFF, worker(batch_api_enabled=False), id="client: not wanted"),
    pytest.param(no_batch_client, ON, worker(), id="client: there"),
    pytest.param(no_batch_client, ON, line("api-batch-enable-failed", 5, error="mkdir /x: permission denied"),
                 id="client: of the API"),
    pytest.param(no_batch_client, ON, [*worker(batch_api_enabled=False), *worker(9)], id="client: there since"),
    pytest.param(no_batch_client, OPENAI, worker(batch_api_enabled=False), id="client: openai"),
    pytest.param(queue_full, ON, line("queue-bulk", 5, request_count=5, total_queue_size=5), id="queue: room"),
    pytest.param(queue_full, ON, [line("embed-queue-failed", 1, job_id=JOB, error=FULL), *worker(5)], id="queue: old"),
    pytest.param(rows_refused, ON, line("batch-submit-failed", 5, job_id=JOB, error=NO_TABLE), id="rows: the schema"),
    pytest.param(rows_refused, ON, line("batch-submit-failed", 5, job_id=JOB, error="context canceled"),
                 id="rows: shutdown"),
    pytest.param(rows_refused, ON, line("db-embeddings-saved", 5, embedding_count=5), id="rows: saved"),
    pytest.param(made_up_vectors, ON, line("embed-mode-production", 5, job_id=JOB), id="vectors: production"),
    pytest.param(made_up_vectors, ON, [line("embed-seq-start", 5, job_id=JOB, chunk_count=3), line("gc-request", 6),
                 line("embed-seq-done", 7, job_id=JOB, total_embeddings=3)], id="vectors: Gemini was called"),
    pytest.param(made_up_vectors, ON, [line("embed-seq-start", 5, job_id=JOB, chunk_count=3),
                 line("embed-all-present-seq", 6, job_id=JOB),
                 line("embed-seq-done", 7, job_id=JOB, total_embeddings=3)], id="vectors: all were present"),
    pytest.param(made_up_vectors, ON, line("embed-seq-done", 7, job_id=JOB, total_embeddings=3),
                 id="vectors: the log begins later"),
    pytest.param(made_up_vectors, ON, [line("embed-seq-start", 5, job_id=JOB, chunk_count=0),
                 line("embed-seq-done", 7, job_id=JOB, total_embeddings=0)], id="vectors: none"),
    pytest.param(made_up_vectors, OPENAI, [line("embed-seq-start", 5, job_id=JOB, chunk_count=3),
                 line("embed-seq-done", 7, job_id=JOB, total_embeddings=3)], id="vectors: openai"),
    pytest.param(settings_refused, ON, line("queue-config-invalid", 5, max_queue_size=0), id="settings: no limits"),
    pytest.param(settings_refused, LIMITS, line("queue-timeout-capped", 5), id="settings: capped"),
    pytest.param(embedding_failed, ON, engine_failed(5, QUOTA), id="embedding: the quota"),
    pytest.param(embedding_failed, ON, engine_failed(5, NETWORK), id="embedding: the network"),
    pytest.param(embedding_failed, ON, [engine_failed(5, "odd"), line("embed-engine-ok", 9, repo=URL, duration=1)],
                 id="embedding: worked later"),
    pytest.param(embedding_failed, ON, engine_failed(5, "context canceled"), id="embedding: shutdown"),
    pytest.param(nothing_to_embed, ON, line("parse-done", 5, total_chunks=9), id="nothing: something"),
    pytest.param(nothing_to_embed, ON, line("embed-chunks-invalid", 5, job_id=JOB, error=DEADLINE), id="nothing: late"),
    pytest.param(clone_skipped, ON, [line("git-token-auth", 5, repoURL=URL), line("git-clone-ok", 6, repoURL=URL),
                 line("parse-done", 7, total_chunks=9)], id="clone: it follows"),
    pytest.param(clone_skipped, ON, line("git-token-auth", 5, repoURL=URL), id="clone: under way"),
    pytest.param(clone_failed, ON, [line("consumer-nak", 5, error=CLONE),
                 line("git-clone-ok", 9, repoURL=f"{URL}.git")], id="clone: later"),
    pytest.param(out_of_time, ON, [line("worker-shutdown", 5, signal="terminated"),
                 line("embed-cancelled", 6, job_id=JOB)], id="time: shutdown"),
    pytest.param(out_of_time, ON, line("gc-failed", 5, error_message=DEADLINE), id="time: one request"),
    pytest.param(out_of_time, ON, line("db-query-failed", 5, error=DEADLINE), id="time: one query"),
    pytest.param(out_of_time, ON, line("worker-shutdown-error", 5, error=DEADLINE), id="time: of the shutdown"),
    pytest.param(out_of_time, ON, line("consumer-nak", 5, error="context canceled"), id="time: cancelled"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "config", "lines"), SILENT)
def test_silent(resolved, rule, config, lines):
    assert judged(rule, read(lines), resolved(config)) == ()


LOUD = [
    pytest.param(guide_fallback_line, ON.replace("enabled: true}}", "enabled: true, input_dir: /i, output_dir: /o}}"),
                 line("guide-not-implemented", 5), E, "none of them is confirmed",
                 id="guide: nothing holds"),
    pytest.param(guide_fallback_line, OFF, line("guide-not-fully-implemented", 5), E,
                 "confirmed: batch processing disabled", id="guide: off"),
    pytest.param(guide_fallback_line, ON.replace("10}", "10, use_test_embeddings: true}"),
                 line("guide-not-implemented", 5), E, "confirmed: test mode", id="guide: test mode"),
    pytest.param(sequential_by_setting, ON, [line("batch-processing-disabled", 5, enabled=False)], W,
                 "the worker started with batch processing off, once", id="setting: at the start"),
    pytest.param(sequential_by_setting, OFF, [decision(5, enabled=False)], W, "batch_enabled was false, once",
                 id="setting: off"),
    pytest.param(sequential_by_setting, ON, [decision(5, 3), decision(6, 8)], N,
                 "2 jobs had fewer chunks than the threshold of 10: 3, 8", id="setting: small"),
    pytest.param(fell_back, FALLS_BACK, line("batch-fallback", 5, job_id=JOB, error="odd"), W,
                 "“Batch processing failed, falling back to sequential”, once, at 2025-11-22 10:30:05 UTC: odd",
                 id="back: unknown"),
    pytest.param(fell_back, FALLS_BACK, line("embed-queue-fallback", 5, job_id=JOB, error=FULL), W,
                 "“Attempting fallback to sequential processing”", id="back: the queue"),
    pytest.param(no_batch_client, ON, line("batch-submit-failed", 5, job_id=JOB, error=NO_CLIENT), E,
                 "batches are wanted, but the worker has no Gemini batch client", id="client: none"),
    pytest.param(no_batch_client, FALLS_BACK, line("batch-fallback", 5, job_id=JOB, error=NO_CLIENT), W,
                 "has no Gemini batch client", id="client: none, falls back"),
    pytest.param(no_batch_client, ON, worker(batch_api_enabled=False), E,
                 "the worker started without a batch client (batch_api_enabled: false)", id="client: at the start"),
    pytest.param(no_batch_client, ON, line("batch-client-failed", 5, error="create input directory: mkdir /data: "
                 "permission denied"), E, "“Failed to create batch embedding client”", id="client: directory"),
    pytest.param(no_batch_client, FALLS_BACK, line("batch-client-failed", 5, error="create input directory: mkdir /in: "
                 "not a directory"), W, "A file stands where", id="client: a file in the way"),
    pytest.param(no_batch_client, ON, line("worker-batch-enable-failed-old", 5, error="mkdir /in: read-only file "
                 "system"), E, "read-only", id="client: nothing can be written"),
    pytest.param(no_batch_client, OPENAI, line("sub-non-retryable", 5, error="openai adapter: file-based Batches API "
                 "is not implemented"), E, "the provider openai has no batches", id="client: openai"),
    pytest.param(queue_full, ON, line("embed-queue-failed", 5, job_id=JOB, error=FULL), E, "emptied only by a restart",
                 id="queue: full"),
    pytest.param(queue_full, FALLS_BACK, [line("embed-queue-failed", 5, job_id=JOB, error=FULL),
                 line("embed-queue-fallback", 6, job_id=JOB, error=FULL)], W, "emptied only by a restart",
                 id="queue: full, falls back"),
    pytest.param(queue_full, FALLS_BACK, line("embed-queue-failed", 5, job_id=JOB,
                 error="queue manager error (validation/missing_text): x"), E, "nothing falls back",
                 id="queue: a bad chunk"),
    pytest.param(rows_refused, ON, line("batch-submit-failed", 5, job_id=JOB, error="failed to save batch progress: "
                 "foreign key violation"), E, "“Failed to submit async batch job”", id="rows: no parent"),
    pytest.param(rows_refused, ON, line("db-findorcreate-failed", 5, error="invalid byte sequence for encoding"), E,
                 "keeps the worker from falling back", id="rows: bytes"),
    pytest.param(rows_refused, ON, line("api-save-repo-failed", 5, url=URL, error="record already exists"), W,
                 "is there already", id="rows: twice"),
    pytest.param(rows_refused, ON, line("db-partition-fallback", 5, error="no partition"), W,
                 "vectors went to the table embeddings, which no search reads", id="rows: not searched"),
    pytest.param(made_up_vectors, ON, line("embed-mode-test", 5, job_id=JOB), E, "the worker runs in test mode",
                 id="vectors: batches"),
    pytest.param(made_up_vectors, ON, [line("gc-request", 1), line("embed-seq-start", 5, job_id=JOB, chunk_count=3),
                 line("embed-seq-done", 7, job_id=JOB, total_embeddings=3)], E, "without a call of Gemini",
                 id="vectors: one by one"),
    pytest.param(settings_refused, LIMITS, line("embed-config-invalid", 5, job_id=JOB, error="queue limits "
                 "max_wait_time must be set"), E, "only one is set, or one is negative", id="settings: limits"),
    pytest.param(settings_refused, LIMITS, line("queue-create-failed", 5, error="invalid_batch_timeout"), W,
                 "“Failed to create batch queue manager, falling back to sequential”", id="settings: the list"),
    pytest.param(embedding_failed, ON, engine_failed(5, "something odd"), E,
                 "“Embedding generation failed (partial failure allowed)”, once, at 2025-11-22 10:30:05 UTC: something "
                 "odd",
                 id="embedding: unknown"),
    pytest.param(embedding_failed, ON, [engine_failed(5, "odd"), line("embed-engine-ok", 9, repo="another")], E, "odd",
                 id="embedding: another repository worked"),
    pytest.param(embedding_failed, OPENAI, line("embed-chunk-failed", 5, job_id=JOB,
                 error="embedding service error (auth/401): x"), E, "OpenAI-compatible", id="embedding: openai"),
    pytest.param(nothing_to_embed, ON, line("embed-chunks-invalid", 5, job_id=JOB,
                 error="no chunks provided for processing"), W, "no file that can be parsed", id="nothing: no chunks"),
    pytest.param(clone_skipped, ON, [line("git-token-auth", 5, repoURL=URL), line("parse-done", 7, total_chunks=0)], E,
                 "no “Git clone completed” after it", id="clone: none"),
    pytest.param(clone_skipped, ON, [line("git-ssh-auth", 5, repoURL=URL), line("git-clone-ok", 6, repoURL="other"),
                 line("parse-done", 7, total_chunks=0)], E, "no “Git clone completed”", id="clone: another"),
    pytest.param(clone_failed, ON, [line("consumer-nak", 5, error=CLONE), line("git-clone-ok", 9, repoURL="other")], W,
                 "git asked for a user and a password", id="clone: private"),
    pytest.param(out_of_time, ON, line("embed-ctx-cancelled", 5, job_id=JOB, error=DEADLINE), W,
                 "the time that a job may take was over", id="time: before"),
    pytest.param(out_of_time, ON, line("embed-ctx-cancelled", 5, job_id=JOB, error="context canceled"), W,
                 "“Context cancelled before processing”, once", id="time: cancelled before"),
    pytest.param(out_of_time, ON, [line("embed-cancelled", 5, job_id=JOB),
                 line("embed-cancelled", 6, job_id=OTHER_JOB)], W, "2 times from", id="time: in the middle"),
    pytest.param(out_of_time, ON, [line("worker-shutdown", 5, signal="terminated"),
                 line("embed-ctx-cancelled", 66, job_id=JOB, error="context canceled")], W,
                 "no line says that the worker was told to stop", id="time: cancelled by nobody"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "config", "lines", "severity", "message"), LOUD)
def test_loud(resolved, rule, config, lines, severity, message):
    (finding,) = judged(rule, read(lines), resolved(config))

    assert message in finding.message
    assert finding.severity is severity
    assert finding.at.path == "logs/worker.log"
    assert finding.fix is not None
    assert finding.fix.summary
    assert any(each.kind == "log" for each in finding.evidence)


def test_each_cause_of_the_guide_is_judged(resolved):
    config = ON.replace("10}", "1, use_test_embeddings: true}").replace("true}}", "true, input_dir: /in}}")
    (finding,) = judged(guide_fallback_line, read(line("guide-not-implemented", 5)), resolved(config))

    judgements = [each.text for each in finding.evidence if each.kind == "cause of the guide"]
    assert [each.split(": ")[:2] for each in judgements] == [
        ["test mode is enabled", "confirmed"],
        ["missing batch directories", "confirmed"],
        ["batch processing disabled", "ruled out"],
        ["chunk count below threshold", "ruled out"],
    ]
    assert finding.fix.summary.startswith("Set batch_processing.use_test_embeddings to false.")


@pytest.mark.parametrize(
    ("lines", "summary"),
    [
        ([decision(5, 3), decision(6, 8)], "8 sends the biggest of them to the batches, 3 all"),
        ([decision(5, 7)], "7 sends them to the batches too"),
        ([line("embed-decision", 5, batch_enabled=True, batch_desired=False)], "or leave it"),
    ],
)
def test_which_threshold_would_do(resolved, lines, summary):
    (finding,) = sequential_by_setting(read(lines), resolved(ON))

    assert summary in finding.fix.summary


@pytest.mark.parametrize(
    ("lines", "sizes"),
    [
        pytest.param([line("embed-decision", 5, batch_enabled=True, batch_desired=False)], "the threshold", id="none"),
        pytest.param([decision(5 + each, 1 + each) for each in range(5)], "of 10: 1, 2, 3, 4, 5", id="five"),
        pytest.param([decision(5 + each, 1 + each) for each in range(6)], "of 10: 1, 2, 3, 4, 5, …", id="six"),
        pytest.param([decision(5, 3), decision(6, 4.5), decision(7, chunks=True)], "of 10: 3", id="no numbers"),
    ],
)
def test_how_small_repositories_were(resolved, lines, sizes):
    (finding,) = sequential_by_setting(read(lines), resolved(ON))

    assert finding.message.endswith(sizes)
    assert bool(finding.fix.commands) is (":" in sizes)


def test_of_many_small_repositories_the_least_is_told(resolved):
    before = [decision(each / 100, 3) for each in range(100)]
    (finding,) = sequential_by_setting(read(before, worker(2), [decision(3 + each, 3) for each in range(100)]),
                                       resolved(ON))  # fmt: skip

    assert finding.message.startswith("at least ")


@pytest.mark.parametrize(
    ("lines", "explained"),
    [
        pytest.param(decision(5, 3), False, id="the threshold"),
        pytest.param(decision(5, enabled=False), True, id="the switch"),
    ],
)
def test_what_the_switch_explains(resolved, lines, explained):
    (relation,) = sequential_by_setting.explained_by
    (finding,) = sequential_by_setting(read(lines), resolved(ON))

    assert relation.when(finding, finding) is explained


@pytest.mark.parametrize(
    ("lines", "noted"),
    [
        pytest.param(line("embed-config-invalid", 5, job_id=JOB, error="odd"), False, id="for every job"),
        pytest.param(line("queue-create-failed", 5, error="invalid_batch_timeout"), True, id="the list in memory"),
    ],
)
def test_the_word_sequential_is_put_right(resolved, lines, noted):
    (finding,) = judged(settings_refused, read(lines), resolved(LIMITS))

    assert (finding.note is not None and "falling back to sequential" in finding.note) is noted


@pytest.mark.parametrize(
    ("config", "summary"),
    [
        pytest.param(ON, "Restart the worker, so that it reads", id="switched on since"),
        pytest.param(ON.replace("batch: {enabled: true}", "batch: {enabled: false}"),
                     "Set gemini.batch.enabled to true", id="off"),
    ],
)  # fmt: skip
def test_what_makes_a_batch_client(resolved, config, summary):
    (finding,) = judged(no_batch_client, read(worker(batch_api_enabled=False)), resolved(config))

    assert finding.fix.summary.startswith(summary)


def test_causes_are_told_apart(resolved):
    logs = read(
        line("batch-submit-failed", 5, job_id=JOB, error="foreign key violation"),
        line("batch-submit-failed", 6, job_id=JOB, error="constraint violation"),
        line("batch-submit-failed", 7, job_id=JOB, error="odd"),
    )

    assert len(rows_refused(logs, resolved(ON))) == 3
