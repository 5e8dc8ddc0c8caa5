"""How the program reaches the network: the proxy its HTTP clients take, and where its servers are, seen from here."""

from __future__ import annotations

from collections.abc import Mapping

from doctor.errors import SourceError
from doctor.facts import Compose, ComposeService, Habitat, Worker
from doctor.golang import neturl, proxy
from doctor.values import value

LOOPBACK = ("localhost", "127.0.0.1", "::1")
# The name by which a container calls the machine that it runs on.
DOCKER_HOST = "host.docker.internal"
# What is mostly wrong with an address that has a login in it and cannot be read.
ESCAPED = "in a user or password / is written %2F, # %23, ? %3F and % %25"


def go_proxy(url: str, env: Mapping[str, str]) -> str | None:
    """
    The proxy that Go's HTTP client, and so the program's Gemini and OpenAI clients, takes for a URL; None for none.

    `env` is the whole environment of the process; nothing of the machine's own settings counts. A user and password in
    the proxy's URL are in the answer as well. Raises `ValueError` with Go's text where the client refuses the request.
    """
    found = proxy.proxy_for(url, env)
    return None if found is None else str(found)


def shown_proxy(address: str) -> str:
    """
    A proxy as it may be shown: scheme, host and port; empty where these cannot be told.

    A password whose special characters were not escaped can end up in every other part.
    """
    parsed = neturl.parse(address)
    misread = not parsed.host or parsed.path.startswith(b"//")  # Go has put another http:// in front
    return "" if misread else str(neturl.URL(parsed.scheme, host=parsed.host))


def unreadable(address: str, error: ValueError) -> str:
    """Go's reason against an address; nothing of one with a login, which can be in every part of it."""
    return f"it cannot be read; {ESCAPED}" if "@" in address else str(error)


def proxy_variable(url: str, env: Mapping[str, str]) -> str | None:
    """The variable that names the proxy for a URL like this one, None when none does."""
    names = proxy.VARIABLES.get(url.partition(":")[0].lower(), ())
    return next((name for name in names if env.get(name)), None)


# --- for a worker in a container -----------------------------------------------------------------------------------


@value
class Outside:
    """Where this host reaches a server that a container knows by another address, and `where` that is, in words."""

    host: str
    port: int
    where: str


def from_outside(worker: Worker, compose: Compose, host: str, port: int) -> Outside | None:
    """
    The worker's server as this host reaches it; None where both call it the same.

    Raises SourceError when it cannot be reached from here.
    """
    if worker.kind is not Habitat.CONTAINER:
        return None
    if is_loopback(host):
        raise SourceError(f"not reachable from here: {host} is the inside of the worker's own container")
    if host == DOCKER_HOST:
        return Outside("localhost", port, f"localhost:{port}, which containers call {host}")
    service = service_of(compose, host)
    if service is None:
        return None
    for published in service.ports:
        if published.target == port:
            address = published.address if published.address not in (None, "0.0.0.0", "::") else "localhost"  # noqa: S104
            assert address is not None
            where = f"{address}:{published.published}, where {compose.path} publishes {host}:{port}"
            return Outside(address, published.published, where)
    raise SourceError(f"not reachable from here: {compose.path} publishes no port {port} of {host} on this host")


def is_loopback(host: str) -> bool:
    """Whether a host is the machine (or the container) itself."""
    return host in LOOPBACK or host.startswith("127.")


def service_of(compose: Compose, host: str) -> ComposeService | None:
    """The service that has this name in the network of its containers."""
    return next((each for each in compose.services.values() if host in (each.name, each.container)), None)
