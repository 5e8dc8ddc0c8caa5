"""Talking to engines that are there, not there, slow, old, foreign or forbidden; the answers are recorded ones."""

from __future__ import annotations

import base64
import contextlib
import json
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from doctor.engine import Touches
from doctor.errors import Silent, SourceError, Withheld
from doctor.facts import Habitat, Known, Worker
from doctor.sources.docker import places as places_module
from doctor.sources.docker.engine import NotThere, connect
from doctor.sources.docker.files import container_files
from doctor.sources.docker.http import NotRunning
from doctor.sources.docker.inventory import PATIENCE, containers, touches
from doctor.target import Deadline, Target
from tests.scenes import SCENES, recorded
from tests.sources.peers import drips, hangs_up, peer, says, silent, unused_port

PING = {"Api-Version": "1.41", "Server": "Docker/20.10.24+dfsg1 (linux)", "Date": "Thu, 26 Nov 2026 07:47:17 GMT"}

Answers = Callable[[str, Mapping[str, str]], Any]


def answer(body: Any = "OK", status: int = 200, headers: Mapping[str, str] | None = None) -> bytes:
    """An answer as an engine sends it to an old client."""
    data = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
    lines = [f"HTTP/1.0 {status} X", f"Content-Length: {len(data)}"]
    lines += [f"{name}: {text}" for name, text in (headers or {}).items()]
    return "\r\n".join([*lines, "", ""]).encode() + data


@contextlib.contextmanager
def engine_with(answers: Answers, ping: bytes = answer(headers=PING)) -> Iterator[dict[str, str]]:
    """An engine on this host that gives these answers by path and query; yields the shell that leads there."""

    def behaviour(connection: socket.socket) -> None:
        request = connection.recv(65536).decode().split(" ")
        url = urlsplit(request[1])
        if url.path == "/_ping":
            connection.sendall(ping)
        else:
            path = url.path.removeprefix("/v1.41")
            found = answers(path, {name: texts[0] for name, texts in parse_qs(url.query).items()})
            connection.sendall(found if isinstance(found, bytes) else answer(found))
        connection.close()

    with peer(behaviour) as port:
        yield {"DOCKER_HOST": f"tcp://127.0.0.1:{port}"}


def recordings(path: str, _: Mapping[str, str]) -> Any:
    """What a real engine answered."""
    if path == "/containers/json":
        return recorded("list")
    if path.startswith("/images/"):
        return recorded("image")
    if path.endswith("/json"):
        id = path.split("/")[2]
        for name in SCENES:
            found = recorded(name)
            if id in (found["Id"], name):
                return found
    return answer({"message": f"no such thing: {path}"}, 404)


def target(directory: Path, shell: Mapping[str, str], **options: Any) -> Target:
    return Target(directory, shell=shell, **options)


# --- an engine that is there -----------------------------------------------------------------------------------


def test_the_engine_tells_its_name_and_its_clock() -> None:
    with engine_with(recordings) as shell:
        found = connect(shell)
    assert (found.name, found.version.api, found.address) == ("Docker 20.10.24+dfsg1", "1.41", shell["DOCKER_HOST"])
    assert found.version.now == 1795679237


def test_all_containers_with_users_and_images() -> None:
    with engine_with(recordings) as shell:
        found = {each.name: each for each in connect(shell).containers()}
    assert set(found) == set(SCENES)
    assert (found["other-uid"].uid, found["other-uid"].gid) == (1234, 4321)
    assert (found["uid-alone"].uid, found["uid-alone"].gid) == (1234, 0)
    # The lists of users are not among the recordings.
    assert (found["running"].uid, found["named-user"].groups) == (None, (3000,))
    assert found["running"].image_made_at is not None


def test_the_source_counts_what_belongs_to_others(tmp_path: Path) -> None:
    stranger = {"Id": "0123456789", "Names": ["/web"], "Labels": {}, "Image": "nginx", "Command": "nginx"}

    def answers(path: str, query: Mapping[str, str]) -> Any:
        return [*recorded("list"), stranger] if path == "/containers/json" else recordings(path, query)

    with engine_with(answers) as shell:
        found = containers.function(target(tmp_path, shell), Deadline())
    assert (len(found.found), found.others) == (len(SCENES), 1)
    assert [each.name for each in found.found] == sorted(SCENES)
    assert found.engine == "Docker 20.10.24+dfsg1"


