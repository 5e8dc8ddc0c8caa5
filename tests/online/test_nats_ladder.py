"""Each step of the way to NATS fails for real, and exactly one check names it; nothing is changed there."""

from __future__ import annotations

import json
import os
import re
import socket
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from doctor import app, facts
from doctor.embedded.nats import Nats
from doctor.errors import Withheld
from doctor.model import Finding, OutcomeKind, Report
from doctor.settings import Settings
from doctor.sources.nats import access, monitoring
from tests import jetstream as scene
from tests.jetstream import play
from tests.servers import NatsServers, older_nats
from tests.sources import peers

pytestmark = pytest.mark.slow

CONFIG = "database: {host: 127.0.0.1, user: dev, password: dev}\n"
PASSWORD = "s3cr/t?pw#W"
ESCAPED = "s3cr%2Ft%3Fpw%23W"
LADDER = [
    "nats.unreachable",
    "nats.auth",
    "nats.jetstream-off",
    "nats.stream-missing",
    "nats.stream-unusable",
    "nats.not-consumed",
    "nats.messages-stranded",
]
RUNNING = facts.Worker(facts.Known.OBSERVED, facts.Habitat.PROCESS, pid=7, started_at=1.0, variables={})

Examine = Callable[..., Report]


@pytest.fixture
def examine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Examine:
    """Examine an installation whose nats.url is this; without `patient` the second look comes soon."""
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "config.yaml").write_text(CONFIG, encoding="utf-8")

    def run(
        url: str,
        *,
        worker: facts.Worker | None = None,
        containers: facts.Containers | None = None,
        directories: facts.Directories | None = None,
        deadline: float | None = None,
        pause: float = 0.2,
        **env: str,
    ) -> Report:
        monkeypatch.setattr(access, "PAUSE", pause)
        monkeypatch.setattr(access, "STEP", 0.05)
        variables = {"CODECHUNK_NATS_URL": url, "CODECHUNK_GEMINI_API_KEY": "example-key", **env}
        only = ("nats", *(("directories.workspace-unusable",) if directories is not None else ()))
        settings = Settings(directory=tmp_path, env=variables, clean_env=True, only=only, deadline=deadline)
        reason = Withheld("not looked at here")
        known: dict[type[Any], object] = {
            facts.GeminiAccess: reason,
            facts.Connection: reason,
            facts.Containers: containers or reason,
            facts.ApiHealth: reason,
            facts.Processes: facts.Processes(),
        }
        if worker is not None:
            known[facts.Worker] = worker
        if directories is not None:
            known[facts.Directories] = directories
        return app.diagnose(settings, known=known)

    return run


@pytest.fixture(scope="module")
def programs() -> dict[str, Path | None]:
    """The servers by version, None for the installed one."""
    try:
        return {"2.15": None, "2.10": older_nats()}
    except OSError:
        return {"2.15": None}


@pytest.fixture(params=["2.15", "2.10"])
def server(request: pytest.FixtureRequest, programs: dict[str, Path | None]) -> Iterator[NatsServers]:
    """Servers of both versions."""
    if request.param not in programs:
        pytest.skip("the older NATS cannot be installed here")
    with NatsServers(programs[request.param]) as servers:
        yield servers


def found(report: Report) -> list[str]:
    return [each.id for each in report.results if each.outcome.kind is OutcomeKind.FOUND]


def finding(report: Report, id: str) -> Finding:
    """The first finding of this check, which alone fires and holds back all after it when it is an error."""
    assert found(report) == [id]
    first = next(each.outcome.findings[0] for each in report.results if each.id == id)
    if first.severity == "error" and id not in LADDER[-2:]:
        later = [each.outcome for each in report.results if each.id in LADDER[LADDER.index(id) + 1 :]]
        assert {each.kind for each in later} <= {OutcomeKind.BLOCKED}
        assert all((each.reason or "").startswith(id) for each in later)
    return first


def message(report: Report, id: str) -> str:
    return finding(report, id).message


def outcomes(report: Report) -> set[tuple[str, str | None]]:
    return {(each.outcome.kind.value, each.outcome.reason) for each in report.results}


