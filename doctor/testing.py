"""Whole installations as directories: for the project's own fixtures and for the tests of plugins."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from doctor import facts as fact_types
from doctor.model import Finding, OutcomeKind, Report


@dataclass(frozen=True, slots=True)
class Placement:
    """A database for one run: the port of its server on this host, and its name."""

    port: int
    name: str


@dataclass(frozen=True, slots=True)
class Standing:
    """A stand-in for Google: the proxy by which all of its names lead there, and the file with its authority."""

    proxy: str
    authority: Path


Google = Callable[[Mapping[str, Any]], Standing]
"""Starts a stand-in for the Gemini API with this world in it (`doctor.embedded.google`)."""

OpenAi = Callable[[Mapping[str, Any]], str]
"""Starts a stand-in for an OpenAI-compatible server with this world in it (`doctor.embedded.openai`): its address."""

Databases = Callable[[int, str], Placement]
"""
Makes a database: given the migration it is to have reached and statements to run in it then, in which `{database}`
stands for its name.
"""

NEWEST_MIGRATION = 20

SERVICES = ("Containers", "Nats", "ZoektServer", "ApiHealth")
"""What stands around the worker: facts that a fixture gives, or that are not looked at in it."""


@dataclass(frozen=True)
class Installation:
    """
    One fixture: `root/` as found on disk, how the doctor is run on it (`run.yaml`), what the machine cannot show
    (`facts.yaml`), what is in the database (`database.sql`), what Google answers (`google.yaml`), or a server that is
    compatible with OpenAI (`openai.yaml`), and what must come out (`expected.yaml`).
    """

    directory: Path

    @cached_property
    def run(self) -> Mapping[str, Any]:
        """What `run.yaml` holds; like the other files, it is read when it is first asked for."""
        return _yaml(self.directory / "run.yaml")

    @cached_property
    def facts(self) -> Mapping[str, Any]:
        """What `facts.yaml` holds."""
        return _yaml(self.directory / "facts.yaml")

    @cached_property
    def google(self) -> Mapping[str, Any] | None:
        """What `google.yaml` holds, None where there is none."""
        return _world(self.directory / "google.yaml")

    @cached_property
    def openai(self) -> Mapping[str, Any] | None:
        """What `openai.yaml` holds, None where there is none."""
        return _world(self.directory / "openai.yaml")

    @cached_property
    def expected(self) -> Mapping[str, Any]:
        """What `expected.yaml` holds."""
        return _yaml(self.directory / "expected.yaml")

    @property
    def name(self) -> str:
        """The directory's name: a check's id, maybe with `--variant`, or `healthy-...` or `demo-...`."""
        return self.directory.name

    @property
    def check(self) -> str | None:
        """The id of the check that fires here and nowhere else, None where none does or several do."""
        return None if self.name.startswith(("healthy-", "demo-")) else self.name.partition("--")[0]

    @property
    def has_database(self) -> bool:
        """Whether it is examined together with a real database."""
        return (self.directory / "database.sql").is_file()

    @property
    def servers(self) -> tuple[str, ...]:
        """What it is examined together with: `a database`, `a Google`, `an OpenAI server`."""
        there = {
            "a database": self.has_database,
            "a Google": self.google is not None,
            "an OpenAI server": self.openai is not None,
        }
        return tuple(name for name, present in there.items() if present)

    @property
    def offline(self) -> bool:
        """Whether no socket is opened: as `run.yaml` says, else when there is no server to ask."""
        return bool(self.run.get("offline", not self.servers))

    @property
    def expected_findings(self) -> dict[str, list[dict[str, Any]]]:
        """For each check that must fire, what its findings must show, in order."""
        return {id: list(findings or [{}]) for id, findings in (self.expected.get("found") or {}).items()}

    @property
    def expected_blocked(self) -> dict[str, str]:
        """For each check that another one blocks, the id of that other."""
        return dict(self.expected.get("blocked") or {})


def installations(directory: Path) -> Iterator[Installation]:
    """The fixtures below a directory, by name: every directory that holds an `expected.yaml`."""
    for expected in sorted(directory.glob("*/expected.yaml")):
        yield load(expected.parent)


def load(directory: Path) -> Installation:
    """The fixture in a directory."""
    return Installation(directory)


def _world(path: Path) -> dict[str, Any] | None:
    return _yaml(path) if path.is_file() else None


def _yaml(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    from ruamel.yaml import YAML

    return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8")) or {}


def prepare(installation: Installation, workspace: Path) -> Path:
    """Copy the fixture's `root/` to `workspace`/root, carry out its setup steps there, return that directory."""
    root = workspace / "root"
    source = installation.directory / "root"
    if source.is_dir():
        shutil.copytree(source, root, symlinks=True)
    else:
        root.mkdir(parents=True)
    for step in installation.run.get("setup") or ():
        for verb, argument in step.items():
            _STEPS[verb](root, argument)
    return root


