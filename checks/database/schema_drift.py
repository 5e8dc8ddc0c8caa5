"""database.schema-drift: tables that are not what the migrations made."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checks.database._ladder import ROWS, is_error
from checks.database._migrations import is_grave, place, start_over, truth
from checks.database._repairs import consequence, gone_with, lacks, of_partitions, repair
from doctor.api import (
    Blocks,
    Evidence,
    Finding,
    Fix,
    Guide,
    How,
    Location,
    Place,
    Severity,
    Skipped,
    check,
    facts,
    migrations,
)

# Named in the message of one finding; and listed as its evidence.
NAMED = 3
LISTED = 20
# Statements shown for one table.
STATEMENTS = 40


@check(
    id="database.schema-drift",
    title="Tables differ from what the program needs",
    severity=(Severity.ERROR, Severity.WARNING),
    guide=Guide.JOBS,
    blocks=(Blocks(*ROWS, when=is_error),),
)
def schema_drift(
    schema: facts.Schema, files: facts.MigrationFiles, config: facts.Resolution, worker: facts.Worker
) -> Iterator[Finding]:
    """
    Compare what is in schema `codechunking` with what the migrations up to the database's version make.

    That is tables, partitions, columns, constraints, indexes, triggers, functions and a view. It is an error when a
    table, a partition, a column or a status value is missing or a column has another type, and a warning when it is an
    index, a constraint, a trigger, a function, the view, a default, or whether a column may be empty. When the objects
    are those of another migration as a whole, that is said once.

    Why it matters: statements of the program fail on what is missing, or become slow or careless without it.

    Silent when: there is more than the program needs; an index or a constraint has another name and the same
    definition; another version of PostgreSQL writes a type differently; the database is at a migration that is newer
    than this doctor.

    How to fix: run the statements that are shown, which make what the migration would have made.
    """
    version = _version(schema)
    if version is None:
        return
    real = truth(schema, version)
    if real is not None:
        yield _forced(schema, files, config, worker, version, real)
        return
    differences = migrations.differences(schema, version)
    for name, group in _grouped(schema, differences).items():
        yield _finding(schema, version, name, tuple(group))


def _version(schema: facts.Schema) -> int | None:
    """What to compare with; None when other checks say why there is nothing to compare."""
    if schema.migrating:
        raise Skipped("a migrate is running at this moment; ask again when it is done")
    known = migrations.catalogue().newest
    if schema.unreadable is not None:
        return known if schema.tables else None
    found = schema.version
    if found is None or found.dirty:
        return None
    if found.version > known:
        raise Skipped(f"what migration {found.version} makes is not known to this version of codechunk-doctor")
    return found.version


def _forced(
    schema: facts.Schema,
    files: facts.MigrationFiles,
    config: facts.Resolution,
    worker: facts.Worker,
    version: int,
    real: migrations.Fit,
) -> Finding:
    says = f"the version table says {version}"
    if schema.unreadable is not None:
        says = f"the program needs those of {version}"
    below = "as before the first migration" if real.versions == (0,) else f"those of migration {real.shown}"
    return Finding(
        f"the objects are {below}, but {says}",
        at=place(schema, f"version {version}"),
        severity=Severity.ERROR,
        fix=Fix(
            "Nothing but `force` or a restored dump does this: tell migrate what is really there and let it go on.",
            start_over(config, worker, schema, files, real.versions[0]),
        ),
    )


# --- one finding for what belongs together -------------------------------------------------------------------------

Group = dict[str, list[migrations.Difference]]
MONITORING = ("get_embeddings_partition_stats", "embeddings_partition_monitoring")
STAMP = "update_updated_at_column"


def _grouped(schema: facts.Schema, differences: tuple[migrations.Difference, ...]) -> Group:
    """By table; what cannot be there without something else that is missing goes with that."""
    gone = {each.part.object.name for each in differences if each.how is How.MISSING}
    groups: Group = {}
    for each in differences:
        groups.setdefault(_home(schema, each, gone), []).append(each)
    return groups


def _home(schema: facts.Schema, difference: migrations.Difference, gone: set[str]) -> str:
    wanted = difference.part.object
    target = re.search(r"REFERENCES (\w+)\(", wanted.definition)
    if wanted.kind is facts.ObjectKind.CONSTRAINT and target is not None and target[1] in gone:
        return target[1]
    if wanted.kind is facts.ObjectKind.TRIGGER and STAMP in gone:
        return STAMP
    if wanted.name in MONITORING:
        return MONITORING[1]
    name = wanted.table or wanted.name
    home = migrations.PARTITIONED if name.startswith(migrations.PARTITIONED) else name
    extension = gone_with(difference, schema)
    return f"{home} {extension}" if extension else home


def _finding(schema: facts.Schema, version: int, home: str, group: tuple[migrations.Difference, ...]) -> Finding:
    name, _, extension = home.partition(" ")
    group = tuple(sorted(group, key=lambda each: not is_grave(each)))
    shown = [lacks(each) for each in group[:NAMED]]
    more = f", and {len(group) - NAMED} more" if len(group) > NAMED else ""
    commands = [text for each in sorted(group, key=_order) for text in repair(each, schema, version)]
    left = Evidence("extension", extension) if extension else None
    return Finding(
        f"{name}: {'; '.join(shown)}{more}: {_meaning(group)}",
        at=Location(Place.DATABASE, name=f"codechunking.{name}", detail=_detail(group[0])),
        severity=Severity.ERROR if any(map(is_grave, group)) else Severity.WARNING,
        fix=Fix(_summary(group), tuple(commands[:STATEMENTS])),
        evidence=(*((left,) if left else ()), *(Evidence("object", lacks(each)) for each in group[NAMED:LISTED])),
    )


def _order(difference: migrations.Difference) -> int:
    """Functions before the triggers that call them."""
    return 0 if difference.part.object.kind is facts.ObjectKind.FUNCTION else 1


def _detail(difference: migrations.Difference) -> str:
    wanted = difference.part.object
    return f"{wanted.kind.value} {wanted.name}"


def _meaning(group: tuple[migrations.Difference, ...]) -> str:
    partitions = [each for each in group if each.part.object.kind is facts.ObjectKind.PARTITION]
    return of_partitions(len(partitions)) if partitions else consequence(group[0])


def _summary(group: tuple[migrations.Difference, ...]) -> str:
    kinds = {each.part.object.kind for each in group if each.how is How.MISSING}
    columns = [
        each.part.object
        for each in group
        if each.how is How.MISSING and each.part.object.kind is facts.ObjectKind.COLUMN
    ]
    if any(each.how is How.KIND for each in group):
        return "Make it anew from the migrations and copy the rows; there is no statement that divides a table."
    if any(each.how is How.TYPE and each.part.object.definition.startswith("vector") for each in group):
        return "Vectors of another length cannot be converted: change the column, then submit the repositories again."
    if kinds & {facts.ObjectKind.TABLE, facts.ObjectKind.PARTITION}:
        return "Restore a backup, or make it anew with these statements and submit the repositories again."
    if any(not each.nullable and each.default is None for each in columns):
        return "Run these statements; the column has to be filled before the one that forbids it to be empty."
    return "Run these statements as the owner of the tables; indexes keep writes waiting while they are built."
