"""The API's own health answer, and the text search server, as they were asked over HTTP."""

from __future__ import annotations

from dataclasses import field

from doctor.facts.network import NetworkObstacle
from doctor.model import Location
from doctor.values import value


@value
class ApiPlace:
    """
    The API as the run sees it, and the settings it was started with as far as they matter to others.

    `name` says which process or container was seen (`process 7`, `container codechunking-api`), None for none, and
    `running` whether it is alive. `contained` says that it has a network of its own, as containers have; when nothing
    was seen it is what the compose file says. `container` and `service` are its names there. `host` and `port` are
    where it listens inside, port 0 for one that cannot be told; `zoekt_host` is where it looks for text search, empty
    where that is off.
    """

    at: Location
    host: str
    port: int
    zoekt_at: Location
    zoekt_port_at: Location
    zoekt_host: str = ""
    zoekt_port: int = 0
    name: str | None = None
    running: bool = False
    contained: bool = False
    container: str | None = None
    service: str | None = None


@value
class NatsHealth:
    """What the API tells of its NATS connection; None is what it does not tell."""

    connected: bool | None = None
    jetstream: bool | None = None
    circuit_breaker: str | None = None
    reconnects: int | None = None
    last_error: str | None = None


@value
class Dependency:
    """One part of the API's health answer."""

    name: str
    status: str
    message: str = ""
    has_details: bool = False


@value
class ApiHealth:
    """
    The answer of the API's `/health`.

    `at` is the setting that tells where it listens, `url` what was asked. `obstacle` says why there is no answer.
    `foreign` is the beginning of an answer that is not the API's, None when it is. `status` is healthy, degraded or
    unhealthy. `nats_headers` says whether the two headers of newer versions were there. `observed` says that a process
    or container of the API was seen, and which.
    """

    at: Location
    url: str
    obstacle: NetworkObstacle | None = None
    http_status: int | None = None
    foreign: str | None = None
    status: str | None = None
    version: str | None = None
    dependencies: tuple[Dependency, ...] = ()
    nats: NatsHealth | None = None
    nats_headers: bool = False
    took: float = 0.0
    observed: str | None = None
    asked: str | None = None

    def dependency(self, name: str) -> Dependency | None:
        """One part of the answer."""
        return next((each for each in self.dependencies if each.name == name), None)


@value
class ZoektServer:
    """
    The text search server at zoekt.webserver.host and .port.

    `healthz` is the status of its health page on the configured port, None without an answer; `grpc` whether that port
    speaks gRPC. `other_port` is a port that does answer (6070) when the configured one does not. `repositories` are
    those it has in its index, None where that could not be asked.
    """

    at: Location
    host: str
    port: int
    obstacle: NetworkObstacle | None = None
    healthz: int | None = None
    text: str = ""
    grpc: bool | None = None
    other_port: int | None = None
    repositories: tuple[str, ...] | None = None
    asked: str | None = None
    loading: bool = False


@value
class IndexedRepositories:
    """The repositories whose text index is completed by the database, by the name that Zoekt has for them."""

    names: tuple[str, ...] = field(default=())
