"""The way to an OpenAI-compatible server, and what its answers come to: real sockets, every way of misbehaving."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from doctor.embedded.authority import Authority
from doctor.embedded.openai import OpenAi
from doctor.errors import SourceError, Withheld
from doctor.facts import (
    Compose,
    ComposeService,
    Environment,
    Habitat,
    Known,
    NetworkFault,
    OpenAiServer,
    OpenAiState,
    PublishedPort,
    Step,
    Variable,
    Worker,
)
from doctor.model import Location
from doctor.sources.openai import access
from doctor.sources.openai.access import bills_nothing, openai_server, touches
from doctor.sources.openai.client import Base
from doctor.target import Deadline, Target
from tests.conftest import Resolved
from tests.sources import peers

pytestmark = pytest.mark.slow

MODEL, KEY = "nomic-embed-text", "sk-canary-0123456789"
HOST = Worker(Known.ASSUMED, Habitat.HOST)
CONTAINER = Worker(Known.OBSERVED, Habitat.CONTAINER, "worker")
OLLAMA = '{"error": {"message": "model \\"x\\" not found, try pulling it first", "type": "api_error"}}'
S = OpenAiState


def environment(**variables: str) -> Environment:
    return Environment({name: Variable(name, value, "shell", Location.env(name)) for name, value in variables.items()})


class Examine:
    """Asks a stand-in, or whatever is at `url`, as the settings say."""

    def __init__(self, directory: Path, resolved: Resolved) -> None:
        self.directory, self.resolved = directory, resolved
        self.running: list[OpenAi] = []

    def start(self, world: dict[str, Any] | None = None, **options: Any) -> OpenAi:
        self.running.append(OpenAi.start(world, **options))
        return self.running[-1]

    def __call__(
        self,
        url: str,
        *,
        key: str = "",
        model: str = MODEL,
        worker: Worker = HOST,
        compose: Compose | None = None,
        env: dict[str, str] | None = None,
        offline: bool = False,
        provider: str = "openai",
    ) -> OpenAiServer:
        block = {"base_url": url, "api_key": key, "model": model, "dimensions": 768}
        text = "embedding: " + json.dumps({"provider": provider, "openai": block}) + "\n"
        found = openai_server.function(
            Target(self.directory, offline=offline),
            worker,
            environment(**(env or {})),
            self.resolved(text),
            compose or Compose(),
            Deadline(None),
        )
        assert isinstance(found, OpenAiServer)
        return found


@pytest.fixture
def examine(tmp_path: Path, resolved: Resolved) -> Iterator[Examine]:
    examine = Examine(tmp_path, resolved)
    yield examine
    for server in examine.running:
        server.stop()


# --- a server of one's own -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("world", "length"),
    [
        pytest.param({}, 768, id="as it should be"),
        pytest.param({"keys": [KEY]}, 768, id="with a key"),
        pytest.param({"length": 1024}, 1024, id="longer"),
        pytest.param({"length": 1024, "dimensions": True}, 768, id="as long as it is asked"),
        pytest.param({"models": False, "any_model": True}, 768, id="no list of models"),
        pytest.param({"models": ["another"], "any_model": True}, 768, id="another name in the list"),
        pytest.param({"models": [f"{MODEL}:latest"], "any_model": True}, 768, id="Ollama's name"),
        pytest.param({"answers": {"models": {"behaviour": "cut"}}}, 768, id="hangs up on the list"),
        pytest.param({"answers": {"models": {"behaviour": "html"}}}, 768, id="a page for the list"),
        pytest.param({"answers": {"embeddings": {"status": 503, "times": 1}}}, 768, id="busy once"),
        pytest.param({"answers": {"models": {"status": 403, "message": "no listing"}}}, 768, id="no right to list"),
        pytest.param({"answers": {"*": {"behaviour": "drip", "pause": 0.0001}}}, 768, id="slow"),
    ],
)
def test_usable(examine: Examine, world: dict[str, Any], length: int) -> None:
    found = examine(f"{examine.start(world).base_url}/v1//", key=KEY)

    assert (found.obstacle, found.state, found.length) == (None, S.USABLE, length)
    assert found.suggested is None


@pytest.mark.parametrize(
    ("world", "state", "said"),
    [
        ({"keys": ["another"]}, S.KEY_REFUSED, "Incorrect API key provided."),
        ({"answers": {"embeddings": {"status": 403, "message": "blocked"}}}, S.KEY_REFUSED, "blocked"),
        ({"models": ["other"]}, S.MODEL_UNKNOWN, "does not exist"),
        ({"answers": {"embeddings": {"body": OLLAMA, "status": 404}}}, S.MODEL_UNKNOWN, "try pulling it first"),
        ({"answers": {"embeddings": {"body": '{"error": "No models loaded"}', "status": 400}}}, S.MODEL_UNKNOWN, "No"),
        ({"answers": {"embeddings": {"status": 500, "message": "could not load model"}}}, S.MODEL_UNKNOWN, "load"),
        ({"embeddings": False}, S.NOT_FOUND, "Not Found"),
        ({"base": "/elsewhere/v7"}, S.NOT_FOUND, "a web page"),
        ({"answers": {"embeddings": {"status": 405}}}, S.NOT_FOUND, "Error 405"),
        ({"dimensions": "refuse"}, S.REQUEST_REFUSED, "matryoshka"),
        ({"answers": {"embeddings": {"body": '{"detail": [{"loc": 1}]}', "status": 422}}}, S.REQUEST_REFUSED, "JSON"),
        ({"answers": {"embeddings": {"status": 500, "message": "boom"}}}, S.FAILING, "boom"),
        ({"answers": {"embeddings": {"status": 429, "message": "later"}}}, S.BUSY, "later"),
        ({"answers": {"*": {"behaviour": "html"}}}, S.NOT_OPENAI, "a web page called"),
        ({"answers": {"embeddings": {"behaviour": "bad-json"}}}, S.NOT_OPENAI, "not JSON"),
        ({"answers": {"embeddings": {"behaviour": "empty"}}}, S.NOT_OPENAI, "an empty answer"),
        ({"answers": {"embeddings": {"body": "[]"}}}, S.NOT_OPENAI, "JSON of another kind"),
        ({"answers": {"embeddings": {"body": '{"data": [{"embedding": "AAAA"}]}'}}}, S.NOT_OPENAI, "JSON of another"),
        ({"answers": {"embeddings": {"body": "[" * 100_000}}}, S.NOT_OPENAI, "not JSON"),
        ({"answers": {"*": {"body": '{"error": "Unexpected endpoint"}'}}}, S.NOT_OPENAI, "Unexpected endpoint"),
        ({"answers": {"*": {"behaviour": "redirect", "to": "https://x.example/y?k=1"}}}, S.NOT_OPENAI, "to x.example"),
        ({"answers": {"*": {"behaviour": "redirect", "to": "http://[x"}}}, S.NOT_OPENAI, "a redirect"),
        ({"answers": {"*": {"behaviour": "redirect", "status": 308, "to": "/v2"}}}, S.UNKNOWN, "a redirect"),
    ],
)  # fmt: skip
def test_not_usable(examine: Examine, world: dict[str, Any], state: OpenAiState, said: str) -> None:
    found = examine(f"{examine.start(world).base_url}/v1", key=KEY)

    assert (found.obstacle, found.state, found.length) == (None, state, None)
    assert said in found.said


@pytest.mark.parametrize("suffix", ["", "/", "/api", "/v1/embeddings", "/v1/models/", "/v1/chat/completions"])
def test_where_the_api_is_instead(examine: Examine, suffix: str) -> None:
    server = examine.start({})
    found = examine(server.base_url + suffix)

    assert (found.state, found.suggested) == (S.NOT_FOUND, f"{server.base_url}/v1")


def test_a_page_instead_of_everything_but_the_api(examine: Examine) -> None:
    server = examine.start({"base": "/deep/v1", "keys": ["another"]})
    found = examine(f"{server.base_url}/deep", key=KEY)

    assert (found.state, found.suggested) == (S.NOT_FOUND, f"{server.base_url}/deep/v1")


def test_what_a_server_says_and_lists_is_bounded(examine: Examine) -> None:
    answers = {"embeddings": {"status": 400, "message": "word " * 2000}}
    world = {"models": [f"m{n}" * 300 for n in range(1000)], "answers": answers}
    found = examine(f"{examine.start(world).base_url}/v1")

    assert len(found.said) == len("word " * 400) - 1
    assert len(found.models) == 300
    assert {len(name) for name in found.models} == {200}


def test_it_asks_as_the_program_does(examine: Examine) -> None:
    server = examine.start({})
    found = examine(f"{server.base_url}/v1")
    listed, posted = server.requests

    assert (listed.method, listed.path) == ("GET", "/v1/models")
    assert (posted.method, posted.path) == ("POST", "/v1/embeddings")
    assert json.loads(posted.body) == {"model": MODEL, "input": ["codechunk-doctor"], "dimensions": 768}
    assert "authorization" not in posted.headers
    assert found.key is None


@pytest.mark.parametrize(
    ("key", "user", "sent"),
    [
        (KEY, "", f"Bearer {KEY}"),
        (KEY, "me:secret@", f"Bearer {KEY}"),
        ("", "me:secret@", "Basic bWU6c2VjcmV0"),
        ("clé ", "", "Bearer clé".encode().decode("latin-1")),
    ],
)
def test_the_key_as_it_is_sent(examine: Examine, key: str, user: str, sent: str) -> None:
    server = examine.start({})
    found = examine(f"{server.base_url}/v1".replace("://", f"://{user}"), key=key)

    assert {seen.headers["authorization"] for seen in server.requests} == {sent}
    assert found.url == f"{server.base_url}/v1"
    assert "secret" not in repr(found)


def test_a_login_in_the_address_is_not_shown(examine: Examine) -> None:
    assert "secret" not in repr(examine("http://me:secret@[::1"))
    assert "secret" not in repr(examine("ftp://me:secret@host/v1"))


# --- a server on the internet --------------------------------------------------------------------------------------

PUBLIC = "http://api.example.com/v1"


def abroad(examine: Examine, world: dict[str, Any], url: str = PUBLIC, **settings: Any) -> OpenAiServer:
    """The stand-in in the place of the whole internet: a proxy that fetches."""
    server = examine.start(world)
    found = examine(url, env={"HTTP_PROXY": server.proxy}, key=KEY, **settings)
    assert {seen.method for seen in server.requests} == {"GET"}
    return found


@pytest.mark.parametrize(
    "world",
    [
        pytest.param({}, id="listed"),
        pytest.param({"models": [f"{MODEL}:latest"]}, id="by another name"),
        pytest.param({"answers": {"models": {"body": json.dumps([{"id": MODEL}])}}}, id="without a frame"),
        pytest.param({"answers": {"models": {"body": '{"data": []}'}}}, id="known, not listed"),
        pytest.param({"length": 1024}, id="of whatever length"),
    ],
)
def test_usable_abroad(examine: Examine, world: dict[str, Any]) -> None:
    found = abroad(examine, world)

    assert (found.obstacle, found.state, found.length) == (None, S.USABLE, None)


@pytest.mark.parametrize(
    ("world", "state"),
    [
        ({"models": False}, S.UNKNOWN),
        ({"answers": {"models": {"body": '{"models": []}'}}}, S.UNKNOWN),
        ({"models": ["x"], "answers": {"models/*": {"behaviour": "html", "status": 404}}}, S.UNKNOWN),
        ({"models": ["x"], "answers": {"models/*": {"status": 404, "message": "Not Found"}}}, S.UNKNOWN),
        ({"answers": {"models": {"status": 403, "message": "Missing scopes: api.model.read"}}}, S.UNKNOWN),
        ({"answers": {"models": {"status": 307}}}, S.UNKNOWN),
        ({"answers": {"models": {"status": 429, "message": "later"}}}, S.BUSY),
        ({"answers": {"models": {"status": 500, "message": "boom"}}}, S.FAILING),
        ({"models": ["x"]}, S.MODEL_UNKNOWN),
        ({"keys": ["another"]}, S.KEY_REFUSED),
        ({"answers": {"models": {"behaviour": "html"}}}, S.NOT_OPENAI),
        ({"answers": {"models": {"behaviour": "redirect", "to": "https://x.example/"}}}, S.NOT_OPENAI),
    ],
)
def test_not_known_to_be_usable_abroad(examine: Examine, world: dict[str, Any], state: OpenAiState) -> None:
    assert abroad(examine, world).state is state


def test_where_the_api_is_instead_abroad(examine: Examine) -> None:
    found = abroad(examine, {"keys": ["another"]}, "http://api.example.com")

    assert (found.state, found.suggested) == (S.NOT_FOUND, PUBLIC)


@pytest.mark.parametrize(
    ("host", "free"),
    [
        *[(host, True) for host in ("localhost", "127.0.0.1", "127.9.9.9", "::1", "10.0.0.7", "192.168.1.5")],
        *[(host, True) for host in ("169.254.1.1", "fe80::1%eth0", "fd00::1", "gpu-box", "gpu.local", "a.b.internal")],
        *[(host, True) for host in ("host.docker.internal", "models.tei", "GPU.LOCAL.")],
        *[(host, False) for host in ("api.openai.com", "API.OPENAI.COM", "api.openai.com.", "8.8.8.8", "2606:4700::1")],
        *[(host, False) for host in ("134744072", "0x08080808", "172.32.0.1", "local.example.com", "internal.ai", "")],
    ],
)  # fmt: skip
def test_who_bills_nothing(host: str, free: bool) -> None:
    compose = Compose("c.yml", {"tei": ComposeService("tei", 3, container="models.tei")})

    assert bills_nothing(host, compose) is free


# --- the way -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("authority", ["localhost", "127.0.0.1"])
def test_tls_is_trusted(examine: Examine, tmp_path: Path, authority: str) -> None:
    ours = Authority()
    server = examine.start({}, tls=ours.context)
    file = str(ours.certificate_file(tmp_path))

    assert examine(f"https://{authority}:{server.port}/v1", env={"SSL_CERT_FILE": file}).state is S.USABLE


@pytest.mark.parametrize(
    ("order", "fault"),
    [
        ({"untrusted": True}, NetworkFault.CERTIFICATE_REFUSED),
        ({"expired": True}, NetworkFault.CERTIFICATE_REFUSED),
        ({"name": "other.example"}, NetworkFault.CERTIFICATE_REFUSED),
        ("cut", NetworkFault.BROKEN_OFF),
        ("garbage", NetworkFault.OTHER_PROTOCOL),
    ],
)
def test_tls_is_not_trusted(examine: Examine, tmp_path: Path, order: Any, fault: NetworkFault) -> None:
    ours = Authority()
    server = examine.start({"tls": order}, tls=ours.context)
    found = examine(f"https://localhost:{server.port}/v1", env={"SSL_CERT_FILE": str(ours.certificate_file(tmp_path))})

    assert found.obstacle is not None
    assert (found.obstacle.step, found.obstacle.fault) == (Step.TLS, fault)


@pytest.mark.parametrize(
    ("url", "key", "step"),
    [
        ("localhost:1234/v1", "", Step.ANSWER),
        ("${URL}/v1", "", Step.ANSWER),
        ("http:///v1", "", Step.ANSWER),
        ("http://h:99999/v1", "", Step.ANSWER),
        ("http://localhost:1/v1", "line\nbreak", Step.HTTP),
        ("http://no-such-host.invalid/v1", "", Step.NAME),
        ("http://jo:break/in@h/v1", "", Step.ANSWER),
        ("jo:break/in@h/v1", "", Step.ANSWER),
        ("http://jo:break%zz@h/v1", "", Step.ANSWER),
        ("http://no-such-host.invalid/v1?token=break", "", Step.NAME),
    ],
)
def test_settings_that_lead_nowhere(
    examine: Examine, monkeypatch: pytest.MonkeyPatch, url: str, key: str, step: Step
) -> None:
    monkeypatch.setattr(access, "PATIENCE", 2.0)
    found = examine(url, key=key)

    assert found.obstacle is not None
    assert found.obstacle.step is step
    assert "break" not in repr(found).replace("line break", "")


def test_nothing_listens(examine: Examine) -> None:
    found = examine(f"http://127.0.0.1:{peers.unused_port()}/v1")

    assert found.obstacle is not None
    assert (found.obstacle.step, found.obstacle.fault) == (Step.ANSWER, NetworkFault.REFUSED)


@pytest.mark.parametrize(
    ("world", "fault"),
    [
        ({"accept": "hang"}, NetworkFault.NO_ANSWER),
        ({"accept": "cut"}, NetworkFault.BROKEN_OFF),
        ({"answers": {"*": {"behaviour": "hang"}}}, NetworkFault.NO_ANSWER),
        ({"answers": {"*": {"behaviour": "drip", "pause": 0.2}}}, NetworkFault.NO_ANSWER),
        ({"answers": {"*": {"behaviour": "reset"}}}, NetworkFault.BROKEN_OFF),
        ({"answers": {"embeddings": {"behaviour": "cut"}}}, NetworkFault.BROKEN_OFF),
        ({"answers": {"*": {"behaviour": "garbage"}}}, NetworkFault.OTHER_PROTOCOL),
        ({"answers": {"*": {"behaviour": "huge-headers"}}}, NetworkFault.OTHER_PROTOCOL),
    ],
)
def test_no_answer(
    examine: Examine, monkeypatch: pytest.MonkeyPatch, world: dict[str, Any], fault: NetworkFault
) -> None:
    monkeypatch.setattr(access, "PATIENCE", 0.6)
    url, started = f"{examine.start(world).base_url}/v1", time.monotonic()
    found = examine(url)

    assert found.obstacle is not None
    assert (found.obstacle.step, found.obstacle.fault) == (Step.HTTP, fault)
    assert time.monotonic() - started < 3


def test_a_model_that_takes_its_time_is_no_fault(examine: Examine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "PATIENCE", 0.6)
    found = examine(f"{examine.start({'answers': {'embeddings': {'behaviour': 'hang'}}}).base_url}/v1")

    assert (found.obstacle, found.state) == (None, S.UNKNOWN)
    assert "no vector within 0.6 s" in found.said


@pytest.mark.parametrize(
    ("world", "fault"),
    [
        ({"connect": {"login": "me:secret"}}, NetworkFault.LOGIN_WANTED),
        ({"answers": {"*": {"status": 403, "behaviour": "html"}}}, NetworkFault.DENIED),
        ({"answers": {"*": {"status": 503, "behaviour": "html"}}}, NetworkFault.DENIED),
    ],
)
def test_a_proxy_that_says_no(examine: Examine, world: dict[str, Any], fault: NetworkFault) -> None:
    proxy = examine.start(world).proxy.replace("://", "://you:other@")
    found = examine(PUBLIC, env={"HTTP_PROXY": proxy})

    assert found.obstacle is not None
    assert (found.obstacle.step, found.obstacle.fault) == (Step.PROXY, fault)
    assert found.proxy_at == Location.env("HTTP_PROXY")
    assert "other" not in repr(found)


def test_a_proxy_setting_that_is_none(examine: Examine) -> None:
    found = examine(PUBLIC, env={"HTTP_PROXY": "http://p:1", "REQUEST_METHOD": "GET"})

    assert found.obstacle is not None
    assert (found.obstacle.step, found.obstacle.fault) == (Step.PROXY, NetworkFault.SETTING)


def test_this_machine_needs_no_proxy(examine: Examine) -> None:
    server = examine.start({})
    found = examine(f"{server.base_url}/v1", env={"HTTP_PROXY": f"http://127.0.0.1:{peers.unused_port()}"})

    assert (found.state, found.proxy) == (S.USABLE, None)


# --- a worker in a container ---------------------------------------------------------------------------------------


def tei(published: int) -> Compose:
    return Compose("compose.yml", {"tei": ComposeService("tei", 3, ports=(PublishedPort(80, published),))})


@pytest.mark.parametrize(
    ("url", "asked"),
    [("http://tei/v1", "where compose.yml publishes tei:80"), ("http://host.docker.internal:{port}/v1", "containers")],
)
def test_a_server_that_containers_call_otherwise(examine: Examine, url: str, asked: str) -> None:
    server = examine.start({})
    found = examine(url.format(port=server.port), worker=CONTAINER, compose=tei(server.port))

    assert found.state is S.USABLE
    assert asked in (found.asked or "")
    assert (found.url, found.here) == (url.format(port=server.port), f"http://localhost:{server.port}/v1")
    assert {seen.host for seen in server.requests} == {url.split("/")[2].partition(":")[0]}


def test_a_certificate_for_the_name_that_containers_use(examine: Examine, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = Authority()
    server = examine.start({"tls": {"name": "tei"}}, tls=ours.context)
    compose = Compose("compose.yml", {"tei": ComposeService("tei", 3, ports=(PublishedPort(443, server.port),))})
    context = access.certificates.without_trust()
    monkeypatch.setattr(access.certificates, "go_context", lambda *_: context)

    assert examine("https://tei/v1", worker=CONTAINER, compose=compose).state is S.USABLE


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://localhost:1234/v1", "inside of the worker's own container"),
        ("http://tei:81/v1", "publishes no port 81"),
    ],
)
def test_a_server_that_cannot_be_asked_from_here(examine: Examine, url: str, why: str) -> None:
    with pytest.raises(SourceError, match=why):
        examine(url, worker=CONTAINER, compose=tei(8080))


# --- nobody is asked -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("settings", [{"offline": True}, {"provider": "gemini"}])
def test_withheld(examine: Examine, settings: dict[str, Any]) -> None:
    server = examine.start({})
    with pytest.raises(Withheld):
        examine(f"{server.base_url}/v1", **settings)

    assert server.requests == []


def test_the_key_goes_nowhere_else(examine: Examine) -> None:
    trap = examine.start({})
    server = examine.start({"answers": {"*": {"behaviour": "redirect", "to": f"{trap.base_url}/v1/models"}}})
    examine(f"{server.base_url}/v1", key=KEY)

    assert trap.requests == []


@pytest.mark.parametrize("where", ["models", "embeddings"])
def test_a_key_that_is_quoted_back_is_masked(examine: Examine, where: str) -> None:
    message = "x" * 1990 + KEY  # would be cut in the middle
    server = examine.start({"answers": {where: {"status": 401, "message": message}, "*": {"status": 401}}})
    found = examine(f"{server.base_url}/v1", key=KEY)

    assert "sk-c" not in repr(found)


@pytest.mark.parametrize(
    ("url", "hosts", "queries"),
    [
        ("http://localhost:1234/v1", ("localhost:1234 (OpenAI-compatible)",), 2),
        ("", ("api.openai.com:443 (OpenAI-compatible)",), 1),
        ("http://[::1", (), 0),
    ],
)
def test_what_it_would_touch(
    tmp_path: Path, resolved: Resolved, url: str, hosts: tuple[str, ...], queries: int
) -> None:
    text = "embedding: " + json.dumps({"provider": "openai", "openai": {"base_url": url, "api_key": KEY}}) + "\n"
    found = touches(Target(tmp_path), environment(), resolved(text))

    assert found.hosts == hosts
    assert len(found.queries) == queries


def test_it_touches_nothing_offline_or_with_gemini(tmp_path: Path, resolved: Resolved) -> None:
    openai = resolved("embedding: {provider: openai}\n")
    assert touches(Target(tmp_path, offline=True), environment(), openai).hosts == ()
    assert touches(Target(tmp_path), environment(), resolved("")).hosts == ()


def test_the_proxy_is_touched_first(tmp_path: Path, resolved: Resolved) -> None:
    openai = resolved("embedding: {provider: openai}\n")
    found = touches(Target(tmp_path), environment(HTTPS_PROXY="http://u:p@proxy:3128"), openai)

    assert found.hosts == ("proxy:3128 (proxy)", "api.openai.com:443 (OpenAI-compatible)")


def test_a_base_is_put_before_a_path() -> None:
    assert Base.of("http://h/v1//").target("/models") == "/v1/models"
    assert Base.of("http://h/a b?x=1").target("/models") == "/a%20b?x=1/models"


def test_a_world_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="lenght"):
        OpenAi.start({"lenght": 1})
    with pytest.raises(ValueError, match="sleep"):
        OpenAi.start({"answers": {"models": {"behaviour": "sleep"}}})
