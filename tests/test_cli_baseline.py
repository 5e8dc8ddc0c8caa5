"""`--baseline`, `--update-baseline`, `[severity]` and `[[ignore]]`, as they are typed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from doctor.cli import main
from tests.everything import FIXTURES
from tests.report.schemas import validate

CONFIG = Path("configs/config.dev.yaml")
SECRET = "AIzaSyhunter2hunter2"


@pytest.fixture(autouse=True)
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken installation, in the working directory."""
    shutil.copytree(FIXTURES / "demo-broken" / "root", tmp_path / "root")
    monkeypatch.chdir(tmp_path / "root")


def run(*arguments: str, command: str = "check", env: dict[str, str] | None = None) -> Result:
    chosen = ("--config", str(CONFIG), "--offline", "--clean-env", "--only", "config", "--only", "doctor")
    return CliRunner().invoke(main, (command, *chosen, *arguments), env=env)


def findings(*arguments: str) -> list[tuple[str, str, str | None]]:
    """Check, severity and what suppresses it, of each finding."""
    report = validate(run("--format", "json", *arguments).stdout, "report")
    return [
        (check["id"], finding["severity"], finding["suppressed"] and finding["suppressed"]["by"])
        for check in report["checks"]
        for finding in check["findings"]
    ]


def settings(text: str) -> None:
    Path("codechunk-doctor.toml").write_text(text, encoding="utf-8")


BEFORE = [
    ("config.duration-invalid", "error"),
    ("config.value-reinterpreted", "error"),
    ("config.unknown-key", "warning"),
    ("config.batch-client-off", "error"),
]


def test_what_it_is_without_anything() -> None:
    assert findings() == [(id, severity, None) for id, severity in BEFORE]


# --- baseline


def test_a_baseline_makes_the_same_run_quiet() -> None:
    written = run("--baseline", "b.json", "--update-baseline")
    again = run("--baseline", "b.json", "--fail-on", "note")

    assert written.exit_code == again.exit_code == 0
    assert written.stderr == "codechunk-doctor: b.json: 4 added, 0 removed, 0 kept\n"
    assert "4 suppressed" in written.stdout
    assert "4 suppressed" in again.stdout
    validate(Path("b.json").read_text(), "baseline")
    assert findings("--baseline", "b.json") == [(id, severity, "baseline") for id, severity in BEFORE]


def test_updating_twice_changes_nothing() -> None:
    run("--baseline", "b.json", "--update-baseline")
    before = Path("b.json").read_bytes()

    assert "0 added, 0 removed, 4 kept" in run("--baseline", "b.json", "--update-baseline").stderr
    assert Path("b.json").read_bytes() == before


def test_lines_above_change_nothing() -> None:
    run("--baseline", "b.json", "--update-baseline")
    CONFIG.write_text("# one\n\n# two\n" + CONFIG.read_text())

    assert run("--baseline", "b.json", "--fail-on", "note").exit_code == 0


def test_a_new_finding_counts() -> None:
    run("--baseline", "b.json", "--update-baseline")
    CONFIG.write_text(CONFIG.read_text() + "nope: 1\n")

    result = run("--baseline", "b.json", "--fail-on", "note")

    assert result.exit_code == 1
    assert "nope" in result.stdout


def test_what_is_gone_is_a_note_until_the_baseline_is_updated() -> None:
    run("--baseline", "b.json", "--update-baseline")
    CONFIG.write_text(CONFIG.read_text().replace("1d", "24m"))

    assert ("doctor.baseline-stale", "note", None) in findings("--baseline", "b.json")
    assert run("--baseline", "b.json").exit_code == 0
    assert run("--baseline", "b.json", "--fail-on", "note").exit_code == 1
    assert "0 added, 1 removed, 3 kept" in run("--baseline", "b.json", "--update-baseline").stderr
    assert run("--baseline", "b.json", "--fail-on", "note").exit_code == 0


