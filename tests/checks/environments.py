"""Builders for the tests of the environment family."""

from __future__ import annotations

from collections.abc import Mapping

from doctor import facts
from doctor.model import Location

HERE = facts.Worker(facts.Known.ASSUMED, facts.Habitat.HOST)
GIVEN = facts.Worker(facts.Known.GIVEN, facts.Habitat.HOST)
RUNNING = facts.Worker(facts.Known.OBSERVED, facts.Habitat.PROCESS, pid=7, started_at=1.0, variables={})
CONTAINER = facts.Worker(facts.Known.GIVEN, facts.Habitat.CONTAINER, name="worker", variables={})
UNSEEN_CONTAINER = facts.Worker(facts.Known.GIVEN, facts.Habitat.CONTAINER, name="worker")


def variables(values: Mapping[str, str], layer: str = "--env") -> facts.Environment:
    """An environment of one layer; the lines of an `--env-file` count from 1."""
    found = {}
    for line, (name, value) in enumerate(values.items(), 1):
        place = Location.env(name, path="prod.env", line=line) if layer == "--env-file" else Location.env(name)
        found[name] = facts.Variable(name, value, layer, place)
    return facts.Environment(found, "worker" if layer == "worker" else "shell" if layer == "shell" else "none")
