"""batches: rows that are neither completed nor failed."""

from __future__ import annotations

import pytest

from checks.batches.bad_job_id import bad_job_id
from checks.batches.never_selected import never_selected
from checks.batches.rate_limited import rate_limited
from checks.batches.repository_mismatch import repository_mismatch
from checks.batches.request_data_missing import request_data_missing
from checks.batches.retry_overdue import retry_overdue
from checks.batches.submission_stalled import submission_stalled
from checks.batches.waiting_too_long import waiting_too_long
from doctor.facts import BatchRows, BatchState
from tests.checks.batch_rows import DAY, HOUR, MINUTE, UNASKED, commands, failures, listed, messages, opened, row

ON = "gemini: {batch: {enabled: true}}\n"
OPENAI = "embedding: {provider: openai}\n"

S = BatchState
QUIET = {
    "nothing": BatchRows(),
    "on their way": opened(
        row(S.SCHEDULED, due=-HOUR),
        row(S.AT_GOOGLE, google_id="batches/a"),
        row(S.RETRY_AHEAD, due=-MINUTE),
        row(S.DUE, due=MINUTE),
    ),
    "failed": failures(row(error="x")),
}
JUDGED_BY_ROWS = (never_selected, bad_job_id, rate_limited, request_data_missing, submission_stalled)


@pytest.mark.parametrize("check", JUDGED_BY_ROWS, ids=lambda check: check.id)
@pytest.mark.parametrize("rows", QUIET.values(), ids=QUIET)
def test_silent(resolved, check, rows):
    assert check(rows, resolved(ON)) == ()


@pytest.mark.parametrize("check", [retry_overdue, repository_mismatch], ids=lambda check: check.id)
@pytest.mark.parametrize("rows", QUIET.values(), ids=QUIET)
def test_silent_whatever_the_settings(check, rows):
    assert check(rows) == ()
    assert waiting_too_long(rows, UNASKED) == ()


# --- never selected -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [S.NO_JOB_ID, S.PENDING, S.RETRY_UNSET])
def test_never_selected(resolved, state):
    (finding,) = never_selected(opened(row(state, idle=3 * HOUR)), resolved(ON))

    assert finding.message.startswith("1 batch of https://github.com/acme/shop has status")
    assert "3 hours" in finding.message
    assert f"WHERE status = '{state.status}' AND id IN ('id-" in finding.fix.commands[0]


def test_never_selected_queues_what_can_be_sent_and_submits_the_rest_again(resolved):
    rows = opened(row(S.NO_JOB_ID, id="a"), row(S.NO_JOB_ID, id="b", request_bytes=0, of="b"))

    again, given_up, submitted = commands(never_selected(rows, resolved(ON)))

    assert "SET status = 'pending_submission'" in again
    assert "IN ('a')" in again
    assert "SET status = 'failed'" in given_up
    assert "IN ('b')" in given_up
    assert submitted == (
        "curl -X POST http://localhost:8080/repositories -H 'Content-Type: application/json' "
        """-d '{"url":"https://github.com/acme/b"}'"""
    )


def test_never_selected_queues_nothing_that_nobody_would_send(resolved):
    (given_up, submitted) = commands(never_selected(opened(row(S.PENDING)), resolved()))

    assert "SET status = 'failed'" in given_up
    assert submitted.startswith("curl")


def test_never_selected_counts_what_it_does_not_list(resolved):
    (finding,) = never_selected(opened(*(row(S.PENDING) for _ in range(50)), count=1234), resolved(ON))

    assert finding.message.startswith("1,234 batches have status pending")
    assert "run the doctor again" in finding.fix.summary
    assert finding.fix.commands[0].count("'id-") == 20
    assert len(finding.locations) == 3


