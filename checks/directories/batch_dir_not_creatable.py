"""directories.batch-dir-not-creatable: without its directories there is no batch client."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from checks.directories._machine import BATCH, DENIED, as_root, faulty, install, listing, looked_into, softened, who
from doctor.api import NO_FILE, Finding, Fix, Guide, Location, Severity, check, facts


@check(
    id="directories.batch-dir-not-creatable",
    title="A batch directory cannot be created",
    severity=(Severity.ERROR, Severity.WARNING),
    guide=Guide.PERMISSIONS,
    blocked_by=NO_FILE,
    explains=("batches.submission-stalled", "logs.no-batch-client", "jobs.completed-without-vectors"),
)
def batch_dir_not_creatable(
    config: facts.Resolution, worker: facts.Worker, directories: facts.Directories
) -> Iterator[Finding]:
    """
    Try whether the worker could make `gemini.batch.input_dir` and `output_dir`.

    The worker makes both at start, with all directories above them. It is a warning where
    `batch_processing.fallback_to_sequential` is true, where batch processing is off, or while nothing says that the
    worker runs on this host. Inside a container mode, owner and mounts are read, and nothing is tried.

    Why it matters: the worker starts without its batch client, so repositories with enough chunks get no vectors, or
    get them one request at a time where falling back is allowed.

    Silent when: the directory exists, or the worker can make it; the batch client is off; the worker runs in a
    container that cannot be looked into.

    How to fix: make the directory for the worker's user with `sudo install -d -o UID -g GID -m 750 DIR` (in a
    container: `docker exec -u 0 NAME install ...`), or name a path that the worker can write to.
    """
    looked_into(worker)
    if not config.batch_client:
        return
    refused = faulty(directories.purpose(*BATCH), facts.Access.NOT_CREATABLE)
    harmless = config.falls_back or not config.batch_wanted
    severity = softened(worker, Severity.WARNING if harmless else Severity.ERROR)
    # One place that refuses is one fault, however many directories lie below it.
    for obstacle in dict.fromkeys(trial.obstacle for trial in refused):
        below = [trial for trial in refused if trial.obstacle == obstacle]
        first = below[0]
        places = [_where(config, trial) for trial in below]
        yield Finding(
            f"{' and '.join(_named(trial) for trial in below)} cannot be made by {who(worker)}: {_reason(first)}",
            at=places[0],
            related=(*places[1:], first.obstacle_location),
            severity=severity,
            fix=_fix(worker, below),
            evidence=listing(first),
        )


def _named(trial: facts.DirectoryTrial) -> str:
    """The key and the directory it means, which a relative path alone does not tell."""
    if not trial.given:
        return f"{trial.key} (not set: {trial.path})"
    means = "" if trial.given == trial.path else f", that is {trial.path}"
    return f"{trial.key} ({trial.given}{means})"


def _reason(trial: facts.DirectoryTrial) -> str:
    inside = " inside" if not trial.passable else ""
    return f"{trial.obstacle}: {trial.reason}{inside}"


def _where(config: facts.Resolution, trial: facts.DirectoryTrial) -> Location:
    return config.where(trial.key) if trial.key and trial.given else trial.location


def _fix(worker: facts.Worker, below: Sequence[facts.DirectoryTrial]) -> Fix:
    first = below[0]
    keys = " and ".join(trial.key for trial in below if trial.key)
    elsewhere = f"name a directory that the worker can make in {keys}"
    obstacle = shlex.quote(first.obstacle or first.path)
    making = tuple(dict.fromkeys(install(worker, trial.path) for trial in below))
    if not first.passable:
        opening = as_root(worker, f"chmod a+x {obstacle}")
        return Fix(f"Let the worker pass through {first.obstacle}, or {elsewhere}.", (opening, *making))
    if first.reason in ("Not a directory", "File exists"):
        aside = as_root(worker, f"mv {obstacle} {shlex.quote(f'{first.obstacle}.old')}")
        return Fix(f"Move {first.obstacle} out of the way, or {elsewhere}; then restart the worker.", (aside, *making))
    if first.reason != DENIED:
        return Fix(f"{elsewhere[0].upper()}{elsewhere[1:]}, on a file system that takes files.")
    return Fix(f"Make the directory for the worker, or {elsewhere}; then restart the worker.", making)
