"""database.migrations-dirty: a migration that began and did not end."""

from __future__ import annotations

from collections.abc import Iterator

from checks.database._ladder import ROWS, quoted
from checks.database._migrations import (
    DUPLICATES,
    as_evidence,
    below,
    called,
    force,
    hindrances,
    named,
    newest,
    place,
    row,
    statements,
    up,
)
from doctor.api import Evidence, Finding, Fix, Guide, Severity, check, facts, migrations


@check(
    id="database.migrations-dirty",
    title="A migration stopped half-way",
    severity=Severity.ERROR,
    guide=Guide.JOBS,
    blocks=(*below("database.migrations-dirty"), *ROWS),
    explains=("logs.schema-outdated",),
)
def migrations_dirty(
    schema: facts.Schema, files: facts.MigrationFiles, config: facts.Resolution, worker: facts.Worker
) -> Iterator[Finding]:
    """
    Read the `dirty` mark of the version table and compare the objects of that migration with the catalogue.

    The mark is set before a file runs and taken away after it. A file is one transaction, so that normally none of its
    objects is there, and the number to force is the one before. The number is that of the file on the way up, and of
    the target on the way down.

    Why it matters: `migrate` refuses to go up or down, so the tables stay as they are: older than the program.

    Silent when: a `migrate` is running at this moment.

    How to fix: repair the cause, tell `migrate` what is really there with `migrate force N`, and go up again. `force`
    only writes the number: a wrong one makes later files fail or be left out.
    """
    found = row(schema)
    if found is None or not found.dirty:
        return
    if found.version == 1 and schema.current == schema.role == schema.version_tables[0].schema:
        yield _own_schema(schema, config, worker)
        return
    fit = migrations.fit(schema)
    target = _target(found.version, fit)
    causes = list(_causes(schema, found.version, target))
    commands = [*statements(causes), force(config, worker, schema, target)]
    if target < newest(files):
        commands.append(up(config, worker, target))
    yield Finding(
        f"migration {called(found.version)} did not finish; {_state(schema, found.version, fit)}",
        at=place(schema, f"version {found.version}, dirty"),
        fix=Fix(_summary(found.version, target, fit), tuple(commands)),
        evidence=(*as_evidence(causes), *_partial(schema, target, fit)),
    )


def _target(version: int, fit: migrations.Fit) -> int:
    """
    The number to force: of those that look alike the lowest that the failed file can have left behind.

    What is then run again changes nothing the second time.
    """
    near = [each for each in fit.versions if each >= version - 1]
    return near[0] if near else fit.versions[-1]


def _state(schema: facts.Schema, version: int, fit: migrations.Fit) -> str:
    made = tuple(each for each in migrations.made_by(version) if each.at(version))
    if not made:
        return f"it makes no objects; those that are there are {_those(fit)}"
    lacking = [each for each in migrations.differences(schema, version) if each.part.since == version]
    if not lacking:
        return f"its objects are there ({_those(fit)})"
    complete = len(lacking) == len(made) or lacking[0].part.object.kind is facts.ObjectKind.TABLE
    if complete or version - 1 in fit.versions:
        return f"none of its objects is there ({_those(fit)})"
    return f"some of its objects are there, but not {named(tuple(lacking))} ({_those(fit)})"


def _those(fit: migrations.Fit) -> str:
    if fit.versions == (0,):
        return "the database is as before the first"
    return f"{'those of' if fit.exact else 'nearest to those of'} migration {fit.shown}"


def _summary(version: int, target: int, fit: migrations.Fit) -> str:
    tell = f"tell migrate that {target} was the last one" if target else "empty the version table"
    again = ", then go up again"
    if not fit.exact:
        return (
            f"Repair the cause, make up by hand for what is missing of {target}, {tell}{again}; with a wrong number "
            "later files fail or are left out."
        )
    if not target:
        return f"Repair the cause, {tell} (there is no file 0, so `force 0` would not do){again}."
    if abs(version - target) > 1:
        return f"The objects are not near migration {version}: find out who forced it; then {tell}{again}."
    return f"Repair the cause (the error of the failed run says it), {tell}{again}."


def _partial(schema: facts.Schema, target: int, fit: migrations.Fit) -> tuple[Evidence, ...]:
    if fit.exact:
        return ()
    lacking = migrations.differences(schema, target)
    return tuple(Evidence("object", f"{each.part.object.name}: {each.how.value}") for each in lacking[:10])


def _causes(schema: facts.Schema, version: int, target: int) -> Iterator[tuple[str, str | None]]:
    """What is known to make this migration fail; the first statement of each is a look or a repair."""
    yield from hindrances(schema, version, version)
    if version == 2:
        yield "migration 2 fails when two repositories have the same address, spelled differently", DUPLICATES
    if version == 9 and target == 8:
        yield "migration 9 finds its table only in the session that ran 8, or with this search path", None
    if version == 18 and target >= 18:
        yield "going down from 19 always fails, and leaves the objects of 19 as they are", None


def _own_schema(schema: facts.Schema, config: facts.Resolution, worker: facts.Worker) -> Finding:
    """The first migration makes uuid_generate_v4 where it then does not look for it."""
    table = f"{quoted(schema.role)}.schema_migrations"
    return Finding(
        f"migration 1 did not finish: schema {schema.role} has the name of the role, so that migrate works in it "
        "and then does not find uuid_generate_v4() there",
        at=place(schema, "version 1, dirty"),
        fix=Fix(
            "Let the role start in public, and run the migrations again from the first.",
            (
                f"ALTER ROLE {quoted(schema.role)} SET search_path = public;",
                f"DROP TABLE {table};",
                up(config, worker, 0),
            ),
        ),
    )
