"""What an answer of the API is: every refusal in Google's own words, and whatever else comes in its place."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doctor.embedded.google.faults import MESSAGES, NO_KEY, REASONS, fault
from doctor.facts.gemini import ApiError, Quota, Refusal, Strange
from doctor.sources.gemini.answers import LONGEST, read
from doctor.sources.gemini.api import _forms
from doctor.sources.web import Response

R = Refusal
TYPE = "type.googleapis.com/google.rpc."


def response(body: object, status: int = 200, **headers: str) -> Response:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(status, {name.replace("_", "-"): value for name, value in headers.items()}, raw)


def error(body: object, status: int = 400, **headers: str) -> ApiError:
    found, wrong, strange = read(response(body, status, **headers))
    assert (found, strange) == (None, None)
    assert wrong is not None
    return wrong


def strange(body: object, status: int = 200, **headers: str) -> Strange:
    found, wrong, other = read(response(body, status, **headers))
    assert (found, wrong) == (None, None)
    assert other is not None
    return other


def said(message: str = "no", *, reason: str = "", word: str = "", details: Any = None) -> dict[str, Any]:
    """An error in Google's shape."""
    inner: dict[str, Any] = {"code": 400, "message": message, "status": word}
    if reason:
        inner["details"] = [{"@type": TYPE + "ErrorInfo", "reason": reason, "domain": "googleapis.com"}]
    if details is not None:
        inner["details"] = details
    return {"error": inner}


# --- what was asked for ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [{}, {"models": []}, {"error": {"code": 13}}, {"done": True}])
@pytest.mark.parametrize("status", [200, 201])
def test_a_resource(body: dict[str, Any], status: int) -> None:
    """Also a batch job that failed: its error is part of the resource."""
    assert read(response(body, status)) == (body, None, None)


def test_a_resource_with_a_mark_of_byte_order() -> None:
    assert read(response(b'\xef\xbb\xbf{"a": 1}')) == ({"a": 1}, None, None)


# --- why not ---------------------------------------------------------------------------------------------------------


PERMISSION = "PERMISSION_DENIED"


