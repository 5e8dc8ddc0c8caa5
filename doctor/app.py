"""Wires settings, sources, checks and redaction into one run; what the command line and the tests call."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from doctor import facts, interruption
from doctor.engine import (
    Closing,
    Facts,
    OutOfTime,
    Run,
    Source,
    Touches,
    examine,
    observe,
    required,
    touched,
    wanted_by,
)
from doctor.errors import SourceError, UsageError, Withheld
from doctor.known import secrets as secrets
from doctor.model import CheckResult, OutcomeKind, Report, Severity, TargetSummary, WorkerSummary
from doctor.redact import Redactor
from doctor.registry import Registry, installed
from doctor.ruling import NO_BASELINE, ruled, rules_of
from doctor.scrub import scrub as scrub
from doctor.target import Deadline, Target, straight

if TYPE_CHECKING:
    from doctor.facts.logs import LogEvent, Logs
    from doctor.facts.logselection import LogSelection
    from doctor.facts.why import WhySelection
    from doctor.logs.scan import Window
    from doctor.settings import Settings
    from doctor.sources.logs.inputs import Input
    from doctor.why.verdict import Why

Value = TypeVar("Value")


# So many logs that were not read as a whole are named by `why`.
MOST_BROKEN = 5
# What the head of a report is made of, and what holds secrets that the rest must not show.
HEAD = (facts.Worker, facts.Environment, facts.Resolution, facts.Dotenv, facts.Compose)


def sources(*, offline: bool = False, own_logs: bool = False) -> tuple[Source, ...]:
    """
    All sources, in the order in which they are started when nothing makes them wait.

    With `offline` those that need a socket are not even loaded. With `own_logs`, for a run to which none were named,
    the worker's own log is read.
    """
    from doctor.sources import configuration, directories, environment, installation, keys, peers, running, worker
    from doctor.sources.logs import logs
    from doctor.sources.services import place

    local = (worker, environment, configuration, peers, installation, directories, keys, place, running, logs)
    found = tuple(each for module in local for each in module.SOURCES)
    if own_logs:
        found = tuple(each for each in found if each not in logs.SOURCES) + logs.OWN
    if offline:
        return found
    from doctor.sources import database, docker, gemini, nats, openai
    from doctor.sources.services import api, indexed, zoekt

    services = (*zoekt.SOURCES, *api.SOURCES, *indexed.SOURCES)
    return (*docker.SOURCES, *found, *database.SOURCES, *gemini.SOURCES, *openai.SOURCES, *nats.SOURCES, *services)


def target_of(settings: Settings) -> Target:
    """
    What the settings ask to examine.

    Raises UsageError when the directory, the `--env-file` or one of the logs is not there. An `--env-file` that is a
    pipe is read now.
    """
    directory = straight(settings.directory.absolute())
    if not directory.is_dir():
        raise UsageError(f"--dir {settings.directory}: there is no such directory; give the checkout's")
    env_file = settings.env_file
    if env_file is not None:
        from doctor.sources.envfile import located

        env_file = located(env_file, settings.deadline)
    if settings.logs:
        from doctor.sources.logs.names import named

        # Said at once, whether or not a check of this run asks for them.
        for each in settings.logs:
            named(each, Path.cwd())
    return Target(
        directory,
        config_argument=settings.config,
        shell={} if settings.clean_env else _shell(),
        env_file=env_file,
        given=settings.env,
        clean=settings.clean_env,
        worker=settings.worker,
        offline=settings.offline,
        logs=settings.logs,
    )


def _shell() -> dict[str, str]:
    import os

    return dict(os.environ)


def diagnose(
    settings: Settings, *, known: Mapping[type[Any], object] | None = None, registry: Registry | None = None
) -> Report:
    """
    One run of the selected checks, redacted.

    `known` are facts that take the place of what a source would observe. Raises UsageError for what a user must put
    right before anything runs; never raises for what the run finds.
    """
    report, found = examined(settings, known=known, registry=registry)
    return scrub(report, redactor(found, registry))


def examined(
    settings: Settings,
    *,
    known: Mapping[type[Any], object] | None = None,
    registry: Registry | None = None,
    stored: Target | None = None,
) -> tuple[Report, Facts]:
    """
    The same run with the facts that it is based on, neither redacted.

    `stored` is what was examined when the known facts were observed: nothing is looked at in this run.
    """
    started, clock = datetime.now(UTC), time.monotonic()
    registry = registry or installed()
    selected = registry.select(settings.only, settings.skip)
    silenced = {check.id for pattern in settings.skip for check in registry.matching(pattern)}
    target = stored or target_of(settings)
    rules = rules_of(settings, registry)
    run = examine(
        target,
        registry,
        sources(offline=target.offline, own_logs=not target.logs) if stored is None else (),
        selected,
        silenced=silenced,
        known={facts.Baseline: Withheld(NO_BASELINE), **(known or {})},
        also=HEAD,
        ends_at=clock + settings.deadline if settings.deadline is not None else None,
    )
    report = Report(
        summarise(target, run.facts),
        started.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        (time.monotonic() - clock) * 1000,
        _by_hand(run.results, run.facts),
        run.incomplete or _unread(run) or _interrupted(),
        notices(run.facts),
    )
    if rules is not None:
        # They are about what people see, and that has no secrets.
        shown = scrub(report.results, redactor(run.facts, registry))
        report = ruled(report, shown, rules, registry, settings)
    return report, run.facts


def _by_hand(results: tuple[CheckResult, ...], found: Facts) -> tuple[CheckResult, ...]:
    """The same; where only a container has the examined file, changes to it are left to the reader."""
    resolved = _maybe(found, facts.Resolution)
    if resolved is None or resolved.file.here:
        return results
    from doctor.fixes import by_hand

    return tuple(by_hand(each, resolved.file) for each in results)


def _unread(run: Run) -> str | None:
    """Why logs that were named were judged by a part of them only, or a selected check not at all."""
    target, logs = _maybe(run.facts, Target), run.facts.get(facts.Logs)
    if target is None or not target.logs or not isinstance(logs, SourceError):
        return _partly(_logs(run.facts))
    blocked = (each.outcome.reason for each in run.results if each.outcome.kind is OutcomeKind.BLOCKED)
    return logs.reason if str(logs) in blocked else None


def _interrupted() -> str | None:
    """That the user wanted an end; then a run is never complete, so that the exit status is the same each time."""
    return interruption.REASON if interruption.asked() else None


def _partly(logs: Logs | None) -> str | None:
    return f"a log was {logs.unfinished}" if logs is not None and logs.unfinished is not None else None


def _logs(found: Facts) -> Logs | None:
    """What was read, without loading what it is made of when none was named."""
    target = _maybe(found, Target)
    return _maybe(found, facts.Logs) if target is not None and target.logs else None


def resolution(settings: Settings) -> tuple[facts.Resolution, tuple[str, ...]]:
    """
    The configuration as the program sees it, not redacted, and what a reader must know to trust it.

    Raises UsageError like `diagnose`, and SourceError.
    """
    target = target_of(settings)
    every = sources(offline=True)
    if not target.offline:
        from doctor.sources import docker

        every = (*docker.SOURCES, *every)
    ends_at = time.monotonic() + settings.deadline if settings.deadline is not None else None
    found = observe(target, required((facts.Resolution,), every), ends_at=ends_at)
    return _fact(found, facts.Resolution), _whose(found)


def jobs(settings: Settings, selection: facts.JobSelection) -> facts.JobList | Report:
    """
    The indexing jobs of a selection, or the report that says why they cannot be had; both redacted.

    Raises UsageError like `diagnose`, and SourceError for what no finding explains.
    """
    from doctor.sources.database.joblist import SOURCES

    return _listed(settings, facts.JobList, {facts.JobSelection: selection}, SOURCES)


def batches(settings: Settings, selection: facts.BatchSelection) -> facts.BatchListing | Report:
    """
    The batch jobs of a selection, joined with their rows, or the report that says why Google cannot be asked.

    Without a database there are no rows, and the listing says so. Raises as `jobs`.
    """
    from doctor.sources.gemini.listing import LISTING, SHOWING

    further = LISTING if selection.id is None else SHOWING
    return _listed(settings, facts.BatchListing, {facts.BatchSelection: selection}, further)


def logs(settings: Settings, selection: LogSelection, *, progress: Callable[[int], None] | None = None) -> Logs:
    """
    What these logs hold, or without paths the found worker's own, redacted. `progress` is told how many bytes more.

    Raises UsageError like `diagnose`, also for paths that are not there, and where there is no log to read.
    """
    from doctor.sources.logs.inputs import awaited
    from doctor.sources.logs.run import begun

    ends_at = time.monotonic() + settings.deadline if settings.deadline is not None else None
    inputs, redactor_of = _asked_for(settings, selection, ends_at)
    finish = begun(awaited(inputs, ends_at), _window(selection), progress=progress, ends_at=ends_at)
    clean = redactor_of()
    return scrub(finish(), clean)


def _asked_for(
    settings: Settings, selection: LogSelection, ends_at: float | None
) -> tuple[tuple[Input, ...], Callable[[], Redactor]]:
    """
    The inputs of a selection, else the recent part of the found worker's own log; and what gives their redactor.

    Raises UsageError where there is neither.
    """
    from doctor.sources.logs.own import NONE_TO_READ, chosen

    settings = dataclasses.replace(settings, logs=selection.paths)
    target = target_of(settings)
    found = {} if target.logs else _head_of(target, None, ends_at)
    inputs = chosen(target, _maybe(found, facts.Worker))
    if not inputs:
        raise UsageError(NONE_TO_READ)
    # A worker that was found has secrets of its own.
    return inputs, lambda: redactor(found) if found else local_redactor(settings)


def follow(settings: Settings, selection: LogSelection) -> Iterator[LogEvent]:
    """
    The lines that matter as they are written from now on, redacted; it ends with the deadline, if there is one.

    Raises as `logs`, and UsageError for what cannot be followed.
    """
    from doctor.sources.logs.live import events

    ends_at = time.monotonic() + settings.deadline if settings.deadline is not None else None
    inputs, redactor_of = _asked_for(settings, selection, ends_at)
    clean = redactor_of()
    for event in events(inputs, _window(selection), ends_at):
        yield scrub(event, clean)


def why(
    settings: Settings,
    selection: WhySelection,
    *,
    progress: Callable[[int], None] | None = None,
    known: Mapping[type[Any], object] | None = None,
    read: Logs | None = None,
) -> Why:
    """
    Why jobs were embedded the way they were, by the logs that the settings name, the database and the configuration.

    `known` are facts that take the place of what a source would observe, and `read` are logs that cannot be read once
    more. Raises UsageError like `diagnose`, and SourceError when the configuration cannot be read.
    """
    from doctor.why.explain import Given, explain, wanted_ids

    ends_at = time.monotonic() + settings.deadline if settings.deadline is not None else None
    target = target_of(settings)
    # Before the logs, which may take all the time there is.
    first = _head_of(target, known, ends_at)
    read = read or _deep(target, first, ends_at, progress)
    given_facts: dict[type[Any], object] = {**first, **(known or {}), facts.WhySelection: selection}
    wanted: tuple[type[Any], ...] = (facts.Directories, *HEAD)
    further: tuple[Source, ...] = ()
    if not target.offline and read is None and not selection.named:
        wanted = (facts.Schema, facts.Connection, *wanted)
    elif not target.offline:
        from doctor.sources.database.records import SOURCES as further

        wanted = (facts.JobRecords, facts.Connection, *wanted)
        given_facts[facts.JobIds] = facts.JobIds(wanted_ids(read, selection))
    every = (*sources(offline=target.offline), *further)
    found = observe(target, required(wanted, every, given_facts), known=given_facts, ends_at=ends_at)
    stored = found.get(facts.JobRecords) or found.get(facts.Schema)
    given = Given(
        _fact(found, facts.Resolution),
        _fact(found, facts.Environment),
        _maybe(found, facts.Directories),
        read,
        _maybe(found, facts.JobRecords),
        _maybe(found, facts.Schema),
        (*_looked_at(read, stored), *_asked(found)),
        (*_not_read(read), *_not_looked_at(found, stored)),
        (_partly(read) if target.logs else None) or _interrupted(),
        _maybe(found, facts.Connection),
        _maybe(found, facts.Worker),
    )
    return scrub(explain(given, selection), redactor(found))


def _head_of(target: Target, known: Mapping[type[Any], object] | None, ends_at: float | None) -> Facts:
    """The configuration and the worker, whose own log is read when none is named, and what they are known from."""
    every = sources(offline=target.offline)
    return {
        kind: fact
        for kind, fact in observe(
            target, required((facts.Directories, *HEAD), every, known or {}), known=known or {}, ends_at=ends_at
        ).items()
        if kind not in (Target, Deadline)
    }


def _deep(target: Target, found: Facts, ends_at: float | None, progress: Callable[[int], None] | None) -> Logs | None:
    """The logs, with more of each job than a summary needs; the worker's own when none is named, None for none."""
    from doctor.sources.logs.own import inputs_of

    inputs = inputs_of(target, _maybe(found, facts.Worker), ends_at)
    if not inputs:
        return None
    from doctor.logs.scan import Window
    from doctor.sources.logs.run import read

    return read(inputs, Window(deep=True), progress=progress, ends_at=ends_at)


