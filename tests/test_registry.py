"""Declaring checks, finding families, choosing among them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from doctor.errors import UsageError
from doctor.model import Finding, Location, Severity
from doctor.registry import Documentation, build, check, nearest


def one(id: str, severity: Severity = Severity.ERROR) -> object:
    @check(id=id, title="title", severity=severity)
    def rule() -> Iterator[Finding]:
        """Summary."""
        yield Finding("wrong", Location.file("f"))

    return rule


def family(*checks: object) -> SimpleNamespace:
    return SimpleNamespace(CHECKS=checks, __doc__="What the family is about.\n\nMore.")


REGISTRY = build(
    [
        ("plugin", family(one("plugin.own"))),
        ("database", family(one("database.dns"), one("database.tls"))),
        ("config", family(one("config.sslmode"))),
    ]
)


def test_families_come_in_the_order_of_the_catalogue_then_plugins() -> None:
    assert [each.id for each in REGISTRY.checks] == [
        "config.sslmode",
        "database.dns",
        "database.tls",
        "plugin.own",
    ]


def test_a_family_is_described_by_the_first_line_of_its_docstring() -> None:
    assert REGISTRY.families[0].summary == "What the family is about."


@pytest.mark.parametrize(
    ("only", "skip", "chosen"),
    [
        pytest.param([], [], ["config.sslmode", "database.dns", "database.tls", "plugin.own"], id="all"),
        pytest.param(["database.dns"], [], ["database.dns"], id="one by id"),
        pytest.param(["database"], [], ["database.dns", "database.tls"], id="a family"),
        pytest.param(["*.dns", "plugin"], [], ["database.dns", "plugin.own"], id="a glob and a family"),
        pytest.param(["database"], ["database.tls"], ["database.dns"], id="skip wins over only"),
        pytest.param([], ["database", "plugin"], ["config.sslmode"], id="skip alone"),
    ],
)
def test_selection(only: list[str], skip: list[str], chosen: list[str]) -> None:
    assert [each.id for each in REGISTRY.select(only, skip)] == chosen


def test_where_there_are_no_checks_nothing_is_left_out() -> None:
    assert build([]).select() == ()


@pytest.mark.parametrize(
    ("only", "skip", "what"),
    [
        pytest.param([], ["*"], "every check", id="all of them"),
        pytest.param(["database"], ["database"], "all that --only names", id="the same family"),
        pytest.param(["database.dns"], ["*.dns", "plugin"], "all that --only names", id="the only one"),
    ],
)
def test_to_leave_no_check_is_wrong_use(only: list[str], skip: list[str], what: str) -> None:
    with pytest.raises(UsageError, match=f"--skip leaves out {re.escape(what)}, so that nothing would be judged"):
        REGISTRY.select(only, skip)


@pytest.mark.parametrize(
    ("pattern", "hint"),
    [("database.dsn", "database.dns"), ("databse", "database"), ("sslmode", "config.sslmode")],
)
def test_an_unknown_name_gets_a_did_you_mean(pattern: str, hint: str) -> None:
    with pytest.raises(UsageError, match=f"did you mean {hint}"):
        REGISTRY.select([pattern])


def test_a_name_with_nothing_near_still_says_where_to_look() -> None:
    with pytest.raises(UsageError, match="codechunk-doctor list"):
        REGISTRY.select(skip=["zzzzzz"])


@pytest.mark.parametrize("id", ["config", "config.Upper", "config.two words", ".x", "config.a--b", "config.a_b"])
def test_an_id_is_family_dot_kebab_case(id: str) -> None:
    with pytest.raises(ValueError, match="kebab-case"):
        one(id)


def test_a_family_with_a_foreign_check_is_broken_and_the_others_stay() -> None:
    registry = build([("config", family(one("database.dns"))), ("jobs", family(one("jobs.stuck")))])

    assert [each.id for each in registry.checks] == ["jobs.stuck"]
    assert [(each.name, each.error) for each in registry.broken] == [
        ("config", "ValueError: database.dns does not belong to the family config")
    ]


def test_a_check_whose_signature_names_no_fact_breaks_its_family() -> None:
    @check(id="config.x", title="t", severity=Severity.NOTE)
    def rule(anything) -> Iterator[Finding]:  # type: ignore[no-untyped-def]
        """Summary."""
        yield from ()

    assert "needs a fact's type" in build([("config", family(rule))]).broken[0].error


def test_calling_a_check_fills_in_its_severity() -> None:
    (found,) = one("config.x", Severity.WARNING)()  # type: ignore[operator]

    assert found.severity is Severity.WARNING


def test_documentation_is_read_by_its_headings() -> None:
    text = """
First line.

Details in
two lines.

Why it matters: it breaks.
More of it.

Silent when: nothing is set.

How to fix: type this:

    export X=1

Since 2026-04-23: the guide says one thing, the program does another.
""".strip()

    documentation = Documentation.parse(text)

    assert documentation == Documentation(
        summary="First line.",
        details="Details in\ntwo lines.",
        why="It breaks.\nMore of it.",
        silent="Nothing is set.",
        fix="Type this:\n\n    export X=1",
        since="Since 2026-04-23: the guide says one thing, the program does another.",
    )


def test_nearest_knows_when_nothing_is_near() -> None:
    assert nearest("zzz", ["config.sslmode"]) is None


@pytest.mark.parametrize("pattern", ["plugin", "plugin.*", "plugin.own"])
def test_a_broken_family_can_be_asked_for_and_is_reported_as_broken(pattern: str) -> None:
    registry = build([("plugin", SimpleNamespace(__doc__="no list of checks"))])

    assert registry.select([pattern]) == ()
    assert [each.name for each in registry.broken] == ["plugin"]
