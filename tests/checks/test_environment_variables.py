"""environment: variables that are ignored, unknown, or hide a section."""

from __future__ import annotations

import pytest

from checks.environment.section_variable import section_variable
from checks.environment.variable_ignored import variable_ignored
from checks.environment.variable_unknown import variable_unknown
from doctor.api import Action, Finding, Location, key_below, same_variable
from tests.checks.environments import CONTAINER, GIVEN, HERE, RUNNING, variables


@pytest.mark.parametrize(
    ("text", "env", "found"),
    [
        pytest.param("", {}, [], id="no variables"),
        pytest.param("", {"GEMINI_MODEL": "x", "PATH": "y"}, [], id="other variables"),
        pytest.param("", {"CODECHUNK_API_PORT": "1"}, [], id="built in"),
        pytest.param("", {"CODECHUNK_GEMINI_API_KEY": "x"}, [], id="bound: gemini.api_key"),
        pytest.param("", {"CODECHUNK_API_ENABLE_DEFAULT_MIDDLEWARE": "false"}, [], id="bound: api.enable_*"),
        pytest.param("", {"CODECHUNK_GEMINI_MODEL": ""}, [], id="empty"),
        pytest.param("gemini: {model: a}", {"CODECHUNK_GEMINI_MODEL": "b"}, [], id="key in the file"),
        pytest.param("gemini:\n  model:\n", {"CODECHUNK_GEMINI_MODEL": "b"}, [], id="null leaf in the file"),
        pytest.param("gemini: {model: ''}", {"CODECHUNK_GEMINI_MODEL": "b"}, [], id="empty leaf in the file"),
        pytest.param("", {"CODECHUNK_EMBEDDING_PROVIDER": "gemini"}, [], id="says what holds"),
        pytest.param("", {"CODECHUNK_GEMINI_TIMEOUT": "0s"}, [], id="says what holds, decoded"),
        pytest.param("", {"CODECHUNK_GEMINI_BATCH_ENABLED": "false"}, [], id="says the zero value"),
        pytest.param("", {"CODECHUNK_GEMINI_MODEL": "gemini-embedding-001"}, [], id="says what is taken anyway: text"),
        pytest.param("", {"CODECHUNK_GEMINI_TIMEOUT": "2m"}, [], id="says what is taken anyway: duration"),
        pytest.param("", {"CODECHUNK_CLIENT_API_URL": "http://x"}, [], id="the client's"),
        pytest.param("", {"CODECHUNK_NOBODY_KNOWS": "x"}, [], id="unknown"),
        pytest.param("", {"CODECHUNK_GEMINI_MODEL": "x"}, ["gemini.model"], id="key not in the file"),
        pytest.param("gemini:", {"CODECHUNK_GEMINI_MODEL": "x"}, ["gemini.model"], id="null section"),
        pytest.param("", {"CODECHUNK_GEMINI_TIMEOUT": "soon"}, ["gemini.timeout"], id="could not be decoded either"),
        pytest.param(
            "zoekt: {webserver: {host: x}}",
            {"CODECHUNK_ZOEKT_WEBSERVER_PORT": "6070", "CODECHUNK_EMBEDDING_PROVIDER": "openai"},
            ["zoekt.webserver.port", "embedding.provider"],
            id="two",
        ),
    ],
)
def test_variable_ignored(resolved, text, env, found):
    """A variable counts only where its key is known."""
    findings = variable_ignored(resolved(text, env))

    assert [finding.at.key for finding in findings] == found
    assert all(finding.at.name in env for finding in findings)


def test_the_key_is_added_to_the_file(resolved):
    (finding,) = variable_ignored(resolved("", {"CODECHUNK_GEMINI_MODEL": "x"}))

    (edit,) = finding.fix.edits
    assert (edit.path, edit.key, edit.before, edit.after) == ("configs/config.dev.yaml", "gemini.model", None, "")
    assert finding.fix.safety.value == "unsafe"
    assert finding.message.startswith("CODECHUNK_GEMINI_MODEL (x) has no effect: the file has no gemini.model")


def test_an_ignored_secret_is_not_shown(resolved):
    (finding,) = variable_ignored(resolved("", {"CODECHUNK_EMBEDDING_OPENAI_API_KEY": "hunter2"}))

    assert "CODECHUNK_EMBEDDING_OPENAI_API_KEY (***)" in finding.message
    assert "hunter2" not in repr(finding)


