"""batches: what Google says of the jobs that rows wait for."""

from __future__ import annotations

import pytest

from checks.batches.download_denied import download_denied
from checks.batches.job_ended_badly import job_ended_badly
from checks.batches.job_gone import job_gone
from checks.batches.not_collected import not_collected
from checks.batches.results_incomplete import results_incomplete
from checks.batches.waiting_too_long import waiting_too_long
from doctor.errors import Skipped
from doctor.facts import BatchRows, BatchState, Gap, Habitat, Known, Worker
from doctor.needs import Observed
from tests.checks.batch_rows import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    UNASKED,
    commands,
    failures,
    google,
    job,
    messages,
    opened,
    row,
)

ON = "gemini: {batch: {enabled: true}}\n"
SHOP = "https://github.com/acme/shop"
S = BatchState
ENDINGS = ("FAILED", "EXPIRED", "CANCELLED")


def waiting(*ids: str, idle: float = HOUR, state: BatchState = S.AT_GOOGLE, **values) -> BatchRows:
    return opened(*(row(state, google_id=f"batches/{id}", idle=idle, **values) for id in ids))


def worker(started: float | None = None) -> Worker:
    """A worker that has run for so many seconds, or is not seen."""
    started_at = None if started is None else NOW.timestamp() - started
    return Worker(Known.OBSERVED, Habitat.PROCESS, started_at=started_at)


QUIET = {
    "no rows": (BatchRows(), google()),
    "no rows, jobs of others": (BatchRows(), google(job("x", "SUCCEEDED", ended=DAY), job("y", "FAILED"))),
    "pending": (waiting("a"), google(job("a", "PENDING"))),
    "running": (waiting("a"), google(job("a", "RUNNING", total=10, succeeded=3))),
    "being cancelled": (waiting("a"), google(job("a", "CANCELLING"))),
    "a state not known": (waiting("a"), google(job("a", "PONDERING"))),
    "done just now": (waiting("a"), google(job("a", "SUCCEEDED", ended=MINUTE, total=10, succeeded=10))),
    "failed rows": (failures(row(error="x", google_id="batches/a")), google(job("a", "FAILED"), gone=["a"])),
    "queued": (opened(row(S.DUE, due=1.0)), google()),
}


@pytest.mark.parametrize("check", [job_gone, job_ended_badly], ids=lambda check: check.id)
@pytest.mark.parametrize(("rows", "answers"), QUIET.values(), ids=QUIET)
def test_silent(resolved, check, rows, answers):
    assert check(rows, answers, resolved(ON)) == ()


@pytest.mark.parametrize(("rows", "answers"), QUIET.values(), ids=QUIET)
def test_silent_with_results(resolved, rows, answers):
    assert not_collected(rows, answers, worker(DAY), resolved(ON)) == ()
    assert results_incomplete(rows, resolved(ON), Observed(answers)) == ()
    assert waiting_too_long(rows, Observed(answers)) == ()


@pytest.mark.parametrize(("answers", "told"), [(google(), 0), (google(job("b", "RUNNING")), 1)])
def test_what_google_did_not_tell_is_no_pass(resolved, answers, told):
    """Some jobs could not be asked for; the check that needs the database alone goes on."""
    rows, config = waiting("a", "b"), resolved(ON)

    for judge in (job_gone, job_ended_badly, lambda *given: not_collected(*given[:2], worker(DAY), config)):
        with pytest.raises(Skipped, match=f"Google told of {told} of 2 jobs in time"):
            judge(rows, answers, config)
    assert waiting_too_long(rows, Observed(answers)) == ()


# --- job gone -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "gone"),
    [
        pytest.param(waiting("a", idle=10 * MINUTE), ["a"], id="sent a moment ago"),
        pytest.param(waiting("a", state=S.RETRY_DUE, due=1.0), ["a"], id="the next retry ends it"),
    ],
)
def test_job_is_not_gone(resolved, rows, gone):
    assert job_gone(rows, google(gone=gone), resolved(ON)) == ()


