"""logs.nothing-to-embed: a repository without chunks, or with one that is refused."""

from __future__ import annotations

from collections.abc import Iterator

from checks.logs._findings import Told, because, groups, reported
from doctor.api import Explains, Finding, Severity, check, facts

CAUSES = ("no-chunks", "chunk-invalid", "parse-failed")
IDS = ("embed-chunks-invalid",)
TOLD = {
    "no-chunks": Told(
        "the repository has no file that can be parsed",
        "Nothing is to be done for a repository that is empty or has only binary files: such a job fails by design.",
    ),
    "chunk-invalid": Told(
        "a chunk is blank, above 10 MiB or has no path, and fails the whole job",
        "Exclude the file that the line names from the repository, and submit it again.",
    ),
    "parse-failed": Told(
        "the files could not be read",
        "Look at the error (-v shows it) and at the worker's workspace, then submit the repository again.",
    ),
}
DEFAULT = Told(fix="Exclude the file that the line names from the repository, and submit it again.")


@check(
    id="logs.nothing-to-embed",
    title="A repository yields nothing to embed",
    severity=Severity.WARNING,
    explained_by=(
        Explains("environment.git-credential-stops-clone", "logs.clone-skipped", when=because("no-chunks")),
        Explains("directories.workspace-unusable", when=because("parse-failed", "no-chunks")),
    ),
)
def nothing_to_embed(logs: facts.Logs) -> Iterator[Finding]:
    """
    Look for jobs that failed before embedding, as there were no chunks or one of them is refused.

    Why it matters: the job fails, and nothing of the repository can be found.

    Silent when: the worker did not clone the repository at all, which `logs.clone-skipped` reports.

    How to fix: exclude the file that the line names. A repository without any file that can be parsed fails by design.
    """
    for name, lines in groups(logs, CAUSES, IDS):
        yield reported(name, lines, told=TOLD, default=DEFAULT)
