"""The way to the OpenAI-compatible server, walked as the worker's client goes it, and what the program needs there."""

from __future__ import annotations

import contextlib
import ipaddress
import ssl
from dataclasses import replace
from functools import partial
from urllib.parse import quote

from doctor.engine import OFFLINE, Touches, source
from doctor.errors import Withheld
from doctor.facts import Compose, Environment, Habitat, NetworkFault, NetworkObstacle, Resolution, Step, Worker
from doctor.facts.openai import DIMENSIONS, OpenAiServer, OpenAiState
from doctor.sources import certificates
from doctor.sources.configuration import working_directory
from doctor.sources.network import from_outside, go_proxy, proxy_variable, service_of, shown_proxy, unreadable
from doctor.sources.openai.answers import MOST_NAMES, Answer, has, of_embedding, of_list
from doctor.sources.openai.client import Base, Client, sendable
from doctor.sources.web import Halted, Route
from doctor.target import Deadline, Target

OPENAI = "https://api.openai.com/v1"
BLOCK = "embedding.openai"

# How long it may take in all, in seconds.
PATIENCE = 8.0

MODELS, EMBEDDINGS = "/models", "/embeddings"
SAMPLE = "codechunk-doctor"

# Names that no server on the internet has.
PRIVATE_NAMES = (".local", ".internal", ".localhost")


def touches(target: Target, environment: Environment, resolution: Resolution) -> Touches:
    """The server, the proxy on the way, and what is asked."""
    if target.offline or resolution.provider != "openai":
        return Touches()
    base = _base(resolution)
    try:
        route = Route.to(base.text, go_proxy(base.text, environment.mapping()), certificates.without_trust)
        queries = [f"GET {base.shown}{MODELS}"]
    except ValueError:
        return Touches()
    hosts = [f"{route.host}:{route.port} (OpenAI-compatible)"]
    if route.proxy is not None:
        host, port = route.proxy.host_and_port
        hosts.insert(0, f"{host}:{port} (proxy)" if port else f"{host} (proxy)")
    if bills_nothing(route.host, Compose()):
        queries.append(f"POST {base.shown}{EMBEDDINGS}: one vector of one word, from a server of your own")
    return Touches(hosts=tuple(hosts), queries=tuple(queries))


def bills_nothing(host: str, compose: Compose) -> bool:
    """Whether a server is one of the user's own: on this machine, or where only a private network leads."""
    name = host.rstrip(".").lower()
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        plain = "." not in name and name[:1].isalpha()  # a number alone is an address as well
        return plain or name.endswith(PRIVATE_NAMES) or service_of(compose, host) is not None
    return address.is_loopback or address.is_private or address.is_link_local


@source("openai", deadline=9, touches=touches)
def openai_server(
    target: Target,
    worker: Worker,
    environment: Environment,
    resolution: Resolution,
    compose: Compose,
    deadline: Deadline,
) -> OpenAiServer:
    """
    Go to the server as the worker would and ask for its models.

    A vector is asked for where it costs nothing.
    """
    if target.offline:
        raise Withheld(OFFLINE)
    if resolution.provider != "openai":
        raise Withheld(f"embedding.provider is {resolution.provider}")
    server = _described(environment, resolution)
    if server.obstacle is not None:
        return server
    route, server = _routed(server, target, worker, environment, resolution, compose)
    key, ends_at = str(resolution.value(f"{BLOCK}.api_key")), deadline.ends_within(PATIENCE)
    authority = replace(route, host=server.host, port=server.port).authority
    with contextlib.closing(Client(route, authority, _base(resolution), key, ends_at)) as client:
        try:
            return _asked(server, client, resolution, free=bills_nothing(server.host, compose))
        except Halted as halted:
            return replace(server, obstacle=halted.obstacle)


# --- the way -------------------------------------------------------------------------------------------------------


def _base(resolution: Resolution) -> Base:
    return Base.of(str(resolution.value(f"{BLOCK}.base_url")) or OPENAI)


def _described(environment: Environment, resolution: Resolution) -> OpenAiServer:
    """The way as the settings have it; it can end right there, at what Go refuses."""
    base, key = _base(resolution), str(resolution.value(f"{BLOCK}.api_key"))
    server = OpenAiServer(
        "" if "@" in base.text else base.text, key=resolution.where(f"{BLOCK}.api_key") if key else None
    )
    try:
        route = Route.to(base.text, None, certificates.without_trust)
        server = replace(server, url=base.shown, here=base.shown, host=route.host, port=route.port)
    except ValueError as error:
        return _impossible(server, Step.ANSWER, unreadable(base.text, error))
    if not sendable(key):
        return _impossible(server, Step.HTTP, "the key holds a line break or another control character")
    try:
        proxy = go_proxy(base.text, environment.mapping())
        Route.to(base.text, proxy, certificates.without_trust)
    except ValueError as error:
        return _impossible(server, Step.PROXY, str(error))
    if proxy is None:
        return server
    name = proxy_variable(base.text, environment.mapping())
    return replace(server, proxy=shown_proxy(proxy), proxy_at=environment.where(name) if name else None)


