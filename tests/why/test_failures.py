"""Jobs that failed as a whole: what their error tells, in the log or in their row."""

from __future__ import annotations

from typing import Any

import pytest

from doctor.facts import JobRecords, RecordedBatch, RecordedJob, WhySelection
from doctor.facts.schema import ObjectKind, Schema, SchemaObject
from doctor.why.explain import Given, explain
from doctor.why.leaves import Leaf
from doctor.why.verdict import Certainty, JobVerdict
from tests.why import given, render
from tests.why.worlds import BATCH, HEALTHY, job

ID = "a1b2c3d4-e5f6-4890-abcd-ef1234567890"
OTHER = "b1b2c3d4-e5f6-4890-abcd-ef1234567890"
REFUSED = render.NOT_CLONED
PRINTED = (
    "failed to clone repository: git clone failed: Cloning into '/tmp/x'...\n"
    "fatal: Authentication failed for 'https://bot:hunter2-Zq8v@git.example.com/x/'\n"
)
TAKEN = ("consumer-processing", {"subject": "indexing.job", "size": 300})

Lines = list[tuple[str, dict[str, Any]]]


def failed(error: str) -> tuple[str, dict[str, Any]]:
    return ("consumer-nak", {"error": error})


def recorded(error: str | None, status: str = "failed", id: str = ID, **more: Any) -> RecordedJob:
    return RecordedJob(id, status, error, url=render.URL, created_at=1.0, **more)


def verdicts(lines: Lines | None, *rows: RecordedJob) -> tuple[JobVerdict, ...]:
    """On what a worker of a healthy world printed, and on the rows of jobs."""
    logs = given.logs_of([*render.start(HEALTHY, 10), *lines]) if lines is not None else None
    records = JobRecords(rows) if rows else None
    config = given.configuration(HEALTHY, 10)
    return explain(Given(config, given.variables(), logs=logs, records=records), WhySelection(every=True)).jobs


# --- rows ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["pending", "running", "completed"])
def test_a_job_that_did_not_fail_may_be_anything(status: str) -> None:
    (found,) = verdicts(None, recorded(None, status))

    assert Leaf.B1 in found.candidates
    assert not any("failed" in (each.proves or "") for each in found.evidence)


def test_a_job_that_failed_behind_its_batches_has_them() -> None:
    (found,) = verdicts(None, recorded("no connection", batches=(RecordedBatch(BATCH, "completed"),)))

    assert found.leaf.value[0] == "B"
    assert any("no connection" in each.text for each in found.evidence)


DENIED = "failed to get batch job results: batch file reference download failed: Error 403, Message: x"


@pytest.mark.parametrize(
    ("batch", "leaf"),
    [
        ({"status": "processing", "google_id": "batches/1"}, Leaf.B1),
        ({"status": "failed", "error": DENIED}, Leaf.B8),
        ({"status": "failed", "error": DENIED, "retries": 1}, Leaf.B8),
        ({"status": "failed", "error": "failed to get batch job results: context canceled"}, Leaf.B8),
        ({"status": "failed", "error": "failed to get batch job results: API key expired"}, Leaf.B8),
        ({"status": "failed", "error": "failed to save embeddings: context canceled"}, Leaf.B8),
        ({"status": "failed", "error": "Gemini batch job failed: state=JOB_STATE_EXPIRED"}, Leaf.B6),
        ({"status": "failed", "error": "batch job FAILED: Internal error"}, Leaf.B6),
        ({"status": "failed", "retries": 3}, Leaf.B6),
        ({"status": "failed", "error": "batch job CANCELLED: "}, Leaf.B7),
        ({"status": "completed", "google_id": "projects/p/batchJobs/1"}, Leaf.B0),
        ({"status": "processing", "google_id": "projects/p/batchJobs/1"}, Leaf.B5),
        ({"status": "processing", "google_id": "batches/"}, Leaf.B5),
    ],
)
def test_what_the_row_of_a_batch_shows(batch: dict[str, Any], leaf: Leaf) -> None:
    stored = RecordedBatch(BATCH, **{"google_id": "batches/1", **batch})
    (found,) = verdicts(None, recorded(None, "completed", batches=(stored,)))

    assert (found.leaf, found.certainty) == (leaf, Certainty.PROVEN)
    assert found.fix is None or ("Vertex AI" in found.fix.summary) is (leaf is Leaf.B5)


def test_a_line_about_an_id_that_is_passed_over() -> None:
    queued = {"batch_id": BATCH, "job_id": ID, "indexing_job_id": ID, "batch_number": 1}
    waits = ("batch-queued", queued)
    refused = ("poll-bad-job-id", {"batch_id": BATCH, "gemini_job_id": "projects/p/batchJobs/1"})

    assert [each.leaf for lines in ([waits], [waits, refused]) for each in verdicts(lines)] == [Leaf.B1, Leaf.B5]