def _mkdir(root: Path, path: str) -> None:
    (root / path).mkdir(parents=True, exist_ok=True)


def _chmod(root: Path, modes: Mapping[str, str]) -> None:
    for path, mode in modes.items():
        (root / path).chmod(int(str(mode), 8))


def _chown(root: Path, owners: Mapping[str, int]) -> None:
    for path, owner in owners.items():
        os.chown(root / path, owner, owner)


def _symlink(root: Path, links: Mapping[str, str]) -> None:
    for path, target in links.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).symlink_to(target)


def _write(root: Path, texts: Mapping[str, str]) -> None:
    for path, text in texts.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(text.encode())


def _truncate(root: Path, sizes: Mapping[str, int]) -> None:
    for path, size in sizes.items():
        with (root / path).open("ab") as file:
            file.truncate(size)


def _git_ignore(root: Path, patterns: list[str]) -> None:
    (root / ".gitignore").write_text("\n".join(patterns) + "\n", encoding="utf-8")


def _git_track(root: Path, paths: list[str]) -> None:
    for arguments in (["init", "-q"], ["add", "-f", "--", *paths]):
        subprocess.run(["git", "-C", str(root), *arguments], check=True, capture_output=True)  # noqa: S603, S607


_STEPS: dict[str, Callable[[Path, Any], None]] = {
    "mkdir": _mkdir,
    "chmod": _chmod,
    "chown": _chown,
    "symlink": _symlink,
    "write": _write,
    "truncate": _truncate,
    "git-ignore": _git_ignore,
    "git-track": _git_track,
}


def known_facts(installation: Installation, root: Path) -> dict[type[Any], object]:
    """The facts of `facts.yaml` as values; `{root}` in a text stands for the installation's directory."""
    from pydantic import TypeAdapter

    # The name is looked up here: a run that meets no container does not load what one is made of.
    from doctor.facts.containers import Container  # noqa: F401

    # What happens to run on this machine is none of the fixture's.
    given: dict[type[Any], object] = {fact_types.Processes: fact_types.Processes(), **_withheld(installation)}
    if "Worker" in installation.facts:
        # What lies on this machine is none of a worker that is only told of.
        given |= {fact_types.Drift: fact_types.Drift(), fact_types.Programs: fact_types.Programs("a fixture")}
    for name, value in installation.facts.items():
        fact = getattr(fact_types, name)
        given[fact] = TypeAdapter(fact).validate_python(_rooted(value, str(root)))
    return given


def _withheld(installation: Installation) -> dict[type[Any], object]:
    """What a fixture without the server in question does not look at, so that no run gets out of this machine."""
    from doctor.errors import Withheld

    reason = Withheld("not looked at in this fixture")
    given: dict[type[Any], object] = {}
    about_google = installation.google is not None or "GeminiAccess" in installation.facts
    about_openai = installation.openai is not None or "OpenAiServer" in installation.facts
    about_services = any(name in installation.facts for name in SERVICES)
    if (about_google or about_openai or about_services) and not installation.has_database:
        given[fact_types.Connection] = reason
    if "Connection" in installation.facts:
        # A way that is only told of is not walked.
        from doctor.sources.database.session import Session

        given[Session] = reason
    if installation.google is None:
        given[fact_types.GeminiAccess] = reason
    if installation.openai is None:
        given[fact_types.OpenAiServer] = reason
    given.update(dict.fromkeys((getattr(fact_types, name) for name in SERVICES), reason))
    return {} if installation.offline else given


def _rooted(value: Any, root: str) -> Any:
    if isinstance(value, str):
        return value.replace("{root}", root)
    if isinstance(value, list):
        return [_rooted(item, root) for item in value]
    if isinstance(value, dict):
        return {key: _rooted(item, root) for key, item in value.items()}
    return value