# --- where nothing is wrong ----------------------------------------------------------------------------------------


def test_a_server_that_nobody_has_used_yet_is_no_fault(examine: Examine, server: NatsServers) -> None:
    assert outcomes(examine(server().url)) == {("passed", None)}


def test_an_empty_stream_with_its_consumer_is_well(examine: Examine, server: NatsServers) -> None:
    at = server()
    play(at.url, scene.stream(), scene.consumer)

    assert outcomes(examine(at.url, worker=RUNNING)) == {("passed", None)}


def test_a_worker_that_waits_for_jobs_is_well(examine: Examine, server: NatsServers) -> None:
    at, reports = server(), []
    look = scene.meanwhile(lambda: reports.append(examine(at.url, worker=RUNNING)))
    play(at.url, scene.stream(), scene.consumer, look)

    assert outcomes(reports[0]) == {("passed", None)}


def test_jobs_may_wait_while_the_worker_is_at_one(examine: Examine, server: NatsServers) -> None:
    at = server()
    play(at.url, scene.stream(), scene.consumer, scene.jobs(5), scene.taken(2))

    assert found(examine(at.url, worker=RUNNING)) == []


def test_other_subjects_of_the_stream_are_nobodys_jobs(examine: Examine, server: NatsServers) -> None:
    at = server()
    play(at.url, scene.stream(), scene.consumer, scene.jobs(3, subject="indexing.other"))
    play(at.url, scene.foreign("of-others", "indexing.other"))

    assert found(examine(at.url, worker=RUNNING)) == []


def test_what_the_worker_cleans_up_may_lie_around(examine: Examine, server: NatsServers) -> None:
    at = server()
    play(at.url, scene.stream(), scene.foreign("test-consumer", "indexing.job"))

    assert found(examine(at.url)) == []


def test_another_age_or_limit_is_no_fault(examine: Examine, server: NatsServers) -> None:
    at = server()
    play(at.url, scene.stream(max_age=3600.0, max_bytes=10_000_000, max_msgs=1000), scene.consumer)

    assert found(examine(at.url, worker=RUNNING)) == []


def test_somebody_fetches_between_the_two_looks(examine: Examine, server: NatsServers) -> None:
    at = server()
    play(at.url, scene.stream(), scene.consumer, scene.jobs(1))
    fetch = threading.Timer(0.1, lambda: play(at.url, scene.taken(1)))
    fetch.start()
    report = examine(at.url, worker=RUNNING, pause=8.0)
    fetch.join()

    assert found(report) == []


@pytest.mark.parametrize(
    ("config", "login"),
    [
        pytest.param(f'authorization {{user: app, password: "{PASSWORD}"}}', f"app:{ESCAPED}@", id="password"),
        pytest.param(f'authorization {{token: "{PASSWORD}"}}', f"{ESCAPED}@", id="token"),
        pytest.param(
            "no_auth_user: app\nauthorization {users: [{user: app, password: secret-one}]}", "", id="not needed"
        ),
    ],
)
def test_every_kind_of_login_is_spoken(examine: Examine, server: NatsServers, config: str, login: str) -> None:
    at = server(config)

    assert outcomes(examine(f"nats://{login}127.0.0.1:{at.port}")) == {("passed", None)}


def test_only_what_the_program_asks_has_to_be_allowed(examine: Examine, server: NatsServers) -> None:
    rights = 'publish: {deny: ["$JS.API.INFO", "$JS.API.CONSUMER.LIST.>", "$JS.API.STREAM.LIST"]}'
    users = f"{{user: app, password: secret-one, permissions: {{{rights}}}}}, {{user: other, password: secret-two}}"
    at = server(f"authorization {{users: [{users}]}}")
    play(f"nats://other:secret-two@127.0.0.1:{at.port}", scene.stream(), scene.consumer, scene.jobs(1), scene.taken(1))

    assert found(examine(f"nats://app:secret-one@127.0.0.1:{at.port}", worker=RUNNING)) == []


