"""Google's own client library takes the stand-in for the Gemini API."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from google import genai
from google.genai import errors, types
from httpx2 import TransportError

from doctor.embedded.authority import Authority
from doctor.embedded.google import Google

HOST = "generativelanguage.googleapis.com"
TYPE = "type.googleapis.com/google.rpc."

pytestmark = pytest.mark.slow

Clients = Callable[..., genai.Client]


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture
def server(authority: Authority) -> Iterator[Google]:
    with Google.start(tls=authority.context) as running:
        yield running


@pytest.fixture
def client(server: Google, authority: Authority, tmp_path: Path) -> Iterator[Clients]:
    """Clients with a key, that trust the stand-in and take no proxy, no redirect and no second try."""
    trusting = ssl.create_default_context(cafile=str(authority.certificate_file(tmp_path)))
    made: list[genai.Client] = []

    def make(key: str = "k", timeout: int = 5000, **arguments: Any) -> genai.Client:
        usual = {"follow_redirects": False, "trust_env": False, "verify": trusting}
        options = types.HttpOptions(
            base_url=server.base_url,
            api_version="v1beta",
            timeout=timeout,
            retry_options=types.HttpRetryOptions(attempts=1),
            client_args=usual | arguments,
        )
        made.append(genai.Client(api_key=key, vertexai=False, http_options=options))
        return made[-1]

    yield make
    for each in made:
        each.close()


# What is right


def test_models(server: Google, client: Clients) -> None:
    google = client()

    assert [each.name for each in google.models.list()] == ["models/gemini-embedding-001", "models/gemini-2.5-flash"]
    model = google.models.get(model="gemini-embedding-001")
    assert (model.name, model.input_token_limit) == ("models/gemini-embedding-001", 2048)
    assert "asyncBatchEmbedContent" in (model.supported_actions or [])
    assert [each.path for each in server.requests] == ["/v1beta/models", "/v1beta/models/gemini-embedding-001"]
    assert server.requests[0].headers["x-goog-api-key"] == "k"


def test_batches_across_pages(server: Google, client: Clients) -> None:
    server.world = {"batches": 12}
    google = client()

    names = [each.name for each in google.batches.list(config={"page_size": 5})]
    assert names == [f"batches/batch{n:05}" for n in range(12)]
    assert [each.query.get("pageSize") for each in server.requests] == ["5", "5", "5"]


def test_a_batch(server: Google, client: Clients) -> None:
    batch = {"id": "abc123", "requests": 10, "succeeded": 9, "failed": 1, "created": 3600, "ended": 1800, "name": "n"}
    server.world = {"batches": [{**batch, "updated": 1800, "output": "batch-xyz"}, {"id": "bad", "state": "FAILED"}]}
    google = client()

    job = google.batches.get(name="batches/abc123")
    assert (job.name, job.display_name, job.model) == ("batches/abc123", "n", "models/gemini-embedding-001")
    assert (job.state, job.done) == (types.JobState.JOB_STATE_SUCCEEDED, True)
    assert job.dest
    assert job.dest.file_name == "files/batch-xyz"
    assert job.create_time
    assert job.end_time
    assert (job.end_time - job.create_time).total_seconds() == 1800
    assert google.batches.get(name="batches/bad").state == types.JobState.JOB_STATE_FAILED


@pytest.mark.parametrize("state", ["PENDING", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED"])
def test_every_state(server: Google, client: Clients, state: str) -> None:
    server.world = {"batches": [{"id": "a", "state": state}]}
    google = client()

    assert google.batches.get(name="batches/a").state == types.JobState["JOB_STATE_" + state]


def test_no_batches(client: Clients) -> None:
    google = client()

    assert list(google.batches.list()) == []


def test_files(server: Google, client: Clients) -> None:
    server.world = {"files": [{"id": f"f{n}", "size": n} for n in range(1, 6)]}
    google = client()

    assert [each.name for each in google.files.list(config={"page_size": 2})] == [f"files/f{n}" for n in range(1, 6)]
    file = google.files.get(name="f3")
    assert (file.name, file.size_bytes, file.state) == ("files/f3", 3, types.FileState.ACTIVE)
    assert file.create_time


def test_through_the_proxy_it_is_google_itself(
    server: Google, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", server.proxy)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate_file(tmp_path)))
    with genai.Client(api_key="k", vertexai=False) as google:
        assert google.models.get(model="gemini-2.5-flash").name == "models/gemini-2.5-flash"

    assert [each.path for each in server.tunnels] == [f"{HOST}:443"]
    assert [(each.host, each.path, each.via_proxy) for each in server.requests] == [
        (HOST, "/v1/models/gemini-2.5-flash", True)
    ]


# What is refused


def reasons(error: errors.APIError) -> list[str]:
    return [each["reason"] for each in error.details["error"].get("details", []) if "reason" in each]


@pytest.mark.parametrize(
    ("order", "code", "status", "reason"),
    [
        ({"reason": "API_KEY_INVALID"}, 400, "INVALID_ARGUMENT", ["API_KEY_INVALID"]),
        ({"reason": "SERVICE_DISABLED"}, 403, "PERMISSION_DENIED", ["SERVICE_DISABLED"]),
        ({"status": 404}, 404, "NOT_FOUND", []),
        ({"status": 429}, 429, "RESOURCE_EXHAUSTED", []),
        ({"status": 302, "behaviour": "redirect", "to": "https://127.0.0.1:9/"}, 302, None, None),
    ],
)
def test_client_errors(
    server: Google, client: Clients, order: dict[str, Any], code: int, status: str | None, reason: list[str] | None
) -> None:
    server.world = {"answers": {"*": order}}
    google = client()

    with pytest.raises(errors.APIError) as caught:
        google.models.get(model="gemini-embedding-001")
    assert caught.value.code == code
    if status is not None:
        assert isinstance(caught.value, errors.ClientError)
        assert (caught.value.status, reasons(caught.value)) == (status, reason)


def test_a_wrong_key(server: Google, client: Clients) -> None:
    server.world = {"keys": ["right"]}
    wrong, right = client("wrong"), client("right")

    with pytest.raises(errors.ClientError) as caught:
        wrong.models.get(model="gemini-embedding-001")
    assert (caught.value.code, reasons(caught.value)) == (400, ["API_KEY_INVALID"])
    assert right.models.get(model="gemini-embedding-001").name


@pytest.mark.parametrize("kind", ["models", "batches", "files"])
def test_what_is_not_there(client: Clients, kind: str) -> None:
    google = client()
    get: dict[str, Callable[[], object]] = {
        "models": lambda: google.models.get(model="nope"),
        "batches": lambda: google.batches.get(name="batches/nope"),
        "files": lambda: google.files.get(name="files/nope"),
    }

    with pytest.raises(errors.ClientError) as caught:
        get[kind]()
    assert (caught.value.code, caught.value.status) == (404, "NOT_FOUND")


def test_quota(server: Google, client: Clients) -> None:
    quota = [{"metric": "m", "id": "PerDay", "value": "100", "model": "gemini-embedding-001"}]
    server.world = {"answers": {"batches": {"quota": quota, "retry": 36, "retry_after": 40}}}
    google = client()

    with pytest.raises(errors.ClientError) as caught:
        google.batches.list()
    details = {each["@type"]: each for each in caught.value.details["error"]["details"]}
    assert caught.value.code == 429
    assert details[TYPE + "QuotaFailure"]["violations"][0]["quotaId"] == "PerDay"
    assert details[TYPE + "RetryInfo"]["retryDelay"] == "36s"
    assert caught.value.response.headers["retry-after"] == "40"


@pytest.mark.parametrize(
    ("order", "status"), [({"status": 503}, "UNAVAILABLE"), ({"status": 502, "behaviour": "html"}, "Bad Gateway")]
)
def test_server_errors(server: Google, client: Clients, order: dict[str, Any], status: str) -> None:
    server.world = {"answers": {"models": order}}
    google = client()

    with pytest.raises(errors.ServerError) as caught:
        google.models.list()
    assert (caught.value.code, caught.value.status) == (order["status"], status)
    assert len(server.requests) == 1


# Where the library is of no help: why the sources read raw answers


def test_counts_and_errors_are_lost(server: Google, client: Clients) -> None:
    server.world = {"batches": [{"id": "a", "state": "FAILED", "requests": 9, "failed": 9}]}
    google = client()

    job = google.batches.get(name="batches/a")
    assert (job.completion_stats, job.error) == (None, None)


def test_an_empty_last_page_raises(server: Google, client: Clients) -> None:
    server.world = {"batches": 4, "empty_last_page": True}
    google = client()
    pager = iter(google.batches.list(config={"page_size": 2}))

    with pytest.raises(IndexError):
        list(pager)


@pytest.mark.parametrize("behaviour", ["html", "bad-json"])
def test_what_is_no_json_raises(server: Google, client: Clients, behaviour: str) -> None:
    server.world = {"answers": {"*": {"behaviour": behaviour}}}
    google = client()

    with pytest.raises(json.JSONDecodeError):
        google.models.get(model="gemini-embedding-001")


def test_an_empty_answer_is_an_empty_model(server: Google, client: Clients) -> None:
    server.world = {"answers": {"*": {"behaviour": "empty"}}}
    google = client()

    assert google.models.get(model="gemini-embedding-001").name is None


def test_the_key_follows_a_redirect_to_another_host(server: Google, client: Clients) -> None:
    elsewhere = f"https://localhost:{server.port}/v1beta/models/gemini-2.5-flash"
    server.world = {"answers": {"models/gemini-embedding-001": {"behaviour": "redirect", "to": elsewhere}}}
    google = client(follow_redirects=True)

    assert google.models.get(model="gemini-embedding-001").name == "models/gemini-2.5-flash"
    assert [(each.host, each.headers["x-goog-api-key"]) for each in server.requests] == [
        ("127.0.0.1", "k"),
        ("localhost", "k"),
    ]


def test_its_timeout_is_not_one_for_a_whole_answer(server: Google, client: Clients) -> None:
    server.world = {"answers": {"*": {"behaviour": "drip", "pause": 0.002}}}
    google = client(timeout=300)

    begun = time.monotonic()
    assert google.models.get(model="gemini-embedding-001").name
    assert time.monotonic() - begun > 0.6


@pytest.mark.parametrize("behaviour", ["hang", "cut", "reset", "garbage", "huge-headers"])
def test_broken_connections_raise_what_the_library_does_not_wrap(
    server: Google, client: Clients, behaviour: str
) -> None:
    server.world = {"answers": {"*": {"behaviour": behaviour}}}
    google = client(timeout=200)

    with pytest.raises(TransportError):
        google.models.get(model="gemini-embedding-001")
