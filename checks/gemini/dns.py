"""gemini.dns: a host name that cannot be looked up."""

from __future__ import annotations

from collections.abc import Iterator

from checks.gemini._ladder import below, deciding_place, gemini_only, unused_proxy
from doctor.api import NO_FILE, Finding, Fix, Guide, Severity, check, facts


@check(
    id="gemini.dns",
    title="The Gemini host name does not resolve",
    severity=Severity.ERROR,
    guide=Guide.LISTING,
    blocked_by=NO_FILE,
    blocks=below("gemini.dns"),
)
def dns(config: facts.Resolution, access: facts.GeminiAccess, worker: facts.Worker) -> Iterator[Finding]:
    """
    Look up `generativelanguage.googleapis.com` as the program does.

    Why it matters: without an address the program cannot call Gemini, so nothing is embedded.

    Silent when: the name has an address; a proxy is in use, which looks it up itself.

    How to fix: name a DNS server that knows the internet (`/etc/resolv.conf`, for containers `dns:` in the compose
    file), or the proxy of the network in `HTTPS_PROXY`.
    """
    gemini_only(config)
    obstacle = access.failed(facts.Step.NAME)
    if obstacle is None:
        return
    at, related = deciding_place(access)
    yield Finding(
        f"{access.host} cannot be looked up: {obstacle.text}{unused_proxy(access)}",
        at=at,
        related=related,
        fix=_fix(access, worker),
    )


def _fix(access: facts.GeminiAccess, worker: facts.Worker) -> Fix:
    or_proxy = "or, where the internet is behind a proxy, HTTPS_PROXY"
    if access.at is not None:
        return Fix(f"Correct {access.at.name or 'the address'}, or take it away: then Google's own is used.")
    if worker.kind is facts.Habitat.CONTAINER:
        summary = f"Give the service a DNS server that knows the internet (`dns:` in the compose file), {or_proxy}."
        return Fix(summary, (f"docker compose exec worker getent hosts {access.host}",))
    summary = f"Name a DNS server that knows the internet in /etc/resolv.conf, {or_proxy}; then try the lookup."
    return Fix(summary, (f"getent hosts {access.host}",))
