"""Fixes of whole fixtures: shown, tried, written, looked at again, and taken back."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest

from doctor import repair
from doctor.fixing.plan import State
from doctor.fixing.trial import identity
from doctor.model import Action, Edit, OutcomeKind, VerificationStatus
from doctor.testing import load
from tests.everything import DIRECTORIES, FIXTURES, has_servers
from tests.repairs import Bench, Tree, bench

CHECKS = FIXTURES.parent / "checks"
# Git still has the file until the command that is shown was typed.
STAYS = {"environment.secret-tracked": "git rm --cached"}
# What they would change lies outside of the fixture, at a path that is fixed in it.
ELSEWHERE = {"directories.batch-dir-vanished--both"}


def _offers_edits(directory: Path) -> bool:
    """Whether the check that fires there may come with a change; told by its text, as loading all takes a moment."""
    family, _, name = directory.name.partition("--")[0].partition(".")
    module = CHECKS / family / f"{name.replace('-', '_')}.py"
    return directory.name.startswith("demo-") or (module.is_file() and "    safety=" in module.read_text("utf-8"))


EDITED = [
    pytest.param(each, id=each.name)
    for each in DIRECTORIES
    if not has_servers(each) and _offers_edits(each) and each.name not in ELSEWHERE
]


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.mark.parametrize("directory", EDITED)
def test_every_fix_of_a_fixture(directory: Path, tmp_path: Path) -> None:
    place = bench(load(directory), tmp_path)
    before = place.tree()
    shown = place.fix()
    assert place.tree() == before
    named = sorted({each.check for each in shown.plan.proposals if each.state is State.UNSAFE})

    applied = place.fix(apply=True, unsafe=named)

    assert applied.problem is None
    assert applied.taken_back == ()
    assert set(_left(applied)) <= STAYS.keys()
    written = place.tree()
    _only_the_edits(before, written, [edit for each in applied.plan.planned for edit in each.fix.edits])
    again = place.fix(apply=True, unsafe=named)
    assert (again.written, place.tree()) == ((), written)
    if applied.written:
        undone = repair.undo(place.settings)
        assert undone.left == ()
    assert place.tree() == before


def _left(applied):
    """The checks whose fix is written and that are not quiet."""
    fired = {
        identity(each.id, finding)
        for each in applied.left.results
        if each.outcome.kind is OutcomeKind.FOUND
        for finding in each.outcome.findings
    }
    planned = applied.plan.planned
    left = [each for each in planned if identity(each.check, each.finding) in fired]
    for each in planned:
        assert each.verification is not None
        assert (each in left) == (each.verification.status is not VerificationStatus.VERIFIED)
        assert each not in left or STAYS[each.check] in each.verification.detail
    return [each.check for each in left]


def _only_the_edits(before: Tree, after: Tree, edits: list[Edit]) -> None:
    """Every path is as it was but for those of the edits, and in them every line but those that were meant."""
    changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    assert changed == {each.path for each in edits}
    for path in changed:
        mine = [each for each in edits if each.path == path]
        old, new = before.get(path), after[path]
        if old is not None and not any(each.action is Action.MODE for each in mine):
            assert old[:3] == new[:3]
        _lines(old[3] or b"" if old else b"", new[3] or b"", mine)


def _lines(old: bytes, new: bytes, edits: list[Edit]) -> None:
    was, now = old.splitlines(keepends=True), new.splitlines(keepends=True)
    numbers = {each.line for each in edits}
    names = {part for each in edits for part in (each.key, *each.key.split("."))}
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        assert all(number + 1 in numbers for number in range(i1, i2)), was[i1:i2]
        for line in now[j1 + (i2 - i1) : j2]:
            text = line.decode().strip()
            assert not text or text.partition(":")[0] in names, line
