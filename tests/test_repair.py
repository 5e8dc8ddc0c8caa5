"""Fixes of whole fixtures: shown, tried, written, looked at again, and taken back."""

from __future__ import annotations

import difflib
import os
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest

from doctor import facts, repair
from doctor.errors import UsageError
from doctor.fixes import set_value
from doctor.fixing.plan import Proposal, State
from doctor.fixing.repaired import Repair
from doctor.fixing.trial import identity
from doctor.model import Action, Edit, Finding, OutcomeKind, Safety, Severity, VerificationStatus
from doctor.registry import Check, build, check, installed
from doctor.settings import Settings
from doctor.testing import load
from tests.everything import DIRECTORIES, FIXTURES, has_servers
from tests.repairs import Bench, Tree, bench, tree

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


# The quick tests are content with the demo's, which has many of them.
EDITED = [
    pytest.param(each, id=each.name, marks=() if each.name.startswith("demo-") else pytest.mark.slow)
    for each in DIRECTORIES
    if not has_servers(each) and _offers_edits(each) and each.name not in ELSEWHERE
]


# The best class of fix that each check may have; all others leave what they find to the reader.
SAFE = {
    "config": (
        "database-user-env-only database-password-env-only batch-client-off test-embeddings batch-dirs-unset "
        "queue-limits-incomplete batch-size-refused value-out-of-range openai-with-batch job-timeout-capped "
        "type-mismatch duration-invalid value-not-allowed variable-not-expanded file-broken"
    ),
    "zoekt": "dead-port",
    "directories": "batch-dir-vanished",
    "guide": "script-not-executable",
}
UNSAFE = {
    "config": (
        "batch-off batch-threshold duration-nanoseconds zoekt-outlives-job value-reinterpreted dsn-misread unknown-key "
        "part-ignored not-an-overlay sslmode nats-mock log-level-needs-key"
    ),
    "environment": "variable-ignored variable-unknown secret-tracked",
    "logs": "api-reply-cut",
    "worker": "queue-budget program-missing",
    "directories": "batch-dir-not-writable workspace-unusable",
    "database": "tls",
}


def test_which_checks_have_fixes_that_can_be_made():
    def ids(table: dict[str, str]) -> set[str]:
        return {f"{family}.{name}" for family, names in table.items() for name in names.split()}

    found = {kind: {each.id for each in installed().checks if each.safety is kind} for kind in Safety}

    assert found[Safety.SAFE] == ids(SAFE)
    assert found[Safety.UNSAFE] == ids(UNSAFE)


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.mark.no_cover
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
        assert (each in left) == (each.verification.status is VerificationStatus.CANNOT_VERIFY)
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


# --- what would cause something, comes up, or does not take --------------------------------------------------------


def shown(place: Bench, *, unsafe: tuple[str, ...] = (), apply: bool = False) -> dict[str, Proposal]:
    """The fixes of one run by their checks."""
    return {each.check: each for each in place.fix(apply=apply, unsafe=unsafe).plan.proposals}


def test_a_safe_fix_that_would_cause_something_is_left_out(tmp_path):
    place = bench(load(FIXTURES / "config.variable-not-expanded"), tmp_path)
    before = place.tree()

    found = shown(place, apply=True)["config.variable-not-expanded"]

    assert found.state is State.UNSAFE
    assert found.verification is not None
    assert found.verification.status is VerificationStatus.WOULD_CAUSE
    assert "gemini.key-missing" in found.verification.detail
    assert found.reason == "--unsafe config.variable-not-expanded makes it all the same"
    assert place.tree() == before


