"""What the tests of checks share."""

from __future__ import annotations

from tests.report.conftest import golden

__all__ = ["golden"]
