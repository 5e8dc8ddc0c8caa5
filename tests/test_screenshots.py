"""The pictures of the documentation: they are there, small enough, and terminals are shown as they are."""

from __future__ import annotations

import pytest

# Pictures are taken by developers; neither library is needed for anything else.
pytest.importorskip("PIL", reason="Pillow is in the `dev` extra")
pytest.importorskip("pty", reason="pictures of terminals are taken on Linux and macOS")

from tests.screenshots import FOLDER, MOST_BYTES, PAGES, TERMINALS, colored, terminal


def test_every_picture_is_there_and_no_other():
    assert {each.stem for each in FOLDER.iterdir()} == TERMINALS.keys() | PAGES.keys()


def test_no_picture_is_heavy():
    assert not [each.name for each in FOLDER.iterdir() if each.stat().st_size > MOST_BYTES]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("", "", id="nothing"),
        pytest.param("plain", "plain", id="no colour"),
        pytest.param("<b>&", "&lt;b&gt;&amp;", id="what looks like HTML"),
        pytest.param("\x1b[0mend", "end", id="an end without a beginning"),
        pytest.param(
            "a \x1b[1;31merror\x1b[0m: b", 'a <span class="bold red">error</span>: b', id="two styles and the end"
        ),
        pytest.param("\x1b[32m+ <a>\x1b[0m", '<span class="green">+ &lt;a&gt;</span>', id="HTML in colour"),
    ],
)
def test_colours_of_a_terminal(text, shown):
    assert colored(text) == shown


def test_what_was_typed_stands_above():
    assert '<span class="bold">codechunk-doctor &lt;x&gt;</span>\n\nout</pre>' in terminal(
        "codechunk-doctor <x>", "out\n"
    )