def test_and_is_made_when_it_is_named(tmp_path):
    place = bench(load(FIXTURES / "config.variable-not-expanded"), tmp_path)

    result = place.fix(apply=True, unsafe=["config.variable-not-expanded"])

    assert result.written == ("configs/config.yaml",)
    assert "gemini.key-missing" in {each.id for each in result.left.results if each.outcome.findings}
    (made,) = result.plan.planned
    assert made.verification is not None
    assert made.verification.status is VerificationStatus.WOULD_CAUSE
    assert "gemini.key-missing" in made.verification.detail


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "first", "later"),
    [
        ("demo-broken", "config.duration-invalid", "config.job-timeout-capped"),
        ("config.batch-off--both", "config.batch-off", "config.batch-client-off"),
    ],
)
def test_what_comes_up_is_fixed_along_with_it(name, first, later, tmp_path):
    found = shown(bench(load(FIXTURES / name), tmp_path), unsafe=("config.batch-off",))

    assert (found[first].planned, found[first].follows) == (True, False)
    assert (found[later].planned, found[later].follows) == (True, True)
    assert found[first].verification is not None
    assert found[first].verification.status is VerificationStatus.VERIFIED


def test_nothing_comes_up_behind_a_fix_that_is_not_made(tmp_path):
    found = shown(bench(load(FIXTURES / "config.batch-off--both"), tmp_path))

    assert list(found) == ["config.batch-off"]


def fake(id: str, key: str, fires: Callable[[object, int], bool], *, safety: Safety = Safety.SAFE) -> Check:
    """A check of one key that fires as it is told to, given the value and how often it was asked; its fix sets 7."""
    asked = count(1)

    @check(id=id, title=f"title of {id}", severity=Severity.ERROR, safety=safety)
    def rule(config: facts.Resolution) -> Iterator[Finding]:
        """Summary."""
        value = config.value(key)
        if fires(value, next(asked)):
            yield Finding(
                f"{key} is {value}", config.where(key), fix=set_value(config, key, "7", "Set it to 7.", safety=safety)
            )

    return rule


def honest(value: object, _: int) -> bool:
    return value != 7


def stubborn(_value: object, asked: int) -> bool:
    """Quiet on a copy alone."""
    return asked != 2


CONCURRENCY, POOL = "worker.concurrency", "database.max_connections"


@pytest.fixture
def place(tmp_path: Path) -> Bench:
    root = tmp_path / "root"
    (root / "configs").mkdir(parents=True)
    text = "database:\n  user: u\n  password: p\n  max_connections: 3\nworker:\n  concurrency: 2\n"
    (root / "configs" / "config.yaml").write_text(text)
    return Bench(root, Settings(directory=root, clean_env=True, offline=True), {})


def mend(place: Bench, *checks: Check, unsafe: tuple[str, ...] = (), apply: bool = True) -> Repair:
    known = build([(checks[0].family, SimpleNamespace(CHECKS=checks, __doc__="Some checks."))])
    return repair.repair(place.settings, apply=apply, unsafe=unsafe, registry=known)


def text_of(place: Bench) -> str:
    return (place.root / "configs" / "config.yaml").read_text()


def test_a_fix_that_takes_stays(place):
    result = mend(place, fake("fake.a", CONCURRENCY, honest))

    assert (result.taken_back, result.written) == ((), ("configs/config.yaml",))
    assert "concurrency: 7" in text_of(place)


def test_a_fix_that_does_not_take_is_taken_back(place):
    before = place.tree()

    result = mend(place, fake("fake.a", CONCURRENCY, stubborn))

    assert (result.taken_back, result.written) == (("fake.a",), ())
    assert place.tree() == before
    assert result.plan.proposals[0].reason == "written, and the finding was still there: taken back"
    with pytest.raises(UsageError, match="no fix of"):
        repair.undo(place.settings)


def test_what_did_take_is_made_again_without_it(place):
    before = place.tree()

    result = mend(place, fake("fake.a", CONCURRENCY, stubborn), fake("fake.b", POOL, honest))

    assert (result.taken_back, result.written) == (("fake.a",), ("configs/config.yaml",))
    assert "concurrency: 2" in text_of(place)
    assert "max_connections: 7" in text_of(place)
    repair.undo(place.settings)
    assert place.tree() == before