# --- bad job id -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["projects/p/locations/l/batchJobs/1", "batches/", "x" * 500])
def test_bad_job_id(resolved, name):
    (finding,) = bad_job_id(opened(row(S.BAD_JOB_ID, google_id=name)), resolved(ON))

    assert name[:100] in finding.message
    assert name[:101] not in finding.message or len(name) <= 100
    assert "SET status = 'failed'" in finding.fix.commands[0]


# --- waiting too long -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("idle", "said"),
    [
        pytest.param(DAY, None, id="a day"),
        pytest.param(DAY + 1, "24 hours", id="more than a day"),
        pytest.param(50 * HOUR, "2 days; Google gives a job up", id="given up"),
    ],
)
def test_waiting_too_long(idle, said):
    found = waiting_too_long(opened(row(S.AT_GOOGLE, google_id="batches/a", idle=idle)), UNASKED)

    assert [said in message for message in messages(found)] == ([True] if said else [])


def test_waiting_too_long_asks_for_the_ones_that_wait():
    rows = [row(S.AT_GOOGLE, google_id=f"batches/{n}", idle=n * 20 * HOUR) for n in (3, 2, 1)]

    (finding,) = waiting_too_long(opened(*rows), UNASKED)

    assert finding.message.startswith("2 batches of https://github.com/acme/shop have")
    assert finding.fix.commands == (
        "codechunk-doctor batches show batches/3",
        "codechunk-doctor batches show batches/2",
    )


def test_waiting_too_long_says_when_there_can_be_more():
    rows = [row(S.AT_GOOGLE, google_id="batches/a", idle=2 * DAY) for _ in range(50)]

    (finding,) = waiting_too_long(opened(*rows, count=80), UNASKED)

    assert finding.message.startswith("at least 50 batches")


# --- submission stalled ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("due", "last_sent", "text"),
    [
        pytest.param(2 * MINUTE, None, ON, id="two minutes"),
        pytest.param(HOUR, MINUTE, ON, id="a long queue that is worked off"),
        pytest.param(
            9 * MINUTE, None, ON + "batch_processing: {submitter_poll_interval: 1m}", id="the worker looks seldom"
        ),
    ],
)
def test_submission_goes_on(resolved, due, last_sent, text):
    assert submission_stalled(opened(row(S.DUE, due=due), last_sent=last_sent), resolved(text)) == ()


@pytest.mark.parametrize(
    ("text", "said", "key"),
    [
        pytest.param(ON, "the worker has sent none", None, id="nobody knows why"),
        pytest.param(
            ON + "batch_processing: {submitter_poll_interval: 0s}", "sent none", None, id="the usual interval"
        ),
        pytest.param(OPENAI + ON, "embedding.provider is openai", "embedding.provider", id="openai"),
        pytest.param("", "gemini.batch.enabled is not true", "gemini.batch.enabled", id="client off"),
    ],
)
def test_submission_stalled(resolved, text, said, key):
    (finding,) = submission_stalled(opened(row(S.DUE, due=5 * MINUTE), last_sent=HOUR), resolved(text))

    assert said in finding.message
    assert "the first for 5 minutes" in finding.message
    assert {place.key for place in finding.locations if place.key} == ({key} if key else set())
    assert bool(finding.fix.commands) is bool(key)


# --- rate limited ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attempts", "text", "final"),
    [
        pytest.param(8, ON, False, id="two to go"),
        pytest.param(3, ON + "batch_processing: {max_submission_attempts: 5}", False, id="two of five to go"),
        pytest.param(9, ON, True, id="one to go"),
        pytest.param(10, ON, True, id="limit was higher"),
        pytest.param(4, ON + "batch_processing: {max_submission_attempts: 5}", True, id="one of five to go"),
    ],
)
def test_rate_limited(resolved, attempts, text, final):
    (finding,) = rate_limited(opened(row(S.HELD_BACK, due=-15 * MINUTE, attempts=attempts)), resolved(text))

    assert f"after up to {attempts} failed attempts; the next is in 15 minutes" in finding.message
    assert ("the next failure is final" in finding.message) is final


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (None, "Wait."),
        ("Error 429, Message: You exceeded your current quota", "Wait."),
        ("embedding service error (quota/quota_exceeded): file id exceeds the limit", 'the word "limit"'),
    ],
)
def test_rate_limited_doubts_the_quota(resolved, error, said):
    (finding,) = rate_limited(opened(row(S.HELD_BACK, due=-1, attempts=1, error=error)), resolved(ON))

    assert said in finding.fix.summary


