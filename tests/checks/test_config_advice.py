"""What the findings on configurations say and tell to do, as a golden file: read it when it changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from checks.config import CHECKS
from checks.config.dsn_misread import dsn_misread
from checks.config.file_missing import file_missing
from checks.config.file_unreadable import file_unreadable
from checks.config.not_an_overlay import not_an_overlay
from checks.config.value_reinterpreted import value_reinterpreted
from doctor.api import Observed
from doctor.facts import BaseConfig, Habitat, Known, Resolution, Worker
from doctor.model import Finding, Location
from tests.checks.advice import Told, page
from tests.conftest import Resolved

# Those that look at the configuration alone.
OF_CONFIG = [check for check in CHECKS if [need.fact for need in check.needs] == [Resolution]]
OPENAI = "embedding: {provider: openai, openai: {model: m, dimensions: 768, base_url: 'http://x'}}\n"
BATCHES = "batch_processing: {enabled: true, fallback_to_sequential: %s}\n"
CONNECTOR = "connectors: [{name: a, type: gitlab, base_url: 'https://x', groups: [g]}, {%s}]\n"
GITLAB = "name: b, type: gitlab, base_url: 'https://y', projects: [p]"
ZOEKT = "zoekt: {concurrent_indexing: {enabled: true}, indexing: {timeout: %s}}\n"

TEXTS: tuple[tuple[str, dict[str, str]], ...] = (
    # durations
    ("gemini: {timeout: 120}\n", {}),
    ("gemini: {timeout: 120}\nworker: {job_timeout: 1.5}\n" + OPENAI, {}),
    ("client: {timeout: 5, repos: {poll_interval: 2.25}}\n", {}),
    ("worker: {job_timeout: ''}\n", {}),
    ("worker: {job_timeout: soon}\ngemini: {timeout: 5min}\n", {}),
    # batches
    (BATCHES % "true", {}),
    (BATCHES % "false" + "gemini: {batch: {enabled: false}}\n", {}),
    (BATCHES % "false", {"CODECHUNK_GEMINI_BATCH_ENABLED": "true"}),
    ("batch_processing: {threshold_chunks: 20}\n", {}),
    ("batch_processing: {threshold_chunks: 20}\n", {"CODECHUNK_BATCH_PROCESSING_ENABLED": "true"}),
    ("batch_processing: {enabled: false}\ngemini: {batch: {enabled: false}}\n", {}),
    ("gemini: {batch: {enabled: true}}\n", {}),
    ("gemini: {batch: {enabled: true, input_dir: /i}}\n", {"TMPDIR": "/var/tmp"}),
    ("batch_processing: {queue_limits: {max_queue_size: 100}}\n", {}),
    ("batch_processing: {queue_limits: {max_queue_size: 100, max_wait_time: 0s}}\n", {}),
    ("batch_processing: {queue_limits: {max_queue_size: 0, max_wait_time: 1m}}\n", {}),
    # connectors
    (CONNECTOR % "name: b, base_url: 'https://y', groups: [g]", {}),
    (CONNECTOR % "name: b, type: github, base_url: 'https://y', groups: [g]", {}),
    (CONNECTOR % f"{GITLAB}, auth_token: '${{1x}}'", {}),
    (CONNECTOR % f"{GITLAB}, auth_token: '${{TOKEN:-x}}'", {}),
    (CONNECTOR % "name: b, type: gitlab, base_url: '${HOST}', groups: [g]", {"HOST": "x"}),
    (CONNECTOR % "name: {x: y}, type: gitlab, base_url: 'https://y', groups: [g]", {}),
    (CONNECTOR % "name: b, type: gitlab, base_url: 'https://y', groups: [{x: y}]", {}),
    (CONNECTOR % "name: b, type: gitlab, base_url: 'https://y', groups: [g], auth_token: [hunter2]", {}),
    (CONNECTOR % "name: 0123, type: gitlab, base_url: 'https://y', groups: [g], auth_token: 0123", {}),
    (
        "connectors:\n  - name: a\n    type: gitlab\n    base_url: https://x\n    groups: [g]\n"
        "  - name: b\n    type: gitlab\n    base_url: 'https://${H}'\n"
        "    groups:\n      - {x: y}\n    auth_token: [x]\n",
        {},
    ),
    ("connectors: text\n", {}),
    ("connectors: [text]\n", {}),
    ("connectors: []\n", {"CODECHUNK_CONNECTORS": "x"}),
    # the database
    ("database: {user: u}\n", {}),
    ("database: {user: u, password: ''}\n", {}),
    ("database: {host: h}\n", {"CODECHUNK_DATABASE_USER": "u", "CODECHUNK_DATABASE_PASSWORD": "hunter2"}),
    ("database: {user: my user, password: 'hunter 2', host: ''}\n", {}),
    ("database: {user: u, password: }\n", {"CODECHUNK_DATABASE_PASSWORD": "hunter 2"}),
    ("database: {user: u, password: }\n", {"CODECHUNK_DATABASE_PASSWORD": "hunter2\\"}),
    ("database: {user: u, password: p, host: [a b]}\n", {}),
    ("database: {user: 0123, password: 0123, port: 05433, name: 1e5}\n", {}),
    ("database:\n  user: u\n  password: !hunter2\n  port: 5432.5\n  name: x #y\n", {}),
    ("database:\n  user: u\n  password: p\n  name: !x\nnats:\n  url: #x\n", {}),
    ("database: {user: u, password: p, name: !x y}\n", {}),
    ("database: {user: u, password: p, name: &a 0123}\nnats: {url: *a}\n", {}),
    ("database: {user: u, password: p, port: true, name: #x\n  }\n", {}),
    ("database: {user: u, password: p, port: 99999999999999999999}\n", {}),
    ("database: {user: u, password: p}\n", {"CODECHUNK_DATABASE_PORT": "05433"}),
    ("database: {user: u, password: p, name: 0123}\n", {"CODECHUNK_DATABASE_NAME": "x"}),
    ("base: &b {name: 0123}\ndatabase: {<<: *b, user: u, password: p}\n", {}),
    # dead keys, other keys
    ("log: {level: warn}\ngemini: {max_retries: 7}\napi: {enable_cors: false}\n", {}),
    ("log: {level: debug}\n", {"CODECHUNK_LOG_LEVEL": "warn", "CODECHUNK_API_ENABLE_CORS": "false"}),
    ("log: {level: debug}\n", {"CODECHUNK_LOG_FORMAT": "text", "CODECHUNK_GEMINI_BATCH_POLL_INTERVAL": "1s"}),
    ("gemini: {batch: {poll_interval: 1s, max_wait_time: 9h}}\n", {}),
    ("gemnii: {model: x}\nnats: {uri: x}\nlog_level: x\nchunking: {size: 1}\nhuh: {wuh: 1}\n", {}),
    ("worker: {log: {level: x}}\n", {}),
    ("port: 80\nmodel: x\ngemini: {apikey: x, batch_size: 3}\n", {}),
    *(("".join(f"k{number}: 1\n" for number in range(count)), {}) for count in (2, 50, 51)),
    # types
    ("worker: {concurrency: many, job_timeout: [1]}\napi: 8080\n", {}),
    ("gemini: {batch: {enabled: yes}, timeout: 2026-01-02, model: [a, b]}\n", {}),
    ("worker: {concurrency: 2026-01-02}\ngemini: {api_key: [hunter2]}\n", {}),
    *(("worker: {concurrency: %s}\n" % ("x" * length), {}) for length in (60, 61)),
    ("log: {level: info}\n", {"CODECHUNK_WORKER_CONCURRENCY": "many"}),
    ("batch_processing: yes\nzoekt: {webserver: [1]}\n", {}),
    # words and ranges
    ("embedding: {provider: opnai}\nsearch: {iterative_scan_mode: strct}\n", {}),
    ("gemini: {model: gemini}\nbatch_processing: {token_counting: {enabled: true, mode: some}}\n", {}),
    ("api: {port: 0, write_timeout: 10s, read_timeout: -1s}\n", {}),
    ("api: {port: '', write_timeout: 9s}\n", {}),
    ("api: {port: '70000'}\nworker: {concurrency: 0, queue_group: ''}\n", {}),
    ("api: {port: '-0'}\n", {}),
    ("api: {port: '-1'}\n", {}),
    ("api: {port: x}\nnats: {max_reconnects: 0}\n", {}),
    ("search: {semantic_weight: 0.5, text_weight: 0.5009}\n", {}),
    ("search: {semantic_weight: 0.5, text_weight: 0.6}\n", {}),
    ("search: {semantic_weight: 1.5, text_weight: 0.6}\n", {}),
    ("search: {semantic_weight: x, text_weight: 0.6}\n", {}),
    (
        "gemini: {batch: {enabled: true}}\n"
        "batch_processing: {submission_initial_backoff: 2m, submission_max_backoff: 1m, max_submission_attempts: -1}\n",
        {},
    ),
    (ZOEKT % "0s", {}),
    (ZOEKT % "30m", {}),
    (ZOEKT % "31m", {}),
    (ZOEKT % "1h" + "worker: {job_timeout: 1h}\n", {}),
    # openai
    ("embedding: {provider: openai, openai: {model: m, dimensions: 768}}\n", {}),
    ("embedding: {provider: openai, openai: {model: m, dimensions: 768}}\n", {"OPENAI_API_KEY": "x"}),
    ("embedding: {provider: openai, openai: {dimensions: 3, timeout: -1s, batch_size: 4000}}\n", {}),
    # variables
    ("gemini: {api_key: '${CODECHUNK_GEMINI_API_KEY}'}\n", {}),
    ("gemini: {api_key: '${CODECHUNK_GEMINI_API_KEY}'}\n", {"CODECHUNK_GEMINI_API_KEY": "x"}),
    ("gemini: {api_key: 'hunter2${KEY}'}\nnats: {url: '${NATS}'}\n", {}),
    ("gemini: {api_key: '$KEY'}\nnats: {url: 'nats://${HOST}:4222'}\n", {}),
    ("gemini: {api_key: '${}x'}\n", {}),
    ("gemini: {api_key: '${KEY}hunter2'}\n", {}),
    ("nats: {url: x}\n", {"CODECHUNK_NATS_URL": "${NATS}"}),
    # parts of a file
    ("api: {port: '1'}\nAPI: {port: '2'}\n", {}),
    ("api: {port: '1', PORT: '2'}\napi.port: '3'\n", {}),
    ("api.port: '3'\napi: {port: '1', host: x}\ngemini: {model: x}\nGemini: {API_KEY: hunter2, model: {a: b}}\n", {}),
    ("api: {port: '1'}\nAPI: {port: '1', host: x}\nApi: {port: '1'}\n", {}),
    ("nats: {url: x}\n---\nnats: {url: y}\n", {}),
    ("log: {level: fatal}\n", {}),
)


def configurations(resolved: Resolved) -> Iterator[tuple[str, Told]]:
    for text, env in TEXTS:
        config = resolved(text, env)
        heading = text.strip() + "".join(f"\n{name}={value}" for name, value in env.items())
        yield heading, [each for check in OF_CONFIG for each in check(config)]


def test_configurations(resolved: Resolved, golden: Callable[[str, str], None]) -> None:
    golden("config-advice.txt", page(configurations(resolved)))


def files(resolved: Resolved) -> Iterator[tuple[str, Told]]:
    def judged(text: str, name: str = "configs/config.dev.yaml", **values: str | None) -> list[Finding]:
        config = resolved(text, name=name, bare=True, **values)
        worker = Observed(Worker(Known.OBSERVED, Habitat.PROCESS, uid=1000, user_known=True))
        found = [each for check in OF_CONFIG for each in check(config) if check.id.startswith("config.file-")]
        return [*found, *file_unreadable(config, worker)]

    yield "a list", judged("- a\n")
    yield "a tab", judged("a:\n\tb: 1\n")
    yield "found by the search", judged("a:\n\tb: 1\n", "configs/config.yaml", argument=None)
    yield "found by the search, without an ending", judged("a:\n\tb: 1\n", "configs/config", argument=None)
    yield "given without an ending", judged("a:\n\tb: 1\n", "configs/bare")
    yield "given in a form of its own", judged("a = 1\n", "configs/mine.properties")
    yield "twice", judged("a: 1\nb: 2\na: 1\n")
    yield "twice, otherwise", judged("a: 1\nb: 2\na: 3\n")
    yield "another ending", judged("a: 1\n", "configs/my config.conf")
    yield "not there, and without a path", judged("a: 1\n", argument="x.conf")


def test_files(resolved: Resolved, golden: Callable[[str, str], None]) -> None:
    golden("config-files.txt", page(files(resolved)))


@pytest.mark.parametrize(
    ("there", "argument", "said"),
    [
        ((), None, "Start the program in the directory that has configs/"),
        ((), "configs/x.yaml", "Correct --config; a relative path"),
        (("configs/config.dev.yaml",), None, "Give --config; there is configs/config.dev.yaml."),
        (("zzz.toml",), "configs/x.yaml", "Correct --config; there is zzz.toml."),
        (("a.yaml", "configs/x.yaml"), "configs/y.yaml", "there is configs/x.yaml. There are: a.yaml, configs/x.yaml."),
        (("q.ini", "w.ini"), "configs/y.yaml", "there is q.ini. There are: q.ini, w.ini."),
    ],
)
def test_what_to_give(resolved: Resolved, there: tuple[str, ...], argument: str | None, said: str) -> None:
    config = resolved(name="elsewhere/x.yaml", argument="gone.yaml")
    (finding,) = file_missing(replace(config, file=replace(config.file, argument=argument, searched=there, nearby=())))
    assert finding.fix is not None

    assert said in finding.fix.summary
    assert ("There are" in finding.fix.summary) is (len(there) > 1)


BASE = """\
batch_processing:
  enabled: true
  threshold_chunks: &a 30
  fallback_to_sequential: *a