@pytest.mark.parametrize(
    ("text", "env", "said", "edits"),
    [
        ("", {"CODECHUNK_GEMINI_TIMEOUT": "90s"}, "Add gemini.timeout to the file", 1),
        ("gemini: text", {"CODECHUNK_GEMINI_MODEL": "x"}, "Make room for gemini.model", 0),
        ("gemini:", {"CODECHUNK_GEMINI_MODEL": "x"}, "Add gemini.model to the file", 1),
        ("gemini: {timeout: 1s}", {"CODECHUNK_GEMINI_MODEL": "x"}, "Add gemini.model to the file", 1),
        ("gemini: {model: {a: 1}}", {"CODECHUNK_GEMINI_MODEL": "x"}, "Make room for gemini.model", 0),
        ("", {"CODECHUNK_GEMINI_MAX_RETRIES": "3"}, "nothing in use reads gemini.max_retries.", 0),
        ("", {"CODECHUNK_CONNECTORS": "x"}, "Unset CODECHUNK_CONNECTORS, and write the connectors into the file", 0),
    ],
)
def test_what_lets_it_count(resolved, text, env, said, edits):
    (finding,) = variable_ignored(resolved(text, env))

    assert said in finding.fix.summary
    assert len(finding.fix.edits) == edits


@pytest.mark.parametrize(
    ("value", "shown"), [("1m30s", "(1m30s)"), ("90s", "(1m30s)"), ("soon", "(soon)")], ids=["go", "plain", "broken"]
)
def test_a_duration_as_the_program_writes_it(resolved, value, shown):
    (finding,) = variable_ignored(resolved("", {"CODECHUNK_GEMINI_TIMEOUT": value}))

    assert f"CODECHUNK_GEMINI_TIMEOUT {shown} has no effect" in finding.message


def test_a_number_is_no_duration(resolved):
    env = {"CODECHUNK_BATCH_PROCESSING_MAX_BATCH_SIZE": "17"}
    (finding,) = variable_ignored(resolved("", env))

    assert "(17) has no effect" in finding.message


def test_no_key_is_added_that_nobody_reads(resolved):
    (finding,) = variable_ignored(resolved("", {"CODECHUNK_GEMINI_MAX_RETRIES": "3"}))

    assert finding.fix.edits == ()
    assert "nothing in use reads gemini.max_retries" in finding.fix.summary


# --- names -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        pytest.param("CODECHUNK_API_PORT", "1", [], id="a key"),
        pytest.param("CODECHUNK_GEMINI_MODEL", "x", [], id="a key that the file may lack"),
        pytest.param("CODECHUNK_DATABASE", "x", [], id="a section"),
        pytest.param("CODECHUNK_CLIENT_API_URL", "x", [], id="the client's"),
        pytest.param("CODECHUNK_CLIENT_WHATEVER", "x", [], id="perhaps the client's"),
        pytest.param("CODECHUNK_GEMINI_APIKEY", "", [], id="empty"),
        pytest.param("CODECHUNK_IMAGE_TAG", "1.2", [], id="of a script"),
        pytest.param("CODECHUNK_VERSION", "1.2", [], id="of a build"),
        pytest.param("CODECHUNKS_API_PORT", "1", [], id="another prefix"),
        pytest.param("GEMINI_API_KEY", "x", [], id="no prefix"),
        pytest.param("CODECHUNK_GEMINI_APIKEY", "x", [("warning", "CODECHUNK_GEMINI_API_KEY")], id="an underscore"),
        pytest.param("CODECHUNK_DB_HOST", "x", [("warning", "CODECHUNK_DATABASE_HOST")], id="an abbreviation"),
        pytest.param("CODECHUNK_PROVIDER", "x", [("warning", "CODECHUNK_EMBEDDING_PROVIDER")], id="no section"),
        pytest.param("CODECHUNK_OPENAI_API_KEY", "x", [("warning", "CODECHUNK_EMBEDDING_OPENAI_API_KEY")],
                     id="half a section"),
        pytest.param("codechunk_api_port", "1", [("warning", "CODECHUNK_API_PORT")], id="lower case"),
        pytest.param("CODECHUNK_api_port", "1", [("warning", "CODECHUNK_API_PORT")], id="half lower case"),
        pytest.param("codechunk_gemini_apikey", "x", [("warning", "CODECHUNK_GEMINI_API_KEY")], id="both"),
        pytest.param("CODECHUNK_DATABASE_URL", "", [], id="no address"),
        pytest.param("CODECHUNK_DATABASE_URL", "x", [("warning", "no address of a database")], id="an address"),
        pytest.param("codechunk_db_dsn", "x", [("warning", "no address of a database")], id="likewise"),
        pytest.param("CODECHUNK_DATABASE_SCHEMA", "x", [("note", "codechunking")], id="CI's schema"),
        pytest.param("CODECHUNK_CONFIG_FILE", "x", [("note", "--config")], id="config file"),
        pytest.param("CODECHUNK_CLIENT_RETRY_ATTEMPTS", "3", [("note", "no such setting")], id="retry attempts"),
        pytest.param("CODECHUNK_ACK_TIMEOUT", "3s", [("note", "tests")], id="ack"),
    ],
)  # fmt: skip
def test_variable_unknown(name, value, found):
    """What is asked for, and what is near it."""
    findings = variable_unknown(variables({name: value}), HERE)

    assert [each.severity.value for each in findings] == [severity for severity, _ in found]
    assert all(text in finding.message for finding, (_, text) in zip(findings, found, strict=True))
    assert all(finding.at.name == name for finding in findings)
    assert all(
        ("only CODECHUNK_API_PORT in capitals does" in finding.message) is (name.upper() == "CODECHUNK_API_PORT")
        for finding in findings
    )


