"""
`python -m tests.purity`: runs while the interpreter reports what is opened, started or asked.

A process of its own: such a watch cannot be taken down again, and in a process that is traced for coverage it makes
the start of threads fail now and then (Python 3.11).
"""

from __future__ import annotations

import difflib  # noqa: F401 - loaded late, when a check first looks for the nearest name
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# Loaded late, by the first check that has a use for it, which then reads files.
import doctor.logs.quote
import doctor.migrations
import doctor.sources.config.provenance
import doctor.why.guide
import doctor.why.settings  # noqa: F401
from doctor import engine
from doctor.testing import Databases, Google, Installation, OpenAi, diagnose, load
from tests.everything import FIXTURES, every

TOUCHES = ("open", "socket.", "subprocess.", "os.", "shutil.", "glob.", "urllib.", "ctypes.")

_watching: list[list[str]] = []


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _watching and event.startswith(TOUCHES):
        _watching[-1].append(f"{event} {arguments!r}")


@contextmanager
def watched() -> Iterator[list[str]]:
    """The audit events of what the block does."""
    events: list[str] = []
    _watching.append(events)
    try:
        yield events
    finally:
        _watching.pop()


def control() -> list[str]:
    """What is seen of a file being written."""
    with tempfile.TemporaryDirectory() as folder, watched() as events:
        (Path(folder) / "x").write_text("")
    return events


def run(name: str) -> list[str]:
    """What is seen of a whole run on one fixture."""
    with tempfile.TemporaryDirectory() as folder, watched() as events:
        diagnose(load(FIXTURES / name), Path(folder))
    return events


def checks() -> dict[str, dict[str, list[str]]]:
    """For each fixture the checks that were judged, and what is seen while each is."""
    from tests.servers import Databases, Googles, OpenAis, postgres

    with (
        postgres() as server,
        tempfile.TemporaryDirectory() as folder,
        Googles(Path(folder)) as google,
        OpenAis() as openai,
    ):
        databases = Databases(server)
        return {each.name: _judged(each, databases, google, openai) for each in every()}


def _judged(installation: Installation, databases: Databases, google: Google, openai: OpenAi) -> dict[str, list[str]]:
    touched: dict[str, list[str]] = {}
    evaluate = engine.evaluate

    def guarded(check: Any, facts: Any) -> Any:
        with watched() as events:
            outcome = evaluate(check, facts)
        touched.setdefault(check.id, []).extend(events)
        return outcome

    engine.evaluate = guarded
    try:
        with tempfile.TemporaryDirectory() as folder:
            diagnose(installation, Path(folder), databases, google, openai)
    finally:
        engine.evaluate = evaluate
    return touched


if __name__ == "__main__":
    sys.addaudithook(_hook)
    what = {"control": control, "checks": checks}.get(sys.argv[1]) or (lambda: run(sys.argv[1]))
    sys.stdout.write(json.dumps(what()))
