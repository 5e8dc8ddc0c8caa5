"""For each end the setting that decided, and what to do about it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import replace

from doctor.causes import cause_about, cause_of
from doctor.facts.directories import Directories
from doctor.facts.environment import Environment
from doctor.facts.logs import LogEvent
from doctor.fixes import resubmit, set_value
from doctor.logs import quote
from doctor.model import Fix, Safety
from doctor.values import value
from doctor.why import settings as keys
from doctor.why import texts
from doctor.why.assumed import credential, limits_fault
from doctor.why.leaves import Leaf
from doctor.why.restarts import RESTART, restarted, without
from doctor.why.settings import Settings, refused_directory
from doctor.why.verdict import Cause

# The value that was refused, where the error has it.
_REFUSED = re.compile(r"threshold is invalid: (-?\d+)")
LARGEST_QUEUE = 100_000
LARGEST_BATCH = 500
LONGEST = 35 * 60 * 1_000_000_000


@value
class Case:
    """
    What the end of one job is about: the settings of its process, its chunks, the error that decided, and the
    credential that kept git from running. `oversized` says that a batch had more requests than Google's client takes,
    `given_up` that a batch is not sent again, `passed_over` that the id of its job has a form that is never asked for.
    """

    leaf: Leaf
    settings: Settings
    environment: Environment
    directories: Directories | None = None
    chunks: int | None = None
    error: LogEvent | None = None
    text: str = ""
    credential: LogEvent | None = None
    url: str | None = None
    oversized: bool = False
    given_up: bool = False
    passed_over: bool = False


# --- the setting that decided ------------------------------------------------------------------------------------


def cause(case: Case) -> Cause | None:
    """The setting that decided, with the value that the job met; None where none does."""
    finder = CAUSES.get(case.leaf)
    return finder(case) if finder is not None else None


def _of(key: str) -> Callable[[Case], Cause | None]:
    return lambda case: case.settings.cause(key)


def _test(case: Case) -> Cause:
    """No line tells the setting; the vectors do."""
    if case.settings.other_file is not None:
        return case.settings.cause(keys.TEST, True)
    if case.settings.now(keys.TEST):
        return case.settings.cause(keys.TEST)
    return replace(case.settings.cause(keys.TEST, True), now=False, changed=True)


def _client(case: Case) -> Cause | None:
    settings = case.settings
    if settings.value(keys.PROVIDER) == "openai":
        return settings.cause(keys.PROVIDER)
    if not settings.value(keys.CLIENT):
        return settings.cause(keys.CLIENT)
    refused = refused_directory(settings, case.directories)
    if refused is not None:
        return settings.cause(refused[0])
    if settings.other_file is not None:
        return settings.cause(keys.CLIENT, False)
    # It is on now; the job met a worker without one.
    return replace(settings.cause(keys.CLIENT, False), now=True, changed=True)


def _clone(case: Case) -> Cause | None:
    if case.credential is None:
        return None
    name = credential(case.environment, case.credential)
    return Cause(name, "***", case.environment.where(name))


def _time(case: Case) -> Cause | None:
    # The end of every kind of work when the worker is told to stop is no matter of time.
    stopped = "context cancel" in case.text
    return None if stopped else case.settings.cause(keys.JOB_TIMEOUT)


def _limits(case: Case) -> Cause | None:
    key = _limit(case)
    if key is None:
        return None
    found = case.settings.cause(key)
    if found.changed or case.settings.other_file is not None or not _agrees(case, key):
        return found
    # What the configuration has now is not refused: the error alone tells what the job met.
    place = quote.place(case.error) if case.error is not None else found.location
    return replace(found, value=_refused_value(case.text), location=place, now=found.value, changed=True)


def _limit(case: Case) -> str | None:
    """The setting that was refused, as the error tells, else as the settings themselves do."""
    text = case.text
    if "threshold" in text:
        return keys.THRESHOLD
    if "max_wait_time" in text and "max_queue_size" not in text:
        return keys.QUEUE_WAIT
    return keys.QUEUE_SIZE if "max_queue_size" in text else limits_fault(case.settings)


def _refused_value(text: str) -> object:
    given = _REFUSED.search(text)
    return int(given[1]) if given is not None else "negative" if "negative" in text else 0


def _agrees(case: Case, key: str) -> bool:
    """Whether the configuration as it is now is not refused for this setting."""
    if key == keys.THRESHOLD:
        now = case.settings.now(key)
        return isinstance(now, int) and now >= _least(case)
    return limits_fault(Settings(case.settings.config, None)) not in (keys.QUEUE_SIZE, keys.QUEUE_WAIT)


def _least(case: Case) -> int:
    # Only versions of November 2025 refuse 0, beside batch_sizes.
    return 1 if "zero batch threshold" in case.text else 0


def _full(case: Case) -> Cause | None:
    # A chunk that the queue refuses is no matter of its size.
    return None if texts.QUEUE_INVALID in case.text else case.settings.cause(keys.QUEUE_SIZE)


def _size(case: Case) -> Cause | None:
    limit = case.settings.value(keys.BATCH_SIZE)
    return case.settings.cause(keys.BATCH_SIZE) if isinstance(limit, int) and limit > LARGEST_BATCH else None


CAUSES: Mapping[Leaf, Callable[[Case], Cause | None]] = {
    Leaf.S1: _of(keys.ROAD),
    Leaf.S2: _of(keys.THRESHOLD),
    Leaf.S3: _of(keys.QUEUE_SIZE),
    Leaf.S4: _client,
    Leaf.T1: _test,
    Leaf.T2: _test,
    Leaf.F1: _clone,
    Leaf.F2: _time,
    Leaf.F3: _limits,
    Leaf.F4: _full,
    Leaf.F5: _client,
    Leaf.B2: _client,
    Leaf.B4: _size,
}


# Ends after which more is to be done than to restart a worker with an old setting.
WITH_A_RESTART = (Leaf.S3, Leaf.F4, Leaf.T1, Leaf.T2)

# --- what to do --------------------------------------------------------------------------------------------------


def fix(case: Case, found: Cause | None) -> Fix | None:
    """What to do about an end; None where all is as it should be."""
    other = case.settings.other_file
    if found is not None and other is not None:
        ours = case.settings.config.config_file
        words = f"Look at {other}, the file that the worker loaded: what {ours} says does not count for it."
        return Fix(words, (f"codechunk-doctor why --config {shlex.quote(other)}",))
    if found is not None and found.changed and case.leaf not in WITH_A_RESTART:
        words = f"Restart the worker: it still has {found.key} as it was, and the configuration has it right by now."
        if _is_right(case, found):
            return Fix(words, (RESTART, *_again(case)))
    maker = FIXES.get(case.leaf)
    return maker(case) if maker is not None else None


def _is_right(case: Case, found: Cause) -> bool:
    """Whether the value that the configuration has now would have led elsewhere."""
    if case.leaf is Leaf.F3:
        return _agrees(case, found.key)
    if found.key == keys.THRESHOLD and case.chunks is not None and isinstance(found.now, int):
        return 0 <= found.now <= case.chunks
    return bool(found.now) if found.key in (keys.ROAD, keys.CLIENT) else True


def _again(case: Case) -> tuple[str, ...]:
    return resubmit(case.settings.config, [case.url]) if case.url is not None and "://" in case.url else ()


def _set(key: str, text: str, summary: str, *, safety: Safety = Safety.SAFE) -> Callable[[Case], Fix]:
    def made(case: Case) -> Fix:
        return restarted(set_value(case.settings.config, key, text, summary, safety=safety), *_again(case))

    return made


NO_BATCHES = (
    "The provider openai has no batches: with it every repository goes this way, and none is to be sent as one."
)


def _road(case: Case) -> Fix:
    if _openai(case):
        return Fix(NO_BATCHES)
    switches = (keys.ROAD,) if case.settings.config.value(keys.CLIENT) else (keys.ROAD, keys.CLIENT)
    words = f"Set {' and '.join(switches)} to true in the file that the worker loads, and restart it."
    least = case.settings.value(keys.THRESHOLD)
    if case.chunks is not None and isinstance(least, int) and case.chunks < least:
        words += f" This repository still goes one by one then: {case.chunks:,} chunks are below {least:,}."
    return restarted(_together(words, *(_edit(case, key, "true") for key in switches)))


def _threshold(case: Case) -> Fix:
    words = "Nothing is wrong: small repositories are meant to go this way."
    if _openai(case):
        return Fix(NO_BATCHES)
    if not case.chunks:
        return Fix(f"{words} Lower {keys.THRESHOLD} to send smaller ones as batches.")
    lower = _edit(case, keys.THRESHOLD, str(case.chunks), Safety.UNSAFE)
    more = f"{words} To send this one as a batch, set {keys.THRESHOLD} to {case.chunks} or less"
    if case.settings.value(keys.CLIENT) or case.settings.now(keys.CLIENT):
        return _together(f"{more}.", lower)
    return _together(f"{more}, and {keys.CLIENT} to true.", lower, _edit(case, keys.CLIENT, "true"))


def _openai(case: Case) -> bool:
    """Whether the worker has the provider openai, or has it when it is restarted."""
    return "openai" in (case.settings.value(keys.PROVIDER), case.settings.now(keys.PROVIDER))


def _edit(case: Case, key: str, text: str, safety: Safety = Safety.SAFE) -> Fix:
    return set_value(case.settings.config, key, text, "", safety=safety)


def _together(summary: str, *parts: Fix) -> Fix:
    """Several changes as one; as safe as the least safe of them."""
    worst = max((each.safety for each in parts), key=(Safety.SAFE, Safety.UNSAFE, Safety.NONE).index)
    commands = tuple(command for each in parts for command in each.commands)
    return Fix(summary, commands, tuple(edit for each in parts for edit in each.edits), worst)


def _refused_by_queue(case: Case) -> Fix:
    return _of_error("Then submit the repository again.")(case) if texts.QUEUE_INVALID in case.text else _queue(case)


def _queue(case: Case) -> Fix:
    size, now = case.settings.value(keys.QUEUE_SIZE), case.settings.now(keys.QUEUE_SIZE)
    first = "Restart the worker: what is in its queue is never taken out, a restart alone empties it."
    if case.chunks is None or not isinstance(size, int) or case.chunks <= size:
        return Fix(f"{first} Then submit the repository again.", (RESTART, *_again(case)))
    if isinstance(now, int) and case.chunks <= now:
        words = f"Restart the worker: it still has a queue for {size:,}, and the configuration has {now:,} by now."
        return Fix(words, (RESTART, *_again(case)))
    if case.chunks > LARGEST_QUEUE:
        return Fix(f"{case.chunks:,} chunks never fit: {LARGEST_QUEUE:,} is the most. Set {keys.ROAD} to false for it.")
    summary = f"Raise {keys.QUEUE_SIZE}: {case.chunks:,} chunks never fit into {size:,}. Then restart the worker."
    return _set(keys.QUEUE_SIZE, str(LARGEST_QUEUE), summary)(case)


def _give_client(case: Case) -> Fix:
    if _openai(case):
        words = f"Set {keys.ROAD} to false: the provider openai has no batches. Then restart the worker."
        return _set(keys.ROAD, "false", words)(case)
    if case.settings.now(keys.CLIENT):
        refused = refused_directory(case.settings, case.directories)
        key = refused[0] if refused is not None else keys.INPUT_DIR
        words = f"Let the worker's user make the directory of {key} (uid 1000 in the image), and restart the worker."
        return Fix(words, ("codechunk-doctor check --only directories", RESTART, *_again(case)))
    waits = case.leaf is Leaf.B2
    words = f"Set {keys.CLIENT} to true and restart the worker{': then it sends what waits' if waits else ''}."
    one = set_value(case.settings.config, keys.CLIENT, "true", words, safety=Safety.SAFE)
    return restarted(one, *(() if waits else _again(case)))


# What an error concerns that made a job end so; its words mean something else in other parts of the program.
ABOUT: Mapping[Leaf, frozenset[str]] = {
    Leaf.S5: frozenset({"db", "batch", "repo"}),
    Leaf.F1: frozenset({"git", "clone", "parse", "no", "chunk", "repo", "disk"}),
    Leaf.F6: frozenset({"db", "batch", "repo", "res"}),
    Leaf.F7: frozenset({"gem", "oai", "seq", "both", "embed", "db", "ctx"}),
    Leaf.B4: frozenset({"gem", "oai", "batch", "dir", "disk"}),
    Leaf.B5: frozenset({"gem", "oai"}),
    Leaf.B6: frozenset({"gem", "oai"}),
    Leaf.B7: frozenset({"gem", "oai"}),
    Leaf.B8: frozenset({"res", "gem", "db", "disk"}),
}


def _of_error(first: str, *commands: str) -> Callable[[Case], Fix]:
    def made(case: Case) -> Fix:
        about = ABOUT.get(case.leaf)
        known = (cause_about(case.text, about) if about else cause_of(case.text)) if case.text else None
        unnamed = f"Remove what the error names. {first}" if case.text else first
        words = f"{known.fix} {first}" if known is not None and known.fix else unnamed
        if known is not None and known.fix.startswith("Re-submit the repository"):
            words = known.fix
        return Fix(words, (*commands, *_again(case)))

    return made


_of_other_key = _of_error(
    "It never comes. Go back to the key that sent it, or mark its row as failed and submit the repository again.",
    "codechunk-doctor batches list",
)


def _never_comes(case: Case) -> Fix:
    if not case.passed_over:
        return _of_other_key(case)
    words = (
        "It never comes: mark its row as failed and submit the repository again; see that the worker's environment "
        "does not lead to Vertex AI (GOOGLE_GENAI_USE_VERTEXAI)."
    )
    return Fix(words, ("codechunk-doctor check --only batches.bad-job-id", *_again(case)))


def _no_test(case: Case) -> Fix:
    right = not case.settings.now(keys.TEST)
    then = "delete the made-up vectors, which count as present, and submit the repository again."
    see = "codechunk-doctor explain jobs.test-vectors"
    if right:
        return Fix(f"Restart the worker: the configuration is right by now. Then {then}", (RESTART, see))
    words = f"Set {keys.TEST} to false and restart the worker; then {then}"
    return restarted(set_value(case.settings.config, keys.TEST, "false", words, safety=Safety.SAFE), see)


def _git(case: Case) -> Fix:
    if case.credential is not None:
        name = credential(case.environment, case.credential)
        return without(case.environment, name, "with a credential it does not clone at all.", *_again(case))
    if texts.NO_CHUNKS in case.text:
        words = "See whether the repository has source files at all: an empty one fails. If it has some, see that the "
        words += "worker has none of GITHUB_TOKEN, GITLAB_TOKEN, GIT_TOKEN, SSH_KEY_PATH: with one it may not clone."
        return Fix(words, _again(case))
    return _of_error("Then submit the repository again.")(case)


def _longer(case: Case) -> Fix:
    if "context cancel" in case.text:
        words = "The worker was told to stop. Most often the message comes again when it is back; else submit the "
        return Fix(f"{words}repository again.", _again(case))
    limit = case.settings.value(keys.JOB_TIMEOUT)
    if isinstance(limit, int) and limit >= LONGEST:
        words = f"Send big repositories as batches: {keys.JOB_TIMEOUT} cannot help, more than 35m is cut to 35m."
        return Fix(words, _again(case))
    words = f"Send big repositories as batches, or raise {keys.JOB_TIMEOUT}; more than 35m is cut to 35m."
    return _set(keys.JOB_TIMEOUT, "35m", words, safety=Safety.UNSAFE)(case)


def _agree(case: Case) -> Fix:
    key = _limit(case) or keys.THRESHOLD
    if key == keys.THRESHOLD:
        least = str(_least(case))
        return _set(key, least, f"Set {key} to {least} or more, and restart the worker.", safety=Safety.UNSAFE)(case)
    words = f"Give {key} a positive value, or leave out both queue limits; then restart the worker."
    return _set(key, "10000" if key == keys.QUEUE_SIZE else "5m", words)(case)


def _smaller(case: Case) -> Fix:
    if case.oversized or _size(case) is not None:
        words = f"Set {keys.BATCH_SIZE} to {LARGEST_BATCH} or less, restart the worker and submit the repository again."
        return _set(keys.BATCH_SIZE, str(LARGEST_BATCH), words)(case)
    again = "Then submit the repository again: what failed here is not sent a second time."
    if any(each in case.text for each in ("failed to write requests to file", "failed to create input file")):
        words = f"Let the worker write to {keys.INPUT_DIR}: where the directory is gone, a restart makes it. {again}"
        return Fix(words, ("codechunk-doctor check --only directories", RESTART, *_again(case)))
    return _of_error(again)(case)


def _quota(case: Case) -> Fix:
    more = f"raise the quota (billing) or lower {keys.BATCH_SIZE}"
    look = "codechunk-doctor check --only gemini"
    if case.given_up:
        words = f"Wait for the quota, {more}; then submit the repository again: ten times are all that it is tried."
        return Fix(words, (look, *_again(case)))
    return Fix(f"Wait: it is tried again, ten times in all. If it stays so, {more}.", (look,))


FIXES: Mapping[Leaf, Callable[[Case], Fix]] = {
    Leaf.S1: _road,
    Leaf.S2: _threshold,
    Leaf.S3: _queue,
    Leaf.S4: _give_client,
    Leaf.S5: _of_error("Then submit the repository again.", "codechunk-doctor check --only database"),
    Leaf.T1: _no_test,
    Leaf.T2: _no_test,
    Leaf.F1: _git,
    Leaf.F2: _longer,
    Leaf.F3: _agree,
    Leaf.F4: _refused_by_queue,
    Leaf.F5: _give_client,
    Leaf.F6: _of_error("Then submit the repository again.", "codechunk-doctor check --only database"),
    Leaf.F7: _of_error(
        "Then submit the repository again; since April 2026 a chunk that has its vector is not embedded twice."
    ),
    Leaf.K1: _of_error("Nothing is wrong. To embed it again, submit it through the API, which sets it back."),
    Leaf.B1: lambda _: Fix("Wait, and look what becomes of the batch.", ("codechunk-doctor batches list",)),
    Leaf.B2: _give_client,
    Leaf.B3: _quota,
    Leaf.B4: _smaller,
    Leaf.B5: _never_comes,
    Leaf.B6: _of_error("Submit the repository again: the retries of the log send nothing."),
    Leaf.B7: _of_error("Restart the worker if it still waits for the batch, and submit the repository again.", RESTART),
    Leaf.B8: _of_error("Then submit the repository again: results are not fetched a second time."),
}
