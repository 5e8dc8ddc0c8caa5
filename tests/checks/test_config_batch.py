"""config: the switches and sizes of batch processing."""

from __future__ import annotations

import pytest

from checks.config.batch_client_off import batch_client_off
from checks.config.batch_dirs_unset import batch_dirs_unset
from checks.config.batch_off import batch_off
from checks.config.batch_size_refused import batch_size_refused
from checks.config.batch_threshold import batch_threshold
from checks.config.queue_limits_incomplete import queue_limits_incomplete
from checks.config.test_embeddings import test_embeddings as made_up_vectors

BATCH = "batch_processing: {enabled: true}\n"
CLIENT = "gemini: {batch: {enabled: true}}\n"


def seen(findings):
    """What a table compares: key and severity."""
    return [(finding.at.key, finding.severity.value) for finding in findings]


@pytest.mark.parametrize(
    ("text", "env", "found"),
    [
        pytest.param(BATCH, {}, [], id="on"),
        pytest.param("", {}, [], id="section missing"),
        pytest.param(
            "batch_processing: {enabled: false}",
            {"CODECHUNK_BATCH_PROCESSING_ENABLED": "true"},
            [],
            id="on by variable",
        ),
        pytest.param("embedding: {provider: openai}\nbatch_processing: {enabled: false}", {}, [], id="openai"),
        pytest.param("batch_processing: {enabled: maybe}", {}, [], id="does not decode"),
        pytest.param(
            CLIENT + "batch_processing: {enabled: false}", {}, [("batch_processing.enabled", "warning")], id="off"
        ),
        pytest.param(
            "batch_processing: {threshold_chunks: 5}", {}, [("batch_processing.enabled", "warning")], id="absent"
        ),
        pytest.param(
            BATCH,
            {"CODECHUNK_BATCH_PROCESSING_ENABLED": "false"},
            [("batch_processing.enabled", "warning")],
            id="off by variable",
        ),
        pytest.param(
            "gemini: {batch: {enabled: false}}\nbatch_processing: {enabled: false}",
            {},
            [("batch_processing.enabled", "note")],
            id="both written out: looks intended",
        ),
        pytest.param(
            "batch_processing: {enabled: false}", {}, [("batch_processing.enabled", "warning")], id="one written out"
        ),
    ],
)
def test_batch_off(resolved, text, env, found):
    """One switch alone decides the road."""
    assert seen(batch_off(resolved(text, env))) == found


def test_batch_off_names_a_variable_that_does_not_count(resolved):
    variables = {"CODECHUNK_BATCH_PROCESSING_ENABLED": "true"}
    (finding,) = batch_off(resolved("batch_processing: {threshold_chunks: 5}", variables))

    assert "CODECHUNK_BATCH_PROCESSING_ENABLED does not count" in finding.message
    assert [place.name for place in finding.related] == ["CODECHUNK_BATCH_PROCESSING_ENABLED"]


def test_batch_off_fix_edits_the_line(resolved):
    (finding,) = batch_off(resolved("batch_processing:\n  enabled: false\n"))

    (edit,) = finding.fix.edits
    assert (edit.key, edit.before, edit.after, edit.line) == ("batch_processing.enabled", "false", "true", 5)
    assert finding.fix.safety == "unsafe"


@pytest.mark.parametrize(
    ("text", "env", "found"),
    [
        pytest.param("", {}, [], id="nothing wanted"),
        pytest.param(BATCH + CLIENT, {}, [], id="both on"),
        pytest.param("batch_processing: {enabled: false}", {}, [], id="batching off"),
        pytest.param("embedding: {provider: openai}\n" + BATCH, {}, [], id="openai"),
        pytest.param(
            BATCH + "gemini: {batch: {enabled: false}}",
            {"CODECHUNK_GEMINI_BATCH_ENABLED": "1"},
            [],
            id="on by variable",
        ),
        pytest.param(BATCH, {}, [("gemini.batch.enabled", "error")], id="absent"),
        pytest.param(BATCH + "gemini: {batch: {enabled: false}}", {}, [("gemini.batch.enabled", "error")], id="off"),
        pytest.param(
            "batch_processing: {enabled: true, fallback_to_sequential: true}",
            {},
            [("gemini.batch.enabled", "warning")],
            id="falls back",
        ),
        pytest.param(
            BATCH,
            {"CODECHUNK_GEMINI_BATCH_ENABLED": "true"},
            [("gemini.batch.enabled", "error")],
            id="variable ignored",
        ),
    ],
)
def test_batch_client_off(resolved, text, env, found):
    """The road without the vehicle: it fails, or crawls where falling back is allowed."""
    assert seen(batch_client_off(resolved(text, env))) == found


