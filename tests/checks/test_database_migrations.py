"""How far the migrations have come: behind, ahead, broken off, unknown; and what to type."""

from __future__ import annotations

import dataclasses

import pytest

from checks.database import CHECKS
from checks.database.migrations_ahead import migrations_ahead
from checks.database.migrations_behind import migrations_behind
from checks.database.migrations_dirty import migrations_dirty
from checks.database.migrations_folder import migrations_folder
from checks.database.never_migrated import never_migrated
from checks.database.version_table import version_table
from doctor.errors import Skipped
from doctor.facts import (
    Compose,
    ComposeService,
    Extension,
    Habitat,
    Known,
    MigrationFiles,
    Resolution,
    Schema,
    VersionRow,
    VersionTable,
    Worker,
)
from doctor.model import Finding, Severity
from tests.checks.schemas import EXTENSIONS, NOT_CREATED, at, marked, without
from tests.conftest import Resolved

HOST = Worker(Known.OBSERVED, Habitat.HOST)
CONTAINER = Worker(Known.OBSERVED, Habitat.CONTAINER, "codechunking-worker")
FILES = MigrationFiles(numbers=tuple(range(1, 21)))
NEWER = MigrationFiles(numbers=tuple(range(1, 23)))
NO_FILES = MigrationFiles(exists=False)
NO_COMPOSE = Compose()
COMPOSE = Compose("docker-compose.yml", {"api": ComposeService("api", 3)})
UNREADABLE = VersionTable("public", None, "this role may not read it", False)


@pytest.fixture
def config(resolved: Resolved) -> Resolution:
    return resolved()


def judge(
    config: Resolution,
    schema: Schema,
    *,
    files: MigrationFiles = FILES,
    worker: Worker = HOST,
    compose: Compose = NO_COMPOSE,
) -> dict[str, Finding]:
    """What each check says by itself; a check that cannot say anything is left out."""
    runs = {
        "version-table": lambda: version_table(schema, files, config, worker),
        "never-migrated": lambda: never_migrated(schema, files, config, worker, compose),
        "migrations-dirty": lambda: migrations_dirty(schema, files, config, worker),
        "migrations-behind": lambda: migrations_behind(schema, files, config, worker, compose),
        "migrations-ahead": lambda: migrations_ahead(schema, files),
        "migrations-folder": lambda: migrations_folder(schema, files, worker),
    }
    found = {}
    for id, run in runs.items():
        try:
            findings = run()
        except Skipped:
            continue
        if findings:
            (found[id],) = findings
    return found


def commands(finding: Finding) -> tuple[str, ...]:
    assert finding.fix is not None
    return finding.fix.commands


def elsewhere(schema: str, version: int = 20) -> tuple[VersionTable, ...]:
    return (VersionTable(schema, (VersionRow(version),)),)


# --- silent --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schema", "files", "worker"),
    [
        pytest.param(at(20), FILES, HOST, id="the newest"),
        pytest.param(at(20), NO_FILES, HOST, id="the newest, no files at hand"),
        pytest.param(at(20), MigrationFiles(doubled={5: ("a", "b")}, numbers=(5, 20)), HOST, id="nothing is due"),
        pytest.param(marked(at(20), 22), NEWER, HOST, id="newer than the doctor, as the checkout"),
        pytest.param(marked(at(20), 22), NEWER, CONTAINER, id="the same in a container"),
        pytest.param(
            at(20, version_tables=elsewhere("other"), current="other"), FILES, HOST, id="a table outside public"
        ),
        pytest.param(
            at(20, current="codechunking", version_tables=(VersionTable("public", (VersionRow(20),), None, False),)),
            FILES,
            HOST,
            id="a role that does not migrate",
        ),
        pytest.param(at(20, version_tables=(UNREADABLE,)), FILES, HOST, id="a version that may not be read"),
        pytest.param(dataclasses.replace(at(12), migrating=True), FILES, HOST, id="a migrate is running"),
        pytest.param(
            dataclasses.replace(marked(at(12), 13, dirty=True), migrating=True), FILES, HOST, id="it is in a file"
        ),
        pytest.param(dataclasses.replace(at(0), migrating=True), FILES, HOST, id="it has just begun"),
    ],
)
def test_silent(config: Resolution, schema: Schema, files: MigrationFiles, worker: Worker) -> None:
    assert judge(config, schema, files=files, worker=worker) == {}


