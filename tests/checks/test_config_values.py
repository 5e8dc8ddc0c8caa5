"""config: durations, types, and values that are not what was written."""

from __future__ import annotations

import pytest

from checks.config._durations import respelled, with_seconds
from checks.config.duration_invalid import duration_invalid
from checks.config.duration_nanoseconds import duration_nanoseconds
from checks.config.type_mismatch import type_mismatch
from checks.config.value_reinterpreted import value_reinterpreted
from doctor.api import parse_duration

SECRET = "00112233445566"


def keys(findings):
    return [(finding.at.key, finding.severity.value) for finding in findings]


# --- duration-nanoseconds --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "env", "found"),
    [
        pytest.param("", {}, [], id="nothing set"),
        pytest.param("gemini: {timeout: 0}", {}, [], id="zero"),
        pytest.param("gemini: {timeout: 0.0}", {}, [], id="zero as a float"),
        pytest.param("gemini: {timeout: 120s}", {}, [], id="text"),
        pytest.param("gemini: {timeout: '120'}", {}, [], id="text without unit: another check"),
        pytest.param("gemini:\n  timeout:\n", {}, [], id="null"),
        pytest.param("worker: {concurrency: 30}", {}, [], id="not a duration"),
        pytest.param("worker: {job_timeout: 30}", {"CODECHUNK_WORKER_JOB_TIMEOUT": "30m"}, [], id="overridden"),
        pytest.param("client: {timeout: 30s, search: {limit: 10}}", {}, [], id="client as it should be"),
        pytest.param("gemini: {timeout: 120}", {}, [("gemini.timeout", "error")], id="integer"),
        pytest.param("gemini: {timeout: 1.5}", {}, [("gemini.timeout", "error")], id="float"),
        pytest.param("gemini: {timeout: -5}", {}, [("gemini.timeout", "error")], id="negative"),
        pytest.param("gemini: {timeout: 1_000}", {}, [("gemini.timeout", "error")], id="underscore"),
        pytest.param(
            "gemini: {batch: {poll_interval: 5}}", {}, [("gemini.batch.poll_interval", "note")], id="nobody reads it"
        ),
        pytest.param(
            "embedding: {openai: {timeout: 5}}", {}, [("embedding.openai.timeout", "note")], id="not the provider"
        ),
        pytest.param("client: {timeout: 30}", {}, [("client.timeout", "error")], id="client"),
        pytest.param(
            "client: {repos: {poll_interval: 5, wait_timeout: 1.5}}",
            {},
            [("client.repos.poll_interval", "error"), ("client.repos.wait_timeout", "error")],
            id="client's repos",
        ),
    ],
)
def test_duration_nanoseconds(resolved, text, env, found):
    """A number other than 0, where it is the one that counts."""
    findings = duration_nanoseconds(resolved(text, env))

    assert keys(findings) == found
    assert all(finding.fix.safety == "unsafe" for finding in findings)


@pytest.mark.parametrize(
    ("written", "shown", "after"),
    [("30", "30ns", "30s"), ("1_000", "1µs", "1000s"), ("1.5", "1ns", "1.5s"), ("0x10", "16ns", "16s")],
)
def test_duration_nanoseconds_says_what_it_is(resolved, written, shown, after):
    (finding,) = duration_nanoseconds(resolved(f"gemini: {{timeout: {written}}}"))

    (edit,) = finding.fix.edits
    assert f"gemini.timeout: {written} " in finding.message
    assert finding.message.endswith(shown)
    assert (edit.before, edit.after) == (written, after)


