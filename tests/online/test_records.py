"""The jobs that are to be explained, read from a real database: which ones, and what of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from doctor.errors import Refused, SourceError
from doctor.facts import JobIds, JobRecords, RecordedBatch, RecordedJob, WhySelection
from doctor.needs import Observed
from doctor.sources.database import records
from doctor.sources.database.session import Session
from doctor.target import Deadline
from doctor.testing import Placement
from tests.servers import Databases

pytestmark = pytest.mark.slow

SECRET = "hunter2-Zq8vKw3xN7"

# Jobs by the last digits of their ids; 0d is marked as deleted, 0e has no repository and no time.
START = "ab12cd34-0000-4000-8000-0000000000"
OTHER = "ab12cd34-ffff-4000-8000-0000000000"
REPOSITORY = "00000000-0000-4000-8000-00000000000"
JOBS = f"""
INSERT INTO codechunking.repositories (id, url, normalized_url, name, status) VALUES
 ('{REPOSITORY}a', 'https://github.com/acme/My-Repo.git', 'https://github.com/acme/my-repo', 'My-Repo', 'completed'),
 ('{REPOSITORY}b', 'https://github.com/acme/other_100%', 'https://github.com/acme/other_100%', 'other_100%', 'failed');
INSERT INTO codechunking.indexing_jobs
 (id, repository_id, status, chunks_created, created_at, started_at, completed_at, deleted_at, error_message)
VALUES
 ('{START}01', '{REPOSITORY}a', 'completed', 70, '2026-01-01 10:00+01', '2026-01-01 10:01+01',
  '2026-01-01 10:02:03.5+01', NULL, NULL),
 ('{START}02', '{REPOSITORY}a', 'failed', 0, '2026-01-02', NULL, NULL, NULL, 'batch embedding service not configured'),
 ('{START}03', '{REPOSITORY}b', 'running', 0, '2026-01-03', NULL, NULL, NULL, NULL),
 ('{OTHER}04', '{REPOSITORY}b', 'cancelled', 12, '2026-01-04', NULL, NULL, NULL, NULL),
 ('{START}0d', '{REPOSITORY}b', 'completed', 0, '2026-01-09', NULL, NULL, '2026-01-10', NULL),
 ('{START}0e', NULL, 'completed', 0, NULL, NULL, NULL, NULL, NULL);
"""
BATCHES = f"""
INSERT INTO codechunking.batch_job_progress
 (id, indexing_job_id, batch_number, total_batches, status, chunks_processed, retry_count, created_at, updated_at,
  error_message)
VALUES
 ('{REPOSITORY}2', '{START}01', 2, 3, 'failed', 0, 2, '2026-01-01 09:02Z', '2026-01-01 09:03Z', 'Error 503'),
 ('{REPOSITORY}1', '{START}01', 1, 3, 'completed', 50, 0, '2026-01-01 09:01Z', '2026-01-01 09:03:00.25Z', NULL),
 ('{REPOSITORY}3', '{OTHER}04', 1, 1, 'processing', 0, 0, '2026-01-04 00:00Z', '2026-01-04 00:00Z', NULL);
"""
SENDING = f"""
UPDATE codechunking.batch_job_progress SET batch_request_data = convert_to('{SECRET}', 'UTF8'),
       submission_attempts = 4, next_submission_at = '2026-01-05 00:00Z', gemini_batch_job_id = 'batches/abc'
