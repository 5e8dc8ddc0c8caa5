"""Every state of the migrations on a real server: found by one check, and what it advises works."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from doctor import app
from doctor.embedded import MIGRATIONS, Postgres, migrate
from doctor.model import Finding, OutcomeKind, Report
from doctor.settings import Settings
from doctor.sources.database.schema import lock_id
from doctor.testing import Placement
from tests.servers import Databases

pytestmark = pytest.mark.slow

CONFIG = "database: {host: 127.0.0.1, user: dev, password: dev}\n"

Examine = Callable[..., dict[str, tuple[Finding, ...]]]


@pytest.fixture
def examine(tmp_path: Path) -> Examine:
    """What the family finds in a database, by check."""
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "config.dev.yaml").write_text(CONFIG, encoding="utf-8")
    shutil.copytree(MIGRATIONS[1].parent, tmp_path / "migrations")

    def run(place: Placement, user: str = "dev") -> dict[str, tuple[Finding, ...]]:
        where = {"CODECHUNK_DATABASE_PORT": str(place.port), "CODECHUNK_DATABASE_NAME": place.name}
        variables = {**where, "CODECHUNK_DATABASE_USER": user}
        settings = Settings(
            directory=tmp_path, config="configs/config.dev.yaml", env=variables, clean_env=True, only=("database",)
        )
        return found(app.diagnose(settings))

    return run


def found(report: Report) -> dict[str, tuple[Finding, ...]]:
    assert not [each.outcome.trace for each in report.results if each.outcome.kind is OutcomeKind.CRASHED]
    return {each.id: each.outcome.findings for each in report.results if each.outcome.kind is OutcomeKind.FOUND}


def only(findings: dict[str, tuple[Finding, ...]], id: str) -> Finding:
    assert list(findings) == [id]
    (finding,) = findings[id]
    return finding


def obey(databases: Databases, place: Placement, finding: Finding) -> None:
    """Do what the finding says, with golang-migrate's steps in the place of its commands."""
    assert finding.fix is not None
    target = databases.server.connection_string(place.name)
    for command in finding.fix.commands:
        options = re.search(r"PGOPTIONS='([^']*)'", command)
        forced = re.search(r"migrate force (\d+)", command)
        if forced is not None:
            _force(target, int(forced[1]))
        elif "migrate-up" in command or "migrate up" in command:
            migrate(target, start=_version(target), options=options[1] if options else None)
        elif not command.startswith(("SELECT", "go run", "make")):
            databases.run(place.name, command)


def _force(target: str, number: int) -> None:
    with psycopg.connect(target, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL)"
        )
        connection.execute("TRUNCATE schema_migrations")
        connection.execute("INSERT INTO schema_migrations VALUES (%s, false)", (number,))


def _version(target: str) -> int:
    """Where migrate would go on; it refuses a dirty version."""
    with psycopg.connect(target) as connection:
        if connection.execute("SELECT to_regclass('schema_migrations')").fetchone() == (None,):
            return 0
        row = connection.execute("SELECT version, dirty FROM schema_migrations").fetchone()
    if row is None:
        return 0
    assert not row[1], f"Dirty database version {row[0]}. Fix and force version."
    return int(row[0])


# --- nothing to say ------------------------------------------------------------------------------------------------


def test_the_newest_version_is_silent(databases: Databases, examine: Examine) -> None:
    assert examine(databases()) == {}


def test_a_version_table_of_another_tool_is_silent(databases: Databases, examine: Examine) -> None:
    assert examine(databases(20, "CREATE SCHEMA rails; CREATE TABLE rails.schema_migrations (version varchar)")) == {}


def test_a_role_that_does_not_migrate_may_have_any_search_path(databases: Databases, examine: Examine) -> None:
    statements = """
        CREATE ROLE {database}_app LOGIN;
        ALTER ROLE {database}_app SET search_path = codechunking;
        GRANT USAGE ON SCHEMA codechunking TO {database}_app;
        GRANT ALL ON ALL TABLES IN SCHEMA codechunking TO {database}_app;
        GRANT SELECT ON public.schema_migrations TO {database}_app;
    """
    place = databases(20, statements)

    assert examine(place, f"{place.name}_app") == {}


def test_while_a_migrate_is_running_nothing_is_judged(databases: Databases, examine: Examine) -> None:
    place = databases(12, "UPDATE schema_migrations SET dirty = true")

    with psycopg.connect(databases.server.connection_string(place.name)) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (lock_id(place.name, "public"),))
        assert examine(place) == {}
    assert list(examine(place)) == ["database.migrations-dirty"]


