"""Every directory below fixtures/why: the verdict on the job that it is about, and the finding that says the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from doctor import app
from doctor.facts import WhySelection
from doctor.model import Location
from doctor.settings import Settings
from doctor.testing import Databases, Installation, diagnose, known_facts, load, prepare
from doctor.why.verdict import JobVerdict, Why
from tests.everything import FIXTURES

SCENARIOS = sorted((FIXTURES / "why").glob("*/why.yaml"))
# Which checks say in a report what a verdict says of a job.
CHECKS = {
    "G": ("logs.guide-fallback-line",),
    "S1": ("config.batch-off", "config.not-an-overlay", "logs.sequential-by-setting"),
    "S2": ("config.batch-threshold", "logs.sequential-by-setting"),
    "S3": ("worker.queue-budget", "logs.queue-full"),
    "S4": ("config.batch-client-off", "directories.batch-dir-not-creatable", "logs.no-batch-client"),
    "S5": ("database.*", "logs.rows-refused", "logs.schema-outdated", "logs.database-connection", "logs.fell-back"),
    "T1": ("config.test-embeddings", "logs.test-vectors", "jobs.test-vectors"),
    "T2": ("config.test-embeddings", "logs.test-vectors", "jobs.test-vectors"),
    "F1": (
        "environment.git-credential-stops-clone",
        "logs.nothing-to-embed",
        "logs.clone-skipped",
        "logs.clone-failed",
    ),
    "F2": ("jobs.stuck", "logs.out-of-time"),
    "F3": ("config.queue-limits-incomplete", "config.value-out-of-range", "logs.settings-refused"),
    "F4": ("worker.queue-budget", "logs.queue-full"),
    "F5": ("config.batch-client-off", "directories.batch-dir-not-creatable", "logs.no-batch-client"),
    "F6": ("database.*", "logs.rows-refused", "logs.schema-outdated", "logs.database-connection"),
    "F7": (
        "logs.embedding-failed",
        "logs.rate-limited",
        "logs.gemini-key",
        "logs.gemini-network",
        "gemini.*",
        # A chunk of which the vector could not be stored.
        "logs.rows-refused",
        "logs.schema-outdated",
        "logs.database-connection",
    ),
    "B2": ("config.openai-with-batch", "batches.submission-stalled", "config.batch-client-off", "logs.no-batch-client"),
    "B3": ("batches.rate-limited", "batches.failed", "logs.rate-limited", "logs.submission-failed"),
    "B4": ("batches.failed", "config.batch-size-refused", "directories.batch-dir-not-writable", "logs.*"),
    "B5": ("batches.job-gone", "logs.batch-lost"),
    "B6": ("batches.job-ended-badly", "batches.failed", "logs.batch-lost", "logs.submission-failed"),
    "B7": ("batches.job-ended-badly", "batches.failed", "logs.batch-lost"),
    "B8": ("batches.download-denied", "batches.results-incomplete", "batches.failed", "logs.*"),
    "X1": ("config.*", "logs.panic", "logs.config-dropped"),
    "X2": ("config.*", "database.*", "logs.database-connection", "logs.start-incomplete", "logs.settings-refused"),
    "X3": ("gemini.key-missing", "config.*", "logs.gemini-key", "logs.start-incomplete", "logs.settings-refused"),
    "X4": ("nats.*", "logs.nats", "logs.start-incomplete"),
    "X5": ("logs.panic", "config.batch-client-off"),
}


def params(*, database: bool) -> list[Any]:
    """The scenarios with a database of their own, or those without; the first two of each end are for all runs."""
    found = [each.parent for each in SCENARIOS if (each.parent / "database.sql").is_file() is database]
    ends = [each.name.partition("--")[0] for each in found]
    return [
        pytest.param(each, id=each.name, marks=pytest.mark.slow if ends[:place].count(ends[place]) > 1 else ())
        for place, each in enumerate(found)
    ]


def asked(installation: Installation, root: Path, variables: dict[str, str], selection: dict[str, Any]) -> Why:
    """What `why` answers on the installation."""
    run = installation.run
    settings = Settings(
        directory=root,
        config=run.get("config"),
        env_file=root / run["env_file"] if run.get("env_file") else None,
        env=variables,
        clean_env=True,
        offline=not installation.has_database,
        logs=tuple(str(root / each) for each in run.get("logs") or ()),
    )
    return app.why(settings, WhySelection(**selection), known=known_facts(installation, root))


def disagreements(expected: dict[str, Any], answer: Why) -> list[str]:
    """Where the answer is not what is expected, in words."""
    faults = [] if len(answer.jobs) == len(expected["jobs"]) else [f"{len(answer.jobs)} jobs: {answer.jobs}"]
    for wanted, verdict in zip(expected["jobs"], answer.jobs, strict=False):
        shown = summary(verdict)
        faults += [
            f"{name}: {shown[name]!r} instead of {value!r}" for name, value in wanted.items() if shown[name] != value
        ]
    process = str(answer.process.leaf) if answer.process.leaf is not None else None
    if process != expected.get("process"):
        faults.append(f"process: {process} instead of {expected.get('process')}")
    return faults


def summary(verdict: JobVerdict) -> dict[str, Any]:
    """A verdict as the scenarios state it."""
    cause = verdict.cause
    return {
        "job": verdict.job_id,
        "chunks": verdict.chunk_count,
        "leaf": str(verdict.leaf),
        "certainty": verdict.certainty.value,
        "candidates": [str(each) for each in verdict.candidates],
        "cause": cause.key if cause is not None else None,
        "value": cause.value if cause is not None else None,
        "at": place(cause.location) if cause is not None else None,
        "changed": [each.key for each in verdict.changed],
        "batches": {each.number: str(each.leaf) for each in verdict.batches},
        "guide": {each.number: each.status.value for each in verdict.guide_causes or ()},
        "flips": {each.change: str(each.then) for each in verdict.counterfactual},
        "fix": verdict.fix.summary if verdict.fix is not None else None,
        "edits": [[each.key, each.after] for each in verdict.fix.edits] if verdict.fix is not None else [],
    }


def place(location: Location | None) -> str | None:
    """`file:line`; the name of a variable that no file supplies."""
    if location is None:
        return None
    return f"{location.path}:{location.line}" if location.path is not None else location.name


@pytest.mark.parametrize("directory", params(database=False))
def test_verdict(directory: Path, tmp_path: Path) -> None:
    installation, expected = load(directory), told(directory)
    root = prepare(installation, tmp_path)
    variables = {name: str(value) for name, value in (installation.run.get("env") or {}).items()}

    answer = asked(installation, root, variables, expected.get("select") or {})

    assert disagreements(expected, answer) == []


@pytest.mark.slow
@pytest.mark.parametrize("directory", params(database=True))
def test_verdict_with_a_database(directory: Path, tmp_path: Path, databases: Databases) -> None:
    installation, expected = load(directory), told(directory)
    root = prepare(installation, tmp_path)
    place = databases(20, (directory / "database.sql").read_text(encoding="utf-8"))
    given = {"CODECHUNK_DATABASE_PORT": str(place.port), "CODECHUNK_DATABASE_NAME": place.name}
    variables = given | {name: str(value) for name, value in (installation.run.get("env") or {}).items()}

    answer = asked(installation, root, variables, expected.get("select") or {})

    assert disagreements(expected, answer) == []


@pytest.mark.slow
@pytest.mark.no_cover
@pytest.mark.parametrize("directory", params(database=False))
def test_a_report_says_the_same(directory: Path, tmp_path: Path) -> None:
    installation, expected = load(directory), told(directory)
    # Of an end that is one of several a check may say another one.
    groups = [each.get("candidates", [each["leaf"]]) for each in expected["jobs"]] + [[expected.get("process")]]
    ends = [[leaf for leaf in group if leaf in CHECKS] for group in groups if group[0] in CHECKS]
    if not installation.run.get("logs") or expected.get("silent"):
        pytest.skip("there is no log that a check could read, or the scenario is about what is long over")

    wanted = tuple(sorted({each for leaves in ends for leaf in leaves for each in CHECKS[leaf]}))
    results = diagnose(installation, tmp_path, only=wanted).results if wanted else ()
    fired = {each.id for each in results if each.outcome.findings}

    for leaves in filter(None, ends):
        assert any(matches(each, CHECKS[leaf]) for each in fired for leaf in leaves), (leaves, fired)


def matches(id: str, patterns: tuple[str, ...]) -> bool:
    """Whether a check is one of these; `family.*` stands for all of a family."""
    return any(id == each or (each.endswith(".*") and id.startswith(each[:-1])) for each in patterns)


def told(directory: Path) -> dict[str, Any]:
    """What a scenario states."""
    found = YAML(typ="safe", pure=True).load((directory / "why.yaml").read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found
