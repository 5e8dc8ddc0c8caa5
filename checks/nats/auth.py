"""nats.auth: NATS answers and does not let the program in."""

from __future__ import annotations

from collections.abc import Iterator

from checks.nats._server import URL, below, is_error, place, restart, shown
from doctor.api import Blocks, Finding, Fix, Severity, check, facts


@check(
    id="nats.auth",
    title="NATS refuses the login",
    severity=(Severity.ERROR, Severity.WARNING),
    blocks=(Blocks(*below("nats.auth"), when=is_error),),
)
def auth(nats: facts.Nats, worker: facts.Worker) -> Iterator[Finding]:
    """
    Log in with what `nats.url` has of a user, a password or a token, and ask JetStream for the stream of jobs.

    When another server of a list takes the login it is a warning: the program goes on to that one. Where it is let in
    and may not use JetStream it stays.

    Why it matters: without a login, or with one that may not use JetStream, the worker ends when it starts, and the API
    drops all jobs.

    Silent when: the server wants no login; only questions are refused that the program does not ask.

    How to fix: write user and password into the address, `nats://USER:PASSWORD@HOST:4222`, with special characters
    escaped (`/` is %2F, `@` %40, `:` %3A). The program reads no credentials files and knows no nkeys.
    """
    for server in nats.servers:
        if server.fault not in (facts.NatsFault.LOGIN, facts.NatsFault.PERMISSION):
            continue
        yield Finding(
            _what(server),
            at=nats.at,
            related=(place(server),),
            severity=Severity.WARNING if _goes_on(nats, server) else Severity.ERROR,
            fix=_fix(server, worker),
        )


def _goes_on(nats: facts.Nats, server: facts.NatsServer) -> bool:
    """Whether the program tries the next server of the list, and gets in there."""
    return server.fault is facts.NatsFault.LOGIN and nats.reached is not None


def _what(server: facts.NatsServer) -> str:
    where = shown(server)
    if server.fault is facts.NatsFault.PERMISSION:
        who = f"the {server.login} of {URL}" if server.login else f"a client without a login, as {URL} has none,"
        return f"{who} may not do what the program does at {where}: {server.text}"
    if server.login is None:
        return f"{where} wants a login, and {URL} has none: {server.text}"
    refused = "user and password" if server.login == "user" else "token"
    return f"{where} refuses the {refused} of {URL}: {server.text}"


def _fix(server: facts.NatsServer, worker: facts.Worker) -> Fix:
    commands = restart(worker, both=True)
    if server.fault is facts.NatsFault.PERMISSION:
        return Fix(
            "Let this login publish to `$JS.API.>`, `$JS.ACK.>` and `indexing.>`, and subscribe to `_INBOX.>`, in the "
            "configuration of the server; then start API and worker again.",
            commands,
        )
    return Fix(
        f"Write the login into {URL}, after `nats://`: `USER:PASSWORD@{server.address}` or `TOKEN@{server.address}`, "
        "with special characters escaped (`/` is %2F, `@` %40, `:` %3A); then start API and worker again. "
        "Credentials files and nkeys are not for this program.",
    )
