"""Where this host reaches what the API listens on, or what it calls by a name of its own network."""

from __future__ import annotations

import re
from collections.abc import Sequence

from doctor.errors import SourceError
from doctor.facts import (
    ApiPlace,
    Compose,
    Containers,
    Habitat,
    Known,
    NetworkFault,
    NetworkObstacle,
    PublishedPort,
    Step,
    Worker,
)
from doctor.sources.network import Outside, from_outside, is_loopback
from doctor.sources.web import Response, Route, Web

ANYWHERE = ("", "0.0.0.0", "::", "[::]")  # noqa: S104 - what is listened on, and reached as localhost
BEFORE_HTTP = (Step.NAME, Step.ANSWER)


def to_server(place: ApiPlace, compose: Compose, containers: Containers | None, host: str, port: int) -> Outside | None:
    """
    A server that the API calls by this host and port, as this host reaches it; None where both call it the same.

    Raises SourceError when it cannot be reached from here.
    """
    if not place.contained:
        return None
    if is_loopback(host):
        raise SourceError(f"not reachable from here: {host} is the inside of the API's own container")
    container = containers.named(host) if containers is not None else None
    if container is None or not container.running:
        return from_outside(Worker(Known.OBSERVED, Habitat.CONTAINER), compose, host, port)
    if container.host_network:
        return Outside("localhost", port, f"localhost:{port}, the host's own network, in which {host} is")
    found = _published(container.ports, port)
    if found is None:
        raise SourceError(f"not reachable from here: the container {container.name} publishes no port {port}")
    return Outside(*found, f"{found[0]}:{found[1]}, where the container {container.name} publishes {host}:{port}")


def to_api(place: ApiPlace, compose: Compose, containers: Containers | None) -> tuple[str, int]:
    """
    The host and port at which this host reaches the API.

    Raises SourceError when there is no such port.
    """
    if not place.port:
        raise SourceError("api.port names no fixed port")
    if place.host not in ANYWHERE and not is_name(place.host):
        raise SourceError("api.host is no address")
    if not place.contained:
        return ("localhost" if place.host in ANYWHERE else place.host.strip("[]")), place.port
    container = containers.named(place.container) if containers is not None and place.container is not None else None
    ports = container.ports if container is not None and container.running else ()
    service = compose.services.get(place.service) if place.service is not None else None
    found = _published(ports, place.port) or _published(service.ports if service is not None else (), place.port)
    if found is None:
        raise SourceError(f"not reachable from here: the API's container publishes no port {place.port}")
    return found


def _published(ports: Sequence[PublishedPort], port: int) -> tuple[str, int] | None:
    for each in ports:
        if each.target == port and each.published:
            return (each.address if each.address not in (None, *ANYWHERE) else None) or "localhost", each.published
    return None


def web(host: str, port: int, ends_at: float) -> Web:
    """Plain HTTP to a server of one's own, past every proxy."""
    return Web(Route("http", host, port), ends_at)


def is_name(host: str) -> bool:
    """Whether it can be the name or the address of a host, rather than a URL, a host with a port, or nothing."""
    return re.fullmatch(r"[\w.-]+|\[?[0-9A-Fa-f:.]+(%\w+)?\]?", host) is not None


def answered(obstacle: NetworkObstacle | None) -> bool:
    """Whether something took the connection, whatever it then said or did not say."""
    return obstacle is None or obstacle.step not in BEFORE_HTTP


def nobody(obstacle: NetworkObstacle | None) -> bool:
    """Whether it is certain that nothing listens there."""
    return obstacle is not None and obstacle.fault is NetworkFault.REFUSED


def text_of(response: Response, most: int) -> str:
    """The beginning of an answer, as one line."""
    return " ".join(response.body[: 4 * most].decode("utf-8", "replace").split())[:most]
