"""environment.api-and-worker-differ: two processes that should share everything, and do not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from doctor.api import Finding, Fix, Location, Severity, check, facts, strip_user

LOOPBACK = ("", "localhost", "127.0.0.1", "::1", "[::1]", "0.0.0.0")  # noqa: S104 - a name to recognise
MODEL = "gemini-embedding-001"
ADVICE = "Start the API and the worker with the same file and the same variables."
FALL_BACKS = ("GEMINI_API_KEY", "GOOGLE_API_KEY")

_SERVER = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*://)?(?:[^/?#@]*@)?(?P<host>\[[^\]]*\]|[^/?#:]*)(?::(?P<port>\d+))?")


@check(
    id="environment.api-and-worker-differ",
    title="API and worker do not use the same services",
    severity=(Severity.ERROR, Severity.WARNING),
)
def api_and_worker_differ(peers: facts.Peers, compose: facts.Compose) -> Iterator[Finding]:
    """
    Compare the configurations of the API and the worker that run here, each resolved as its own process got it.

    Compared are the database, the NATS server, provider and model (errors), the Gemini key and the file (warnings).

    Why it matters: jobs of the one never reach the other, or the search compares vectors that do not belong together.

    Silent when: not both of them were seen running; the same server has two names (localhost and the service's name in
    the compose file).

    How to fix: start both with the same file and the same variables.
    """
    api, worker = peers.api, peers.worker
    if api is None or worker is None or not (api.file.loaded and worker.file.loaded):
        return
    for key, fault, severity in _differences(api, worker, frozenset(compose.services)):
        ours, theirs = _place(worker, key, peers.worker_file), _place(api, key, peers.api_file)
        yield Finding(f"{key}: {fault}", at=ours, related=(theirs,), severity=severity, fix=Fix(ADVICE))
    if peers.worker_file != peers.api_file:
        yield Finding(
            f"{peers.worker_file} is the worker's file, {peers.api_file} the API's",
            at=Location.file(peers.worker_file or ""),
            related=(Location.file(peers.api_file or ""),),
            severity=Severity.WARNING,
            fix=Fix(ADVICE),
        )


def _differences(
    api: facts.Resolution, worker: facts.Resolution, services: frozenset[str]
) -> Iterator[tuple[str, str, Severity]]:
    """Key, what differs, how bad."""
    ours, theirs = _server(worker), _server(api)
    if not _same_server(ours, theirs, services):
        yield "database.host", _versus(":".join(ours), ":".join(theirs)), Severity.ERROR
    for key, one, other in (
        ("database.name", worker.value("database.name"), api.value("database.name")),
        ("embedding.provider", worker.provider, api.provider),
    ):
        if one != other:
            yield key, _versus(one, other), Severity.ERROR
    if not _same_nats(api, worker, services):
        yield "nats.url", _versus(*(strip_user(str(each.value("nats.url"))) for each in (worker, api))), Severity.ERROR
    if worker.provider != api.provider:
        return
    if (model := _model(worker)) != (other := _model(api)):
        yield _model_key(worker), _versus(model, other), Severity.ERROR
    if worker.provider == "gemini" and _keys_differ(api, worker):
        yield "gemini.api_key", "the worker and the API use different keys", Severity.WARNING


def _versus(ours: object, theirs: object) -> str:
    return f"the worker uses {ours}, the API {theirs}"


Server = tuple[str, str]


def _server(config: facts.Resolution) -> Server:
    return _host(str(config.value("database.host"))), str(config.value("database.port"))


def _host(name: str) -> str:
    return "localhost" if name.lower() in LOOPBACK else name.lower()


def _same_server(one: Server, other: Server, services: frozenset[str]) -> bool:
    """Equal, or one is this host and the other a compose service, whose published port may be another."""
    if one == other:
        return True
    hosts = {one[0], other[0]}
    return "localhost" in hosts and bool(hosts & services)


def _same_nats(api: facts.Resolution, worker: facts.Resolution, services: frozenset[str]) -> bool:
    """Whether the two lists have a server in common; they then belong to one cluster."""
    ours, theirs = (_nats(str(each.value("nats.url"))) for each in (worker, api))
    return any(_same_server(one, other, services) for one in ours for other in theirs)


def _nats(urls: str) -> list[Server]:
    matches = (_SERVER.match(url.strip()) for url in urls.split(","))
    return [(_host(match["host"]), match["port"] or "4222") for match in matches if match is not None]


def _model_key(config: facts.Resolution) -> str:
    return "embedding.openai.model" if config.provider == "openai" else "gemini.model"


def _model(config: facts.Resolution) -> str:
    value = str(config.value(_model_key(config))).removeprefix("models/")
    return value or ("" if config.provider == "openai" else MODEL)


def _keys_differ(api: facts.Resolution, worker: facts.Resolution) -> bool:
    """Only where both have one; the fall-back variables count for the worker alone."""
    own = str(worker.value("gemini.api_key"))
    fall_back = next((text for name in FALL_BACKS if (text := worker.environment.get(name))), "")
    used, other = own or fall_back, str(api.value("gemini.api_key"))
    return bool(used and other) and used != other


def _place(config: facts.Resolution, key: str, file: str | None) -> Location:
    """Where the value comes from; the path is resolved from the process' own directory."""
    place = replace(config.where(key), key=key)
    return replace(place, path=file) if file and place.path == config.file.path else place
