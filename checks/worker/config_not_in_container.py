"""worker.config-not-in-container: the image has copies, and these are older."""

from __future__ import annotations

from collections.abc import Iterator

from checks.worker._words import listed, names, the_worker
from doctor.api import Finding, Fix, Guide, Location, Observed, Severity, Skipped, check, facts

BUILD = "docker compose up -d --build worker api"


@check(
    id="worker.config-not-in-container",
    title="The container does not have the edited file",
    severity=Severity.WARNING,
    guide=Guide.SEQUENTIAL,
)
def config_not_in_container(
    worker: facts.Worker, containers: Observed[facts.Containers], drift: facts.Drift
) -> Iterator[Finding]:
    """
    Compare the worker's configuration file in its container with the checkout's, by what they come to.

    The image has copies of `configs/` and `migrations/`, made when it was built; the compose file mounts neither.

    Why it matters: what is edited here does not reach the worker, and `migrate up` in the container does not know the
    newest migrations.

    Silent when: the file is mounted; both come to the same values; `--config` says which file to examine.

    How to fix: build the image anew: `docker compose up -d --build worker api`.
    """
    container = the_worker(worker, containers.value)
    if container is None:
        raise Skipped("no container of a worker is known")
    fix = Fix("Build the image anew from this checkout.", (BUILD,) if container.service else ())
    inside = f"in container {container.name}"
    if drift.absent:
        yield Finding(f"container {container.name} has no {drift.file}, which is here", at=_at(drift, inside), fix=fix)
    elif drift.copy:
        more = f" and {len(drift.copy) - 3} more" if len(drift.copy) > 3 else ""
        yield Finding(
            f"container {container.name} has another {drift.file}: {', '.join(_told(drift))}{more}",
            at=_at(drift, inside),
            related=tuple(each.at for each in drift.copy[:3] if each.at is not None),
            fix=fix,
        )
    if drift.migrations:
        yield Finding(
            f"container {container.name} lacks {names(drift.migrations)} of this checkout's migrations",
            at=Location.directory("migrations", detail=inside),
            fix=fix,
        )


def _at(drift: facts.Drift, inside: str) -> Location:
    return Location.file(drift.file or "configs/config.yaml", detail=inside)


def _told(drift: facts.Drift) -> Iterator[str]:
    for each in drift.copy[:3]:
        yield f"{each.key} is another one" if each.had == each.now else next(listed((each,)))
