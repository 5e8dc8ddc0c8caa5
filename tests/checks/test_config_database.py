"""config: the settings of the database connection, and what stops every command."""

from __future__ import annotations

import pytest

from checks.config._problems import owner
from checks.config.database_password_empty import database_password_empty
from checks.config.database_password_env_only import database_password_env_only
from checks.config.database_user_env_only import database_user_env_only
from checks.config.database_user_missing import database_user_missing
from checks.config.dsn_misread import dsn_misread
from checks.config.sslmode import sslmode
from checks.config.start_refused import start_refused
from checks.config.type_mismatch import type_mismatch
from checks.config.unknown_key import unknown_key
from doctor.facts import Resolution
from doctor.registry import installed
from doctor.settlement import Relations
from doctor.sources.config import resolve
from tests.conformance import cases, laid_out

USER, PASSWORD = "CODECHUNK_DATABASE_USER", "CODECHUNK_DATABASE_PASSWORD"
SECRET = "hunter2 Zq8vKw3xN7"


@pytest.mark.parametrize(
    ("text", "env", "fires"),
    [
        pytest.param("database: {user: u}", {}, False, id="in the file"),
        pytest.param("database.user: u", {}, False, id="dotted"),
        pytest.param("database:\n  user:\n", {USER: "u"}, False, id="by variable, seen"),
        pytest.param("database: {name: d}", {USER: "u"}, False, id="by variable, not seen: another check"),
        pytest.param("database: {user: ''}", {}, False, id="empty text stops the start: another check"),
        pytest.param("", {}, True, id="empty file"),
        pytest.param("database: {name: d}", {}, True, id="another key only"),
        pytest.param("database:\n  user:\n", {}, True, id="nothing behind it"),
        pytest.param("database: {name: d}", {USER: ""}, True, id="empty variable"),
        pytest.param("database: {name: d}", {"CODECHUNK_DB_USER": "u"}, True, id="another variable"),
    ],
)
def test_database_user_missing(resolved, text, env, fires):
    """The gate is open when either the file or a variable has something."""
    findings = database_user_missing(resolved(text, env, bare=True))

    assert [finding.at.key for finding in findings] == ["database.user"] * fires


def test_database_user_missing_takes_the_password_along(resolved):
    """A password that is missing too belongs to the same fault; one that is there does not."""
    (both,) = database_user_missing(resolved("log: {level: info}", bare=True))
    (user,) = database_user_missing(resolved("database: {password: p}", bare=True))

    assert [place.key for place in both.related] == ["database.password"]
    assert user.related == ()


@pytest.mark.parametrize(
    ("text", "env", "advice"),
    [
        ("database: {name: d}", {}, "Write user: and password: below database: in configs/config.dev.yaml, with"),
        ("database: {password: p}", {}, "Write user: below database: in configs/config.dev.yaml, with its value"),
        ("database: {name: d}", {PASSWORD: "q"}, "Write user: below database: in configs/config.dev.yaml, with its"),
        ("database: {pasword: p}", {}, "Write user: below database: in configs/config.dev.yaml, with its value"),
        (
            "database: {user: , password: p}",
            {},
            f"Write the user behind user: in configs/config.dev.yaml, or set {USER}.",
        ),
        ("database:\n  user:\n", {}, f"or set {USER}. Write password: below database: in configs/config.dev.yaml as"),
    ],
)
def test_database_user_missing_asks_for_what_is_missing(resolved, text, env, advice):
    """A line that is there must not be written again: a key twice breaks the file."""
    (finding,) = database_user_missing(resolved(text, env, bare=True))

    assert advice in finding.fix.summary
    assert advice.endswith("as") or finding.fix.summary.startswith(advice)
    assert (finding.at.key, finding.fix.edits) == ("database.user", ())


