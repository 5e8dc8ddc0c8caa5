"""The report as one page for browsers: nothing is loaded, nothing runs, and the filter is a matter of style."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from importlib.resources import files

from doctor import __version__
from doctor.model import CheckResult, Report
from doctor.report import exit_status
from doctor.report.html_filter import family_classes, form, rules
from doctor.report.html_finding import anchor, badge
from doctor.report.html_sections import sections
from doctor.report.markup import Markup, joined, prose, tag
from doctor.report.words import counting, exit_sentence, fired, is_whole, many, sum_of_checks, verdict, worker, worst

# So many fit on a first screen; the rest follows anyway.
MOST_STEPS = 8


def render(report: Report, *, fail_on: str = "error", **_look: object) -> str:
    """The page; `fail_on` is only needed to explain the exit status."""
    classes = family_classes(report)
    parts = (_steps(fired(report)), form(report, classes), tag("div", *sections(report, classes), class_="sections"))
    body = tag("body", _header(report, fail_on), tag("main", *parts), tag("footer", tag("p", _made_by())))
    return f"<!doctype html>\n{tag('html', _head(report, rules(classes.values())), body, lang='en')}\n"


def _made_by() -> str:
    return f"codechunk-doctor {__version__}"


def _head(report: Report, rules: str) -> Markup:
    style = (files("doctor") / "data" / "report.css").read_text(encoding="utf-8") + rules
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("meta", name="generator", content=_made_by()),
        tag("title", f"{verdict(report)} - codechunk-doctor"),
        tag("style", Markup(style)),
    )


# --- the first screen ---------------------------------------------------------------------------------------------


def _header(report: Report, fail_on: str) -> Markup:
    return tag(
        "header",
        tag("p", "codechunk-doctor", class_="product"),
        tag("h1", verdict(report)),
        *_lead(report, fail_on),
        tag("dl", *(tag("div", tag("dt", name), tag("dd", said)) for name, said in _target(report))),
        *(tag("p", prose(f"{each[:1].upper()}{each[1:]}."), class_="notice") for each in report.notices),
        class_=_tone(report),
    )


def _tone(report: Report) -> str:
    """What the colour of the head goes by."""
    some = fired(report)
    if some:
        return worst(some[0]).value
    return "good" if is_whole(report) else "unknown"


def _lead(report: Report, fail_on: str) -> Iterator[Markup]:
    if report.incomplete is not None:
        yield tag("p", tag("strong", "Not complete: "), prose(f"{report.incomplete}."), class_="incomplete")
    checks = f"Of {many(len(report.results), 'check')}: {sum_of_checks(report)}."
    said = checks if report.results else "No check was selected."
    yield tag("p", prose(f"{said} {exit_sentence(exit_status(report, fail_on), fail_on)}"), class_="lead")


def _target(report: Report) -> Iterator[tuple[str, Markup]]:
    target = report.target
    yield "Directory", tag("code", target.directory)
    found = " (found by search)" if target.config_arg is None and target.config_file is not None else ""
    yield (
        "Configuration",
        joined((tag("code", target.config_file), found) if target.config_file else ("none was found",)),
    )
    yield "Worker", prose(worker(target.worker))
    took = f"{report.duration_ms / 1000:.1f} s"
    how = f", offline, in {took}" if target.offline else f", in {took}"
    said = report.started_at[:19].replace("T", " ") + " UTC"
    yield "Examined", joined((tag("time", said, datetime=report.started_at), how))


def _steps(some: list[CheckResult]) -> Markup:
    """The checks that fired, each with the sentence that says what to do."""
    if not some:
        return Markup()
    more = len(some) - MOST_STEPS
    rest = f"{many(more, 'further check')} below. " if more > 0 else ""
    advice = f"{rest}Start with the first one; `codechunk-doctor explain {some[0].id}` says more about it."
    return tag(
        "section",
        tag("h2", "What to do now"),
        tag("ol", *(_step(each) for each in some[:MOST_STEPS])),
        tag("p", prose(advice), class_="aside"),
        class_="steps",
    )


def _step(result: CheckResult) -> Markup:
    fix = next((each.fix.summary for each in counting(result) if each.fix is not None), None)
    link = tag("a", prose(result.title), href=f"#{anchor(result.id)}")
    return tag("li", badge(worst(result).value), tag("div", link, tag("p", prose(fix)) if fix else ""))
