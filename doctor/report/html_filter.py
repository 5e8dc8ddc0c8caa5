"""The filter of the page: boxes that the style sheet looks at, so that it works without a script."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from doctor.model import Report, Severity
from doctor.report.html_sections import kinds
from doctor.report.markup import Markup, tag


def family_classes(report: Report) -> dict[str, str]:
    """The class that stands for each family: names of other people's packages stay out of the style sheet."""
    names = dict.fromkeys(result.family for result in report.results)
    return {name: f"family-{number}" for number, name in enumerate(names)}


def rules(classes: Iterable[str]) -> str:
    """The rules that show one family only; all others are in the style sheet."""
    return "".join(
        f":root:has(#show-{each}:checked) :is(.item:not(.{each}),section[id]:not(:has(.{each}))){{display:none}}\n"
        for each in classes
    )


def form(report: Report, classes: Mapping[str, str]) -> Markup:
    """All that can be chosen, with how many there are; nothing for a report without checks."""
    if not report.results:
        return Markup()
    groups = {
        "Severity": list(_severities(report)),
        "Outcome": [_box(f"show-{kind.id}", kind.label, kind.count) for kind in kinds(report)],
        "Family": list(_families(report, classes)),
    }
    shown = [_group(legend, boxes) for legend, boxes in groups.items() if boxes]
    return tag(
        "form",
        tag("details", tag("summary", "Filter"), *shown, tag("button", "Show everything", type="reset")),
        role="search",
        aria_label="Filter",
        autocomplete="off",
    )


def _group(legend: str, boxes: Iterable[Markup]) -> Markup:
    return tag("fieldset", tag("legend", legend), *boxes)


def _box(id: str, label: str, count: int) -> Markup:
    box = tag("input", type="checkbox", id=id, checked=True)
    return tag("label", box, tag("span", label), " ", tag("span", str(count), class_="count"))


def _severities(report: Report) -> Iterator[Markup]:
    """How often each occurs, suppressed ones too, as those are filtered likewise."""
    found = [finding.severity for result in report.results for finding in result.outcome.findings]
    return (_box(f"show-{each.value}", each.value, found.count(each)) for each in Severity if each in found)


def _families(report: Report, classes: Mapping[str, str]) -> Iterator[Markup]:
    yield _choice("show-every-family", "all", len(report.results), checked=True)
    for name, each in classes.items():
        yield _choice(f"show-{each}", name, sum(result.family == name for result in report.results), checked=False)


def _choice(id: str, label: str, count: int, *, checked: bool) -> Markup:
    button = tag("input", type="radio", name="family", id=id, checked=checked)
    return tag("label", button, tag("span", label), " ", tag("span", str(count), class_="count"))
