"""The API itself: which reply a request gets in the world as it is."""

from __future__ import annotations

import base64
import binascii
import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import unquote

from doctor.embedded.google import things
from doctor.embedded.google.faults import NO_KEY, fault, ordered
from doctor.embedded.google.wire import HTML, Reply, Seen

PAGE = 50
PATH = re.compile(r"/(?:v1beta|v1)/(.+)")
WAYS = ("hang", "drip", "cut", "reset", "endless", "garbage")
CONTENTS = ("html", "bad-json", "empty", "redirect", "huge-headers")

KEYS = {
    *("keys", "models", "batches", "files", "page", "empty_last_page", "empty_list_404", "date", "age"),
    *("accept", "tls", "connect", "answers"),
}
ANSWER = {
    *("status", "reason", "message", "word", "details", "times", "headers", "body", "retry", "retry_after", "quota"),
    *("behaviour", "to", "pause"),
}
CONNECT = {"status", "reason", "message", "behaviour", "login", "realm"}

Mappings = Mapping[str, Any]
Shown = Callable[[Any, datetime], Any]


class Api:
    """One world, and how often each of its answers was given."""

    def __init__(self, world: Mappings) -> None:
        checked(world)
        self.world = world
        self._now = datetime.now(UTC)  # of all its times: they do not move from one request to the next
        self._given: Counter[str] = Counter()
        self._lock = threading.Lock()

    def reply(self, seen: Seen) -> Reply:
        path = PATH.fullmatch(seen.path)
        if seen.method == "POST":  # nothing here may be changed: a test sees who tries
            return fault(403)
        if path is None or seen.method != "GET":
            return page(404, f"The requested URL {seen.path} was not found on this server.")
        route = unquote(path[1])
        answer = self._answer(route)
        right = self._refused(seen) or self._right(route, seen.query)
        return right if answer is None else misbehaving(answer, right)

    def _answer(self, route: str) -> Mappings | None:
        """The first of `answers` that fits and was not given as often as it may be."""
        with self._lock:
            for pattern, answer in self.world.get("answers", {}).items():
                left = answer.get("times", 1 + self._given[pattern]) > self._given[pattern]
                if left and fnmatchcase(route, pattern):
                    self._given[pattern] += 1
                    return dict(answer)
        return None

    def _refused(self, seen: Seen) -> Reply | None:
        key = seen.headers.get("x-goog-api-key", "")
        if key:
            known = "keys" not in self.world or key in map(str, self.world["keys"])
            return None if known else fault(400, reason="API_KEY_INVALID")
        if seen.headers.get("authorization", "").startswith("Bearer "):
            return fault(401, reason="ACCESS_TOKEN_TYPE_UNSUPPORTED")
        return fault(403, NO_KEY)

    def _right(self, route: str, query: Mapping[str, str]) -> Reply:
        kind, _, name = route.partition("/")
        if kind not in KINDS:
            return page(404, f"The requested URL /{route} was not found on this server.")
        field, key, shown = KINDS[kind]
        held = self._held(kind)
        if name:
            wanted = [each for each in held if _name(kind, key, each) == route]
            return _json(shown(wanted[0], self._now)) if wanted else fault(404, _missing(route))
        if kind == "batches" and not held and self.world.get("empty_list_404"):
            return fault(404)
        return self._listed(field, held, shown, query)

    def _held(self, kind: str) -> Sequence[Any]:
        held = self.world.get(kind, things.MODELS if kind == "models" else ())
        return things.many(held) if isinstance(held, int) else list(held or ())

    def _listed(self, field: str, held: Sequence[Any], shown: Shown, query: Mapping[str, str]) -> Reply:
        """One page of a list; empty lists and the token of the last page are left out, as protobuf's JSON does."""
        try:
            start, size = _start(query.get("pageToken", "")), int(query.get("pageSize") or 0)
        except ValueError:
            return fault(400)
        largest = int(self.world.get("page", PAGE))
        end = start + (min(size, largest) if size > 0 else largest)
        body: dict[str, Any] = {field: [shown(each, self._now) for each in held[start:end]]} if held[start:end] else {}
        if end < len(held) or (body and self.world.get("empty_last_page")):
            body["nextPageToken"] = _token(end)
        return replace(_json(body), chunked=field == "operations")