@pytest.mark.parametrize("error", [None, "", "the roof fell in"])
def test_a_failure_that_nobody_knows_is_no_batch(error: str | None) -> None:
    (found,) = verdicts(None, recorded(error))

    assert {each.value[0] for each in found.candidates} == {"F"}
    assert (found.certainty, found.cause, found.counterfactual) == (Certainty.POSSIBLE, None, ())
    assert f"error_message {error}" in found.evidence[-1].text or not error
    assert found.fix is not None
    assert found.fix.commands[0] == "codechunk-doctor jobs --failed"


@pytest.mark.parametrize(
    ("error", "leaf"),
    [
        ("failed to generate embeddings: batch embedding service not configured", Leaf.F5),
        ("failed to generate embeddings: no chunks provided for processing", Leaf.F1),
        ("failed to clone repository: context deadline exceeded", Leaf.F2),
        ("failed to parse directory: context canceled", Leaf.F2),
        (REFUSED, Leaf.F1),
        ("failed to parse directory: permission denied", Leaf.F1),
        ("repository not found: 00000000-0000-4000-8000-000000000001", Leaf.F1),
        ("failed to fetch repository for status check: no connection", Leaf.F1),
    ],
)
def test_what_an_error_tells(error: str, leaf: Leaf) -> None:
    for (found,) in (verdicts(None, recorded(error)), verdicts([TAKEN, failed(error)])):
        assert (found.leaf, found.certainty) == (leaf, Certainty.PROVEN)
        assert any(error in each.text for each in found.evidence)


def test_what_to_do_is_what_the_cause_asks_for() -> None:
    (found,) = verdicts(None, recorded(REFUSED))

    assert found.fix is not None
    assert found.fix.summary.startswith("Provide access")
    assert any(render.URL in each for each in found.fix.commands)


# --- lines ---------------------------------------------------------------------------------------------------------


def test_a_job_that_went_on_is_not_judged_by_a_later_one() -> None:
    found = verdicts([*job(ID, HEALTHY, 42), TAKEN, failed(REFUSED)])

    assert [(each.job_id, each.leaf) for each in found] == [(None, Leaf.F1), (ID, Leaf.B1)]


def test_a_message_that_is_done_with_is_no_job_of_its_own() -> None:
    assert [each.job_id for each in verdicts([*job(ID, HEALTHY, 42), TAKEN, ("consumer-ack", {})])] == [ID]


@pytest.mark.parametrize("lines", [[TAKEN, failed(PRINTED)], [failed(PRINTED)]])
def test_what_git_says_is_told_without_a_password(lines: Lines) -> None:
    (found,) = verdicts(lines)

    proves = "\n".join(each.proves or "" for each in found.evidence)
    assert "git says: Authentication failed for" in proves
    assert "hunter2" not in proves


def test_a_log_in_before_a_clone_that_failed_is_not_the_cause() -> None:
    signed = ("git-token-auth", {"repoURL": render.URL, "provider": "github", "tokenType": "pat"})
    (found,) = verdicts([TAKEN, signed, failed(REFUSED)])

    assert (found.leaf, found.cause) == (Leaf.F1, None)


# --- both ----------------------------------------------------------------------------------------------------------


def test_deliveries_of_one_job_are_told_once_and_by_its_id() -> None:
    (found,) = verdicts([TAKEN, failed(REFUSED)] * 3, recorded(REFUSED))

    assert (found.job_id, found.repository, found.leaf) == (ID, render.URL, Leaf.F1)
    assert {each.kind for each in found.evidence} == {"log", "row"}


def test_one_error_of_two_jobs_names_neither() -> None:
    found = verdicts([TAKEN, failed(REFUSED)], recorded(REFUSED), recorded(REFUSED, id=OTHER))

    assert sorted(str(each.job_id) for each in found) == sorted(["None", ID, OTHER])


# --- without logs --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "selection", "records", "unread"),
    [
        pytest.param("embeddings", WhySelection(), None, False, id="no jobs can be there"),
        pytest.param("indexing_jobs", WhySelection(chunks=5), None, False, id="none is wanted"),
        pytest.param("indexing_jobs", WhySelection(), JobRecords(), False, id="they were read"),
        pytest.param("indexing_jobs", WhySelection(), None, True, id="they were not read"),
        pytest.param("indexing_jobs", WhySelection(every=True), None, True, id="nor were all"),
    ],
)
def test_whether_jobs_were_left_unread(
    table: str, selection: WhySelection, records: JobRecords | None, unread: bool
) -> None:
    schema = Schema(objects=(SchemaObject(ObjectKind.TABLE, table, table),))
    config = given.configuration(HEALTHY, 10)
    found = explain(Given(config, given.variables(), records=records, schema=schema), selection)

    assert found.jobs_unread is unread
