"""Schema codechunking as the catalogue tells it, read in a few bounded queries."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

from doctor import migrations
from doctor.engine import source
from doctor.errors import Refused
from doctor.facts import Extension, ObjectKind, Schema, SchemaObject, VersionRow, VersionTable
from doctor.sources.database.session import Session

EXTENSIONS = ("vector", "uuid-ossp", "pg_trgm")

# Only what has the name of one of the program's own, or is a partition: others may keep theirs in the same schema.
# What a partition has from its parent (parentid, relispartition of an index, inhcount) is left out.
OBJECTS = """
WITH known AS MATERIALIZED (
    SELECT c.oid, c.relname::text AS name, c.relkind, c.relispartition, p.relname::text AS parent,
           pg_get_expr(c.relpartbound, c.oid) AS bound
    FROM pg_catalog.pg_class AS c
    LEFT JOIN pg_catalog.pg_inherits AS i ON i.inhrelid = c.oid AND c.relispartition
    LEFT JOIN pg_catalog.pg_class AS p ON p.oid = i.inhparent
    WHERE c.relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'codechunking')
      AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
      AND (c.relname = ANY(%s::text[]) OR p.relname = 'embeddings_partitioned')
    ORDER BY c.relname = ANY(%s::text[]) DESC, c.relname LIMIT 200
)
SELECT CASE WHEN relispartition THEN 'partition' WHEN relkind IN ('v', 'm') THEN 'view' ELSE 'table' END AS kind,
       coalesce(parent, '') AS "table", name,
       CASE WHEN relispartition THEN bound
            WHEN relkind = 'p' THEN pg_get_partkeydef(oid)
            WHEN relkind IN ('v', 'm') THEN (SELECT string_agg(attname::text, ', ' ORDER BY attnum)
                FROM pg_catalog.pg_attribute WHERE attrelid = known.oid AND attnum > 0)
            ELSE '' END AS definition,
       true AS nullable, NULL AS "default", true AS valid
FROM known
UNION ALL
SELECT 'column', known.name, a.attname::text, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
       pg_get_expr(d.adbin, d.adrelid), true
FROM known
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = known.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE NOT known.relispartition AND known.relkind IN ('r', 'p', 'f')
UNION ALL
SELECT 'constraint', known.name, k.conname::text, pg_get_constraintdef(k.oid), true, NULL, k.convalidated
FROM known
JOIN pg_catalog.pg_constraint AS k ON k.conrelid = known.oid
WHERE k.contype IN ('p', 'u', 'f', 'c') AND k.conparentid = 0 AND k.coninhcount = 0
UNION ALL
SELECT 'index', known.name, c.relname::text, pg_get_indexdef(x.indexrelid), true, NULL, x.indisvalid AND x.indisready
FROM known
JOIN pg_catalog.pg_index AS x ON x.indrelid = known.oid
JOIN pg_catalog.pg_class AS c ON c.oid = x.indexrelid AND NOT c.relispartition
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_constraint AS k WHERE k.conindid = x.indexrelid AND k.contype IN ('p', 'u'))
UNION ALL
SELECT 'trigger', known.name, t.tgname::text, pg_get_triggerdef(t.oid), true, NULL, t.tgenabled <> 'D'
FROM known JOIN pg_catalog.pg_trigger AS t ON t.tgrelid = known.oid AND NOT t.tgisinternal AND t.tgparentid = 0
UNION ALL
SELECT 'function', '', p.proname::text, pg_get_function_result(p.oid), true, NULL, true
FROM pg_catalog.pg_proc AS p
WHERE p.pronamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'codechunking')
  AND p.proname = ANY(%s::text[])
LIMIT 5000
"""

EXTENSION_ROWS = """
SELECT wanted.name, e.extversion AS version, n.nspname::text AS schema, a.default_version AS available
FROM unnest(%s::text[]) AS wanted (name)
LEFT JOIN pg_catalog.pg_extension AS e ON e.extname = wanted.name
LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
LEFT JOIN pg_catalog.pg_available_extensions AS a ON a.name = wanted.name
"""

# Of several settings that of the role in this database comes first, then the role's, the database's, everyone's.
PLACE = """
SELECT session_user::text AS role, current_database()::text AS database,
       (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = session_user) AS superuser,
       has_database_privilege(current_database(), 'CREATE') AS creator,
       to_regnamespace('codechunking') IS NOT NULL AS exists,
       own.setting AS path, own.for_role, own.for_database
