"""The engine: sources under deadlines, isolation of failures, and the relations between checks."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from doctor.engine import OutOfTime, evaluate, examine, observe, required, source
from doctor.errors import Refused, Silent, Skipped, SourceError, Withheld
from doctor.model import Finding, Location, OutcomeKind, Severity
from doctor.needs import IfObserved, Observed
from doctor.registry import Blocks, Explains, Registry, build, check
from doctor.relations import key_below, same_key
from doctor.target import MARGIN, Deadline, Target

TARGET = Target(Path("/nowhere"))


@dataclass(frozen=True)
class Fruit:
    name: str = "apple"


@dataclass(frozen=True)
class Cake:
    fruit: str = "apple"


@dataclass(frozen=True)
class Nut:
    name: str = "hazel"


@source("fruit")
def fruit(target: Target) -> Fruit:
    return Fruit()


@source("cake")
def cake(fruit: Fruit) -> Cake:
    return Cake(fruit.name)


@source("nut")
def broken_nut(target: Target) -> Nut:
    raise SourceError("the shell is too hard")


def finding(key: str = "a.b", message: str = "wrong") -> Finding:
    return Finding(message, Location.file("f.yaml", 1, key=key))


def firing(id: str, *keys: str, **relations: Any) -> Any:
    """A check that fires once for each key."""

    @check(id=id, title=f"title of {id}", severity=Severity.ERROR, **relations)
    def rule() -> Iterator[Finding]:
        """Summary."""
        yield from (finding(key, f"{id} at {key}") for key in keys)

    return rule


def silent(id: str, **relations: Any) -> Any:
    return firing(id, **relations)


def registry(*checks: Any) -> Registry:
    families: dict[str, list[Any]] = {}
    for each in checks:
        families.setdefault(each.family, []).append(each)
    return build((name, SimpleNamespace(CHECKS=members, __doc__=name)) for name, members in families.items())


def outcomes(*checks: Any, only: tuple[str, ...] = (), skip: tuple[str, ...] = (), sources: Any = ()) -> dict[str, Any]:
    known = registry(*checks)
    silenced = {each.id for pattern in skip for each in known.matching(pattern)}
    run = examine(TARGET, known, sources, known.select(only, skip), silenced=silenced)
    return {result.id: result.outcome for result in run.results}


# --- sources


def test_a_source_is_given_the_facts_in_its_signature() -> None:
    facts = observe(TARGET, (cake, fruit))

    assert facts[Cake] == Cake("apple")


def test_only_what_is_needed_is_observed() -> None:
    assert required([Cake], (fruit, cake, broken_nut)) == (fruit, cake)


def test_a_source_may_glance_at_what_is_observed_anyway() -> None:
    @source("jam")
    def jam(fruit: IfObserved[Fruit]) -> Cake:
        return Cake(fruit.value.name if fruit.value is not None else "none")

    assert required([Cake], (jam, fruit)) == (jam,)
    assert observe(TARGET, (jam,))[Cake] == Cake("none")
    assert observe(TARGET, (jam, fruit))[Cake] == Cake("apple")


def test_a_given_fact_takes_the_place_of_its_source() -> None:
    facts = observe(TARGET, (fruit, cake), known={Fruit: Fruit("pear")})

    assert facts[Cake] == Cake("pear")


def test_a_failing_source_is_a_value_and_fails_what_is_built_on_it() -> None:
    @source("bar")
    def bar(nut: Nut) -> Cake:
        raise AssertionError("must not run")

    facts = observe(TARGET, (fruit, broken_nut, bar))

    assert facts[Fruit] == Fruit()
    assert str(facts[Nut]) == str(facts[Cake]) == "nut: the shell is too hard"


def test_an_exception_in_a_source_is_our_bug_but_ends_nothing() -> None:
    @source("bug")
    def bug(target: Target) -> Nut:
        raise ZeroDivisionError("oops")

    facts = observe(TARGET, (bug, fruit))

    assert str(facts[Nut]) == "bug: failed unexpectedly: ZeroDivisionError: oops"
    assert facts[Fruit] == Fruit()


def test_a_run_with_a_bug_in_a_source_is_not_complete() -> None:
    @source("bug")
    def bug(target: Target) -> Nut:
        raise ZeroDivisionError("oops")

    @check(id="a.nut", title="t", severity=Severity.ERROR)
    def nut(nut: Nut) -> Iterator[Finding]:
        """Summary."""
        yield finding()

    known = registry(nut)

    assert "bug in codechunk-doctor" in str(examine(TARGET, known, (bug,), known.checks).incomplete)
    assert examine(TARGET, known, (broken_nut,), known.checks).incomplete is None


def test_a_hanging_source_is_left_behind_at_its_deadline() -> None:
    release = threading.Event()

    @source("tar pit", deadline=0.05)
    def tar_pit(target: Target) -> Nut:
        release.wait(30)
        return Nut()

    started = time.monotonic()
    facts = observe(TARGET, (tar_pit, fruit))
    took = time.monotonic() - started
    release.set()

    assert took < 5
    assert str(facts[Nut]) == "tar pit: no answer within 0.05 s"
    assert facts[Fruit] == Fruit()


def test_the_deadline_of_the_run_cuts_every_source_short() -> None:
    release = threading.Event()

    @source("tar pit")
    def tar_pit(target: Target) -> Nut:
        release.wait(30)
        return Nut()

    @check(id="a.nut", title="t", severity=Severity.ERROR)
    def nut(nut: Nut) -> Iterator[Finding]:
        """Summary."""
        yield finding()

    known = registry(nut)
    run = examine(TARGET, known, (tar_pit,), known.checks, ends_at=time.monotonic() + 0.05)
    release.set()

    assert isinstance(run.facts[Nut], OutOfTime)
    assert run.incomplete is not None
    assert "a.nut" in run.incomplete


def test_sources_run_at_the_same_time() -> None:
    meeting = threading.Barrier(2, timeout=10)

    @source("one")
    def one(target: Target) -> Fruit:
        meeting.wait()
        return Fruit()

    @source("two")
    def two(target: Target) -> Nut:
        meeting.wait()
        return Nut()

    facts = observe(TARGET, (one, two))

    assert facts[Fruit] == Fruit()
    assert facts[Nut] == Nut()


def test_sources_that_wait_for_each_other_fail_instead_of_hanging() -> None:
    @source("hen")
    def hen(egg: Nut) -> Fruit:
        return Fruit()

    @source("egg")
    def egg(hen: Fruit) -> Nut:
        return Nut()

    facts = observe(TARGET, (hen, egg))

    assert isinstance(facts[Fruit], SourceError)
    assert isinstance(facts[Nut], SourceError)


# --- one check


def test_a_check_gets_the_facts_in_its_signature_and_no_others() -> None:
    seen: dict[str, object] = {}

    @check(id="a.b", title="t", severity=Severity.NOTE)
    def rule(fruit: Fruit) -> Iterator[Finding]:
        """Summary."""
        seen["fruit"] = fruit
        yield from ()

    outcome = evaluate(rule, {Fruit: Fruit(), Nut: Nut(), Target: TARGET})

    assert outcome.kind is OutcomeKind.PASSED
    assert seen == {"fruit": Fruit()}
    assert [need.fact for need in rule.needs] == [Fruit]


def test_a_check_without_its_fact_is_blocked_by_the_source() -> None:
    @check(id="a.b", title="t", severity=Severity.NOTE)
    def rule(nut: Nut) -> Iterator[Finding]:
        """Summary."""
        yield finding()

    outcome = evaluate(rule, {Nut: SourceError("the shell is too hard", "nut")})

    assert (outcome.kind, outcome.reason) == (OutcomeKind.BLOCKED, "nut: the shell is too hard")


def test_the_check_about_a_failure_asks_for_the_observation() -> None:
    @check(id="a.b", title="t", severity=Severity.NOTE)
    def rule(nut: Observed[Nut]) -> Iterator[Finding]:
        """Summary."""
        if nut.error is not None:
            yield finding(message=nut.error.reason)

    loud = evaluate(rule, {Nut: SourceError("the shell is too hard", "nut")})
    quiet = evaluate(rule, {Nut: Nut()})

    assert [each.message for each in loud.findings] == ["the shell is too hard"]
    assert quiet.kind is OutcomeKind.PASSED


def test_a_crash_stays_inside_its_check() -> None:
    @check(id="a.bad", title="t", severity=Severity.NOTE)
    def bad() -> Iterator[Finding]:
        """Summary."""
        yield finding()
        raise ZeroDivisionError("oops")

    result = outcomes(bad, firing("a.good", "k"))

    assert result["a.bad"].kind is OutcomeKind.CRASHED
    assert result["a.bad"].reason == "ZeroDivisionError: oops"
    assert "ZeroDivisionError" in result["a.bad"].trace
    assert result["a.good"].kind is OutcomeKind.FOUND


def test_a_check_can_say_that_there_is_nothing_to_judge() -> None:
    @check(id="a.b", title="t", severity=Severity.NOTE)
    def rule() -> Iterator[Finding]:
        """Summary."""
        raise Skipped("say --worker host")
        yield

    outcome = evaluate(rule, {})

    assert (outcome.kind, outcome.reason) == (OutcomeKind.SKIPPED, "say --worker host")


# --- what a source knows of the run, and leaves behind


class Line:
    """A fact with something alive in it."""

    def __init__(self) -> None:
        self.closed = 0

    def close(self) -> None:
        self.closed += 1


def test_a_fact_with_something_alive_in_it_is_closed_when_all_who_use_it_are_done() -> None:
    line = Line()
    states = []

    @source("line")
    def opened(target: Target) -> Line:
        return line

    @source("cake")
    def used(line: Line) -> Cake:
        time.sleep(0.05)
        states.append(line.closed)
        return Cake()

    observe(TARGET, (opened, used))

    assert (states, line.closed) == ([0], 1)


def test_a_given_fact_is_not_ours_to_close() -> None:
    line = Line()

    observe(TARGET, (), known={Line: line})

    assert line.closed == 0


@pytest.mark.parametrize(
    ("left", "asked", "given"), [(None, 5.0, 5.0), (60.0, 5.0, 5.0), (2.0, 5.0, 2.0 - MARGIN), (-1.0, 5.0, 0.0)]
)
def test_a_source_can_ask_how_long_it_may_wait(left: float | None, asked: float, given: float) -> None:
    deadline = Deadline(None if left is None else time.monotonic() + left)

    assert deadline.within(asked) == pytest.approx(given, abs=0.05)


def test_the_deadline_of_the_run_is_a_fact() -> None:
    @source("fruit")
    def asks(deadline: Deadline) -> Fruit:
        return Fruit(str(deadline.ends_at))

    assert observe(TARGET, (asks,), ends_at=time.monotonic() + 5)[Fruit] != Fruit("None")
    assert observe(TARGET, (asks,))[Fruit] == Fruit("None")


@pytest.mark.parametrize("error", [Refused("no", "42501"), Silent("gone"), Withheld("--offline")])
def test_the_kind_of_a_failure_is_kept_for_all_that_is_built_on_it(error: SourceError) -> None:
    @source("fruit")
    def fails(target: Target) -> Fruit:
        raise error

    facts = observe(TARGET, (fails, cake))

    assert facts[Cake] is error
    assert error.source == "fruit"


@source("fruit")
def withheld(target: Target) -> Fruit:
    raise Withheld("--offline: no socket is opened")


def tasting(id: str, **relations: Any) -> Any:
    @check(id=id, title="t", severity=Severity.ERROR, **relations)
    def rule(fruit: Fruit) -> Iterator[Finding]:
        """Summary."""
        yield finding()

    return rule


def test_what_the_user_asked_not_to_look_at_is_skipped_whatever_else_is_wrong() -> None:
    checks = (firing("a.first", "k", blocks=["b.*"]), tasting("b.fruit"))

    result = outcomes(*checks, sources=(withheld,))

    assert result["b.fruit"].kind is OutcomeKind.SKIPPED
    assert result["b.fruit"].reason == "--offline: no socket is opened"


def glancing(id: str) -> Any:
    @check(id=id, title="t", severity=Severity.ERROR)
    def rule(fruit: IfObserved[Fruit]) -> Iterator[Finding]:
        """Summary."""
        if fruit.value is not None:
            yield finding(message=fruit.value.name)

    return rule


def test_a_fact_that_is_only_glanced_at_is_not_observed_for_that() -> None:
    assert outcomes(glancing("a.b"), sources=(fruit,))["a.b"].kind is OutcomeKind.PASSED


def test_a_fact_that_another_check_needs_is_there_to_be_glanced_at() -> None:
    result = outcomes(glancing("a.b"), tasting("a.c"), sources=(fruit,))

    assert [each.message for each in result["a.b"].findings] == ["apple"]


# --- relations


def test_a_silent_check_blocks_nothing() -> None:
    result = outcomes(silent("a.first"), firing("b.second", "k", blocked_by=["a.first"]))

    assert result["b.second"].kind is OutcomeKind.FOUND


@pytest.mark.parametrize("declared_by", ["blocked", "blocker"])
def test_a_firing_check_blocks_whichever_side_declares_it(declared_by: str) -> None:
    first = firing("a.first", "k", **({"blocks": ["b.*"]} if declared_by == "blocker" else {}))
    second = firing("b.second", "k", **({"blocked_by": ["a.first"]} if declared_by == "blocked" else {}))

    result = outcomes(first, second)

    assert result["b.second"].kind is OutcomeKind.BLOCKED
    assert result["b.second"].reason == "a.first: title of a.first"
    assert result["b.second"].findings == ()


def test_what_is_derived_from_facts_at_hand_is_there_to_be_glanced_at() -> None:
    @source("cake", derived=True)
    def derived(fruit: Fruit) -> Cake:
        return Cake(fruit.name)

    assert required([Fruit], (fruit, derived), glanced=[Cake]) == (fruit, derived)
    assert required([Nut], (broken_nut, fruit, derived), glanced=[Cake]) == (broken_nut,)
    assert required([Fruit], (fruit, cake), glanced=[Cake]) == (fruit,)


@pytest.mark.parametrize(("offline", "kind"), [(True, OutcomeKind.SKIPPED), (False, OutcomeKind.CRASHED)])
def test_a_family_that_needs_sockets_is_not_even_read_offline(offline: bool, kind: OutcomeKind) -> None:
    @check(id="net.work", title="t", severity=Severity.ERROR)
    def rule(host: Nowhere) -> Iterator[Finding]:  # type: ignore[name-defined]  # noqa: F821
        """Summary."""
        yield finding()

    known = build([("net", SimpleNamespace(CHECKS=(rule,), SOCKETS=True, __doc__="net"))])
    run = examine(Target(Path("/nowhere"), offline=offline), known, (), known.checks)

    assert [each.outcome.kind for each in run.results] == [kind]


@pytest.mark.parametrize(("key", "kind"), [("bad.k", OutcomeKind.BLOCKED), ("mild.k", OutcomeKind.FOUND)])
def test_some_findings_of_a_check_may_block_and_others_not(key: str, kind: OutcomeKind) -> None:
    rule = Blocks("b.*", when=lambda finding: (finding.at.key or "").startswith("bad"))

    result = outcomes(firing("a.first", key, blocks=[rule]), firing("b.second", "k"))

    assert result["b.second"].kind is kind


def test_what_is_below_a_blocked_check_is_blocked_by_the_same_root() -> None:
    result = outcomes(
        firing("a.one", "k"),
        firing("a.two", "k", blocked_by=["a.one"]),
        firing("a.three", "k", blocked_by=["a.two"]),
    )

    assert result["a.three"].reason == "a.one: title of a.one"


def test_an_unknown_relation_is_no_error() -> None:
    result = outcomes(firing("a.b", "k", blocked_by=["gemini.dns"], explained_by=["logs.*"]))

    assert result["a.b"].kind is OutcomeKind.FOUND


def test_an_explained_finding_becomes_evidence() -> None:
    result = outcomes(firing("a.cause", "k"), firing("b.symptom", "x", explained_by=["a.cause"]))

    assert result["b.symptom"].kind is OutcomeKind.BLOCKED
    assert result["b.symptom"].reason == "a.cause: title of a.cause"
    (cause,) = result["a.cause"].findings
    assert [each.text for each in cause.evidence] == ["b.symptom: b.symptom at x"]


def test_a_warning_is_carried_by_findings_that_stay() -> None:
    result = outcomes(
        firing("a.symptom", "x", explained_by=["b.cause"]),
        firing("b.cause", "k"),
        firing("b.warner", "w", warns=["b.cause", "c.*"]),
        silent("c.one"),
        firing("c.two", "y"),
        firing("d.other", "z"),
    )

    told = "b.warner: b.warner at w"
    shown = {id: [each.text for finding in result[id].findings for each in finding.evidence] for id in result}
    assert {id: texts for id, texts in shown.items() if texts} == {
        "b.cause": ["a.symptom: a.symptom at x", told],
        "c.two": [told],
    }


@pytest.mark.parametrize("warner", ["silent", "blocked"])
def test_a_warning_that_is_none_is_not_carried(warner: str) -> None:
    warning = silent if warner == "silent" else firing
    result = outcomes(
        firing("a.root", "r"),
        warning("b.warner", *(["w"] if warner == "blocked" else []), blocked_by=["a.root"], warns=["c.*"]),
        firing("c.two", "y"),
    )

    assert result["c.two"].findings[0].evidence == ()


def test_a_warning_is_looked_for_and_reported_when_only_what_carries_it_is_asked_for() -> None:
    result = outcomes(firing("a.warner", "w", warns=["c.*"]), firing("c.two", "y"), only=("c.two",))

    assert list(result) == ["a.warner", "c.two"]


def test_an_explanation_without_observation_changes_nothing() -> None:
    result = outcomes(firing("a.cause", "k"), silent("b.symptom", explained_by=["a.cause"]))

    assert result["b.symptom"].kind is OutcomeKind.PASSED


def test_only_findings_about_the_same_thing_are_explained() -> None:
    result = outcomes(
        firing("a.cause", "k.one"),
        firing("b.symptom", "k.one", "k.two", explained_by=[Explains("a.*", when=same_key)]),
    )

    assert result["b.symptom"].kind is OutcomeKind.FOUND
    assert [each.at.key for each in result["b.symptom"].findings] == ["k.two"]
    assert len(result["a.cause"].findings[0].evidence) == 1


def test_a_section_explains_what_is_below_it() -> None:
    result = outcomes(
        firing("b.section", "api", explains=[Explains("a.*", when=key_below)]),
        firing("a.port", "api.port"),
        firing("a.other", "apis.port"),
    )

    assert result["a.port"].kind is OutcomeKind.BLOCKED
    assert result["a.other"].kind is OutcomeKind.FOUND


def test_evidence_travels_to_the_root_of_a_chain() -> None:
    result = outcomes(
        firing("a.root", "k"),
        firing("a.middle", "k", explained_by=["a.root"]),
        firing("a.leaf", "k", explained_by=["a.middle"]),
    )

    assert result["a.leaf"].reason == "a.root: title of a.root"
    texts = [each.text for each in result["a.root"].findings[0].evidence]
    assert texts == ["a.middle: a.middle at k", "a.leaf: a.leaf at k"]


def test_what_stands_below_an_explained_check_is_blocked_too() -> None:
    result = outcomes(
        firing("a.root", "k"),
        firing("a.middle", "k", explained_by=["a.root"]),
        firing("a.below", "k", blocked_by=["a.middle"]),
    )

    assert result["a.below"].reason == "a.root: title of a.root"


def test_checks_that_block_each_other_are_named() -> None:
    with pytest.raises(ValueError, match=r"a\.one > a\.two > a\.one"):
        outcomes(silent("a.one", blocked_by=["a.two"]), silent("a.two", blocked_by=["a.one"]))


# --- selection


def test_a_blocker_left_out_by_only_is_reported_when_it_fires() -> None:
    checks = [firing("a.first", "k"), firing("b.second", "k", blocked_by=["a.first"]), firing("b.third", "k")]

    result = outcomes(*checks, only=("b.second",))

    assert list(result) == ["a.first", "b.second"]


def test_a_silent_blocker_left_out_by_only_is_not_reported() -> None:
    result = outcomes(silent("a.first"), firing("b.second", "k", blocked_by=["a.first"]), only=("b.second",))

    assert list(result) == ["b.second"]


def test_an_explainer_of_other_things_left_out_by_only_is_not_reported() -> None:
    checks = [firing("a.one", "x"), firing("b.two", "y", explained_by=[Explains("a.*", when=same_key)])]

    assert list(outcomes(*checks, only=("b.two",))) == ["b.two"]


def test_skip_silences_a_finding_but_what_it_explains_stays_explained() -> None:
    result = outcomes(firing("a.cause", "k"), firing("b.symptom", "x", explained_by=["a.cause"]), skip=("a.cause",))

    assert list(result) == ["b.symptom"]
    assert result["b.symptom"].kind is OutcomeKind.BLOCKED


def test_results_come_in_registry_order_whatever_was_fast() -> None:
    @source("slow")
    def slow(target: Target) -> Nut:
        time.sleep(0.02)
        return Nut()

    @check(id="config.slow", title="t", severity=Severity.NOTE)
    def needs_slow(nut: Nut) -> Iterator[Finding]:
        """Summary."""
        yield finding()

    @check(id="jobs.fast", title="t", severity=Severity.NOTE)
    def needs_fast(fruit: Fruit) -> Iterator[Finding]:
        """Summary."""
        yield finding()

    assert list(outcomes(needs_fast, needs_slow, sources=(fruit, slow))) == ["config.slow", "jobs.fast"]
    assert list(outcomes(needs_slow, needs_fast, sources=(slow, fruit))) == ["config.slow", "jobs.fast"]


def test_a_family_that_cannot_be_loaded_is_reported_as_a_crash() -> None:
    known = build([("house", SimpleNamespace(__doc__="no CHECKS"))])

    run = examine(TARGET, known, (), ())

    assert [(result.id, result.outcome.kind) for result in run.results] == [("house.load", OutcomeKind.CRASHED)]
