"""batches: failed and completed rows whose chunks have no vectors."""

from __future__ import annotations

import pytest

from checks.batches import _causes as causes
from checks.batches._causes import CAUSES, cause_of, normalised
from checks.batches.download_denied import download_denied
from checks.batches.failed import failed
from checks.batches.results_incomplete import results_incomplete
from doctor.api import same_repository
from doctor.facts import BatchRows, BatchState, Gap
from tests.checks.batch_rows import UNASKED, commands, failures, messages, row

ON = "gemini: {batch: {enabled: true}}\n"
CLIENT = "batch embedding service not configured"
OVERLOADED = "Error 503, Message: The model is overloaded., Status: UNAVAILABLE"
FILE = "batch-pwccfe96og36g8qngof6db1dsnywrs1hxhd3"
DOWNLOAD = (
    "failed to get batch job results: failed to download and parse results: batch file reference download failed "
)
DENIED = (
    f'{DOWNLOAD}for "files/{FILE}": Error 403, Message: You do not have permission to access the File {FILE} or it may '
    "not exist., Status: PERMISSION_DENIED"
)
GONE = f'{DOWNLOAD}for "files/{FILE}": Error 404, Message: File not found, Status: NOT_FOUND'

PARTLY = Gap(10, 0, complete=False)


# --- failed ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(BatchRows(), id="nothing"),
        pytest.param(failures(row(error=OVERLOADED), gaps={"shop": Gap(10, 0)}), id="vectors there now"),
        pytest.param(failures(row(error=OVERLOADED), gaps={"shop": Gap(0, 0)}), id="no chunks left"),
        pytest.param(failures(row(error=CLIENT), gaps={"shop": PARTLY}), id="fell back, as far as looked at"),
        pytest.param(failures(row(error=CLIENT), gaps={}), id="may have fallen back, not looked at"),
        pytest.param(failures(row(error=CLIENT, running=True)), id="falling back just now"),
        pytest.param(failures(row(error=DENIED)), id="download denied"),
    ],
)
def test_failed_is_silent(resolved, rows):
    assert failed(rows, resolved(ON)) == ()


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        pytest.param(failures(row(error=OVERLOADED)), "at least 5 chunks have no vector", id="some"),
        pytest.param(failures(row(error=OVERLOADED), gaps={"shop": Gap(7, 7)}), "; 7 chunks have", id="all"),
        pytest.param(failures(row(error=OVERLOADED), gaps={}), "not all of their chunks", id="not looked at"),
        pytest.param(failures(row(error=OVERLOADED), gaps={"shop": PARTLY}), "not all of their chunks", id="in part"),
        pytest.param(failures(row(error=OVERLOADED, running=True)), "at least 5 chunks", id="final while the job runs"),
        pytest.param(failures(row(error=CLIENT)), "had no Gemini batch client", id="client missing"),
        pytest.param(failures(row(error=GONE)), "the result file was gone", id="result gone"),
        pytest.param(failures(row(error=None)), "their jobs had ended at Google", id="no message"),
        pytest.param(failures(*(row(error=GONE) for _ in range(9)), count=2000), "at least 9 batches", id="many more"),
    ],
)
def test_failed(resolved, rows, said):
    (finding,) = failed(rows, resolved(ON))

    assert said in finding.message


def test_failed_groups_by_cause(resolved):
    rows = failures(
        row(error="batch size 600 exceeds maximum batch size of 500."),
        row(error=OVERLOADED),
        row(error="batch size 700 exceeds maximum batch size of 500.", of="lib"),
        row(error="the moon is in house 7 of batch 3fa85f64-5717-4562-b3fc-2c963f66afa6"),
        row(error="the moon is in house 8 of batch 11111111-2222-3333-4444-555555555555"),
    )

    assert [message.partition(",")[0] for message in messages(failed(rows, resolved(ON)))] == [
        "2 batches of 2 repositories failed because they hold more than the 500 chunks that the client takes",
        "1 batch of https://github.com/acme/shop failed because Gemini was overloaded",
        "2 batches of https://github.com/acme/shop failed because of an error: the moon is in house … of batch …",
    ]


