"""Runs sources concurrently under their deadlines, then checks, then the relations between checks."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol, runtime_checkable

from doctor import interruption, pending
from doctor.errors import Skipped, SourceError, Withheld, shortage
from doctor.model import CheckResult, Outcome, OutcomeKind
from doctor.needs import Need, arguments, given_by, needs_of
from doctor.registry import Check, Registry
from doctor.settlement import Relations, settle
from doctor.target import Deadline, Target
from doctor.values import value

Facts = dict[type[Any], object]

# Why a check that needs a socket was not made.
OFFLINE = "--offline: no socket is opened"

# What no source may take longer than when it does not say otherwise.
DEFAULT_DEADLINE = 10.0
# What runs when the user interrupts has so long, in seconds, to end and to clear away what is its own.
LAST_MOMENT = 0.25


@value
class Touches:
    """What looking would touch, in words for a user: files and directories, hosts with ports, queries."""

    files: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    queries: tuple[str, ...] = ()

    def __add__(self, other: Touches) -> Touches:
        """Both, each entry once, in order."""

        def merge(mine: tuple[str, ...], theirs: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(dict.fromkeys((*mine, *theirs)))

        return Touches(
            merge(self.files, other.files), merge(self.hosts, other.hosts), merge(self.queries, other.queries)
        )


@dataclass(frozen=True)
class Source:
    """
    One way of looking at the world: a function of the target and of facts, giving one fact.

    `deadline` is in seconds; a source that is not done by then is left behind and counts as failed. `touches`, a
    function of facts too, says for `--plan` what the source would touch, and touches nothing itself. One that is
    `derived` only takes something from other facts: it runs whenever these are there and a check would use it. What
    one gives that is `lasting` stands in files and variables: it stays until somebody changes it, however long one
    waits.
    """

    name: str
    function: Callable[..., object]
    deadline: float = DEFAULT_DEADLINE
    touches: Callable[..., Touches] | None = None
    derived: bool = False
    lasting: bool = False

    @cached_property
    def needs(self) -> tuple[Need, ...]:
        """The facts it is built on; `Target` itself is always there."""
        return needs_of(self.function)

    @cached_property
    def provides(self) -> type[Any]:
        """The type of the fact it gives."""
        return given_by(self.function)


def source(
    name: str,
    *,
    deadline: float = DEFAULT_DEADLINE,
    touches: Callable[..., Touches] | None = None,
    derived: bool = False,
    lasting: bool = False,
) -> Callable[[Callable[..., object]], Source]:
    """Make a source of a function; its name is what a blocked check's reason begins with."""
    return lambda function: Source(name, function, deadline, touches, derived, lasting)


@runtime_checkable
class Closing(Protocol):
    """A fact with something alive in it, a connection for instance; only sources may need it."""

    def close(self) -> None:
        """Let go of it; called once when observing ends. Returns within a moment."""


# --- observing -------------------------------------------------------------------------------------------------


def required(
    wanted: Iterable[type[Any]],
    sources: Iterable[Source],
    known: Iterable[type[Any]] = (),
    glanced: Iterable[type[Any]] = (),
) -> tuple[Source, ...]:
    """
    The sources that give these facts, directly or for another source, in the order given.

    Facts that are only glanced at are given by a derived source whose own needs are among them.
    """
    by_fact = {source.provides: source for source in sources}
    open_ends = list(wanted)
    chosen: set[type[Any]] = set()
    settled = set(known)
    while open_ends:
        fact = open_ends.pop()
        if fact in chosen or fact in settled or fact not in by_fact:
            continue
        chosen.add(fact)
        open_ends += [need.fact for need in by_fact[fact].needs if not need.passive]
    for fact in glanced:
        if (
            fact in by_fact
            and by_fact[fact].derived
            and {need.fact for need in by_fact[fact].needs} <= chosen | settled
        ):
            chosen.add(fact)
    return tuple(source for source in by_fact.values() if source.provides in chosen)


