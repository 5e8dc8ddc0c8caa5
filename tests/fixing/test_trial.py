"""Copies on which fixes are tried, and what two runs of the checks say about a fix."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest

from doctor.fixes import change_mode, change_owner, make_directory
from doctor.fixing.plan import FileChange, Proposal, State
from doctor.fixing.trial import STILL, Outcomes, can_be_tried, copied, judged
from doctor.model import (
    CheckResult,
    Edit,
    Finding,
    Fix,
    Location,
    Outcome,
    OutcomeKind,
    Place,
    Safety,
    Severity,
    VerificationStatus,
)
from tests.repairs import tree


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    for name in ("configs/one.yaml", "configs/two.yaml", "deep/down/file", "run.sh"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    (root / "run.sh").chmod(0o640)
    return root


def change(root: Path, name: str, text: str = "new") -> FileChange:
    path = root / name
    return FileChange(name, path, path.read_bytes() if path.exists() else None, text.encode())


# --- copies -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("changes", [[], ["configs/one.yaml"], ["configs/one.yaml", "deep/down/file", "run.sh", "new"]])
def test_a_copy_is_the_same_but_for_the_changes(root, changes):
    before = tree(root)

    with copied(root, [change(root, each) for each in changes]) as (copy, outside):
        for name in ("configs/one.yaml", "configs/two.yaml", "deep/down/file", "run.sh", *changes):
            assert (copy / name).read_text() == ("new" if name in changes else name)
        assert outside == {}
        assert copy.name == root.name

    assert not copy.exists()
    assert tree(root) == before


def test_what_stands_beside_a_change_is_only_linked(root):
    with copied(root, [change(root, "configs/one.yaml")]) as (copy, _):
        assert (copy / "deep").is_symlink()
        assert (copy / "configs" / "two.yaml").is_symlink()
        assert not (copy / "configs" / "one.yaml").is_symlink()


def test_a_link_is_not_written_through(root):
    (root / "link.yaml").symlink_to("configs/one.yaml")

    with copied(root, [change(root, "link.yaml")]) as (copy, _):
        assert (copy / "link.yaml").read_text() == "new"

    assert (root / "configs" / "one.yaml").read_text() == "configs/one.yaml"


def test_a_file_outside(root, tmp_path):
    (tmp_path / "prod.env").write_text("A=1")

    with copied(root, [FileChange("x", tmp_path / "prod.env", b"A=1", b"A=2")]) as (_, outside):
        assert outside[tmp_path / "prod.env"].read_text() == "A=2"
        assert outside[tmp_path / "prod.env"].name.endswith("prod.env")

    assert (tmp_path / "prod.env").read_text() == "A=1"


def test_modes_are_those_of_the_files(root):
    with copied(root, [change(root, "run.sh")]) as (copy, _):
        assert stat.S_IMODE((copy / "run.sh").stat().st_mode) == 0o640


def test_the_copy_goes_whatever_happens(root):
    with pytest.raises(ZeroDivisionError), copied(root, []) as (copy, _):
        raise ZeroDivisionError

    assert not copy.exists()


def test_paths_on_a_copy(root):
    edits = (make_directory("data/in"), change_mode("run.sh", 0o640, 0o740))

    with copied(root, [], edits) as (copy, _):
        assert (copy / "data" / "in").is_dir()
        assert stat.S_IMODE((copy / "run.sh").stat().st_mode) == 0o740

    assert not (root / "data").exists()
    assert stat.S_IMODE((root / "run.sh").stat().st_mode) == 0o640


@pytest.mark.parametrize(
    ("edit", "can"),
    [
        (make_directory("/elsewhere/in"), False),
        (change_mode("deep", 0o755, 0o700), False),
        (change_mode("gone", 0o644, 0o744), False),
        (change_owner("deep", (0, 0), (1, 1)), False),
        (make_directory("data/in"), True),
        (change_mode("run.sh", 0o640, 0o740), True),
    ],
)
def test_what_can_be_tried(root, edit, can):
    assert can_be_tried(edit, root) is can


# --- verdicts -----------------------------------------------------------------------------------------------------

MINE = "t.mine"


def finding(key: str = "a", severity: Severity = Severity.WARNING, **more: Any) -> Finding:
    return Finding(f"{key} is wrong", Location.file("c.yaml", 3, key=key), severity=severity, **more)


def run(**outcomes: Any) -> Outcomes:
    """Outcomes by the last part of a check's id: findings, or the reason why it has no answer."""
    results = []
    for name, outcome in outcomes.items():
        if isinstance(outcome, str):
            came_to = Outcome(OutcomeKind.BLOCKED, reason=outcome)
        else:
            came_to = Outcome(OutcomeKind.FOUND if outcome else OutcomeKind.PASSED, tuple(outcome))
        results.append(CheckResult(f"t.{name}", "t", "title", None, "", came_to))
    return Outcomes(results)


