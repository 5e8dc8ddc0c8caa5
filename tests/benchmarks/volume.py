"""
A big database: as many rows as a large installation has after years, made on the server.

Repositories differ in size: the largest of 500 holds an eighth of all chunks, the smallest a few hundred. Vectors lie
out of line as pgvector stores them. Only the HNSW indexes are left out: to build them takes longer than all the rest,
and no query that is measured could use one.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import psycopg

from doctor.embedded import Postgres, migrate

DATABASE = "codechunking"

# With the write-ahead log at its least, what goes into a table in the transaction that emptied it is not logged.
SETTINGS = {
    "shared_buffers": "1GB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "16GB",
    "checkpoint_timeout": "1h",
    "maintenance_work_mem": "512MB",
    "autovacuum": "off",
}

# Foreign keys and triggers are not carried out row by row: what is made here holds by itself.
SESSION = "SET search_path = codechunking, public; SET session_replication_role = replica; SET work_mem = '256MB'"


@dataclass(frozen=True, slots=True)
class Volume:
    """How many rows there are of what; everything but the repositories follows the chunks."""

    chunks: int = 1_000_000
    repositories: int = 500

    @property
    def jobs(self) -> int:
        return max(self.repositories, self.chunks // 10)

    @property
    def batches(self) -> int:
        return max(self.repositories, self.chunks // 50)

    def __str__(self) -> str:
        return (
            f"{self.repositories} repositories, {self.jobs:,} jobs, {self.chunks:,} chunks and as many vectors, "
            f"{self.batches:,} batches"
        )


# In every hundred repositories 90 are completed; of a few the last job failed, runs, or waits.
REPOSITORIES = """
TRUNCATE repositories, connectors CASCADE;
INSERT INTO repositories (id, url, normalized_url, name, status, embedding_index_status, zoekt_index_status,
                          total_files, total_chunks, last_indexed_at, created_at, updated_at, deleted_at)
SELECT md5('repository' || n)::uuid, 'https://github.com/example/r' || n, 'https://github.com/example/r' || n, 'r' || n,
       CASE WHEN n % 100 < 90 THEN 'completed' WHEN n % 100 < 95 THEN 'failed' WHEN n % 100 < 97 THEN 'processing'
            WHEN n % 100 < 98 THEN 'pending' ELSE 'archived' END,
       CASE WHEN n % 100 = 1 THEN 'failed' ELSE 'completed' END, 'completed',
       10, 10, now() - n * interval '10 minutes', now() - interval '2 years', now() - n * interval '10 minutes',
       CASE WHEN n % 100 >= 98 THEN now() - interval '3 days' END
FROM generate_series(1, {repositories}) AS n;
INSERT INTO connectors (name, connector_type, base_url, status)
SELECT 'c' || n, 'gitlab', 'https://gitlab.example.com', CASE n WHEN 1 THEN 'error' ELSE 'active' END
FROM generate_series(1, 5) AS n
"""

# Job n belongs to repository 1 + n mod 500; the highest n are the newest.
JOBS = """
INSERT INTO indexing_jobs (id, repository_id, status, created_at, started_at, completed_at, updated_at,
                           files_processed, chunks_created, error_message, deleted_at)
SELECT md5('job' || n)::uuid, r.id, state, made, made + interval '1 second', made + interval '5 minutes',
       made + interval '5 minutes', 50, 50,
       CASE WHEN state = 'failed' THEN 'failed to clone repository: exit status 128 ' || repeat('x', 100) END,
       CASE WHEN n % 50 = 7 THEN made + interval '30 days' END
FROM generate_series(1, {jobs}) AS n
JOIN repositories AS r ON r.id = md5('repository' || 1 + n % {repositories})::uuid
CROSS JOIN LATERAL (
    SELECT now() - ({jobs} - n) * interval '10 minutes' AS made,
           CASE WHEN n > {jobs} - {repositories} AND r.status = 'failed' OR n % 30 = 0 THEN 'failed'
                WHEN n > {jobs} - {repositories} AND r.status = 'processing' THEN 'running'
                WHEN n > {jobs} - {repositories} AND r.status = 'pending' THEN 'pending'
                ELSE 'completed' END AS state) AS job
"""

# Whole repositories one after another, as they are indexed, the largest first.
CHUNKS = """
INSERT INTO code_chunks (id, repository_id, file_path, chunk_type, content, language, start_line, end_line,
                         entity_name, content_hash, qualified_name, visibility, token_count, deleted_at)
SELECT md5('chunk' || n)::uuid,
       md5('repository' || 1 + floor({repositories} * power((n - 1)::float8 / {chunks}, 3)))::uuid,
       'internal/part' || n / 1000 || '/file' || n / 10 || '.go', 'function', repeat(md5(n::text), 8), 'go',
       n % 900, n % 900 + 20, 'f' || n, md5('content' || n), 'part.f' || n, 'public', 64, NULL
FROM generate_series(1, {chunks}) AS n
"""

# The newest job of each repository has all of its batches. In fifty repositories some failed, in ten some are open.
BATCHES = """
INSERT INTO batch_job_progress (indexing_job_id, repository_id, batch_number, total_batches, status, chunks_processed,
                                error_message, batch_request_data, submission_attempts, next_retry_at,
                                gemini_batch_job_id, created_at, updated_at)
