"""
How the program decides, as a procedure that can be run.

`start` is what happens to a process, `embed` what happens to a repository, `deliver` what happens to a batch
afterwards: each asks the world one fact after the other, in the program's order, and says the lines that the program
prints. A fact that is not known has several answers; `paths` goes through all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum

from doctor.values import value
from doctor.why import versions
from doctor.why.leaves import Leaf
from doctor.why.versions import NEWEST, Version


class Fact(StrEnum):
    """Something that decides; the answers it can have are in ANSWERS."""

    # The process.
    DATABASE_USER = "database user"
    SETTINGS = "settings"
    DATABASE = "database"
    PROVIDER = "provider"
    KEY = "key"
    GEMINI_SETTINGS = "Gemini settings"
    CLIENT_WANTED = "batch client wanted"
    DIRECTORIES = "batch directories"
    NATS = "NATS"
    OPEN_ROWS = "open batches"
    # One repository.
    REPOSITORY = "repository"
    FETCHING = "fetching the files"
    CLONE = "clone"
    TIME = "time"
    LIMITS = "batch settings"
    CHUNKS = "chunks"
    ROAD = "batch processing"
    ENOUGH = "chunks reach the threshold"
    QUEUE_MANAGER = "queue manager"
    QUEUE = "queue"
    FALLBACK = "fallback"
    TEST = "test embeddings"
    CLIENT = "batch client"
    STORE = "storing"
    ERROR_TEXT = "text of the error"
    RUN = "going through the chunks"
    # One batch.
    SUBMITTER = "submitter"
    SUBMISSION = "submission"
    GOOGLE = "job at Google"
    RESULTS = "results"


# The answers a fact can have, the one of a healthy world first.
ANSWERS: Mapping[Fact, tuple[object, ...]] = {
    Fact.DATABASE_USER: ("file", "variable only", "nowhere"),
    Fact.SETTINGS: ("accepted", "refused"),
    Fact.DATABASE: ("reachable", "unreachable"),
    Fact.PROVIDER: ("gemini", "openai"),
    Fact.KEY: (True, False),
    Fact.GEMINI_SETTINGS: ("accepted", "refused"),
    Fact.CLIENT_WANTED: (True, False),
    Fact.DIRECTORIES: ("creatable", "refused"),
    Fact.NATS: ("usable", "unusable"),
    Fact.OPEN_ROWS: (False, True),
    Fact.REPOSITORY: ("to do", "done"),
    Fact.FETCHING: ("done", "fails"),
    Fact.CLONE: ("made", "left out"),
    Fact.TIME: ("left", "over"),
    Fact.LIMITS: ("consistent", "refused"),
    Fact.CHUNKS: ("usable", "unusable"),
    Fact.ROAD: (True, False),
    Fact.ENOUGH: (True, False),
    Fact.QUEUE_MANAGER: (True, False),
    Fact.QUEUE: ("accepts", "full", "refuses a chunk"),
    Fact.FALLBACK: (True, False),
    Fact.TEST: (False, True),
    Fact.CLIENT: (True, False),
    Fact.STORE: ("stored", "nothing missing", "refused"),
    Fact.ERROR_TEXT: ("allows falling back", "forbids falling back"),
    Fact.RUN: ("ends well", "nothing missing", "breaks off", "time is over"),
    Fact.SUBMITTER: (True, False),
    Fact.SUBMISSION: ("waits", "sent", "quota", "refused"),
    Fact.GOOGLE: ("waits", "succeeded", "failed", "cancelled", "not known"),
    Fact.RESULTS: ("usable", "unusable"),
}

World = Mapping[Fact, object]


@value
class Decision:
    """One fact that was asked for, and the answer; `known` is false for one that was only tried."""

    fact: Fact
    answer: object
    known: bool


@value
class Path:
    """
    One way through a procedure: where it ends, what was decided on it, which lines (by id) it prints, in order, and
    which others it may print.
    """

    leaf: Leaf
    decisions: tuple[Decision, ...]
    lines: tuple[str, ...]
    others: frozenset[str] = frozenset()

    @property
    def known(self) -> bool:
        """Whether nothing on it was only tried."""
        return all(each.known for each in self.decisions)

    def answer(self, fact: Fact) -> object:
        """What was answered, None for a fact that was not asked for."""
        return next((each.answer for each in self.decisions if each.fact is fact), None)


class Ask:
    """The world as a procedure meets it: known facts, and answers that are tried for the others."""

    def __init__(self, world: World, tried: tuple[object, ...] = (), version: Version = NEWEST) -> None:
        self._world = world
        self._tried = list(tried)
        self.version = version
        self.decisions: list[Decision] = []
        self.lines: list[str] = []
        self.others: set[str] = set()

    def __call__(self, fact: Fact) -> object:
        """The answer to a fact."""
        for decision in self.decisions:
            if decision.fact is fact:
                return decision.answer
        known = fact in self._world
        tried = ANSWERS[fact][0] if known or not self._tried else self._tried.pop(0)
        answer = self._world.get(fact, tried)
        self.decisions.append(Decision(fact, answer, known))
        return answer

    def says(self, *ids: str) -> None:
        """The program prints lines of these kinds."""
        self.lines += ids

    def may_say(self, *ids: str) -> None:
        """It may print lines of these kinds, in some cases or versions."""
        self.others.update(ids)

    def ends(self, leaf: Leaf) -> Path:
        """The way so far, with where it ends."""
        return Path(leaf, tuple(self.decisions), tuple(self.lines), frozenset(self.others))


Procedure = Callable[[Ask], Leaf | None]


def paths(procedure: Procedure, world: World, version: Version = NEWEST) -> Iterator[Path]:
    """All ways through a procedure that agree with what is known; the one through a healthy world first."""
    pending: list[tuple[object, ...]] = [()]
    while pending:
        tried = pending.pop(0)
        ask = Ask(world, tried, version)
        leaf = procedure(ask)
        open_ones = [each for each in ask.decisions if not each.known]
        if leaf is not None:
            yield ask.ends(leaf)
        for place in range(len(tried), len(open_ones)):
            before = tuple(each.answer for each in open_ones[:place])
            pending += [(*before, other) for other in ANSWERS[open_ones[place].fact][1:]]


def forward(procedure: Procedure, world: World, version: Version = NEWEST) -> Path | None:
    """The way on which all that is not known is healthy; None where the procedure comes to no end of its own."""
    ask = Ask(world, (), version)
    leaf = procedure(ask)
    return ask.ends(leaf) if leaf is not None else None


# --- a process ---------------------------------------------------------------------------------------------------


def start(ask: Ask) -> Leaf | None:
    """What becomes of a worker process at its start (stages A and B); None when it comes to work."""
    user = ask(Fact.DATABASE_USER)
    if user == "variable only" or (user == "nowhere" and not ask.version.has(versions.EMPTY_SETTINGS)):
        ask.says("go-panic-config")
        return Leaf.X1
    if user == "file" and ask(Fact.SETTINGS) == "refused":
        ask.says("go-panic-config")
        return Leaf.X1
    ask.says("worker-starting")
    # Without a user there are no settings at all, those of the database among them.
    if user == "nowhere" or ask(Fact.DATABASE) == "unreachable":
        ask.says("worker-db-pool-failed")
        return Leaf.X2
    return _services(ask)


def _services(ask: Ask) -> Leaf | None:
    client = _client(ask)
    if client is None:
        return Leaf.X3
    if ask(Fact.NATS) == "unusable":
        ask.says("worker-start-failed")
        return Leaf.X4
    ask.says("worker-started")
    if not client and not ask.version.has(versions.OPENAI) and ask(Fact.OPEN_ROWS):
        ask.says("go-panic-nil")
        return Leaf.X5
    return None


def _client(ask: Ask) -> bool | None:
    """Whether there is a batch client; None when the worker ends over its Gemini settings."""
    if ask.version.has(versions.OPENAI) and ask(Fact.PROVIDER) == "openai":
        ask.says("openai-service", "async-batch-unsupported")
        return True
    if not ask(Fact.KEY):
        ask.says("gemini-key-missing")
        return None
    if ask(Fact.GEMINI_SETTINGS) == "refused":
        ask.says("gemini-client-failed")
        return None
    present = bool(ask(Fact.CLIENT_WANTED))
    if present:
        ask.says("batch-enabled")
        present = ask(Fact.DIRECTORIES) == "creatable"
        ask.says("batch-client-ok" if present else "batch-client-failed")
    ask.says("gemini-service")
    return present


# --- a repository ------------------------------------------------------------------------------------------------


def embed(ask: Ask) -> Leaf:
    """What becomes of a repository (stages C and D), and of its batches (stage E)."""
    if ask(Fact.REPOSITORY) == "done":
        ask.says("job-repo-completed-skip")
        ask.may_say("job-repo-archived-skip", *DONE)
        return Leaf.K1
    if ask(Fact.FETCHING) == "fails":
        # Neither of the engines has anything to work on: the job fails as a whole. It may be the second step that does.
        ask.may_say("git-token-auth", "git-ssh-auth", "git-clone-ok")
        return _fails(ask, Leaf.F1, "consumer-nak")
    left_out = ask.version.has(versions.CLONE_SKIPPED) and ask(Fact.CLONE) == "left out"
    ask.says("git-token-auth" if left_out else "git-clone-ok", "parse-done", "embed-start")
    # A version that does run git tells of the log-in as well.
    ask.may_say("git-token-auth")
    if ask(Fact.TIME) == "over":
        return _fails(ask, Leaf.F2, "embed-ctx-cancelled")
    if ask(Fact.LIMITS) == "refused":
        return _fails(ask, Leaf.F3, "embed-config-invalid")
    if left_out or ask(Fact.CHUNKS) == "unusable":
        return _fails(ask, Leaf.F1, "embed-chunks-invalid")
    ask.says("embed-decision")
    if not ask(Fact.ROAD):
        return _one_by_one(ask, Leaf.S1)
    if not ask(Fact.ENOUGH):
        return _one_by_one(ask, Leaf.S2)
    return _queue(ask)


def _queue(ask: Ask) -> Leaf:
    """The queue in memory, which is only ever filled; without a manager for it nothing is lost."""
    if not ask(Fact.QUEUE_MANAGER):
        ask.says("embed-direct")
        return _batches(ask)
    state = ask(Fact.QUEUE)
    if state == "accepts":
        ask.says("queue-bulk")
        return _batches(ask)
    ask.says("embed-queue-failed")
    if state == "full" and ask(Fact.FALLBACK):
        ask.says("embed-queue-fallback")
        return _one_by_one(ask, Leaf.S3)
    return _fails(ask, Leaf.F4)


def _batches(ask: Ask) -> Leaf:
    if ask(Fact.TEST):
        ask.says("embed-mode-test", "embed-batch-test-start", "embed-batch-test-done")
        ask.may_say(*DONE)
        return Leaf.T1
    ask.says("embed-mode-production", "batch-loop-start", "batch-loop-batch")
    # Batches before this one may have gone well, and some may have had nothing missing.
    ask.may_say("batch-queueing", "batch-queued", "batch-all-present")
    if not _has_client(ask):
        ask.says("batch-submit-failed")
        return _falls_back(ask, Leaf.S4, Leaf.F5)
    ask.says("batch-queueing")
    stored = ask(Fact.STORE)
    if stored == "refused":
        ask.says("batch-submit-failed")
        ask.may_say("batch-quota-exceeded")
        allowed = ask(Fact.ERROR_TEXT) == "allows falling back"
        return _falls_back(ask, Leaf.S5, Leaf.F6) if allowed else _fails(ask, Leaf.F6)
    if stored == "nothing missing" and ask.version.has(versions.SKIPPING):
        ask.says("batch-all-present", "batch-all-async")
        ask.may_say(*ALL_STORED, *DONE)
        return Leaf.K2
    ask.says("batch-queued", "batch-all-async")
    ask.may_say(*ALL_STORED, *DONE)
    return deliver(ask)


def _has_client(ask: Ask) -> bool:
    """Whether the worker has something that takes batches; with openai that is one that does nothing."""
    openai = ask.version.has(versions.OPENAI) and ask(Fact.PROVIDER) == "openai"
    return openai or bool(ask(Fact.CLIENT))


def _falls_back(ask: Ask, sequential: Leaf, failed: Leaf) -> Leaf:
    if not ask.version.has(versions.FALLBACK) or not ask(Fact.FALLBACK):
        return _fails(ask, failed)
    ask.says("batch-fallback")
    # The line of a loop that came to its end is printed after a fallback as well.
    ask.may_say(*ALL_STORED)
    return _one_by_one(ask, sequential, "embed-seq-fallback-failed")


def _one_by_one(ask: Ask, leaf: Leaf, failure: str = "embed-chunk-failed") -> Leaf:
    """One request for each chunk; whatever goes wrong with one of them ends it."""
    ask.says("embed-seq-start")
    run = ask(Fact.RUN)
    if run == "nothing missing" and ask.version.has(versions.SKIPPING):
        ask.says("embed-all-present-seq")
        ask.may_say(*DONE)
        return Leaf.K2
    if run == "breaks off":
        ask.may_say("gc-failed", "embed-store-failed", failure)
        return _fails(ask, Leaf.F7, "embed-chunk-failed")
    if run == "time is over":
        ask.may_say("embed-chunk-failed", failure)
        return _fails(ask, Leaf.F2, "embed-cancelled")
    ask.says("embed-seq-done")
    ask.may_say(*DONE)
    return Leaf.T2 if ask(Fact.TEST) else leaf


def _fails(ask: Ask, leaf: Leaf, *ids: str) -> Leaf:
    ask.says(*ids)
    ask.may_say(*FAILED)
    return leaf


# How the end of the work on a repository shows itself, with Zoekt beside it or without.
DONE = ("embed-engine-ok", "job-completed", "consumer-ack")
FAILED = ("embed-engine-failed", "finalize-both-failed", "consumer-nak", "consumer-ack")
ALL_STORED = ("batch-all-async", "batch-all-submitted-old", "batch-job-submitted-old")


# --- a batch -----------------------------------------------------------------------------------------------------


def deliver(ask: Ask) -> Leaf:
    """What becomes of a batch that was stored (stage E); none of it makes anything sequential."""
    openai = ask.version.has(versions.OPENAI) and ask(Fact.PROVIDER) == "openai"
    if openai or not ask(Fact.SUBMITTER):
        return Leaf.B2
    submission = ask(Fact.SUBMISSION)
    if submission == "waits":
        return Leaf.B1
    ask.says("sub-first")
    if submission == "quota":
        ask.says("sub-rate-limit")
        ask.may_say("sub-retry-scheduled", "sub-max-attempts")
        return Leaf.B3
    if submission == "refused":
        ask.says("sub-non-retryable")
        return Leaf.B4
    ask.says("gb-created", "sub-file-uploaded")
    return _collect(ask)


def _collect(ask: Ask) -> Leaf:
    at_google = ask(Fact.GOOGLE)
    if at_google == "succeeded":
        ask.says("poll-completed")
        usable = ask(Fact.RESULTS) == "usable"
        ask.says("poll-marked-completed" if usable else "poll-processing-failed")
        return Leaf.B0 if usable else Leaf.B8
    if at_google == "failed":
        ask.says("poll-job-failed")
        ask.may_say("poll-retry", "retry-batch", "poll-max-retries")
        return Leaf.B6
    if at_google == "cancelled":
        ask.says("poll-cancelled")
        return Leaf.B7
    ask.says("poll-polled")
    return Leaf.B5 if at_google == "not known" else Leaf.B1
