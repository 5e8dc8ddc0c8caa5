"""Answers of servers: HTTP and what is in it, NATS, PostgreSQL's log-in, the Docker engine."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from collections.abc import Callable
from typing import Any, cast

from tests.fuzz.target import Run, Target, World, strings


class Fed:
    """
    As much of a socket as a channel uses: what comes are these bytes, in pieces of a size that the first one tells.

    What is sent goes nowhere; after the last byte the other side has closed.
    """

    def __init__(self, data: bytes) -> None:
        self._step = (data[0] % 64 + 1) * 8 if data else 1
        self._left = memoryview(data)[1:]

    def recv(self, most: int, flags: int = 0) -> bytes:
        piece = self._left[: min(most, self._step)]
        if not flags:
            self._left = self._left[len(piece) :]
        return bytes(piece)

    def sendall(self, data: bytes) -> None:
        assert isinstance(data, bytes | memoryview)

    def settimeout(self, seconds: float | None) -> None:
        pass

    def setblocking(self, blocking: bool) -> None:
        pass

    def close(self) -> None:
        pass


def fed(data: bytes) -> socket.socket:
    """A connection on which these bytes come."""
    return cast("socket.socket", Fed(data))


def soon() -> float:
    """When a wait ends; none is ever waited for."""
    return time.monotonic() + 60


def http(_: World) -> Run:
    from doctor.sources import web
    from doctor.sources.channel import Channel
    from doctor.sources.gemini import answers as gemini
    from doctor.sources.openai import answers as openai

    def asked(data: bytes) -> web.Response:
        site = web.Web(web.Route.to("http://a.example/", None, lambda: None), soon())  # type: ignore[arg-type, return-value]
        site._channel = Channel(fed(data), soon())
        return site._answer("GET", b"")[0]

    def run(data: bytes) -> None:
        with contextlib.suppress(web.Halted):
            response = asked(data)
            gemini.read(response)
            said = openai.Answer("call", response)
            openai.of_list(said)
            openai.of_embedding(said)

    return run


def bodies(_: World) -> Run:
    from dataclasses import replace

    from doctor.facts import ApiHealth
    from doctor.model import Location
    from doctor.sources.bodies import in_words, json_of
    from doctor.sources.gemini import answers as gemini
    from doctor.sources.gemini.operations import batch_of, batches_of
    from doctor.sources.openai import answers as openai
    from doctor.sources.services.api import _read
    from doctor.sources.web import Response

    health = ApiHealth(Location.env("A"), "http://a.example")

    def run(data: bytes) -> None:
        status = (200, 400, 403, 404, 429, 503, 302, 500)[data[0] % 8] if data else 200
        headers = {
            "location": "http://a:b@h/" + data[:20].decode("latin-1"),
            "retry-after": data[1:5].decode("latin-1"),
        }
        response = Response(status, headers, data[1:])
        found = gemini.read(response)
        assert sum(each is not None for each in found) == 1
        said = openai.Answer("call", response)
        for each in (said.said, said.error, said.models, said.length, said.shows_server, said.page):
            assert each is None or isinstance(each, str | int | tuple)
        openai.of_list(said)
        openai.of_embedding(said)
        _read(replace(health), response)
        in_words(data)
        body = json_of(data[1:])
        if isinstance(body, dict):
            list(batches_of(body))
            batch_of(body)

    return run


def nats(world: World) -> Run:
    from doctor.sources.nats import jetstream
    from doctor.sources.nats.session import Answered, Denied, Ended, Nobody, Session, Wire

    world.patch.setattr(jetstream, "BREATH", 0.0)

    def run(data: bytes) -> None:
        session = Session(Wire(fed(data), soon()), soon())
        session._inbox = "_INBOX.x"
        with contextlib.suppress(Ended):
            session.open({}, tls=False, server_name="h", context=_no_tls)
            session.listen()
            jetstream.account(session)
            with contextlib.suppress(Denied, Nobody, Answered):
                found, now = jetstream.look(session)
                if found is not None:
                    jetstream.repositories(session, found, now)
            jetstream.owner(session, of="indexing.jobs")

    return run


def _no_tls() -> Any:
    from doctor.facts.nats import NatsFault
    from doctor.sources.nats.session import Ended

    raise Ended(NatsFault.TLS, "no TLS here")


def postgres(_: World) -> Run:
    from doctor.sources.database.handshake import Failed, Line, Login, Peer, _log_in, _secure

    login = Login("u", "d", "p\udcff", {"search_path": "x"})

    def run(data: bytes) -> None:
        line = Line(fed(data), soon())
        with contextlib.suppress(Failed):
            _secure(line, Peer("h", 5432))
            _log_in(line, login)

    return run


def docker(world: World) -> Run:
    from doctor.errors import SourceError
    from doctor.sources.channel import Channel
    from doctor.sources.docker import http as questions
    from doctor.sources.docker.engine import Engine, Version, _version
    from doctor.sources.docker.places import Place

    place, current = Place("unix:///x", "/x"), [b""]
    world.patch.setattr(questions, "_opened", lambda place, ends_at: Channel(fed(current[0]), ends_at))

    def run(data: bytes) -> None:
        current[0] = data
        engine = Engine(place, Version("Docker", "1.41", 0.0), soon())
        acts: tuple[Callable[[], object], ...] = (
            lambda: _version(place, soon()),
            engine.listed,
            lambda: engine.container("c"),
            lambda: engine.stat("c", "/a"),
            lambda: engine.stat("c", "/a", owner=False),
            lambda: engine.read("c", "/a", 1 << 20),
        )
        for act in acts:
            with contextlib.suppress(SourceError):
                act()

    return run


def containers(_: World) -> Run:
    from doctor.sources.docker import inspect, users
    from doctor.sources.docker.archive import described
    from doctor.sources.docker.streams import lines

    def run(data: bytes) -> None:
        text = data.decode("utf-8", "replace")
        described("/a", text)
        for user in (text[:20], "name", "1:g"):
            users.identity(user, lambda _: text)
            users.further(user, ["g", "7"], lambda _: text)
        framed = list(lines(iter([data[:7], b"", data[7:]]), framed=True, most_bytes=100))
        assert sum(map(len, framed)) <= 100
        try:
            answer = json.loads(data)
        except (ValueError, RecursionError):
            return
        if isinstance(answer, dict):
            inspect.container(answer)
            inspect.added_groups(answer)

    return run


def zoekt(world: World) -> Run:
    from doctor.sources.services import zoekt as source

    current = [b""]
    world.patch.setattr(source, "look_up", lambda *_: [])
    world.patch.setattr(source, "dial", lambda *_: fed(current[0]))

    def run(data: bytes) -> None:
        current[0] = data
        source.speaks_grpc("h", 1, soon())

    return run


def _answer(status: str, body: object, *headers: str) -> str:
    text = json.dumps(body)
    head = "\r\n".join(
        (f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(text)}", *headers)
    )
    return f"?{head}\r\n\r\n{text}"


_ERROR = {
    "error": {
        "code": 429,
        "status": "RESOURCE_EXHAUSTED",
        "message": "quota",
        "details": [
            {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"},
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "3.5s"},
            {"@type": "type.googleapis.com/google.rpc.Help", "links": [{"url": "https://x"}]},
            {
                "@type": "type.googleapis.com/google.rpc.QuotaFailure",
                "violations": [{"quotaId": "a", "quotaValue": "5"}],
            },
        ],
    }
}
_BATCH = {
    "name": "batches/a",
    "metadata": {
        "state": "BATCH_STATE_RUNNING",
        "model": "models/m",
        "batchStats": {"requestCount": "5", "successfulRequestCount": "2"},
        "createTime": "2025-11-22T10:30:00.123456789Z",
        "output": {"responsesFile": "files/x"},
    },
    "error": {"code": 3, "message": "bad"},
}
_HEALTH = {
    "status": "degraded",
    "version": "1",
    "dependencies": {
        "nats": {
            "status": "unhealthy",
            "message": "x",
            "details": {"nats_health": {"connected": False, "reconnects": 3}},
        }
    },
}
_CONTAINER = {
    "Id": "a" * 64,
    "Name": "/worker",
    "Created": "2025-11-22T10:30:00.1Z",
    "Image": "sha256:x",
    "Path": "/app/codechunking",
    "Args": ["worker"],
    "State": {
        "Status": "running",
        "Pid": 7,
        "StartedAt": "2025-11-22T10:30:00Z",
        "Health": {"Status": "healthy", "Log": []},
    },
    "Config": {"Env": ["A=b"], "User": "1:2", "Labels": {"com.docker.compose.service": "worker"}, "Cmd": ["worker"]},
    "HostConfig": {"GroupAdd": ["3"], "NetworkMode": "host", "PortBindings": {"1/tcp": [{"HostPort": "2"}]}},
    "Mounts": [{"Type": "bind", "Source": "/a", "Destination": "/b", "RW": False}],
    "NetworkSettings": {"Ports": {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}]}},
}


def _message(number: int, body: object) -> str:
    text = json.dumps(body)
    return f"MSG _INBOX.x.{number} 1 {len(text)}\r\n{text}\r\n"


_STREAM = {
    "config": {
        "name": "INDEXING",
        "subjects": ["indexing.>"],
        "max_age": 1,
        "retention": "workqueue",
        "storage": "file",
    },
    "state": {"messages": 3, "bytes": 9, "consumer_count": 1, "first_ts": "2025-11-22T10:30:00Z"},
    "ts": "2025-11-22T10:30:00Z",
}
_CONSUMER = {"name": "workers", "config": {"filter_subject": "indexing.job"}, "num_pending": 1, "num_ack_pending": 1}
_NATS = (
    '?INFO {"server_id":"x","version":"2.10","max_payload":1048576,"jetstream":true}\r\nPONG\r\nPONG\r\n'
    + _message(1, {"limits": {"max_storage": 9}, "storage": 3, "tiers": {}})
    + _message(2, _STREAM)
    + _message(3, {"total": 1, "consumers": [_CONSUMER]})
    + "PING\r\nHMSG _INBOX.x.4 1 16 16\r\nNATS/1.0 503\r\n\r\n\r\n"
)
_LOGIN = (
    b"?R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0"
    + b"S\0\0\0\x0fa\0bcdefgh\0"
    + b"R\0\0\0\x08\0\0\0\x03"
    + b"R\0\0\0\x0c\0\0\0\x05salt"
)
_REFUSED = b"?E\0\0\0\x1aSFATAL\0C28000\0Mno\0Rx\0\0\0"

PEERS = (
    Target(
        "http",
        http,
        ("doctor.sources.web", "doctor.sources.channel"),
        strings(
            [
                _answer("200 OK", {"data": [{"id": "m", "embedding": [1.5]}]}),
                _answer("429 Too", _ERROR, "Retry-After: 3", "Date: Sat, 22 Nov 2025 10:30:00 GMT"),
                "?HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\nT: x\r\n\r\n",
                "?HTTP/1.0 302 Found\r\nLocation: http://u:p@h/\r\n\r\n<html><title>x</title>",
            ]
        ),
    ),
    Target(
        "answers",
        bodies,
        (
            "doctor.sources.gemini.answers",
            "doctor.sources.gemini.operations",
            "doctor.sources.openai.answers",
            "doctor.sources.services.api",
            "doctor.sources.bodies",
        ),
        strings(
            f"{first}{json.dumps(each)}"
            for first in "\0\4"
            for each in (_ERROR, _BATCH, {"operations": [_BATCH]}, {"data": [{"id": "m", "embedding": [0.5]}]}, _HEALTH)
        )
        + strings(["\2[{}]", "\1<!doctype html><title>Login</title>", '\1{"error": "no model loaded"}']),
    ),
    Target(
        "nats",
        nats,
        ("doctor.sources.nats.session", "doctor.sources.nats.jetstream", "doctor.sources.channel"),
        strings([_NATS, "?-ERR 'Authorization Violation'\r\n", '?INFO {"tls_required":true}\r\n', "?SSH-2.0-x\r\n"]),
        longest=8192,
    ),
    Target(
        "postgres",
        postgres,
        ("doctor.sources.database.handshake", "doctor.sources.channel"),
        (_LOGIN, _REFUSED, b"?R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I", b"?N\0\0\0\x08warn"),
        longest=1024,
    ),
    Target(
        "docker",
        docker,
        ("doctor.sources.docker",),
        strings([_answer("200 OK", [{"Id": "a", "Names": ["/x"]}], "Api-Version: 1.41", "Server: Docker/20 (linux)")])
        + strings([_answer("200 OK", _CONTAINER), _answer("404 Not Found", {"message": "No such container"})]),
        longest=8192,
    ),
    Target(
        "containers",
        containers,
        ("doctor.sources.docker.inspect", "doctor.sources.docker.users", "doctor.sources.docker.archive"),
        strings(
            [
                json.dumps(_CONTAINER),
                "name:x:1:2:::\ng:x:3:name,b\n",
                "eyJuYW1lIjoiYSIsInNpemUiOjEsIm1vZGUiOjQyMCwibXRpbWUiOiIyMDI1LTExLTIyVDEwOjMwOjAwWiJ9",
                "\1\0\0\0\0\0\0\3abc",
            ]
        ),
    ),
    Target("zoekt", zoekt, ("doctor.sources.services.zoekt",), (b"?\0\0\0\4\0\0\0\0\0",), longest=64),
)
