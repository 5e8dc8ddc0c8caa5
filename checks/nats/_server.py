"""The order in which NATS is judged, and what the findings on it have in common."""

from __future__ import annotations

import shlex

from doctor.api import Finding, Location, Place, Severity, Skipped, facts

# Each keeps those after it from being judged.
STEPS = (
    "nats.unreachable",
    "nats.auth",
    "nats.jetstream-off",
    "nats.stream-missing",
    "nats.stream-unusable",
    "nats.not-consumed",
    "nats.messages-stranded",
)
STREAM, SUBJECT, SUBJECTS, CONSUMER = "INDEXING", "indexing.job", "indexing.>", "indexing-consumer"
URL = "nats.url"
LOOPBACK = ("localhost", "127.0.0.1", "::1")

# What a process needs to make its stream and its consumer, in seconds.
STARTING = 15.0

RESTART_BOTH = "docker compose restart api worker"
RESTART_WORKER = "docker compose restart worker"


def below(id: str) -> tuple[str, ...]:
    """Everything that cannot be judged while this step fails."""
    return STEPS[STEPS.index(id) + 1 :]


def is_error(finding: Finding) -> bool:
    """Whether it stands in the way, rather than only being worth a warning."""
    return finding.severity is Severity.ERROR


def shown(server: facts.NatsServer) -> str:
    """The server as people call it, and where it was asked when that is another place."""
    return server.address + (f" (asked at {server.asked})" if server.asked else "")


def place(server: facts.NatsServer) -> Location:
    """The server as a place to point at."""
    return Location(Place.NETWORK, name=server.address, detail=server.asked)


def reached(nats: facts.Nats) -> facts.NatsServer:
    """The server that was asked, with JetStream. Raises Skipped for why there is no answer to judge by."""
    server = nats.reached
    if server is None or not nats.jetstream:
        said = f": {nats.jetstream_text}" if nats.jetstream_text else ""
        raise Skipped(f"JetStream did not tell what it has{said}")
    return server


def compose_service(compose: facts.Compose, server: facts.NatsServer) -> facts.ComposeService | None:
    """The compose file's own NATS, when the address can be meant for it."""
    for service in compose.services.values():
        named = server.host in (service.name, service.container)
        published = server.host in LOOPBACK and any(port.published == server.port for port in service.ports)
        if _is_nats(service) and (named or published):
            return service
    return None


def _is_nats(service: facts.ComposeService) -> bool:
    image = (service.image or "").lower()
    return "nats" in image or (not image and service.name == "nats")


def tool(server: facts.NatsServer, words: str) -> str:
    """A command of NATS's own tool, which asks 127.0.0.1:4222 when it is not told another server."""
    if server.host in LOOPBACK and server.port == 4222 and server.asked is None and server.login is None:
        return f"nats {words}"
    address = server.asked.partition(",")[0] if server.asked else server.address
    login = {None: "", "user": "USER:PASSWORD@", "token": "TOKEN@"}[server.login]
    return f"nats --server {shlex.quote(f'nats://{login}{address}')} {words}"


def running(
    nats: facts.Nats, worker: facts.Worker, processes: facts.Processes, containers: facts.Containers | None
) -> tuple[str, ...]:
    """Which of `API` and `worker` have been running long enough to have made their part."""
    return tuple(
        name
        for name, started in (
            ("API", _starts("api", None, processes, containers)),
            ("worker", _starts("worker", worker, processes, containers)),
        )
        if any(nats.now - moment > STARTING for moment in started)
    )


def _starts(
    role: str, worker: facts.Worker | None, processes: facts.Processes, containers: facts.Containers | None
) -> list[float]:
    if worker is not None and worker.started_at is not None:
        return [worker.started_at]  # it is the one that matters, whatever else there is
    alive = [each.started_at for each in (containers.role(role) if containers else ()) if each.state.value == "running"]
    found = [*(each.started_at for each in processes.role(role)), *alive]
    return [moment for moment in found if moment is not None]


def worker_runs(
    nats: facts.Nats, worker: facts.Worker, processes: facts.Processes, containers: facts.Containers | None
) -> bool:
    """Whether a worker has been running long enough."""
    return "worker" in running(nats, worker, processes, containers)


def restart(worker: facts.Worker, *, both: bool = False) -> tuple[str, ...]:
    """What starts the worker, or API and worker, again; nothing where they are no containers."""
    if worker.kind is not facts.Habitat.CONTAINER:
        return ()
    return (RESTART_BOTH if both else RESTART_WORKER,)


def count(number: int, what: str) -> str:
    """`1 job`, `2 jobs`."""
    return f"{number} {what}{'' if number == 1 else 's'}"
