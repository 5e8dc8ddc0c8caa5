"""The `check` decorator, the check families that are installed, and choosing among their checks."""

from __future__ import annotations

import fnmatch
import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from doctor.errors import UsageError
from doctor.model import Finding, Guide, Safety, Severity
from doctor.needs import Need, needs_of
from doctor.settlement import Relations
from doctor.values import value

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

ENTRY_POINTS = "codechunk_doctor.checks"
ID = re.compile(r"[a-z][a-z0-9]*\.[a-z0-9]+(-[a-z0-9]+)*")

_PLAIN = re.compile(r"[a-z0-9.-]+")

Matcher = Callable[[Finding, Finding], bool]


@dataclass(frozen=True, slots=True, init=False)
class Explains:
    """
    "That one explains this one": the explained finding becomes evidence of the explaining one.

    `checks` are ids or globs. `when`, called with (explaining finding, explained finding), limits the relation to
    pairs that are about the same thing; without it any finding of the one explains all of the other.
    """

    checks: tuple[str, ...]
    when: Matcher | None = None

    def __init__(self, *checks: str, when: Matcher | None = None) -> None:
        object.__setattr__(self, "checks", checks)
        object.__setattr__(self, "when", when)


Condition = Callable[[Finding], bool]


@dataclass(frozen=True, slots=True, init=False)
class Blocks:
    """
    "While that one fires, this one is not judged", limited to findings of which `when` is true.

    `checks` are ids or globs. For a check of which only the worse findings stand in the way of others.
    """

    checks: tuple[str, ...]
    when: Condition | None = None

    def __init__(self, *checks: str, when: Condition | None = None) -> None:
        object.__setattr__(self, "checks", checks)
        object.__setattr__(self, "when", when)


@dataclass(frozen=True)
class Check:
    """
    One check: a pure function of facts, and what is known about it.

    Calling it runs the rule and returns its findings, the check's severity filled in where a finding has none.
    """

    id: str
    title: str
    severities: tuple[Severity, ...]
    rule: Callable[..., Iterable[Finding]]
    guide: Guide | None = None
    safety: Safety = Safety.NONE
    blocked_by: tuple[str, ...] = ()
    blocks: tuple[Blocks, ...] = ()
    explained_by: tuple[Explains, ...] = ()
    explains: tuple[Explains, ...] = ()
    warns: tuple[str, ...] = ()

    def __call__(self, *facts: object, **named: object) -> tuple[Finding, ...]:
        """Run the rule on these facts."""
        return tuple(
            finding if finding.severity is not None else replace(finding, severity=self.severities[0])
            for finding in self.rule(*facts, **named)
        )

    @property
    def family(self) -> str:
        """The part of the id before the dot."""
        return self.id.partition(".")[0]

    @cached_property
    def needs(self) -> tuple[Need, ...]:
        """The facts in the rule's signature."""
        return needs_of(self.rule)

    @cached_property
    def documentation(self) -> Documentation:
        """The rule's docstring in its parts."""
        return Documentation.parse(inspect.getdoc(self.rule) or "")


@value
class Documentation:
    """A check's docstring: the first line, what stands before the headings, and the headed paragraphs."""

    summary: str
    details: str
    why: str
    fix: str
    silent: str
    since: str

    @classmethod
    def parse(cls, text: str) -> Documentation:
        """Split a docstring; a heading is `Why it matters:`, `Silent when:`, `How to fix:` or `Since ...:`."""
        parts: dict[str, list[str]] = {
            "summary": [],
            "details": [],
            "why": [],
            "fix": [],
            "silent": [],
            "since": [],
        }
        current = "summary"
        for line in text.splitlines():
            heading, colon, rest = line.partition(":")
            name = _heading(heading) if colon else None
            if name is not None:
                current = name
                parts[current].append(line.strip() if name == "since" else rest.strip())
            elif current == "summary" and not line.strip():
                current = "details"
            else:
                parts[current].append(line)
        texts = {name: "\n".join(lines).strip() for name, lines in parts.items()}
        # What follows a heading on its line goes on with it; alone, it is a sentence of its own.
        return cls(**{name: text[:1].upper() + text[1:] for name, text in texts.items()})


