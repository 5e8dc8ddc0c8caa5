"""worker.compose-start-order: it starts before the database answers, and nothing brings it back."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from doctor.api import Finding, Fix, Location, Severity, check, facts

NEEDED = ("postgres", "nats")
HEALTHY = "service_healthy"
# What brings a service back whatever it ended with.
COMES_BACK = ("always", "unless-stopped")
# The words of deploy.restart_policy for those of restart.
DEPLOYED = {"any": "always", "none": "no"}


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

    Silent when: `restart` is `always` or `unless-stopped` (as shipped), or the condition of `deploy.restart_policy` is
    `any`, which counts instead of `restart` where it is written; it waits for postgres and nats with
    `condition: service_healthy`; there is no compose file.

    How to fix: `restart: unless-stopped`, or `condition: any` in the `restart_policy` that there is.
    """
    for service in compose.services.values():
        if service.role is None or _comes_back(service):
            continue
        early = [name for name in NEEDED if name in compose.services and service.depends_on.get(name) != HEALTHY]
        if not early:
            continue
        verb = "answers" if len(early) == 1 else "answer"
        status = "status 0" if service.role == "worker" else "status 1"
        yield Finding(
            f"{service.name} may start before {' and '.join(early)} {verb}, ends then with {status}, "
            f"and has {_wish(service)}",
            at=Location.file(compose.path or "", service.members.get(_written(service), service.line)),
            fix=Fix(
                f"Write {_remedy(service)} {service.name} in {compose.path}.",
                (f"docker compose up -d {shlex.quote(service.name)}",),
            ),
        )


def _comes_back(service: facts.ComposeService) -> bool:
    deployed = service.deploy_restart
    wish = DEPLOYED.get(deployed, deployed) if deployed is not None else service.restart or "no"
    policy = wish.partition(":")[0]
    return policy in COMES_BACK or (policy == "on-failure" and service.role == "api")


def _written(service: facts.ComposeService) -> str:
    """Which member of the service counts."""
    return "deploy" if service.deploy_restart is not None else "restart"


def _wish(service: facts.ComposeService) -> str:
    if service.deploy_restart is not None:
        return f"the restart_policy {service.deploy_restart}"
    return f"restart: {service.restart}" if service.restart else "no restart"


def _remedy(service: facts.ComposeService) -> str:
    if service.deploy_restart is not None:
        return "`condition: any` into deploy.restart_policy of"
    return "`restart: unless-stopped` below"