@pytest.mark.parametrize("check", [migrations_ahead, migrations_folder])
def test_a_version_that_may_not_be_read_says_what_would_help(check: object) -> None:
    facts = {"schema": at(20, version_tables=(UNREADABLE,)), "files": FILES, "worker": HOST}
    needed = {name: value for name, value in facts.items() if check is migrations_folder or name != "worker"}

    with pytest.raises(Skipped, match=r"GRANT SELECT ON public\.schema_migrations"):
        check(**needed)  # type: ignore[operator]


def test_files_that_are_missing_in_a_container_are_in_its_image(config: Resolution) -> None:
    assert list(judge(config, at(12), files=NO_FILES, worker=CONTAINER)) == ["migrations-behind"]


# --- never migrated ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "schema",
    [
        pytest.param(at(0, version_tables=()), id="nothing"),
        pytest.param(at(0), id="an empty version table"),
        pytest.param(at(0, exists=True), id="an empty schema, made by an administrator"),
        pytest.param(at(0, exists=True, extensions=EXTENSIONS), id="extensions, too"),
    ],
)
def test_never_migrated(config: Resolution, schema: Schema) -> None:
    found = judge(config, schema)

    assert list(found) == ["never-migrated"]
    assert commands(found["never-migrated"]) == ("make migrate-up",)


def test_the_command_fits_where_the_worker_lives(config: Resolution, resolved: Resolved) -> None:
    inside = "docker compose exec api /app/codechunking migrate up --config configs/config.dev.yaml"

    found = judge(config, at(0), worker=CONTAINER)["never-migrated"]
    assert commands(found) == (inside,)
    found = judge(config, at(0), compose=COMPOSE)["never-migrated"]
    assert found.fix is not None
    assert f"`{inside}`" in found.fix.summary
    other = resolved(name="configs/config.yaml")
    found = judge(other, at(0))["never-migrated"]
    assert commands(found) == ("go run main.go migrate up --config configs/config.yaml",)


@pytest.mark.parametrize(
    ("schema", "reason", "statement"),
    [
        (
            at(0, extensions={**NOT_CREATED, "vector": Extension("vector")}),
            "migration 1 needs pgvector, and this server does not have its files",
            None,
        ),
        (
            at(0, superuser=False),
            'migration 1 creates the extension vector, which role "dev" may not: a superuser has to',
            "CREATE EXTENSION vector SCHEMA codechunking;",
        ),
        (
            at(0, extensions=EXTENSIONS, superuser=False, creator=False),
            'role "dev" may not create a schema in this database',
            "CREATE SCHEMA codechunking AUTHORIZATION dev;",
        ),
        (
            at(0, current="dev"),
            "a schema has the name of the role, dev, and migrate would put its table there",
            "ALTER ROLE dev SET search_path = public;",
        ),
        (
            at(0, extensions={**NOT_CREATED, "pg_trgm": Extension("pg_trgm", "1.6", "extras")}),
            "migration 5 does not find what it needs of pg_trgm in schema extras",
            "ALTER EXTENSION pg_trgm SET SCHEMA public;",
        ),
    ],
)
def test_what_stands_in_the_way_of_the_first(
    config: Resolution, schema: Schema, reason: str, statement: str | None
) -> None:
    found = judge(config, schema)["never-migrated"]

    assert [each.text for each in found.evidence] == [reason]
    assert statement is None or statement in commands(found)[:-1]


# --- behind and ahead ----------------------------------------------------------------------------------------------


def test_behind(config: Resolution) -> None:
    found = judge(config, at(12))

    assert list(found) == ["migrations-behind"]
    assert found["migrations-behind"].message == (
        "the database is at migration 12 of 20: 8 are missing, from 13 (backfill_embeddings_metadata) to "
        "20 (add_code_chunks_line_lookup_index)"
    )
    assert commands(found["migrations-behind"]) == ("make migrate-up",)


