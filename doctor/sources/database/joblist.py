"""The list of indexing jobs, as the guide's queries give it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from doctor.engine import source
from doctor.errors import Silent, SourceError
from doctor.facts import Connection, JobList, JobSelection, JobTotal, ListedJob, Nothing, Resolution
from doctor.facts.joblist import JOB_STATUSES, LONGEST_ERROR
from doctor.fixes import api_address
from doctor.sources.database.named import NAMED, OF_REPOSITORY, needle
from doctor.sources.database.session import Session, moment

# Both queries read the whole table once, for want of an index on created_at; the list keeps the newest on the way, and
# looks only these up elsewhere. Together they stay below the source's deadline.
LIST_WITHIN = 4.0
TOTALS_WITHIN = 3.0

# Statuses are free text. More than a few were written by somebody else than the program.
MOST_STATUSES = 50

OF_STATUS = "status = ANY(%s::text[])"

LIST = f"""
SELECT job.id::text AS id, job.status, repository.name AS repository, job.files_processed, job.chunks_created,
       extract(epoch FROM job.created_at)::float8 AS created_at,
       extract(epoch FROM job.started_at)::float8 AS started_at,
       extract(epoch FROM job.completed_at)::float8 AS completed_at,
       left(job.error_message, {LONGEST_ERROR + 500}) AS error_message
FROM (
    SELECT * FROM codechunking.indexing_jobs
    WHERE deleted_at IS NULL AND {{condition}}
    ORDER BY created_at DESC NULLS LAST, id DESC
    LIMIT %s
) AS job
LEFT JOIN codechunking.repositories AS repository ON repository.id = job.repository_id
ORDER BY job.created_at DESC NULLS LAST, job.id DESC
"""

TOTALS = f"""
SELECT status, count(*) AS count, coalesce(sum(files_processed), 0) AS total_files,
       coalesce(sum(chunks_created), 0) AS total_chunks
FROM codechunking.indexing_jobs
WHERE deleted_at IS NULL AND {{condition}}
GROUP BY status ORDER BY count DESC, status LIMIT {MOST_STATUSES}
"""

NOTHING = f"""
SELECT EXISTS (SELECT FROM codechunking.indexing_jobs WHERE deleted_at IS NOT NULL) AS deleted_jobs,
       (SELECT count(*) FROM codechunking.repositories WHERE deleted_at IS NULL) AS repositories,
       (SELECT count(*) FROM codechunking.repositories WHERE {NAMED}) AS matching
"""

NOW = "SELECT extract(epoch FROM now())::float8 AS now"


@source("jobs", deadline=9)
def job_list(session: Session, selection: JobSelection, connection: Connection, resolution: Resolution) -> JobList:
    """The newest jobs of the selection, and the totals by status."""
    jobs = _jobs(session, selection) if selection.limit else ()
    totals = _totals(session, selection)
    return JobList(
        selection,
        jobs,
        totals,
        f"{connection.database} at {connection.asked or connection.address}",
        api_address(resolution),
        moment(session.rows(NOW)[0]["now"]) or datetime.now(UTC),
        None if jobs or totals else _nothing(session, selection),
    )


def _jobs(session: Session, selection: JobSelection) -> tuple[ListedJob, ...]:
    condition, parameters = _of_repository(selection)
    if selection.statuses:
        condition, parameters = f"{condition} AND {OF_STATUS}", [*parameters, list(selection.statuses)]
    query = LIST.format(condition=condition)
    return tuple(map(_job, session.rows(query, [*parameters, selection.limit], seconds=LIST_WITHIN)))


def _totals(session: Session, selection: JobSelection) -> tuple[JobTotal, ...] | None:
    """None when counting takes too long and there is a list to show all the same."""
    condition, parameters = _of_repository(selection)
    try:
        rows = session.rows(TOTALS.format(condition=condition), parameters, seconds=TOTALS_WITHIN)
    except Silent:
        raise
    except SourceError:
        if not selection.limit:
            raise
        return None
    rank = {status: place for place, status in enumerate(JOB_STATUSES)}
    totals = [JobTotal(**row) for row in rows]
    return tuple(sorted(totals, key=lambda each: (rank.get(each.status, len(rank)), each.status)))


def _nothing(session: Session, selection: JobSelection) -> Nothing:
    text = needle(selection.repository or "")
    return Nothing(**session.rows(NOTHING, [text, text])[0])


def _of_repository(selection: JobSelection) -> tuple[str, list[object]]:
    """A condition on the repository, and its parameters."""
    if selection.repository is None:
        return "true", []
    text = needle(selection.repository)
    return OF_REPOSITORY, [text, text]


def _job(row: Mapping[str, Any]) -> ListedJob:
    times = {name: moment(row[name]) for name in ("created_at", "started_at", "completed_at")}
    return ListedJob(**{**row, **times})


SOURCES = (job_list,)
