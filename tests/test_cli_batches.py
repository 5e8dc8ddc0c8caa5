"""`batches` as a command: how it may be called, and how it ends where there is nobody to ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from doctor import app
from doctor.cli import main
from doctor.errors import SourceError
from doctor.facts import BatchListing, BatchSelection, ListedBatch
from doctor.facts.batchlist import BATCH_STATES
from doctor.facts.gemini import GUIDE_STATES
from tests.report import batch_listings as made
from tests.report.batch_listings import both, listing
from tests.report.schemas import validate

ID = made.RUNNING.id
RUNNING = both(made.RUNNING, "processing")
ENDED = both(replace(made.COMPLETED, id=ID), "completed")
FOREIGN = "projects/PROJECT_ID/locations/us-central1/batchJobs/12345"
Asked = list[BatchSelection]
Answer = Callable[..., BatchListing]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["batches", *arguments])


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """What the command asks for; a running batch is found."""
    selections: Asked = []

    def answer(_settings: Any, selection: BatchSelection) -> BatchListing:
        selections.append(selection)
        return listing(RUNNING, selection=selection)

    monkeypatch.setattr(app, "batches", answer)
    return selections


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Set what is found, look by look: a tuple of batches, or an error; then Ctrl-C."""

    def set_to(*looks: tuple[ListedBatch, ...] | Exception, **values: Any) -> None:
        left = list(looks)

        def answer(_settings: Any, selection: BatchSelection) -> BatchListing:
            if not left:
                raise KeyboardInterrupt
            look = left.pop(0)
            if isinstance(look, Exception):
                raise look
            return listing(*look, selection=selection, **values)

        monkeypatch.setattr(app, "batches", answer)

    return set_to


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("doctor.cli.live.EVERY", 0.02)


# --- what is asked for


@pytest.mark.parametrize(
    ("arguments", "selection"),
    [
        pytest.param(["list"], BatchSelection(), id="nothing"),
        pytest.param(["list", "--limit", "0"], BatchSelection(), id="all"),
        pytest.param(["list", "--limit", "7"], BatchSelection(limit=7), id="the newest seven"),
        pytest.param(["list", "--state", "COMPLETED"], BatchSelection(("COMPLETED",)), id="the guide's word"),
        pytest.param(["list", "--state", "running"], BatchSelection(("RUNNING",)), id="Google's, in small letters"),
        pytest.param(["list", "--state", "BATCH_STATE_EXPIRED"], BatchSelection(("EXPIRED",)), id="with its prefix"),
        pytest.param(["list", "--state", "Job_State_Paused"], BatchSelection(("PAUSED",)), id="the library's prefix"),
        pytest.param(
            ["list", "--state", "failed", "--state", "expired", "--state", "FAILED"],
            BatchSelection(("FAILED", "EXPIRED")),
            id="several",
        ),
        pytest.param(["show", ID], BatchSelection(id=ID), id="an id"),
        pytest.param(["show", f" {ID}\n"], BatchSelection(id=ID), id="pasted with blanks"),
        pytest.param(["show", "abc-1"], BatchSelection(id="abc-1"), id="without its prefix"),
        pytest.param(
            ["show", "a1b2c3d4-e5f6-4890-abcd-000000000001"],
            BatchSelection(id="a1b2c3d4-e5f6-4890-abcd-000000000001"),
            id="a row's",
        ),
    ],
)
def test_selection(asked: Asked, arguments: list[str], selection: BatchSelection) -> None:
    result = run(*arguments)

    assert (result.exit_code, result.stderr) == (0, "")
    assert asked == [selection]


