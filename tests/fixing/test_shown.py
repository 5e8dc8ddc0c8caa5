"""Diffs as they may be shown: which lines, whose they are, and no secret in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from doctor.fixing.plan import FileChange, Proposal, State
from doctor.fixing.shown import diff, masked
from doctor.model import Edit, Finding, Fix, Location, Safety

CANARY = "hunter2!canary"


def change(before: bytes | None, after: bytes, *edits: tuple[str, Edit], name: str = "c.yaml") -> FileChange:
    proposals = tuple(
        Proposal(id, Finding("x", Location.file(name)), Fix("x", edits=(edit,), safety=Safety.SAFE), State.PLANNED)
        for id, edit in edits
    )
    return FileChange(name, Path("/nowhere") / name, before, after, proposals)


# --- secrets: first what stays ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "database:",
        "  password:",
        "  password: ",
        '  password: ""',
        "  password: ''",
        "  password: ${DATABASE_PASSWORD}",
        "  password: $DATABASE_PASSWORD",
        '  password: "${DATABASE_PASSWORD}"',
        "  password: *shared",
        "  password: |-",
        "  password: >",
        "  password: &shared",
        "  max_tokens_per_request: 8000",
        "  port: 5432 # not the usual one",
        "# ask for the key at the desk",
        "CODECHUNK_API_PORT=8080",
        "  - name: one",
        "{user: u, port: 1}",
        "",
    ],
)
def test_what_is_no_secret_stays(line):
    assert list(masked([line])) == [line]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("  password: CANARY", "  password: ***"),
        ("password: x", "password: ***"),
        ("password: 0123", "password: ***"),
        ("password: +1", "password: ***"),
        ("PASSWORD=7", "PASSWORD=***"),
        ("PASSWORD=*CANARY", "PASSWORD=***"),
        ("PASSWORD=|CANARY", "PASSWORD=***"),
        ('  password: "CANARY"', '  password: "***"'),
        ("  password: 'CANARY'", "  password: '***'"),
        ('  password: "a\\"CANARY"', '  password: "***"'),
        ("  password: 'a''CANARY'", "  password: '***'"),
        ("  password: CANARY #CANARY", "  password: ***"),
        ("  password: CANARY with blanks, and more", "  password: ***"),
        ("  password: a{CANARY}", "  password: ***"),
        ("  password: &shared CANARY", "  password: ***"),
        ("  password: $CANARY", "  password: ***"),
        ("  password: {CANARY", "  password: ***"),
        ("  'password': CANARY", "  'password': ***"),
        ("  # password: CANARY", "  # password: ***"),
        ("#password: CANARY", "#password: ***"),
        ("  - auth_token: CANARY", "  - auth_token: ***"),
        ("database: {user: u, password: CANARY, port: 1}", "database: {user: u, password: ***, port: 1}"),
        ("database: {user: u, pasword: CANARY, port: 1}", "database: {user: u, pasword: ***, port: 1}"),
        ("CODECHUNK_DATABASE_PASSWRD=CANARY", "CODECHUNK_DATABASE_PASSWRD=***"),
        ("database: {user: u, password: two CANARY words}", "database: {user: u, password: ***}"),
        ('{"password": "a\\"CANARY", "port": 1}', '{"password": "***", "port": 1}'),
        ("CODECHUNK_GEMINI_API_KEY=CANARY", "CODECHUNK_GEMINI_API_KEY=***"),
        ("export GITLAB_TOKEN = CANARY CANARY", "export GITLAB_TOKEN = ***"),
        ("  password: # CANARY", "  password: ***"),
        ("# like nats://host?token=CANARY", "# like nats://host?token=***"),
        ("X=1 API_KEY=CANARY", "X=1 API_KEY=***"),
    ],
)
def test_what_is_a_secret_does_not(line, shown):
    assert list(masked([line.replace("CANARY", CANARY)])) == [shown]


@pytest.mark.parametrize(
    "text",
    [
        "password: |\n  CANARY\n\n  CANARY",
        "a:\n  password: >-\n    CANARY\n    CANARY",
        "password: one\n  CANARY",
        "password:\n  CANARY",
        'password: "one\n  CANARY\n  CANARY"',
        "password: 'one\nCANARY'",
        'API_KEY="one\nCANARY\nCANARY"',
        "tokens:\n- CANARY\n- CANARY",
        "auth:\n  user: CANARY\n  # CANARY\n  x: [CANARY]",
        "- token: |\n    CANARY",
    ],
)
def test_what_goes_on_below(text):
    lines = [*text.replace("CANARY", CANARY).split("\n"), "port: 5432"]

    shown = list(masked(lines))

    assert len(shown) == len(lines)
    assert CANARY not in "\n".join(shown)
    assert shown[-1] == "port: 5432"


def test_a_change_of_a_secret_is_seen_without_it():
    shown = diff(change(b"a: 1\npassword: hunter2!canary\n", b'a: 1\npassword: "hunter2!canary"\n'))

    assert shown[2:] == ("@@ -1,2 +1,2 @@", " a: 1", "-password: ***", '+password: "***"')


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_other_encodings(encoding):
    text = f"password: {CANARY}\na: 1\n"

    shown = diff(change(text.encode(encoding), text.replace("1", "2").encode(encoding)))

    assert shown[2:] == ("@@ -1,2 +1,2 @@", " password: ***", "-a: 1", "+a: 2")


def test_a_secret_whose_name_is_above_the_context():
    body = b"password: |\n" + b"".join(b"  line%d\n" % each for each in range(9)) + b"port: 1\n"

    shown = diff(change(body, body.replace(b"port: 1", b"port: 2")))

    assert "line" not in "".join(shown)
    assert shown[-2:] == ("-port: 1", "+port: 2")


# --- the rest -----------------------------------------------------------------------------------------------------


def test_nothing_changed_nothing_shown():
    assert diff(change(b"a: 1\n", b"a: 1\n"))[2:] == ()


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_are_not_shown(end):
    old, new = (f"a: 1{end}b: {value}{end}".encode() for value in (2, 3))

    assert diff(change(old, new))[2:] == ("@@ -1,2 +1,2 @@", " a: 1", "-b: 2", "+b: 3")


def test_a_file_that_is_made():
    assert diff(change(None, b".env\n", name=".gitignore")) == (
        "--- /dev/null",
        "+++ b/.gitignore",
        "@@ -0,0 +1 @@",
        "+.env",
    )


def test_each_hunk_names_its_own_fixes():
    rows = [f"k{each}: {each}" for each in range(30)]
    new = [*rows[:2], "k2: x", *rows[3:29], "late: 1", rows[29]]
    edits = (("a.one", Edit("c.yaml", "k2", "2", "x", line=3)), ("b.two", Edit("c.yaml", "late", None, "1")))

    shown = diff(change("\n".join(rows).encode(), "\n".join(new).encode(), *edits))

    assert [line for line in shown if line.startswith("@@")] == ["@@ -1,6 +1,6 @@ a.one", "@@ -27,4 +27,5 @@ b.two"]


def test_hostile_bytes_are_kept_from_being_more_than_text():
    shown = diff(change(b"\xfe: 1\n", b"\xfe: 2\n"))

    assert shown[-1].endswith(": 2")
