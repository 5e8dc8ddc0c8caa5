"""What differs from the migrations: one finding for what belongs together, and whether it stops the program."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from checks.database.extension_missing import extension_missing
from checks.database.schema_drift import schema_drift
from checks.database.vector_schema import vector_schema
from doctor.errors import Skipped
from doctor.facts import (
    Extension,
    Habitat,
    Known,
    MigrationFiles,
    Resolution,
    Schema,
    VersionTable,
    Worker,
)
from doctor.model import Finding, Severity
from tests.checks.schemas import EXTENSIONS, NOT_CREATED, at, changed, marked, without
from tests.conftest import Resolved

HOST = Worker(Known.OBSERVED, Habitat.HOST)
FILES = MigrationFiles(numbers=tuple(range(1, 21)))
UNREADABLE = (VersionTable("public", None, "this role may not read it", False),)
E, W = Severity.ERROR, Severity.WARNING

Made = Callable[[], Schema]


@pytest.fixture
def config(resolved: Resolved) -> Resolution:
    return resolved()


def drift(config: Resolution, schema: Schema) -> tuple[Finding, ...]:
    return schema_drift(schema, FILES, config, HOST)


def created(name: str, version: str | None, schema: str | None = "codechunking") -> dict[str, Extension]:
    """The extensions, one of them otherwise."""
    return {**EXTENSIONS, name: Extension(name, version, schema if version else None, "0.9.0")}


# --- drift: silent -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", range(21))
def test_every_version_is_silent_as_it_is(config: Resolution, version: int) -> None:
    assert drift(config, at(version)) == ()


@pytest.mark.parametrize(
    "schema",
    [
        pytest.param(at(20, version_tables=()), id="no version (said elsewhere)"),
        pytest.param(marked(without(at(20), "connectors"), 20, dirty=True), id="dirty (said elsewhere)"),
        pytest.param(at(20, version_tables=UNREADABLE), id="a version that may not be read"),
        pytest.param(dataclasses.replace(at(0), version_tables=UNREADABLE), id="and no tables"),
    ],
)
def test_silent(config: Resolution, schema: Schema) -> None:
    assert drift(config, schema) == ()


def test_a_newer_database_cannot_be_compared(config: Resolution) -> None:
    with pytest.raises(Skipped, match="migration 21"):
        drift(config, marked(at(20), 21))


def test_nothing_is_compared_while_a_migrate_is_running(config: Resolution) -> None:
    with pytest.raises(Skipped, match="a migrate is running"):
        drift(config, dataclasses.replace(at(13), migrating=True))


# --- drift: loud ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("made", "severity", "message"),
    [
        (
            lambda: without(at(20), "embeddings_partitioned_2"),
            E,
            "embeddings_partitioned: partition embeddings_partitioned_2 is missing: vectors of a quarter of the "
            'repositories cannot be stored ("no partition of relation found for row"), and are not searched',
        ),
        (
            lambda: without(at(20), "connectors"),
            E,
            "connectors: table connectors is missing: connectors cannot be listed or synchronised",
        ),
        (
            lambda: without(at(20), "gemini_file_uri"),
            E,
            "batch_job_progress: column gemini_file_uri is missing: statements that name it fail",
        ),
        (
            lambda: changed(at(20), "files_processed", definition="text"),
            E,
            "indexing_jobs: column files_processed is text instead of integer: values cannot be stored in it or read "
            "from it",
        ),
        (
            lambda: changed(at(20), "chk_status_valid", definition="CHECK (x = ANY (ARRAY['pending', 'completed']))"),
            E,
            "batch_job_progress: constraint chk_status_valid does not let in failed, pending_submission, processing, "
            "retry_scheduled: the program's updates to that status fail",
        ),
        (
            lambda: without(at(20), "idx_repositories_status"),
            W,
            "repositories: index idx_repositories_status is missing: queries read whole tables, which is slow when "
            "there are many",
        ),
        (
            lambda: changed(at(20), "idx_repositories_status", valid=False),
            W,
            "repositories: index idx_repositories_status is invalid: it was not built to the end: queries read whole "
            "tables, which is slow when there are many",
        ),
        (
            lambda: without(at(20), "repositories_url_key"),
            W,
            "repositories: constraint repositories_url_key is missing: the same row can get in twice",
        ),
        (
            lambda: without(at(20), "fk_embeddings_partitioned_1_chunk_id"),
            W,
            "embeddings_partitioned: constraint fk_embeddings_partitioned_1_chunk_id is missing: nothing breaks: the "
            "foreign keys of the whole table check the same",
        ),
        (
            lambda: without(at(20), "update_connectors_updated_at"),
            W,
            "connectors: trigger update_connectors_updated_at is missing: updated_at keeps its old value, so that work "
            "looks older than it is",
        ),
        (
            lambda: changed(at(20), "name", definition="text"),
            W,
            None,
        ),
        (
            lambda: changed(at(20), "retry_count", default=None),
            W,
            "batch_job_progress: column retry_count has no default instead of 0: new rows get another value than the "
            "program takes for granted",
        ),
        (
            lambda: without(at(20), "embeddings_partition_monitoring"),
            W,
            "embeddings_partition_monitoring: view embeddings_partition_monitoring is missing: only what shows the "
            "sizes of partitions is affected",
        ),
    ],
)
def test_what_is_said(config: Resolution, made: Made, severity: Severity, message: str | None) -> None:
    findings = drift(config, made())

    assert {each.severity for each in findings} == {severity}
    assert message is None or [each.message for each in findings] == [message]
    assert all(each.fix is not None and each.fix.commands for each in findings)


def test_one_finding_for_one_table(config: Resolution) -> None:
    schema = without(
        at(20), "gemini_batch_job_id", "idx_batch_job_progress_gemini_job_id", "idx_batch_job_progress_status"
    )

    (finding,) = drift(config, schema)
    assert finding.at.name == "codechunking.batch_job_progress"
    assert finding.severity is E


def test_many_differences_are_named_in_part_and_listed(config: Resolution) -> None:
    indexes = [each.name for each in at(20).objects if each.table == "code_chunks" and each.name.startswith("idx_")]

    (finding,) = drift(config, without(at(20), *indexes))
    assert f", and {len(indexes) - 3} more: " in finding.message
    assert len(finding.evidence) == len(indexes) - 3


def test_what_cannot_be_there_goes_with_what_is_gone(config: Resolution) -> None:
    """Foreign keys with their table, triggers with their function, the view with its function."""
    stamps = [each.name for each in at(20).objects if each.name.endswith("_updated_at")]
    keys = [each.name for each in at(20).objects if "REFERENCES code_chunks" in each.definition]
    schema = without(at(20), "code_chunks", *keys, "update_updated_at_column", *stamps)

    named = {finding.at.name for finding in drift(config, schema)}
    assert named == {"codechunking.code_chunks", "codechunking.update_updated_at_column"}


def test_a_version_that_was_forced_is_one_finding(config: Resolution) -> None:
    (finding,) = drift(config, marked(at(15), 20))

    assert finding.severity is E
    assert finding.message == "the objects are those of migration 15, but the version table says 20"
    assert finding.fix is not None
    assert finding.fix.commands[0].startswith("go run main.go migrate force 15 ")


def test_an_index_of_the_last_migration_was_dropped_rather_than_forced(config: Resolution) -> None:
    (finding,) = drift(config, marked(at(19), 20))

    assert finding.severity is W
    assert "idx_code_chunks_repo_path_lines_active is missing" in finding.message


# --- extensions ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        pytest.param(at(20), "", id="all three"),
        pytest.param(at(0), "", id="not yet"),
        pytest.param(at(4, extensions=created("pg_trgm", None)), "", id="pg_trgm before 5"),
        pytest.param(
            at(20, extensions=created("vector", "0.7.4")), 'search: {iterative_scan_mode: "off"}', id="0.7 and off"
        ),
        pytest.param(
            at(20, extensions=created("vector", "0.7.4")), "search: {iterative_scan_mode: off}", id="0.7 and a bare off"
        ),
        pytest.param(at(20, extensions=created("vector", "0.10.1")), "", id="0.10 is above 0.8"),
        pytest.param(at(20, extensions=created("pg_trgm", "1.6", "public")), "", id="pg_trgm elsewhere"),
        pytest.param(marked(without(at(0), "x"), 20), "", id="a version that lies, of an empty database"),
    ],
)
def test_extensions_that_will_do(resolved: Resolved, schema: Schema, text: str) -> None:
    assert extension_missing(schema, resolved(text)) == ()


@pytest.mark.parametrize(
    ("extensions", "severity", "message"),
    [
        (created("vector", None), E, "the extension vector is not created: no vector can be stored or searched"),
        (created("uuid-ossp", None), E, "the extension uuid-ossp is not created: new rows get no id"),
        (
            created("pg_trgm", None),
            E,
            "the extension pg_trgm is not created: filtering by file path reads every vector",
        ),
        (
            {**EXTENSIONS, "vector": Extension("vector")},
            E,
            "the extension vector is not created, and this server does not have its files: no vector can be stored or "
            "searched",
        ),
        (created("vector", "0.4.4"), E, "pgvector is 0.4.4: HNSW indexes need 0.5"),
        (
            created("vector", "0.7.4"),
            W,
            "pgvector is 0.7.4: search.iterative_scan_mode relaxed_order needs 0.8, so searches may find too little",
        ),
    ],
)
def test_extensions_that_will_not(
    config: Resolution, extensions: dict[str, Extension], severity: Severity, message: str
) -> None:
    (finding,) = extension_missing(at(20, extensions=extensions), config)

    assert (finding.severity, finding.message) == (severity, message)


def test_an_extension_that_was_dropped_explains_what_went_with_it(config: Resolution) -> None:
    schema = without(at(20, extensions=created("pg_trgm", None)), "idx_embeddings_partitioned_file_path_trgm")

    (explaining,) = extension_missing(schema, config)
    (explained,) = drift(config, schema)
    matches = extension_missing.explains[0].when
    assert matches is not None
    assert matches(explaining, explained)
    assert explaining.fix is not None
    assert len(explaining.fix.commands) == 2
    (other,) = drift(config, without(at(20), "idx_repositories_url"))
    assert not matches(explaining, other)


# --- where pgvector lies -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "extensions",
    [
        pytest.param(EXTENSIONS, id="where the program looks"),
        pytest.param(NOT_CREATED, id="nowhere (said elsewhere)"),
        pytest.param(created("pg_trgm", "1.6", "public"), id="pg_trgm may lie anywhere"),
        pytest.param(created("uuid-ossp", "1.1", "extras"), id="and uuid-ossp"),
    ],
)
def test_vector_where_it_should_be(extensions: dict[str, Extension]) -> None:
    assert vector_schema(at(20, extensions=extensions)) == ()


def test_vector_elsewhere() -> None:
    (finding,) = vector_schema(at(20, extensions=created("vector", "0.8.0", "public")))

    assert "in schema public" in finding.message
    assert finding.fix is not None
    assert finding.fix.commands == ("ALTER EXTENSION vector SET SCHEMA codechunking;",)
