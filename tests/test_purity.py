"""A check reads nothing but the facts in its signature: no file, no socket, no process, no environment."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from doctor.registry import installed
from tests.everything import every

ROOT = Path(__file__).parent.parent

pytestmark = [pytest.mark.slow, pytest.mark.no_cover]


def watched(what: str) -> Any:
    """What `tests.purity` sees."""
    done = subprocess.run([sys.executable, "-m", "tests.purity", what], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def test_the_watch_sees_a_file_being_opened() -> None:
    assert watched("control")


def test_no_check_touches_the_world() -> None:
    """Every check is judged on every fixture while the interpreter reports what is opened, started or asked."""
    registry = installed()
    judged = watched("checks")

    assert judged.keys() == {each.name for each in every()}
    assert {(name, id): events for name, touched in judged.items() for id, events in touched.items() if events} == {}
    for installation in every():
        unasked = registry.sockets if installation.offline else ()
        expected = {check.id for check in registry.checks if check.id not in unasked}
        assert judged[installation.name].keys() == expected, installation.name


@pytest.mark.parametrize("name", ["healthy-dev", "demo-broken"])
def test_an_offline_run_opens_no_socket(name: str) -> None:
    events = watched(name)

    assert [event for event in events if event.startswith("socket.")] == []
    assert any(event.startswith("open") for event in events)
