"""logs.clone-skipped: a credential is there, and git is never run."""

from __future__ import annotations

from collections.abc import Iterator

from checks.logs._findings import Told, found, groups, reported
from checks.logs._lines import Lines, current, later
from doctor.api import Finding, Fix, Severity, check, facts

CAUSES = ("git-path", "zk-not-git")
AUTHENTICATED = ("git-token-auth", "git-ssh-auth")
CLONED = "git-clone-ok"
# What comes next in a job: only when it is there can a clone no longer be under way.
NEXT = (
    "parse-start",
    "parse-done",
    "job-commit-hash-unknown",
    "zoekt-start",
    "embed-start",
    "embed-chunks-invalid",
    "consumer-nak",
)
VARIABLES = "GITHUB_TOKEN, GITLAB_TOKEN, GIT_TOKEN and SSH_KEY_PATH"
FIX = f"Unset {VARIABLES} where the worker is started, restart it, and submit the repository again."
COMMANDS = ("unset GITHUB_TOKEN GITLAB_TOKEN GIT_TOKEN SSH_KEY_PATH",)
TOLD = {
    "git-path": Told("the worker's copy of the repository is not a git repository", FIX, COMMANDS),
    "zk-not-git": Told("the worker's copy of the repository is not a git repository", FIX, COMMANDS),
}


@check(
    id="logs.clone-skipped",
    title="The worker did not clone at all",
    severity=Severity.ERROR,
    explained_by=("environment.git-credential-stops-clone",),
)
def clone_skipped(logs: facts.Logs) -> Iterator[Finding]:
    """
    Look for a successful authentication at the git host that no clone follows.

    With a token or an SSH key for the host in its environment the worker (since 2026-04-26) goes on without running
    git, and its copy of the repository stays empty.

    Why it matters: the job fails with nothing to embed, or indexes an empty directory.

    Silent when: the clone follows; the job has not gone on yet.

    How to fix: unset GITHUB_TOKEN, GITLAB_TOKEN, GIT_TOKEN and SSH_KEY_PATH for the worker and restart it.
    """
    skipped = current(logs, AUTHENTICATED).only(lambda event: _skipped(logs, event))
    if skipped:
        yield _finding(skipped)
        return
    for name, lines in groups(logs, CAUSES, within=("job-", "zoekt-", "embed-")):
        yield reported(name, lines, told=TOLD)


def _skipped(logs: facts.Logs, event: facts.LogEvent) -> bool:
    return not later(logs, event, CLONED, same=("repoURL",)) and later(logs, event, *NEXT)


def _finding(lines: Lines) -> Finding:
    return found(
        f"“{lines.newest.message}”, {lines.how_often}, and no “Git clone completed” after it",
        lines,
        fix=Fix(FIX, COMMANDS),
        mark="no-chunks",
        proves="git was never run for this repository",
    )