def _looked_at(logs: Logs | None, stored: object) -> tuple[str, ...]:
    """What was read, in words."""
    count = len(logs.inputs) if logs is not None else 0
    named = (f"{count} log{'s' if count > 1 else ''}",) if count else ()
    return (*named, "the database") if isinstance(stored, facts.JobRecords | facts.Schema) else named


def _asked(found: Facts) -> Iterator[str]:
    """The container whose settings were taken."""
    worker = _maybe(found, facts.Worker)
    if worker is not None and worker.container is not None:
        yield f"container {worker.container.name}"


def _not_read(logs: Logs | None) -> Iterator[str]:
    """What is missing of the logs; an answer without it may be another one."""
    if logs is None:
        return
    broken = [each for each in logs.inputs if each.problem is not None]
    for each in broken[:MOST_BROKEN]:
        yield f"{each.path}: {each.problem}"
    if len(broken) > MOST_BROKEN:
        yield f"{len(broken) - MOST_BROKEN} more logs were not read as a whole; `codechunk-doctor logs` names them"
    if logs.lost_trails:
        yield "the logs have more jobs and batches than are kept: one that is not found may be in them all the same"


def _not_looked_at(found: Facts, stored: object) -> Iterator[str]:
    """Why the database was not read, and the worker that `--worker` names not looked into."""
    if isinstance(stored, SourceError):
        yield f"the database was not read: {stored.reason}"
    yield from _stand_in(found)


