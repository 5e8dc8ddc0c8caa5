"""`check --plan`: what a run would touch."""

from __future__ import annotations

from doctor.engine import Touches
from doctor.report.json import dump
from doctor.report.terminal import Paint, one_line, wrap


def text(touches: Touches, *, width: int = 80, color: bool = False) -> str:
    """Three lists; nothing is said twice."""
    paint = Paint(color)
    lines = ["A run with these options would", ""]
    for title, none, entries in (
        ("look at these files and directories", "look at no file", touches.files),
        ("connect to these hosts", "connect to no host", touches.hosts),
        ("send these queries", "send no query", touches.queries),
    ):
        lines.append(paint(title if entries else none, "bold"))
        lines += [f"  {one_line(entry)}" for entry in entries]
    lines += ["", *wrap("Only the configuration was read for this.", width)]
    return "\n".join(lines) + "\n"


def json(touches: Touches) -> str:
    """`codechunk-doctor/plan/1`."""
    return dump(
        {
            "schema": "codechunk-doctor/plan/1",
            "files": list(touches.files),
            "hosts": list(touches.hosts),
            "queries": list(touches.queries),
        }
    )
