"""The rows of batch_job_progress, read in a few bounded queries; what is stored for sending is never read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from doctor.engine import source
from doctor.errors import Refused
from doctor.facts import BatchList, BatchRow, BatchRows, BatchState, Gap
from doctor.redact import beginning
from doctor.sources.database.session import Session

# Rows listed of one state, failed rows listed, and repositories whose batches are looked at more closely.
PER_STATE = 50
FAILED = 1000
REPOSITORIES = 200
THIN = 20

# Repositories whose chunks are compared with their vectors, and how many of them are counted and looked up in all.
CLOSELY = 50
COUNTABLE, MOST_COUNTED = 1_000_000, 200_000
FINDABLE, MOST_FOUND = 40_000, 20_000

# Above this size the stored requests of a row are not counted.
LARGEST = 4_000_000

# So much of an error message is kept.
LONGEST_ERROR = 2000

COLUMNS = f"""
    b.id::text AS id, b.indexing_job_id::text AS job, b.repository_id::text AS repository,
    j.repository_id::text AS owner, left(r.url, 512) AS url, coalesce(j.status = 'running', false) AS running,
    b.batch_number AS number, b.total_batches AS total, extract(epoch FROM now() - b.created_at)::float8 AS age,
    extract(epoch FROM now() - b.updated_at)::float8 AS idle,
    b.submission_attempts AS attempts, b.retry_count AS retries, left(b.gemini_batch_job_id, 300) AS google_id,
    octet_length(b.batch_request_data) AS request_bytes, b.chunks_processed AS processed,
    left(b.error_message, {LONGEST_ERROR + 1}) AS error
"""

# A batch counts while its job and the job's repository are not deleted.
LIVE = """
    codechunking.batch_job_progress AS b
    JOIN codechunking.indexing_jobs AS j ON j.id = b.indexing_job_id AND j.deleted_at IS NULL
    LEFT JOIN codechunking.repositories AS r ON r.id = j.repository_id
"""

STATE = """
    CASE b.status
        WHEN 'pending' THEN 'pending'
        WHEN 'pending_submission' THEN CASE
            WHEN b.next_submission_at IS NULL OR b.next_submission_at <= now() THEN 'due'
            WHEN b.submission_attempts > 0 THEN 'held back'
            ELSE 'scheduled' END
        WHEN 'processing' THEN CASE
            WHEN coalesce(b.gemini_batch_job_id, '') = '' THEN 'no job id'
            WHEN b.gemini_batch_job_id LIKE 'batches/_%' THEN 'at Google'
            ELSE 'bad job id' END
        WHEN 'retry_scheduled' THEN CASE
            WHEN b.next_retry_at IS NULL THEN 'retry unset'
            WHEN b.next_retry_at <= now() THEN 'retry due'
            ELSE 'retry ahead' END
    END
"""

DUE = """
    extract(epoch FROM now() - CASE b.status
        WHEN 'pending_submission' THEN coalesce(b.next_submission_at, b.created_at)
        WHEN 'retry_scheduled' THEN b.next_retry_at
        END)::float8
"""

IS_OPEN = "b.status IN ('pending', 'pending_submission', 'processing', 'retry_scheduled') AND r.deleted_at IS NULL"

OPEN = f"""
WITH found AS MATERIALIZED (
    SELECT b.id, {STATE} AS state, {DUE} AS due, b.submission_attempts AS attempts, b.updated_at
    FROM {LIVE} WHERE {IS_OPEN}
), ranked AS MATERIALIZED (
    SELECT states.state, states.count, worst.*
    FROM (SELECT state, count(*) AS count FROM found GROUP BY state) AS states
    CROSS JOIN LATERAL (
        SELECT found.id, found.due, row_number() OVER () AS place FROM (
            SELECT * FROM found WHERE found.state = states.state
            ORDER BY CASE WHEN state = 'held back' THEN attempts END DESC NULLS LAST,
                     due DESC NULLS LAST, updated_at, id
            LIMIT {PER_STATE}) AS found
    ) AS worst
)
SELECT ranked.state, ranked.due, ranked.count, {COLUMNS}
FROM ranked, {LIVE}
WHERE b.id = ranked.id
ORDER BY ranked.state, ranked.place
"""

OLDEST = """
WITH found AS MATERIALIZED (
    SELECT b.id, b.created_at FROM {live} WHERE {where}
), oldest AS MATERIALIZED (
    SELECT id FROM found ORDER BY created_at, id LIMIT {limit}
)
SELECT {state} AS state, {due} AS due, (SELECT count(*) FROM found) AS count, {columns}
FROM oldest, {live}
WHERE b.id = oldest.id
ORDER BY b.created_at, b.id
"""


def _oldest(where: str) -> str:
    return OLDEST.format(where=where, live=LIVE, state=STATE, due=DUE, columns=COLUMNS, limit=PER_STATE)


MISMATCHED = _oldest(f"{IS_OPEN} AND (b.repository_id IS NULL OR b.repository_id IS DISTINCT FROM j.repository_id)")
EMPTY = _oldest(
    "b.status = 'pending_submission' AND r.deleted_at IS NULL AND coalesce(octet_length(b.batch_request_data), 0) = 0"
)

LAST_SENT = """
SELECT extract(epoch FROM now() - max(updated_at))::float8 AS ago
FROM codechunking.batch_job_progress
WHERE status = 'processing' AND gemini_batch_job_id IS NOT NULL
"""

# Of each repository only the newest job tells how things stand.
NEWEST = """
    SELECT newest.id FROM codechunking.indexing_jobs AS newest
    WHERE newest.repository_id = recent.owner AND newest.deleted_at IS NULL
    ORDER BY newest.created_at DESC NULLS LAST, newest.id DESC LIMIT 1
