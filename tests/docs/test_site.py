"""The site: built strictly, read without a network."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest

from doctor.registry import installed

pytest.importorskip("mkdocs", reason="MkDocs is in the `docs` extra")

pytestmark = [pytest.mark.slow, pytest.mark.no_cover]

ROOT = Path(__file__).parent.parent.parent
# What a browser fetches without being asked; a link is followed by a person.
FETCHED = {("script", "src"), ("img", "src"), ("link", "href"), ("iframe", "src")}


class Reader(HTMLParser):
    """What a page fetches, where its links lead, and what can be linked to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fetched: set[str] = set()
        self.links: set[str] = set()
        self.ids: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value is None:
                continue
            if (tag, name) in FETCHED:
                self.fetched.add(value)
            elif (tag, name) == ("a", "href"):
                self.links.add(value)
            elif name == "id":
                self.ids.add(value)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Reader]:
    """All pages of the site, by file."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", str(folder)]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    # The page for what is not there is meant for a server's root.
    return {
        path: Reader(path.read_text(encoding="utf-8")) for path in folder.rglob("*.html") if path.name != "404.html"
    }


def test_every_check_has_a_page(site):
    names = {path.name for path in site}

    assert {f"{check.id}.html" for check in installed().checks} <= names


def test_no_page_fetches_anything_from_elsewhere(site):
    assert {url for page in site.values() for url in page.fetched if re.match(r"\w+:|//", url)} == set()


def test_everything_that_is_fetched_or_linked_to_is_there(site):
    lost = set()
    for path, page in site.items():
        for url in page.fetched | page.links:
            where, anchor = urldefrag(url)
            if re.match(r"\w+:|//", url):
                continue
            target = (path.parent / unquote(where)).resolve() if where else path
            target = target / "index.html" if target.is_dir() else target
            if not target.exists() or (anchor and not anchor.startswith("__") and anchor not in site[target].ids):
                lost.add(f"{path.name}: {url}")

    assert lost == set()


def test_markdown_is_read_as_it_is_meant(site):
    fences = [path.name for path in site if re.search(r"<(?:p|li|td)>[^<]*```", path.read_text(encoding="utf-8"))]

    assert fences == []
