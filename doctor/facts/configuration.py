"""The configuration as the program sees it, with the place every value came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any

from doctor.golang.duration import format_duration
from doctor.model import Location
from doctor.redact import strip_user
from doctor.values import value

if TYPE_CHECKING:
    from doctor.schema import KeySpec


class Source(StrEnum):
    """Who supplies a value."""

    FILE = "file"
    ENV = "env"
    DEFAULT = "default"


class Effect(StrEnum):
    """What becomes of a candidate."""

    WINS = "wins"
    OVERRIDDEN = "overridden"
    IGNORED = "ignored"


class FileProblem(StrEnum):
    """Why no configuration file counts, or why the one that was asked for is dropped."""

    MISSING = "missing"
    DIRECTORY = "directory"
    UNREADABLE = "unreadable"
    UNSUPPORTED = "unsupported"
    BROKEN = "broken"
    TOO_LARGE = "too large"


class ProblemKind(StrEnum):
    """At which step of the start-up a value is refused."""

    DECODE = "decode"
    VALIDATION = "validation"


@value
class Duplicate:
    """
    A key that stands twice in one mapping; places count from 1.

    `identical` when both are one line, with all of the value on it, and both lines read the same.
    """

    key: str
    first_line: int
    line: int
    column: int
    identical: bool
    first_column: int | None = None


@value
class ConfigFile:
    """
    The search for the file and what came of it.

    `path` is the file that was chosen (relative to the installation's directory unless it was given absolute or
    lies elsewhere), loaded or not; None when the search finds nothing. `searched` are all files that the search
    would accept, in its order, also when another one is given; `nearby` are files that may have been meant, looked up
    only when there is none. `format` is yaml, json, toml or dotenv, `readable`
    whether the doctor itself could read the file (None: not tried). `container` names the one that it was read
    in; `here` is false when no file of this machine is the same, and paths are then those inside.
    """

    argument: str | None
    path: str | None
    loaded: bool
    problem: FileProblem | None = None
    problem_text: str | None = None
    line: int | None = None
    column: int | None = None
    duplicates: tuple[Duplicate, ...] = ()
    searched: tuple[str, ...] = ()
    nearby: tuple[str, ...] = ()
    further_documents: tuple[int, ...] = ()
    format: str | None = None
    size: int | None = None
    mode: int | None = None
    owner: int | None = None
    group: int | None = None
    readable: bool | None = None
    container: str | None = None
    here: bool = True

    def where(self, detail: str | None = None) -> Location:
        """The file (and line, where it is broken) as a place to point at."""
        path = self.path or self.argument or "configs/config.yaml"
        return Location.file(path, self.line, self.column, detail=self.detail(detail))

    def detail(self, text: str | None = None) -> str | None:
        """What is said of a place in the file; the container where a reader would look for it on this machine."""
        inside = f"in container {self.container}" if not self.here else None
        return "; ".join(part for part in (text, inside) if part) or None


@value
class Entry:
    """
    One key as it stands in the loaded file.

    `key` is how viper sees it (dotted, lower case), `spelled` how it is written (dotted where nested).
    For scalars `written` is the text in the file including quotes and tag, without a comment; `style` is plain,
    single, double, literal or folded; `tag` the yaml.v3 resolution (`!!str`, `!!int`, `!!float`, `!!bool`, `!!null`,
    `!!timestamp`, ...); `value` what yaml.v3 hands on. `kind` is scalar, mapping or sequence. `counts` is false when
    another spelling of the same key wins. `merged` when it comes in through a merge key or alias.
    `comment` is what follows a scalar on its line, from the `#` on; `end_line` the last line of a scalar.
    `anchors` when the value, or something in it, carries an anchor that an alias outside of it names.
    """

    key: str
    spelled: str
    kind: str
    location: Location
    key_location: Location
    written: str = ""
    style: str = "plain"
    tag: str = "!!null"
    value: Any = None
    counts: bool = True
    merged: bool = False
    comment: str | None = None
    end_line: int | None = None
    anchors: bool = False


@value
class Candidate:
    """One place that offers a value for a key, and what becomes of it. `text` is as written: redact before showing."""

    source: Source
    text: str
    value: Any
    effect: Effect
    reason: str
    location: Location | None
    problem: str | None = None
    entry: Entry | None = None


@value
class Problem:
    """
    Something the program refuses at start.

    `text` is its own wording (secret values included: redact before showing). `key` is the dotted key at fault
    (`connectors[0].name` for list elements).
    """

    kind: ProblemKind
    key: str
    text: str


@value
class Setting:
    """One key of the schema: its value as the program would use it, and everything that was offered for it."""

    spec: KeySpec
    value: Any
    source: Source
    location: Location
    candidates: tuple[Candidate, ...]
    problem: Problem | None = None

    @property
    def key(self) -> str:
        """The dotted key."""
        return self.spec.key

    @property
    def shown(self) -> str:
        """The value as a report may show it: Go's notation for durations, `***` for a secret that is set."""
        if self.spec.secret:
            return "***" if self.value else '""'
        if self.spec.kind == "duration":
            return format_duration(self.value)
        if self.spec.kind == "connectors":
            return f"{len(self.value or ())} entries"
        if isinstance(self.value, bool):
            return "true" if self.value else "false"
        if isinstance(self.value, str):
            return f'"{strip_user(self.value)}"'
        return "unset" if self.value is None else str(self.value)

    @property
    def winner(self) -> Candidate | None:
        """The candidate whose value holds, None when the built-in zero value does."""
        return next((c for c in self.candidates if c.effect is Effect.WINS), None)

    @property
    def entry(self) -> Entry | None:
        """The line of the file that supplies the value, None when something else does."""
        winner = self.winner
        return winner.entry if winner is not None and winner.source is Source.FILE else None

    @property
    def file_entry(self) -> Entry | None:
        """The line of the file that offers a value for this key, whether it wins or not."""
        return next((c.entry for c in self.candidates if c.entry is not None and c.entry.counts), None)


