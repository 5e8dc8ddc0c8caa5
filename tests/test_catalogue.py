"""Every registered check keeps its promises: id, documentation, a place in its family, a fault that shows it."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import pytest

from doctor.model import Safety
from doctor.registry import FAMILY_ORDER, installed
from doctor.settlement import Relations
from tests.everything import every

ROOT = Path(__file__).parent.parent
REGISTRY = installed()

FAMILIES = {
    "config": 37,
    "environment": 9,
    "directories": 5,
    "database": 17,
    "jobs": 13,
    "batches": 14,
    "gemini": 14,
    "openai": 1,
    "worker": 12,
    "zoekt": 6,
    "api": 5,
    "nats": 7,
    "logs": 31,
    "guide": 2,
    "doctor": 1,
}


def test_the_families_are_complete() -> None:
    assert REGISTRY.broken == ()
    assert {family.name: len(family.checks) for family in REGISTRY.families} == FAMILIES
    assert [family.name for family in REGISTRY.families] == [name for name in FAMILY_ORDER if name in FAMILIES]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_lists_every_module_in_its_folder(family: str) -> None:
    package = importlib.import_module(f"checks.{family}")
    modules = {name for _, name, _ in pkgutil.iter_modules(package.__path__) if not name.startswith("_")}

    assert {check.rule.__module__.rpartition(".")[2] for check in package.CHECKS} == modules


def test_a_module_is_named_after_the_id() -> None:
    misnamed = [
        (check.id, check.rule.__module__)
        for check in REGISTRY.checks
        if check.rule.__module__ != "checks." + check.id.replace("-", "_")
    ]

    assert misnamed == []


def test_the_docstring_is_the_documentation() -> None:
    incomplete = {}
    for check in REGISTRY.checks:
        text = check.documentation
        parts = {
            "summary": text.summary.endswith(".") and "\n" not in text.summary,
            "why": text.why,
            "silent": text.silent,
            "fix": text.fix,
        }
        if not all(parts.values()):
            incomplete[check.id] = [name for name, good in parts.items() if not good]

    assert incomplete == {}


# It matters only while a migration is due, which is a finding of its own.
NEVER_ALONE = {"database.migrations-folder": ["database.migrations-behind", "database.migrations-folder"]}


def test_a_fault_makes_exactly_this_check_fire() -> None:
    shown = [list(each.expected_findings) for each in every()]
    missing = [check.id for check in REGISTRY.checks if NEVER_ALONE.get(check.id, [check.id]) not in shown]

    assert missing == [], "there is no directory of that name below fixtures/ in which nothing else fires"


def test_there_is_a_page() -> None:
    pages = ROOT / "docs" / "checks"

    assert [check.id for check in REGISTRY.checks if not (pages / f"{check.id}.md").is_file()] == []


def test_healthy_installations_yield_nothing() -> None:
    healthy = [each for each in every() if each.name.startswith("healthy-")]

    assert {each.name for each in healthy} >= {
        "healthy-batches",
        "healthy-database",
        "healthy-dev",
        "healthy-environment",
        "healthy-openai",
        "healthy-production",
    }
    assert all(not each.expected_findings for each in healthy)


def test_a_fixture_says_what_is_broken() -> None:
    assert [each.name for each in every() if not (each.directory / "README.md").is_file()] == []
    assert [each.name for each in every() if each.check is not None and each.check not in REGISTRY.by_id] == []


def test_the_relations_have_no_circle() -> None:
    assert len(Relations(REGISTRY).order(REGISTRY.by_id)) == len(REGISTRY.checks)


def test_a_safe_fix_is_declared_where_the_catalogue_has_one() -> None:
    safe = {check.id for check in REGISTRY.checks if check.safety is Safety.SAFE}

    assert safe == {
        "config.batch-client-off",
        "config.batch-dirs-unset",
        "config.batch-size-refused",
        "config.database-password-env-only",
        "config.database-user-env-only",
        "config.duration-invalid",
        "config.file-broken",
        "config.job-timeout-capped",
        "config.openai-with-batch",
        "config.queue-limits-incomplete",
        "config.test-embeddings",
        "config.type-mismatch",
        "config.value-not-allowed",
        "config.value-out-of-range",
        "config.variable-not-expanded",
        "directories.batch-dir-vanished",
        "guide.script-not-executable",
        "zoekt.dead-port",
    }
