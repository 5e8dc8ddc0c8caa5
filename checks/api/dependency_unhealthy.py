"""api.dependency-unhealthy: what the API itself complains of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from checks.api._api import address, logs_of, restart
from doctor.api import Evidence, Explains, Finding, Fix, Severity, Skipped, check, facts

DATABASE, NATS = "database", "nats"
SHOWN = {NATS: "NATS"}
HEALTHY, UNHEALTHY = "healthy", "unhealthy"
# As the API itself has it.
MANY = 10
# A single answer that took more than 50 ms, or a busy moment; it is another one five seconds later.
PASSING = ("slow response", "memory pressure")


def _about(name: str, explaining: Finding, explained: Finding) -> bool:
    """A finding on the whole is explained by whatever is broken, though not by a mere warning."""
    whole = explained.at.detail is None
    return explaining.severity is Severity.ERROR if whole else explained.at.detail == name


def _database(explaining: Finding, explained: Finding) -> bool:
    return _about(DATABASE, explaining, explained)


def _nats(explaining: Finding, explained: Finding) -> bool:
    return _about(NATS, explaining, explained)


@check(
    id="api.dependency-unhealthy",
    title="The API reports a broken part",
    severity=(Severity.ERROR, Severity.WARNING),
    explained_by=(
        Explains("database.*", "jobs.row-unreadable", "environment.api-and-worker-differ", when=_database),
        Explains("config.nats-mock", "nats.*", "api.mock-publisher", when=_nats),
    ),
)
def dependency_unhealthy(api: facts.ApiPlace, health: facts.ApiHealth) -> Iterator[Finding]:
    """
    Read what the API's `/health` says of its database and of NATS.

    It is also an error when it calls itself unhealthy (status 503) and names no part.

    Why it matters: the API can be cut off from a part that others reach, for instance by a connection that it never
    opened again.

    Silent when: a finding on the database, on NATS or on an unreadable row says the same; a single answer was slow.

    How to fix: restart the API, or the part that it names.
    """
    if health.status is None:
        raise Skipped("the API does not answer")
    broken = [each for each in health.dependencies if each.status != HEALTHY and not _passing(each)]
    for each in broken:
        yield _broken(api, health, each)
    if not broken and _is_down(health):
        yield _unnamed(api, health)
    nats = health.nats
    dependency = health.dependency(NATS)
    if nats is None or dependency is None or dependency.status != HEALTHY:
        return
    for said in _worn(nats):
        yield _finding(api, health, NATS, said, Severity.WARNING)


def _passing(dependency: facts.Dependency) -> bool:
    return dependency.name == NATS and any(word in dependency.message.lower() for word in PASSING)


def _is_down(health: facts.ApiHealth) -> bool:
    return health.http_status == 503 or health.status == UNHEALTHY


def _unnamed(api: facts.ApiPlace, health: facts.ApiHealth) -> Finding:
    """Its own rule is that both parts have failed then; one that it leaves out may be what is broken."""
    listed = ", ".join(SHOWN.get(each.name, each.name) for each in health.dependencies) or "none at all"
    return Finding(
        f"the API calls itself unhealthy (status {health.http_status}) and names no broken part; it lists {listed}",
        at=address(health.url),
        severity=Severity.ERROR,
        fix=restart(api, "Make sure that database and NATS are up, then restart the API.", *logs_of(api)),
    )


def _broken(api: facts.ApiPlace, health: facts.ApiHealth, dependency: facts.Dependency) -> Finding:
    severity = Severity.ERROR if _is_down(health) or dependency.name == DATABASE else Severity.WARNING
    name, state = SHOWN.get(dependency.name, dependency.name), dependency.status or "without a state"
    said = f"the API says that its {name} is {state}"
    return _finding(api, health, dependency.name, f"{said}: {dependency.message}".rstrip(": "), severity)


def _worn(nats: facts.NatsHealth) -> Iterator[str]:
    """What is wrong with a connection that is called healthy."""
    if nats.jetstream is False:
        yield "the API is connected to a NATS without JetStream, which takes no jobs"
    if nats.circuit_breaker == "open":
        yield "the API has stopped sending to NATS after failures (its circuit breaker is open), until it is restarted"
    if nats.reconnects is not None and nats.reconnects > MANY:
        yield f"the API has lost its connection to NATS {nats.reconnects} times"


def _finding(api: facts.ApiPlace, health: facts.ApiHealth, name: str, said: str, severity: Severity) -> Finding:
    last = health.nats.last_error if name == NATS and health.nats is not None else None
    return Finding(
        said,
        at=replace(address(health.url), detail=name),
        severity=severity,
        fix=_fix(api, name),
        evidence=(Evidence("answer", f"its last error: {last}"),) if last else (),
    )


def _fix(api: facts.ApiPlace, name: str) -> Fix:
    return restart(api, f"Make sure that {SHOWN.get(name, 'the ' + name)} is up, then restart the API.", *logs_of(api))