def diagnose(
    installation: Installation,
    workspace: Path,
    databases: Databases | None = None,
    google: Google | None = None,
    openai: OpenAi | None = None,
    only: tuple[str, ...] = (),
) -> Report:
    """
    Run all checks, or `only` these, on a copy of the fixture below `workspace`.

    It has its own environment and nothing of this shell's.

    A fixture with a database needs `databases`; `{port}` and `{database}` in its variables stand for where it is. One
    with a Google needs `google`, whose proxy and authority are among its variables unless it has its own, and one with
    an OpenAI-compatible server `openai`; `{openai}` in its variables stands for `http://host:port` of that.
    """
    from doctor import app
    from doctor.settings import Settings

    root = prepare(installation, workspace)
    run = installation.run
    variables = {name: str(value) for name, value in (run.get("env") or {}).items()}
    if installation.has_database:
        assert databases is not None
        variables = _placed(installation, databases, variables)
    if installation.google is not None:
        assert google is not None
        standing = google(installation.google)
        variables = {"HTTPS_PROXY": standing.proxy, "SSL_CERT_FILE": str(standing.authority), **variables}
    if installation.openai is not None:
        assert openai is not None
        address = openai(installation.openai)
        variables = {name: text.replace("{openai}", address) for name, text in variables.items()}
    settings = Settings(
        directory=root,
        config=run.get("config"),
        env_file=root / run["env_file"] if run.get("env_file") else None,
        env=variables,
        clean_env=True,
        worker=run.get("worker", "auto"),
        offline=installation.offline,
        only=only,
        logs=tuple(str(root / each) for each in run.get("logs") or ()),
        baseline=root / run["baseline"] if run.get("baseline") else None,
    )
    return app.diagnose(settings, known=known_facts(installation, root))


def _placed(installation: Installation, databases: Databases, variables: Mapping[str, str]) -> dict[str, str]:
    version = (installation.run.get("database") or {}).get("version", NEWEST_MIGRATION)
    place = databases(version, (installation.directory / "database.sql").read_text(encoding="utf-8"))
    given = {"CODECHUNK_DATABASE_PORT": "{port}", "CODECHUNK_DATABASE_NAME": "{database}", **variables}
    return {
        name: text.replace("{port}", str(place.port)).replace("{database}", place.name) for name, text in given.items()
    }


def disagreements(installation: Installation, report: Report) -> list[str]:
    """Where a report is not what the fixture expects, in words; empty when all is as it should be."""
    found, blocked = installation.expected_findings, installation.expected_blocked
    results = {result.id: result.outcome for result in report.results}
    missing = sorted((found.keys() | blocked.keys()) - results.keys())
    faults = [f"{id}: is expected but was not run" for id in missing]
    for id, outcome in results.items():
        if outcome.kind is OutcomeKind.CRASHED:
            faults.append(f"{id}: crashed\n{outcome.trace or outcome.reason}")
        elif outcome.kind is OutcomeKind.FOUND:
            faults += _compare(id, found.get(id), outcome.findings)
        elif id in found:
            faults.append(f"{id}: should fire but is {outcome.kind.value} ({outcome.reason})")
        if outcome.kind is OutcomeKind.BLOCKED:
            blocker = (outcome.reason or "").partition(":")[0]
            if blocker in found and blocked.get(id, blocker) != blocker:
                faults.append(f"{id}: blocked by {outcome.reason}, not by {blocked[id]}")
            elif blocker not in found:
                faults.append(f"{id}: blocked by {outcome.reason}")
        elif id in blocked:
            faults.append(f"{id}: should be blocked by {blocked[id]} but is {outcome.kind.value}")
    return faults


def _compare(id: str, expected: list[dict[str, Any]] | None, findings: tuple[Finding, ...]) -> list[str]:
    if expected is None:
        return [f"{id}: fires: {finding.message} ({finding.at})" for finding in findings]
    if len(expected) != len(findings):
        messages = "; ".join(finding.message for finding in findings)
        return [f"{id}: {len(findings)} findings instead of {len(expected)}: {messages}"]
    faults = []
    for wanted, finding in zip(expected, findings, strict=True):
        shown = _summary(finding)
        for name, value in wanted.items():
            agrees = str(value) in shown["message"] if name == "message" else shown.get(name) == value
            if not agrees:
                faults.append(f"{id}: {name} is {shown.get(name)!r} instead of {value!r}")
    return faults


def _summary(finding: Finding) -> dict[str, Any]:
    place = dataclasses.asdict(finding.at)
    safety = finding.fix.safety.value if finding.fix else None
    severity = finding.severity.value if finding.severity else None
    return {
        **place,
        "kind": finding.at.kind.value,
        "severity": severity,
        "message": finding.message,
        "safety": safety,
    }