def wanted_by(checks: Iterable[Check]) -> list[type[Any]]:
    """The facts that are observed for these checks' sake."""
    return [need.fact for check in checks for need in check.needs if not need.passive]


def lasting(check: Check, sources: Iterable[Source]) -> bool:
    """Whether waiting changes nothing about what a check says: all it is judged by stands in files and variables."""
    by_fact = {source.provides: source for source in sources}
    return all(need.passive or need.fact not in by_fact or by_fact[need.fact].lasting for need in check.needs)


@dataclass
class _Running:
    source: Source
    ends_at: float
    shown: int


Answers = queue.SimpleQueue[tuple[type[Any], object] | None]


def observe(
    target: Target,
    sources: Sequence[Source],
    *,
    known: Mapping[type[Any], object] | None = None,
    ends_at: float | None = None,
) -> Facts:
    """
    Run the sources, each as soon as its own needs are there, and return fact type -> fact or SourceError.

    Never raises and never waits past `ends_at` (monotonic seconds) or a source's deadline: what hangs keeps its
    daemon thread and is left behind. Nor does it wait much longer once the user interrupts.
    """
    facts: Facts = {Target: target, Deadline: Deadline(ends_at), **(known or {})}
    given = set(facts)
    waiting = [source for source in sources if source.provides not in facts]
    running: dict[type[Any], _Running] = {}
    done: Answers = queue.SimpleQueue()

    try:
        with interruption.woken(lambda: done.put(None)):
            while waiting or running:
                if interruption.asked():
                    waiting = _cut_short(waiting, running, facts)
                waiting = _start(waiting, running, facts, done, ends_at)
                if running:
                    _receive(running, facts, done, ends_at)
    finally:
        pending.over(entry.shown for entry in running.values())
    for kind, fact in facts.items():
        if kind not in given and isinstance(fact, Closing):
            fact.close()
    return facts


def _receive(running: dict[type[Any], _Running], facts: Facts, done: Answers, ends_at: float | None) -> None:
    """Take the next answer, or give up what is out of time."""
    soonest = min(entry.ends_at for entry in running.values())
    try:
        answer = done.get(timeout=max(0.0, soonest - time.monotonic()))
    except queue.Empty:
        _give_up(running, facts, ends_at)
        return
    if answer is None:  # an interruption
        return
    fact, value = answer
    if (entry := running.pop(fact, None)) is not None:
        pending.over((entry.shown,))
        facts[fact] = value


def _cut_short(waiting: list[Source], running: dict[type[Any], _Running], facts: Facts) -> list[Source]:
    """Begin nothing more, and leave what runs a moment."""
    last = time.monotonic() + LAST_MOMENT
    for entry in running.values():
        entry.ends_at = min(entry.ends_at, last)
    for source in waiting:
        facts[source.provides] = Interrupted(interruption.REASON, source.name)
    return []


def _start(
    waiting: list[Source],
    running: dict[type[Any], _Running],
    facts: Facts,
    done: Answers,
    ends_at: float | None,
) -> list[Source]:
    """Start every source whose needs are settled; those that cannot ever start fail at once."""
    coming = set(running) | {source.provides for source in waiting}
    still_waiting = []
    for source in waiting:
        if any(need.fact not in facts and need.fact in coming - {source.provides} for need in source.needs):
            still_waiting.append(source)
            continue
        values = arguments(source.needs, facts)
        if isinstance(values, SourceError):
            facts[source.provides] = values
            continue
        limit = time.monotonic() + source.deadline
        limit = min(limit, ends_at) if ends_at is not None else limit
        running[source.provides] = _Running(source, limit, pending.begun(source.name))
        thread = threading.Thread(target=_collect, args=(source, values, done), name=source.name, daemon=True)
        try:
            thread.start()
        except RuntimeError as error:  # the system has no room for another one
            done.put((source.provides, Starved(shortage(error) or str(error), source.name)))
    if len(still_waiting) == len(waiting) and not running:
        for source in still_waiting:
            facts[source.provides] = SourceError("waits for a fact that waits for it", source.name)
        return []
    return still_waiting


