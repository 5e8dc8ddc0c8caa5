"""The resolver: which file counts, where values come from, and what it says about the rest."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from doctor.facts import Effect, FileProblem, ProblemKind, Resolution, Source
from doctor.model import Location, Place
from doctor.schema import SCHEMA
from doctor.sources.config import files, resolve

Resolved = Callable[..., Resolution]

USER = "database:\n  user: u\n"
MINUTE = 60 * 1_000_000_000


def lay_out(directory: Path, **texts: str) -> Path:
    for name, text in texts.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return directory


# --- which file ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (("configs/config.yaml",), "configs/config.yaml"),
        (("config.yaml",), "config.yaml"),
        (("configs/config.yaml", "config.json"), "configs/config.yaml"),
        (("configs/config.json", "configs/config.toml", "configs/config.yaml"), "configs/config.json"),
        (("configs/config.toml", "configs/config.yaml"), "configs/config.toml"),
        (("configs/config.yaml", "configs/config.yml", "configs/config"), "configs/config.yaml"),
        (("configs/config.env", "configs/config.ini"), "configs/config.env"),
        (("configs/config", "config.yaml"), "configs/config"),
    ],
)
def test_search(tmp_path: Path, names: tuple[str, ...], chosen: str) -> None:
    found = resolve(lay_out(tmp_path, **dict.fromkeys(names, USER)), None, {})
    assert (found.config_file, found.outcome) == (chosen, "ok")
    assert found.file.searched[0] == chosen
    assert set(found.file.searched) == set(names)
    assert found.file.loaded


@pytest.mark.parametrize("name", ["configs/Config.yaml", "configs/config.dev.yaml", "configs/config.YAML", ".config"])
def test_what_the_search_does_not_take(tmp_path: Path, name: str) -> None:
    found = resolve(lay_out(tmp_path, **{name: USER}), None, {})
    assert found.read_error == f'Config File "config" Not Found in "[{tmp_path}/configs {tmp_path}]"'
    assert (found.config_file, found.outcome, found.file.path) == (None, "zero", None)
    assert found.file.problem is FileProblem.MISSING


def test_the_search_passes_over_directories_and_dangling_links(tmp_path: Path) -> None:
    (tmp_path / "configs" / "config.json").mkdir(parents=True)
    (tmp_path / "configs" / "config.toml").symlink_to("nowhere")
    (tmp_path / "configs" / "config.yaml").symlink_to("config.yaml")
    found = resolve(lay_out(tmp_path, **{"configs/config.yml": USER}), None, {})
    assert found.config_file == "configs/config.yml"


@pytest.mark.parametrize(
    ("argument", "text", "format"),
    [
        ("c.yaml", USER, "yaml"),
        ("configs/c.yml", USER, "yaml"),
        ("c.json", '{"database": {"user": "u"}}', "json"),
        ("c.toml", '[database]\nuser = "u"', "toml"),
        ("c.env", "database.user=u", "dotenv"),
        (".dotenv", "database.user=u", "dotenv"),
    ],
)
def test_argument(tmp_path: Path, argument: str, text: str, format: str) -> None:
    found = resolve(lay_out(tmp_path, **{argument: text}), argument, {})
    assert (found.config_file, found.outcome, found.file.format) == (argument, "ok", format)
    assert found.value("database.user") == "u"
    assert found.file.size == len(text)
    assert found.file.readable


def test_paths_below_the_directory_are_shown_relative(tmp_path: Path) -> None:
    lay_out(tmp_path, **{"here/c.yaml": USER, "there/c.yaml": USER})
    assert resolve(tmp_path / "here", str(tmp_path / "here" / "c.yaml"), {}).file.path == "c.yaml"
    assert resolve(tmp_path / "here", "../there/c.yaml", {}).file.path == str(tmp_path / "there" / "c.yaml")


@pytest.mark.parametrize(
    ("argument", "problem", "text"),
    [
        ("missing.yaml", FileProblem.MISSING, "open missing.yaml: no such file or directory"),
        ("c.yaml/x.yaml", FileProblem.MISSING, "open c.yaml/x.yaml: not a directory"),
        ("missing", FileProblem.MISSING, 'Unsupported Config Type ""'),
        ("a\0.yaml", FileProblem.MISSING, "open a\0.yaml: invalid argument"),
        ("folder.yaml", FileProblem.DIRECTORY, "read folder.yaml: is a directory"),
        ("folder", FileProblem.DIRECTORY, 'Unsupported Config Type ""'),
        ("c.conf", FileProblem.UNSUPPORTED, 'Unsupported Config Type "conf"'),
        ("c.YAML", FileProblem.UNSUPPORTED, 'Unsupported Config Type "YAML"'),
        ("c.ini", FileProblem.BROKEN, "While parsing config: decoder not found for this format"),
        ("loop.yaml", FileProblem.UNREADABLE, "open loop.yaml: too many levels of symbolic links"),
        ("pipe.yaml", FileProblem.UNREADABLE, "pipe.yaml is not a regular file"),
        ("socket.yaml", FileProblem.UNREADABLE, "socket.yaml is not a regular file"),
        ("zero.yaml", FileProblem.UNREADABLE, "zero.yaml is not a regular file"),
    ],
)
def test_files_that_do_not_count(tmp_path: Path, argument: str, problem: FileProblem, text: str) -> None:
    lay_out(tmp_path, **dict.fromkeys(("c.yaml", "c.conf", "c.YAML", "c.ini"), USER))
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    (tmp_path / "zero.yaml").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe.yaml")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket.yaml"))
        found = resolve(tmp_path, argument, {"CODECHUNK_DATABASE_USER": "u"})
    assert (found.file.problem, found.read_error, found.file.problem_text) == (problem, text, text)
    assert (found.config_file, found.file.loaded, found.panic) == (
        None,
        False,
        "invalid configuration: database.user is required",
    )


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="may read everything")
def test_a_file_without_permission(tmp_path: Path) -> None:
    lay_out(tmp_path, **{"c.yaml": USER})
    (tmp_path / "c.yaml").chmod(0)
    found = resolve(tmp_path, "c.yaml", {})
    assert (found.file.problem, found.read_error) == (FileProblem.UNREADABLE, "open c.yaml: permission denied")
    assert (found.file.readable, found.file.mode) == (False, 0)


def test_a_file_that_is_far_too_large(tmp_path: Path) -> None:
    with (tmp_path / "c.yaml").open("wb") as file:
        file.truncate(100 * files.LARGEST)
    found = resolve(tmp_path, "c.yaml", {})
    assert (found.file.problem, found.file.size) == (FileProblem.TOO_LARGE, 100 * files.LARGEST)
    assert found.read_error == "c.yaml is larger than 1 MiB"


@pytest.mark.parametrize(
    ("name", "text", "line", "column", "said"),
    [
        ("c.yaml", USER + "worker:\n\tx: 1\n", 4, 1, "yaml: line 4: found character that cannot start any token"),
        ("c.yaml", USER + "- a\n", 3, 1, "yaml: line 2: did not find expected key"),  # Go is a line off
        ("c.yaml", "a: *x\n", 1, 4, "yaml: unknown anchor 'x' referenced"),
        ("c.json", '{"a": 1,\n "b" 2}', 2, 6, "invalid character '2' after object key"),
        ("c.toml", "a = 1\nb\n", 2, 2, "toml: expected character ="),
        ("c.env", "A=1\nb\n", 2, None, "line `b` doesn't match format"),
    ],
)
def test_broken_files(tmp_path: Path, name: str, text: str, line: int, column: int | None, said: str) -> None:
    found = resolve(lay_out(tmp_path, **{name: text}), name, {})
    assert found.file.problem is FileProblem.BROKEN
    assert (found.file.line, found.file.column) == (line, column)
    assert found.read_error == f"While parsing config: {said}"
    assert found.entries == ()


def test_duplicates(resolved: Resolved) -> None:
    found = resolved(USER + "worker:\n  concurrency: 3\n  group: a\n  concurrency: 3\n  group: b\n")
    assert found.read_error == "While parsing config: yaml: unmarshal errors:"
    assert found.file.problem_text is not None
    assert 'mapping key "concurrency" already defined at line 4' in found.file.problem_text
    assert [(each.key, each.first_line, each.line, each.identical) for each in found.file.duplicates] == [
        ("concurrency", 4, 6, True),
        ("group", 5, 7, False),
    ]
    assert [(each.first_column, each.column) for each in found.file.duplicates] == [(3, 3), (3, 3)]


@pytest.mark.parametrize(
    ("text", "identical"),
    [
        pytest.param("a:\n  b: 1\na:\n  b: 2\n", False, id="two sections"),
        pytest.param("a:\n- 1\na:\n- 2\n", False, id="two lists"),
        pytest.param("a: |\n  x\na: |\n  y\n", False, id="two texts of several lines"),
        pytest.param("a: 'x\n  y'\na: 'x\n  z'\n", False, id="two texts in quotes"),
        pytest.param("a: x\n  y\na: x\n", False, id="the first goes on"),
        pytest.param("a: x\na: x\n  y\n", False, id="the second goes on"),
        pytest.param("a: {b: 1, b: 1}\n", False, id="twice on one line"),
        pytest.param("a: &x 1\na: &x 1\n", False, id="with an anchor"),
        pytest.param("a: x # y\na: x # y\n", True, id="all on the line"),
        pytest.param("a:\na:\n", True, id="nothing behind either"),
        pytest.param("l:\n- b: 1\n  a: 2\n  a: 2\n", True, id="in a list"),
    ],
)
def test_when_the_second_line_can_go(resolved: Resolved, text: str, identical: bool) -> None:
    """Lines may read the same and only begin what differs."""
    (found,) = resolved(text, bare=True).file.duplicates
    assert found.identical is identical


def test_further_documents(resolved: Resolved) -> None:
    found = resolved(USER + "---\nworker: {concurrency: 1}\n---\n# nothing\n---\nx\n")
    assert found.file.further_documents == (3, 7)
    assert found.value("worker.concurrency") == 5


# --- entries ---------------------------------------------------------------------------------------------------


def test_entries(resolved: Resolved) -> None:
    found = resolved(USER + "Worker:\n  concurrency: 3  # three\n  Concurrency: '4'\n  job_timeout:\nx: [1, 2]\n")
    seen = [
        (each.key, each.spelled, each.kind, each.written, each.style, each.tag, each.location.line, each.counts)
        for each in found.entries
    ]
    assert seen == [
        ("database", "database", "mapping", "", "plain", "!!map", 1, True),
        ("database.user", "database.user", "scalar", "u", "plain", "!!str", 2, True),
        ("worker", "Worker", "mapping", "", "plain", "!!map", 3, True),
        ("worker.concurrency", "Worker.concurrency", "scalar", "3", "plain", "!!int", 4, False),
        ("worker.concurrency", "Worker.Concurrency", "scalar", "'4'", "single", "!!str", 5, True),
        ("worker.job_timeout", "Worker.job_timeout", "scalar", "", "plain", "!!null", 6, True),
        ("x", "x", "sequence", "", "plain", "!!seq", 7, True),
    ]
    three, four = found.by_key["worker.concurrency"]
    assert (three.value, three.comment, four.value, four.comment) == (3, "# three", "4", None)
    assert (four.location.column, four.key_location.column, four.location.key) == (16, 3, "worker.concurrency")


@pytest.mark.parametrize(
    ("text", "counting"),
    [
        ("worker.concurrency: 7\nworker:\n  concurrency: 8\n", 3),
        ("worker.concurrency:\nworker:\n  concurrency: 8\n", 5),
        ("worker: {concurrency: 7}\nWorker: {concurrency: 8}\n", 4),
        ("WORKER: {concurrency: 7}\nworker: {concurrency: 8}\n", 3),
    ],
)
def test_of_several_entries_one_counts(resolved: Resolved, text: str, counting: int) -> None:
    found = resolved(USER + text)
    assert [each.location.line for each in found.by_key["worker.concurrency"] if each.counts] == [counting]
    assert found.where("worker.concurrency").line == counting


def test_aliases_and_merge_keys(resolved: Resolved) -> None:
    found = resolved(
        "database: {user: &u u, name: *u}\n"
        "base: &base\n  concurrency: 3\n  queue_group: q\n"
        "worker:\n  <<: *base\n  queue_group: own\n"
    )
    name = found.settings["database.name"].entry
    assert name is not None
    assert (name.value, name.written, name.merged, name.location.column) == ("u", "*u", True, 30)
    assert found.where("worker.concurrency").line == 3
    assert found.where("worker.queue_group").line == 7
    assert [each.merged for each in found.by_key["worker.concurrency"]] == [True]


@pytest.mark.parametrize(
    ("text", "carrying"),
    [
        pytest.param("a: 1\nb: x\n", [], id="no anchor"),
        pytest.param("a: &x 1\nb: 2\n", [], id="an anchor without a use"),
        pytest.param("a: {b: &x 1, c: *x}\nd: '*x'\n", ["a.b"], id="used beside, in the same section"),
        pytest.param("a: &x 1\na2: &x 2\nb: *x\n", ["a2"], id="the later of two of one name"),
        pytest.param("a: &x 1\nb: *x\n", ["a"], id="a value"),
        pytest.param("a: &x {b: 1}\nworker: {<<: *x}\n", ["a"], id="a section, merged"),
        pytest.param("a: {b: {c: &x 1}, d: 2}\ne: *x\n", ["a", "a.b", "a.b.c"], id="all around it"),
        pytest.param("a: [1, {b: &x 1}]\ne: *x\n", ["a"], id="a list"),
        pytest.param("a: &x {b: &y 1}\nc: *x\nd: *y\n", ["a", "a.b"], id="what an alias brings in carries none"),
    ],
)
def test_which_entries_carry_an_anchor(resolved: Resolved, text: str, carrying: list[str]) -> None:
    """Without them, an alias elsewhere would name nothing."""
    assert [each.key for each in resolved(text).entries if each.anchors] == carrying


def test_keys_that_are_no_text(resolved: Resolved) -> None:
    found = resolved(USER + "1: a\nworker:\n  2: b\n  true: c\n  concurrency: 6\n")
    assert {"1", "worker.2", "worker.true"} <= found.by_key.keys()
    assert found.value("worker.concurrency") == 6


@pytest.mark.no_cover
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a: " + "[" * 5_000 + "]" * 5_000, id="lists"),
        pytest.param("a: " + "{b: " * 3_000 + "1" + "}" * 3_000, id="maps"),
        pytest.param(
            USER + "a: &a [x, x, x, x]\nb: &b [*a, *a, *a, *a]\nc: &c [*b, *b, *b, *b]\nd: [*c, *c, *c, *c]\n",
            id="aliases",
        ),
        pytest.param(
            USER + "".join(f"k{number}: {{a: 1}}\n" for number in range(7_000)), id="many", marks=pytest.mark.slow
        ),
    ],
)
def test_hostile_shapes_come_to_an_end(resolved: Resolved, text: str) -> None:
    found = resolved(text, bare=True)
    assert found.read_error is None
    assert len(found.entries) <= 20_000
    assert found.settings["worker.concurrency"].value == 5


# --- where values come from ------------------------------------------------------------------------------------


def offers(found: Resolution, key: str) -> list[tuple[Source, Any, Effect, str]]:
    return [(each.source, each.value, each.effect, each.reason) for each in found.settings[key].candidates]


NOTHING_ELSE = "nothing else sets it"


@pytest.mark.parametrize(
    ("text", "env", "key", "expected"),
    [
        ("", {}, "api.port", [(Source.DEFAULT, "8080", Effect.WINS, NOTHING_ELSE)]),
        ("", {}, "gemini.model", []),
        (
            "api: {port: 1}",
            {},
            "api.port",
            [
                (Source.FILE, "1", Effect.WINS, "the file comes before the built-in default"),
                (Source.DEFAULT, "8080", Effect.OVERRIDDEN, "overridden by the file"),
            ],
        ),
        (
            "api: {port: 1}",
            {"CODECHUNK_API_PORT": "2"},
            "api.port",
            [
                (Source.ENV, "2", Effect.WINS, "a variable comes before the file and the built-in default"),
                (Source.FILE, "1", Effect.OVERRIDDEN, "overridden by CODECHUNK_API_PORT"),
                (Source.DEFAULT, "8080", Effect.OVERRIDDEN, "overridden by CODECHUNK_API_PORT"),
            ],
        ),
        ("", {"CODECHUNK_API_PORT": ""}, "api.port", [(Source.DEFAULT, "8080", Effect.WINS, NOTHING_ELSE)]),
        (
            "",
            {"CODECHUNK_GEMINI_MODEL": "m"},
            "gemini.model",
            [
                (
                    Source.ENV,
                    "m",
                    Effect.IGNORED,
                    "the file has no gemini.model and there is no built-in default, so the program never asks for "
                    "this variable",
                )
            ],
        ),
        (
            "gemini:",
            {"CODECHUNK_GEMINI_MODEL": "m"},
            "gemini.model",
            [
                (
                    Source.ENV,
                    "m",
                    Effect.IGNORED,
                    "`gemini` is empty in the file, so the program never asks for what could be below it",
                )
            ],
        ),
        (
            "gemini: {model: }",
            {"CODECHUNK_GEMINI_MODEL": "m"},
            "gemini.model",
            [
                (Source.ENV, "m", Effect.WINS, "a variable comes before the file and the built-in default"),
                (Source.FILE, None, Effect.OVERRIDDEN, "overridden by CODECHUNK_GEMINI_MODEL"),
            ],
        ),
        (
            "gemini: {model: }",
            {},
            "gemini.model",
            [
                (
                    Source.FILE,
                    None,
                    Effect.IGNORED,
                    "nothing is written behind the key, so it counts as not set",
                )
            ],
        ),
        (
            "log: {level: debug}",
            {"CODECHUNK_LOG": "x"},
            "log.level",
            [
                (Source.FILE, "debug", Effect.IGNORED, "CODECHUNK_LOG hides the whole section"),
                (Source.DEFAULT, "info", Effect.IGNORED, "CODECHUNK_LOG hides the whole section"),
            ],
        ),
        (
            "worker: {concurrency: 1, Concurrency: 2}",
            {},
            "worker.concurrency",
            [
                (Source.FILE, 1, Effect.OVERRIDDEN, "written again as worker.Concurrency, which wins"),
                (Source.FILE, 2, Effect.WINS, "the file comes before the built-in default"),
                (Source.DEFAULT, 5, Effect.OVERRIDDEN, "overridden by the file"),
            ],
        ),
        (
            "worker: 5",
            {},
            "worker.concurrency",
            [
                (
                    Source.DEFAULT,
                    5,
                    Effect.WINS,
                    "`worker` is not a section in the file; once it is one, the built-in default holds",
                )
            ],
        ),
    ],
)
def test_candidates(
    resolved: Resolved,
    text: str,
    env: dict[str, str],
    key: str,
    expected: list[tuple[Source, Any, Effect, str]],
) -> None:
    assert offers(resolved(text, env), key) == expected


@pytest.mark.parametrize(
    ("text", "env", "place"),
    [
        pytest.param("", {}, (None, "not in the file; built-in default"), id="it holds"),
        pytest.param("api:\n  port:\n", {}, (5, "empty in the file; built-in default"), id="nothing behind the key"),
        pytest.param("api: 5", {}, (4, "`api` is not a section; built-in default"), id="no section"),
        pytest.param("api: {port: 1}", {}, None, id="the file wins"),
        pytest.param("api:\n  port: 1\n  Port: 2\n", {}, None, id="the file wins, written twice"),
        pytest.param("", {"CODECHUNK_API_PORT": "1"}, None, id="a variable wins"),
        pytest.param("api: {port: 1}", {"CODECHUNK_API_PORT": "2"}, None, id="a variable wins over both"),
    ],
)
def test_a_default_that_gives_way_has_no_place(
    resolved: Resolved, text: str, env: dict[str, str], place: tuple[int | None, str] | None
) -> None:
    default = resolved(text, env).settings["api.port"].candidates[-1]

    assert default.source is Source.DEFAULT
    seen = default.location
    assert (None if seen is None else (seen.line, seen.detail)) == place


@pytest.mark.parametrize(
    ("text", "env", "key", "place", "line", "detail"),
    [
        ("api: {port: 1}", {}, "api.port", Place.FILE, 4, None),
        ("", {}, "api.port", Place.FILE, None, "not in the file; built-in default"),
        ("", {}, "gemini.model", Place.FILE, None, "not in the file; not set"),
        ("api:\n  port:\n", {}, "api.port", Place.FILE, 5, "empty in the file; built-in default"),
        ("worker: 5", {}, "worker.concurrency", Place.FILE, 4, "`worker` is not a section; built-in default"),
        ("", {"CODECHUNK_API_PORT": "1"}, "api.port", Place.ENV, None, None),
        ("", {"CODECHUNK_API": "1"}, "api.port", Place.ENV, None, "hides the whole section"),
    ],
)
def test_locations(
    resolved: Resolved, text: str, env: dict[str, str], key: str, place: Place, line: int | None, detail: str | None
) -> None:
    found = resolved(text, env).where(key)
    assert (found.kind, found.line, found.key, found.detail) == (place, line, key, detail)


def test_variables_of_a_file_are_located_there(tmp_path: Path) -> None:
    lay_out(tmp_path, **{"c.yaml": USER})
    places = {"CODECHUNK_API_PORT": Location.env("CODECHUNK_API_PORT", path=".env", line=3)}
    found = resolve(tmp_path, "c.yaml", {"CODECHUNK_API_PORT": "1"}, places=places)
    assert found.where("api.port") == Location.env("CODECHUNK_API_PORT", path=".env", line=3, key="api.port")


def test_every_key_has_a_setting(resolved: Resolved) -> None:
    found = resolved("")
    assert list(found.settings) == list(SCHEMA)
    assert found.values is not None
    assert {key: setting.value for key, setting in found.settings.items()} == dict(found.values)


# --- what is refused -------------------------------------------------------------------------------------------


def test_no_problems(resolved: Resolved) -> None:
    assert resolved("worker: {job_timeout: 5m}").problems == ()


def test_all_problems_in_the_order_of_the_program(resolved: Resolved) -> None:
    found = resolved(
        "worker: {concurrency: 0, job_timeout: 5}\n"
        "api: {read_timeout: soon}\n"
        "nats: 5\n"
        "log: {level: error}\n"
        "search: {semantic_weight: 0.7, text_weight: 0.7}\n"
    )
    assert [(each.kind, each.key) for each in found.problems] == [
        (ProblemKind.DECODE, "api.read_timeout"),
        (ProblemKind.DECODE, "nats"),
        (ProblemKind.VALIDATION, "gemini.api_key"),
        (ProblemKind.VALIDATION, "worker.concurrency"),
        (ProblemKind.VALIDATION, "search.semantic_weight"),
    ]
    assert found.panic is not None
    assert found.panic.startswith("unable to decode config: ")
    assert "worker.concurrency" not in found.panic


@pytest.mark.parametrize(
    ("block", "keys"),
    [
        ("{model: m, dimensions: 768, api_key: k}", []),
        ("{model: m, dimensions: 768, base_url: 'http://api.openai.com:80/v1'}", []),
        ("{model: m, dimensions: 768, base_url: 'https://api.openai.com/%zz'}", []),
        ("{model: m, dimensions: 768, base_url: 'http://me@api.openai.com'}", ["api_key"]),
        ("{}", ["api_key", "model", "dimensions"]),
        ("{model: text-embedding-ada-002, dimensions: 1536, api_key: k}", ["model", "dimensions"]),
        (
            "{model: m, dimensions: 768, api_key: k, timeout: -1s, max_retries: -1, batch_size: -1}",
            ["batch_size", "max_retries", "timeout"],
        ),
        ("{model: m, dimensions: 768, api_key: k, batch_size: 2049}", ["batch_size"]),
    ],
)
def test_the_openai_block(resolved: Resolved, block: str, keys: list[str]) -> None:
    found = resolved(f"embedding:\n  provider: openai\n  openai: {block}\n")
    assert [each.key for each in found.problems] == [f"embedding.openai.{key}" for key in keys]
    assert found.outcome == ("panic" if keys else "ok")


def test_what_does_not_decode_has_its_default(resolved: Resolved) -> None:
    found = resolved("worker: {job_timeout: soon}\nnats: 5\n")
    timeout = found.settings["worker.job_timeout"]
    assert (timeout.value, timeout.source, timeout.location.line) == (30 * MINUTE, Source.FILE, 4)
    assert timeout.problem is not None
    assert timeout.candidates[0].problem == timeout.problem.text
    assert found.settings["nats.url"].value == "nats://localhost:4222"
    assert found.settings["nats.url"].problem == found.problems[1]


@pytest.mark.parametrize(
    ("text", "env", "outcome", "keys"),
    [
        ("worker: {concurrency: 1}", {}, "zero", []),
        ("worker: {concurrency: 0}", {}, "zero", ["worker.concurrency"]),
        ("", {"CODECHUNK_DATABASE_USER": "u"}, "panic", ["database.user"]),
        ("database: {user: ''}", {}, "panic", ["database.user"]),
        ("database: {user: [a]}", {}, "panic", ["database.user"]),
    ],
)
def test_without_a_user(resolved: Resolved, text: str, env: dict[str, str], outcome: str, keys: list[str]) -> None:
    found = resolved(text, env, bare=True)
    assert (found.outcome, [each.key for each in found.problems]) == (outcome, keys)
    assert found.values is None
    assert found.value("api.port") == "8080"


# --- connectors ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", []),
        ("connectors:", []),
        ("connectors: []", []),
        ("connectors: ''", []),
        ("connectors: {name: a}", ["a"]),
        ("connectors: [{name: a}, {Name: b}]", ["a", "b"]),
        ("connectors: [{name: a}, ~]", ["a", ""]),
    ],
)
def test_connectors(resolved: Resolved, text: str, names: list[str]) -> None:
    assert [each.fields["name"].value for each in resolved(text).connectors] == names


def test_connector_fields_know_their_lines(resolved: Resolved) -> None:
    (first,) = resolved("connectors:\n- name: a\n  groups: x,y\n  auth_token: $T\n").connectors
    assert first.location.line == 5
    groups, projects = first.fields["groups"], first.fields["projects"]
    assert groups.entry is not None
    assert (groups.value, groups.entry.location.line, groups.entry.key) == (["x", "y"], 6, "connectors[0].groups")
    assert (projects.value, projects.entry) == (None, None)


@pytest.mark.parametrize("text", ["connectors: abc", "connectors: [5, {name: a}]", "connectors: [[]]"])
def test_connectors_that_are_no_maps(resolved: Resolved, text: str) -> None:
    found = resolved(text)
    setting = found.settings["connectors"]
    assert found.outcome == "panic"
    assert setting.problem is not None
    assert setting.problem.key == "connectors[0]"
    assert all(each.fields["name"].value for each in found.connectors)


def test_the_environment_is_taken_as_it_was(tmp_path: Path) -> None:
    environment = {"CODECHUNK_API_PORT": "1"}
    found = resolve(lay_out(tmp_path, **{"c.yaml": USER}), "c.yaml", environment)
    environment.clear()
    assert found.settings["api.port"].source is Source.ENV
    assert replace(found, outcome="zero").settings is found.settings
