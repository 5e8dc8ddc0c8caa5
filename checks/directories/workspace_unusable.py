"""directories.workspace-unusable: where repositories are cloned to."""

from __future__ import annotations

import math
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
from doctor.api import Finding, Fix, Guide, IfObserved, Location, Safety, Severity, check, facts, remove

# Longer than the program lets a job run, in seconds: 35 minutes, and five more.
LONGEST_JOB = 40 * 60
# Directories whose removal is shown.
SHOWN = 5


@check(
    id="directories.workspace-unusable",
    title="The clone workspace cannot be used",
    severity=(Severity.ERROR, Severity.WARNING),
    guide=Guide.PERMISSIONS,
    safety=Safety.UNSAFE,
    explains=("batches.submission-stalled",),
)
def workspace_unusable(
    worker: facts.Worker,
    directories: facts.Directories,
    processes: facts.Processes,
    nats: IfObserved[facts.Nats],
) -> Iterator[Finding]:
    """
    Try whether the worker can write to `/tmp/codechunking-workspace`, or make it.

    The path is fixed in the program. Another user's worker leaves the directory with mode 0750, closed to everybody
    else. It is a warning while nothing says that the worker runs on this host.

    A message of the stream `INDEXING` whose directory is left over from a worker that was killed is a warning too.

    Why it matters: every repository is cloned there, so every job fails. A job that is delivered again fails when its
    directory is not empty, as git does not clone to such a one.

    Silent when: the directory is absent and `/tmp` is writable; the worker may write to it, whoever owns it; what is
    left over belongs to no message that is still in the stream, or to one that a running worker may be at work on; the
    worker runs in a container that cannot be looked into.

    How to fix: stop the worker, then give the directory to its user with
    `sudo chown -R UID:GID /tmp/codechunking-workspace`, or remove it with
    `sudo rm -rf /tmp/codechunking-workspace`; the worker makes it anew. Of what is left over remove the directory that
    is named, likewise while the worker is stopped.
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
        return
    yield from _left(worker, processes, directories, nats.value)


def _left(
    worker: facts.Worker, processes: facts.Processes, directories: facts.Directories, nats: facts.Nats | None
) -> Iterator[Finding]:
    """The directories of messages that will be delivered again."""
    stream = nats.stream if nats is not None else None
    if nats is None or stream is None:
        return
    starts = [each.started_at for each in processes.role("worker")]
    starts += [worker.started_at] if worker.started_at is not None else []
    # What is younger than the first worker here may be what one of them is at work on, unless no job takes so long.
    before = max(min(starts, default=math.inf), nats.now - LONGEST_JOB)
    left = [each for each in directories.leftovers if each.name in stream.cloned and each.modified_at < before]
    if left:
        yield Finding(
            f"{left[0].path}{f' and {len(left) - 1} more' if len(left) > 1 else ''}: left over from an earlier try of "
            f"a job that the stream {stream.name} still has, so that its clone will fail",
            at=Location.directory(left[0].path),
            related=tuple(Location.directory(each.path) for each in left[1:]),
            severity=Severity.WARNING,
            fix=Fix(
                "Stop the worker, remove what is left over, and start it again.",
                tuple(as_root(worker, f"rm -rf {shlex.quote(each.path)}") for each in left[:SHOWN]),
            ),
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
