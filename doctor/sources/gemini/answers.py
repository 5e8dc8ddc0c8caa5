"""What an answer of the API's is: the resource that was asked for, an error with its reasons, or nothing of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from doctor.facts.gemini import ApiError, Quota, Refusal, Strange
from doctor.redact import strip_keys
from doctor.sources.bodies import host_of, in_words, json_of
from doctor.sources.web import Response

JsonObject = Mapping[str, Any]

LONGEST = 2000
MOST_QUOTAS = 10

_SECONDS = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)s?", re.ASCII)


def read(response: Response) -> tuple[JsonObject | None, ApiError | None, Strange | None]:
    """Exactly one of the three."""
    if 300 <= response.status < 400:
        to = host_of(response.headers.get("location", ""))
        where = f" to {to}" if to else ""
        return None, None, Strange(f"a redirect{where}", response.status, to)
    body = json_of(response.body)
    if response.status < 300:
        if isinstance(body, dict):
            return body, None, None
        return None, None, Strange(in_words(response.body), response.status)
    error = _error(response, body)
    # An error page is nobody's in particular when the server is at its end; else it is not this API's.
    if error is None and response.status < 500 and response.status != 429:
        return None, None, Strange(in_words(response.body), response.status)
    return None, error or _bare(response), None


def _bare(response: Response) -> ApiError:
    """An error without a body of Google's."""
    refusal = Refusal.QUOTA if response.status == 429 else Refusal.SERVER
    return ApiError(refusal, response.status, message=in_words(response.body), retry_after=_seconds(response, {}))


def _error(response: Response, body: Any) -> ApiError | None:
    if isinstance(body, list) and body:
        body = body[0]
    inner = body.get("error") if isinstance(body, dict) else None
    if not isinstance(inner, dict):
        return None
    details = _objects(inner.get("details"))
    word, message = _short(inner.get("status")), _short(inner.get("message"))
    reason = next((_short(each.get("reason")) for each in _of(details, "ErrorInfo")), "")
    return ApiError(
        refusal(response.status, word, reason, message),
        response.status,
        word,
        message,
        reason,
        tuple(_quotas(details))[:MOST_QUOTAS],
        _seconds(response, next(_of(details, "RetryInfo"), {})),
        _link(details),
    )


def _objects(value: object) -> list[JsonObject]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _of(details: list[JsonObject], kind: str) -> Iterator[JsonObject]:
    return (each for each in details if _short(each.get("@type")).endswith(f"google.rpc.{kind}"))


def _short(text: object, most: int = LONGEST) -> str:
    """The beginning of a text; a key is masked before, as half of one could not be told any more."""
    return strip_keys(text)[:most] if isinstance(text, str) else ""


def _quotas(details: list[JsonObject]) -> Iterator[Quota]:
    for detail in _of(details, "QuotaFailure"):
        for each in _objects(detail.get("violations")):
            dimensions = each.get("quotaDimensions")
            model = dimensions.get("model") if isinstance(dimensions, dict) else None
            names = (each.get("quotaMetric"), each.get("quotaId"), each.get("quotaValue"), model)
            yield Quota(*(_short(str(name) if isinstance(name, int) else name, 200) for name in names))


def _seconds(response: Response, retry: JsonObject) -> float | None:
    """When to come back: RetryInfo, else the header, where that is a number."""
    for text in (retry.get("retryDelay"), response.headers.get("retry-after")):
        match = _SECONDS.fullmatch(text) if isinstance(text, str) else None
        if match is not None:
            return float(match[1])
    return None


def _link(details: list[JsonObject]) -> str | None:
    """Where Google says that this can be put right."""
    for detail in _of(details, "Help"):
        for each in _objects(detail.get("links")):
            url = each.get("url")
            if isinstance(url, str) and url.startswith("https://"):
                return url[:300]
    return None


_OF_KEY = (
    ("reported as leaked", Refusal.KEY_LEAKED),
    ("API key expired", Refusal.KEY_EXPIRED),
    ("API key not valid", Refusal.KEY_INVALID),
    ("API Key not found", Refusal.KEY_INVALID),
    ("unregistered callers", Refusal.UNAUTHENTICATED),
)


def refusal(status: int, word: str, reason: str, message: str) -> Refusal:
    """Why the API says no: its reason first, then its words, the status last."""
    for text, found in _OF_KEY:
        if text in message:
            return found
    if reason in ("API_KEY_INVALID", "API_KEY_EXPIRED"):
        return Refusal.KEY_EXPIRED if reason == "API_KEY_EXPIRED" else Refusal.KEY_INVALID
    if status == 401 or word == "UNAUTHENTICATED":
        return Refusal.UNAUTHENTICATED
    if status == 429 or word == "RESOURCE_EXHAUSTED":
        return Refusal.QUOTA
    if reason == "SERVICE_DISABLED" or "has not been used in project" in message:
        return Refusal.API_DISABLED
    if reason.startswith("API_KEY_") and reason.endswith("_BLOCKED"):
        return Refusal.KEY_RESTRICTED
    if word == "FAILED_PRECONDITION" or reason == "BILLING_DISABLED" or "User location is not supported" in message:
        return Refusal.PRECONDITION
    if status >= 500:
        return Refusal.SERVER
    return {403: Refusal.PERMISSION, 404: Refusal.NOT_FOUND}.get(status, Refusal.REQUEST)