# --- duration-invalid ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "safety", "after"),
    [
        pytest.param("30s", None, None, id="seconds"),
        pytest.param("1h30m", None, None, id="hours and minutes"),
        pytest.param("1.5h", None, None, id="fraction"),
        pytest.param("'0'", None, None, id="zero as text"),
        pytest.param("0", None, None, id="zero"),
        pytest.param("-5s", None, None, id="negative"),
        pytest.param("", None, None, id="null"),
        pytest.param("30", None, None, id="a number is another check's"),
        pytest.param("[1]", None, None, id="a list is another check's"),
        pytest.param("1d", "safe", "24h", id="day"),
        pytest.param("1.5d", "safe", "36h", id="day and a half"),
        pytest.param("2 weeks", "safe", "336h", id="weeks"),
        pytest.param("5min", "safe", "5m", id="min"),
        pytest.param("5 s", "safe", "5s", id="blank"),
        pytest.param("'  10s '", "safe", "10s", id="blanks around"),
        pytest.param("30S", "safe", "30s", id="capital"),
        pytest.param("1h 30min", "safe", "1h30m", id="two parts"),
        pytest.param("'30'", "unsafe", "30s", id="no unit"),
        pytest.param("''", "none", None, id="empty"),
        pytest.param("soon", "none", None, id="a word"),
        pytest.param("5 parsecs", "none", None, id="unknown unit"),
        pytest.param("2562048h", "none", None, id="too long for Go"),
    ],
)
def test_duration_invalid(resolved, text, safety, after):
    """What Go refuses, and what was meant where that can be told."""
    findings = duration_invalid(resolved(f"worker:\n  job_timeout: {text}\n"))

    assert [finding.fix.safety.value for finding in findings] == ([safety] if safety else [])
    for finding in findings:
        assert (finding.at.key, finding.at.line) == ("worker.job_timeout", 5)
        assert [edit.after for edit in finding.fix.edits] == ([after] if after else [])


def test_duration_invalid_from_a_variable(resolved):
    """A variable counts when the program asks for it."""
    name = "CODECHUNK_GEMINI_TIMEOUT"

    (seen,) = duration_invalid(resolved("gemini: {timeout: 1s}", {name: "2 min"}))

    assert duration_invalid(resolved("", {name: "2 min"})) == ()
    assert (seen.at.name, seen.fix.commands) == (name, (f"export {name}=2m",))


@pytest.mark.parametrize("text", ["1d", "1w2d", "5 min", ".5 h", "1.5 days", "3 hrs and 5 minutes", "-2 days"])
def test_respelled_is_what_go_reads(text):
    assert parse_duration(respelled(text)) != 0


@pytest.mark.parametrize("text", ["", "s", "5", "1x", "1h5", "h1", "1..5s", "--1s"])
def test_respelled_gives_up(text):
    assert respelled(text) is None


@pytest.mark.parametrize(
    ("text", "expected"), [("30", "30s"), (" 1.5 ", "1.5s"), ("30s", None), ("", None), ("x", None)]
)
def test_with_seconds(text, expected):
    assert with_seconds(text) == expected


# --- type-mismatch ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "env", "found"),
    [
        pytest.param("api: {enable_cors: true}", {}, [], id="true"),
        pytest.param("api: {enable_cors: 'F'}", {}, [], id="F"),
        pytest.param("api: {enable_cors: 1}", {}, [], id="number for a switch"),
        pytest.param("api: {enable_cors: ''}", {}, [], id="empty text is false"),
        pytest.param("worker: {concurrency: '10'}", {}, [], id="number as text"),
        pytest.param("worker: {concurrency: ''}", {}, [], id="empty text is 0"),
        pytest.param("api: {host: 127}", {}, [], id="number for a text"),
        pytest.param("search: {iterative_scan_mode: off}", {}, [], id="off is a text here"),
        pytest.param("worker:\nzoekt: {}\n", {}, [], id="empty sections"),
        pytest.param("connectors: {name: a}", {}, [], id="one connector as a map"),
        pytest.param("worker: {job_timeout: 1d}", {}, [], id="duration: another check"),
        pytest.param("log: {level: info}", {"CODECHUNK_CONNECTORS": "x"}, [], id="no connectors in the file"),
        pytest.param("api: {enable_cors: yes}", {}, [("api.enable_cors", "safe", "true")], id="yes"),
        pytest.param("api: {enable_cors: On}", {}, [("api.enable_cors", "safe", "true")], id="On"),
        pytest.param("api: {enable_cors: 'n'}", {}, [("api.enable_cors", "safe", "false")], id="n"),
        pytest.param("gemini: {batch: {enabled: off}}", {}, [("gemini.batch.enabled", "safe", "false")], id="off"),
        pytest.param("api: {enable_cors: maybe}", {}, [("api.enable_cors", "none", None)], id="another word"),
        pytest.param("worker: {concurrency: many}", {}, [("worker.concurrency", "none", None)], id="text for a number"),
        pytest.param("worker: {concurrency: '1.5'}", {}, [("worker.concurrency", "none", None)], id="fraction as text"),
        pytest.param("worker: {concurrency: [1]}", {}, [("worker.concurrency", "none", None)], id="list for a number"),
        pytest.param("search: {text_weight: x}", {}, [("search.text_weight", "none", None)], id="text for a weight"),
        pytest.param("api: {host: 2024-01-01}", {}, [("api.host", "none", None)], id="date for a text"),
        pytest.param(
            "worker: {job_timeout: [1]}", {}, [("worker.job_timeout", "none", None)], id="list for a duration"
        ),
        pytest.param("worker: 5", {}, [("worker", "none", None)], id="number for a section"),
        pytest.param("gemini: {batch: x}", {}, [("gemini.batch", "none", None)], id="text for an inner section"),
        pytest.param("connectors: abc", {}, [("connectors[0]", "none", None)], id="text for connectors"),
        pytest.param(
            "connectors: [{name: {a: b}}]", {}, [("connectors[0].name", "none", None)], id="inside a connector"
        ),
    ],
)
def test_type_mismatch(resolved, text, env, found):
    """What the program converts is silent, what it refuses is not."""
    findings = type_mismatch(resolved(text, env))

    assert [(f.at.key, f.fix.safety.value, f.fix.edits[0].after if f.fix.edits else None) for f in findings] == found