def test_job_gone(resolved):
    (finding,) = found = job_gone(waiting("a", "b", "c"), google(job("b", "RUNNING"), gone=["a"]), resolved(ON))

    assert finding.message == (
        f"Google does not know the job of 1 batch of {SHOP}, for which the worker has waited 60 minutes"
    )
    given_up, submitted = commands(found)
    assert "SET status = 'failed'" in given_up
    assert submitted.startswith("curl -X POST")
    assert "'batches/a'" in finding.evidence[0].text


def test_jobs_gone_of_more_rows_than_were_read(resolved):
    rows = opened(*(row(S.AT_GOOGLE, google_id="batches/a") for _ in range(50)), count=80)

    (finding,) = job_gone(rows, google(gone=["a"]), resolved(ON))

    assert finding.message.startswith(f"Google does not know the jobs of at least 50 batches of {SHOP}")
    assert "run the doctor again" in finding.fix.summary


# --- ended badly ----------------------------------------------------------------------------------------------


def test_ended_well(resolved):
    assert job_ended_badly(waiting("a"), google(job("a", "PARTIALLY_SUCCEEDED", ended=DAY)), resolved(ON)) == ()


@pytest.mark.parametrize(
    ("state", "said"),
    [("FAILED", "failed at Google"), ("EXPIRED", "expired at Google"), ("CANCELLED", "was cancelled at Google")],
)
@pytest.mark.parametrize("kind", [S.AT_GOOGLE, S.RETRY_DUE, S.RETRY_AHEAD, S.RETRY_UNSET])
def test_job_ended_badly(resolved, state, said, kind):
    rows = waiting("a", state=kind)

    (finding,) = job_ended_badly(rows, google(job("a", state, error="13: Internal error")), resolved(ON))

    assert finding.message.startswith(f"1 batch of {SHOP} {said}")
    assert finding.message.endswith(": 13: Internal error")
    assert finding.fix.commands[0].startswith("curl")
    assert ("Restart the worker" in finding.fix.summary) is (state == "CANCELLED" and kind is S.AT_GOOGLE)


def test_each_ending_is_a_finding(resolved):
    rows = waiting(*ENDINGS, "FAILED2")

    found = job_ended_badly(
        rows, google(*(job(state, state) for state in ENDINGS), job("FAILED2", "FAILED")), resolved(ON)
    )

    assert [message.partition(" of ")[0] for message in messages(found)] == ["2 batches", "1 batch", "1 batch"]


def test_a_key_in_googles_message_is_not_shown(resolved):
    key = "AIza" + "x" * 35

    (finding,) = job_ended_badly(waiting("a"), google(job("a", "FAILED", error=f"bad {key}")), resolved(ON))

    assert key not in finding.message + "".join(each.text for each in finding.evidence)


# --- not collected --------------------------------------------------------------------------------------------

DONE = google(job("a", "SUCCEEDED", ended=HOUR, total=10, succeeded=10))
SELDOM = ON + "batch_processing: {poller_interval: 1h}\n"


@pytest.mark.parametrize(
    ("rows", "answers", "runs", "text"),
    [
        pytest.param(waiting("a"), google(job("a", "SUCCEEDED", ended=5 * MINUTE)), DAY, ON, id="five minutes"),
        pytest.param(waiting("a"), DONE, 5 * MINUTE, ON, id="the worker just started"),
        pytest.param(waiting("a"), DONE, DAY, SELDOM, id="the worker asks seldom"),
        pytest.param(waiting("a"), google(job("a", "SUCCEEDED")), DAY, ON, id="nobody knows since when"),
        pytest.param(waiting("a", state=S.RETRY_AHEAD, due=-1.0), DONE, DAY, ON, id="a retry will fetch them"),
        pytest.param(waiting("a"), google(job("a", "FAILED", ended=HOUR)), DAY, ON, id="nothing to fetch"),
    ],
)
def test_collected_in_time(resolved, rows, answers, runs, text):
    assert not_collected(rows, answers, worker(runs), resolved(text)) == ()


