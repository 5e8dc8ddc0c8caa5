"""The rows of repositories, jobs, vectors and connectors, in a few bounded queries."""

from __future__ import annotations

from typing import Any

from doctor.causes import causes
from doctor.engine import source
from doctor.facts import (
    ConnectorRow,
    ConnectorRows,
    DeletedRow,
    JobRow,
    JobRows,
    RepositoryRow,
    RepositoryVectors,
    UnreadableRow,
    VectorRows,
)
from doctor.redact import beginning
from doctor.sources.database.session import Session

# Rows that are named; there may be more, and they are counted.
MOST = 500
# So much of an error message is kept.
LONGEST_ERROR = 2000

OPEN_BATCH = """
EXISTS (SELECT FROM codechunking.batch_job_progress AS b
        JOIN codechunking.indexing_jobs AS bj ON bj.id = b.indexing_job_id
        WHERE bj.repository_id = r.id AND b.status IN ('pending_submission', 'processing', 'retry_scheduled'))
"""

REPOSITORY = """
r.id::text AS repository_id, left(r.name, 255) AS name, left(r.url, 600) AS url, r.status AS repository_status,
extract(epoch FROM now() - coalesce(r.updated_at, r.created_at, now()))::float8 AS repository_age,
r.zoekt_index_status, r.embedding_index_status
"""

UNFINISHED = f"""
SELECT j.id::text AS id, j.status, j.repository_id::text AS wanted, r.deleted_at IS NOT NULL AS deleted,
       extract(epoch FROM now() - CASE j.status WHEN 'running' THEN coalesce(j.started_at, j.updated_at, j.created_at)
                                  ELSE j.created_at END)::float8 AS age,
       coalesce(r.status = 'completed' AND coalesce(r.last_indexed_at, r.updated_at) > j.created_at, false)
         AS completed_since,
       {REPOSITORY}, count(*) OVER ()::int AS total
FROM codechunking.indexing_jobs AS j
LEFT JOIN codechunking.repositories AS r ON r.id = j.repository_id
WHERE j.deleted_at IS NULL AND j.status IN ('pending', 'running')
ORDER BY age DESC NULLS LAST, j.id
LIMIT {MOST}
"""

# The newest job decides; that of a completed repository was overtaken by a later success.
FAILED = f"""
SELECT j.id::text AS id, j.status, j.repository_id::text AS wanted, false AS deleted,
       extract(epoch FROM now() - coalesce(j.completed_at, j.updated_at, j.created_at))::float8 AS age,
       false AS completed_since, left(j.error_message, {LONGEST_ERROR + 1}) AS error, {REPOSITORY}
FROM codechunking.repositories AS r
CROSS JOIN LATERAL (
    SELECT * FROM codechunking.indexing_jobs AS each
    WHERE each.repository_id = r.id AND each.deleted_at IS NULL
    ORDER BY each.created_at DESC NULLS LAST, each.id LIMIT 1) AS j
WHERE r.deleted_at IS NULL AND r.status IS DISTINCT FROM 'completed' AND j.status = 'failed'
ORDER BY age, j.id
LIMIT {MOST}
"""

UNFINISHED_REPOSITORIES = f"""
SELECT {REPOSITORY},
       EXISTS (SELECT FROM codechunking.indexing_jobs AS j
               WHERE j.repository_id = r.id AND j.deleted_at IS NULL AND j.status IN ('pending', 'running')) AS has_job,
       EXISTS (SELECT FROM codechunking.indexing_jobs AS j
               WHERE j.repository_id = r.id AND j.deleted_at IS NULL AND j.status = 'running') AS runs
FROM codechunking.repositories AS r
WHERE r.deleted_at IS NULL AND r.status IN ('pending', 'cloning', 'processing')
ORDER BY repository_age DESC, r.id
LIMIT {MOST}
"""

INDEXED = f"""
SELECT {REPOSITORY}, {OPEN_BATCH} AS has_open_batch
FROM codechunking.repositories AS r
WHERE r.deleted_at IS NULL AND r.status = 'completed'
  AND (r.embedding_index_status = 'failed' OR r.zoekt_index_status = 'failed')
ORDER BY r.id
LIMIT {MOST}
"""

