"""environment: the API beside the worker."""

from __future__ import annotations

from dataclasses import replace

import pytest

from checks.environment.api_and_worker_differ import api_and_worker_differ
from doctor import facts

COMPOSE = facts.Compose("docker-compose.yml", {"postgres": facts.ComposeService("postgres", 1)})
OPENAI = "embedding: {provider: openai, openai: {model: a, dimensions: 768, base_url: 'http://x', api_key: hunter2}}\n"


@pytest.fixture
def peers(resolved):
    """The two, resolved from `worker.yaml` and `api.yaml`, taken for one and the same file unless said otherwise."""

    def build(worker="", api="", worker_env=None, api_env=None, files=("config.yaml", "config.yaml")):
        return facts.Peers(
            api=resolved(api, api_env or {}, name="api.yaml"),
            worker=resolved(worker, worker_env or {}, name="worker.yaml"),
            worker_file=files[0],
            api_file=files[1],
        )

    return build


def database(**values: object) -> str:
    pairs = ", ".join(f"{key}: {value}" for key, value in {"user": "u", "password": "p", **values}.items())
    return f"database: {{{pairs}}}\n"


@pytest.mark.parametrize(
    ("worker", "api", "found"),
    [
        pytest.param("", "", [], id="the same"),
        pytest.param(database(host="localhost"), database(host="127.0.0.1"), [], id="two names of this host"),
        pytest.param(database(host="localhost"), database(host="postgres"), [], id="the service's name"),
        pytest.param(database(host="localhost", port=5433), database(host="postgres"), [], id="its published port"),
        pytest.param(database(host="DB"), database(host="db"), [], id="case of a name"),
        pytest.param(database(user="a"), database(user="b"), [], id="another user"),
        pytest.param(database(sslmode="disable"), database(sslmode="require"), [], id="another sslmode"),
        pytest.param("nats: {url: 'nats://a:4222'}", "nats: {url: 'nats://u:p@a'}", [], id="NATS: port and user"),
        pytest.param("nats: {url: 'nats://a, nats://b'}", "nats: {url: 'nats://b'}", [], id="NATS: one in common"),
        pytest.param("gemini: {model: gemini-embedding-001}", "", [], id="the model that is the default"),
        pytest.param("worker: {concurrency: 1}", "api: {port: 1}", [], id="what concerns one of them"),
        pytest.param(OPENAI, OPENAI + "gemini: {model: x, api_key: y}", [], id="gemini with openai"),
        pytest.param(database(name="a"), database(name="b"), ["error database.name"], id="database"),
        pytest.param(database(host="a"), database(host="b"), ["error database.host"], id="host"),
        pytest.param(database(host="a"), database(host="postgres"), ["error database.host"], id="host and a service"),
        pytest.param(database(port=1), database(port=2), ["error database.host"], id="port"),
        pytest.param("nats: {url: 'nats://a'}", "nats: {url: 'nats://b'}", ["error nats.url"], id="NATS"),
        pytest.param("nats: {url: 'nats://a:1'}", "nats: {url: 'nats://a:2'}", ["error nats.url"], id="NATS port"),
        pytest.param(OPENAI, "", ["error embedding.provider"], id="provider"),
        pytest.param("gemini: {model: a}", "gemini: {model: b}", ["error gemini.model"], id="model"),
        pytest.param("gemini: {model: a}", "", ["error gemini.model"], id="model and the default"),
        pytest.param(
            OPENAI, OPENAI.replace("model: a", "model: b"), ["error embedding.openai.model"], id="openai model"
        ),
        pytest.param("gemini: {api_key: a}", "gemini: {api_key: b}", ["warning gemini.api_key"], id="key"),
    ],
)
def test_api_and_worker_differ(peers, worker, api, found):
    """The same services, whatever they are called."""
    findings = api_and_worker_differ(peers(worker, api), COMPOSE)

    assert [f"{each.severity.value} {each.at.key}" for each in findings] == found


@pytest.mark.parametrize(
    ("worker_env", "api_env", "found"),
    [
        pytest.param({}, {}, False, id="none"),
        pytest.param({"GEMINI_API_KEY": "a"}, {}, False, id="only the worker has one"),
        pytest.param({}, {"CODECHUNK_GEMINI_API_KEY": "a"}, False, id="only the API has one"),
        pytest.param({"GOOGLE_API_KEY": "a"}, {"CODECHUNK_GEMINI_API_KEY": "a"}, False, id="the same, another name"),
        pytest.param({"GEMINI_API_KEY": "b"}, {"CODECHUNK_GEMINI_API_KEY": "a"}, True, id="a fall-back"),
        pytest.param({"CODECHUNK_GEMINI_API_KEY": "a", "GEMINI_API_KEY": "b"}, {"CODECHUNK_GEMINI_API_KEY": "a"}, False,
                     id="the key itself comes first"),
    ],
)  # fmt: skip
def test_keys(peers, worker_env, api_env, found):
    findings = api_and_worker_differ(peers(worker_env=worker_env, api_env=api_env), COMPOSE)

    assert [each.at.key for each in findings] == (["gemini.api_key"] if found else [])


def test_another_file(peers):
    (finding,) = api_and_worker_differ(peers(files=("a.yaml", "/etc/b.yaml")), COMPOSE)

    assert finding.severity.value == "warning"
    assert [place.path for place in finding.locations] == ["a.yaml", "/etc/b.yaml"]


def test_both_places_are_named(peers):
    env = {"CODECHUNK_DATABASE_NAME": "b"}

    (finding,) = api_and_worker_differ(peers(database(name="a"), "", {}, env), COMPOSE)

    assert finding.message == "database.name: the worker uses a, the API b"
    assert (finding.at.path, finding.at.line) == ("config.yaml", 1)
    assert finding.related[0].name == "CODECHUNK_DATABASE_NAME"
    assert finding.related[0].path is None


def test_no_secret_is_shown(peers):
    worker = "nats: {url: 'nats://u:hunter2@a'}\ngemini: {api_key: hunter3}"
    api = "nats: {url: 'nats://u:hunter4@b'}\ngemini: {api_key: hunter5}"

    findings = api_and_worker_differ(peers(worker, api), COMPOSE)

    assert len(findings) == 2
    assert "hunter" not in repr(findings)


@pytest.mark.parametrize("missing", ["api", "worker"])
def test_one_that_has_no_file(peers, missing):
    both = peers(database(name="a"), database(name="b"))
    one = getattr(both, missing)
    without = replace(one, file=replace(one.file, loaded=False))

    assert api_and_worker_differ(replace(both, **{missing: without}), COMPOSE) == ()


@pytest.mark.parametrize("missing", ["api", "worker"])
def test_one_that_was_not_seen(peers, missing):
    both = peers(database(name="a"), database(name="b"))

    assert api_and_worker_differ(facts.Peers(**{missing: getattr(both, missing)}), COMPOSE) == ()
