"""The way to the Gemini API, walked as the worker goes it: each step's own fault, in time, with the key in a header."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from doctor.embedded.authority import INSPECTION
from doctor.errors import SourceError, Withheld
from doctor.facts import (
    GeminiAccess,
    GeminiKeys,
    KeySupply,
    ModelState,
    NetworkFault,
    Refusal,
    Resolution,
    Step,
    Worker,
)
from doctor.model import Location
from doctor.sources.gemini import access as source
from doctor.sources.gemini import api as calls
from doctor.sources.gemini.api import Api, Unanswered
from doctor.sources.web import Route
from doctor.target import Deadline, Target
from tests.checks.environments import CONTAINER, HERE, variables
from tests.conftest import Resolved
from tests.servers import Googles
from tests.sources import peers

pytestmark = pytest.mark.slow

F = NetworkFault
HOST = "generativelanguage.googleapis.com"
KEY = "AIzaSyD-canary_0123456789"
PROXY_AT, CERT = Location.env("HTTPS_PROXY"), "SSL_CERT_FILE"
SOURCES = {"models": source.gemini_access, "batches": source.gemini_batch_api, "files": source.gemini_file_api}

World = Mapping[str, Any]


class Site:
    """An installation whose variables lead it to a stand-in for Google."""

    def __init__(self, google: Googles, resolution: Resolution, directory: Any) -> None:
        self.google = google
        self.resolution = resolution
        self.directory = directory
        self.shell: dict[str, str] = {}
        self.worker: Worker = HERE
        self.env: dict[str, str] = {}
        self.key: str | None = KEY
        self.deadline = Deadline()
        self.offline = False

    def stand(self, world: World | None = None) -> None:
        """Google, with this world, is where HTTPS_PROXY leads."""
        standing = self.google(world or {"keys": [KEY]})
        self.env |= {"HTTPS_PROXY": standing.proxy, CERT: str(standing.authority)}

    @property
    def port(self) -> int:
        assert self.google.current is not None
        return self.google.current.port

    @property
    def requests(self) -> list[Any]:
        assert self.google.current is not None
        return self.google.current.requests

    @property
    def arguments(self) -> tuple[Any, ...]:
        target = Target(self.directory, shell=self.shell, offline=self.offline)
        supply = None if self.key is None else KeySupply(self.key, Location.env("GEMINI_API_KEY"), "GEMINI_API_KEY")
        return (target, self.worker, variables(self.env), self.resolution, GeminiKeys(worker=supply))

    def walk(self, within: float = 3.0) -> GeminiAccess:
        started = time.monotonic()
        found = source.gemini_access.function(source.way_to(*self.arguments), self.deadline)
        assert time.monotonic() - started < within
        assert KEY not in repr(found)
        assert isinstance(found, GeminiAccess)
        return found

    def ask(self, what: str, access: GeminiAccess | None = None) -> Any:
        return SOURCES[what].function(source.way_to(*self.arguments), access or self.walk(), self.deadline).answer

    def api(self, seconds: float = 5.0) -> closing[Api]:
        """The API, on the way that the worker has."""
        way = source.way_to(*self.arguments)
        return closing(Api(way.route(way.proxy), KEY, time.monotonic() + seconds))


@pytest.fixture
def site(google: Googles, resolved: Resolved, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setattr(calls, "PAUSE", 0.05)
    return Site(google, resolved(), tmp_path)


@pytest.fixture
def direct(site: Site, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Google, without a proxy: at a name of its own that only this process knows."""

    def lead(world: World | None = None, port: int | None = None) -> int:
        site.stand(world)
        del site.env["HTTPS_PROXY"]
        port = site.port if port is None else port
        site.env["GOOGLE_GEMINI_BASE_URL"] = f"https://stand.googleapis.com:{port}"
        return port

    resolve = socket.getaddrinfo

    def found(host: str, port: int, *arguments: Any, flags: int = 0, **others: Any) -> Any:
        if host != "stand.googleapis.com":
            return resolve(host, port, *arguments, **{"flags": flags, **others})
        if flags:
            raise socket.gaierror(-2, "Name or service not known")
        return [(socket.AF_INET, 1, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", found)
    return lead


# --- a way that leads there ------------------------------------------------------------------------------------------


def test_by_the_workers_proxy(site: Site) -> None:
    site.stand()
    found = site.walk()

    assert (found.url, found.host, found.port, found.at) == (f"https://{HOST}", HOST, 443, None)
    assert (found.proxy, found.proxy_at) == (site.env["HTTPS_PROXY"], PROXY_AT)
    assert (found.obstacle, found.around, found.addresses) == (None, None, ())
    assert found.answer is not None
    assert (found.answer.ok, found.answer.again, found.answer.call) == (True, False, "GET /v1beta/models")
    assert found.model is ModelState.USABLE
    assert found.clock == pytest.approx(0, abs=2)


def test_directly(site: Site, direct: Callable[..., int]) -> None:
    port = direct()
    found = site.walk()

    assert (found.url, found.port, found.address) == (
        f"https://stand.googleapis.com:{port}",
        port,
        f"stand.googleapis.com:{port}",
    )
    assert found.at == Location.env("GOOGLE_GEMINI_BASE_URL")
    assert (found.proxy, found.proxy_at, found.obstacle) == (None, None, None)
    assert found.addresses == ("127.0.0.1",)


def test_what_is_asked_is_harmless(site: Site) -> None:
    """Reading calls only, with the key in one header and nowhere else."""
    site.stand({"keys": [KEY], "models": ["gemini-2.5-flash"]})
    access = site.walk()
    assert site.ask("batches", access).ok
    assert site.ask("files", access).ok

    paths = [(seen.method, seen.path, seen.query) for seen in site.requests]
    assert paths == [
        ("GET", "/v1beta/models", {"pageSize": "1000"}),
        ("GET", "/v1beta/models/gemini-embedding-001", {}),
        ("GET", "/v1beta/batches", {"pageSize": "1"}),
        ("GET", "/v1beta/files", {"pageSize": "1"}),
    ]
    for seen in site.requests:
        assert {name for name, text in seen.headers.items() if KEY in text} == {"x-goog-api-key"}
        assert seen.host == HOST


def test_a_path_in_the_address(site: Site, direct: Callable[..., int]) -> None:
    direct()
    site.env["GOOGLE_GEMINI_BASE_URL"] += "/gateway/"
    found = site.walk()

    assert found.answer is not None
    assert found.answer.strange is not None
    assert site.requests[0].path == "/gateway/v1beta/models"


def test_a_login_of_the_proxy_is_used_and_not_shown(site: Site) -> None:
    site.stand({"keys": [KEY], "connect": {"login": "jo:swordfish"}})
    site.env["HTTPS_PROXY"] = site.env["HTTPS_PROXY"].replace("http://", "http://jo:swordfish@")
    found = site.walk()

    assert found.obstacle is None
    assert found.proxy == f"http://127.0.0.1:{site.port}"
    assert "swordfish" not in repr(found)


@pytest.mark.parametrize("name", ["https_proxy", "HTTPS_PROXY"])
def test_the_variable_that_names_the_proxy(site: Site, name: str) -> None:
    site.stand()
    site.env[name] = site.env.pop("HTTPS_PROXY")

    assert site.walk().proxy_at == Location.env(name)


def test_a_variable_that_is_passed_over(site: Site, direct: Callable[..., int]) -> None:
    direct()
    assert site.walk().passed_over is None

    for more in ({"HTTPS_PROXY": f"http://127.0.0.1:{site.port}", "no_proxy": "*"}, {"HTTPS_PROXY": "http://h:%zz"}):
        direct()
        site.env |= more
        found = site.walk()
        assert (found.proxy, found.passed_over) == (None, Location.env("HTTPS_PROXY"))


def test_an_authority_inside_a_container_lies_elsewhere(site: Site) -> None:
    """What SSL_CERT_FILE names there is no file of this host."""
    site.stand()
    site.worker = CONTAINER
    found = site.walk()

    assert found.obstacle is not None
    assert found.obstacle.fault is F.CERTIFICATE_REFUSED


# --- where it ends ---------------------------------------------------------------------------------------------------


OTHER = {"SETTING": F.SETTING}


@pytest.mark.parametrize(
    ("env", "step", "words"),
    [
        ({"GOOGLE_GEMINI_BASE_URL": "https://[::1"}, Step.ANSWER, "missing ']'"),
        ({"GOOGLE_GEMINI_BASE_URL": "generativelanguage.googleapis.com"}, Step.ANSWER, "unsupported protocol scheme"),
        ({"GOOGLE_GEMINI_BASE_URL": "ftp://x"}, Step.ANSWER, "unsupported protocol scheme"),
        ({"GOOGLE_GEMINI_BASE_URL": "https://"}, Step.ANSWER, "no host"),
        ({"GOOGLE_GEMINI_BASE_URL": "https://x:99999"}, Step.ANSWER, "no port"),
        (
            {"GOOGLE_GEMINI_BASE_URL": "http://x.example", "HTTP_PROXY": "http://p.example", "REQUEST_METHOD": "GET"},
            Step.PROXY,
            "refusing to use HTTP_PROXY value in CGI environment",
        ),
    ],
)
def test_settings_that_the_program_refuses(site: Site, env: dict[str, str], step: Step, words: str) -> None:
    site.env = env
    found = site.walk()

    assert found.obstacle is not None
    assert (found.obstacle.step, found.obstacle.fault) == (step, F.SETTING)
    assert words in found.obstacle.text
    assert found.answer is None


BY_PROXY: list[tuple[World, Step, NetworkFault, str]] = [
    ({"accept": "cut"}, Step.PROXY, F.BROKEN_OFF, "without a word"),
    ({"connect": {"behaviour": "cut"}}, Step.PROXY, F.BROKEN_OFF, ""),
    ({"connect": {"behaviour": "garbage"}}, Step.PROXY, F.OTHER_PROTOCOL, "no HTTP proxy"),
    ({"connect": {"status": 407, "reason": "Log in"}}, Step.PROXY, F.LOGIN_WANTED, "Log in"),
    ({"connect": {"status": 403, "reason": "Forbidden by policy"}}, Step.PROXY, F.DENIED, "Forbidden by policy"),
    ({"connect": {"status": 502}}, Step.PROXY, F.DENIED, "Bad Gateway"),
]
BEHIND_IT: list[tuple[World, Step, NetworkFault, str]] = [
    ({"tls": "cut"}, Step.TLS, F.BROKEN_OFF, "in the middle of the TLS handshake"),
    ({"tls": "garbage"}, Step.TLS, F.OTHER_PROTOCOL, ""),
    ({"tls": {"expired": True}}, Step.TLS, F.CERTIFICATE_REFUSED, "has expired"),
    ({"tls": {"early": True}}, Step.TLS, F.CERTIFICATE_REFUSED, "not yet valid"),
    ({"tls": {"name": "other.example"}}, Step.TLS, F.CERTIFICATE_REFUSED, "ostname mismatch"),
    ({"tls": {"untrusted": True}}, Step.TLS, F.CERTIFICATE_REFUSED, "unable to get local issuer certificate"),
    ({"answers": {"models": {"behaviour": "cut"}}}, Step.HTTP, F.BROKEN_OFF, "ends in the middle"),
    ({"answers": {"models": {"behaviour": "reset"}}}, Step.HTTP, F.BROKEN_OFF, ""),
    ({"answers": {"models": {"behaviour": "garbage"}}}, Step.HTTP, F.OTHER_PROTOCOL, "does not speak HTTP"),
    ({"answers": {"models": {"behaviour": "huge-headers"}}}, Step.HTTP, F.OTHER_PROTOCOL, ""),
]


@pytest.mark.parametrize(("world", "step", "fault", "words"), BY_PROXY + BEHIND_IT)
def test_the_ladder_by_proxy(site: Site, world: World, step: Step, fault: NetworkFault, words: str) -> None:
    site.stand(world)
    obstacle = site.walk().obstacle

    assert obstacle is not None
    assert (obstacle.step, obstacle.fault) == (step, fault)
    assert words in obstacle.text


@pytest.mark.parametrize(("world", "step", "fault", "words"), BEHIND_IT)
def test_the_ladder_without_one(
    site: Site, direct: Callable[..., int], world: World, step: Step, fault: NetworkFault, words: str
) -> None:
    direct(world)
    obstacle = site.walk().obstacle

    assert obstacle is not None
    assert (obstacle.step, obstacle.fault) == (step, fault)
    assert words in obstacle.text


@pytest.mark.parametrize(
    "world",
    [
        {"accept": "hang"},
        {"connect": {"behaviour": "hang"}},
        {"tls": "hang"},
        {"answers": {"models": {"behaviour": "hang"}}},
        {"answers": {"models": {"behaviour": "drip", "pause": 0.02}}},
        {"answers": {"models": {"behaviour": "endless"}}},
    ],
)
def test_what_never_ends_ends_before_the_run_does(site: Site, world: World) -> None:
    site.stand(world)
    site.deadline = Deadline(time.monotonic() + 0.75)
    found = site.walk(within=0.75)

    assert found.obstacle is not None
    assert found.obstacle.fault in (F.NO_ANSWER, F.OTHER_PROTOCOL)
    assert found.answer is None


def test_nobody_listens(site: Site, direct: Callable[..., int]) -> None:
    direct(port=peers.unused_port())
    found = site.walk()

    assert found.obstacle is not None
    assert (found.obstacle.step, found.obstacle.fault) == (Step.ANSWER, F.REFUSED)
    assert found.addresses == ("127.0.0.1",)


def test_nobody_knows_the_name(site: Site) -> None:
    site.env = {"GOOGLE_GEMINI_BASE_URL": "https://no-such-host.invalid"}
    found = site.walk(9)

    assert found.obstacle is not None
    assert (found.obstacle.step, found.obstacle.fault) == (Step.NAME, F.NAME_UNKNOWN)


def test_an_inspecting_proxy_is_named(site: Site) -> None:
    site.stand({"tls": {"untrusted": True}, "date": -7200})
    obstacle = site.walk().obstacle

    assert obstacle is not None
    assert obstacle.certificate is not None
    assert obstacle.certificate.issuer == INSPECTION
    assert obstacle.clock == pytest.approx(-7200, abs=2)
    assert [seen.headers.get("x-goog-api-key") for seen in site.requests] == [None]


@pytest.mark.parametrize(("date", "age", "clock"), [(-3600, None, -3600.0), (90, None, 90.0), (90, 5, None)])
def test_the_clock(site: Site, date: int, age: int | None, clock: float | None) -> None:
    site.stand({"date": date, **({"age": age} if age else {})})
    found = site.walk().clock

    assert found is None if clock is None else found == pytest.approx(clock, abs=2)


def test_no_clock(site: Site) -> None:
    site.stand({"date": False})

    assert site.walk().clock is None


# --- the proxy of this shell -----------------------------------------------------------------------------------------


def test_a_proxy_that_the_worker_lacks(site: Site, direct: Callable[..., int]) -> None:
    direct(port=peers.unused_port())
    site.shell = {"https_proxy": f"http://jo:swordfish@127.0.0.1:{site.port}"}
    found = site.walk()

    assert found.obstacle is not None
    assert found.around == (f"http://127.0.0.1:{site.port}", "https_proxy")
    assert site.requests == []  # it is told nothing but the host


@pytest.mark.parametrize(
    "world",
    [{"connect": {"status": 407}}, {"tls": {"untrusted": True}}, {"connect": {"behaviour": "cut"}}],
)
def test_one_that_leads_nowhere_either(site: Site, direct: Callable[..., int], world: World) -> None:
    direct(world, port=peers.unused_port())
    site.shell = {"HTTPS_PROXY": f"http://127.0.0.1:{site.port}"}

    assert site.walk().around is None


def test_one_is_not_tried_where_the_way_leads_there(site: Site, direct: Callable[..., int]) -> None:
    direct()
    site.shell = {"HTTPS_PROXY": f"http://127.0.0.1:{site.port}"}
    found = site.walk()

    assert (found.obstacle, found.around) == (None, None)
    assert site.google.current is not None
    assert site.google.current.tunnels == []


@pytest.mark.parametrize("shell", [{}, {"HTTPS_PROXY": ""}, {"HTTP_PROXY": "http://127.0.0.1:1"}])
def test_a_shell_without_one(site: Site, direct: Callable[..., int], shell: dict[str, str]) -> None:
    direct(port=peers.unused_port())
    site.shell = shell

    assert site.walk().around is None


def test_a_black_hole_leaves_time_for_it(
    site: Site, direct: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    direct(port=9)
    site.shell = {"HTTPS_PROXY": f"http://127.0.0.1:{site.port}"}
    site.deadline = Deadline(time.monotonic() + 1.5)

    class Socket(socket.socket):
        def connect(self, address: Any) -> None:
            if address[1] == 9:
                time.sleep(self.gettimeout() or 0)
                raise TimeoutError("timed out")
            super().connect(address)

    monkeypatch.setattr(socket, "socket", Socket)
    found = site.walk(within=1.5)

    assert found.obstacle is not None
    assert found.obstacle.fault is F.TIMED_OUT
    assert found.around is not None


# --- what the API says -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["models", "batches", "files"])
@pytest.mark.parametrize(
    "answer",
    [
        {"quota": [{"metric": "m"}]},
        {"retry": 0.1},
        {"status": 429},
        {"status": 429, "retry_after": 36},
        {"status": 500},
        {"status": 503},
        {"status": 502, "behaviour": "html"},
    ],
)
def test_a_second_try_that_succeeds(site: Site, what: str, answer: dict[str, Any]) -> None:
    site.stand({"answers": {what: {**answer, "times": 1}}})
    found = site.walk().answer if what == "models" else site.ask(what)

    assert found is not None
    assert (found.ok, found.again) == (True, True)


@pytest.mark.parametrize("what", ["models", "batches", "files"])
@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"quota": [{"metric": "m", "id": "i", "value": 100, "model": "n"}], "retry": 36}, Refusal.QUOTA),
        ({"status": 503}, Refusal.SERVER),
    ],
)
def test_no_third_try(site: Site, what: str, answer: dict[str, Any], expected: Refusal) -> None:
    site.stand({"answers": {what: answer}})
    found = site.walk().answer if what == "models" else site.ask(what)

    assert found is not None
    assert found.refused(expected)
    assert [seen.path for seen in site.requests].count(f"/v1beta/{what}") == 2


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"status": 400, "reason": "API_KEY_INVALID"}, Refusal.KEY_INVALID),
        ({"status": 403, "reason": "SERVICE_DISABLED"}, Refusal.API_DISABLED),
        ({"status": 403, "reason": "API_KEY_IP_ADDRESS_BLOCKED"}, Refusal.KEY_RESTRICTED),
        ({"status": 400, "word": "FAILED_PRECONDITION", "message": "no billing"}, Refusal.PRECONDITION),
        ({"status": 404}, Refusal.NOT_FOUND),
    ],
)
def test_other_errors_are_asked_for_once(site: Site, answer: dict[str, Any], expected: Refusal) -> None:
    site.stand({"answers": {"models": answer}})
    found = site.walk()

    assert found.answer is not None
    assert found.answer.refused(expected)
    assert (found.obstacle, found.model, len(site.requests)) == (None, ModelState.UNKNOWN, 1)


