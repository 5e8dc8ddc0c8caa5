"""What the start of a process shows of the facts that decide, and what the configuration says of them now."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from doctor.facts.directories import Directories
from doctor.facts.environment import Environment
from doctor.facts.logs import LogEvent, LogRun
from doctor.facts.schema import ObjectKind, Schema
from doctor.model import Evidence, Location, Place
from doctor.why import settings as keys
from doctor.why.model import Fact
from doctor.why.observed import Observation, seen, set_to, setting
from doctor.why.settings import Settings, refused_directory


def of_run(run: LogRun) -> Iterator[Observation]:
    """What the lines of a start show."""
    for event in run.milestones:
        reader = READERS.get(event.id)
        if reader is not None:
            yield from reader(event)


def _creating(event: LogEvent) -> Iterator[Observation]:
    yield seen(Fact.ROAD, True, event, "the worker started with batch processing on")
    allowed = event.fields.get("fallback_enabled")
    if isinstance(allowed, bool):
        may = "may" if allowed else "may not"
        yield seen(Fact.FALLBACK, allowed, event, f"the worker started as one that {may} fall back")


def _disabled(event: LogEvent) -> Iterator[Observation]:
    yield seen(Fact.ROAD, False, event, "the worker started with batch processing off")


def _no_manager(event: LogEvent) -> Iterator[Observation]:
    words = "the worker has no queue manager, which is no reason to go one by one, whatever the line says"
    yield seen(Fact.QUEUE_MANAGER, False, event, words)


def _manager(event: LogEvent) -> Iterator[Observation]:
    yield seen(Fact.ROAD, True, event, "the worker started with batch processing on")
    yield seen(Fact.QUEUE_MANAGER, True, event, "the worker has a queue manager")


def _gemini(event: LogEvent) -> Iterator[Observation]:
    yield seen(Fact.PROVIDER, "gemini", event, "the provider is Gemini")
    present = event.fields.get("batch_api_enabled")
    if isinstance(present, bool):
        yield seen(Fact.CLIENT, present, event, f"the worker started with{'' if present else 'out'} a batch client")


def _openai(event: LogEvent) -> Iterator[Observation]:
    yield seen(Fact.PROVIDER, "openai", event, "the provider is OpenAI, which takes no batches")


def _client_failed(event: LogEvent) -> Iterator[Observation]:
    yield seen(Fact.CLIENT, False, event, "the batch client could not be made")


def _submitter(event: LogEvent) -> Iterator[Observation]:
    yield seen(Fact.SUBMITTER, True, event, "the worker sends batches")


def _no_submitter(event: LogEvent) -> Iterator[Observation]:
    yield seen(Fact.SUBMITTER, False, event, "the worker started without the part that sends batches")


READERS: Mapping[str, Callable[[LogEvent], Iterator[Observation]]] = {
    "queue-manager-creating": _creating,
    "batch-processing-disabled": _disabled,
    "queue-config-invalid": _no_manager,
    "queue-config-update-failed": _no_manager,
    "queue-start-failed": _no_manager,
    "queue-create-failed": _no_manager,
    "queue-created": _manager,
    "gemini-service": _gemini,
    "openai-service": _openai,
    "batch-client-failed": _client_failed,
    "worker-batch-enable-failed-old": _client_failed,
    "submitter-started": _submitter,
    "async-batch-unsupported": _no_submitter,
}


# --- the configuration -------------------------------------------------------------------------------------------


def of_settings(settings: Settings, chunks: int | None, directories: Directories | None) -> Iterator[Observation]:
    """What the configuration says now of a repository with so many chunks."""
    config = settings.config
    road, fallback, test = (bool(settings.value(key)) for key in (keys.ROAD, keys.FALLBACK, keys.TEST))
    yield set_to(config, Fact.ROAD, road, keys.ROAD, f"batch processing is {_switched(road)}")
    may = "may" if fallback else "may not"
    yield set_to(config, Fact.FALLBACK, fallback, keys.FALLBACK, f"the worker {may} fall back")
    yield set_to(config, Fact.TEST, test, keys.TEST, f"test embeddings are {_switched(test)}")
    provider = "openai" if settings.value(keys.PROVIDER) == "openai" else "gemini"
    yield set_to(config, Fact.PROVIDER, provider, keys.PROVIDER, f"the provider is {provider}")
    yield from _client(settings, directories)
    yield from _limits(settings)
    if chunks is not None:
        yield from _threshold(settings, chunks)


def _switched(on: bool) -> str:
    return "on" if on else "off"


def _client(settings: Settings, directories: Directories | None) -> Iterator[Observation]:
    wanted = bool(settings.value(keys.CLIENT))
    refused = refused_directory(settings, directories) if wanted else None
    if refused is not None:
        key, place = refused
        path = settings.config.value(key) or "the directory that stands in for it"
        shown = Evidence("path", f"{key}: {path} cannot be made", place, "the batch client cannot be made")
        yield Observation(Fact.CLIENT, False, shown, certain=False)
    else:
        words = f"the batch client is {_switched(wanted)}"
        yield set_to(settings.config, Fact.CLIENT, wanted, keys.CLIENT, words)
    # Since the provider openai came, only a worker with a client sends anything; before, every worker did.
    yield set_to(
        settings.config, Fact.SUBMITTER, wanted and refused is None, keys.CLIENT, "a batch client sends batches"
    )


def _limits(settings: Settings) -> Iterator[Observation]:
    fault = limits_fault(settings)
    answer = "consistent" if fault is None else "refused"
    yield Observation(Fact.LIMITS, answer, setting(settings.config, fault or keys.THRESHOLD), certain=False)


def limits_fault(settings: Settings) -> str | None:
    """The key of the batch settings that every job is refused for; None for none."""
    threshold, size, wait = (_number(settings.value(key)) for key in (keys.THRESHOLD, keys.QUEUE_SIZE, keys.QUEUE_WAIT))
    if threshold < 0:
        return keys.THRESHOLD
    if size < 0 or (size == 0 and wait > 0):
        return keys.QUEUE_SIZE
    return keys.QUEUE_WAIT if wait < 0 or (wait == 0 and size > 0) else None


def _threshold(settings: Settings, chunks: int) -> Iterator[Observation]:
    threshold, size = _number(settings.value(keys.THRESHOLD)), _number(settings.value(keys.QUEUE_SIZE))
    words = "reach" if chunks >= threshold else "are below"
    yield set_to(
        settings.config,
        Fact.ENOUGH,
        chunks >= threshold,
        keys.THRESHOLD,
        f"{chunks:,} chunks {words} the threshold of {threshold:,}",
    )
    yield set_to(
        settings.config,
        Fact.QUEUE_MANAGER,
        size > 0,
        keys.QUEUE_SIZE,
        "the worker makes a queue manager" if size > 0 else "without a queue size there is no queue manager",
    )
    if chunks > size > 0:
        words = f"{chunks:,} chunks never fit into a queue of {size:,}"
        yield set_to(settings.config, Fact.QUEUE, "full", keys.QUEUE_SIZE, words)


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


# --- the database ------------------------------------------------------------------------------------------------


def of_schema(schema: Schema) -> Iterator[Observation]:
    """What the database says of storing batches: without its tables none is stored."""
    tables = {each.name for each in schema.objects if each.kind is ObjectKind.TABLE}
    missing = next((each for each in STORING if each not in tables), None)
    if missing is None:
        return
    text = f"there is no table codechunking.{missing}"
    place = Location(Place.DATABASE, name=f"codechunking.{missing}")
    shown = Evidence("schema", text, place, "a batch cannot be stored")
    yield Observation(Fact.STORE, "refused", shown, certain=False)
    # The database names the table and says that it does not exist, which is no word that forbids falling back.
    yield Observation(Fact.ERROR_TEXT, "allows falling back", shown, certain=False)
    if missing != STORING[0]:
        yield Observation(Fact.RUN, "breaks off", shown, certain=False)


# What a batch is stored in, and what the chunks are, whichever way they go.
STORING = ("batch_job_progress", "code_chunks")


# --- credentials -------------------------------------------------------------------------------------------------

# Which variables keep git from running, and for addresses with which words in them.
CREDENTIALS = (
    ("GITHUB_TOKEN", "github.com"),
    ("GITLAB_TOKEN", "gitlab.com"),
    ("GIT_TOKEN", ""),
    ("SSH_KEY_PATH", ""),
)


def credential(environment: Environment, event: LogEvent) -> str:
    """The variable that gave the credential which a line tells of."""
    if event.id == "git-ssh-auth":
        return "SSH_KEY_PATH"
    said = f"{event.get('provider') or ''} {event.get('repoURL') or ''}".lower()
    fitting = [name for name, host in CREDENTIALS[:-1] if host.partition(".")[0] in said or not host]
    return next((name for name in fitting if environment.get(name)), fitting[0])
