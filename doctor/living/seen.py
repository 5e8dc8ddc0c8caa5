"""A report as it was written to a file: what of it can be compared with another one."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from doctor.identity import identity
from doctor.model import Finding, Location, OutcomeKind, Place, Severity, Suppression
from doctor.values import value

SCHEMA = "codechunk-doctor/report/1"
JUDGED = (OutcomeKind.PASSED, OutcomeKind.FOUND)


@value
class SeenCheck:
    """How one check ended."""

    id: str
    title: str
    outcome: OutcomeKind
    reason: str | None
    findings: tuple[Finding, ...] = ()

    @property
    def judged(self) -> bool:
        """Whether it gave an answer."""
        return self.outcome in JUDGED

    def identity(self, finding: Finding) -> str:
        """What makes a finding of this check the same one in another report."""
        return identity(self.id, finding)


@value
class SeenReport:
    """One report; `name` is how the file was given."""

    name: str
    directory: str
    started_at: str
    checks: tuple[SeenCheck, ...]

    def check(self, id: str) -> SeenCheck | None:
        """How a check ended, None when it was not selected."""
        return next((each for each in self.checks if each.id == id), None)


class NoReport(ValueError):
    """A text that is no report, or not one that can be read here; the message says why."""


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True)


class _Location(_Strict):
    kind: Place
    path: str | None
    line: int | None
    column: int | None
    key: str | None
    name: str | None
    detail: str | None


class _Suppressed(_Strict):
    by: str
    reason: str


class _Finding(_Strict):
    severity: Severity
    message: str
    locations: list[_Location]
    suppressed: _Suppressed | None


class _Check(_Strict):
    id: str
    title: str
    outcome: OutcomeKind
    reason: str | None
    findings: list[_Finding]


class _Target(_Strict):
    directory: str


class _Report(_Strict):
    schema_: Literal["codechunk-doctor/report/1"]
    target: _Target
    started_at: str
    checks: list[_Check]

    model_config = ConfigDict(strict=True, alias_generator=lambda name: name.rstrip("_") if name == "schema_" else name)


def parse(text: str, name: str) -> SeenReport:
    """Read the text of `check --format json`. Raises NoReport."""
    try:
        written = _Report.model_validate_json(text)
    except ValidationError as error:
        raise NoReport(_explain(error)) from None
    checks = tuple(
        SeenCheck(each.id, each.title, each.outcome, each.reason, tuple(map(_finding, each.findings)))
        for each in written.checks
    )
    return SeenReport(name, written.target.directory, written.started_at, checks)


def _finding(written: _Finding) -> Finding:
    places = [Location(**each.model_dump()) for each in written.locations]
    if not places:
        raise NoReport("a finding in it has no place")
    suppressed = Suppression(**written.suppressed.model_dump()) if written.suppressed is not None else None
    return Finding(
        written.message, at=places[0], related=tuple(places[1:]), severity=written.severity, suppressed=suppressed
    )


def _explain(error: ValidationError) -> str:
    fault = error.errors(include_url=False, include_input=True)[0]
    if fault["type"] == "json_invalid":
        return f"is not valid JSON ({fault['ctx']['error']})"
    where = ".".join(map(str, fault["loc"]))
    if where == "schema":
        given = fault["input"] if fault["type"] == "literal_error" else None
        if isinstance(given, str):
            return f"is no report: it says to be {given!r:.80}, and not {SCHEMA!r}"
        return f"is no report: it has no `schema`: {SCHEMA!r}"
    what = "is missing" if fault["type"] == "missing" else fault["msg"].replace("Input should be", "should be")
    return f"is a damaged report: {where or 'it'}: {what}"
