"""logs.clone-failed: git was run and did not succeed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checks.logs._findings import Told, groups, reported
from checks.logs._lines import after
from doctor.api import Finding, Severity, check, facts

CAUSES = ("git-auth", "git-not-found", "git-dns", "git-exists", "git-tls", "clone-failed")
TOLD = {
    "git-auth": Told(
        "git asked for a user and a password and got none",
        "Make the repository readable for the worker. A token in its environment does not help: with one, the worker "
        "since 2026-04-26 does not clone at all (codechunk-doctor explain logs.clone-skipped).",
    ),
    "git-exists": Told(
        "a directory of an earlier attempt is in the way",
        "Empty the worker's workspace while no job runs, and submit the repository again.",
        ("rm -rf /tmp/codechunking-workspace/*",),
    ),
    "clone-failed": Told("git could not clone the repository", "Read what git says (-v shows it)."),
}
_URL = re.compile(r"https?://[^\s'\"]+")


@check(id="logs.clone-failed", title="Cloning failed", severity=Severity.WARNING)
def clone_failed(logs: facts.Logs) -> Iterator[Finding]:
    """
    Look for clones that git refused, by the reason that it gives.

    Why it matters: nothing of these repositories is indexed.

    Silent when: the same repository was cloned later, as far as git's text names it.

    How to fix: correct the address, the access, or the way to the host, then submit the repository again.
    """
    for name, lines in groups(logs, CAUSES, within=("consumer-nak",), good=lambda event: _cloned_later(logs, event)):
        yield reported(name, lines, told=TOLD)


def _cloned_later(logs: facts.Logs, event: facts.LogEvent) -> bool:
    named = {_plain(url) for url in _URL.findall(event.error)}
    return any(
        _plain(clone.get("repoURL") or "") in named and after(clone, event)
        for count in logs.of(("git-clone-ok",))
        for clone in count.recent
    )


def _plain(url: str) -> str:
    return url.rstrip("/:.,").removesuffix(".git").rstrip("/")