SELECT j.id, j.repository_id, n, {batches} / {repositories}, state, CASE state WHEN 'completed' THEN 10 ELSE 0 END,
       CASE state WHEN 'failed' THEN 'Error 503, Message: overloaded ' || repeat('x', 100) END,
       convert_to('[' || repeat('"' || md5(n::text) || md5(number::text) || '", ', 49) || '""]', 'UTF8'), 1,
       CASE state WHEN 'retry_scheduled' THEN now() - interval '1 hour' END,
       CASE WHEN state NOT IN ('pending_submission', 'failed') THEN 'batches/' || n END, j.created_at, j.updated_at
FROM generate_series({jobs} - {repositories} + 1, {jobs}) AS number
JOIN indexing_jobs AS j ON j.id = md5('job' || number)::uuid
CROSS JOIN generate_series(1, {batches} / {repositories}) AS n
CROSS JOIN LATERAL (
    SELECT CASE WHEN number % 10 = 0 AND n % 4 = 0 THEN 'failed'
                WHEN number % 50 = 1 AND n % 4 = 0 THEN 'pending_submission'
                WHEN number % 50 = 1 AND n % 4 = 1 THEN 'processing'
                WHEN number % 50 = 1 AND n % 4 = 2 THEN 'retry_scheduled'
                ELSE 'completed' END AS state) AS batch
"""

# The table that the search does not read: a few that are in the other one too.
FALLBACK = """
INSERT INTO embeddings (chunk_id, model_version)
SELECT md5('chunk' || n)::uuid, 'gemini-embedding-001' FROM generate_series(1, {chunks}, 1000) AS n
"""

VECTORS = """
CREATE TEMPORARY TABLE ready ON COMMIT DROP AS
SELECT k, (SELECT array_agg((random() - 0.5)::real)::vector FROM generate_series(1, 768 + 0 * k)) AS vector
FROM generate_series(0, 15) AS k;
TRUNCATE embeddings_partitioned;
INSERT INTO embeddings_partitioned (chunk_id, repository_id, embedding, model_version, language, chunk_type, file_path)
SELECT c.id, c.repository_id, ready.vector, 'gemini-embedding-001', c.language, c.chunk_type, c.file_path
FROM code_chunks AS c JOIN ready ON ready.k = c.start_line % 16
"""

# Those of the big tables, apart from what belongs to a constraint or hangs on the parent's.
INDEXES = """
SELECT c.oid::regclass::text AS name, t.relname::text AS owner, a.amname::text AS method,
       replace(pg_get_indexdef(c.oid), ' ON ONLY ', ' ON ') AS definition
FROM pg_index AS x
JOIN pg_class AS c ON c.oid = x.indexrelid AND NOT c.relispartition
JOIN pg_class AS t ON t.oid = x.indrelid
JOIN pg_am AS a ON a.oid = c.relam
WHERE c.relnamespace = 'codechunking'::regnamespace AND NOT x.indisunique
  AND t.relname ~ '^(code_chunks|embeddings.*)$'
"""


def build(server: Postgres, volume: Volume) -> None:
    """Make the database on this server, which was started with SETTINGS."""
    with psycopg.connect(server.connection_string(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {DATABASE}".encode())
    address = server.connection_string(DATABASE)
    migrate(address)
    with _connected(address) as connection:
        indexes = connection.execute(INDEXES).fetchall()
        for name, *_ in indexes:
            connection.execute(f"DROP INDEX {name}".encode())
        with connection.transaction():
            for statements in (REPOSITORIES, JOBS, CHUNKS, BATCHES, FALLBACK):
                _run(connection, statements, volume)
    again = [(owner, definition) for _, owner, method, definition in indexes if method != "hnsw"]
    with ThreadPoolExecutor(1) as beside, _connected(address) as connection:
        chunks = beside.submit(_index, address, [each for each in again if each[0] == "code_chunks"])
        with connection.transaction():
            _run(connection, VECTORS, volume)
        _index(address, [each for each in again if each[0] != "code_chunks"])
        chunks.result()
        # As autovacuum leaves it.
        connection.execute("VACUUM (ANALYZE, PROCESS_TOAST FALSE)")
        connection.execute("CHECKPOINT")


def _connected(address: str) -> psycopg.Connection[tuple[str, ...]]:
    connection = psycopg.connect(address, autocommit=True)
    connection.execute(SESSION)
    return connection


def _run(connection: psycopg.Connection[tuple[str, ...]], statements: str, volume: Volume) -> None:
    words = {name: str(getattr(volume, name)) for name in ("chunks", "repositories", "jobs", "batches")}
    connection.execute(statements.format(**words).encode())


def _index(address: str, indexes: list[tuple[str, str]]) -> None:
    with _connected(address) as connection:
        for _, definition in indexes:
            connection.execute(definition.encode())


def size(server: Postgres) -> int:
    """Bytes on disk."""
    with psycopg.connect(server.connection_string(DATABASE)) as connection:
        row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    assert row is not None
    return int(row[0])
