"""nats: the way to the server, the stream of jobs, and who fetches them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from checks.nats._server import STARTING
from checks.nats.auth import auth
from checks.nats.jetstream_off import jetstream_off
from checks.nats.messages_stranded import messages_stranded
from checks.nats.not_consumed import not_consumed
from checks.nats.stream_missing import stream_missing
from checks.nats.stream_unusable import ROOM, stream_unusable
from checks.nats.unreachable import unreachable
from doctor import facts
from doctor.api import Skipped
from doctor.errors import SourceError
from doctor.facts.containers import Container, Containers, ContainerState
from doctor.facts.nats import Nats, NatsConsumer, NatsFault, NatsServer, NatsStream, overlap
from doctor.model import Location, Severity
from doctor.needs import Observed
from tests.checks.environments import CONTAINER, HERE, RUNNING

NOW = 1_764_160_000.0
HOUR = 3600.0
AT = Location.env("CODECHUNK_NATS_URL", key="nats.url")
SERVER = NatsServer("nats://localhost:4222", "localhost", 4222, version="2.10.26")
NONE = facts.Compose()
COMPOSE = facts.Compose(
    "docker-compose.yml",
    {
        "nats": facts.ComposeService(
            "nats", 3, image="nats:2.10-alpine", container="cc-nats", ports=(facts.PublishedPort(4222, 14222),)
        ),
        "web": facts.ComposeService("web", 9, image="nginx", ports=(facts.PublishedPort(80, 4333),)),
    },
)


def alone(name, image=None):
    """A compose file with one service."""
    return facts.Compose("docker-compose.yml", {name: facts.ComposeService(name, 3, image=image)})


NOBODY = facts.Processes()
UNSEEN = Observed(None, SourceError("no engine"))
MINE = NatsConsumer("indexing-consumer", "indexing.job", max_deliver=3, waiting=1, delivered=4)
STREAM = NatsStream("INDEXING", ("indexing.>",), consumers=(MINE,), jobs=0, max_age=24 * HOUR)


def seen(stream=STREAM, *, servers=(SERVER,), jetstream=True, **values):
    """What NATS showed; a server with an empty stream that is well."""
    return Nats(AT, servers, jetstream, stream=stream, now=NOW, **values)


def failed(fault, text="some reason", **values):
    """NATS where the only server ended so."""
    return Nats(AT, (replace(SERVER, fault=fault, text=text, **values),), now=NOW)


def consumed(stream=STREAM, **values):
    """The stream whose consumer has these values."""
    return replace(stream, consumers=(replace(MINE, **values),))


def api(started=1.0):
    """A process of the API."""
    return facts.Processes((facts.Process("api", 6, ("codechunking", "api"), "/", started),))


def contained(role, state=ContainerState.RUNNING, started=1.0):
    """One container."""
    return Observed(Containers("Docker", "unix", (Container("id1", "c1", state, role=role, started_at=started),)))


# --- subjects ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ("indexing.job", "indexing.other", False),
        ("indexing", "indexing.>", False),
        ("indexing.*", "indexing.job.x", False),
        ("other.>", "indexing.job", False),
        ("indexing.job", "indexing.job", True),
        ("indexing.>", "indexing.job", True),
        ("*.job", "indexing.*", True),
        (">", "indexing.>", True),
        ("indexing.job.>", "indexing.>", True),
    ],
)
def test_subjects_overlap(one, other, both):
    assert overlap(one, other) is overlap(other, one) is both


# --- the way -------------------------------------------------------------------------------------------------------

LATER = (NatsFault.LOGIN, NatsFault.PERMISSION)
ON_THE_WAY = [fault for fault in NatsFault if fault not in LATER]


@pytest.mark.parametrize("nats", [seen(), seen(None, jetstream=False), *map(failed, LATER)])
def test_it_is_reached(resolved, nats):
    assert unreachable(nats, resolved(), NONE, HERE) == ()


@pytest.mark.parametrize("nats", [seen(), seen(None, jetstream=False), *map(failed, ON_THE_WAY)])
def test_the_login_is_not_at_fault(nats):
    assert auth(nats, HERE) == ()


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (NatsFault.SETTING, "the address cannot be used: some reason"),
        (NatsFault.NAME_UNKNOWN, "the name of localhost:4222 cannot be looked up: some reason"),
        (NatsFault.REFUSED, "nothing listens at localhost:4222"),
        (NatsFault.TIMED_OUT, "localhost:4222 does not answer: some reason"),
        (NatsFault.OTHER_PROTOCOL, "what answers at localhost:4222 is not NATS: some reason"),
        (NatsFault.TLS, "TLS with localhost:4222 fails: some reason"),
        (NatsFault.BROKEN_OFF, "localhost:4222 breaks the connection off: some reason"),
        (NatsFault.STOPPED, "localhost:4222 is not there: some reason"),
    ],
)
def test_the_fault_is_named(resolved, fault, message):
    (finding,) = unreachable(failed(fault), resolved(), NONE, HERE)

    assert (finding.message, finding.at, finding.severity) == (message, AT, Severity.ERROR)
    assert finding.fix is not None


def test_every_fault_belongs_to_one_of_the_two(resolved):
    fired = [
        len(unreachable(failed(fault), resolved(), NONE, HERE)) + len(auth(failed(fault), HERE)) for fault in NatsFault
    ]

    assert set(fired) == {1}


@pytest.mark.parametrize("fault", [None, *LATER])
def test_another_server_of_the_list_answers(resolved, fault):
    broken = replace(SERVER, host="a", fault=NatsFault.REFUSED)
    (finding,) = unreachable(seen(servers=(broken, replace(SERVER, fault=fault))), resolved(), NONE, HERE)

    assert (finding.message, finding.severity) == ("nothing listens at a:4222", Severity.WARNING)


@pytest.mark.parametrize(
    ("fault", "severity"),
    [(NatsFault.LOGIN, Severity.WARNING), (NatsFault.PERMISSION, Severity.ERROR)],  # one that let it in is kept
)
def test_another_server_of_the_list_takes_the_login(fault, severity):
    (finding,) = auth(seen(servers=(replace(SERVER, host="a", fault=fault), SERVER)), HERE)

    assert finding.severity is severity


@pytest.mark.parametrize(
    ("fault", "values", "compose", "worker", "commands"),
    [
        ("REFUSED", {}, NONE, HERE, ("nats-server --jetstream --store_dir nats",)),
        ("REFUSED", {"port": 14222}, COMPOSE, HERE, ("docker compose up -d nats",)),
        ("REFUSED", {"port": 4333}, COMPOSE, HERE, ("nats-server --port 4333 --jetstream --store_dir nats",)),
        ("REFUSED", {"host": "far.example.com"}, COMPOSE, HERE, ()),
        ("REFUSED", {"host": "far.example.com"}, COMPOSE, CONTAINER, ("docker compose restart api worker",)),
        ("REFUSED", {"host": "nats"}, alone("nats"), HERE, ("docker compose up -d nats",)),
        ("REFUSED", {"host": "nats"}, alone("nats", "nginx"), HERE, ()),
        ("REFUSED", {"host": "bus"}, alone("bus"), HERE, ()),
        (
            "STOPPED",
            {"host": "cc-nats"},
            COMPOSE,
            CONTAINER,
            ("docker compose up -d nats", "docker compose restart api worker"),
        ),
        (
            "NAME_UNKNOWN",
            {"host": "nats"},
            COMPOSE,
            CONTAINER,
            ("docker compose up -d nats", "docker compose restart api worker"),
        ),
    ],
)
def test_how_it_is_started(resolved, fault, values, compose, worker, commands):
    (finding,) = unreachable(failed(NatsFault[fault], **values), resolved(), compose, worker)

    assert finding.fix.commands == commands


@pytest.mark.parametrize(
    ("fault", "values", "words", "absent"),
    [
        ("OTHER_PROTOCOL", {"port": 8222}, "8222 is only for monitoring", "?"),
        ("OTHER_PROTOCOL", {}, "mostly 4222.", "monitoring"),
        ("TLS", {}, "Give the server a certificate for localhost", "Write nats://"),
        ("TLS", {"url": "tls://localhost:4222"}, "Write nats:// for all servers", "certificate for localhost"),
    ],
)
def test_what_is_advised(resolved, fault, values, words, absent):
    (finding,) = unreachable(failed(NatsFault[fault], **values), resolved(), NONE, HERE)

    assert words in finding.fix.summary
    assert absent not in finding.fix.summary
    assert [each.name for each in finding.related] == [f"localhost:{values.get('port', 4222)}"]


def test_an_address_without_a_host_is_no_place(resolved):
    (finding,) = unreachable(failed(NatsFault.SETTING, host=""), resolved(), NONE, HERE)

    assert finding.related == ()


@pytest.mark.parametrize(
    ("host", "compose", "url"),
    [
        ("nats", COMPOSE, "nats://localhost:14222"),
        ("host.docker.internal", NONE, "nats://localhost:4222"),
    ],
)
def test_on_the_host_a_name_of_containers_is_localhost(resolved, host, compose, url):
    config = resolved(f"nats: {{url: 'nats://{host}:4222'}}")
    (finding,) = unreachable(failed(NatsFault.NAME_UNKNOWN, host=host), config, compose, HERE)

    assert [(each.key, each.after) for each in finding.fix.edits] == [("nats.url", url)]


def test_a_list_or_a_login_is_not_edited(resolved):
    config = resolved("nats: {url: 'nats://u:secret-one@nats:4222'}")
    (finding,) = unreachable(failed(NatsFault.NAME_UNKNOWN, host="nats", login="user"), config, COMPOSE, HERE)

    assert finding.fix.edits == ()
    assert "localhost:14222" in finding.fix.summary
    assert "secret-one" not in repr(finding)


@pytest.mark.parametrize(
    ("login", "fault", "message"),
    [
        (None, "LOGIN", "localhost:4222 wants a login, and nats.url has none: some reason"),
        ("user", "LOGIN", "localhost:4222 refuses the user and password of nats.url: some reason"),
        ("token", "LOGIN", "localhost:4222 refuses the token of nats.url: some reason"),
        ("user", "PERMISSION", "the user of nats.url may not do what the program does at localhost:4222: some reason"),
    ],
)
def test_the_login_is_refused(login, fault, message):
    (finding,) = auth(failed(NatsFault[fault], login=login), HERE)

    assert (finding.message, finding.severity) == (message, Severity.ERROR)
    assert ("Let this login publish" in finding.fix.summary) is (fault == "PERMISSION")


# --- JetStream -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("nats", [seen(), seen(None), seen(None, jetstream=None), *map(failed, NatsFault)])
def test_jetstream_is_on_or_not_known(nats):
    assert jetstream_off(nats, NONE, HERE) == ()


@pytest.mark.parametrize(
    ("text", "compose", "words"),
    [
        ("not enabled", NONE, "Start the server with JetStream"),
        ("not enabled", COMPOSE, "`command:` of nats"),
        ("JetStream not enabled for account", COMPOSE, "`jetstream: enabled` for this account"),
        ("JetStream system temporarily unavailable", COMPOSE, "Look into the log"),
    ],
)
def test_jetstream_is_off(text, compose, words):
    nats = seen(None, jetstream=False, jetstream_text=text, servers=(replace(SERVER, port=14222),))
    (finding,) = jetstream_off(nats, compose, HERE)

    assert finding.message == f"JetStream does not answer at localhost:14222: {text}"
    assert words in finding.fix.summary


@pytest.mark.parametrize(("port", "option"), [(4222, ""), (4333, " --port 4333")])
def test_a_server_with_jetstream_is_started(port, option):
    (finding,) = jetstream_off(seen(None, jetstream=False, servers=(replace(SERVER, port=port),)), NONE, HERE)

    assert finding.fix.commands == (f"nats-server{option} --jetstream --store_dir nats",)


@pytest.mark.parametrize(("text", "why"), [("", "what it has$"), ("no answer", "what it has: no answer$")])
def test_why_nothing_is_known_of_the_stream(text, why):
    with pytest.raises(Skipped, match=why):
        stream_unusable(seen(None, jetstream=None, jetstream_text=text))


@pytest.mark.parametrize("nats", [seen(None, jetstream=False), seen(None, jetstream=None), *map(failed, NatsFault)])
def test_nothing_is_said_of_a_stream_that_nobody_told_of(resolved, nats):
    for rule in (
        lambda: stream_missing(nats, RUNNING, NOBODY, UNSEEN),
        lambda: stream_unusable(nats),
        lambda: not_consumed(nats, RUNNING, NOBODY, UNSEEN),
        lambda: messages_stranded(nats, resolved()),
    ):
        with pytest.raises(Skipped):
            rule()


# --- nats.stream-missing -------------------------------------------------------------------------------------------

OWNER = NatsStream("JOBS", ("indexing.job",))
JUST_STARTED = replace(RUNNING, started_at=NOW - 5)


@pytest.mark.parametrize(
    ("nats", "worker", "processes", "containers"),
    [
        pytest.param(seen(), RUNNING, api(), UNSEEN, id="there"),
        pytest.param(seen(None), HERE, NOBODY, UNSEEN, id="nobody runs"),
        pytest.param(seen(None), JUST_STARTED, api(NOW - 5), UNSEEN, id="started now"),
        pytest.param(seen(None), HERE, api(NOW - STARTING), UNSEEN, id="just so long ago"),
        pytest.param(seen(None), HERE, NOBODY, contained("nats"), id="another container"),
        pytest.param(seen(None), HERE, NOBODY, contained("api", ContainerState.EXITED), id="an ended container"),
        pytest.param(seen(None), HERE, NOBODY, contained("api", ContainerState.RESTARTING), id="a loop"),
        pytest.param(seen(None, owner=OWNER), RUNNING, api(), UNSEEN, id="another has the subjects"),
    ],
)
def test_no_stream_is_missed(nats, worker, processes, containers):
    assert stream_missing(nats, worker, processes, containers) == ()


@pytest.mark.parametrize(
    ("worker", "processes", "containers", "who"),
    [
        (RUNNING, NOBODY, UNSEEN, "worker runs"),
        (HERE, api(), UNSEEN, "API runs"),
        (HERE, NOBODY, contained("api"), "API runs"),
        (HERE, NOBODY, contained("worker"), "worker runs"),
        (RUNNING, api(), UNSEEN, "API and worker run:"),
        (JUST_STARTED, api(), contained("worker"), "API runs"),
    ],
)
def test_the_stream_is_missing(worker, processes, containers, who):
    (finding,) = stream_missing(seen(None), worker, processes, containers)

    assert finding.message.startswith("there is no stream INDEXING at localhost:4222, although the ")
    assert who in finding.message
    assert "codechunk.indexing.jobs" in finding.note


# --- nats.stream-unusable ------------------------------------------------------------------------------------------


def foreign(name="dashboard", filter_subject=None):
    """A stream with a consumer of somebody else."""
    return replace(STREAM, consumers=(MINE, NatsConsumer(name, filter_subject)))


@pytest.mark.parametrize(
    "nats",
    [
        pytest.param(seen(), id="well"),
        pytest.param(seen(None), id="none"),
        pytest.param(seen(replace(STREAM, subjects=("x", "indexing.job"))), id="exact"),
        pytest.param(seen(replace(STREAM, max_age=None)), id="no age"),
        pytest.param(seen(foreign("test-consumer", "indexing.job")), id="cleaned up"),
        pytest.param(seen(foreign(filter_subject="indexing.other")), id="another's subject"),
        pytest.param(seen(replace(STREAM, bytes=1000, max_bytes=10_000)), id="room"),
        pytest.param(seen(replace(STREAM, messages=1, max_messages=2)), id="room for messages"),
        pytest.param(seen(storage_left=ROOM), id="storage"),
        pytest.param(seen(replace(STREAM, bytes=1000, max_bytes=1000 + ROOM)), id="just room"),
    ],
)
def test_the_stream_is_of_use(nats):
    assert stream_unusable(nats) == ()


@pytest.mark.parametrize(
    ("nats", "message", "command"),
    [
        (seen(None, owner=OWNER), "the stream JOBS has the subjects of jobs (indexing.job)", "nats stream edit JOBS"),
        (
            seen(replace(STREAM, subjects=("a", "b")), owner=OWNER),
            "the stream JOBS has the subjects",
            "nats stream edit JOBS",
        ),
        (
            seen(None, owner=replace(OWNER, name="a b")),
            "the stream a b has the subjects",
            "nats stream edit 'a b'",
        ),
        (
            seen(replace(STREAM, subjects=("a", "b"))),
            "takes a, b, and not indexing.job",
            "nats stream edit INDEXING --subjects 'indexing.>'",
        ),
        (
            seen(replace(STREAM, retention="limits")),
            "each start of a worker runs them again",
            "nats stream rm INDEXING",
        ),
        (seen(replace(STREAM, retention="interest")), "while there is no consumer are lost", "nats stream rm INDEXING"),
        (seen(replace(STREAM, sealed=True)), "is sealed", "nats stream rm INDEXING"),
        (seen(foreign()), "takes everything", "nats consumer rm INDEXING dashboard"),
        (seen(foreign("x;y", "*.job")), "takes all that is on *.job", "nats consumer rm INDEXING 'x;y'"),
        (
            seen(replace(STREAM, bytes=9000, max_bytes=10_000, discard="new")),
            "is full (9000 of 10000 bytes): new jobs are refused",
            "nats stream edit INDEXING --max-bytes=-1",
        ),
        (
            seen(replace(STREAM, messages=2, max_messages=2)),
            "is full (2 of 2 messages): each new job pushes the oldest one out",
            "nats stream edit INDEXING --max-msgs=-1",
        ),
        (seen(storage_left=-5), "has used up its storage", "nats stream report"),
    ],
)
def test_the_stream_is_of_no_use(nats, message, command):
    (finding,) = stream_unusable(nats)

    assert message in finding.message
    assert finding.fix.commands[0] == command


@pytest.mark.parametrize(
    ("values", "command"),
    [
        ({}, "nats stream rm INDEXING"),
        ({"host": "nats.example.com"}, "nats --server nats://nats.example.com:4222 stream rm INDEXING"),
        ({"port": 4223}, "nats --server nats://localhost:4223 stream rm INDEXING"),
        ({"login": "user"}, "nats --server nats://USER:PASSWORD@localhost:4222 stream rm INDEXING"),
        ({"login": "token"}, "nats --server nats://TOKEN@localhost:4222 stream rm INDEXING"),
        (
            {"host": "nats", "asked": "localhost:14222, where docker-compose.yml publishes nats:4222"},
            "nats --server nats://localhost:14222 stream rm INDEXING",
        ),
    ],
)
def test_commands_name_the_server(values, command):
    nats = seen(replace(STREAM, retention="limits"), servers=(replace(SERVER, **values),))
    (finding,) = stream_unusable(nats)

    assert finding.fix.commands == (command,)


# --- nats.not-consumed ---------------------------------------------------------------------------------------------

IDLE = consumed(replace(STREAM, messages=2, jobs=2), pending=2, waiting=0)
BARE = replace(STREAM, consumers=())


@pytest.mark.parametrize(
    ("nats", "worker"),
    [
        pytest.param(seen(), RUNNING, id="empty"),
        pytest.param(seen(None), RUNNING, id="no stream"),
        pytest.param(seen(consumed(pending=2, waiting=0, ack_pending=1)), RUNNING, id="busy"),
        pytest.param(seen(consumed(pending=2, waiting=1)), RUNNING, id="asking"),
        pytest.param(seen(IDLE, again=consumed(pending=1, waiting=0, delivered=5)), RUNNING, id="fetched since"),
        pytest.param(seen(IDLE, again=STREAM), RUNNING, id="empty since"),
        pytest.param(seen(IDLE, again=BARE), RUNNING, id="made anew since"),
        pytest.param(seen(BARE), HERE, id="no consumer, no worker"),
        pytest.param(seen(BARE), JUST_STARTED, id="no consumer yet"),
        pytest.param(seen(replace(BARE, consumers_known=False)), RUNNING, id="consumers unseen"),
        pytest.param(seen(consumed(paused=True)), RUNNING, id="paused, and nothing waits"),
    ],
)
def test_somebody_fetches(nats, worker):
    assert not_consumed(nats, worker, NOBODY, UNSEEN) == ()


@pytest.mark.parametrize(
    ("nats", "worker", "message", "command"),
    [
        (
            seen(IDLE, again=IDLE),
            RUNNING,
            "2 jobs wait at localhost:4222, and nobody fetches (two looks, 10 seconds apart)",
            None,
        ),
        (seen(IDLE), CONTAINER, "(one look, as there was no time for a second)", "docker compose restart worker"),
        (seen(BARE), RUNNING, "has no consumer indexing-consumer: it was removed", None),
        (seen(replace(BARE, messages=1)), RUNNING, "has no consumer indexing-consumer, and 1 message waits:", None),
        (
            seen(consumed(paused=True, pending=1)),
            HERE,
            "1 job waits at localhost:4222, and the consumer indexing-consumer is paused",
            "nats consumer resume INDEXING indexing-consumer",
        ),
    ],
)
def test_nobody_fetches(nats, worker, message, command):
    (finding,) = not_consumed(nats, worker, NOBODY, UNSEEN)

    assert message in finding.message
    assert finding.fix.commands == ((command,) if command else ())
    assert "make nats-consumer-info" in finding.note


@pytest.mark.parametrize(
    ("worker", "words"), [(RUNNING, "it has lost NATS"), (HERE, "Start the worker; when one runs")]
)
def test_whether_the_worker_is_started_or_started_again(worker, words):
    (finding,) = not_consumed(seen(IDLE), worker, NOBODY, UNSEEN)

    assert words in finding.fix.summary


# --- nats.messages-stranded ----------------------------------------------------------------------------------------

LOST = replace(STREAM, messages=3, jobs=3, first_at=NOW - HOUR)


@pytest.mark.parametrize(
    "stream",
    [
        pytest.param(None, id="no stream"),
        pytest.param(STREAM, id="empty"),
        pytest.param(consumed(LOST, pending=2, ack_pending=1), id="all accounted for"),
        pytest.param(consumed(LOST, pending=5), id="more than all"),
        pytest.param(replace(LOST, jobs=0), id="of another subject"),
        pytest.param(replace(LOST, jobs=None), id="not told"),
        pytest.param(replace(LOST, steady=False), id="in motion"),
        pytest.param(replace(LOST, consumers=()), id="no consumer"),
        pytest.param(consumed(replace(LOST, first_at=NOW - 19 * HOUR), pending=3), id="not yet old"),
        pytest.param(consumed(replace(LOST, first_at=NOW - 99 * HOUR, max_age=None), pending=3), id="no age limit"),
    ],
)
def test_all_messages_are_on_their_way(resolved, stream):
    assert messages_stranded(seen(stream), resolved()) == ()


@pytest.mark.parametrize(
    ("stream", "message"),
    [
        (LOST, "3 jobs of 3 were handed to indexing-consumer 3 times without success"),
        (consumed(LOST, pending=2), "1 job of 3 was handed"),
        (consumed(LOST, max_deliver=7), "7 times without success"),
        (
            consumed(replace(LOST, first_at=NOW - 21 * HOUR), pending=3),
            "in stream INDEXING at localhost:4222 the oldest message is 21 hours old and goes at 24 hours",
        ),
        (replace(LOST, first_at=NOW - 21 * HOUR), "without success, and the oldest message is 21 hours old"),
        (
            consumed(replace(LOST, max_age=HOUR, first_at=NOW - 0.9 * HOUR), pending=3),
            "is 54 minutes old and goes at 60 minutes",
        ),
        (
            consumed(replace(LOST, max_age=2 * HOUR, first_at=NOW - 1.9 * HOUR), pending=3),
            "is 114 minutes old and goes at 2 hours",
        ),
    ],
)
def test_messages_are_stranded(resolved, stream, message):
    (finding,) = messages_stranded(seen(stream), resolved())

    assert message in finding.message
    assert finding.fix.commands == ("codechunk-doctor jobs --status pending",)


def test_the_repositories_are_submitted_again(resolved):
    stream = replace(LOST, repositories=("https://example.com/a", "https://example.com/b'c"))
    (finding,) = messages_stranded(seen(stream), resolved())

    assert len(finding.fix.commands) == 2
    assert finding.fix.commands[0].startswith("curl -X POST http://localhost:8080/repositories ")
