"""What the fixtures show when they are diagnosed: which checks fire, what is held back, how it reads."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from doctor.docs.examples import example
from doctor.model import OutcomeKind
from doctor.testing import Installation, diagnose


@dataclass(frozen=True)
class Seen:
    """
    A fixture and what came of it; `example` is None where a server is needed, which is not started for a page.

    `held_back` are the checks that were not judged because of what fired, or whose finding became evidence of it.
    """

    installation: Installation
    fired: tuple[str, ...]
    held_back: tuple[str, ...]
    example: str | None


def look(installation: Installation) -> Seen:
    """Diagnose it, or take what it expects, which the tests prove."""
    if installation.servers:
        return Seen(installation, tuple(installation.expected_findings), tuple(installation.expected_blocked), None)
    with tempfile.TemporaryDirectory() as workspace:
        report = diagnose(installation, Path(workspace))
    fired = tuple(result.id for result in report.results if result.outcome.kind is OutcomeKind.FOUND)
    blocked = tuple(result.id for result in report.results if result.outcome.kind is OutcomeKind.BLOCKED)
    shown = example(report, installation) if installation.check in fired else None
    return Seen(installation, fired, blocked, shown)
