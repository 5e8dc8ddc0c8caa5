"""Making a bundle: one run, its facts without secrets, what is told about them, and the proof that they suffice."""

from __future__ import annotations

import json
import platform
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from doctor import __version__, app, facts
from doctor.bundle import archive, excerpts, readme, shape, stored
from doctor.bundle.stored import Observation
from doctor.bundle.tokens import Tokens, counted, gathered
from doctor.errors import DoctorError, SourceError, UsageError
from doctor.model import CheckResult, Report
from doctor.redact import MASK, Redactor
from doctor.registry import Registry, installed
from doctor.report import json as as_json
from doctor.schema import SCHEMA as KEYS
from doctor.settings import Settings
from doctor.values import value

Found = Mapping[type[Any], object]

SCHEMA = "codechunk-doctor/manifest/1"
MANIFEST, FACTS = "manifest.json", "facts.json"


class Leaking(DoctorError):
    """The archive would have a secret in it."""

    exit_code = 3


@value
class Made:
    """
    A bundle that was written.

    `files` are the names in it with their sizes in bytes. `replaced` is the manifest's list. `differing` are the checks
    that say something else with tokens in the secrets' places, `missing` what could not be put in, and why.
    """

    path: Path
    size: int
    files: Mapping[str, int]
    replaced: tuple[Mapping[str, Any], ...]
    private: int
    differing: tuple[str, ...]
    missing: tuple[str, ...]
    report: Report


def default_name(now: datetime) -> str:
    """What a bundle is called that was given no name, by the time in UTC."""
    return f"codechunk-doctor-{now.astimezone(UTC).strftime('%Y%m%dT%H%M%SZ')}.tar.zst"


def check_place(path: Path, *, force: bool) -> None:
    """Raise UsageError, before anything is examined, where the bundle cannot be written."""
    archive.ending_of(path)
    parent = path.absolute().parent
    if path.is_dir():
        raise UsageError(f"{path}: that is a directory; name a file in it")
    if not parent.is_dir():
        raise UsageError(f"{path}: there is no directory {parent}; make it first")
    if path.exists() and not force:
        raise UsageError(f"{path}: is there already; give another name, or --force to replace it")


def make(
    settings: Settings,
    path: Path,
    *,
    force: bool = False,
    known: Mapping[type[Any], object] | None = None,
    registry: Registry | None = None,
) -> Made:
    """
    Examine, and write everything into one file; no secret ever gets to the disk.

    `known` are facts as in `diagnose`. Raises UsageError for a place where nothing can be written, Leaking when a
    secret would be in the file (which is gone then), DoctorError when it cannot be written.
    """
    check_place(path, force=force)
    registry = registry or installed()
    ends_at = time.monotonic() + settings.deadline if settings.deadline is not None else None
    run = collected(settings, known=known, registry=registry)
    differing = _differing(run, registry)
    files, missing = _files(run, known, ends_at)
    files = {**files, FACTS: run.data}
    replaced = counted(run.tokens, files)
    secrets = tuple(each for each in replaced if not each["token"].startswith("value-"))
    files = {readme.NAME: readme.text(run.observed, files, secrets, differing, missing).encode(), **files}
    files = {MANIFEST: _manifest(run.observed, files, replaced, differing, missing), **files}
    size = _write(path, files, run.tokens, force=force)
    sizes = {name: len(content) for name, content in files.items()}
    shown = app.scrub(run.report, run.clean)
    return Made(path, size, sizes, secrets, len(replaced) - len(secrets), differing, missing, shown)


@value
class Collected:
    """
    One run: the report and the facts as they are, and the same without secrets, which `data` is as a document.

    `clean` masks secrets as every report does.
    """

    settings: Settings
    report: Report
    found: Found = field(repr=False)
    tokens: Tokens
    clean: Redactor
    observed: Observation
    data: bytes


def collected(settings: Settings, *, known: Found | None = None, registry: Registry) -> Collected:
    """Examine everything, whatever the settings choose or silence: whoever reads the bundle chooses."""
    settings = replace(settings, only=(), skip=(), baseline=None, update_baseline=False, severity=(), ignore=())
    report, found = app.examined(settings, known=known, registry=registry)
    tokens = gathered(found_here(found, registry), _words(registry))
    clean = app.redactor(found, registry)
    observed = _observation(settings, report, found, registry, tokens, clean)
    return Collected(settings, report, found, tokens, clean, observed, stored.dump(observed, registry))


def found_here(found: Found, registry: Registry) -> dict[type[Any], object]:
    """The facts that a bundle keeps, those first whose names are best for what is secret in them."""
    kept = stored.kept(found, registry)
    first = {kind: kept[kind] for kind in (facts.Resolution, facts.Environment, facts.Dotenv) if kind in kept}
    return {**first, **kept}


def _words(registry: Registry) -> Iterator[str]:
    """Words of ours: a secret that is a piece of one can only be told by its place."""
    yield from (readme.WORDS, shape.WORDS, *stored.words(), *KEYS, *(spec.env for spec in KEYS.values()))
    for check in registry.checks:
        yield from (check.id, check.title)


def _observation(
    settings: Settings,
    report: Report,
    found: Found,
    registry: Registry,
    tokens: Tokens,
    clean: Redactor,
) -> Observation:
    kept = {kind: _silent(fact, clean) for kind, fact in stored.kept(found, registry).items()}
    notices = tuple(tokens.cleaned(clean(each)) for each in report.notices)
    return Observation(
        tokens.applied(replace(app.target_of(settings), shell={}, given={}, env_file=None)),
        {kind: tokens.applied(fact) for kind, fact in kept.items()},
        notices,
        tokens.masks,
        __version__,
        report.started_at,
    )


