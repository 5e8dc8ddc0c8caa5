"""One browser for all its tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from doctor.model import Report
from doctor.report.html import render
from tests.browser.chromium import Page, chromium, unavailable

Open = Callable[..., Page]


@pytest.fixture(scope="session")
def _browser() -> Iterator[Page]:
    reason = unavailable()
    if reason is not None:
        pytest.skip(reason)
    with chromium() as page:
        yield page


@pytest.fixture
def opened(_browser: Page, tmp_path: Path) -> Open:
    """Open a report: `opened(REPORT, width=360, height=780, scheme="dark")`."""

    def open_(report: Report, width: int = 1400, height: int = 900, scheme: str = "light") -> Page:
        path = tmp_path / "report.html"
        path.write_text(render(report), encoding="utf-8")
        _browser.look(width, height, scheme=scheme)
        _browser.open(path)
        return _browser

    return open_
