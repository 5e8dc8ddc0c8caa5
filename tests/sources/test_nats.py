"""The servers of nats.url as nats.go reads it, and where they are seen from here."""

from __future__ import annotations

import pytest

from doctor.errors import SourceError
from doctor.facts import Compose, ComposeService, Habitat, Known, PublishedPort, Worker
from doctor.facts.containers import Container, Containers, ContainerState
from doctor.sources.nats import jetstream
from doctor.sources.nats.addresses import addresses
from doctor.sources.nats.places import engine_host, place
from doctor.sources.nats.session import Ended

# --- the URL -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("nats://localhost:4222", [("localhost", 4222, {})]),
        ("nats://localhost", [("localhost", 4222, {})]),
        ("nats://localhost:", [("localhost", 4222, {})]),
        ("nats://[::1]", [("::1", 4222, {})]),
        ("nats://:4333", [("localhost", 4333, {})]),
        ("nats://a:1/, b:2,,c ", [("a", 1, {}), ("b", 2, {}), ("c", 4222, {})]),
        ("nats://u:p%40x%2F@h", [("h", 4222, {"user": "u", "pass": "p@x/"})]),
        ("nats://tok%3Aen@h:1", [("h", 1, {"auth_token": "tok:en"})]),
        ("nats://u:@h:1", [("h", 1, {"user": "u", "pass": ""})]),
        ("nats://u:p@a:1,nats://b:2", [("a", 1, {"user": "u", "pass": "p"}), ("b", 2, {})]),
    ],
)
def test_a_url_is_read_as_the_client_reads_it(url, read):
    assert [(each.host, each.port, dict(each.login)) for each in addresses(url)] == read
    assert {each.fault for each in addresses(url)} == {None}


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("nats://a b", "invalid character"),
        ("nats://h:port", "invalid port"),
        ("nats://h:70000", "no port that can be used"),
        ("nats://u:se%zzcret@h", "it cannot be read"),
        ("nats://u:sec#ret@h", "it cannot be read"),
        ("nats://sec/ret@h", "it cannot be read"),
        ("nats://u:sec,ret@h", "it cannot be read"),
        ("nats://a,ws://b", "web sockets"),
    ],
)
def test_what_cannot_be_used(url, fault):
    found = addresses(url)
    said = " ".join(each.fault or "" for each in found)

    assert fault in said
    assert "sec" not in said + "".join(each.url for each in found)


def test_tls_is_wanted_of_all_or_none():
    assert [each.tls for each in addresses("nats://a,b")] == [False, False]
    assert [each.tls for each in addresses("nats://a,tls://b")] == [True, True]


def test_a_login_is_in_no_text():
    (found,) = addresses("nats://user:hunter22@h:1")

    assert "hunter22" not in repr(found) + found.url + found.name


# --- the place -----------------------------------------------------------------------------------------------------

HOST = Worker(Known.ASSUMED, Habitat.HOST)
INSIDE = Worker(Known.OBSERVED, Habitat.CONTAINER, name="worker")
WORKER = Container("w1", "worker", ContainerState.RUNNING)
ON_HOST = Worker(
    Known.OBSERVED, Habitat.CONTAINER, container=Container("w1", "w", ContainerState.RUNNING, host_network=True)
)
COMPOSE = Compose("docker-compose.yml", {"nats": ComposeService("nats", 1, ports=(PublishedPort(4222, 14222),))})


PUBLISHED = (PublishedPort(4222, 24222, "0.0.0.0"),)


def engine(state=ContainerState.RUNNING, ports=PUBLISHED, address="unix:///run/d.sock"):
    return Containers("Docker", address, (Container("n1", "cc-nats", state, service="nats", ports=ports),))


@pytest.mark.parametrize("worker", [HOST, ON_HOST])
@pytest.mark.parametrize("host", ["nats", "localhost", "example.com"])
def test_the_same_address_counts(worker, host):
    assert place(worker, COMPOSE, engine(), host, 4222) is None


@pytest.mark.parametrize(
    ("containers", "host", "where"),
    [
        (None, "nats", ("localhost", 14222)),
        (engine(), "nats", ("localhost", 24222)),
        (engine(), "cc-nats", ("localhost", 24222)),
        (engine(ports=(PublishedPort(4222, 1, "127.0.0.1"),)), "nats", ("127.0.0.1", 1)),
        (engine(address="tcp://10.0.0.5:2376"), "nats", ("10.0.0.5", 24222)),
        (engine(address="ssh://me@far"), "nats", ("far", 24222)),
        (engine(), "host.docker.internal", ("localhost", 4222)),
    ],
)
def test_from_a_container_it_is_the_published_port(containers, host, where):
    found = place(INSIDE, COMPOSE, containers, host, 4222)

    assert found is not None
    assert (found.host, found.port) == where
    assert found.where.startswith(f"{where[0]}:{where[1]}, ")


@pytest.mark.parametrize(("containers", "host"), [(engine(), "localhost"), (engine(ports=()), "nats")])
def test_what_is_not_reached_from_here(containers, host):
    with pytest.raises(SourceError, match="not reachable from here"):
        place(INSIDE, COMPOSE, containers, host, 4222)


@pytest.mark.parametrize("state", [ContainerState.EXITED, ContainerState.CREATED, ContainerState.RESTARTING])
def test_its_container_does_not_run(state):
    with pytest.raises(Ended, match=f"its container cc-nats is {state}"):
        place(INSIDE, COMPOSE, engine(state), "nats", 4222)


@pytest.mark.parametrize(
    ("address", "host"),
    [("unix:///var/run/docker.sock", "localhost"), ("npipe:////./pipe/x", "localhost"), ("", "localhost")],
)
def test_an_engine_of_this_machine(address, host):
    assert engine_host(address) == host


# --- answers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer", [{}, {"config": 7, "state": []}, {"config": {"subjects": [1]}, "state": {"messages": "x"}}]
)
def test_an_answer_that_is_none_is_an_empty_stream(answer):
    found = jetstream.stream_of(answer)

    assert (found.subjects, found.messages, found.jobs, found.max_age) == ((), 0, 0, None)


def test_a_consumer_with_several_filters_shows_the_one_for_jobs():
    answer = {"name": "x", "config": {"filter_subjects": ["a.b", "indexing.*"]}}

    assert jetstream.consumer_of(answer).filter_subject == "indexing.*"
    assert jetstream.consumer_of(answer).takes()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("2026-11-26T07:41:24.614180248Z", 1795678884.61418), ("0001-01-01T00:00:00Z", None), ("soon", None), (7, None)],
)
def test_times_are_seconds(text, seconds):
    created = jetstream.consumer_of({"created": text}).created_at

    assert created == (pytest.approx(seconds, abs=1e-3) if seconds else None)