def _impossible(server: OpenAiServer, step: Step, text: str) -> OpenAiServer:
    return replace(server, obstacle=NetworkObstacle(step, NetworkFault.SETTING, text))


def _routed(
    server: OpenAiServer,
    target: Target,
    worker: Worker,
    environment: Environment,
    resolution: Resolution,
    compose: Compose,
) -> tuple[Route, OpenAiServer]:
    """The route from here. Raises SourceError where none leads to the worker's server."""
    # What is named there lies in the container.
    variables = {} if worker.kind is Habitat.CONTAINER else environment.mapping()
    trust = partial(certificates.go_context, variables, working_directory(target, worker))
    text = _base(resolution).text
    route = Route.to(text, go_proxy(text, environment.mapping()), trust)
    service = service_of(compose, server.host)
    server = replace(server, service=service.name if service is not None else None)
    outside = from_outside(worker, compose, route.host, route.port) if route.proxy is None else None
    if outside is None:
        return route, server
    route = replace(route, host=outside.host, port=outside.port, context=partial(_nameless, trust))
    return route, replace(server, asked=outside.where, here=_base(resolution).at(route.authority).shown)


def _nameless(trust: partial[ssl.SSLContext]) -> ssl.SSLContext:
    """A certificate for the name that containers use is right, though it is not the one used here."""
    context = trust()
    context.check_hostname = False
    return context


# --- what is asked -------------------------------------------------------------------------------------------------


def _asked(server: OpenAiServer, client: Client, resolution: Resolution, *, free: bool) -> OpenAiServer:
    model = str(resolution.value(f"{BLOCK}.model"))
    try:
        listed: Answer | None = client.ask(MODELS)
    except Halted as halted:
        # A server that has no such list may well hang up when asked for it.
        if not free or halted.obstacle.fault is not NetworkFault.BROKEN_OFF:
            raise
        listed = None
    if listed is not None:
        server = replace(server, models=(listed.models or ())[:MOST_NAMES])
    server = _embedded(server, client, model, listed) if free else _listed(server, client, model, listed)
    if listed is None or not _lost(server, listed):
        return server
    found = _elsewhere(client, _base(resolution))
    return replace(server, state=OpenAiState.NOT_FOUND, suggested=found.shown) if found is not None else server


def _lost(server: OpenAiServer, listed: Answer) -> bool:
    """Whether there is nothing of the kind at this base, to nobody."""
    absent = listed.models is None and listed.status < 500 and listed.status not in (401, 403, 429)
    return absent and server.state in (OpenAiState.NOT_FOUND, OpenAiState.NOT_OPENAI, OpenAiState.UNKNOWN)


def _embedded(server: OpenAiServer, client: Client, model: str, listed: Answer | None) -> OpenAiServer:
    """What the server makes of the program's own request."""
    try:
        answer = client.ask(EMBEDDINGS, {"model": model, "input": [SAMPLE], "dimensions": DIMENSIONS})
    except Halted as halted:
        slow = halted.obstacle.fault is NetworkFault.NO_ANSWER and listed is not None
        if not slow:
            raise
        # Loading a model takes a while, and the program waits for a minute.
        return replace(server, said=f"lists its models, but has made no vector within {PATIENCE:g} s")
    return replace(_judged(server, answer, of_embedding(answer)), length=answer.length)


def _listed(server: OpenAiServer, client: Client, model: str, listed: Answer | None) -> OpenAiServer:
    """What can be told of a server that may charge for a vector."""
    assert listed is not None
    server = _judged(server, listed, of_list(listed))
    if server.state is not OpenAiState.USABLE or has(listed.models or (), model):
        return server
    named = client.ask(f"{MODELS}/{quote(model)}")
    if named.status == 200 and isinstance(named.json, dict) and named.json.get("id"):
        return server
    missing = named.status in (400, 404) and named.about_model
    return _judged(server, named, OpenAiState.MODEL_UNKNOWN if missing else OpenAiState.UNKNOWN)


def _judged(server: OpenAiServer, answer: Answer, state: OpenAiState) -> OpenAiServer:
    said = "" if state is OpenAiState.USABLE else answer.said
    return replace(server, state=state, call=answer.call, status=answer.status, said=said)


def _elsewhere(client: Client, base: Base) -> Base | None:
    """Another base on the same server under which models are listed."""
    for each in base.others():
        with contextlib.suppress(Halted):
            if client.ask(MODELS, base=each).shows_server:
                return each
    return None


SOURCES = (openai_server,)
