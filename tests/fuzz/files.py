"""Whole files that somebody else wrote: the configuration, compose files, settings, baselines, reports, bundles."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from contextlib import suppress

import zstandard

from tests.fuzz.golang import YAML
from tests.fuzz.target import Run, Target, World, joined, strings, texts, variables


def configuration(world: World) -> Run:
    from doctor.sources.config import resolve

    def run(data: bytes) -> None:
        environment, _, content = data.partition(b"\x1f")
        env = variables(environment.decode("utf-8", "surrogateescape"))
        world.write("config.yaml", content)
        found = resolve(world.folder, "config.yaml", env)
        assert found.outcome in ("ok", "panic", "zero")
        assert (found.values is not None) == (found.outcome == "ok")

    return run


def other_formats(world: World) -> Run:
    from doctor.sources.config import resolve

    def run(data: bytes) -> None:
        ending, _, content = data.partition(b"\x1f")
        name = f"c.{('json', 'toml', 'env')[len(ending) % 3]}"
        world.write(name, content)
        resolve(world.folder, name, {})

    return run


def compose(world: World) -> Run:
    from doctor.sources.composefile import services

    def run(data: bytes) -> None:
        world.write("docker-compose.yml", data)
        list(services(world.folder, "docker-compose.yml", {"PORT": "1"}))

    return run


def settings(world: World) -> Run:
    from doctor.errors import UsageError
    from doctor.settings import load

    def run(data: bytes) -> None:
        environment, _, content = data.partition(b"\x1f")
        world.write("codechunk-doctor.toml", content)
        given = variables(environment.decode("utf-8", "surrogateescape"))
        with suppress(UsageError):
            load(
                {"directory": str(world.folder)},
                {name: text for name, text in given.items() if not name.endswith("DIR")},
            )

    return run


def project(world: World) -> Run:
    from doctor.errors import UsageError
    from doctor.settings import load

    def run(data: bytes) -> None:
        world.write("pyproject.toml", data)
        with suppress(UsageError):
            load({"directory": str(world.folder)}, {})

    return run


def baselines(world: World) -> Run:
    from doctor.errors import UsageError
    from doctor.living.baseline import dump, parse
    from doctor.settings.baselines import read

    def run(data: bytes) -> None:
        with suppress(UsageError):
            found = read(world.write("b.json", data), "b")
            again = parse(dump(found), "b")
            assert {(each.check, each.about): each.count for each in again.entries} == {
                (each.check, each.about): each.count for each in found.entries
            }

    return run


def reports(_: World) -> Run:
    from doctor.living import seen
    from doctor.living.difference import difference

    def run(data: bytes) -> None:
        with suppress(seen.NoReport):
            found = seen.parse(data.decode("utf-8", "replace"), "r")
            assert not any(difference(found, found).appeared)

    return run


def bundles(world: World) -> Run:
    from doctor.bundle import archive

    def run(data: bytes) -> None:
        with suppress(archive.Damaged):  # OSError is for disks that fail
            archive.members(world.write("b.zip", data))

    return run


def bundle_facts(_: World) -> Run:
    from doctor.bundle import stored
    from doctor.bundle.codec import Unreadable
    from doctor.registry import installed

    registry = installed()

    def run(data: bytes) -> None:
        with suppress(Unreadable):
            stored.load(data, registry)

    return run


def moments(_: World) -> Run:
    from doctor.cli.when import parse_moment
    from doctor.settings.values import parse_assignment, parse_deadline, parse_output, parse_wait, parse_worker

    def run(data: bytes) -> None:
        (text,) = texts(data, 1)
        for read in (parse_moment, parse_assignment, parse_deadline, parse_output, parse_wait, parse_worker):
            with suppress(ValueError):
                read(text)

    return run


def _zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", "{}")
        archive.writestr("facts.json", "[]")
    return file.getvalue()


def _tar() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("manifest.json"), io.BytesIO())
    return zstandard.ZstdCompressor().compress(file.getvalue())


def _baseline() -> str:
    entry = {"check": "a.b", "about": "c", "count": 1, "reason": "because"}
    return json.dumps({"schema": "codechunk-doctor/baseline/1", "findings": [entry]})


def _report() -> str:
    place = {"kind": "file", "path": "a", "line": 1, "column": None, "key": None, "name": None, "detail": None}
    finding = {"severity": "error", "message": "m", "locations": [place], "suppressed": None}
    check = {"id": "a.b", "title": "t", "outcome": "found", "reason": None, "findings": [finding]}
    target = {"directory": "/x"}
    return json.dumps({"schema": "codechunk-doctor/report/1", "target": target, "started_at": "x", "checks": [check]})


def _facts() -> str:
    target = {"config_argument": None, "directory": "/x", "worker": "auto", "offline": True, "logs": []}
    facts = {"Dotenv": {"path": ".env", "lines": []}, "Processes": {"found": []}}
    head = {"schema": "codechunk-doctor/facts/1", "tool": {"version": "1"}, "started_at": "x"}
    return json.dumps({**head, "target": target, "notices": [], "tokens": [], "absent": [], "facts": facts})


_SETTINGS = (
    'only = ["config"]\nfail-on = "warning"\ndeadline = "3s"\nenv = ["A=b"]\noutput = ["json=x"]\n'
    '[severity]\n"config.file-missing" = "note"\n[[ignore]]\ncheck = "a"\nreason = "r"\nuntil = 2030-01-01\n'
)
_COMPOSE = (
    "services:\n  worker:\n    image: x\n    command: codechunking worker --config 'c.yaml'\n"
    '    ports: ["${PORT:-1}:2", {target: 3, published: 4}, 127.0.0.1:5-6:5-6/udp]\n'
    "    environment: [A=b, C]\n    env_file: [{path: .env}]\n    depends_on: {db: {condition: service_healthy}}\n"
    "    volumes: [a:/b:ro, {type: bind, source: c, target: /d}]\n    restart: always\n"
)
FILES = (
    Target(
        "configuration",
        configuration,
        ("doctor.sources.config", "doctor.golang.viper", "doctor.golang.mapstructure", "doctor.golang.values"),
        (
            *(b"CODECHUNK_GEMINI_API_KEY=x\x1f" + each for each in YAML),
            joined(
                "CODECHUNK_API_PORT=1\nCODECHUNK_WORKER_JOB_TIMEOUT=30m",
                "database: {user: u, Password: p, port: 05432, sslmode: no}\nworker: {concurrency: 1e3}\n"
                "connectors:\n- {name: a, type: github, auth_token: '$X'}\nembedding.provider: openai\n",
            ),
        ),
    ),
    Target(
        "other-formats",
        other_formats,
        ("doctor.sources.config", "doctor.golang.viper"),
        (
            b"\x1f" + b'{"database": {"user": "u", "port": 1}}',
            b"a\x1f[database]\nuser='u'\n",
            b"aa\x1fdatabase.user=u\n",
        ),
    ),
    Target("compose", compose, ("doctor.sources.composefile", "doctor.sources.config.written"), strings([_COMPOSE])),
    Target(
        "settings",
        settings,
        ("doctor.settings",),
        (joined("CODECHUNK_DOCTOR_ONLY=a,'b c'\nCODECHUNK_DOCTOR_WAIT=1m", _SETTINGS),),
    ),
    Target(
        "project", project, ("doctor.settings",), strings(["[tool.codechunk-doctor]\nonly = ['a']\n", "tool = 1\n"])
    ),
    Target("baselines", baselines, ("doctor.living.baseline", "doctor.settings.baselines"), strings([_baseline()])),
    Target("reports", reports, ("doctor.living.seen", "doctor.living.difference"), strings([_report()])),
    Target("bundles", bundles, ("doctor.bundle.archive",), (_zip(), _tar())),
    Target(
        "bundle-facts", bundle_facts, ("doctor.bundle.codec", "doctor.bundle.stored"), strings([_facts()]), longest=8192
    ),
    Target(
        "options",
        moments,
        ("doctor.cli.when", "doctor.settings.values"),
        strings(["2025-11-22T10:30:00Z", "10:30", "2h", "yesterday", "json=x", "A=b", "docker:x", "pid:1"]),
        longest=200,
    ),
)
