"""Whether a worker would end over its database, by the way there as the doctor walked it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from doctor.facts import Connection, Fault, Habitat, Known, Obstacle, WhySelection, Worker
from doctor.model import Location
from doctor.why.explain import Given, explain
from doctor.why.leaves import Leaf
from doctor.why.verdict import Certainty, Why
from tests.why import given
from tests.why.worlds import HEALTHY

HERE = Worker(Known.ASSUMED, Habitat.HOST)
RUNNING = replace(HERE, location=Known.OBSERVED, pid=4711, started_at=1_800_000_000.0)
CONTAINED = Worker(Known.GIVEN, Habitat.CONTAINER, "codechunking-worker")
AT = Location.file("configs/config.yaml", 2, 9, key="database.host")
WAY = Connection("db.example.com", 5432, "dev", "codechunking", "disable", AT)


def answer(fault: Fault | None, worker: Worker | None = HERE, text: str = "so it says") -> Why:
    """Without a log, on a way to the database that ends like this."""
    way = WAY if fault is None else replace(WAY, obstacle=Obstacle(fault, text))
    config = given.configuration(HEALTHY, 10)
    return explain(Given(config, given.variables(), connection=way, worker=worker), WhySelection(chunks=300))


@pytest.mark.parametrize(
    ("fault", "worker"),
    [
        pytest.param(None, HERE, id="open"),
        pytest.param(None, CONTAINED, id="open from here"),
        # Over in a moment, or a matter of the doctor's own time.
        pytest.param(Fault.TIMED_OUT, HERE, id="time"),
        pytest.param(Fault.NO_ANSWER, HERE, id="silence"),
        pytest.param(Fault.BROKEN_OFF, HERE, id="broken off"),
        pytest.param(Fault.STARTING, HERE, id="starting"),
        pytest.param(Fault.SHUTTING_DOWN, HERE, id="going down"),
        pytest.param(Fault.NO_SLOT, HERE, id="full"),
        # Another place than the worker's.
        pytest.param(Fault.REFUSED, CONTAINED, id="refused from here"),
        pytest.param(Fault.NAME_UNKNOWN, CONTAINED, id="unknown here"),
        pytest.param(Fault.NO_ENTRY, CONTAINED, id="no entry for this host"),
        # It has what it needs.
        pytest.param(Fault.REFUSED, RUNNING, id="running"),
    ],
)
def test_the_worker_may_well_start(fault: Fault | None, worker: Worker) -> None:
    found = answer(fault, worker)

    assert (found.process.leaf, found.jobs[0].leaf) == (None, Leaf.B1)
    doubts = [each.question for each in found.jobs[0].unknown if "reaches its database" in each.question]
    assert doubts == ([] if fault is None else [f"{DOUBT} db.example.com:5432 says “so it says”"])


DOUBT = "whether the worker reaches its database: from here"


@pytest.mark.parametrize(
    ("fault", "key", "worker"),
    [
        (Fault.REFUSED, "database.port", HERE),
        (Fault.REFUSED, "database.port", None),
        (Fault.OTHER_PROTOCOL, "database.port", HERE),
        (Fault.NAME_UNKNOWN, "database.host", HERE),
        (Fault.NO_ROUTE, "database.host", HERE),
        (Fault.NO_SOCKET, "database.host", HERE),
        (Fault.TLS_NOT_OFFERED, "database.sslmode", HERE),
        (Fault.CERTIFICATE_REFUSED, "database.sslmode", HERE),
        (Fault.PASSWORD_REFUSED, "database.password", HERE),
        (Fault.PASSWORD_REFUSED, "database.password", CONTAINED),
        (Fault.LOGIN_REFUSED, "database.user", HERE),
        (Fault.NO_ENTRY, "database.user", HERE),
        (Fault.DATABASE_MISSING, "database.name", HERE),
        (Fault.DATABASE_MISSING, "database.name", CONTAINED),
    ],
)
def test_the_worker_would_end(fault: Fault, key: str, worker: Worker | None) -> None:
    found = answer(fault, worker)

    assert (found.process.leaf, found.process.certainty) == (Leaf.X2, Certainty.LIKELY)
    assert found.process.cause is not None
    assert found.process.cause.key == key
    assert "so it says" in found.process.evidence[0].text
    assert (found.jobs[0].leaf, found.jobs[0].certainty) == (Leaf.X2, Certainty.LIKELY)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("failed to configure TLS (sslmode is invalid)", "database.sslmode"),
        ("invalid port (outside range)", "database.port"),
        ("failed to parse as keyword/value", "database.host"),
    ],
)
def test_settings_that_the_driver_refuses(text: str, key: str) -> None:
    cause = answer(Fault.SETTINGS_REFUSED, text=text).process.cause

    assert cause is not None
    assert cause.key == key


def test_the_settings_come_before_the_database() -> None:
    """A worker that crashes on its settings never asks for its database."""
    config = given.resolved("worker: {concurrency: 0}\ndatabase: {user: dev}\n")
    way = replace(WAY, obstacle=Obstacle(Fault.REFUSED, "refused"))

    found = explain(Given(config, given.variables(), connection=way, worker=HERE), WhySelection())

    assert found.process.leaf is Leaf.X1
