"""For every way in which an object can differ: the statements that repair it, and what it means for the program."""

from __future__ import annotations

import re

from checks.database._ladder import quoted
from doctor.api import How, facts, migrations

Kind = facts.ObjectKind

# What old rows get in a column that must not be empty, as the migration that added it filled it.
FILLED = {
    "normalized_url": (
        "UPDATE codechunking.repositories SET normalized_url = "
        "regexp_replace(regexp_replace(lower(url), '^http://', 'https://'), '/*(\\.git)?/*$', '');"
    ),
}


def repair(difference: migrations.Difference, schema: facts.Schema, version: int) -> tuple[str, ...]:
    """The statements that make an object what it should be."""
    wanted = difference.part.object
    table = f"codechunking.{wanted.table}"
    made = migrations.rebuild(difference.part, schema, version)
    match difference.how:
        case How.MISSING:
            return _column(wanted, made[0]) if wanted.kind is Kind.COLUMN else made
        case How.DETACHED:
            return (f"ALTER TABLE {table} ATTACH PARTITION codechunking.{wanted.name} {wanted.definition};",)
        case How.KIND:
            return ()
        case How.DISABLED:
            return (f"ALTER TABLE {table} ENABLE TRIGGER {wanted.name};",)
        case How.INVALID:
            return (f"DROP INDEX codechunking.{quoted(difference.seen or wanted.name)};", *made)
        case How.VALUES | How.DEFINITION:
            return (_drop(wanted), *made)
    return (f"ALTER TABLE {table} ALTER COLUMN {wanted.name} {_clause(difference, made[0])};",)


def gone_with(difference: migrations.Difference, schema: facts.Schema) -> str | None:
    """The extension that is not there and took this along."""
    name = difference.part.extension if difference.how is How.MISSING else None
    if difference.how is How.DEFAULT and difference.seen is None and "@uuid-ossp@" in difference.part.statement:
        name = "uuid-ossp"
    return name if name is not None and schema.extension(name).version is None else None


def _column(wanted: facts.SchemaObject, made: str) -> tuple[str, ...]:
    if wanted.nullable or wanted.default is not None:
        return (made,)
    fill = (FILLED[wanted.name],) if wanted.name in FILLED else ()
    strict = f"ALTER TABLE codechunking.{wanted.table} ALTER COLUMN {wanted.name} SET NOT NULL;"
    return (made.replace(" NOT NULL", ""), *fill, strict)


def _drop(wanted: facts.SchemaObject) -> str:
    match wanted.kind:
        case Kind.CONSTRAINT:
            return f"ALTER TABLE codechunking.{wanted.table} DROP CONSTRAINT {wanted.name};"
        case Kind.INDEX:
            return f"DROP INDEX codechunking.{wanted.name};"
        case _:
            return f"DROP VIEW codechunking.{wanted.name};"


_ADDED = re.compile(r"ADD COLUMN \S+ (?P<type>.*?)(?: DEFAULT (?P<default>.*?))?(?: NOT NULL)?;")


def _clause(difference: migrations.Difference, made: str) -> str:
    added = _ADDED.search(made)
    assert added is not None
    wanted = difference.part.object
    match difference.how:
        case How.NULLABLE:
            return "SET NOT NULL"
        case How.NOT_NULL:
            return "DROP NOT NULL"
        case How.DEFAULT:
            return f"SET DEFAULT {added['default']}" if added["default"] else "DROP DEFAULT"
    # Vectors of another length cannot be made fit.
    using = "NULL" if wanted.definition.startswith("vector") else f"{wanted.name}::{added['type']}"
    return f"TYPE {added['type']} USING {using}"


# --- words ---------------------------------------------------------------------------------------------------------

TABLES = {
    "repositories": "no repository can be added or listed",
    "indexing_jobs": "no job can be recorded",
    "code_chunks": "no chunk can be stored, and nothing can be searched",
    "embeddings": "vectors that the divided table refuses are lost",
    "embeddings_partitioned": "no vector can be stored, and semantic search fails",
    "batch_job_progress": "no batch can be queued or followed",
    "connectors": "connectors cannot be listed or synchronised",
}


def lacks(difference: migrations.Difference) -> str:
    """What is wrong with an object, after the name of its table."""
    wanted = difference.part.object
    name = f"{wanted.kind.value} {wanted.name}"
    match difference.how:
        case How.MISSING:
            return f"{name} is missing"
        case How.DETACHED:
            return f"{name} is there but not attached"
        case How.KIND:
            return "it is not divided by hash (repository_id)"
        case How.TYPE | How.WIDER:
            return f"{name} is {difference.seen} instead of {wanted.definition}"
        case How.VALUES:
            return f"{name} does not let in {difference.seen}"
        case How.NULLABLE:
            return f"{name} may be empty"
        case How.NOT_NULL:
            return f"{name} must not be empty"
        case How.DEFAULT:
            has = f"the default {difference.seen}" if difference.seen else "no default"
            return f"{name} has {has} instead of {wanted.default or 'none'}"
        case How.INVALID:
            return f"{name} is invalid: it was not built to the end"
        case How.DISABLED:
            return f"{name} is switched off"
        case _:
            return f"{name} is defined otherwise: {difference.seen}"


def consequence(difference: migrations.Difference) -> str:
    """What it means for the program."""
    wanted = difference.part.object
    match wanted.kind:
        case Kind.TABLE:
            return TABLES[wanted.name] if difference.how is How.MISSING else "it becomes slow as it grows"
        case Kind.COLUMN:
            return _of_column(difference)
        case Kind.CONSTRAINT:
            return _of_constraint(difference)
        case Kind.INDEX:
            slow = "search reads every vector" if "hnsw" in wanted.definition else "queries read whole tables"
            return f"{slow}, which is slow when there are many"
        case Kind.TRIGGER:
            return "updated_at keeps its old value, so that work looks older than it is"
        case Kind.FUNCTION if wanted.name == "update_updated_at_column":
            return "updated_at keeps its old value, so that work looks older than it is"
        case _:
            return "only what shows the sizes of partitions is affected"


def _of_column(difference: migrations.Difference) -> str:
    match difference.how:
        case How.MISSING:
            return "statements that name it fail"
        case How.TYPE:
            return "values cannot be stored in it or read from it"
        case How.NOT_NULL:
            return "rows without it are refused"
        case How.DEFAULT:
            return "new rows get another value than the program takes for granted"
        case How.NULLABLE:
            return "rows get in that the program cannot read"
        case _:
            return "nothing breaks, but the program's own limit is gone"


def _of_constraint(difference: migrations.Difference) -> str:
    wanted = difference.part.object
    if difference.how is How.VALUES:
        return "the program's updates to that status fail"
    if "DEFERRABLE" in wanted.definition:
        return "nothing breaks: the foreign keys of the whole table check the same"
    if wanted.definition.startswith("FOREIGN KEY"):
        return "rows stay behind when what they belong to is deleted"
    if wanted.definition.startswith("CHECK"):
        return "nothing keeps wrong values out"
    return "the same row can get in twice"


SHARES = {1: "a quarter", 2: "half", 3: "three quarters", 4: "all"}


def of_partitions(count: int) -> str:
    """What missing partitions mean."""
    return (
        f"vectors of {SHARES[count]} of the repositories cannot be stored "
        '("no partition of relation found for row"), and are not searched'
    )
