"""No command changes what it looks at: files, database, NATS, Google, containers, the processes of this machine."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import psutil
import psycopg
import pytest
from click.testing import CliRunner

from doctor.cli import main
from doctor.embedded.demo import BATCHES, ROWS, WORLD
from doctor.embedded.nats import Nats
from doctor.embedded.walk import CONFIG, LOG, _line
from tests import jetstream
from tests.engines import until
from tests.servers import Databases, Googles, NatsServers

pytestmark = [pytest.mark.slow, pytest.mark.no_cover]

COMMANDS = [
    ["check", "-vv"],
    ["check", "--offline"],
    ["check", "--plan"],
    ["why", "--logs", "logs"],
    ["why", "--chunks", "50"],
    ["logs", "logs"],
    ["jobs"],
    ["jobs", "--summary"],
    ["batches", "list"],
    ["batches", "show", "4k2n7v9q1x3c5b8m"],
    ["config", "show"],
    ["config", "resolve"],
    ["fix"],
    ["fix", "--unsafe", "config.batch-client-off"],
    ["list"],
    ["explain", "config"],
]

# What may be said to a database, and nothing else: the session's own limits, and questions.
HARMLESS = re.compile(
    r"(SELECT|WITH|SHOW|SET( LOCAL)? (statement_timeout|idle_session_timeout)|BEGIN|COMMIT|ROLLBACK)\b"
)
QUESTIONS = re.compile(r"\$JS\.API\.(INFO|STREAM\.(INFO\.INDEXING|LIST|MSG\.GET\.INDEXING)|CONSUMER\.LIST\.INDEXING)")


@dataclass
class Engine:
    """A stand-in for a Docker engine with one worker in it, and the questions that it was asked."""

    port: int
    asked: list[str]


@dataclass
class World:
    """An installation with all its servers, and a home, a scratch directory and a current one beside it."""

    root: Path
    around: Path
    arguments: list[str]
    databases: Databases
    database: str
    nats: Nats
    google: Googles
    engine: Engine

    def state(self) -> dict[str, Any]:
        """All that must stay as it is."""
        return {**self.files(), **self.rows(), "streams": self.streams(), "processes": self.processes()}

    def files(self) -> dict[str, tuple[object, ...]]:
        """Names, kinds, modes, owners, times and bytes of everything, but for the times of reading."""
        every = (each for top in (self.root, self.around) for each in (top, *sorted(top.rglob("*"))))
        # A fix is tried on a copy in the directory for such things, which is empty again in the end.
        return {str(each): _seen(each) for each in every if each != self.around / "tmp"}

    def rows(self) -> dict[str, Any]:
        """What PostgreSQL counts of the rows that were written, and all rows there are."""
        place = self.databases.server.connection_string(self.database)
        with psycopg.connect(place, options="-c log_statement=none", autocommit=True) as asking:
            counted = asking.execute(
                "SELECT relname, n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_user_tables ORDER BY relid"
            ).fetchall()
            tables = asking.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'codechunking'").fetchall()
            kept = {
                name: asking.execute(
                    f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM codechunking.{name} t"
                ).fetchone()
                for (name,) in tables
            }
        return {"counted": counted, **kept}

    def streams(self) -> Any:
        """All that NATS tells of its streams and consumers, but for the time and how often it was asked."""
        query = "accounts=true&streams=true&consumers=true&config=true"
        with urllib.request.urlopen(f"http://127.0.0.1:{self.nats.monitoring}/jsz?{query}", timeout=10) as answer:
            told = json.load(answer)
        text = json.dumps({name: value for name, value in told.items() if name not in ("now", "api")})
        return json.loads(re.sub(r'"(ts|api)": ("[^"]*"|\{[^{}]*\})', '"\\1": ""', text))

    def processes(self) -> tuple[list[str], list[int]]:
        """The children of this process, and the ports that it listens on."""
        me = psutil.Process()
        ports = [each.laddr.port for each in me.net_connections() if each.status == psutil.CONN_LISTEN]
        # A server has one for each client, up to a moment after the client has gone.
        names = []
        for each in me.children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):  # it has ended since it was listed
                names.append(each.name())
        return sorted(name for name in names if name != "postgres"), sorted(ports)


def _seen(path: Path) -> tuple[object, ...]:
    told = path.lstat()
    content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
    return (oct(told.st_mode), told.st_uid, told.st_gid, told.st_size, told.st_mtime_ns, told.st_ino, content)


@contextmanager
def an_engine(container: dict[str, Any]) -> Iterator[Engine]:
    """Answers about one container, with what a real one once said."""
    asked: list[str] = []
    listed = [{"Id": container["Id"], "Names": [container["Name"]], "Labels": container["Config"]["Labels"]}]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.reply(b"OK" if "_ping" in self.path else json.dumps(self.found()).encode())

        def found(self) -> object:
            return listed if "/containers/json" in self.path else container

        def __getattr__(self, name: str) -> Any:
            if name.startswith("do_"):  # every other method is noted, and refused
                return lambda: self.send_error(405)
            raise AttributeError(name)

        def reply(self, body: bytes) -> None:
            known = "_ping" in self.path or self.path.partition("?")[0].endswith("/json")
            self.send_response(200 if known else 404)
            self.send_header("Api-Version", "1.41")
            self.send_header("Server", "Docker/20.10.24 (linux)")
            self.end_headers()
            if known:
                self.wfile.write(body)

        def parse_request(self) -> bool:
            well = super().parse_request()
            asked.append(f"{self.command} {self.path}")
            return well

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    serving = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    serving.start()
    try:
        yield Engine(server.server_port, asked)
    finally:
        server.shutdown()
        server.server_close()
        serving.join()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, databases: Databases, authority: Any) -> Iterator[World]:
    """All of it, once for all commands: none of them may change it."""
    from tests.scenes import recorded

    base = tmp_path_factory.mktemp("world")
    root, around = base / "installation", base / "around"
    for folder in ("configs", "logs", "batches/input", "batches/output"):
        (root / folder).mkdir(parents=True)
    (root / "configs" / "config.yaml").write_text(CONFIG.format(root=root), encoding="utf-8")
    lines = "".join(_line(1763807400 + after, level, message, fields) for after, level, message, fields in LOG)
    (root / "logs" / "worker.log").write_text(lines, encoding="utf-8")
    for folder in ("home", "tmp", "here"):
        (around / folder).mkdir(parents=True)
    place = databases(20, ROWS + BATCHES)
    databases.run("postgres", f"ALTER DATABASE {place.name} SET log_statement = 'all'")
    container = recorded("running")
    with NatsServers() as servers, Googles(base) as google, an_engine(container) as engine:
        nats = servers("trace: true")
        jetstream.play(nats.url, jetstream.stream(), jetstream.consumer)
        standing = google(WORLD)
        variables = {
            "CODECHUNK_DATABASE_PORT": str(place.port),
            "CODECHUNK_DATABASE_NAME": place.name,
            "CODECHUNK_NATS_URL": nats.url,
            "CODECHUNK_GEMINI_API_KEY": "the-key-of-the-demo",
            "HTTPS_PROXY": standing.proxy,
            "SSL_CERT_FILE": str(standing.authority),
        }
        given = [word for name, text in variables.items() for word in ("--env", f"{name}={text}")]
        world = World(root, around, given, databases, place.name, nats, google, engine)
        # What a session wrote is counted when it has ended, a moment after the client has gone.
        until(lambda: any(rows[1] for rows in world.rows()["counted"] if rows[0] == "batch_job_progress"))
        yield world


@pytest.fixture
def shell(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell of its own, in a directory that is not the installation's."""
    monkeypatch.setenv("HOME", str(world.around / "home"))
    monkeypatch.setenv("TMPDIR", str(world.around / "tmp"))
    monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{world.engine.port}")
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.chdir(world.around / "here")