@pytest.mark.parametrize(
    ("text", "at", "advice"),
    [
        pytest.param("database: {name: d, host: h}", None, None, id="all known"),
        pytest.param("database: {usr: d, user: }", None, None, id="the key is there as well"),
        pytest.param("database: {colour: d}", None, None, id="unknown and not near"),
        pytest.param("databse: {host: d}", None, None, id="a section without the user"),
        pytest.param("databse: {user: u}\ndatabase: {host: h}", None, None, id="the section is there as well"),
        pytest.param("database: {usr: d, password: p}", "database.usr", "Rename usr to user.", id="near"),
        pytest.param("database: {usr: d}", "database.usr", "Rename usr to user. Write password:", id="and no password"),
        pytest.param("databse: {user: u, password: p}", "databse", "Rename databse to database.", id="the section"),
        pytest.param("databse: {user: u}", "databse", "Rename databse to database. Write password:", id="likewise"),
        pytest.param(
            "databaseUser: u\ndatabase: {password: p}", "databaseuser", "Move it below database", id="elsewhere"
        ),
    ],
)
def test_database_user_missing_begins_with_the_misspelt_key(resolved, text, at, advice):
    """The key that was meant to be it is the cause; the edit is that of the check that says it of every key."""
    config = resolved(text, bare=True)
    (finding,) = database_user_missing(config)
    same = [each for each in unknown_key(config) if each.at.key == finding.at.key]

    assert (finding.at.key == at) == (at is not None) == bool(same)
    assert advice is None or finding.fix.summary.rstrip(".").startswith(advice.rstrip("."))
    assert finding.fix.edits == ()
    assert all(each.at == finding.at for each in same)
    # With the section, the password is missing as well.
    password = at == "databse" or (at == "database.usr" and "Write" in advice)
    assert (
        at is None or [each.key for each in finding.related] == ["database.user", "database.password"][: 1 + password]
    )


def test_database_user_missing_asks_for_no_password_that_is_given(resolved):
    (finding,) = database_user_missing(resolved("databse: {user: u}", {PASSWORD: "p"}, bare=True))

    assert "Write password:" not in finding.fix.summary


@pytest.mark.parametrize(
    ("text", "env", "missing", "refused"),
    [
        pytest.param("database:\n", {}, "database.user", [], id="nothing behind it"),
        pytest.param("database: {}", {}, "database.user", [], id="an empty section"),
        pytest.param("databases: x", {}, "database.user", [], id="another key"),
        pytest.param(f"database: postgres://u:{SECRET}@h/d", {USER: "u"}, None, ["database"], id="with the variable"),
        pytest.param(f"database: postgres://u:{SECRET}@h/d", {}, "database", [], id="an address"),
        pytest.param("database: ''", {}, "database", [], id="an empty text"),
        pytest.param("database: [a]", {}, "database", [], id="a list"),
    ],
)
def test_one_value_for_the_database(resolved, text, env, missing, refused):
    """Without a variable the program never decodes it, so only one thing is wrong; with one, decoding fails."""
    config = resolved(text, env, bare=True)
    findings = database_user_missing(config)

    assert [each.at.key for each in findings] == [missing] * (missing is not None)
    assert [each.at.key for each in type_mismatch(config)] == refused
    assert SECRET not in repr(findings)
    assert all(("no address" in each.fix.summary) == ("://" in text) for each in findings)


@pytest.mark.parametrize("env", [{USER: "u"}, {PASSWORD: "p"}])
def test_no_line_is_asked_for_below_one_value(resolved, env):
    """What says that a line is missing in the section waits for what says that there is no section."""
    config = resolved("database: x", env, bare=True)
    (cause,) = (*database_user_missing(config), *type_mismatch(config))
    (consequence,) = (*database_user_env_only(config), *database_password_env_only(config))

    relations = Relations(installed())
    matchers = dict(relations.explainers[f"config.database-{consequence.at.key.rpartition('.')[2]}-env-only"])
    owner_id = "config.type-mismatch" if USER in env else "config.database-user-missing"
    assert matchers[owner_id](cause, consequence)


