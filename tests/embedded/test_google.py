"""The stand-in for the Gemini API says what Google says, and misbehaves exactly as it is told."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest

from doctor.embedded.authority import INSPECTION, Authority
from doctor.embedded.google import Google

pytestmark = pytest.mark.slow

HOST = "generativelanguage.googleapis.com"
TYPE = "type.googleapis.com/google.rpc."
PATIENCE = 5.0
HANGS = 0.15  # how long nothing has to come until we call it hanging

Starter = Callable[..., Google]


@pytest.fixture
def start() -> Iterator[Starter]:
    running: list[Google] = []

    def begin(world: dict[str, Any] | None = None, **options: Any) -> Google:
        running.append(Google.start(world, **options))
        return running[-1]

    yield begin
    for server in running:
        server.stop()
    assert [thread for thread in threading.enumerate() if thread.name == "google"] == []


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture
def trusting(authority: Authority, tmp_path: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(authority.certificate_file(tmp_path)))


class Answer:
    def __init__(self, reply: http.client.HTTPResponse) -> None:
        self.status = reply.status
        self.headers = reply.headers
        self.body = reply.read()

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def details(self) -> dict[str, Any]:
        return {each["@type"].removeprefix(TYPE): each for each in self.json["error"]["details"]}


def ask(
    server: Google, path: str, *, key: str = "k", method: str = "GET", headers: dict[str, str] | None = None
) -> Answer:
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)) as connection:
        connection.request(method, path, headers=({"x-goog-api-key": key} if key else {}) | (headers or {}))
        return Answer(connection.getresponse())


@contextmanager
def connected(server: Google) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as sock:
        yield sock


def everything(sock: socket.socket) -> bytes:
    """All that comes until the other end closes."""
    return b"".join(iter(lambda: sock.recv(65536), b""))


def hangs(sock: socket.socket) -> bool:
    sock.settimeout(HANGS)
    try:
        return sock.recv(1) is None
    except TimeoutError:
        return True


def request(path: str = "/v1beta/models", *lines: str, method: str = "GET") -> bytes:
    head = [f"{method} {path} HTTP/1.1", f"Host: {HOST}", "x-goog-api-key: k", *lines]
    return "\r\n".join([*head, "", ""]).encode()


# What is right


def test_models_are_listed_and_got(start: Starter) -> None:
    server = start()

    listed = ask(server, "/v1beta/models")
    assert listed.headers["content-type"] == "application/json; charset=UTF-8"
    assert [(each["name"], each["supportedGenerationMethods"]) for each in listed.json["models"]] == [
        ("models/gemini-embedding-001", ["embedContent", "countTextTokens", "countTokens", "asyncBatchEmbedContent"]),
        ("models/gemini-2.5-flash", ["generateContent", "countTokens"]),
    ]
    assert ask(server, "/v1/models/gemini-2.5-flash").json == listed.json["models"][1]


def test_models_of_the_world_replace_the_usual_ones(start: Starter) -> None:
    own = {"name": "tuned", "supportedGenerationMethods": ["embedContent"], "inputTokenLimit": 7}
    server = start({"models": ["gemini-embedding-2", own]})

    first, second = ask(server, "/v1beta/models").json["models"]
    assert "asyncBatchEmbedContent" in first["supportedGenerationMethods"]
    assert second["name"] == "models/tuned"
    assert (second["inputTokenLimit"], second["supportedGenerationMethods"]) == (7, ["embedContent"])
    assert ask(server, "/v1beta/models/gemini-embedding-001").status == 404


def test_a_batch_is_an_operation_with_counts_as_texts(start: Starter) -> None:
    batch = {"id": "abc123", "requests": 10, "succeeded": 9, "failed": 1, "output": "batch-xyz", "name": "nightly"}
    server = start({"batches": [{**batch, "created": 3600, "ended": 1800, "updated": "2025-11-09T10:00:00Z"}]})

    operation = ask(server, "/v1beta/batches/abc123").json
    metadata = operation["metadata"]
    created, ended = metadata.pop("createTime"), metadata.pop("endTime")
    kind = "type.googleapis.com/google.ai.generativelanguage.v1main.EmbedContentBatch"
    assert operation == {
        "name": "batches/abc123",
        "metadata": {
            "@type": kind,
            "model": "models/gemini-embedding-001",
            "displayName": "nightly",
            "state": "BATCH_STATE_SUCCEEDED",
            "updateTime": "2025-11-09T10:00:00Z",
            "batchStats": {"requestCount": "10", "successfulRequestCount": "9", "failedRequestCount": "1"},
            "output": {"responsesFile": "files/batch-xyz"},
            "name": "batches/abc123",
        },
        "done": True,
        "response": {"@type": kind + "Output", "responsesFile": "files/batch-xyz"},
    }
    assert len(created) == len("2025-11-09T10:00:00.123456789Z")
    assert created < ended


TEN = datetime(2025, 11, 9, 10)


@pytest.mark.parametrize("when", ["2025-11-09T10:00:00Z", TEN, TEN.replace(tzinfo=UTC)])
def test_times_may_be_given_as_they_are(start: Starter, when: str | datetime) -> None:
    server = start({"batches": [{"id": "a", "created": when}]})

    assert ask(server, "/v1beta/batches/a").json["metadata"]["createTime"] == "2025-11-09T10:00:00Z"


@pytest.mark.parametrize(
    ("batch", "state", "has"),
    [
        ({"state": "PENDING"}, "BATCH_STATE_PENDING", set()),
        ({"state": "RUNNING", "output": "early"}, "BATCH_STATE_RUNNING", set()),
        ({"state": "JOB_STATE_PAUSED"}, "JOB_STATE_PAUSED", set()),
        ({"state": "CANCELLED"}, "BATCH_STATE_CANCELLED", {"done"}),
        ({"state": "EXPIRED"}, "BATCH_STATE_EXPIRED", {"done"}),
        ({"state": "FAILED"}, "BATCH_STATE_FAILED", {"done", "error"}),
        ({"state": "BATCH_STATE_SUCCEEDED", "output": "o"}, "BATCH_STATE_SUCCEEDED", {"done", "response"}),
        ({"raw": {"done": "perhaps"}}, "BATCH_STATE_SUCCEEDED", {"done"}),
    ],
)
def test_the_state_of_a_batch_decides_what_its_operation_has(
    start: Starter, batch: dict[str, Any], state: str, has: set[str]
) -> None:
    operation = ask(start({"batches": [{"id": 1, **batch}]}), "/v1beta/batches/1").json

    assert operation["metadata"]["state"] == state
    assert operation.keys() == {"name", "metadata"} | has
    assert operation.get("error", {"code": 13}).keys() >= {"code"}


def test_counts_may_be_missing_or_pending(start: Starter) -> None:
    server = start({"batches": [{"id": "a", "stats": False}, {"id": "b", "requests": 5, "succeeded": 2}]})

    first, second = (each["metadata"] for each in ask(server, "/v1beta/batches").json["operations"])
    assert "batchStats" not in first
    assert second["batchStats"] == {
        "requestCount": "5",
        "successfulRequestCount": "2",
        "pendingRequestCount": "3",
    }


def pages(server: Google, path: str, size: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    query = f"?pageSize={size}"
    while True:
        found.append(ask(server, path + query).json)
        if "nextPageToken" not in found[-1]:
            return found
        token = found[-1]["nextPageToken"].replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")
        query = f"?pageSize={size}&pageToken={token}"


@pytest.mark.parametrize(
    ("world", "size", "lengths"),
    [
        ({"batches": []}, 50, [0]),
        ({"batches": 3}, 50, [3]),
        ({"batches": 50}, 50, [50]),
        ({"batches": 120}, 50, [50, 50, 20]),
        ({"batches": 7, "page": 3}, 1000, [3, 3, 1]),
        ({"batches": 5}, 2, [2, 2, 1]),
        ({"batches": 4, "empty_last_page": True}, 2, [2, 2, 0]),
        ({"batches": 0, "empty_last_page": True}, 2, [0]),
    ],
)
def test_lists_come_in_pages(start: Starter, world: dict[str, Any], size: int, lengths: list[int]) -> None:
    found = pages(start(world), "/v1beta/batches", size)

    assert [len(page.get("operations", [])) for page in found] == lengths
    names = [each["name"] for page in found for each in page.get("operations", [])]
    assert len(names) == len(set(names))
    assert found[-1] == {} or lengths[-1]


def test_thousands_of_batches_are_quick(start: Starter) -> None:
    server = start({"batches": 5000, "page": 1000})

    begun = time.monotonic()
    assert len([each for page in pages(server, "/v1beta/batches", 1000) for each in page["operations"]]) == 5000
    assert time.monotonic() - begun < PATIENCE


def test_files_are_listed_and_got(start: Starter) -> None:
    server = start({"files": [{"id": "batch-xyz", "size": 123, "state": "PROCESSING"}]})

    (listed,) = ask(server, "/v1beta/files").json["files"]
    assert (listed["name"], listed["sizeBytes"], listed["state"]) == ("files/batch-xyz", "123", "PROCESSING")
    assert ask(server, "/v1beta/files/batch-xyz").json == listed


def test_the_clock_is_right_unless_told_otherwise(start: Starter) -> None:
    server = start()

    def clock() -> float:
        return parsedate_to_datetime(ask(server, "/v1beta/models").headers["date"]).timestamp() - time.time()

    assert abs(clock()) < 3
    server.world = {"date": -3600}
    assert abs(clock() + 3600) < 3
    server.world = {"date": False, "age": 100}
    headers = ask(server, "/v1beta/models").headers
    assert ("date" in headers, headers["age"]) == (False, "100")


def test_requests_are_recorded_in_order(start: Starter) -> None:
    server = start()
    ask(server, "/v1beta/batches?pageSize=5&pageToken=%2B%2F", headers={"User-Agent": "me"})
    ask(server, "/v1/models", headers={"Host": HOST + ":443"})

    first, second = server.requests
    assert (first.method, first.host, first.path) == ("GET", "127.0.0.1", "/v1beta/batches")
    assert first.query == {"pageSize": "5", "pageToken": "+/"}
    assert (first.headers["user-agent"], first.headers["x-goog-api-key"]) == ("me", "k")
    assert (second.host, second.via_proxy) == (HOST, False)


def test_a_connection_is_kept_and_closed_as_asked(start: Starter) -> None:
    with connected(start()) as sock:
        for path, last in (("/v1beta/models/no", ()), ("/v1beta/batches", ()), ("/", ("Connection: close",))):
            sock.sendall(request(path, *last))
        replies = everything(sock)

    assert replies.count(b"HTTP/1.1 ") == 3
    assert (replies.count(b"Connection: keep-alive"), replies.count(b"Connection: close")) == (2, 1)


def test_an_old_client_gets_one_answer(start: Starter) -> None:
    with connected(start()) as sock:
        sock.sendall(b"HEAD /v1beta/models HTTP/1.0\r\n\r\n")
        assert everything(sock).endswith(b"Connection: close\r\n\r\n")


# What Google refuses


@pytest.mark.parametrize(
    ("path", "headers", "status", "word", "reason"),
    [
        ("/v1beta/models", {"x-goog-api-key": "right"}, 200, "", ""),
        ("/v1beta/models", {"x-goog-api-key": "right", "Authorization": "Bearer t"}, 200, "", ""),
        ("/v1beta/models", {"x-goog-api-key": "wrong"}, 400, "INVALID_ARGUMENT", "API_KEY_INVALID"),
        ("/v1beta/models", {}, 403, "PERMISSION_DENIED", ""),
        ("/v1beta/models?key=right", {}, 403, "PERMISSION_DENIED", ""),
        ("/v1beta/models", {"Authorization": "Bearer t"}, 401, "UNAUTHENTICATED", "ACCESS_TOKEN_TYPE_UNSUPPORTED"),
        ("/v1beta/models/nope", {"x-goog-api-key": "right"}, 404, "NOT_FOUND", ""),
        ("/v1beta/batches/nope", {"x-goog-api-key": "right"}, 404, "NOT_FOUND", ""),
        ("/v1beta/files/nope", {"x-goog-api-key": "right"}, 404, "NOT_FOUND", ""),
        ("/v1beta/batches?pageToken=x", {"x-goog-api-key": "right"}, 400, "INVALID_ARGUMENT", ""),
    ],
)
def test_refusals(start: Starter, path: str, headers: dict[str, str], status: int, word: str, reason: str) -> None:
    answer = ask(start({"keys": ["right"]}), path, key="", headers=headers)

    assert answer.status == status
    error = answer.json.get("error", {"code": 200, "status": ""})
    assert (error["code"], error["status"]) == (status, word)
    assert [each.get("reason") for each in error.get("details", [])[:1]] == ([reason] if reason else [])


def test_an_invalid_key_is_refused_in_googles_words(start: Starter) -> None:
    text = "API key not valid. Please pass a valid API key."
    answer = ask(start({"keys": []}), "/v1beta/models")

    assert answer.json == {
        "error": {
            "code": 400,
            "message": text,
            "status": "INVALID_ARGUMENT",
            "details": [
                {
                    "@type": TYPE + "ErrorInfo",
                    "reason": "API_KEY_INVALID",
                    "domain": "googleapis.com",
                    "metadata": {"service": HOST},
                },
                {"@type": TYPE + "LocalizedMessage", "locale": "en-US", "message": text},
            ],
        }
    }


@pytest.mark.parametrize("path", ["/", "/v1beta", "/v1beta/", "/v2/models", "/v1beta/nothing", "/v1beta/tunedModels/x"])
def test_unknown_paths_get_a_page(start: Starter, path: str) -> None:
    answer = ask(start(), path)

    assert (answer.status, answer.headers["content-type"]) == (404, "text/html; charset=UTF-8")


def test_whoever_tries_to_change_something_is_refused_and_seen(start: Starter) -> None:
    server = start()
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)) as connection:
        for method, path in (("POST", "batches/a:cancel"), ("DELETE", "files/a"), ("GET", "models")):
            body = b"x" * 100_000 if method == "POST" else None
            connection.request(method, "/v1beta/" + path, body, {"x-goog-api-key": "k"})
            connection.getresponse().read()

    assert [each.method for each in server.requests] == ["POST", "DELETE", "GET"]
    assert ask(server, "/v1beta/batches/a:cancel", method="POST").status == 403


# What it is told to answer


def test_no_batches_may_be_not_found(start: Starter) -> None:
    server = start({"empty_list_404": True})

    assert ask(server, "/v1beta/batches").status == 404
    server.world = {"empty_list_404": True, "batches": 1}
    assert ask(server, "/v1beta/batches").status == 200


def test_an_answer_is_for_its_route_and_as_often_as_told(start: Starter) -> None:
    server = start(
        {
            "batches": 1,
            "answers": {
                "models": {"status": 503, "times": 1},
                "models/*": {"reason": "API_KEY_SERVICE_BLOCKED"},
                "*": {"status": 500, "times": 1},
            },
        }
    )

    asked = ["models", "models/gemini-2.5-flash", "models", "models", "batches"]
    assert [ask(server, "/v1beta/" + each).status for each in asked] == [503, 403, 500, 200, 200]
    server.world = dict(server.world)
    assert ask(server, "/v1beta/models").status == 503


def test_quota_and_retry_are_told_in_details_and_headers(start: Starter) -> None:
    quota = [{"metric": "m", "id": "PerDay", "value": 100, "model": "gemini-embedding-001"}, {"id": "PerMinute"}]
    order = {"quota": quota, "retry": 36, "retry_after": 40, "details": [{"@type": "x", "y": 1}]}
    answer = ask(start({"answers": {"batches": order}}), "/v1beta/batches")

    assert (answer.status, answer.json["error"]["status"]) == (429, "RESOURCE_EXHAUSTED")
    assert answer.headers["retry-after"] == "40"
    assert answer.details["RetryInfo"]["retryDelay"] == "36s"
    assert answer.details["x"] == {"@type": "x", "y": 1}
    assert answer.details["QuotaFailure"]["violations"] == [
        {
            "quotaMetric": "m",
            "quotaId": "PerDay",
            "quotaValue": "100",
            "quotaDimensions": {"location": "global", "model": "gemini-embedding-001"},
        },
        {"quotaId": "PerMinute"},
    ]


@pytest.mark.parametrize(
    ("order", "status", "message"),
    [
        ({"reason": "SERVICE_DISABLED"}, 403, "Generative Language API has not been used"),
        ({"reason": "API_KEY_INVALID"}, 400, "API key not valid"),
        ({"reason": "UNHEARD_OF"}, 403, "The caller does not have permission"),
        ({"status": 400, "word": "FAILED_PRECONDITION", "message": "Not here"}, 400, "Not here"),
        ({"status": 418}, 418, "Error 418"),
        ({"status": 599}, 599, "Error 599"),
    ],
)
def test_errors_are_made_of_what_is_given(start: Starter, order: dict[str, Any], status: int, message: str) -> None:
    answer = ask(start({"answers": {"*": order}}), "/v1beta/models")

    assert (answer.status, answer.json["error"]["code"]) == (status, status)
    assert answer.json["error"]["message"].startswith(message)
    assert answer.json["error"]["status"] == order.get("word", answer.json["error"]["status"])


def test_headers_and_body_may_be_given(start: Starter) -> None:
    server = start({"answers": {"models": {"headers": {"Via": "1.1 box"}}, "*": {"body": "[]", "status": 203}}})

    models, other = ask(server, "/v1beta/models"), ask(server, "/v1beta/files")
    assert (models.status, models.headers["via"], "models" in models.json) == (200, "1.1 box", True)
    assert (other.status, other.json) == (203, [])


# How replies go wrong: the server survives each


@pytest.fixture
def spoiled(start: Starter) -> Iterator[Callable[..., Google]]:
    servers: list[Google] = []

    def begin(behaviour: str, **more: Any) -> Google:
        servers.append(start({"answers": {"models": {"behaviour": behaviour, **more}}}))
        return servers[-1]

    yield begin
    assert servers
    for server in servers:
        assert ask(server, "/v1beta/files").status == 200


@pytest.mark.parametrize(
    ("behaviour", "more", "status", "type", "parses"),
    [
        ("", {}, 200, "application/json", True),
        ("html", {}, 200, "text/html", False),
        ("html", {"status": 502}, 502, "text/html", False),
        ("bad-json", {}, 200, "application/json", False),
        ("empty", {}, 200, "application/json", False),
    ],
)
def test_contents_that_are_no_json(
    spoiled: Callable[..., Google], behaviour: str, more: dict[str, Any], status: int, type: str, parses: bool
) -> None:
    answer = ask(spoiled(behaviour, **more) if behaviour else spoiled("drip", pause=0), "/v1beta/models")

    assert (answer.status, answer.headers.get_content_type()) == (status, type)
    try:
        assert answer.json["models"]
        parsed = True
    except ValueError:
        parsed = False
    assert parsed is parses
    assert (answer.body == b"") is (behaviour == "empty")


def test_redirect(spoiled: Callable[..., Google]) -> None:
    answer = ask(spoiled("redirect", to="https://elsewhere.example/v1beta/models"), "/v1beta/models")

    assert (answer.status, answer.headers["location"]) == (302, "https://elsewhere.example/v1beta/models")


def test_hang(spoiled: Callable[..., Google]) -> None:
    with connected(spoiled("hang")) as sock:
        sock.sendall(request())
        assert hangs(sock)


def test_drip(spoiled: Callable[..., Google]) -> None:
    with connected(spoiled("drip", pause=0.02)) as sock:
        sock.sendall(request())
        begun = time.monotonic()
        assert [sock.recv(65536) for _ in range(8)] == [bytes([each]) for each in b"HTTP/1.1"]
        assert 0.1 < time.monotonic() - begun < PATIENCE


def test_cut(spoiled: Callable[..., Google]) -> None:
    with pytest.raises(http.client.IncompleteRead):
        ask(spoiled("cut"), "/v1beta/models")


def test_cut_while_in_chunks(start: Starter) -> None:
    server = start({"batches": 3, "answers": {"batches": {"behaviour": "cut"}}})

    with pytest.raises(http.client.IncompleteRead):
        ask(server, "/v1beta/batches")


def test_reset(spoiled: Callable[..., Google]) -> None:
    with pytest.raises(ConnectionResetError):
        ask(spoiled("reset"), "/v1beta/models")


def test_endless(spoiled: Callable[..., Google]) -> None:
    with connected(spoiled("endless")) as sock:
        sock.sendall(request())
        got = 0
        while got < 5_000_000:
            more = sock.recv(1 << 20)
            assert more
            got += len(more)


def test_garbage(spoiled: Callable[..., Google]) -> None:
    with pytest.raises(http.client.BadStatusLine):
        ask(spoiled("garbage"), "/v1beta/models")


def test_huge_headers(spoiled: Callable[..., Google]) -> None:
    with pytest.raises(http.client.HTTPException, match="more than 100 headers"):
        ask(spoiled("huge-headers"), "/v1beta/models")


@pytest.mark.parametrize(
    "world",
    [
        {"anwsers": {}},
        {"answers": {"*": {"behavior": "hang"}}},
        {"answers": {"*": {"behaviour": "dribble"}}},
        {"connect": {"behaviour": "drip"}},
        {"accept": "garbage"},
        {"tls": "reset"},
    ],
)
def test_a_world_with_a_slip_in_it_is_refused(start: Starter, world: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="unknown in the world"):
        start(world)
    server = start()
    with pytest.raises(ValueError, match="unknown in the world"):
        server.world = world


@pytest.mark.parametrize(
    "nonsense",
    [
        b"",
        b"\r\n\r\n",
        b"hello\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /v1/models HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"GET http://[/ HTTP/1.1\r\n\r\n",
        b"x" * 300_000,
        b"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nhalf",
        b"\x16\x03\x01\x00\x05nonsense",
    ],
)
def test_clients_that_misbehave_are_left(start: Starter, authority: Authority, nonsense: bytes) -> None:
    server = start(tls=authority.context)
    with connected(server) as sock:
        try:
            sock.sendall(nonsense)
            sock.shutdown(socket.SHUT_WR)
            assert not everything(sock).startswith(b"HTTP")
        except OSError:  # it has hung up already
            pass

    assert ask(server, "/v1beta/models").status == 200


# The start of a connection


@pytest.mark.parametrize("tls", [False, True])
def test_a_connection_may_be_closed_at_once(start: Starter, authority: Authority, tls: bool) -> None:
    server = start({"accept": "cut"}, tls=authority.context if tls else None)
    with connected(server) as sock:
        assert sock.recv(1) == b""


def test_a_connection_may_hang_from_the_start(start: Starter) -> None:
    server = start({"accept": "hang"})
    with connected(server) as sock:
        sock.sendall(request())
        assert hangs(sock)


# TLS


def secured(sock: socket.socket, context: ssl.SSLContext, name: str = HOST) -> ssl.SSLSocket:
    return context.wrap_socket(sock, server_hostname=name)


def test_one_port_speaks_both(start: Starter, authority: Authority, trusting: ssl.SSLContext) -> None:
    server = start(tls=authority.context)

    assert (server.base_url[:8], server.proxy[:7]) == ("https://", "http://")
    assert ask(server, "/v1beta/models").status == 200
    with closing(http.client.HTTPSConnection("127.0.0.1", server.port, context=trusting, timeout=PATIENCE)) as client:
        for _ in range(2):
            client.request("GET", "/v1beta/models", headers={"x-goog-api-key": "k"})
            assert json.loads(client.getresponse().read())["models"]


@pytest.mark.parametrize("name", [HOST, "api.openai.example", "127.0.0.1"])
def test_the_certificate_is_for_whom_the_client_wants(
    start: Starter, authority: Authority, trusting: ssl.SSLContext, name: str
) -> None:
    server = start(tls=authority.context)
    with connected(server) as sock, secured(sock, trusting, name) as tls:
        certificate: Any = tls.getpeercert()
        tls.sendall(request("/v1/models", "Connection: close"))
        assert everything(tls).startswith(b"HTTP/1.1 200 OK")

    assert certificate["subjectAltName"][0][1] == (HOST if name == "127.0.0.1" else name)


@pytest.mark.parametrize(
    ("order", "code"),
    [
        ({"name": "other.example"}, 62),
        ({"expired": True}, 10),
        ({"early": True}, 9),
        ({"untrusted": True}, 20),
    ],
)
def test_certificates_may_be_wrong(
    start: Starter, authority: Authority, trusting: ssl.SSLContext, order: dict[str, Any], code: int
) -> None:
    server = start({"tls": order}, tls=authority.context)

    with connected(server) as sock, pytest.raises(ssl.SSLCertVerificationError) as caught:
        secured(sock, trusting)
    assert caught.value.verify_code == code
    server.world = {}
    with connected(server) as sock, secured(sock, trusting) as tls:
        assert tls.version()


def test_an_inspecting_proxy_signs_with_its_own_name(start: Starter, authority: Authority) -> None:
    server = start({"tls": {"untrusted": True}}, tls=authority.context)
    careless = ssl.create_default_context()
    careless.check_hostname, careless.verify_mode = False, ssl.CERT_NONE

    with connected(server) as sock, secured(sock, careless) as tls:
        assert INSPECTION.encode() in (tls.getpeercert(binary_form=True) or b"")


@pytest.mark.parametrize(
    ("order", "error"),
    [("hang", TimeoutError), ("cut", (ssl.SSLEOFError, ConnectionError)), ("garbage", ssl.SSLError)],
)
def test_a_handshake_may_go_wrong(
    start: Starter, authority: Authority, trusting: ssl.SSLContext, order: str, error: Any
) -> None:
    server = start({"tls": order}, tls=authority.context)

    with connected(server) as sock:
        sock.settimeout(HANGS if order == "hang" else PATIENCE)
        with pytest.raises(error):
            secured(sock, trusting)
    assert ask(server, "/v1beta/models").status == 200  # without TLS nothing is wrong


def test_without_contexts_a_handshake_is_cut(start: Starter, trusting: ssl.SSLContext) -> None:
    with connected(start()) as sock, pytest.raises((ssl.SSLError, ConnectionError)):
        secured(sock, trusting)


def test_a_context_that_cannot_be_made_ends_the_handshake(start: Starter, trusting: ssl.SSLContext) -> None:
    def broken(name: str) -> ssl.SSLContext:
        raise LookupError(name)

    server = start(tls=broken)
    with connected(server) as sock, pytest.raises(ssl.SSLError):
        secured(sock, trusting)
    assert ask(server, "/v1beta/models").status == 200


# The proxy


def tunnel(sock: socket.socket, *lines: str, to: str = f"{HOST}:443") -> bytes:
    """The first line of the answer to a CONNECT."""
    sock.sendall(request(to, *lines, method="CONNECT"))
    return sock.recv(65536).partition(b"\r\n")[0]


def test_in_a_tunnel_it_answers_for_the_other_host(
    start: Starter, authority: Authority, trusting: ssl.SSLContext
) -> None:
    server = start(tls=authority.context)
    with connected(server) as sock:
        assert tunnel(sock) == b"HTTP/1.1 200 Connection established"
        with secured(sock, trusting) as tls:
            tls.sendall(request("/v1beta/models", "Connection: close"))
            assert everything(tls).startswith(b"HTTP/1.1 200 OK")

    (connect,), (seen,) = server.tunnels, server.requests
    assert (connect.method, connect.host, connect.path) == ("CONNECT", HOST, f"{HOST}:443")
    assert "x-goog-api-key" in seen.headers
    assert (seen.method, seen.host, seen.path, seen.via_proxy) == ("GET", HOST, "/v1beta/models", True)


def test_a_tunnel_may_lead_to_plain_http(start: Starter) -> None:
    server = start()
    with connected(server) as sock:
        assert tunnel(sock, to="[::1]:80").endswith(b"established")
        sock.sendall(request("/v1/models", "Connection: close"))
        assert everything(sock).startswith(b"HTTP/1.1 200 OK")

    assert (server.requests[0].host, server.requests[0].via_proxy) == ("::1", True)


def test_whole_addresses_are_answered_too(start: Starter) -> None:
    server = start()

    assert ask(server, "http://api.example:8080/v1beta/models?pageSize=1").status == 200
    (seen,) = server.requests
    assert (seen.host, seen.path, seen.query, seen.via_proxy) == (
        "api.example",
        "/v1beta/models",
        {"pageSize": "1"},
        True,
    )


@pytest.mark.parametrize(
    ("order", "first"),
    [
        ({}, b"HTTP/1.1 200 Connection established"),
        ({"status": 200}, b"HTTP/1.1 200 Connection established"),
        ({"status": 502}, b"HTTP/1.1 502 Bad Gateway"),
        ({"status": 403, "reason": "Blocked by policy"}, b"HTTP/1.1 403 Blocked by policy"),
        ({"login": "user:password"}, b"HTTP/1.1 407 Proxy Authentication Required"),
        ({"behaviour": "cut"}, b""),
    ],
)
def test_a_tunnel_may_be_refused(start: Starter, order: dict[str, Any], first: bytes) -> None:
    server = start({"connect": order})
    with connected(server) as sock:
        assert tunnel(sock) == first

    assert len(server.tunnels) == 1
    assert server.requests == []


def test_a_proxy_may_hang_or_talk_nonsense(start: Starter) -> None:
    server = start({"connect": {"behaviour": "hang"}})
    with connected(server) as sock:
        sock.sendall(request("a:443", method="CONNECT"))
        assert hangs(sock)
    server.world = {"connect": {"behaviour": "garbage"}}
    with connected(server) as sock:
        assert not tunnel(sock).startswith(b"HTTP")


def test_a_proxy_may_demand_a_login(start: Starter) -> None:
    server = start({"connect": {"login": "user:password", "realm": "Office"}})
    right = {"Proxy-Authorization": "Basic " + base64.b64encode(b"user:password").decode()}

    refused = ask(server, "http://api.example/v1beta/models")
    assert (refused.status, refused.headers["proxy-authenticate"]) == (407, 'Basic realm="Office"')
    assert ask(server, "http://api.example/v1beta/models", headers=right).status == 200
    with connected(server) as sock:
        assert tunnel(sock, "Proxy-Authorization: Basic bm8=").startswith(b"HTTP/1.1 407")
        assert tunnel(sock, f"Proxy-Authorization: {right['Proxy-Authorization']}").endswith(b"established")


# The end


ENDLESS = {"answers": {"*": {"behaviour": "endless"}}}


@pytest.mark.parametrize("world", [{"accept": "hang"}, ENDLESS, {"tls": "hang"}, {}])
def test_stopping_ends_every_connection_at_once(authority: Authority, world: dict[str, Any]) -> None:
    with Google.start(world, tls=authority.context) as server:
        socks = [socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) for _ in range(5)]
        for sock in socks:
            sock.sendall(b"\x16" if world.get("tls") else request())
        begun = time.monotonic()
    assert time.monotonic() - begun < 2
    server.stop()  # once more does no harm

    for sock in socks:
        sock.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
    assert [thread for thread in threading.enumerate() if thread.name == "google"] == []


def test_many_at_once_are_all_seen(start: Starter) -> None:
    server = start()
    threads = [threading.Thread(target=ask, args=(server, f"/v1beta/models?n={n}")) for n in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {int(each.query["n"]) for each in server.requests} == set(range(40))
