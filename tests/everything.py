"""The fixtures of the project, read once for all the tests that go through them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from doctor.testing import Installation, installations

FIXTURES = Path(__file__).parent.parent / "fixtures"
DIRECTORIES = tuple(sorted(expected.parent for expected in FIXTURES.glob("*/expected.yaml")))


def has_servers(directory: Path) -> bool:
    """Whether it is examined together with servers; told by the names of its files, as reading all takes a second."""
    return any((directory / name).is_file() for name in ("database.sql", "google.yaml", "openai.yaml"))


@cache
def every() -> tuple[Installation, ...]:
    """All of them; what tests are made of while they are collected should get by on `DIRECTORIES`."""
    return tuple(installations(FIXTURES))
