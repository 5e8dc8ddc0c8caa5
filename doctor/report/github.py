"""The report as workflow commands of GitHub Actions: annotations, and a table for the summary of the step."""

from __future__ import annotations

import re
from collections.abc import Iterator

from doctor.model import CheckResult, Finding, OutcomeKind, Report, Severity
from doctor.report import gfm, place, plain
from doctor.report.terminal import one_line, printable
from doctor.report.words import (
    counting,
    ended,
    fired,
    many,
    severity_of,
    sum_of_checks,
    unjudged,
    verdict,
)
from doctor.report.worktree import Worktree

# GitHub shows so many annotations of each kind for a step, and silently drops the others.
MOST = 10
# So many ids can be read in passing.
FEW = 5
COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
# What a step's summary can hold, in bytes.
SUMMARY = 1024 * 1024

# An older form of commands is looked for anywhere in a line: `##[set-output name=x]y`.
_OLD_COMMAND = re.compile(r"#(?=\[)")


def render(report: Report, *, worktree: Worktree, quiet: bool = False, **_look: object) -> str:
    """
    The report for the log of a step: at most ten annotations of each kind, the others as lines of a group.

    Files are named from the root of `worktree` on. With `quiet` there are the annotations and nothing else.
    """
    shown, others = _annotations(report, worktree)
    lines = shown if quiet else [*shown, *_groups(report, others), *_closing(report)]
    return "".join(line + "\n" for line in lines)


def _annotations(report: Report, worktree: Worktree) -> tuple[list[str], list[str]]:
    """The commands, and lines for the findings that GitHub would not show."""
    shown: list[str] = []
    others: list[str] = []
    if report.incomplete is not None:
        shown.append(_command("error", "codechunk-doctor", f"The run could not be completed: {report.incomplete}"))
    for result in ended(report, OutcomeKind.CRASHED):
        said = f"The check crashed: {result.outcome.reason}. This is a bug in the check; please report it."
        shown.append(_command("error", _title(result), said))
    counts = {Severity.ERROR: len(shown), Severity.WARNING: 0, Severity.NOTE: 0}
    for result in fired(report):
        for finding in counting(result):
            severity = severity_of(finding)
            counts[severity] += 1
            if counts[severity] <= MOST:
                shown.append(_annotation(result, finding, worktree))
            else:
                others.append(_line(f"{severity.value}: {place(finding.at)}: {finding.message} [{result.id}]"))
    return shown, others


def _title(result: CheckResult) -> str:
    return f"{result.title} [{result.id}]"


def _annotation(result: CheckResult, finding: Finding, worktree: Worktree) -> str:
    anchor = worktree.anchor(finding)
    spot: dict[str, str | int | None] = {}
    if anchor is not None:
        spot = {"file": anchor.path, "line": anchor.line, "col": anchor.column}
    elsewhere = () if worktree.at(finding.at) is not None else tuple(plain.places(finding))[:1]
    message = "\n".join((finding.message, *elsewhere, *plain.advice(finding)))
    return _command(COMMANDS[severity_of(finding)], _title(result), message, **spot)


def _command(name: str, title: str, message: str, **properties: str | int | None) -> str:
    given = {**properties, "title": one_line(title)}
    written = ",".join(f"{key}={_property(str(value))}" for key, value in given.items() if value is not None)
    return f"::{name} {written}::{_data(message)}"


def _data(text: str) -> str:
    return printable(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _line(text: str) -> str:
    """A line of the log that begins with a word of our own and holds no command."""
    return _OLD_COMMAND.sub("# ", one_line(text))


def _groups(report: Report, others: list[str]) -> Iterator[str]:
    yield from _group(f"{many(len(others), 'more finding')}, beyond what GitHub annotates", others)
    yield from _group("Suppressed", [f"suppressed: {each}" for each in _suppressed(report)])
    yield from _group("Could not be judged", [f"unknown: {each}" for each in _unknown(report)])


def _unknown(report: Report) -> Iterator[str]:
    for reason, results in unjudged(report).items():
        yield _line(f"{many(len(results), 'check')} ({', '.join(_few(results))}): {reason}")


def _few(results: list[CheckResult]) -> list[str]:
    """The ids that can be read in passing."""
    more = [f"and {len(results) - FEW} more"] if len(results) > FEW else []
    return [*(each.id for each in results[:FEW]), *more]


def _group(title: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield f"::group::{title}"
        yield from lines
        yield "::endgroup::"


def _suppressed(report: Report) -> Iterator[str]:
    for result in report.results:
        for finding in result.outcome.findings:
            held = finding.suppressed
            if held is not None:
                yield _line(f"{place(finding.at)}: {finding.message} [{result.id}] ({held.by}: {held.reason})")


def _closing(report: Report) -> Iterator[str]:
    checks = sum_of_checks(report) or "no check was selected"
    yield _line(f"codechunk-doctor: {verdict(report)}. Of {many(len(report.results), 'check')}: {checks}.")


# --- the summary of the step


def summary(report: Report, room: int = SUMMARY) -> str:
    """A table of all findings in Markdown, in at most `room` bytes; what finds no room is counted."""
    head = [f"### codechunk-doctor: {gfm.text(verdict(report))}", ""]
    if report.incomplete is not None:
        head += [f"**Not complete:** {gfm.text(report.incomplete)}", ""]
    rows = list(_rows(report))
    if rows:
        head += ["| | check | where | what is wrong | what to do |", "|---|---|---|---|---|"]
    room -= sum(_size(line) for line in head) + 100  # for the number of those left out
    kept: list[str] = []
    for row in rows:
        room -= _size(row)
        if room < 0:
            break
        kept.append(row)
    left = len(rows) - len(kept)
    return "\n".join((*head, *kept, *(["", f"{many(left, 'more row')} found no room here."] if left else []), "", ""))


def _size(line: str) -> int:
    return len(line.encode("utf-8", "replace")) + 1


def _rows(report: Report) -> Iterator[str]:
    for result in ended(report, OutcomeKind.CRASHED):
        yield _row(
            "crashed", result.id, "", result.outcome.reason or "", "please report it: this is a bug in the check"
        )
    held = [(result, finding) for result in report.results for finding in result.outcome.findings if finding.suppressed]
    found = [(result, finding) for result in fired(report) for finding in counting(result)]
    for result, finding in (*found, *held):
        fix = plain.fix_sentence(finding.fix) if finding.fix is not None else ""
        kind = "suppressed" if finding.suppressed is not None else severity_of(finding).value
        reason = plain.suppression(finding)
        yield _row(kind, result.id, place(finding.at), finding.message, reason or fix)
    for reason, results in unjudged(report).items():
        yield _row("unknown", ", ".join(_few(results)), "", f"could not be judged: {reason}", "")


def _row(kind: str, check: str, where: str, what: str, do: str) -> str:
    spot = gfm.code(where, cell=True) if where else ""
    cells = (kind, gfm.text(check, cell=True), spot, gfm.text(what, cell=True), gfm.text(do, cell=True))
    return f"| {' | '.join(cells)} |"
