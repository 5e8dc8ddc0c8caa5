"""The connection itself: psycopg's asynchronous one, in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import threading
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import TimeoutError as Late
from typing import Any, TypeVar

import psycopg
from psycopg.pq import Conninfo
from psycopg.rows import dict_row

from doctor.errors import Refused, Silent, SourceError
from doctor.sources.database.handshake import APPLICATION
from doctor.sources.database.session import PATIENCE

Value = TypeVar("Value")

# What psycopg has to say about a server that went away is said by us.
logging.getLogger("psycopg").addHandler(logging.NullHandler())

# How long after its own limit the server may take to say so; then it counts as gone.
GRACE = 1.0

# Names are found by their schema only, so that nobody's own function is called in the place of PostgreSQL's.
SETTINGS = {
    "default_transaction_read_only": "on",
    "statement_timeout": f"{PATIENCE:g}s",
    "lock_timeout": "1s",
    "idle_in_transaction_session_timeout": "10s",
    "search_path": "pg_catalog",
    "jit": "off",
}
IDLE = "30s"

# A password file that cannot be there; about one that is no ordinary file libpq complains on standard error.
NO_FILE = os.path.join(os.devnull, "none")  # noqa: PTH118 - never a path of this system


class Wire:
    """One connection with all limits set; `pooler` says that a connection pooler stands between."""

    def __init__(self, connection: psycopg.AsyncConnection[dict[str, Any]], loop: Loop, pooler: bool) -> None:
        self._connection = connection
        self._loop = loop
        self._lock = asyncio.Lock()
        self._gone: str | None = None
        self.pooler = pooler

    @classmethod
    def open(cls, parameters: Mapping[str, str], seconds: float) -> Wire:
        """Connect with these libpq parameters. Raises Silent when that does not succeed in time."""
        loop = Loop()
        try:
            with _hidden():
                connection, pooler = loop.run(_connect(_isolated(parameters), seconds), seconds + GRACE)
        except (psycopg.Error, Late, TimeoutError, UnicodeError) as error:  # psycopg takes no password that is no text
            loop.stop()
            raise Silent(f"no session: {_first_line(error)}") from error
        return cls(connection, loop, pooler)

    @property
    def process(self) -> int:
        """The number under which the server said it would serve this connection."""
        return self._connection.info.backend_pid

    def ask(self, query: str, parameters: Sequence[object], limit: float) -> list[dict[str, Any]]:
        """The rows of one query; raises as `Session.rows` does."""
        try:
            return self._loop.run(self._ask(query, parameters, limit), limit + GRACE)
        except (Late, TimeoutError):
            self._gone = f"the server did not answer within {limit + GRACE:.1f} s"
            raise Silent(self._gone) from None
        except psycopg.errors.QueryCanceled as error:
            raise SourceError(f"a query took longer than {limit:.1f} s on the server") from error
        except psycopg.Error as error:
            if self._connection.broken or self._connection.closed:
                self._gone = f"the server broke the connection off: {_first_line(error)}"
                raise Silent(self._gone) from error
            raise Refused(_first_line(error), error.sqlstate) from error

    async def _ask(self, query: str, parameters: Sequence[object], limit: float) -> list[dict[str, Any]]:
        async with self._lock:
            if self._gone is not None:
                raise Silent(self._gone)
            limits = {**SETTINGS, "statement_timeout": f"{max(1, int(limit * 1000))}ms"}
            if self.pooler:
                return await self._ask_pooled(query, parameters, limits)
            if limit != PATIENCE:
                await self._connection.execute(_set("statement_timeout", limits, local=False))
            try:
                cursor = await self._connection.execute(query, parameters or None)
                return await cursor.fetchall()
            finally:
                if limit != PATIENCE and not self._connection.broken:
                    await self._connection.execute(_set("statement_timeout", SETTINGS, local=False))

    async def _ask_pooled(
        self, query: str, parameters: Sequence[object], limits: Mapping[str, str]
    ) -> list[dict[str, Any]]:
        async with self._connection.transaction():
            await self._connection.execute("SET TRANSACTION READ ONLY")
            for name in limits:
                await self._connection.execute(_set(name, limits, local=True))
            cursor = await self._connection.execute(query, parameters or None)
            return await cursor.fetchall()

    def close(self) -> None:
        """Say goodbye, and wait a moment for it."""
        with contextlib.suppress(Exception):
            self._loop.run(self._connection.close(), 0.5)
        self._loop.stop()


def _set(name: str, values: Mapping[str, str], *, local: bool) -> bytes:
    return f"SET {'LOCAL ' if local else ''}{name} = '{values[name]}'".encode()


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0].strip() if str(error).strip() else "no answer in time"


async def _connect(
    parameters: Mapping[str, str], seconds: float
) -> tuple[psycopg.AsyncConnection[dict[str, Any]], bool]:
    """The connection with all limits set, and whether a pooler stands between."""
    options = " ".join(f"-c {name}={value}" for name, value in SETTINGS.items())
    try:
        connection = await _attempt({**parameters, "options": options}, seconds)
    except psycopg.OperationalError as error:
        # PgBouncer, which has no translations, takes no options.
        if "unsupported startup parameter" not in str(error):
            raise
        return await _attempt(parameters, seconds), True
    if connection.info.server_version >= 140000:
        await connection.execute(f"SET idle_session_timeout = '{IDLE}'".encode())
    return connection, False


async def _attempt(parameters: Mapping[str, str], seconds: float) -> psycopg.AsyncConnection[dict[str, Any]]:
    return await asyncio.wait_for(
        psycopg.AsyncConnection.connect(
            **parameters,  # type: ignore[arg-type]
            application_name=APPLICATION,
            connect_timeout=max(2, int(seconds)),
            client_encoding="utf8",
            autocommit=True,
            prepare_threshold=None,
            row_factory=dict_row,
        ),
        seconds,
    )


def _isolated(parameters: Mapping[str, str]) -> dict[str, str]:
    """The parameters, and the built-in value of every other that a variable of this shell would set."""
    built_in = {
        option.keyword.decode(): (option.compiled or b"").decode()
        for option in Conninfo.get_defaults()
        if option.envvar and option.envvar.decode() in os.environ and option.keyword not in (b"service", b"servicefile")
    }
    return {**built_in, "gssencmode": "disable", "passfile": NO_FILE, **parameters}


# What libpq takes from the environment without a parameter that could take its place.
HIDDEN = ("PGSERVICE", "PGSERVICEFILE", "PGDATESTYLE", "PGTZ", "PGGEQO")


@contextlib.contextmanager
def _hidden() -> Iterator[None]:
    """This shell's variables must not get into the session."""
    hidden = {name: os.environ.pop(name) for name in HIDDEN if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(hidden)


class Loop:
    """An event loop in a thread of its own; what hangs there holds nobody up."""

    def __init__(self) -> None:
        self._loop = asyncio.SelectorEventLoop()
        self._thread = threading.Thread(target=self._serve, name="database session", daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.set_exception_handler(lambda *_: None)
        self._loop.run_forever()
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        if left:
            with contextlib.suppress(Exception):
                self._loop.run_until_complete(asyncio.wait(left, timeout=GRACE))
        self._loop.close()

    def run(self, work: Coroutine[Any, Any, Value], seconds: float) -> Value:
        """The result of the work, from another thread. Raises TimeoutError when it takes longer."""
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result(seconds)
        except (Late, TimeoutError):
            future.cancel()
            raise

    def stop(self) -> None:
        """End the thread once nothing runs on it."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(0.5)
