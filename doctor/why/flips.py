"""Which changes would have led elsewhere: found by running the model again, once for each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import combinations

from doctor.values import value
from doctor.why import settings as keys
from doctor.why.leaves import Leaf
from doctor.why.model import Fact, Path, embed, forward
from doctor.why.settings import Settings
from doctor.why.verdict import Flip
from doctor.why.versions import Version

# What somebody who asks why is after: vectors by the Batches API.
GOOD = (Leaf.B0, Leaf.B1)
# More than these nobody weighs.
MOST = 4


@value
class Change:
    """Something that can be changed: in words, the facts that are others then, and the keys it touches."""

    words: str
    facts: tuple[tuple[Fact, object], ...]
    settings: tuple[str, ...] = ()


def flips(
    path: Path, world: Mapping[Fact, object], settings: Settings, chunks: int | None, version: Version
) -> tuple[Flip, ...]:
    """
    The single changes that lead to another end, those that lead to batches first; of several together the fewest that
    do, where none does alone.
    """
    if path.leaf is Leaf.K2:
        # Chunks that have vectors have them on either road.
        world = {**world, Fact.STORE: "nothing missing", Fact.RUN: "nothing missing"}
    changes = tuple(_changes(world, settings, chunks))
    single = ((each, _then(world, (each,), version)) for each in changes)
    found = [Flip(each.words, then, each.settings) for each, then in single if then is not path.leaf]
    if path.leaf not in GOOD and not any(each.then in GOOD for each in found):
        found += _together(changes, world, version)
    found.sort(key=lambda each: (each.then not in GOOD, len(each.settings)))
    return tuple(found[:MOST])


def _together(changes: tuple[Change, ...], world: Mapping[Fact, object], version: Version) -> list[Flip]:
    for size in (2, 3):
        for several in combinations(changes, size):
            then = _then(world, several, version)
            if then in GOOD:
                words = ", and ".join(each.words for each in several)
                return [Flip(words, then, tuple(key for each in several for key in each.settings))]
    return []


def _then(world: Mapping[Fact, object], changes: tuple[Change, ...], version: Version) -> Leaf:
    changed = dict(world)
    for each in changes:
        changed.update(each.facts)
    return _leaf(frozenset(changed.items()), version)


@lru_cache(maxsize=10_000)
def _leaf(world: frozenset[tuple[Fact, object]], version: Version) -> Leaf:
    path = forward(embed, dict(world), version)
    assert path is not None
    return path.leaf


def _changes(world: Mapping[Fact, object], settings: Settings, chunks: int | None) -> Iterator[Change]:
    """What is not already as it would be set."""

    def differs(fact: Fact, answer: object) -> bool:
        return fact in world and world[fact] != answer

    if differs(Fact.ROAD, True):
        yield Change(f"{keys.ROAD}: true", ((Fact.ROAD, True),), (keys.ROAD,))
    if differs(Fact.CLIENT, True):
        yield _client(settings)
    if differs(Fact.ENOUGH, True) and chunks:
        words = f"{keys.THRESHOLD}: {chunks} or less"
        yield Change(words, ((Fact.ENOUGH, True),), (keys.THRESHOLD,))
    # A chunk that the queue refuses it refuses every time.
    if world.get(Fact.QUEUE) == "full":
        yield _queue(settings, chunks)
    if differs(Fact.TEST, False):
        yield Change(f"{keys.TEST}: false", ((Fact.TEST, False),), (keys.TEST,))
    if Fact.FALLBACK in world:
        allowed = not world[Fact.FALLBACK]
        words = f"{keys.FALLBACK}: {'true' if allowed else 'false'}"
        yield Change(words, ((Fact.FALLBACK, allowed),), (keys.FALLBACK,))
    if differs(Fact.LIMITS, "consistent"):
        limits = (keys.THRESHOLD, keys.QUEUE_SIZE, keys.QUEUE_WAIT)
        words = "batch settings that agree (a threshold of 0 or more, both queue limits or neither)"
        yield Change(words, ((Fact.LIMITS, "consistent"),), limits)
    if differs(Fact.CLONE, "made"):
        yield _clone(world, settings)
    if differs(Fact.PROVIDER, "gemini"):
        yield Change(f"{keys.PROVIDER}: gemini", ((Fact.PROVIDER, "gemini"), (Fact.SUBMITTER, True)), (keys.PROVIDER,))


def _clone(world: Mapping[Fact, object], settings: Settings) -> Change:
    """How many chunks a repository has that was never cloned nothing tells."""
    words, made = "no git credential for the worker", ((Fact.CLONE, "made"), (Fact.CHUNKS, "usable"))
    threshold = settings.value(keys.THRESHOLD)
    if not world.get(Fact.ROAD) or not isinstance(threshold, int) or threshold < 1:
        return Change(words, made)
    return Change(f"{words}, if the repository has {threshold:,} chunks or more", (*made, (Fact.ENOUGH, True)))


def _client(settings: Settings) -> Change:
    facts = ((Fact.CLIENT, True), (Fact.SUBMITTER, True))
    if settings.value(keys.CLIENT):
        return Change("batch directories that the worker can make", facts, (keys.INPUT_DIR, keys.OUTPUT_DIR))
    return Change(f"{keys.CLIENT}: true", facts, (keys.CLIENT,))


def _queue(settings: Settings, chunks: int | None) -> Change:
    size = settings.value(keys.QUEUE_SIZE)
    accepts = ((Fact.QUEUE, "accepts"),)
    if chunks is not None and isinstance(size, int) and chunks > size:
        return Change(f"{keys.QUEUE_SIZE}: {chunks} or more", accepts, (keys.QUEUE_SIZE,))
    return Change("a restart of the worker, which empties its queue", accepts)
