"""openai.endpoint: on every state of the server and every end of the way, and what is advised."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import Any

import pytest

from checks.openai.endpoint import endpoint
from doctor.api import Finding, Location, Place, Skipped
from doctor.facts import (
    Certificate,
    Habitat,
    Known,
    NetworkFault,
    NetworkObstacle,
    OpenAiServer,
    OpenAiState,
    Step,
    Worker,
)
from doctor.model import Safety, Severity
from tests.conftest import Resolved

S, F = OpenAiState, NetworkFault
HOST = Worker(Known.ASSUMED, Habitat.HOST)
CONTAINER = Worker(Known.OBSERVED, Habitat.CONTAINER, "worker")
URL, KEY = "http://localhost:1234/v1", "sk-canary-0123456789"
SETTINGS = """
embedding:
  provider: openai
  openai: {base_url: "http://localhost:1234/v1", api_key: "%s", model: nomic-embed, dimensions: 768%s}
"""
VARIABLE = "CODECHUNK_EMBEDDING_OPENAI_API_KEY"


def server(state: OpenAiState = S.USABLE, **values: Any) -> OpenAiServer:
    defaults = {"url": URL, "here": URL, "host": "localhost", "port": 1234, "status": 200, "call": f"POST {URL}/x"}
    return OpenAiServer(**{**defaults, "state": state, **values})


def stopped(step: Step, fault: NetworkFault, text: str = "because", **values: Any) -> OpenAiServer:
    return server(S.UNKNOWN, obstacle=NetworkObstacle(step, fault, text), **values)


def judged(
    resolved: Resolved, found: OpenAiServer, *, key: str = "", extra: str = "", worker: Worker = HOST
) -> Finding:
    (finding,) = endpoint(resolved(SETTINGS % (key, extra)), found, worker)
    assert finding.severity is Severity.ERROR
    assert finding.fix is not None
    assert finding.fix.safety is Safety.NONE
    assert KEY not in repr(finding)
    return finding


def advice(finding: Finding) -> str:
    """All that the fix says and does, in one text."""
    assert finding.fix is not None
    edits = [f"{edit.key} -> {edit.after}" for edit in finding.fix.edits]
    for command in finding.fix.commands:
        assert shlex.split(command)
    return "\n".join((finding.fix.summary, *finding.fix.commands, *edits))


# --- silent --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "extra"),
    [
        (server(), ""),
        (server(length=768), ""),
        (server(length=768), ", truncate_dimensions: true"),
        (server(length=769), ", truncate_dimensions: true"),
        (server(length=4096), ", truncate_dimensions: true"),
        (server(length=768, models=("another",), suggested=None), ""),
        (server(length=768, key=Location.env(VARIABLE)), ""),
        (server(length=768, asked="localhost:8080, where c.yml publishes tei:80"), ""),
        (server(length=768, proxy="http://proxy:3128", proxy_at=Location.env("HTTP_PROXY")), ""),
    ],
)
def test_silent(resolved: Resolved, found: OpenAiServer, extra: str) -> None:
    assert endpoint(resolved(SETTINGS % ("", extra)), found, HOST) == ()


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (server(S.BUSY, said="later", status=429), "does not tell: later .status 429."),
        (server(S.UNKNOWN, said="has made no vector within 8 s", status=None), "no vector within 8 s$"),
        (server(S.UNKNOWN, said="a redirect", status=308), "a redirect"),
    ],
)
def test_skipped(resolved: Resolved, found: OpenAiServer, why: str) -> None:
    with pytest.raises(Skipped, match=why):
        endpoint(resolved(SETTINGS % ("", "")), found, HOST)


@pytest.mark.parametrize("found", [server(), server(S.KEY_REFUSED), stopped(Step.ANSWER, F.REFUSED)])
def test_skipped_with_gemini(resolved: Resolved, found: OpenAiServer) -> None:
    with pytest.raises(Skipped, match="provider is gemini"):
        endpoint(resolved("embedding: {provider: gemini}\n"), found, HOST)


# --- answers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "said", "key", "advised"),
    [
        pytest.param(server(S.NOT_FOUND, said="x", status=404, suggested="http://localhost:1234/v2"),
                     "it is at http://localhost:1234/v2", "base_url", '-> "http://localhost:1234/v2"', id="elsewhere"),
        pytest.param(server(S.NOT_FOUND, said="x", status=404, models=("m",)),
                     "lists models, but makes no embeddings", "base_url", "--embeddings", id="no embeddings"),
        pytest.param(server(S.NOT_FOUND, said="x", status=404),
                     "no API of this kind at http://localhost:1234/v1: x (status 404)", "base_url", "/v1`", id="404"),
        pytest.param(server(S.NOT_OPENAI, said="a web page"),
                     "no API of this kind: a web page (status 200)", "base_url", "curl", id="page"),
        pytest.param(server(S.NOT_OPENAI, said="a web page", proxy="http://p:1"),
                     "through the proxy http://p:1", "base_url", "curl", id="page of a proxy"),
        pytest.param(server(S.MODEL_UNKNOWN, said="no", status=404, models=("nomic-embed-text", "b")),
                     'does not have the model "nomic-embed": no', "model", 'model -> "nomic-embed-text"', id="near"),
        pytest.param(server(S.MODEL_UNKNOWN, said="no", status=404, models=("llama", "b")),
                     "does not have", "model", "curl -sS -m 20 http://localhost:1234/v1/models", id="not near"),
        pytest.param(server(S.MODEL_UNKNOWN, said="not found, try pulling it first", status=404),
                     "try pulling", "model", "ollama pull nomic-embed", id="Ollama"),
        pytest.param(server(S.REQUEST_REFUSED, said="no matryoshka", status=400),
                     "refuses what the program asks for: no matryoshka", "model", "dimensions: 768", id="dimensions"),
        pytest.param(server(S.REQUEST_REFUSED, said="no", status=422), "no (status 422)", "base_url", "curl", id="422"),
        pytest.param(server(S.FAILING, said="boom", status=500), "fails: boom", "base_url", "log", id="500"),
        pytest.param(server(S.FAILING, said="boom", status=500, service="tei"),
                     "fails", "base_url", "docker compose logs --tail 50 tei", id="a service"),
        pytest.param(server(length=1024), '"nomic-embed" have 1024 numbers, the database holds 768', "model",
                     "truncate_dimensions -> true", id="longer"),
        pytest.param(server(length=384), "384 numbers", "model", "or more", id="shorter"),
        pytest.param(server(length=0), "0 numbers", "model", "or more", id="empty"),
    ],
)  # fmt: skip
def test_an_answer(resolved: Resolved, found: OpenAiServer, said: str, key: str, advised: str) -> None:
    finding = judged(resolved, found)

    assert said in finding.message
    assert finding.at.key == f"embedding.openai.{key}"
    assert finding.related == (Location(Place.NETWORK, name="localhost:1234"),)
    assert advised in advice(finding)


def test_cutting_does_not_lengthen(resolved: Resolved) -> None:
    assert "384" in judged(resolved, server(length=384), extra=", truncate_dimensions: true").message


@pytest.mark.parametrize(
    ("length", "said", "absent"),
    [(384, "and the program cannot make them longer", "Matryoshka"), (1024, "holds 768", "cannot make them longer")],
)
def test_vectors_of_another_length(resolved: Resolved, length: int, said: str, absent: str) -> None:
    finding = judged(resolved, server(length=length))

    assert finding.message.endswith(said)
    assert absent not in finding.message + advice(finding)


@pytest.mark.parametrize(("count", "more"), [(9, " and 4 more"), (5, "")])
def test_only_a_few_models_are_named(resolved: Resolved, count: int, more: str) -> None:
    many = server(S.MODEL_UNKNOWN, said="no", status=404, models=tuple(f"m{n}" for n in range(count)))
    (evidence,) = judged(resolved, many).evidence

    assert evidence.text == f"it lists m0, m1, m2, m3, m4{more}"


@pytest.mark.parametrize(("here", "asked"), [("http://localhost:8080/v1", "http://localhost:8080/v1"), ("", URL)])
@pytest.mark.parametrize("key", [None, Location.env(VARIABLE)])
def test_the_models_are_listed_as_this_machine_can(
    resolved: Resolved, here: str, asked: str, key: Location | None
) -> None:
    found = server(S.MODEL_UNKNOWN, said="no", status=404, models=("b",), here=here, key=key)
    said = advice(judged(resolved, found))

    assert f"curl -sS -m 20 {asked}/models" in said
    assert ("Authorization" in said) is (key is not None)


# --- the key -------------------------------------------------------------------------------------------------------

REFUSED = server(S.KEY_REFUSED, said="Incorrect", status=401)


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("", "the server wants a key, and none is configured: Incorrect (status 401)"),
        (KEY, "the server does not accept the key: Incorrect (status 401)"),
        (f"{KEY} ", "the server does not accept the key, which has a blank in it: Incorrect"),
    ],
)
def test_a_key_is_refused(resolved: Resolved, key: str, said: str) -> None:
    place = Location.file("c.yaml") if key else None
    finding = judged(resolved, server(S.KEY_REFUSED, said="Incorrect", status=401, key=place), key=key)

    assert finding.message.startswith(said)
    assert finding.at.key == "embedding.openai.api_key"
    assert f"export {VARIABLE}='your key'" in advice(finding)
    assert f'-H "Authorization: Bearer ${VARIABLE}"' in advice(finding)


def test_a_key_that_the_file_does_not_have_needs_a_line(resolved: Resolved) -> None:
    config = resolved("embedding: {provider: openai, openai: {model: m, dimensions: 768}}\n")
    (finding,) = endpoint(config, REFUSED, HOST)

    assert "Add `api_key:` below embedding.openai" in advice(finding)


def test_a_key_for_containers_is_passed_by_compose(resolved: Resolved) -> None:
    said = advice(judged(resolved, REFUSED, worker=CONTAINER))

    assert "into .env" in said
    assert said.endswith("docker compose up -d worker api")


def test_a_key_is_put_right_in_the_file_it_comes_from(resolved: Resolved) -> None:
    config = resolved(SETTINGS % ("", ""), {VARIABLE: KEY})
    key = "embedding.openai.api_key"
    given = Location.env(VARIABLE, path=".env.local", line=3, key=key)
    config = replace(config, settings={**config.settings, key: replace(config.settings[key], location=given)})
    (finding,) = endpoint(config, server(S.KEY_REFUSED, said="x", status=401, key=given), HOST)

    assert finding.at == given
    assert "It belongs in .env.local, line 3" in advice(finding)


def test_no_key_is_sent_where_none_is_configured(resolved: Resolved) -> None:
    assert "Authorization" not in advice(judged(resolved, server(S.NOT_OPENAI, said="x")))
    assert "Authorization" in advice(judged(resolved, server(S.NOT_OPENAI, said="x", key=Location.env(VARIABLE))))


def test_nothing_is_charged_abroad(resolved: Resolved) -> None:
    listed = server(S.NOT_OPENAI, said="x", call="GET https://api.example.com/v1/models")

    assert "/embeddings" not in advice(judged(resolved, listed))


# --- the way -------------------------------------------------------------------------------------------------------

SERVICE = {"host": "tei", "port": 80, "url": "http://tei/v1", "service": "tei"}
INSIDE = {"host": "host.docker.internal", "url": "http://host.docker.internal:1234/v1"}
PROXY = {"proxy": "http://proxy:3128", "proxy_at": Location.env("HTTPS_PROXY")}
TRUST = {"url": "https://localhost:1234/v1"}


@pytest.mark.parametrize(
    ("found", "said", "advised"),
    [
        (stopped(Step.ANSWER, F.REFUSED), "nothing listens at localhost:1234", "Start the server"),
        (stopped(Step.ANSWER, F.TIMED_OUT), "localhost:1234 does not answer: because", "Start the server"),
        (stopped(Step.ANSWER, F.NO_ROUTE), "localhost:1234 cannot be reached: because", "curl"),
        (stopped(Step.ANSWER, F.REFUSED, **SERVICE), "nothing listens at tei:80", "docker compose up -d tei"),
        (stopped(Step.ANSWER, F.REFUSED, asked="localhost:8080, where c.yml publishes tei:80", **SERVICE),
         "nothing listens at localhost:8080, where c.yml publishes tei:80", "docker compose up -d tei"),
        (stopped(Step.NAME, F.NAME_UNKNOWN, host="gpu-box"), "the name of gpu-box:1234 cannot", "getent hosts gpu-box"),
        (stopped(Step.NAME, F.NAME_UNKNOWN, **SERVICE), "cannot be looked up", 'base_url -> "http://localhost/v1"'),
        (stopped(Step.NAME, F.NAME_UNKNOWN, **INSIDE), "looked up", 'base_url -> "http://localhost:1234/v1"'),
        (stopped(Step.HTTP, F.NO_ANSWER), "accepts the connection, but has not answered in time", "curl"),
        (stopped(Step.HTTP, F.BROKEN_OFF), "breaks the connection off: because", "curl"),
        (stopped(Step.HTTP, F.OTHER_PROTOCOL), "cannot be used: because", "curl"),
        (stopped(Step.TLS, F.BROKEN_OFF), "breaks the connection off", "curl"),
        (stopped(Step.TLS, F.OTHER_PROTOCOL, **TRUST), "does not speak TLS", 'base_url -> "http://localhost:1234/v1"'),
        (stopped(Step.TLS, F.TLS_FAILED, **TRUST), "TLS with localhost:1234 fails: because", "openssl s_client"),
        (stopped(Step.TLS, F.CERTIFICATE_REFUSED, **TRUST), "certificate of localhost:1234 is not trusted", "SSL_CERT"),
        (stopped(Step.ANSWER, F.SETTING, url="gpu-box:80/v1", host=""), "none: because", '"http://gpu-box:80/v1"'),
        (stopped(Step.ANSWER, F.SETTING, url="ftp://x/v1", host=""), "the address is none: because", "http://local"),
    ],
)  # fmt: skip
def test_the_way_ends(resolved: Resolved, found: OpenAiServer, said: str, advised: str) -> None:
    finding = judged(resolved, found)

    assert said in finding.message
    assert finding.at.key == "embedding.openai.base_url"
    assert advised in advice(finding)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (F.REFUSED, "nothing listens at the proxy http://proxy:3128"),
        (F.LOGIN_WANTED, "the proxy http://proxy:3128 wants a login"),
        (F.DENIED, "does not let the request through: because"),
        (F.SETTING, "cannot be used: because"),
    ],
)
def test_the_proxy(resolved: Resolved, fault: NetworkFault, said: str) -> None:
    finding = judged(resolved, stopped(Step.PROXY, fault, **PROXY))

    assert said in finding.message
    assert finding.at == Location.env("HTTPS_PROXY")
    assert 'export NO_PROXY="$NO_PROXY",localhost' in advice(finding)
    assert "docker compose up" in advice(judged(resolved, stopped(Step.PROXY, fault, **PROXY), worker=CONTAINER))


@pytest.mark.parametrize(("url", "name"), [(URL, "HTTP_PROXY"), ("https://h/v1", "HTTPS_PROXY")])
def test_a_proxy_that_nobody_names(resolved: Resolved, url: str, name: str) -> None:
    assert judged(resolved, stopped(Step.PROXY, F.SETTING, url=url)).at == Location.env(name)


@pytest.mark.parametrize(("status", "shown"), [(407, ["the proxy answered with 407"]), (None, [])])
def test_the_answer_of_the_proxy_is_shown(resolved: Resolved, status: int | None, shown: list[str]) -> None:
    obstacle = NetworkObstacle(Step.PROXY, F.LOGIN_WANTED, "because", status)

    assert [each.text for each in judged(resolved, server(obstacle=obstacle, **PROXY)).evidence] == shown


@pytest.mark.parametrize(("asked", "at"), [("localhost:8443, where c.yml has it", "localhost:8443"), (None, "tei:443")])
def test_the_certificate_is_looked_at_where_this_machine_reaches_it(
    resolved: Resolved, asked: str | None, at: str
) -> None:
    way = {"url": "https://tei/v1", "here": "https://localhost:8443/v1", "host": "tei", "port": 443, "asked": asked}

    assert f"openssl s_client -connect {at} " in advice(judged(resolved, stopped(Step.TLS, F.TLS_FAILED, **way)))


def test_a_key_that_cannot_be_sent(resolved: Resolved) -> None:
    finding = judged(resolved, stopped(Step.HTTP, F.SETTING, "the key holds a line break"), key=KEY)

    assert finding.at.key == "embedding.openai.api_key"
    assert finding.message == "the program cannot send the key: the key holds a line break"


def test_who_signed_is_named(resolved: Resolved) -> None:
    shown = Certificate("Example Corp", "localhost", 0, 1)
    obstacle = NetworkObstacle(Step.TLS, F.CERTIFICATE_REFUSED, "because", certificate=shown)

    assert "issued by Example Corp, is not trusted" in judged(resolved, server(obstacle=obstacle)).message


def test_a_container_is_told_how_it_reaches_the_host(resolved: Resolved) -> None:
    found = stopped(
        Step.ANSWER, F.REFUSED, asked="localhost:1234, which containers call host.docker.internal", **INSIDE
    )

    assert "a server on the host is host.docker.internal" in advice(judged(resolved, found, worker=CONTAINER))


def test_a_key_out_of_a_file_is_put_into_the_shell_first(resolved: Resolved) -> None:
    in_file, in_shell = Location.file("configs/config.yaml", 5), Location.env(VARIABLE)
    in_env_file = Location.env(VARIABLE, path="prod.env", line=5)
    lost = {"state": S.UNKNOWN, "obstacle": NetworkObstacle(Step.HTTP, F.NO_ANSWER, "because")}

    for place, commands in ((in_file, 2), (in_env_file, 2), (in_shell, 1), (None, 1)):
        for found in (server(S.FAILING, key=place), server(**lost, key=place), server(length=384, key=place)):
            fix = judged(resolved, found, key=KEY).fix
            assert fix is not None
            assert len(fix.commands) == commands
            assert (fix.commands[0] == f"export {VARIABLE}='your key'") is (commands == 2)
