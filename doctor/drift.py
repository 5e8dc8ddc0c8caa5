"""The words for what can be wrong with an object of the schema; light, as checks have them at hand from the start."""

from __future__ import annotations

from enum import StrEnum


class How(StrEnum):
    """In which way an object is not as it should be."""

    MISSING = "missing"
    DETACHED = "detached"
    KIND = "kind"
    TYPE = "type"
    WIDER = "wider"
    VALUES = "values"
    NULLABLE = "nullable"
    NOT_NULL = "not null"
    DEFAULT = "default"
    DEFINITION = "definition"
    INVALID = "invalid"
    DISABLED = "disabled"
