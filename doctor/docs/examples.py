"""The example of a check: what it says of its fixture, without what is another at each run."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import count
from pathlib import Path

from doctor.model import Report
from doctor.report.text import render
from doctor.scrub import scrub
from doctor.testing import Installation

HEADING = "## Example"
# How the pages call the directory that was examined.
PLACE = "/srv/codechunking"

_UUID = re.compile(r"\b(?!00000000-)[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\b")
# Where a server of the tests listens; those that a fixture names itself are lower.
_PORT = re.compile(r"(?<=127\.0\.0\.1:)[3-6]\d{4}\b|(?<= -p )[3-6]\d{4}\b")
_DATABASE = re.compile(r"\bcodechunking_\d+(?=_|\b)")
_BLOCK = re.compile(rf"(?<=^{HEADING}\n)(.*?^```text\n)(.*?)(?=^```$)", re.MULTILINE | re.DOTALL)


def example(report: Report, installation: Installation) -> str:
    """What the text report says about the check that its fixture is named after."""
    own = tuple(result for result in report.results if result.id == installation.check)
    clean = _Clean(str(report.target.directory), "5432" if installation.has_database else "8000")
    # Each text is made the same before lines are broken, as the lengths of names decide where.
    said = render(scrub(replace(report, results=own), clean), width=80).splitlines()
    first, last = said.index(""), len(said) - said[::-1].index("") - 1
    return "\n".join(said[first + 1 : last]) + "\n"


class _Clean:
    """Replaces the directory, the ports and the ids that are made anew in each run."""

    def __init__(self, directory: str, port: str) -> None:
        self.directory = directory
        self.port = port
        self.numbers = count(1)
        self.ids: dict[str, str] = {}

    def __call__(self, text: str) -> str:
        text = text.replace(self.directory, PLACE)
        return _UUID.sub(self._id, _DATABASE.sub("codechunking", _PORT.sub(self.port, text)))

    def _id(self, match: re.Match[str]) -> str:
        return self.ids.setdefault(match[0], f"5f0c1f6e-9d1b-4c55-8a3e-{next(self.numbers):012d}")


def recorded(page: Path) -> str | None:
    """The example that a page already has; `pytest --update-golden` writes those that need servers."""
    if not page.is_file():
        return None
    found = _BLOCK.search(page.read_text(encoding="utf-8"))
    return found[2] if found is not None else None


def record(page: Path, text: str) -> None:
    """Put another example into a page that has one, or a place for one."""
    old = page.read_text(encoding="utf-8")
    page.write_text(_BLOCK.sub(lambda found: found[1] + text, old, count=1), encoding="utf-8")