# --- the others -----------------------------------------------------------------------------------------------


def test_request_data_missing(resolved):
    rows = BatchRows(empty=listed([row(S.DUE, request_bytes=None), row(S.HELD_BACK, request_bytes=0)]))

    (finding,) = request_data_missing(rows, resolved(ON))

    assert finding.message.startswith("2 batches of https://github.com/acme/shop")
    assert finding.fix.commands[0].startswith("UPDATE codechunking.batch_job_progress SET status = 'failed'")


@pytest.mark.parametrize(
    ("due", "count", "overdue"),
    [
        (MINUTE, 1, False),
        (119.0, 1, False),
        (5 * MINUTE, 5, False),
        (2 * MINUTE, 1, True),
        (6 * MINUTE, 5, True),
        (3 * HOUR, 100, True),
    ],
)
def test_retry_overdue(due, count, overdue):
    found = retry_overdue(opened(row(S.RETRY_DUE, due=due), count=count))

    assert bool(found) is overdue


@pytest.mark.parametrize(
    "batch",
    [
        pytest.param(row(repository="shop", error="batch has no repository ID"), id="failed, named right"),
        pytest.param(row(repository=None, error="Error 503"), id="failed before it was needed"),
    ],
)
def test_repository_is_right(batch):
    assert repository_mismatch(failures(batch)) == ()


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        pytest.param(BatchRows(mismatched=listed([row(S.DUE, repository=None)])), "names no repository", id="none"),
        pytest.param(
            BatchRows(mismatched=listed([row(S.DUE, repository="other")])), "names another repository", id="another"
        ),
        pytest.param(failures(row(repository=None, error="batch has no repository ID")), "names no", id="failed by it"),
        pytest.param(failures(row(repository="other", error="Error 503")), "names another", id="failed, and wrong"),
        pytest.param(
            BatchRows(mismatched=listed([row(S.DUE, repository=None), row(S.DUE, repository="other")])),
            "name no repository or another one",
            id="both",
        ),
    ],
)
def test_repository_mismatch(rows, said):
    (finding,) = repository_mismatch(rows)

    assert said in finding.message
    assert finding.fix.commands[0].startswith(
        "UPDATE codechunking.batch_job_progress AS b SET repository_id = j.repository_id"
    )


def test_repository_mismatch_has_no_statement_for_a_job_without_repository():
    (finding,) = repository_mismatch(BatchRows(mismatched=listed([row(S.DUE, of=None)])))

    assert finding.fix.commands == ()


# --- what is to be typed --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("", "http://localhost:8080/"),
        ('api: {host: "", port: ""}\n', "http://localhost:8080/"),
        ('api: {host: "10.0.0.7", port: "9090"}\n', "http://10.0.0.7:9090/"),
        ('api: {host: "fe80::1"}\n', "'http://[fe80::1]:8080'/"),
    ],
)
def test_the_api_is_called_where_it_listens(resolved, text, address):
    *_, submitted = commands(never_selected(opened(row(S.PENDING, request_bytes=0)), resolved(text + ON)))

    assert f"curl -X POST {address}repositories " in submitted


def test_a_repository_is_submitted_without_user_and_in_quotes(resolved):
    url = "https://me:secret@git.example.com/o'neil/x"

    *_, submitted = commands(never_selected(opened(row(S.PENDING, request_bytes=0, url=url)), resolved(ON)))

    assert submitted.endswith("""-d '{"url":"https://git.example.com/o'"'"'neil/x"}'""")