@pytest.mark.parametrize(
    ("status", "word", "reason", "message", "expected"),
    [
        # The key itself.
        (400, "INVALID_ARGUMENT", "API_KEY_INVALID", REASONS["API_KEY_INVALID"], R.KEY_INVALID),
        (400, "INVALID_ARGUMENT", "API_KEY_INVALID", "API Key not found. Please pass a valid API key.", R.KEY_INVALID),
        (400, "INVALID_ARGUMENT", "API_KEY_INVALID", "in other words", R.KEY_INVALID),
        (400, "INVALID_ARGUMENT", "", "API key not valid. Please pass a valid API key.", R.KEY_INVALID),
        (400, "INVALID_ARGUMENT", "API_KEY_INVALID", "API key expired. Please renew the API key.", R.KEY_EXPIRED),
        (400, "INVALID_ARGUMENT", "API_KEY_EXPIRED", "in other words", R.KEY_EXPIRED),
        (403, PERMISSION, "", "Your API key was reported as leaked. Please use another API key.", R.KEY_LEAKED),
        (401, "UNAUTHENTICATED", "ACCESS_TOKEN_TYPE_UNSUPPORTED", MESSAGES[401], R.UNAUTHENTICATED),
        (401, "", "", "", R.UNAUTHENTICATED),
        (403, PERMISSION, "", NO_KEY, R.UNAUTHENTICATED),
        # What it may.
        (403, PERMISSION, "SERVICE_DISABLED", REASONS["SERVICE_DISABLED"], R.API_DISABLED),
        (403, PERMISSION, "", REASONS["SERVICE_DISABLED"], R.API_DISABLED),
        (403, PERMISSION, "API_KEY_SERVICE_BLOCKED", REASONS["API_KEY_SERVICE_BLOCKED"], R.KEY_RESTRICTED),
        (403, PERMISSION, "API_KEY_IP_ADDRESS_BLOCKED", REASONS["API_KEY_IP_ADDRESS_BLOCKED"], R.KEY_RESTRICTED),
        (403, PERMISSION, "API_KEY_HTTP_REFERRER_BLOCKED", "blocked", R.KEY_RESTRICTED),
        (403, PERMISSION, "API_KEY_ANDROID_APP_BLOCKED", "blocked", R.KEY_RESTRICTED),
        (403, PERMISSION, "API_KEY_IOS_APP_BLOCKED", "blocked", R.KEY_RESTRICTED),
        (403, PERMISSION, "CONSUMER_SUSPENDED", "has been suspended", R.PERMISSION),
        (403, PERMISSION, "", MESSAGES[403], R.PERMISSION),
        (403, "", "", "", R.PERMISSION),
        # What else must be so.
        (400, "FAILED_PRECONDITION", "", "User location is not supported for the API use.", R.PRECONDITION),
        (400, "INVALID_ARGUMENT", "", "User location is not supported for the API use.", R.PRECONDITION),
        (400, "FAILED_PRECONDITION", "", "Gemini API free tier is not available in your country.", R.PRECONDITION),
        (403, PERMISSION, "BILLING_DISABLED", "This API method requires billing to be enabled.", R.PRECONDITION),
        # Too much.
        (429, "RESOURCE_EXHAUSTED", "", MESSAGES[429], R.QUOTA),
        (429, "RESOURCE_EXHAUSTED", "RATE_LIMIT_EXCEEDED", "Quota exceeded for quota metric", R.QUOTA),
        (429, "", "", "", R.QUOTA),
        (403, "RESOURCE_EXHAUSTED", "", "", R.QUOTA),
        # Google's own trouble.
        (500, "INTERNAL", "", MESSAGES[500], R.SERVER),
        (503, "UNAVAILABLE", "", "The model is overloaded. Please try again later.", R.SERVER),
        (503, "UNAVAILABLE", "", "The service is currently unavailable.", R.SERVER),
        (504, "DEADLINE_EXCEEDED", "", MESSAGES[504], R.SERVER),
        (502, "", "", "", R.SERVER),
        # What was asked.
        (404, "NOT_FOUND", "", "Requested entity was not found.", R.NOT_FOUND),
        (404, "NOT_FOUND", "", "models/x is not found for API version v1beta", R.NOT_FOUND),
        (400, "INVALID_ARGUMENT", "", "Request contains an invalid argument.", R.REQUEST),
        (409, "ABORTED", "", "", R.REQUEST),
        (418, "", "", "", R.REQUEST),
    ],
)
def test_refusals(status: int, word: str, reason: str, message: str, expected: Refusal) -> None:
    found = error(said(message, reason=reason, word=word), status)

    assert found.refusal is expected
    assert (found.status, found.word, found.reason, found.message) == (status, word, reason, message)


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_the_stand_ins_answers_are_of_this_shape(reason: str) -> None:
    reply = fault(403, reason=reason)

    assert error(reply.body, 403).reason == reason


def test_an_error_in_a_list() -> None:
    """As the streaming methods send it."""
    assert error([said(reason="API_KEY_INVALID")]).refusal is R.KEY_INVALID


QUOTA = {
    "quotaMetric": "generativelanguage.googleapis.com/embed_content_free_tier_requests",
    "quotaId": "EmbedContentRequestsPerDayPerUserPerProjectPerModel-FreeTier",
    "quotaDimensions": {"location": "global", "model": "gemini-embedding-1.0"},
    "quotaValue": "1000",
}


def limited(*violations: Any, **others: Any) -> dict[str, Any]:
    details = [
        {"@type": TYPE + "QuotaFailure", "violations": list(violations)},
        {"@type": TYPE + "Help", "links": [{"description": "x", "url": "https://ai.google.dev/limits"}]},
        *([{"@type": TYPE + "RetryInfo", **others}] if others else []),
    ]
    return said(word="RESOURCE_EXHAUSTED", details=details)


def test_which_limit_was_reached() -> None:
    found = error(limited(QUOTA, retryDelay="36s"), 429)

    assert found.quotas == (Quota(QUOTA["quotaMetric"], QUOTA["quotaId"], "1000", "gemini-embedding-1.0"),)  # type: ignore[arg-type]
    assert (found.retry_after, found.link) == (36.0, "https://ai.google.dev/limits")


@pytest.mark.parametrize(
    ("delay", "header", "seconds"),
    [
        (None, None, None),
        ("36s", None, 36.0),
        ("36.473229191s", None, 36.473229191),
        ("0s", "5", 0.0),
        (None, "40", 40.0),
        ("soon", "40", 40.0),
        (36, "40", 40.0),
        ({"seconds": 36}, None, None),
        ("-1s", None, None),
        ("1e9s", None, None),
        ("9" * 50 + "s", None, None),
        ("٣s", None, None),
        (None, "Wed, 21 Oct 2026 07:28:00 GMT", None),
    ],
)
def test_when_to_come_back(delay: Any, header: str | None, seconds: float | None) -> None:
    body = limited(QUOTA, **({"retryDelay": delay} if delay is not None else {}))

    assert error(body, 429, **({"retry_after": header} if header else {})).retry_after == seconds


