"""How many chunks the worker's queue has to take, by the rows of repositories and jobs."""

from __future__ import annotations

from datetime import UTC, datetime

from doctor.engine import source
from doctor.facts import ChunkBudget, LargeRepository, Resolution, Worker
from doctor.sources.database.session import Session

# Repositories that are named.
MOST = 20

THRESHOLD = "batch_processing.threshold_chunks"

# Both columns may be NULL, and both are 0 until the first job is done.
CHUNKS = """
greatest(coalesce(r.total_chunks, 0), coalesce((
    SELECT max(j.chunks_created) FROM codechunking.indexing_jobs AS j
    WHERE j.repository_id = r.id AND j.deleted_at IS NULL), 0))
"""

LARGEST = f"""
SELECT r.id::text AS id, left(r.name, 255) AS name, {CHUNKS} AS chunks
FROM codechunking.repositories AS r
WHERE r.deleted_at IS NULL
ORDER BY chunks DESC, r.id
LIMIT {MOST}
"""

WAITING = f"""
SELECT r.id::text AS id, left(r.name, 255) AS name, {CHUNKS} AS chunks
FROM codechunking.repositories AS r
WHERE r.deleted_at IS NULL AND EXISTS (
    SELECT FROM codechunking.indexing_jobs AS j
    WHERE j.repository_id = r.id AND j.deleted_at IS NULL AND j.status = 'pending')
ORDER BY chunks DESC, r.id
LIMIT {MOST}
"""

# What stays below the threshold is not queued. Times are those of the database's server, the start is this machine's:
# a few seconds between the two change nothing, as a job takes longer.
TAKEN = """
SELECT coalesce(sum(j.chunks_created), 0)::bigint AS taken
FROM codechunking.indexing_jobs AS j
WHERE j.status = 'completed' AND j.completed_at >= %s AND j.chunks_created >= %s
"""


@source("chunk budget", deadline=9)
def chunk_budget(session: Session, worker: Worker, resolution: Resolution) -> ChunkBudget:
    """The largest repositories, and the chunks of what was completed since the worker started."""
    taken = None
    if worker.started_at is not None:
        since = datetime.fromtimestamp(worker.started_at, UTC)
        least = max(1, int(resolution.value(THRESHOLD) or 0))
        taken = int(session.rows(TAKEN, [since, least], seconds=3.0)[0]["taken"])
    return ChunkBudget(_repositories(session, LARGEST), taken, _repositories(session, WAITING))


def _repositories(session: Session, query: str) -> tuple[LargeRepository, ...]:
    return tuple(LargeRepository(**row) for row in session.rows(query, seconds=3.0))


SOURCES = (chunk_budget,)
