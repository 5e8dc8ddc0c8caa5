"""Errors in Google's own shapes: `error` with code, message, status and typed details."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from doctor.embedded.google.wire import Reply

SERVICE = "generativelanguage.googleapis.com"
TYPE = "type.googleapis.com/google.rpc."

WORDS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}

MESSAGES = {
    400: "Request contains an invalid argument.",
    401: (
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid "
        "authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project."
    ),
    403: "The caller does not have permission",
    404: "Requested entity was not found.",
    429: (
        "You exceeded your current quota, please check your plan and billing details. For more information on this "
        "error, head to: https://ai.google.dev/gemini-api/docs/rate-limits."
    ),
    500: "An internal error has occurred. Please retry or report in "
    "https://developers.generativeai.google/guide/troubleshooting",
    503: "The model is overloaded. Please try again later.",
    504: "The request timed out. Please try again.",
}

NO_KEY = (
    "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other "
    "form of API consumer identity to call this API."
)

# What Google says to each reason; the status is 403 where none is given here.
REASONS = {
    "API_KEY_INVALID": "API key not valid. Please pass a valid API key.",
    "API_KEY_SERVICE_BLOCKED": (
        f"Requests to this API {SERVICE} method google.ai.generativelanguage.v1beta.ModelService.ListModels "
        "are blocked."
    ),
    "API_KEY_IP_ADDRESS_BLOCKED": "The provided API key has an IP address restriction. The originating IP address of "
    "the call (192.0.2.1) violates this restriction.",
    "API_KEY_HTTP_REFERRER_BLOCKED": "Requests from referer <empty> are blocked.",
    "SERVICE_DISABLED": (
        "Generative Language API has not been used in project 123456789012 before or it is disabled. Enable it by "
        f"visiting https://console.developers.google.com/apis/api/{SERVICE}/overview?project=123456789012 then retry. "
        "If you enabled this API recently, wait a few minutes for the action to propagate to our systems and retry."
    ),
    "ACCESS_TOKEN_TYPE_UNSUPPORTED": MESSAGES[401],
}
STATUSES = {"API_KEY_INVALID": 400, "ACCESS_TOKEN_TYPE_UNSUPPORTED": 401, "RATE_LIMIT_EXCEEDED": 429}

Details = list[dict[str, Any]]


def fault(status: int, message: str = "", *, reason: str = "", word: str = "", details: Iterable[Any] = ()) -> Reply:
    """An error; `reason` becomes the details that Google sends with it, `details` follow as they are."""
    said = message or REASONS.get(reason) or MESSAGES.get(status) or f"Error {status}"
    error: dict[str, Any] = {"code": status, "message": said, "status": word or WORDS.get(status, "UNKNOWN")}
    typed = (_reasoned(reason, said) if reason else []) + list(details)
    if typed:
        error["details"] = typed
    return Reply(status, json.dumps({"error": error}, indent=2).encode())


def _reasoned(reason: str, message: str) -> Details:
    metadata = {"service": SERVICE}
    if reason == "SERVICE_DISABLED":
        metadata |= {"consumer": "projects/123456789012", "serviceTitle": "Generative Language API"}
    return [
        {"@type": TYPE + "ErrorInfo", "reason": reason, "domain": "googleapis.com", "metadata": metadata},
        {"@type": TYPE + "LocalizedMessage", "locale": "en-US", "message": message},
    ]


def ordered(answer: Mapping[str, Any]) -> Reply:
    """The error that an entry of `answers` asks for."""
    reason = str(answer.get("reason", ""))
    limited = "quota" in answer or "retry" in answer
    status = int(answer.get("status") or STATUSES.get(reason) or (429 if limited else 403))
    details = [*_limits(answer), *answer.get("details", ())]
    message, word = str(answer.get("message", "")), str(answer.get("word", ""))
    return fault(status, message, reason=reason, word=word, details=details)


def _limits(answer: Mapping[str, Any]) -> Details:
    """Which limit was hit, and when to come again."""
    found: Details = []
    if "quota" in answer:
        violations = [_violation(each) for each in answer["quota"]]
        link = {
            "description": "Learn more about Gemini API quotas",
            "url": "https://ai.google.dev/gemini-api/docs/rate-limits",
        }
        found += [{"@type": TYPE + "QuotaFailure", "violations": violations}, {"@type": TYPE + "Help", "links": [link]}]
    if "retry" in answer:
        found.append({"@type": TYPE + "RetryInfo", "retryDelay": f"{answer['retry']}s"})
    return found


def _violation(quota: Mapping[str, Any]) -> dict[str, Any]:
    names = {"metric": "quotaMetric", "id": "quotaId", "value": "quotaValue"}
    shown: dict[str, Any] = {google: str(quota[ours]) for ours, google in names.items() if ours in quota}
    if "model" in quota:
        shown["quotaDimensions"] = {"location": "global", "model": quota["model"]}
    return shown