def _window(selection: LogSelection) -> Window:
    from doctor.logs.scan import Window

    job, id = (each.encode() if each is not None else None for each in (selection.job, selection.id))
    return Window(selection.since, selection.until, job, id)


def local_redactor(settings: Settings, *, also: Iterable[str] = ()) -> Redactor:
    """What masks every secret that the settings and variables of this installation hold, and `also` those."""
    return redactor(observe(target_of(settings), required(HEAD, sources(offline=True))), also=also)


def _listed(
    settings: Settings,
    wanted: type[Value],
    known: dict[type[Any], object],
    further: Iterable[Source],
) -> Value | Report:
    """A fact that is shown as it is, redacted; or what the checks find in its way."""
    ends_at = time.monotonic() + settings.deadline if settings.deadline is not None else None
    needed = required((wanted, *HEAD), (*sources(), *further), known)
    found = observe(target_of(settings), needed, known=known, ends_at=ends_at)
    clean = redactor(found)
    try:
        return scrub(_fact(found, wanted), clean)
    except SourceError as error:
        left = max(0.01, ends_at - time.monotonic()) if ends_at is not None else None
        # Who is to be asked about the source that failed.
        family = "gemini" if error.source.startswith("gemini") else "database"
        limited = _unruled(dataclasses.replace(settings, only=(family,), skip=(), deadline=left))
        report = diagnose(limited, known=_reusable(found))
        if any(each.severity is not Severity.NOTE for each in report.findings()):
            return report
        if isinstance(error, OutOfTime):
            return dataclasses.replace(report, incomplete=report.incomplete or str(error))
        raise SourceError(clean(error.reason), error.source) from error