@pytest.mark.parametrize(
    ("error", "text", "first"),
    [
        pytest.param(OVERLOADED, ON, "UPDATE", id="stored requests are sent again"),
        pytest.param(OVERLOADED, "", "curl", id="nobody would send them"),
        pytest.param("exceeds maximum batch size of 500", ON, "curl", id="they would fail again"),
    ],
)
def test_failed_is_repaired_by_what_works(resolved, error, text, first):
    (finding,) = failed(failures(row(error=error)), resolved(text))

    assert finding.fix.commands[0].startswith(first)
    assert ("queue the batches again" in finding.fix.summary) is (first == "UPDATE")


def test_failed_without_stored_requests_is_submitted_again(resolved):
    assert [
        each[:4] for each in commands(failed(failures(row(error=OVERLOADED, request_bytes=None)), resolved(ON)))
    ] == ["curl"]


def test_a_key_in_an_error_is_not_shown(resolved):
    key = "AIza" + "x" * 35
    (finding,) = failed(failures(row(error=f"refused https://host/v1?key={key} and {key}")), resolved(ON))

    assert key not in str(finding)
    assert "x" * 20 not in str(finding)


# --- download denied ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(BatchRows(), id="nothing"),
        pytest.param(failures(row(error=GONE)), id="gone after two days"),
        pytest.param(failures(row(error="Error 403, Status: PERMISSION_DENIED")), id="refused at submission"),
        pytest.param(failures(row(error=DENIED), gaps={"shop": Gap(10, 0)}), id="vectors there now"),
    ],
)
def test_download_is_not_denied(resolved, rows):
    assert download_denied(rows, resolved(ON), UNASKED) == ()


@pytest.mark.parametrize(
    "error",
    [
        DENIED,
        f"{DOWNLOAD}: Error 403",
        f"{DOWNLOAD}: PERMISSION_DENIED",
        f"{DOWNLOAD}: You do not have permission to access the File {FILE}",
    ],
)
def test_download_denied(resolved, error):
    (finding,) = download_denied(failures(row(error=error)), resolved(ON), UNASKED)

    assert ("has an id of 42 characters" in finding.message) is ("files/" in error)
    assert finding.fix.commands[0] == "ls -la /tmp/batch_embeddings/output"


def test_download_denied_names_the_configured_directory(resolved):
    text = "gemini: {batch: {enabled: true, output_dir: /var/my results}}\n"

    assert (
        commands(download_denied(failures(row(error=DENIED)), resolved(text), UNASKED))[0] == "ls -la '/var/my results'"
    )


def test_one_repository_is_reported_once(resolved):
    rows = failures(
        row(error=DENIED), row(error=OVERLOADED), row(error=OVERLOADED, of="lib"), row(error=DENIED, of="app")
    )

    (denied,), (of_shop, of_lib) = download_denied(rows, resolved(ON), UNASKED), failed(rows, resolved(ON))

    assert same_repository(denied, of_shop)
    assert not same_repository(denied, of_lib)


# --- results incomplete ---------------------------------------------------------------------------------------


def thin(*rows, gaps=None):
    return BatchRows(thin=rows, gaps={"shop": Gap(10, 5)} if gaps is None else gaps)


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(BatchRows(), id="nothing"),
        pytest.param(thin(row(BatchState.COMPLETED), gaps={"shop": Gap(10, 0)}), id="vectors there now"),
        pytest.param(thin(row(BatchState.COMPLETED), gaps={}), id="not looked at"),
    ],
)
def test_results_are_complete(resolved, rows):
    assert results_incomplete(rows, resolved(ON), UNASKED) == ()