def test_a_certificate_that_is_trusted_opens_tls(examine: Examine, server: NatsServers, tmp_path: Path) -> None:
    authority = trustme.CA()
    at = server(_tls(authority, tmp_path))
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")

    assert found(examine(at.url, SSL_CERT_FILE=str(tmp_path / "authority.pem"))) == []


def _tls(authority: trustme.CA, directory: Path) -> str:
    certificate = authority.issue_cert("127.0.0.1")
    certificate.private_key_and_cert_chain_pem.write_to_path(directory / "server.pem")
    return f'tls {{cert_file: "{directory}/server.pem", key_file: "{directory}/server.pem"}}'


# --- the way -------------------------------------------------------------------------------------------------------


def test_nothing_listens(examine: Examine) -> None:
    port = peers.unused_port()
    first = finding(examine(f"nats://127.0.0.1:{port}"), "nats.unreachable")

    assert first.message == f"nothing listens at 127.0.0.1:{port}"
    assert first.fix is not None
    assert first.fix.commands == (f"nats-server --port {port} --jetstream --store_dir nats",)


def test_the_name_is_not_known(examine: Examine) -> None:
    said = message(examine("nats://nats.invalid:4222"), "nats.unreachable")

    assert said.startswith("the name of nats.invalid:4222 cannot be looked up: ")


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        pytest.param(peers.says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "is not NATS: it says", id="http"),
        pytest.param(peers.says(b"+PONG\r\n", unasked=True), 'is not NATS: it says "+PONG"', id="redis"),
        pytest.param(peers.says(b"\x1b[2J\x07\r\n", unasked=True), 'it says "?[2J?"', id="control characters"),
        pytest.param(peers.says(b"INFO {}\r\n\r\n", unasked=True), "breaks the connection off", id="closes"),
        pytest.param(peers.says(b"INFO 7\r\n", unasked=True), "is not NATS", id="no object"),
        pytest.param(peers.says(b"INFO " + b"[" * 100_000 + b"\n", unasked=True), "is not NATS", id="deep"),
        pytest.param(peers.says(b"x" * 3_000_000, unasked=True), "is not NATS: it sends a line without end", id="long"),
        pytest.param(
            peers.says(b"-ERR 'maximum connections exceeded'\r\n", unasked=True),
            "breaks the connection off: maximum connections exceeded",
            id="full",
        ),
        pytest.param(peers.hangs_up, "breaks the connection off", id="hangs up"),
        pytest.param(peers.silent, "does not answer", id="silent"),
        pytest.param(peers.drips, "does not answer", id="drips"),
    ],
)
def test_something_else_answers(examine: Examine, behaviour: peers.Behaviour, said: str) -> None:
    with peers.peer(behaviour) as port:
        started = time.monotonic()
        report = examine(f"nats://127.0.0.1:{port}")

    assert said in message(report, "nats.unreachable")
    assert time.monotonic() - started < access.ONE_SERVER + 2


def test_the_monitoring_port_is_not_the_one_for_clients(examine: Examine, nats: NatsServers) -> None:
    said = message(examine(f"nats://127.0.0.1:{nats().monitoring}"), "nats.unreachable")

    assert "is not NATS" in said
    assert "HTTP/1.1 400" in said


@pytest.mark.skipif(os.name != "posix", reason="needs SIGSTOP")
def test_a_server_that_hangs_costs_its_share(examine: Examine, server: NatsServers) -> None:
    at = server()
    at.freeze()
    started = time.monotonic()

    assert "does not answer" in message(examine(at.url), "nats.unreachable")
    assert time.monotonic() - started < access.ONE_SERVER + 2


def test_a_short_run_does_not_wait_for_a_server_that_hangs(examine: Examine, nats: NatsServers) -> None:
    at = nats()
    at.freeze()
    started = time.monotonic()

    assert "does not answer" in message(examine(at.url, deadline=1.5), "nats.unreachable")
    assert time.monotonic() - started < 2.5


