"""What is examined, and what of it can be at fault: where each peer stands, and what is found when it is spoiled."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from doctor.embedded.authority import Authority
from doctor.embedded.nats import Nats
from tests import jetstream
from tests.faults.peers import FAULTS, LIES, PIPE_FAULTS, peer, pipe, tunnelled
from tests.faults.protocols import LOG, NATS, POSTGRESQL, http
from tests.faults.runs import DEADLINE, KEY, SECRET, Installation, complaints
from tests.sources.peers import carry, relay

BASH = shutil.which("bash")
GOOGLE = "generativelanguage.googleapis.com"
MONITORING_PORT = 8222
"""The one port that nobody may choose: it is asked on an address of loopback that no one else uses."""

AT_A_TIME = 4

CONFIG = f"""\
database: {{host: 127.0.0.1, port: 1, user: dev, password: {SECRET}}}
gemini: {{batch: {{enabled: true, input_dir: {{directory}}, output_dir: {{directory}}}}}}
batch_processing: {{enabled: true, queue_limits: {{max_queue_size: 100000, max_wait_time: 5m}}, max_batch_size: 300}}
embedding: {{provider: gemini, openai: {{base_url: "", api_key: "", model: nomic-embed-text, dimensions: 768}}}}
zoekt: {{webserver: {{host: 127.0.0.1, port: 1}}}}
"""


@dataclass
class Given:
    """What the peers make of one run: variables of the worker, of the doctor itself, and further options."""

    variables: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    options: list[str] = field(default_factory=list)


class World:
    """An installation with an API that seems to run, an authority, and a NATS that is well."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.authority = Authority()
        self.trusted = self.authority.certificate_file(directory / "authority.pem")
        self.google = self.authority.context(GOOGLE)
        self._numbers = iter(range(1_000_000))
        self._lock = threading.Lock()
        self._nats: Nats | None = None
        (directory / "configs").mkdir()
        (directory / "configs" / "config.yaml").write_text(CONFIG.replace("{directory}", str(directory)))

    @classmethod
    @contextlib.contextmanager
    def made(cls, directory: Path) -> Iterator[World]:
        """A world below an empty directory, until its end."""
        world = cls(directory)
        try:
            with seeming_api(directory):
                yield world
        finally:
            if world._nats is not None:
                world._nats.stop()

    def fresh(self, name: str) -> Path:
        """A path that nothing is at yet."""
        with self._lock:
            return self.directory / f"{name}-{next(self._numbers)}"

    def nats(self) -> Nats:
        """The one that is well, with the stream of jobs; started when first asked for."""
        with self._lock:
            if self._nats is None:
                self._nats = Nats.start()
                jetstream.play(self._nats.url, jetstream.stream(), jetstream.consumer)
            return self._nats


@contextlib.contextmanager
def seeming_api(directory: Path) -> Iterator[None]:
    """A process that is called as the API is: a shell whose script is a file of the sub-command's name."""
    assert BASH is not None
    script = directory / "api"
    script.write_text("read line\n")
    process = subprocess.Popen(
        ["codechunking", "api"], executable=BASH, cwd=directory, env={}, stdin=subprocess.PIPE, start_new_session=True
    )
    try:
        while psutil.Process(process.pid).cmdline() != ["codechunking", "api"]:
            time.sleep(0.01)
        yield
    finally:
        process.kill()
        process.communicate()


HEALTHY = {
    "status": "healthy",
    "version": "1.0.0",
    "dependencies": {"database": {"status": "healthy"}, "nats": {"status": "healthy"}},
}

Placing = Callable[[World, str, Given], contextlib.AbstractContextManager[object]]


@dataclass(frozen=True)
class Source:
    """
    One source: how a faulty peer of its is put in place, and what is then to be found.

    `found` is the check that fires; `others` what it is with some faults, None for nothing at all. `unfinished` are
    the faults with which a run has no answer although no finding says so. Sources of one `slot` exclude each other.
    """

    name: str
    slot: str
    place: Placing
    found: str | None
    others: Mapping[str, str | None] = field(default_factory=dict)
    faults: tuple[str, ...] = FAULTS
    unfinished: frozenset[str] = frozenset()

    def expected(self, fault: str) -> str | None:
        """The check that fires with this fault."""
        return self.others.get(fault, self.found)


@contextlib.contextmanager
def _database(world: World, fault: str, given: Given) -> Iterator[None]:
    with peer(fault, POSTGRESQL) as port:
        given.variables["CODECHUNK_DATABASE_PORT"] = str(port)
        yield


@contextlib.contextmanager
def _nats(world: World, fault: str, given: Given) -> Iterator[None]:
    with peer(fault, NATS) as port:
        given.variables["CODECHUNK_NATS_URL"] = f"nats://u:{SECRET}@127.0.0.1:{port}"
        yield


@contextlib.contextmanager
def _monitoring(world: World, fault: str, given: Given) -> Iterator[None]:
    """A server that is well beside a page that is not, both on an address of their own."""
    host = f"127.{secrets.randbelow(250) + 2}.{secrets.randbelow(250)}.{secrets.randbelow(250) + 2}"
    page = http({"server_id": "N", "config": {"max_storage": 1}, "storage": 0})
    behaviour = relay(world.nats().port, lambda _, client, server: carry(client, server), host=host)
    with behaviour as port, peer(fault, page, at=(host, MONITORING_PORT)):
        given.variables["CODECHUNK_NATS_URL"] = f"nats://{host}:{port}"
        yield


