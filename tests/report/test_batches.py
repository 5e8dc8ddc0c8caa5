"""`batches` as text and as JSON: the guide's figures, what they come to, and nothing that steers a terminal."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from doctor.facts import BatchSelection, GoogleBatch, ListedBatch
from doctor.report.batch_list import list_text
from doctor.report.batch_show import show_text
from doctor.report.batch_table import bar
from doctor.report.batches import as_json, as_line, is_over
from doctor.report.terminal import columns, encodable
from tests.report import batch_listings as made
from tests.report.batch_listings import NOW, ago, both, google, listing, stored
from tests.report.schemas import validate

FOREIGN = "projects/p/locations/l/batchJobs/1"
NO_DATABASE = "PostgreSQL at localhost:5432 refused the connection"
OPENAI = "the provider is openai"
LOST = "batches/lost0og36g8qngof6db1dsnywrs1hx010"


def words(text: str) -> str:
    return " ".join(text.split())


# --- golden


@pytest.mark.parametrize(
    ("name", "look"),
    [
        pytest.param("batches.txt", {}, id="a pipe"),
        pytest.param("batches-120.txt", {"width": 110, "fit": 120}, id="a wide terminal"),
        pytest.param("batches-80.txt", {"width": 80, "fit": 80}, id="an ordinary terminal"),
        pytest.param("batches-40.txt", {"width": 40, "fit": 40}, id="a narrow terminal"),
        pytest.param("batches-color.txt", {"width": 110, "fit": 120, "color": True}, id="colour"),
        pytest.param("batches-quiet.txt", {"quiet": True}, id="quiet"),
        pytest.param("batches-watched.txt", {"width": 80, "fit": 80, "bars": True}, id="watched"),
    ],
)
def test_golden_list(golden, name, look):
    golden(name, list_text(listing(*made.EVERY), **look))


@pytest.mark.parametrize(
    ("name", "found", "look"),
    [
        pytest.param("completed", listing(both(made.COMPLETED, "completed")), {}, id="as in the guide"),
        pytest.param("running", listing(both(made.RUNNING, "processing")), {"bars": True}, id="running"),
        pytest.param("failed", listing(made.EVERY[4]), {}, id="failed"),
        pytest.param("expired", listing(both(made.EXPIRED, "processing")), {"color": True}, id="expired"),
        pytest.param("no-row", listing(ListedBatch(made.COMPLETED)), {}, id="no row"),
        pytest.param("row-only", listing(made.EVERY[7]), {"verbosity": 1}, id="row only"),
        pytest.param("long-id", listing(both(made.LONG, "processing")), {}, id="a long id"),
        pytest.param("unsent", listing(made.EVERY[3]), {}, id="never sent"),
        pytest.param("late", listing(both(made.LATE, "processing")), {}, id="not collected"),
        pytest.param("none", listing(selection=BatchSelection(id="batches/x")), {}, id="not there"),
    ],
)
def test_golden_show(golden, name, found, look):
    golden(f"batch-{name}.txt", show_text(found, **look))


def test_the_guides_labels_in_the_guides_order():
    shown = show_text(listing(both(made.COMPLETED, "completed")))
    labels = [line.partition(":")[0].strip() for line in shown.splitlines() if ":" in line]

    assert labels[:17] == [
        *("Job Details", "Job ID", "State", "Model", "Total Count", "Processed", "Success", "Errors"),
        *("Created At", "Updated At", "Completed At", "Duration"),
        *("Progress", "Percent", "Remaining", "Rate", "Output File"),
    ]


# --- the list: what is not said


@pytest.mark.parametrize(
    ("found", "unsaid"),
    [
        pytest.param(listing(both(made.COMPLETED, "completed")), "check --only", id="all is well"),
        pytest.param(listing(both(made.COMPLETED, "completed")), "All:", id="one says it all"),
        pytest.param(listing(both(made.RUNNING, "processing")), "ended badly", id="running"),
        pytest.param(listing(both(made.LONG, "processing")), "collected", id="done a minute ago"),
        pytest.param(listing(both(made.EXPIRED, "completed")), "ended badly", id="expired, but stored"),
        pytest.param(
            listing(both(made.COMPLETED, "completed", error="an old one")), "an old one", id="an error that passed"
        ),
        pytest.param(listing(ListedBatch(made.RUNNING), without_database=NO_DATABASE), "no row", id="no database"),
        pytest.param(listing(ListedBatch(made.RUNNING), without_database=NO_DATABASE), "ROW", id="no column for it"),
        pytest.param(
            listing(ListedBatch(row=stored(1, "processing", LOST)), without_google=OPENAI), "GONE", id="not asked"
        ),
        pytest.param(listing(ListedBatch(row=stored(1, "completed", LOST))), "GONE", id="collected, then forgotten"),
        pytest.param(listing(ListedBatch(row=stored(1, "pending_submission"))), "does not know", id="not sent"),
        pytest.param(listing(both(made.RUNNING, "processing"), count=1), "The newest", id="all are shown"),
    ],
)
def test_what_is_not_so_is_not_said(found, unsaid):
    assert unsaid not in words(list_text(found))


@pytest.mark.parametrize(
    ("found", "said"),
    [
        pytest.param(listing(both(made.RUNNING, "processing")), "1 batch job at", id="one"),
        pytest.param(listing(*made.EVERY, count=5000), "The newest 10 of 5,000 batch jobs at", id="the newest"),
        pytest.param(listing(*made.EVERY, count=5000), "The newest 10: 2 PENDING", id="sums of the newest"),
        pytest.param(listing(*made.EVERY), "All: 2 PENDING, 1 PROCESSING, 3 COMPLETED", id="sums"),
        pytest.param(
            listing(both(made.FAILED, "failed"), selection=BatchSelection(("FAILED", "EXPIRED"))),
            "1 FAILED or EXPIRED batch job at",
            id="of a state",
        ),
        pytest.param(
            listing(ListedBatch(row=stored(1, "processing", LOST))), "1 row waits for a job that Google", id="gone"
        ),
        pytest.param(listing(*[both(made.EXPIRED, "processing")] * 2), "2 batches ended badly", id="ended badly"),
        pytest.param(listing(both(made.LATE, "processing")), "not collected yet", id="not collected"),
        pytest.param(
            listing(ListedBatch(made.RUNNING)), f"codechunk-doctor batches show {made.RUNNING.id}", id="no row"
        ),
        pytest.param(listing(*[ListedBatch(made.RUNNING)] * 3), "3 jobs at Google have no row", id="no rows"),
        pytest.param(
            listing(ListedBatch(google(1, "PARTIALLY_SUCCEEDED"))), " PARTIALLY_SUCCEEDED", id="Google says more"
        ),
        pytest.param(listing(ListedBatch(google(1, "DREAMING"))), "BATCH_STATE_DREAMING", id="an unknown state"),
        pytest.param(listing(both(made.RUNNING, "processing"), without_database=NO_DATABASE), "1 batch job at", id="r"),
        pytest.param(
            listing(ListedBatch(row=stored(1, "processing", LOST)), without_google=OPENAI),
            "1 batch job in the database.",
            id="rows alone",
        ),
    ],
)
def test_what_is_said(found, said):
    assert said in words(list_text(found))


@pytest.mark.parametrize(
    ("found", "said", "unsaid"),
    [
        pytest.param(listing(), "codechunk-doctor jobs", "With these settings", id="nothing"),
        pytest.param(listing(output_dir=None), "the worker makes no batches", "threshold", id="switched off"),
        pytest.param(
            listing(selection=BatchSelection(("EXPIRED",))),
            "No EXPIRED batch job is at",
            "threshold",
            id="of a state",
        ),
        pytest.param(listing(without_database=NO_DATABASE), "No batch job is at", "in the database", id="Google's"),
        pytest.param(listing(without_google=OPENAI), "No batch job is in the database", "forgets", id="rows"),
        pytest.param(
            listing(without_google=OPENAI, without_database=NO_DATABASE),
            f"Nothing is known: {OPENAI}, and {NO_DATABASE}.",
            "No batch",
            id="neither",
        ),
    ],
)
def test_nothing_has_its_reasons(found, said, unsaid):
    shown = words(list_text(found))

    assert said in shown
    assert unsaid not in shown
    assert "  $ codechunk-doctor" in list_text(found)
    assert "BATCH " not in shown


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        pytest.param({"created_at": None}, "-", id="no time"),
        pytest.param({"created_at": ago(hours=-1)}, "-", id="a clock that is ahead"),
        pytest.param({"created_at": ago(hours=1), "completed_at": ago(hours=2)}, "-", id="ended before it began"),
        pytest.param({"created_at": ago(seconds=59)}, "59s so far", id="running"),
        pytest.param({"created_at": ago(days=2), "completed_at": ago(days=1)}, "1d0h", id="ended"),
    ],
)
def test_how_long_it_takes(values, shown):
    line = list_text(listing(ListedBatch(google(1, "RUNNING", **values)), without_database="x")).splitlines()[3]

    assert line.endswith(f"  {shown}")


def test_fifty_are_shown_unless_more_are_asked_for():
    found = listing(*[both(made.COMPLETED, "completed")] * 5000)

    assert list_text(found).count(made.COMPLETED.id) == 50
    assert "The newest 50 of 5,000" in list_text(found)
    assert "All: 5,000 COMPLETED" in list_text(found)
    assert list_text(found, every=True).count(made.COMPLETED.id) == 5000


# --- one batch: what it comes to


@pytest.mark.parametrize(
    ("found", "unsaid"),
    [
        pytest.param(listing(both(made.COMPLETED, "completed")), "48 hours", id="stored"),
        pytest.param(listing(both(made.LONG, "completed")), "403", id="a long id that made no trouble"),
        pytest.param(listing(both(made.COMPLETED, "processing")), "403", id="a short id"),
        pytest.param(listing(both(made.RUNNING, "processing")), "check", id="running"),
        pytest.param(
            listing(ListedBatch(row=stored(1, "pending_submission", created_at=ago(minutes=1)))),
            "check",
            id="just made",
        ),
        pytest.param(listing(both(made.RUNNING, "processing"), output_dir=None), "Local copy", id="no directory"),
        pytest.param(listing(ListedBatch(made.RUNNING), without_database=NO_DATABASE), "Row:", id="no database"),
        pytest.param(listing(both(made.COMPLETED, "completed", error="old")), "Error:", id="an error that passed"),
    ],
)
def test_show_says_nothing_that_is_not_so(found, unsaid):
    assert unsaid not in words(show_text(found))


CLEAN = google(20, "SUCCEEDED", total=5, succeeded=5, failed=0, completed_at=ago(minutes=1), output_file="files/o")


@pytest.mark.parametrize(
    ("found", "said"),
    [
        pytest.param(
            listing(both(CLEAN, "completed")), "Google is done. The worker has stored the results.", id="done"
        ),
        pytest.param(listing(both(CLEAN, "processing")), "The row is still processing", id="not yet collected"),
        pytest.param(listing(both(CLEAN, "processing")), "this one until about 2025-11-24 11:59", id="kept until"),
        pytest.param(listing(both(made.LATE, "processing")), "finished 2d2h ago, so something", id="late"),
        pytest.param(listing(both(made.LATE, "processing")), "that is over", id="no longer kept"),
        pytest.param(listing(both(made.COMPLETED, "completed")), "2 of the requests failed", id="some failed"),
        pytest.param(listing(both(made.FAILED, "processing")), "three more times", id="failed, row waits"),
        pytest.param(listing(both(made.CANCELLED, "processing")), "until the worker is restarted", id="cancelled"),
        pytest.param(listing(both(made.EXPIRED, "failed")), "The job expired", id="expired"),
        pytest.param(listing(both(made.LONG, "processing")), "has 42 characters where Google", id="a long id"),
        pytest.param(
            listing(both(made.LONG, "failed", error="failed to get: batch file reference download failed: 403")),
            "could not download the results",
            id="download refused",
        ),
        pytest.param(listing(both(CLEAN, "failed", error="768 expected")), "gave the batch up", id="results refused"),
        pytest.param(listing(both(CLEAN, "failed")), "wrote no error message", id="failed without a word"),
        pytest.param(listing(both(google(1, "PAUSED"), "processing")), "PENDING (Google says PAUSED)", id="paused"),
        pytest.param(listing(both(google(1, "CANCELLING"), "processing")), "is being cancelled", id="cancelling"),
        pytest.param(listing(both(google(1, "PARTIALLY_SUCCEEDED"), "processing")), "with a part", id="a part"),
        pytest.param(listing(both(google(1, "DREAMING"), "processing")), "does not know the state", id="unknown"),
        pytest.param(
            listing(both(google(1, "RUNNING", created_at=ago(hours=30)), "processing")), "gives up after 48", id="slow"
        ),
        pytest.param(listing(ListedBatch(CLEAN)), "No row of this database names the job", id="no row"),
        pytest.param(listing(ListedBatch(CLEAN), without_database=NO_DATABASE), NO_DATABASE, id="no database"),
        pytest.param(
            listing(ListedBatch(row=stored(1, "processing", LOST)), without_google=OPENAI),
            f"Google was not asked: {OPENAI}",
            id="not asked",
        ),
        pytest.param(listing(ListedBatch(row=stored(1, "processing", LOST))), "unknown to Google", id="gone"),
        pytest.param(listing(ListedBatch(row=stored(1, "completed", LOST))), "nothing is lost", id="forgotten"),
        pytest.param(
            listing(ListedBatch(row=stored(1, "processing", "projects/p/locations/l/batchJobs/1"))),
            "of another API",
            id="Vertex AI's",
        ),
        pytest.param(listing(ListedBatch(row=stored(1, "processing"))), "neither sends it nor asks", id="no id"),
        pytest.param(
            listing(ListedBatch(row=stored(1, "pending_submission", columns={"submission_attempts": 3}))),
            "tried to send it and could not",
            id="held back",
        ),
        pytest.param(
            listing(
                ListedBatch(
                    row=stored(
                        1,
                        "retry_scheduled",
                        LOST,
                        columns={"retry_count": 2, "next_retry_at": "2025-11-22T12:04:00Z"},
                    )
                )
            ),
            "Retries: 2, the next at 2025-11-22T12:04:00Z",
            id="a retry",
        ),
        pytest.param(listing(selection=BatchSelection(id="batches/x")), "Google does not know it", id="not there"),
        pytest.param(
            listing(selection=BatchSelection(id="x"), without_database=NO_DATABASE),
            f"and {NO_DATABASE}.",
            id="half asked",
        ),
        pytest.param(
            listing(selection=BatchSelection(id="projects/p/locations/l/batchJobs/1")), "Vertex AI", id="guide's form"
        ),
    ],
)
def test_show_says_what_it_comes_to(found, said):
    assert said in words(show_text(found))


def test_quiet_shows_the_figures_alone():
    shown = show_text(listing(both(made.LATE, "processing")), quiet=True)

    assert "Percent:      100.00%" in shown
    assert "$ " not in shown


@pytest.mark.parametrize("without", [None, OPENAI])
@pytest.mark.parametrize(
    ("status", "id", "said"),
    [
        ("processing", LOST, False),
        ("processing", None, False),
        ("completed", FOREIGN, False),
        ("failed", FOREIGN, False),
        ("processing", FOREIGN, True),
        ("processing", "batches/", True),
    ],
)
def test_an_id_that_the_worker_passes_over(status, id, said, without):
    found = listing(ListedBatch(row=stored(1, status, id)), without_google=without)
    shown = words(list_text(found))

    assert ("1 row waits for a job that the worker never asks for" in shown) is said
    assert ("made with another key" in shown) is (id == LOST and without is None)
    assert ("The row stays processing" in words(show_text(found))) is (said or (id == LOST and without is None))


@pytest.mark.parametrize(
    ("batch", "over"),
    [
        pytest.param(both(made.RUNNING, "processing"), False, id="running"),
        pytest.param(ListedBatch(google(1, "DREAMING")), False, id="unknown"),
        pytest.param(ListedBatch(row=stored(1, "pending_submission")), False, id="not sent"),
        pytest.param(both(google(1, "CANCELLING"), "processing"), False, id="cancelling"),
        pytest.param(both(made.COMPLETED, "processing"), True, id="done"),
        pytest.param(both(made.EXPIRED, "processing"), True, id="expired"),
        pytest.param(ListedBatch(row=stored(1, "failed")), True, id="given up"),
        pytest.param(ListedBatch(row=stored(1, "processing", LOST)), True, id="gone"),
    ],
)
def test_when_there_is_nothing_more_to_watch(batch, over):
    assert is_over(batch, listing(batch)) is over


# --- hostile answers


EVIL = "\x1b]0;title\x07\x1b[2J$(reboot)\u202e\n\u754c"
HOSTILE = both(
    google(
        1,
        EVIL,
        model=EVIL,
        display_name=EVIL,
        total=-5,
        succeeded=10**30,
        failed=-3,
        created_at=datetime.min.replace(tzinfo=UTC),
        updated_at=datetime.max.replace(tzinfo=UTC),
        completed_at=datetime.max.replace(tzinfo=UTC),
        output_file=f"files/{EVIL}" + "x" * 300,
        error=EVIL * 20,
    ),
    EVIL,
    repository=EVIL,
    error=EVIL,
    columns={EVIL: EVIL, "batch_number": EVIL, "submission_attempts": EVIL, "next_retry_at": EVIL},
)


@pytest.mark.parametrize("look", [{}, {"verbosity": 1}, {"width": 40}, {"bars": True}])
def test_nothing_from_a_server_steers_the_terminal(look):
    ids = listing(HOSTILE, ListedBatch(google(1, "X", error=EVIL)), ListedBatch(row=stored(1, "failed", EVIL)))
    for shown in (list_text(ids, **look), list_text(ids, fit=40, **look), show_text(listing(HOSTILE), **look)):
        assert all(letter.isprintable() or letter == "\n" for letter in shown)


def test_a_command_has_only_ids_that_may_be_typed():
    evil = ListedBatch(GoogleBatch(f"batches/x; {EVIL}", "BATCH_STATE_RUNNING"))

    assert list_text(listing(evil)).rstrip().endswith("$ codechunk-doctor batches show ID")
    assert made.RUNNING.id in list_text(listing(evil, ListedBatch(made.RUNNING))).splitlines()[-1]


@pytest.mark.parametrize("fit", [40, 50, 60, 80, 100, 120, 160, 200])
def test_a_table_fits_whatever_is_in_it(fit):
    wide = both(google(1, "RUNNING", error="\u754c" * 500), "processing", repository="\u4e16\u754c" * 120)
    found = listing(wide, HOSTILE, *made.EVERY)
    lines = list_text(found, width=min(fit, 110), fit=fit, bars=True).splitlines()

    assert [line for line in lines if columns(line) > fit and not line.startswith("  $ ")] == []


def test_letters_that_a_terminal_may_lack():
    encodable(show_text(listing(both(made.COMPLETED, "completed"))), "ascii").encode("ascii")
    assert "\n" + "-" * 40 + "\n" in encodable(show_text(listing(both(made.COMPLETED, "completed"))), "ascii")


@pytest.mark.parametrize(
    ("percent", "width", "drawn"),
    [
        (0, 20, "[..........]   0.00%"),
        (50, 20, "[#####.....]  50.00%"),
        (100, 20, "[##########] 100.00%"),
        (99.99, 20, "[#########.]  99.99%"),
        (50, 5, "[##..]  50.00%"),
    ],
)
def test_bar(percent, width, drawn):
    assert bar(percent, width) == drawn


def test_a_bar_is_no_wider_than_it_is_worth():
    assert len(bar(50, 200)) == 60


# --- for machines


def test_for_machines():
    [entry] = validate(as_json(listing(both(made.COMPLETED, "completed"))), "batches")["batches"]

    assert list(entry.items()) == [
        ("id", made.COMPLETED.id),
        ("state", "COMPLETED"),
        ("google_state", "BATCH_STATE_SUCCEEDED"),
        ("model", "gemini-embedding-001"),
        ("total", 5000),
        ("processed", 5000),
        ("success", 4998),
        ("errors", 2),
        ("created_at", "2025-11-22T10:30:00Z"),
        ("updated_at", "2025-11-22T10:45:23Z"),
        ("completed_at", "2025-11-22T10:45:23Z"),
        ("duration_ms", 923_000),
        ("percent", 100.0),
        ("remaining", 0),
        ("rate", 5.42),
        ("output_file", "files/batch-output-20251122"),
        ("error", None),
        ("row", dict(stored(1, "completed", made.COMPLETED).columns)),
    ]


@pytest.mark.parametrize(
    ("batch", "expected"),
    [
        pytest.param(
            ListedBatch(google(1, "RUNNING", created_at=None)),
            {"total": None, "processed": None, "percent": None, "duration_ms": None, "rate": None, "row": None},
            id="nothing known",
        ),
        pytest.param(
            ListedBatch(google(1, "RUNNING", total=0, succeeded=0, failed=0)), {"percent": None}, id="of nothing, yet"
        ),
        pytest.param(
            ListedBatch(google(1, "SUCCEEDED", total=0, succeeded=0, failed=0)), {"percent": 100.0}, id="of nothing"
        ),
        pytest.param(
            ListedBatch(google(1, "RUNNING", total=3, succeeded=1)),
            {"processed": 1, "errors": None, "percent": 33.33, "remaining": 2},
            id="one count alone",
        ),
        pytest.param(
            ListedBatch(google(1, "RUNNING", total=10, succeeded=10**9, failed=0)),
            {"percent": 100.0, "remaining": 0},
            id="more than all",
        ),
        pytest.param(
            ListedBatch(google(1, "RUNNING", total=10, succeeded=5, failed=0, created_at=ago(hours=-1))),
            {"duration_ms": None, "rate": None, "percent": 50.0},
            id="made in the future",
        ),
        pytest.param(
            ListedBatch(google(1, "RUNNING", total=10, succeeded=5, failed=0, created_at=NOW)),
            {"duration_ms": 0, "rate": None},
            id="made now",
        ),
        pytest.param(
            ListedBatch(google(1, "FAILED", total=10, succeeded=5, failed=0)),
            {"duration_ms": None, "rate": None, "state": "FAILED"},
            id="ended nobody knows when",
        ),
        pytest.param(
            ListedBatch(google(1, "EXPIRED")),
            {"state": "FAILED", "google_state": "BATCH_STATE_EXPIRED"},
            id="Google says more",
        ),
        pytest.param(ListedBatch(google(1, "DREAMING")), {"state": "PENDING"}, id="unknown"),
        pytest.param(
            ListedBatch(row=stored(1, "retry_scheduled", LOST, error="oh")),
            {"id": LOST, "state": "PROCESSING", "google_state": None, "error": "oh", "model": None},
            id="row only",
        ),
        pytest.param(
            ListedBatch(row=stored(1, "pending_submission")),
            {"id": "a1b2c3d4-e5f6-4890-abcd-000000000001", "state": "PENDING", "created_at": "2025-11-22T10:59:00Z"},
            id="never sent",
        ),
        pytest.param(both(made.FAILED, "failed", error="row's"), {"error": made.FAILED.error}, id="Google's error"),
    ],
)
def test_what_is_not_known_is_null(batch, expected):
    [entry] = validate(as_json(listing(batch)), "batches")["batches"]

    assert {key: entry[key] for key in expected} == expected


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(listing(), id="empty"),
        pytest.param(listing(*made.EVERY), id="of every kind"),
        pytest.param(listing(HOSTILE), id="hostile"),
        pytest.param(listing(*made.EVERY, without_database=NO_DATABASE), id="half"),
    ],
)
def test_the_schema_holds(found):
    document = validate(as_json(found), "batches")

    assert len(document["batches"]) == len(found.batches)
    assert json.loads(as_line(found)) == document
    assert as_line(found).count("\n") == 1


@pytest.mark.slow
def test_thousands():
    many = [both(google(n % 999, "RUNNING", created_at=NOW - timedelta(seconds=n)), "processing") for n in range(5000)]

    document = json.loads(as_json(listing(*many)))
    assert len(document["batches"]) == 5000
    validate(json.dumps({**document, "batches": document["batches"][-200:]}), "batches")
