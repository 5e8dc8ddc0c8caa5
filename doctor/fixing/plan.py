"""What a report's fixes come to: which are made, file by file, and why the others are not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from doctor.fixing.path_edits import ON_PATHS
from doctor.fixing.text import Refused, apply
from doctor.model import Action, CheckResult, Edit, Finding, Fix, Safety, Verification, VerificationStatus


class State(StrEnum):
    """What is to become of a fix."""

    PLANNED = "planned"
    UNSAFE = "unsafe"
    BY_HAND = "by hand"
    CONFLICT = "conflict"
    REFUSED = "refused"


@dataclass(frozen=True)
class Proposal:
    """
    One finding's fix, and what is to become of it; `reason` says why it is not planned.

    One that `follows` is of a finding that only comes up once the others are made.
    """

    check: str
    finding: Finding
    fix: Fix
    state: State
    reason: str = ""
    follows: bool = False

    @property
    def planned(self) -> bool:
        """Whether it is part of the plan."""
        return self.state is State.PLANNED

    @property
    def verification(self) -> Verification | None:
        """What trying it showed."""
        return self.fix.verification

    def told(self, status: VerificationStatus, detail: str) -> Proposal:
        """The same with what trying it showed."""
        return replace(self, fix=replace(self.fix, verification=Verification(status, detail)))

    def left_out(self, state: State, reason: str) -> Proposal:
        """The same, not planned."""
        return replace(self, state=state, reason=reason)


@dataclass(frozen=True)
class FileChange:
    """A file before and after the plan, and the fixes that change it; `name` is the path that their edits have."""

    name: str
    path: Path
    before: bytes | None
    after: bytes
    fixes: tuple[Proposal, ...] = ()


@dataclass(frozen=True)
class Plan:
    """All fixes of a report, and the changes of the planned ones."""

    proposals: tuple[Proposal, ...]
    files: tuple[FileChange, ...] = ()
    on_paths: tuple[Edit, ...] = field(default=())

    @property
    def planned(self) -> tuple[Proposal, ...]:
        """The fixes that are made."""
        return tuple(each for each in self.proposals if each.planned)

    def then(self, later: Plan) -> Plan:
        """This one with another one made on top of it."""
        files = {each.name: each for each in self.files}
        for each in later.files:
            first = files.get(each.name)
            whole = each if first is None else replace(each, before=first.before, fixes=(*first.fixes, *each.fixes))
            files[each.name] = whole
        changed = tuple(each for _, each in sorted(files.items()) if each.before != each.after)
        return Plan((*self.proposals, *later.proposals), changed, (*self.on_paths, *later.on_paths))


Read = Callable[[str], bytes | None]
"""Reads a file by the path that edits have for it; None where there is none. Raises Refused."""


def proposals(results: Iterable[CheckResult], unsafe: Iterable[str]) -> tuple[Proposal, ...]:
    """The fixes of all findings; planned are the safe ones, and the unsafe ones with these ids, that edit something."""
    named = set(unsafe)
    return tuple(
        _proposal(each.id, finding, named)
        for each in results
        for finding in each.outcome.findings
        if finding.fix and finding.suppressed is None
    )


def _proposal(id: str, finding: Finding, named: set[str]) -> Proposal:
    fix = finding.fix
    assert fix is not None
    if not fix.edits or fix.safety is Safety.NONE:
        return Proposal(id, finding, fix, State.BY_HAND)
    if fix.safety is Safety.UNSAFE and id not in named:
        return Proposal(id, finding, fix, State.UNSAFE, f"--unsafe {id} takes it in")
    return Proposal(id, finding, fix, State.PLANNED)


def planned(
    given: Sequence[Proposal],
    read: Read,
    located: Callable[[str], Path],
    possible: Callable[[Edit], None] = lambda _: None,
) -> Plan:
    """
    The plan of these proposals: conflicts resolved for the first of two, what cannot be edited left out.

    `possible` raises Refused for a change of a path that cannot be made.
    """
    builder = _Builder(read, located, possible)
    told = tuple(builder.take(each) if each.planned else each for each in given)
    return Plan(told, builder.files(told), tuple(builder.on_paths))


class _Builder:
    """Takes in one fix after the other, as long as they agree."""

    def __init__(self, read: Read, located: Callable[[str], Path], possible: Callable[[Edit], None]) -> None:
        self._read, self._located, self._possible = read, located, possible
        self._before: dict[str, bytes | None] = {}
        self._after: dict[str, bytes] = {}
        self._edits: dict[str, list[Edit]] = {}
        self._owners: dict[tuple[str, str], list[tuple[Edit, str]]] = {}
        self.on_paths: list[Edit] = []

    def take(self, proposal: Proposal) -> Proposal:
        """Plan a fix, or say why not."""
        new = [each for each in proposal.fix.edits if not self._known(each)]
        clash = next((clash for each in new if (clash := self._clash(each)) is not None), None)
        if clash is not None:
            return proposal.left_out(State.CONFLICT, f"{clash} changes the same; it is made first")
        try:
            changed = dict(self._applied(new))
            for each in new:
                if each.action in ON_PATHS:
                    self._possible(each)
        except Refused as refused:
            return proposal.left_out(State.REFUSED, str(refused))
        self._after.update(changed)
        for edit in new:
            self._owners.setdefault((edit.path, edit.key), []).append((edit, proposal.check))
            if edit.action in ON_PATHS:
                self.on_paths.append(edit)
            else:
                self._edits.setdefault(edit.path, []).append(edit)
        return proposal

    def _known(self, edit: Edit) -> bool:
        """Whether another fix makes the same change."""
        same = (edit.action, edit.after)
        return any((made.action, made.after) == same and not _apart(made, edit) for made, _ in self._owned(edit))

    def _clash(self, edit: Edit) -> str | None:
        return next((check for made, check in self._owned(edit) if not _apart(made, edit)), None)

    def _owned(self, edit: Edit) -> Sequence[tuple[Edit, str]]:
        return self._owners.get((edit.path, edit.key), ())

    def _applied(self, new: Sequence[Edit]) -> Iterator[tuple[str, bytes]]:
        """Each file with all of its edits and these, from what it was."""
        for path in dict.fromkeys(each.path for each in new if each.action not in ON_PATHS):
            if path not in self._before:
                self._before[path] = self._read(path)
            mine = [each for each in new if each.path == path and each.action not in ON_PATHS]
            yield path, apply(self._before[path] or b"", [*self._edits.get(path, ()), *mine], format_of(path))

    def files(self, told: Sequence[Proposal]) -> tuple[FileChange, ...]:
        """The files that change."""
        found = []
        for path, after in sorted(self._after.items()):
            before = self._before[path]
            if before == after or path not in self._edits:
                continue
            fixes = tuple(each for each in told if each.planned and any(edit.path == path for edit in each.fix.edits))
            found.append(FileChange(path, self._located(path), before, after, fixes))
        return tuple(found)


def _apart(one: Edit, other: Edit) -> bool:
    """Whether two edits of a key go together all the same: lines that say it again are deleted one by one."""
    return one.action is other.action is Action.DELETE and one.line != other.line


def format_of(path: str) -> str:
    """How a file is written, by its name; what has no other name is a file of variables."""
    name = path.replace("\\", "/").rpartition("/")[2].lower()
    if name == ".gitignore":
        return "gitignore"
    ending = name.rpartition(".")[2]
    known: Mapping[str, str] = {"yaml": "yaml", "yml": "yaml", "json": "json", "toml": "toml", "config": "yaml"}
    return known.get(ending, "dotenv")