def _collect(source: Source, values: dict[str, object], done: Answers) -> None:
    try:
        result: object = source.function(**values)
    except SourceError as error:
        error.source = error.source or source.name
        result = error
    except Exception as error:
        missing = shortage(error)
        result = (
            Starved(missing, source.name)
            if missing is not None
            else Unexpected(f"failed unexpectedly: {type(error).__name__}: {error}", source.name)
        )
        result.__cause__ = error
    done.put((source.provides, result))


def _give_up(running: dict[type[Any], _Running], facts: Facts, ends_at: float | None) -> None:
    now = time.monotonic()
    for fact, entry in list(running.items()):
        if entry.ends_at > now:
            continue
        del running[fact]
        pending.over((entry.shown,))
        if interruption.asked():
            facts[fact] = Interrupted(interruption.REASON, entry.source.name)
        elif ends_at is not None and ends_at <= now:
            facts[fact] = OutOfTime("no answer before the deadline of this run", entry.source.name)
        else:
            facts[fact] = SourceError(f"no answer within {entry.source.deadline:g} s", entry.source.name)


class OutOfTime(SourceError):
    """A source that was cut short by the deadline of the whole run, not by its own."""


class Interrupted(OutOfTime):
    """A source that was cut short by the user."""


class Unexpected(SourceError):
    """A source that failed in a way it does not know: a bug of ours, so that the run is not complete."""


class Starved(SourceError):
    """A source that this machine has no memory or no files for, so that the run is not complete."""


def touched(sources: Iterable[Source], facts: Mapping[type[Any], object]) -> Touches:
    """What these sources would touch, as far as the facts at hand tell."""
    total = Touches()
    for source in sources:
        if source.touches is None:
            continue
        values = arguments(needs_of(source.touches), facts)
        if not isinstance(values, SourceError):
            total += source.touches(**values)
    return total


# --- judging ---------------------------------------------------------------------------------------------------


def evaluate(check: Check, facts: Mapping[type[Any], object]) -> Outcome:
    """Run one check on the facts in its signature, and on nothing else; whatever it raises stays inside."""
    started = time.perf_counter()
    values = arguments(check.needs, facts)
    if isinstance(values, SourceError):
        kind = OutcomeKind.SKIPPED if isinstance(values, Withheld) else OutcomeKind.BLOCKED
        return Outcome(kind, reason=str(values))
    try:
        findings = check(**values)
    except Skipped as skipped:
        outcome = Outcome(OutcomeKind.SKIPPED, reason=str(skipped))
    except Exception as error:
        import traceback

        trace = traceback.format_exc()
        outcome = Outcome(OutcomeKind.CRASHED, reason=f"{type(error).__name__}: {error}", trace=trace)
    else:
        outcome = Outcome(OutcomeKind.FOUND if findings else OutcomeKind.PASSED, findings)
    return replace(outcome, duration_ms=(time.perf_counter() - started) * 1000)


# --- the whole run ---------------------------------------------------------------------------------------------


@value
class Run:
    """What `examine` gives: results in registry order, the facts behind them, and why it is not complete, if so."""

    results: tuple[CheckResult, ...]
    facts: Facts
    incomplete: str | None


