"""One connection to the database, read-only and in no one's way, on which several sources ask in turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from doctor.errors import Silent
from doctor.target import Deadline

if TYPE_CHECKING:
    from doctor.sources.database.wire import Wire

# What a query may take on the server unless it is given more or less, in seconds.
PATIENCE = 5.0


def moment(seconds: float | None) -> datetime | None:
    """A time, out of seconds since the epoch; PostgreSQL knows some (`infinity`) that nobody else does."""
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


class Session:
    """
    A connection whose queries change nothing, take no locks that block anyone, and end in bounded time.

    `rows` may be called from any thread. psycopg is loaded when a session is opened, and not before.
    """

    def __init__(self, wire: Wire, deadline: Deadline) -> None:
        self._wire = wire
        self._deadline = deadline

    @classmethod
    def open(cls, parameters: Mapping[str, str], deadline: Deadline, *, seconds: float = PATIENCE) -> Session:
        """
        Connect with these libpq parameters and with nothing from the doctor's own environment.

        Raises Silent when that does not succeed in time.
        """
        from doctor.sources.database.wire import Wire

        return cls(Wire.open(parameters, deadline.within(seconds)), deadline)

    def rows(self, query: str, parameters: Sequence[object] = (), *, seconds: float = PATIENCE) -> list[dict[str, Any]]:
        """
        The rows of one query, as mappings from column to value.

        Raises Refused when the server refuses it, Silent when it went away or does not answer, SourceError when the
        query takes longer than `seconds` on the server.
        """
        limit = self._deadline.within(seconds)
        if limit <= 0:
            raise Silent("the time of this run is over")
        return self._wire.ask(query, parameters, limit)

    @property
    def pooler(self) -> bool:
        """Whether a connection pooler stands between, where every query is a transaction of its own."""
        return self._wire.pooler

    @property
    def process(self) -> int:
        """The number under which the server said it would serve this connection."""
        return self._wire.process

    def close(self) -> None:
        """Say goodbye, and wait a moment for it."""
        self._wire.close()
