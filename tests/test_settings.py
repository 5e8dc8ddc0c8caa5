"""The doctor's own settings: where they come from, which wins, what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from doctor.errors import UsageError
from doctor.settings import FILES, Settings, load
from doctor.settings.values import parse_assignment, parse_deadline, parse_output, parse_worker

EXAMPLE = Path(__file__).parent.parent / "configs" / "codechunk-doctor.toml"


def written(directory: Path, text: str, name: str = FILES[0]) -> dict[str, object]:
    (directory / name).write_text(text, encoding="utf-8")
    return {"directory": str(directory)}


def test_without_anything_the_defaults_hold(tmp_path):
    assert load({"directory": str(tmp_path)}, {}) == Settings(directory=tmp_path)


def test_here_is_the_default_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert load({}, {}).directory == Path()


def test_an_option_wins_over_a_variable_that_over_the_file(tmp_path):
    given = written(tmp_path, 'fail-on = "note"\nworker = "host"\nformat = "json"')
    variables = {"CODECHUNK_DOCTOR_WORKER": "pid:7", "CODECHUNK_DOCTOR_FORMAT": "json"}

    settings = load({**given, "format": "text"}, variables)

    assert (settings.fail_on, settings.worker, settings.format) == ("note", "pid:7", "text")


def test_a_list_replaces_the_lists_below_it(tmp_path):
    given = written(tmp_path, 'only = ["config"]\nenv = ["A=1"]')

    settings = load({**given, "env": {"B": "2"}}, {"CODECHUNK_DOCTOR_ONLY": "environment"})

    assert settings.only == ("environment",)
    assert settings.env == {"B": "2"}


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        pytest.param("", "offline", False, id="empty file"),
        pytest.param("offline = true", "offline", True, id="switch"),
        pytest.param("\ufeffoffline = true", "offline", True, id="a byte order mark"),
        pytest.param('deadline = "1m30s"', "deadline", 90.0, id="duration"),
        pytest.param('only = "config"', "only", ("config",), id="one word for a list"),
        pytest.param('skip = ["a.b", "c"]', "skip", ("a.b", "c"), id="list"),
        pytest.param('env = ["A=1", "B=x=y"]', "env", {"A": "1", "B": "x=y"}, id="assignments"),
        pytest.param('[env]\nA = "1"', "env", {"A": "1"}, id="table of variables"),
        pytest.param("verbose = 2", "verbosity", 2, id="a number"),
        pytest.param('config = "c.yaml"', "config", "c.yaml", id="left as it is: the program resolves it"),
    ],
)
@pytest.mark.parametrize("name", FILES)
def test_values_of_the_file(tmp_path, text, field, value, name):
    if name == "pyproject.toml":
        mark, text = text[: text.startswith("\ufeff")], text.removeprefix("\ufeff")
        text = f"{mark}[project]\nname = 'x'\n[tool.codechunk-doctor]\n" + text.replace(
            "[env]", "[tool.codechunk-doctor.env]"
        )

    assert getattr(load(written(tmp_path, text, name), {}), field) == value


def test_paths_in_the_file_start_where_the_file_lies(tmp_path):
    settings = load(written(tmp_path, 'env-file = ".env"\noutput = ["json=r.json"]'), {})

    assert settings.env_file == tmp_path / ".env"
    assert settings.output == (("json", tmp_path / "r.json"),)


def test_the_own_file_comes_before_pyproject(tmp_path):
    written(tmp_path, '[tool.codechunk-doctor]\nworker = "host"', "pyproject.toml")

    assert load(written(tmp_path, ""), {}).worker == "auto"


def test_a_pyproject_without_a_table_of_ours_means_nothing(tmp_path):
    assert load(written(tmp_path, "[tool.other]\nx = 1", "pyproject.toml"), {}).worker == "auto"


@pytest.mark.parametrize(
    ("variable", "text", "field", "value"),
    [
        pytest.param("OFFLINE", "", "offline", False, id="empty counts as unset"),
        pytest.param("OFFLINE", "1", "offline", True, id="switch"),
        pytest.param("OFFLINE", "false", "offline", False, id="switched off"),
        pytest.param("FAIL_ON", "never", "fail_on", "never", id="a word"),
        pytest.param("ONLY", "config, environment x.y", "only", ("config", "environment", "x.y"), id="a list"),
        pytest.param("ENV", "A=1 'B=two words'", "env", {"A": "1", "B": "two words"}, id="quoted as in a shell"),
        pytest.param("OUTPUT", "json=a.json text=b.txt", "output", (("json", Path("a.json")), ("text", Path("b.txt")))),
        pytest.param("ENV_FILE", "x.env", "env_file", Path("x.env"), id="a path, from here"),
        pytest.param("VERBOSE", "2", "verbosity", 2, id="a number"),
    ],
)
def test_values_of_variables(tmp_path, variable, text, field, value):
    settings = load({"directory": str(tmp_path)}, {f"CODECHUNK_DOCTOR_{variable}": text, "CODECHUNK_API_PORT": "1"})

    assert getattr(settings, field) == value


def test_the_directory_can_be_a_variable(tmp_path):
    written(tmp_path, 'worker = "host"')

    assert load({}, {"CODECHUNK_DOCTOR_DIR": str(tmp_path)}).worker == "host"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        pytest.param("fial-on = 'error'", ["codechunk-doctor.toml: fial-on", "did you mean fail-on?"], id="misspelt"),
        pytest.param("fail_on = 'error'", ["fail_on: unknown setting", "fail-on"], id="underscore"),
        pytest.param("dir = '.'", ["dir: not possible here"], id="the directory"),
        pytest.param("fail-on = 'eror'", ["fail-on: 'eror' is not one of", "did you mean error?"], id="word"),
        pytest.param("worker = 'hots'", ["worker: 'hots' is not auto", "did you mean host?"], id="worker"),
        pytest.param("deadline = '30'", ["deadline: '30' is not a duration"], id="no unit"),
        pytest.param("deadline = 30", ["deadline: should be a valid string"], id="a number for text"),
        pytest.param("offline = 'maybe'", ["offline: should be a valid boolean"], id="text for a switch"),
        pytest.param("output = 'json'", ["output: 'json' is not of the form"], id="no file"),
        pytest.param("env = ['hunter2']", ["env: needs the form NAME=VALUE"], id="no name"),
        pytest.param("a = 1\nb = 2", ["toml: a: unknown", "toml: b: unknown"], id="all at once"),
        pytest.param("offline = \nx", ["is not valid TOML", "line 1"], id="no TOML"),
    ],
)
def test_what_a_file_must_not_hold(tmp_path, text, parts):
    with pytest.raises(UsageError) as caught:
        load(written(tmp_path, text), {})

    assert all(part in str(caught.value) for part in parts)
    assert "hunter2" not in str(caught.value)


def test_a_key_of_pyproject_is_named_in_full(tmp_path):
    with pytest.raises(UsageError, match=r"pyproject\.toml: tool\.codechunk-doctor\.ofline: unknown setting"):
        load(written(tmp_path, "[tool.codechunk-doctor]\nofline = true", "pyproject.toml"), {})


def test_the_table_of_pyproject_must_be_one(tmp_path):
    with pytest.raises(UsageError, match="must be a table"):
        load(written(tmp_path, "[tool]\ncodechunk-doctor = 1", "pyproject.toml"), {})


def test_a_file_that_is_no_text(tmp_path):
    (tmp_path / FILES[0]).write_bytes(b"\xff\xfe")

    with pytest.raises(UsageError, match="is not valid TOML"):
        load({"directory": str(tmp_path)}, {})


@pytest.mark.parametrize(
    ("name", "text", "part"),
    [
        pytest.param("FROMAT", "json", "CODECHUNK_DOCTOR_FROMAT: unknown setting; did you mean format?", id="misspelt"),
        pytest.param("FORMAT", "jsn", "CODECHUNK_DOCTOR_FORMAT: 'jsn' is not one of", id="value"),
        pytest.param("ENV", "'A=1", "CODECHUNK_DOCTOR_ENV: needs the form NAME=VALUE", id="open quote"),
    ],
)
def test_what_a_variable_must_not_hold(tmp_path, name, text, part):
    with pytest.raises(UsageError) as caught:
        load({"directory": str(tmp_path)}, {f"CODECHUNK_DOCTOR_{name}": text})

    assert part in str(caught.value)


def test_a_directory_that_is_not_there(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(UsageError, match="there is no such directory"):
        load({"directory": str(tmp_path / "x")}, {})
    with pytest.raises(UsageError, match="it is not a directory"):
        load({"directory": str(tmp_path / "file")}, {})


def test_the_example_is_valid(tmp_path):
    settings = load(written(tmp_path, EXAMPLE.read_text(encoding="utf-8")), {})

    assert settings.deadline == 60.0


def test_no_secret_in_the_repr():
    assert "hunter2" not in repr(Settings(env={"A": "hunter2"}))


@pytest.mark.parametrize("text", ["auto", "host", "pid:12", "docker:name"])
def test_workers(text):
    assert parse_worker(text) == text


@pytest.mark.parametrize("text", ["", "pid:", "pid:x", "docker:", "Host", "pid:1 "])
def test_no_workers(text):
    with pytest.raises(ValueError, match="is not auto, host"):
        parse_worker(text)


@pytest.mark.parametrize(("text", "seconds"), [("30s", 30.0), ("1m", 60.0), ("1m30s", 90.0), ("500ms", 0.5)])
def test_deadlines(text, seconds):
    assert parse_deadline(text) == seconds


@pytest.mark.parametrize("text", ["", "30", "1d", "soon", "0s", "-1s"])
def test_no_deadlines(text):
    with pytest.raises(ValueError, match=r"duration|no time"):
        parse_deadline(text)


def test_assignments_keep_all_of_the_value():
    assert parse_assignment("A=b=c ") == ("A", "b=c ")
    assert parse_assignment("A=") == ("A", "")


@pytest.mark.parametrize("text", ["", "hunter2", "=hunter2", "1A=hunter2", "A B=hunter2"])
def test_no_assignments(text):
    with pytest.raises(ValueError, match="NAME=VALUE") as caught:
        parse_assignment(text)

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "json", "json=", "=x", "yaml=x"])
def test_no_outputs(text):
    with pytest.raises(ValueError, match=r"FORMAT=FILE|not one of"):
        parse_output(text)