HEADINGS = {"Why it matters": "why", "How to fix": "fix", "Silent when": "silent"}


def _heading(text: str) -> str | None:
    return "since" if text.startswith("Since ") else HEADINGS.get(text)


def check(
    *,
    id: str,
    title: str,
    severity: Severity | Sequence[Severity],
    guide: Guide | None = None,
    safety: Safety = Safety.NONE,
    blocked_by: Sequence[str] = (),
    blocks: Sequence[Blocks | str] = (),
    explained_by: Sequence[Explains | str] = (),
    explains: Sequence[Explains | str] = (),
    warns: Sequence[str] = (),
) -> Callable[[Callable[..., Iterable[Finding]]], Check]:
    """
    Make a check of a function that yields findings.

    `severity` is the check's own; a sequence names all that its findings can have, the usual one first. `safety` is
    the best class of fix that a finding can carry. `blocked_by` and `blocks` name checks (ids or globs): while the
    blocking one fires, the blocked one is not judged. `explained_by` and `explains` name checks whose findings take
    this one's as evidence, or the other way round; either side may declare it. `warns` names checks whose findings
    stay, and carry this one's as evidence, as they may be about something else than meant. Needs are read off the
    annotations of the function's parameters: types of `doctor.facts`, or `Observed[...]` of one.

    Raises ValueError for a malformed id.
    """
    if ID.fullmatch(id) is None:
        raise ValueError(f"{id!r} is not of the form family.kebab-case")
    severities = (severity,) if isinstance(severity, Severity) else tuple(severity)

    def decorate(rule: Callable[..., Iterable[Finding]]) -> Check:
        return Check(
            id,
            title,
            severities,
            rule,
            guide,
            safety,
            tuple(blocked_by),
            tuple(each if isinstance(each, Blocks) else Blocks(each) for each in blocks),
            tuple(_explains(relation) for relation in explained_by),
            tuple(_explains(relation) for relation in explains),
            tuple(warns),
        )

    return decorate


def _explains(relation: Explains | str) -> Explains:
    return relation if isinstance(relation, Explains) else Explains(relation)


@value
class Family:
    """
    A package of checks: its name and the first line of its docstring.

    `sockets` are the ids of those that cannot be made without opening a socket: `SOCKETS` in the package, True for all
    or a tuple of checks.
    """

    name: str
    summary: str
    checks: tuple[Check, ...]
    sockets: frozenset[str] = frozenset()


@value
class BrokenFamily:
    """A family that is installed but cannot be loaded; reported as a crash, never passed over."""

    name: str
    error: str


