"""Which of a report's fixes are made, what the others wait for, and what their files come to."""

from __future__ import annotations

from pathlib import Path

import pytest

from doctor.fixes import change_mode, make_directory
from doctor.fixing.plan import Plan, Proposal, State, format_of, planned, proposals
from doctor.fixing.text import Refused
from doctor.model import Action, CheckResult, Edit, Finding, Fix, Location, Outcome, OutcomeKind, Safety, Suppression

FILE = "c.yaml"
TEXT = b"a: 1\nb: 2\nsection:\n  c: 3\n"


def setting(key: str, before: str | None, after: str, line: int | None) -> Edit:
    return Edit(FILE, key, before, after, line=line)


A = setting("a", "1", "10", 1)
B = setting("b", "2", "20", 2)


def proposal(id: str, *edits: Edit, state: State = State.PLANNED) -> Proposal:
    fix = Fix("put it right", edits=edits, safety=Safety.SAFE)
    return Proposal(id, Finding(id, Location.file(FILE), fix=fix), fix, state)


def plan(*given: Proposal, text: bytes | None = TEXT, refuse: str = "") -> Plan:
    def possible(edit: Edit) -> None:
        if edit.path == refuse:
            raise Refused("it cannot be.")

    return planned(given, lambda _: text, lambda name: Path("/root") / name, possible)


def states(plan: Plan) -> list[tuple[str, str]]:
    return [(each.check, each.state.value) for each in plan.proposals]


# --- proposals ----------------------------------------------------------------------------------------------------


def result(id: str, *fixes: Fix | None, suppressed: Suppression | None = None) -> CheckResult:
    findings = tuple(Finding("x", Location.file(FILE), fix=each, suppressed=suppressed) for each in fixes)
    return CheckResult(id, "t", "title", None, "", Outcome(OutcomeKind.FOUND, findings))


def fix(safety: Safety, *edits: Edit) -> Fix:
    return Fix("x", ("type this",), edits, safety)


@pytest.mark.parametrize(
    "given",
    [
        pytest.param([], id="no result"),
        pytest.param([result("t.a")], id="no finding"),
        pytest.param([result("t.a", None)], id="no fix"),
        pytest.param([result("t.a", fix(Safety.SAFE, A), suppressed=Suppression("x", "y"))], id="suppressed"),
    ],
)
def test_nothing_is_proposed(given):
    assert proposals(given, ["t.a"]) == ()


@pytest.mark.parametrize(
    ("offered", "named", "state"),
    [
        pytest.param(fix(Safety.SAFE), [], State.BY_HAND, id="commands alone"),
        pytest.param(fix(Safety.NONE, A), ["t.a"], State.BY_HAND, id="an edit that is only shown"),
        pytest.param(fix(Safety.UNSAFE, A), [], State.UNSAFE, id="unsafe"),
        pytest.param(fix(Safety.UNSAFE, A), ["t.b"], State.UNSAFE, id="another one is named"),
        pytest.param(fix(Safety.UNSAFE, A), ["t.a"], State.PLANNED, id="named"),
        pytest.param(fix(Safety.SAFE, A), [], State.PLANNED, id="safe"),
    ],
)
def test_what_becomes_of_a_fix(offered, named, state):
    (found,) = proposals([result("t.a", offered)], named)

    assert found.state is state
    assert (state is State.UNSAFE) == ("--unsafe t.a" in found.reason)


# --- plans --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given",
    [
        pytest.param([], id="none"),
        pytest.param([proposal("t.a", A, state=State.UNSAFE)], id="not named"),
        pytest.param([proposal("t.a", A, state=State.BY_HAND)], id="by hand"),
    ],
)
def test_nothing_is_changed(given):
    assert plan(*given).files == ()
    assert plan(*given).planned == ()


def test_one_fix():
    (change,) = plan(proposal("t.a", A)).files

    assert (change.name, change.path) == (FILE, Path("/root/c.yaml"))
    assert (change.before, change.after) == (TEXT, TEXT.replace(b"a: 1", b"a: 10"))
    assert [each.check for each in change.fixes] == ["t.a"]


def test_fixes_of_one_file_are_one_change():
    found = plan(proposal("t.a", A), proposal("t.b", B))

    (change,) = found.files
    assert change.after == TEXT.replace(b"a: 1", b"a: 10").replace(b"b: 2", b"b: 20")
    assert [each.check for each in change.fixes] == ["t.a", "t.b"]


def test_the_same_edit_twice_is_made_once():
    found = plan(proposal("t.a", A), proposal("t.b", A, B))

    assert states(found) == [("t.a", "planned"), ("t.b", "planned")]
    assert found.files[0].after == TEXT.replace(b"a: 1", b"a: 10").replace(b"b: 2", b"b: 20")


