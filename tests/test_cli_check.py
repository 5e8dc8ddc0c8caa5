"""`check` and the bare command: options, output, exit status."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from doctor import app
from doctor.cli import main
from doctor.engine import Touches
from doctor.errors import SourceError
from doctor.settings import Settings
from tests.report.samples import HEALTHY, LATE, NOTES_ONLY, REPORT
from tests.report.schemas import validate

ONE_ERROR = replace(REPORT, results=REPORT.results[:4], notices=())


def run(*arguments: str, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(main, arguments, env=env)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """The settings a run gets; the run itself answers with a healthy report."""
    calls: list[Settings] = []

    def diagnose(settings: Settings) -> object:
        calls.append(settings)
        return HEALTHY

    monkeypatch.setattr(app, "diagnose", diagnose)
    return calls


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Callable[[object], None]:
    """Make the run end with this report, or with this exception."""

    def set_answer(outcome: object) -> None:
        def diagnose(settings: Settings) -> object:
            if isinstance(outcome, BaseException):
                raise outcome
            return outcome

        monkeypatch.setattr(app, "diagnose", diagnose)

    return set_answer


# --- options


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["--config", "c.yaml", "--offline"], id="bare"),
        pytest.param(["check", "--config", "c.yaml", "--offline"], id="after the command"),
        pytest.param(["--config", "c.yaml", "--offline", "check"], id="before the command"),
        pytest.param(["--config", "c.yaml", "check", "--offline"], id="on both sides"),
        pytest.param(["--config", "other", "check", "--offline", "--config", "c.yaml"], id="the later one counts"),
    ],
)
def test_options_before_and_after_the_command(seen, arguments):
    assert run(*arguments).exit_code == 0

    assert (seen[0].config, seen[0].offline) == ("c.yaml", True)


def test_every_option_arrives(seen, tmp_path):
    (tmp_path / "e.env").touch()
    arguments = (
        f"check --dir {tmp_path} --config c.yaml --env-file {tmp_path}/e.env --env A=1 --env B=2 --clean-env "
        f"--worker pid:7 --format json --output text={tmp_path}/r.txt --deadline 1m --color never -vv -q "
        "--only config --only a.b --skip x --offline --fail-on note"
    )

    assert run(*arguments.split()).exit_code == 0
    assert seen[0] == Settings(
        directory=tmp_path,
        config="c.yaml",
        env_file=tmp_path / "e.env",
        env={"A": "1", "B": "2"},
        clean_env=True,
        worker="pid:7",
        format="json",
        output=(("text", tmp_path / "r.txt"),),
        deadline=60.0,
        color="never",
        verbosity=2,
        quiet=True,
        only=("config", "a.b"),
        skip=("x",),
        offline=True,
        fail_on="note",
    )


def test_what_can_be_repeated_is_put_together(seen):
    run("-v", "--only", "a", "--env", "A=1", "check", "-v", "--only", "b", "--env", "A=2")

    assert (seen[0].verbosity, seen[0].only, seen[0].env) == (2, ("a", "b"), {"A": "2"})


def test_a_switch_can_be_switched_back(seen):
    run("--no-offline", "--no-clean-env", env={"CODECHUNK_DOCTOR_OFFLINE": "1", "CODECHUNK_DOCTOR_CLEAN_ENV": "1"})

    assert (seen[0].offline, seen[0].clean_env) == (False, False)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["--onyl", "x"], "--only", id="option"),
        pytest.param(["chekc"], "did you mean check?", id="command"),
        pytest.param(["config", "shwo"], "did you mean show?", id="command of a group"),
        pytest.param(["config"], "show", id="a group alone"),
        pytest.param(["--format", "jsn"], "did you mean json?", id="format"),
        pytest.param(["--output", "jsn=x"], "did you mean json?", id="format of a file"),
        pytest.param(["--output", "json=/no/such/r.json"], "there is no directory /no/such", id="directory of a file"),
        pytest.param(["--output", "json=."], "that is a directory", id="a directory for a file"),
        pytest.param(["--fail-on", "warn"], "did you mean warning?", id="threshold"),
        pytest.param(["--worker", "hots"], "did you mean host?", id="worker"),
        pytest.param(["--deadline", "30"], "30s", id="duration"),
        pytest.param(["--env", "hunter2"], "NAME=VALUE", id="variable"),
        pytest.param(["--dir", "/no/such"], "there is no such directory", id="directory"),
        pytest.param(["--env-file", "/no/such"], "there is no such file", id="env file"),
        pytest.param(["--logs", "/no/such"], "no such file: /no/such", id="log"),
        pytest.param(["--logs", "/no/such", "--only", "config"], "no such file", id="log that nothing asks for"),
        pytest.param(["--only", "config.batch-of"], "did you mean config.batch-off?", id="id"),
        pytest.param(["--skip", "confg"], "did you mean config?", id="family"),
        pytest.param(["explain", "config.batch-of"], "did you mean config.batch-off?", id="id to explain"),
        pytest.param(["--only", "config", "list"], "--only is not an option of `", id="not an option of that command"),
        pytest.param(["check", "extra"], "extra", id="an argument too many"),
    ],
)
def test_wrong_use(arguments, said):
    """Status 2, nothing on standard output, and what to do instead."""
    result = run(*arguments)

    assert result.exit_code == 2
    assert result.stdout == ""
    assert said in result.stderr
    assert "hunter2" not in result.stderr


def test_two_outputs_into_one_file(tmp_path):
    result = run("--output", f"json={tmp_path}/r", "--output", f"text={tmp_path}/../{tmp_path.name}/r")

    assert (result.exit_code, result.stdout) == (2, "")


def test_settings_of_a_file_are_checked(tmp_path):
    (tmp_path / "codechunk-doctor.toml").write_text("ofline = true\n")

    result = run("--dir", str(tmp_path))

    assert (result.exit_code, result.stdout) == (2, "")
    assert "codechunk-doctor.toml: ofline: unknown setting; did you mean offline?" in result.stderr


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["-h"], ["check", "--help"], ["config", "--help"]])
def test_version_and_help_need_no_settings(arguments):
    result = run(*arguments, env={"CODECHUNK_DOCTOR_DIR": "/no/such"})

    assert (result.exit_code, result.stderr) == (0, "")


# --- output and exit status


@pytest.mark.parametrize(
    ("report", "arguments", "status"),
    [
        pytest.param(HEALTHY, [], 0, id="healthy"),
        pytest.param(NOTES_ONLY, [], 0, id="a note"),
        pytest.param(NOTES_ONLY, ["--fail-on", "note"], 1, id="a note that counts"),
        pytest.param(ONE_ERROR, [], 1, id="an error"),
        pytest.param(ONE_ERROR, ["--fail-on", "never"], 0, id="an error that does not count"),
        pytest.param(REPORT, [], 3, id="a crash"),
        pytest.param(LATE, ["--fail-on", "never"], 3, id="out of time"),
    ],
)
@pytest.mark.parametrize("format", ["text", "json"])
def test_exit_status(answer, report, arguments, status, format):
    answer(report)

    assert run("--format", format, *arguments).exit_code == status


def test_standard_output_is_the_report_and_nothing_else(answer):
    answer(replace(LATE, notices=("variables are those of the worker",)))

    result = run("--format", "json")

    validate(result.stdout, "report")
    assert "variables are those of the worker" in result.stderr
    assert "could not complete" in result.stderr


def test_further_formats_go_into_files(answer, tmp_path):
    answer(ONE_ERROR)
    target = tmp_path / "r.json"
    target.write_text("old")
    target.chmod(0o640)

    result = run("--output", f"json={target}", "--output", f"text={tmp_path}/r.txt", "--color", "always")

    assert json.loads(target.read_text())["summary"]["errors"] == 1
    assert "\x1b[" not in (tmp_path / "r.txt").read_text()
    assert "\x1b[" in result.stdout
    assert target.stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["r.json", "r.txt"]


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_link_stays_a_link(answer, tmp_path):
    answer(HEALTHY)
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "r.json").touch()
    (tmp_path / "r.json").symlink_to("real/r.json")

    run("--output", f"json={tmp_path}/r.json")

    assert (tmp_path / "r.json").is_symlink()
    assert json.loads((tmp_path / "real" / "r.json").read_text())


@pytest.mark.parametrize(
    ("arguments", "env", "colored"),
    [
        pytest.param([], {}, False, id="no terminal"),
        pytest.param(["--color", "never"], {"FORCE_COLOR": "1"}, False, id="the option wins"),
        pytest.param([], {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False, id="NO_COLOR wins"),
        pytest.param([], {"FORCE_COLOR": "0"}, False, id="FORCE_COLOR=0"),
        pytest.param([], {"FORCE_COLOR": "1"}, True, id="FORCE_COLOR"),
        pytest.param([], {"FORCE_COLOR": "1", "TERM": "dumb"}, True, id="FORCE_COLOR on a dumb terminal"),
        pytest.param(["--color", "always"], {"NO_COLOR": "1", "TERM": "dumb"}, True, id="always"),
    ],
)
def test_colour(answer, arguments, env, colored):
    answer(ONE_ERROR)

    assert ("\x1b[" in run(*arguments, env=env).stdout) is colored


def test_plan_touches_nothing_and_says_what_it_would(monkeypatch):
    monkeypatch.setattr(app, "plan", lambda settings: Touches(("a.yaml",), ("db:5432",), ("SELECT 1",)))

    text, machine = run("--plan"), run("check", "--plan", "--format", "json")

    assert [text.exit_code, machine.exit_code] == [0, 0]
    assert all(part in text.stdout for part in ("a.yaml", "db:5432", "SELECT 1"))
    assert validate(machine.stdout, "plan")["hosts"] == ["db:5432"]


# --- when it goes wrong


def test_interrupted(answer):
    answer(KeyboardInterrupt())
    result = run()

    assert (result.exit_code, result.stdout) == (3, "")
    assert "interrupted" in result.stderr


def test_a_source_that_fails_for_good(answer):
    answer(SourceError("no answer", "docker"))
    result = run()

    assert (result.exit_code, result.stdout) == (3, "")
    assert "docker: no answer" in result.stderr


@pytest.mark.parametrize(("arguments", "traced"), [([], False), (["-v"], True)])
def test_a_bug_of_ours(answer, arguments, traced):
    answer(KeyError("hunter2-secret"))
    result = run(*arguments, env={"SOME_TOKEN": "hunter2-secret"})

    assert (result.exit_code, result.stdout) == (3, "")
    assert "this is a bug in codechunk-doctor (KeyError" in result.stderr
    assert ("Traceback" in result.stderr) is traced
    assert "hunter2" not in result.stderr


def test_a_bug_while_options_are_read(monkeypatch):
    monkeypatch.setattr("doctor.settings.load", lambda *_: 1 / 0)
    result = run()

    assert result.exit_code == 3
    assert "ZeroDivisionError" in result.stderr


# --- whole processes


def doctor(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "doctor", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload]


def test_version():
    from doctor import __version__

    done = doctor("--version")

    assert (done.returncode, done.stdout, done.stderr) == (0, f"codechunk-doctor {__version__}\n", "")


def test_a_reader_that_goes_away_is_no_error(tmp_path):
    done = subprocess.run(
        f"{sys.executable} -m doctor list 2>{tmp_path}/err | true", shell=True, check=False, capture_output=True
    )

    assert done.stdout == b""
    assert (tmp_path / "err").read_text() == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_said():
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "doctor", "list"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )

    assert done.returncode == 3
    assert "standard output cannot be written" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_encoding_without_the_letters():
    done = doctor("list", env={**os.environ, "PYTHONIOENCODING": "ascii"})

    assert done.returncode == 0


def test_help_and_version_import_nothing_heavy():
    heavy = {"pydantic", "rich", "psutil", "ruamel", "doctor.registry", "doctor.app"}
    script = (
        "import sys\nfrom doctor.cli import main\n"
        "for arguments in (['--help'], ['--version']):\n"
        "    try:\n        main(arguments)\n    except SystemExit:\n        pass\n"
        f"print(sorted(set(sys.modules) & {heavy!r}))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == "[]"