def test_the_list_is_as_good_as_its_best_server(examine: Examine, nats: NatsServers) -> None:
    port = peers.unused_port()
    first = finding(examine(f"nats://127.0.0.1:{port}, {nats().url}/"), "nats.unreachable")

    assert (first.severity, first.message) == ("warning", f"nothing listens at 127.0.0.1:{port}")


def test_one_bad_address_spoils_the_list(examine: Examine, nats: NatsServers) -> None:
    said = message(examine(f"{nats().url},nats://u:p%zz{PASSWORD}@h:1"), "nats.unreachable")

    assert said.startswith("the address cannot be used: it cannot be read")
    assert PASSWORD not in said


@pytest.mark.parametrize("trusted", [False, True])
def test_tls_that_does_not_come_about(examine: Examine, nats: NatsServers, tmp_path: Path, *, trusted: bool) -> None:
    authority = trustme.CA()
    at = nats(_tls(authority, tmp_path))
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    variables = {"SSL_CERT_FILE": str(tmp_path / "authority.pem")} if trusted else {}
    url = at.url.replace("127.0.0.1", "localhost") if trusted else at.url

    said = message(examine(url, **variables), "nats.unreachable")
    assert said.startswith("TLS with ")
    assert ("localhost" if trusted else "unable to get local issuer certificate") in said


def test_tls_is_wanted_of_a_server_without(examine: Examine, nats: NatsServers) -> None:
    at = nats()
    said = message(examine(f"nats://127.0.0.1:{peers.unused_port()},tls://127.0.0.1:{at.port}"), "nats.unreachable")

    assert "nothing listens" in said


INFO = b'INFO {"server_id":"x","version":"2.10.0","jetstream":true,"headers":true}\r\n'
OPEN = INFO + b"PONG\r\nPONG\r\n"


def answers(head: bytes, body: bytes) -> peers.Behaviour:
    """A server that logs everybody in, and gives this for an answer to the first question."""

    def behaviour(connection: socket.socket) -> None:
        connection.sendall(OPEN)
        seen = b""
        while b"PUB " not in seen:
            seen += connection.recv(4096)
        inbox = seen.partition(b"PUB ")[2].split()[1]
        connection.sendall(head.replace(b"INBOX", inbox) + b"\r\n" + body)
        connection.recv(4096)

    return behaviour


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        pytest.param(answers(b"MSG INBOX 1 3", b"{]}\r\n"), "its answer is no JSON", id="no JSON"),
        pytest.param(answers(b"MSG INBOX 1 2", b"[]\r\n"), "its answer is no JSON", id="no object"),
        pytest.param(answers(b"MSG INBOX 1 -3", b"{}\r\n"), "it sends a message of -3 bytes", id="negative"),
        pytest.param(answers(b"MSG INBOX 1 99999999999", b"{}"), "a message of 99999999999 bytes", id="huge"),
        pytest.param(answers(b"HMSG INBOX 1 9 3", b"xxx\r\n"), "it sends a message of 3 bytes", id="header"),
        pytest.param(answers(b"MSG", b""), "it sends a message that is none", id="no size"),
        pytest.param(answers(b"-ERR 'Slow Consumer'", b""), "breaks the connection off: Slow Consumer", id="error"),
        pytest.param(peers.says(OPEN, unasked=True), "breaks the connection off", id="closes"),
        pytest.param(answers(b"PING", b""), "it opened a session, but does not answer", id="silent"),
    ],
)
def test_a_conversation_that_goes_wrong(examine: Examine, behaviour: peers.Behaviour, said: str) -> None:
    with peers.peer(behaviour) as port:
        started = time.monotonic()
        report = examine(f"nats://127.0.0.1:{port}")

    assert said in message(report, "nats.unreachable")
    assert time.monotonic() - started < access.QUESTIONS + 2


def test_a_worker_in_a_container_reaches_it_by_its_service(examine: Examine, nats: NatsServers) -> None:
    at = nats(jetstream=False)
    ports = (facts.PublishedPort(4222, at.port, "127.0.0.1"),)
    running = facts.ContainerState.RUNNING
    engine = facts.Containers(
        "Docker", "unix:///x", (facts.Container("n1", "cc", running, service="nats", ports=ports),)
    )
    worker = facts.Worker(facts.Known.OBSERVED, facts.Habitat.CONTAINER, name="worker", started_at=1.0, variables={})

    said = message(examine("nats://nats:4222", worker=worker, containers=engine), "nats.jetstream-off")
    where = f"127.0.0.1:{at.port}, where container cc publishes nats:4222"
    assert said.startswith(f"JetStream does not answer at nats:4222 (asked at {where}): ")


