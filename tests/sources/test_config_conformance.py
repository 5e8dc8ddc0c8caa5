"""The resolver against what the program's own libraries printed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from doctor.facts import Resolution
from doctor.sources.config import resolve
from tests.conformance import DATA, cases, laid_out

DEFAULTS = json.loads((DATA / "config-defaults.json").read_text(encoding="utf-8"))
COUNT = 1840


@pytest.mark.slow
@pytest.mark.no_cover
def test_every_case_agrees(tmp_path: Path) -> None:
    disagreeing = {case["id"]: found for case in cases() if (found := list(disagreements(case, tmp_path)))}
    assert len(cases()) == COUNT
    assert disagreeing == {}


def disagreements(case: dict[str, Any], scratch: Path) -> Iterator[str]:
    directory = laid_out(case, scratch)
    got, expect = resolve(directory, case["config_arg"], case["env"]), case["expect"]
    said = got.read_error.replace(str(directory), "DIR") if got.read_error is not None else None
    for name, value in (
        ("config_file", got.config_file),
        ("read_error", said),
        ("outcome", got.outcome),
        ("panic", got.panic),
    ):
        if value != expect[name]:
            yield f"{name} is {value!r}, not {expect[name]!r}"
    yield from wrong_values(got, expect)
    yield from broken_view(got)


def wrong_values(got: Resolution, expect: dict[str, Any]) -> Iterator[str]:
    if expect["outcome"] != "ok":
        if got.values is not None:
            yield "there are values"
        return
    for key, value in {**DEFAULTS, **expect["differs"]}.items():
        if got.values is None or got.values[key] != value:
            yield f"{key} is not {value!r}"


def broken_view(got: Resolution) -> Iterator[str]:
    """What must hold for any resolution: the settings explain the values, the problems the panic."""
    for key, value in (got.values or {}).items():
        if got.value(key) != value:
            yield f"{key} is {got.value(key)!r} in the settings"
    for key, setting in got.settings.items():
        if [candidate.effect for candidate in setting.candidates].count("wins") > 1:
            yield f"{key} has several winners"
    if (got.panic is None) != (not got.problems) and got.outcome != "zero":
        yield "problems and panic disagree"
    if got.panic is not None and got.problems and got.problems[0].text not in got.panic:
        yield "the first problem is not the panic's"
