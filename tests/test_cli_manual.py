"""The manual page: the same as --help, roff that nobody complains about, and installed with the program."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from doctor.cli import manual
from doctor.cli.options import COMMON
from doctor.cli.reference import help_texts

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs/man/codechunk-doctor.1"


def read() -> str:
    """The page as words, without requests and escapes."""
    text = re.sub(r"\\f[BRI]", "", manual.page()).replace("\\-", "-").replace("\\&", "").replace("\\e", "\\")
    return " ".join(re.sub(r"^\.(\w+) ?", "", text, flags=re.MULTILINE).split())


def test_the_page_that_is_shipped_is_the_one_that_would_be_written():
    assert PAGE.read_text(encoding="utf-8") == manual.page(), "run `make docs`"


def test_it_goes_where_man_looks():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    shared = project["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]

    assert shared == {"docs/man/codechunk-doctor.1": "share/man/man1/codechunk-doctor.1"}


@pytest.mark.no_cover
@pytest.mark.parametrize("command", help_texts())
def test_all_that_help_says_is_in_it(command):
    said = " ".join(help_texts()[command].split())
    options = re.findall(r"(?<![\w-])--[a-z][a-z-]+", said)

    assert command in read()
    assert [each for each in options if each not in read()] == []


def test_common_options_are_told_once():
    page = manual.page()

    assert all(page.count(f"\n.B {manual._text(option.opts[0])} ") <= 1 for option in COMMON if option.metavar)


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("plain", "plain"),
        (".so /etc/passwd", "\\&.so /etc/passwd"),
        ("'br", "\\&'br"),
        ("a-b \\fB", "a\\-b \\efB"),
        ("±", "\\[u00B1]"),
    ],
)
def test_text_is_no_request(text, escaped):
    assert manual._text(text) == escaped


@pytest.mark.slow
def test_groff_does_not_complain():
    if shutil.which("groff") is None:
        pytest.skip("groff is not installed: apt-get install groff")
    done = subprocess.run(
        ["groff", "-man", "-ww", "-Tutf8"], input=manual.page(), capture_output=True, text=True, check=True
    )

    assert done.stderr == ""
    assert "codechunk-doctor" in done.stdout


@pytest.mark.slow
def test_man_does_not_complain():
    if shutil.which("man") is None:
        pytest.skip("man is not installed: apt-get install man-db")
    done = subprocess.run(["man", "--warnings", "-l", str(PAGE)], capture_output=True, text=True, check=True)

    assert done.stderr == ""
