"""Batch jobs as the REST API tells of them: long-running operations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from doctor.facts.gemini import GoogleBatch
from doctor.redact import strip_keys

LONGEST_NAME, LONGEST_ERROR = 300, 2000

_FRACTION = re.compile(r"(\.\d{6})\d+")


def batches_of(page: Mapping[str, Any]) -> Iterator[GoogleBatch]:
    """The jobs of a page of the list."""
    operations = page.get("operations")
    for operation in operations if isinstance(operations, list) else ():
        if isinstance(operation, dict) and (found := batch_of(operation)) is not None:
            yield found


def batch_of(operation: Mapping[str, Any]) -> GoogleBatch | None:
    """
    One job; None for what has no name.

    Counts are texts in protobuf's JSON, and those of zero are left out: next to a total they are zeros.
    """
    metadata = _mapping(operation.get("metadata"))
    name = _text(operation.get("name")) or _text(metadata.get("name"))
    if name is None:
        return None
    stats = _mapping(metadata.get("batchStats"))
    total = _number(stats.get("requestCount"))
    known = total is not None
    response, output = _mapping(operation.get("response")), _mapping(metadata.get("output"))
    error = _mapping(operation.get("error"))
    model = _text(metadata.get("model"))
    return GoogleBatch(
        name,
        _text(metadata.get("state")) or "BATCH_STATE_UNSPECIFIED",
        model.removeprefix("models/") if model else None,
        _text(metadata.get("displayName")),
        total,
        _number(stats.get("successfulRequestCount"), 0 if known else None),
        _number(stats.get("failedRequestCount"), 0 if known else None),
        _time(metadata.get("createTime")),
        _time(metadata.get("updateTime")),
        _time(metadata.get("endTime")),
        _first(_text(each.get("responsesFile")) for each in (response, output)),
        _message(error) or _code(error),
    )


def _message(error: Mapping[str, Any]) -> str | None:
    text = error.get("message")
    # A key is masked before the text is cut: half of one could not be told any more.
    return _text(strip_keys(text), LONGEST_ERROR) if isinstance(text, str) else None


def _code(error: Mapping[str, Any]) -> str | None:
    code = _number(error.get("code"))
    return None if code is None else f"code {code}"


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _first(texts: Iterable[str | None]) -> str | None:
    return next((text for text in texts if text), None)


def _text(value: object, most: int = LONGEST_NAME) -> str | None:
    return value[:most] if isinstance(value, str) and value else None


def _number(value: object, missing: int | None = None) -> int | None:
    text = str(value) if isinstance(value, str | int) else ""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else missing


def _time(value: object) -> datetime | None:
    """A moment in RFC 3339, with any number of digits behind the second."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(_FRACTION.sub(r"\1", value))
        return found.astimezone(UTC) if found.tzinfo is not None else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
