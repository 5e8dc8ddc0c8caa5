"""What the checks of this family have in common: whose directories are judged, how sure that is, commands."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from doctor.api import Edit, Evidence, Safety, Severity, Skipped, change_mode, change_owner, facts

BATCH = ("batch input", "batch output")
# The system's words for a refusal that a change of owner or mode puts right.
DENIED = "Permission denied"


def looked_into(worker: facts.Worker) -> None:
    """Skip the check when the worker's directories are in a container of which nothing is known."""
    if worker.kind is facts.Habitat.CONTAINER and worker.container is None:
        raise Skipped("the worker runs in a container that was not looked into")


def of_this_host(worker: facts.Worker) -> None:
    """Skip the check when the worker does not use the disks of this host."""
    if worker.kind is facts.Habitat.CONTAINER:
        raise Skipped("the worker runs in a container, and no engine tells what is free there")


def faulty(trials: Sequence[facts.DirectoryTrial], *faults: facts.Access) -> list[facts.DirectoryTrial]:
    """The trials that came to one of these faults; skips the check when there is none and one is not known."""
    found = [trial for trial in trials if trial.access in faults]
    unknown = [trial for trial in trials if trial.access is facts.Access.UNKNOWN]
    if unknown and not found:
        raise Skipped(f"{unknown[0].path}: {unknown[0].reason or 'mode and owner do not tell'}")
    return found


def softened(worker: facts.Worker, severity: Severity) -> Severity:
    """The severity of a verdict on this machine: an error is a warning while the worker is only assumed to be here."""
    return Severity.WARNING if worker.assumed and severity is Severity.ERROR else severity


def as_root(worker: facts.Worker, command: str) -> str:
    """A command as it is typed for root, where the worker's directories are."""
    if worker.container is None:
        return f"sudo {command}"
    return f"docker exec -u 0 {shlex.quote(worker.container.name)} {command}"


def unsafe(worker: facts.Worker) -> Safety:
    """The class of a fix that changes a directory of this machine; nothing is ever changed inside a container."""
    return Safety.UNSAFE if worker.container is None else Safety.NONE


def install(worker: facts.Worker, path: str) -> str:
    """The command that makes a directory for the worker."""
    return as_root(worker, f"install -d{_owner(worker)} -m 750 {shlex.quote(path)}")


def _owner(worker: facts.Worker) -> str:
    return "" if worker.uid is None else f" -o {worker.uid} -g {group(worker)}"


def group(worker: facts.Worker) -> int | None:
    """The worker's primary group; users commonly have one of the same number."""
    return worker.groups[0] if worker.groups else worker.uid


def hand_over(worker: facts.Worker, trial: facts.DirectoryTrial) -> str:
    """The command that lets the worker write to an existing directory."""
    path = shlex.quote(trial.path)
    if worker.uid is None or trial.owner == worker.uid:
        return as_root(worker, f"chmod u+rwx {path}")
    return as_root(worker, f"chown -R {worker.uid}:{group(worker)} {path}")


def handing_over(worker: facts.Worker, trial: facts.DirectoryTrial) -> tuple[Edit, ...]:
    """The same as a change that can be made for the reader, where owner and mode are known and of this machine."""
    if worker.container is not None or worker.uid is None or trial.owner is None:
        return ()
    if trial.owner == worker.uid:
        mode = trial.mode & 0o7777 if trial.mode is not None else None
        return () if mode is None else (change_mode(trial.path, mode, mode | 0o700),)
    if trial.group is None:
        return ()
    group_id = group(worker)
    assert group_id is not None  # as the user is known
    return (change_owner(trial.path, (trial.owner, trial.group), (worker.uid, group_id)),)


def who(worker: facts.Worker) -> str:
    """The worker's user, for a sentence."""
    inside = f" in container {worker.container.name}" if worker.container is not None else ""
    return f"the worker{inside}" if worker.uid is None else f"the worker (uid {worker.uid}{inside})"


def listing(trial: facts.DirectoryTrial) -> tuple[Evidence, ...]:
    """Mode and owner of the directory, or of the nearest one above it."""
    return (Evidence("path", f"ls -ld: {trial.listing}", trial.location),) if trial.listing else ()