def test_one_that_vanishes_meanwhile_is_left_out() -> None:
    gone = recorded("running")["Id"]

    def answers(path: str, query: Mapping[str, str]) -> Any:
        return answer({"message": "gone"}, 404) if gone in path else recordings(path, query)

    with engine_with(answers) as shell:
        found = connect(shell).containers()
        assert connect(shell).container("running/../x") is None
    assert {each.name for each in found} == set(SCENES) - {"running"}


def test_podman_says_so() -> None:
    ping = answer(headers={"Api-Version": "1.41", "Libpod-API-Version": "4.3.1", "Server": "Libpod/4.3.1 (linux)"})
    with engine_with(recordings, ping) as shell:
        found = connect(shell)
    assert (found.name, found.version.podman) == ("Podman 4.3.1", True)
    assert abs(found.version.now - time.time()) < 60


# --- none ------------------------------------------------------------------------------------------------------


def test_without_an_engine_checks_are_skipped(tmp_path: Path) -> None:
    with pytest.raises(Withheld, match="no Docker engine was found on this machine"):
        containers.function(target(tmp_path, {}), Deadline())
    assert touches(target(tmp_path, {})).files == ()


def test_without_an_engine_a_named_container_cannot_be_looked_at(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no Docker engine") as caught:
        containers.function(target(tmp_path, {}, worker="docker:x"), Deadline())
    assert not isinstance(caught.value, Withheld)


def test_offline_nothing_is_asked(tmp_path: Path) -> None:
    asked: list[str] = []
    with engine_with(lambda path, _: asked.append(path)) as shell:
        of = target(tmp_path, shell, offline=True)
        with pytest.raises(Withheld, match="--offline"):
            containers.function(of, Deadline())
        with pytest.raises(Withheld, match="--offline"):
            container_files.function(of, Worker(Known.GIVEN, Habitat.CONTAINER), Deadline())
    assert asked == []
    assert touches(of) == Touches()


def test_a_socket_that_nobody_listens_on(tmp_path: Path) -> None:
    left_over(tmp_path / "docker.sock")
    with pytest.raises(NotRunning, match=r"the Docker engine at unix:///.*docker\.sock does not run"):
        connect({"DOCKER_HOST": f"unix://{tmp_path}/docker.sock"})
    with pytest.raises(NotRunning, match="does not run"):
        connect({"DOCKER_HOST": f"unix://{tmp_path}/nothing.sock"})
    with pytest.raises(NotRunning, match="does not run"):
        connect({"DOCKER_HOST": f"tcp://127.0.0.1:{unused_port()}"})


def left_over(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))


def test_a_left_over_socket_does_not_hide_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left_over(tmp_path / "docker.sock")
    left_over(tmp_path / "other.sock")
    monkeypatch.setattr(places_module, "SYSTEM", (str(tmp_path / "other.sock"),))
    with pytest.raises(NotRunning, match=r"other\.sock"):
        connect({"XDG_RUNTIME_DIR": str(tmp_path)})
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "podman.sock"))
        listener.listen()
        monkeypatch.setattr(places_module, "SYSTEM", (str(tmp_path / "other.sock"), str(tmp_path / "podman.sock")))
        with pytest.raises(Silent, match=r"podman\.sock does not answer"):
            connect({"XDG_RUNTIME_DIR": str(tmp_path)}, 0.1)


ASKS = """
import os, sys
sys.path.insert(0, sys.argv[2])
from doctor.sources.docker.engine import connect
from doctor.sources.docker.http import NotAllowed
if os.geteuid() == 0:
    os.seteuid(65534)
try:
    connect({"DOCKER_HOST": "unix://" + sys.argv[1]})
except NotAllowed as error:
    print(error.reason)
"""