def test_a_second_try_that_does_not_get_through_says_less_than_the_first(site: Site) -> None:
    """The first pattern is used up by the first request, the second then fits."""
    site.stand({"answers": {"models": {"status": 503, "times": 1}, "model*": {"behaviour": "cut"}}})
    found = site.walk()

    assert found.answer is not None
    assert found.answer.refused(Refusal.SERVER)
    assert found.obstacle is None


def test_no_second_try_without_time_for_it(site: Site) -> None:
    site.stand({"answers": {"models": {"retry": 1.5}}})
    site.deadline = Deadline(time.monotonic() + 1.0)
    site.walk(within=1.0)

    assert len(site.requests) == 1


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        ({"behaviour": "html"}, 'a web page called "Sign in to Example Corp Guest Network"'),
        ({"behaviour": "bad-json"}, "something that is not JSON"),
        ({"behaviour": "empty"}, "an empty answer"),
        ({"body": "[1]"}, "JSON of another kind"),
        ({"status": 403, "behaviour": "html"}, 'a web page called "Error 403"'),
        ({"behaviour": "redirect", "to": "https://login.example/x"}, "a redirect to login.example"),
    ],
)
def test_somebody_else_answers(site: Site, answer: dict[str, Any], what: str) -> None:
    site.stand({"answers": {"models": answer}})
    found = site.walk()

    assert found.answer is not None
    assert found.answer.strange is not None
    assert found.answer.strange.what == what
    assert len(site.requests) == 1
    with pytest.raises(SourceError, match="not the Gemini API"):
        source.check_open(found)


