"""`jobs` as text and as JSON: what is shown, what is said when nothing is, and nothing that steers a terminal."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from doctor.facts import JobList, JobSelection, JobTotal, ListedJob, Nothing
from doctor.report.jobs import as_json, as_line, text
from doctor.report.table import Column, cut, table
from doctor.report.terminal import Paint, columns
from tests.report.schemas import validate

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ERROR = "Failed to generate embeddings: 429 RESOURCE_EXHAUSTED: quota exceeded for model gemini-embedding-001, " * 2


def ago(**time: float) -> datetime:
    return NOW - timedelta(**time)


def job(number: int, status: str, repository: str | None = "my-repo", **values: Any) -> ListedJob:
    return ListedJob(f"a1b2c3d4-e5f6-4890-abcd-{number:012d}", status, repository, **values)


JOBS = (
    job(1, "pending", "another-repo", files_processed=0, chunks_created=0, created_at=ago(hours=3, minutes=5)),
    job(2, "running", files_processed=0, chunks_created=0, created_at=ago(minutes=5), started_at=ago(minutes=4)),
    job(
        3,
        "completed",
        "a-repository-with-quite-a-long-name",
        files_processed=3421,
        chunks_created=3421,
        created_at=ago(days=1),
        started_at=ago(hours=23, minutes=59),
        completed_at=ago(hours=23, minutes=54, seconds=48),
    ),
    job(
        4,
        "failed",
        files_processed=0,
        chunks_created=0,
        created_at=ago(days=90),
        started_at=ago(days=90),
        completed_at=ago(days=87, hours=20),
        error_message=ERROR,
    ),
    job(5, "cancelled", None),
)
TOTALS = tuple(JobTotal(each.status, 1, each.files_processed or 0, each.chunks_created or 0) for each in JOBS)


def listed(
    jobs: tuple[ListedJob, ...] = JOBS,
    totals: tuple[JobTotal, ...] | None = TOTALS,
    nothing: Nothing | None = None,
    **selection: Any,
) -> JobList:
    place = "codechunking at 127.0.0.1:5432"
    return JobList(JobSelection(**selection), jobs, totals, place, "http://localhost:8080", NOW, nothing)


@pytest.mark.parametrize(
    ("name", "found", "look"),
    [
        pytest.param("jobs.txt", listed(), {}, id="a pipe"),
        pytest.param("jobs-110.txt", listed(), {"width": 110, "fit": 110}, id="a wide terminal"),
        pytest.param("jobs-100.txt", listed(), {"width": 100, "fit": 100}, id="a terminal of 100 columns"),
        pytest.param("jobs-80.txt", listed(), {"width": 80, "fit": 80}, id="an ordinary terminal"),
        pytest.param("jobs-60.txt", listed(), {"width": 60, "fit": 60}, id="a narrow terminal"),
        pytest.param("jobs-color.txt", listed(), {"color": True, "width": 100, "fit": 100}, id="colour"),
        pytest.param("jobs-quiet.txt", listed(), {"quiet": True}, id="quiet"),
        pytest.param(
            "jobs-failed.txt",
            listed((JOBS[3], job(6, "failed")), (JobTotal("running", 1), JobTotal("failed", 2)), statuses=("failed",)),
            {},
            id="failed ones",
        ),
        pytest.param("jobs-summary.txt", listed((), limit=0), {}, id="summary"),
        pytest.param("jobs-empty.txt", listed((), (), Nothing()), {}, id="an empty table"),
    ],
)
def test_golden(golden, name, found, look):
    golden(name, text(found, **look))


# --- when nothing is there


@pytest.mark.parametrize(
    ("found", "said", "unsaid"),
    [
        pytest.param(listed((), (), Nothing()), "it is empty", "deleted", id="empty"),
        pytest.param(listed((), (), Nothing(), limit=0), "it is empty", "by status", id="empty summary"),
        pytest.param(listed((), (), Nothing(deleted_jobs=True)), "marked as deleted", "it is empty", id="deleted"),
        pytest.param(
            listed((), (), Nothing(repositories=3), repository="x"),
            'No repository in codechunking at 127.0.0.1:5432 has "x"',
            "curl",
            id="no such repository",
        ),
        pytest.param(listed((), (), Nothing(), repository="x"), "it is empty", '"x"', id="no repository at all"),
        pytest.param(
            listed((), (), Nothing(repositories=3, matching=1), repository="x"),
            "The repository with",
            "Each of",
            id="no job",
        ),
        pytest.param(listed((), statuses=("failed",)), "No failed indexing job is in", "curl", id="no such status"),
        pytest.param(
            listed((), (), Nothing(repositories=1, matching=1), statuses=("failed",), repository="x"),
            "without a job",
            "marked",
            id="no job of any status",
        ),
    ],
)
def test_nothing_is_told_apart_from_nothing_of_that_kind(found, said, unsaid):
    shown = " ".join(text(found).split())

    assert said in shown
    assert unsaid not in shown
    assert "JOB " not in shown


def test_quiet_says_why_nothing_is_shown_all_the_same():
    assert text(listed((), (), Nothing()), quiet=True).count("\n") <= 2


# --- what is not said


@pytest.mark.parametrize(
    ("found", "unsaid"),
    [
        pytest.param(listed(JOBS[2:3], TOTALS[2:3]), "failed", id="nothing failed"),
        pytest.param(listed(JOBS[2:3], TOTALS[2:3]), "All jobs", id="one status says it all"),
        pytest.param(listed(JOBS[:2]), "no count of files", id="no files"),
        pytest.param(
            listed((job(1, "completed", files_processed=1, chunks_created=2),)), "no count of files", id="they differ"
        ),
        pytest.param(listed(), "The newest", id="all are shown"),
        pytest.param(listed(totals=None), "All jobs", id="not counted"),
    ],
)
def test_what_is_not_so_is_not_said(found, unsaid):
    assert unsaid not in text(found)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        pytest.param(listed(JOBS[:2]), "The newest 2 of 5 indexing jobs in", id="some"),
        pytest.param(listed(JOBS[:1]), "The newest of 5 indexing jobs in", id="one"),
        pytest.param(listed(JOBS[:1], TOTALS[:1]), "1 indexing job in", id="the only one"),
        pytest.param(
            listed(JOBS[:1], TOTALS, statuses=("pending", "failed")),
            "The newest of 2 pending or failed indexing jobs",
            id="statuses",
        ),
        pytest.param(listed(totals=None), "The newest 5 indexing jobs in", id="not counted"),
        pytest.param(listed(totals=None), "counting them was given up", id="why not"),
        pytest.param(listed(repository="Repo"), '5 indexing jobs of "Repo" in', id="repository"),
        pytest.param(listed(), "1 job has failed", id="failed"),
    ],
)
def test_what_is_said(found, said):
    assert said in " ".join(text(found).split())


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        pytest.param({"started_at": ago(seconds=59)}, "59s so far", id="seconds"),
        pytest.param({"started_at": ago(seconds=61)}, "1m01s so far", id="minutes"),
        pytest.param({"started_at": ago(minutes=61)}, "1h01m so far", id="hours"),
        pytest.param({"started_at": ago(hours=49)}, "2d1h so far", id="days"),
        pytest.param({"started_at": ago(hours=-1)}, "- so far", id="a clock that is ahead"),
        pytest.param({}, "-", id="not started"),
    ],
)
def test_how_long_it_runs(values, shown):
    line = text(listed((job(1, "running", **values),))).splitlines()[3]

    assert line.endswith(shown)


def test_an_error_is_one_line_unless_all_of_it_is_asked_for():
    found = listed((job(1, "failed", error_message="first line\n\nsecond " + "word " * 60),))

    assert len([line for line in text(found).splitlines() if line.startswith("    ")]) == 1
    assert "first line second word" in text(found)
    assert "    first line\n\n    second word" in text(found, verbosity=1)


# --- hostile rows


HOSTILE = job(
    1,
    "failed\x1b[2J",
    "\x1b]0;title\x07 name\nwith lines\u202e " + "x" * 250,
    error_message="\x1b[31mred\r\n\tline\x00\u2028",
    created_at=datetime.max.replace(tzinfo=UTC),
    started_at=datetime.min.replace(tzinfo=UTC),
)


@pytest.mark.parametrize("look", [{}, {"verbosity": 1}, {"fit": 60}, {"fit": 100, "verbosity": 1}])
def test_nothing_from_a_row_steers_the_terminal(look):
    shown = text(listed((HOSTILE,), (JobTotal(HOSTILE.status, 1), JobTotal("\x9b0m", 1))), **look)

    assert all(letter.isprintable() or letter == "\n" for letter in shown)


@pytest.mark.parametrize("fit", [50, 80, 100])
def test_a_table_fits_whatever_is_in_it(fit):
    rows = (job(1, "running", "\u4e16\u754c" * 120, error_message="\u754c" * 500), *JOBS)

    assert all(columns(line) <= fit for line in text(listed(rows), width=fit, fit=fit).splitlines())


def test_a_table_alone_with_a_name_to_cut():
    lines = table(
        [Column("ID", ["1", "22"], right=True), Column("NAME", ["n" * 40, ""])], Paint(False), fit=20, cuttable="NAME"
    )

    assert lines == ["ID  NAME", " 1  " + "n" * 15 + "…", "22"]


@pytest.mark.parametrize(
    ("given", "width", "kept"),
    [
        ("short", 5, "short"),
        ("longer", 5, "long…"),
        ("a b c d", 5, "a b…"),
        ("\u754c\u754c", 3, "\u754c…"),
        ("ab", 1, "…"),
    ],
)
def test_cut(given, width, kept):
    assert cut(given, width) == kept


# --- for machines


def test_for_machines():
    document = validate(as_json(listed()), "jobs")

    assert document["jobs"][2] == {
        "id": "a1b2c3d4-e5f6-4890-abcd-000000000003",
        "status": "completed",
        "repository": "a-repository-with-quite-a-long-name",
        "files_processed": 3421,
        "chunks_created": 3421,
        "created_at": "2026-02-28T12:00:00Z",
        "started_at": "2026-02-28T12:01:00Z",
        "completed_at": "2026-02-28T12:05:12Z",
        "error_message": None,
    }
    assert document["summary"][2] == {"status": "completed", "count": 1, "total_files": 3421, "total_chunks": 3421}


@pytest.mark.parametrize(
    ("found", "jobs", "statuses"),
    [
        pytest.param(listed((), (), Nothing()), 0, [], id="empty"),
        pytest.param(listed((HOSTILE,)), 1, [each.status for each in TOTALS], id="hostile"),
        pytest.param(listed(totals=None), 5, None, id="not counted"),
        pytest.param(listed(JOBS[3:4], statuses=("failed",)), 1, [each.status for each in TOTALS], id="of a status"),
        pytest.param(listed((), statuses=("failed",), limit=0), 0, ["failed"], id="summary of a status"),
        pytest.param(
            listed((job(1, "failed", error_message="x" * 2400),), TOTALS[:1]), 1, ["pending"], id="a long error"
        ),
    ],
)
def test_all_keys_are_always_there(found, jobs, statuses):
    document = validate(as_json(found), "jobs")

    assert len(document["jobs"]) == jobs
    assert statuses == (document["summary"] and [each["status"] for each in document["summary"]])


def test_a_stream_has_a_document_in_each_line():
    line = as_line(listed())

    assert line.count("\n") == 1
    assert json.loads(line) == json.loads(as_json(listed()))