def test_a_fix_that_does_nothing_on_the_copy_is_not_written(place):
    before = place.tree()

    result = mend(place, fake("fake.a", CONCURRENCY, lambda *_: True, safety=Safety.UNSAFE), unsafe=("fake.a",))

    assert [each.state for each in result.plan.proposals] == [State.REFUSED]
    assert place.tree() == before


def caused(safety: Safety | None, fires: Callable[[object, int], bool] = honest, *, id: str = "fake.b") -> Check:
    """A check of the pool that only fires once the concurrency is 7, with a fix of that class if there is one."""
    asked = count(1)

    @check(id=id, title="b", severity=Severity.ERROR, safety=safety or Safety.NONE)
    def rule(config: facts.Resolution) -> Iterator[Finding]:
        """Summary."""
        if config.value(CONCURRENCY) == 7 and fires(config.value(POOL), next(asked)):
            fix = set_value(config, POOL, "7", "Set it to 7.", safety=safety) if safety is not None else None
            yield Finding("b", config.where(POOL), fix=fix)

    return rule


@pytest.mark.parametrize("apply", [False, True])
@pytest.mark.parametrize(
    ("cause", "told"),
    [
        pytest.param([caused(None)], [("fake.a", "would_cause")], id="nothing takes it away"),
        pytest.param([caused(Safety.UNSAFE)], [("fake.a", "would_cause")], id="what would is not named"),
        pytest.param(
            [caused(Safety.SAFE), caused(None, lambda *_: True, id="fake.c")],
            [("fake.a", "would_cause"), ("fake.b", "verified")],
            id="a part of it stays",
        ),
        pytest.param(
            [caused(Safety.SAFE)], [("fake.a", "verified"), ("fake.b", "verified")], id="a later one takes it away"
        ),
    ],
)
def test_plan_and_result_say_the_same_of_what_a_named_fix_causes(cause, told, apply, place):
    result = mend(place, fake("fake.a", CONCURRENCY, honest), *cause, unsafe=("fake.a",), apply=apply)

    assert [(each.check, each.verification.status.value) for each in result.plan.planned] == told


@pytest.mark.parametrize(
    "cause",
    [
        pytest.param([caused(None)], id="no fix"),
        pytest.param([caused(Safety.UNSAFE)], id="an unsafe one"),
        pytest.param([caused(Safety.SAFE, lambda *_: True)], id="one that does nothing"),
        pytest.param([caused(Safety.SAFE), caused(None, lambda *_: True, id="fake.c")], id="one of a part"),
    ],
)
def test_a_safe_fix_is_left_out_where_what_it_causes_stays(cause, place):
    before = place.tree()

    result = mend(place, fake("fake.a", CONCURRENCY, honest), *cause)

    assert [(each.check, each.state) for each in result.plan.proposals] == [("fake.a", State.UNSAFE)]
    assert place.tree() == before


def test_a_safe_fix_is_made_where_a_safe_one_takes_away_what_it_causes(place):
    result = mend(place, fake("fake.a", CONCURRENCY, honest), caused(Safety.SAFE))

    assert [(each.check, each.follows) for each in result.plan.planned] == [("fake.a", False), ("fake.b", True)]
    assert "concurrency: 7" in text_of(place)
    assert "max_connections: 7" in text_of(place)


def test_a_safe_fix_goes_with_the_one_that_it_needs(place):
    before = place.tree()

    def there_again(value: object, _: int) -> bool:
        """Quiet on copies alone."""
        return value != 7 or "concurrency: 7" in text_of(place)

    result = mend(place, fake("fake.a", CONCURRENCY, honest), caused(Safety.SAFE, there_again))

    assert (result.taken_back, result.written) == (("fake.b",), ())
    assert [(each.check, each.state) for each in result.plan.proposals] == [("fake.a", State.UNSAFE)]
    assert place.tree() == before


