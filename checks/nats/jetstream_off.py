"""nats.jetstream-off: NATS answers, and keeps nothing."""

from __future__ import annotations

from collections.abc import Iterator

from checks.nats._server import below, compose_service, place, restart, shown
from doctor.api import Finding, Fix, Severity, check, facts


@check(
    id="nats.jetstream-off",
    title="NATS runs without JetStream",
    severity=Severity.ERROR,
    blocks=below("nats.jetstream-off"),
)
def jetstream_off(nats: facts.Nats, compose: facts.Compose, worker: facts.Worker) -> Iterator[Finding]:
    """
    Ask the server about JetStream, the part of it that keeps messages.

    Why it matters: jobs wait in a stream of JetStream. Without it the worker ends when it starts, and the API drops
    all jobs.

    Silent when: JetStream answers; this login may not ask about its account, but may use the stream.

    How to fix: start the server with `--jetstream --store_dir /data`, as the compose file does, then API and worker.
    """
    server = nats.reached
    if server is None or nats.jetstream is not False:
        return
    yield Finding(
        f"JetStream does not answer at {shown(server)}: {nats.jetstream_text}",
        at=nats.at,
        related=(place(server),),
        fix=_fix(nats, server, compose, worker),
    )


def _fix(nats: facts.Nats, server: facts.NatsServer, compose: facts.Compose, worker: facts.Worker) -> Fix:
    said = nats.jetstream_text.lower()
    again = restart(worker, both=True)
    if "account" in said:
        return Fix("Write `jetstream: enabled` for this account into the server's configuration.", again)
    if "unavailable" in said or "leader" in said:
        return Fix("Look into the log of the server: JetStream is on, but not ready. Then start API and worker again.")
    service = compose_service(compose, server)
    if service is None:
        words = f"nats-server{'' if server.port == 4222 else f' --port {server.port}'} --jetstream --store_dir nats"
        return Fix("Start the server with JetStream, then API and worker again.", (words,))
    return Fix(
        f"Put `--jetstream --store_dir /data` into the `command:` of {service.name}; then start API and worker again.",
        (f"docker compose up -d {service.name}", *again),
    )
