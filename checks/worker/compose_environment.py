"""worker.compose-environment: what a container needs and does not get."""

from __future__ import annotations

import re
from collections.abc import Iterator

from doctor.api import (
    Explains,
    Finding,
    Fix,
    Guide,
    Location,
    Observed,
    Severity,
    Skipped,
    check,
    facts,
    strip_user,
)

KEY, VARIABLE = "gemini.api_key", "CODECHUNK_GEMINI_API_KEY"
# The API takes the first alone.
KEYS = {"worker": (VARIABLE, "GEMINI_API_KEY", "GOOGLE_API_KEY"), "api": (VARIABLE,)}
HOSTS = {"database.host": ("postgres", "{service}"), "nats.url": ("nats", "nats://{service}:4222")}
VARIABLES = {"database.host": "CODECHUNK_DATABASE_HOST", "nats.url": "CODECHUNK_NATS_URL"}
LOOPBACK = ("localhost", "127.0.0.1", "::1", "[::1]")
HOST = "host"

_SERVER = re.compile(r"(?:[A-Za-z][\w+.-]*://)?(?:[^@/]*@)?(?P<host>\[[^\]]*\]|[^/?#:]*)")


def _about(finding: Finding, key: str, role: str) -> bool:
    return finding.at.key == key and finding.at.detail == f"service {role}"


def _of_worker(finding: Finding, key: str) -> bool:
    """Whether it tells what the worker lacks that was found; one that nobody has started explains nothing."""
    return finding.severity is Severity.ERROR and _about(finding, key, "worker")


@check(
    id="worker.compose-environment",
    title="Compose does not pass on what a service needs",
    severity=(Severity.WARNING, Severity.ERROR),
    guide=Guide.PREREQUISITES,
    explains=(
        Explains("gemini.key-missing", when=lambda one, _: _of_worker(one, KEY)),
        Explains("gemini.key-not-seen-by-api", when=lambda one, _: _about(one, KEY, "api")),
        Explains("database.unreachable", "database.dns", when=lambda one, _: _of_worker(one, "database.host")),
        Explains("nats.unreachable", when=lambda one, _: _of_worker(one, "nats.url")),
    ),
)
def compose_environment(
    compose: facts.Compose, settings: facts.ComposeSettings, containers: Observed[facts.Containers]
) -> Iterator[Finding]:
    """
    Work out which configuration worker and API come to with the variables that the compose file hands to them.

    Each needs a Gemini key and, in place of the localhost of the configuration file, the names of the services
    `postgres` and `nats`: in a container localhost is the container itself. It is an error once that container was
    found.

    Why it matters: the service ends at its start, and is started again for ever.

    Silent when: the value is in the loaded file, in `env_file`, or handed on from the shell (as shipped); the service
    uses the host's network; there is no compose file.

    How to fix: add the line below `environment:` of the service, then `docker compose up -d worker api`.
    """
    if not settings.services:
        raise Skipped("no worker and no API in a compose file")
    for name, start in settings.services.items():
        service = compose.services[name]
        if not start.config.file.loaded and start.config.file.argument is not None:
            continue  # an image has files of its own
        severity = Severity.ERROR if _found(containers.value, name) else Severity.WARNING
        if start.config.provider == "gemini" and not _has_key(service, start):
            yield _finding(compose, service, start, KEY, f"no Gemini key reaches {name}", f"${{{VARIABLE}}}", severity)
        for key, (server, value) in HOSTS.items():
            own = _local(str(start.config.value(key)))
            if own and service.network_mode != HOST:
                wanted = value.format(service=server if server in compose.services else "host.docker.internal")
                shown = strip_user(str(start.config.value(key)))
                what = f"{key} of {name} comes out as {shown}, which in a container is the container itself"
                yield _finding(compose, service, start, key, what, wanted, severity)


def _found(containers: facts.Containers | None, name: str) -> bool:
    return containers is not None and any(each.service == name for each in containers.found)


def _has_key(service: facts.ComposeService, start: facts.ComposeStart) -> bool:
    """Whether a key arrives, or is handed on from a shell that is not this one."""
    names = KEYS[service.role or "worker"]
    if start.config.value(KEY) or any(start.variables.get(name) for name in names):
        return True
    return any(name in start.passed for name in names)


def _local(address: str) -> bool:
    """Whether every server of a list is the machine itself."""
    matches = [_SERVER.match(each.strip()) for each in address.split(",")]
    return all(match is not None and match["host"].lower() in LOOPBACK for match in matches)


def _finding(
    compose: facts.Compose,
    service: facts.ComposeService,
    start: facts.ComposeStart,
    key: str,
    what: str,
    wanted: str,
    severity: Severity,
) -> Finding:
    variable = VARIABLES.get(key, VARIABLE)
    line = service.lines.get(variable) or service.members.get("environment", service.line)
    supplied = start.config.where(key)
    return Finding(
        what,
        at=Location.file(compose.path or "", line, key=key, detail=f"service {service.name}"),
        related=() if key == KEY else (supplied,),
        severity=severity,
        fix=Fix(
            f"Write `{variable}: {wanted}` below `environment:` of {service.name} in {compose.path}.",
            ("docker compose up -d worker api",),
        ),
    )