@pytest.mark.parametrize("state", ["SUCCEEDED", "PARTIALLY_SUCCEEDED"])
@pytest.mark.parametrize("runs", [None, DAY])
@pytest.mark.parametrize(
    ("ended", "said"),
    [
        (301.0, "for 5 minutes, and the results were not fetched"),
        (39 * HOUR, "for 39 hours, and the results were not fetched"),
        (41 * HOUR, "48 hours, so this is urgent"),
        (50 * HOUR, "48 hours, so they may be lost"),
    ],
)
def test_not_collected(resolved, state, runs, ended, said):
    (finding,) = not_collected(waiting("a"), google(job("a", state, ended=ended)), worker(runs), resolved(ON))

    assert finding.message.startswith(f"Google has been done with 1 batch of {SHOP} for ")
    assert finding.message.endswith(said)
    assert "Batch marked as completed" in finding.fix.summary


def test_not_collected_takes_the_last_change_where_no_end_is_told(resolved):
    moment = job("x", "SUCCEEDED", ended=3 * HOUR).completed_at

    (finding,) = not_collected(waiting("a"), google(job("a", "SUCCEEDED", updated_at=moment)), worker(), resolved(ON))

    assert "for 3 hours" in finding.message


def test_not_collected_names_the_longest_first(resolved):
    answers = google(job("a", "SUCCEEDED", ended=HOUR), job("b", "SUCCEEDED", ended=3 * HOUR), job("c", "RUNNING"))

    (finding,) = not_collected(waiting("a", "b", "c"), answers, worker(), resolved(ON))

    assert "2 batches" in finding.message
    assert "up to 3 hours" in finding.message
    assert finding.evidence[0].text.startswith("batches/b: Google says SUCCEEDED")


def test_not_collected_without_a_client(resolved):
    (finding,) = not_collected(waiting("a"), DONE, worker(), resolved())

    assert "as gemini.batch.enabled is not true" in finding.message
    assert "Set gemini.batch.enabled to true" in finding.fix.summary


# --- waiting too long -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [*ENDINGS, "SUCCEEDED", "PARTIALLY_SUCCEEDED"])
def test_what_has_ended_is_not_waited_for(state):
    rows = waiting("a", "b", idle=2 * DAY)

    assert waiting_too_long(rows, Observed(google(job("a", state, ended=1.0), gone=["b"]))) == ()


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        pytest.param(google(), "for 30 hours", id="unknown"),
        pytest.param(google(job("a", "PENDING")), "; Google says PENDING", id="pending"),
        pytest.param(
            google(job("a", "RUNNING", total=1000, succeeded=40)),
            "; Google says RUNNING, 40 of 1,000 requests done",
            id="running",
        ),
        pytest.param(
            google(job("a", "RUNNING", total=10, failed=2)),
            "; Google says RUNNING, 0 of 10 requests done, 2 failed",
            id="failing",
        ),
    ],
)
def test_waiting_too_long_says_what_google_says(answers, said):
    (finding,) = waiting_too_long(waiting("a", idle=30 * HOUR), Observed(answers))

    assert finding.message.endswith(said)


def test_waiting_too_long_counts_only_what_google_still_works_on():
    answers = google(job("a", "SUCCEEDED", ended=HOUR), job("b", "RUNNING"), gone=["d"])

    (finding,) = waiting_too_long(waiting("a", "b", "c", "d", idle=30 * HOUR), Observed(answers))

    assert finding.message.startswith("2 batches")


# --- download denied ------------------------------------------------------------------------------------------

