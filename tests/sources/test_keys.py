"""Who gets which Gemini key: the worker, the API and `chunk` do not look in the same places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from doctor.errors import SourceError
from doctor.facts import (
    Compose,
    ComposeService,
    Dotenv,
    DotenvLine,
    GeminiKeys,
    Habitat,
    KeySupply,
    Known,
    Process,
    Processes,
    Worker,
)
from doctor.needs import Observed
from doctor.sources.keys import gemini_keys
from doctor.target import Target
from tests.checks.environments import CONTAINER, HERE, RUNNING, UNSEEN_CONTAINER, variables
from tests.conftest import Resolved

BOUND, GEMINI, GOOGLE = "CODECHUNK_GEMINI_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY"
IN_FILE = "gemini: {api_key: from-file}"


@pytest.fixture
def keys(resolved: Resolved, tmp_path: Path) -> Any:
    """The keys with this configuration, these variables and whatever else is there."""

    def build(
        text: str = "",
        env: Mapping[str, str] | None = None,
        *,
        worker: Worker = HERE,
        compose: Mapping[str, ComposeService] | None = None,
        dotenv: Mapping[str, str] | None = None,
        processes: tuple[Process, ...] = (),
        bare: bool = False,
        unread: Observed[Dotenv] | None = None,
    ) -> GeminiKeys:
        lines = tuple(DotenvLine(name, value, line) for line, (name, value) in enumerate((dotenv or {}).items(), 1))
        return gemini_keys.function(
            Target(tmp_path),
            worker,
            variables(env or {}),
            resolved(text, env, bare=bare),
            Processes(processes),
            Compose("compose.yml", compose) if compose is not None else Compose(),
            unread or Observed(Dotenv(".env", lines) if dotenv is not None else Dotenv()),
        )

    return build


def texts(found: GeminiKeys) -> tuple[str | None, str | None, str | None]:
    return tuple(each.text if each is not None else None for each in (found.worker, found.api, found.chunk))  # type: ignore[return-value]


def service(name: str = "worker", env_file: tuple[str, ...] = (), **environment: str | None) -> ComposeService:
    return ComposeService(name, 1, environment=environment, lines=dict.fromkeys(environment, 7), env_file=env_file)


# --- configuration and variables -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "env", "expected"),
    [
        ("", {}, (None, None, None)),
        ("gemini: {api_key: ''}", {BOUND: "", GEMINI: "", GOOGLE: ""}, (None, None, None)),
        (IN_FILE, {}, ("from-file",) * 3),
        ("", {BOUND: "bound"}, ("bound",) * 3),
        (IN_FILE, {BOUND: "bound"}, ("bound",) * 3),
        (IN_FILE, {BOUND: ""}, ("from-file",) * 3),
        (IN_FILE, {GEMINI: "gemini", GOOGLE: "google"}, ("from-file",) * 3),
        ("", {BOUND: "bound", GEMINI: "gemini"}, ("bound",) * 3),
        ("", {GEMINI: "gemini"}, ("gemini", None, "gemini")),
        ("", {GOOGLE: "google"}, ("google", None, "google")),
        ("", {GOOGLE: "google", GEMINI: "gemini"}, ("gemini", None, "gemini")),
        ("", {GOOGLE: "google", GEMINI: ""}, ("google", None, "google")),
        ("gemini: {api_key: '${GEMINI_API_KEY}'}", {GEMINI: "gemini"}, ("${GEMINI_API_KEY}",) * 3),
        ("gemini: {api_key: 12345678}", {}, ("12345678",) * 3),
    ],
)
def test_who_gets_which(keys: Any, text: str, env: dict[str, str], expected: tuple[str | None, ...]) -> None:
    found = keys(text, env)

    assert texts(found) == expected
    assert found.seen
    assert not found.api_here


def test_where_they_come_from(keys: Any) -> None:
    from_file, bound, further = keys(IN_FILE).worker, keys("", {BOUND: "b"}).worker, keys("", {GOOGLE: "g"}).worker

    assert (from_file.name, from_file.at.path, from_file.at.key) == (
        "gemini.api_key",
        "configs/config.dev.yaml",
        "gemini.api_key",
    )
    assert (bound.name, bound.at.name) == (BOUND, BOUND)
    assert (further.name, further.at.name) == (GOOGLE, GOOGLE)


def test_a_configuration_without_a_user_is_empty_for_chunk(keys: Any) -> None:
    """Where database.user is missing the whole configuration is zero values; the program's variables still count."""
    assert texts(keys("gemini: {api_key: from-file}", bare=True))[2] is None
    assert texts(keys("gemini: {api_key: from-file}", {GEMINI: "gemini"}, bare=True))[2] == "gemini"


