"""Examining a bundle instead of an installation."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from doctor import __version__, app
from doctor.bundle import archive, making, stored
from doctor.bundle.codec import Unreadable
from doctor.bundle.making import FACTS, MANIFEST
from doctor.errors import UsageError
from doctor.model import Report
from doctor.registry import Registry, installed
from doctor.settings import Settings

_NAME, _, _NEWEST = making.SCHEMA.rpartition("/")


def diagnose(settings: Settings, *, registry: Registry | None = None) -> Report:
    """
    The checks that the settings select, on the facts in their bundle; nothing but that file is opened.

    Raises UsageError for a file that is no bundle, or none that can be read.
    """
    assert settings.from_bundle is not None
    path, registry = settings.from_bundle, registry or installed()
    try:
        files = archive.members(path)
        manifest = _manifest(files)
        observed = stored.load(_whole(files, manifest), registry)
    except OSError as error:
        raise UsageError(f"--from-bundle {path}: {(error.strerror or str(error)).lower()}") from error
    except archive.Damaged as error:
        raise UsageError(f"--from-bundle {path}: {error}") from error
    except Unreadable as error:
        by = _made_by(files)
        raise UsageError(
            f"--from-bundle {path}: cannot be read{by}, this is {__version__} ({str(error)[:200]})"
        ) from error
    report = making.reexamined(observed, settings, registry)
    origin = f"this is what was observed at {observed.started_at}, as the bundle {path} has it"
    report = replace(report, notices=(origin, *report.notices))
    return app.scrub(report, app.redactor(dict(observed.facts), registry, also=observed.tokens))


def _manifest(files: dict[str, bytes]) -> dict[str, Any]:
    """The manifest, if it is one that this version understands."""
    if MANIFEST not in files:
        raise archive.Damaged("is not a bundle of codechunk-doctor: it has no manifest.json")
    try:
        manifest = json.loads(files[MANIFEST])
    except (ValueError, RecursionError) as error:
        raise archive.Damaged("is damaged: its manifest.json is no JSON") from error
    schema = str(manifest.get("schema")) if isinstance(manifest, dict) else ""
    name, _, number = schema.rpartition("/")
    if name != _NAME or not number.isdecimal():
        raise archive.Damaged("is not a bundle of codechunk-doctor: its manifest.json is another program's")
    if number != _NEWEST:
        raise archive.Damaged(
            f"is a bundle of format {number[:6]}, made by a newer codechunk-doctor; this one ({__version__}) reads "
            f"format {_NEWEST}: install the newest version"
        )
    assert isinstance(manifest, dict)
    return manifest


def _whole(files: dict[str, bytes], manifest: dict[str, Any]) -> bytes:
    """The facts, which are as they were when the manifest was written."""
    listed = manifest.get("files")
    expected = {
        str(each.get("path")): each.get("sha256")
        for each in (listed if isinstance(listed, list) else ())
        if isinstance(each, dict)
    }
    if FACTS not in expected or FACTS not in files:
        raise archive.Damaged("is damaged: there is no facts.json in it")
    if archive.digest(files[FACTS]) != expected[FACTS]:
        raise archive.Damaged("is damaged: facts.json is not what manifest.json says")
    return files[FACTS]


def _made_by(files: dict[str, bytes]) -> str:
    """Which version made it, where it says so."""
    try:
        version = str(json.loads(files[MANIFEST])["tool"]["version"])[:20]
    except (KeyError, TypeError, ValueError):
        return ""
    return f": it was made by codechunk-doctor {version}"
