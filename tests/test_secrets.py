"""A secret planted in any place a configuration can hold one is in no output of any command."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import pytest
from click.testing import CliRunner

from doctor.redact import Redactor, beginning, strip_keys
from tests.logs import encoder

# Whole runs, and many of them.
pytestmark = [pytest.mark.slow, pytest.mark.no_cover]

SECRET = "hunter2-Zq8vKw3xN7"

HEAD = "database: {user: u, password: p}\n"
COMPOSE = "services:\n  worker:\n    command: [worker]\n    environment:\n"

# name -> files, variables
PLACES: dict[str, tuple[Mapping[str, str], Mapping[str, str]]] = {
    "database.password": ({"config.yaml": f"database: {{user: u, password: {SECRET}}}\n"}, {}),
    "database.password quoted": ({"config.yaml": f'database: {{user: u, password: "\'{SECRET} x"}}\n'}, {}),
    "database.password with blank": ({"config.yaml": f"database:\n  user: u\n  password: {SECRET} x\n"}, {}),
    "database.password as list": ({"config.yaml": f"database:\n  user: u\n  password: [{SECRET}, b]\n"}, {}),
    "database.password as map": ({"config.yaml": f"database:\n  user: u\n  password: {{a: {SECRET}}}\n"}, {}),
    "database.password twice": ({"config.yaml": f"database:\n  user: u\n  password: {SECRET}\n  Password: a\n"}, {}),
    "database.password duplicate": (
        {"config.yaml": f"database:\n  user: u\n  password: {SECRET}\n  password: a\n"},
        {},
    ),
    "database.password dotted": ({"config.yaml": f"database.user: u\ndatabase.password: {SECRET}\n"}, {}),
    "database.password and #": ({"config.yaml": f"database:\n  user: u\n  password: {SECRET} #{SECRET}\n"}, {}),
    "gemini.api_key": ({"config.yaml": HEAD + f"gemini: {{api_key: {SECRET}}}\n"}, {}),
    "gemini.api_key with default": ({"config.yaml": HEAD + f'gemini: {{api_key: "${{X:-{SECRET}}}"}}\n'}, {}),
    "gemini.apikey misspelt": ({"config.yaml": HEAD + f"gemini: {{apikey: {SECRET}, api-key: {SECRET}}}\n"}, {}),
    "gemini as scalar": ({"config.yaml": HEAD + f"gemini: {SECRET}\n"}, {"CODECHUNK_GEMINI_API_KEY": SECRET}),
    "embedding.openai.api_key": (
        {"config.yaml": HEAD + f"embedding: {{provider: openai, openai: {{api_key: {SECRET}}}}}\n"},
        {},
    ),
    "embedding.openai.base_url": (
        {"config.yaml": HEAD + f"embedding: {{openai: {{base_url: 'https://u:{SECRET}@h/v1'}}}}\n"},
        {},
    ),
    "connectors.auth_token": (
        {"config.yaml": HEAD + f"connectors: [{{name: a, type: github, auth_token: {SECRET}}}]\n"},
        {},
    ),
    "connectors.auth_token with $": (
        {"config.yaml": HEAD + f"connectors: [{{name: a, type: gitlab, auth_token: '{SECRET}$x'}}]\n"},
        {},
    ),
    "connectors.token misspelt": ({"config.yaml": HEAD + f"connectors: [{{name: a, token: {SECRET}}}]\n"}, {}),
    "nats.url": ({"config.yaml": HEAD + f"nats: {{url: 'tls://u:{SECRET}@h:4222'}}\n"}, {}),
    "second document": ({"config.yaml": HEAD + f"---\ndatabase: {{password: {SECRET}}}\n"}, {}),
    "broken file": ({"config.yaml": f"database:\n  password: {SECRET}\n\tuser: u\n"}, {}),
    "broken line": ({"config.yaml": f"database:\n  password: @{SECRET}\n"}, {}),
    "top-level scalar": ({"config.yaml": f"{SECRET}\n"}, {}),
    "unknown anchor": ({"config.yaml": f"database:\n  password: *{SECRET}\n"}, {}),
    "config.yaml beside": ({"config.yaml": f"batch_processing: {{token: {SECRET}}}\n", "c.yaml": HEAD}, {}),
    "json": ({"config.yaml": HEAD, "c.json": f'{{"database": {{"user": "u", "password": "{SECRET}"}}}}'}, {}),
    "variable of the password": (
        {"config.yaml": "database: {user: u, password: }\n"},
        {"CODECHUNK_DATABASE_PASSWORD": SECRET},
    ),
    "variable nobody sees": (
        {"config.yaml": "database: {user: u}\n"},
        {"CODECHUNK_DATABASE_PASSWORD": SECRET, "CODECHUNK_EMBEDDING_OPENAI_API_KEY": SECRET},
    ),
    "variable of a section": ({"config.yaml": HEAD}, {"CODECHUNK_GEMINI": SECRET}),
    "variable unknown": ({"config.yaml": HEAD}, {"CODECHUNK_GEMINI_APIKEY": SECRET, "CODECHUNK_SECRET": SECRET}),
    "variables of others": (
        {"config.yaml": HEAD},
        {
            "GITHUB_TOKEN": SECRET,
            "GIT_TOKEN": SECRET,
            "GITLAB_TOKEN": SECRET,
            "SSH_KEY_PASSPHRASE": SECRET,
            "PGPASSWORD": SECRET,
            "PGSSLROOTCERT": "nowhere",
            "GEMINI_API_KEY": SECRET,
            "GOOGLE_API_KEY": SECRET,
            "GOOGLE_GEMINI_BASE_URL": f"https://u:{SECRET}@elsewhere/",
        },
    ),
    ".env": (
        {
            "config.yaml": HEAD,
            ".env": f"CODECHUNK_DATABASE_PASSWORD={SECRET}\nexport CODECHUNK_GEMINI_API_KEY='{SECRET}'\n",
        },
        {},
    ),
    "compose": (
        {
            "config.yaml": HEAD,
            "docker-compose.yml": COMPOSE + f"      CODECHUNK_DATABASE_PASSWORD: {SECRET}\n      API_TOKEN: {SECRET}\n",
        },
        {},
    ),
}
COMMANDS = {
    "check": ["check", "-vv"],
    "check json": ["check", "--format", "json"],
    "check sarif": ["check", "--format", "sarif"],
    "fix": ["fix", "-vv"],
    "fix json": ["fix", "--format", "json"],
    "why": ["why", "-vv"],
    "why json": ["why", "--format", "json"],
    "plan": ["check", "--plan"],
    "show": ["config", "show", "-v"],
    "show json": ["config", "show", "--format", "json"],
    "resolve": ["config", "resolve"],
    "resolve json": ["config", "resolve", "--format", "json"],
}


# Where the file that holds it cannot be read, or that part of it is not read.
UNTOLD = (
    "second document",
    "broken file",
    "broken line",
    "top-level scalar",
    "unknown anchor",
    "database.password duplicate",
    "config.yaml beside",
    "connectors.token misspelt",
)
FORMATS = ("text", "json", "junit", "sarif", "github", "gitlab", "markdown", "html")

# What a program may print of a secret: whole, in other writings, and the beginning of it.
LOG = (
    "\n".join(
        f"time=2025-11-22T10:30:{second:02}.011Z level=INFO msg={json.dumps(json.dumps(entry))}"
        for second, entry in enumerate(
            {"timestamp": f"2025-11-22T10:30:{second:02}Z", "level": "ERROR", "message": message, "error": text}
            for second, (message, text) in enumerate(
                [
                    ("Failed to generate embedding", f"API key {SECRET} not valid"),
                    (f"Something new about {SECRET}", f"GET https://h/?key={quote(SECRET)}: refused"),
                    ("Something new", f"Authorization: Basic {base64.b64encode(f'u:{SECRET}'.encode()).decode()}"),
                    ("Failed to ping database", f"password is {SECRET[:14]}..., which is refused"),
                ]
            )
        )
    )
    + f"\npanic: cannot go on with {SECRET}\n\ngoroutine 1 [running]:\nmain.main()\n"
)
QUIET = encoder.line("Message processing loop started").decode()


def pieces_of(secret: str, *texts: str) -> list[str]:
    """How a secret, or enough of it, can be read in texts."""
    encoded = [base64.b64encode(b"x" * before + secret.encode()).decode()[4:-4] for before in range(3)]
    return [piece for piece in (secret[:8], secret[-8:], *encoded) for text in texts if piece in text]


def lay_out(directory: Path, files: Mapping[str, str]) -> list[str]:
    """Write the files and return the options that make a run examine them."""
    for name, text in files.items():
        (directory / name).write_text(text, encoding="utf-8")
    chosen = next((name for name in files if name.startswith("c.")), None)
    return ["--dir", str(directory), "--offline", "--clean-env", *(["--config", chosen] if chosen else [])]


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
@pytest.mark.parametrize("place", PLACES)
def test_no_output_holds_the_secret(place: str, command: list[str], tmp_path: Path) -> None:
    from doctor.cli import main

    files, variables = PLACES[place]
    options = lay_out(tmp_path, files)
    given = [part for name, value in variables.items() for part in ("--env", f"{name}={value}")]

    result = CliRunner().invoke(main, [*command, *options, *given])

    assert result.exit_code in (0, 1), result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert pieces_of(SECRET, result.output) == []


@pytest.mark.parametrize("place", PLACES)
def test_no_format_holds_the_secret(place: str, tmp_path: Path) -> None:
    from doctor.cli import main

    files, variables = PLACES[place]
    options = lay_out(tmp_path, files)
    given = [part for name, value in variables.items() for part in ("--env", f"{name}={value}")]
    # What nobody can tell to be a secret is not told by a log either.
    (tmp_path / "worker.log").write_text(LOG if place not in UNTOLD else QUIET, encoding="utf-8")
    out = tmp_path / "out"
    out.mkdir()
    written = [part for format in FORMATS for part in ("--output", f"{format}={out / format}")]
    baseline = ["--baseline", str(out / "baseline.json"), "--update-baseline"]
    command = ["check", "-vv", "--logs", str(tmp_path / "worker.log"), *written, *baseline]

    result = CliRunner().invoke(main, [*command, *options, *given])

    assert result.exit_code in (0, 1), result.output
    assert sorted(each.name for each in out.iterdir()) == sorted([*FORMATS, "baseline.json"])
    assert pieces_of(SECRET, result.output, *(each.read_text(encoding="utf-8") for each in out.iterdir())) == []


@pytest.mark.parametrize("command", [["logs"], ["logs", "--timeline", "-vv"], ["logs", "--format", "json"], ["why"]])
def test_no_log_gives_a_known_secret_away(command: list[str], tmp_path: Path) -> None:
    from doctor.cli import main

    options = lay_out(tmp_path, {"config.yaml": HEAD})
    (tmp_path / "worker.log").write_text(LOG, encoding="utf-8")
    paths = ["--logs", str(tmp_path / "worker.log")] if command == ["why"] else [str(tmp_path / "worker.log")]
    # `logs` reads nothing else, and opens no socket without being told so.
    options = [each for each in options if each != "--offline" or command == ["why"]]

    result = CliRunner().invoke(main, [*command, *paths, *options, "--env", f"CODECHUNK_GEMINI_API_KEY={SECRET}"])

    assert result.exit_code == 0, result.output
    assert pieces_of(SECRET, result.output) == []


def test_a_report_that_is_compared_keeps_its_secrets(tmp_path: Path) -> None:
    from doctor.cli import main

    files, variables = PLACES["variables of others"]
    options = lay_out(tmp_path, files)
    given = [part for name, value in variables.items() for part in ("--env", f"{name}={value}")]
    old, new = (["--output", f"json={tmp_path / name}"] for name in ("old.json", "new.json"))
    CliRunner().invoke(main, ["check", *options, *old])
    CliRunner().invoke(main, ["check", *options, *given, *new])

    for format in ("text", "json"):
        result = CliRunner().invoke(
            main, ["diff", str(tmp_path / "old.json"), str(tmp_path / "new.json"), "--format", format]
        )
        assert result.exit_code in (0, 1), result.output
        assert pieces_of(SECRET, result.output) == []


# --- what goes wrong -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verbose", [[], ["-vv"]], ids=["", "-vv"])
@pytest.mark.parametrize("where", ["doctor.report.text.render", "doctor.app.examined", "doctor.app.notices"])
def test_a_bug_gives_nothing_away(
    where: str, verbose: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from doctor.cli import main

    def broken(*_: object, **__: object) -> None:
        raise ValueError(f"cannot go on with {SECRET}, nor with its beginning {SECRET[:12]} ...")

    monkeypatch.setattr(where, broken)
    options = lay_out(tmp_path, {"config.yaml": f"database: {{user: u, password: {SECRET}}}\n"})

    result = CliRunner().invoke(main, ["check", *verbose, *options])

    assert result.exit_code == 3
    assert result.stdout == ""
    assert "cannot go on with ***" in result.stderr
    assert ("Traceback" in result.stderr) == bool(verbose)
    assert pieces_of(SECRET, result.stderr) == []


def test_a_check_that_crashes_gives_nothing_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from doctor import engine
    from doctor.cli import main

    def broken(*_: object) -> None:
        raise ValueError(SECRET)

    monkeypatch.setattr(engine.Check, "__call__", broken, raising=False)
    monkeypatch.setattr(engine, "_findings", broken, raising=False)
    options = lay_out(tmp_path, {"config.yaml": f"database: {{user: u, password: {SECRET}}}\n"})
    out = tmp_path / "out"
    out.mkdir()
    written = [part for format in FORMATS for part in ("--output", f"{format}={out / format}")]

    result = CliRunner().invoke(main, ["check", "-vv", "--only", "config", *written, *options])

    assert pieces_of(SECRET, result.output, *(each.read_text(encoding="utf-8") for each in out.iterdir())) == []


def test_a_weak_password_tears_no_holes(tmp_path: Path) -> None:
    """What a report says is the same with a password that is a word of it and with another one."""
    from doctor.cli import main

    said = []
    for password in ("postgres", "sequential", "Zq8vKw3xN7"):
        options = lay_out(tmp_path, {"config.yaml": f"database: {{user: postgres, password: {password}}}\n"})
        result = CliRunner().invoke(main, ["check", "-v", *options, "--worker", "host"])
        said.append([line for line in result.stdout.splitlines() if "The run took" not in line])
    assert said[0] == said[1] == said[2]


def test_the_env_file_keeps_its_secrets(tmp_path: Path) -> None:
    from doctor.cli import main

    options = lay_out(tmp_path, {"config.yaml": HEAD})
    (tmp_path / "prod.env").write_text(f"CODECHUNK_DATABASE_PASSWORD={SECRET}\nNOT A LINE {SECRET}\n")

    result = CliRunner().invoke(main, ["check", "-vv", *options, "--env-file", str(tmp_path / "prod.env")])

    assert SECRET not in result.output


@pytest.mark.parametrize(
    ("text", "most", "kept"),
    [
        ("", 10, ""),
        ("one two", 7, "one two"),
        ("one two", 6, "one"),
        ("one secret-and-more", 12, "one"),
        ("x" * 700, 600, "x" * 100),
        ("x" * 700, 400, ""),
    ],
)
def test_what_is_cut_holds_no_half_of_a_word(text: str, most: int, kept: str) -> None:
    assert beginning(text, most) == kept


@pytest.mark.parametrize(
    "text",
    [
        "export CODECHUNK_GEMINI_API_KEY='your key'",
        "api_key=<your key>",
        "token=${GIT_TOKEN}",
        "password=***",
        "password=...",
        "total_tokens=1200",
        "bearer of bad news",
        "password authentication failed for user",
    ],
)
def test_what_only_looks_like_a_secret_is_left(text: str) -> None:
    assert strip_keys(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://gitlab.com/a/b?private_token=abcd-1234&x=1", "https://gitlab.com/a/b?private_token=***&x=1"),
        ("host=db password=hunter22 user=dev", "host=db password=*** user=dev"),
        ("access_token=eyJh.aaa.bbb, refused", "access_token=*** refused"),
        ("Authorization: Bearer abcdef123456", "Authorization: Bearer ***"),
        ("?api_key=abcdef", "?api_key=***"),
    ],
)
def test_what_stands_behind_a_name_of_a_secret_is_masked(text: str, shown: str) -> None:
    assert strip_keys(text) == shown


def test_a_text_that_is_met_again_is_masked_again() -> None:
    clean = Redactor(["hunter22"])

    assert [clean("it is hunter22"), clean("it is"), clean("it is hunter22")] == ["it is ***", "it is", "it is ***"]