def verdict(before: Outcomes, after: Outcomes, *commands: str, at: Finding | None = None) -> tuple[str, str]:
    found = at or finding()
    fix = Fix("x", commands, (Edit("c.yaml", "a", "1", "2", line=3),), Safety.SAFE)
    told = judged(Proposal(MINE, found, fix, State.PLANNED), before, after).verification
    assert told is not None
    return told.status.value, told.detail


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(run(mine=[finding()]), run(mine=[]), id="quiet"),
        pytest.param(run(mine=[finding(), finding("b")]), run(mine=[finding("b")]), id="another finding of it stays"),
        pytest.param(run(mine=[finding()], o=[finding()]), run(mine=[], o=[finding()]), id="what was there before"),
        pytest.param(run(mine=[finding()], o=[finding()]), run(mine=[], o=[]), id="one more is quiet"),
        pytest.param(run(mine=[finding()], o=[]), run(mine=[], o="no answer"), id="another has no answer any more"),
    ],
)
def test_verified(before, after):
    assert verdict(before, after) == ("verified", "tried on a copy: t.mine is quiet")


def test_a_moved_line_makes_no_other_finding():
    moved = Finding("a is wrong", Location.file("c.yaml", 9, key="a"))

    assert verdict(run(mine=[finding()], o=[finding()]), run(mine=[], o=[moved]))[0] == "verified"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(run(mine=[finding()], o="blocked"), run(mine=[], o=[finding()]), id="blocked before"),
        pytest.param(run(mine=[finding()]), run(mine=[], o=[finding()]), id="not run before"),
        pytest.param(run(mine=[finding()], o=[]), run(mine=[], o=[finding(severity=Severity.NOTE)]), id="less bad"),
    ],
)
def test_what_is_only_uncovered_is_shown(before, after):
    assert verdict(before, after) == ("verified", "tried on a copy: t.mine is quiet; then shows t.o: a is wrong")


@pytest.mark.parametrize("severity", [Severity.WARNING, Severity.ERROR])
def test_what_is_caused(severity):
    before = run(mine=[finding()], o=[], late="blocked")
    after = run(mine=[], o=[finding("b", severity)], late=[finding("c")])

    assert verdict(before, after) == ("would_cause", "t.o: b is wrong; then shows t.late: c is wrong")


def test_another_finding_of_the_same_check_is_caused_too():
    assert verdict(run(mine=[finding()]), run(mine=[finding("b")])) == ("would_cause", "t.mine: b is wrong")


@pytest.mark.parametrize(
    ("after", "detail"),
    [
        pytest.param(run(mine=[finding()]), STILL, id="still there"),
        pytest.param(run(mine="t.x: stands in the way"), "gives no answer afterwards: t.x: stands", id="blocked"),
    ],
)
def test_what_cannot_be_verified(after, detail):
    status, told = verdict(run(mine=[finding()]), after)

    assert status == VerificationStatus.CANNOT_VERIFY.value
    assert detail in told


def test_what_waits_for_a_command():
    status, told = verdict(run(mine=[finding()]), run(mine=[finding()]), "git rm --cached .env")

    assert (status, told) == ("cannot_verify", "the finding stays until this was typed as well: git rm --cached .env")


def test_what_a_log_tells_stays_told():
    past = Finding("a reply was cut", Location(Place.LOG, path="w.log", line=3))

    status, told = verdict(run(mine=[past]), run(mine=[past]), at=past)

    assert (status, told) == ("cannot_verify", "the log tells of what was: restart the worker and look again")