def test_a_lock_of_somebody_else_is_no_migrate(databases: Databases, examine: Examine) -> None:
    place = databases(12)

    with psycopg.connect(databases.server.connection_string(place.name)) as connection:
        connection.execute("SELECT pg_advisory_lock(12345)")
        assert list(examine(place)) == ["database.migrations-behind"]


# --- behind --------------------------------------------------------------------------------------------------------


@pytest.mark.no_cover
@pytest.mark.parametrize("version", range(20))
def test_behind_by_any_number(databases: Databases, examine: Examine, version: int) -> None:
    place = databases(version)
    findings = examine(place)

    finding = only(findings, "database.migrations-behind" if version else "database.never-migrated")
    if version:
        assert finding.message.startswith(f"the database is at migration {version} of 20: ")
    obey(databases, place, finding)
    assert examine(place) == {}


def test_from_eight_a_plain_up_fails(databases: Databases, examine: Examine) -> None:
    place = databases(8)

    with pytest.raises(psycopg.errors.UndefinedTable, match="batch_job_progress"):
        migrate(databases.server.connection_string(place.name), start=8)
    finding = only(examine(place), "database.migrations-dirty")
    assert "none of its objects is there" in finding.message
    obey(databases, place, finding)
    assert examine(place) == {}


def test_trigrams_where_migration_five_does_not_look(databases: Databases, examine: Examine) -> None:
    place = databases(4, "CREATE SCHEMA extras; CREATE EXTENSION pg_trgm SCHEMA extras")

    finding = only(examine(place), "database.migrations-behind")
    assert "pg_trgm in schema extras" in finding.evidence[0].text
    with pytest.raises(psycopg.errors.UndefinedObject, match="gin_trgm_ops"):
        migrate(databases.server.connection_string(place.name), start=4)
    obey(databases, place, only(examine(place), "database.migrations-dirty"))
    assert examine(place) == {}


def test_a_number_below_what_is_there(databases: Databases, examine: Examine) -> None:
    place = databases(20, "UPDATE schema_migrations SET version = 11")

    finding = only(examine(place), "database.migrations-behind")
    assert finding.message == "the version table says 11 of 20, but the objects are those of migration 20"
    obey(databases, place, finding)
    assert examine(place) == {}


# --- dirty ---------------------------------------------------------------------------------------------------------


def test_addresses_that_become_equal(databases: Databases, examine: Examine) -> None:
    rows = "('http://h/a.git', 'a'), ('https://H/a', 'a')"
    place = databases(1, f"INSERT INTO codechunking.repositories (url, name) VALUES {rows}")
    with pytest.raises(psycopg.errors.UniqueViolation):
        migrate(databases.server.connection_string(place.name), start=1)

    finding = only(examine(place), "database.migrations-dirty")
    assert finding.fix is not None
    with psycopg.connect(databases.server.connection_string(place.name)) as connection:
        assert len(connection.execute(finding.fix.commands[0].encode()).fetchall()) == 1
    databases.run(place.name, "DELETE FROM codechunking.repositories WHERE url LIKE 'http:%'")
    obey(databases, place, finding)
    assert examine(place) == {}


@pytest.mark.no_cover
@pytest.mark.parametrize("version", range(1, 21))
def test_a_file_that_failed_on_the_way_up(databases: Databases, examine: Examine, version: int) -> None:
    """The row says its number, the objects are those of the one before."""
    place = databases(
        version - 1, f"TRUNCATE schema_migrations; INSERT INTO schema_migrations VALUES ({version}, true)"
    )

    finding = only(examine(place), "database.migrations-dirty")
    obey(databases, place, finding)
    assert examine(place) == {}


@pytest.mark.no_cover
@pytest.mark.parametrize("version", range(1, 20))
def test_a_file_that_failed_on_the_way_down(databases: Databases, examine: Examine, version: int) -> None:
    """The row says the target, the objects are still those of the one above."""
    place = databases(version + 1, f"UPDATE schema_migrations SET version = {version}, dirty = true")

    finding = only(examine(place), "database.migrations-dirty")
    obey(databases, place, finding)
    assert examine(place) == {}


def test_a_file_that_had_been_done(databases: Databases, examine: Examine) -> None:
    place = databases(16, "UPDATE schema_migrations SET dirty = true")

    finding = only(examine(place), "database.migrations-dirty")
    assert "its objects are there (those of migration 16)" in finding.message
    obey(databases, place, finding)
    assert examine(place) == {}


