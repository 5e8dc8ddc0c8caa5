"""
A stand-in for codechunking's API on loopback: its `/health`, and every way of misbehaving.

How it is is one mapping, the world, which may be written as YAML. All of it is optional:

    version: 1.0.0
    database: Database connection failed        # its message, when it is unhealthy
    nats: {connected: true, reconnects: 0, jetstream_enabled: true, circuit_breaker: closed, last_error: ""}
    nats: mock                # the API publishes to its own memory: no details, no headers
    nats: NATS disconnected   # its message, when it is unhealthy
    headers: false            # as older versions: details, but not the two headers
    answers:                  # by path (with * and ?); the first that fits and is not used up
      /health: {behaviour: hang, times: 1, ...}

`accept` and the rest of an answer are as in `doctor.embedded.google`, on whose wire it is.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

from doctor.embedded.google.api import ANSWER, checked, misbehaving, page
from doctor.embedded.google.server import Server
from doctor.embedded.google.wire import Reply, Seen

SHARED = {"date", "accept"}
KEYS = SHARED | {"version", "database", "nats", "headers", "answers"}
SOUND: Mapping[str, Any] = {
    "connected": True,
    "uptime": "5m0s",
    "reconnects": 0,
    "last_error": "",
    "jetstream_enabled": True,
    "circuit_breaker": "closed",
    "message_metrics": {"published_count": 3, "failed_count": 0, "average_latency": "1ms"},
}

Mappings = Mapping[str, Any]


class Answers:
    """The `answers` of a world, and how often each was given."""

    def __init__(self, world: Mappings, keys: set[str]) -> None:
        _checked(world, keys)
        self._answers: Mappings = world.get("answers", {})
        self._given: Counter[str] = Counter()
        self._lock = threading.Lock()

    def spoil(self, seen: Seen, right: Reply) -> Reply:
        """The right reply, or what the world says instead."""
        with self._lock:
            for pattern, answer in self._answers.items():
                left = answer.get("times", 1 + self._given[pattern]) > self._given[pattern]
                if left and fnmatchcase(seen.path, pattern):
                    self._given[pattern] += 1
                    return misbehaving(answer, right)
        return right


def _checked(world: Mappings, keys: set[str]) -> None:
    """A word that nobody knows would be a test that proves nothing."""
    answers = world.get("answers", {})
    wrong = world.keys() - keys | {key for each in answers.values() for key in each} - ANSWER
    if wrong:
        raise ValueError(f"unknown in the world of the stand-in: {', '.join(sorted(wrong))}")
    checked({**{name: world[name] for name in SHARED & world.keys()}, "answers": answers})


class Health:
    """One world."""

    def __init__(self, world: Mappings) -> None:
        self.world = world
        self._answers = Answers(world, KEYS)

    def reply(self, seen: Seen) -> Reply:
        return self._answers.spoil(seen, self._right(seen))

    def _right(self, seen: Seen) -> Reply:
        if (seen.method, seen.path) != ("GET", "/health"):
            return page(404, f"{seen.path} was not found on this server.")
        database, nats = self._database(), self._nats()
        failing = [each["status"] for each in (database, nats)].count("unhealthy")
        body = {
            "status": ("healthy", "degraded", "unhealthy")[failing],
            "timestamp": "2026-01-01T00:00:00Z",
            "version": self.world.get("version", "1.0.0"),
            "dependencies": {"database": database, "nats": nats},
        }
        reply = Reply(503 if failing == 2 else 200, json.dumps(body).encode())
        return replace(reply, headers={"X-Health-Check-Duration": "2ms", **self._headers(nats)})

    def _database(self) -> dict[str, Any]:
        message = self.world.get("database")
        return {"status": "unhealthy", "message": message} if message else {"status": "healthy"}

    def _nats(self) -> dict[str, Any]:
        order = self.world.get("nats", {})
        if order == "mock":
            return {"status": "healthy"}
        details = {"nats_health": {**SOUND, **(order if isinstance(order, Mapping) else {"connected": False})}}
        good: dict[str, Any] = {"response_time": "2.1ms", "details": details}
        return (
            {"status": "healthy", **good} if isinstance(order, Mapping) else {"status": "unhealthy", "message": order}
        )

    def _headers(self, nats: dict[str, Any]) -> dict[str, str]:
        if self.world.get("headers") is False or self.world.get("nats") == "mock":
            return {}
        inner = nats.get("details", {}).get("nats_health", {})
        connected = "connected" if inner.get("connected") else "disconnected"
        enabled = "enabled" if inner.get("jetstream_enabled") else "disabled"
        return {"X-Nats-Connection-Status": connected, "X-Jetstream-Enabled": enabled}


class Api(Server):
    """A stand-in for the API."""

    api = Health