@pytest.mark.parametrize(
    "details",
    [
        None,
        [],
        {},
        "text",
        7,
        [None, 1, "x", [], {}],
        [{"@type": 1}, {"@type": None}, {"@type": ["x"]}],
        [{"@type": TYPE + "ErrorInfo"}],
        [{"@type": TYPE + "ErrorInfo", "reason": 7}],
        [{"@type": TYPE + "ErrorInfo", "reason": ["API_KEY_INVALID"]}],
        [{"@type": TYPE + "QuotaFailure"}],
        [{"@type": TYPE + "QuotaFailure", "violations": {}}],
        [{"@type": TYPE + "QuotaFailure", "violations": [1, None, "x"]}],
        [{"@type": TYPE + "Help", "links": [{}, {"url": 1}, {"url": "http://x"}, {"url": "javascript:x"}]}],
        [{"@type": TYPE + "RetryInfo"}],
        [{"@type": TYPE + "RetryInfo", "retryDelay": ["1s"]}],
    ],
)
def test_details_of_other_kinds(details: Any) -> None:
    found = error(said(word="RESOURCE_EXHAUSTED", details=details), 429)

    assert (found.reason, found.quotas, found.retry_after, found.link) == ("", (), None, None)


def test_quotas_of_other_kinds() -> None:
    wrong = {"quotaMetric": 7, "quotaId": None, "quotaValue": 1000, "quotaDimensions": ["x"]}

    assert error(limited(wrong, {}), 429).quotas == (Quota("7", "", "1000", ""), Quota())


@pytest.mark.parametrize("inner", [{}, {"message": 7, "status": None, "details": 1}, {"code": "x"}])
def test_errors_that_say_nothing(inner: dict[str, Any]) -> None:
    found = error({"error": inner}, 403)

    assert (found.refusal, found.message, found.word) == (R.PERMISSION, "", "")


def test_all_of_it_is_bounded() -> None:
    long = "x" * 5000
    many = limited(*[{"quotaMetric": long, "quotaId": long, "quotaValue": long}] * 100)
    many["error"] |= {"message": long, "status": long}
    many["error"]["details"].append({"@type": TYPE + "ErrorInfo", "reason": long})
    many["error"]["details"][1]["links"][0]["url"] = "https://" + long
    found = error(many, 429)

    assert max(map(len, (found.message, found.word, found.reason))) == LONGEST
    assert len(repr(found)) < 20_000


# --- what is not this API's ------------------------------------------------------------------------------------------


HTML = b"<!DOCTYPE html>\n<html lang=en>\n<title>Sign in to Example Corp</title>"


@pytest.mark.parametrize("status", [200, 204, 400, 403, 404])
@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"", "an empty answer"),
        (b" \r\n", "an empty answer"),
        (HTML, 'a web page called "Sign in to Example Corp"'),
        (b"\xef\xbb\xbf \n" + HTML.upper(), 'a web page called "SIGN IN TO EXAMPLE CORP"'),
        (b"<html><body>x", "a web page"),
        (b"<?xml version='1.0'?><Error/>", "a web page"),
        (b"<!-- x --><html>", "a web page"),
        (b"<html><title>\xff\xfe</title>", 'a web page called "\ufffd\ufffd"'),
        (b"<html><title>" + b"y" * 500, f'a web page called "{"y" * 100}"'),
        (b"<html><title> \n </title>", "a web page"),
        (b"[]", "JSON of another kind"),
        (b'["x"]', "JSON of another kind"),
        (b"12", "JSON of another kind"),
        (b'"text"', "JSON of another kind"),
        (b"{", "something that is not JSON"),
        (b"\xff\xff", "something that is not JSON"),
        (b"[" * 100_000, "something that is not JSON"),
        (b'{"a":' * 100_000, "something that is not JSON"),
        (b"9" * 10_000, "something that is not JSON"),
        (b"Access denied", "something that is not JSON"),
    ],
)
def test_something_else(body: bytes, what: str, status: int) -> None:
    found = strange(body, status)

    assert (found.what, found.status, found.to) == (what, status, None)


