"""What the program refuses at start: which check speaks for it, where it stands, how it may be quoted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from checks.config._unseen import unseen_variable
from doctor.api import MASK, Location, facts, is_secret_name, strip_user

_RANGES = ("worker.concurrency", "database.port", "search.semantic_weight", "search.text_weight")
_WORDS = ("embedding.provider",)
_OPENAI = "embedding.openai"
DATABASE = "database"
_USER = "database.user"
# Every text of the program that quotes a value: `got ...`, `parsing "..."`, `value: '...'`, `invalid duration "..."`.
_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|value: '.*'|`[^`]*`", re.DOTALL)


def owner(problem: facts.Problem, config: facts.Resolution) -> str | None:
    """The id of the check that reports this problem; None leaves it to config.start-refused."""
    if problem.kind is facts.ProblemKind.DECODE:
        # One value in the place of the section hides the user, so the program does not come to decode anything.
        if problem.key == DATABASE and config.outcome == "zero":
            return "config.database-user-missing"
        unreadable = problem.text.startswith("error decoding ") and "': time: " in problem.text
        return "config.duration-invalid" if unreadable else "config.type-mismatch"
    if problem.key == _USER:
        return "config.database-user-env-only" if unseen_variable(config, _USER) is not None else None
    if problem.key in _RANGES:
        return "config.value-out-of-range"
    if problem.key in _WORDS:
        return "config.value-not-allowed"
    if problem.key == _OPENAI or problem.key.startswith(f"{_OPENAI}."):
        return "config.openai-incomplete"
    return "config.log-level-needs-key" if problem.key == "gemini.api_key" else None


def owned_by(check_id: str, config: facts.Resolution) -> Iterator[facts.Problem]:
    """The problems that one check reports."""
    return (problem for problem in config.problems if owner(problem, config) == check_id)


def place(config: facts.Resolution, key: str) -> Location:
    """Where the value of a key or section comes from, with the key in it; the file as such when nothing gives it."""
    if key in config.settings:
        return replace(config.where(key), key=key)
    element = re.match(r"connectors\[(\d+)\](?:\.(\w+))?", key)
    for connector in config.connectors:
        if element is not None and connector.index == int(element[1]):
            field = connector.fields.get(element[2] or "")
            entry = field.entry if field is not None else None
            return replace(entry.location if entry is not None else connector.location, key=key)
    if element is not None:
        return replace(config.where("connectors"), key=key)
    counting = [entry for entry in config.by_key.get(key, ()) if entry.counts]
    return replace(counting[0].location if counting else config.file.where(), key=key)


def said(problem: facts.Problem) -> str:
    """The program's own words, without the value where that is secret."""
    secret = any(is_secret_name(part) for part in problem.key.split("."))
    return _QUOTED.sub(MASK, problem.text) if secret else strip_user(problem.text)
