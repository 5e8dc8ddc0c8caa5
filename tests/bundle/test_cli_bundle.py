"""`bundle` and `check --from-bundle` as a user meets them."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from doctor.bundle import archive
from doctor.cli import main
from tests.report.schemas import validate
from tests.test_secrets import HEAD, lay_out

pytestmark = pytest.mark.slow

KEY = "AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY"


def run(*arguments: str, input: str | None = None) -> Result:
    return CliRunner().invoke(main, arguments, input=input)


@pytest.fixture
def options(tmp_path: Path) -> list[str]:
    """An installation with one secret and a wrong setting."""
    files = {"config.yaml": HEAD + "gemini: {timeout: 29m}\nbatch_processing: {enabled: false}\n"}
    return [*lay_out(tmp_path, files), "--env", f"CODECHUNK_GEMINI_API_KEY={KEY}"]


@pytest.mark.parametrize("name", ["b.tar.zst", "b.zip"])
def test_what_is_written_and_what_is_said(name: str, options: list[str], tmp_path: Path) -> None:
    result = run("bundle", str(tmp_path / name), *options)

    assert (result.exit_code, result.stderr) == (0, "")
    assert "secret-2-gemini-api-key" in result.stdout
    assert f"check --from-bundle {tmp_path / name}" in result.stdout
    assert KEY not in result.stdout
    files = archive.members(tmp_path / name)
    assert list(files)[:2] == ["manifest.json", "README.md"]
    assert {"report.json", "report.txt", "why.json", "resolution.json", "versions.json", "facts.json"} < set(files)
    manifest = json.loads(files["manifest.json"])
    assert {each["path"]: each["sha256"] for each in manifest["files"]} == {
        name: archive.digest(data) for name, data in files.items() if name != "manifest.json"
    }
    for file_name, schema in (("report.json", "report"), ("why.json", "why"), ("resolution.json", "resolution")):
        validate(files[file_name].decode(), schema)
    if sys.platform != "win32":
        (file,) = tmp_path.glob("b.*")
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_one_that_was_cut_short_is_written_and_says_so(options: list[str], tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    end = os.open(pipe, os.O_RDWR)  # somebody who never writes
    try:
        result = run("bundle", str(tmp_path / "b.zip"), "--logs", str(pipe), "--deadline", "1s", *options)
    finally:
        os.close(end)

    assert result.exit_code == 3
    assert result.stdout.startswith(f"Wrote {tmp_path / 'b.zip'}")
    assert "could not complete: a log was" in result.stderr
    assert "facts.json" in archive.members(tmp_path / "b.zip")


def test_without_a_name_it_is_called_by_the_time(
    options: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    result = run("bundle", "-q", *options)

    (file,) = tmp_path.glob("codechunk-doctor-*Z.tar.zst")
    assert result.stdout == f"{file.name}\n"


def test_the_same_installation_gives_the_same_bytes_but_for_times(options: list[str], tmp_path: Path) -> None:
    contents = []
    for name in ("1.zip", "2.zip"):
        run("bundle", str(tmp_path / name), *options)
        files = archive.members(tmp_path / name)
        facts = json.loads(files["facts.json"])
        contents.append((list(files), facts["target"], facts["facts"]["Resolution"], files["resolution.json"]))

    assert contents[0] == contents[1]


def test_json(options: list[str], tmp_path: Path) -> None:
    result = run("bundle", str(tmp_path / "b.zip"), "--format", "json", *options)

    document = validate(result.stdout, "bundle")
    assert document["bytes"] == (tmp_path / "b.zip").stat().st_size
    assert [each["token"] for each in document["replaced"]] == ["secret-1-database-password", "secret-2-gemini-api-key"]
    assert document["differing"] == []


def test_a_log_from_standard_input_is_read_once(options: list[str], tmp_path: Path) -> None:
    line = json.dumps({"level": "ERROR", "message": "something that nobody knows", "time": "2026-01-02T03:04:05Z"})

    result = run("bundle", str(tmp_path / "b.zip"), "--logs", "-", *options, input=f"{line}\n")

    assert result.exit_code == 0, result.output
    assert b"something that nobody knows" in archive.members(tmp_path / "b.zip")["logs.txt"]


@pytest.mark.parametrize("format", ["text", "json", "junit", "sarif", "github", "gitlab", "markdown", "html"])
def test_it_is_examined_in_every_format(format: str, options: list[str], tmp_path: Path) -> None:
    run("bundle", str(tmp_path / "b.zip"), *options)

    result = run("check", "--from-bundle", str(tmp_path / "b.zip"), "--format", format)

    assert result.exit_code in (0, 1), result.output
    assert result.stdout
    assert KEY not in result.output


def test_it_says_the_same_as_the_installation_when_that_is_gone(options: list[str], tmp_path: Path) -> None:
    run("bundle", str(tmp_path / "b.zip"), *options)
    live = run("check", *options, "--format", "json").stdout
    (tmp_path / "config.yaml").unlink()

    later = run("check", "--from-bundle", str(tmp_path / "b.zip"), "--format", "json").stdout

    def timeless(text: str) -> dict[str, Any]:
        document: dict[str, Any] = {**json.loads(text), "started_at": None}
        for each in (document, *document["checks"]):
            each["duration_ms"] = None
        return document

    assert timeless(later) == timeless(live)


def test_checks_can_be_chosen_then(options: list[str], tmp_path: Path) -> None:
    run("bundle", str(tmp_path / "b.zip"), *options)

    result = run("check", "--from-bundle", str(tmp_path / "b.zip"), "--only", "config.batch-off", "--format", "json")

    assert [each["id"] for each in json.loads(result.stdout)["checks"]] == ["config.batch-off"]


def test_an_existing_file_is_only_replaced_when_asked(options: list[str], tmp_path: Path) -> None:
    file = tmp_path / "b.zip"
    file.write_text("mine")

    refused = run("bundle", str(file), *options)
    assert (refused.exit_code, refused.stdout, file.read_text()) == (2, "", "mine")
    assert "--force" in refused.stderr

    assert run("bundle", str(file), "--force", *options).exit_code == 0
    assert file.read_bytes().startswith(b"PK")
    assert [each.name for each in tmp_path.iterdir() if ".part" in each.name] == []


WRONG = {
    "another ending": (["bundle", "b.rar"], "a .tar.zst or a .zip"),
    "an ending alone": (["bundle", ".zip"], "a .tar.zst or a .zip"),
    "a directory that is not there": (["bundle", "nowhere/b.zip"], "there is no directory"),
    "no installation": (["bundle", "b.zip", "--dir", "nowhere"], "no such directory"),
    "no bundle": (["check", "--from-bundle", "nowhere.zip"], "no such file"),
    "a directory": (["check", "--from-bundle", "."], "is a directory"),
    "--dir": (["check", "--from-bundle", "b.zip", "--dir", "."], "--dir looks at an installation"),
    "--config": (["check", "--from-bundle", "b.zip", "--config", "c"], "--config looks at an installation"),
    "--env": (["check", "--from-bundle", "b.zip", "--env", "A=b"], "--env looks at an installation"),
    "--env-file": (["check", "--from-bundle", "b.zip", "--env-file", "f"], "--env-file looks at an installation"),
    "--clean-env": (["check", "--from-bundle", "b.zip", "--clean-env"], "--clean-env looks at an installation"),
    "--worker": (["check", "--from-bundle", "b.zip", "--worker", "host"], "--worker looks at an installation"),
    "--logs": (["check", "--from-bundle", "b.zip", "--logs", "x.log"], "--logs looks at an installation"),
    "--plan": (["check", "--from-bundle", "b.zip", "--plan"], "--plan looks at an installation"),
}


@pytest.mark.parametrize("what", WRONG)
def test_wrong_use(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    arguments, message = WRONG[what]

    result = run(*arguments)

    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert not list(tmp_path.iterdir())