def test_type_mismatch_in_variables(resolved):
    """A variable is corrected where it is, and a list cannot be given at all."""
    (switch,) = type_mismatch(resolved("", {"CODECHUNK_API_ENABLE_CORS": "yes"}))
    listed = type_mismatch(resolved("connectors: [{name: a}]", {"CODECHUNK_CONNECTORS": "x"}))

    assert switch.fix.commands == ("export CODECHUNK_API_ENABLE_CORS=true",)
    assert {finding.at.name for finding in listed} == {"CODECHUNK_CONNECTORS"}


def test_type_mismatch_shows_no_secret(resolved):
    (date,) = type_mismatch(resolved("database: {user: u, password: 2024-01-01}"))
    (section,) = type_mismatch(resolved("gemini: s3cr3t-key"))

    assert "2024" not in repr(date)
    assert "s3cr3t" not in repr(section)


# --- value-reinterpreted ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "env", "found"),
    [
        pytest.param("", {}, [], id="nothing set"),
        pytest.param("database: {user: u, name: abc}", {}, [], id="plain text"),
        pytest.param("database: {user: u, name: '0123'}", {}, [], id="quoted"),
        pytest.param("database: {user: u, name: 123}", {}, [], id="a number that stays as it is"),
        pytest.param("database: {user: u, name: yes}", {}, [], id="yes is a text"),
        pytest.param("database: {user: u, name: 12:30}", {}, [], id="so is 12:30"),
        pytest.param("database: {user: u, name: a#b}", {}, [], id="no blank before the mark"),
        pytest.param("database:\n  user: u\n  name: a # the name\n", {}, [], id="ordinary comment"),
        pytest.param("database:\n  user: u\n  name: a ##\n", {}, [], id="comment of marks"),
        pytest.param("database:\n  user: u\n  name: 'a' #b\n", {}, [], id="quoted before the mark"),
        pytest.param("database: {user: u, name: &n abc}", {}, [], id="anchor with a value"),
        pytest.param("database: {user: u, name: !!str 0123}", {}, [], id="tag of YAML's own"),
        pytest.param("x-port: &p 8080\napi: {port: *p}", {}, [], id="port of the API by an alias"),
        pytest.param("database:\n  user: u\n  name: ~ #x\n", {}, [], id="null on purpose"),
        pytest.param("database:\n  user: u\n  password: #set\n", {"CODECHUNK_DATABASE_PASSWORD": "p"}, [], id="given"),
        pytest.param("database: {user: u, name: 0123}", {"CODECHUNK_DATABASE_NAME": "x"}, [], id="overridden"),
        pytest.param("api: {port: 8080}", {}, [], id="port of the API"),
        pytest.param("api: {port: 8_080}", {}, [], id="the same with an underscore"),
        pytest.param("worker: {concurrency: 0x10}", {}, [], id="hexadecimal on purpose"),
        pytest.param("worker: {concurrency: 0o17}", {}, [], id="octal on purpose"),
        pytest.param("worker: {concurrency: 1_000}", {}, [], id="underscore"),
        pytest.param("worker: {concurrency: 10.0}", {}, [], id="nothing is cut"),
        pytest.param("worker: {concurrency: 1e1}", {}, [], id="ten, written otherwise"),
        pytest.param("worker: {concurrency: 08}", {}, [], id="eight all the same"),
        pytest.param("worker: {concurrency: 00}", {}, [], id="zero all the same"),
        pytest.param("embedding: {openai: {max_retries: 00}}", {}, [], id="zero where it counts as a default"),
        pytest.param("embedding: {provider: openai, openai: {max_retries: 0}}", {}, [], id="a zero, likewise"),
        pytest.param("embedding: {provider: openai, openai: {batch_size: 0.0}}", {}, [], id="a zero with a point"),
        pytest.param("", {"CODECHUNK_DATABASE_PORT": "00"}, [], id="zero in a variable"),
        pytest.param("api: {port: 08080}", {}, [], id="port with a zero that changes nothing"),
        pytest.param("api: {port: '0x1F90'}", {}, [], id="port in quotes: another check"),
        pytest.param("api: {port: 1e6}", {}, [], id="no port in any notation: another check"),
        pytest.param("api: {port: 1e-1}", {}, [], id="likewise a fraction"),
        pytest.param("api: {port: 0x1F90}", {}, [("api.port", "warning")], id="the same port, hexadecimal"),
        pytest.param("api: {port: 0xFFFF}", {}, [("api.port", "warning")], id="the last port, hexadecimal"),
        pytest.param("api: {port: 0x10000}", {}, [], id="no port, hexadecimal: another check"),
        pytest.param("api: {port: 8080.0}", {}, [("api.port", "warning")], id="the same port, with a point"),
        pytest.param("api: {port: 010000}", {}, [("api.port", "error")], id="another port"),
        pytest.param("api: {port: true}", {}, [("api.port", "error")], id="true for a port"),
        pytest.param("api:\n  port: !x\n", {}, [("api.port", "error")], id="a tag for a port"),
        pytest.param(
            "worker: {concurrency: 18446744073709551615}", {}, [("worker.concurrency", "error")], id="beyond Go's limit"
        ),
        pytest.param(
            "worker: {concurrency: 99999999999999999999}", {}, [("worker.concurrency", "error")], id="far beyond it"
        ),
        pytest.param("worker: {concurrency: 9223372036854775807}", {}, [], id="the last that Go takes"),
        pytest.param("worker: {concurrency: -9223372036854775808}", {}, [], id="the first that Go takes"),
        pytest.param(
            "worker: {concurrency: 9223372036854775808}", {}, [("worker.concurrency", "error")], id="one more"
        ),
        pytest.param("database: {user: u, name: 0123}", {}, [("database.name", "error")], id="octal text"),
        pytest.param("database: {user: u, name: 1e5}", {}, [("database.name", "error")], id="exponent"),
        pytest.param("database: {user: u, name: 1.10}", {}, [("database.name", "error")], id="trailing zero"),
        pytest.param("database: {user: u, name: true}", {}, [("database.name", "error")], id="true"),
        pytest.param("database: {user: u, name: 1_000}", {}, [("database.name", "error")], id="underscore in a text"),
        pytest.param("database:\n  user: u\n  name: !x\n", {}, [("database.name", "error")], id="tag"),
        pytest.param("database: {user: u, name: !x y}", {}, [("database.name", "error")], id="tag before a text"),
        pytest.param("database:\n  user: u\n  name: a #b\n", {}, [("database.name", "error")], id="cut at the mark"),
        pytest.param(
            "database:\n  user: u\n  password: #secret\n", {}, [("database.password", "error")], id="only a comment"
        ),
        pytest.param("zoekt: {webserver: {host: 0123}}", {}, [("zoekt.webserver.host", "error")], id="host"),
        pytest.param("gemini: {api_key: 0123}", {}, [("gemini.api_key", "error")], id="key"),
        pytest.param("worker: {queue_group: 1.10}", {}, [("worker.queue_group", "warning")], id="another text"),
        pytest.param(
            "embedding: {openai: {api_key: 0123}}", {}, [("embedding.openai.api_key", "warning")], id="not in use"
        ),
        pytest.param("database: {user: u, port: 05433}", {}, [("database.port", "error")], id="octal port"),
        pytest.param("database: {user: u, port: '05433'}", {}, [("database.port", "error")], id="quotes do not help"),
        pytest.param("worker: {concurrency: 010}", {}, [("worker.concurrency", "warning")], id="octal number"),
        pytest.param("worker: {concurrency: 10.9}", {}, [("worker.concurrency", "warning")], id="cut"),
        pytest.param("worker: {concurrency: 0.9}", {}, [("worker.concurrency", "error")], id="cut to what is refused"),
        pytest.param("worker: {concurrency: true}", {}, [("worker.concurrency", "warning")], id="true for a number"),
        pytest.param("", {"CODECHUNK_DATABASE_PORT": "05433"}, [("database.port", "error")], id="octal variable"),
        pytest.param(
            "connectors: [{name: a, auth_token: 0123}]", {}, [("connectors[0].auth_token", "error")], id="token"
        ),
    ],
)
def test_value_reinterpreted(resolved, text, env, found):
    """Only where the value at hand differs from the text that was written."""
    assert keys(value_reinterpreted(resolved(text, env))) == found


