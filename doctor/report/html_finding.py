"""One check that fired as HTML: what is wrong, where, why it matters, what was seen, and what to change or to type."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from doctor.fixes import ON_PATHS
from doctor.model import CheckResult, Edit, Evidence, Finding, Fix, Report, Safety, VerificationStatus
from doctor.report import place
from doctor.report.markup import Markup, joined, prose, tag
from doctor.report.terminal import one_line
from doctor.report.text import FEW, MOST_EDITS, SQL, changed, where
from doctor.report.words import many, severity_of, waiting_for

_NO_ANCHOR = re.compile(r"[^\w.-]", re.ASCII)
_VERIFIED = {
    VerificationStatus.VERIFIED: "verified",
    VerificationStatus.WOULD_CAUSE: "would cause",
    VerificationStatus.CANNOT_VERIFY: "cannot be verified here",
}


def anchor(id: str) -> str:
    """What stands behind the # of a link to a check."""
    return _NO_ANCHOR.sub("-", id)


def card(report: Report, result: CheckResult, findings: Sequence[Finding], family: str, *, id: str) -> Markup:
    """A check with these of its findings, the worst first; `family` is the class that the filter knows it by."""
    severities = sorted({severity_of(each) for each in findings}, key=lambda each: each.rank)
    return tag(
        "article",
        heading(severities[0].value, result, id=id),
        *(_finding(result, each, index, differ=len(severities) > 1) for index, each in enumerate(findings)),
        _held_back(report, result),
        class_=f"card item {severities[0].value} {family} only-{'-'.join(severities)}",
        id=id,
    )


def heading(word: str, result: CheckResult, *, id: str) -> Markup:
    """The title of a check, with what became of it in front and its id, which leads here, behind."""
    title = tag("span", prose(result.title), class_="title")
    return tag("h3", badge(word), " ", title, " ", tag("a", result.id, class_="id", href=f"#{id}"))


def badge(word: str) -> Markup:
    """A severity or an outcome; the word says it, the colour helps."""
    return tag("span", word, class_=f"badge {word}")


def _finding(result: CheckResult, finding: Finding, index: int, *, differ: bool) -> Markup:
    severity = severity_of(finding).value
    rows = [_row("Where", _places(finding))]
    if index == 0 and result.why:
        rows.append(_row("Why", tag("p", prose(" ".join(result.why.split())))))
    if finding.fix is not None:
        rows.append(_row("Fix", _fix(result.id, finding.fix)))
    guide = [prose(finding.note)] if finding.note is not None else []
    if index == 0 and result.guide is not None:
        guide.append(joined(("Its section: ", tag("cite", result.guide))))
    if guide:
        rows.append(_row("Guide", *(tag("p", each) for each in guide)))
    if finding.evidence:
        rows.append(_row("Seen", _evidence(finding.evidence)))
    if finding.suppressed is not None:
        rows.insert(0, _row("Reason", tag("p", f"{finding.suppressed.reason} (by {finding.suppressed.by})")))
    said = [badge(severity), " ", prose(finding.message)] if differ else [prose(finding.message)]
    return tag("div", tag("p", *said, class_="message"), tag("dl", *rows), class_=f"finding {severity}")


def _row(label: str, *content: str) -> Markup:
    return tag("div", tag("dt", label), tag("dd", *content))


def _places(finding: Finding) -> Markup:
    """The place to change first, then the others that have a part in it."""
    told: dict[str, Markup] = {}
    for location in finding.locations:
        spot = one_line(place(location))
        detail = f" ({one_line(location.detail)})" if location.detail else ""
        told.setdefault(spot + detail, tag("li", tag("code", spot), detail))
    return tag("ul", *told.values(), class_="places")


# --- what to do ---------------------------------------------------------------------------------------------------


def _fix(id: str, fix: Fix) -> Markup:
    parts = [tag("p", prose(fix.summary))]
    edits = [each for each in fix.edits if each.action not in ON_PATHS]
    if edits:
        shown = edits if len(edits) <= MOST_EDITS else edits[:FEW]
        parts.append(_diff(shown))
        rest = edits[len(shown) :]
        if rest:
            parts.append(tag("details", tag("summary", f"and {many(len(rest), 'more change')}"), _diff(rest)))
    if fix.commands:
        parts.append(tag("ul", *(_command(each) for each in fix.commands), class_="commands"))
    parts.append(_safety(id, fix))
    if fix.verification is not None:
        parts.append(tag("p", f"{_VERIFIED[fix.verification.status]}: {fix.verification.detail}", class_="aside"))
    return joined(parts)


def _command(command: str) -> Markup:
    """The prompt is a matter of style, so that it is not copied along."""
    return tag("li", tag("code", command, class_="sql" if SQL.match(command) else "shell"))


def _safety(id: str, fix: Fix) -> Markup:
    match fix.safety:
        case Safety.SAFE:
            said = prose("Safe: `codechunk-doctor fix --apply` makes this change.")
        case Safety.UNSAFE:
            said = prose(f"Unsafe, check it first: `codechunk-doctor fix --apply --unsafe {id}` makes this change.")
        case Safety.NONE:
            said = prose("To be done by hand.")
    return tag("p", said, class_="aside")


def _diff(edits: Sequence[Edit]) -> Markup:
    lines = [line for spot, some in groupby(edits, key=where) for line in _lines(spot, some)]
    return tag("pre", joined(lines, "\n"), class_="diff", tabindex="0")


def _lines(spot: str, edits: Iterator[Edit]) -> Iterator[Markup]:
    yield tag("span", spot, class_="spot")
    for edit in edits:
        old, new = changed(edit)
        if old is not None:
            yield tag("del", f"- {old}")
        if new is not None:
            yield tag("ins", f"+ {new}")


# --- what it rests on ---------------------------------------------------------------------------------------------


def _evidence(evidence: Sequence[Evidence]) -> Markup:
    items = tag("ul", *(_item(each) for each in evidence), class_="evidence")
    return items if len(evidence) <= FEW else tag("details", tag("summary", many(len(evidence), "thing")), items)


def _item(evidence: Evidence) -> Markup:
    spot = joined((" (", tag("code", one_line(place(evidence.location))), ")")) if evidence.location else ""
    proves = f", which proves: {evidence.proves}" if evidence.proves else ""
    return tag("li", prose(evidence.text), spot, proves)


def _held_back(report: Report, result: CheckResult) -> Markup:
    waiting = waiting_for(report, result)
    if not waiting:
        return Markup()
    verb = "waits" if len(waiting) == 1 else "wait"
    said = tag("summary", f"Also held back: {many(len(waiting), 'check')} that {verb} for this one")
    return tag("details", said, tag("ul", *(tag("li", tag("code", each.id), f" {each.title}") for each in waiting)))
