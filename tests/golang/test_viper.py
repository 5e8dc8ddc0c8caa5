"""viper: which of environment, file and defaults a key takes its value from."""

from __future__ import annotations

from typing import Any

import pytest

from doctor.golang.values import AnyMap
from doctor.golang.viper import Viper, lowered

DEFAULTS = {"worker": {"concurrency": 5, "group": "g"}, "log": {"level": "info"}}


def viper(config: dict[str, Any] | None = None, **environment: str) -> Viper:
    return Viper(
        prefix="APP", defaults=DEFAULTS, bound=("key.bound",), environment=environment, config=lowered(config or {})
    )


def test_defaults_alone() -> None:
    assert viper().settings() == {"worker": {"concurrency": 5, "group": "g"}, "log": {"level": "info"}}


@pytest.mark.parametrize(
    ("config", "environment", "key", "value"),
    [
        ({}, {"APP_WORKER_CONCURRENCY": "9"}, "worker.concurrency", "9"),
        ({"worker": {"concurrency": 7}}, {}, "worker.concurrency", 7),
        ({"worker": {"concurrency": 7}}, {"APP_WORKER_CONCURRENCY": "9"}, "worker.concurrency", "9"),
        ({"worker": {"concurrency": 7}}, {"APP_WORKER_CONCURRENCY": ""}, "worker.concurrency", 7),
        ({"worker": {"concurrency": None}}, {}, "worker.concurrency", 5),
        ({"worker.concurrency": 7}, {}, "worker.concurrency", 7),
        ({"worker.concurrency": 7, "worker": {"concurrency": 8}}, {}, "worker.concurrency", 7),
        ({"worker.concurrency": None, "worker": {"concurrency": 8}}, {}, "worker.concurrency", 8),
        ({"Worker": {"Concurrency": 4}}, {}, "worker.concurrency", 4),
        ({}, {"APP_KEY_BOUND": "x"}, "key.bound", "x"),
        ({}, {"app_worker_concurrency": "9"}, "worker.concurrency", 5),
        ({"new": {"key": None}}, {"APP_NEW_KEY": "x"}, "new.key", "x"),
        ({"new": [{"key": 1}]}, {}, "new.0.key", 1),
    ],
)
def test_finds(config: dict[str, Any], environment: dict[str, str], key: str, value: Any) -> None:
    assert viper(config, **environment).find(key) == value


@pytest.mark.parametrize(
    ("config", "environment", "settings"),
    [
        # A variable counts for IsSet, but is not asked for unless the key is known.
        ({}, {"APP_NEW_KEY": "x"}, {}),
        # A section's own variable hides all below it, defaults included; direct variables still win.
        ({}, {"APP_WORKER": "5"}, {"worker": None}),
        ({}, {"APP_WORKER": "5", "APP_WORKER_GROUP": "h"}, {"worker": {"group": "h"}}),
        # An empty section takes the defaults as a whole, whatever the variables say.
        ({"worker": None}, {"APP_WORKER_GROUP": "h"}, {"worker": {"concurrency": 5, "group": "g"}}),
        ({"worker": {}}, {"APP_WORKER_GROUP": "h"}, {"worker": {"concurrency": 5, "group": "h"}}),
        # Anything else in a section's place hides its defaults.
        ({"worker": 5}, {}, {"worker": 5}),
        ({"worker": "x"}, {"APP_WORKER_GROUP": "h"}, {"worker": "x"}),
        ({"worker": 5}, {"APP_WORKER": "6"}, {"worker": "6"}),
    ],
)
def test_settings(config: dict[str, Any], environment: dict[str, str], settings: dict[str, Any]) -> None:
    expected = {"worker": DEFAULTS["worker"], "log": DEFAULTS["log"], **settings}
    found = viper(config, **environment).settings()
    assert found == {key: value for key, value in expected.items() if value is not None}


def test_is_set_asks_the_environment_for_any_key() -> None:
    assert viper(APP_NEW_KEY="x").is_set("new.key")
    assert not viper(APP_NEW="x", APP_NEW_OTHER="x").is_set("new.key")


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ({"a": 1, "A": 2}, {"a": 2}),
        ({"A": 2, "a": 1}, {"a": 2}),
        ({"Ab": 2, "aB": 3}, {"ab": 3}),
        ({"x": [{"A": 1}]}, {"x": [{"a": 1}]}),
        ({"x": AnyMap({2: "a", "B": [{"C": 1}], None: 2, True: 3, 1.5: 4})}, None),
    ],
)
def test_keys_in_lower_case(written: dict[str, Any], found: dict[str, Any] | None) -> None:
    # In maps with keys other than text, lists are left alone.
    assert lowered(written) == (found or {"x": {"2": "a", "b": [{"C": 1}], "": 2, "true": 3, "1.5": 4}})
