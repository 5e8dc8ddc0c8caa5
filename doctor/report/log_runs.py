"""The lives of processes: what each was configured with, how it ended, and which of them are a crash loop."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from doctor.facts.logs import LogEvent, LogRun
from doctor.report.log_words import data, message

STOPPED = ("worker-shutdown-done", "api-shutdown-done")
STOPPING = ("worker-shutdown", "api-shutdown", "worker-shutdown-error", "api-shutdown-error")
STARTED = ("worker-started", "api-started")
CRASHES = ("go-panic-config", "go-panic-nil", "go-panic-any")
# Work that is done, and not a process that ended.
DONE = ("mig-none", "mig-applied", "mig-rolled-back", "mig-forced")
# So many lives of no more than so many seconds, ended by the same, are a loop.
LOOP, SHORT = 3, 300.0


@dataclass(frozen=True)
class Configuration:
    """What a process said of its settings; None is what it did not say."""

    config_file: str | None = None
    provider: str | None = None
    model: str | None = None
    batch_client: bool | None = None
    batch_processing: bool | None = None
    threshold_chunks: int | None = None
    fallback_to_sequential: bool | None = None
    queue_manager: bool | None = None
    submitter: bool | None = None


@dataclass(frozen=True)
class Life:
    """One life as it is told; `replaced` when the same process started again later."""

    run: LogRun
    replaced: bool = False

    @property
    def outcome(self) -> str:
        """stopped, crashed, failed, finished, vanished (it started again, nothing says why), or running."""
        end = self.run.end
        if end is None:
            if any(self.run.of(*DONE)):
                return "finished"
            if any(self.run.of(*STOPPING)):
                return "stopped"
            return "vanished" if self.replaced else "running"
        if end.id in CRASHES or end.id.startswith("go-panic"):
            return "crashed"
        if end.id in (*STOPPED, *STOPPING):
            return "stopped"
        return "finished" if end.id in DONE else "failed"

    @property
    def started_at(self) -> float | None:
        """When it started."""
        return self.run.started_at

    @cached_property
    def seen_until(self) -> float | None:
        """When it was last heard of, as far as lines are kept."""
        return self.run.seen_until

    @property
    def lasted(self) -> float | None:
        """Seconds from its start to its end."""
        end = self.run.end
        if end is None or end.time is None or self.started_at is None:
            return None
        return max(0.0, end.time - self.started_at)

    @cached_property
    def configuration(self) -> Configuration:
        """What it said of its settings."""
        service, openai = _first(self.run, "gemini-service"), _first(self.run, "openai-service")
        made = _first(self.run, "queue-manager-creating")
        off = _first(self.run, "batch-processing-disabled")
        queue = next(
            self.run.of("queue-created", "queue-config-invalid", "queue-start-failed", "queue-create-failed"), None
        )
        loaded = _first(self.run, "config-loaded")
        provider = service or openai
        return Configuration(
            config_file=loaded.get("config_file") if loaded is not None else None,
            provider=None if provider is None else "openai" if openai is not None else "gemini",
            model=provider.get("model") if provider is not None else None,
            batch_client=_batch_client(self.run, service, openai),
            batch_processing=False if off is not None else None if made is None else True,
            threshold_chunks=_number(made, "threshold_chunks"),
            fallback_to_sequential=_flag(made, "fallback_enabled"),
            queue_manager=None if queue is None else queue.id == "queue-created",
            submitter=_submitter(self.run),
        )

    def words(self) -> Iterator[str]:
        """The configuration in a few words each, as far as it is known."""
        known = self.configuration
        if known.config_file is not None:
            yield data(known.config_file)
        elif any(self.run.of("config-read-error", "config-not-found", "config-specified-missing")):
            yield "no configuration file"
        if known.provider is not None:
            yield f"provider {known.provider}"
        if known.batch_client is not None:
            yield f"batch client {'on' if known.batch_client else 'off'}"
        if known.batch_processing is not None:
            least = "" if known.threshold_chunks is None else f" for {known.threshold_chunks:,} chunks or more"
            yield f"batch processing on{least}" if known.batch_processing else "batch processing off"
        if known.fallback_to_sequential is not None:
            yield "falls back to sequential" if known.fallback_to_sequential else "no fallback"
        if known.batch_processing and known.queue_manager is False:
            yield "no queue manager"

    def ending(self) -> str:
        """How it ended, as the end of a sentence."""
        end = self.run.end
        match self.outcome:
            case "stopped":
                return "stopped as it was told to"
            case "finished":
                return "did its work"
            case "vanished":
                return "ended without a word (killed, or out of memory?)"
            case "running":
                return "is still running" if self._is_up or self.run.start is None else "has not said that it is up"
        assert end is not None
        verb = "crashed" if self.outcome == "crashed" else "gave up"
        return f"{verb}: {data(end.message)} [{end.cause}]" if end.cause else f"{verb}: {message(end)}"

    @property
    def _is_up(self) -> bool:
        return self.run.role not in ("worker", "api") or any(self.run.of(*STARTED))


def _first(run: LogRun, id: str) -> LogEvent | None:
    return next(run.of(id), None)


def _batch_client(run: LogRun, service: LogEvent | None, openai: LogEvent | None) -> bool | None:
    if any(run.of("batch-client-failed", "worker-batch-enable-failed-old")) or openai is not None:
        return False
    said = _flag(service, "batch_api_enabled")
    return True if said is None and any(run.of("batch-client-ok")) else said


def _submitter(run: LogRun) -> bool | None:
    if any(run.of("submitter-started")):
        return True
    return False if any(run.of("async-batch-unsupported", "submitter-start-failed")) else None


def _flag(event: LogEvent | None, name: str) -> bool | None:
    found = event.fields.get(name) if event is not None else None
    return found if isinstance(found, bool) else None


def _number(event: LogEvent | None, name: str) -> int | None:
    found = event.fields.get(name) if event is not None else None
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def lives(runs: Sequence[LogRun]) -> list[Life]:
    """All lives in order; each knows whether another one of the same process came after it."""
    newest: dict[tuple[str, ...], LogRun] = {}
    later: set[tuple[str, ...]] = set()
    made: list[Life] = []
    for run in reversed(runs):
        # If not even the newest one began when this one had ended, none did but one of the same stream.
        successor = newest.setdefault(_key(run), run)
        own = (*_key(run), run.stream)
        made.append(Life(run, replaced=own in later or (successor is not run and successor.replaces(run))))
        later.add(own)
    return made[::-1]


@dataclass(frozen=True)
class Loop:
    """Short lives one after the other, ended by the same."""

    lives: tuple[Life, ...]

    @property
    def seconds(self) -> float | None:
        """From the first start to the last."""
        first, last = self.lives[0].started_at, self.lives[-1].started_at
        return None if first is None or last is None else last - first


def in_loops(told: Sequence[Life]) -> list[Loop]:
    """The lives, put together where they are a loop; the others are loops of one. In order of their first start."""
    groups: list[list[Life]] = []
    newest: dict[tuple[str, ...], list[Life]] = {}
    for life in told:
        group = newest.get(_key(life.run))
        if group is not None and _repeats(group[-1], life):
            group.append(life)
        else:
            newest[_key(life.run)] = group = [life]
            groups.append(group)
    result: list[Loop] = []
    for group in groups:
        result += [Loop(tuple(group))] if len(group) >= LOOP else [Loop((each,)) for each in group]
    return result


def _key(run: LogRun) -> tuple[str, ...]:
    """The same for the lives of one process, and of several that one service has at a time."""
    return (run.role, run.service, run.log)


def _repeats(before: Life, life: Life) -> bool:
    return _is_short(before) and _is_short(life) and _why(before) == _why(life)


def _is_short(life: Life) -> bool:
    if life.outcome not in ("crashed", "failed"):
        return False
    return life.lasted is None or life.lasted <= SHORT


def _why(life: Life) -> tuple[str, str | None]:
    end = life.run.end
    assert end is not None
    return (end.id, end.cause)
