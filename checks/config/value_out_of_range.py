"""config.value-out-of-range: numbers and durations that the program does not take as meant."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from checks.config._values import MINUTE, ships, short, undecodable
from doctor.api import NO_FILE, Explains, Finding, Safety, Severity, check, facts, format_duration, same_key, set_value

SECOND = 1_000_000_000
WEIGHTS = ("search.semantic_weight", "search.text_weight")

Rule = Callable[[Any], bool]


# --- the limits ------------------------------------------------------------------------------------------------


def below(limit: float) -> Rule:
    """Below a limit."""
    return lambda value: bool(value < limit)


def above(limit: float) -> Rule:
    """Above a limit."""
    return lambda value: bool(value > limit)


def outside(low: float, high: float) -> Rule:
    """Below the one or above the other."""
    return lambda value: bool(value < low or value > high)


def nothing(value: Any) -> bool:
    """Zero or empty."""
    return not value


def tiny(value: Any) -> bool:
    """A limit on answers that ordinary ones exceed; 0 is no limit."""
    return bool(0 < value < 10 * SECOND)


def no_port(value: Any) -> bool:
    """Text that Go does not read as a number from 0 to 65535; none at all is read as 0."""
    if not value:
        return False
    number = re.fullmatch(r"([+-]?)0*([0-9]{1,5})", value)
    return number is None or int(number[2]) > 65535 or (number[1] == "-" and int(number[2]) > 0)


def random_port(value: Any) -> bool:
    """Nothing, or a zero however written."""
    return not value or re.fullmatch(r"[+-]?0+", value) is not None


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit: which values of which key it refuses, what the message says, and the value to write instead."""

    key: str
    refuses: Rule
    severity: Severity
    fault: str
    instead: str


E, W, N = Severity.ERROR, Severity.WARNING, Severity.NOTE
BATCH = "batch_processing"
QUEUE = f"{BATCH}.queue_limits"
PERCENT = f"{BATCH}.token_counting.sample_percent"
NO_START = "no command of the program starts"

LIMITS = (
    Limit("api.port", no_port, E, "is not a port (0 to 65535): the API does not start", "8080"),
    Limit("api.port", random_port, W, "makes the API listen on a random port", "8080"),
    Limit("api.read_timeout", below(0), E, "is negative: the API does not start", "10s"),
    Limit("api.write_timeout", below(0), E, "is negative: the API does not start", "10s"),
    Limit("api.write_timeout", tiny, W, "is below 10s: answers that take longer never arrive", "60s"),
    Limit("worker.concurrency", below(1), E, f"is below 1: {NO_START}", "1"),
    Limit("worker.job_timeout", below(1), E, "leaves a job no time: every job fails at once", "30m"),
    Limit("worker.queue_group", nothing, E, "is empty: the worker ends at start, with exit status 0", "workers"),
    Limit("database.port", outside(1, 65535), E, f"is not a port (1 to 65535): {NO_START}", "5432"),
    Limit("database.max_connections", below(1), W, "is below 1: 10 connections are used instead", "25"),
    Limit("nats.max_reconnects", nothing, W, "means that a lost connection is never made again", "5"),
    Limit("gemini.timeout", below(0), E, "is negative: API and worker end at start", "120s"),
    Limit(f"{BATCH}.threshold_chunks", below(0), E, "is negative: every job fails, also with batching off", "0"),
    Limit(f"{BATCH}.submitter_poll_interval", below(0), E, "is negative: the worker crashes right after start", "5s"),
    Limit(f"{BATCH}.max_concurrent_submissions", below(0), E, "is negative: the worker crashes at start", "1"),
    Limit(f"{BATCH}.max_concurrent_submissions", above(1), W, "is above 1: the same batch can be sent twice", "1"),
    Limit(f"{BATCH}.max_submission_attempts", below(0), W, "is negative: the first failure is final", "10"),
    Limit(f"{QUEUE}.max_queue_size", above(100_000), W, "is above 100000: batches go without a queue", "100000"),
    Limit(f"{QUEUE}.max_wait_time", above(5 * MINUTE), N, "is above 5m: 5m is used", "5m"),
    Limit(PERCENT, outside(1, 100), W, "is not within 1 to 100: no tokens are counted", "10"),
    *(Limit(key, outside(0, 1), E, f"is not within 0 to 1: {NO_START}", "0.5") for key in WEIGHTS),
)
SAFE = (f"{BATCH}.max_concurrent_submissions", f"{QUEUE}.max_queue_size")