@value
class ConnectorField:
    """One field of a connector entry."""

    value: Any
    entry: Entry | None


@value
class Connector:
    """
    One entry of `connectors`, as decoded; `fields` has name, type, base_url, auth_token, groups, projects.

    `others` are fields that it has besides, which the program ignores.
    """

    index: int
    fields: Mapping[str, ConnectorField]
    location: Location
    others: tuple[Entry, ...] = ()


@dataclass(frozen=True)
class Resolution:
    """
    What the program makes of its file and environment.

    `outcome` is `ok`, `panic` (the program stops at start with `panic` as its text) or `zero` (database.user is set
    nowhere: the program goes on with an all-zero configuration). `values` is the decoded configuration, None
    unless `ok`. `settings`, `connectors` and `problems` are the as-repaired view: what would hold once the
    start-up problem is gone (a key that does not decode has its default there).

    None of the texts is redacted: `panic`, `read_error` and candidate texts can hold what a user wrote.
    """

    config_file: str | None
    read_error: str | None
    outcome: str
    panic: str | None
    values: Mapping[str, Any] | None
    file: ConfigFile
    entries: tuple[Entry, ...] = ()
    problems: tuple[Problem, ...] = ()
    connectors: tuple[Connector, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Setting] = field(default_factory=dict)

    def value(self, key: str) -> Any:
        """The value of a key in the as-repaired view, durations as integer nanoseconds."""
        return self.settings[key].value

    def where(self, key: str) -> Location:
        """The place that supplies the value of a key; for a default, the file that does not have it."""
        return self.settings[key].location

    @cached_property
    def by_key(self) -> Mapping[str, tuple[Entry, ...]]:
        """The entries of the file by dotted lower-case key."""
        found: dict[str, tuple[Entry, ...]] = {}
        for entry in self.entries:
            found[entry.key] = (*found.get(entry.key, ()), entry)
        return found

    def show(self, key: str) -> str:
        """The value of a key as a report may show it: Go's notation for durations, `***` for a secret."""
        return self.settings[key].shown

    def has_section(self, prefix: str) -> bool:
        """Whether the loaded file has this key or anything below it."""
        return any(key == prefix or key.startswith(prefix + ".") for key in self.by_key)

    # What the families ask again and again, under the names the reference uses.

    @property
    def provider(self) -> str:
        """`gemini` or `openai` (empty counts as gemini)."""
        return str(self.value("embedding.provider") or "gemini")

    @property
    def batch_wanted(self) -> bool:
        """batch_processing.enabled with provider gemini: the batch road is taken."""
        return bool(self.value("batch_processing.enabled")) and self.provider == "gemini"

    @property
    def batch_client(self) -> bool:
        """gemini.batch.enabled with provider gemini: the worker makes a batch client."""
        return bool(self.value("gemini.batch.enabled")) and self.provider == "gemini"

    @property
    def falls_back(self) -> bool:
        """batch_processing.fallback_to_sequential."""
        return bool(self.value("batch_processing.fallback_to_sequential"))

    @property
    def job_limit(self) -> int:
        """The time a job really has, in nanoseconds: worker.job_timeout, cut to the worker's fixed 35 minutes."""
        return min(int(self.value("worker.job_timeout")), 35 * 60 * 1_000_000_000)