def test_batch_client_off_fix_inserts_the_switch(resolved):
    (finding,) = batch_client_off(resolved(BATCH))

    (edit,) = finding.fix.edits
    assert (edit.key, edit.before, edit.after) == ("gemini.batch.enabled", None, "true")
    assert finding.fix.safety == "safe"


@pytest.mark.parametrize(
    ("text", "env", "found"),
    [
        pytest.param("", {}, [], id="absent"),
        pytest.param("batch_processing: {use_test_embeddings: false}", {}, [], id="off"),
        pytest.param(
            "batch_processing: {use_test_embeddings: true}",
            {"CODECHUNK_BATCH_PROCESSING_USE_TEST_EMBEDDINGS": "false"},
            [],
            id="off by variable",
        ),
        pytest.param("batch_processing: {use_test_embeddings: true}", {}, ["file"], id="on"),
        pytest.param(
            "embedding: {provider: openai}\nbatch_processing: {use_test_embeddings: 1}", {}, ["file"], id="openai"
        ),
        pytest.param(
            "batch_processing: {use_test_embeddings: false}",
            {"CODECHUNK_BATCH_PROCESSING_USE_TEST_EMBEDDINGS": "true"},
            ["env"],
            id="on by variable",
        ),
    ],
)
def test_made_up_vectors(resolved, text, env, found):
    """Test mode is an error on every road and with every provider."""
    findings = made_up_vectors(resolved(text, env))

    assert [finding.at.kind.value for finding in findings] == found
    assert all(finding.severity == "error" and finding.note for finding in findings)


BOTH = "gemini: {batch: {enabled: true, input_dir: /srv/in, output_dir: /srv/out}}"


@pytest.mark.parametrize(
    ("text", "env", "edits"),
    [
        pytest.param(BOTH, {}, [], id="both set"),
        pytest.param("gemini: {batch: {enabled: false}}", {}, [], id="client off"),
        pytest.param("embedding: {provider: openai}\n" + CLIENT, {}, [], id="openai"),
        pytest.param(
            "gemini: {batch: {enabled: true, input_dir: , output_dir: /srv/out}}",
            {"CODECHUNK_GEMINI_BATCH_INPUT_DIR": "/srv/in"},
            [],
            id="set by a variable that counts",
        ),
        pytest.param(CLIENT, {}, ["gemini.batch.input_dir", "gemini.batch.output_dir"], id="neither"),
        pytest.param(
            "gemini: {batch: {enabled: true, input_dir: /srv/in}}", {}, ["gemini.batch.output_dir"], id="output missing"
        ),
        pytest.param(
            "gemini: {batch: {enabled: true, input_dir: '', output_dir: /srv/out}}",
            {},
            ["gemini.batch.input_dir"],
            id="input empty",
        ),
    ],
)
def test_batch_dirs_unset(resolved, text, env, edits):
    """Every directory that is missing is in one finding and one fix."""
    findings = batch_dirs_unset(resolved(text, env))

    assert [edit.key for finding in findings for edit in finding.fix.edits] == edits
    assert len(findings) == (1 if edits else 0)


def test_batch_dirs_unset_tells_where_tmpdir_leads(resolved):
    (finding,) = batch_dirs_unset(resolved(CLIENT, {"TMPDIR": "/scratch/"}))

    assert "/scratch/batch_embeddings/input and /scratch/batch_embeddings/output" in finding.message
    assert [edit.after for edit in finding.fix.edits] == ["/tmp/batch_embeddings/input", "/tmp/batch_embeddings/output"]