def _unruled(settings: Settings) -> Settings:
    """The same without what silences findings: what stands in the way is said, however well it is known."""
    return dataclasses.replace(settings, baseline=None, update_baseline=False, severity=(), ignore=())


def _reusable(found: Facts) -> dict[type[Any], object]:
    """The facts that hold in another run too; what failed or is closed may be tried again."""
    return {
        fact: value
        for fact, value in found.items()
        if not isinstance(value, SourceError | Closing) and fact not in (Target, Deadline)
    }


def _fact(found: Facts, fact: type[Value]) -> Value:
    value = found.get(fact)
    if isinstance(value, SourceError):
        raise value
    assert isinstance(value, fact)
    return value


def _maybe(found: Facts, fact: type[Value]) -> Value | None:
    value = found.get(fact)
    return value if isinstance(value, fact) else None


def plan(settings: Settings, *, registry: Registry | None = None) -> Touches:
    """
    What a run with these settings would touch, from the configuration alone.

    Only the configuration (and the list of processes, to find the worker) is read; no container engine is asked where
    the worker runs. Raises UsageError like `diagnose`.
    """
    registry = registry or installed()
    selected = registry.select(settings.only, settings.skip)
    target = target_of(settings)
    needed = registry.relations.closure(check.id for check in selected)
    silent = registry.sockets if target.offline else ()
    wanted = wanted_by(check for check in registry.checks if check.id in needed and check.id not in silent)
    every = sources(offline=target.offline, own_logs=not target.logs)
    used = required([*wanted, *HEAD], every)
    found = observe(target, required((facts.Worker, facts.Environment, facts.Resolution), sources(offline=True)))
    own = Touches(files=(str(settings.baseline.absolute()),) if settings.baseline is not None else ())
    whole = touched(used, found) + own
    files = tuple(dict.fromkeys(target.display(each) for each in whole.files))
    return scrub(dataclasses.replace(whole, files=files), redactor(found, registry))