@pytest.mark.parametrize(
    ("text", "env", "fires"),
    [
        pytest.param("database: {user: u}", {USER: "v"}, False, id="leaf with a value"),
        pytest.param("database:\n  user:\n", {USER: "v"}, False, id="null leaf"),
        pytest.param("database: {user: ''}", {USER: "v"}, False, id="empty leaf"),
        pytest.param("Database: {User: }", {USER: "v"}, False, id="leaf in capitals"),
        pytest.param("database: {name: d}", {USER: ""}, False, id="empty variable"),
        pytest.param("database: {name: d}", {}, False, id="no variable"),
        pytest.param("database: {name: d}", {USER: "v"}, True, id="no leaf"),
        pytest.param("database:\n", {USER: "v"}, True, id="null section"),
        pytest.param("", {USER: "v"}, True, id="empty file"),
    ],
)
def test_database_user_env_only(resolved, text, env, fires):
    """A leaf is enough, whatever it holds."""
    findings = database_user_env_only(resolved(text, env, bare=True))

    assert len(findings) == fires
    for finding in findings:
        (edit,) = finding.fix.edits
        assert (edit.key, edit.before, edit.after, finding.fix.safety) == ("database.user", None, "", "safe")
        assert (finding.at.kind, finding.at.name, finding.at.key) == ("env", USER, "database.user")


def test_env_only_is_silent_without_a_file(resolved):
    """With no file at all the missing file is the fault."""
    config = resolved("", {USER: "u", PASSWORD: "p"}, name="elsewhere/x.yaml", argument=None)

    assert database_user_env_only(config) == ()
    assert database_password_env_only(config) == ()


@pytest.mark.parametrize(
    ("text", "env", "fires"),
    [
        pytest.param("database: {user: u, password: p}", {PASSWORD: "q"}, False, id="leaf with a value"),
        pytest.param("database:\n  user: u\n  password:\n", {PASSWORD: "q"}, False, id="null leaf"),
        pytest.param("database: {user: u}", {PASSWORD: ""}, False, id="empty variable"),
        pytest.param("database: {user: u}", {}, False, id="no variable"),
        pytest.param("database: {user: u}", {PASSWORD: SECRET}, True, id="no leaf"),
        pytest.param("", {USER: "u", PASSWORD: SECRET}, True, id="the user as well"),
    ],
)
def test_database_password_env_only(resolved, text, env, fires):
    findings = database_password_env_only(resolved(text, env, bare=True))

    assert len(findings) == fires
    for finding in findings:
        (edit,) = finding.fix.edits
        assert (edit.key, edit.before, edit.after, finding.fix.safety) == ("database.password", None, "", "safe")
        assert SECRET not in repr(finding)


@pytest.mark.parametrize(
    ("text", "env", "fires"),
    [
        pytest.param("database: {user: u, password: p}", {}, False, id="set"),
        pytest.param("database:\n  user: u\n  password:\n", {PASSWORD: "p"}, False, id="by variable"),
        pytest.param("database: {user: u, password: \"''\"}", {}, False, id="truly empty"),
        pytest.param("database: {user: u, password: 2024-01-01}", {}, False, id="does not decode: another check"),
        pytest.param("database: {user: u, password: ''}", {}, True, id="empty"),
        pytest.param("database:\n  user: u\n  password:\n", {}, True, id="null"),
        pytest.param("database: {user: u}", {}, True, id="absent"),
        pytest.param("database: {user: u, password: ''}", {PASSWORD: ""}, True, id="empty variable"),
    ],
)
def test_database_password_empty(resolved, text, env, fires):
    findings = database_password_empty(resolved(text, env, bare=True))

    assert [(finding.at.key, finding.fix.safety.value) for finding in findings] == [
        ("database.password", "none")
    ] * fires


def database(**values: str) -> str:
    fields = {"user": "u", "password": "p", **values}
    return "database:\n" + "".join(f"  {name}: {value}\n" for name, value in fields.items())


