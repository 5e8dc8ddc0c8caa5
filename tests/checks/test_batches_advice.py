"""What the findings on batches say and tell to type, as a golden file: read it when it changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from checks.batches import _causes as causes
from checks.batches._causes import normalised
from checks.batches.bad_job_id import bad_job_id
from checks.batches.download_denied import download_denied
from checks.batches.failed import failed
from checks.batches.job_ended_badly import job_ended_badly
from checks.batches.job_gone import job_gone
from checks.batches.never_selected import never_selected
from checks.batches.not_collected import not_collected
from checks.batches.rate_limited import rate_limited
from checks.batches.request_data_missing import request_data_missing
from checks.batches.results_incomplete import results_incomplete
from checks.batches.retry_overdue import retry_overdue
from checks.batches.submission_stalled import submission_stalled
from checks.batches.waiting_too_long import waiting_too_long
from doctor.api import Evidence, Finding, Location, Place
from doctor.facts import BatchRow, BatchRows, BatchState, Gap, Habitat, Known, Resolution, Worker
from doctor.needs import Observed
from tests.checks.advice import Told, page
from tests.checks.batch_rows import DAY, HOUR, MINUTE, UNASKED, failures, google, job, listed, opened, row
from tests.conftest import Resolved

S = BatchState
ON = "gemini: {batch: {enabled: true}}\n"
UNSEEN = Worker(Known.ASSUMED, Habitat.HOST)
REFUSED = "batch file reference download failed for files/%s: Error 403"
OVERLOADED = "Error 503, Message: The model is overloaded., Status: UNAVAILABLE"
CLIENT = "batch embedding service not configured"


def rows(state: BatchState, count: int, *, apart: bool = False, **values: object) -> tuple[BatchRow, ...]:
    """So many, each with a job at Google, of one repository or each of its own."""
    return tuple(
        row(
            state,
            of=f"repo{number}" if apart else "shop",
            **{"id": str(number), "google_id": f"batches/{number}", **values},
        )
        for number in range(1, count + 1)
    )


def by_rows(config: Resolution, off: Resolution) -> Iterator[tuple[str, Told]]:
    for count in (1, 2):
        yield f"{count} held back", rate_limited(opened(*rows(S.HELD_BACK, count, due=-60.0, attempts=1)), config)
        yield f"{count} empty", request_data_missing(BatchRows(empty=listed(rows(S.DUE, count))), config)
        yield f"{count} overdue", retry_overdue(opened(*rows(S.RETRY_DUE, count, due=DAY)))
        yield f"{count} stalled", submission_stalled(opened(*rows(S.DUE, count, due=DAY)), config)
        yield f"{count} stalled, client off", submission_stalled(opened(*rows(S.DUE, count, due=DAY)), off)
        yield f"{count} waiting", waiting_too_long(opened(*rows(S.AT_GOOGLE, count, idle=2 * DAY)), UNASKED)
        gaps = {"shop": Gap(10, count)}
        yield f"{count} failed", failed(failures(*rows(S.FAILED, count, error=OVERLOADED), gaps=gaps), config)
        yield f"{count} failed, client off", failed(failures(*rows(S.FAILED, count, error=CLIENT), gaps=gaps), config)
    yield "stalled, something was sent", submission_stalled(opened(*rows(S.DUE, 1, due=DAY), last_sent=120.0), config)
    yield "stalled, nothing for a while", submission_stalled(opened(*rows(S.DUE, 1, due=DAY), last_sent=121.0), config)
    for state in (S.PENDING, S.NO_JOB_ID):
        yield f"never selected, {state.name}", never_selected(opened(*rows(state, 1, attempts=3, error="no")), config)
    yield "never selected, client off", never_selected(opened(*rows(S.PENDING, 1)), off)
    for count in (5, 6, 20):
        yield f"{count} repositories", bad_job_id(opened(*rows(S.BAD_JOB_ID, count, apart=count < 9)), config)
    yield "no address", bad_job_id(opened(*rows(S.BAD_JOB_ID, 1, url=None)), config)
    yield "no owner", bad_job_id(opened(*rows(S.BAD_JOB_ID, 1, url=None, owner=None)), config)
    both = (*rows(S.FAILED, 1, error=OVERLOADED), *rows(S.FAILED, 1, error=REFUSED % "x", id="2"))
    lib = rows(S.FAILED, 1, error=OVERLOADED, apart=True, id="3")
    yield "two repositories, one with a refused file", failed(failures(*both, *lib), config)


def by_google(config: Resolution) -> Iterator[tuple[str, Told]]:
    for length in (40, 41):
        refused = failures(*rows(S.FAILED, 1, error=REFUSED % ("x" * length)))
        yield f"a file of {length}", download_denied(refused, config, UNASKED)
    refused = failures(*rows(S.FAILED, 1, error=REFUSED % "x"), count=9)
    yield "refused, and more", download_denied(refused, config, UNASKED)
    two = opened(*rows(S.AT_GOOGLE, 2))
    silent_first = google(job("1", "FAILED"), job("2", "FAILED", error="13: no"))
    yield "failed, the second says why", job_ended_badly(two, silent_first, config)
    yield "gone", job_gone(two, google(gone=["1", "2"]), config)
    yield "gone, and more", job_gone(opened(*rows(S.AT_GOOGLE, 2), count=9), google(gone=["1", "2"]), config)
    for hours in (39, 40, 47, 48):
        answers = google(job("1", "SUCCEEDED", ended=hours * HOUR))
        yield f"done {hours} hours ago", not_collected(opened(*rows(S.AT_GOOGLE, 1)), answers, UNSEEN, config)
    lossy = BatchRows(open=opened(*rows(S.AT_GOOGLE, 1)).open, gaps={"shop": Gap(10, 5)})
    answers = Observed(google(job("1", "SUCCEEDED", total=9, failed=1)))
    yield "some requests failed", results_incomplete(lossy, config, answers)


def test_what_is_said_by_rows(resolved: Resolved, golden: Callable[[str, str], None]) -> None:
    golden("batches-advice.txt", page(by_rows(resolved(ON), resolved())))


def test_what_is_said_by_google(resolved: Resolved, golden: Callable[[str, str], None]) -> None:
    golden("batches-google.txt", page(by_google(resolved(ON))))


@pytest.mark.parametrize(("running", "count"), [(False, 1), (True, 0)])
def test_a_batch_of_which_not_all_was_looked_at(resolved: Resolved, running: bool, count: int) -> None:
    found = failures(*rows(S.FAILED, 1, error=CLIENT, running=running), gaps={"shop": Gap(10, 5, complete=False)})

    assert len(failed(found, resolved(ON))) == count


@pytest.mark.parametrize(
    ("seconds", "said"), [(119.0, "119 seconds"), (120.0, "2 minutes"), (2 * HOUR, "2 hours"), (2 * DAY, "2 days")]
)
def test_the_unit_in_which_one_would_say_it(resolved: Resolved, seconds: float, said: str) -> None:
    (finding,) = never_selected(opened(*rows(S.PENDING, 1, idle=seconds)), resolved(ON))

    assert finding.message.endswith(f"for up to {said}")


def test_settings_that_say_nothing_of_the_size(resolved: Resolved) -> None:
    for text, size in (("", 500), ("batch_processing: {max_batch_size: 30}\n", 30)):
        (finding,) = rate_limited(opened(*rows(S.HELD_BACK, 1, due=-MINUTE, attempts=1)), resolved(ON + text))
        assert finding.fix is not None
        assert finding.fix.summary.endswith(f"(now {size}).")


@pytest.mark.parametrize(("length", "cut"), [(120, False), (121, True)])
def test_a_long_error_is_cut(length: int, cut: bool) -> None:
    text = "ab " * (length // 3) + "c" * (length % 3)

    assert normalised(f"{text[:-1]}c").endswith("…") is cut


SHOP, LIB = (Location(Place.DATABASE, name="repository", detail=id) for id in ("shop", "lib"))


@pytest.mark.parametrize(
    ("kind", "name", "where", "expected"),
    [
        ("cause", "no repository", SHOP, True),
        ("cause", "no repository", LIB, False),
        ("cause", "quota", SHOP, False),
        ("row", "no repository", SHOP, False),
    ],
)
def test_what_a_row_without_repository_explains(kind: str, name: str, where: Location, expected: bool) -> None:
    (when,) = (each.when for each in failed.explained_by if "batches.repository-mismatch" in each.checks)
    assert when is not None
    evidence = (Evidence(kind, causes.marked(causes.NO_REPOSITORY).text.replace("no repository", name)),)

    assert when(Finding("x", SHOP), Finding("y", where, evidence=evidence)) is expected