@pytest.mark.parametrize("key", ["a\nb", "a\rb", "\0\0\0\0\0\0", "Bearer x", "sk-proj-0123456789"])
def test_what_is_no_key_is_not_sent(site: Site, key: str) -> None:
    """It may be the key of another service."""
    site.stand()
    site.key = key
    with pytest.raises(SourceError, match="was not sent") as raised:
        site.walk()

    assert key not in str(raised.value)
    assert site.requests == []


def test_what_cannot_stand_in_a_header(site: Site) -> None:
    site.stand()
    way = replace(source.way_to(*site.arguments), key="a\r\nX-Evil: 1")
    with closing(Api(way.route(way.proxy), way.key, time.monotonic() + 2)) as api:
        found = api.ask("models")[1].obstacle

    assert found is not None
    assert (found.fault, found.text) == (F.SETTING, "the key holds characters that cannot be sent")
    assert site.requests == []


@pytest.mark.parametrize(
    "key", ["schlüssel-für-Łódź", 'quo"ted\\and/slashed', "%41&=+?#", "\udcff\udcfe" * 3, "<a&b=c>'d"]
)
def test_a_key_of_odd_letters_is_sent(site: Site, key: str) -> None:
    site.stand({"keys": ["another"]})
    site.key = key
    found = site.walk()

    assert found.answer is not None
    assert found.answer.refused(Refusal.KEY_INVALID)
    assert site.requests[0].headers["x-goog-api-key"].encode("latin-1") == key.encode("utf-8", "surrogateescape")


