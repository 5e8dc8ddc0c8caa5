"""The report as a comment on a pull request, in the Markdown of GitHub and GitLab."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from doctor.model import CheckResult, Finding, OutcomeKind, Report
from doctor.report import exit_status, first_sentence, gfm, place, plain
from doctor.report.text import SQL
from doctor.report.words import (
    counting,
    ended,
    examined,
    exit_sentence,
    fired,
    many,
    severity_of,
    sum_of_checks,
    unjudged,
    verdict,
    waiting_for,
    worst,
)

# By which a bot finds the comment that it wrote for the commit before.
MARKER = "<!-- codechunk-doctor -->"
# What GitHub takes is 65,536 characters; GitLab takes more.
MOST = 65_000
# What is kept for the end of the comment.
TAIL = 8_000
# A message or a reason is shown up to here: what is longer is quoted from a log.
LONGEST = 2_000
FEW = 20


def render(report: Report, *, fail_on: str = "error", **_look: object) -> str:
    """The report in Markdown, in at most 65,000 characters; what finds no room is counted."""
    head = [MARKER, f"**codechunk-doctor: {text(verdict(report))}.**", _standing(report, fail_on)]
    tail = _shortened(list(_rest(report)), TAIL)
    room = MOST - _length(head) - _length(tail)
    return "\n\n".join((*head, *_fitted(report, room), *tail)) + "\n"


def _length(parts: Iterable[str]) -> int:
    return sum(len(part) + 2 for part in parts)


def _standing(report: Report, fail_on: str) -> str:
    said = [examined(report.target)]
    if report.results:
        said.append(f"Of {many(len(report.results), 'check')}: {sum_of_checks(report)}.")
    if report.incomplete is not None:
        said.append(f"Not complete: {report.incomplete}.")
    said.append(exit_sentence(exit_status(report, fail_on), fail_on))
    return text(" ".join(said))


def text(words: str) -> str:
    """A text in a paragraph, cut where it is very long."""
    return gfm.text(_cut(words))


def _cut(words: str) -> str:
    return words if len(words) <= LONGEST else f"{words[:LONGEST]} …"


# --- findings


def _fitted(report: Report, room: int) -> Iterator[str]:
    """The checks that fired, worst first, as long as there is room; then in short; then their number."""
    left = fired(report)
    room -= 200  # for the number
    while left:
        whole = "\n\n".join(_check(report, left[0]))
        part = whole if len(whole) + 2 <= room else _short(left[0])
        if len(part) + 2 > room:
            break
        yield part
        room -= len(part) + 2
        left.pop(0)
    if left:
        more = many(sum(len(counting(each)) for each in left), "more finding")
        yield f"**{more} of {many(len(left), 'check')}** found no room here; `codechunk-doctor` shows them all."


def _heading(result: CheckResult) -> str:
    return f"### {worst(result).value}: {text(result.title)} {gfm.code(result.id)}"


def _short(result: CheckResult) -> str:
    first, *others = counting(result)
    more = f" (and {many(len(others), 'more finding')})" if others else ""
    return f"{_heading(result)}\n\n{_spot(first)}: {text(first.message)}{more}"


def _check(report: Report, result: CheckResult) -> Iterator[str]:
    findings = counting(result)
    yield _heading(result)
    for finding in findings:
        differs = "" if severity_of(finding) is worst(result) else f" ({severity_of(finding).value})"
        yield f"{_spot(finding)}{differs}: {text(finding.message)}"
        yield from _fix(finding)
    waiting = waiting_for(report, result)
    if waiting:
        yield f"Also held back: {many(len(waiting), 'check')}."
    details = list(_details(result, findings))
    if details:
        yield folded("Why, and what was seen", details)


def _spot(finding: Finding) -> str:
    return gfm.code(place(finding.at)[:LONGEST])


def _fix(finding: Finding) -> Iterator[str]:
    fix = finding.fix
    if fix is None:
        return
    yield f"**Fix:** {text(plain.fix_sentence(fix))}"
    changed, typed = list(plain.changes(fix)), list(fix.commands)
    if changed:
        yield gfm.block(changed, "diff")
    if typed:
        yield gfm.block(typed, "sql" if all(SQL.match(each) for each in typed) else "sh")


def _details(result: CheckResult, findings: Iterable[Finding]) -> Iterator[str]:
    if result.why:
        yield text(_capital(first_sentence(result.why)))
    said: list[str] = []
    for finding in findings:
        said += [f"- See {gfm.code(place(each)[:LONGEST])}" for each in finding.related]
        said += [f"- Seen: {text(each)}" for each in plain.seen(finding)]
    yield from ["\n".join(dict.fromkeys(said))] if said else []
    yield from (text(note) for note in dict.fromkeys(each.note for each in findings if each.note))


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


# --- the rest


def _rest(report: Report) -> Iterator[str]:
    for result in ended(report, OutcomeKind.CRASHED):
        said = f"### crashed: {text(result.title)} {gfm.code(result.id)}"
        # As one text: a number before a full stop would begin a list.
        why = gfm.text(f"{_cut(result.outcome.reason or '')}. This is a bug in the check; please report it.")
        yield f"{said}\n\n{why}"
    unknown = [
        f"- {many(len(results), 'check')} could not be judged ({_ids(results)}): {text(reason)}"
        for reason, results in unjudged(report).items()
    ]
    if unknown:
        yield "\n".join(unknown)
    suppressed = list(_suppressed(report))
    if suppressed:
        yield folded(f"{len(suppressed)} suppressed", ["\n".join(suppressed)])
    skipped = ended(report, OutcomeKind.SKIPPED)
    if skipped:
        yield folded(f"{len(skipped)} skipped", ["\n".join(_reasons(skipped))])
    if report.notices:
        yield "\n".join(f"- {gfm.text(f'{_cut(_capital(each))}.')}" for each in report.notices)


def _suppressed(report: Report) -> Iterator[str]:
    for result in report.results:
        for finding in result.outcome.findings:
            held = plain.suppression(finding)
            if held is not None:
                yield f"- {gfm.code(result.id)} {_spot(finding)}: {text(finding.message)} ({text(held)})"


def _reasons(results: Iterable[CheckResult]) -> Iterator[str]:
    reasons: dict[str, list[CheckResult]] = {}
    for result in results:
        reasons.setdefault(result.outcome.reason or "", []).append(result)
    for reason, alike in reasons.items():
        yield f"- {many(len(alike), 'check')} ({_ids(alike)}): {text(reason)}"


def _ids(results: list[CheckResult]) -> str:
    more = f" and {len(results) - FEW} more" if len(results) > FEW else ""
    return ", ".join(gfm.code(each.id) for each in results[:FEW]) + more


def folded(title: str, parts: Iterable[str]) -> str:
    """What is shown on a click; the title is our own."""
    body = "\n\n".join(parts)
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>"


def _shortened(parts: list[str], most: int) -> list[str]:
    """As many of the parts as have room."""
    kept: list[str] = []
    for part in parts:
        if _length((*kept, part)) <= most:
            kept.append(part)
    left = len(parts) - len(kept)
    return [*kept, f"{many(left, 'more part')} of the report found no room here."] if left else kept
