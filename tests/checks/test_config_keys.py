"""config: keys that nobody asks for."""

from __future__ import annotations

import pytest

from checks.config.connector_invalid import connector_invalid
from checks.config.unknown_key import unknown_key
from doctor.api import same_key


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("", [], id="nothing set"),
        pytest.param("Worker: {Job_Timeout: 5m}", [], id="capitals"),
        pytest.param("worker.job_timeout: 5m", [], id="dotted"),
        pytest.param("client: {timeout: 30s, anything: 1}", [], id="the client's"),
        pytest.param("x-common: &c {concurrency: 3}\nworker: {<<: *c}\n", [], id="carries an anchor"),
        pytest.param("defaults: &d {job_timeout: 10m}\nworker: {<<: *d}\n", [], id="whatever its name"),
        pytest.param("values: {t: &t 10m}\nworker: {job_timeout: *t}\n", [], id="an anchor further in"),
        pytest.param("values: [a, &t 10m]\nworker: {job_timeout: *t}\n", [], id="an anchor in a list"),
        pytest.param("workers: &w {concurrency: 3}\nworker: *w\n", [], id="similar to the key that uses it"),
        pytest.param("chunking: &c {concurrency: 3}\nworker: *c\n", [], id="a removed section with an anchor"),
        pytest.param("connectors: [{foo: &f gitlab, type: *f}]", [], id="an anchor in a connector"),
        pytest.param("defaults: &d {a: 1}", [("defaults", "note", None)], id="an anchor that nobody uses"),
        pytest.param("defaults: {a: &a 1, b: *a}", [("defaults", "note", None)], id="used only in itself"),
        pytest.param(
            "worker: {concurency: &c 3}\ndatabase: {user: u, max_connections: *c}\n",
            [("worker.concurency", "warning", "worker.concurrency")],
            id="a typo with an anchor",
        ),
        pytest.param("x-a: &a 1\nother: *a\n", [("other", "note", None)], id="the alias"),
        pytest.param("connectors: [{name: a, x-foo: b}, {Type: gitlab}]", [], id="inside a list"),
        pytest.param("connectors: {name: a, groups: [g]}", [], id="one connector"),
        pytest.param("worker: {concurrency: {a: 1}}", [], id="below a value: another check"),
        pytest.param("worker: {job-timeout: 5m}", [("worker.job-timeout", "warning", "worker.job_timeout")], id="dash"),
        pytest.param("worker: {jobTimeout: 5m}", [("worker.jobtimeout", "warning", "worker.job_timeout")], id="camel"),
        pytest.param("worker: {concurency: 3}", [("worker.concurency", "warning", "worker.concurrency")], id="typo"),
        pytest.param(
            "worker.concurency: 3", [("worker.concurency", "warning", "worker.concurrency")], id="dotted typo"
        ),
        pytest.param("concurrency: 3", [("concurrency", "warning", "worker.concurrency")], id="at the top"),
        pytest.param("zoekt: {port: 1}", [("zoekt.port", "warning", "zoekt.webserver.port")], id="one level too high"),
        pytest.param(
            "gemini: {input_dir: /x}", [("gemini.input_dir", "warning", "gemini.batch.input_dir")], id="likewise"
        ),
        pytest.param("gemini: {apikey: x}", [("gemini.apikey", "warning", "gemini.api_key")], id="no underscore"),
        pytest.param("logging: {level: info}", [("logging", "warning", "log")], id="a section, once"),
        pytest.param(
            "batch-processing: {enabled: true}", [("batch-processing", "warning", "batch_processing")], id="dash"
        ),
        pytest.param("batch: {enabled: true}", [("batch", "warning", "gemini.batch")], id="section at the top"),
        pytest.param("openai: {model: x}", [("openai", "warning", "embedding.openai")], id="likewise openai"),
        pytest.param("redis: {host: x, port: 1}", [("redis", "note", None)], id="nothing near"),
        pytest.param("worker: {colour: red}", [("worker.colour", "note", None)], id="nothing near in the section"),
        pytest.param("batch_processing: {colour: red}", [("batch_processing.colour", "note", None)], id="long section"),
        pytest.param("chunking: {overlap_size: 10}", [("chunking", "note", "fixed")], id="chunking"),
        pytest.param("git: {default_depth: 1}", [("git", "note", "never loads")], id="git"),
        pytest.param(
            "batch_processing: {batch_sizes: {a: 1}}",
            [("batch_processing.batch_sizes", "note", "2025-11-29")],
            id="batch_sizes",
        ),
        pytest.param("connectors: {nme: a}", [("connectors.nme", "warning", "connectors.name")], id="in one connector"),
        pytest.param(
            "connectors: [{name: a}, {Auth_Tokn: b}]",
            [("connectors[1].auth_tokn", "warning", "connectors[1].auth_token")],
            id="in a list of connectors",
        ),
        pytest.param("connectors: [{foo: b}]", [("connectors[0].foo", "note", None)], id="nothing near in a list"),
        pytest.param("connectors: [{timeout: 3s}]", [("connectors[0].timeout", "note", None)], id="of another section"),
        pytest.param("gemini_api_key: x", [("gemini_api_key", "warning", "gemini.api_key is;")], id="all in one name"),
        pytest.param("databaseUser: x", [("databaseuser", "warning", "database.user is;")], id="likewise camel"),
        pytest.param(
            "gemini: {batch_enabled: true}",
            [("gemini.batch_enabled", "warning", "gemini.batch.enabled is;")],
            id="two levels in one name",
        ),
        pytest.param("gemini_batch: {}", [("gemini_batch", "warning", "gemini.batch is;")], id="a section in one name"),
        pytest.param("database_url: x", [("database_url", "note", "no address of a database")], id="an address"),
        pytest.param("work: 5", [("work", "note", None)], id="a value in the place of a section"),
        pytest.param("worker: {concurency: {a: 1}}", [("worker.concurency", "note", None)], id="and the reverse"),
        pytest.param("work:", [("work", "warning", "worker is;")], id="nothing may become a section"),
        pytest.param("conectors: [{name: a}]", [("conectors", "warning", "connectors is;")], id="the list itself"),
        pytest.param(
            "worker: {max_connections: 5}",
            [("worker.max_connections", "warning", "database.max_connections is;")],
            id="in another section",
        ),
        pytest.param("gemini: {batch_size: 5}", [("gemini.batch_size", "note", None)], id="where nobody reads it"),
        pytest.param("worke: [a]", [("worke", "note", None)], id="another list"),
    ],
)
def test_unknown_key(resolved, text, found):
    """Once for each key or section, with the known one that is nearest."""
    findings = unknown_key(resolved(text))

    assert [(f.at.key, f.severity.value) for f in findings] == [(key, severity) for key, severity, _ in found]
    for finding, (_, _, said) in zip(findings, found, strict=True):
        assert said is None or said in finding.message