def summarise(target: Target, found: Facts) -> TargetSummary:
    """The head of the report."""
    worker, resolved = _maybe(found, facts.Worker), _maybe(found, facts.Resolution)
    return TargetSummary(
        directory=str(target.directory),
        config_arg=resolved.file.argument if resolved is not None else target.config_argument,
        config_file=resolved.file.path if resolved is not None and resolved.config_file is not None else None,
        worker=WorkerSummary(worker.location.value, worker.kind.value, worker.name, _state(worker))
        if worker is not None
        else WorkerSummary("assumed", "host", None),
        offline=target.offline,
    )


def notices(found: Facts) -> tuple[str, ...]:
    """Sentences about the run itself that a reader must know to trust it."""
    connection = _maybe(found, facts.Connection)
    asked = () if connection is None or connection.asked is None else (f"PostgreSQL was asked at {connection.asked}",)
    return (
        *_whose(found),
        *asked,
        *(connection.differences if connection is not None else ()),
        *_left_out(found),
        *_own_log(found),
    )


def _own_log(found: Facts) -> Iterator[str]:
    """Which log was read where none was named."""
    target, worker = _maybe(found, Target), _maybe(found, facts.Worker)
    if target is None or target.logs or worker is None or (worker.container is None and not worker.running):
        return
    logs = _maybe(found, facts.Logs)
    for each in logs.inputs if logs is not None else ():
        problem = f" ({each.problem})" if each.problem is not None else ""
        yield f"no log was named: the recent part of {each.path}, the worker's own, was read{problem}"