def test_a_socket_that_may_not_be_opened(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "docker.sock"))
        listener.listen()
        (tmp_path / "docker.sock").chmod(0)
        root = Path(__file__).parents[2]
        arguments = [sys.executable, "-c", ASKS, str(tmp_path / "docker.sock"), str(root)]
        told = subprocess.run(arguments, capture_output=True, text=True, check=True, cwd="/").stdout
    assert "may not be asked by this user: run codechunk-doctor as root" in told


# --- another machine -------------------------------------------------------------------------------------------


def test_an_engine_on_another_machine_is_not_asked(tmp_path: Path) -> None:
    shell = {"DOCKER_HOST": "tcp://build.example:2375"}
    with pytest.raises(SourceError, match=r"at build\.example:2375 is on another machine: what it mounts"):
        containers.function(target(tmp_path, shell), Deadline())
    assert touches(target(tmp_path, shell)).hosts == ()
    assert touches(target(tmp_path, shell, worker="docker:x")).hosts == ("build.example:2375 (Docker)",)


def test_it_is_asked_for_a_container_that_the_user_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places_module, "_LOOPBACK", ())
    with engine_with(recordings) as shell:
        with pytest.raises(SourceError, match="another machine"):
            containers.function(target(tmp_path, shell), Deadline())
        found = containers.function(target(tmp_path, shell, worker="docker:exit-1"), Deadline())
    assert found.named("exit-1") is not None


# --- slow, foreign, old ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("behaviour", [silent, drips])
def test_an_engine_that_hangs_costs_what_it_was_given(behaviour: Any) -> None:
    started = time.monotonic()
    with peer(behaviour) as port, pytest.raises(Silent, match="does not answer"):
        connect({"DOCKER_HOST": f"tcp://127.0.0.1:{port}"}, 0.2)
    assert time.monotonic() - started < 1


def test_one_that_hangs_later_does_too() -> None:
    def dripping(_: str, __: Mapping[str, str]) -> Any:
        time.sleep(0.5)
        return []

    with engine_with(dripping) as shell, pytest.raises(Silent, match="does not answer"):
        connect(shell, 0.2).listed()
    assert PATIENCE < 10


@pytest.mark.parametrize(
    "told",
    [
        b"",
        b"SSH-2.0-OpenSSH\r\n",
        b"\0" * 100_000,
        b"HTTP/1.1 abc OK\r\n\r\n",
        answer("hello", headers={"Server": "nginx"}),
        answer("not found", 404),
        answer("broken", 500, PING),
        answer(headers={**PING, "Api-Version": "x.y"}),
        answer(headers={**PING, "Api-Version": "1." + "9" * 5000}),
        answer(headers={**PING, "Transfer-Encoding": "chunked"}),
    ],
)
def test_something_else_that_answers(told: bytes) -> None:
    with peer(says(told)) as port, pytest.raises(SourceError, match=r"is no Docker engine|hung up"):
        connect({"DOCKER_HOST": f"tcp://127.0.0.1:{port}"}, 2)


def test_one_that_hangs_up() -> None:
    with peer(hangs_up) as port, pytest.raises(SourceError, match=r"is no Docker engine|hung up"):
        connect({"DOCKER_HOST": f"tcp://127.0.0.1:{port}"}, 2)


def test_an_engine_of_2015() -> None:
    old = answer(headers={"Api-Version": "1.21", "Server": "Docker/1.9.1 (linux)"})
    with peer(says(old)) as port, pytest.raises(SourceError, match=r"Docker 1\.9\.1 is too old to be asked"):
        connect({"DOCKER_HOST": f"tcp://127.0.0.1:{port}"}, 2)


@pytest.mark.parametrize(
    ("told", "text"),
    [
        (answer("<html>"), "is no Docker engine"),
        (answer({"a": 1}), "is no Docker engine"),
        (answer("[" * 100_000), "is no Docker engine"),
        (answer(b"\xff\xfe"), "is no Docker engine"),
        (answer([])[:-1] + b"", "broke off in the middle"),
        (answer({"message": "storage\n driver " + "x" * 500}, 500), r"answered 500: storage driver x+ \.\.\. x{200}$"),
        (answer("", 503), r"answered 503$"),
        (answer({"message": "by policy"}, 403), "refuses to tell: by policy"),
    ],
)
def test_an_answer_that_is_none(told: bytes, text: str) -> None:
    with engine_with(lambda *_: told) as shell, pytest.raises(SourceError, match=text):
        connect(shell).listed()