def test_what_was_not_looked_at_stays_in_the_baseline() -> None:
    run("--baseline", "b.json", "--update-baseline")
    before = Path("b.json").read_bytes()

    result = run("--baseline", "b.json", "--update-baseline", "--skip", "config.duration-invalid")

    assert Path("b.json").read_bytes() == before
    assert "4 kept" in result.stderr


def test_the_reason_that_a_person_wrote_stays_and_is_shown() -> None:
    run("--baseline", "b.json", "--update-baseline")
    Path("b.json").write_text(Path("b.json").read_text().replace('"reason": ""', '"reason": "old sins"', 1))

    run("--baseline", "b.json", "--update-baseline")

    assert Path("b.json").read_text().count("old sins") == 1
    assert "known: old sins" in run("--baseline", "b.json", "-v").stdout


def test_the_stale_note_is_told_even_when_it_was_not_asked_for_but_not_when_it_is_skipped() -> None:
    Path("b.json").write_text((FIXTURES / "doctor.baseline-stale" / "root" / "doctor-baseline.json").read_text())
    chosen = ("--clean-env", "--offline", "--config", str(CONFIG), "--baseline", "b.json", "-q")

    def told(*arguments: str) -> bool:
        return "doctor.baseline-stale" in CliRunner().invoke(main, (*chosen, *arguments)).stdout

    assert told("--only", "config.dead-key")
    assert not told("--only", "config.dead-key", "--skip", "doctor")
    assert not told("--only", "config.unknown-key")


def test_no_secret_gets_into_a_baseline() -> None:
    CONFIG.write_text(CONFIG.read_text() + f"gemini: {{ {SECRET}: 1, api_key: {SECRET} }}\n")

    run("--baseline", "b.json", "--update-baseline", "--env", f"CODECHUNK_GEMINI_API_KEY={SECRET}")

    assert "hunter2" not in Path("b.json").read_text()


def test_a_baseline_in_the_settings_file_lies_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("--baseline", "b.json", "--update-baseline")
    settings('baseline = "b.json"')
    monkeypatch.chdir(tmp_path)

    assert run("--dir", "root", "--fail-on", "note").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        pytest.param(["--baseline", "b.json"], "there is no such file; --update-baseline writes it", id="missing"),
        pytest.param(["--baseline", "."], "cannot be read: Is a directory", id="a directory"),
        pytest.param(["--baseline", ".", "--update-baseline"], "that is a directory", id="update a directory"),
        pytest.param(["--baseline", "no/b.json", "--update-baseline"], "there is no directory", id="nowhere"),
        pytest.param(["--baseline", "bad.json"], "is not valid JSON", id="damaged"),
        pytest.param(["--baseline", "bad.json", "--update-baseline"], "is not valid JSON", id="damaged, and update"),
        pytest.param(["--baseline", "binary"], "is no baseline (not a text)", id="binary"),
        pytest.param(["--update-baseline"], "no baseline is named", id="which"),
    ],
)
def test_wrong_baselines(arguments: list[str], part: str) -> None:
    Path("bad.json").write_text("{")
    Path("binary").write_bytes(b"\xff\xfe")

    result = run(*arguments)

    assert (result.exit_code, result.stdout) == (2, "")
    assert part in result.stderr
    assert Path("bad.json").read_text() == "{"


# --- severity and ignore


def test_another_severity_counts_and_is_shown() -> None:
    settings('[severity]\n"config" = "note"\n"config.unknown-key" = "error"')

    assert dict(each[:2] for each in findings()) == {id: "note" for id, _ in BEFORE} | {"config.unknown-key": "error"}
    assert run().exit_code == 1
    assert run("--skip", "config.unknown-key").exit_code == 0


def test_a_key_without_quotes_is_the_same() -> None:
    settings('[severity]\nconfig.unknown-key = "error"')

    assert ("config.unknown-key", "error", None) in findings()