def changed(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """What is not as it was, with both states."""
    every = {**before, **after}
    return {name: (before.get(name), after.get(name)) for name in every if before.get(name) != after.get(name)}


def run(world: World, command: list[str]) -> Any:
    """The command on the installation; paths of logs are those in it."""
    words = [str(world.root / "logs") if word == "logs" and place else word for place, word in enumerate(command)]
    where = [] if command[0] in ("list", "explain") else ["--dir", str(world.root), *world.arguments]
    return CliRunner().invoke(main, [*words, *where])


def said_to_the_database(world: World, since: int) -> list[str]:
    """The statements that reached the examined database."""
    text = (world.databases.server.data / "server.log").read_bytes()[since:].decode("utf-8", "replace")
    return re.findall(r"LOG:  (?:statement|execute [^:]*): \s*(.*)", text)


@pytest.mark.usefixtures("shell")
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_nothing_is_changed(world: World, command: list[str]) -> None:
    log = world.databases.server.data / "server.log"
    before = world.state()
    said, traced, asked = log.stat().st_size, world.nats.directory / "server.log", len(world.engine.asked)
    heard, google = traced.stat().st_size, world.google.current
    assert google is not None
    requests = len(google.requests)

    result = run(world, command)

    assert result.exit_code in (0, 1), result.output
    assert changed(before, world.state()) == {}
    assert [each for each in said_to_the_database(world, said) if HARMLESS.match(each) is None] == []
    published = re.findall(r"<<- \[PUB (\S+) ", traced.read_bytes()[heard:].decode("utf-8", "replace"))
    assert [each for each in published if QUESTIONS.fullmatch(each) is None] == []
    assert {each.method for each in google.requests[requests:]} <= {"GET"}
    assert {each.partition(" ")[0] for each in world.engine.asked[asked:]} <= {"GET", "HEAD"}


@pytest.mark.usefixtures("shell")
def test_a_bundle_is_the_one_file_that_is_written(world: World) -> None:
    before = world.state()
    file = world.around / "here" / "b.zip"

    result = run(world, ["bundle", str(file)])

    assert result.exit_code == 0, result.output
    assert [each.name for each in (world.around / "here").iterdir()] == ["b.zip"]
    file.unlink()
    os.utime(world.around / "here", ns=(0, before[str(world.around / "here")][4]))  # type: ignore[arg-type]
    assert changed(before, world.state()) == {}


@pytest.mark.usefixtures("shell")
def test_the_watch_sees_what_is_done(world: World) -> None:
    """Else the tests above would prove nothing: every server was asked, and a change of each is seen."""
    log = world.databases.server.data / "server.log"
    google = world.google.current
    assert google is not None
    said, heard = log.stat().st_size, (world.nats.directory / "server.log").stat().st_size
    requests, asked = len(google.requests), len(world.engine.asked)
    run(world, ["check"])
    assert len(said_to_the_database(world, said)) > 5
    assert b"<<- [PUB $JS.API" in (world.nats.directory / "server.log").read_bytes()[heard:]
    assert len(google.requests) > requests
    assert len(world.engine.asked) > asked

    before = world.state()
    (world.root / "configs" / "config.yaml").touch()
    world.databases.run(world.database, "UPDATE codechunking.repositories SET name = name")
    jetstream.play(world.nats.url, jetstream.jobs(1), lambda js: js.purge_stream(jetstream.STREAM))
    file, *others = changed(before, world.state())
    assert file == str(world.root / "configs" / "config.yaml")
    assert others == ["counted", "repositories", "streams"]