def test_a_list_that_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("doctor.sources.docker.engine._MOST_ANSWER", 1024 * 1024)
    endless = b"HTTP/1.0 200 OK\r\n\r\n" + b"[" * 3_000_000
    with engine_with(lambda *_: endless) as shell, pytest.raises(SourceError, match="more than 1 MiB"):
        connect(shell).listed()


def test_what_is_no_list_of_containers_is_passed_over() -> None:
    with engine_with(lambda *_: [1, None, {}, {"Id": 5}, {"Id": "x"}]) as shell:
        assert connect(shell).listed() == [{"Id": "x"}]


# --- files -----------------------------------------------------------------------------------------------------


def link(to: str) -> bytes:
    words = {"name": "x", "size": 1, "mode": 1 << 27 | 0o777, "mtime": "2026-01-01T00:00:00Z", "linkTarget": to}
    header = base64.b64encode(json.dumps(words).encode()).decode()
    return answer("", headers={"X-Docker-Container-Path-Stat": header})


def test_links_are_followed_inside_and_not_for_ever() -> None:
    asked: list[str] = []

    def answers(_: str, query: Mapping[str, str]) -> Any:
        asked.append(query["path"])
        return link({"/a": "../../b", "/b": "/c/d", "/c/d": "e"}.get(query["path"], "/circle"))

    with engine_with(answers) as shell:
        engine = connect(shell)
        with pytest.raises(NotThere, match="too many links"):
            engine.follow("x", "/a")
        assert engine.read("x", "/a", 100)[0].data is None
    assert asked[:4] == ["/a", "/b", "/c/d", "/c/e"]


def test_a_name_cannot_leave_its_place_in_the_path() -> None:
    asked: list[str] = []

    def answers(path: str, _: Mapping[str, str]) -> Any:
        asked.append(path)
        return answer("", 404)

    with engine_with(answers) as shell:
        assert connect(shell).container("../images/x?y=1\r\nHost: z") is None
    assert asked == ["/containers/..%2Fimages%2Fx%3Fy%3D1%0D%0AHost%3A%20z/json"]


LOADED = """
import sys
from pathlib import Path
from doctor.errors import Withheld
from doctor.sources.docker import SOURCES
from doctor.target import Deadline, Target
try:
    SOURCES[0].function(Target(Path("/"), shell={"DOCKER_HOST": sys.argv[1]} if sys.argv[1] else {}), Deadline())
except Exception as error:
    print(error)
print([name for name in ("docker", "requests", "tarfile", "doctor.sources.docker.engine") if name in sys.modules])
"""


@pytest.mark.parametrize(("host", "loaded"), [("ssh://a", "[]"), ("unix:///none", "['doctor.sources.docker.engine']")])
def test_what_is_loaded_for_it(host: str, loaded: str) -> None:
    arguments = [sys.executable, "-c", LOADED, host]
    told = subprocess.run(arguments, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]).stdout
    assert told.splitlines()[-1] == loaded


# --- TLS -------------------------------------------------------------------------------------------------------


def test_an_engine_behind_tls(tmp_path: Path) -> None:
    import trustme

    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)

    def behaviour(connection: socket.socket) -> None:
        with contextlib.suppress(ssl.SSLError), context.wrap_socket(connection, server_side=True) as secured:
            secured.recv(65536)
            secured.sendall(answer(headers=PING))

    with peer(behaviour) as port:
        shell = {"DOCKER_HOST": f"tcp://127.0.0.1:{port}", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(tmp_path)}
        with pytest.raises(SourceError, match=r"cannot be reached: .*certificate"):
            connect(shell, 2)
        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        assert connect(shell, 2).name == "Docker 20.10.24+dfsg1"
        (tmp_path / "cert.pem").write_text("no certificate")
        with pytest.raises(SourceError, match=r"certificates for the Docker engine in .* cannot be read"):
            connect(shell, 2)
