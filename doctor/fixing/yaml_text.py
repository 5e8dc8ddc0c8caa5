"""
Edits of YAML files by cutting and putting in text, so that all else stays as it is, byte for byte.

After each edit the file is read again: the key must have changed as asked, and no other key, value, tag or comment.
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from dataclasses import dataclass

from doctor.fixing._entries import Entry, Path, effective, entries, section, settings
from doctor.fixing._insert import inserting
from doctor.fixing._literal import Literal, literal
from doctor.fixing._proof import Aim, Splice, prove, prove_repeated
from doctor.fixing._replace import deleting, renaming, replacing, written
from doctor.fixing._spans import Layout, measure
from doctor.fixing.text import Changed, Refused
from doctor.golang.text import lower
from doctor.golang.yaml.errors import YamlError
from doctor.golang.yaml.nodes import Scalar
from doctor.model import Action, Edit
from doctor.redact import MASK

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
# New values first, then what goes, then new names: so no edit takes another's key away.
_ORDER = (Action.SET, Action.DELETE, Action.RENAME)


@dataclass(frozen=True, slots=True)
class _Task:
    """An edit with the entry that it is about; with none, the key is new."""

    edit: Edit
    path: Path | None
    line: int


def edit_yaml(data: bytes, edits: Sequence[Edit]) -> bytes:
    """
    The file with all edits made; lines are those of `data`.

    Only the first document counts. A comment on a line of its own stays even if the key below it goes; a section
    whose last key goes stays, empty. Raises Refused where an edit cannot be made or would change anything else.
    """
    file = _File(data)
    try:
        settings(file.layout)
    except YamlError as error:
        if error.duplicates:
            from doctor.fixing._repeated import without_repeated

            splices, paths = without_repeated(file.layout, error.duplicates, edits)
            edited = _File(file.spliced(splices))
            prove_repeated(file.layout, edited.layout, splices, paths)
            return edited.data
        raise _broken(error) from None
    for task in _tasks(file.layout, edits):
        splices, aim = _step(file.layout, task)
        if aim is not None:
            file = _proven(file, splices, aim)
    return file.data


def _proven(file: _File, splices: list[Splice], aim: Aim) -> _File:
    """The file with one edit made, which has been read again."""
    try:
        edited = _File(file.spliced(splices))
    except Refused:
        raise Refused(f"{aim.key} at line {aim.line} cannot be edited so that the file still parses.") from None
    prove(file.layout, edited.layout, splices, aim)
    return edited


class _File:
    """The bytes of a file with their layout."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._mark, self._encoding = next((pair for pair in _MARKS if data.startswith(pair[0])), (b"", "utf-8"))
        try:
            text = data[len(self._mark) :].decode(self._encoding)
            self.layout = measure(data)
        except UnicodeDecodeError:
            raise Refused("The file holds bytes that are no text; repair it first.") from None
        except YamlError as error:
            raise _broken(error) from None
        if self.layout.text != text or text.startswith("\ufeff"):
            raise Refused("The file holds characters that YAML does not allow; repair it first.")

    def spliced(self, splices: list[Splice]) -> bytes:
        """The bytes with some stretches of the text exchanged."""
        pieces, reach = [], 0
        for start, end, new in sorted(splices, key=lambda splice: splice[:2]):
            pieces += [self.layout.text[reach:start], new]
            reach = end
        text = "".join((*pieces, self.layout.text[reach:]))
        return self._mark + text.encode(self._encoding)


def _broken(error: YamlError) -> Refused:
    where = f" at line {error.line}" if error.line else ""
    return Refused(f"The file does not parse{where}; repair that first.")


# --- which entries are meant -----------------------------------------------------------------------------------


def _tasks(layout: Layout, edits: Sequence[Edit]) -> list[_Task]:
    """Each edit once, with its entry, in an order in which none spoils another's place."""
    found = entries(layout)
    by_key: dict[str, list[Entry]] = {}
    for entry in found:
        by_key.setdefault(entry.key, []).append(entry)
    tasks: dict[tuple[Action, Path | str], _Task] = {}
    for edit in edits:
        meant = _meant(layout, by_key.get(lower(edit.key), []), edit)
        line = edit.line or 1 if meant is None else layout.line(meant.name.start)
        task = _Task(edit, None if meant is None else meant.path, line)
        known = tasks.setdefault((edit.action, task.path or lower(edit.key)), task)
        if known.edit.after != edit.after:
            raise Refused(f"{edit.key} is to become two different things; choose one of the edits.")
    _no_conflict(list(tasks.values()))
    ordered = sorted(tasks.values(), key=lambda task: _ORDER.index(task.edit.action))
    # Of what goes or gets a name, the deepest first: its path names what is above it.
    late = [task for task in ordered if task.edit.action is not Action.SET]
    late.sort(key=lambda task: (_ORDER.index(task.edit.action), -len(task.path or ())))
    return [task for task in ordered if task.edit.action is Action.SET] + late