UNREADABLE = f"""
SELECT * FROM (
    SELECT 'repositories' AS relation, id::text AS id,
           concat_ws(', ', CASE WHEN status IS NULL THEN 'no status'
                                WHEN status NOT IN
                                  ('pending', 'cloning', 'processing', 'completed', 'failed', 'archived')
                                THEN 'status ' || quote_literal(left(status, 50)) END,
                           CASE WHEN total_files IS NULL THEN 'no total_files' END,
                           CASE WHEN total_chunks IS NULL THEN 'no total_chunks' END) AS fault
    FROM codechunking.repositories WHERE deleted_at IS NULL
    UNION ALL
    SELECT 'indexing_jobs', id::text,
           concat_ws(', ', CASE WHEN status NOT IN ('pending', 'running', 'completed', 'failed', 'cancelled')
                                THEN 'status ' || quote_literal(left(status, 50)) END,
                           CASE WHEN files_processed IS NULL THEN 'no files_processed' END,
                           CASE WHEN chunks_created IS NULL THEN 'no chunks_created' END)
    FROM codechunking.indexing_jobs
    WHERE deleted_at IS NULL
      AND (files_processed IS NULL OR chunks_created IS NULL
           OR status NOT IN ('pending', 'running', 'completed', 'failed', 'cancelled'))
) AS found
WHERE fault <> ''
LIMIT {MOST}
"""

DELETED = f"""
SELECT id::text AS id, left(name, 255) AS name, left(url, 600) AS url, count(*) OVER ()::int AS total,
       extract(epoch FROM now() - deleted_at)::float8 AS age
FROM codechunking.repositories
WHERE deleted_at IS NOT NULL
ORDER BY deleted_at DESC, id
LIMIT {MOST}
"""

# Where the program's own search for a credential looks.
HOSTS = """
SELECT host FROM unnest(ARRAY['github.com', 'gitlab.com']) AS host
WHERE EXISTS (SELECT FROM codechunking.repositories AS r
              WHERE r.deleted_at IS NULL AND position(host IN lower(r.url)) > 0)
"""


@source("jobs", deadline=9)
def job_rows(session: Session) -> JobRows:
    """Repositories and jobs that are under way, failed, deleted, or cannot be read."""
    unfinished = session.rows(UNFINISHED)
    deleted = session.rows(DELETED)
    causes()  # read here, so that the checks, which judge the errors by them, touch no file
    return JobRows(
        unfinished=tuple(map(_job, unfinished)),
        unfinished_count=_total(unfinished),
        failed=tuple(map(_job, session.rows(FAILED))),
        repositories=tuple(map(_repository, session.rows(UNFINISHED_REPOSITORIES))),
        indexed=tuple(map(_repository, session.rows(INDEXED))),
        unreadable=tuple(UnreadableRow(row["relation"], row["id"], row["fault"]) for row in session.rows(UNREADABLE)),
        deleted=tuple(DeletedRow(row["id"], row["name"], row["url"], row["age"]) for row in deleted),
        deleted_count=_total(deleted),
        hosts=tuple(row["host"] for row in session.rows(HOSTS)),
    )


def _total(rows: list[dict[str, Any]]) -> int:
    return rows[0]["total"] if rows else 0


def _job(row: dict[str, Any]) -> JobRow:
    alive, error = row["repository_id"] is not None and not row["deleted"], row.get("error")
    return JobRow(
        row["id"],
        row["status"],
        row["age"] or 0.0,
        repository=_repository(row) if alive else None,
        repository_id=row["wanted"],
        error=error and beginning(error, LONGEST_ERROR),
        completed_since=row["completed_since"],
    )


def _repository(row: dict[str, Any]) -> RepositoryRow:
    return RepositoryRow(
        row["repository_id"],
        row["name"],
        row["url"],
        status=row.get("repository_status"),
        age=row.get("repository_age") or 0.0,
        zoekt_status=row.get("zoekt_index_status"),
        embedding_status=row.get("embedding_index_status"),
        has_job=row.get("has_job", False),
        runs=row.get("runs", False),
        has_open_batch=row.get("has_open_batch", False),
    )


# --- vectors -------------------------------------------------------------------------------------------------------

# Up to so many vectors all of them are looked at; beyond that a sample of each repository.
FEW = 200_000
SAMPLE = 40
ASTRAY_LIMIT = 10_000

# A table that was never analysed has no estimate; a row without its vector, which lies elsewhere, takes 100 bytes.
SIZE = """
SELECT coalesce(sum(CASE WHEN c.reltuples < 0 THEN pg_relation_size(c.oid) / 100 ELSE c.reltuples END), 0)::float8
         AS rows
FROM pg_catalog.pg_inherits AS i
JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid
WHERE i.inhparent = 'codechunking.embeddings_partitioned'::regclass
"""

