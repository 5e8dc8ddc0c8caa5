"""Every registered check keeps its promises: id, documentation, a place in its family, a fault that shows it."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import pytest

from doctor.engine import Relations
from doctor.model import Safety
from doctor.registry import FAMILY_ORDER, Check, installed
from tests.everything import EVERY as FIXTURES

ROOT = Path(__file__).parent.parent
REGISTRY = installed()
CHECKS = [pytest.param(check, id=check.id) for check in REGISTRY.checks]

FAMILIES = {
    "config": 37,
    "environment": 9,
    "directories": 5,
    "database": 16,
    "jobs": 13,
    "batches": 14,
    "gemini": 14,
    "openai": 1,
    "logs": 31,
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


@pytest.mark.parametrize("check", CHECKS)
def test_the_module_is_named_after_the_id(check: Check) -> None:
    assert check.rule.__module__ == "checks." + check.id.replace("-", "_")


@pytest.mark.parametrize("check", CHECKS)
def test_the_docstring_is_the_documentation(check: Check) -> None:
    text = check.documentation

    assert text.summary.endswith(".")
    assert "\n" not in text.summary
    assert text.why
    assert text.silent
    assert text.fix


# It matters only while a migration is due, which is a finding of its own.
NEVER_ALONE = {"database.migrations-folder": ["database.migrations-behind", "database.migrations-folder"]}


@pytest.mark.parametrize("check", CHECKS)
def test_a_fault_makes_exactly_this_check_fire(check: Check) -> None:
    wanted = NEVER_ALONE.get(check.id, [check.id])
    alone = [each for each in FIXTURES if list(each.expected_findings) == wanted]

    assert alone, f"fixtures/{check.id}/ is missing"


@pytest.mark.parametrize("check", CHECKS)
def test_there_is_a_page(check: Check) -> None:
    assert (ROOT / "docs" / "checks" / f"{check.id}.md").is_file()


def test_healthy_installations_yield_nothing() -> None:
    healthy = [each for each in FIXTURES if each.name.startswith("healthy-")]

    assert {each.name for each in healthy} >= {
        "healthy-batches",
        "healthy-database",
        "healthy-dev",
        "healthy-environment",
        "healthy-openai",
        "healthy-production",
    }
    assert all(not each.expected_findings for each in healthy)


@pytest.mark.parametrize("installation", [pytest.param(each, id=each.name) for each in FIXTURES])
def test_a_fixture_says_what_is_broken(installation) -> None:  # type: ignore[no-untyped-def]
    assert (installation.directory / "README.md").is_file()
    assert installation.check is None or installation.check in REGISTRY.by_id


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
    }