WHERE id = '{REPOSITORY}3';
"""

Open = Callable[..., Session]


@pytest.fixture(scope="module")
def connect() -> Iterator[Open]:
    """Sessions on databases, closed in the end."""
    opened = []

    def build(place: Placement, user: str = "dev") -> Session:
        where = {"host": "127.0.0.1", "port": str(place.port), "dbname": place.name}
        opened.append(Session.open({**where, "user": user, "password": "dev", "sslmode": "disable"}, Deadline()))
        return opened[-1]

    yield build
    for each in opened:
        each.close()


@pytest.fixture(scope="module")
def place(databases: Databases) -> Placement:
    """The database of those tests that only read."""
    return databases(statements=JOBS + BATCHES + SENDING)


@pytest.fixture(scope="module")
def session(place: Placement, connect: Open) -> Session:
    return connect(place)


def read(session: Session, ids: tuple[str, ...] | None = None, **selection: Any) -> JobRecords:
    further: Observed[JobIds] = Observed(None, SourceError("no logs")) if ids is None else Observed(JobIds(ids))
    found = records.job_records.function(session, WhySelection(**selection), further)
    assert isinstance(found, JobRecords)
    return found


def ends(found: JobRecords) -> list[str]:
    """The jobs by the last two digits of their ids."""
    return [each.id[-2:] for each in found.jobs]


# --- which jobs: by id -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "id",
    [
        "",
        " ",
        "-",
        "--------",
        "00",
        f"{START}ff",
        f"{START}010",
        f"{START}01-",
        f"{START}01" + "0" * 5000,
        "-ab12cd34",
        "ab12-cd34",
        "ab12cd34--0000",
        "ab12cd340000-4000",
        "ab12cd34-00004000",
        "ab12cd3_",
        "ab12cd3%",
        "%",
        "g",
        "{ab12cd34}",
        "urn:uuid:ab12cd34",
        "' OR true --",
        "ab12cd34\0",
        "ab12cd3４",
        "My-Repo",
    ],
)
def test_what_no_id_begins_with(session: Session, id: str) -> None:
    assert read(session, job=id) == JobRecords()


def test_every_beginning_of_an_id(session: Session) -> None:
    written = f"{OTHER}04"
    bare = written.replace("-", "")
    for text in (written, bare, written.upper(), f"  {written}\n"):
        for length in range(len("ab12cd34-f") if "-" in text else len("ab12cd34f"), len(text) + 1):
            if text[:length].strip() not in ("ab12cd34", "ab12cd34-"):
                assert ends(read(session, job=text[:length])) == ["04"], text[:length]


@pytest.mark.parametrize(
    ("id", "expected"),
    [
        (f"{START}02", ["02"]),
        (START, ["0d", "03", "02", "01", "0e"]),
        ("ab12cd34-0", ["0d", "03", "02", "01", "0e"]),
        ("ab12cd34-f", ["04"]),
        ("ab12cd34-", ["0d", "04", "03", "02", "01", "0e"]),
        ("A", ["0d", "04", "03", "02", "01", "0e"]),
        (f"{START}0D", ["0d"]),
    ],
)
def test_beginnings_of_several(session: Session, id: str, expected: list[str]) -> None:
    found = read(session, job=id)

    assert (ends(found), found.complete) == (expected, True)


def test_a_prefix_is_looked_up_by_the_primary_key(
    databases: Databases, connect: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = """
    INSERT INTO codechunking.indexing_jobs (id, status) SELECT md5(n::text)::uuid, 'pending'
    FROM generate_series(1, 20000) AS n;
    """
    place = databases(statements=many)
    databases.run(place.name, "ANALYZE codechunking.indexing_jobs")
    session = connect(place)
    asked = []
    rows = Session.rows

    def recorded(self: Session, query: str, parameters: Any = (), **limits: float) -> list[dict[str, Any]]:
        asked.append((query, parameters))
        return rows(self, query, parameters, **limits)

    with monkeypatch.context() as patch:
        patch.setattr(Session, "rows", recorded)
        assert len(read(session, job="c4ca42").jobs) == 1
        assert len(read(session, ("c4ca4238-a0b9-2382-0dcc-509a6f75849b",), job="0").jobs) == 51

    of_jobs = [each for each in asked if "FROM codechunking.indexing_jobs" in each[0]]
    assert len(of_jobs) == 3
    for query, parameters in (of_jobs[0], of_jobs[2]):
        plan = session.rows(f"EXPLAIN {query}", parameters)
        text = "\n".join(each["QUERY PLAN"] for each in plan)
        assert "indexing_jobs_pkey" in text
        assert "Seq Scan on indexing_jobs" not in text


# --- which jobs: all others ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("major", ["databases", "older_databases"])
def test_selections(request: pytest.FixtureRequest, connect: Open, major: str) -> None:
    made: Databases = request.getfixturevalue(major)
    session = connect(made(statements=JOBS + BATCHES + SENDING))
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({"repository": "unknown"}, []),
        ({"repository": "y_repo"}, []),
        ({"repository": "' OR true --"}, []),
        ({"repository": "unknown", "every": True}, []),
        ({"job": "0000", "repository": "my-repo"}, []),
        ({"repository": "my-REPO"}, ["02", "01"]),
        ({"repository": "http://github.com/acme/my-repo/"}, ["02", "01"]),
        ({"repository": "%"}, ["04", "03"]),
        ({"repository": "ACME", "every": True}, ["04", "03", "02", "01"]),
        ({"every": True}, ["04", "03", "02", "01", "0e"]),
        ({}, ["04"]),
        ({"job": f"{START}01", "repository": "other"}, ["01"]),
    ]
    for selection, expected in cases:
        found = read(session, **selection)
        assert (ends(found), found.complete) == (expected, True), selection


@pytest.mark.parametrize(
    ("ids", "selection", "expected"),
    [
        ((), {}, ["04"]),
        (("", "no id", "ab12cd34", f"{START}ff", f"{START}010", "\0"), {}, ["04"]),
        ((f"{OTHER}04",), {}, ["04"]),
        ((f"{START}ff",), {"repository": "unknown"}, []),
        ((f"{START}01",), {"repository": "unknown"}, ["01"]),
        ((f"{START}01", f"{START}03", f"{START}01".upper()), {}, ["04", "03", "01"]),
        ((f"{START}0e".replace("-", ""),), {}, ["04", "0e"]),
        ((f"{START}0d",), {}, ["0d", "04"]),
        ((f"{START}0d",), {"every": True}, ["0d", "04", "03", "02", "01", "0e"]),
        ((f"{START}03",), {"job": f"{START}02"}, ["03", "02"]),
    ],
)
def test_jobs_that_are_named_besides(
    session: Session, ids: tuple[str, ...], selection: dict[str, Any], expected: list[str]
) -> None:
    found = read(session, ids, **selection)

    assert (ends(found), found.complete) == (expected, True)


def test_an_empty_table(databases: Databases, connect: Open) -> None:
    session = connect(databases())

    for selection in ({}, {"every": True}, {"job": "a"}, {"repository": "a"}):
        assert read(session, (f"{START}01",), **selection) == JobRecords()


# --- limits ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "most", "selection", "expected", "complete"),
    [
        ("MOST_BY_PREFIX", 6, {"job": "ab"}, 6, True),
        ("MOST_BY_PREFIX", 5, {"job": "ab"}, 5, False),
        ("MOST_BY_NAME", 4, {"repository": "acme"}, 4, True),
        ("MOST_BY_NAME", 3, {"repository": "acme"}, 3, False),
        ("MOST_BY_NAME", 3, {"repository": "acme", "every": True}, 4, True),
        ("MOST_OF_ALL", 5, {"every": True}, 5, True),
        ("MOST_OF_ALL", 4, {"every": True}, 4, False),
        ("MOST_OF_ALL", 1, {"every": True}, 1, False),
        ("MOST_BY_ID", 1, {"ids": (f"{START}01",)}, 2, True),
        ("MOST_BY_ID", 1, {"ids": (f"{START}01", f"{START}02")}, 2, False),
        ("MOST_BATCHES", 3, {"every": True}, 5, True),
        # The batches of 01 are not all read.
        ("MOST_BATCHES", 2, {"every": True}, 3, False),
        ("MOST_BATCHES", 1, {"every": True}, 3, False),
        ("MOST_BATCHES", 1, {"job": f"{START}01"}, 1, False),
    ],
)
def test_limits(
    session: Session,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    most: int,
    selection: dict[str, Any],
    expected: int,
    complete: bool,
) -> None:
    monkeypatch.setattr(records, name, most)
    found = read(session, **selection)

    assert (len(found.jobs), found.complete) == (expected, complete)


def test_a_job_that_is_there_has_all_its_batches(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "MOST_BATCHES", 2)

    assert [(each.id[-2:], len(each.batches)) for each in read(session, every=True).jobs] == [
        ("04", 1),
        ("03", 0),
        ("02", 0),
    ]


# --- what of them ----------------------------------------------------------------------------------------------------

NEW_YEAR = 1767225600.0


def test_a_job_with_its_batches(session: Session) -> None:
    assert read(session, job=f"{START}01").jobs == (
        RecordedJob(
            f"{START}01",
            "completed",
            None,
            f"{REPOSITORY}a",
            "My-Repo",
            "https://github.com/acme/My-Repo.git",
            "completed",
            "pending",
            70,
            NEW_YEAR + 9 * 3600,
            NEW_YEAR + 9 * 3600 + 60,
            NEW_YEAR + 9 * 3600 + 123.5,
            (
                RecordedBatch(
                    *(f"{REPOSITORY}1", "completed", 1, 3),
                    chunks=50,
                    created_at=NEW_YEAR + 9 * 3600 + 60,
                    updated_at=NEW_YEAR + 9 * 3600 + 180.25,
                ),
                RecordedBatch(
                    *(f"{REPOSITORY}2", "failed", 2, 3, "Error 503"),
                    retries=2,
                    chunks=0,
                    created_at=NEW_YEAR + 9 * 3600 + 120,
                    updated_at=NEW_YEAR + 9 * 3600 + 180,
                ),
            ),
        ),
    )


def test_a_batch_on_its_way(session: Session) -> None:
    (job,) = read(session).jobs
    (batch,) = job.batches

    assert (batch.attempts, batch.google_id, batch.next_submission_at) == (4, "batches/abc", NEW_YEAR + 4 * 86400)


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        ("01", 70),
        ("04", 12),
        # Nobody wrote a number.
        ("02", None),
        ("03", None),
        # It had none.
        ("0d", 0),
    ],
)
def test_how_many_chunks(session: Session, end: str, expected: int | None) -> None:
    (job,) = (each for each in read(session, job="ab12cd34").jobs if each.id.endswith(end))

    assert job.chunks == expected


def test_what_is_stored_for_sending_is_not_read(databases: Databases, connect: Open) -> None:
    place = databases(statements=JOBS + BATCHES + SENDING)
    role = f"{place.name}_reader"
    grants = f"""
    CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA codechunking TO {role};
    GRANT SELECT ON codechunking.indexing_jobs, codechunking.repositories TO {role};
    DO $$ BEGIN EXECUTE (
        SELECT 'GRANT SELECT (' || string_agg(column_name, ', ') || ') ON codechunking.batch_job_progress TO {role}'
        FROM information_schema.columns
        WHERE table_name = 'batch_job_progress' AND column_name <> 'batch_request_data');
    END $$;
    """
    databases.run(place.name, grants)

    found = read(connect(place, role), every=True)
    assert len(found.jobs[0].batches) == 1
    assert SECRET not in repr(found)


def test_the_first_schema(databases: Databases, connect: Open) -> None:
    place = databases(1, f"INSERT INTO codechunking.indexing_jobs (id, status) VALUES ('{START}01', 'pending')")
    (job,) = read(connect(place)).jobs

    assert (job.id[-2:], job.status, job.batches) == ("01", "pending", ())


@pytest.mark.parametrize("version", [2, 5, 6, 7, 8, 11, 12, 17, 18, 19])
def test_older_schemas(databases: Databases, connect: Open, version: int) -> None:
    rows, sending, google = version >= 6, version >= 8, version >= 12
    update = SENDING if google else SENDING.replace(", gemini_batch_job_id = 'batches/abc'", "")
    place = databases(version, JOBS + (BATCHES if rows else "") + (update if sending else ""))
    (job,) = read(connect(place)).jobs

    assert (job.id, job.repository) == (f"{OTHER}04", "other_100%")
    assert job.embedding_status == ("pending" if version >= 18 else None)
    assert len(job.batches) == rows
    for batch in job.batches:
        assert (batch.number, batch.status) == (1, "processing")
        assert (batch.attempts, batch.next_submission_at) == ((4, NEW_YEAR + 4 * 86400) if sending else (0, None))
        assert batch.google_id == ("batches/abc" if google else None)


def test_hostile_rows(databases: Databases, connect: Open) -> None:
    hostile = f"""
    ALTER TABLE codechunking.indexing_jobs ALTER status DROP NOT NULL;
    INSERT INTO codechunking.repositories (id, url, normalized_url, name, status)
        VALUES ('{REPOSITORY}c', 'x', 'x', E'\\x1b[2J', NULL);
    INSERT INTO codechunking.indexing_jobs
        (id, repository_id, status, chunks_created, created_at, started_at, completed_at, error_message)
    VALUES
     ('{START}01', '{REPOSITORY}c', NULL, NULL, 'infinity', '-infinity', '294000-01-01',
      repeat('y ', 995) || '{SECRET}' || repeat('z', 3000000)),
     ('{START}02', NULL, E'fa\\x1biled', -1, '4000-01-01 BC', NULL, NULL, '');
    INSERT INTO codechunking.batch_job_progress
        (indexing_job_id, batch_number, total_batches, status, error_message, created_at)
        VALUES ('{START}02', 1, 1, 'failed', repeat('y ', 995) || '{SECRET}' || repeat('z', 3000000), 'infinity');
    """
    found = read(connect(databases(statements=hostile)), every=True)
    first, second = found.jobs

    assert (first.id[-2:], first.status, first.repository_status, first.chunks) == ("01", "", None, None)
    assert (first.created_at, first.started_at, first.completed_at) == (None, None, None)
    assert (second.status, second.created_at, second.error) == ("fa\x1biled", None, "")
    assert second.batches[0].created_at is None
    for error in (first.error, second.batches[0].error):
        assert error is not None
        assert len(error) <= records.LONGEST_ERROR
    assert SECRET[:6] not in repr(found)


# --- what stands in the way ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", ["indexing_jobs", "repositories"])
def test_a_missing_table(databases: Databases, connect: Open, table: str) -> None:
    session = connect(databases(statements=JOBS + f"DROP TABLE codechunking.{table} CASCADE"))

    with pytest.raises(Refused, match="does not exist"):
        read(session)


@pytest.mark.parametrize("column", ["indexing_jobs.status", "batch_job_progress.id", "batch_job_progress.status"])
def test_a_column_without_which_nothing_can_be_said(databases: Databases, connect: Open, column: str) -> None:
    table, _, name = column.partition(".")
    session = connect(databases(statements=JOBS + f"ALTER TABLE codechunking.{table} DROP COLUMN {name} CASCADE"))

    with pytest.raises(Refused, match="does not exist"):
        read(session)


def test_batches_that_may_not_be_read(databases: Databases, connect: Open) -> None:
    """Jobs without their batches would pass for jobs that had none."""
    place = databases(statements=JOBS + BATCHES)
    role = f"{place.name}_reader"
    grants = "GRANT SELECT ON codechunking.indexing_jobs, codechunking.repositories"
    databases.run(
        place.name, f"CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA codechunking TO {role}; {grants} TO {role}"
    )

    with pytest.raises(Refused, match="permission denied"):
        read(connect(place, role))


def test_a_table_that_is_locked(databases: Databases, place: Placement, session: Session) -> None:
    with psycopg.connect(databases.server.connection_string(place.name)) as connection:
        connection.execute("LOCK TABLE codechunking.batch_job_progress IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(SourceError, match="lock"):
            read(session)
