"""Every directory below fixtures/ gives exactly the outcome that its expected.yaml states."""

from __future__ import annotations

from pathlib import Path

import pytest

from doctor.testing import Installation, diagnose, disagreements, installations

FIXTURES = Path(__file__).parent.parent / "fixtures"


@pytest.mark.parametrize("installation", [pytest.param(each, id=each.name) for each in installations(FIXTURES)])
def test_fixture(installation: Installation, tmp_path: Path) -> None:
    """What fires, where, and what it blocks is as stated; everything else is silent."""
    report = diagnose(installation, tmp_path)

    assert disagreements(installation, report) == []
