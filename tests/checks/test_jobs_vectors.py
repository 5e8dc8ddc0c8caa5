"""Vectors that are missing, made up, mixed or in the wrong place; indexes that failed; connectors."""

from __future__ import annotations

import pytest

from checks.jobs.completed_without_vectors import completed_without_vectors
from checks.jobs.connector_idle import FIRST_SYNC, SYNC_LIMIT, connector_idle
from checks.jobs.embedding_failed import embedding_failed
from checks.jobs.mixed_models import mixed_models
from checks.jobs.test_vectors import test_vectors as made_up_vectors
from checks.jobs.vectors_not_searched import vectors_not_searched
from checks.jobs.zoekt_failed import zoekt_failed
from doctor.errors import Skipped
from doctor.facts import (
    BaseConfig,
    ConnectorRow,
    ConnectorRows,
    Entry,
    JobRows,
    RepositoryRow,
    RepositoryVectors,
    VectorRows,
)
from doctor.model import Finding, Location, Outcome, OutcomeKind, Place, Severity
from doctor.registry import installed
from doctor.settlement import Relations, settle
from tests.conftest import Resolved

ONE = RepositoryRow("id-1", "one", "https://example.com/one.git", status="completed")
TWO = RepositoryRow("id-2", "two", "https://example.com/two.git", status="completed")
MODEL = "gemini-embedding-001"
ZOEKT = "zoekt: {concurrent_indexing: {enabled: true}}"


def indexed(**statuses: object) -> JobRows:
    return JobRows(indexed=(RepositoryRow("id-1", "one", "https://example.com/one.git", **statuses),))  # type: ignore[arg-type]


# --- indexes that failed -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "jobs", [JobRows(), indexed(zoekt_status="failed"), indexed(embedding_status="failed", has_open_batch=True)]
)
def test_embeddings_that_did_not_fail(resolved: Resolved, jobs: JobRows) -> None:
    assert embedding_failed(resolved(), jobs) == ()


def test_embeddings_that_failed(resolved: Resolved) -> None:
    (finding,) = embedding_failed(resolved(), indexed(embedding_status="failed"))

    assert finding.message == "the embeddings of 1 completed repository failed: one"


@pytest.mark.parametrize("jobs", [JobRows(), indexed(embedding_status="failed")])
def test_text_indexes_that_did_not_fail(resolved: Resolved, jobs: JobRows) -> None:
    assert zoekt_failed(resolved(ZOEKT), jobs) == ()


def test_without_text_indexes_there_is_nothing_to_judge(resolved: Resolved) -> None:
    with pytest.raises(Skipped):
        zoekt_failed(resolved(), indexed(zoekt_status="failed"))


def test_text_indexes_that_failed(resolved: Resolved) -> None:
    (finding,) = zoekt_failed(resolved(ZOEKT), indexed(zoekt_status="failed"))

    assert "the text index of 1 completed repository failed: one" in finding.message


# --- what is missing or made up ------------------------------------------------------------------------------------


def test_all_have_vectors(resolved: Resolved) -> None:
    assert completed_without_vectors(resolved(), VectorRows()) == ()
    assert made_up_vectors(resolved(), VectorRows()) == ()


def test_no_vectors(resolved: Resolved) -> None:
    many = tuple(RepositoryRow(f"id-{n}", f"name{n}", "https://example.com/x.git") for n in range(9))
    found = completed_without_vectors(resolved(), VectorRows(bare=many))

    assert [each.message for each in found] == [
        "1 completed repository has chunks but no vectors: name0",
        "1 completed repository has chunks but no vectors: name1",
        "1 completed repository has chunks but no vectors: name2",
        "6 completed repositories have chunks but no vectors: name3, name4, name5 and 3 more",
    ]


def test_made_up_vectors(resolved: Resolved) -> None:
    (finding,) = made_up_vectors(resolved(), VectorRows(made_up=(ONE,)))

    assert finding.fix is not None
    assert finding.fix.commands[0] == (
        "DELETE FROM codechunking.embeddings_partitioned WHERE repository_id IN ('id-1');"
    )


@pytest.mark.parametrize(("about", "left"), [((), ["one", "two"]), (("id-1",), ["two"]), (("id-1", "id-2"), [])])
def test_one_repository_has_one_finding(resolved: Resolved, about: tuple[str, ...], left: list[str]) -> None:
    """Failed batches explain the missing vectors of their own repositories, whatever each failed of."""
    batches = tuple(
        Finding(
            "failed",
            at=Location(Place.DATABASE, name="codechunking.batch_job_progress"),
            related=(Location(Place.DATABASE, name="repository", detail=id),),
            severity=Severity.ERROR,
        )
        for id in about
    )
    outcomes, _ = settle(
        Relations(installed()),
        {
            "batches.failed": Outcome(OutcomeKind.FOUND if about else OutcomeKind.PASSED, batches),
            "jobs.completed-without-vectors": Outcome(
                OutcomeKind.FOUND, completed_without_vectors(resolved(), VectorRows(bare=(ONE, TWO)))
            ),
        },
    )

    kept = outcomes["jobs.completed-without-vectors"].findings
    assert [each.message.rpartition(": ")[2] for each in kept] == left


