"""When findings are about the same thing, for `Explains(..., when=...)`, and what several families declare alike."""

from __future__ import annotations

from doctor.model import Finding, Place, Severity
from doctor.registry import Explains

# The name of a place that stands for a repository; its detail is the id.
REPOSITORY = "repository"


def keys(finding: Finding) -> set[str]:
    """The configuration keys a finding points at."""
    return {place.key for place in finding.locations if place.key}


def variables(finding: Finding) -> set[str]:
    """The environment variables a finding points at."""
    return {place.name for place in finding.locations if place.kind is Place.ENV and place.name}


def paths(finding: Finding) -> set[str]:
    """The files and directories a finding points at."""
    return {place.path for place in finding.locations if place.path}


def same_key(explaining: Finding, explained: Finding) -> bool:
    """Both point at the same configuration key."""
    return bool(keys(explaining) & keys(explained))


def same_variable(explaining: Finding, explained: Finding) -> bool:
    """Both point at the same environment variable."""
    return bool(variables(explaining) & variables(explained))


def same_path(explaining: Finding, explained: Finding) -> bool:
    """Both point at the same file or directory."""
    return bool(paths(explaining) & paths(explained))


def repositories(finding: Finding) -> set[str]:
    """The ids of the repositories that a finding is about."""
    return {place.detail for place in finding.locations if place.name == REPOSITORY and place.detail}


def same_repository(explaining: Finding, explained: Finding) -> bool:
    """All repositories that the explained finding is about are among those of the explaining one."""
    about = repositories(explained)
    return bool(about) and about <= repositories(explaining)


def key_below(explaining: Finding, explained: Finding) -> bool:
    """The explained finding is about a key inside the section, or the list, that the explaining one is about."""
    sections = keys(explaining)
    below = tuple(section + mark for section in sections for mark in ".[")
    return any(key in sections or key.startswith(below) for key in keys(explained))


# --- a start that fails ----------------------------------------------------------------------------------------

# The checks that, while one fires, leave nothing to judge a value by: no file, no values.
NO_FILE = ("config.file-missing", "config.file-unreadable", "config.file-broken")

# While an error of one of these is there, neither API nor worker starts.
_NO_START = (
    *NO_FILE,
    "config.database-user-missing",
    "config.database-user-env-only",
    "config.start-refused",
    "config.type-mismatch",
    "config.duration-invalid",
    "config.log-level-needs-key",
    "config.openai-incomplete",
    "gemini.key-missing",
    "database.unreachable",
    "database.dns",
    "database.auth",
    "database.missing",
    "database.tls",
    "database.connections-exhausted",
)
# These judge each key by itself, and only some keys matter to a start.
_OF_KEYS = ("config.value-out-of-range", "config.value-not-allowed")
_KEYS = {
    "database.port",
    "embedding.provider",
    "gemini.model",
    "gemini.timeout",
    "search.semantic_weight",
    "search.text_weight",
    "worker.concurrency",
}


def ends_start(*more: str) -> tuple[Explains, ...]:
    """
    By what a start of API or worker is explained that fails again and again.

    `more` are keys whose errors end the start of this one only.
    """
    wanted = {*_KEYS, *more}

    def of_key(explaining: Finding, explained: Finding) -> bool:
        return explaining.at.key in wanted and _is_error(explaining, explained)

    return Explains(*_NO_START, when=_is_error), Explains(*_OF_KEYS, when=of_key)


def _is_error(explaining: Finding, _: Finding) -> bool:
    return explaining.severity is Severity.ERROR
