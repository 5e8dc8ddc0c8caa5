"""What a run says: findings, outcomes and the report, as frozen values."""

from __future__ import annotations

from dataclasses import field, replace
from enum import StrEnum
from typing import Self

from doctor.values import value


class Severity(StrEnum):
    """How bad a finding is; ordered from NOTE (worth knowing) to ERROR (it will not work)."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """0 for errors, growing as things get less bad: sorts worst first."""
        return _RANKS[self]

    def at_least(self, threshold: Severity) -> bool:
        """Whether this is as bad as `threshold` or worse."""
        return self.rank <= threshold.rank


_RANKS = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


class OutcomeKind(StrEnum):
    """The five ways a check can end; nothing that did not run looks like a pass."""

    PASSED = "passed"
    FOUND = "found"
    SKIPPED = "skipped"
    BLOCKED = "blocked"
    CRASHED = "crashed"


class Safety(StrEnum):
    """Whether a fix may be applied on request (SAFE), only when named (UNSAFE), or by hand (NONE)."""

    SAFE = "safe"
    UNSAFE = "unsafe"
    NONE = "none"


class Guide(StrEnum):
    """The sections of the users' troubleshooting guide; the value is the title that is printed."""

    SEQUENTIAL = '"Falling back to sequential" - Batch processing not working'
    JOBS = "Database jobs not showing up"
    LISTING = "Batch jobs failing to list"
    PERMISSIONS = "Permission errors"
    CREATED = "Where Jobs Are Created"
    NOTES = "Important Notes"
    FORBIDDEN = "Google API File Download Errors (403 PERMISSION_DENIED)"
    PREREQUISITES = "Prerequisites for Using Google Gemini Batches API"
    VERIFYING = "Verifying Batch Processing is Active"
    CONFIGURATION = "Configuration"
    DATABASE_USAGE = "Check Database Jobs"
    BATCH_USAGE = "Check Batch Embedding Jobs"


class Place(StrEnum):
    """What kind of thing a location points at (`kind` in the report)."""

    FILE = "file"
    ENV = "env"
    LOG = "log"
    DATABASE = "database"
    NETWORK = "network"
    PATH = "path"
    CONTAINER = "container"
    PROCESS = "process"


@value
class Location:
    """
    One place a finding points at.

    `path` is relative to the installation's directory with forward slashes when it lies below it, absolute
    otherwise. `line` and `column` count from 1. `key` is a dotted configuration key, `name` a variable,
    container, process or host. `detail` is for people and never holds a secret.
    """

    kind: Place
    path: str | None = None
    line: int | None = None
    column: int | None = None
    key: str | None = None
    name: str | None = None
    detail: str | None = None

    @classmethod
    def file(
        cls,
        path: str,
        line: int | None = None,
        column: int | None = None,
        *,
        key: str | None = None,
        detail: str | None = None,
    ) -> Self:
        """A place in a file."""
        return cls(Place.FILE, path=path, line=line, column=column, key=key, detail=detail)

    @classmethod
    def env(
        cls,
        name: str,
        *,
        key: str | None = None,
        path: str | None = None,
        line: int | None = None,
        detail: str | None = None,
    ) -> Self:
        """A variable; `path` and `line` when a file (`--env-file`) supplies it."""
        return cls(Place.ENV, path=path, line=line, key=key, name=name, detail=detail)

    @classmethod
    def directory(cls, path: str, *, key: str | None = None, detail: str | None = None) -> Self:
        """A file or directory as such, not a line in it."""
        return cls(Place.PATH, path=path, key=key, detail=detail)


@value
class Evidence:
    """Something seen that supports a finding: what, where, and what it proves."""

    kind: str
    text: str
    location: Location | None = None
    proves: str | None = None


class Action(StrEnum):
    """What an edit does to its key, or to the path itself; `doctor.fixing.path_edits` makes those."""

    SET = "set"
    DELETE = "delete"
    RENAME = "rename"
    MAKE_DIRECTORY = "make directory"
    MODE = "mode"
    OWNER = "owner"
    REMOVE = "remove"


@value
class Edit:
    """
    One change to one key of one file.

    `before` is the text in the file (None: the key is inserted), `after` the text as it shall stand in the file
    (YAML, quotes included; the new name for RENAME; None for DELETE).
    """

    path: str
    key: str
    before: str | None
    after: str | None
    line: int | None = None
    action: Action = Action.SET


class VerificationStatus(StrEnum):
    """What trying a fix on a copy showed."""

    VERIFIED = "verified"
    WOULD_CAUSE = "would_cause"
    CANNOT_VERIFY = "cannot_verify"


@value
class Verification:
    """The result of trying a fix on a copy."""

    status: VerificationStatus
    detail: str


@value
class Fix:
    """What to do about a finding: one sentence, commands to type, edits that a program could apply."""

    summary: str
    commands: tuple[str, ...] = ()
    edits: tuple[Edit, ...] = ()
    safety: Safety = Safety.NONE
    verification: Verification | None = None


@value
class Suppression:
    """Why a finding does not count: listed in a baseline or ignored by the doctor's configuration."""

    by: str
    reason: str


@value
class Finding:
    """
    One thing that is wrong.

    `message` says what, with the value at hand (never a secret's). `at` is the place that causes it. `severity`
    is only given where it depends on the situation; otherwise the check's own holds. `note` is the one sentence
    for readers of the guide where the program behaves otherwise.
    """

    message: str
    at: Location
    related: tuple[Location, ...] = ()
    severity: Severity | None = None
    fix: Fix | None = None
    evidence: tuple[Evidence, ...] = ()
    note: str | None = None
    suppressed: Suppression | None = None

    @property
    def locations(self) -> tuple[Location, ...]:
        """The primary place first, then the related ones."""
        return (self.at, *self.related)

    def with_evidence(self, *more: Evidence) -> Finding:
        """The same finding with further evidence."""
        return replace(self, evidence=(*self.evidence, *more))


@value
class Outcome:
    """How one check ended. `reason` of a blocked check begins with the id of the check or source that blocks it."""

    kind: OutcomeKind
    findings: tuple[Finding, ...] = ()
    reason: str | None = None
    trace: str | None = None
    duration_ms: float = 0.0


@value
class CheckResult:
    """A check's identity and its outcome, as reporters see it."""

    id: str
    family: str
    title: str
    guide: str | None
    why: str
    outcome: Outcome


@value
class WorkerSummary:
    """Where the worker runs and how that is known; `state` is what its container does instead of running."""

    location: str
    kind: str
    name: str | None
    state: str | None = None


@value
class TargetSummary:
    """What was examined, for the head of a report."""

    directory: str
    config_arg: str | None
    config_file: str | None
    worker: WorkerSummary
    offline: bool


@value
class Report:
    """One whole run."""

    target: TargetSummary
    started_at: str
    duration_ms: float
    results: tuple[CheckResult, ...]
    incomplete: str | None = None
    notices: tuple[str, ...] = field(default=())
    # About the doctor's own settings, and so no part of what is reported: for standard error.
    asides: tuple[str, ...] = ()

    def count(self, kind: OutcomeKind) -> int:
        """How many checks ended this way."""
        return sum(result.outcome.kind is kind for result in self.results)

    def findings(self, severity: Severity | None = None) -> tuple[Finding, ...]:
        """The findings that count (not suppressed), of one severity or all."""
        return tuple(
            finding
            for result in self.results
            for finding in result.outcome.findings
            if finding.suppressed is None and severity in (None, finding.severity)
        )

    def suppressed(self) -> int:
        """How many findings are suppressed."""
        return sum(finding.suppressed is not None for result in self.results for finding in result.outcome.findings)