AGAIN = b"a: 1\na: 1\na: 1\n"


def again(line: int) -> Edit:
    return Edit(FILE, "a", "1", None, line=line, action=Action.DELETE)


@pytest.mark.parametrize(
    ("lines", "left"),
    [
        pytest.param((3, 3), b"a: 1\na: 1\n", id="the same line once"),
        pytest.param((2, 3), b"a: 1\n", id="two lines of one key"),
    ],
)
def test_lines_that_say_a_key_again_go_one_by_one(lines, left):
    first, second = map(again, lines)

    found = plan(proposal("t.a", first), proposal("t.b", second), text=AGAIN)

    assert states(found) == [("t.a", "planned"), ("t.b", "planned")]
    assert found.files[0].after == left


def test_of_two_fixes_of_one_key_the_first_is_made():
    found = plan(proposal("t.a", A), proposal("t.b", setting("a", "1", "11", 1), B))

    assert states(found) == [("t.a", "planned"), ("t.b", "conflict")]
    assert found.proposals[1].reason == "t.a changes the same; it is made first"
    # Not even the part that would agree.
    assert found.files[0].after == TEXT.replace(b"a: 1", b"a: 10")


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        pytest.param(setting("a", "7", "10", 1), "was changed since it was read", id="another value"),
        pytest.param(setting("a", "1", "***", 1), "masked", id="a mask"),
        pytest.param(setting("a.x", None, "1", None), "not a section", id="below a value"),
        pytest.param(Edit(".gitignore", "x", "y", "x"), "by hand", id="a pattern is replaced"),
    ],
)
def test_what_cannot_be_edited_keeps_nothing_else_from_being_done(edit, said):
    found = plan(proposal("t.bad", edit), proposal("t.b", B))

    assert states(found) == [("t.bad", "refused"), ("t.b", "planned")]
    assert said in found.proposals[0].reason
    assert [each.name for each in found.files] == [FILE]
    assert found.files[0].after == TEXT.replace(b"b: 2", b"b: 20")


def test_a_file_that_cannot_be_read():
    def read(path: str) -> bytes | None:
        raise Refused(f"{path} cannot be read: permission denied.")

    found = planned([proposal("t.a", A)], read, Path)

    assert states(found) == [("t.a", "refused")]
    assert found.proposals[0].reason == "c.yaml cannot be read: permission denied."


def test_a_broken_file_refuses_all_of_its_fixes():
    found = plan(proposal("t.a", A), proposal("t.b", B), text=b"a: 1\n\tb: [2\n")

    assert [each.state for each in found.proposals] == [State.REFUSED, State.REFUSED]
    assert found.files == ()


def test_paths():
    made, moded = make_directory("/data/in"), change_mode("run.sh", 0o644, 0o744)

    found = plan(proposal("t.a", made), proposal("t.b", moded), proposal("t.c", made))

    assert found.on_paths == (made, moded)
    assert len(found.planned) == 3
    assert found.files == ()


def test_a_path_that_cannot_be_changed_keeps_nothing_else_from_being_done():
    found = plan(proposal("t.a", make_directory("/data/in")), proposal("t.b", B), refuse="/data/in")

    assert states(found) == [("t.a", "refused"), ("t.b", "planned")]
    assert found.on_paths == ()


# --- one plan on top of another -----------------------------------------------------------------------------------


def test_nothing_on_top():
    first = plan(proposal("t.a", A))

    assert first.then(Plan(())) == first


def test_a_later_plan_of_the_same_file():
    first = plan(proposal("t.a", A))
    later = plan(proposal("t.b", setting("a", "10", "12", 1)), text=first.files[0].after)

    (change,) = first.then(later).files

    assert (change.before, change.after) == (TEXT, TEXT.replace(b"a: 1", b"a: 12"))
    assert [each.check for each in change.fixes] == ["t.a", "t.b"]


def test_a_later_plan_that_takes_all_back():
    first = plan(proposal("t.a", A))
    later = plan(proposal("t.b", setting("a", "10", "1", 1)), text=first.files[0].after)

    assert first.then(later).files == ()


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("configs/config.yaml", "yaml"),
        ("config.YML", "yaml"),
        ("a/.gitignore", "gitignore"),
        ("x.json", "json"),
        ("x.toml", "toml"),
        (".env", "dotenv"),
        ("prod.env", "dotenv"),
        ("C:\\x\\.env", "dotenv"),
        ("variables", "dotenv"),
    ],
)
def test_formats(name, format):
    assert format_of(name) == format
