"""config: keys that nobody asks for."""

from __future__ import annotations

import pytest

from checks.config.unknown_key import unknown_key


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("", [], id="nothing set"),
        pytest.param("Worker: {Job_Timeout: 5m}", [], id="capitals"),
        pytest.param("worker.job_timeout: 5m", [], id="dotted"),
        pytest.param("client: {timeout: 30s, anything: 1}", [], id="the client's"),
        pytest.param("x-common: &c {concurrency: 3}\nworker: {<<: *c}\n", [], id="carries an anchor"),
        pytest.param("connectors: [{name: a, foo: b}]", [], id="inside a list"),
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