@pytest.mark.parametrize(
    "word", sorted({*(each.lower() for each in BATCH_STATES), *(each.lower() for each in GUIDE_STATES)})
)
def test_every_word_is_known(asked: Asked, word: str) -> None:
    for form in (word, f"BATCH_STATE_{word}", f"job_state_{word.upper()}"):
        assert run("list", "--state", form).exit_code == 0

    assert {each.states for each in asked} == {(word.upper(),)}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["list", "--state", "compleeted"], "did you mean COMPLETED?", id="misspelt"),
        pytest.param(["list", "--state", "done"], "PENDING, PROCESSING, COMPLETED, FAILED, CANCELLED", id="no state"),
        pytest.param(["list", "--state", "done"], "SUCCEEDED", id="Google's words too"),
        pytest.param(["list", "--state", ""], "is not one of", id="empty"),
        pytest.param(["list", "--limit", "-1"], "0 stands for all", id="negative"),
        pytest.param(["list", "--limit", "all"], "0 stands for all", id="no number"),
        pytest.param(["list", "--limit", "9" * 5000], "0 stands for all", id="far too many"),
        pytest.param(["list", "--offline"], "--offline", id="offline"),
        pytest.param(["list", ID], ID, id="an argument"),
        pytest.param(["list", "--dir", "/no/such"], "there is no such directory", id="directory"),
        pytest.param(["list", "--output", "json=/no/such/file"], "there is no directory", id="output"),
        pytest.param(["list", "--format", "junit"], "text, json", id="format"),
        pytest.param(["show"], "ID", id="no id"),
        pytest.param(["show", ID, ID], "unexpected extra argument", id="two ids"),
        pytest.param(["show", " "], "no id of a batch", id="a blank"),
        pytest.param(["show", "batches/"], "no id of a batch", id="a prefix alone"),
        pytest.param(["show", "files/abc"], "no id of a batch", id="a file"),
        pytest.param(["show", "batches/../models"], "no id of a batch", id="a path"),
        pytest.param(["show", "x" * 201], "no id of a batch", id="too long"),
        pytest.param(["show", ID, "--state", "FAILED"], "--state", id="a state of one"),
        pytest.param(["shwo", ID], "did you mean show?", id="misspelt command"),
    ],
)
def test_wrong_use(asked: Asked, arguments: list[str], said: str) -> None:
    result = run(*arguments)

    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert asked == []


@pytest.mark.parametrize("arguments", [["list"], ["show", ID]])
def test_settings_that_say_offline(asked: Asked, tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "codechunk-doctor.toml").write_text("offline = true\n")

    result = run(*arguments, "--dir", str(tmp_path))

    assert (result.exit_code, result.stdout) == (2, "")
    assert "offline = false" in result.stderr


# --- what is shown


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize("arguments", [["list"], ["show", ID]])
def test_text_and_json(arguments: list[str], tmp_path: Path) -> None:
    result = run(*arguments, "--output", f"json={tmp_path}/b.json", "--output", f"text={tmp_path}/b.txt")

    assert ID in result.stdout
    assert (tmp_path / "b.txt").read_text() == result.stdout
    document = validate((tmp_path / "b.json").read_text(), "batches")
    assert document == validate(run(*arguments, "--format", "json").stdout, "batches")
    assert [batch["id"] for batch in document["batches"]] == [ID]


@pytest.mark.usefixtures("asked")
def test_quiet_and_verbose():
    assert run("list", "-q").stdout.startswith("BATCH")
    assert "batch_number: 2" in run("show", ID, "-v").stdout
    assert "batch_number" not in run("show", ID).stdout


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        pytest.param(["list"], 50, id="fifty as text"),
        pytest.param(["list", "--limit", "0"], 60, id="all as text"),
        pytest.param(["list", "--format", "json"], 60, id="all as JSON"),
    ],
)
def test_how_many_are_shown(answers, arguments, shown):
    answers(tuple(RUNNING for _ in range(60)))

    column = '"id": "batches/' if "json" in arguments else "batches/"
    assert run(*arguments).stdout.count(column) == shown


@pytest.mark.parametrize("format", ["text", "json"])
def test_what_is_not_there(answers, format):
    answers(())
    result = run("show", "batches/x", "--format", format)

    assert result.exit_code == 1
    said = result.stdout if format == "text" else result.stderr
    assert "No batch batches/x was found" in " ".join(said.split())
    if format == "json":
        assert validate(result.stdout, "batches")["batches"] == []


@pytest.mark.parametrize("watch", [[], ["--watch"]])
def test_the_guides_form_of_an_id_that_no_row_has(answers, watch: list[str]) -> None:
    answers(())
    result = run("show", FOREIGN, *watch)
    said = " ".join(result.stdout.split())

    assert (result.exit_code, result.stderr) == (1, "")
    assert "begin with batches/, and no row of the database has this id" in said
    assert "explain batches.bad-job-id" in said
    assert "explain environment.gemini-redirected" in said
    assert "$ codechunk-doctor batches list" in said


@pytest.mark.parametrize("watch", [[], ["--watch"]])
def test_the_guides_form_of_an_id_that_a_row_has(answers, watch: list[str]) -> None:
    answers((ListedBatch(row=made.stored(1, "processing", FOREIGN)),))
    result = run("show", FOREIGN, *watch)

    assert (result.exit_code, result.stderr) == (0, "")
    assert f"Job ID:         {FOREIGN}" in result.stdout
    assert "batches.bad-job-id" in result.stdout


