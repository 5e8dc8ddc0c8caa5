"""The way to NATS, walked as the worker's client goes it, and what it has there."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from ssl import SSLContext

from doctor.engine import OFFLINE, Touches, source
from doctor.errors import SourceError, Withheld
from doctor.facts import (
    Compose,
    Containers,
    Directories,
    Environment,
    Habitat,
    Nats,
    NatsFault,
    NatsServer,
    Resolution,
    Worker,
)
from doctor.facts.nats import SUBJECT, SUBJECTS, NatsStream
from doctor.needs import IfObserved, Observed
from doctor.sources import certificates
from doctor.sources.channel import Broken, dial, look_up
from doctor.sources.configuration import working_directory
from doctor.sources.nats import jetstream, monitoring
from doctor.sources.nats.addresses import Address, addresses
from doctor.sources.nats.places import place
from doctor.sources.nats.session import Answered, Denied, Ended, Nobody, Session, Wire, ended
from doctor.sources.network import Outside
from doctor.target import Deadline, Target

URL, TEST_MODE, SCHEME = "nats.url", "nats.test_mode", "nats://"

# How long the way to all servers, and then all questions, may take, in seconds.
WAY, QUESTIONS = 6.0, 5.0
# What the program's own client gives one server; nothing is gained by waiting longer.
ONE_SERVER = 3.0
# How long nobody may fetch before that means something, and how often one looks meanwhile, in seconds.
PAUSE, STEP = 10.0, 1.0
QUERIES = "read-only questions to JetStream: account, stream INDEXING, its consumers and oldest jobs"


def touches(target: Target, resolution: Resolution) -> Touches:
    """The servers as the program calls them, and what is asked there."""
    try:
        found = _wanted(target, resolution)
    except SourceError:
        return Touches()
    clients = [f"{each.name} (NATS)" for each in found if each.host]
    pages = [f"{replace(each, port=monitoring.PORT).name} (NATS, monitoring)" for each in found if each.host]
    return Touches(hosts=tuple(dict.fromkeys((*clients, *pages))), queries=(QUERIES,))


def _wanted(target: Target, resolution: Resolution) -> tuple[Address, ...]:
    """The servers to try. Raises SourceError for why none is."""
    if target.offline:
        raise Withheld(OFFLINE)
    if resolution.outcome != "ok":
        raise SourceError("the program does not start with this configuration, so there is no server to ask")
    if resolution.value(TEST_MODE):
        raise Withheld(f"{TEST_MODE} is true, so that the API uses no NATS")
    url = str(resolution.value(URL) or "")
    if not url.startswith(SCHEME):
        raise SourceError(f"{URL} is empty or does not begin with {SCHEME}, so there is no server to ask")
    return addresses(url)


@dataclass(frozen=True)
class _Way:
    """How a server is reached: where it is seen from here, and what is trusted."""

    worker: Worker
    where: Callable[[str, int], Outside | None]
    context: Callable[[], SSLContext]

    def go(self, address: Address, ends_at: float) -> tuple[NatsServer, Session | None]:
        """Try one server. Raises SourceError when it cannot be tried from here."""
        server = NatsServer(address.url, address.host, address.port, login=address.kind_of_login)
        if address.fault is not None:
            return replace(server, fault=NatsFault.SETTING, text=address.fault), None
        try:
            outside = self.where(address.host, address.port)
        except Ended as end:
            return replace(server, fault=end.fault, text=end.text), None
        server = replace(server, asked=outside.where if outside is not None else None)
        host, port = (outside.host, outside.port) if outside is not None else (address.host, address.port)
        try:
            session = self._open(address, host, port, ends_at)
        except Ended as end:
            self._check(end, address, outside)
            return replace(server, fault=end.fault, text=end.text), None
        version = session.info.get("version")
        return replace(server, version=version if isinstance(version, str) else None), session

    def _open(self, address: Address, host: str, port: int, ends_at: float) -> Session:
        try:
            found = look_up(host, port, ends_at - time.monotonic())
            connection = dial(found, ends_at)
        except Broken as broken:
            raise ended(broken) from None
        session = Session(Wire(connection, ends_at), ends_at)
        try:
            session.open(address.login, tls=address.tls, server_name=address.host, context=self.context)
        except BaseException:
            session.close()
            raise
        return session

    def _check(self, end: Ended, address: Address, outside: Outside | None) -> None:
        """A name without a dot may well be known where a container is, though it is not known here."""
        if self.worker.kind is not Habitat.CONTAINER or outside is not None or "." in address.host:
            return
        if end.fault is NatsFault.NAME_UNKNOWN:
            raise SourceError(f"not reachable from here: {address.host} is a name that only containers may know")


@source("nats", deadline=24, touches=touches)
def nats(
    target: Target,
    worker: Worker,
    environment: Environment,
    resolution: Resolution,
    compose: Compose,
    containers: Observed[Containers],
    directories: IfObserved[Directories],
    deadline: Deadline,
) -> Nats:
    """Go to the servers of nats.url as API and worker would, and look at the stream of jobs. Nothing is changed."""
    wanted = _wanted(target, resolution)
    # What is named in a container's variables lies in the container.
    trust = {} if worker.kind is Habitat.CONTAINER else environment.mapping()
    way = _Way(
        worker,
        partial(place, worker, compose, containers.value),
        partial(certificates.go_context, trust, working_directory(target, worker)),
    )
    servers, session, used = _walk(way, wanted, deadline.ends_within(WAY))
    seen = Nats(resolution.where(URL), servers, now=time.time())
    if session is None:
        return seen
    try:
        seen = _with_cloned(_asked(seen, session, deadline), session, directories.value)
        return _with_storage(seen, way, used, session, deadline) if seen.stream is not None else seen
    except Ended as end:
        broken = replace(used, fault=end.fault, text=end.text)
        return replace(seen, servers=tuple(broken if each is used else each for each in servers))
    finally:
        session.close()


def _walk(
    way: _Way, wanted: tuple[Address, ...], ends_at: float
) -> tuple[tuple[NatsServer, ...], Session | None, NatsServer]:
    """All servers in order, the session with the first that opened one, and which that is, else the last."""
    if any(each.fault is not None for each in wanted):
        wanted = tuple(each for each in wanted if each.fault is not None)  # the client then tries none
    servers: list[NatsServer] = []
    kept: tuple[Session, NatsServer] | None = None
    unreachable: SourceError | None = None
    for index, address in enumerate(wanted):
        now = time.monotonic()
        share = min(ONE_SERVER, max(0.1, (ends_at - now) / (len(wanted) - index)))
        try:
            server, session = way.go(address, now + share)
        except SourceError as error:
            unreachable = error
            continue
        servers.append(server)
        if session is not None and kept is None:
            kept = session, server
        elif session is not None:
            session.close()
    if not servers:
        raise unreachable or SourceError(f"{URL} names no server")
    return tuple(servers), kept[0] if kept else None, kept[1] if kept else servers[-1]


# --- asking --------------------------------------------------------------------------------------------------------


def _asked(seen: Nats, session: Session, deadline: Deadline) -> Nats:
    session.extend(deadline.ends_within(QUESTIONS))
    session.listen()
    on, text, left = jetstream.account(session)
    seen = replace(seen, jetstream=on, jetstream_text=text)
    if on is False:
        return seen
    try:
        stream, now = jetstream.look(session)
    except Denied as denied:
        raise Ended(NatsFault.PERMISSION, str(denied)) from None
    except Nobody:
        return replace(seen, jetstream=False, jetstream_text="nobody answers what is asked about JetStream")
    except Answered as error:
        # With such a status JetStream, or the part of it that has the stream, is not there now.
        off = error.status == jetstream.AWAY
        return replace(seen, jetstream=False if off else None, jetstream_text=error.text)
    seen = replace(seen, jetstream=True, jetstream_text="", stream=stream, storage_left=left, now=now)
    seen = _with_owner(seen, session)
    return _with_repositories(_again(seen, session, deadline), session)


def _with_storage(seen: Nats, way: _Way, used: NatsServer, session: Session, deadline: Deadline) -> Nats:
    """The server's own limit, where its monitoring tells."""
    try:
        outside = way.where(used.host, monitoring.PORT)
    except (SourceError, Ended):
        return seen
    host, port = (outside.host, outside.port) if outside is not None else (used.host, monitoring.PORT)
    ends_at = deadline.ends_within(monitoring.PATIENCE)
    left = monitoring.storage_left(host, port, str(session.info.get("server_id")), ends_at)
    if left is None:
        return seen
    known = [each for each in (seen.storage_left, left) if each is not None]
    return replace(seen, storage_left=min(known), monitoring=f"{host}:{port}")


