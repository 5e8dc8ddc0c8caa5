"""The server behind the session, and what the program's role may do there."""

from __future__ import annotations

import time

from doctor.engine import source
from doctor.facts import Connection, MissingRight, Privileges, Server
from doctor.sources.database.session import Session

# Everyone may count the sessions of all databases this way. reserved_connections exists from PostgreSQL 16 on.
SERVER = """
SELECT current_setting('server_version_num')::int AS version,
       extract(epoch FROM pg_postmaster_start_time())::float8 AS started_at,
       current_setting('max_connections')::int AS max_connections,
       current_setting('superuser_reserved_connections')::int
         + coalesce(current_setting('reserved_connections', true)::int, 0) AS reserved,
       (SELECT sum(numbackends)::int FROM pg_catalog.pg_stat_database) AS used,
       current_user::text AS role,
       (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) AS superuser,
       pg_is_in_recovery() AS standby,
       extract(epoch FROM clock_timestamp())::float8 AS now,
       pg_backend_pid() AS pid
"""


@source("database", deadline=9)
def server(connection: Connection, session: Session) -> Server:
    """What answers, how many slots it has, and whether the role is anything special."""
    asked = time.time()
    row = session.rows(SERVER)[0]
    answered = time.time()
    return Server(
        version=row["version"],
        started_at=row["started_at"],
        max_connections=row["max_connections"],
        reserved=row["reserved"],
        used=row["used"],
        role=row["role"],
        superuser=bool(row["superuser"]),
        standby=row["standby"],
        # The doctor's own session is read-only by its wish; what the program gets was reported before that.
        read_only=connection.reported.get("default_transaction_read_only") == "on",
        pooler=session.pooler or row["pid"] != session.process,
        # It read its clock at some moment in between.
        ahead=row["now"] - min(max(row["now"], asked), answered),
    )


# What the API and the worker do with their tables; the parent stands for the partitions.
RIGHTS = {
    "repositories": ("SELECT", "INSERT", "UPDATE"),
    "indexing_jobs": ("SELECT", "INSERT", "UPDATE"),
    "code_chunks": ("SELECT", "INSERT", "UPDATE"),
    "embeddings": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "embeddings_partitioned": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "batch_job_progress": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "connectors": ("SELECT", "INSERT", "UPDATE", "DELETE"),
}

MISSING = """
WITH wanted AS (SELECT * FROM unnest(%s::text[], %s::text[]) AS wanted (relation, word))
SELECT 'SCHEMA' AS kind, quote_ident(n.nspname) AS object, 'USAGE' AS word, 0 AS rank
FROM pg_catalog.pg_namespace AS n
WHERE (n.nspname = 'codechunking'
       OR n.oid IN (SELECT extnamespace FROM pg_catalog.pg_extension WHERE extname = 'uuid-ossp'))
  AND NOT has_schema_privilege(n.oid, 'USAGE')
UNION ALL
SELECT 'TABLE', 'codechunking.' || quote_ident(c.relname), wanted.word, 1
FROM wanted
JOIN pg_catalog.pg_class AS c ON c.relname = wanted.relation AND c.relkind IN ('r', 'p')
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace AND n.nspname = 'codechunking'
WHERE NOT has_table_privilege(c.oid, wanted.word)
UNION ALL
SELECT 'FUNCTION', p.oid::regprocedure::text, 'EXECUTE', 2
FROM pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
JOIN pg_catalog.pg_extension AS e ON d.refclassid = 'pg_catalog.pg_extension'::regclass AND d.refobjid = e.oid
WHERE (e.extname = 'vector' OR (e.extname = 'uuid-ossp' AND p.proname = 'uuid_generate_v4'))
  AND p.prokind = 'f' AND NOT has_function_privilege(p.oid, 'EXECUTE')
ORDER BY rank, object, word
LIMIT 300
"""

OWNER = """
SELECT pg_get_userbyid(nspowner)::text AS owner FROM pg_catalog.pg_namespace WHERE nspname = 'codechunking'
"""


@source("database", deadline=9)
def privileges(session: Session, server: Server) -> Privileges:
    """Which rights the program's role lacks on what is there."""
    pairs = [(relation, word) for relation, words in RIGHTS.items() for word in words]
    rows = session.rows(MISSING, ([relation for relation, _ in pairs], [word for _, word in pairs]))
    owner = session.rows(OWNER)
    return Privileges(
        server.role,
        tuple(MissingRight(row["kind"], row["object"], row["word"]) for row in rows),
        owner=owner[0]["owner"] if owner else None,
    )


SOURCES = (server, privileges)