def test_unknown_key_says_what_it_costs(resolved):
    (finding,) = unknown_key(resolved("worker: {job-timeout: 10m}"))

    assert finding.message == (
        "worker.job-timeout is not a key of the program, worker.job_timeout is; that stays at 30m0s"
    )


@pytest.mark.parametrize(
    ("text", "edit"),
    [
        pytest.param("worker: {Job-Timeout: 5m}", ("Job-Timeout", "job_timeout"), id="same section"),
        pytest.param("logging: {level: info}", ("logging", "log"), id="section"),
        pytest.param("concurrency: 3", None, id="another section"),
        pytest.param("gemini_api_key: x", None, id="all in one name"),
        pytest.param("connectors: [{nme: a}]", None, id="in a list"),
        pytest.param("worker: {job-timeout: 5m, job_timeout: 6m}", None, id="both are there"),
    ],
)
def test_unknown_key_fix(resolved, text, edit):
    """A name can be corrected in its place; what has to move is moved by hand."""
    (finding,) = unknown_key(resolved(text))

    found = [(change.before, change.after, change.action) for change in finding.fix.edits]
    assert found == ([(*edit, "rename")] if edit else [])
    assert finding.fix.safety == ("unsafe" if edit else "none")


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ("gemini_api_key: x", "configs/config.yaml", "Move it below gemini and call it api_key."),
        ("database_name=x", ".env", "Rename it to database.name."),
        ("gemini_api_key: x\ngemini: {api_key: y}", "configs/config.yaml", "Keep one: gemini.api_key is set as well"),
        ("connectors: [{auth_tokn: x}]", "configs/config.yaml", "Rename auth_tokn to auth_token. Do it by hand"),
        (
            "connectors: [{auth_tokn: x, auth_token: y}]",
            "configs/config.yaml",
            "Keep one: connectors[0].auth_token is set",
        ),
        ("connectors: [{auth_tokn: x}, {auth_token: y}]", "configs/config.yaml", "Rename auth_tokn to auth_token."),
    ],
)
def test_unknown_key_says_where_it_belongs(resolved, text, name, said):
    (finding,) = unknown_key(resolved(text, name=name))

    assert finding.fix.summary.startswith(said)


@pytest.mark.parametrize("text", ["connectors: [{}, {grups: [g]}]", "connectors: {grups: [g]}"])
def test_unknown_key_points_at_the_field_that_was_meant(resolved, text):
    """So that what is missing there is not reported again."""
    config = resolved(text)
    (finding,) = unknown_key(config)

    place = f"connectors[{len(config.connectors) - 1}].groups"
    (empty,) = (each for each in connector_invalid(config) if each.at.key == place)
    assert same_key(finding, empty)


@pytest.mark.parametrize(
    "text", ["gemini: {apikey: s3cr3t-key}", "secrets: {token: s3cr3t-key}", "passwort: s3cr3t-key"]
)
def test_unknown_key_never_shows_a_value(resolved, text):
    (finding,) = unknown_key(resolved(text))

    assert "s3cr3t" not in repr(finding)


def test_unknown_key_stops_counting_them_out(resolved):
    """A file that is something else gives one more finding, not a thousand."""
    findings = unknown_key(resolved("".join(f"key{number}: 1\n" for number in range(60))))

    assert len(findings) == 51
    assert findings[-1].message.startswith("10 further keys")
    assert findings[-1].at.key == "key50"


@pytest.mark.parametrize(("carriers", "reported"), [(50, 0), (49, 1)])
def test_a_typo_with_an_anchor_is_looked_up_as_far_as_that_is_quick(resolved, carriers, reported):
    first = "".join(f"some{number}: &a{number} {{concurrency: 3}}\n" for number in range(carriers))
    used = ", ".join(f"*a{number}" for number in range(carriers))
    text = f"{first}zoekt:\n  webserver: {{prot: &p 6070}}\napi: {{port: *p}}\nworker:\n  <<: [{used}]\n"

    assert len(unknown_key(resolved(text))) == reported