REFUSED = "batch file reference download failed for %s: Error 403"
LONG, SHORT = "batch-" + "x" * 36, "batch-" + "x" * 30


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param(UNASKED, id="not asked"),
        pytest.param(Observed(google()), id="job not known"),
        pytest.param(Observed(google(job("a", "SUCCEEDED"))), id="no file"),
        pytest.param(Observed(google(job("a", "SUCCEEDED", output_file=f"files/{SHORT}"))), id="a short id"),
    ],
)
def test_nothing_is_said_of_a_file_that_is_not_odd(resolved, answers):
    rows = failures(row(error=REFUSED % "x", google_id="batches/a"))

    (finding,) = download_denied(rows, resolved(ON), answers)

    assert finding.message.endswith("60 minutes ago")


def test_download_denied_shows_the_file_of_the_job(resolved):
    rows = failures(row(error=REFUSED % f"files/{SHORT}", google_id="batches/a"))
    answers = google(job("a", "SUCCEEDED", output_file=f"files/{LONG}", total=10, succeeded=10))

    (finding,) = download_denied(rows, resolved(ON), Observed(answers))

    assert finding.message.endswith(f"; the result file files/{LONG} has an id of 42 characters, Google documents 40")
    assert [each.kind for each in finding.evidence] == ["file", "google", "row"]


def test_download_denied_cuts_what_is_no_id(resolved):
    rows = failures(row(error=REFUSED % "x", google_id="batches/a"))

    (finding,) = download_denied(
        rows, resolved(ON), Observed(google(job("a", "SUCCEEDED", output_file="files/" + "y" * 5000)))
    )

    assert len(finding.message) < 400
    assert "5000 characters" in finding.message


# --- results incomplete ---------------------------------------------------------------------------------------


def test_results_are_complete(resolved):
    answers = google(
        job("a", "SUCCEEDED", total=10, succeeded=10, failed=0),
        job("b", "RUNNING", total=10, failed=2),
        job("c", "FAILED"),
    )

    assert results_incomplete(waiting("a", "b", "c"), resolved(ON), Observed(answers)) == ()


@pytest.mark.parametrize(
    ("jobs", "message"),
    [
        pytest.param(
            [job("a", "SUCCEEDED", total=10, succeeded=8, failed=2)],
            f"2 requests of 1 batch of {SHOP} failed at Google",
            id="some failed",
        ),
        pytest.param(
            [job("a", "SUCCEEDED", failed=2), job("b", "SUCCEEDED", failed=1)],
            f"3 requests of 2 batches of {SHOP} failed at Google",
            id="of several",
        ),
        pytest.param(
            [job("a", "PARTIALLY_SUCCEEDED", total=10, succeeded=8)],
            f"Google finished 1 batch of {SHOP} only in part, and the worker takes nothing of that",
            id="in part",
        ),
    ],
)
def test_results_will_be_incomplete(resolved, jobs, message):
    (finding,) = found = results_incomplete(waiting("a", "b"), resolved(ON), Observed(google(*jobs)))

    assert messages(found) == [message]
    assert "once the batches are no longer open" in finding.fix.summary
    assert finding.fix.commands[0].startswith("curl")


def test_one_finding_for_each_repository(resolved):
    thin = row(S.COMPLETED, requests=8, processed=3, google_id="batches/t")
    rows = opened(row(S.AT_GOOGLE, google_id="batches/a"), row(S.AT_GOOGLE, of="lib", google_id="batches/b"))
    rows = BatchRows(open=rows.open, thin=(thin,), gaps={"shop": Gap(10, 5)})
    answers = google(
        job("a", "SUCCEEDED", failed=1), job("b", "SUCCEEDED", failed=1), job("t", "SUCCEEDED", total=8, failed=5)
    )

    shop, lib = results_incomplete(rows, resolved(ON), Observed(answers))

    assert "3 vectors for 8 requests" in shop.message
    assert shop.message.endswith(f"; 1 request of 1 batch of {SHOP} failed at Google")
    assert shop.evidence[0].text == "batches/t: Google says SUCCEEDED; 0 of 8 requests done, 5 failed"
    assert "acme/lib" in lib.message