def _left_out(found: Facts) -> Iterator[str]:
    """What of the logs could not be read as it is."""
    logs = _logs(found)
    for each in logs.inputs if logs is not None else ():
        if each.problem is not None:
            name = "standard input" if each.path == "-" else f"the log {each.path}"
            yield f"{name}: {each.problem}"


def _whose(found: Facts) -> tuple[str, ...]:
    """Whose variables and directories were looked at, where that is not this shell's."""
    worker, environment = _maybe(found, facts.Worker), _maybe(found, facts.Environment)
    if worker is None or environment is None:
        return ()
    if worker.kind is facts.Habitat.HOST:
        return _other_file(found)
    whose = f"{worker.kind.value} {worker.name or worker.pid}"
    if environment.base == "worker":
        layers = {variable.layer for variable in environment.variables.values()} - {"worker"}
        laid = f", with {' and '.join(sorted(layers))} laid over" if layers else ""
        state = f" ({_state(worker)})" if _state(worker) else ""
        return (f"variables are those of the worker, {whose}{state}{laid}", *_whose_file(found, worker))
    return _stand_in(found)


def _stand_in(found: Facts) -> tuple[str, ...]:
    """That a worker could not be looked into, so that others' variables are taken for its own."""
    worker, environment = _maybe(found, facts.Worker), _maybe(found, facts.Environment)
    if worker is None or environment is None or worker.kind is facts.Habitat.HOST or environment.base == "worker":
        return ()
    whose = f"{worker.kind.value} {worker.name or worker.pid}"
    unknown = "its variables are not known"
    instead = unknown if environment.base == "none" else f"{unknown}, this shell's stand in for them"
    if worker.kind is facts.Habitat.CONTAINER:
        because = f" ({worker.unseen})" if worker.unseen else ""
        return (f"{whose} was not looked into{because}: {instead}; its directories are not judged",)
    if not worker.running:
        return (f"{whose} is not running: {instead}; directories are tried as this user",)
    return (f"{whose} belongs to another user: {instead}",)


def _state(worker: facts.Worker) -> str | None:
    """What the worker's container is doing, when it is not simply running."""
    container = worker.container
    return container.state.value if container is not None and container.state.value != "running" else None


def _whose_file(found: Facts, worker: facts.Worker) -> Iterator[str]:
    """Which configuration file of a worker in a container was read."""
    resolved, target, inside = _maybe(found, facts.Resolution), _maybe(found, Target), found.get(facts.ContainerFiles)
    if worker.kind is not facts.Habitat.CONTAINER or resolved is None or target is None:
        return
    if target.config_argument is not None:
        return
    if isinstance(inside, SourceError):
        because = f" ({inside.reason})" if worker.container is not None else ""
        yield f"its configuration file could not be read{because}: that of this directory stands in for it"
    elif not resolved.file.here and resolved.file.path is not None:
        yield f"the configuration is the container's own {resolved.file.path}: no file here is the same"


def _other_file(found: Facts) -> tuple[str, ...]:
    """That the compose file gives the worker another file than the one that was found without `--config`."""
    from doctor.sources.worker import config_argument

    resolved, compose = _maybe(found, facts.Resolution), _maybe(found, facts.Compose)
    service = compose.services.get("worker") if compose is not None else None
    if resolved is None or resolved.file.argument is not None or compose is None or service is None:
        return ()
    given = config_argument(service.command)
    if given is None or given == resolved.config_file:
        return ()
    return (f"the compose file {compose.path} starts the worker with another file: --config {given} examines that one",)


# --- secrets ---------------------------------------------------------------------------------------------------


def redactor(found: Facts, registry: Registry | None = None, *, also: Iterable[str] = ()) -> Redactor:
    """What masks the secrets in these facts, and `also` those; words that are no secret elsewhere stay readable."""
    from doctor.common import Common

    resolved, environment = _maybe(found, facts.Resolution), _maybe(found, facts.Environment)
    return Redactor((*secrets(found), *also), Common(resolved, environment, registry or installed))
