"""The family guide: the script that the guide tells to call."""

from __future__ import annotations

import pytest

from checks.guide.script_incomplete import script_incomplete
from checks.guide.script_not_executable import script_not_executable
from doctor.facts import HelperScripts

GO, SQL = "check_batch_jobs.go", "check_indexing_jobs.sql"


@pytest.mark.parametrize("scripts", [HelperScripts(), HelperScripts(missing=(GO,)), HelperScripts(mode=0o755)])
def test_no_script_or_a_sound_one(scripts: HelperScripts) -> None:
    assert script_incomplete(scripts) == ()
    assert script_not_executable(scripts) == ()


@pytest.mark.parametrize(
    ("missing", "said"),
    [((GO,), f"{GO} is not there, which scripts/"), ((GO, SQL), f"{GO} and {SQL} are not there, which scripts/")],
)
def test_what_the_script_calls_is_not_there(missing: tuple[str, ...], said: str) -> None:
    (finding,) = script_incomplete(HelperScripts(mode=0o755, missing=missing))

    assert finding.message.startswith(said)


def test_the_owner_may_not_execute_it() -> None:
    (finding,) = script_not_executable(HelperScripts(mode=0o655))

    assert "has mode 0655" in finding.message
