"""Names of findings by which a forge knows them again in the next run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256

from doctor.identity import identity
from doctor.model import CheckResult, Finding, Report
from doctor.report.worktree import Worktree


def fingerprinted(report: Report, worktree: Worktree) -> Iterator[tuple[CheckResult, Finding, str]]:
    """
    Every finding with a fingerprint of 64 hexadecimal digits that no other has, and that is the same in the next run.

    Paths are taken from the root of the work tree on, so that it does not matter where the checkout lies. Several
    findings of one identity are numbered.
    """
    met: dict[str, int] = {}
    for result in report.results:
        for finding in result.outcome.findings:
            name = f"{worktree.below}: {identity(result.id, _rooted(finding, worktree))}"
            met[name] = met.get(name, 0) + 1
            yield result, finding, fingerprint(name if met[name] == 1 else f"{name} #{met[name]}")


def _rooted(finding: Finding, worktree: Worktree) -> Finding:
    path = worktree.inside(finding.at.path) if finding.at.path is not None else None
    return replace(finding, at=replace(finding.at, path=path)) if path is not None else finding


def fingerprint(name: str) -> str:
    """The digits for a name."""
    return sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
