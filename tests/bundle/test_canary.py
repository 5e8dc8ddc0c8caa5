"""A secret that stands anywhere in an installation, however it is spelled, is nowhere in its bundle."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import pytest
from click.testing import CliRunner, Result

from doctor.bundle import archive, making
from doctor.cli import main
from tests.test_secrets import HEAD, PLACES, SECRET, lay_out

PASSWORD = 'Zq8 "vK\\w@N7/x'


def bundle(directory: Path, *options: str, env: Mapping[str, str] | None = None) -> tuple[Result, dict[str, bytes]]:
    """Make a bundle of what lies in a directory; what was said, and what is in it."""
    given = [part for name, text in (env or {}).items() for part in ("--env", f"{name}={text}")]
    file = directory / "out.tar.zst"
    result = CliRunner().invoke(main, ["bundle", str(file), *options, *given])
    assert result.exit_code == 0, result.output
    return result, archive.members(file)


def holds(files: Mapping[str, bytes], *secrets: str) -> list[str]:
    """Where one of these texts can be read, in any of the spellings that people and programs use."""
    found = []
    for secret in secrets:
        spellings = {secret, quote(secret, safe=""), quote(secret), json.dumps(secret)[1:-1], secret.replace("'", "''")}
        spellings |= {json.dumps(each)[1:-1] for each in spellings}
        spellings.add(base64.b64encode(secret.encode()).decode().rstrip("=")[:-1])
        found += [f"{name}: {each}" for name, data in files.items() for each in spellings if each.encode() in data]
    return found


@pytest.mark.no_cover
@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES)
def test_no_file_holds_the_secret(place: str, tmp_path: Path) -> None:
    files, variables = PLACES[place]

    result, found = bundle(tmp_path, *lay_out(tmp_path, files), env=variables)

    assert holds(found, SECRET) == []
    assert SECRET not in result.output


def test_every_spelling_in_a_log_is_replaced(tmp_path: Path) -> None:
    encoded = base64.b64encode(f"app:{PASSWORD}".encode()).decode()
    lines = [
        f'{{"level":"ERROR","message":"pool","error":{json.dumps(f"password={PASSWORD} refused")}}}',
        json.dumps({"level": "ERROR", "message": json.dumps({"password": PASSWORD})}),
        json.dumps({"level": "ERROR", "message": f"postgres://app:{quote(PASSWORD, safe='')}@db/x failed"}),
        json.dumps({"level": "ERROR", "message": f"Authorization: Basic {encoded} refused"}),
        json.dumps({"level": "ERROR", "message": "GET https://h/?key=abcdefgh12345 failed, Bearer tok12345678"}),
    ]
    options = lay_out(tmp_path, {"config.yaml": HEAD})
    (tmp_path / "worker.log").write_text("\n".join(lines) + "\n", encoding="utf-8")

    _, found = bundle(
        tmp_path,
        *options,
        "--logs",
        str(tmp_path / "worker.log"),
        env={"CODECHUNK_DATABASE_PASSWORD": PASSWORD, "NATS_URL": "nats://me:s3cretW0rd@h:4222"},
    )

    assert "logs.txt" in found
    assert b"refused" in found["logs.txt"]
    assert holds(found, PASSWORD, "abcdefgh12345", "tok12345678", "s3cretW0rd") == []
    assert encoded[6:-4].encode() not in b"".join(found.values())


def test_one_value_has_one_token(tmp_path: Path) -> None:
    options = lay_out(tmp_path, {"config.yaml": HEAD, ".env": f"CODECHUNK_GEMINI_API_KEY={SECRET}\n"})

    _, found = bundle(tmp_path, *options, env={"GEMINI_API_KEY": SECRET, "CODECHUNK_GEMINI_API_KEY": f"{SECRET}-2"})

    tokens = {each["token"]: each["kind"] for each in json.loads(found["manifest.json"])["replaced"]}
    assert list(tokens.values()).count("gemini.api_key") == 1
    assert list(tokens.values()).count("GEMINI_API_KEY") == 1
    assert len([name for name in tokens if name.startswith("secret-")]) == 3  # and the password


def test_values_of_unknown_variables_stay_out_and_known_ones_in(tmp_path: Path) -> None:
    options = lay_out(tmp_path, {"config.yaml": HEAD})

    _, found = bundle(tmp_path, *options, env={"MY_DIARY": "private matters", "PGHOST": "db.example.org"})

    facts = found["facts.json"]
    assert b"MY_DIARY" in facts
    assert b"private matters" not in facts
    assert b"db.example.org" in facts


def test_a_bundle_with_a_secret_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = lay_out(tmp_path, {"config.yaml": HEAD})
    whole = making.Tokens.applied
    monkeypatch.setattr(making.Tokens, "applied", lambda tokens, fact: fact)

    command = ["bundle", str(tmp_path / "out.zip"), *options, "--env", f"GEMINI_API_KEY={SECRET}"]
    result = CliRunner().invoke(main, command)

    assert whole is not making.Tokens.applied
    assert result.exit_code == 3
    assert result.stdout == ""
    assert "the bundle was not written" in result.stderr
    assert SECRET not in result.stderr
    assert not list(tmp_path.glob("*out.zip*"))