def test_behind_a_checkout_that_is_newer_than_the_doctor(config: Resolution) -> None:
    found = judge(config, at(20), files=NEWER)

    message = found["migrations-behind"].message
    assert message == "the database is at migration 20 of 22: 2 are missing, from 21 to 22"


def test_from_eight_the_search_path_goes_before_the_command(config: Resolution) -> None:
    options = "PGOPTIONS='-c search_path=public,codechunking'"

    assert commands(judge(config, at(8))["migrations-behind"]) == (f"{options} make migrate-up",)
    (inside,) = commands(judge(config, at(8), worker=CONTAINER)["migrations-behind"])
    assert inside.startswith(f"docker compose exec -e {options} api /app/codechunking migrate up")


def test_the_numbers_that_once_meant_other_files(config: Resolution) -> None:
    """5 was create_batch_job_progress then."""
    columns = {each.name for each in at(5).objects} - {each.name for each in at(4).objects}

    found = judge(config, marked(without(at(6), *columns), 5))["migrations-behind"]
    assert found.message.startswith(
        "the version table says 5, but table batch_job_progress is there, which migration 6 "
        "(create_batch_job_progress) is to make: going up will fail there; of what should be there, "
    )
    assert commands(found) == ()
    assert found.fix is not None
    assert "Trees of late November 2025 had other files" in found.fix.summary


def test_a_version_that_was_forced_too_low(config: Resolution) -> None:
    found = judge(config, marked(at(18), 12))["migrations-behind"]

    assert found.message == "the version table says 12 of 20, but the objects are those of migration 18 or 19"
    assert commands(found)[0].startswith("go run main.go migrate force 18 ")


def test_ahead(config: Resolution) -> None:
    found = judge(config, marked(at(20), 21))

    assert list(found) == ["migrations-ahead"]
    assert "the newest file in migrations/ is 20" in found["migrations-ahead"].message
    unknown = judge(config, marked(at(20), 21), files=NO_FILES)["migrations-ahead"]
    assert "the newest that is known is 20" in unknown.message


# --- dirty ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schema", "state", "target"),
    [
        (marked(at(8), 9, dirty=True), "none of its objects is there (those of migration 8)", 8),
        (marked(at(9), 9, dirty=True), "its objects are there (those of migration 9)", 9),
        (
            marked(at(10), 11, dirty=True),
            "it makes no objects; those that are there are those of migration 10 or 11",
            10,
        ),
        (marked(at(19), 18, dirty=True), "its objects are there (those of migration 18 or 19)", 18),
        (
            marked(at(18), 19, dirty=True),
            "it makes no objects; those that are there are those of migration 18 or 19",
            18,
        ),
        (marked(at(15), 16, dirty=True), "none of its objects is there (those of migration 15)", 15),
        (
            marked(without(at(18), "zoekt_commit_hash"), 18, dirty=True),
            "some of its objects are there, but not column repositories.zoekt_commit_hash (nearest to those of "
            "migration 18 or 19)",
            18,
        ),
    ],
)
def test_dirty(config: Resolution, schema: Schema, state: str, target: int) -> None:
    found = judge(config, schema, worker=CONTAINER)

    assert list(found) == ["migrations-dirty"]
    assert found["migrations-dirty"].message.endswith("did not finish; " + state)
    assert any(f" migrate force {target} " in each for each in commands(found["migrations-dirty"]))


def test_nothing_can_be_forced_before_the_first(config: Resolution) -> None:
    found = judge(config, marked(at(0), 1, dirty=True))["migrations-dirty"]

    assert commands(found) == ("DELETE FROM public.schema_migrations;", "make migrate-up")
    assert found.fix is not None
    assert "`force 0` would not do" in found.fix.summary


def test_a_number_far_from_what_is_there_is_doubted(config: Resolution) -> None:
    found = judge(config, marked(at(20), 3, dirty=True))["migrations-dirty"]

    assert found.fix is not None
    assert found.fix.summary.startswith("The objects are not near migration 3: find out who forced it")
    assert commands(found) == ("go run main.go migrate force 20 --config configs/config.dev.yaml",)


# --- the table -----------------------------------------------------------------------------------------------------