# Of each kind: the field of its list, what names one in the world, and how one is shown.
KINDS: dict[str, tuple[str, str, Shown]] = {
    "models": ("models", "name", things.model),
    "batches": ("operations", "id", things.batch),
    "files": ("files", "id", things.file),
}


def _name(kind: str, key: str, of: Any) -> str:
    return things.named(kind, of if isinstance(of, str) else of[key])


def _missing(route: str) -> str:
    return f"Model is not found: {route} for api version v1beta" if route.startswith("models/") else ""


def _json(body: object) -> Reply:
    return Reply(200, json.dumps(body, indent=2).encode() + b"\n")


def _token(start: int) -> str:
    """Opaque, and with the characters that a client has to quote in a query."""
    return base64.b64encode(b"\xfb\xef\xff%d" % start).decode()


def _start(token: str) -> int:
    if not token:
        return 0
    try:
        return int(base64.b64decode(token, validate=True)[3:])
    except binascii.Error:
        raise ValueError from None


def checked(world: Mappings) -> None:
    """A word that nobody knows would be a test that proves nothing."""
    answers, connect, tls = world.get("answers", {}), world.get("connect", {}), world.get("tls", {})
    wrong = world.keys() - KEYS | connect.keys() - CONNECT | {key for each in answers.values() for key in each} - ANSWER
    said: list[tuple[Any, tuple[str, ...]]]
    said = [(each.get("behaviour"), (*WAYS, *CONTENTS)) for each in answers.values()]
    said += [(connect.get("behaviour"), ("hang", "cut", "garbage")), (world.get("accept"), ("hang", "cut"))]
    said += [(tls, ("hang", "cut", "garbage"))] if isinstance(tls, str) else []
    wrong |= {word for word, known in said if word is not None and word not in known}
    if wrong:
        raise ValueError(f"unknown in the world of the stand-in: {', '.join(sorted(wrong))}")


def page(status: int, text: str) -> Reply:
    """A page for people, as gateways and hotel networks send it."""
    title = f"Error {status}" if status >= 400 else "Sign in to Example Corp Guest Network"
    html = f"<!DOCTYPE html>\n<html lang=en>\n<title>{title}</title>\n<p>{text}\n</html>\n"
    return Reply(status, html.encode(), HTML)


def misbehaving(answer: Mappings, right: Reply) -> Reply:
    """The right reply, or the error that `answer` asks for, spoiled as it says."""
    reply, behaviour = _content(answer, right), answer.get("behaviour", "")
    headers = {str(name): str(value) for name, value in answer.get("headers", {}).items()}
    if "retry_after" in answer:
        headers["Retry-After"] = str(answer["retry_after"])
    if behaviour == "redirect":
        headers["Location"] = str(answer["to"])
    if behaviour == "huge-headers":
        headers |= {f"X-Padding-{n}": "x" * 1000 for n in range(300)}
    way = behaviour if behaviour in WAYS else ""
    return replace(reply, headers={**reply.headers, **headers}, way=way, pause=float(answer.get("pause", reply.pause)))


def _content(answer: Mappings, right: Reply) -> Reply:
    status, behaviour = int(answer.get("status", 200)), answer.get("behaviour", "")
    if "body" in answer:
        return Reply(status, str(answer["body"]).encode())
    if behaviour == "html":
        return page(status, "Please accept the terms of use." if status < 400 else "The server returned an error.")
    if behaviour == "bad-json":
        return Reply(status, right.body[: len(right.body) * 2 // 3])
    if behaviour == "empty":
        return Reply(status)
    if behaviour == "redirect":
        return replace(page(int(answer.get("status", 302)), "Moved."), phrase="")
    if status >= 400 or {"reason", "quota", "retry", "message", "word", "details"} & answer.keys():
        return ordered(answer)
    return replace(right, status=int(answer.get("status", right.status)))
