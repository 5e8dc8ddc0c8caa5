"""zoekt.index-not-shared: the worker writes one index, and another one is searched."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from checks.zoekt._settings import DIRECTORY, HOST, ON, SERVICE, keyed, network, searched
from doctor.api import NO_FILE, Finding, Fix, Location, Observed, Place, Severity, Skipped, check, facts

# How many repositories are named.
NAMED = 3
# Where zoekt-webserver's image looks unless it is told otherwise.
SERVED = "/data/index"


@check(
    id="zoekt.index-not-shared",
    title="Worker and Zoekt use different index folders",
    severity=Severity.WARNING,
    blocked_by=(
        *NO_FILE,
        "zoekt.dead-port",
        "zoekt.loopback-in-container",
        "zoekt.unreachable",
    ),
)
def index_not_shared(
    config: facts.Resolution,
    api: facts.ApiPlace,
    worker: facts.Worker,
    containers: Observed[facts.Containers],
    server: Observed[facts.ZoektServer],
    indexed: Observed[facts.IndexedRepositories],
) -> Iterator[Finding]:
    """
    Compare the folder that the worker writes the text index to with the one that zoekt-webserver reads.

    That is what is mounted in their containers, and what the server has of the repositories that are indexed by the
    database.

    Why it matters: the worker's index is complete, and searches by text find nothing.

    Silent when: nothing is indexed yet; the server does not tell what it has (it needs `-rpc` for that), or was started
    less than a minute ago; one of the repositories is there.

    How to fix: mount the same volume in both, at `zoekt.indexing.index_dir` of the worker and at `-index` of the
    server.
    """
    searched(config, api.zoekt_host)
    if not config.value(ON):
        raise Skipped(f"no text index is made: {ON} is off")
    finding = _mounts(config, worker, containers.value) or _missing(config, server.value, indexed.value)
    if finding is not None:
        yield finding
    elif containers.value is None and (server.value is None or server.value.repositories is None):
        raise Skipped("neither the containers nor the server tell which index they use")


def _mounts(config: facts.Resolution, worker: facts.Worker, containers: facts.Containers | None) -> Finding | None:
    """The finding on two places where the index is, by what is mounted."""
    server, written = _of(containers, "zoekt"), str(config.value(DIRECTORY) or "")
    if server is None or not written.startswith("/"):
        return None
    served = _served(server)
    theirs = server.mount(served)
    if worker.kind is facts.Habitat.PROCESS and worker.running:
        ours: facts.Mount | None = facts.Mount("bind", "/", "/")
        name, at = worker.name or "the worker", Location(Place.PROCESS, name=worker.name)
    elif (container := _of(containers, "worker")) is not None:
        ours, name, at = container.mount(written), container.name, Location(Place.CONTAINER, name=container.name)
    else:
        return None
    if ours is not None and theirs is not None and _spot(ours, written) == _spot(theirs, served):
        return None
    said = f"{name} writes {written} to {_shown(ours)}, {server.name} reads {served} from {_shown(theirs)}"
    return Finding(
        said,
        at=at,
        related=(Location(Place.CONTAINER, name=server.name), keyed(config.where(DIRECTORY), DIRECTORY)),
        fix=_fix(server.service or SERVICE),
    )


def _of(containers: facts.Containers | None, role: str) -> facts.Container | None:
    running = [each for each in containers.role(role) if each.running] if containers is not None else []
    return running[-1] if running else None


def _served(server: facts.Container) -> str:
    """The folder after `-index`, as Go reads it: with one dash or two, and with a blank or `=` before the value."""
    for place, flag in enumerate(server.command):
        name, equals, given = flag.partition("=")
        if name in ("-index", "--index"):
            return given if equals else "".join(server.command[place + 1 : place + 2]) or SERVED
    return SERVED


def _spot(mount: facts.Mount, path: str) -> tuple[str, str, str]:
    """The folder outside: two mounts of one volume at different depths are different folders."""
    rest = path[len(mount.destination) :].strip("/")
    if mount.kind == "bind":
        return "bind", "/".join((mount.source.rstrip("/"), *([rest] if rest else []))), ""
    return mount.kind, mount.source, rest


def _shown(mount: facts.Mount | None) -> str:
    if mount is None:
        return "its own file system"
    if (mount.kind, mount.source) == ("bind", "/"):
        return "this host"
    return f"the {mount.kind} {mount.source}".rstrip()


def _fix(server: str) -> Fix:
    return Fix(
        "Give both the same storage (volume `zoekt_data:/data/index` of the compose file, or a folder of the host), "
        f"at {DIRECTORY} of the worker and at `-index` of the server. Then submit the repositories again.",
        (f"docker compose up -d worker {shlex.quote(server)}",),
    )


def _missing(
    config: facts.Resolution, server: facts.ZoektServer | None, indexed: facts.IndexedRepositories | None
) -> Finding | None:
    """The finding on a server that has none of what is indexed."""
    if server is None or server.repositories is None or server.loading or indexed is None or not indexed.names:
        return None
    there = {each.lower() for each in server.repositories}
    if any(each.lower() in there for each in indexed.names):
        return None
    count, names = len(indexed.names), ", ".join(indexed.names[:NAMED])
    more = f" and {count - NAMED} more" if count > NAMED else ""
    others = f" (it has {len(there):,} other{'s' if len(there) > 1 else ''})" if there else ""
    return Finding(
        f"the server has none of the repositories that the database says have a text index: {names}{more}{others}",
        at=network(server.host, server.port, server.asked),
        related=(keyed(config.where(DIRECTORY), DIRECTORY), keyed(server.at, HOST)),
        fix=_fix(SERVICE),
    )