@dataclass(frozen=True)
class Registry:
    """All checks, families in the order of `FAMILY_ORDER` then by name, checks in the order their family lists them."""

    families: tuple[Family, ...]
    broken: tuple[BrokenFamily, ...] = ()

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """Every check in registry order."""
        return tuple(check for family in self.families for check in family.checks)

    @cached_property
    def relations(self) -> Relations:
        """What blocks and explains what among them."""
        return Relations(self)

    @cached_property
    def by_id(self) -> dict[str, Check]:
        """Every check by its id."""
        return {check.id: check for check in self.checks}

    @cached_property
    def sockets(self) -> frozenset[str]:
        """The ids of the checks that are skipped where no socket may be opened."""
        return frozenset(id for family in self.families for id in family.sockets)

    def matching(self, pattern: str) -> Iterator[Check]:
        """The checks that an id, a family or a glob names."""
        family = pattern.removesuffix(".*")
        if pattern in self.by_id:
            yield self.by_id[pattern]
        elif _PLAIN.fullmatch(family):
            # Names and whole families, which nearly all are, need no look at every check.
            yield from (check for each in self.families if each.name == family for check in each.checks)
        else:
            yield from (check for check in self.checks if fnmatch.fnmatchcase(check.id, pattern))

    def select(self, only: Sequence[str] = (), skip: Sequence[str] = ()) -> tuple[Check, ...]:
        """
        The checks to report on, in registry order.

        Raises UsageError, with the nearest known name, for a pattern that names none, and when nothing is left.
        """
        wanted = self._named(only) if only else set(self.by_id)
        unwanted = self._named(skip)
        if wanted and wanted <= unwanted:
            what = "all that --only names" if only else "every check"
            raise UsageError(f"--skip leaves out {what}, so that nothing would be judged; leave some of it in")
        return tuple(check for check in self.checks if check.id in wanted - unwanted)

    def _named(self, patterns: Sequence[str]) -> set[str]:
        names: set[str] = set()
        for pattern in patterns:
            fault = self.fault(pattern)
            if fault is not None:
                raise UsageError(fault)
            names |= {check.id for check in self.matching(pattern)}
        return names

    def fault(self, pattern: str) -> str | None:
        """The message for a name that is no check and no family, unless it may be one of a family that is broken."""
        known = any(self.matching(pattern)) or pattern.partition(".")[0] in {family.name for family in self.broken}
        return None if known else self.unknown(pattern)

    def unknown(self, pattern: str) -> str:
        """The message for a name that is no check and no family."""
        families = [family.name for family in self.families]
        hint = nearest(pattern, [*families, *self.by_id])
        advice = f"; did you mean {hint}?" if hint else ""
        return f"no check or family is called {pattern!r}{advice} (`codechunk-doctor list` shows all)"


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that a mistyped one most likely means, if one is near."""
    import difflib

    choices = list(known)
    found = difflib.get_close_matches(word, choices, n=1, cutoff=0.6)
    if not found:
        tails = {choice.rpartition(".")[2]: choice for choice in choices}
        found = [tails[tail] for tail in difflib.get_close_matches(word.rpartition(".")[2], tails, n=1, cutoff=0.75)]
    return found[0] if found else None


FAMILY_ORDER = (
    "config",
    "environment",
    "directories",
    "database",
    "jobs",
    "batches",
    "gemini",
    "openai",
    "worker",
    "nats",
    "zoekt",
    "api",
    "logs",
    "guide",
    "doctor",
)


def build(modules: Iterable[tuple[str, Any]], broken: Iterable[BrokenFamily] = ()) -> Registry:
    """
    A registry of these (family name, module) pairs; a module lists its checks in `CHECKS`.

    A family whose checks carry another family's name, or an id that is taken, is broken as a whole.
    """
    families: list[Family] = []
    faults = list(broken)
    taken: set[str] = set()
    for name, module in sorted(modules, key=lambda pair: _rank(pair[0])):
        try:
            checks = tuple(module.CHECKS)
            sockets = _sockets(module, checks)
            for candidate in checks:
                if candidate.family != name:
                    raise ValueError(f"{candidate.id} does not belong to the family {name}")
                if candidate.id in taken:
                    raise ValueError(f"the id {candidate.id} is taken")
                if candidate.id not in sockets:  # else the facts need not be loaded for a run that does without them
                    candidate.needs  # noqa: B018 - read now, so that a bad signature shows here and not in a run
        except Exception as error:
            faults.append(BrokenFamily(name, f"{type(error).__name__}: {error}"))
            continue
        taken |= {candidate.id for candidate in checks}
        summary = (inspect.getdoc(module) or name).splitlines()[0]
        families.append(Family(name, summary, checks, sockets))
    return Registry(tuple(families), tuple(faults))


def _sockets(module: Any, checks: Iterable[Check]) -> frozenset[str]:
    declared = getattr(module, "SOCKETS", ())
    return frozenset(each.id for each in (checks if declared is True else declared or ()))


def _rank(name: str) -> tuple[int, str]:
    return (FAMILY_ORDER.index(name) if name in FAMILY_ORDER else len(FAMILY_ORDER), name)


def installed() -> Registry:
    """The families of all installed packages, found through the entry-point group `codechunk_doctor.checks`."""
    from importlib.metadata import entry_points

    return _of(tuple(entry_points(group=ENTRY_POINTS)))


@lru_cache(maxsize=1)
def _of(entries: tuple[EntryPoint, ...]) -> Registry:
    modules: list[tuple[str, Any]] = []
    broken: list[BrokenFamily] = []
    for entry in entries:
        try:
            modules.append((entry.name, entry.load()))
        except Exception as error:
            broken.append(BrokenFamily(entry.name, f"{type(error).__name__}: {error}"))
    return build(modules, broken)
