"""database.connections-exhausted: more pools than the server has room for."""

from __future__ import annotations

from collections.abc import Iterator

from checks.database._ladder import below, is_error, server_place
from doctor.api import Blocks, Finding, Fix, Observed, Severity, check, facts

KEY = "database.max_connections"


@check(
    id="database.connections-exhausted",
    title="Connection slots run out",
    severity=(Severity.ERROR, Severity.WARNING),
    blocks=(Blocks(*below("database.connections-exhausted"), when=is_error),),
)
def connections_exhausted(
    connection: facts.Connection,
    config: facts.Resolution,
    processes: facts.Processes,
    server: Observed[facts.Server],
) -> Iterator[Finding]:
    """
    Compare the pools of the API and of all workers with the connections that the server takes.

    Every process opens up to `database.max_connections`. It is an error when the server turns the login away for want
    of a slot, and a warning when the pools together could ask for more than `max_connections` of the server less the
    slots it reserves.

    Why it matters: a process that gets no connection fails its job, and nobody can log in to look.

    Silent when: the pools fit; a single process was seen and its pool fits; a connection pooler answers.

    How to fix: lower `database.max_connections`, to 20 for instance, or raise `max_connections` of the server.
    """
    obstacle = connection.failed(facts.Rung.SLOT)
    if obstacle is not None:
        yield Finding(
            f"{connection.address} has no slot left: {obstacle.text}",
            at=config.where(KEY),
            related=(server_place(connection),),
            severity=Severity.ERROR,
            fix=Fix(f"Stop what holds them, then lower {KEY}, or raise max_connections of the server.", (BUSY,)),
        )
        return
    if server.value is not None:
        yield from _crowded(config, processes, server.value)


BUSY = (
    'psql -c "SELECT usename, application_name, state, count(*) FROM pg_stat_activity GROUP BY 1, 2, 3 ORDER BY 4 DESC"'
)


def _crowded(config: facts.Resolution, processes: facts.Processes, server: facts.Server) -> Iterator[Finding]:
    if server.pooler or server.max_connections is None:
        return
    # An API and a worker belong to every installation; fewer are counted only when exactly one was seen.
    count = len(processes.found) or 2
    pool = int(config.value(KEY))
    room = server.max_connections - server.reserved
    if count * pool <= room:
        return
    yield Finding(
        f"{_who(count, seen=bool(processes.found))} with up to {pool} connections, but the server has {room} for them",
        at=config.where(KEY),
        severity=Severity.WARNING,
        fix=Fix(f"Set {KEY} to {max(1, room // count)} or less, or raise max_connections of the server (restart it)."),
    )


def _who(count: int, *, seen: bool) -> str:
    if count == 1:
        return "1 process is running,"
    return f"{count} processes {'are running' if seen else 'belong to an installation'}, each"
