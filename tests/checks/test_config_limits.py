"""config: limits in time that must nest."""

from __future__ import annotations

import pytest

from checks.config.request_outlives_job import request_outlives_job


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