def examine(
    target: Target,
    registry: Registry,
    sources: Sequence[Source],
    selected: Sequence[Check],
    *,
    silenced: Iterable[str] = (),
    known: Mapping[type[Any], object] | None = None,
    also: Iterable[type[Any]] = (),
    ends_at: float | None = None,
) -> Run:
    """
    Observe what the selected checks need, judge them, apply the relations.

    `silenced` are ids whose own findings are never reported (`--skip`), though what they explain stays explained.
    `also` are facts wanted for the report itself. Results hold the selected checks, whatever their outcome, and
    those unselected ones that fire and thereby block or explain a selected one.
    """
    relations = registry.relations
    chosen = {check.id for check in selected}
    needed = relations.closure(chosen)
    checks = [check for check in registry.checks if check.id in needed]
    unasked = {check.id for check in checks if target.offline and check.id in registry.sockets}
    unsound = {check.id: fault for check in checks if check.id not in unasked and (fault := _unsound(check))}
    asked = [check for check in checks if check.id not in unasked and check.id not in unsound]
    glanced = [need.fact for check in asked for need in check.needs if need.passive]
    needed_sources = required([*wanted_by(asked), *also], sources, known or (), glanced)
    facts = observe(target, needed_sources, known=known, ends_at=ends_at)
    # What the user asked not to look at stays skipped, whatever else is wrong.
    outcomes = {id: Outcome(OutcomeKind.SKIPPED, reason=OFFLINE) for id in unasked} | unsound
    outcomes |= {check.id: evaluate(check, facts) for check in asked}
    judged = {check.id: outcomes[check.id] for check in asked if not _withheld(check, facts)}
    settled, using = settle(relations, judged)
    outcomes |= settled
    used = {other for id in chosen for other in using.get(id, ())} | _fired_before(relations, outcomes, chosen)
    quiet = set(silenced)
    results = tuple(
        describe(check, outcomes[check.id])
        for check in checks
        if check.id in chosen or (check.id in used - quiet and outcomes[check.id].kind is OutcomeKind.FOUND)
    )
    crashes = tuple(describe_broken(family.name, family.error) for family in registry.broken)
    return Run((*results, *crashes), facts, _incomplete(asked, outcomes, facts, chosen))


def _unsound(check: Check) -> Outcome | None:
    """The crash of a check whose signature cannot be read; families that need sockets are not read when loaded."""
    try:
        check.needs  # noqa: B018
    except Exception as error:
        return Outcome(OutcomeKind.CRASHED, reason=f"{type(error).__name__}: {error}")
    return None


def _withheld(check: Check, facts: Facts) -> bool:
    return isinstance(arguments(check.needs, facts), Withheld)


def _fired_before(relations: Relations, outcomes: Mapping[str, Outcome], chosen: Iterable[str]) -> set[str]:
    """Checks that fire and, by their declaration alone, stand above a chosen one."""
    return {
        other
        for id in chosen
        for other, matches in relations.explainers[id]
        if matches is None and outcomes[other].kind is OutcomeKind.FOUND
    }


def _incomplete(checks: Iterable[Check], outcomes: Mapping[str, Outcome], facts: Facts, chosen: set[str]) -> str | None:
    """Why a selected check has no answer although no finding says so, when the reason is not one of the world's."""
    for check in checks:
        outcome = outcomes[check.id]
        if check.id not in chosen or outcome.kind is not OutcomeKind.BLOCKED:
            continue
        for need in check.needs:
            fact = facts.get(need.fact)
            if not isinstance(fact, OutOfTime | Unexpected | Starved) or outcome.reason != str(fact):
                continue
            if isinstance(fact, Interrupted):
                return f"interrupted before {check.id} could be judged"
            if isinstance(fact, OutOfTime):
                return f"the deadline ended the run before {check.id} could be judged ({fact})"
            if isinstance(fact, Starved):
                return f"{fact}, so that {check.id} could not be judged"
            return f"{fact}; this is a bug in codechunk-doctor, and {check.id} could not be judged"
    return None


def describe(check: Check, outcome: Outcome) -> CheckResult:
    """A check's outcome together with what a reporter needs to know of the check."""
    why = check.documentation.why
    return CheckResult(check.id, check.family, check.title, check.guide, why, outcome)


def describe_broken(name: str, error: str) -> CheckResult:
    """The result that stands for a family which cannot be loaded."""
    outcome = Outcome(OutcomeKind.CRASHED, reason=f"the family {name} cannot be loaded: {error}")
    return CheckResult(f"{name}.load", name, "A family of checks cannot be loaded", None, "", outcome)