def test_a_schema_by_the_name_of_the_role(databases: Databases, examine: Examine) -> None:
    place = databases(0, "DROP TABLE schema_migrations; CREATE SCHEMA dev")
    assert "name of the role" in only(examine(place), "database.never-migrated").evidence[0].text
    with pytest.raises(psycopg.errors.UndefinedFunction, match="uuid_generate_v4"):
        migrate(databases.server.connection_string(place.name))

    finding = only(examine(place), "database.migrations-dirty")
    assert "schema dev has the name of the role" in finding.message
    try:
        obey(databases, place, finding)
        assert examine(place) == {}
    finally:
        databases.run(place.name, "ALTER ROLE dev RESET search_path")


# --- the table itself ----------------------------------------------------------------------------------------------


@pytest.mark.no_cover
@pytest.mark.parametrize("version", range(1, 21))
def test_a_restored_dump(databases: Databases, examine: Examine, version: int) -> None:
    place = databases(version, "DROP TABLE schema_migrations")

    finding = only(examine(place), "database.version-table")
    assert f"{version}" in finding.message
    obey(databases, place, finding)
    assert examine(place) == {}


def test_a_search_path_that_was_set(databases: Databases, examine: Examine) -> None:
    """First it is seen coming; then the second table is made and fails."""
    place = databases(20, "ALTER DATABASE {database} SET search_path = codechunking, public")
    coming = only(examine(place), "database.version-table")
    assert "migrate would look in schema codechunking and start again from 1" in coming.message

    with pytest.raises(psycopg.errors.DuplicateTable):
        migrate(databases.server.connection_string(place.name))
    finding = only(examine(place), "database.version-table")
    assert "codechunking.schema_migrations (1, dirty) and public.schema_migrations (20)" in finding.message
    obey(databases, place, finding)
    assert examine(place) == {}


def test_two_rows(databases: Databases, examine: Examine) -> None:
    place = databases(20, "INSERT INTO schema_migrations VALUES (18, false)")

    finding = only(examine(place), "database.version-table")
    obey(databases, place, finding)
    assert examine(place) == {}


def test_a_role_that_may_not_read_the_version(databases: Databases, examine: Examine) -> None:
    statements = """
        CREATE ROLE {database}_app LOGIN;
        GRANT USAGE ON SCHEMA codechunking TO {database}_app;
        GRANT ALL ON ALL TABLES IN SCHEMA codechunking TO {database}_app;
    """
    current, old = databases(20, statements), databases(15, statements)

    assert examine(current, f"{current.name}_app") == {}
    finding = only(examine(old, f"{old.name}_app"), "database.schema-drift")
    assert finding.message == "the objects are those of migration 15, but the program needs those of 20"


# --- managed servers -----------------------------------------------------------------------------------------------


def test_a_role_that_may_not_create_pgvector(databases: Databases, examine: Examine) -> None:
    place = databases(0, "DROP TABLE schema_migrations; CREATE ROLE {database}_owner LOGIN")
    owner = f"{place.name}_owner"

    finding = only(examine(place, owner), "database.never-migrated")
    assert finding.fix is not None
    assert "CREATE EXTENSION vector SCHEMA codechunking;" in finding.fix.commands
    statements = [each for each in finding.fix.commands if each.startswith("CREATE")]
    databases.run(place.name, f"ALTER DATABASE {place.name} OWNER TO {owner}; " + " ".join(statements))
    migrate(databases.server.connection_string(place.name, user=owner))
    assert examine(place, owner) == {}


# --- objects -------------------------------------------------------------------------------------------------------

