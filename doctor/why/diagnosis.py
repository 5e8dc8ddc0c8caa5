"""From what is known of one job to a verdict: the ends that the model leaves, and why not the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from doctor.model import Evidence
from doctor.values import value
from doctor.why.leaves import Leaf
from doctor.why.model import ANSWERS, Fact, Path, embed, forward, paths
from doctor.why.observed import Known, Observation
from doctor.why.verdict import Certainty, RuledOut, Unknown
from doctor.why.versions import Version

# Where no line shows the contrary things are as in a healthy world: what would go wrong prints a line.
QUIET = (Fact.FETCHING, Fact.CLONE, Fact.RUN)
# Lines behind which whatever goes wrong with the chunks prints one of its own.
STARTED = frozenset(("embed-start", "embed-decision", "embed-seq-start", "embed-progress", "embed-seq-done"))
# Lines behind which no line of success of the same job counts.
OVERRIDING = frozenset(("embed-engine-failed", "finalize-both-failed"))
# Facts that say nothing beyond that the work came so far.
PASSED = (
    Fact.REPOSITORY,
    Fact.TIME,
    Fact.LIMITS,
    Fact.CHUNKS,
    Fact.FETCHING,
    Fact.CLONE,
    Fact.PROVIDER,
    Fact.QUEUE_MANAGER,
    Fact.QUEUE,
    Fact.TEST,
)
# Leaves of the work itself; what batches come to afterwards is told by their own lines.
OF_WORK = tuple(each for each in Leaf if each.value[0] in "STFK")
DELIVERY: Mapping[Fact, object] = {Fact.SUBMITTER: True, Fact.SUBMISSION: "waits"}

HOW: Mapping[Fact, tuple[str, str]] = {
    Fact.ROAD: ("whether batch processing was on", "read the log from the worker's start, or the decision of the job"),
    Fact.ENOUGH: ("how many chunks it had", "look for “Making embedding processing decision” of the job"),
    Fact.QUEUE_MANAGER: ("whether there was a queue manager", "read the log from the worker's start"),
    Fact.QUEUE: ("whether the queue took the chunks", "read the log further, or from further back"),
    Fact.FALLBACK: (
        "whether the worker may fall back",
        "read the log from the worker's start, or further: a fallback prints a line at once",
    ),
    Fact.TEST: (
        "whether the vectors are made up",
        "codechunk-doctor check --only jobs.test-vectors looks at those in the database",
    ),
    Fact.CLIENT: ("whether the worker had a batch client", "read the log from the worker's start"),
    Fact.STORE: ("whether the batches could be stored", "read the log further, or codechunk-doctor batches list"),
    Fact.ERROR_TEXT: ("what the error said", "read the whole line"),
    Fact.LIMITS: ("whether the batch settings were accepted", "read the log further back"),
    Fact.CHUNKS: ("whether there was anything to embed", "read the log further back"),
    Fact.TIME: ("whether there was time left", "read the log further back"),
    Fact.REPOSITORY: ("whether there was anything to do", "read the log further back"),
    Fact.PROVIDER: ("which provider the worker had", "read the log from the worker's start"),
    Fact.FETCHING: ("whether its files could be had", "read the log further back"),
    Fact.CLONE: ("whether the repository was cloned", "read the log further back"),
    Fact.RUN: (
        "how it ended",
        "read the log further; “Embedding generation cancelled due to context cancellation” tells of the job's time",
    ),
    Fact.SUBMITTER: ("whether the worker sends batches", "read the log from the worker's start"),
}


@value
class Lines:
    """
    The kinds of lines about a job. `whole` says that none is missing between the first and the last, `ended` that the
    last is the end of the work.
    """

    ids: frozenset[str] = frozenset()
    whole: bool = False
    ended: bool = False


@value
class Ends:
    """The ends that are left, the best first; how sure; and the way that leads to the best one."""

    leaves: tuple[Leaf, ...]
    certainty: Certainty
    path: Path


def ends(known: Known, lines: Lines, version: Version) -> Ends:
    """The ends that agree with what is known and with the lines that were printed."""
    proven = _left(_quiet(known, lines), known.world(certain=True), lines, version)
    if len({each.leaf for each in proven}) == 1:
        return Ends((proven[0].leaf,), Certainty.PROVEN, proven[0])
    left = _left(_quiet(known, lines), known.world(certain=False), lines, version)
    leaves = tuple(dict.fromkeys(each.leaf for each in left))
    return Ends(leaves, Certainty.LIKELY if len(leaves) == 1 else Certainty.POSSIBLE, left[0])


def _quiet(known: Known, lines: Lines) -> dict[Fact, object]:
    """What holds as long as nothing is known that speaks against it."""
    world: dict[Fact, object] = {**DELIVERY, **{fact: ANSWERS[fact][0] for fact in (Fact.FETCHING, Fact.CLONE)}}
    if lines.ids & STARTED:
        world[Fact.RUN] = ANSWERS[Fact.RUN][0]
    # Real vectors are what is wanted; only made-up ones need a reason.
    test = known.get(Fact.TEST)
    if test is not None and test.answer is False:
        world[Fact.TEST] = False
    return world


def _left(
    quiet: Mapping[Fact, object],
    world: Mapping[Fact, object],
    lines: Lines,
    version: Version,
) -> tuple[Path, ...]:
    """
    The ways that agree; where a line speaks against the quiet ones, those without this assumption.

    Where none does, lines are missing from what looked whole; and where that does not help, what the lines say of the
    way there counts for less than that embedding failed.
    """
    for seen in (lines, Lines(lines.ids)):
        for assumed in ({**quiet, **world}, {**DELIVERY, **world}):
            every = every_path(frozenset(assumed.items()), version)
            fitting = tuple(each for each in every if _agrees(each, seen))
            if fitting:
                return fitting
    if lines.ids.isdisjoint(OVERRIDING):
        return every
    assumed = {fact: answer for fact, answer in world.items() if fact not in (Fact.RUN, Fact.STORE)}
    failed = every_path(frozenset(assumed.items()), version)
    return tuple(each for each in failed if each.leaf.value[0] == "F") or every


@lru_cache(maxsize=4_000)
def every_path(world: frozenset[tuple[Fact, object]], version: Version) -> tuple[Path, ...]:
    """All ways through the model in such a world, the healthiest first."""
    return tuple(paths(embed, dict(world), version))


# Lines that a way cannot do without, where nothing is missing; for some there is another one instead.
TELLING = tuple(
    frozenset(each.split("|"))
    for each in (
        "embed-queue-failed",
        "embed-queue-fallback",
        "embed-mode-test",
        "batch-fallback",
        "batch-queued",
        "batch-all-present",
        "embed-all-present-seq",
        "embed-ctx-cancelled",
        "embed-config-invalid",
        "embed-chunks-invalid",
        "embed-cancelled",
        "batch-submit-failed|batch-quota-exceeded",
        "embed-chunk-failed|embed-store-failed|embed-seq-fallback-failed",
        "job-repo-completed-skip|job-repo-archived-skip",
    )
)


@lru_cache(maxsize=1)
def _printed() -> frozenset[str]:
    """All lines that the model prints."""
    every = every_path(frozenset(), Version())
    return frozenset(line for path in every for line in (*path.lines, *path.others))


def _agrees(path: Path, lines: Lines) -> bool:
    """Whether the way prints all the lines that are there, and would not have printed telling ones that are not."""
    seen = lines.ids & _printed()
    if not seen <= {*path.lines, *path.others}:
        return False
    if not lines.whole:
        return True
    last = max((place for place, each in enumerate(path.lines) if each in seen), default=-1)
    behind = set(path.lines if lines.ended else path.lines[:last])
    return all(not group & behind or group & seen for group in TELLING)


# --- why not the others --------------------------------------------------------------------------------------------


def ruled_out(found: Ends, known: Known, version: Version) -> tuple[RuledOut, ...]:
    """The ends that it did not come to, each with the first decision that leads away from it."""
    seen = tuple((each.fact, each.answer) for each in found.path.decisions if each.fact in known)
    reasons: dict[Fact, str] = {}
    told = []
    for leaf, fact in _led_away(seen, frozenset(found.leaves), version):
        if fact not in reasons:
            reasons[fact] = known[fact].reason
        told.append(RuledOut(leaf, reasons[fact]))
    return tuple(told)


@lru_cache(maxsize=4_000)
def _led_away(
    decisions: tuple[tuple[Fact, object], ...], left: frozenset[Leaf], version: Version
) -> tuple[tuple[Leaf, Fact], ...]:
    """For each end that is not left the first of these decisions after which it could not come any more."""
    away: list[tuple[Leaf, Fact]] = []
    open_ones = [each for each in OF_WORK if each not in left]
    world: dict[Fact, object] = dict(DELIVERY)
    for fact, answer in decisions:
        world[fact] = answer
        reachable = _reachable(frozenset(world.items()), version)
        away += ((each, fact) for each in open_ones if each not in reachable)
        open_ones = [each for each in open_ones if each in reachable]
    return tuple(away)


@lru_cache(maxsize=4_000)
def _reachable(world: frozenset[tuple[Fact, object]], version: Version) -> frozenset[Leaf]:
    return frozenset(each.leaf for each in every_path(world, version))


# --- the chain -----------------------------------------------------------------------------------------------------


def chain(path: Path, known: Known) -> tuple[Evidence, ...]:
    """The evidence for the decisions on a way, in their order; what one line shows of several is said once."""
    found: dict[tuple[object, str], Evidence] = {}
    for several in _by_line(path, known):
        proves = "; ".join(dict.fromkeys(each.proves for each in several if each.proves))
        first = several[0].evidence if len(several) == 1 else several[0]._replace(proves=proves).evidence
        if first is not None:
            _join(found, first)
    return tuple(found.values())


def _by_line(path: Path, known: Known) -> Iterable[list[Observation]]:
    """The observations behind the decisions that say something, those of one line together."""
    last = path.decisions[-1].fact if path.decisions else None
    found: dict[object, list[Observation]] = {}
    for decision in path.decisions:
        observation = known.get(decision.fact)
        if observation is None:
            continue
        if decision.fact in PASSED and decision.fact is not last and _healthy(decision.fact, decision.answer):
            continue
        line = observation.event
        found.setdefault(decision.fact if line is None else (line.path, line.line), []).append(observation)
    return found.values()


def _healthy(fact: Fact, answer: object) -> bool:
    return answer == ANSWERS[fact][0]


def _join(found: dict[tuple[object, str], Evidence], evidence: Evidence) -> None:
    key = (evidence.location, evidence.text)
    before = found.get(key)
    if before is None:
        found[key] = evidence
    elif evidence.proves and evidence.proves not in (before.proves or ""):
        both = "; ".join(each for each in (before.proves, evidence.proves) if each)
        found[key] = Evidence(before.kind, before.text, before.location, both)


def joined(*several: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """All of it, each piece once."""
    found: dict[tuple[object, str], Evidence] = {}
    for each in several:
        for evidence in each:
            _join(found, evidence)
    return tuple(found.values())


# --- what is not known ---------------------------------------------------------------------------------------------


def unknown(found: Ends, known: Known, lines: Lines, version: Version) -> Iterator[Unknown]:
    """The facts that would decide between the ends that are left, or lead elsewhere than the configuration does."""
    if found.certainty is Certainty.PROVEN:
        return
    for decision in found.path.decisions:
        observation = known.get(decision.fact)
        quiet_one = decision.fact in QUIET and _healthy(decision.fact, decision.answer)
        if decision.fact not in HOW or quiet_one or (observation is not None and observation.certain):
            continue
        world = {fact: answer for fact, answer in known.world(certain=False).items() if fact is not decision.fact}
        quiet = {fact: answer for fact, answer in _quiet(known, lines).items() if fact is not decision.fact}
        if {each.leaf for each in _left(quiet, world, Lines(lines.ids), version)} == {found.path.leaf}:
            continue
        question, how = HOW[decision.fact]
        yield Unknown(question + _so_far(observation.evidence if observation is not None else None), how)


def _so_far(evidence: Evidence | None) -> str:
    """What speaks for the answer that was taken."""
    if evidence is None:
        return ""
    if evidence.kind in ("setting", "path"):
        return f"; by the configuration as it is now: {evidence.text}"
    return f"; what speaks for it: {evidence.proves}" if evidence.proves else ""


def hypothetical(world: Mapping[Fact, object], version: Version) -> Path:
    """The way of a repository that is only thought of; what is not known of it is healthy."""
    path = forward(embed, {**DELIVERY, **world}, version)
    assert path is not None
    return path
