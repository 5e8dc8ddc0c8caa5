"""Jobs and repositories that wait, run, failed, or point nowhere."""

from __future__ import annotations

from dataclasses import replace

import pytest

from checks.jobs.failed import failed
from checks.jobs.never_picked_up import PATIENCE, never_picked_up
from checks.jobs.repository_gone import repository_gone
from checks.jobs.row_unreadable import row_unreadable
from checks.jobs.stuck import stuck
from checks.jobs.url_blocked import url_blocked
from doctor.errors import SourceError
from doctor.facts import DeletedRow, JobRow, JobRows, Logs, RepositoryRow, UnreadableRow
from doctor.model import Finding, OutcomeKind, Severity
from doctor.needs import IfObserved
from doctor.registry import installed
from doctor.settlement import Relations, settle
from tests.checks.log_lines import NO_TABLE, Line, line, read
from tests.conftest import Resolved

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0

ONE = RepositoryRow("id-1", "one", "https://example.com/one.git", status="pending", age=MINUTE)
UNNAMED = RepositoryRow("id-3", "", "https://example.com/three.git", status="pending", age=MINUTE)
TWO = RepositoryRow("id-2", "two", "https://user:t0ken@example.com/two.git", status="pending", age=MINUTE)


def job(status: str, age: float, repository: RepositoryRow | None = ONE, **more: object) -> JobRow:
    return JobRow("job-1", status, age, repository=repository, **more)  # type: ignore[arg-type]


def rows(*unfinished: JobRow, repositories: tuple[RepositoryRow, ...] = (), **more: object) -> JobRows:
    return JobRows(unfinished, len(unfinished), repositories=repositories, **more)  # type: ignore[arg-type]


def repository(status: str, age: float, **more: object) -> RepositoryRow:
    return replace(ONE, status=status, age=age, **more)  # type: ignore[arg-type]


# --- never picked up -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "jobs",
    [
        rows(),
        rows(job("pending", PATIENCE)),
        rows(repositories=(repository("pending", PATIENCE),)),
        rows(job("pending", DAY, completed_since=True)),  # a worker that does not write the table
        rows(job("running", 20 * MINUTE), job("pending", HOUR)),  # busy
        rows(job("pending", HOUR, None, repository_id="gone")),  # has a check of its own
        rows(repositories=(repository("pending", MINUTE),)),
        rows(repositories=(repository("pending", HOUR, has_job=True),)),
        rows(repositories=(repository("cloning", HOUR),)),
        rows(job("running", MINUTE), repositories=(repository("pending", HOUR),)),
    ],
)
def test_nothing_waits_too_long(resolved: Resolved, jobs: JobRows) -> None:
    assert never_picked_up(resolved(), jobs) == ()


@pytest.mark.parametrize(
    ("jobs", "words"),
    [
        (rows(job("pending", 6 * MINUTE)), "1 job of one pending for up to 6 minutes"),
        (rows(job("pending", 25 * HOUR)), "lost for certain"),
        (rows(job("running", MINUTE), job("pending", 25 * HOUR)), "1 job of one pending for up to 1 day"),
        (rows(job("running", 35 * MINUTE), job("pending", HOUR)), "1 job of one"),  # that one is not busy but dead
        (rows(job("pending", DAY, UNNAMED)), "1 job of id-3 pending for up to 1 day"),
        (rows(*(job("pending", HOUR, each) for each in (ONE, TWO, UNNAMED))), "of one, two, id-3 pending"),
        (rows(job("pending", HOUR), job("pending", HOUR, TWO)), "2 jobs of one, two"),
        (rows(repositories=(repository("pending", HOUR),)), "one pending for up to 1 hour, without a job"),
    ],
)
def test_what_waits_for_ever(resolved: Resolved, jobs: JobRows, words: str) -> None:
    (finding,) = never_picked_up(resolved(), jobs)

    assert words in finding.message
    assert ("lost for certain" in finding.message) is any(each.age > DAY for each in jobs.unfinished)
    assert finding.severity is Severity.WARNING
    assert finding.fix is not None
    assert finding.fix.commands[0].startswith("curl -X POST http://localhost:8080/repositories ")


def test_what_is_submitted_again_has_no_token_in_its_address(resolved: Resolved) -> None:
    (finding,) = never_picked_up(resolved("api: {host: 10.0.0.7, port: 8090}"), rows(job("pending", HOUR, TWO)))

    assert finding.fix is not None
    assert finding.fix.commands == (
        "curl -X POST http://10.0.0.7:8090/repositories -H 'Content-Type: application/json' "
        '-d \'{"url":"https://example.com/two.git"}\'',
    )
    assert "t0ken" not in repr(finding)


