"""worker.compose-start-order: it starts before the database answers, and nothing brings it back."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from doctor.api import Finding, Fix, Location, Severity, check, facts

NEEDED = ("postgres", "nats")
HEALTHY = "service_healthy"
# What brings a service back whatever it ended with.
COMES_BACK = ("always", "unless-stopped")


@check(
    id="worker.compose-start-order",
    title="Compose does not bring a service back",
    severity=Severity.WARNING,
)
def compose_start_order(compose: facts.Compose) -> Iterator[Finding]:
    """
    Compare, in the compose file, what worker and API wait for with what happens when they start too early.

    Both end when the database or NATS does not answer yet; the worker does so with status 0, which `on-failure` does
    not count as a failure.

    Why it matters: after `docker compose up` or a reboot of the host the service may stay down.

    Silent when: `restart` is `always` or `unless-stopped` (as shipped); it waits for postgres and nats with
    `condition: service_healthy`; there is no compose file.

    How to fix: `restart: unless-stopped`.
    """
    for service in compose.services.values():
        if service.role is None or _comes_back(service):
            continue
        early = [name for name in NEEDED if name in compose.services and service.depends_on.get(name) != HEALTHY]
        if not early:
            continue
        verb = "answers" if len(early) == 1 else "answer"
        wish = f"restart: {service.restart}" if service.restart else "no restart"
        status = "status 0" if service.role == "worker" else "status 1"
        yield Finding(
            f"{service.name} may start before {' and '.join(early)} {verb}, ends then with {status}, and has {wish}",
            at=Location.file(compose.path or "", service.members.get("restart", service.line)),
            fix=Fix(
                f"Write `restart: unless-stopped` below {service.name} in {compose.path}.",
                (f"docker compose up -d {shlex.quote(service.name)}",),
            ),
        )


def _comes_back(service: facts.ComposeService) -> bool:
    policy = (service.restart or "no").partition(":")[0]
    return policy in COMES_BACK or (policy == "on-failure" and service.role == "api")
