"""The catalogue of what each migration makes, and telling from objects how far a schema has come."""

from __future__ import annotations

import dataclasses

import pytest

from doctor import migrations
from doctor.facts import Extension, ObjectKind, Schema, SchemaObject
from doctor.migrations import How
from tests import schema_catalogue
from tests.checks.schemas import EXTENSIONS, at, changed, without
from tests.servers import Databases

VERSIONS = range(21)
# What migrations change no objects.
ALIKE = {10: (10, 11), 11: (10, 11), 12: (12, 13), 13: (12, 13), 18: (18, 19), 19: (18, 19)}


def found(schema: Schema, version: int = 20) -> list[tuple[str, How]]:
    return [(each.part.object.name, each.how) for each in migrations.differences(schema, version)]


# --- the catalogue -------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_file_is_what_a_server_says() -> None:
    assert schema_catalogue.FILE.read_text(encoding="utf-8") == schema_catalogue.build(), "make schema"


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_is_as_catalogued(databases: Databases, version: int) -> None:
    schema = schema_catalogue.observe(databases.server, databases(version).name)

    assert found(schema, version) == []
    assert migrations.fit(schema) == migrations.Fit(ALIKE.get(version, (version,)), 0)


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
def test_an_older_major_differs_in_the_extension_it_lacks_alone(older_databases: Databases, version: int) -> None:
    schema = schema_catalogue.observe(older_databases.server, older_databases(version).name)

    lacking = [("idx_embeddings_partitioned_file_path_trgm", How.MISSING)] if version >= 5 else []
    assert found(schema, version) == lacking
    assert migrations.fit(schema) == migrations.Fit(ALIKE.get(version, (version,)), 0)


def test_every_relation_that_is_looked_for_is_in_the_catalogue() -> None:
    parts = migrations.catalogue().parts
    kinds = (ObjectKind.TABLE, ObjectKind.PARTITION, ObjectKind.VIEW)

    assert {part.object.name for part in parts if part.object.kind in kinds} == set(migrations.RELATIONS)
    assert {part.object.name for part in parts if part.object.kind is ObjectKind.FUNCTION} == set(migrations.FUNCTIONS)


# --- differences ---------------------------------------------------------------------------------------------------

EXTRA = SchemaObject(ObjectKind.COLUMN, "repositories", "extra", "text")


@pytest.mark.parametrize(
    "schema",
    [
        pytest.param(lambda: at(20), id="as it should be"),
        pytest.param(lambda: at(20, objects=(*at(20).objects, EXTRA)), id="a further column"),
        pytest.param(lambda: changed(at(20), "idx_repositories_url", name="mine"), id="another name of an index"),
        pytest.param(lambda: changed(at(20), "repositories_url_key", name="mine"), id="another name of a constraint"),
        pytest.param(
            lambda: changed(at(20), "idx_repositories_url", definition="CREATE INDEX x ON t USING btree (url) WHERE a"),
            id="an index that is limited otherwise",
        ),
        pytest.param(
            lambda: changed(at(20), "chk_batch_number_positive", definition="CHECK ((batch_number >= 1))"),
            id="a check put otherwise",
        ),
        pytest.param(lambda: changed(at(20), "embedding", definition="public.vector(768)"), id="a type lies elsewhere"),
        pytest.param(
            lambda: changed(at(20), "id", default="public.uuid_generate_v4()"), id="a function lies elsewhere"
        ),
    ],
)
def test_what_makes_no_difference(schema: object) -> None:
    assert found(schema()) == []  # type: ignore[operator]


