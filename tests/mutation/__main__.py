"""
`python -m tests.mutation [FAMILY...]`: turn each condition of the checks round, and list what no test notices.

It takes some minutes for each family. With `--write` the table goes into docs/mutation.md.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.everything import DIRECTORIES, has_servers
from tests.mutation.trial import Trial

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "mutation.md"
PROCESSES = 2


def main(arguments: list[str]) -> int:
    """Try the families that are named, or all; 0 even if some survive, as some change nothing that can be seen."""
    if arguments[:1] == ["--one"]:
        return _one(arguments[1], Path(arguments[2]))
    write = "--write" in arguments
    named = [each for each in arguments if not each.startswith("-")]
    families = named or sorted(each.name for each in (ROOT / "checks").iterdir() if (each / "__init__.py").is_file())
    results = {family: _of(family) for family in families}
    for family, (killed, survived) in results.items():
        print(f"{family:12} {killed + len(survived):5} mutants, {len(survived):4} survived")
        for each in survived:
            print(f"  {each}")
    if write:
        PAGE.write_text(_page(results), encoding="utf-8")
    return 0


def _of(family: str) -> tuple[int, list[str]]:
    """In a process of its own, as the tests of one family are collected there."""
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        subprocess.run(
            [sys.executable, "-m", "tests.mutation", "--one", family, file.name],
            cwd=ROOT,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        found = json.loads(Path(file.name).read_text(encoding="utf-8"))
    return found["killed"], found["survived"]


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
    result.write_text(json.dumps({"killed": len(trial.killed), "survived": survived}), encoding="utf-8")
    return 0 if status in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED) else int(status)


def _tests(family: str) -> list[str]:
    """The files with tests of a family, and its fixtures that need no servers."""
    files = [
        str(each.relative_to(ROOT))
        for each in sorted((ROOT / "tests" / "checks").glob("test_*.py"))
        if f"from checks.{family}" in each.read_text(encoding="utf-8")
    ]
    fixtures = [each for each in DIRECTORIES if each.name.startswith(f"{family}.") and not has_servers(each)]
    return [*files, *(f"tests/test_fixtures.py::test_fixture[{each.name}]" for each in fixtures)]


def _page(results: dict[str, tuple[int, list[str]]]) -> str:
    rows = [f"| {name} | {killed + len(left)} | {len(left)} |" for name, (killed, left) in results.items()]
    total = sum(killed + len(left) for killed, left in results.values())
    alive = sum(len(left) for _, left in results.values())
    lists = [f"### {name}\n\n" + "\n".join(f"- {each}" for each in left) for name, (_, left) in results.items() if left]
    return "\n".join(
        [
            "# Mutation testing of the checks",
            "",
            "Every condition in a check is turned round (`==` to `!=`, `<` to `>=` and to `<=`, `and` to `or`, `not`",
            "taken away, a condition negated), and the tests of its family and its fixtures run with it. What survives",
            "is listed: most of it changes nothing that can be seen, such as the end of a list that is cut for people.",
            "Made by `make mutants`.",
            "",
            "| family | mutants | survived |",
            "|---|---|---|",
            *rows,
            f"| all | {total} | {alive} |",
            "",
            "## What survived",
            "",
            "\n\n".join(lists),
            "",
        ]
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