@pytest.mark.parametrize(
    ("text", "env", "unseen"),
    [
        pytest.param(CLIENT, {}, [], id="no variable"),
        pytest.param(CLIENT, {"CODECHUNK_GEMINI_BATCH_OUTPUT_DIR": ""}, [], id="an empty variable"),
        pytest.param(
            "gemini: {batch: {enabled: true, output_dir: /x}}",
            {"CODECHUNK_GEMINI_BATCH_OUTPUT_DIR": "/y"},
            [],
            id="seen",
        ),
        pytest.param(CLIENT, {"CODECHUNK_GEMINI_BATCH_OUTPUT_DIR": "/y"}, ["OUTPUT"], id="one"),
        pytest.param(
            CLIENT,
            {"CODECHUNK_GEMINI_BATCH_OUTPUT_DIR": "/y", "CODECHUNK_GEMINI_BATCH_INPUT_DIR": "/x"},
            ["INPUT", "OUTPUT"],
            id="both",
        ),
    ],
)
def test_batch_dirs_unset_names_the_variables_that_do_not_count(resolved, text, env, unseen):
    (finding,) = batch_dirs_unset(resolved(text, env))

    names = [f"CODECHUNK_GEMINI_BATCH_{each}_DIR" for each in unseen]
    assert [place.name for place in finding.locations if place.name] == names
    assert finding.message.count("does not count") == len(names)
    assert all(f"; {name} does not count while the file lacks the key" in finding.message for name in names)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("batch_processing: {enabled: true, threshold_chunks: 1}", None, id="1"),
        pytest.param("batch_processing: {enabled: true, threshold_chunks: 50}", None, id="50"),
        pytest.param("batch_processing: {enabled: false, threshold_chunks: 500}", None, id="batching off"),
        pytest.param("batch_processing: {enabled: true, threshold_chunks: -1}", None, id="negative"),
        pytest.param("embedding: {provider: openai}\n" + BATCH, None, id="openai"),
        pytest.param(BATCH, "is not set, which means 0", id="absent"),
        pytest.param("batch_processing: {enabled: true, threshold_chunks: 0}", "is 0", id="0"),
        pytest.param("batch_processing: {enabled: true, threshold_chunks: 51}", "(51) is above 50", id="51"),
    ],
)
def test_batch_threshold(resolved, text, message):
    """Unusual at both ends."""
    findings = batch_threshold(resolved(text))

    assert len(findings) == (message is not None)
    assert all(message in finding.message and finding.fix.edits[0].after == "10" for finding in findings)


@pytest.mark.parametrize(
    ("limits", "found"),
    [
        pytest.param("{}", [], id="neither"),
        pytest.param("{max_queue_size: 0, max_wait_time: 0}", [], id="both 0"),
        pytest.param("{max_queue_size: 1, max_wait_time: 1s}", [], id="both"),
        pytest.param("{max_queue_size: 1, max_wait_time: 5min}", [], id="one does not decode"),
        pytest.param(
            "{max_queue_size: 1}",
            [("batch_processing.queue_limits.max_wait_time", "safe", [(None, "5m")])],
            id="wait missing",
        ),
        pytest.param(
            "{max_wait_time: 5m}",
            [("batch_processing.queue_limits.max_queue_size", "safe", [(None, "10000")])],
            id="size missing",
        ),
        pytest.param(
            "{max_queue_size: 0, max_wait_time: 5m}",
            [("batch_processing.queue_limits.max_queue_size", "safe", [("0", "10000")])],
            id="size 0",
        ),
        pytest.param(
            "{max_queue_size: -1, max_wait_time: 5m}",
            [("batch_processing.queue_limits.max_queue_size", "none", [])],
            id="size negative",
        ),
        pytest.param(
            "{max_wait_time: -5m}", [("batch_processing.queue_limits.max_wait_time", "none", [])], id="wait negative"
        ),
    ],
)
@pytest.mark.parametrize("switch", ["true", "false"])
def test_queue_limits_incomplete(resolved, switch, limits, found):
    """Both or neither, with batching on or off."""
    text = f"batch_processing: {{enabled: {switch}, queue_limits: {limits}}}"
    findings = queue_limits_incomplete(resolved(text))

    assert [
        (each.at.key, each.fix.safety.value, [(edit.before, edit.after) for edit in each.fix.edits])
        for each in findings
    ] == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param(CLIENT + BATCH, [], id="absent"),
        pytest.param(CLIENT + "batch_processing: {enabled: true, max_batch_size: 500}", [], id="500"),
        pytest.param(CLIENT + "batch_processing: {enabled: true, max_batch_size: -1}", [], id="negative is 500"),
        pytest.param("batch_processing: {enabled: true, max_batch_size: 501}", [], id="client off"),
        pytest.param(CLIENT + "batch_processing: {enabled: false, max_batch_size: 501}", [], id="sequential"),
        pytest.param(CLIENT + "batch_processing: {enabled: true, max_batch_size: 501}", [("501", "500")], id="501"),
    ],
)
def test_batch_size_refused(resolved, text, found):
    """The client sends 500 at most."""
    findings = batch_size_refused(resolved(text))

    assert [(edit.before, edit.after) for each in findings for edit in each.fix.edits] == found