@pytest.mark.parametrize(
    ("text", "edit"),
    [
        pytest.param("worker: {queue_group: 1.10}", ("1.10", '"1.10"'), id="number"),
        pytest.param("worker:\n  queue_group: !x\n", ("!x", '"!x"'), id="tag"),
        pytest.param("worker:\n  queue_group: a #b\n", ("a", '"a #b"'), id="comment"),
        pytest.param("worker: {concurrency: 010}", ("010", "10"), id="octal"),
        pytest.param("worker: {concurrency: 10.9}", ("10.9", "10"), id="cut"),
        pytest.param("worker: {concurrency: true}", ("true", "1"), id="true"),
        pytest.param("api: {port: 0x1F90}", ("0x1F90", "8080"), id="a port in another notation"),
        pytest.param("api: {port: 1e4}", ("1e4", "10000"), id="likewise"),
        pytest.param("api: {port: 010000}", ("010000", "10000"), id="an octal port"),
    ],
)
def test_value_reinterpreted_fix(resolved, text, edit):
    (finding,) = value_reinterpreted(resolved(text))

    (change,) = finding.fix.edits
    assert (change.before, change.after, finding.fix.safety) == (*edit, "unsafe")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("api: {port: true}", "Write the number of the port."),
        ("api:\n  port: x #y\n", "Write the number of the port."),
        ("worker: {concurrency: 99999999999999999999}", "Write a smaller number."),
    ],
)
def test_value_reinterpreted_where_nobody_can_tell_what_was_meant(resolved, text, said):
    (finding,) = value_reinterpreted(resolved(text))

    assert (finding.fix.summary, finding.fix.edits) == (said, ())


def test_value_reinterpreted_in_a_variable(resolved):
    (finding,) = value_reinterpreted(resolved("", {"CODECHUNK_DATABASE_PORT": "05433"}))

    assert "2843" in finding.message
    assert finding.fix.commands == ("export CODECHUNK_DATABASE_PORT=5433",)


@pytest.mark.parametrize("text", [SECRET, f"x #{SECRET}", f"!{SECRET}", f"#{SECRET}"])
def test_value_reinterpreted_shows_no_secret(resolved, text):
    """Of a secret only the edit itself holds the text; reports mask the edits of secret keys."""
    (finding,) = value_reinterpreted(resolved(f"database:\n  user: u\n  password: {text}\n"))

    (edit,) = finding.fix.edits
    assert edit.before == "***"
    assert SECRET not in f"{finding.message} {finding.fix.summary} {finding.locations}"