def test_no_key_is_shown(keys: Any) -> None:
    found = keys(IN_FILE, {GEMINI: "gemini-secret"})

    assert "from-file" not in repr(found)
    assert "gemini-secret" not in repr(found)


# --- containers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("worker", [HERE, RUNNING, CONTAINER])
def test_the_compose_file_does_not_count_where_the_variables_are_known(keys: Any, worker: Worker) -> None:
    found = keys(worker=worker, compose={"worker": service(**{BOUND: "composed"})})

    assert texts(found) == (None, None, None)
    assert found.seen


def test_a_container_of_which_nothing_is_known(keys: Any) -> None:
    assert not keys(worker=UNSEEN_CONTAINER).seen
    assert not keys(worker=UNSEEN_CONTAINER, compose={"other": service("other")}).seen


@pytest.mark.parametrize(
    ("environment", "env", "dotenv", "expected"),
    [
        ({}, {}, {}, None),
        ({BOUND: ""}, {}, {}, None),
        ({BOUND: None}, {}, {}, None),
        ({BOUND: "${X}"}, {}, {}, None),
        ({BOUND: "${X:-}"}, {}, {"X": ""}, None),
        ({BOUND: "${X:?give a key}"}, {}, {}, None),
        ({BOUND: "${X:+other}"}, {}, {}, None),
        ({BOUND: "plain"}, {}, {}, "plain"),
        ({BOUND: None}, {}, {BOUND: "dotted"}, "dotted"),
        ({BOUND: "${X}"}, {}, {"X": "dotted"}, "dotted"),
        ({BOUND: "$X"}, {}, {"X": "dotted"}, "dotted"),
        ({BOUND: "${X:-}"}, {}, {"X": "dotted"}, "dotted"),
        ({BOUND: "${X:?give a key}"}, {}, {"X": "dotted"}, "dotted"),
        ({BOUND: "${X?}"}, {}, {"X": "dotted"}, "dotted"),
        ({BOUND: "${X:+other}"}, {}, {"X": "dotted"}, "other"),
        ({BOUND: "${X}"}, {"X": "shell"}, {"X": "dotted"}, "shell"),
        ({BOUND: "${X:-default}"}, {}, {}, "default"),
        ({BOUND: "${X-default}"}, {}, {}, "default"),
        ({BOUND: "a${X}b"}, {"X": "-"}, {}, "a-b"),
        ({BOUND: "a$$b"}, {}, {}, "a$b"),
        ({GEMINI: "${X}", GOOGLE: "google"}, {}, {}, "google"),
        ({GOOGLE: "google", GEMINI: "gemini", BOUND: "bound"}, {}, {}, "bound"),
        ({"OTHER": "x"}, {}, {BOUND: "dotted"}, None),  # .env fills in; it is not passed on by itself
    ],
)
def test_what_compose_hands_to_the_worker(
    keys: Any, environment: dict[str, str | None], env: dict[str, str], dotenv: dict[str, str], expected: str | None
) -> None:
    found = keys("", env, worker=UNSEEN_CONTAINER, compose={"worker": service(**environment)}, dotenv=dotenv)

    assert (found.worker.text if found.worker else None) == expected
    assert found.seen