# --- the login -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("login", "said"),
    [
        ("", "wants a login, and nats.url has none: Authorization Violation"),
        ("app:wr0ngpassword@", "refuses the user and password of nats.url: Authorization Violation"),
        ("wr0ngpassword@", "refuses the token of nats.url: Authorization Violation"),
    ],
)
def test_a_login_is_refused(examine: Examine, server: NatsServers, login: str, said: str) -> None:
    at = server(f'authorization {{user: app, password: "{PASSWORD}"}}')
    report = examine(f"nats://{login}127.0.0.1:{at.port}")

    assert message(report, "nats.auth") == f"127.0.0.1:{at.port} {said}"
    assert "wr0ngpassword" not in repr(report)


@pytest.mark.parametrize(
    ("rights", "said"),
    [
        ('publish: {deny: "$JS.API.>"}', 'Permissions Violation for Publish to "$JS.API.STREAM.INFO.INDEXING"'),
        ("subscribe: {deny: _INBOX.>}", 'Permissions Violation for Subscription to "_INBOX.ID.*"'),
    ],
)
def test_a_login_may_not_use_jetstream(examine: Examine, server: NatsServers, rights: str, said: str) -> None:
    at = server(f"authorization {{users: [{{user: app, password: secret-one, permissions: {{{rights}}}}}]}}")

    assert said in message(examine(f"nats://app:secret-one@127.0.0.1:{at.port}"), "nats.auth")


# --- JetStream and the stream --------------------------------------------------------------------------------------


def test_jetstream_is_off(examine: Examine, server: NatsServers) -> None:
    at = server(jetstream=False)

    said = message(examine(at.url), "nats.jetstream-off")
    assert said.startswith(f"JetStream does not answer at 127.0.0.1:{at.port}: ")


def test_jetstream_is_off_for_the_account(examine: Examine, server: NatsServers) -> None:
    at = server("accounts {A: {users: [{user: app, password: secret-one}]}, B: {jetstream: enabled}}")
    first = finding(examine(f"nats://app:secret-one@127.0.0.1:{at.port}"), "nats.jetstream-off")

    assert "not enabled for account" in first.message
    assert first.fix is not None
    assert "for this account" in first.fix.summary


def test_the_stream_is_missing(examine: Examine, server: NatsServers) -> None:
    assert "no stream INDEXING" in message(examine(server().url, worker=RUNNING), "nats.stream-missing")


@pytest.mark.parametrize("running", [False, True])
def test_another_stream_has_the_subjects(examine: Examine, server: NatsServers, *, running: bool) -> None:
    at = server()
    play(at.url, scene.stream(name="OTHERS", subjects=["others"]), scene.stream(name="JOBS", subjects=["indexing.*"]))

    said = message(examine(at.url, worker=RUNNING if running else None), "nats.stream-unusable")
    assert "the stream JOBS has the subjects of jobs (indexing.*)" in said


@pytest.mark.parametrize(
    ("scenes", "said"),
    [
        pytest.param([scene.stream(subjects=["indexing.x"])], "takes indexing.x, and not indexing.job", id="subjects"),
        pytest.param([scene.stream(retention="limits")], 'has the retention "limits"', id="limits"),
        pytest.param([scene.stream(retention="interest")], 'has the retention "interest"', id="interest"),
        pytest.param([scene.stream(), scene.foreign()], "consumer dashboard of stream INDEXING", id="of all"),
        pytest.param(
            [scene.stream(), scene.foreign("x", "indexing.*")], "all that is on indexing.*", id="of a pattern"
        ),
        pytest.param([scene.stream(max_bytes=5000, discard="new"), scene.jobs(10)], "new jobs are refused", id="bytes"),
        pytest.param([scene.stream(max_msgs=2), scene.jobs(2)], "pushes the oldest one out", id="messages"),
    ],
)
def test_the_stream_is_of_no_use(examine: Examine, server: NatsServers, scenes: list[scene.Scene], said: str) -> None:
    at = server()
    play(at.url, *scenes)

    assert said in message(examine(at.url), "nats.stream-unusable")