@pytest.mark.parametrize(
    ("lines", "left"),
    [
        pytest.param("  password: p\n", "  password: p\n", id="once"),
        pytest.param("  password: p\n  password: q\n", "  password: p\n  password: q\n", id="not the same"),
        pytest.param("  password: p\n  password: p\n", "  password: p\n", id="twice"),
        pytest.param("  password: p\n" * 3, "  password: p\n", id="three times"),
        pytest.param("  password: p\n" * 5, "  password: p\n", id="five times"),
    ],
)
def test_what_stands_there_again_goes_in_one_run(lines, left, place):
    text = f"database:\n  user: u\n{lines}"
    (place.root / "configs" / "config.yaml").write_text(text)
    broken = [each for each in installed().checks if each.id == "config.file-broken"]

    result = mend(place, *broken)

    assert [each.id for each in result.report.results] == ["config.file-broken"]
    assert text_of(place) == text.replace(lines, left)
    assert [each.verification.status.value for each in result.plan.planned] == ["verified"] * (
        lines.count("\n") - left.count("\n")
    )


@pytest.mark.parametrize("first", [False, True], ids=["never quiet", "quiet by the other one"])
def test_of_two_fixes_of_one_check_that_does_nothing_is_left_out(first, place):
    @check(id="fake.a", title="a", severity=Severity.ERROR, safety=Safety.SAFE)
    def rule(config: facts.Resolution) -> Iterator[Finding]:
        """Summary."""
        for key in (CONCURRENCY, POOL):
            if config.value(CONCURRENCY if first else key) != 7 or (key == POOL and not first):
                yield Finding(key, config.where(key), fix=set_value(config, key, "7", "Set it.", safety=Safety.SAFE))

    result = mend(place, rule)

    assert [each.state for each in result.plan.proposals] == [State.PLANNED, State.REFUSED]
    assert "max_connections: 3" in text_of(place)


def test_of_two_that_want_the_same_key_otherwise_one_is_made(place):
    @check(id="fake.b", title="b", severity=Severity.ERROR, safety=Safety.SAFE)
    def rule(config: facts.Resolution) -> Iterator[Finding]:
        """Summary."""
        fix = set_value(config, CONCURRENCY, "9", "Set it to 9.", safety=Safety.SAFE)
        if config.value(CONCURRENCY) == 2:
            yield Finding("b", config.where(CONCURRENCY), fix=fix)

    result = mend(place, fake("fake.a", CONCURRENCY, honest), rule)

    assert [each.state for each in result.plan.proposals] == [State.PLANNED, State.CONFLICT]
    assert "concurrency: 7" in text_of(place)


def test_a_crash_of_a_check_on_the_copy_is_no_proof(place):
    def crashing(_value: object, asked: int) -> bool:
        if asked == 2:
            raise RuntimeError("of no use")
        return asked == 1

    (found,) = mend(place, fake("fake.a", CONCURRENCY, crashing)).plan.proposals

    assert found.planned


# --- paths --------------------------------------------------------------------------------------------------------


@pytest.fixture
def batches(tmp_path: Path) -> Bench:
    """An installation whose worker is this very process, and whose batch directories are gone."""
    root = tmp_path / "root"
    (root / "configs").mkdir(parents=True)
    text = (FIXTURES / "directories.batch-dir-vanished--both" / "root" / "configs" / "config.yaml").read_text()
    text = text.replace("/tmp/batch_embeddings", str(tmp_path / "batches"))
    (root / "configs" / "config.yaml").write_text(text)
    return bench_of(root)


def bench_of(root: Path) -> Bench:
    variables = {"CODECHUNK_GEMINI_API_KEY": "example-key"}
    worker = facts.Worker(
        facts.Known.OBSERVED,
        facts.Habitat.PROCESS,
        "pid:1",
        pid=1,
        uid=os.getuid(),
        groups=(os.getgid(),),
        user_known=True,
        directory=str(root),
        started_at=1.0,
        variables=variables,
    )
    known = {facts.Worker: worker, facts.Drift: facts.Drift(), facts.Programs: facts.Programs("a test")}
    only = ("directories.batch-dir-vanished",)
    return Bench(root, Settings(directory=root, clean_env=True, offline=True, env=variables, only=only), known)