@pytest.mark.parametrize(
    ("values", "found"),
    [
        pytest.param({}, [], id="plain"),
        pytest.param({"password": "a'b"}, [], id="quote inside"),
        pytest.param({"password": "a=b@c/d#e:f"}, [], id="marks of other notations"),
        pytest.param({"password": "\"'my pass'\""}, [], id="quoted for the drivers"),
        pytest.param({"password": r'''"'it\\'s \\\\'"'''}, [], id="quoted and escaped"),
        pytest.param({"password": "\"''\""}, [], id="quoted and empty"),
        pytest.param({"password": "''"}, [], id="empty has a check of its own"),
        pytest.param({"password": r"a\\b"}, [], id="doubled backslash: both read one"),
        pytest.param({"name": "'\"'"}, [], id="double quotes mean nothing"),
        pytest.param({"host": "/var/run/postgresql"}, [], id="socket"),
        pytest.param({"password": "my pass"}, [("database.password", "error")], id="blank"),
        pytest.param({"password": '"a\\tb"'}, [("database.password", "error")], id="tab"),
        pytest.param({"password": '"\'a"'}, [("database.password", "error")], id="starts with a quote"),
        pytest.param({"password": "\"'a' b\""}, [("database.password", "error")], id="goes on after the quote"),
        pytest.param({"password": "\"'a\\\\'\""}, [("database.password", "error")], id="closing quote escaped"),
        pytest.param({"password": "a\\"}, [("database.password", "error")], id="ends with a backslash"),
        pytest.param({"password": r"a\b"}, [("database.password", "warning")], id="backslash inside"),
        pytest.param({"password": r'''"'a\\b'"'''}, [("database.password", "warning")], id="the same in quotes"),
        pytest.param({"user": "a b"}, [("database.user", "error")], id="user"),
        pytest.param({"host": "a b"}, [("database.host", "error")], id="host"),
        pytest.param({"name": "a b"}, [("database.name", "error")], id="name"),
        pytest.param({"host": "''"}, [("database.host", "warning")], id="empty host: only migrate"),
    ],
)
def test_dsn_misread(resolved, values, found):
    """What one of the drivers reads otherwise than it stands there."""
    findings = dsn_misread(resolved(database(**values)))

    assert [(finding.at.key, finding.severity.value) for finding in findings] == found
    assert all(finding.fix.safety == "unsafe" for finding in findings)


@pytest.mark.parametrize(
    ("values", "after"),
    [
        pytest.param({"name": "my db"}, "\"'my db'\"", id="blank"),
        pytest.param({"name": '"\'x"'}, '''"'\\\\'x'"''', id="quote"),
        pytest.param({"name": "a\\"}, '''"'a\\\\\\\\'"''', id="backslash"),
    ],
)
def test_dsn_misread_quotes(resolved, values, after):
    """The text that is written reads back as the value that was meant."""
    (finding,) = dsn_misread(resolved(database(**values)))

    (edit,) = finding.fix.edits
    assert edit.after == after
    assert dsn_misread(resolved(database(name=edit.after))) == ()


def test_dsn_misread_shows_no_password(resolved):
    """Of a password only the edit itself holds the text; reports mask the edits of secret keys."""
    (written,) = dsn_misread(resolved(database(password=SECRET)))
    (given,) = dsn_misread(resolved("database:\n  user: u\n  password:\n", {PASSWORD: SECRET}))

    (edit,) = written.fix.edits
    assert (edit.before, edit.after) == ("***", f"\"'{SECRET}'\"")
    assert SECRET not in f"{written.message} {written.fix.summary} {given}"
    assert given.fix.commands[0].startswith(f"export {PASSWORD}=")


