"""A check reads nothing but the facts in its signature: no file, no socket, no process, no environment."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import doctor.sources.config.provenance  # noqa: F401 - loaded late, when a check first asks for an entry's place
from doctor import engine
from doctor.registry import installed
from doctor.testing import Databases, Installation, diagnose, load
from tests.everything import EVERY, FIXTURES

TOUCHES = ("open", "socket.", "subprocess.", "os.", "shutil.", "glob.", "urllib.", "ctypes.")

_watching: list[list[str]] = []


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _watching and event.startswith(TOUCHES):
        _watching[-1].append(f"{event} {arguments!r}")


sys.addaudithook(_hook)


@contextmanager
def watched() -> Iterator[list[str]]:
    """The audit events of what the block does."""
    events: list[str] = []
    _watching.append(events)
    try:
        yield events
    finally:
        _watching.pop()


def test_the_watch_sees_a_file_being_opened(tmp_path: Path) -> None:
    with watched() as events:
        (tmp_path / "x").write_text("")

    assert events


@pytest.mark.slow
@pytest.mark.parametrize("installation", [pytest.param(each, id=each.name) for each in EVERY])
def test_no_check_touches_the_world(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, databases: Databases
) -> None:
    """Every check is judged on every fixture while the interpreter reports what is opened, started or asked."""
    touched: dict[str, list[str]] = {}
    evaluate = engine.evaluate

    def guarded(check: Any, facts: Any) -> Any:
        with watched() as events:
            outcome = evaluate(check, facts)
        touched.setdefault(check.id, []).extend(events)
        return outcome

    monkeypatch.setattr(engine, "evaluate", guarded)
    diagnose(installation, tmp_path, databases)

    assert {id: events for id, events in touched.items() if events} == {}
    registry = installed()
    unasked = () if installation.run.get("offline", not installation.has_database) is False else registry.sockets
    assert touched.keys() == {check.id for check in registry.checks if check.family not in unasked}


@pytest.mark.parametrize("name", ["healthy-dev", "demo-broken"])
def test_an_offline_run_opens_no_socket(name: str, tmp_path: Path) -> None:
    with watched() as events:
        diagnose(load(FIXTURES / name), tmp_path)

    assert [event for event in events if event.startswith("socket.")] == []
    assert any(event.startswith("open") for event in events)
