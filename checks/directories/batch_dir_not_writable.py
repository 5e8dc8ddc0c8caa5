"""directories.batch-dir-not-writable: the directory is there and refuses files."""

from __future__ import annotations

from collections.abc import Iterator

from checks.directories._machine import (
    BATCH,
    DENIED,
    faulty,
    hand_over,
    handing_over,
    listing,
    looked_into,
    softened,
    unsafe,
    who,
)
from doctor.api import NO_FILE, Finding, Fix, Guide, IfObserved, Safety, Severity, check, facts

CONSEQUENCES = {
    "batch input": "every batch fails for good when it is submitted",
    "batch output": "the results of batches are lost",
}


@check(
    id="directories.batch-dir-not-writable",
    title="A batch directory is not writable for the worker",
    severity=(Severity.ERROR, Severity.WARNING),
    guide=Guide.PERMISSIONS,
    safety=Safety.UNSAFE,
    blocked_by=NO_FILE,
    explains=("batches.submission-stalled",),
)
def batch_dir_not_writable(
    config: facts.Resolution,
    worker: facts.Worker,
    directories: facts.Directories,
    batches: IfObserved[facts.OpenBatches],
) -> Iterator[Finding]:
    """
    Try whether the worker can write to the existing `gemini.batch.input_dir` and `output_dir`.

    A directory needs write and search permission for the worker's user, by mode, group or access list. It is a
    warning while nothing says that the worker runs on this host. Inside a container mode, owner and mounts are read,
    and nothing is tried.

    Why it matters: the worker starts as if all were well, then every batch fails when it is submitted or loses its
    results when they are fetched.

    Silent when: the worker is root or an access list lets it in; batch processing or the batch client is off and no
    batch is open in the database; the worker runs in a container that cannot be looked into.

    How to fix: give the directory to the worker's user with `sudo chown -R UID:GID DIR`, in a container with
    `docker exec -u 0 NAME chown -R UID:GID DIR`.
    """
    looked_into(worker)
    waiting = batches.value is not None and batches.value.count > 0
    if not ((config.batch_wanted or waiting) and config.batch_client):
        return
    for trial in faulty(directories.purpose(*BATCH), facts.Access.NOT_WRITABLE):
        related = (config.where(trial.key),) if trial.key and trial.given else ()
        yield Finding(
            f"{trial.path} is not writable for {who(worker)}: {trial.reason}; {CONSEQUENCES[trial.purpose]}",
            at=trial.location,
            related=related,
            severity=softened(worker, Severity.ERROR),
            fix=_fix(worker, trial),
            evidence=listing(trial),
        )


def _fix(worker: facts.Worker, trial: facts.DirectoryTrial) -> Fix:
    if trial.reason != DENIED:
        return Fix(f"Name a directory that takes files in {trial.key}.")
    summary = f"Give {trial.path} to the worker's user."
    return Fix(summary, (hand_over(worker, trial),), handing_over(worker, trial), unsafe(worker))