def test_no_table(config: Resolution) -> None:
    found = judge(config, at(14, version_tables=()))

    assert list(found) == ["version-table"]
    finding = found["version-table"]
    assert finding.severity is Severity.WARNING
    assert finding.message == (
        "tables are there, but public.schema_migrations is missing: they are those of migration 14"
    )
    assert commands(finding) == ("go run main.go migrate force 14 --config configs/config.dev.yaml", "make migrate-up")


def test_no_table_and_no_version_that_fits(config: Resolution) -> None:
    finding = judge(config, without(at(14, version_tables=()), "embeddings"))["version-table"]

    assert "nearest to migration 14, which differs in 1: table embeddings" in finding.message
    assert finding.fix is not None
    assert "with the wrong number later files fail" in finding.fix.summary


def test_two_tables(config: Resolution) -> None:
    tables = (VersionTable("codechunking", (VersionRow(1, True),)), *elsewhere("public"))
    schema = at(20, version_tables=tables, current="codechunking", path="codechunking", path_of='role "dev"')

    found = judge(config, schema)
    assert list(found) == ["version-table"]
    assert found["version-table"].severity is Severity.ERROR
    assert commands(found["version-table"]) == (
        'ALTER ROLE "dev" RESET search_path;',
        "DROP TABLE codechunking.schema_migrations;",
    )


def test_two_tables_of_which_none_agrees_are_not_dropped(config: Resolution) -> None:
    schema = at(20, version_tables=(*elsewhere("a", 3), *elsewhere("b", 4)))

    assert commands(judge(config, schema)["version-table"]) == ()


@pytest.mark.parametrize(
    ("path_of", "statement"),
    [
        ('role "dev"', 'ALTER ROLE "dev" RESET search_path;'),
        ('role "dev" in database "d"', 'ALTER ROLE "dev" IN DATABASE "d" RESET search_path;'),
        ('database "d"', 'ALTER DATABASE "d" RESET search_path;'),
        ("all roles", "ALTER ROLE ALL RESET search_path;"),
        (None, "ALTER ROLE dev SET search_path = public;"),
    ],
)
def test_a_search_path_that_hides_the_table(config: Resolution, path_of: str | None, statement: str) -> None:
    path = "codechunking" if path_of else None
    found = judge(config, at(20, current="codechunking", path=path, path_of=path_of))

    assert list(found) == ["version-table"]
    assert commands(found["version-table"])[0] == statement


def test_a_search_path_of_no_schema_at_all(config: Resolution) -> None:
    schema = at(20, current=None, path="nowhere", path_of='role "dev"')

    assert "migrate would look in no schema at all" in judge(config, schema)["version-table"].message


def test_two_rows(config: Resolution) -> None:
    schema = at(20, version_tables=(VersionTable("public", (VersionRow(20), VersionRow(18))),))

    finding = judge(config, schema)["version-table"]
    assert commands(finding) == ("DELETE FROM public.schema_migrations WHERE version <> 20;",)


# --- the folder ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (NO_FILES, "there is no migrations/ in the working directory"),
        (MigrationFiles(), "migrations/ holds no file that leads up"),
        (MigrationFiles(problem="Permission denied"), "migrations/ cannot be read: Permission denied"),
        (
            MigrationFiles(numbers=(5, 20), doubled={5: ("000005_a.up.sql", "000005_b.up.sql")}),
            "migrations/ has number 5 more than once: 000005_a.up.sql, 000005_b.up.sql",
        ),
    ],
)
@pytest.mark.parametrize("schema", [at(0), at(12), marked(at(12), 13, dirty=True)])
def test_files_that_cannot_be_used(config: Resolution, schema: Schema, files: MigrationFiles, message: str) -> None:
    assert judge(config, schema, files=files)["migrations-folder"].message == message


# --- order ---------------------------------------------------------------------------------------------------------


def test_the_order_in_which_they_hold_each_other_back() -> None:
    by_id = {check.id: {id for each in check.blocks for id in each.checks} for check in CHECKS}
    chain = ["version-table", "never-migrated", "migrations-dirty", "migrations-behind"]

    for index, id in enumerate(chain):
        below = {
            f"database.{each}" for each in (*chain[index + 1 :], "schema-drift", "extension-missing", "vector-schema")
        }
        assert by_id[f"database.{id}"] >= below | {"jobs.*", "batches.*"}
