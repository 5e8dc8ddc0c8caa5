"""zoekt.index-dir-not-writable: the folder that zoekt-git-index writes to."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from checks.zoekt._settings import DIRECTORY, ON, keyed
from doctor.api import NO_FILE, Evidence, Finding, Fix, Severity, Skipped, check, facts

FAULTS = (facts.Access.NOT_WRITABLE, facts.Access.NOT_CREATABLE)
# What the images of the worker and of zoekt-webserver run as.
IMAGE_USER = 1000


@check(
    id="zoekt.index-dir-not-writable",
    title="The text index cannot be written",
    severity=Severity.WARNING,
    blocked_by=NO_FILE,
)
def index_dir_not_writable(
    config: facts.Resolution, worker: facts.Worker, directories: facts.Directories
) -> Iterator[Finding]:
    """
    Try whether the worker can write to `zoekt.indexing.index_dir`, or make it.

    Why it matters: each job ends as completed, its repository has no text index, and searches by text find nothing in
    it.

    Silent when: `zoekt.concurrent_indexing.enabled` is off; nothing says where the worker runs.

    How to fix: give the folder to the worker's user. A volume that the worker was the first to mount belongs to root.
    """
    if not config.value(ON):
        raise Skipped(f"no text index is made: {ON} is off")
    if not config.value(DIRECTORY):
        said = f"{DIRECTORY} is empty: zoekt-git-index is told to write nowhere"
        yield Finding(said, at=keyed(config.where(DIRECTORY), DIRECTORY), fix=Fix(f"Set {DIRECTORY} to `/data/index`."))
        return
    if worker.assumed:
        raise Skipped("nothing says where the worker runs: say --worker host")
    trials = directories.purpose("index")
    if not trials:
        raise Skipped("the worker's folders were not looked at")
    for trial in trials:
        if trial.access is facts.Access.UNKNOWN:
            raise Skipped(f"{trial.path}: {trial.reason or 'mode and owner do not tell'}")
        if trial.access in FAULTS:
            yield Finding(
                _said(worker, trial),
                at=trial.location,
                related=(keyed(config.where(DIRECTORY), DIRECTORY),),
                fix=_fix(worker, trial),
                evidence=(Evidence("path", f"ls -ld: {trial.listing}", trial.location),) if trial.listing else (),
            )


def _said(worker: facts.Worker, trial: facts.DirectoryTrial) -> str:
    who = "the worker" if worker.uid is None else f"the worker (uid {worker.uid})"
    what = "is not writable for" if trial.access is facts.Access.NOT_WRITABLE else "cannot be made by"
    return f"{trial.path} {what} {who}: {trial.reason or 'refused'}"


def _fix(worker: facts.Worker, trial: facts.DirectoryTrial) -> Fix:
    path, uid = shlex.quote(trial.path), IMAGE_USER if worker.uid is None else worker.uid
    group = worker.groups[0] if worker.groups else uid
    if trial.reason == "Read-only file system":
        return Fix(f"Mount the storage of {trial.path} so that it can be written to, or name another in {DIRECTORY}.")
    if worker.kind is facts.Habitat.CONTAINER:
        command = f"docker compose run --rm --user 0 --entrypoint chown worker -R {uid}:{group} {path}"
        return Fix("Give the volume to the worker's user; root made it.", (command,))
    if trial.reason not in (None, "Permission denied"):
        return Fix(f"Name a folder that can be made and takes files in {DIRECTORY}.")
    command = f"sudo install -d -o {uid} -g {group} -m 755 {path}"
    if trial.exists:
        command = f"sudo chown -R {uid}:{group} {path}"
    return Fix("Give the folder to the worker's user.", (command,))
