"""Fixes what a run finds: plans, tries on a copy, writes when told to, and looks again."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doctor import app, facts, interruption
from doctor.engine import Facts
from doctor.errors import UsageError
from doctor.fixing import backup
from doctor.fixing.changes import Change, content_of
from doctor.fixing.path_edits import step
from doctor.fixing.plan import Plan, Proposal, State, planned, proposals
from doctor.fixing.repaired import Repair
from doctor.fixing.shown import diff
from doctor.fixing.steps import HalfDone, Step
from doctor.fixing.system import SYSTEM
from doctor.fixing.text import Refused
from doctor.fixing.trial import STILL, Identity, Outcomes, can_be_tried, identity, judged
from doctor.fixing.writing import check_room, examine, locate
from doctor.model import Edit, Finding, OutcomeKind, Report, Safety, VerificationStatus
from doctor.registry import Registry, installed
from doctor.repair.trials import Trials

if TYPE_CHECKING:
    from doctor.settings import Settings

WORKSPACE = Path("/tmp/codechunking-workspace")  # noqa: S108 - where the program clones to
# How often what comes up once something is fixed is looked at in turn.
ROUNDS = 4
EMPTY = Plan(())


def repair(
    settings: Settings,
    *,
    apply: bool,
    unsafe: Iterable[str] = (),
    known: Mapping[type[Any], object] | None = None,
    registry: Registry | None = None,
) -> Repair:
    """
    Plan the fixes of what a run with these settings finds, try them, and write them if told to; redacted.

    What only comes up once something is fixed, and can be fixed safely as well, is part of the same plan. `known` are
    facts that take the place of what a source would observe. Raises UsageError like `app.diagnose`, also for the id
    of a check that there is not, or that never has anything to be taken in.
    """
    registry = registry or installed()
    named = frozenset(unsafe)
    _check_ids(named, registry)
    ends_at = time.monotonic() + settings.deadline if settings.deadline is not None else None
    report, found = app.examined(settings, known=known, registry=registry)
    mender = _Mender(settings, registry, report, found, known or {}, named, ends_at)
    result = mender.run(apply=apply)
    if interruption.asked():
        incomplete = result.report.incomplete or interruption.REASON
        result = replace(result, report=replace(result.report, incomplete=incomplete))
    return app.scrub(result, app.redactor(found, registry, also=_lines(app.secrets(found))))


def _lines(secrets: Iterable[str]) -> Iterator[str]:
    """The lines of those secrets that have several: a diff shows lines."""
    for each in secrets:
        if "\n" in each:
            yield from map(str.strip, each.split("\n"))


def undo(settings: Settings) -> backup.Undone:
    """Bring back what the last fix of this installation changed. Raises UsageError when that cannot be."""
    try:
        return backup.undo(app.target_of(settings).directory)
    except Refused as refused:
        raise UsageError(str(refused)) from refused


def _check_ids(unsafe: Iterable[str], registry: Registry) -> None:
    known = {check.id: check for check in registry.checks}
    for id in sorted(unsafe):
        if id not in known:
            raise UsageError(f"--unsafe {id}: there is no such check; `codechunk-doctor list` shows them")
        if known[id].safety is Safety.NONE:
            raise UsageError(f"--unsafe {id}: what it finds is only ever put right by hand; leave it out")


class _Mender:
    """One run of `fix`."""

    def __init__(
        self,
        settings: Settings,
        registry: Registry,
        report: Report,
        found: Facts,
        known: Mapping[type[Any], object],
        unsafe: frozenset[str],
        ends_at: float | None,
    ) -> None:
        self._settings, self._registry = settings, registry
        self._target = app.target_of(settings)
        self._report, self._facts, self._given = report, found, known
        self._unsafe = unsafe
        self._before = Outcomes(report.results)
        self._trials = Trials(settings, registry, found, known, ends_at)
        # Of each fix that was tried: what there was without it, and what was new with it alone.
        self._alone: dict[Identity, tuple[Outcomes, frozenset[Identity]]] = {}
        self._applying = False
        # Checks whose fixes were written and did not take.
        self._given_up: frozenset[str] = frozenset()

    def run(self, *, apply: bool) -> Repair:
        """Plan and try; write if told to."""
        self._applying = apply
        plan = self._plan(proposals(self._report.results, self._unsafe))
        plan = self._whole(plan)
        result = self._repair(plan)
        if not apply or not (plan.files or plan.on_paths):
            return result
        if interruption.asked():
            return replace(result, problem=f"Nothing was changed: {interruption.REASON}.")
        return self._apply(result)

    def _repair(self, plan: Plan) -> Repair:
        lines = tuple(line for change in plan.files for line in diff(change))
        return Repair(_with_verifications(self._report, plan.proposals), plan, lines, applying=self._applying)

    # --- planning --------------------------------------------------------------------------------------------------

    def _plan(self, given: Sequence[Proposal], base: Plan = EMPTY) -> Plan:
        """The plan of these proposals, on top of another one."""
        changed = {each.name: each.after for each in base.files}

        def read(path: str) -> bytes | None:
            return changed[path] if path in changed else self._read(path)

        return planned(given, read, self._located, self._possible)

    def _located(self, path: str) -> Path:
        return self._target.path(path)

    def _read(self, path: str) -> bytes | None:
        """What a file holds; when it is to be written, refused where that can be seen to be impossible."""
        place = self._located(path)
        real = locate(place, self._root_of(place))
        content = content_of(real, SYSTEM)
        if self._applying:
            examine(real, content)
            check_room(real)
        return content

    def _root_of(self, path: Path) -> Path:
        """What a file must lie in: the installation, or where the user said that it is."""
        root, argument = self._target.directory, self._target.config_argument
        if path.is_relative_to(root):
            return root
        if path == self._target.env_file or (argument is not None and path == self._target.path(argument)):
            return path.parent
        raise Refused(f"{path} is not in {root}. Change it by hand, or name its own directory by --dir.")

    def _possible(self, edit: Edit) -> None:
        """Raise Refused for a change of a path that cannot be made."""
        if self._applying:
            self._step(edit).check()

    def _step(self, edit: Edit) -> Step:
        worker = self._facts.get(facts.Worker)
        uid = worker.uid if isinstance(worker, facts.Worker) else None
        return step(edit, self._target.directory, uid=uid, workspace=WORKSPACE)

    # --- trying ----------------------------------------------------------------------------------------------------

    def _whole(self, plan: Plan) -> Plan:
        """The plan tried, with what comes up; what then still causes something is made only when it was named."""
        plan = self._tried(plan, EMPTY, self._before)
        while True:
            whole = self._settled(self._followed(plan))
            bad = {id(each.finding) for each in whole.planned if self._unwanted(each) and not each.follows}
            if not bad:
                return whole
            plan = self._plan([_unless_named(each) if id(each.finding) in bad else each for each in plan.proposals])

    def _settled(self, plan: Plan) -> Plan:
        """The plan in which a fix causes only what no other one takes away again."""
        if not any(map(_causes, plan.planned)):
            return plan
        now = self._trials.of(plan)
        told = (self._again(each, now) if each.planned and _causes(each) else each for each in plan.proposals)
        return replace(plan, proposals=tuple(told))

    def _again(self, proposal: Proposal, now: Outcomes) -> Proposal:
        """A fix that would cause something, judged by what is left of that."""
        before, among = self._alone[identity(proposal.check, proposal.finding)]
        told = judged(proposal, before, now, among)
        # Without an answer it says what it said.
        return proposal if _may_stay(told) else told

    def _tried(self, plan: Plan, base: Plan, before: Outcomes) -> Plan:
        """Each fix tried alone on top of what is planned already; the plan of those that are still wanted then."""
        tried = [self._sorted_out(self._try(each, base, before)) for each in plan.proposals]
        if base is EMPTY:
            # What comes up later is not looked at so closely, or there would be no end to it.
            tried = [self._paired(each) for each in tried]
        return self._plan(self._together(tried, base, before), base)

    def _try(self, proposal: Proposal, base: Plan, before: Outcomes) -> Proposal:
        if proposal.state not in (State.PLANNED, State.UNSAFE):
            return proposal
        # One that is not named is tried all the same: what it would do is part of the choice.
        alone = self._plan([replace(proposal, state=State.PLANNED)], base)
        if not alone.planned:
            return alone.proposals[0]
        untried = [each for each in alone.on_paths if not can_be_tried(each, self._root)]
        if untried:
            detail = f"a change of {', '.join(each.path for each in untried)} itself is not tried on a copy"
            return proposal.told(VerificationStatus.CANNOT_VERIFY, detail)
        return self._judged(proposal, before, self._trials.of(base.then(alone)))

    def _judged(self, proposal: Proposal, before: Outcomes, after: Outcomes) -> Proposal:
        self._alone[identity(proposal.check, proposal.finding)] = (before, frozenset(after.new(before)))
        return judged(proposal, before, after)

    @property
    def _root(self) -> Path:
        return self._target.directory

    def _sorted_out(self, proposal: Proposal) -> Proposal:
        """A fix that would cause something is made only when it was named; one that does nothing is not made."""
        told = proposal.verification
        if not proposal.planned or told is None:
            return proposal
        if told.detail == STILL:
            return proposal.left_out(State.REFUSED, "")
        return _unless_named(proposal) if self._unwanted(proposal) else proposal

    def _unwanted(self, proposal: Proposal) -> bool:
        return _causes(proposal) and proposal.check not in self._unsafe

    def _paired(self, proposal: Proposal) -> Proposal:
        """A safe fix that would cause something is made all the same where the fixes of that leave nothing of it."""
        if proposal.state is not State.UNSAFE or proposal.fix.safety is not Safety.SAFE or not _causes(proposal):
            return proposal
        made = proposal.left_out(State.PLANNED, "")
        left = self._again(made, self._trials.of(self._followed(self._plan([made]))))
        return proposal if _causes(left) else made

    def _together(self, tried: Sequence[Proposal], base: Plan, before: Outcomes) -> list[Proposal]:
        """Fixes that do nothing alone are made where it takes all of their check, as for a line that stands thrice."""
        found = list(tried)
        for check in sorted({each.check for each in tried if _does_nothing(each)} - self._given_up):
            some = [each for each in tried if each.check == check and each.planned]
            rest = [each.left_out(State.PLANNED, "") for each in tried if each.check == check and _does_nothing(each)]
            plan = self._plan([*some, *rest], base)
            if len(plan.planned) < max(2, len(plan.proposals)):
                continue
            now, less = self._trials.of(base.then(plan)), self._trials.of(base.then(self._plan(some, base)))
            told = {id(each.finding): self._judged(each, before, now) for each in rest}
            needed = all(identity(check, each.finding) in less.found for each in rest)
            if needed and not any(map(_may_stay, told.values())):
                found = [self._sorted_out(told.get(id(each.finding), each)) for each in found]
        return found

    def _followed(self, plan: Plan) -> Plan:
        """The plan with the fixes of what comes up once it is made, so that nothing is left for a second run."""
        known = set(self._before.found)
        for _ in range(ROUNDS):
            if not plan.files and not plan.on_paths:
                break
            now = self._trials.of(plan)
            later = [
                replace(each, follows=True)
                for each in proposals(now.results, self._unsafe)
                if each.planned and each.check not in self._given_up and identity(each.check, each.finding) not in known
            ]
            added = self._tried(self._plan(later, plan), plan, now)
            if not added.planned:
                break
            known |= set(now.found)
            plan = plan.then(replace(added, proposals=added.planned))
        return plan

    # --- writing ---------------------------------------------------------------------------------------------------

    def _apply(self, result: Repair) -> Repair:
        plan = result.plan
        try:
            with interruption.completed():
                kept = backup.perform(self._root, self._steps(plan))
        except HalfDone as half:
            return replace(result, problem=str(half))
        except Refused as refused:
            return replace(result, problem=f"Nothing was changed: {refused}")
        after = app.examined(self._settings, known=self._given, registry=self._registry)[0]
        failed = self._not_taken(plan, after)
        if failed:
            return self._without(result, failed, kept)
        result = self._repair(self._looked_again(plan, after))
        names = (*(each.name for each in plan.files), *(each.path for each in plan.on_paths))
        return replace(result, after=after, written=names, backup=str(kept) if kept is not None else None)

    def _looked_again(self, plan: Plan, after: Report) -> Plan:
        """What is written and quiet is verified, unless it was known to cause something and that is there now."""
        now = Outcomes(after.results)

        def told(each: Proposal) -> Proposal:
            if not each.planned or identity(each.check, each.finding) in now.found:
                return each
            if now.kind(each.check) is not OutcomeKind.PASSED and now.kind(each.check) is not OutcomeKind.FOUND:
                return each
            if _causes(each) and _causes(self._again(each, now)):
                return each
            return each.told(VerificationStatus.VERIFIED, f"written, and looked again: {each.check} is quiet")

        return replace(plan, proposals=tuple(map(told, plan.proposals)))

    def _steps(self, plan: Plan) -> list[Step]:
        steps: list[Step] = [
            Change(each.path, each.before, each.after, self._root_of(each.path)) for each in plan.files
        ]
        return steps + [self._step(each) for each in plan.on_paths]

    def _not_taken(self, plan: Plan, after: Report) -> frozenset[str]:
        """The checks that still say the same although their fix is written, which it was not expected to leave."""
        now = Outcomes(after.results)
        return frozenset(
            each.check
            for each in plan.planned
            if identity(each.check, each.finding) in now.found and not _may_stay(each)
        )

    def _without(self, result: Repair, failed: frozenset[str], kept: Path | None) -> Repair:
        """Take all back, and make again what did take."""
        self._given_up |= failed
        try:
            if kept is not None:
                with interruption.completed():
                    backup.take_back(kept)
        except Refused as refused:
            return replace(result, problem=f"{', '.join(sorted(failed))} did not take, and is still written: {refused}")
        left = [
            each.left_out(State.REFUSED, "written, and the finding was still there: taken back")
            if each.planned and each.check in failed
            else each
            for each in result.plan.proposals
            if not each.follows
        ]
        plan = self._whole(self._plan(left))
        again = self._repair(plan)
        if plan.files or plan.on_paths:
            again = self._apply(again)
        return replace(again, taken_back=(*sorted(failed), *again.taken_back))


def _unless_named(proposal: Proposal) -> Proposal:
    return proposal.left_out(State.UNSAFE, f"--unsafe {proposal.check} makes it all the same")


def _does_nothing(proposal: Proposal) -> bool:
    """Whether it is left out because trying it changed nothing."""
    told = proposal.verification
    return proposal.state is State.REFUSED and told is not None and told.detail == STILL


def _causes(proposal: Proposal) -> bool:
    """Whether trying it showed that something else is wrong then."""
    told = proposal.verification
    return told is not None and told.status is VerificationStatus.WOULD_CAUSE


def _may_stay(proposal: Proposal) -> bool:
    """Whether trying it showed that the finding stays for a while: a log tells of the past, a command is missing."""
    told = proposal.verification
    return told is not None and told.status is VerificationStatus.CANNOT_VERIFY


def _with_verifications(report: Report, told: Sequence[Proposal]) -> Report:
    """The report with what trying its fixes showed."""
    known = {(each.check, id(each.finding)): each.fix.verification for each in told}

    def verified(check: str, finding: Finding) -> Finding:
        shown = known.get((check, id(finding)))
        if finding.fix is None or shown is None:
            return finding
        return replace(finding, fix=replace(finding.fix, verification=shown))

    results = tuple(
        replace(
            each,
            outcome=replace(
                each.outcome, findings=tuple(verified(each.id, finding) for finding in each.outcome.findings)
            ),
        )
        if each.outcome.kind is OutcomeKind.FOUND
        else each
        for each in report.results
    )
    return replace(report, results=results)