"""

FAILURES = f"""
WITH found AS MATERIALIZED (
    SELECT b.id, b.indexing_job_id AS job, j.repository_id AS owner, b.updated_at
    FROM {LIVE}
    WHERE b.status = 'failed' AND r.id IS NOT NULL AND r.deleted_at IS NULL
), recent AS (
    SELECT owner, max(updated_at) AS latest FROM found GROUP BY owner ORDER BY latest DESC LIMIT {REPOSITORIES}
), current AS MATERIALIZED (
    SELECT newest.id AS job FROM recent CROSS JOIN LATERAL ({NEWEST}) AS newest
), kept AS MATERIALIZED (
    SELECT found.id, found.updated_at, count(*) OVER () AS count
    FROM found JOIN current ON current.job = found.job
    ORDER BY found.updated_at DESC, found.id LIMIT {FAILED}
)
SELECT 'failed' AS state, NULL::float8 AS due, kept.count, {COLUMNS}
FROM kept, {LIVE}
WHERE b.id = kept.id
ORDER BY kept.updated_at DESC, kept.id
"""

# Jobs that stored fewer vectors than they had chunks: mostly because the others were there before. While one runs, or
# has open batches, the rest is still to come.
SUSPECTS = f"""
WITH done AS MATERIALIZED (
    SELECT indexing_job_id AS job, min(chunks_processed) AS least, sum(chunks_processed) AS processed,
           max(updated_at) AS latest
    FROM codechunking.batch_job_progress WHERE status = 'completed' GROUP BY indexing_job_id
), recent AS (
    SELECT done.job, j.repository_id AS owner, done.latest
    FROM done
    JOIN codechunking.indexing_jobs AS j ON j.id = done.job AND j.deleted_at IS NULL
    JOIN codechunking.repositories AS r ON r.id = j.repository_id AND r.deleted_at IS NULL
    WHERE (done.least = 0 OR done.processed < j.chunks_created) AND j.status IS DISTINCT FROM 'running'
      AND NOT EXISTS (
          SELECT 1 FROM codechunking.batch_job_progress AS other
          WHERE other.indexing_job_id = done.job
            AND other.status IN ('pending', 'pending_submission', 'processing', 'retry_scheduled'))
    ORDER BY done.latest DESC LIMIT {REPOSITORIES}
)
SELECT recent.job::text AS job, recent.owner::text AS owner
FROM recent CROSS JOIN LATERAL ({NEWEST}) AS newest
WHERE newest.id = recent.job ORDER BY recent.latest DESC LIMIT {THIN}
"""

# By indexes alone: as many vectors as chunks, or fewer.
COUNTS = """
SELECT wanted.repository::text AS repository, chunks.count AS chunks, vectors.count AS vectors
FROM unnest(%s::uuid[]) AS wanted (repository)
CROSS JOIN LATERAL (SELECT count(*) AS count FROM (
    SELECT 1 FROM codechunking.code_chunks AS c
    WHERE c.repository_id = wanted.repository AND c.deleted_at IS NULL LIMIT %s) AS c) AS chunks
CROSS JOIN LATERAL (SELECT count(*) AS count FROM (
    SELECT 1 FROM codechunking.embeddings_partitioned AS e
    WHERE e.repository_id = wanted.repository AND e.deleted_at IS NULL LIMIT %s) AS e) AS vectors