@pytest.mark.parametrize("path", [".env", "./.env"])
def test_a_file_that_compose_passes_on_whole(keys: Any, path: str) -> None:
    compose = {"worker": service(env_file=(path,))}

    assert keys(worker=UNSEEN_CONTAINER, compose=compose, dotenv={GEMINI: "dotted"}).worker.text == "dotted"
    assert keys(worker=UNSEEN_CONTAINER, compose=compose, dotenv={GEMINI: ""}).worker is None
    assert keys(worker=UNSEEN_CONTAINER, compose=compose).worker is None


def test_places_of_what_compose_hands_on(keys: Any) -> None:
    def place(environment: str, dotenv: dict[str, str]) -> KeySupply:
        compose = {"worker": service(**{BOUND: environment})}
        found: KeySupply = keys(worker=UNSEEN_CONTAINER, compose=compose, dotenv=dotenv).worker
        return found

    written, default, filled = place("plain", {}), place("${X:-default}", {}), place("${X}", {"A": "", "X": "dotted"})
    assert (written.at.path, written.at.line, written.name) == ("compose.yml", 7, BOUND)
    assert (default.at.path, default.at.line) == ("compose.yml", 7)
    assert (filled.at.path, filled.at.line, filled.name) == (".env", 2, "X")


def test_the_configuration_goes_before_what_compose_hands_on(keys: Any) -> None:
    found = keys(IN_FILE, worker=UNSEEN_CONTAINER, compose={"worker": service(**{BOUND: "composed"})})

    assert found.worker.text == "from-file"


# --- the API ---------------------------------------------------------------------------------------------------------


def api(directory: str | None, **environment: str) -> Process:
    return Process("api", 9, ("codechunk", "api"), directory, 1.0, variables=environment)


def test_an_api_of_another_installation_is_none_of_ours(keys: Any) -> None:
    found = keys(processes=(api("/elsewhere", **{BOUND: "own"}), api(None, **{BOUND: "own"})))

    assert (found.api_here, found.api_elsewhere) == (False, False)


def test_an_api_that_runs_here(keys: Any, tmp_path: Path) -> None:
    without, within = keys(processes=(api(str(tmp_path)),)), keys(processes=(api(str(tmp_path), **{BOUND: "own"}),))
    unread = keys(processes=(replace(api(str(tmp_path)), variables=None),))

    assert (without.api_here, without.api_elsewhere) == (True, False)
    assert (within.api_here, within.api_elsewhere) == (True, True)
    assert (unread.api_here, unread.api_elsewhere) == (True, False)


def test_an_api_beside_the_worker(keys: Any) -> None:
    worker = Worker(Known.OBSERVED, Habitat.PROCESS, pid=7, directory="/srv", started_at=1.0, variables={})

    assert keys(worker=worker, processes=(api("/srv"),)).api_here
    assert not keys(worker=worker, processes=(api("/other"),)).api_here


def test_an_api_that_looks_for_no_other_variable(keys: Any, tmp_path: Path) -> None:
    found = keys(processes=(api(str(tmp_path), **{GEMINI: "own"}),))

    assert (found.api_here, found.api_elsewhere) == (True, False)


@pytest.mark.parametrize(
    ("environment", "elsewhere"), [({}, False), ({GEMINI: "x"}, False), ({BOUND: "${X}"}, False), ({BOUND: "x"}, True)]
)
def test_an_api_of_the_compose_file(keys: Any, environment: dict[str, str], elsewhere: bool) -> None:
    found = keys(compose={"api": service("api", **environment)})

    assert (found.api_here, found.api_elsewhere) == (True, elsewhere)


UNREAD: Observed[Dotenv] = Observed(error=SourceError(".env cannot be read"))


@pytest.mark.parametrize("compose", [None, {}])
def test_what_fills_no_compose_file_need_not_be_read(keys: Any, compose: Mapping[str, ComposeService] | None) -> None:
    assert texts(keys(compose=compose, unread=UNREAD)) == (None, None, None)


def test_what_fills_a_compose_file_may_be_the_key(keys: Any) -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        keys(compose={"worker": ComposeService("worker", 1)}, unread=UNREAD)
