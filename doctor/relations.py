"""When two findings are about the same thing: the matchers for `Explains(..., when=...)`."""

from __future__ import annotations

from doctor.model import Finding, Place

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
