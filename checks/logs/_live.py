"""What was looked at in the same run, and shows that what a line tells of is over."""

from __future__ import annotations

from dataclasses import replace

from doctor.api import Finding, Fix, IfObserved, Severity, facts

RESTART = "Start the program again if it has not been started since; then look for new lines of this kind."
RESUBMIT = "Submit again what got no vectors meanwhile; then look for new lines of this kind."


def over(finding: Finding, seen: str, fix: str = RESTART) -> Finding:
    """A note in the place of the finding, with what was `seen`; the finding itself where nothing was."""
    if not seen:
        return finding
    return replace(finding, message=f"{finding.message}; {seen}", severity=Severity.NOTE, fix=Fix(fix))


def gemini_answers(access: IfObserved[facts.GeminiAccess]) -> bool:
    """Whether Google answers calls now, be it with a no."""
    answer = access.value.answer if access.value is not None else None
    return answer is not None and answer.obstacle is None and answer.strange is None


def gemini_takes_key(access: IfObserved[facts.GeminiAccess]) -> bool:
    """Whether Google gives what is asked for with the worker's key now."""
    answer = access.value.answer if access.value is not None else None
    return answer is not None and answer.ok
