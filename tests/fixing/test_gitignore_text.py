"""Lines added to a `.gitignore`."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from doctor.fixing.text import Refused, apply
from doctor.model import Action, Edit


def added(text: str, *paths: str) -> str:
    return apply(text.encode(), [Edit(".gitignore", path, None, path) for path in paths], "gitignore").decode()


@pytest.mark.parametrize("text", [".env\n", "a\n.env\nb", "a\r\n.env\r\n", "!x\n.env\n", "\ufeff.env\n"])
def test_a_line_that_is_there_is_not_added(text: str) -> None:
    assert added(text, ".env") == text


ADDED = {
    "nothing": ("", ".env\n"),
    "at the end": ("a\n# b\n", "a\n# b\n.env\n"),
    "no final line break": ("a", "a\n.env"),
    "Windows line ends": ("a\r\n", "a\r\n.env\r\n"),
    "a comment is no line": ("# .env\n", "# .env\n.env\n"),
    "taken back further down": (".env\n!.env\n", ".env\n!.env\n.env\n"),
}


@pytest.mark.parametrize(("text", "expected"), ADDED.values(), ids=ADDED)
def test_a_line_is_added(text: str, expected: str) -> None:
    assert added(text, ".env") == expected
    assert added(expected, ".env") == expected


@pytest.mark.parametrize("path", [".env", "a/.env", "[x].env", "#env", "!env", "a*b", "a?b", "end ", "ü.env"])
def test_git_takes_the_line_for_the_path_and_nothing_else(tmp_path: Path, path: str) -> None:
    (tmp_path / ".gitignore").write_text(added("", path), encoding="utf-8")
    for arguments in (["init", "-q"], ["check-ignore", "-q", "--", path]):
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True)
    others = ["x.env", "env", "aXb", "end", "other"]
    found = subprocess.run(["git", "check-ignore", "--", *others], cwd=tmp_path, check=False, capture_output=True)
    assert found.stdout == b""


@pytest.mark.parametrize(
    "edit",
    [
        Edit(".gitignore", ".env", ".env", None, action=Action.DELETE),
        Edit(".gitignore", ".env", None, "a\nb"),
        Edit(".gitignore", ".env", None, None),
    ],
)
def test_anything_else_is_refused(edit: Edit) -> None:
    with pytest.raises(Refused):
        apply(b"a\n", [edit], "gitignore")
