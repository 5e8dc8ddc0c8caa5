"""NATS as the program would find it: the way there, the stream of jobs, and who fetches them."""

from __future__ import annotations

from enum import StrEnum

from doctor.model import Location
from doctor.values import value

STREAM, SUBJECT, CONSUMER = "INDEXING", "indexing.job", "indexing-consumer"
# What the program gives its stream when it makes it.
SUBJECTS = "indexing.>"
# 20 of 24 hours.
MOST_OF_LIFE = 5 / 6


def overlap(one: str, other: str) -> bool:
    """Whether there is a subject that both patterns take; `*` is one word of it, `>` all the rest, at least one."""
    mine, theirs = one.split("."), other.split(".")
    for left, right in zip(mine, theirs, strict=False):
        if ">" in (left, right):
            return True
        if left != right and "*" not in (left, right):
            return False
    return len(mine) == len(theirs)


class NatsFault(StrEnum):
    """How a try to reach a server, or to use it, ended."""

    SETTING = "setting"
    NAME_UNKNOWN = "name unknown"
    REFUSED = "refused"
    TIMED_OUT = "timed out"
    OTHER_PROTOCOL = "other protocol"
    TLS = "TLS"
    LOGIN = "login refused"
    PERMISSION = "permission refused"
    BROKEN_OFF = "broken off"
    STOPPED = "its container is stopped"


@value
class NatsServer:
    """
    One server of `nats.url` (a list is allowed), and how the try to use it ended.

    `url` is without user and password. `fault` is None when a session was opened, `text` the reason in the words of
    the system or the server. `asked` is where it was reached from here, None where both are the same. `login` is what
    nats.url has of a login: `user` or `token`, None for nothing.
    """

    url: str
    host: str
    port: int
    fault: NatsFault | None = None
    text: str = ""
    asked: str | None = None
    version: str | None = None
    login: str | None = None

    @property
    def address(self) -> str:
        """Host and port."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@value
class NatsConsumer:
    """
    A consumer of the stream of jobs; counts are messages, `waiting` pull requests that wait for one.

    Of several filters `filter_subject` is one that takes jobs, if there is any; None for no filter. `delivered` counts
    deliveries, repeated ones too.
    """

    name: str
    filter_subject: str | None = None
    pending: int = 0
    ack_pending: int = 0
    redelivered: int = 0
    waiting: int = 0
    max_deliver: int | None = None
    paused: bool = False
    delivered: int = 0
    created_at: float | None = None

    def takes(self, subject: str = SUBJECT) -> bool:
        """Whether messages on this subject go to it."""
        return self.filter_subject is None or overlap(self.filter_subject, subject)


@value
class NatsStream:
    """
    A stream; `messages` and `bytes` are what it holds, `max_bytes` None for no limit. `first_at` is when its oldest
    message was stored (seconds since the epoch), `max_age` its limit in seconds, None for none. `jobs` is how many of
    its messages are on the subject of jobs, None where the server does not tell; `repositories` are those that its
    oldest jobs are about, without user and password, and only looked at when something is wrong with these. `cloned`
    are the ids of those of its oldest messages that the worker's workspace has a directory of. `consumers_known` is
    False when the login may not see them, `steady` is False when counters moved while they were read. A sealed one
    takes no messages any more.
    """

    name: str
    subjects: tuple[str, ...] = ()
    retention: str = "workqueue"
    discard: str = "old"
    messages: int = 0
    bytes: int = 0
    max_bytes: int | None = None
    max_messages: int | None = None
    first_at: float | None = None
    last_at: float | None = None
    max_age: float | None = None
    consumers: tuple[NatsConsumer, ...] = ()
    consumers_known: bool = True
    jobs: int | None = None
    repositories: tuple[str, ...] = ()
    sealed: bool = False
    steady: bool = True
    cloned: tuple[str, ...] = ()

    def takes(self, subject: str = SUBJECT) -> bool:
        """Whether messages on this subject, or on one of this pattern, are stored in it."""
        return any(overlap(each, subject) for each in self.subjects)

    @property
    def idle(self) -> bool:
        """Whether jobs wait, and nobody asks for one or works on one."""
        mine = self.consumer()
        return mine is not None and mine.pending > 0 and not (mine.waiting or mine.ack_pending or mine.paused)

    @property
    def stranded(self) -> int:
        """How many jobs nobody will get any more, as their deliveries are used up; 0 where that cannot be told."""
        mine = self.consumer()
        if mine is None or self.jobs is None:
            return 0
        return max(0, self.jobs - mine.pending - mine.ack_pending)

    def expiring(self, now: float) -> bool:
        """Whether its oldest message has used up most of its time: 20 hours of the usual 24."""
        if self.first_at is None or self.max_age is None or not self.messages:
            return False
        return now - self.first_at > self.max_age * MOST_OF_LIFE

    def consumer(self, name: str = CONSUMER) -> NatsConsumer | None:
        """The consumer with this name."""
        return next((each for each in self.consumers if each.name == name), None)


@value
class Nats:
    """
    What NATS showed.

    `servers` are those of nats.url in order; `at` is where that stands. `jetstream` is None when no session was opened,
    or when it does not tell; `jetstream_text` is the reason when it is not on. `stream` is INDEXING, `owner` the other
    stream that has the subject of jobs. `storage_left` is in bytes, None for no limit. `again` is the same stream
    looked at up to 10 seconds later, which only happens when nobody seems to fetch. `monitoring` is where the server
    was asked over HTTP, None where that did not work. `now` is seconds since the epoch, by the server's clock where it
    tells it.
    """

    at: Location
    servers: tuple[NatsServer, ...] = ()
    jetstream: bool | None = None
    jetstream_text: str = ""
    stream: NatsStream | None = None
    again: NatsStream | None = None
    owner: NatsStream | None = None
    storage_left: int | None = None
    monitoring: str | None = None
    now: float = 0.0

    @property
    def reached(self) -> NatsServer | None:
        """The first server with which a session was opened."""
        return next((each for each in self.servers if each.fault is None), None)