# LIMIT NULL is none at all.
VECTORS = f"""
SELECT {REPOSITORY}, e.model_version AS model, count(*)::int AS count,
       (count(*) FILTER (WHERE e.blank))::int AS blank,
       (count(*) FILTER (WHERE e.bare AND EXISTS (
           SELECT FROM codechunking.code_chunks AS c WHERE c.id = e.chunk_id AND c.deleted_at IS NULL)))::int
         AS unlabelled
FROM codechunking.repositories AS r
CROSS JOIN LATERAL (
    SELECT model_version, chunk_id, embedding IS NULL AS blank,
           language IS NULL OR chunk_type IS NULL OR file_path IS NULL AS bare
    FROM codechunking.embeddings_partitioned AS each
    WHERE each.repository_id = r.id AND each.deleted_at IS NULL
    LIMIT %s::int) AS e
WHERE r.deleted_at IS NULL
GROUP BY r.id, e.model_version
ORDER BY r.id, e.model_version
LIMIT 5000
"""

# A vector of single precision, so that a thousand times a multiple of 0.001 is not quite whole.
MADE_UP = f"""
SELECT DISTINCT {REPOSITORY}
FROM codechunking.repositories AS r
CROSS JOIN LATERAL (
    SELECT embedding FROM codechunking.embeddings_partitioned AS each
    WHERE each.repository_id = r.id AND each.deleted_at IS NULL AND each.embedding IS NOT NULL
    LIMIT 2) AS e
CROSS JOIN LATERAL (
    SELECT bool_and(abs(x::float8 * 1000 - round(x::float8 * 1000)) < 0.001) AS whole, bool_or(x <> 0) AS something
    FROM unnest(e.embedding::real[]) AS x) AS v
WHERE r.deleted_at IS NULL AND v.whole AND v.something
ORDER BY repository_id
LIMIT {MOST}
"""

BARE = f"""
SELECT {REPOSITORY}
FROM codechunking.repositories AS r
WHERE r.deleted_at IS NULL AND r.status = 'completed'
  AND EXISTS (SELECT FROM codechunking.code_chunks AS c WHERE c.repository_id = r.id AND c.deleted_at IS NULL)
  AND NOT EXISTS (SELECT FROM codechunking.embeddings_partitioned AS e
                  WHERE e.repository_id = r.id AND e.deleted_at IS NULL)
  AND NOT {OPEN_BATCH}
ORDER BY r.id
LIMIT {MOST}
"""

ASTRAY = f"""
SELECT {REPOSITORY}, found.count
FROM (SELECT repository_id, count(*)::int AS count
      FROM (SELECT c.repository_id
            FROM codechunking.embeddings AS e
            JOIN codechunking.code_chunks AS c ON c.id = e.chunk_id AND c.deleted_at IS NULL
            WHERE e.deleted_at IS NULL
              AND NOT EXISTS (SELECT FROM codechunking.embeddings_partitioned AS p
                              WHERE p.chunk_id = e.chunk_id AND p.deleted_at IS NULL)
            LIMIT {ASTRAY_LIMIT}) AS each
      GROUP BY repository_id) AS found
JOIN codechunking.repositories AS r ON r.id = found.repository_id AND r.deleted_at IS NULL
ORDER BY found.count DESC, r.id
LIMIT {MOST}
"""


@source("vectors", deadline=9)
def vector_rows(session: Session) -> VectorRows:
    """What is stored for the search: under which model, whether it is real, and what is missing."""
    sampled = SAMPLE if session.rows(SIZE)[0]["rows"] > FEW else None
    astray = session.rows(ASTRAY)
    return VectorRows(
        vectors=tuple(
            RepositoryVectors(_repository(row), row["model"], row["count"], row["blank"], row["unlabelled"])
            for row in session.rows(VECTORS, (sampled,))
        ),
        sampled=sampled,
        made_up=tuple(map(_repository, session.rows(MADE_UP))),
        bare=tuple(map(_repository, session.rows(BARE))),
        astray=sum(row["count"] for row in astray),
        more_astray=sum(row["count"] for row in astray) >= ASTRAY_LIMIT,
        astray_in=tuple(map(_repository, astray)),
    )


# --- connectors ----------------------------------------------------------------------------------------------------

CONNECTORS = f"""
SELECT id::text AS id, left(name, 255) AS name, connector_type, status, last_sync_at IS NOT NULL AS synced,
       extract(epoch FROM now() - CASE status WHEN 'pending' THEN created_at ELSE updated_at END)::float8 AS age
FROM codechunking.connectors
ORDER BY name, id
LIMIT {MOST}
"""


@source("connectors", deadline=9)
def connector_rows(session: Session) -> ConnectorRows:
    """The connectors and how far they have come."""
    return ConnectorRows(
        tuple(
            ConnectorRow(row["id"], row["name"], row["connector_type"], row["status"], row["age"], row["synced"])
            for row in session.rows(CONNECTORS)
        )
    )


SOURCES = (job_rows, vector_rows, connector_rows)
