"""directories.workspace-unusable: where repositories are cloned to."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from checks.directories._machine import (
    DENIED,
    as_root,
    faulty,
    hand_over,
    handing_over,
    listing,
    looked_into,
    softened,
    unsafe,
    who,
)
from doctor.api import Finding, Fix, Guide, Safety, Severity, check, facts, remove


@check(
    id="directories.workspace-unusable",
    title="The clone workspace cannot be used",
    severity=(Severity.ERROR, Severity.WARNING),
    guide=Guide.PERMISSIONS,
    safety=Safety.UNSAFE,
    explains=("batches.submission-stalled",),
)
def workspace_unusable(worker: facts.Worker, directories: facts.Directories) -> Iterator[Finding]:
    """
    Try whether the worker can write to `/tmp/codechunking-workspace`, or make it.

    The path is fixed in the program. Another user's worker leaves the directory with mode 0750, closed to everybody
    else. It is a warning while nothing says that the worker runs on this host.

    Why it matters: every repository is cloned there, so every job fails.

    Silent when: the directory is absent and `/tmp` is writable; the worker may write to it, whoever owns it; the
    worker runs in a container that cannot be looked into.

    How to fix: stop the worker, then give the directory to its user with
    `sudo chown -R UID:GID /tmp/codechunking-workspace`, or remove it with
    `sudo rm -rf /tmp/codechunking-workspace`; the worker makes it anew.
    """
    looked_into(worker)
    unusable = (facts.Access.NOT_WRITABLE, facts.Access.NOT_CREATABLE)
    for trial in faulty(directories.purpose("workspace"), *unusable):
        obstacle = "" if trial.obstacle in (None, trial.path) else f"{trial.obstacle}: "
        owner = f", it belongs to uid {trial.owner}" if trial.exists and trial.owner != worker.uid else ""
        yield Finding(
            f"{trial.path} cannot be used by {who(worker)}: {obstacle}{trial.reason}{owner}",
            at=trial.location,
            severity=softened(worker, Severity.ERROR),
            fix=_fix(worker, trial),
            evidence=listing(trial),
        )


def _fix(worker: facts.Worker, trial: facts.DirectoryTrial) -> Fix:
    path, obstacle = shlex.quote(trial.path), trial.obstacle or trial.path
    if trial.access is facts.Access.NOT_CREATABLE and obstacle == trial.path:
        summary = f"Remove {trial.path}; the worker makes a directory there."
        edits = (remove(trial.path, trial.mode & 0o7777),) if worker.container is None and trial.mode else ()
        return Fix(summary, (as_root(worker, f"rm {path}"),), edits, unsafe(worker))
    if trial.reason != DENIED:
        return Fix(f"Make {obstacle} take files; the path of the workspace cannot be changed.")
    if obstacle == trial.path:
        summary = f"Stop the worker, then give {trial.path} to its user (or remove it: the worker makes it anew)."
        return Fix(summary, (hand_over(worker, trial),), handing_over(worker, trial), unsafe(worker))
    return Fix(f"Let the worker write to {obstacle}.", (as_root(worker, f"chmod 1777 {shlex.quote(obstacle)}"),))
