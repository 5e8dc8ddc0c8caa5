"""What became of a worker process at its start, and the setting that decided."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from doctor.causes import cause_about
from doctor.facts.configuration import Effect
from doctor.facts.logs import LogEvent, LogRun
from doctor.fixes import set_value
from doctor.logs import quote
from doctor.logs.catalogue import CATALOGUE
from doctor.model import Evidence, Fix, Safety
from doctor.schema import SCHEMA
from doctor.why import settings as keys
from doctor.why.episodes import order
from doctor.why.leaves import Leaf
from doctor.why.model import Fact, forward, start
from doctor.why.observed import setting
from doctor.why.reach import Stopped
from doctor.why.restarts import RECREATE, RESTART, restarted
from doctor.why.settings import Settings
from doctor.why.verdict import Cause, Certainty, ProcessVerdict
from doctor.why.versions import Version, recognised

if TYPE_CHECKING:
    from doctor.facts.configuration import Resolution

# Which last line of a process is which end.
ENDS: Mapping[str, Leaf] = {
    "go-panic-config": Leaf.X1,
    "worker-db-pool-failed": Leaf.X2,
    "gemini-key-missing": Leaf.X3,
    "gemini-client-failed": Leaf.X3,
    "worker-start-failed": Leaf.X4,
    "consumer-connect-failed": Leaf.X4,
    "go-panic-nil": Leaf.X5,
}
# What the error of a start says of the setting behind it; the first that fits counts.
DATABASE_KEYS: tuple[tuple[str, str], ...] = (
    ("database is required", keys.USER),
    ("SQLSTATE 28P01", "database.password"),
    ("password authentication failed", "database.password"),
    ("SQLSTATE 3D000", "database.name"),
    ("SQLSTATE 28000", keys.USER),
    ("no such host", "database.host"),
    ("lookup ", "database.host"),
    ("tls", "database.sslmode"),
    ("SSL", "database.sslmode"),
    ("connection refused", "database.port"),
)
GEMINI_KEYS = (("model", keys.MODEL), ("timeout", keys.TIMEOUT), ("time-out", keys.TIMEOUT))


def lives(runs: Sequence[LogRun]) -> list[LogRun]:
    """The lives of workers, the newest last."""
    workers = [each for each in runs if each.role in ("worker", "unknown") and each.milestones]
    return sorted(workers, key=lambda run: order(run.milestones[0]))


def version_of(run: LogRun | None, lines: Sequence[LogEvent] = ()) -> Version:
    """The version of the program that wrote these lines."""
    return _version(frozenset(each.id for each in (*lines, *(run.milestones if run is not None else ()))))


@lru_cache(maxsize=1_000)
def _version(ids: frozenset[str]) -> Version:
    known = (CATALOGUE.by_id[each] for each in sorted(ids) if each in CATALOGUE.by_id)
    return recognised((each.id, each.since, each.until) for each in known if each.source != "guide")


def ended(run: LogRun) -> tuple[Leaf, LogEvent] | None:
    """The end of a process that did not come to its work, and the line that shows it."""
    last = next((each for each in reversed(run.milestones) if each.id in ENDS), None)
    if last is None:
        return None
    # A worker that was stopped for another reason after it had worked.
    over = any(run.of("worker-started")) and last.id != "go-panic-nil"
    return None if over else (ENDS[last.id], last)


def judged(run: LogRun, settings: Settings, *, times: int = 1) -> ProcessVerdict:
    """What a log tells of one life; `times` is how many lives in turn ended like this."""
    version = version_of(run)
    end = ended(run)
    base = ProcessVerdict(started_at=run.started_at, stream=run.stream, version=version.words, changed=settings.changed)
    if end is None:
        return base
    leaf, line = end
    if leaf is Leaf.X5 and any(each.fields.get("batch_api_enabled") is True for each in run.of("gemini-service")):
        # A crash over something else.
        return replace(base, evidence=(quote.evidence(line, "the worker crashed"),))
    found = _cause(leaf, line, settings)
    often = f"; {times} starts in turn ended like this" if times > 1 else ""
    shown = (quote.evidence(line, f"{leaf.title}{often}"), *_behind(found, settings))
    certain = leaf is not Leaf.X5 or any(
        each.fields.get("batch_api_enabled") is False for each in run.of("gemini-service")
    )
    return ProcessVerdict(
        leaf,
        Certainty.PROVEN if certain else Certainty.LIKELY,
        run.started_at,
        run.stream,
        found,
        shown,
        _fix(leaf, found, settings, quote_text(line)),
        version.words,
        settings.changed,
    )


def quote_text(line: LogEvent) -> str:
    """The error of a line; of a crash, all of it."""
    return line.error or line.text


def _behind(found: Cause | None, settings: Settings) -> tuple[Evidence, ...]:
    if found is None or found.key not in settings.config.settings or found.changed:
        return ()
    shown = setting(settings.config, found.key, "the setting behind it")
    if isinstance(found.value, str) and found.value != settings.config.value(found.key) and found.value != "***":
        # What cannot be read has another value in its stead, which no process ever had.
        shown = replace(shown, text=f'{found.key} is "{found.value}"')
    return (shown,)


def _cause(leaf: Leaf, line: LogEvent, settings: Settings) -> Cause | None:
    text = quote_text(line)
    if leaf is Leaf.X1:
        # A crash over several settings names them on lines of their own; then what is refused now is named.
        key = key_in(text) or (key_in(settings.config.panic or "") if settings.config.outcome == "panic" else None)
    elif leaf is Leaf.X2:
        key = _database_key(text, settings.config)
    elif leaf is Leaf.X3:
        named = next((key for word, key in GEMINI_KEYS if word in text.lower()), keys.KEY)
        key = keys.KEY if line.id == "gemini-key-missing" else named
    else:
        key = keys.NATS_URL if leaf is Leaf.X4 else keys.CLIENT
    if key is None or key not in settings.config.settings:
        return None
    if leaf is Leaf.X1:
        return _refused(settings, key)
    if line.id == "gemini-key-missing":
        return settings.cause(key, "")
    return settings.cause(key, False) if leaf is Leaf.X5 else settings.cause(key)


def _refused(settings: Settings, key: str) -> Cause:
    """A setting that is refused: one that cannot be read with what is written, not with what stands in for it."""
    found = settings.config.settings[key]
    refused = next((each for each in found.candidates if each.problem and each.effect is Effect.WINS), None)
    written = None if refused is None else refused.entry.value if refused.entry is not None else refused.text
    plain = settings.cause(key)
    return plain if written is None or found.spec.secret else replace(plain, value=written)


def _database_key(text: str, config: Resolution) -> str:
    if not config.value(keys.USER) and config.outcome != "ok":
        return keys.USER
    return next((key for word, key in DATABASE_KEYS if word in text), "database.host")


def key_in(text: str) -> str | None:
    """The key that the text of a crash at start is about."""
    said = text.partition("panic: ")[2] or text
    # Names in quotes are those of the decoder, which writes them as Go does or as the file does.
    for word in re.findall(r"[A-Za-z_]+(?:\.[A-Za-z_]+)+", said):
        for name in (word.lower(), _snake(word)):
            key = next((known for known in (name, name.partition("config.")[2]) if known in SCHEMA), None)
            if key is not None:
                return key
    return None


def _snake(word: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", word).lower()


# --- without a log -----------------------------------------------------------------------------------------------


def expected(config: Resolution, database: Stopped | None = None) -> ProcessVerdict:
    """What a start would come to with this configuration, and with a way to the database that ends so."""
    world = _of_outcome(config)
    path = forward(start, world if database is None else {**world, Fact.DATABASE: "unreachable"})
    if path is None:
        return ProcessVerdict()
    settings = Settings(config, None)
    if path.answer(Fact.DATABASE) == "unreachable" and database is not None:
        return _shut_out(database, settings)
    found = _expected_cause(path.leaf, settings)
    shown = (setting(config, found.key, path.leaf.title),) if found is not None and found.key in config.settings else ()
    text = config.panic or ""
    fixed = _fix(path.leaf, found, settings, text)
    return ProcessVerdict(path.leaf, Certainty.LIKELY, cause=found, evidence=shown, fix=fixed)


def _shut_out(database: Stopped, settings: Settings) -> ProcessVerdict:
    found = settings.cause(database.key)
    shown = (database.evidence, setting(settings.config, database.key, "the setting behind it"))
    fixed = Fix(f"{database.advice} Then start the worker again.", ("codechunk-doctor check --only database", RESTART))
    return ProcessVerdict(Leaf.X2, Certainty.LIKELY, cause=found, evidence=shown, fix=fixed)


def _of_outcome(config: Resolution) -> dict[Fact, object]:
    user = "file" if config.outcome != "zero" else "nowhere"
    world: dict[Fact, object] = {Fact.DATABASE_USER: user, Fact.SETTINGS: "accepted"}
    if config.outcome == "panic":
        world[Fact.SETTINGS] = "refused"
    world[Fact.PROVIDER] = config.provider
    world[Fact.KEY] = bool(
        config.value(keys.KEY) or config.environment.get("GEMINI_API_KEY") or config.environment.get("GOOGLE_API_KEY")
    )
    model = config.value(keys.MODEL)
    world[Fact.GEMINI_SETTINGS] = "accepted" if model in ("", None, "gemini-embedding-001") else "refused"
    return world


def _expected_cause(leaf: Leaf, settings: Settings) -> Cause | None:
    config = settings.config
    if leaf is Leaf.X1:
        key = key_in(config.panic or "") or (config.problems[0].key if config.problems else keys.USER)
    elif leaf is Leaf.X2:
        key = keys.USER if config.outcome == "zero" else "database.host"
    elif leaf is Leaf.X3:
        key = keys.KEY if not settings.value(keys.KEY) else keys.MODEL
    else:
        key = keys.NATS_URL if leaf is Leaf.X4 else keys.CLIENT
    if key not in config.settings:
        return None
    return _refused(settings, key) if leaf is Leaf.X1 else settings.cause(key)


# --- what to do --------------------------------------------------------------------------------------------------


# What an error concerns that ends a start so.
ABOUT = {
    Leaf.X2: frozenset({"db"}),
    Leaf.X3: frozenset({"gem", "oai"}),
    Leaf.X4: frozenset({"nats", "consumer"}),
}


def _fix(leaf: Leaf, found: Cause | None, settings: Settings, text: str) -> Fix:
    look = "codechunk-doctor check"
    if leaf is Leaf.X1 or (leaf is Leaf.X2 and found is not None and found.key == keys.USER):
        key = found.key if found is not None else "the setting"
        return Fix(f"Put {key} right in the file that the worker loads; `{look}` shows the line and the edit.", (look,))
    if leaf is Leaf.X3 and found is not None and found.key == keys.KEY:
        given = ("export CODECHUNK_GEMINI_API_KEY='your key'", RECREATE)
        return Fix("Give the worker a Gemini key and start it again.", given)
    if leaf is Leaf.X5:
        words = f"Set {keys.CLIENT} to true and restart the worker, or finish the batches that wait."
        return restarted(set_value(settings.config, keys.CLIENT, "true", words, safety=Safety.SAFE))
    known = cause_about(text, ABOUT[leaf]) if text else None
    area = {Leaf.X2: "database", Leaf.X3: "gemini", Leaf.X4: "nats"}[leaf]
    first = known.fix if known is not None and known.fix else f"Put right what the error names ({leaf.title})."
    return Fix(f"{first} Then start the worker again.", (f"{look} --only {area}", RESTART))
