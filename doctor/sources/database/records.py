"""The jobs that `why` explains, each with its repository and its batches."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

from doctor.engine import source
from doctor.facts import JobIds, JobRecords, RecordedBatch, RecordedJob, WhySelection
from doctor.needs import Observed
from doctor.redact import beginning
from doctor.sources.database.named import OF_REPOSITORY, needle
from doctor.sources.database.session import Session, moment

# Jobs that are read: whose id begins like this, of repositories named like this, of all, and of those named by an id.
MOST_BY_PREFIX, MOST_BY_NAME, MOST_OF_ALL, MOST_BY_ID = 50, 200, 10_000, 20_000
# Batches that are read of all these jobs together.
MOST_BATCHES = 50_000
# So much of an error message is kept.
LONGEST_ERROR = 2000

# Seconds; together they stay below the source's deadline.
COLUMNS_WITHIN, SELECTED_WITHIN, BY_ID_WITHIN, BATCHES_WITHIN = 1.0, 2.5, 2.0, 3.0

TABLES = {"job": "indexing_jobs", "repository": "repositories", "batch": "batch_job_progress"}

# For each field the column that it is read from, and how. What is stored for sending is the users' code: nothing of it
# is read.
PLAIN, TEXT, WORD = "{}", "{}::text", "coalesce({}, '')"
TIME, ERROR = "extract(epoch FROM {})::float8", f"left({{}}, {LONGEST_ERROR + 1})"
JOB_FIELDS = {
    "id": ("job.id", TEXT),
    "status": ("job.status", WORD),
    "error": ("job.error_message", ERROR),
    "repository_id": ("job.repository_id", TEXT),
    "repository": ("repository.name", "left({}, 255)"),
    "url": ("repository.url", "left({}, 600)"),
    "repository_status": ("repository.status", PLAIN),
    "embedding_status": ("repository.embedding_index_status", PLAIN),
    "chunks": ("job.chunks_created", PLAIN),
    "created_at": ("job.created_at", TIME),
    "started_at": ("job.started_at", TIME),
    "completed_at": ("job.completed_at", TIME),
}
BATCH_FIELDS = {
    "id": ("batch.id", TEXT),
    "status": ("batch.status", WORD),
    "number": ("batch.batch_number", PLAIN),
    "total": ("batch.total_batches", PLAIN),
    "error": ("batch.error_message", ERROR),
    "attempts": ("batch.submission_attempts", PLAIN),
    "retries": ("batch.retry_count", PLAIN),
    "google_id": ("batch.gemini_batch_job_id", "left({}, 300)"),
    "chunks": ("batch.chunks_processed", PLAIN),
    "created_at": ("batch.created_at", TIME),
    "updated_at": ("batch.updated_at", TIME),
    "next_submission_at": ("batch.next_submission_at", TIME),
}
# Without these there is nothing to say, and the server's complaint says why.
INDISPENSABLE = ("id", "status")

COLUMNS = """
SELECT c.relname::text AS table, a.attname::text AS name
FROM pg_catalog.pg_namespace AS n
JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0
WHERE n.nspname = 'codechunking' AND c.relname = ANY(%s::text[])
"""

JOBS = """
SELECT {fields}
FROM (
    SELECT * FROM codechunking.indexing_jobs
    WHERE {condition}
    ORDER BY created_at DESC NULLS LAST, id DESC
    LIMIT %s
) AS job
LEFT JOIN codechunking.repositories AS repository ON repository.id = job.repository_id
ORDER BY job.created_at DESC NULLS LAST, job.id DESC
"""
IS_LIVE = "deleted_at IS NULL"
# The bounds of the primary key, which a comparison of texts would not use.
BY_PREFIX = "id BETWEEN %s::uuid AND %s::uuid"
BY_ID = "id = ANY(%s::uuid[])"

# In the order of the jobs, so that it is the last ones that a limit cuts off.
BATCHES = """
SELECT wanted.job::text AS job, {fields}
FROM unnest(%s::uuid[]) WITH ORDINALITY AS wanted (job, place)
JOIN codechunking.batch_job_progress AS batch ON batch.indexing_job_id = wanted.job
ORDER BY wanted.place, batch.batch_number, batch.id
LIMIT %s
"""

Row = Mapping[str, Any]


@source("job records", deadline=9)
def job_records(session: Session, selection: WhySelection, ids: Observed[JobIds]) -> JobRecords:
    """
    The jobs of the selection and those of `ids`, each with all of its batches.

    Live jobs only, apart from those that are named by their id. A column that an older schema does not have yet gives
    what a row without a value gives; without the table of batches there are none.
    """
    columns = _columns(session)
    jobs, complete = _selected(session, selection, columns)
    further = ids.value.ids if ids.value is not None else ()
    known = {row["id"] for row in jobs}
    wanted = [id for id in dict.fromkeys(filter(None, map(_whole, further))) if id not in known]
    if wanted:
        query = JOBS.format(fields=_fields(JOB_FIELDS, columns), condition=BY_ID)
        others = session.rows(query, (wanted[:MOST_BY_ID], MOST_BY_ID), seconds=BY_ID_WITHIN)
        jobs = sorted([*jobs, *others], key=_age, reverse=True)
    batches, whole = _batches(session, [row["id"] for row in jobs], columns)
    found = tuple(_job(row, batches[row["id"]]) for row in jobs if row["id"] in batches)
    return JobRecords(found, complete and whole and len(wanted) <= MOST_BY_ID)


def _columns(session: Session) -> frozenset[str]:
    """The columns that there are, as the fields name them."""
    alias = {table: name for name, table in TABLES.items()}
    rows = session.rows(COLUMNS, (list(alias),), seconds=COLUMNS_WITHIN)
    return frozenset(f"{alias[row['table']]}.{row['name']}" for row in rows)


def _fields(fields: Mapping[str, tuple[str, str]], columns: Collection[str]) -> str:
    """The list of a query, with nothing in the place of a column that is not there."""
    return ", ".join(
        f"{form.format(column) if column in columns or field in INDISPENSABLE else 'NULL'} AS {field}"
        for field, (column, form) in fields.items()
    )


def _selected(session: Session, selection: WhySelection, columns: Collection[str]) -> tuple[list[dict[str, Any]], bool]:
    """The rows of the selected jobs, newest first, and whether there are no more."""
    condition, parameters, most = _condition(selection)
    if most == 0:
        return [], True
    query = JOBS.format(fields=_fields(JOB_FIELDS, columns), condition=condition)
    rows = session.rows(query, (*parameters, most + 1), seconds=SELECTED_WITHIN)
    # The newest is all that is asked for without a choice.
    return rows[:most], len(rows) <= most or not (selection.named or selection.every)


def _condition(selection: WhySelection) -> tuple[str, Sequence[object], int]:
    """Which jobs, the parameters of that, and how many at most."""
    if selection.job is not None:
        digits = _digits(selection.job)
        bounds = [str(UUID(digits.ljust(32, each))) for each in "0f"] if digits else []
        return BY_PREFIX, bounds, MOST_BY_PREFIX if digits else 0
    most = MOST_OF_ALL if selection.every else 1
    if selection.repository is not None:
        text = needle(selection.repository)
        return f"{IS_LIVE} AND {OF_REPOSITORY}", (text, text), max(most, MOST_BY_NAME)
    return IS_LIVE, (), most


def _digits(text: str) -> str | None:
    """The hexadecimal digits of what an id begins with, where it is written with dashes in their places or without."""
    text = text.strip().lower()
    digits = text.replace("-", "")
    if re.fullmatch("[0-9a-f]{1,32}", digits) is None:
        return None
    filled = UUID(digits.ljust(32, "0"))
    return digits if str(filled).startswith(text) or text == digits else None


def _whole(text: str) -> str | None:
    """An id as the database writes it, None for what is none."""
    digits = _digits(text)
    return str(UUID(digits)) if digits is not None and len(digits) == 32 else None


def _age(row: Row) -> tuple[bool, float, str]:
    created = row["created_at"]
    return created is not None, created or 0.0, row["id"]


def _batches(session: Session, jobs: Sequence[str], columns: Collection[str]) -> tuple[dict[str, list[Row]], bool]:
    """
    The rows of each job's batches, and whether these are all jobs: those that a limit leaves without all of their
    batches are not there, except when it is the first one already.
    """
    found: dict[str, list[Row]] = {id: [] for id in jobs}
    if not jobs or not any(each.startswith("batch.") for each in columns):
        return found, True
    query = BATCHES.format(fields=_fields(BATCH_FIELDS, columns))
    rows = session.rows(query, (jobs, MOST_BATCHES + 1), seconds=BATCHES_WITHIN)
    for id, group in groupby(rows[:MOST_BATCHES], itemgetter("job")):
        found[id] = list(group)
    if len(rows) <= MOST_BATCHES:
        return found, True
    whole = max(1, jobs.index(rows[MOST_BATCHES]["job"]))
    return {id: found[id] for id in jobs[:whole]}, False


def _job(row: Row, batches: Iterable[Row]) -> RecordedJob:
    values = _values(row, JOB_FIELDS)
    # The column is 0 from the start, and is only written when a job succeeds.
    if not values.get("chunks") and values["status"] != "completed":
        values.pop("chunks", None)
    return RecordedJob(**values, batches=tuple(RecordedBatch(**_values(each, BATCH_FIELDS)) for each in batches))


def _values(row: Row, fields: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    """The fields that have a value; the others keep their own."""
    values = {}
    for name, (_, form) in fields.items():
        value = row[name]
        if value is None or (form is TIME and moment(value) is None):
            continue
        values[name] = beginning(value, LONGEST_ERROR) if form is ERROR else value
    return values


SOURCES = (job_records,)
