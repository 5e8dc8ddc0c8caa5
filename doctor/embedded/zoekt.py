"""
A stand-in for zoekt-webserver on loopback: `/healthz`, the list of `-rpc`, and the first word of gRPC, on one port.

How it is is one mapping, the world, which may be written as YAML. All of it is optional:

    ready: not ready: no shards         # instead of being ready
    grpc: false                         # as behind a proxy that speaks HTTP/1 only
    repositories: [github.com/owner/repo]       # in its index; false: started without -rpc
    answers:                            # by path (with * and ?); the first that fits and is not used up
      /healthz: {behaviour: hang, times: 1, ...}

`accept` and the rest of an answer are as in `doctor.embedded.google`, on whose wire it is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from doctor.embedded.api import SHARED, Answers
from doctor.embedded.google.api import page
from doctor.embedded.google.server import Server
from doctor.embedded.google.wire import Reply, Seen

KEYS = SHARED | {"ready", "grpc", "repositories", "answers"}
TEXT = "text/plain; charset=utf-8"
# Length 6, kind SETTINGS, no flags, stream 0, then: at most 250 streams at a time. As Go's server begins.
SETTINGS = b"\x00\x00\x06\x04\x00\x00\x00\x00\x00" + b"\x00\x03\x00\x00\x00\xfa"


class Frame(Reply):
    """The first frame of HTTP/2, instead of an answer of HTTP/1."""

    def whole(self, world: Mapping[str, Any], *, keep: bool) -> bytes:
        return self.body


class Index:
    """One world."""

    def __init__(self, world: Mapping[str, Any]) -> None:
        self.world = world
        self._answers = Answers(world, KEYS)

    def reply(self, seen: Seen) -> Reply:
        if seen.method == "PRI":
            return Frame(200, SETTINGS) if self.world.get("grpc", True) else page(400, "Bad Request")
        return self._answers.spoil(seen, self._right(seen))

    def _right(self, seen: Seen) -> Reply:
        if seen.path == "/healthz":
            ready = self.world.get("ready", True)
            return Reply(200, b'{"Crashes":0}') if ready is True else Reply(500, f"{ready}\n".encode(), TEXT)
        names = self.world.get("repositories", ())
        if seen.path != "/api/list" or names is False:
            return page(404, f"{seen.path} was not found on this server.")
        if seen.method != "POST":
            return _json(405, {"Error": "Only POST is supported"})
        if not isinstance(json.loads(seen.body).get("Q"), str):
            return _json(400, {"Error": "no query"})
        # An empty list is null in Go.
        return _json(200, {"List": {"Repos": [{"Repository": {"Name": each}} for each in names] or None}})


def _json(status: int, body: object) -> Reply:
    return Reply(status, json.dumps(body).encode())


class Zoekt(Server):
    """A stand-in for the server of text search."""

    api = Index