DAMAGE = {
    "a partition is gone": "DROP TABLE codechunking.embeddings_partitioned_2",
    "a partition is detached": """
        ALTER TABLE codechunking.embeddings_partitioned DETACH PARTITION codechunking.embeddings_partitioned_1""",
    "the last table": "DROP TABLE codechunking.connectors",
    "a table on which others depend": "DROP TABLE codechunking.code_chunks CASCADE",
    "the divided table": "DROP TABLE codechunking.embeddings_partitioned CASCADE",
    "a column": "ALTER TABLE codechunking.batch_job_progress DROP COLUMN gemini_batch_job_id",
    "a column that must be filled": "ALTER TABLE codechunking.repositories DROP COLUMN normalized_url",
    "a type": "ALTER TABLE codechunking.indexing_jobs ALTER COLUMN error_message TYPE varchar(9)",
    "the length of vectors": """
        DROP INDEX codechunking.idx_embeddings_vector;
        ALTER TABLE codechunking.embeddings ALTER COLUMN embedding TYPE codechunking.vector(3)""",
    "a status": """
        ALTER TABLE codechunking.batch_job_progress DROP CONSTRAINT chk_status_valid,
            ADD CONSTRAINT chk_status_valid CHECK (status IN ('pending', 'completed', 'failed'))""",
    "an index": "DROP INDEX codechunking.idx_code_chunks_repo_path_lines_active",
    "an index of a partition": "DROP INDEX codechunking.idx_embeddings_partitioned_3_vector",
    "an invalid index": """
        UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'codechunking.idx_repositories_url'::regclass""",
    "an index of another method": """
        DROP INDEX codechunking.idx_embeddings_vector;
        CREATE INDEX idx_embeddings_vector ON codechunking.embeddings
            USING ivfflat (embedding codechunking.vector_cosine_ops)""",
    "a foreign key": "ALTER TABLE codechunking.indexing_jobs DROP CONSTRAINT indexing_jobs_repository_id_fkey",
    "a default": "ALTER TABLE codechunking.repositories ALTER COLUMN status DROP DEFAULT",
    "a rule": "ALTER TABLE codechunking.repositories ALTER COLUMN zoekt_shard_count DROP NOT NULL",
    "a function and its triggers": "DROP FUNCTION codechunking.update_updated_at_column() CASCADE",
    "a trigger that is off": "ALTER TABLE codechunking.connectors DISABLE TRIGGER update_connectors_updated_at",
    "the monitoring": "DROP FUNCTION codechunking.get_embeddings_partition_stats() CASCADE",
    "everything": "DROP SCHEMA codechunking CASCADE",
}


@pytest.mark.parametrize("statements", [pytest.param(text, id=name) for name, text in DAMAGE.items()])
def test_what_is_damaged_is_repaired_by_what_is_shown(databases: Databases, examine: Examine, statements: str) -> None:
    place = databases(20, statements)
    findings = examine(place)

    assert list(findings) == ["database.schema-drift"]
    assert len(findings["database.schema-drift"]) == 1
    for finding in findings["database.schema-drift"]:
        obey(databases, place, finding)
    assert examine(place) == {}


@pytest.mark.parametrize("name", ["vector", '"uuid-ossp"', "pg_trgm"])
def test_an_extension_that_was_dropped(databases: Databases, examine: Examine, name: str) -> None:
    place = databases(20, f"DROP EXTENSION {name} CASCADE")

    finding = only(examine(place), "database.extension-missing")
    obey(databases, place, finding)
    assert examine(place) == {}


def test_vector_in_public(databases: Databases, examine: Examine) -> None:
    """As a provider leaves it before the first migration, which then passes over it."""
    place = databases(0, "CREATE EXTENSION vector SCHEMA public")
    migrate(databases.server.connection_string(place.name))

    finding = only(examine(place), "database.vector-schema")
    obey(databases, place, finding)
    assert examine(place) == {}


def test_vector_in_public_is_seen_coming(databases: Databases, examine: Examine) -> None:
    place = databases(0, "CREATE EXTENSION vector SCHEMA public")

    obey(databases, place, only(examine(place), "database.never-migrated"))
    assert examine(place) == {}


def test_an_older_major_says_which_files_it_lacks(older_databases: Databases, examine: Examine) -> None:
    place = older_databases()
    fresh = older_databases(0)

    assert list(examine(place)) == ["database.extension-missing"]
    evidence = only(examine(fresh), "database.never-migrated").evidence
    assert [each.text for each in evidence] == ["migration 5 needs pg_trgm, and this server does not have its files"]


def test_hostile_names(databases: Databases, examine: Examine) -> None:
    """Nothing in the database's names can break a query."""
    name = 'a"b%s; DROP TABLE x'
    quoted = '"' + name.replace('"', '""') + '"'
    place = databases(
        20, f"CREATE SCHEMA {quoted}; CREATE TABLE {quoted}.schema_migrations (version bigint, dirty bool)"
    )

    assert "2 version tables" in only(examine(place), "database.version-table").message


def test_a_server_that_dies_is_the_finding(examine: Examine) -> None:
    with Postgres.start() as server:
        with psycopg.connect(server.connection_string(), autocommit=True) as connection:
            connection.execute("CREATE DATABASE codechunking")
        place = Placement(server.port, "codechunking")
        server.kill()

        assert list(examine(place)) == ["database.unreachable"]
