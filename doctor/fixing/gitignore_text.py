"""Lines added to a `.gitignore`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from doctor.fixing.text import Refused
from doctor.model import Action, Edit

_SPECIAL = re.compile(r"[\\*?\[]|^[#!]|[ \t]+$")


def edit_gitignore(data: bytes, edits: Sequence[Edit]) -> bytes:
    """
    The file with a line for each path that it does not name yet, at the end, where it has the last word.

    Paths are written so that git takes them for themselves and not for patterns. Raises Refused for any other edit.
    """
    for edit in edits:
        line = edit.after
        if edit.action is not Action.SET or edit.before is not None or not line or not line.isprintable():
            raise Refused(f"{edit.key} cannot be added to the file; edit it by hand.")
        data = _with_line(data, pattern(line) if line == edit.key else line)
    return data


def pattern(path: str) -> str:
    """The line that ignores exactly this path, relative to where the file lies."""
    return _SPECIAL.sub(lambda match: "".join(f"\\{character}" for character in match[0]), path)


def _with_line(data: bytes, line: str) -> bytes:
    wanted = line.encode("utf-8", "surrogateescape")
    lines = [each.rstrip(b"\r") for each in data.removeprefix(b"\xef\xbb\xbf").split(b"\n")]
    # A later line that begins with ! takes a path back, and so do some patterns; behind them the line counts again.
    if wanted in lines and not any(each.startswith(b"!") for each in lines[_last(lines, wanted) :]):
        return data
    line_break = b"\r\n" if b"\r\n" in data else b"\n"
    if data and not data.endswith(b"\n"):
        return data + line_break + wanted
    return data + wanted + line_break


def _last(lines: list[bytes], wanted: bytes) -> int:
    return max(index for index, line in enumerate(lines) if line == wanted)
