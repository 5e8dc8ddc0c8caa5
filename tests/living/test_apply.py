"""Severity, ignore and baseline as they are applied to a run."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

import pytest

from doctor import facts
from doctor.living.apply import Application
from doctor.living.baseline import Baseline, Entry
from doctor.living.rules import Ignore, Override, Rules
from doctor.model import CheckResult, Severity
from tests.living.samples import REGISTRY, E, N, W, blocked, finding, result

TODAY = datetime.date(2026, 5, 4)
RESULTS = (
    result("a.one", finding("k"), finding("k"), finding("other", message="3 are wrong")),
    result("a.two"),
    blocked("b.one"),
)
K = "kind=file path=c.yaml key=k"


def ignore(check: str, **more: object) -> Ignore:
    return Ignore(check, "on purpose", "file: ignore: entry 1", **more)


def applied(
    *, overrides: Sequence[Override] = (), ignores: Sequence[Ignore] = (), entries: Sequence[Entry] | None = None
) -> tuple[tuple[CheckResult, ...], tuple[str, ...], list[facts.Baseline]]:
    baseline = Baseline("b.json", tuple(entries)) if entries is not None else None
    application = Application(Rules(TODAY, tuple(overrides), tuple(ignores), baseline), REGISTRY, RESULTS, RESULTS)
    judged: list[facts.Baseline] = []
    return application.run(judged.append), tuple(application.notices()), judged


def suppressed(results: Sequence[CheckResult]) -> list[str | None]:
    return [f.suppressed.by if f.suppressed else None for each in results for f in each.outcome.findings]


def severities(results: Sequence[CheckResult]) -> list[Severity | None]:
    return [f.severity for each in results for f in each.outcome.findings]


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param(ignore("a.two"), id="another check"),
        pytest.param(ignore("a.one", key="kk"), id="another key"),
        pytest.param(ignore("a.one", key="k", path="d.yaml"), id="another file"),
        pytest.param(ignore("a.one", name="*"), id="a place without a name"),
        pytest.param(ignore("a.one", message="4 are"), id="other words"),
        pytest.param(ignore("a.one", until=datetime.date(2026, 5, 3)), id="ended yesterday"),
    ],
)
def test_what_is_not_meant_is_not_ignored(rule: Ignore) -> None:
    results, notices, _ = applied(ignores=[rule])

    assert results == RESULTS
    assert len(notices) == 1


@pytest.mark.parametrize(
    ("rule", "count"),
    [
        pytest.param(ignore("a.one"), 3, id="a check"),
        pytest.param(ignore("a"), 3, id="a family"),
        pytest.param(ignore("*.one"), 3, id="a glob"),
        pytest.param(ignore("a.one", key="k"), 2, id="a key"),
        pytest.param(ignore("a.one", key="o*", path="*.yaml"), 1, id="globs"),
        pytest.param(ignore("a.one", message="are wrong"), 1, id="a part of the message"),
        pytest.param(ignore("a.one", until=TODAY), 3, id="to the end of its last day"),
    ],
)
def test_what_is_meant_is_ignored(rule: Ignore, count: int) -> None:
    results, notices, _ = applied(ignores=[rule])

    assert suppressed(results).count("ignore") == count
    assert notices == ()
    assert {f.suppressed.reason for each in results for f in each.outcome.findings if f.suppressed} == {"on purpose"}


@pytest.mark.parametrize(
    ("rule", "part"),
    [
        pytest.param(ignore("a.two"), "matches no finding", id="passed"),
        pytest.param(ignore("b.one"), None, id="nobody knows"),
        pytest.param(ignore("*.one", key="x"), None, id="nobody knows of all"),
        pytest.param(ignore("b.one", until=datetime.date(2026, 5, 1)), "ended on 2026-05-01", id="ended"),
    ],
)
def test_what_an_ignore_says_of_itself(rule: Ignore, part: str | None) -> None:
    notices = applied(ignores=[rule])[1]

    assert [part in each for each in notices if part] == [True] * len(notices)
    assert bool(notices) is (part is not None)


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        pytest.param({}, [E, E, E], id="none"),
        pytest.param({"b": W, "a.two": N}, [E, E, E], id="others"),
        pytest.param({"a.one": N}, [N, N, N], id="a check"),
        pytest.param({"a": W}, [W, W, W], id="a family"),
        pytest.param({"a.one": N, "a": W, "*": E}, [N, N, N], id="the id wins"),
        pytest.param({"*": N, "a.o*": W}, [W, W, W], id="the longer glob wins"),
    ],
)
def test_severity(patterns: dict[str, Severity], expected: list[Severity]) -> None:
    results = applied(overrides=[Override(name, severity, "file") for name, severity in patterns.items()])[0]

    assert severities(results) == expected


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        pytest.param([], [None, None, None], id="empty"),
        pytest.param([Entry("a.two", K, 2)], [None, None, None], id="another check"),
        pytest.param([Entry("a.one", K, 2)], ["baseline", "baseline", None], id="both"),
        pytest.param([Entry("a.one", K, 1)], ["baseline", None, None], id="a second one is new"),
        pytest.param([Entry("a.one", K, 9)], ["baseline", "baseline", None], id="fewer than listed"),
    ],
)
def test_baseline(entries: list[Entry], expected: list[str | None]) -> None:
    assert suppressed(applied(entries=entries)[0]) == expected


@pytest.mark.parametrize(
    ("entries", "stale"),
    [
        pytest.param([Entry("a.one", K, 2)], [], id="as it is"),
        pytest.param([Entry("a.one", K, 1)], [], id="more than listed"),
        pytest.param([Entry("b.one", K)], [], id="blocked"),
        pytest.param([Entry("c.gone", K)], [], id="not installed"),
        pytest.param([Entry("a.two", K)], [("a.two", 1, 0)], id="gone"),
        pytest.param([Entry("a.one", K, 3)], [("a.one", 3, 2)], id="fewer"),
    ],
)
def test_stale_entries(entries: list[Entry], stale: list[tuple[str, int, int]]) -> None:
    (judged,) = applied(entries=entries)[2]

    assert [(each.check, each.listed, each.left) for each in judged.unmatched] == stale


def test_the_reason_of_an_entry_is_shown() -> None:
    results = applied(entries=[Entry("a.one", K, 2, "old sins")])[0]

    assert [f.suppressed.reason for f in results[0].outcome.findings if f.suppressed] == ["old sins"] * 2


def test_what_is_ignored_needs_no_baseline() -> None:
    results, _, (judged,) = applied(ignores=[ignore("a.one", key="k")], entries=[Entry("a.one", K, 2)])

    assert suppressed(results) == ["ignore", "ignore", None]
    assert [each.check for each in judged.unmatched] == ["a.one"]


def test_checks_that_are_not_installed_are_named() -> None:
    assert applied(entries=[Entry("c.gone", K)])[1] == (
        "b.json: lists findings of checks that are not installed: c.gone",
    )


def test_the_check_of_the_baseline_stands_at_its_place_and_obeys_the_rules() -> None:
    rules = Rules(TODAY, (Override("doctor", E, "file"),), (), Baseline("b.json"))
    shown = (*RESULTS, result("x.plugin"))
    application = Application(rules, REGISTRY, shown, shown)

    results = application.run(lambda _: result("doctor.baseline-stale", finding("k", N)))

    assert [each.id for each in results] == ["doctor.baseline-stale", "a.one", "a.two", "b.one", "x.plugin"]
    assert severities(results)[0] is E


def test_rules_are_about_what_is_shown() -> None:
    hidden = (result("a.one", finding("hunter2")),)
    shown = (result("a.one", finding("***")),)
    application = Application(Rules(TODAY, baseline=Baseline("b.json")), REGISTRY, hidden, shown)

    application.run(lambda _: None)

    assert [each.about for each in application.update()[0].entries] == ["kind=file path=c.yaml key=***"]
