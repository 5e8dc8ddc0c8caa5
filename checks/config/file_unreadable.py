"""config.file-unreadable: a file that is there and cannot be used."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from checks.config._start import NO_ENDPOINT
from doctor.api import Finding, Fix, Observed, Severity, check, facts

READ = 0o4
FORMATS = "yaml, yml, json, toml, env or dotenv"


@check(
    id="config.file-unreadable",
    title="The configuration file cannot be read",
    severity=(Severity.ERROR, Severity.WARNING),
    blocks=NO_ENDPOINT,
)
def file_unreadable(config: facts.Resolution, worker: Observed[facts.Worker]) -> Iterator[Finding]:
    """
    Check that the worker may read the file, and that the ending of a `--config` file is one the program knows.

    Known are yaml, yml, json, toml, env and dotenv, in lower case. A file of more than 1 MiB is a warning: the program
    has no such limit, but codechunk-doctor does not read it and so cannot judge any setting.

    Why it matters: the program logs one line and goes on without a file that it cannot read, so every setting in it is
    lost; a file that only codechunk-doctor cannot read may hold any fault.

    Silent when: the file was found by the program's own search (always taken as YAML, whatever its ending); the
    worker's user is only assumed, and this user can read the file.

    How to fix: `chmod a+r` or `chown` the file; rename it so that it ends in `.yaml`. Give the file that really holds
    the configuration, or make it smaller.
    """
    file, problem = config.file, config.file.problem
    shown = file.path or file.argument or ""
    if problem is facts.FileProblem.UNSUPPORTED or _undecoded(file):
        yield Finding(
            f"{shown} does not end in {FORMATS}: the program does not read it",
            file.where(),
            fix=Fix(f"Rename it so that it ends in .yaml (or {FORMATS}, whatever it holds).", (_rename(shown),)),
        )
    elif problem is facts.FileProblem.TOO_LARGE:
        yield Finding(
            f"{shown} has {file.size} bytes, more than codechunk-doctor reads: the program reads it all the same, but "
            "nothing in it was examined",
            file.where(),
            severity=Severity.WARNING,
            fix=Fix("Give the file that holds the configuration to --config, or make this one smaller."),
        )
    elif problem is facts.FileProblem.UNREADABLE or (file.loaded and _may_read(file, worker.value) is False):
        yield _refused(file, shown, worker.value)


def _undecoded(file: facts.ConfigFile) -> bool:
    """An ending that the program accepts by name and has no decoder for (ini, properties, hcl)."""
    return file.problem is facts.FileProblem.BROKEN and file.argument is not None and file.format is None


def _rename(path: str) -> str:
    folder, slash, name = path.rpartition("/")
    stem = name.rpartition(".")[0] or name
    return f"mv {shlex.quote(path)} {shlex.quote(f'{folder}{slash}{stem}.yaml')}"


def _may_read(file: facts.ConfigFile, worker: facts.Worker | None) -> bool | None:
    """Whether mode and owner let the worker's user read the file, None when that cannot be said."""
    if worker is None or not worker.user_known:
        return None
    # The file in an image is not the one that lies here.
    if worker.kind is facts.Habitat.CONTAINER and file.container is None:
        return None
    if worker.uid is None or file.mode is None or file.owner is None:
        return None
    if worker.uid == 0:
        return True
    if worker.uid == file.owner:
        return bool(file.mode >> 6 & READ)
    return bool((file.mode >> 3 if file.group in worker.groups else file.mode) & READ)


def _refused(file: facts.ConfigFile, shown: str, worker: facts.Worker | None) -> Finding:
    mode = f" (mode {file.mode:04o}, owner {file.owner})" if file.mode is not None else ""
    allowed = _may_read(file, worker)
    if allowed:
        message = f"{shown} cannot be read by this user{mode}, though by the worker's: nothing in it was examined"
        return Finding(message, file.where(), fix=Fix("Run codechunk-doctor as a user who may read the file."))
    who = f"by the worker's user {worker.uid}" if allowed is False and worker is not None else "by this user"
    opening = f"chmod a+r {shlex.quote(shown)}"
    inside = f"docker exec -u 0 {shlex.quote(file.container or '')} {opening}"
    return Finding(
        f"{shown} cannot be read {who}{mode}",
        file.where(),
        fix=Fix("Let the worker's user read the file.", (f"sudo {opening}" if file.here else inside,)),
    )
