"""directories.batch-dir-vanished: directories are made at start and never again."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from checks.directories._machine import BATCH, faulty, install, looked_into
from doctor.api import NO_FILE, Finding, Fix, Guide, Safety, Severity, check, facts, make_directory


@check(
    id="directories.batch-dir-vanished",
    title="A batch directory was removed while the worker runs",
    severity=Severity.ERROR,
    guide=Guide.FORBIDDEN,
    safety=Safety.SAFE,
    blocked_by=NO_FILE,
    explains=("batches.submission-stalled",),
)
def batch_dir_vanished(
    config: facts.Resolution, worker: facts.Worker, directories: facts.Directories
) -> Iterator[Finding]:
    """
    Look for `gemini.batch.input_dir` and `output_dir` that are gone while the worker runs.

    The worker makes them only at start; whatever tidies up `/tmp` can remove them later.

    Why it matters: batches cannot be submitted or their results cannot be stored until the directory is there again.

    Silent when: the worker does not run, or the directory could not be made anyway (that is a finding of its own);
    the batch client is off; the worker runs in a container that cannot be looked into.

    How to fix: make the directory again as the worker's user, with `mkdir -p -m 750 DIR`, or restart the worker.
    Better still, name directories outside `/tmp`.
    """
    looked_into(worker)
    if not (config.batch_client and worker.running):
        return
    gone = faulty(directories.purpose(*BATCH), facts.Access.CREATABLE)
    if not gone:
        return
    paths = list(dict.fromkeys(trial.path for trial in gone))
    are = "are" if len(paths) > 1 else "is"
    yield Finding(
        f"{' and '.join(paths)} {are} not there, and the running worker makes batch directories only at start",
        at=gone[0].location,
        related=(
            *(trial.location for trial in gone[1:]),
            *(config.where(trial.key) for trial in gone if trial.key and trial.given),
        ),
        fix=_fix(worker, directories, paths),
    )


def _fix(worker: facts.Worker, directories: facts.Directories, paths: Sequence[str]) -> Fix:
    summary = "Make what is missing as the worker's user, or restart the worker; better, name a path outside /tmp."
    if worker.container is None and (worker.uid is None or worker.uid == directories.uid):
        commands = tuple(f"mkdir -p -m 750 {shlex.quote(path)}" for path in paths)
        if worker.uid is None:
            return Fix(summary, commands)
        return Fix(summary, commands, tuple(make_directory(path) for path in paths), Safety.SAFE)
    return Fix(summary, tuple(install(worker, path) for path in paths))