def test_the_storage_of_the_account_is_used_up(examine: Examine, server: NatsServers) -> None:
    limits = "jetstream: {max_mem: 0, max_file: 6000}"
    at = server(f"accounts {{A: {{users: [{{user: app, password: secret-one}}], {limits}}}}}")
    url = f"nats://app:secret-one@127.0.0.1:{at.port}"
    play(url, scene.stream(), scene.jobs(20))

    assert "has used up its storage" in message(examine(url), "nats.stream-unusable")


def test_the_storage_of_the_server_is_used_up(
    examine: Examine, server: NatsServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = server("jetstream {max_file_store: 6000}")
    play(at.url, scene.stream(), scene.jobs(20))
    assert found(examine(at.url)) == []
    monkeypatch.setattr(monitoring, "PORT", at.monitoring)

    assert "has used up its storage" in message(examine(at.url), "nats.stream-unusable")


def test_the_monitoring_of_another_server_is_not_believed(
    examine: Examine, nats: NatsServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Nats.start(config="jetstream {max_file_store: 1}") as other:
        monkeypatch.setattr(monitoring, "PORT", other.monitoring)
        at = nats()
        play(at.url, scene.stream(), scene.consumer)

        assert found(examine(at.url)) == []


# --- who fetches ---------------------------------------------------------------------------------------------------


def test_nobody_fetches(examine: Examine, server: NatsServers) -> None:
    at = server()
    play(at.url, scene.stream(), scene.consumer, scene.jobs(2))
    said = message(examine(at.url, worker=RUNNING), "nats.not-consumed")

    assert said == f"2 jobs wait at 127.0.0.1:{at.port}, and nobody fetches (two looks, 10 seconds apart)"


def test_without_the_time_for_two_looks_one_has_to_do(examine: Examine, nats: NatsServers) -> None:
    at = nats()
    play(at.url, scene.stream(), scene.consumer, scene.jobs(1))
    started = time.monotonic()
    said = message(examine(at.url, deadline=5.0, pause=10.0), "nats.not-consumed")

    assert said.startswith("1 job waits at ")
    assert said.endswith("(one look, as there was no time for a second)")
    assert time.monotonic() - started < 3


def test_the_consumer_is_gone(examine: Examine, server: NatsServers) -> None:
    at = server()
    play(at.url, scene.stream(), scene.jobs(1))
    assert found(examine(at.url)) == []

    assert "has no consumer indexing-consumer" in message(examine(at.url, worker=RUNNING), "nats.not-consumed")


def test_the_consumer_is_paused(examine: Examine, nats: NatsServers) -> None:
    at = nats()
    play(at.url, scene.stream(), scene.consumer, scene.jobs(1), _paused)

    assert "is paused" in message(examine(at.url), "nats.not-consumed")


async def _paused(js: Any) -> None:
    until = json.dumps({"pause_until": "2999-01-01T00:00:00Z"}).encode()
    await js._nc.request("$JS.API.CONSUMER.PAUSE.INDEXING.indexing-consumer", until)


def test_jobs_that_failed_three_times_are_stranded(examine: Examine, server: NatsServers) -> None:
    at = server()
    others = "https://example.com/well/{number}"
    play(at.url, scene.stream(), scene.consumer, scene.jobs(2), scene.failed(2), scene.jobs(2, url=others))
    play(at.url, scene.taken(1))
    first = finding(examine(at.url, worker=RUNNING), "nats.messages-stranded")

    assert "2 jobs of 4 were handed to indexing-consumer 3 times without success" in first.message
    assert [each.text for each in first.evidence] == ["https://example.com/0", "https://example.com/1"]
    assert first.fix is not None
    assert [each.rpartition(" -d ")[2] for each in first.fix.commands] == [
        '\'{"url":"https://example.com/0"}\'',
        '\'{"url":"https://example.com/1"}\'',
    ]


@pytest.mark.parametrize(
    ("names", "told"),
    [((), None), (("message-2",), None), (("other", "message-1", "message-0"), "/w/message-1 and 1 more: left over")],
)
def test_what_a_message_left_in_the_workspace(
    examine: Examine, server: NatsServers, names: tuple[str, ...], told: str | None
) -> None:
    at = server()
    play(at.url, scene.stream(), scene.consumer, scene.jobs(2), scene.taken(1))
    left = tuple(facts.Leftover(name, f"/w/{name}", 1000, 1.0) for name in names)
    trial = facts.DirectoryTrial("workspace", "/w", facts.Access.USABLE, facts.Method.TRIED, exists=True)
    report = examine(at.url, directories=facts.Directories((trial,), leftovers=left))

    assert found(report) == (["directories.workspace-unusable"] if told else [])
    assert told is None or message(report, "directories.workspace-unusable").startswith(told)


def test_a_job_is_about_to_be_too_old(examine: Examine, server: NatsServers) -> None:
    at = server()
    play(at.url, scene.stream(max_age=2.0), scene.consumer, scene.jobs(1), scene.taken(1))
    reports: list[Report] = []
    ends_at = time.monotonic() + 2.0
    while time.monotonic() < ends_at and not (reports and found(reports[-1])):
        reports.append(examine(at.url))

    assert "the oldest message is 0 minutes old" in message(reports[-1], "nats.messages-stranded")


# --- nothing is changed --------------------------------------------------------------------------------------------

READING = re.compile(r"\$JS\.API\.(INFO|STREAM\.(INFO\.INDEXING|LIST|MSG\.GET\.INDEXING)|CONSUMER\.LIST\.INDEXING)")


def test_nothing_is_changed_and_only_read_questions_are_asked(examine: Examine, server: NatsServers) -> None:
    at = server("trace: true")
    play(at.url, scene.stream(), scene.consumer, scene.jobs(1), scene.failed(1), scene.jobs(2))
    log = at.directory / "server.log"
    before, seen = settled(at), len(log.read_text(encoding="utf-8"))

    assert found(examine(at.url, worker=RUNNING)) == ["nats.not-consumed", "nats.messages-stranded"]
    assert state(at) == before
    asked = re.findall(r"<<- \[PUB (\S+) ", log.read_text(encoding="utf-8")[seen:])
    assert len(asked) > 5
    assert [each for each in asked if READING.fullmatch(each) is None] == []


def state(at: Nats) -> Any:
    """All that the server tells of its streams and consumers, but for the time and how often it was asked."""
    query = "accounts=true&streams=true&consumers=true&config=true"
    with urllib.request.urlopen(f"http://127.0.0.1:{at.monitoring}/jsz?{query}", timeout=10) as answer:
        told = json.load(answer)
    for each in ("now", "api"):
        told.pop(each)
    for account in told["account_details"]:
        account.pop("api", None)
    return json.loads(re.sub(r'"ts": "[^"]*"', '"ts": ""', json.dumps(told)))


def settled(at: Nats) -> Any:
    """The state once the server is through with the connections that were closed: it is the same three times."""
    same, last = 0, state(at)
    while same < 3:
        time.sleep(0.1)
        now = state(at)
        same, last = (same + 1 if now == last else 0), now
    return last


def test_offline_no_socket_is_opened(tmp_path: Path, nats: NatsServers) -> None:
    at = nats("trace: true")
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "config.yaml").write_text(CONFIG, encoding="utf-8")
    settings = Settings(
        directory=tmp_path, env={"CODECHUNK_NATS_URL": at.url}, clean_env=True, only=("nats",), offline=True
    )

    assert {each.outcome.kind for each in app.diagnose(settings).results} == {OutcomeKind.SKIPPED}
    assert "cid:" not in (at.directory / "server.log").read_text(encoding="utf-8")
