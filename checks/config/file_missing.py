"""config.file-missing: no file, no settings."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from checks.config._start import NO_ENDPOINT
from doctor.api import Finding, Fix, Severity, check, facts, nearest

# So many names can be read in passing.
FEW = 6
MISSING = (facts.FileProblem.MISSING, facts.FileProblem.DIRECTORY)


@check(
    id="config.file-missing",
    title="No configuration file is loaded",
    severity=Severity.ERROR,
    blocks=NO_ENDPOINT,
)
def file_missing(config: facts.Resolution) -> Iterator[Finding]:
    """
    Look for the file that `--config` names, or for one that the program's own search finds.

    The search takes the first `config.json`, `config.toml`, `config.yaml`, ... (at last a bare `config`) in `configs/`
    and then in the working directory of the program.

    Why it matters: the program logs it once and goes on without any settings of yours, so that it fails later with a
    message about something else, usually the database.

    Silent when: the path exists relative to the directory the worker runs in, though not to this shell's.

    How to fix: correct `--config`, or start the program in the directory that has `configs/`.
    """
    file = config.file
    if file.problem not in MISSING:
        return
    if file.argument is None:
        message = "no configuration file: the search finds no config.* in configs/ or in the working directory"
    else:
        what = "is a directory" if file.problem is facts.FileProblem.DIRECTORY else "does not exist"
        message = f"--config {file.argument} {what}"
    yield Finding(
        f"{message}; the program goes on without a file, its later errors follow from that",
        file.where(),
        fix=_fix(file),
    )


def _fix(file: facts.ConfigFile) -> Fix:
    """Name what was probably meant: the nearest of the files that are there."""
    there = tuple(dict.fromkeys((*file.searched, *file.nearby)))
    if not there and file.argument is None:
        return Fix("Start the program in the directory that has configs/, or name the file with --config.")
    if not there:
        return Fix("Correct --config; a relative path starts at the directory the program is started in.")
    meant = nearest(file.argument or "configs/config.yaml", there) or there[0]
    others = f" There are: {', '.join(there[:FEW])}." if len(there) > 1 else ""
    verb = "Give --config" if file.argument is None else "Correct --config"
    return Fix(f"{verb}; there is {meant}.{others}", (f"codechunking worker --config {shlex.quote(meant)}",))
