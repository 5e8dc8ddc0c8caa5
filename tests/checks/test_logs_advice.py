"""What the findings on each line of the catalogue say and tell to do, as a golden file: read it when it changes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from importlib.resources import files

import pytest

from checks.logs import CHECKS
from doctor.logs.catalogue import CATALOGUE
from doctor.model import Finding
from tests.checks.log_lines import judged, line, read, worker
from tests.conftest import Resolved

pytestmark = pytest.mark.slow

# Causes that are told by a text as it is.
TEXTS = {
    each["id"]: each["match"]
    for each in json.loads((files("doctor") / "data" / "causes.json").read_text(encoding="utf-8"))
    if each["kind"] != "regex"
}


def lines() -> Iterator[tuple[str, dict[str, str]]]:
    """Each kind of line with a fixed message, alone and with an error that it is known to have."""
    for entry in CATALOGUE.by_id.values():
        if entry.message is not None:
            yield entry.id, {}
            for cause in [cause for cause in entry.causes if cause in TEXTS][:1]:
                yield entry.id, {entry.error_field: f"it failed: {TEXTS[cause]}"}


def told(resolved: Resolved) -> Iterator[str]:
    """A paragraph for each line of which anything is said, and at last those of which nothing is."""
    config, silent = resolved(), []
    for id, fields in lines():
        logs = read(worker(), line(id, 5, **fields))
        found = [each for check in CHECKS for each in judged(check, logs, config)]
        if found:
            yield f"== {id} {''.join(map(str, fields.values()))}".strip()
            yield from map(_short, found)
        elif not fields:
            silent.append(id)
    yield f"== silent\n{' '.join(silent)}"


def _short(finding: Finding) -> str:
    fix = finding.fix
    advice = [fix.summary, *(f"$ {each}" for each in fix.commands)] if fix else []
    keys = [f"at {each.key}" for each in finding.related if each.key]
    return "\n  ".join(
        (f"{finding.severity.value if finding.severity else 'usual'}: {finding.message}", *advice, *keys)
    )


def test_lines(resolved: Resolved, golden: Callable[[str, str], None]) -> None:
    golden("logs-advice.txt", "\n".join(told(resolved)) + "\n")