# --- when a part is in use -------------------------------------------------------------------------------------


def gemini(config: facts.Resolution) -> bool:
    """Embeddings come from Gemini."""
    return config.provider == "gemini"


def client(config: facts.Resolution) -> bool:
    """The worker makes a batch client, so the loop that sends batches runs."""
    return config.batch_client


def batching(config: facts.Resolution) -> bool:
    """The worker makes a queue for batches."""
    return bool(config.value(f"{BATCH}.enabled"))


def sampling(config: facts.Resolution) -> bool:
    """Tokens are counted for a sample of the chunks."""
    section = f"{BATCH}.token_counting"
    return bool(config.value(f"{section}.enabled")) and config.value(f"{section}.mode") == "sample"


# Keys that are not here are always read.
READ_WHEN: dict[str, Callable[[facts.Resolution], bool]] = {
    "gemini.timeout": gemini,
    f"{BATCH}.submitter_poll_interval": client,
    f"{BATCH}.max_concurrent_submissions": client,
    f"{BATCH}.max_submission_attempts": client,
    f"{QUEUE}.max_queue_size": batching,
    f"{QUEUE}.max_wait_time": batching,
    PERCENT: sampling,
}


@check(
    id="config.value-out-of-range",
    title="A value lies outside what the program accepts",
    severity=(E, W, N),
    safety=Safety.SAFE,
    blocked_by=NO_FILE,
    explained_by=(
        Explains(
            "config.variable-not-expanded",
            "config.duration-nanoseconds",
            "config.value-reinterpreted",
            when=same_key,
        ),
    ),
)
def value_out_of_range(config: facts.Resolution) -> Iterator[Finding]:
    """
    Compare ports, limits, counts and durations with what the program takes.

    An error stops a start or fails every job; a warning means that another value is used, or that the one given does
    harm.

    Why it matters: outside its limits a value is refused or silently replaced by another.

    Silent when: the value is one that ships with the program, or the part it belongs to is not in use (batching or
    token counting off, the batch client off, provider openai for keys of Gemini).

    How to fix: write the accepted value that the finding names.
    """
    for limit in LIMITS:
        setting, read = config.settings[limit.key], READ_WHEN.get(limit.key)
        if undecodable(config, limit.key) or ships(setting.spec, setting.value) or (read and not read(config)):
            continue
        if limit.refuses(setting.value):
            yield _finding(config, limit.key, limit.severity, limit.fault, limit.instead)
    yield from _backoff(config)
    yield from _weights(config)


def _finding(
    config: facts.Resolution,
    key: str,
    severity: Severity,
    fault: str,
    instead: str,
    *,
    shown: str | None = None,
    related: str | None = None,
) -> Finding:
    safety = Safety.SAFE if key in SAFE else Safety.UNSAFE
    return Finding(
        f"{key} ({shown or config.show(key)}) {fault}",
        at=config.where(key),
        related=(config.where(related),) if related else (),
        severity=severity,
        fix=set_value(config, key, instead, f"Set {key} to {instead}.", safety=safety),
    )


def _backoff(config: facts.Resolution) -> Iterator[Finding]:
    first, last = f"{BATCH}.submission_initial_backoff", f"{BATCH}.submission_max_backoff"
    if not config.batch_client or undecodable(config, first, last):
        return
    # What the program uses for 0.
    initial, longest = config.value(first) or MINUTE, config.value(last) or 30 * MINUTE
    if longest < initial:
        fault = f"is below the first wait of {short(initial)}: later waits are shorter than the first"
        yield _finding(config, last, W, fault, short(initial), shown=format_duration(longest), related=first)


def _weights(config: facts.Resolution) -> Iterator[Finding]:
    semantic, text = (config.value(key) for key in WEIGHTS)
    wrong_alone = undecodable(config, *WEIGHTS) or any(outside(0, 1)(value) for value in (semantic, text))
    if semantic and text and not wrong_alone and abs(semantic + text - 1.0) > 0.001:
        fault = f"and {WEIGHTS[1]} ({config.show(WEIGHTS[1])}) do not add up to 1: no command of the program starts"
        yield _finding(config, WEIGHTS[0], E, fault, f"{1 - text:.6g}", related=WEIGHTS[1])
