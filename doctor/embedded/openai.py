"""
A stand-in for an OpenAI-compatible server on loopback, with every way of misbehaving.

What it holds and how it behaves is one mapping, the world, which may be written as YAML. All of it is optional:

    keys: [k1]                # accepted as a bearer token; without it none is needed
    base: /v1                 # where the API is
    models: [nomic-embed-text]        # what is listed; false: there is no such list (404)
    any_model: true           # whatever is asked for is there (llama.cpp)
    length: 768               # of its vectors
    dimensions: false         # whether it makes them as long as it is asked to; refuse: 400
    embeddings: false         # there is no such call (404)
    answers:                  # by call (models, models/NAME, embeddings, with * and ?); the first that fits
      embeddings: {status: 500, message: text, code: text, times: 1, ...}     # and is not used up

`date`, `accept`, `tls`, `connect` and the rest of an answer are as in `doctor.embedded.google`, on whose wire it is.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import unquote

from doctor.embedded.google.api import ANSWER, checked, misbehaving, page
from doctor.embedded.google.server import Server
from doctor.embedded.google.wire import Reply, Seen

BASE = "/v1"
MODELS = ("nomic-embed-text",)
LENGTH = 768
SHARED = {"date", "accept", "tls", "connect", "keys", "models"}
KEYS = SHARED | {"base", "any_model", "length", "dimensions", "embeddings", "answers"}

Mappings = Mapping[str, Any]


class Api:
    """One world, and how often each of its answers was given."""

    def __init__(self, world: Mappings) -> None:
        _checked(world)
        self.world = world
        self._given: Counter[str] = Counter()
        self._lock = threading.Lock()

    def reply(self, seen: Seen) -> Reply:
        base = str(self.world.get("base", BASE))
        if not seen.path.startswith(f"{base}/"):
            return page(404, f"{seen.path} was not found on this server.")
        route = unquote(seen.path.removeprefix(f"{base}/"))
        right = self._refused(seen) or self._right(seen.method, route, seen.body)
        answer = self._answer(route)
        if answer is None:
            return right
        said: dict[str, Any] = {name: answer.pop(name) for name in ("message", "code", "status") if name in answer}
        if said and not answer.keys() & {"body", "behaviour"}:
            return misbehaving(answer, fault(int(said.get("status", 400)), said.get("message"), said.get("code")))
        return misbehaving({**answer, **said}, right)

    def _answer(self, route: str) -> dict[str, Any] | None:
        with self._lock:
            for pattern, answer in self.world.get("answers", {}).items():
                left = answer.get("times", 1 + self._given[pattern]) > self._given[pattern]
                if left and fnmatchcase(route, pattern):
                    self._given[pattern] += 1
                    return dict(answer)
        return None

    def _refused(self, seen: Seen) -> Reply | None:
        keys = [f"Bearer {key}" for key in self.world.get("keys", ())]
        if not keys or seen.headers.get("authorization") in keys:
            return None
        return fault(401, "Incorrect API key provided.", "invalid_api_key")

    @property
    def _models(self) -> list[str]:
        return list(self.world.get("models", MODELS) or ())

    def _right(self, method: str, route: str, body: bytes) -> Reply:
        if route == "embeddings" and method == "POST" and self.world.get("embeddings", True):
            return self._embedding(body)
        if route == "models" and method == "GET" and self.world.get("models", True):
            listed = [{"id": name, "object": "model", "owned_by": "me"} for name in self._models]
            return _json({"object": "list", "data": listed})
        kind, _, name = route.partition("/")
        if kind == "models" and method == "GET" and name in self._models:
            return _json({"id": name, "object": "model", "owned_by": "me"})
        named = kind == "models" and method == "GET" and name
        return self._no_model(name) if named else fault(404, "Not Found")

    def _embedding(self, body: bytes) -> Reply:
        asked = json.loads(body)
        model, length, wish = asked["model"], int(self.world.get("length", LENGTH)), self.world.get("dimensions", False)
        if model not in self._models and not self.world.get("any_model"):
            return self._no_model(model)
        if wish == "refuse":
            return fault(400, f'Model "{model}" does not support matryoshka representation, dimensions cannot be set.')
        vector = [0.5] * (int(asked["dimensions"]) if wish else length)
        data = [{"object": "embedding", "index": index, "embedding": vector} for index in range(len(asked["input"]))]
        return _json({"object": "list", "model": model, "data": data})

    def _no_model(self, model: str) -> Reply:
        return fault(404, f"The model `{model}` does not exist.", "model_not_found")


class OpenAi(Server):
    """A stand-in for a server of this kind."""

    api = Api


def fault(status: int, message: str | None = None, code: str | None = None) -> Reply:
    """An error in OpenAI's shape."""
    said = message or f"Error {status}"
    error = {"message": said, "type": "invalid_request_error", "param": None, "code": code}
    return replace(_json({"error": error}), status=status)


def _json(body: object) -> Reply:
    return Reply(200, json.dumps(body).encode())


def _checked(world: Mappings) -> None:
    """A word that nobody knows would be a test that proves nothing."""
    answers = world.get("answers", {})
    wrong = world.keys() - KEYS | {key for each in answers.values() for key in each} - ANSWER - {"code"}
    if wrong:
        raise ValueError(f"unknown in the world of the stand-in: {', '.join(sorted(wrong))}")
    plain = {route: {key: each[key] for key in each if key != "code"} for route, each in answers.items()}
    checked({**{name: world[name] for name in SHARED & world.keys()}, "answers": plain})
