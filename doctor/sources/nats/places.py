"""Where a server that the worker knows by name is reached from this host."""

from __future__ import annotations

from urllib.parse import urlsplit

from doctor.errors import SourceError
from doctor.facts import Compose, Containers, Habitat, NatsFault, Worker
from doctor.sources.nats.session import Ended
from doctor.sources.network import Outside, from_outside, is_loopback

ANYWHERE = (None, "", "0.0.0.0", "::")  # noqa: S104 - what docker writes for "all addresses"


def place(worker: Worker, compose: Compose, containers: Containers | None, host: str, port: int) -> Outside | None:
    """
    Where this host reaches a server of the worker's; None where both call it the same.

    The containers that there are count more than the compose file. Raises Ended when the server lives in a container
    that is stopped, SourceError when it cannot be reached from here.
    """
    if worker.kind is not Habitat.CONTAINER or (worker.container is not None and worker.container.host_network):
        return None
    found = containers.named(host) if containers is not None and not is_loopback(host) else None
    if found is None or containers is None:
        return from_outside(worker, compose, host, port)
    if not found.running:
        raise Ended(NatsFault.STOPPED, f"its container {found.name} is {found.state}")
    for published in found.ports:
        if published.target == port:
            here = published.address if published.address not in ANYWHERE else engine_host(containers.address)
            where = f"{here}:{published.published}, where container {found.name} publishes {host}:{port}"
            return Outside(str(here), published.published, where)
    raise SourceError(f"not reachable from here: container {found.name} publishes no port {port} on this host")


def engine_host(address: str) -> str:
    """The host whose ports a container engine publishes: this one, unless the engine is asked over a network."""
    parts = urlsplit(address)
    return parts.hostname if parts.scheme in ("tcp", "ssh", "http", "https") and parts.hostname else "localhost"