@pytest.mark.parametrize("key", [KEY, "schlüssel-für-Łódź", 'quo"ted\\and/slashed', "<a&b=c>'d"])
@pytest.mark.parametrize("before", [0, 1990, 1998, 2600])
def test_a_quoted_key_is_masked_before_anything_is_cut(site: Site, key: str, before: int) -> None:
    site.stand({"answers": {"models": {"status": 403, "message": "x" * before + f" {key} " + "y" * 3000}}})
    site.key = key
    found = site.walk()

    assert found.answer is not None
    assert found.answer.error is not None
    message = found.answer.error.message
    assert message.rstrip("y").rstrip(" *") == "x" * min(before, 2000)
    assert key[:3] not in message


# --- the model -------------------------------------------------------------------------------------------------------


EMBEDDER: dict[str, Any] = {"name": "gemini-embedding-001"}


@pytest.mark.parametrize(
    ("world", "state", "calls"),
    [
        pytest.param({}, ModelState.USABLE, 1, id="listed"),
        pytest.param({"models": [{"name": f"m{n}"} for n in range(120)] + [EMBEDDER]}, ModelState.USABLE, 3, id="late"),
        pytest.param(
            {"models": [EMBEDDER] + [{"name": f"m{n}"} for n in range(120)]}, ModelState.USABLE, 1, id="early"
        ),
        pytest.param(
            {
                "models": ["other"],
                "answers": {"models/*": {"body": '{"supportedGenerationMethods": ["embedContent"]}'}},
            },
            ModelState.USABLE,
            2,
            id="by name",
        ),
        pytest.param({"models": ["other"]}, ModelState.MISSING, 2, id="nowhere"),
        pytest.param({"models": []}, ModelState.MISSING, 2, id="an empty list"),
        pytest.param(
            {"models": [{**EMBEDDER, "supportedGenerationMethods": ["countTokens"]}]},
            ModelState.NOT_FOR_EMBEDDING,
            1,
            id="for something else",
        ),
        pytest.param(
            {"models": [{**EMBEDDER, "supportedGenerationMethods": None}]}, ModelState.USABLE, 1, id="it does not say"
        ),
        pytest.param(
            {"models": ["other"], "answers": {"models/*": {"status": 403}}}, ModelState.UNKNOWN, 2, id="not told"
        ),
        pytest.param(
            {"models": ["other"], "answers": {"models/*": {"behaviour": "cut"}}}, ModelState.UNKNOWN, 3, id="cut"
        ),
        pytest.param({"answers": {"models": {"body": '{"models": 7}'}}}, ModelState.USABLE, 2, id="no list"),
        pytest.param(
            {"answers": {"models": {"body": '{"models": [1], "nextPageToken": "x"}'}}},
            ModelState.UNKNOWN,
            2,
            id="a circle",
        ),
    ],
)
def test_the_model(site: Site, world: World, state: ModelState, calls: int) -> None:
    site.stand(world)

    assert site.walk().model is state
    assert len(site.requests) == calls


