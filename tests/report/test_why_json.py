"""`why` as JSON: the contract, with every key always there."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from doctor.model import Edit, Fix, Safety
from doctor.report.why_json import as_json
from doctor.why.leaves import Leaf
from doctor.why.verdict import Cause, Certainty, ProcessVerdict, Why
from tests.report.schemas import validate
from tests.report.why_samples import EVERY, ID, MANY, PROCESS, answer, config, job

JOB_KEYS = (
    *("job_id", "repository", "chunk_count", "leaf", "title", "certainty", "candidates", "cause", "evidence"),
    *("ruled_out", "unknown", "fix", "counterfactual", "batches", "guide_causes"),
    *("hypothetical", "at", "ended", "note", "changed"),
)
PROCESS_KEYS = ("leaf", "title", "certainty", "started_at", "version", "cause", "evidence", "fix", "changed")


def document(found: Why) -> Any:
    return validate(as_json(found), "why")


def test_nothing_found_has_all_keys_too():
    assert document(Why()) == {
        "schema": "codechunk-doctor/why/1",
        "jobs": [],
        "process": {key: [] if key in ("evidence", "changed") else None for key in PROCESS_KEYS},
        "missing": None,
        "sources": [],
        "without": [],
    }


def test_a_bare_job_has_all_keys_too():
    bare = job(Leaf.B0, job_id=None, repository=None, chunk_count=None, candidates=(), at=None)
    found = document(answer(bare))["jobs"][0]

    assert tuple(found) == JOB_KEYS
    nothing = {key for key, value in found.items() if value is None}
    assert nothing == {"job_id", "repository", "chunk_count", "cause", "fix", "guide_causes", "at", "note"}
    assert found["candidates"] == ["B0"]


@pytest.mark.parametrize("name", EVERY)
def test_every_sample_is_valid(name):
    found = document(EVERY[name])

    assert all(tuple(each) == JOB_KEYS and each["candidates"][0] == each["leaf"] for each in found["jobs"])
    assert tuple(found["process"]) == PROCESS_KEYS


def test_a_whole_job():
    found = document(EVERY["s4-changed"])["jobs"][0]

    assert (found["job_id"], found["leaf"], found["certainty"]) == (ID, "S4", "proven")
    assert found["title"] == "one chunk at a time, because the worker has no batch client"
    place = {"kind": "file", "path": "configs/config.dev.yaml", "column": 3, "name": None, "detail": None}
    client = {**place, "line": 12, "key": "gemini.batch.enabled"}
    assert found["cause"] == {"key": "gemini.batch.enabled", "value": False, "location": client}
    assert [each["location"]["line"] for each in found["evidence"]] == [2, 3, 12, 9, 12, 13]
    assert found["fix"]["edits"] == [
        {"path": "configs/config.dev.yaml", "key": "gemini.batch.enabled", "from": "false", "to": "true"}
    ]
    assert found["fix"]["verification"] is None
    assert found["counterfactual"][0] == {"change": "gemini.batch.enabled: true", "then": "B1"}
    assert found["at"] == "2025-11-22T10:30:30Z"
    assert [(each["key"], each["then"], each["now"]) for each in found["changed"]] == [
        ("batch_processing.fallback_to_sequential", "true", "false")
    ]


def test_several_ends_the_guide_batches_and_the_worker():
    assert document(EVERY["possible"])["jobs"][0]["candidates"] == ["S3", "F4"]
    causes = document(EVERY["guide"])["jobs"][0]["guide_causes"]
    assert [(each["number"], each["status"]) for each in causes] == [
        (1, "confirmed"),
        (2, "ruled_out"),
        (3, "ruled_out"),
        (4, "unknown"),
    ]
    batches = document(EVERY["b4"])["jobs"][0]["batches"]
    assert batches[2] == {"batch_id": "a1b2c3d4-0003", "batch_number": None, "leaf": "B1"}
    process = document(EVERY["x1"])["process"]
    assert (process["leaf"], process["certainty"], process["started_at"]) == ("X1", "proven", "2025-11-22T10:30:30Z")


def test_jobs_keep_their_order():
    assert [each["job_id"] for each in document(MANY)["jobs"]] == [each.job_id for each in MANY.jobs]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        pytest.param(None, None, id="nothing"),
        pytest.param(0, 0, id="a number"),
        pytest.param("", "", id="an empty text"),
        pytest.param(("a", None), ["a", None], id="a list"),
        pytest.param(float("nan"), "nan", id="no number"),
        pytest.param(Leaf, str(Leaf), id="anything else"),
    ],
)
def test_values(value, written):
    found = document(answer(job(Leaf.S1, cause=Cause("a.b", value, config(1, "a.b")))))

    assert found["jobs"][0]["cause"]["value"] == written


def test_times_beyond_any_calendar_are_none():
    assert document(answer(job(Leaf.S1, at=1e30), process=ProcessVerdict(started_at=-1e30)))["jobs"][0]["at"] is None


def test_a_secret_in_an_edit_is_masked():
    fix = Fix(
        "x", edits=(Edit("a", "gemini.api_key", "AIzaSecretSecretSecret", "other-secret", 1),), safety=Safety.NONE
    )
    written = as_json(answer(job(Leaf.X3, Certainty.PROVEN, fix=fix), process=PROCESS))

    assert "ecret" not in written.replace("is_secret", "")
    assert json.loads(written)["jobs"][0]["fix"]["edits"][0]["from"] == "***"


def test_only_ascii():
    written = as_json(answer(job(Leaf.S1, repository="\x1b[2J\u202eé"), missing="\x07"))

    assert not re.search(r"[^\x20-\x7e\n]", written)
    assert json.loads(written)["jobs"][0]["repository"] == "\x1b[2J\u202eé"