def test_partitions_of_another_make_cover_the_rows_as_well() -> None:
    """Eight of them, by other names."""
    schema = without(at(20), *(f"embeddings_partitioned_{number}" for number in range(4)))
    eight = tuple(
        SchemaObject(
            ObjectKind.PARTITION, "embeddings_partitioned", f"p{rest}", f"FOR VALUES WITH (modulus 8, remainder {rest})"
        )
        for rest in range(8)
    )

    assert found(dataclasses.replace(schema, objects=(*schema.objects, *eight))) == []
    assert found(dataclasses.replace(schema, objects=(*schema.objects, *eight[1:]))) == [
        ("embeddings_partitioned_0", How.MISSING)
    ]


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (lambda: without(at(20), "connectors"), ("connectors", How.MISSING)),
        (lambda: without(at(20), "embeddings_partitioned_2"), ("embeddings_partitioned_2", How.MISSING)),
        (lambda: without(at(20), "gemini_file_uri"), ("gemini_file_uri", How.MISSING)),
        (lambda: changed(at(20), "files_processed", definition="text"), ("files_processed", How.TYPE)),
        (lambda: changed(at(20), "base_url", definition="text"), ("base_url", How.WIDER)),
        (lambda: changed(at(20), "base_url", definition="character varying(10)"), ("base_url", How.TYPE)),
        (lambda: changed(at(20), "total_batches", definition="bigint"), ("total_batches", How.WIDER)),
        (lambda: changed(at(20), "total_batches", nullable=True), ("total_batches", How.NULLABLE)),
        (lambda: changed(at(20), "gemini_file_uri", nullable=False), ("gemini_file_uri", How.NOT_NULL)),
        (lambda: changed(at(20), "retry_count", default=None), ("retry_count", How.DEFAULT)),
        (lambda: changed(at(20), "idx_repositories_url", valid=False), ("idx_repositories_url", How.INVALID)),
        (
            lambda: changed(at(20), "update_connectors_updated_at", valid=False),
            ("update_connectors_updated_at", How.DISABLED),
        ),
        (
            lambda: changed(at(20), "chk_status_valid", definition="CHECK (status = ANY (ARRAY['pending'::text]))"),
            ("chk_status_valid", How.VALUES),
        ),
        (
            lambda: changed(at(20), "indexing_jobs_repository_id_fkey", definition="FOREIGN KEY (repository_id)"),
            ("indexing_jobs_repository_id_fkey", How.DEFINITION),
        ),
        (
            lambda: changed(
                at(20), "idx_embeddings_vector", definition="CREATE INDEX x ON t USING ivfflat (embedding)"
            ),
            ("idx_embeddings_vector", How.DEFINITION),
        ),
        (lambda: changed(at(20), "embeddings_partitioned", definition=""), ("embeddings_partitioned", How.KIND)),
    ],
)
def test_what_makes_one(schema: object, expected: tuple[str, How]) -> None:
    assert found(schema()) == [expected]  # type: ignore[operator]


# --- the version that fits -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", VERSIONS)
def test_a_missing_index_does_not_make_it_another_version(version: int) -> None:
    schema = without(at(version), "idx_repositories_status")

    assert migrations.fit(schema).versions == ALIKE.get(version, (version,))


def test_a_missing_table_does_not_make_it_an_older_version() -> None:
    assert migrations.fit(without(at(20), "connectors")) == migrations.Fit((20,), 1)


def test_what_went_with_an_extension_says_nothing_about_the_version() -> None:
    columns = without(at(20), "embedding")
    vectors = [each.name for each in columns.objects if "hnsw" in each.definition]
    schema = without(columns, *vectors)

    assert migrations.fit(dataclasses.replace(schema, extensions={})).exact


def test_nothing_at_all_is_before_the_first() -> None:
    assert migrations.fit(Schema(exists=False)) == migrations.Fit((0,), 0)


# --- statements ----------------------------------------------------------------------------------------------------


def test_statements_name_extensions_where_they_are() -> None:
    part = next(each for each in migrations.expected(20) if each.object.name == "idx_embeddings_vector")

    moved = at(20, extensions={**EXTENSIONS, "vector": Extension("vector", "0.8.0", "Other")})
    assert "codechunking.vector_cosine_ops" in migrations.statement(part, at(20))
    assert '"Other".vector_cosine_ops' in migrations.statement(part, moved)


def test_a_partition_comes_with_its_own_indexes_and_keys() -> None:
    part = next(each for each in migrations.expected(20) if each.object.name == "embeddings_partitioned_2")

    statements = migrations.rebuild(part, at(20), 20)

    assert statements[0].startswith("CREATE TABLE codechunking.embeddings_partitioned_2 PARTITION OF")
    assert len(statements) == 7