# --- stuck ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "jobs"),
    [
        ("", rows(job("running", 35 * MINUTE))),  # the built-in 30 minutes and 5 more
        ("", rows(job("pending", DAY))),
        ("", rows(job("running", DAY, completed_since=True))),
        ("", rows(job("running", DAY, None))),
        ("worker: {job_timeout: 60m}", rows(job("running", 39 * MINUTE))),  # cut to 35 minutes
        ("", rows(repositories=(repository("cloning", 35 * MINUTE),))),
        ("", rows(repositories=(repository("processing", DAY, runs=True),))),
        ("", rows(repositories=(repository("pending", DAY),))),
    ],
)
def test_nothing_is_stuck(resolved: Resolved, text: str, jobs: JobRows) -> None:
    assert stuck(resolved(text), jobs) == ()


@pytest.mark.parametrize(
    ("text", "jobs", "words"),
    [
        (
            "",
            rows(job("running", 36 * MINUTE)),
            "1 job of one running for up to 36 minutes; a job gets 35 minutes at",
        ),
        ("worker: {job_timeout: 60m}", rows(job("running", 41 * MINUTE)), "a job gets 40 minutes at most"),
        ("worker: {job_timeout: 1m}", rows(job("running", 7 * MINUTE)), "a job gets 6 minutes at most"),
        ("", rows(repositories=(repository("processing", DAY),)), "one processing for up to 1 day, and no job runs"),
    ],
)
def test_what_is_stuck(resolved: Resolved, text: str, jobs: JobRows, words: str) -> None:
    (finding,) = stuck(resolved(text), jobs)

    assert words in finding.message


def test_the_repair_of_a_stuck_job_names_it(resolved: Resolved) -> None:
    (finding,) = stuck(resolved(), rows(job("running", DAY)))

    assert finding.fix is not None
    assert "WHERE id IN ('job-1');" in finding.fix.commands[0]


# --- failed --------------------------------------------------------------------------------------------------------


def failures(*errors: str | None) -> JobRows:
    return JobRows(failed=tuple(job("failed", HOUR, error=error) for error in errors))


def test_nothing_failed(resolved: Resolved) -> None:
    assert failed(resolved(), JobRows()) == ()


@pytest.mark.parametrize(
    ("errors", "groups"),
    [
        (["no chunks provided for processing"] * 3, ["no-chunks"]),
        (
            ["batch embedding service not configured", "no chunks provided for processing"],
            ["batch-service-nil", "no-chunks"],
        ),
        ([None, "", "  "], ["other"]),
        (["chunk 17 went wrong", "chunk 4 went wrong"], ["other"]),
        (["something new", "something else"], ["other", "other"]),
        # the specific cause inside a wrapper
        (["failed to clone repository: Could not resolve host: example.com"], ["git-dns"]),
        (["failed to clone repository: of some kind"], ["clone-failed"]),
    ],
)
def test_failures_are_grouped_by_their_cause(resolved: Resolved, errors: list[str | None], groups: list[str]) -> None:
    found = failed(resolved(), failures(*errors))

    causes = [each.text.partition(":")[0] for finding in found for each in finding.evidence if each.kind == "cause"]
    assert causes == groups


def test_a_long_error_is_cut(resolved: Resolved) -> None:
    (finding,) = failed(resolved(), failures("xxx " * 500))

    assert finding.message.startswith("1 job of one failed, last 1 hour ago: xxx")
    assert max(len(each.text) for each in finding.evidence) <= 400
    assert len(finding.message) < 400


def test_a_failure_that_the_configuration_explains_is_evidence_of_that(resolved: Resolved) -> None:
    registry = installed()
    relations = Relations(registry)
    place = resolved().where("gemini.batch.enabled")
    off = Finding("off", at=place, severity=Severity.ERROR)
    found = failed(resolved(), failures("batch embedding service not configured"))
    from doctor.model import Outcome

    outcomes, _ = settle(
        relations,
        {
            "config.batch-client-off": Outcome(OutcomeKind.FOUND, (off,)),
            "jobs.failed": Outcome(OutcomeKind.FOUND, found),
        },
    )

    assert outcomes["jobs.failed"].kind is OutcomeKind.BLOCKED
    assert any("jobs.failed" in each.text for each in outcomes["config.batch-client-off"].findings[0].evidence)