def _meant(layout: Layout, candidates: list[Entry], edit: Edit) -> Entry | None:
    """The entry of an edit: the one spelled so on its line, or else the one that counts."""
    if "[" in edit.key:
        raise Refused(f"{edit.key} stands in a list, which is not edited; edit it by hand.")
    if not candidates:
        return None
    here = [entry for entry in candidates if edit.line in _lines(layout, entry)]
    spelled = [entry for entry in here if ".".join(entry.path) == edit.key]
    counting = [entry for entry in candidates if entry.counts]
    return next(iter((*spelled, *here, *counting, *candidates)))


def _lines(layout: Layout, entry: Entry) -> tuple[int, int]:
    return layout.line(entry.name.start), layout.line(layout.start_of(entry.value))


def _no_conflict(tasks: list[_Task]) -> None:
    gone = {task.path for task in tasks if task.edit.action is Action.DELETE}
    for task in tasks:
        path = task.path or ()
        above = {path[:length] for length in range(1, len(path) + (task.edit.action is not Action.DELETE))}
        if above & gone:
            raise Refused(f"{task.edit.key} at line {task.line} is to be deleted and changed; choose one of the edits.")


# --- one edit --------------------------------------------------------------------------------------------------


def _step(layout: Layout, task: _Task) -> tuple[list[Splice], Aim | None]:
    """What to cut and put in for an edit, and what it is to come to; None when it is made already."""
    edit = task.edit
    entry = next((entry for entry in entries(layout) if entry.path == task.path), None)
    if edit.action is Action.SET:
        new = literal(edit.after or "")
        return _insert(layout, task, new) if entry is None else _replace(layout, entry, task, new)
    if entry is None:
        raise Changed(edit.key, edit.line)
    if edit.action is Action.DELETE:
        _check_before(layout, entry, task)
        aim = Aim(entry.key, entry.path, task.line, deleted=True, unseen=not entry.counts)
        return deleting(layout, entry), aim
    return _rename(layout, entry, task)


def _replace(layout: Layout, entry: Entry, task: _Task, new: Literal) -> tuple[list[Splice], Aim | None]:
    edit = task.edit
    if edit.before is None or not _is_before(layout, entry, edit.before):
        if isinstance(entry.value, Scalar) and effective(layout).get(entry.key) == new.described:
            return [], None
        raise Changed(edit.key, task.line)
    splices = replacing(layout, entry, new)
    return splices, Aim(entry.key, entry.path, task.line, new.described, unseen=not entry.counts)


def _insert(layout: Layout, task: _Task, new: Literal) -> tuple[list[Splice], Aim | None]:
    key, before = lower(task.edit.key), task.edit.before
    values = settings(layout)
    # Without an entry of its own, a key can have a value by a merge key or alias only.
    present = section(values, key)
    if before not in (None, "", MASK) and present is None:
        raise Changed(task.edit.key, task.edit.line)
    if isinstance(present, dict | list):
        raise Refused(f"{task.edit.key} is a section or a list, not one value; edit it by hand.")
    insertion = inserting(layout, key, new)
    line = layout.line(insertion.splices[0].start)
    return insertion.splices, Aim(key, insertion.path, line, new.described, spread=insertion.spread)


def _rename(layout: Layout, entry: Entry, task: _Task) -> tuple[list[Splice], Aim]:
    name = task.edit.after or ""
    head, dot, _ = entry.path[-1].rpartition(".")
    path = (*entry.path[:-1], f"{head}{dot}{name}")
    splices = renaming(layout, entry, task.edit.before, name)
    renamed = lower(".".join(path))
    if renamed != entry.key and section(settings(layout), renamed) is not None:
        raise Refused(f"{entry.key} at line {task.line} cannot be renamed: {renamed} is there as well.")
    return splices, Aim(entry.key, entry.path, task.line, renamed=path, unseen=not entry.counts)


def _check_before(layout: Layout, entry: Entry, task: _Task) -> None:
    if task.edit.before is not None and not _is_before(layout, entry, task.edit.before):
        raise Changed(task.edit.key, task.line)


def _is_before(layout: Layout, entry: Entry, before: str) -> bool:
    """Whether a text is what stands there; a masked one stands for anything, an anchor may be left out."""
    text = written(layout, entry)
    if before in (MASK, text):
        return True
    if not isinstance(entry.value, Scalar):
        return False
    bare = layout.text[layout.contents.get(entry.value, entry.value.end) : entry.value.end]
    return before == bare or (not bare and before == entry.value.tag)