@pytest.mark.parametrize(
    ("value", "found"),
    [
        pytest.param(None, None, id="not set"),
        pytest.param("disable", None, id="disable"),
        pytest.param("require", None, id="require"),
        pytest.param("verify-ca", None, id="verify-ca"),
        pytest.param("verify-full", None, id="verify-full"),
        pytest.param("allow", ("warning", "disable"), id="allow"),
        pytest.param("prefer", ("warning", "require"), id="prefer"),
        pytest.param("''", ("warning", "disable"), id="empty"),
        pytest.param("Disable", ("error", "disable"), id="capital"),
        pytest.param("REQUIRE", ("error", "require"), id="capitals"),
        pytest.param("verify_full", ("error", "verify-full"), id="misspelt"),
        pytest.param("off", ("error", "disable"), id="unknown"),
    ],
)
def test_sslmode(resolved, value, found):
    """Each word that a driver does not take, and the one that all take instead."""
    findings = sslmode(resolved(database(**({"sslmode": value} if value else {}))))

    assert [(f.severity.value, f.fix.edits[0].after) for f in findings] == ([found] if found else [])


@pytest.mark.parametrize(
    ("text", "env", "found"),
    [
        pytest.param("database: {user: u}", {}, [], id="starts"),
        pytest.param("", {}, [], id="zero is not a panic"),
        pytest.param("database: {name: d}", {USER: "u"}, [], id="database-user-env-only"),
        pytest.param("database: {user: u}\nworker: {concurrency: 0}", {}, [], id="value-out-of-range"),
        pytest.param("database: {user: u, port: 0}", {}, [], id="likewise the port"),
        pytest.param("database: {user: u}\nsearch: {semantic_weight: 2}", {}, [], id="likewise weights"),
        pytest.param("database: {user: u}\nembedding: {provider: x}", {}, [], id="value-not-allowed"),
        pytest.param("database: {user: u}\nembedding: {provider: openai}", {}, [], id="openai-incomplete"),
        pytest.param("database: {user: u}\nlog: {level: error}", {}, [], id="log-level-needs-key"),
        pytest.param("database: {user: u}\napi: {read_timeout: 1d}", {}, [], id="duration-invalid"),
        pytest.param("database: {user: u}\napi: {enable_cors: yes}", {}, [], id="type-mismatch"),
        pytest.param("database: {user: ''}", {}, ["database.user"], id="empty user"),
        pytest.param("database: {user: u, name: ''}", {}, ["database.name"], id="empty name"),
        pytest.param("database: {user: '', name: ''}", {}, ["database.user", "database.name"], id="both"),
        pytest.param(
            "worker: {concurrency: 3}",
            {"CODECHUNK_DATABASE": "x", USER: "u"},
            ["database.name"],
            id="hidden by the variable of the section",
        ),
    ],
)
def test_start_refused(resolved, text, env, found):
    """Only what no other check of the family speaks for."""
    findings = start_refused(resolved(text, env, bare=True))

    assert [[place.key for place in finding.locations] for finding in findings] == ([found] if found else [])


def test_start_refused_lists_what_comes_later(resolved):
    """The program names one problem after the other; the finding has them all."""
    text = "database: {user: u, name: ''}\nworker: {concurrency: 0}\nembedding: {provider: x}"

    (finding,) = start_refused(resolved(text))

    assert finding.message.endswith("(and 2 more)")
    assert [evidence.location.key for evidence in finding.evidence] == [
        "database.name",
        "worker.concurrency",
        "embedding.provider",
    ]


PANICS = [case for case in cases() if case["expect"]["outcome"] == "panic" and case["expect"]["config_file"]]


def unspoken(case, scratch, checks):
    config = resolve(laid_out(case, scratch), case["config_arg"], case["env"])
    if not config.problems:
        yield "there is no problem"
    for problem in config.problems:
        speaker = checks[owner(problem, config) or "config.start-refused"]
        if [need.fact for need in speaker.needs] != [Resolution]:
            yield f"{speaker.id} needs more than the configuration"
        elif problem.key not in {place.key for finding in speaker(config) for place in finding.locations}:
            yield f"{speaker.id} says nothing of {problem.key}"


@pytest.mark.slow
def test_every_problem_has_a_check_that_speaks_for_it(tmp_path):
    """Whatever stops the reference program is reported, at its key, by the check that owns it."""
    checks = installed().by_id

    assert len(PANICS) == 370
    assert {case["id"]: said for case in PANICS if (said := list(unspoken(case, tmp_path, checks)))} == {}
