"""api.mock-publisher: jobs are accepted, and go nowhere."""

from __future__ import annotations

from collections.abc import Iterator

from checks.api._api import address, last_run, restart, told
from doctor.api import (
    Evidence,
    Finding,
    Guide,
    IfObserved,
    Location,
    Observed,
    Place,
    Severity,
    Skipped,
    check,
    facts,
    resubmit,
)

HEALTHY = "healthy"
SWALLOWED = "api-mock-publish"
FELL_BACK = ("api-nats-publisher-failed", "api-nats-connect-failed", "api-nats-stream-failed")
START_NATS = "docker compose up -d nats"


@check(
    id="api.mock-publisher",
    title="The API accepts jobs and drops them",
    severity=Severity.ERROR,
    guide=Guide.JOBS,
    explained_by=("config.nats-mock",),
)
def mock_publisher(
    config: facts.Resolution,
    api: facts.ApiPlace,
    health: Observed[facts.ApiHealth],
    logs: Observed[facts.Logs],
    nats: IfObserved[facts.Nats],
    jobs: IfObserved[facts.JobRows],
) -> Iterator[Finding]:
    """
    Tell by the API's `/health`, or by its log, whether it publishes to NATS or to a mock of it in its own memory.

    An API that finds no NATS when it starts uses the mock until it is started again. Its health then says that NATS is
    healthy, but has neither the details of a connection nor the header X-Nats-Connection-Status.

    Why it matters: every submission is answered with success, and no worker ever hears of it.

    Silent when: the health answer has the details or the headers; older versions of the API have the details without
    the headers. Where nothing but the lack of both shows the mock, the finding says that it may be an old version.

    How to fix: start NATS first, then restart the API, then submit the repositories of pending jobs again.
    """
    line = _line(logs.value)
    found = health.value
    if found is not None and found.status is not None:
        dependency = found.dependency("nats")
        if dependency is None or dependency.status != HEALTHY or dependency.has_details or found.nats_headers:
            return
        unless = "" if line else "unless it is an old version, which never tells, "
        said = f"the API says that NATS is healthy, but knows nothing of a connection: {unless}it publishes to its mock"
        at = address(found.url)
        version = f"version {found.version}" if found.version else "its version"
        note = f'{version} may be one that never tells; its log then lacks the line "falling back to mock"'
        evidence = line or (Evidence("answer", note),)
    elif line:
        said, at, evidence = f"the API publishes to its mock: {line[0].text}", line[0].location or address(""), line
    elif found is None:
        raise Skipped(health.error.reason if health.error is not None else "the API was not asked")
    else:
        raise Skipped("the API does not answer")
    yield Finding(
        f"{said}; every job it accepts is lost",
        at=at,
        related=(config.where("nats.url"),),
        fix=restart(api, _advice(nats.value), *_before(nats.value)),
        evidence=(*evidence, *_again(config, jobs.value)),
    )


def _line(logs: facts.Logs | None) -> tuple[Evidence, ...]:
    """The newest line of the API's present life that shows the mock."""
    run = last_run(logs)
    if logs is None or run is None:
        return ()
    own = [*run.of(SWALLOWED, *FELL_BACK)]
    swallowed = (each for count in logs.of((SWALLOWED,)) for each in count.recent)
    own += [each for each in swallowed if (each.time or 0.0) >= (run.seen_from or 0.0)]
    newest = max(own, key=lambda each: (each.time or 0.0, each.line), default=None)
    if newest is None:
        return ()
    return (Evidence("log", told(newest), Location(Place.LOG, path=newest.path, line=newest.line)),)


def _down(nats: facts.Nats | None) -> bool:
    return nats is not None and nats.reached is None


def _before(nats: facts.Nats | None) -> tuple[str, ...]:
    return (START_NATS,) if _down(nats) else ()


def _advice(nats: facts.Nats | None) -> str:
    first = "NATS does not answer now either: start it first, then restart" if _down(nats) else "Restart"
    return f"{first} the API, which connects only when it starts; then submit the repositories of pending jobs again."


def _again(config: facts.Resolution, jobs: facts.JobRows | None) -> Iterator[Evidence]:
    """How the jobs that wait are submitted again."""
    waiting = [each.repository for each in jobs.unfinished if each.status == "pending"] if jobs else []
    for command in resubmit(config, [each.url for each in waiting if each is not None]):
        yield Evidence("command", command)