def _silent(fact: object, clean: Callable[[str], str]) -> object:
    """A configuration whose texts of errors repeat nothing that may be secret, though nobody knows of which key."""
    if not isinstance(fact, facts.Resolution):
        return fact
    from doctor.report.resolution import public_panic, public_read_error

    whole = facts.Resolution(**{name: getattr(fact, name) for name in facts.Resolution.__dataclass_fields__})
    problems = tuple(
        replace(each, text=public_panic(replace(whole, panic=each.text, problems=(each,)), str) or "")
        for each in whole.problems
    )
    return replace(
        whole,
        panic=public_panic(whole, str),
        read_error=public_read_error(whole, str),
        problems=problems,
        file=replace(whole.file, problem_text=_unquoted(whole.file.problem_text)),
    )


def _unquoted(text: str | None) -> str | None:
    """What a parser says of a file, without what it quotes of it."""
    return re.sub(r"(?<=`)[^`]+(?=`)|(?<=')[^']{2,}(?=')|(?<=\")[^\"]{2,}(?=\")", MASK, text) if text else text


# --- the proof -------------------------------------------------------------------------------------------------


def _differing(run: Collected, registry: Registry) -> tuple[str, ...]:
    """The checks that come to something else by the facts as they are in the bundle."""
    again = reexamined(stored.load(run.data, registry), Settings(), registry)
    clean = app.redactor(dict(run.found), registry, also=run.tokens.masks)

    def said(results: tuple[CheckResult, ...]) -> dict[str, object]:
        shown = app.scrub(replace(run.report, results=results), clean)
        return {each["id"]: {**each, "duration_ms": None} for each in as_json.as_json(shown)["checks"]}

    # What is masked here has a token there, and a word that is only a secret by its place is masked here alone.
    live, later = said(run.tokens.applied(run.report.results)), said(again.results)
    return tuple(id for id in live if live[id] != later.get(id))


def reexamined(observed: Observation, settings: Settings, registry: Registry) -> Report:
    """The checks of today on the facts of then, not redacted."""
    report, _ = app.examined(settings, known=observed.facts, registry=registry, stored=observed.target)
    return replace(report, started_at=observed.started_at, notices=observed.notices)


# --- the files -------------------------------------------------------------------------------------------------


def _files(run: Collected, known: Found | None, ends_at: float | None) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """The files besides the facts, and what could not be made, with the reason."""
    from doctor.report import text

    shown = app.scrub(run.report, run.clean)
    makers: dict[str, Callable[[], str]] = {
        "report.txt": lambda: text.render(shown, width=100, verbosity=1),
        "report.json": lambda: as_json.render(shown),
        "why.json": lambda: _why(run, known, ends_at),
        "resolution.json": lambda: _resolution(run.found, run.clean),
        "versions.json": lambda: excerpts.versions(run.observed.facts),
        "schema.json": lambda: excerpts.schema(run.observed.facts),
        "logs.txt": lambda: excerpts.logs(run.observed.facts),
    }
    files, missing = {}, []
    for name, maker in makers.items():
        try:
            files[name] = run.tokens.cleaned(maker()).encode("utf-8", "backslashreplace")
        except SourceError as error:
            missing.append(run.tokens.cleaned(run.clean(f"{name}: {error}")))
    return files, tuple(missing)


def _why(run: Collected, known: Found | None, ends_at: float | None) -> str:
    from doctor.report import why_json
    from doctor.sources.logs.names import read_once

    left = max(0.01, ends_at - time.monotonic()) if ends_at is not None else None
    read = run.found.get(facts.Logs) if any(map(read_once, run.settings.logs)) else None
    verdicts = app.why(
        replace(run.settings, deadline=left),
        facts.WhySelection(every=True),
        known=known,
        read=read if isinstance(read, facts.Logs) else None,
    )
    return why_json.as_json(verdicts)


def _resolution(found: Found, clean: Redactor) -> str:
    from doctor.report.resolution import resolve_json

    resolved = found.get(facts.Resolution)
    if isinstance(resolved, SourceError):
        raise resolved
    assert isinstance(resolved, facts.Resolution)
    return resolve_json(resolved, clean)


def _manifest(
    observed: Observation,
    files: Mapping[str, bytes],
    replaced: list[dict[str, Any]],
    differing: tuple[str, ...],
    missing: tuple[str, ...],
) -> bytes:
    document = {
        "schema": SCHEMA,
        "tool": {"name": "codechunk-doctor", "version": __version__},
        "created_at": observed.started_at,
        "python": platform.python_version(),
        "platform": sys.platform,
        "files": [{"path": name, "bytes": len(data), "sha256": archive.digest(data)} for name, data in files.items()],
        "replaced": replaced,
        "differing": list(differing),
        "missing": list(missing),
    }
    return (json.dumps(document, indent=2) + "\n").encode()


def _write(path: Path, files: Mapping[str, bytes], tokens: Tokens, *, force: bool) -> int:
    """Write it under another name, read it again, look for secrets, and only then give it its name."""
    data = archive.packed(path.name, files)
    try:
        with archive.placed(path, data, replace=force) as scratch:
            _search(archive.members(scratch), tokens)
    except FileExistsError:
        raise UsageError(f"{path}: is there already; give another name, or --force to replace it") from None
    except OSError as error:
        raise DoctorError(f"{path} cannot be written: {error.strerror}") from error
    return len(data)


def _search(files: Mapping[str, bytes], tokens: Tokens) -> None:
    for name, data in files.items():
        left = tokens.left_in(name.encode() + b"\n" + data)
        if left:
            raise Leaking(
                f"the bundle was not written: {name} would still hold what {', '.join(left)} stands for; "
                "this is a bug in codechunk-doctor, please report it (without the value)"
            )