"""

# More vectors than chunks: some are of another model or of deleted chunks, so each chunk is looked up.
LOOKED_UP = """
SELECT wanted.repository::text AS repository, count(*) AS looked_at, count(*) FILTER (WHERE NOT chunk.has) AS missing
FROM unnest(%s::uuid[]) AS wanted (repository)
CROSS JOIN LATERAL (
    SELECT EXISTS (
        SELECT 1 FROM codechunking.embeddings_partitioned AS e
        WHERE e.repository_id = wanted.repository AND e.chunk_id = c.id AND e.deleted_at IS NULL) AS has
    FROM codechunking.code_chunks AS c
    WHERE c.repository_id = wanted.repository AND c.deleted_at IS NULL
    LIMIT %s
) AS chunk
GROUP BY wanted.repository
"""

COUNTED = f"""CASE WHEN octet_length(b.batch_request_data) BETWEEN 1 AND {LARGEST}
    THEN json_array_length(convert_from(b.batch_request_data, 'UTF8')::json) END"""
UNCOUNTED = "NULL::int"

COMPLETED = """
SELECT 'completed' AS state, NULL::float8 AS due, {requests} AS requests, {columns}
FROM {live}
WHERE b.status = 'completed' AND b.indexing_job_id = ANY(%s::uuid[])
ORDER BY b.chunks_processed, b.created_at, b.id LIMIT {limit}
"""


@source("batches", deadline=9)
def batch_rows(session: Session) -> BatchRows:
    """What is open and what went wrong, for live repositories."""
    opened = _by_state(session.rows(OPEN))
    failed = _listed(session.rows(FAILURES))
    suspects = session.rows(SUSPECTS)
    owners = dict.fromkeys(row.owner for row in failed.rows if row.owner)
    gaps = _gaps(session, [*owners][:CLOSELY] + [each["owner"] for each in suspects])
    lacking = [each["job"] for each in suspects if each["owner"] in gaps and gaps[each["owner"]].missing]
    return BatchRows(
        open=opened,
        mismatched=_listed(session.rows(MISMATCHED)) if opened else BatchList(),
        empty=_listed(session.rows(EMPTY)) if _waiting(opened) else BatchList(),
        failed=failed,
        thin=_thin(session, lacking) if lacking else (),
        gaps=gaps,
        last_sent=session.rows(LAST_SENT)[0]["ago"] if BatchState.DUE in opened else None,
    )


def _waiting(opened: Mapping[BatchState, BatchList]) -> bool:
    return bool({BatchState.DUE, BatchState.HELD_BACK, BatchState.SCHEDULED} & opened.keys())


def _by_state(rows: Iterable[Mapping[str, Any]]) -> dict[BatchState, BatchList]:
    found: dict[BatchState, list[Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault(BatchState(row["state"]), []).append(row)
    return {state: _listed(found[state]) for state in BatchState if state in found}


def _listed(rows: Iterable[Mapping[str, Any]]) -> BatchList:
    rows = list(rows)
    return BatchList(tuple(map(_row, rows)), rows[0]["count"] if rows else 0)


def _row(row: Mapping[str, Any]) -> BatchRow:
    values = {name: value for name, value in row.items() if name not in ("count", "state", "error")}
    error = row["error"]
    return BatchRow(state=BatchState(row["state"]), error=error and beginning(error, LONGEST_ERROR), **values)


def _gaps(session: Session, repositories: list[str]) -> dict[str, Gap]:
    wanted = list(dict.fromkeys(repositories))
    if not wanted:
        return {}
    most = min(MOST_COUNTED, COUNTABLE // len(wanted))
    gaps, unclear = {}, []
    for row in session.rows(COUNTS, (wanted, most, most + 1)):
        chunks, vectors = row["chunks"], row["vectors"]
        if vectors > chunks or vectors >= most:
            unclear.append(row["repository"])
        gaps[row["repository"]] = Gap(chunks, max(0, chunks - vectors), complete=chunks < most)
    return {**gaps, **_looked_up(session, unclear)}


def _looked_up(session: Session, repositories: list[str]) -> dict[str, Gap]:
    if not repositories:
        return {}
    most = min(MOST_FOUND, FINDABLE // len(repositories))
    return {
        row["repository"]: Gap(row["looked_at"], row["missing"], complete=row["looked_at"] < most)
        for row in session.rows(LOOKED_UP, (repositories, most))
    }


def _thin(session: Session, jobs: list[str]) -> tuple[BatchRow, ...]:
    """The completed batches of these jobs that lost something, as far as can be told."""
    try:
        rows = session.rows(_completed(COUNTED), (jobs,))
    except Refused:
        # What is stored is not what can be counted: text that is no JSON, or no list.
        rows = session.rows(_completed(UNCOUNTED), (jobs,))
    return tuple(row for row in map(_row, rows) if row.processed < (row.requests or 1))


def _completed(requests: str) -> str:
    return COMPLETED.format(requests=requests, columns=COLUMNS, live=LIVE, limit=THIN)


SOURCES = (batch_rows,)
