"""
`python -m tests.mutation [FAMILY...]`: turn each condition of the checks round, and list what no test notices.

It takes some minutes for each family. It ends with 1 if something survives that has no reason in accepted.txt. With
`--write` the table goes into docs/mutation.md; families that are not tried keep their row there.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from itertools import chain
from pathlib import Path

import pytest

from tests.everything import DIRECTORIES, has_servers
from tests.mutation.page import Row, accepted, page, rows
from tests.mutation.trial import Trial

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "mutation.md"
PROCESSES = 2


def main(arguments: list[str]) -> int:
    """Try the families that are named, or all."""
    if arguments[:1] == ["--one"]:
        return _one(arguments[1], Path(arguments[2]))
    named = [each for each in arguments if not each.startswith("-")]
    families = sorted(each.name for each in (ROOT / "checks").iterdir() if (each / "__init__.py").is_file())
    known = rows(PAGE.read_text(encoding="utf-8")) if PAGE.is_file() else {}
    good = True
    for family in named or families:
        known[family], survived = _of(family)
        good &= _told(family, known[family], survived)
    if "--write" in arguments:
        PAGE.write_text(page({family: known[family] for family in families if family in known}), encoding="utf-8")
    return 0 if good else 1


def _told(family: str, row: Row, survived: list[str]) -> bool:
    """Print what has no reason, and what has one without need; whether there is neither."""
    reasons = Counter(each for each in chain(*accepted().values()) if each.startswith(f"checks/{family}/"))
    print(f"{family:12} {row.mutants:5} mutants, {row.survived:4} survived, {row.seconds} s", flush=True)
    for said, found in (("new", Counter(survived) - reasons), ("no longer", reasons - Counter(survived))):
        for each in sorted(found.elements()):
            print(f"  {said}: {each}", flush=True)
    return Counter(survived) == reasons


def _of(family: str) -> tuple[Row, list[str]]:
    """In a process of its own, as the tests of one family are collected there."""
    start = time.monotonic()
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        command = [sys.executable, "-m", "tests.mutation", "--one", family, file.name]
        if subprocess.run(command, cwd=ROOT, check=False, stdout=subprocess.DEVNULL).returncode:
            sys.exit(f"{family} could not be tried")
        found = json.loads(Path(file.name).read_text(encoding="utf-8"))
    survived = found["survived"]
    return Row(found["killed"] + len(survived), len(survived), round(time.monotonic() - start)), survived


def _one(family: str, result: Path) -> int:
    modules = sorted(each.relative_to(ROOT) for each in (ROOT / "checks" / family).glob("*.py"))
    trial = Trial(modules, PROCESSES)
    status = pytest.main(
        [*_tests(family), "-q", "-p", "no:randomly", "-p", "no:xdist", "-p", "no:cacheprovider"], [trial]
    )
    if trial.broken:
        print(f"the tests of {family} fail by themselves", file=sys.stderr)
        return 1
    survived = sorted(map(str, trial.survived))
    for each in trial.endless:
        print(f"  its tests do not end: {each}", file=sys.stderr)
    result.write_text(json.dumps({"killed": len(trial.killed), "survived": survived}), encoding="utf-8")
    return 0 if status in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED) else int(status)


def _tests(family: str) -> list[str]:
    """The files with tests of a family, and its fixtures and the healthy ones, as far as they need no servers."""
    files = [
        str(each.relative_to(ROOT))
        for each in sorted((ROOT / "tests" / "checks").glob("test_*.py"))
        if f"from checks.{family}" in each.read_text(encoding="utf-8")
    ]
    fixtures = [
        each for each in DIRECTORIES if each.name.startswith((f"{family}.", "healthy-")) and not has_servers(each)
    ]
    return [*files, *(f"tests/test_fixtures.py::test_fixture[{each.name}]" for each in fixtures)]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
