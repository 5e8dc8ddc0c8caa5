"""config.file-shadowed: the search stops at the first file."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from doctor.api import Explains, Finding, Fix, Location, Severity, check, facts, same_path


@check(
    id="config.file-shadowed",
    title="Another file wins over config.yaml",
    severity=Severity.WARNING,
    # What is wrong with the winner itself comes first.
    explained_by=(Explains("config.file-broken", "config.file-unreadable", when=same_path),),
    explains=(Explains("config.not-an-overlay", when=same_path),),
)
def file_shadowed(config: facts.Resolution) -> Iterator[Finding]:
    """
    Look for a `config.yaml` that the program's own search passes over.

    The search takes one file: the first in `configs/` and then in the working directory, in each of them
    `config.json` before `config.toml` before `config.yaml`. Whatever the ending, it is read as YAML.

    Why it matters: the program reads one file only, so editing the other one changes nothing.

    Silent when: `--config` names the file, or there is only one.

    How to fix: rename or remove the stray file, or name the right one with `--config`.
    """
    file = config.file
    if file.argument is not None or len(file.searched) < 2:
        return
    winner, *rest = file.searched
    losers = [path for path in rest if path.rpartition("/")[2] in _expected(winner)]
    if not losers:
        return
    yield Finding(
        f"{winner} is read, {' and '.join(losers)} not: the search takes the first file it finds",
        at=Location.file(winner),
        related=tuple(Location.file(path) for path in losers),
        fix=Fix(
            f"Rename or remove {winner} if it is not meant, or name the right file with --config.",
            (f"codechunking worker --config {shlex.quote(losers[0])}",),
        ),
    )


def _expected(winner: str) -> tuple[str, ...]:
    """The files that people take for the one that is read; config.yml only where no config.yaml is."""
    return ("config.yaml",) if winner.endswith((".yaml", ".yml")) else ("config.yaml", "config.yml")