# --- models --------------------------------------------------------------------------------------------------------


def vectors(*each: tuple[RepositoryRow, str], sampled: int | None = None) -> VectorRows:
    return VectorRows(tuple(RepositoryVectors(repository, model, 10) for repository, model in each), sampled)


@pytest.mark.parametrize(
    "found",
    [
        VectorRows(),
        vectors((ONE, MODEL), (TWO, MODEL)),
        vectors((ONE, MODEL), (TWO, f"models/{MODEL}")),
        vectors((ONE, MODEL), (TWO, MODEL.upper())),
    ],
)
def test_one_model(resolved: Resolved, found: VectorRows) -> None:
    assert mixed_models(resolved(), found) == ()


@pytest.mark.parametrize(
    ("found", "older"),
    [
        (vectors((ONE, MODEL), (TWO, "text-embedding-004")), "two"),
        (vectors((ONE, "text-embedding-004"), (TWO, MODEL)), "one"),
        (vectors((ONE, MODEL), (ONE, "text-embedding-004")), "one"),
    ],
)
def test_two_models(resolved: Resolved, found: VectorRows, older: str) -> None:
    (finding,) = mixed_models(resolved(), found)

    assert finding.fix is not None
    assert finding.fix.summary == f"Submit again what was not embedded with {MODEL}: {older}."


def test_a_sample_is_called_one(resolved: Resolved) -> None:
    (finding,) = mixed_models(resolved(), vectors((ONE, MODEL), (TWO, "other"), sampled=40))

    assert "in a sample of 40 per repository" in finding.message


# --- the wrong place -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("found", [VectorRows(), vectors((ONE, MODEL))])
def test_vectors_where_they_belong(resolved: Resolved, found: VectorRows) -> None:
    assert vectors_not_searched(resolved(), found) == ()


@pytest.mark.parametrize(
    ("found", "severity", "words"),
    [
        (VectorRows(astray=1, astray_in=(ONE,)), Severity.WARNING, "1 vector of one only in the table embeddings"),
        (VectorRows(astray=9, more_astray=True, astray_in=(ONE,)), Severity.WARNING, "at least 9 vectors"),
        (VectorRows((RepositoryVectors(ONE, MODEL, 9, blank=2),)), Severity.NOTE, "2 empty"),
        (VectorRows((RepositoryVectors(ONE, MODEL, 9, 0, 3),)), Severity.NOTE, "3 without language, type or path"),
        (VectorRows((RepositoryVectors(ONE, MODEL, 9, 2, 3),), 40), Severity.NOTE, "path, in a sample of 40"),
    ],
)
def test_vectors_that_are_not_found(resolved: Resolved, found: VectorRows, severity: Severity, words: str) -> None:
    (finding,) = vectors_not_searched(resolved(), found)

    assert finding.severity is severity
    assert words in finding.message
    assert finding.fix is not None
    deleting = any(each.blank for each in found.vectors)
    assert any(each.startswith("DELETE ") for each in finding.fix.commands) is deleting


# --- connectors ----------------------------------------------------------------------------------------------------


def connectors(*each: tuple[str, str, float]) -> ConnectorRows:
    return ConnectorRows(tuple(ConnectorRow("c", "team", kind, status, age) for kind, status, age in each))


@pytest.mark.parametrize(
    "found",
    [
        connectors(),
        connectors(("gitlab", "active", 1e6)),
        connectors(("gitlab", "pending", FIRST_SYNC)),
        connectors(("gitlab", "syncing", SYNC_LIMIT)),
        connectors(("gitlab", "inactive", 1e6), ("gitlab", "active", 1e6)),
        connectors(("gitlab", "inactive", 1e6)),  # taken out on purpose: no other file has it
        ConnectorRows((ConnectorRow("c", "team", "gitlab", "pending", 1e6, synced=True),)),
    ],
)
def test_connectors_that_work(resolved: Resolved, found: ConnectorRows) -> None:
    assert connector_idle(resolved(), BaseConfig(), found) == ()


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (connectors(("gitlab", "error", 60)), "nothing leads back"),
        (connectors(("gitlab", "pending", 3600)), "pending since its creation 1 hour ago"),
        (connectors(("gitlab", "syncing", 3600)), "the API was stopped meanwhile"),
        (connectors(("gitlab_group", "active", 60)), "'gitlab_group' is not known"),
    ],
)
def test_connectors_that_do_not(resolved: Resolved, found: ConnectorRows, words: str) -> None:
    (finding,) = connector_idle(resolved(), BaseConfig(), found)

    assert words in finding.message


def test_connectors_of_another_file(resolved: Resolved) -> None:
    entry = Entry(
        "connectors", [], "", Location.file("configs/config.yaml", 3), Location.file("configs/config.yaml", 3)
    )
    base = BaseConfig("configs/config.yaml", (entry,))
    (finding,) = connector_idle(resolved(), base, connectors(("gitlab", "inactive", 60)))

    assert "configured in configs/config.yaml" in finding.message
