"""The rows of batch_job_progress, read from real servers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from doctor.errors import Refused
from doctor.facts import BatchRows, BatchState, Gap
from doctor.sources.database import batches
from doctor.sources.database.session import Session
from doctor.target import Deadline

pytestmark = pytest.mark.slow

# Ids of one digit and a letter: `{A}` is a repository, `{A1}` a job of it.
NAMES = {name: f"00000000-0000-4000-8000-{name.lower():0>12}" for name in ("A", "B", "A1", "A2", "B1")}

# Two repositories of four chunks, the second of which has vectors of two; a job of each.
START = """
INSERT INTO codechunking.repositories (id, url, normalized_url, name, status) VALUES
  ('{A}', 'https://h/a', 'https://h/a', 'a', 'completed'), ('{B}', 'https://h/b', 'https://h/b', 'b', 'completed');
INSERT INTO codechunking.indexing_jobs (id, repository_id, status, chunks_created, created_at) VALUES
  ('{A1}', '{A}', 'completed', 4, now() - interval '3 hours'),
  ('{B1}', '{B}', 'completed', 4, now() - interval '3 hours');
INSERT INTO codechunking.code_chunks
  (repository_id, file_path, chunk_type, content, language, start_line, end_line, content_hash)
SELECT id, 'x.go', 'function', 'x', 'go', n, n, n::text FROM codechunking.repositories, generate_series(1, 4) AS n;
INSERT INTO codechunking.embeddings_partitioned (chunk_id, repository_id, model_version)
SELECT id, repository_id, 'm' FROM codechunking.code_chunks WHERE repository_id = '{B}' AND start_line < 3;
"""


def filled(text: str) -> str:
    for name, id in NAMES.items():
        text = text.replace(f"{{{name}}}", id)
    return text


def batch(number: int, status: str, *, job: str = "B1", repository: str = "B", **columns: str) -> str:
    """The statement that inserts a row; columns as SQL."""
    values = {
        "indexing_job_id": f"'{NAMES[job]}'",
        "repository_id": f"'{NAMES[repository]}'",
        "batch_number": str(number),
        "total_batches": "99",
        "status": f"'{status}'",
        **columns,
    }
    return f"INSERT INTO codechunking.batch_job_progress ({', '.join(values)}) VALUES ({', '.join(values.values())});\n"


@pytest.fixture(params=[18, 16])
def look(request) -> Iterator[object]:
    """Run statements in a fresh database of each major, return what the source makes of it."""
    databases = request.getfixturevalue("databases" if request.param == 18 else "older_databases")
    sessions: list[Session] = []

    def read(*statements: str, start: str = START, version: int = 20) -> BatchRows:
        place = databases(version, filled(start + "".join(statements)))
        parameters = {"host": "127.0.0.1", "port": str(place.port), "user": "dev", "dbname": place.name}
        sessions.append(Session.open({**parameters, "password": "dev"}, Deadline(None)))
        return batches.batch_rows.function(sessions[-1])  # type: ignore[return-value]

    yield read
    for session in sessions:
        session.close()


def numbers(rows) -> list[int]:
    return [row.number for row in rows]


# --- nothing to tell ------------------------------------------------------------------------------------------


def test_an_empty_database(look):
    assert look(start="") == BatchRows()


@pytest.mark.parametrize(
    "statements",
    [
        pytest.param("UPDATE codechunking.indexing_jobs SET deleted_at = now();", id="deleted jobs"),
        pytest.param("UPDATE codechunking.repositories SET deleted_at = now();", id="deleted repositories"),
    ],
)
def test_what_is_deleted_does_not_count(look, statements):
    rows = [
        batch(1, "pending"),
        batch(2, "pending_submission", repository_id="NULL"),
        batch(3, "failed"),
        batch(4, "completed"),
    ]

    assert look(*rows, statements) == BatchRows()


def test_batches_that_went_well(look):
    found = look(batch(1, "completed", chunks_processed="2"), batch(2, "completed", chunks_processed="2"))

    assert found == BatchRows()


def test_chunks_that_had_vectors_before(look):
    filling = """
        INSERT INTO codechunking.embeddings_partitioned (chunk_id, repository_id, model_version)
        SELECT id, repository_id, 'm' FROM codechunking.code_chunks WHERE repository_id = '{B}' AND start_line > 2;"""

    found = look(batch(1, "completed", chunks_processed="2"), filling)

    assert found.gaps == {NAMES["B"]: Gap(4, 0)}
    assert found.thin == ()


def test_a_newer_job_took_over(look):
    newer = "INSERT INTO codechunking.indexing_jobs (repository_id, status) VALUES ('{B}', '%s');"

    for status in ("pending", "running", "completed"):
        assert look(batch(1, "failed"), batch(2, "completed"), newer % status) == BatchRows()


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("UPDATE codechunking.indexing_jobs SET status = 'running';", id="the job runs"),
        pytest.param(batch(2, "processing", gemini_batch_job_id="'batches/x'"), id="another batch is open"),
    ],
)
def test_more_vectors_can_still_come(look, statement):
    assert look(batch(1, "completed"), statement).thin == ()


# --- open -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "status", "columns"),
    [
        (BatchState.PENDING, "pending", {}),
        (BatchState.DUE, "pending_submission", {}),
        (BatchState.DUE, "pending_submission", {"next_submission_at": "now()", "submission_attempts": "3"}),
        (
            BatchState.HELD_BACK,
            "pending_submission",
            {"next_submission_at": "now() + '1h'", "submission_attempts": "1"},
        ),
        (BatchState.SCHEDULED, "pending_submission", {"next_submission_at": "now() + '1h'"}),
        (BatchState.NO_JOB_ID, "processing", {}),
        (BatchState.NO_JOB_ID, "processing", {"gemini_batch_job_id": "''"}),
        (BatchState.BAD_JOB_ID, "processing", {"gemini_batch_job_id": "'projects/p/batchJobs/1'"}),
        (BatchState.BAD_JOB_ID, "processing", {"gemini_batch_job_id": "'batches/'"}),
        (BatchState.AT_GOOGLE, "processing", {"gemini_batch_job_id": "'batches/1'"}),
        (BatchState.RETRY_UNSET, "retry_scheduled", {}),
        (BatchState.RETRY_DUE, "retry_scheduled", {"next_retry_at": "now()"}),
        (BatchState.RETRY_AHEAD, "retry_scheduled", {"next_retry_at": "now() + '1h'"}),
    ],
)
def test_the_state_of_an_open_batch(look, state, status, columns):
    found = look(batch(1, status, **columns))

    assert list(found.open) == [state]
    assert state.status == status


def test_times_are_those_of_the_server(look):
    found = look(
        batch(1, "pending_submission", created_at="now() - '3h'::interval", updated_at="now() - '2h'::interval"),
        batch(2, "pending_submission", next_submission_at="now() - '10min'::interval"),
        batch(3, "retry_scheduled", next_retry_at="now() + '1h'::interval"),
        batch(4, "processing", gemini_batch_job_id="'batches/1'", updated_at="now() - '5min'::interval"),
    )

    (waiting, later), (ahead,) = found.of(BatchState.DUE).rows, found.of(BatchState.RETRY_AHEAD).rows
    assert (waiting.age, waiting.idle, waiting.due) == pytest.approx((10_800, 7_200, 10_800), abs=60)
    assert later.due == pytest.approx(600, abs=60)
    assert ahead.due == pytest.approx(-3_600, abs=60)
    assert found.last_sent == pytest.approx(300, abs=60)


def test_the_worst_come_first_and_all_are_counted(look):
    many = [batch(n, "pending_submission", created_at=f"now() - interval '{n} minutes'") for n in range(1, 61)]
    held = [
        batch(n, "pending_submission", next_submission_at="now() + '1h'", submission_attempts=str(n)) for n in (61, 62)
    ]

    found = look(*many, *held)

    due = found.of(BatchState.DUE)
    assert (due.count, numbers(due.rows)) == (60, list(range(60, 10, -1)))
    assert numbers(found.of(BatchState.HELD_BACK).rows) == [62, 61]


def test_rows_that_name_another_repository_than_their_job(look):
    found = look(
        batch(1, "pending_submission"),
        batch(2, "processing", repository_id="NULL"),
        batch(3, "pending_submission", repository="A"),
        batch(4, "retry_scheduled", repository_id="gen_random_uuid()"),
        batch(5, "completed", repository_id="NULL", chunks_processed="4"),
    )

    assert (sorted(numbers(found.mismatched.rows)), found.mismatched.count) == ([2, 3, 4], 3)
    assert {row.owner for row in found.mismatched.rows} == {NAMES["B"]}


def test_rows_without_requests(look):
    found = look(
        batch(1, "pending_submission", batch_request_data="'[1]'"),
        batch(2, "pending_submission"),
        batch(3, "pending_submission", batch_request_data="''"),
        batch(4, "processing"),
    )

    assert sorted(numbers(found.empty.rows)) == [2, 3]


def test_a_job_without_repository_counts(look):
    orphan = "UPDATE codechunking.indexing_jobs SET repository_id = NULL WHERE id = '{B1}';"

    (row,) = look(batch(1, "pending"), orphan).of(BatchState.PENDING).rows

    assert (row.owner, row.url) == (None, None)


# --- failed ---------------------------------------------------------------------------------------------------


def test_failed_batches_of_the_newest_job(look):
    older = """
        INSERT INTO codechunking.indexing_jobs (id, repository_id, status, created_at)
        VALUES ('{A2}', '{A}', 'failed', now() - interval '9 hours');"""
    found = look(
        older,
        batch(1, "failed", job="A1", repository="A", error_message="'x'", updated_at="now() - '2min'::interval"),
        batch(2, "failed", job="A2", repository="A"),
        batch(3, "failed", error_message="repeat('y', 9999)", batch_request_data="'[1]'"),
    )

    assert numbers(found.failed.rows) == [3, 1]
    assert [len(row.error or "") for row in found.failed.rows] == [1500, 1]
    assert [row.has_requests for row in found.failed.rows] == [True, False]
    assert found.gaps == {NAMES["B"]: Gap(4, 2), NAMES["A"]: Gap(4, 4)}


def test_a_running_job_is_told(look):
    running = "UPDATE codechunking.indexing_jobs SET status = 'running';"

    assert [row.running for row in look(batch(1, "failed"), running).failed.rows] == [True]


@pytest.mark.parametrize(
    ("statement", "gap"),
    [
        pytest.param(
            "INSERT INTO codechunking.embeddings_partitioned (chunk_id, repository_id, model_version) "
            "SELECT chunk_id, repository_id, m FROM codechunking.embeddings_partitioned, unnest('{x,y}'::text[]) AS m;",
            Gap(4, 2),
            id="of other models",
        ),
        pytest.param(
            "UPDATE codechunking.code_chunks SET deleted_at = now() WHERE start_line = 3;",
            Gap(3, 1),
            id="deleted chunk",
        ),
        pytest.param(
            "UPDATE codechunking.code_chunks SET deleted_at = now() WHERE start_line < 2;"
            "INSERT INTO codechunking.embeddings_partitioned (chunk_id, repository_id, model_version) "
            "SELECT chunk_id, repository_id, m FROM codechunking.embeddings_partitioned, unnest('{x,y}'::text[]) AS m;",
            Gap(3, 2),
            id="of deleted chunks",
        ),
        pytest.param("UPDATE codechunking.embeddings_partitioned SET deleted_at = now();", Gap(4, 4), id="deleted"),
    ],
)
def test_vectors_that_do_not_count(look, statement, gap):
    assert look(batch(1, "failed"), statement).gaps == {NAMES["B"]: gap}


def test_large_repositories_are_looked_at_in_part(look, monkeypatch):
    monkeypatch.setattr(batches, "MOST_COUNTED", 2)
    monkeypatch.setattr(batches, "MOST_FOUND", 3)

    assert look(batch(1, "failed")).gaps == {NAMES["B"]: Gap(3, 1, complete=False)}


# --- completed ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "processed", "requests"),
    [
        pytest.param("""'[{"a": "\\\\u0000"}, {"b": 1}]'""", 1, 2, id="fewer than requests"),
        pytest.param("'[1, 2]'", 0, 2, id="none"),
        pytest.param("NULL", 0, None, id="none, not counted"),
        pytest.param("'no JSON'", 0, None, id="none, no JSON"),
        pytest.param("""'{"a": 1}'""", 0, None, id="none, no list"),
        pytest.param("'\\xff'", 0, None, id="none, no text"),
    ],
)
def test_completed_batches_that_lost_something(look, data, processed, requests):
    (row,) = look(batch(1, "completed", batch_request_data=data, chunks_processed=str(processed))).thin

    assert (row.processed, row.requests) == (processed, requests)


@pytest.mark.parametrize("data", ["'[1, 2]'", "NULL", "'no JSON'"])
def test_completed_batches_that_lost_nothing(look, data):
    found = look(batch(1, "completed", batch_request_data=data, chunks_processed="2"))

    assert found.thin == ()
    assert found.gaps == {NAMES["B"]: Gap(4, 2)}


# --- limits ---------------------------------------------------------------------------------------------------


def test_what_is_stored_for_sending_never_leaves_the_server(look):
    found = look(batch(1, "pending_submission", batch_request_data="'[\"a secret text\"]'"))

    assert "secret" not in str(found)
    assert found.of(BatchState.DUE).rows[0].request_bytes == 17


def test_a_schema_that_is_too_old_is_refused(look):
    with pytest.raises(Refused, match="does not exist"):
        look(start="", version=5)