@contextlib.contextmanager
def _gemini(world: World, fault: str, given: Given) -> Iterator[None]:
    """Behind a proxy and TLS that are sound; what never gets that far is the proxy's."""
    with peer(fault, http({"models": []}), tunnelled(world.google)) as port:
        given.variables |= {"HTTPS_PROXY": f"http://127.0.0.1:{port}", "SSL_CERT_FILE": str(world.trusted)}
        given.variables["CODECHUNK_GEMINI_API_KEY"] = KEY
        yield


@contextlib.contextmanager
def _proxy(world: World, fault: str, given: Given) -> Iterator[None]:
    with peer(fault, http({}, "200 Connection established")) as port:
        given.variables["HTTPS_PROXY"] = f"http://proxy-user:{SECRET}@127.0.0.1:{port}"
        given.variables["CODECHUNK_GEMINI_API_KEY"] = KEY
        yield


@contextlib.contextmanager
def _openai(world: World, fault: str, given: Given) -> Iterator[None]:
    with peer(fault, http({"object": "list", "data": []})) as port:
        address = f"http://127.0.0.1:{port}/v1"
        given.variables |= {
            "CODECHUNK_EMBEDDING_PROVIDER": "openai",
            "CODECHUNK_EMBEDDING_OPENAI_BASE_URL": address,
            "CODECHUNK_EMBEDDING_OPENAI_API_KEY": SECRET,
        }
        yield


@contextlib.contextmanager
def _zoekt(world: World, fault: str, given: Given) -> Iterator[None]:
    with peer(fault, http({"Crashes": 0})) as port:
        given.variables["CODECHUNK_ZOEKT_WEBSERVER_PORT"] = str(port)
        yield


@contextlib.contextmanager
def _api(world: World, fault: str, given: Given) -> Iterator[None]:
    with peer(fault, http(HEALTHY)) as port:
        given.variables |= {"CODECHUNK_API_HOST": "127.0.0.1", "CODECHUNK_API_PORT": str(port)}
        yield


@contextlib.contextmanager
def _docker(world: World, fault: str, given: Given) -> Iterator[None]:
    with peer(fault, http({"ApiVersion": "1.41", "Version": "20.10.24"})) as port:
        given.environment["DOCKER_HOST"] = f"tcp://127.0.0.1:{port}"
        yield


@contextlib.contextmanager
def _logs(world: World, fault: str, given: Given) -> Iterator[None]:
    with pipe(fault, LOG, world.fresh("log")) as path:
        given.options += ["--logs", str(path)]
        yield


# A tunnel that was opened leads to what is no server.
LET_THROUGH = ("dying", "endless", *LIES)
BEFORE_TLS = {"refused": "gemini.proxy", "black-holed": "gemini.proxy"}
# One good answer is all that the API is asked for, and whoever gives another has its port.
FOREIGN = ("garbage", "other-protocol", "endless", "huge-number", "deep", "bad-utf8")
ANSWERED = {"dying": None, **dict.fromkeys(FOREIGN, "api.port-taken")}
NO_LINE = dict.fromkeys(("black-holed", "slow", "dripping", "cut", "garbage", "other-protocol"))
UNFINISHED = frozenset((*NO_LINE, "endless"))

SOURCES = {
    each.name: each
    for each in (
        Source("database", "database", _database, "database.unreachable", {"huge-number": "database.auth"}),
        Source("gemini", "provider", _gemini, "gemini.unreachable", BEFORE_TLS),
        Source("proxy", "provider", _proxy, "gemini.proxy", dict.fromkeys(LET_THROUGH, "gemini.unreachable")),
        Source("openai", "provider", _openai, "openai.endpoint"),
        Source("nats", "nats", _nats, "nats.unreachable"),
        Source("monitoring", "nats", _monitoring, None),
        Source("zoekt", "zoekt", _zoekt, "zoekt.unreachable"),
        Source("api", "api", _api, "api.not-answering", ANSWERED),
        Source("docker", "docker", _docker, None),
        Source("logs", "logs", _logs, "logs.guide-fallback-line", NO_LINE, PIPE_FAULTS, UNFINISHED),
    )
}

Case = Mapping[str, str]
"""Which fault each source has; those that are not named are the ones that stand in the way of nothing."""


@contextlib.contextmanager
def placed(world: World, case: Case) -> Iterator[Given]:
    """All peers of a case."""
    given = Given(environment={"DOCKER_HOST": "unix:///nowhere/docker.sock"})
    with contextlib.ExitStack() as stack:
        for name, fault in case.items():
            stack.enter_context(SOURCES[name].place(world, fault, given))
        yield given


def carried_out(cases: Sequence[Case], world: World) -> Iterator[tuple[Case, list[str]]]:
    """
    Each case with what is not as it should be, some at a time, as most of them only wait.

    What others on this machine may have caused by taking all of it is tried once more, alone and with twice the time.
    """
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        for case, said in zip(cases, pool.map(lambda case: unexpected(case, world), cases), strict=True):
            yield case, said and unexpected(case, world, 2 * DEADLINE)


def unexpected(case: Case, world: World, deadline: float = DEADLINE) -> list[str]:
    """Carry out a case; what is not as it should be, in words."""
    with placed(world, case) as given:
        installation = Installation(world.directory, given.environment)
        ended = installation.check(given.variables, *given.options, deadline=deadline)
    said = list(complaints(ended, deadline=deadline))
    outcomes = ended.outcomes()
    for name, fault in case.items():
        wanted = SOURCES[name].expected(fault)
        got = outcomes.get(wanted or "", {})
        if wanted is not None and got.get("outcome") != "found":
            said.append(f"{name}, {fault}: {wanted} is {got.get('outcome')} ({got.get('reason')})")
    unfinished = any(fault in SOURCES[name].unfinished for name, fault in case.items())
    if ended.status != (3 if unfinished else 1):
        said.append(f"exit status {ended.status}: {ended.stderr[-300:].strip()}")
    return said