@pytest.mark.parametrize("layer", ["shell", "--env-file"])
def test_an_address_is_no_user(layer):
    (finding,) = variable_unknown(variables({"CODECHUNK_DATABASE_URL": "postgres://u:hunter2@h/d"}, layer), HERE)

    assert (finding.fix.edits, finding.fix.commands) == ((), ())
    assert "give CODECHUNK_DATABASE_HOST, _PORT, _NAME, _USER and _PASSWORD" in finding.fix.summary
    assert "hunter2" not in repr(finding)


def test_a_name_of_the_client_in_lower_case():
    (finding,) = variable_unknown(variables({"codechunk_client_api_url": "x"}), HERE)

    assert "only CODECHUNK_CLIENT_API_URL in capitals does" in finding.message


@pytest.mark.parametrize(
    ("layer", "worker", "commands"),
    [
        pytest.param("shell", HERE, ('export CODECHUNK_API_PORT="$CODECHUNK_APIPORT"', "unset CODECHUNK_APIPORT"),
                     id="shell"),
        pytest.param("--env", HERE, (), id="--env"),
        pytest.param("worker", RUNNING, (), id="a process"),
        pytest.param("worker", CONTAINER, (), id="a container"),
    ],
)  # fmt: skip
def test_renaming_outside_a_file(layer, worker, commands):
    (finding,) = variable_unknown(variables({"CODECHUNK_APIPORT": "1"}, layer), worker)

    assert finding.fix.commands == commands
    assert finding.fix.safety.value == "none"


def test_renaming_in_the_env_file():
    (finding,) = variable_unknown(variables({"A": "1", "CODECHUNK_GEMINI_APIKEY": "hunter2"}, "--env-file"), HERE)

    (edit,) = finding.fix.edits
    assert (edit.path, edit.line, edit.key, edit.before) == (
        "prod.env", 2, "CODECHUNK_GEMINI_APIKEY", "CODECHUNK_GEMINI_APIKEY"
    )  # fmt: skip
    assert (edit.after, edit.action) == ("CODECHUNK_GEMINI_API_KEY", Action.RENAME)
    assert finding.fix.safety.value == "unsafe"
    assert "hunter2" not in repr(finding)


def test_the_right_name_is_set_too():
    (finding,) = variable_unknown(variables({"CODECHUNK_APIPORT": "1", "CODECHUNK_API_PORT": "2"}, "shell"), HERE)

    assert "the one that counts" in finding.fix.summary
    assert finding.fix.commands == ()


# --- sections --------------------------------------------------------------------------------------------------

SECTIONS = [
    "DATABASE", "API", "WORKER", "LOG", "NATS", "SEARCH", "ZOEKT", "ZOEKT_WEBSERVER", "ZOEKT_INDEXING", "ZOEKT_SEARCH",
    "ZOEKT_CONCURRENT_INDEXING", "GEMINI", "GEMINI_BATCH", "BATCH_PROCESSING", "BATCH_PROCESSING_QUEUE_LIMITS",
    "BATCH_PROCESSING_TOKEN_COUNTING", "EMBEDDING", "EMBEDDING_OPENAI",
]  # fmt: skip


@pytest.mark.parametrize("name", SECTIONS)
def test_every_section_can_be_hidden(resolved, name):
    config = resolved()

    assert section_variable(config, variables({f"CODECHUNK_{name}": ""}), HERE) == ()
    (finding,) = section_variable(config, variables({f"CODECHUNK_{name}": "hunter2"}), HERE)
    assert finding.severity.value == "error"
    assert finding.at.name == f"CODECHUNK_{name}"
    assert finding.at.key.upper().replace(".", "_") == name
    assert "hunter2" not in repr(finding)