def test_directories_are_made_and_taken_away(batches, tmp_path):
    shown = batches.fix().plan

    assert [each.state for each in shown.proposals] == [State.PLANNED]
    assert shown.proposals[0].verification.status is VerificationStatus.CANNOT_VERIFY
    assert not (tmp_path / "batches").exists()
    applied = batches.fix(apply=True)
    assert (applied.problem, applied.taken_back) == (None, ())
    assert applied.plan.proposals[0].verification.status is VerificationStatus.VERIFIED
    assert {each.name for each in (tmp_path / "batches").iterdir()} == {"input", "output"}
    assert (tmp_path / "batches" / "input").stat().st_mode & 0o7777 == 0o750
    assert batches.fix(apply=True).written == ()
    repair.undo(batches.settings)
    assert not (tmp_path / "batches").exists()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can pass through, which those of other tests are not."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may change an owner")
def test_a_directory_is_handed_over_and_back(open_folder):
    batches = open_folder / "batches"
    (batches / "input").mkdir(parents=True)
    (batches / "output").mkdir()
    (batches / "input" / "left.jsonl").write_text("{}")
    place = of_another_user(open_folder)
    before = tree(batches)

    shown = place.fix().plan.proposals
    assert [each.state for each in shown] == [State.UNSAFE, State.UNSAFE]
    assert tree(batches) == before
    applied = place.fix(apply=True, unsafe=["directories.batch-dir-not-writable"])

    assert (applied.problem, applied.taken_back, len(applied.written)) == (None, (), 2)
    assert {each[1:3] for each in tree(batches).values()} == {(1000, 1000)}
    assert place.fix(apply=True, unsafe=["directories.batch-dir-not-writable"]).written == ()
    repair.undo(place.settings)
    assert tree(batches) == before


def of_another_user(folder: Path) -> Bench:
    """An installation whose worker has the uid 1000, and whose batch directories are root's."""
    root = folder / "root"
    (root / "configs").mkdir(parents=True)
    text = (FIXTURES / "directories.batch-dir-vanished--both" / "root" / "configs" / "config.yaml").read_text()
    text = text.replace("/tmp/batch_embeddings", str(folder / "batches"))
    (root / "configs" / "config.yaml").write_text(text)
    worker = facts.Worker(facts.Known.GIVEN, facts.Habitat.HOST, uid=1000, groups=(1000,), user_known=True)
    known = {facts.Worker: worker, facts.Drift: facts.Drift(), facts.Programs: facts.Programs("a test")}
    only, env = ("directories.batch-dir-not-writable",), {"CODECHUNK_GEMINI_API_KEY": "example-key"}
    return Bench(root, Settings(directory=root, clean_env=True, offline=True, env=env, only=only), known)


@pytest.mark.parametrize(
    ("worker", "trial", "edits"),
    [
        pytest.param({"uid": 1000}, {"owner": None}, [], id="owner unknown"),
        pytest.param({"uid": None}, {"owner": 0, "group": 0}, [], id="user unknown"),
        pytest.param({"uid": 1000}, {"owner": 1000, "mode": None}, [], id="mode unknown"),
        pytest.param({"uid": 1000}, {"owner": 1000, "mode": 0o40500}, [("mode", "0500", "0700")], id="own"),
        pytest.param({"uid": 7, "groups": (8,)}, {"owner": 0, "group": 1}, [("owner", "0:1", "7:8")], id="another's"),
    ],
)
def test_what_hands_a_directory_over(worker, trial, edits):
    from checks.directories._machine import handing_over

    found = handing_over(
        facts.Worker(facts.Known.GIVEN, facts.Habitat.HOST, **worker),
        facts.DirectoryTrial("batch input", "/b", facts.Access.NOT_WRITABLE, facts.Method.JUDGED, **trial),
    )

    assert [(each.key, each.before, each.after) for each in found] == edits