def test_a_list_that_breaks_off(site: Site) -> None:
    site.stand(
        {"models": [f"m{n}" for n in range(120)], "answers": {"models": {"times": 1}, "model*": {"status": 403}}}
    )
    found = site.walk()

    assert found.answer is not None
    assert (found.answer.ok, found.model) == (True, ModelState.UNKNOWN)


# --- batches and files -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["batches", "files"])
def test_they_are_asked_on_the_same_way(site: Site, what: str) -> None:
    site.stand({what: [{"id": "a"}]})

    assert site.ask(what).ok
    assert site.requests[-1].path == f"/v1beta/{what}"


@pytest.mark.parametrize("what", ["batches", "files"])
@pytest.mark.parametrize(
    ("world", "words"),
    [
        ({"accept": "cut"}, "not reached: the connection was closed without a word"),
        ({"keys": ["another"]}, f"{HOST}:443 answers 400 INVALID_ARGUMENT, API_KEY_INVALID"),
        ({"answers": {"models": {"behaviour": "html"}}}, "so that it is not the Gemini API"),
    ],
)
def test_they_are_not_asked_where_nothing_opens(site: Site, what: str, world: World, words: str) -> None:
    site.stand(world)
    with pytest.raises(SourceError, match=words):
        site.ask(what)


