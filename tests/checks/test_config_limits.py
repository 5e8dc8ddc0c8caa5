"""config: limits in time that must nest."""

from __future__ import annotations

import pytest

from checks.config.job_timeout_capped import job_timeout_capped
from checks.config.request_outlives_job import request_outlives_job
from checks.config.zoekt_outlives_job import zoekt_outlives_job


@pytest.mark.parametrize(
    ("text", "found_at"),
    [
        pytest.param("", [], id="built-in limits"),
        pytest.param("gemini: {timeout: 29m}", [], id="just below"),
        pytest.param("gemini: {timeout: 0}", [], id="0 means the client's 120s"),
        pytest.param("embedding: {provider: openai}\ngemini: {timeout: 90m}", [], id="provider openai"),
        pytest.param("gemini: {timeout: 30m}", ["gemini.timeout"], id="equal leaves no room"),
        pytest.param("gemini: {timeout: 45m}\nworker: {job_timeout: 60m}", ["gemini.timeout"], id="the 35m cap"),
        pytest.param("worker: {job_timeout: 2m}", ["gemini.timeout"], id="the client's own 120s"),
    ],
)
def test_request_outlives_job(resolved, text, found_at):
    """A request has to end before its job does."""
    findings = request_outlives_job(resolved(text))

    assert [finding.at.key for finding in findings] == found_at


@pytest.mark.parametrize(
    ("text", "example"),
    [
        pytest.param("gemini: {timeout: 30m}", "120s", id="the client's own"),
        pytest.param("gemini: {timeout: 5m}\nworker: {job_timeout: 121s}", "120s", id="just within the job"),
        pytest.param("worker: {job_timeout: 2m}", "1m", id="not within the job"),
        pytest.param("gemini: {timeout: 5m}\nworker: {job_timeout: 1m}", "30s", id="a short job"),
    ],
)
def test_request_outlives_job_names_a_limit_that_helps(resolved, text, example):
    (finding,) = request_outlives_job(resolved(text))

    assert finding.fix.summary == f"Lower gemini.timeout, for example to {example}."
    assert (
        request_outlives_job(resolved(f"{text}\n".replace("gemini:", "x-gemini:") + f"gemini: {{timeout: {example}}}"))
        == ()
    )


def indexing(timeout: str, job: str = "30m", switch: str = "true") -> str:
    return (
        f"zoekt: {{indexing: {{timeout: {timeout}}}, concurrent_indexing: {{enabled: {switch}}}}}\n"
        f"worker: {{job_timeout: {job}}}\n"
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("", [], id="no zoekt"),
        pytest.param(indexing("29m"), [], id="just below"),
        pytest.param(indexing("0"), [], id="0: no limit of its own"),
        pytest.param(indexing("-1m"), [], id="negative: no limit of its own"),
        pytest.param(indexing("90m", switch="false"), [], id="indexing off"),
        pytest.param(indexing("soon"), [], id="does not decode"),
        pytest.param(indexing("30m"), [("note", "10m")], id="equal"),
        pytest.param(indexing("30m1s"), [("warning", "10m")], id="just above"),
        pytest.param(indexing("35m", job="60m"), [("note", "10m")], id="equal to the cap"),
        pytest.param(indexing("36m", job="60m"), [("warning", "10m")], id="above the cap"),
        pytest.param(indexing("10m", job="5m"), [("warning", "2m30s")], id="a job shorter than the usual limit"),
    ],
)
def test_zoekt_outlives_job(resolved, text, found):
    """A Zoekt run has to end before its job does."""
    findings = zoekt_outlives_job(resolved(text))

    assert [(each.severity.value, each.fix.edits[0].after) for each in findings] == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("", [], id="built-in limit"),
        pytest.param("worker: {job_timeout: 35m}", [], id="35m"),
        pytest.param("worker: {job_timeout: 2100s}", [], id="35m in seconds"),
        pytest.param("worker: {job_timeout: 35m1ns}", [("35m1ns", "35m")], id="above"),
        pytest.param("worker: {job_timeout: 60m}", [("60m", "35m")], id="as in the production file"),
    ],
)
def test_job_timeout_capped(resolved, text, found):
    """A longer limit is cut."""
    findings = job_timeout_capped(resolved(text))

    assert [(edit.before, edit.after) for each in findings for edit in each.fix.edits] == found