@pytest.mark.parametrize(
    ("text", "name", "found"),
    [
        pytest.param("", "CODECHUNK_DATABASE_USER", False, id="a key"),
        pytest.param("", "CODECHUNK_CONNECTORS", False, id="the file has no connectors"),
        pytest.param("", "CODECHUNK_CLIENT", False, id="the client's section"),
        pytest.param("", "DATABASE", False, id="no prefix"),
        pytest.param("connectors: [{name: a}]", "CODECHUNK_CONNECTORS", True, id="the file has connectors"),
    ],
)
def test_section_variable(resolved, text, name, found):
    assert bool(section_variable(resolved(text), variables({name: "x"}), HERE)) is found


def test_what_is_hidden(resolved):
    text = "log: {level: info}\nzoekt: {webserver: {host: a, port: 1, timeout: 1s}, search: {timeout: 1s}}"
    env = {"CODECHUNK_LOG": "debug", "CODECHUNK_ZOEKT": "x", "CODECHUNK_SEARCH": "x", "CODECHUNK_ZOEKT_WEBSERVER": "x"}

    log, zoekt, search, webserver = section_variable(resolved(text), variables(env), HERE)

    assert log.message == "CODECHUNK_LOG is set, and hides every key of log, level in the file among them"
    assert "webserver.host, webserver.port, webserver.timeout and 1 more in the file" in zoekt.message
    assert webserver.message.endswith("zoekt.webserver, host, port, timeout in the file among them")
    assert search.message == "CODECHUNK_SEARCH is set, and hides every key of search"
    assert (log.related[0].path, log.related[0].line) == ("configs/config.dev.yaml", 4)


def test_a_variable_in_the_place_of_a_list(resolved):
    (finding,) = section_variable(
        resolved("connectors: [{name: a}]"), variables({"CODECHUNK_CONNECTORS": "x"}), HERE
    )  # fmt: skip

    assert finding.message == (
        "CODECHUNK_CONNECTORS is set, and stands in the place of connectors in the file: "
        "no variable can give a list, and the program stops at start"
    )


def test_what_a_hidden_section_explains(resolved):
    """Whatever is found about a key of the section comes from the variable."""
    (hidden,) = section_variable(resolved(), variables({"CODECHUNK_GEMINI": "x"}), HERE)
    (ignored,) = variable_ignored(resolved("", {"CODECHUNK_GEMINI_MODEL": "x"}))

    assert key_below(hidden, ignored)
    assert not same_variable(hidden, ignored)


@pytest.mark.parametrize(
    ("section", "key", "below"),
    [
        ("gemini", "gemini_x", False),
        ("gemini.batch", "gemini", False),
        ("connectors", "connectorsx", False),
        ("connectors[0]", "connectors[1].name", False),
        ("gemini", "gemini", True),
        ("gemini", "gemini.batch.enabled", True),
        ("connectors", "connectors[0]", True),
        ("connectors", "connectors[0].name", True),
        ("connectors[0]", "connectors[0].name", True),
    ],
)
def test_what_is_below_a_section(section, key, below):
    def about(name):
        return Finding("x", Location.file("c.yaml", 1, key=name))

    assert key_below(about(section), about(key)) is below


@pytest.mark.parametrize(
    ("layer", "worker", "commands", "said"),
    [
        pytest.param("shell", HERE, ("unset CODECHUNK_LOG",), "where the program is started", id="shell"),
        pytest.param("shell", GIVEN, ("unset CODECHUNK_LOG",), "where the program is started", id="shell, given"),
        pytest.param("worker", RUNNING, ("unset CODECHUNK_LOG",), "where the program is started", id="process"),
        pytest.param("worker", CONTAINER, ("docker compose up -d worker",), "`environment:`", id="container"),
        pytest.param("--env", HERE, (), "Leave CODECHUNK_LOG out", id="--env"),
        pytest.param("--env-file", HERE, (), "Delete CODECHUNK_LOG from prod.env (line 1)", id="--env-file"),
    ],
)
def test_how_a_variable_is_taken_away(resolved, layer, worker, commands, said):
    """Where it was given."""
    (finding,) = section_variable(resolved(), variables({"CODECHUNK_LOG": "x"}, layer), worker)

    assert finding.fix.commands == commands
    assert said in finding.fix.summary
    assert finding.fix.safety.value == "none"