FROM (VALUES (1)) AS one
LEFT JOIN LATERAL (
    SELECT left(setting, 1000) AS setting, s.setrole <> 0 AS for_role, s.setdatabase <> 0 AS for_database
    FROM pg_catalog.pg_db_role_setting AS s
    CROSS JOIN LATERAL unnest(s.setconfig) AS setting
    WHERE starts_with(setting, 'search_path=')
      AND s.setrole IN (0, (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = session_user))
      AND s.setdatabase IN (0, (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()))
    ORDER BY s.setrole <> 0 DESC, s.setdatabase <> 0 DESC LIMIT 1
) AS own ON true
"""

USABLE = """
SELECT nspname::text AS name FROM pg_catalog.pg_namespace
WHERE nspname = ANY(%s::text[]) AND has_schema_privilege(oid, 'USAGE')
"""

# Other tools have tables of this name too; golang-migrate's has these two columns.
TABLES = """
SELECT n.nspname::text AS schema, quote_ident(n.nspname) AS quoted,
       has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AS readable,
       has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'INSERT')
         AND has_table_privilege(c.oid, 'TRUNCATE') AS writable
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relname = 'schema_migrations' AND c.relkind IN ('r', 'p') AND n.nspname NOT LIKE 'pg\\_%'
  AND (SELECT count(*) FROM pg_catalog.pg_attribute AS a
       WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
         AND (a.attname, a.atttypid) IN (('version', 'bigint'::regtype), ('dirty', 'boolean'::regtype))) = 2
ORDER BY n.nspname LIMIT 20
"""
ROWS = "SELECT version, dirty FROM {schema}.schema_migrations ORDER BY version DESC LIMIT 5"

LOCKS = """
SELECT l.objid::bigint AS id FROM pg_catalog.pg_locks AS l
WHERE l.locktype = 'advisory' AND l.granted AND l.classid = 0 AND l.objsubid = 1
  AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
LIMIT 1000
"""


@source("database", deadline=9)
def schema(session: Session) -> Schema:
    """Everything that the migrations make, and what is written about them."""
    # Checks may not open its file; from here on it is in memory.
    migrations.catalogue()
    return read(session)


def read(session: Session) -> Schema:
    """The fact itself."""
    place = session.rows(PLACE)[0]
    path = place["path"].partition("=")[2] if place["path"] else None
    current = _current(session, path if path is not None else '"$user", public', place["role"])
    tables = tuple(_version_table(session, row) for row in session.rows(TABLES))
    return Schema(
        exists=place["exists"],
        objects=tuple(_objects(session)) if place["exists"] else (),
        extensions={row["name"]: Extension(**row) for row in session.rows(EXTENSION_ROWS, (list(EXTENSIONS),))},
        version_tables=tables,
        current=current,
        path=path,
        path_of=_whose(place),
        migrating=_locked(session, place["database"], {*(each.schema for each in tables), current}),
        role=place["role"],
        superuser=bool(place["superuser"]),
        creator=place["creator"],
    )


def _objects(session: Session) -> Iterator[SchemaObject]:
    names = list(migrations.RELATIONS)
    for row in session.rows(OBJECTS, (names, names, list(migrations.FUNCTIONS))):
        yield SchemaObject(**{**row, "kind": ObjectKind(row["kind"]), "definition": row["definition"] or ""})


def _version_table(session: Session, row: Mapping[str, Any]) -> VersionTable:
    if not row["readable"]:
        return VersionTable(row["schema"], None, "this role may not read it", row["writable"])
    try:
        rows = session.rows(ROWS.format(schema=row["quoted"]))
    except Refused as error:
        return VersionTable(row["schema"], None, error.reason, row["writable"])
    return VersionTable(row["schema"], tuple(VersionRow(**each) for each in rows), None, row["writable"])


def _whose(place: Mapping[str, Any]) -> str | None:
    if place["path"] is None:
        return None
    role, database = f'role "{place["role"]}"', f'database "{place["database"]}"'
    if place["for_role"]:
        return f"{role} in {database}" if place["for_database"] else role
    return database if place["for_database"] else "all roles"


# --- what migrate finds --------------------------------------------------------------------------------------------

NAMES = re.compile(r'\s*(?:"((?:[^"]|"")*)"|([^,"\s]+))\s*(?:,|$)')


def _current(session: Session, path: str, role: str) -> str | None:
    """The first schema of a search path that is there and may be used, as current_schema() would say."""
    names = [
        quoted.replace('""', '"') if quoted else plain.lower()
        for quoted, plain in (match.groups(default="") for match in NAMES.finditer(path))
    ]
    names = [role if name == "$user" else name for name in names if name]
    usable = {row["name"] for row in session.rows(USABLE, (names,))}
    return next((name for name in names if name in usable), None)


def lock_id(database: str, schema: str) -> int:
    """
    The advisory lock that migrate holds while it works (golang-migrate 4.19, database/util.go).

    Its key is below 2^32, so that the lower half of it is all there is in pg_locks.
    """
    text = "\0".join((schema, "schema_migrations", database))
    return zlib.crc32(text.encode()) * 1486364155 % (1 << 32)


def _locked(session: Session, database: str, schemas: set[str | None]) -> bool:
    wanted = {lock_id(database, each) for each in schemas if each is not None}
    return any(row["id"] in wanted for row in session.rows(LOCKS))


SOURCES = (schema,)
