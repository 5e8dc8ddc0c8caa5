"""The one edit of a file that the program drops: the second of two equal lines goes."""

from __future__ import annotations

from collections.abc import Sequence

from doctor.fixing._entries import Entry, Path, entries
from doctor.fixing._proof import Splice
from doctor.fixing._replace import deleting, written
from doctor.fixing._spans import Layout
from doctor.fixing.text import Refused
from doctor.golang.yaml.errors import DuplicateKey
from doctor.golang.yaml.nodes import Scalar
from doctor.model import Action, Edit


def without_repeated(
    layout: Layout, duplicates: tuple[DuplicateKey, ...], edits: Sequence[Edit]
) -> tuple[list[Splice], list[Path]]:
    """
    What to cut so that keys which stand twice with the same value stand once, and the paths of those keys.

    Raises Refused for any other edit, and for a key whose values differ or go over several lines.
    """
    splices: dict[int, list[Splice]] = {}
    paths: dict[int, Path] = {}
    found = {(entry.name.line, entry.name.column): entry for entry in entries(layout)}
    for edit in edits:
        duplicate = next((each for each in duplicates if each.line == edit.line), None)
        if duplicate is None or edit.action is not Action.DELETE:
            first = duplicates[0]
            raise Refused(f"The key at line {first.line} stands at line {first.first_line} already; repair that first.")
        second = found.get((duplicate.line, duplicate.column))
        original = found.get((duplicate.first_line, duplicate.first_column))
        if second is None or original is None or not _equal(layout, original, second):
            raise Refused(f"Lines {duplicate.first_line} and {duplicate.line} do not say the same; keep one by hand.")
        splices[duplicate.line] = deleting(layout, second)
        paths[duplicate.line] = second.path
    return [splice for each in splices.values() for splice in each], list(paths.values())


def _equal(layout: Layout, one: Entry, other: Entry) -> bool:
    if not isinstance(one.value, Scalar) or not isinstance(other.value, Scalar):
        return False
    texts = written(layout, one), written(layout, other)
    return one.path == other.path and texts[0] == texts[1] and "\n" not in texts[0] and one.value.anchor is None