def test_a_failure_of_another_kind_stays_one(resolved: Resolved) -> None:
    from doctor.model import Outcome

    off = Finding("off", at=resolved().where("gemini.batch.enabled"), severity=Severity.ERROR)
    found = failed(resolved(), failures("no chunks provided for processing"))
    outcomes, _ = settle(
        Relations(installed()),
        {
            "config.batch-client-off": Outcome(OutcomeKind.FOUND, (off,)),
            "jobs.failed": Outcome(OutcomeKind.FOUND, found),
        },
    )

    assert outcomes["jobs.failed"].kind is OutcomeKind.FOUND


# --- pointing nowhere, unreadable, deleted -------------------------------------------------------------------------


@pytest.mark.parametrize("jobs", [rows(), rows(job("pending", DAY)), rows(job("running", DAY, TWO))])
def test_jobs_of_living_repositories(jobs: JobRows) -> None:
    assert repository_gone(jobs) == ()


@pytest.mark.parametrize(
    ("jobs", "words"),
    [
        (rows(job("pending", HOUR, None)), "no repository is named"),
        (rows(job("running", HOUR, None, repository_id="gone")), "repository gone is deleted or unknown"),
        (rows(job("pending", HOUR, None), job("pending", HOUR, None)), "2 unfinished jobs"),
    ],
)
def test_jobs_of_no_living_repository(jobs: JobRows, words: str) -> None:
    (finding,) = repository_gone(jobs)

    assert words in finding.message
    assert finding.fix is not None
    assert "status='cancelled'" in finding.fix.commands[0]


def test_rows_that_can_be_read() -> None:
    assert row_unreadable(JobRows()) == ()


@pytest.mark.parametrize(
    ("row", "change"),
    [
        (UnreadableRow("repositories", "x", "status 'indexed'"), "SET status='failed' WHERE id='x'"),
        (UnreadableRow("repositories", "x", "no status"), "SET status='failed' WHERE id='x'"),
        (UnreadableRow("repositories", "x", "no total_files, no total_chunks"), "SET total_files=0, total_chunks=0"),
        (
            UnreadableRow("indexing_jobs", "x", "no chunks_created"),
            "UPDATE codechunking.indexing_jobs SET chunks_created=0",
        ),
    ],
)
def test_rows_that_cannot_be_read(row: UnreadableRow, change: str) -> None:
    (finding,) = row_unreadable(JobRows(unreadable=(row,)))

    assert finding.severity is Severity.ERROR
    assert finding.fix is not None
    assert change in finding.fix.commands[0]


def test_rows_of_both_tables_are_two_findings() -> None:
    both = (UnreadableRow("repositories", "x", "no status"), UnreadableRow("indexing_jobs", "y", "no chunks_created"))

    assert len(row_unreadable(JobRows(unreadable=both))) == 2


UNREAD: IfObserved[Logs] = IfObserved(None, SourceError("not asked"))
DELETED = JobRows(deleted=(DeletedRow("id-1", "shop", "https://example.com", DAY),), deleted_count=1)
TAKEN = "failed to save repository: record already exists"
TRIED = [
    line("api-save-repo-failed", 5, url="https://example.com", error=TAKEN),
    line("api-save-repo-failed", 6, id="id-2", error=TAKEN),
]


@pytest.mark.parametrize("logs", [UNREAD, IfObserved(read(TRIED))])
def test_no_deleted_repository(logs: IfObserved[Logs]) -> None:
    assert url_blocked(JobRows(), logs) == ()


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [line("api-save-repo-failed", 5, id="id-2", error=NO_TABLE)],
        [line("db-findorcreate-failed", 5, error=TAKEN)],  # a chunk
    ],
)
def test_nobody_tried_to_add_its_url(lines: list[Line]) -> None:
    (finding,) = url_blocked(DELETED, IfObserved(read(lines)))

    assert (finding.severity, finding.evidence) == (Severity.NOTE, ())
    assert finding.message.endswith(": shop")


@pytest.mark.parametrize("count", [1, 2])
def test_its_url_could_not_be_added(count: int) -> None:
    (finding,) = url_blocked(DELETED, IfObserved(read(TRIED[:count])))

    assert finding.severity is Severity.WARNING
    assert finding.message.endswith("shop; the log shows that it was tried")
    assert [each.location.line for each in finding.evidence if each.location is not None] == [count]


@pytest.mark.parametrize(("count", "named"), [(12, "name0, name1, name2 and 9 more"), (3, "name0, name1, name2")])
def test_deleted_repositories_are_counted(count: int, named: str) -> None:
    deleted = tuple(DeletedRow(f"id-{n}", f"name{n}", "https://example.com", DAY) for n in range(5))
    (finding,) = url_blocked(JobRows(deleted=deleted, deleted_count=count), UNREAD)

    assert f"{count} deleted repositories" in finding.message
    assert finding.message.endswith(named)
    assert finding.severity is Severity.NOTE