gemini:
  batch:
    input_dir: "/i"
    output_dir: |
      /o
    model: of more
      words
    enabled:
zoekt:
connectors:
  - name: a
"""


@pytest.mark.parametrize("text", ["", "batch_processing: {enabled: true}\n", "connectors: []\n", "zoekt: {}\n"])
def test_what_is_not_inherited(resolved: Resolved, text: str, golden: Callable[[str, str], None]) -> None:
    base = BaseConfig("configs/config.yaml", resolved(BASE, name="configs/config.yaml").entries)
    findings = not_an_overlay(resolved(text), base)

    golden(f"config-overlay-{text.partition(':')[0] or 'none'}.txt", page(iter([(text, findings)])))


def test_a_section_that_is_one_value_is_no_missing_one(resolved: Resolved) -> None:
    base = BaseConfig("configs/config.yaml", resolved(BASE + "zoekt.x: 1\n", name="configs/config.yaml").entries)
    text = "batch_processing: yes\ngemini: {batch: yes}\nzoekt: yes\nconnectors: []\n"

    assert not_an_overlay(resolved(text), base) == ()


def test_a_password_of_the_env_file(resolved: Resolved) -> None:
    key, name = "database.password", "CODECHUNK_DATABASE_PASSWORD"
    config = resolved("database: {user: u, password: }\n", {name: "hunter 2"})
    setting = config.settings[key]
    assert setting.winner is not None
    given = replace(setting.winner, location=Location.env(name, path="prod.env", line=3))
    candidates = tuple(given if each is setting.winner else each for each in setting.candidates)
    settings = {**config.settings, key: replace(setting, location=given.location, candidates=candidates)}
    (finding,) = dsn_misread(replace(config, settings=settings))
    assert finding.fix is not None
    (edit,) = finding.fix.edits

    assert (edit.path, edit.key, edit.before, edit.line) == ("prod.env", name, "***", 3)


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ((Location.file("c", 1, key="database.user"),), True),
        ((Location.file("c", 1), Location.file("c", 1, key="database.user")), True),
        ((Location.file("c", 1, key="api.port"),), False),
        ((Location.file("c", 1),), False),
    ],
)
def test_what_is_about_the_database(places: tuple[Location, ...], expected: bool) -> None:
    (when,) = (each.when for each in value_reinterpreted.explains if "database.auth" in each.checks)
    assert when is not None

    assert when(Finding("x", places[0], places[1:]), Finding("y", Location.env("z"))) is expected