@pytest.mark.parametrize("what", ["batches", "files"])
def test_they_are_not_asked_when_no_time_is_left(site: Site, what: str) -> None:
    site.stand()
    access = site.walk()
    asked = len(site.requests)
    site.deadline = Deadline(time.monotonic() + 0.3)

    with pytest.raises(SourceError, match="no time was left"):
        site.ask(what, access)
    assert len(site.requests) == asked


def test_a_way_does_not_tell_what_variables_hold(site: Site) -> None:
    site.env |= {"OTHER_TOKEN": "swordfish", "GOOGLE_GEMINI_BASE_URL": "https://jo:swordfish@gateway.example"}

    text = repr(source.way_to(*site.arguments))

    assert "swordfish" not in text
    assert KEY not in text


@pytest.mark.parametrize("what", ["batches", "files"])
def test_they_are_asked_although_a_limit_is_reached(site: Site, what: str) -> None:
    site.stand({"answers": {"models": {"status": 429}}})

    assert site.ask(what).ok


@pytest.mark.parametrize("what", ["batches", "files"])
def test_their_own_faults(site: Site, what: str) -> None:
    site.stand({"answers": {what: {"status": 403}}})
    assert site.ask(what).refused(Refusal.PERMISSION)
    site.stand({"answers": {what: {"behaviour": "html"}}})
    assert site.ask(what).strange is not None
    site.stand({what: [{"id": "a"}], "answers": {what: {"behaviour": "cut"}}})
    assert site.ask(what).obstacle.fault is F.BROKEN_OFF


