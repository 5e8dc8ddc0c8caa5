"""What `fix` prints: the diff, how sure each fix is, what is left to the reader, and what to type next."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from doctor.fixes import change_mode, change_owner, make_directory, remove
from doctor.fixing.backup import Undone
from doctor.fixing.plan import FileChange, Plan, Proposal, State
from doctor.fixing.repaired import Repair
from doctor.model import (
    CheckResult,
    Edit,
    Finding,
    Fix,
    Location,
    Outcome,
    OutcomeKind,
    Report,
    Safety,
    Severity,
    TargetSummary,
    VerificationStatus,
    WorkerSummary,
)
from doctor.report import repair as reporter
from tests.report.schemas import validate

FILE = "configs/config.yaml"
EDIT = Edit(FILE, "gemini.batch.enabled", "false", "true", line=7)
DIFF = (f"--- a/{FILE}", f"+++ b/{FILE}", "@@ -7 +7 @@ t.a", "-    enabled: false", "+    enabled: true")
VERIFIED, CAUSES, CANNOT = VerificationStatus.VERIFIED, VerificationStatus.WOULD_CAUSE, VerificationStatus.CANNOT_VERIFY


def report(*checks: str) -> Report:
    finding = Finding("it is wrong", Location.file(FILE, 7), severity=Severity.ERROR)
    results = [
        CheckResult(each, "t", "title", None, "", Outcome(OutcomeKind.FOUND, findings=(finding,))) for each in checks
    ]
    target = TargetSummary("/in/here", None, FILE, WorkerSummary("assumed", "host", None), offline=True)
    return Report(target, "2025-01-01T00:00:00.000Z", 1.0, tuple(results), None, ())


SENTENCE = "Set gemini.batch.enabled to true."


def proposal(
    state: State = State.PLANNED,
    *edits: Edit,
    id: str = "t.a",
    commands: Any = (),
    sentence: str = SENTENCE,
    **more: Any,
) -> Proposal:
    fix = Fix(sentence, tuple(commands), edits or (EDIT,), Safety.SAFE)
    return Proposal(id, Finding("x", Location.file(FILE), fix=fix), fix, state, **more)


def repair(*proposals: Proposal, **more: Any) -> Repair:
    planned = [each for each in proposals if each.planned]
    on_paths = tuple(edit for each in planned for edit in each.fix.edits if edit.action.value not in ("set", "delete"))
    change = FileChange(FILE, Path("/in/here") / FILE, b"false", b"true", tuple(planned))
    files = (change,) if any(EDIT in each.fix.edits for each in planned) else ()
    found = report(*dict.fromkeys(each.check for each in proposals))
    return Repair(found, Plan(proposals, files, on_paths), DIFF if files else (), **more)


def text(found: Repair, **look: Any) -> str:
    return reporter.text(found, **{"width": 100, "color": False, **look})


@pytest.mark.parametrize(
    ("checks", "said"),
    [
        ((), "Nothing wrong was found, so there is nothing to fix.\n"),
        (("t.a",), "1 finding, and no fix for it; `codechunk-doctor` shows it.\n"),
        (("t.a", "t.b"), "2 findings, and no fix for any of them; `codechunk-doctor` shows them.\n"),
    ],
)
def test_nothing_to_say(checks, said):
    found = Repair(report(*checks), Plan(()))

    assert text(found) == said
    assert json.loads(reporter.json(found))["fix"]["fixes"] == []


@pytest.mark.parametrize(
    ("found", "said"),
    [
        pytest.param(report(), "Nothing wrong was found, so there is nothing to fix.\n", id="whole"),
        pytest.param(report("t.a"), "1 finding, and no fix for it; `codechunk-doctor` shows it.\n", id="found"),
        pytest.param(
            replace(report("t.a"), incomplete="the deadline ended the run"),
            "1 finding, and no fix for it; `codechunk-doctor` shows it.\nNot complete: the deadline ended the run.\n",
            id="found, not whole",
        ),
        pytest.param(
            replace(report(), incomplete="the deadline ended the run"),
            "Nothing was found, but the run is not complete: there may be something to fix.\n"
            "Not complete: the deadline ended the run.\n",
            id="not whole",
        ),
        pytest.param(
            replace(report(), results=(CheckResult("t.a", "t", "x", None, "", Outcome(OutcomeKind.CRASHED)),)),
            "Nothing was found, but the run is not complete: there may be something to fix.\n",
            id="crashed",
        ),
    ],
)
@pytest.mark.parametrize("quiet", [False, True])
def test_a_run_that_was_cut_short_is_no_clean_one(found: Report, said: str, quiet: bool):
    assert text(Repair(found, Plan(())), quiet=quiet) == said


def test_a_plan_of_a_run_that_was_cut_short_says_so():
    found = repair(proposal().told(VERIFIED, "x"))
    late = replace(found, report=replace(found.report, incomplete="the deadline ended the run"))

    assert "Not complete" not in text(found)
    assert text(late).endswith("keeps a backup.\nNot complete: the deadline ended the run.\n")


def test_by_hand():
    shown = text(repair(proposal(State.BY_HAND, commands=["do this", "SELECT 1"])))

    assert shown.startswith("For you to do\n- t.a: Set gemini.batch.enabled to true.\n")
    assert "    $ do this\n    sql> SELECT 1\n" in shown
    assert shown.endswith("There is nothing here that can be changed for you.\n")


def test_planned():
    shown = text(repair(proposal().told(VERIFIED, "tried on a copy: t.a is quiet")))

    assert shown.startswith("\n".join(DIFF) + "\n\nPlanned\n- t.a: Set gemini.batch.enabled to true.\n  verified\n")
    assert shown.endswith("The same command with --apply makes the changes, and keeps a backup.\n")


@pytest.mark.parametrize(
    ("status", "detail", "verbosity", "said"),
    [
        (VERIFIED, "tried on a copy: t.a is quiet", 0, "  verified\n"),
        (VERIFIED, "tried on a copy: t.a is quiet", 1, "  verified: tried on a copy: t.a is quiet\n"),
        (VERIFIED, "tried: t.a is quiet; then shows t.b: b", 0, "  verified; then shows t.b: b\n"),
        (CAUSES, "t.b: b is wrong", 0, "  would cause: t.b: b is wrong\n"),
        (CANNOT, "t.a gives no answer", 0, "  cannot be verified here: t.a gives no answer\n"),
    ],
)
def test_how_sure_it_is(status, detail, verbosity, said):
    assert said in text(repair(proposal().told(status, detail)), verbosity=verbosity)


@pytest.mark.parametrize(
    ("state", "title"),
    [
        (State.UNSAFE, "Not made, unless named"),
        (State.CONFLICT, "Left out"),
        (State.REFUSED, "Not possible"),
    ],
)
def test_what_is_not_made_is_shown_all_the_same(state, title):
    shown = text(repair(proposal(state, reason="because of this")))

    assert f"{title}\n- t.a: Set gemini.batch.enabled to true.\n  because of this\n    {FILE}:7\n" in shown
    assert "      - enabled: false\n      + enabled: true\n" in shown


USER, POOL, HOST = (
    Edit(FILE, f"database.{name}", "a", "b", line=line) for name, line in (("user", 3), ("pool", 4), ("host", 5))
)


@pytest.mark.parametrize(
    ("state", "edits", "sentence", "said"),
    [
        pytest.param(State.PLANNED, [USER], "Set database.user.", "Set database.user.", id="named"),
        pytest.param(State.PLANNED, [USER], "Write user: below database:.", "Write user: below", id="named in parts"),
        pytest.param(State.PLANNED, [USER, POOL], "Set database.user, database.pool.", "Set database.user", id="both"),
        pytest.param(State.PLANNED, [change_mode("run.sh", 0o644, 0o744)], "Run it.", "Run it.", id="a path"),
        pytest.param(
            State.PLANNED, [Edit(".gitignore", ".env", None, ".env")], "Ignore .env.", "Ignore .env.", id="a pattern"
        ),
        pytest.param(State.PLANNED, [USER], "Quote it.", f"database.user ({FILE}:3): Quote it.", id="a line"),
        pytest.param(State.PLANNED, [USER], "Quote the username.", f"database.user ({FILE}:3): ", id="part of a word"),
        pytest.param(
            State.PLANNED, [replace(USER, line=None)], "Write it.", f"database.user ({FILE}): Write it.", id="no line"
        ),
        pytest.param(State.PLANNED, [USER, POOL], "Write them.", f"database.user, database.pool ({FILE}): ", id="two"),
        pytest.param(
            State.PLANNED,
            [USER, POOL, HOST],
            "Write them.",
            f"database.user, database.pool and 1 more ({FILE}): ",
            id="three",
        ),
        pytest.param(State.REFUSED, [USER], "Quote it.", "database.user: Quote it.\n", id="its line stands below"),
    ],
)
def test_what_a_fix_is_of(state, edits, sentence, said):
    assert f"\n- t.a: {said}" in "\n" + text(repair(proposal(state, *edits, sentence=sentence)))


@pytest.mark.parametrize(
    ("edit", "lines"),
    [
        pytest.param(EDIT, ("- enabled: false", "+ enabled: true"), id="yaml"),
        pytest.param(replace(EDIT, path="c.json"), ('- "enabled": false', '+ "enabled": true'), id="json"),
        pytest.param(Edit("c.json", "database.user", None, ""), ('+ "user": null',), id="nothing"),
        pytest.param(Edit("c.json", "log.level", '"a"', "info", 2), ('- "level": "a"', '+ "level": "info"'), id="text"),
        pytest.param(Edit("c.json", "database.password", None, "hunter2"), ('+ "password": "***"',), id="a secret"),
    ],
)
def test_a_line_is_shown_as_its_file_has_it(edit, lines):
    shown = text(repair(proposal(State.REFUSED, edit)))

    assert [line.strip() for line in shown.splitlines() if line.startswith("      ")] == list(lines)


def test_what_comes_up_later():
    assert "  comes up once the others are made\n" in text(repair(proposal(), proposal(id="t.b", follows=True)))


@pytest.mark.parametrize(
    ("edit", "line"),
    [
        (make_directory("/data/in"), "+ mkdir -p -m 0750 /data/in\n"),
        (change_mode("run.sh", 0o644, 0o744), "+ chmod 0744 run.sh (was 0644)\n"),
        (change_owner("/data", (0, 0), (1, 2)), "+ chown 1:2 /data (was 0:0)\n"),
        (remove("/tmp/x", 0o644), "- /tmp/x\n"),
    ],
)
def test_paths(edit, line):
    shown = text(repair(proposal(State.PLANNED, edit, commands=["the same by hand"])))

    assert shown.startswith(line)
    assert "by hand" not in shown


def test_written():
    planned = proposal(commands=["and this"]).told(VERIFIED, "written, and looked again: t.a is quiet")
    found = repair(planned, after=report("t.b"), written=(FILE,), backup="/b")

    shown = text(found)

    assert "Changed\n- t.a: Set gemini.batch.enabled to true.\n  verified\n    $ and this\n" in shown
    assert f"Written: {FILE}.\nLooked again: t.a is quiet now.\n1 finding left" in shown
    assert shown.endswith("comes back with:\n  $ codechunk-doctor fix --undo --dir /in/here\n")


def test_taken_back():
    left = proposal(State.REFUSED, reason="written, and the finding was still there: taken back")

    shown = text(repair(left, applying=True, after=report("t.a"), taken_back=("t.a",)))

    assert "Taken back, because the finding was still there: t.a.\n1 finding left" in shown
    assert "Written" not in shown
    assert "--undo" not in shown


def test_a_problem():
    problem = "Nothing was changed: configs/config.yaml was changed since it was read."

    assert text(repair(proposal(), applying=True, problem=problem), quiet=True) == f"{problem}\n"


def test_hostile_text_is_escaped():
    bad = "\x1b[2J\u202e"
    planned = proposal(reason=bad).told(CANNOT, bad)
    found = replace(repair(planned, problem=bad), diff=(f"+{bad}",), written=(bad,))

    for look in ({}, {"color": True}, {"verbosity": 2}):
        shown = text(found, **look)
        assert "\x1b[2J" not in shown
        assert "\u202e" not in shown


def test_colour_only_when_asked():
    found = repair(proposal().told(VERIFIED, "x"))

    assert "\x1b" not in text(found)
    assert "\x1b" in text(found, color=True)


@pytest.mark.parametrize("width", [40, 80])
def test_sentences_keep_to_the_width(width):
    found = repair(proposal(State.UNSAFE, reason="one word after the other " * 9).told(CAUSES, "and so on " * 30))

    assert max(map(len, text(found, width=width).splitlines())) <= width


@pytest.mark.parametrize("state", list(State))
def test_json(state):
    planned = proposal(state, reason="why").told(CANNOT, "x")

    document = validate(reporter.json(repair(planned, problem="p", taken_back=("t.b",))), "report")

    (fix,) = document["fix"]["fixes"]
    assert (fix["state"], fix["reason"], fix["verification"]["status"]) == (
        state.value.replace(" ", "_"),
        "why",
        "cannot_verify",
    )
    assert document["fix"]["problem"] == "p"


def test_secrets_in_edits_are_masked():
    edit = Edit(FILE, "database.password", "hunter2", '"hunter2"', line=3)

    found = repair(proposal(State.UNSAFE, edit))

    assert "hunter2" not in text(found) + reporter.json(found)
    assert '+ password: "***"' in text(found)


@pytest.mark.parametrize(
    ("restored", "left", "said"),
    [
        ((), (), "There was nothing of the fix left to take back.\n"),
        ((Path("/a"),), (), "As before: /a.\n"),
        ((), ("/a is left as it is: it is not empty.",), "/a is left as it is: it is not empty.\n"),
        ((Path("/b"),), ("/a stays.",), "As before: /b.\n/a stays.\n"),
    ],
)
def test_undone(restored, left, said):
    assert reporter.undone(Undone(Path("/backup"), restored, left), width=100) == said