def test_an_empty_list_is_no_failure(answers):
    answers(())
    result = run("list")

    assert (result.exit_code, result.stderr) == (0, "")
    assert "No batch job is at" in result.stdout


@pytest.mark.parametrize("arguments", [["list"], ["show", ID], ["list", "-q"]])
@pytest.mark.parametrize(
    ("half", "said"),
    [
        ("without_database", "without rows: the database at h:5432 is not there"),
        ("without_google", "without what Google knows: the database at h:5432 is not there"),
    ],
)
def test_a_missing_half_is_said_on_standard_error(answers, arguments, half, said):
    answers((ListedBatch(made.RUNNING),), **{half: "the database at h:5432 is not there"})
    result = run(*arguments)

    assert result.exit_code == 0
    assert said in result.stderr


@pytest.mark.parametrize("format", ["text", "json"])
def test_a_list_of_which_both_halves_are_missing_is_none(answers, format):
    answers((), without_google="the provider is openai", without_database="the program does not start")
    result = run("list", "--format", format)

    assert result.exit_code == 1
    assert "the program does not start" in result.stderr
    if format == "text":
        assert "Nothing is known: the provider is openai, and the program does not start." in " ".join(
            result.stdout.split()
        )


def test_what_no_finding_explains_could_not_complete(answers):
    answers(SourceError("no answer within 9 s", "gemini"))
    result = run("list")

    assert (result.exit_code, result.stdout) == (3, "")
    assert "could not complete: gemini: no answer within 9 s" in result.stderr


# --- watching without a terminal


@pytest.mark.usefixtures("quick")
def test_watching_the_list_until_it_is_interrupted(answers):
    answers((RUNNING,), (RUNNING,), (ENDED,))
    result = run("list", "--watch")

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.count("2025-11-22 12:00:00 UTC, again every 2 seconds until Ctrl-C") == 3
    assert result.stdout.count("[####") == 2
    assert "\x1b" not in result.stdout


@pytest.mark.usefixtures("quick")
def test_watching_one_until_it_has_ended(answers):
    answers((RUNNING,), (RUNNING,), (ENDED,), (RUNNING,))
    result = run("show", ID, "--watch")

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.count("Job Details:") == 3
    assert result.stdout.rstrip().endswith("$ codechunk-doctor check --only batches")


@pytest.mark.usefixtures("quick")
def test_watching_what_has_ended_is_showing_it(answers):
    answers((ENDED,), (RUNNING,))

    assert run("show", ID, "--watch").stdout.count("Job Details:") == 1


@pytest.mark.usefixtures("quick")
def test_watching_what_is_not_there(answers):
    answers((), (RUNNING,))
    result = run("show", ID, "--watch")

    assert result.exit_code == 1
    assert "No batch" in result.stdout


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("arguments", [["list"], ["show", ID]])
def test_watching_for_machines(answers, tmp_path, arguments):
    answers((RUNNING,), (RUNNING,), (ENDED,))
    result = run(*arguments, "--watch", "--format", "json", "--output", f"json={tmp_path}/newest.json")

    assert result.exit_code == 0
    states = [validate(line, "batches")["batches"][0]["state"] for line in result.stdout.splitlines()]
    assert states == ["PROCESSING", "PROCESSING", "COMPLETED"]
    assert validate((tmp_path / "newest.json").read_text(), "batches")["batches"][0]["state"] == "COMPLETED"


@pytest.mark.usefixtures("quick")
def test_watching_goes_on_after_trouble_and_says_a_missing_half_once(answers):
    answers((RUNNING,), SourceError("503", "gemini"), (RUNNING,), (ENDED,), without_database="it is down")
    result = run("show", ID, "--watch")

    assert result.exit_code == 0
    assert result.stdout.count("Job Details:") == 3
    assert "503; trying again" in result.stderr
    assert result.stderr.count("it is down") == 1


@pytest.mark.usefixtures("asked", "quick")
def test_watching_ends_at_the_deadline():
    result = run("show", ID, "--watch", "--deadline", "200ms", "--format", "json")

    assert (result.exit_code, result.stderr) == (0, "")
    assert len(result.stdout.splitlines()) > 1


def test_watching_does_not_begin_in_trouble(answers):
    answers(SourceError("no answer", "gemini"))

    assert run("list", "--watch").exit_code == 3
