"""Which checks block and explain which, and what that makes of their outcomes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Outcome, OutcomeKind

if TYPE_CHECKING:
    from doctor.registry import Check, Condition, Explains, Matcher, Registry


@dataclass(frozen=True)
class Relations:
    """Which checks block and explain which, whichever side declares it."""

    registry: Registry

    @cached_property
    def blockers(self) -> dict[str, tuple[str, ...]]:
        """For each check the ids of those that block it, in registry order."""
        pairs: dict[str, set[str]] = {check.id: set() for check in self.registry.checks}
        for check in self.registry.checks:
            for pattern in check.blocked_by:
                pairs[check.id] |= {other.id for other in self.registry.matching(pattern)}
            for other, _ in self._blocked(check):
                pairs[other.id].add(check.id)
        order = {check.id: number for number, check in enumerate(self.registry.checks)}
        return {id: tuple(sorted(others - {id}, key=order.__getitem__)) for id, others in pairs.items()}

    @cached_property
    def conditions(self) -> dict[tuple[str, str], Condition]:
        """For each (blocking, blocked) pair that holds for some findings only: which."""
        return {
            (check.id, other.id): when
            for check in self.registry.checks
            for other, when in self._blocked(check)
            if when is not None
        }

    def _blocked(self, check: Check) -> Iterator[tuple[Check, Condition | None]]:
        for rule in check.blocks:
            for pattern in rule.checks:
                for other in self.registry.matching(pattern):
                    yield other, rule.when

    @cached_property
    def explainers(self) -> dict[str, tuple[tuple[str, Matcher | None], ...]]:
        """For each check the (id, matcher) of those that explain it, in registry order."""
        pairs: dict[str, list[tuple[str, Matcher | None]]] = {check.id: [] for check in self.registry.checks}
        for check in self.registry.checks:
            for rule, other in self._named(check.explained_by):
                pairs[check.id].append((other.id, rule.when))
            for rule, other in self._named(check.explains):
                pairs[other.id].append((check.id, rule.when))
        rank = {check.id: place for place, check in enumerate(self.registry.checks)}
        return {
            id: tuple(sorted((pair for pair in found if pair[0] != id), key=lambda pair: rank[pair[0]]))
            for id, found in pairs.items()
        }

    @cached_property
    def warners(self) -> dict[str, tuple[str, ...]]:
        """For each check the ids of those whose findings its own carry, in registry order."""
        pairs: dict[str, list[str]] = {check.id: [] for check in self.registry.checks}
        for check in self.registry.checks:
            for pattern in check.warns:
                for other in self.registry.matching(pattern):
                    pairs[other.id].append(check.id)
        return {id: tuple(others) for id, others in pairs.items()}

    def _named(self, rules: Iterable[Explains]) -> Iterator[tuple[Explains, Check]]:
        for rule in rules:
            for pattern in rule.checks:
                for other in self.registry.matching(pattern):
                    yield rule, other

    def before(self, check_id: str) -> tuple[str, ...]:
        """Every check that must be settled before this one."""
        return (*self.blockers[check_id], *(id for id, _ in self.explainers[check_id]), *self.warners[check_id])

    def closure(self, selected: Iterable[str]) -> set[str]:
        """These checks and all that block or explain them or warn of them, directly or through others."""
        found: set[str] = set()
        stack = list(selected)
        while stack:
            id = stack.pop()
            if id not in found:
                found.add(id)
                stack += self.before(id)
        return found

    def order(self, ids: Iterable[str]) -> list[str]:
        """
        These checks with every blocker, explainer and warner before what depends on it; else in registry order.

        Raises ValueError naming the circle when checks wait for each other.
        """
        wanted = set(ids)
        settled: dict[str, None] = {}

        def visit(id: str, path: tuple[str, ...]) -> None:
            if id in settled:
                return
            if id in path:
                raise ValueError("checks block or explain each other: " + " > ".join((*path, id)))
            for other in self.before(id):
                if other in wanted:
                    visit(other, (*path, id))
            settled[id] = None

        for check in self.registry.checks:
            if check.id in wanted:
                visit(check.id, ())
        return list(settled)


@dataclass
class _Settlement:
    """The working state of `settle`: what each check came to, and where explained findings went."""

    outcomes: dict[str, Outcome]
    settled: dict[str, Outcome] = field(default_factory=dict)
    # A blocked check that had an observation of its own, or stands below one that has, still blocks what is below it.
    root: dict[str, str] = field(default_factory=dict)
    # Explained findings by identity -> the finding of another check (id, position) whose evidence they became.
    moved: dict[tuple[str, int], tuple[str, int]] = field(default_factory=dict)
    used: dict[str, set[str]] = field(default_factory=dict)

    def use(self, other: str, by: str) -> None:
        """Note that one check blocks or explains another, or warns of it."""
        self.used.setdefault(by, set()).add(other)


def settle(relations: Relations, outcomes: Mapping[str, Outcome]) -> tuple[dict[str, Outcome], dict[str, set[str]]]:
    """
    Apply the declared relations to raw outcomes.

    Returns the outcomes as reported, and for each check the ids of those that block it, or explain a finding of its or
    warn of it.
    """
    state = _Settlement(dict(outcomes))
    for id in relations.order(outcomes):
        state.settled[id] = _block(state, relations, id) or _explain(state, relations, id)
    # Only now, as what is explained is found again by what it was before.
    for id in state.settled:
        _warn(state, relations, id)
    return state.settled, state.used


def _block(state: _Settlement, relations: Relations, id: str) -> Outcome | None:
    for blocker in relations.blockers[id]:
        settled = state.settled.get(blocker)
        if settled is None:
            continue
        if settled.kind is OutcomeKind.FOUND and _meets(relations, blocker, id, settled):
            root = blocker
        elif blocker in state.root:
            root = state.root[blocker]
        else:
            continue
        state.root[id] = root
        state.use(root, by=id)
        title = relations.registry.by_id[root].title
        return Outcome(OutcomeKind.BLOCKED, reason=f"{root}: {title}")
    return None


def _meets(relations: Relations, blocker: str, id: str, settled: Outcome) -> bool:
    condition = relations.conditions.get((blocker, id))
    return condition is None or any(map(condition, settled.findings))


def _explain(state: _Settlement, relations: Relations, id: str) -> Outcome:
    raw = state.outcomes[id]
    if raw.kind is not OutcomeKind.FOUND:
        return raw
    kept: list[Finding] = []
    explainer: str | None = None
    for index, finding in enumerate(raw.findings):
        target = _explanation(state, relations, id, finding)
        if target is None:
            kept.append(finding)
            continue
        explainer = explainer or target[0]
        state.moved[id, index] = target
        state.use(target[0], by=id)
        _attach(state, target, id, finding)
    if explainer is None or kept:
        return replace(raw, findings=tuple(kept))
    state.root[id] = explainer
    title = relations.registry.by_id[explainer].title
    return replace(raw, kind=OutcomeKind.BLOCKED, findings=(), reason=f"{explainer}: {title}")


def _warn(state: _Settlement, relations: Relations, id: str) -> None:
    """Let each finding carry what those that warn of it have found."""
    settled = state.settled[id]
    for warner in relations.warners[id] if settled.kind is OutcomeKind.FOUND else ():
        other = state.settled.get(warner)
        if other is None or other.kind is not OutcomeKind.FOUND:
            continue
        state.use(warner, by=id)
        told = [Evidence("warning", f"{warner}: {each.message}", each.at) for each in other.findings]
        settled = replace(settled, findings=tuple(each.with_evidence(*told) for each in settled.findings))
    state.settled[id] = settled


def _explanation(state: _Settlement, relations: Relations, id: str, finding: Finding) -> tuple[str, int] | None:
    """The finding of another check that explains this one: its check and its place among that check's raw findings."""
    for other, matches in relations.explainers[id]:
        raw = state.outcomes.get(other)
        if raw is None or raw.kind is not OutcomeKind.FOUND or other not in state.settled:
            continue
        gone = state.settled[other].kind is OutcomeKind.BLOCKED
        for index, candidate in enumerate(raw.findings):
            if matches is not None and not matches(candidate, finding):
                continue
            if (other, index) in state.moved:
                return state.moved[other, index]
            if not gone:
                return (other, index)
    return None


def _attach(state: _Settlement, target: tuple[str, int], id: str, finding: Finding) -> None:
    """Make the explained finding evidence of the explaining one, in its raw and its reported form."""
    other, index = target
    raw = state.outcomes[other]
    old = raw.findings[index]
    new = old.with_evidence(Evidence("finding", f"{id}: {finding.message}", finding.at), *finding.evidence)
    findings = list(raw.findings)
    findings[index] = new
    state.outcomes[other] = replace(raw, findings=tuple(findings))
    reported = state.settled[other]
    state.settled[other] = replace(
        reported, findings=tuple(new if entry is old else entry for entry in reported.findings)
    )
