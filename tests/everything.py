"""The fixtures of the project, read once for all the tests that go through them."""

from __future__ import annotations

from pathlib import Path

from doctor.testing import installations

FIXTURES = Path(__file__).parent.parent / "fixtures"
EVERY = tuple(installations(FIXTURES))
