"""What the formats of GitHub and GitLab need beside the report, and the summary of a workflow's step."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doctor.cli.output import notice

if TYPE_CHECKING:
    from doctor.model import Report
    from doctor.report.worktree import Worktree

# The formats that name files from the root of the work tree on.
PLACED = ("sarif", "github", "gitlab")


def surroundings(format: str, report: Report) -> dict[str, Any]:
    """What this format's renderer is given beside the report."""
    if format not in PLACED:
        return {}
    found: dict[str, Any] = {"worktree": worktree(report)}
    if format == "sarif":
        from doctor.registry import installed

        found["checks"] = installed().by_id
    return found


def worktree(report: Report) -> Worktree:
    """
    The work tree around the installation, its directory alone where there is none.

    What a finding without a file is shown at is the configuration, the compose file, or what the program would read.
    """
    from doctor.report.worktree import Worktree
    from doctor.sources.installation import COMPOSE_FILES
    from doctor.sources.worktree import first_file, root_of

    directory = Path(report.target.directory)
    found = Worktree(str(root_of(directory) or directory), str(directory), "")
    candidates = (report.target.config_file, *COMPOSE_FILES, "configs/config.yaml")
    inside = [each for each in candidates if each is not None and found.inside(each) is not None]
    chosen = found.inside(first_file(directory, inside) or inside[-1])
    assert chosen is not None
    return Worktree(found.root, found.directory, chosen)


def write_summary(report: Report, environ: Mapping[str, str]) -> None:
    """Add the table of findings to the summary of the step, where GitHub gives a file for it."""
    name = environ.get("GITHUB_STEP_SUMMARY")
    if not name:
        return
    from doctor.report.github import SUMMARY, summary

    path = Path(name)
    try:
        with path.open("a", encoding="utf-8", newline="\n") as file:
            # Other commands of the step may have written before.
            file.write(summary(report, max(0, SUMMARY - file.tell())))
    except OSError as error:
        notice(f"the summary of the step could not be written to {path} (GITHUB_STEP_SUMMARY): {error.strerror}")