def _with_owner(seen: Nats, session: Session) -> Nats:
    if seen.stream is not None and seen.stream.takes():
        return seen
    return replace(seen, owner=jetstream.owner(session, of=SUBJECTS if seen.stream is None else SUBJECT))


def _with_repositories(seen: Nats, session: Session) -> Nats:
    """What the jobs are about, where they may be in danger."""
    if seen.stream is None or not (seen.stream.stranded or seen.stream.expiring(seen.now)):
        return seen
    about = jetstream.repositories(session, seen.stream, seen.now)
    return replace(seen, stream=replace(seen.stream, repositories=about))


def _with_cloned(seen: Nats, session: Session, directories: Directories | None) -> Nats:
    """Which messages have left something in the workspace, where anything is there at all."""
    names = {each.name for each in directories.leftovers} if directories is not None else set()
    if seen.stream is None or not seen.stream.messages or not names:
        return seen
    return replace(seen, stream=replace(seen.stream, cloned=jetstream.among(session, names)))


def _again(seen: Nats, session: Session, deadline: Deadline) -> Nats:
    """The second look, when nobody seems to fetch; over as soon as somebody does, and not begun without the time."""
    if seen.stream is None or not seen.stream.idle or deadline.within(PAUSE + STEP) < PAUSE + STEP:
        return seen
    ends_at = time.monotonic() + PAUSE
    stream: NatsStream | None = seen.stream
    while stream is not None and not _moved(seen.stream, stream) and time.monotonic() < ends_at:
        time.sleep(max(0.0, min(STEP, ends_at - time.monotonic())))
        session.extend(deadline.ends_within(QUESTIONS))
        try:
            stream, _ = jetstream.look(session)
        except (Denied, Nobody, Answered):
            return seen
    return replace(seen, again=stream)


def _moved(before: NatsStream, after: NatsStream) -> bool:
    one, other = before.consumer(), after.consumer()
    return not after.idle or one is None or other is None or one.delivered != other.delivered


SOURCES = (nats,)
