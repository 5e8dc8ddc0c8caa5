"""nats.unreachable: nobody answers, or not NATS."""

from __future__ import annotations

from collections.abc import Iterator

from checks.nats._server import (
    LOOPBACK,
    RESTART_BOTH,
    URL,
    below,
    compose_service,
    is_error,
    place,
    restart,
    shown,
)
from doctor.api import Blocks, Finding, Fix, Guide, Safety, Severity, check, facts, set_value

LATER = ("LOGIN", "PERMISSION")
MONITORING = 8222
DOCKER_HOST = "host.docker.internal"


@check(
    id="nats.unreachable",
    title="NATS does not answer",
    severity=(Severity.ERROR, Severity.WARNING),
    guide=Guide.CREATED,
    blocks=(Blocks(*below("nats.unreachable"), when=is_error),),
)
def unreachable(
    nats: facts.Nats, config: facts.Resolution, compose: facts.Compose, worker: facts.Worker
) -> Iterator[Finding]:
    """
    Go to the servers of `nats.url` as API and worker would, and open a session.

    When another server of a list answers it is a warning: the program takes that one.

    Why it matters: a worker without NATS ends when it starts. The API goes on with a stand-in that accepts jobs and
    drops them, until it is started again.

    Silent when: the server answers, whatever it thinks of the login.

    How to fix: `docker compose up -d nats` starts the server of the compose file; for another one correct `nats.url`.
    Then start API and worker again: the API does not come back to NATS by itself.
    """
    answered = any(each.fault is None or each.fault.name in LATER for each in nats.servers)
    for server in nats.servers:
        if server.fault is None or server.fault.name in LATER:
            continue
        yield Finding(
            _what(server),
            at=nats.at,
            related=(place(server),) if server.host else (),
            severity=Severity.WARNING if answered else Severity.ERROR,
            fix=_fix(server, config, compose, worker),
        )


# By the names of the faults.
WORDS = {
    "SETTING": "the address cannot be used: {text}",
    "NAME_UNKNOWN": "the name of {where} cannot be looked up: {text}",
    "REFUSED": "nothing listens at {where}",
    "TIMED_OUT": "{where} does not answer: {text}",
    "OTHER_PROTOCOL": "what answers at {where} is not NATS: {text}",
    "TLS": "TLS with {where} fails: {text}",
    "BROKEN_OFF": "{where} breaks the connection off: {text}",
    "STOPPED": "{where} is not there: {text}",
}


def _what(server: facts.NatsServer) -> str:
    assert server.fault is not None
    return WORDS[server.fault.name].format(where=shown(server), text=server.text)


def _fix(server: facts.NatsServer, config: facts.Resolution, compose: facts.Compose, worker: facts.Worker) -> Fix:
    assert server.fault is not None
    service = compose_service(compose, server)
    match server.fault.name:
        case "SETTING":
            return Fix(f"Write `nats://HOST:4222` in {URL}, or several of these with commas between them.")
        case "OTHER_PROTOCOL":
            other = f" {MONITORING} is only for monitoring." if server.port == MONITORING else ""
            return Fix(f"Set {URL} to the port for clients, which is mostly 4222.{other}")
        case "TLS":
            return _trust(server)
        case "NAME_UNKNOWN" if worker.kind is not facts.Habitat.CONTAINER and (
            service is not None or server.host == DOCKER_HOST
        ):
            return _local(server, config, service)
        case "NAME_UNKNOWN" if service is None:
            return Fix(f"Correct the host's name in {URL}; then start API and worker again.")
    return _start(server, service, worker)


def _trust(server: facts.NatsServer) -> Fix:
    if server.url.startswith("tls://"):
        return Fix(f"Write nats:// for all servers in {URL} where they have no certificate, else repair theirs.")
    return Fix(
        f"Give the server a certificate for {server.host} that is valid, and add the authority that signed it to those "
        "that the worker's system trusts; then start API and worker again."
    )


def _local(server: facts.NatsServer, config: facts.Resolution, service: facts.ComposeService | None) -> Fix:
    """The name of a service is known in containers only; on the host its port is published."""
    published = (
        next((each.published for each in service.ports if each.target == server.port), None) if service else None
    )
    port = published or server.port
    summary = (
        f"Only containers know that name: outside of them it is localhost:{port}. Then start API and worker again."
    )
    if "," in str(config.value(URL)) or server.login is not None:
        return Fix(summary)
    return set_value(config, URL, f"nats://localhost:{port}", summary, safety=Safety.NONE)


def _start(server: facts.NatsServer, service: facts.ComposeService | None, worker: facts.Worker) -> Fix:
    after = "Then start API and worker again: an API that was started without NATS drops jobs until then."
    if service is not None:
        commands = (f"docker compose up -d {service.name}", *restart(worker, both=True))
        return Fix(f"Start {service.name}. {after}", commands)
    if server.host in LOOPBACK and worker.kind is not facts.Habitat.CONTAINER:
        port = "" if server.port == 4222 else f" --port {server.port}"
        return Fix(f"Start NATS there, or correct {URL}. {after}", (f"nats-server{port} --jetstream --store_dir nats",))
    commands = (RESTART_BOTH,) if worker.kind is facts.Habitat.CONTAINER else ()
    return Fix(f"Start NATS there, or correct {URL} ({server.address}). {after}", commands)