@pytest.mark.parametrize("body", [{"message": "no"}, {"error": "no"}, {"error": None}, [{}], [[]]])
def test_errors_in_the_shape_of_somebody_else(body: Any) -> None:
    assert strange(body, 403).what == "JSON of another kind"


@pytest.mark.parametrize(("status", "expected"), [(429, R.QUOTA), (500, R.SERVER), (502, R.SERVER), (503, R.SERVER)])
def test_a_server_at_its_end_may_answer_with_a_page(status: int, expected: Refusal) -> None:
    found = error(b"<html><title>Error 502 (Server Error)!!1</title>", status, retry_after="7")

    assert (found.refusal, found.retry_after) == (expected, 7.0)
    assert found.message == 'a web page called "Error 502 (Server Error)!!1"'


@pytest.mark.parametrize(
    ("location", "what", "to"),
    [
        ("https://login.example/?back=https://user:pw@x/", "a redirect to login.example", "login.example"),
        ("https://user:secret@login.example:8443/x", "a redirect to login.example", "login.example"),
        ("/elsewhere", "a redirect", None),
        ("//host/x", "a redirect to host", "host"),
        ("", "a redirect", None),
        ("http://[::1", "a redirect", None),
        ("\0", "a redirect", None),
        ("https://%zz/", "a redirect", None),
    ],
)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect(location: str, what: str, to: str | None, status: int) -> None:
    found = strange(b"{}", status, location=location)

    assert (found.what, found.status, found.to) == (what, status, to)


# --- nothing is too odd ----------------------------------------------------------------------------------------------


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=10),
    lambda each: (
        st.lists(each, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["error", "details", "@type", "reason", "violations", "links", "url", "status", "message", "x"]
            ),
            each | st.sampled_from([TYPE + kind for kind in ("ErrorInfo", "QuotaFailure", "RetryInfo", "Help")]),
            max_size=5,
        )
    ),
    max_leaves=20,
)


@settings(deadline=None)
@given(
    body=st.binary(max_size=100) | JSON.map(lambda each: json.dumps({"error": each}).encode()) | JSON.map(json.dumps),
    status=st.integers(0, 999),
    headers=st.dictionaries(st.sampled_from(["location", "retry-after", "date"]), st.text(max_size=30)),
)
def test_any_answer_is_one_of_the_three(body: bytes | str, status: int, headers: Mapping[str, str]) -> None:
    raw = body.encode("utf-8", "replace") if isinstance(body, str) else body
    found = read(Response(status, headers, raw))

    assert sum(each is not None for each in found) == 1


@pytest.mark.parametrize(
    "nested",
    [
        lambda inner: f'{{"error": {{"details": [{{"@type": {inner}}}]}}}}',
        lambda inner: f'{{"error": {{"message": {inner}, "status": {inner}}}}}',
        lambda inner: f'{{"error": {{"details": [{{"@type": "google.rpc.RetryInfo", "retryDelay": {inner}}}]}}}}',
        lambda inner: f'{{"error": {{"details": {inner}}}}}',
    ],
)
def test_as_deep_as_json_goes(nested: Callable[[str], str]) -> None:
    """What the parser just manages must not be too deep for what comes after it."""
    for depth in range(sys.getrecursionlimit() - 300, sys.getrecursionlimit() + 20, 3):
        found = read(response(nested("[" * depth + "]" * depth).encode(), 403))
        assert found[0] is None


def test_pages_that_are_made_to_be_slow() -> None:
    started = time.monotonic()
    for body in (b"<html>" + b"<title" * 500_000, b"<html><title>" + b" " * 3_000_000, b" " * 3_000_000 + b"x"):
        assert strange(body).what
    assert time.monotonic() - started < 1


# --- a key that is quoted --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["", "k1", "short"])
def test_a_key_that_is_too_short_to_be_told_from_words(key: str) -> None:
    assert _forms(key) == ()


@pytest.mark.parametrize(
    "key", ["AIzaSyD-example_0123", 'quo"ted\\key', "a/b+c=d&e<f>'g", "schlüssel-Łódź", "\udcff" * 8]
)
def test_the_forms_of_a_key(key: str) -> None:
    from html import escape
    from urllib.parse import quote_from_bytes

    raw = key.encode("utf-8", "surrogateescape")
    forms = _forms(key)
    assert raw in forms
    for text in (json.dumps(key)[1:-1], quote_from_bytes(raw, safe=""), escape(key)):
        assert text.encode("utf-8", "surrogateescape") in forms
