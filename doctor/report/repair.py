"""What `fix` says: the diff with its reasons, what trying it showed, what is left to the reader, what was written."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from json import dumps
from typing import TYPE_CHECKING, Any

from doctor.fixing._literal import literal, quoted
from doctor.fixing.path_edits import ON_PATHS
from doctor.fixing.plan import Proposal, State, format_of
from doctor.fixing.text import Refused
from doctor.model import Action, Edit, OutcomeKind, VerificationStatus
from doctor.report import after, before
from doctor.report.json import _fix as fix_json
from doctor.report.json import as_json as report_json
from doctor.report.json import dump
from doctor.report.terminal import Paint, printable, wrap
from doctor.report.text import SQL, changed, where

if TYPE_CHECKING:
    from doctor.fixing.backup import Undone
    from doctor.fixing.repaired import Repair

# How many keys of one fix are named before its sentence.
MOST_KEYS = 2
_WORD = re.compile(r"[\w-]+")

SHOWN = {
    VerificationStatus.VERIFIED: ("verified", "green"),
    VerificationStatus.WOULD_CAUSE: ("would cause", "red"),
    VerificationStatus.CANNOT_VERIFY: ("cannot be verified here", "yellow"),
}


def text(found: Repair, *, width: int, color: bool, verbosity: int = 0, quiet: bool = False) -> str:
    """For people."""
    writer = _Writer(found, width, Paint(color), verbosity)
    lines = writer.closing() if quiet else writer.everything()
    return "".join(f"{line}\n" for line in lines)


def json(found: Repair) -> str:
    """The report with the verifications filled in, and beside it the plan."""
    return dump({**report_json(found.left if found.after is not None else found.report), "fix": _plan(found)})


def _plan(found: Repair) -> dict[str, Any]:
    return {
        "applied": found.after is not None,
        "diff": "".join(f"{line}\n" for line in found.diff),
        "written": list(found.written),
        "taken_back": list(found.taken_back),
        "backup": found.backup,
        "problem": found.problem,
        "fixes": [
            {
                "check": each.check,
                "state": each.state.value.replace(" ", "_"),
                "reason": each.reason or None,
                "follows": each.follows,
                **fix_json(each.fix),
            }
            for each in found.plan.proposals
        ],
    }


@dataclass(frozen=True)
class _Writer:
    found: Repair
    width: int
    paint: Paint
    verbosity: int

    def everything(self) -> Iterator[str]:
        """The changes, how sure they are, what is left, and what now."""
        found = self.found
        if not found.plan.proposals:
            yield from wrap(_nothing(found), self.width)
            yield from self._not_complete()
            yield from self._left_alone()
            return
        if found.plan.files or found.plan.on_paths:
            yield from self._changes()
            yield ""
        yield from self._group("Changed" if found.written else "Planned", list(found.plan.planned))
        for title, state in (
            ("Not made, unless named", State.UNSAFE),
            ("Left out", State.CONFLICT),
            ("Not possible", State.REFUSED),
            ("For you to do", State.BY_HAND),
        ):
            yield from self._group(title, [each for each in found.plan.proposals if each.state is state])
        yield from self.closing()

    def _changes(self) -> Iterator[str]:
        for line in self.found.diff:
            yield self._colored(printable(line))
        for edit in self.found.plan.on_paths:
            yield self.paint(printable(_on_path(edit)), "green")

    def _colored(self, line: str) -> str:
        if line.startswith(("---", "+++")):
            return self.paint(line, "bold")
        style = {"-": "red", "+": "green", "@": "cyan"}.get(line[:1])
        return self.paint(line, style) if style is not None else line

    def _group(self, title: str, some: Sequence[Proposal]) -> Iterator[str]:
        if not some:
            return
        yield self.paint(title, "bold")
        for each in some:
            yield from self._one(each)
        yield ""

    def _one(self, proposal: Proposal) -> Iterator[str]:
        said = f"{proposal.check}: {_subject(proposal)}{proposal.fix.summary}"
        yield from wrap(printable(said), self.width, indent="  ", first="- ")
        told = proposal.verification
        if told is not None:
            word, style = SHOWN[told.status]
            detail = printable(told.detail)
            said = word if told.status is VerificationStatus.VERIFIED and not self.verbosity else f"{word}: {detail}"
            if told.status is VerificationStatus.VERIFIED and "then shows" in told.detail:
                said = f"{word}; {detail.partition('; ')[2]}"
            for line in wrap(said, self.width, indent="  "):
                yield self.paint(line, style)
        if proposal.follows:
            yield "  comes up once the others are made"
        if proposal.reason:
            yield from wrap(printable(proposal.reason), self.width, indent="  ")
        if not proposal.planned:
            for edit in proposal.fix.edits:
                yield from self._edit(edit)
        for command in self._commands(proposal):
            yield f"    {'sql>' if SQL.match(command) else '$'} {printable(command)}"

    def _commands(self, proposal: Proposal) -> tuple[str, ...]:
        """What is left to type: beside a change of a path they say how to make the same by hand."""
        same = all(each.action in ON_PATHS for each in proposal.fix.edits)
        return () if proposal.planned and (same or not self.found.written) else proposal.fix.commands

    def _edit(self, edit: Edit) -> Iterator[str]:
        """A change that is not in the diff, as lines that go and come."""
        yield f"    {self.paint(printable(where(edit)), 'dim')}"
        old, new = _lines(edit)
        for sign, line, style in (("-", old, "red"), ("+", new, "green")):
            if line is not None:
                yield f"      {self.paint(printable(f'{sign} {line}'), style)}"

    def closing(self) -> Iterator[str]:
        """What was written or is not, and what to type next."""
        found = self.found
        if found.problem is not None:
            yield from wrap(printable(found.problem), self.width)
        elif found.written or found.taken_back:
            yield from self._written()
        elif found.plan.files or found.plan.on_paths:
            words = "Nothing is written yet. The same command with --apply makes the changes, and keeps a backup."
            yield from wrap(words, self.width)
        elif found.applying and any(each.state is State.REFUSED for each in found.plan.proposals):
            yield from wrap("Nothing was changed.", self.width)
        elif any(each.state is State.UNSAFE for each in found.plan.proposals):
            yield from wrap("Nothing is changed unless it is named by --unsafe.", self.width)
        elif not found.plan.proposals:
            yield from wrap(_nothing(found), self.width)
        else:
            yield from wrap("There is nothing here that can be changed for you.", self.width)
        yield from self._not_complete()
        yield from self._left_alone()

    def _not_complete(self) -> Iterator[str]:
        """That more may be wrong than was found, or less of it be put right than it seems."""
        if self.found.left.incomplete is not None:
            yield from wrap(printable(f"Not complete: {self.found.left.incomplete}."), self.width)

    def _left_alone(self) -> Iterator[str]:
        """That some findings are not touched on purpose."""
        count = self.found.report.suppressed()
        if count:
            what = (
                "1 finding is ignored or in the baseline, and is"
                if count == 1
                else (f"{count} findings are ignored or in the baseline, and are")
            )
            yield from wrap(
                f"{what} left alone; `codechunk-doctor -v` shows {'it' if count == 1 else 'them'}.", self.width
            )

    def _written(self) -> Iterator[str]:
        found = self.found
        if found.written:
            yield from wrap(f"Written: {', '.join(map(printable, found.written))}.", self.width)
        if found.taken_back:
            words = f"Taken back, because the finding was still there: {', '.join(found.taken_back)}."
            yield from wrap(words, self.width)
        left = found.left
        count = len(left.findings())
        quiet = sorted({each.check for each in found.plan.planned} - _fired(left))
        if quiet:
            yield from wrap(
                f"Looked again: {', '.join(quiet)} {'is' if len(quiet) == 1 else 'are'} quiet now.", self.width
            )
        if count:
            them = "s left; `codechunk-doctor` shows them" if count > 1 else " left; `codechunk-doctor` shows it"
            yield from wrap(f"{count} finding{them}.", self.width)
        if found.written:
            yield from wrap("What was there before comes back with:", self.width)
            yield f"  $ codechunk-doctor fix --undo --dir {printable(shlex.quote(found.report.target.directory))}"


def _fired(report: Any) -> set[str]:
    return {each.id for each in report.results if each.outcome.kind is OutcomeKind.FOUND}


def _nothing(found: Repair) -> str:
    report = found.report
    count = len(report.findings())
    if not count:
        new = "Nothing else" if report.suppressed() else "Nothing"
        if report.incomplete is not None or report.count(OutcomeKind.CRASHED):
            return f"{new} was found, but the run is not complete: there may be something to fix."
        return f"{new} wrong was found, so there is nothing to fix."
    any_of, them = ("any of them", "them") if count > 1 else ("it", "it")
    return f"{count} finding{'s' if count > 1 else ''}, and no fix for {any_of}; `codechunk-doctor` shows {them}."


def _subject(proposal: Proposal) -> str:
    """The keys that a fix changes, as far as its sentence does not name them, and where that is not shown below it."""
    edits = [each for each in proposal.fix.edits if each.action not in ON_PATHS and each.key]
    unnamed = [each for each in edits if not _named(each.key, proposal.fix.summary)]
    if not unnamed:
        return ""
    keys = list(dict.fromkeys(each.key for each in unnamed))
    more = f" and {len(keys) - MOST_KEYS} more" if len(keys) > MOST_KEYS else ""
    first = unnamed[0]
    line = f":{first.line}" if first.line is not None and len(keys) == 1 else ""
    spot = f" ({first.path}{line})" if proposal.planned else ""
    return f"{', '.join(keys[:MOST_KEYS])}{more}{spot}: "


def _named(key: str, sentence: str) -> bool:
    """Whether a sentence has a key, or each part of it as a word."""
    return key in sentence or set(key.split(".")) <= set(_WORD.findall(sentence))


def _lines(edit: Edit) -> tuple[str | None, str | None]:
    """The line that goes and the one that comes, as the file has them."""
    if edit.action in ON_PATHS:
        return None, _on_path(edit).lstrip("+- ")
    if format_of(edit.path) != "json" or edit.action is Action.RENAME:
        return changed(edit)
    name, old, new = quoted(edit.key.rpartition(".")[2]), before(edit), after(edit)
    return (
        None if old is None else f"{name}: {old or 'null'}",
        None if new is None else f"{name}: {_in_json(new)}",
    )


def _in_json(text: str) -> str:
    """A value of YAML as JSON has it."""
    try:
        return dumps(literal(text).value, ensure_ascii=False, default=str)
    except Refused:
        # A mask, for one.
        return quoted(text)


def _on_path(edit: Edit) -> str:
    """A change of a path as a line of the diff."""
    match edit.action:
        case Action.MAKE_DIRECTORY:
            return f"+ mkdir -p -m {after(edit)} {edit.path}"
        case Action.MODE:
            return f"+ chmod {after(edit)} {edit.path} (was {before(edit)})"
        case Action.OWNER:
            return f"+ chown {after(edit)} {edit.path} (was {before(edit)})"
        case _:
            return f"- {edit.path}"


def undone(result: Undone, *, width: int) -> str:
    """What taking a fix back came to."""
    lines = list(_undone(result, width))
    return "".join(f"{line}\n" for line in lines)


def _undone(result: Undone, width: int) -> Iterator[str]:
    if result.restored:
        yield from wrap(f"As before: {', '.join(printable(str(each)) for each in result.restored)}.", width)
    elif not result.left:
        yield "There was nothing of the fix left to take back."
    for each in result.left:
        yield from wrap(printable(each), width)
