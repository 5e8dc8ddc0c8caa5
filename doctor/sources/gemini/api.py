"""
The Gemini API's REST answers, read as they are.

Google's client library is not used here: it drops the counts (`batchStats`) and the error of a batch job, follows a
redirect to another host with the key, takes a proxy by other rules than the program does, and has no limit for the
whole of a call (googleapis/python-genai #1323, #2367).
"""

from __future__ import annotations

import html
import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from urllib.parse import quote_from_bytes, urlencode

from doctor.facts.gemini import ApiAnswer, ApiError, Refusal, Strange
from doctor.facts.network import NetworkFault, NetworkObstacle, Step
from doctor.redact import MASK
from doctor.sources.gemini.answers import JsonObject, read
from doctor.sources.web import Halted, Response, Route, Web

VERSION = "v1beta"
HEADER = "x-goog-api-key"

# A second try comes after a moment, or when the server wishes it, if that is soon.
PAUSE, LONGEST_PAUSE = 0.5, 2.0

# Shorter texts occur in every answer.
SHORTEST = 6


class Unanswered(Exception):
    """A call that did not give what it should; `answer` says what it came to."""

    def __init__(self, answer: ApiAnswer) -> None:
        super().__init__(answer.call)
        self.answer = answer


class Api:
    """
    The API with one key, asked with GET only, on one connection.

    Nothing follows a redirect, and the key stands in a header and nowhere else. `path` is what stands before the
    version in a URL (empty for Google's own).
    """

    def __init__(self, route: Route, key: str, ends_at: float, *, path: str = "") -> None:
        self.web = Web(route, ends_at)
        self._key = key
        self._forms = _forms(key)
        self._path = path.rstrip("/")
        self.clock: float | None = None

    def close(self) -> None:
        """Hang up."""
        self.web.close()

    def get(self, path: str, query: Mapping[str, str] | None = None) -> JsonObject:
        """What a resource is, as the API has it. Raises Unanswered."""
        found, answer = self.ask(path, query)
        if found is None:
            raise Unanswered(answer)
        return found

    def pages(self, path: str, query: Mapping[str, str] | None = None, *, after: str = "") -> Iterator[JsonObject]:
        """
        The pages of a list, to the end, from the one that `after` stands for on.

        Raises Unanswered, also for a list that leads back to where it was.
        """
        token, seen = after, {"", after}
        while True:
            page = self.get(path, {**(query or {}), **({"pageToken": token} if token else {})})
            yield page
            token = next_page(page)
            if not token:
                return
            if token in seen:
                raise Unanswered(ApiAnswer(_call(path), strange=Strange("a list that never ends", 200)))
            seen.add(token)

    def ask(self, path: str, query: Mapping[str, str] | None = None) -> tuple[JsonObject | None, ApiAnswer]:
        """
        One call, and what it came to.

        A server that is overloaded, or has counted too many calls, is asked once more.
        """
        found, answer = self._once(path, query)
        pause = self._pause(answer.error)
        if pause is None:
            return found, answer
        time.sleep(pause)
        found, second = self._once(path, query)
        # What a second call does not get through to says less than the first answer.
        return (None, answer) if second.obstacle is not None else (found, replace(second, again=second.ok))

    def _pause(self, error: ApiError | None) -> float | None:
        """How long to wait before a second try; None when there is none."""
        if error is None or error.refusal not in (Refusal.SERVER, Refusal.QUOTA):
            return None
        wished = error.retry_after
        pause = PAUSE if wished is None or wished > LONGEST_PAUSE else max(PAUSE, wished)
        return pause if pause + PAUSE < self.web.left else None

    def _once(self, path: str, query: Mapping[str, str] | None) -> tuple[JsonObject | None, ApiAnswer]:
        call = _call(path)
        target = f"{self._path}/{VERSION}/{path}" + (f"?{urlencode(query)}" if query else "")
        try:
            response = self.web.get(target, {HEADER: self._key})
        except Halted as halted:
            return None, ApiAnswer(call, obstacle=halted.obstacle)
        except ValueError:  # what cannot stand in a header
            text = "the key holds characters that cannot be sent"
            return None, ApiAnswer(call, obstacle=NetworkObstacle(Step.HTTP, NetworkFault.SETTING, text))
        if self.clock is None:
            self.clock = response.clock
        found, error, strange = read(self._without_key(response))
        return found, ApiAnswer(call, error, strange)

    def _without_key(self, response: Response) -> Response:
        """The answer without the key, should it quote it: what is cut to length later could not be masked whole."""
        body = response.body
        for form in self._forms:
            body = body.replace(form, MASK.encode())
        return response if body is response.body else replace(response, body=body)


def _forms(key: str) -> tuple[bytes, ...]:
    """A key as answers may quote it: plain, in JSON with or without letters beyond ASCII, in HTML, in a URL."""
    if len(key) < SHORTEST:
        return ()
    plain = key.encode("utf-8", "surrogateescape")
    texts = (json.dumps(key), json.dumps(key, ensure_ascii=False), f'"{html.escape(key)}"')
    quoted = (text[1:-1].encode("utf-8", "surrogateescape") for text in texts)
    escaped = (re.sub(rb"[<>&=']", lambda match: b"\\u%04x" % match[0][0], each) for each in [plain])
    found = dict.fromkeys((plain, *quoted, *escaped, quote_from_bytes(plain, "").encode()))
    return tuple(sorted(found, key=len, reverse=True))


def next_page(page: JsonObject) -> str:
    """The token of the page behind this one, empty when it is the last."""
    token = page.get("nextPageToken")
    return token if isinstance(token, str) else ""


def _call(path: str) -> str:
    return f"GET /{VERSION}/{path}"