@pytest.mark.parametrize(
    ("batches", "said"),
    [
        pytest.param([row(BatchState.COMPLETED, requests=8, processed=3)], "3 vectors for 8 requests", id="counted"),
        pytest.param([row(BatchState.COMPLETED)], "0 vectors; at least 5 chunks have no vector", id="not counted"),
        pytest.param(
            [row(BatchState.COMPLETED, requests=8, processed=7), row(BatchState.COMPLETED, requests=2, processed=1)],
            "8 vectors for 10 requests",
            id="together",
        ),
    ],
)
def test_results_incomplete(resolved, batches, said):
    (finding,) = results_incomplete(thin(*batches), resolved(ON), UNASKED)

    assert said in finding.message
    assert finding.fix.commands[0].startswith("curl")


def test_results_incomplete_tells_repositories_apart(resolved):
    rows = thin(
        row(BatchState.COMPLETED), row(BatchState.COMPLETED, of="lib"), gaps={"shop": Gap(10, 1), "lib": Gap(4, 4)}
    )

    assert [message.partition(";")[2] for message in messages(results_incomplete(rows, resolved(ON), UNASKED))] == [
        " at least 1 chunk has no vector",
        " 4 chunks have no vector",
    ]


# --- causes ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (None, causes.NO_MESSAGE),
        ("  ", causes.NO_MESSAGE),
        ("set to failed by hand", causes.GIVEN_UP),
        ("openai adapter: file-based Batches API is not implemented", causes.OPENAI),
        ("embedding service error (validation/batch_size_exceeded): exceeds maximum batch size of 500", causes.TOO_BIG),
        ("JSON deserialization failed: unexpected end of JSON input", causes.NO_REQUESTS),
        ("invalid batch job ID format: projects/x", causes.JOB_ID),
        ("failed to create input file: open /x: no space left on device", causes.DISK_FULL),
        ("failed to create input file: open /x: permission denied", causes.INPUT_FILE),
        ("Error 400, Message: API key not valid. Please pass a valid API key., Status: INVALID_ARGUMENT", causes.KEY),
        ("Error 403, Message: The API has not been used in project 1 before or it is disabled.", causes.API_OFF),
        ("Error 403, Message: x, Status: PERMISSION_DENIED", causes.FORBIDDEN),
        ("Error 400, Message: User location is not supported for the API use.", causes.BILLING),
        ("Error 429, Message: You exceeded your current quota, Status: RESOURCE_EXHAUSTED", causes.QUOTA),
        ("job is not completed (current state: JOB_STATE_PARTIALLY_SUCCEEDED)", causes.PARTIAL),
        ("invalid embedding dimensions: expected 768, got 3072", causes.DIMENSIONS),
        ("error reading output file: bufio.Scanner: token too long", causes.DIMENSIONS),
        ("failed to decode request ID: invalid format: missing chunk_ prefix", causes.UNREADABLE),
        ("Gemini batch job failed: state=FAILED", causes.ENDED),
        ("batch job EXPIRED: ", causes.ENDED),
        ('failed to save embeddings: ERROR: relation "x" does not exist (SQLSTATE 42P01)', causes.DATABASE),
        ("Error 400, Message: bad, Status: INVALID_ARGUMENT", causes.REFUSED),
        ("Error 500, Status: INTERNAL", causes.INTERNAL),
        ("failed to upload batch input file: dial tcp: lookup x: no such host", causes.NETWORK),
        ("context deadline exceeded (Client.Timeout exceeded while awaiting headers)", causes.TIME),
        (f"{DOWNLOAD}: something else", causes.DOWNLOAD),
    ],
)
def test_cause_of(text, cause):
    assert cause_of(text) is cause


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("chunk 17 of (30): got 403.", "chunk … of (…): got …"),
        ("files/batch-x1 at 10:22:31, id=7", "… at …, id=…"),
        ("with key-of-2024-and-more refused", "with key-of-2024-and-more refused"),
        ("password p4-77.5_x/9y", "password p4-77.5_x/9y"),
    ],
)
def test_what_tells_no_errors_apart_and_no_secret_in_two(text, expected):
    assert normalised(text) == expected


def test_every_cause_has_a_name_of_its_own():
    assert len({cause.name for cause in CAUSES}) == len(CAUSES)