def test_what_is_ignored_does_not_count_and_is_left_alone() -> None:
    settings('[[ignore]]\ncheck = "config"\nreason = "old sins"')

    result = run("-v")

    assert (result.exit_code, result.stderr) == (0, "")
    assert "ignored: old sins" in result.stdout
    assert findings() == [(id, severity, "ignore") for id, severity in BEFORE]
    fixed = run(command="fix")
    assert "4 findings are ignored or in the baseline, and are left alone" in " ".join(fixed.stdout.split())
    assert json.loads(run("--format", "json", command="fix").stdout)["fix"]["fixes"] == []


def test_notices_are_for_standard_error() -> None:
    settings(
        '[[ignore]]\ncheck = "config.unknown-key"\nreason = "x"\nuntil = 2020-01-31\n'
        '[[ignore]]\ncheck = "config.dead-key"\nreason = "x"\n'
        '[[ignore]]\ncheck = "gemini"\nreason = "not selected"\n'
    )

    result = run("--format", "json")

    assert result.stderr.splitlines() == [
        "codechunk-doctor: codechunk-doctor.toml: ignore: entry 1 (config.unknown-key): ended on 2020-01-31, "
        "so that config.unknown-key is no longer ignored",
        "codechunk-doctor: codechunk-doctor.toml: ignore: entry 2 (config.dead-key): matches no finding of this run; "
        "remove it if it is no longer needed",
    ]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        pytest.param('[severity]\n"config.x" = "eror"', ["config.x: 'eror'", "did you mean error?"], id="word"),
        pytest.param('[severity]\n"config.x" = "off"', ["'off' is no severity", "named in `skip`"], id="off"),
        pytest.param('[severity]\n"config.x" = 1', ["config.x: should be one of error, warning, note"], id="number"),
        pytest.param('severity = "note"', ["severity: must be a table"], id="no table"),
        pytest.param(
            '[severity]\n"config.dead-kye" = "note"',
            ["codechunk-doctor.toml: severity.config.dead-kye: no check", "did you mean config.dead-key?"],
            id="unknown check",
        ),
        pytest.param("ignore = 1", ["ignore: must be [[ignore]] entries"], id="no entries"),
        pytest.param("ignore = [1]", ["entry 1: must be a table"], id="no entry"),
        pytest.param('[[ignore]]\ncheck = "config"', ["entry 1 (config): `reason` is missing"], id="no reason"),
        pytest.param('[[ignore]]\nreason = "x"', ["entry 1: `check` is missing"], id="no check"),
        pytest.param('[[ignore]]\ncheck = "config"\nreason = " "', ["`reason` must be a text"], id="empty reason"),
        pytest.param(
            '[[ignore]]\ncheck = "config"\nreason = "x"\npaht = "y"',
            ["did you mean path?"],
            id="unknown key",
        ),
        pytest.param(
            '[[ignore]]\ncheck = "config"\nreason = "x"\nuntil = "soon"', ["`until` must be a day"], id="no day"
        ),
        pytest.param(
            '[[ignore]]\ncheck = "config"\nreason = "x"\nuntil = 2026-01-01T10:00:00', ["`until` must be"], id="a time"
        ),
        pytest.param(
            '[[ignore]]\ncheck = "confg"\nreason = "x"',
            ["codechunk-doctor.toml: ignore: entry 1 (confg): no check", "did you mean config?"],
            id="unknown family",
        ),
        pytest.param("ignroe = []", ["ignroe: unknown setting; did you mean ignore?"], id="misspelt table"),
    ],
)
def test_wrong_settings(text: str, parts: list[str]) -> None:
    settings(text)

    result = run()

    assert (result.exit_code, result.stdout) == (2, "")
    assert [part for part in parts if part not in result.stderr] == []
    assert "Traceback" not in result.stderr


def test_a_variable_cannot_hold_a_table() -> None:
    result = run(env={"CODECHUNK_DOCTOR_IGNORE": "config"})

    assert result.exit_code == 2
    assert "CODECHUNK_DOCTOR_IGNORE: must be [[ignore]] entries of the settings file" in result.stderr
