"""database.version-table: nobody can tell which migrations have run."""

from __future__ import annotations

from collections.abc import Iterator

from checks.database._ladder import ROWS, quoted
from checks.database._migrations import below, migrate, named, place, start_over
from doctor.api import Finding, Fix, Guide, Severity, check, facts, migrations


@check(
    id="database.version-table",
    title="The migration table is missing, doubled or misplaced",
    severity=(Severity.WARNING, Severity.ERROR),
    guide=Guide.JOBS,
    blocks=(*below("database.version-table"), *ROWS),
)
def version_table(
    schema: facts.Schema, files: facts.MigrationFiles, config: facts.Resolution, worker: facts.Worker
) -> Iterator[Finding]:
    """
    Look for `schema_migrations` in all schemas, and work out where `migrate` would look for it.

    `migrate` takes the first schema of its search path, usually `public`. It is a warning when there are tables but no
    version is written down, as after restoring a dump of `codechunking` alone; the version is then worked out from
    the objects that are there. It is an error when there are two tables or two rows, or when `migrate` would look
    elsewhere and start again from 1.

    Why it matters: `migrate` goes by this table alone, and with a wrong one runs the wrong files.

    Silent when: there is one table with one row, in whatever schema, and `migrate` finds it; the login is not the one
    that migrates (it may not write the table).

    How to fix: reset the search path of the role, drop the table that is wrong after comparing, or write the version
    down with `migrate force N`.
    """
    tables = schema.version_tables
    if len(tables) > 1:
        yield _several(schema)
    elif tables and len(tables[0].rows or ()) > 1:
        yield _rows(schema)
    elif schema.unreadable is None and schema.version is None and schema.tables:
        yield _unknown(schema, files, config, worker)
    elif tables and tables[0].writable and schema.current != tables[0].schema:
        yield _elsewhere(schema, config, worker)


def _unknown(
    schema: facts.Schema, files: facts.MigrationFiles, config: facts.Resolution, worker: facts.Worker
) -> Finding:
    fit = migrations.fit(schema)
    what = "is empty" if schema.version_tables else "is missing"
    if fit.exact:
        looks = f"they are those of migration {fit.shown}"
        summary = f"Write down that migration {fit.versions[0]} was the last one, then go on from there."
    else:
        differences = migrations.differences(schema, fit.versions[0])
        looks = f"they are nearest to migration {fit.shown}, which differs in {fit.distance}: {named(differences)}"
        summary = (
            f"Make up by hand for what differs from migration {fit.versions[0]}, then write it down and go on; with "
            "the wrong number later files fail or are left out."
        )
    return Finding(
        f"tables are there, but {place(schema).name} {what}: {looks}",
        at=place(schema),
        severity=Severity.WARNING,
        fix=Fix(summary, start_over(config, worker, schema, files, fit.versions[0])),
    )


def _several(schema: facts.Schema) -> Finding:
    shown = " and ".join(f"{each.name} ({_contents(each)})" for each in schema.version_tables[:4])
    finds = f"; migrate uses the one in {schema.current}" if schema.current else ""
    true = _true(schema)
    if true is None:
        fix = Fix("Compare both with the tables that are there, and drop the one that is wrong.")
    else:
        others = [each for each in schema.version_tables if each is not true]
        drops = [f"DROP TABLE {quoted(each.schema)}.schema_migrations;" for each in others]
        path = _path(schema, true.schema)
        fix = Fix(f"{true.name} agrees with the tables that are there: keep that one alone.", (*path, *drops))
    return Finding(
        f"there are {len(schema.version_tables)} version tables: {shown}{finds}",
        at=place(schema),
        severity=Severity.ERROR,
        fix=fix,
    )


def _contents(table: facts.VersionTable) -> str:
    if table.rows is None:
        return table.problem or "unreadable"
    return ", ".join(f"{row.version}{', dirty' if row.dirty else ''}" for row in table.rows) or "empty"


def _true(schema: facts.Schema) -> facts.VersionTable | None:
    """The table that agrees with the objects; of several the one where migrate puts it by itself."""
    versions = migrations.fit(schema).versions
    agreeing = [
        each
        for each in schema.version_tables
        if each.rows is not None and len(each.rows) == 1 and each.rows[0].version in versions
    ]
    usual = [each for each in agreeing if each.schema == "public"]
    return next(iter(usual or agreeing), None)


def _rows(schema: facts.Schema) -> Finding:
    table = schema.version_tables[0]
    versions = migrations.fit(schema).versions
    right = next((row.version for row in table.rows or () if row.version in versions), None)
    if right is None:
        fix = Fix("Leave the one row that agrees with the tables that are there.")
    else:
        delete = f"DELETE FROM {quoted(table.schema)}.schema_migrations WHERE version <> {right};"
        fix = Fix(f"The tables that are there are those of {right}: leave that row alone.", (delete,))
    return Finding(
        f"{table.name} has more than one row: {_contents(table)}", at=place(schema), severity=Severity.ERROR, fix=fix
    )


def _elsewhere(schema: facts.Schema, config: facts.Resolution, worker: facts.Worker) -> Finding:
    table = schema.version_tables[0]
    where = f"schema {schema.current}" if schema.current else "no schema at all"
    why = f"the search path of {schema.path_of} is {schema.path}" if schema.path_of else _own_name(schema)
    return Finding(
        f"migrate would look in {where} and start again from 1, but {table.name} says {_contents(table)}: {why}",
        at=place(schema),
        severity=Severity.ERROR,
        fix=Fix(
            f"Let migrate find {table.name} again.",
            (*_path(schema, table.schema), migrate(config, worker, "version")),
        ),
    )


def _own_name(schema: facts.Schema) -> str:
    return "a schema with the name of the role comes first in its search path"


def _path(schema: facts.Schema, wanted: str) -> tuple[str, ...]:
    """The statement after which migrate looks in this schema."""
    if schema.current == wanted:
        return ()
    owner = (schema.path_of or "").replace('role "', 'ROLE "').replace('database "', 'DATABASE "')
    owner = owner.replace(" in DATABASE", " IN DATABASE").replace("all roles", "ROLE ALL")
    if wanted == "public" and owner:
        return (f"ALTER {owner} RESET search_path;",)
    return (f"ALTER ROLE {quoted(schema.role)} SET search_path = {quoted(wanted)};",)
