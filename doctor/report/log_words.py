"""Words for logs: times as they are shown, lines of others made harmless, what the kinds of lines are known to mean."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from doctor.facts.logs import LogEvent
from doctor.redact import MASK, is_secret_name
from doctor.report.figures import quoted
from doctor.report.terminal import one_line

if TYPE_CHECKING:
    from doctor.logs.catalogue import Entry

# What build servers take for commands to themselves: at the beginning of a line, or anywhere in one.
_COMMAND = re.compile(r"(?<!\S):(?=:)|#(?=#(?:\[|vso\[|teamcity\[))")
# More of a text tells nobody anything.
LONGEST = 2000
# Fields within fields: no line of the program goes further down.
DEEPEST = 20


def data(text: str) -> str:
    """A text out of a log in one line: nothing in it steers a terminal, or tells a build server what to do."""
    return _COMMAND.sub(lambda found: f"\\x{ord(found[0]):02x}", one_line(text[: 4 * LONGEST]))[:LONGEST]


def named(text: str) -> str:
    """Such a text within a sentence of ours, in quotes."""
    return quoted(data(text))


# --- times


def moment(time: float | None) -> str | None:
    """RFC 3339 in UTC, for machines; None also for a time beyond what a calendar has."""
    at = _date(time)
    if at is None:
        return None
    return at.isoformat(timespec="microseconds" if at.microsecond else "seconds").replace("+00:00", "Z")


def _date(time: float | None) -> datetime | None:
    try:
        return None if time is None else datetime.fromtimestamp(round(time, 6), UTC)
    except (ValueError, OverflowError, OSError):
        return None


@dataclass(frozen=True)
class Clock:
    """Shows times as short as they can be told apart: without the day when all are of one."""

    first: float | None
    last: float | None

    @property
    def _form(self) -> str:
        first, last = _date(self.first), _date(self.last)
        if first is None or last is None or first.year != last.year:
            return "%Y-%m-%d %H:%M:%S"
        return "%H:%M:%S" if first.date() == last.date() else "%m-%d %H:%M:%S"

    def at(self, time: float | None) -> str:
        """One moment; `-` for none."""
        date = _date(time)
        return "-" if date is None else date.strftime(self._form)

    @property
    def width(self) -> int:
        """The columns that one takes."""
        return len(self.at(0.0))

    def span(self, first: float | None, last: float | None) -> str:
        """From one to the other, or the one."""
        begin, end = self.at(first), self.at(last)
        if begin == "-" or begin == end:
            return "" if end == "-" else f"at {end}"
        return f"{begin} to {end}"

    @property
    def whole(self) -> str:
        """All of it, with the day."""
        first, last = _date(self.first), _date(self.last)
        if first is None or last is None:
            return ""
        begin = f"{first:%Y-%m-%d %H:%M:%S}"
        if first == last:
            return f"{begin} UTC"
        return f"{begin} to {last.strftime('%H:%M:%S' if first.date() == last.date() else '%Y-%m-%d %H:%M:%S')} UTC"


def lasting(seconds: float) -> str:
    """A duration in its two largest units: `1m05s`."""
    from doctor.report.figures import duration

    start = datetime(2000, 1, 1, tzinfo=UTC)
    try:
        return duration(start, datetime.fromtimestamp(start.timestamp() + seconds, UTC))
    except (ValueError, OverflowError, OSError):
        return "ages"


def many(count: int, one: str, more: str | None = None) -> str:
    """`1 line`, `1,234 lines`."""
    return f"{count:,} {one if count == 1 else more or one + 's'}"


def listed(words: Iterable[str], last: str = "and") -> str:
    """`a, b and c`."""
    *head, tail = list(words)
    return f"{', '.join(head)} {last} {tail}" if head else tail


# --- lines


def place(event: LogEvent) -> str:
    """`worker.log:12`."""
    path = input_name(event.path) or "?"
    return f"{path}:{event.line}" if event.line else path


def input_name(path: str) -> str:
    """The name of an input."""
    return "standard input" if path == "-" else data(path)


def service(event: LogEvent) -> str:
    """Who wrote it; empty where nothing tells."""
    return data(event.stream)


def message(event: LogEvent) -> str:
    """What the line says, with its error behind."""
    said = data(event.message or event.text)
    error = data(event.error)
    return f"{said}: {error}" if error and error != "{}" and error not in said else said


def shown_fields(fields: Mapping[Any, object], depth: int = 0) -> dict[str, Any]:
    """Fields as JSON can hold them; a text that is a secret by its name is masked, numbers (of tokens) are not."""
    return {str(name): _shown(str(name), value, depth) for name, value in fields.items()}


def _shown(name: str, value: object, depth: int) -> Any:
    if isinstance(value, Mapping | list | tuple):
        if depth == DEEPEST:
            return "..."
        if isinstance(value, Mapping):
            return shown_fields(value, depth + 1)
        return [_shown(name, each, depth + 1) for each in value]
    if isinstance(value, str):
        return MASK if value and is_secret_name(name) else value
    if value is None or isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return str(value)


# --- what kinds of lines mean


def meaning(id: str, fields: Mapping[str, object] | None = None) -> str:
    """What a kind of line means, with these fields if given; empty for one that nobody knows."""
    entry = _entry(id)
    return "" if entry is None else entry.meaning_of(fields or {})


def fix(id: str) -> str:
    """What to do about a kind of line; empty when nothing is known."""
    entry = _entry(id)
    return "" if entry is None else entry.fix


def text_of(id: str) -> str:
    """The message of a kind of line; its id where that is no fixed text."""
    entry = _entry(id)
    return (entry.message if entry is not None else None) or id


def _entry(id: str) -> Entry | None:
    from doctor.logs.catalogue import CATALOGUE

    return CATALOGUE.by_id.get(id)


# Lines whose words say something else than what the program does.
MISLEADING: Mapping[str, str] = {
    "queue-create-failed": "nothing becomes sequential by this; repositories above the threshold take the batch road "
    "all the same, only without the queue.",
    "batch-quota-exceeded": "the step that says so calls no API: it stores rows in the database, and its error holds "
    '"429" or a quota word by accident. Real quota trouble is said by the lines of the submission.',
    "async-batch-unsupported": "nothing is generated synchronously either: batches are queued and never sent "
    "(provider openai), or fail for want of a batch client (provider gemini).",
    "embed-mode-production": "this only says that test vectors are off and the batch road was tried; it can still "
    'fail or fall back. What proves batching is "Batch queued for submission", and in the end '
    '"Batch marked as completed".',
    "batch-all-async": "this also follows a fallback to sequential, and is said when batches are stored in the "
    "database; the vectors come later, or never.",
    "batch-all-submitted-old": "this also follows a fallback to sequential, and is said when batches are stored in "
    "the database; the vectors come later, or never.",
    "embed-engine-failed": "the job and its repository end as completed all the same when the text index worked; "
    "the repository has no vectors, and only repositories.embedding_index_status tells.",
    "git-token-auth": "with a token in its environment the program does not run git at all; the workspace stays "
    "empty, and the job fails for want of chunks.",
    "git-ssh-auth": "with SSH_KEY_PATH in its environment the program does not run git at all; the workspace stays "
    "empty, and the job fails for want of chunks.",
    "embed-direct": "this is the batch road; only the in-memory queue is left out.",
    "poll-retry": "the retry never sends the batch again, so it always ends as permanently failed.",
    "api-batch-enable-failed": "this is the API, which embeds search queries only; indexing is done by the worker, "
    "and is not touched by it.",
    "api-nats-connect-failed": "the mock takes every job and drops it: repositories are accepted, and their jobs stay "
    "pending until the API is started again.",
    "api-nats-publisher-failed": "the mock takes every job and drops it: repositories are accepted, and their jobs "
    "stay pending until the API is started again.",
    "api-nats-stream-failed": "the mock takes every job and drops it: repositories are accepted, and their jobs stay "
    "pending until the API is started again.",
    "zk-hybrid-degraded": "it stands at INFO, but the search lost its text half.",
    "guide-not-implemented": "no released version prints this text, though the guide quotes it; look at the lines "
    "around it for what really happened.",
    "guide-not-fully-implemented": "only builds of 2025-11-26 and 27 had this text, in a function that nothing calls.",
    "guide-using-test": "no released version prints this; and test embeddings store made-up vectors, they do not make "
    "a job sequential.",
    "guide-using-batch-api": 'no released version prints this; what proves batching is "Batch queued for submission", '
    'and in the end "Batch marked as completed".',
}
# Lines that are just what they seem when one of these is there too.
BORNE_OUT: Mapping[str, str] = {
    "embed-mode-production": "batch-queued",
    "batch-all-async": "poll-marked-completed",
    "batch-all-submitted-old": "poll-marked-completed",
}
OUTER_LEVEL = (
    "level=INFO at the beginning of every line: it stands before errors too. The level of a line is the one inside its "
    "msg, and log.level changes nothing."
)
