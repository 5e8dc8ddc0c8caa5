"""Every command in the README and the how-tos is typed, and answers what the page says."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.docs.sessions import ROOT, Step, fits, place, play, rewritten, sessions

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="pages show what Linux shows"),
]

PAGES = [
    pytest.param(path, id=path.relative_to(ROOT).as_posix())
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "docs").glob("howto/*.md")))
    if sessions(path.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_tells_what_is_said(page: Path, request: pytest.FixtureRequest) -> None:
    text = page.read_text(encoding="utf-8")
    told: list[tuple[Step, str]] = []
    for session in sessions(text):
        with place(session.fixture) as directory:
            told += play(session, directory)
    if request.config.getoption("--update-golden"):
        page.write_text(rewritten(text, told), encoding="utf-8")
    assert [(step.typed, step.said, said) for step, said in told if not fits(step.said, said)] == []


@pytest.mark.parametrize(
    ("page", "real", "same"),
    [
        ("", "", True),
        ("a\nb\n", "a\nb\n", True),
        ("a\n...\nc\n", "a\nb\nb\nc\n", True),
        ("...\nc\n", "a\nc\n", True),
        ("a\n...\n", "a\n", True),
        ("a.c\n", "abc\n", False),
        ("a\n", "a\nb\n", False),
        ("a\n...\nc\n", "a\nb\n", False),
    ],
)
def test_three_dots(page: str, real: str, same: bool) -> None:
    assert fits(page, real) is same