# --- nothing is asked ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("provider", ["openai"])
def test_another_provider(site: Site, resolved: Resolved, provider: str) -> None:
    site.resolution = resolved(f"embedding: {{provider: {provider}}}")
    with pytest.raises(Withheld, match=r"embedding\.provider is openai"):
        site.walk()


def test_offline(site: Site) -> None:
    site.offline = True
    with pytest.raises(Withheld):
        site.walk()


@pytest.mark.parametrize("text", ["1", "true", "TRUE"])
def test_another_service(site: Site, text: str) -> None:
    site.env = {"GOOGLE_GENAI_USE_VERTEXAI": text}
    with pytest.raises(SourceError, match="Vertex AI"):
        site.walk()


@pytest.mark.parametrize("text", ["0", "false", "", "yes"])
def test_not_another_service(site: Site, text: str) -> None:
    site.stand()
    site.env["GOOGLE_GENAI_USE_VERTEXAI"] = text

    assert site.walk().obstacle is None


def test_no_key(site: Site) -> None:
    site.key = None
    with pytest.raises(SourceError, match="no API key"):
        site.walk()


def test_what_would_be_touched(site: Site, resolved: Resolved) -> None:
    def hosts(env: dict[str, str], *, offline: bool = False, text: str = "") -> tuple[str, ...]:
        target = Target(site.directory, offline=offline)
        return source.touches(target, variables(env), resolved(text)).hosts

    assert hosts({}) == (f"{HOST}:443 (Gemini)",)
    assert hosts({"HTTPS_PROXY": "http://u:p@proxy.example:3128"}) == (
        "proxy.example:3128 (proxy)",
        f"{HOST}:443 (Gemini)",
    )
    assert hosts({}, offline=True) == ()
    assert hosts({}, text="embedding: {provider: openai}") == ()
    assert hosts({"GOOGLE_GEMINI_BASE_URL": "https://[::1"}) == ()


