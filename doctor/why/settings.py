"""The settings that a process had: as it logged them at its start, else as the configuration has them now."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import cached_property

from doctor.facts.configuration import Resolution
from doctor.facts.directories import Access, Directories
from doctor.facts.logs import LogEvent, LogRun
from doctor.logs import quote
from doctor.model import Location
from doctor.values import value
from doctor.why.verdict import Cause, Changed

ROAD = "batch_processing.enabled"
THRESHOLD = "batch_processing.threshold_chunks"
FALLBACK = "batch_processing.fallback_to_sequential"
TEST = "batch_processing.use_test_embeddings"
QUEUE_SIZE = "batch_processing.queue_limits.max_queue_size"
QUEUE_WAIT = "batch_processing.queue_limits.max_wait_time"
BATCH_SIZE = "batch_processing.max_batch_size"
CLIENT = "gemini.batch.enabled"
INPUT_DIR, OUTPUT_DIR = "gemini.batch.input_dir", "gemini.batch.output_dir"
PROVIDER = "embedding.provider"
JOB_TIMEOUT = "worker.job_timeout"
KEY, MODEL, TIMEOUT = "gemini.api_key", "gemini.model", "gemini.timeout"
NATS_URL = "nats.url"
USER = "database.user"

# What a setting that is empty stands for.
BUILT_IN = {PROVIDER: "gemini"}


@value
class Met:
    """One setting as a process met it, and the line that shows it."""

    key: str
    value: object
    event: LogEvent


class Settings:
    """The settings of one process."""

    def __init__(self, config: Resolution, run: LogRun | None, job: LogEvent | None = None) -> None:
        """`run` is the life of the process, None where its start is not in the log; `job` the line of a decision."""
        self.config = config
        self.run = run
        self.met: Mapping[str, Met] = {each.key: each for each in _met(run, job)}

    def value(self, key: str) -> object:
        """The value that the process had."""
        met = self.met.get(key)
        return met.value if met is not None else self.now(key)

    def now(self, key: str) -> object:
        """The value that the configuration gives now."""
        return self.config.value(key) or BUILT_IN.get(key, self.config.value(key))

    def seen(self, key: str) -> LogEvent | None:
        """The line that shows the value that the process had."""
        met = self.met.get(key)
        return met.event if met is not None else None

    def refused(self, key: str) -> LogEvent | None:
        """The line that shows that the process could not make the directory of this setting."""
        failed = next(self.run.of("batch-client-failed"), None) if self.run is not None else None
        return failed if failed is not None and key == directory_key(failed.error, self.config) else None

    def differs(self, key: str) -> bool:
        """Whether the configuration gives another value now than the process had."""
        met = self.met.get(key)
        if met is None or self.other_file is not None:
            # Another file says nothing of what became of this one.
            return False
        return key in self.config.settings and met.value != self.now(key)

    def cause(self, key: str, value: object = None) -> Cause:
        """A setting as the one that decided; `value` where a line shows what the configuration does not."""
        secret = self.config.settings[key].spec.secret
        had = self.value(key) if value is None else value
        shown = ("***" if had else had) if secret else had
        if self.differs(key) and value is None:
            place = quote.place(self.met[key].event)
            return Cause(key, shown, place, now=self.now(key), changed=True)
        if self.other_file is not None:
            event = self.seen(key)
            return Cause(key, shown, quote.place(event) if event is not None else None)
        return Cause(key, shown, self.config.where(key))

    @property
    def changed(self) -> tuple[Changed, ...]:
        """What was edited since the process read it."""
        return tuple(
            Changed(key, _shown(met.value), _shown(self.now(key)), self.config.where(key))
            for key, met in sorted(self.met.items())
            if self.differs(key)
        )

    @cached_property
    def file(self) -> str | None:
        """The file that the process says it loaded."""
        found = next(self.run.of("config-loaded"), None) if self.run is not None else None
        return found.get("config_file") if found is not None else None

    @cached_property
    def other_file(self) -> str | None:
        """The file that the process loaded, where that is not the one which is examined."""
        loaded, ours = self.file, self.config.config_file
        if loaded is None or ours is None:
            return None
        shorter, longer = sorted((loaded.removeprefix("./"), ours.removeprefix("./")), key=len)
        return None if longer == shorter or longer.endswith("/" + shorter.lstrip("/")) else loaded


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _met(run: LogRun | None, job: LogEvent | None) -> Iterator[Met]:
    """What lines show; of several for one setting the last counts, and that is the one of the job."""
    for event in run.milestones if run is not None else ():
        yield from _of_start(event)
    if run is not None:
        yield from _left_out(run)
    if job is not None:
        for key, name in ((ROAD, "batch_enabled"), (THRESHOLD, "threshold_chunks")):
            if name in job.fields:
                yield Met(key, job.fields[name], job)


# Which field of which line shows which setting.
SHOWN: Mapping[str, Mapping[str, str]] = {
    "queue-manager-creating": {THRESHOLD: "threshold_chunks", FALLBACK: "fallback_enabled"},
    "queue-created": {QUEUE_SIZE: "applied_max_queue_size"},
    "openai-service": {},
    "batch-enabled": {},
}
# Which settings a line shows by being there.
SAID: Mapping[str, Mapping[str, object]] = {
    "queue-manager-creating": {ROAD: True},
    "batch-processing-disabled": {ROAD: False},
    "gemini-service": {PROVIDER: "gemini"},
    "openai-service": {PROVIDER: "openai"},
    "batch-enabled": {CLIENT: True},
}


def _of_start(event: LogEvent) -> Iterator[Met]:
    for key, said in SAID.get(event.id, {}).items():
        yield Met(key, said, event)
    for key, name in SHOWN.get(event.id, {}).items():
        if name in event.fields:
            yield Met(key, event.fields[name], event)


def _left_out(run: LogRun) -> Iterator[Met]:
    """That the batch client is off shows itself only by the line that would stand before this one."""
    service = next(run.of("gemini-service"), None)
    wanted = any(run.of("batch-enabled", "batch-client-failed", "batch-client-ok"))
    if (
        service is not None
        and run.start is not None
        and not wanted
        and service.fields.get("batch_api_enabled") is False
    ):
        yield Met(CLIENT, False, service)


# --- directories -------------------------------------------------------------------------------------------------


def refused_directory(settings: Settings, directories: Directories | None) -> tuple[str, Location | None] | None:
    """The key of the batch directory that cannot be made, as the process said or as a trial shows; None for none."""
    run = settings.run
    failed = next(run.of("batch-client-failed"), None) if run is not None else None
    if failed is not None:
        return directory_key(failed.error, settings.config), quote.place(failed)
    if directories is None or (run is not None and any(run.of("batch-client-ok"))):
        return None
    trials = directories.purpose("batch input", "batch output")
    refused = next((each for each in trials if each.access is Access.NOT_CREATABLE and each.key), None)
    return (refused.key or INPUT_DIR, refused.location) if refused is not None else None


def directory_key(error: str, config: Resolution) -> str:
    """The key of the directory that an error is about."""
    if "output" in error.partition(":")[0]:
        return OUTPUT_DIR
    if "input" in error.partition(":")[0]:
        return INPUT_DIR
    output = str(config.value(OUTPUT_DIR) or "")
    return OUTPUT_DIR if output and os.path.normpath(output) in error else INPUT_DIR
