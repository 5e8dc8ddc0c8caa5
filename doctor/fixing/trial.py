"""Tries fixes on a copy: the installation with the changed files in it, and the checks run again."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from doctor.fixing.plan import FileChange, Proposal
from doctor.model import Action, CheckResult, Edit, Finding, OutcomeKind, Place, VerificationStatus

VERIFIED, CAUSES, CANNOT = VerificationStatus.VERIFIED, VerificationStatus.WOULD_CAUSE, VerificationStatus.CANNOT_VERIFY
# What happened stays in the log, whatever is changed now.
PAST = "the log tells of what was: restart the worker and look again"
STILL = "the finding is still there afterwards"


@contextmanager
def copied(
    root: Path, files: Sequence[FileChange], on_paths: Sequence[Edit] = ()
) -> Iterator[tuple[Path, dict[Path, Path]]]:
    """
    A directory that looks like `root` with these changes made, and where changed files outside of it are copied to.

    What does not change is linked to, so that a big checkout costs nothing. Of the changes of paths those are made
    that can be tried.
    """
    scratch = Path(tempfile.mkdtemp(prefix="codechunk-doctor-"))
    try:
        copy = scratch / root.name if root.name else scratch / "root"
        copy.mkdir()
        _link_all(root, copy)
        outside: dict[Path, Path] = {}
        for number, change in enumerate(files):
            if change.path.is_relative_to(root):
                target = _own(root, copy, change.path.relative_to(root))
            else:
                target = outside[change.path] = scratch / f"{number}-{change.path.name}"
            target.write_bytes(change.after)
            if change.path.exists():
                shutil.copymode(change.path, target)
        for edit in on_paths:
            _change_path(root, copy, edit)
        yield copy, outside
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def can_be_tried(edit: Edit, root: Path) -> bool:
    """Whether a change of a path can be made on a copy: a new directory or a file's mode, in the installation."""
    path = root / edit.path
    if not path.is_relative_to(root):
        return False
    return edit.action is Action.MAKE_DIRECTORY or (edit.action is Action.MODE and path.is_file())


def _change_path(root: Path, copy: Path, edit: Edit) -> None:
    if not can_be_tried(edit, root):
        return
    path = (root / edit.path).relative_to(root)
    target, mode = _own(root, copy, path), int(edit.after or "0", 8)
    if edit.action is Action.MAKE_DIRECTORY:
        target.mkdir(mode, exist_ok=True)
        return
    if not target.exists():
        shutil.copy2(root / path, target)
    target.chmod(mode)


def _link_all(source: Path, copy: Path) -> None:
    with os.scandir(source) as entries:
        for entry in entries:
            (copy / entry.name).symlink_to(Path(entry.path).absolute(), target_is_directory=entry.is_dir())


def _own(root: Path, copy: Path, path: Path) -> Path:
    """Put real directories in the place of the links that lead to a file, and nothing in its own place."""
    for depth in range(1, len(path.parts)):
        folder = Path(*path.parts[:depth])
        if (copy / folder).is_symlink():
            (copy / folder).unlink()
            (copy / folder).mkdir()
            _link_all(root / folder, copy / folder)
        elif not (copy / folder).exists():
            (copy / folder).mkdir()
    if (copy / path).is_symlink():
        (copy / path).unlink()
    return copy / path


# --- what came of it -----------------------------------------------------------------------------------------------

Identity = tuple[str, str, str | None, str | None, str | None]


@dataclass(frozen=True)
class Outcomes:
    """What a run found, as far as two runs can be compared: messages hold times and paths."""

    results: Sequence[CheckResult]

    @property
    def found(self) -> dict[Identity, Finding]:
        """The findings by what they are about."""
        return {identity(each.id, finding): finding for each in self.results for finding in each.outcome.findings}

    def new(self, before: Outcomes) -> tuple[Identity, ...]:
        """What another run did not find."""
        known = before.found
        return tuple(each for each in self.found if each not in known)

    def kind(self, id: str) -> OutcomeKind | None:
        """How a check ended, None when it was not run."""
        return next((each.outcome.kind for each in self.results if each.id == id), None)

    def reason(self, id: str) -> str:
        """Why a check gave no answer."""
        return next((each.outcome.reason or "" for each in self.results if each.id == id), "")


def identity(id: str, finding: Finding) -> Identity:
    """What a finding is about, which stays the same while lines move."""
    at = finding.at
    # Where nothing else tells two findings of one check apart, their words do.
    return (id, at.kind.value, at.path, at.key or at.name, None if at.key or at.name else finding.message)


def judged(proposal: Proposal, before: Outcomes, after: Outcomes, among: frozenset[Identity] | None = None) -> Proposal:
    """The fix with what trying it showed; of what is new `among` alone counts, where other fixes are made as well."""
    id = proposal.check
    kind = after.kind(id)
    if identity(id, proposal.finding) in after.found:
        past = proposal.finding.at.kind is Place.LOG
        # What a command does that is shown beside the change cannot be tried.
        typed = f"the finding stays until this was typed as well: {'; '.join(proposal.fix.commands)}"
        return proposal.told(CANNOT, PAST if past else typed if proposal.fix.commands else STILL)
    if kind in (OutcomeKind.BLOCKED, OutcomeKind.SKIPPED, OutcomeKind.CRASHED):
        return proposal.told(CANNOT, f"{id} gives no answer afterwards: {after.reason(id)}")
    new = {each: after.found[each] for each in after.new(before) if among is None or each in among}
    caused = [each for each in new if _caused(each, new[each], proposal, before)]
    uncovered = [each for each in new if each not in caused]
    if caused:
        what = "; ".join(f"{each[0]}: {new[each].message}" for each in caused)
        return proposal.told(CAUSES, f"{what}{_uncovered(uncovered, new)}")
    return proposal.told(VERIFIED, f"tried on a copy: {id} is quiet{_uncovered(uncovered, new)}")


def _caused(new: Identity, finding: Finding, proposal: Proposal, before: Outcomes) -> bool:
    """Whether a finding is the fix's doing: it is as bad, and its check had an answer before."""
    mine, other = proposal.finding.severity, finding.severity
    bad = mine is None or other is None or other.at_least(mine)
    return bad and before.kind(new[0]) in (OutcomeKind.PASSED, OutcomeKind.FOUND)


def _uncovered(ids: Sequence[Identity], new: dict[Identity, Finding]) -> str:
    if not ids:
        return ""
    return "; then shows " + "; ".join(f"{each[0]}: {new[each].message}" for each in ids)