# --- to the end of a list --------------------------------------------------------------------------------------------


def test_thousands_of_jobs(site: Site) -> None:
    site.stand({"batches": 5000, "page": 100, "empty_last_page": True})
    with site.api(20) as api:
        pages = list(api.pages("batches", {"pageSize": "100"}))

    names = [each["name"] for page in pages for each in page.get("operations", ())]
    assert (len(names), len(set(names))) == (5000, 5000)
    assert pages[-1] == {}
    assert len({id(seen) for seen in site.requests}) == 51
    assert site.google.current is not None
    assert len(site.google.current.tunnels) == 1  # all on one connection


def test_from_one_page_on(site: Site) -> None:
    site.stand({"batches": 120})
    with site.api() as api:
        token = api.get("batches")["nextPageToken"]
        assert sum(len(page["operations"]) for page in api.pages("batches", after=token)) == 70


@pytest.mark.parametrize("token", ['"x"', '"' + "x" * 5000 + '"'])
def test_a_list_that_leads_back(site: Site, token: str) -> None:
    site.stand({"answers": {"batches": {"body": f'{{"nextPageToken": {token}}}'}}})
    with site.api() as api, pytest.raises(Unanswered) as raised:
        list(api.pages("batches"))

    assert raised.value.answer.strange is not None
    assert raised.value.answer.strange.what == "a list that never ends"
    assert len(site.requests) == 2


@pytest.mark.parametrize("token", ["null", '""', "7", "[1]", "{}", "true"])
def test_tokens_that_lead_nowhere(site: Site, token: str) -> None:
    site.stand({"answers": {"batches": {"body": f'{{"nextPageToken": {token}}}'}}})
    with site.api() as api:
        assert len(list(api.pages("batches"))) == 1


def test_an_error_in_the_middle(site: Site) -> None:
    site.stand({"batches": 120, "answers": {"batches": {"times": 1}, "batch*": {"status": 403}}})
    with site.api() as api, pytest.raises(Unanswered) as raised:
        list(api.pages("batches"))

    assert raised.value.answer.refused(Refusal.PERMISSION)


def test_a_list_without_end_ends_in_time(site: Site) -> None:
    """Each page leads to another one."""
    site.stand({"batches": 100_000, "page": 1})
    started = time.monotonic()
    with site.api(0.5) as api, pytest.raises(Unanswered) as raised:
        list(api.pages("batches"))

    assert raised.value.answer.obstacle is not None
    assert time.monotonic() - started < 1


def test_a_connection_that_the_server_closed_meanwhile(site: Site) -> None:
    site.stand({"batches": [{"id": "a"}], "answers": {"models": {"headers": {"Connection": "close"}}}})
    with site.api() as api:
        assert api.get("batches/a")["name"] == "batches/a"
        assert api.get("models")
        assert api.get("batches/a")["name"] == "batches/a"


def test_nothing_of_it_is_shown(site: Site) -> None:
    site.stand()
    way = source.way_to(*site.arguments)

    assert KEY not in repr(way)
    assert KEY not in json.dumps(repr(replace(way, url="https://other.example")))
    assert isinstance(way.route(None), Route)
