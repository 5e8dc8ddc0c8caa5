"""Reporters: each module's `render` turns a report into the text of one format, and decides nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import import_module
from typing import cast

from doctor.model import Action, Edit, Location, Place, Report
from doctor.redact import MASK, is_secret_name
from doctor.schema import SCHEMA

REPORTERS = {
    "text": "doctor.report.text",
    "json": "doctor.report.json",
    "junit": "doctor.report.junit",
    "sarif": "doctor.report.sarif",
    "github": "doctor.report.github",
    "gitlab": "doctor.report.gitlab",
    "markdown": "doctor.report.markdown",
    "html": "doctor.report.html",
}

Renderer = Callable[..., str]


def reporter(format: str) -> Renderer:
    """The `render(report, ...)` of a format, its module imported now."""
    return cast("Renderer", import_module(REPORTERS[format]).render)


def exit_status(report: Report, fail_on: str) -> int:
    """3 for a run that could not complete, 1 for findings at the threshold or worse, else 0."""
    from doctor.model import OutcomeKind, Severity

    if report.incomplete is not None or report.count(OutcomeKind.CRASHED):
        return 3
    if fail_on == "never":
        return 0
    threshold = Severity(fail_on)
    return int(any(each.severity is not None and each.severity.at_least(threshold) for each in report.findings()))


def place(location: Location) -> str:
    """A location in one line: `configs/config.yaml:12:3`, or what else leads a reader there."""
    where = ":".join(str(part) for part in (location.path, location.line, location.column) if part is not None)
    match location.kind:
        case Place.ENV:
            return f"{location.name} ({where})" if where else f"environment variable {location.name}"
        case Place.CONTAINER | Place.PROCESS:
            return f"{location.kind.value} {location.name}"
        case _:
            return where or location.name or location.key or location.kind.value


_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"'(`])")


def first_sentence(text: str) -> str:
    """The first sentence of a paragraph, line breaks gone."""
    return _SENTENCE_END.split(" ".join(text.split()), maxsplit=1)[0]


_QUOTES = re.compile(r"([\"']*).*?([\"']*)", re.DOTALL)
# An empty value, or the name of a variable in its place.
_HARMLESS = re.compile(r"[\"']*(\$\{?\w*\}?)?[\"']*")


def is_secret_key(key: str) -> bool:
    """Whether a key's value must not be shown; the schema knows, the name decides for everything else."""
    spec = SCHEMA.get(key)
    return spec.secret if spec is not None else is_secret_name(key)


def before(edit: Edit) -> str | None:
    """The text an edit replaces, as it may be shown."""
    return _shown(edit, edit.before)


def after(edit: Edit) -> str | None:
    """The text an edit puts in place, as it may be shown."""
    return edit.after if edit.action is Action.RENAME else _shown(edit, edit.after)


def _shown(edit: Edit, text: str | None) -> str | None:
    if text is None or not is_secret_key(edit.key) or _HARMLESS.fullmatch(text):
        return text
    quoted = _QUOTES.fullmatch(text)
    return f"{quoted[1]}{MASK}{quoted[2]}" if quoted else MASK
