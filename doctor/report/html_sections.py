"""The checks of the page, a section for each way in which they ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from doctor.model import CheckResult, Finding, OutcomeKind, Report
from doctor.report.html_finding import anchor, card, heading
from doctor.report.markup import Markup, prose, tag
from doctor.report.words import blocker, counting, ended, fired, many

Content = Callable[[Report, Mapping[str, str]], Iterator[Markup]]


@dataclass(frozen=True)
class Kind:
    """A section: its id, its heading, what the filter calls it, and how many checks it has."""

    id: str
    heading: str
    label: str
    count: int


def kinds(report: Report) -> list[Kind]:
    """The sections that are not empty, in the order of the page."""
    suppressed = sum(bool(_suppressed(result)) for result in report.results)
    counted = (
        Kind("found", "Findings", "found something", len(fired(report))),
        Kind("crashed", "Crashed", "crashed", report.count(OutcomeKind.CRASHED)),
        Kind("blocked", "Could not be judged", "could not be judged", report.count(OutcomeKind.BLOCKED)),
        Kind("suppressed", "Suppressed", "suppressed", suppressed),
        Kind("skipped", "Skipped", "skipped", report.count(OutcomeKind.SKIPPED)),
        Kind("passed", "Passed", "passed", report.count(OutcomeKind.PASSED)),
    )
    return [kind for kind in counted if kind.count]


def sections(report: Report, classes: Mapping[str, str]) -> Iterator[Markup]:
    """The sections; `classes` are those of the families."""
    for kind in kinds(report):
        title = tag("h2", f"{kind.heading} ", tag("span", str(kind.count), class_="count"))
        yield tag("section", title, *_CONTENT[kind.id](report, classes), id=f"section-{kind.id}")


def _found(report: Report, classes: Mapping[str, str]) -> Iterator[Markup]:
    some = fired(report)
    for result in some:
        yield card(report, result, counting(result), classes[result.family], id=anchor(result.id))
    # The style sheet counts those that the filter leaves, and puts their number in front.
    yield tag("p", f" of {len(some)} shown", class_="shown")


def _put_aside(report: Report, classes: Mapping[str, str]) -> Iterator[Markup]:
    for result in report.results:
        if findings := _suppressed(result):
            yield card(report, result, findings, classes[result.family], id=f"suppressed-{anchor(result.id)}")


def _suppressed(result: CheckResult) -> list[Finding]:
    return [each for each in result.outcome.findings if each.suppressed is not None]


def _crashed(report: Report, classes: Mapping[str, str]) -> Iterator[Markup]:
    for result in ended(report, OutcomeKind.CRASHED):
        outcome = result.outcome
        trace = outcome.trace.rstrip() if outcome.trace else None
        yield tag(
            "article",
            heading("crashed", result, id=anchor(result.id)),
            tag("p", f"{outcome.reason}. This is a bug in the check; please report it with what follows."),
            tag("pre", trace, tabindex="0") if trace else "",
            class_=f"card item crashed {classes[result.family]}",
            id=anchor(result.id),
        )


def _by_reason(kind: OutcomeKind) -> Content:
    """The checks of a kind under the reason they share; what a finding holds back is linked to it."""

    def content(report: Report, classes: Mapping[str, str]) -> Iterator[Markup]:
        found = {result.id for result in fired(report)}
        reasons: dict[str, list[CheckResult]] = {}
        for result in ended(report, kind):
            reasons.setdefault(result.outcome.reason or "No reason was given", []).append(result)
        for reason, results in reasons.items():
            first = results[0]
            by = blocker(first.outcome)
            said = [tag("a", by, href=f"#{anchor(by)}"), reason[len(by) :]] if by in found else [prose(reason)]
            yield _fold(said, results, classes)

    return content


def _passed(report: Report, classes: Mapping[str, str]) -> Iterator[Markup]:
    results = ended(report, OutcomeKind.PASSED)
    for family, some in groupby(results, key=lambda result: result.family):
        yield _fold([family], list(some), classes)


def _fold(said: Sequence[str], results: Sequence[CheckResult], classes: Mapping[str, str]) -> Markup:
    """A line that opens, and the checks it is about below."""
    items = (
        tag("li", tag("code", each.id), " ", prose(each.title), class_=f"item {classes[each.family]}")
        for each in results
    )
    mine = " ".join(dict.fromkeys(classes[each.family] for each in results))
    summary = tag("summary", tag("span", *said), " ", tag("span", many(len(results), "check"), class_="count"))
    return tag("details", summary, tag("ul", *items), class_=f"fold item {mine}")


_CONTENT: dict[str, Content] = {
    "found": _found,
    "crashed": _crashed,
    "blocked": _by_reason(OutcomeKind.BLOCKED),
    "suppressed": _put_aside,
    "skipped": _by_reason(OutcomeKind.SKIPPED),
    "passed": _passed,
}
