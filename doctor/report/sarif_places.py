"""Locations as SARIF knows them: lines of files in the work tree, and things that have a name only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from doctor.model import Edit, Finding, Fix, Location, Place
from doctor.report import after, before, is_secret_key, place
from doctor.report.terminal import one_line
from doctor.report.worktree import Anchor, Worktree

ROOT = "SRCROOT"

# SARIF's words for what kind of thing a name stands for, where it has one.
_KINDS = {Place.ENV: "variable", Place.FILE: "property"}


def location(finding: Finding, worktree: Worktree) -> dict[str, Any]:
    """
    The one location of a result.

    GitHub refuses a result without a file, so that one of the work tree stands in where there is none; the logical
    location says what is meant.
    """
    found: dict[str, Any] = {"physicalLocation": physical(worktree.somewhere(finding), _written(finding))}
    named = _logical(finding.at)
    if named is not None:
        found["logicalLocations"] = [named]
    found["message"] = {"text": one_line(_described(finding.at))}
    return found


def related(finding: Finding, worktree: Worktree) -> Iterator[dict[str, Any]]:
    """The other places, numbered from 1."""
    for number, each in enumerate(finding.related, 1):
        found: dict[str, Any] = {"id": number, "message": {"text": one_line(_described(each))}}
        anchor, named = worktree.at(each), _logical(each)
        if anchor is not None:
            found["physicalLocation"] = physical(anchor)
        if named is not None:
            found["logicalLocations"] = [named]
        yield found


def _described(spot: Location) -> str:
    return place(spot) + (f" ({spot.detail})" if spot.detail else "")


def physical(anchor: Anchor, length: int | None = None) -> dict[str, Any]:
    """A place in a file; `length` is that of the text in question, in characters."""
    region: dict[str, Any] = {"startLine": anchor.line or 1}
    if anchor.line is not None and anchor.column is not None:
        region["startColumn"] = anchor.column
        if length is not None:
            region |= {"endLine": anchor.line, "endColumn": anchor.column + length}
    return {"artifactLocation": artifact(anchor.path), "region": region}


def artifact(path: str) -> dict[str, Any]:
    """A file below the root of the work tree."""
    return {"uri": quote(path, errors="surrogatepass"), "uriBaseId": ROOT}


def _logical(spot: Location) -> dict[str, Any] | None:
    name = spot.key or spot.name if spot.kind is Place.FILE else spot.name or spot.key or spot.path
    if name is None:
        return None
    plain = one_line(name)
    whole = plain if spot.kind is Place.FILE else f"{spot.kind.value}:{plain}"
    return {"name": plain, "fullyQualifiedName": whole, "kind": _KINDS.get(spot.kind, "resource")}


def _written(finding: Finding) -> int | None:
    """How long the text at the finding's own place is, known from the edit that replaces it."""
    edit = exact(finding, finding.fix) if finding.fix is not None else None
    return len(edit.before) if edit is not None and edit.before is not None else None


def exact(finding: Finding, fix: Fix) -> Edit | None:
    """The edit of a fix whose text stands just where the finding is, when it is the only one and no secret."""
    at = finding.at
    if len(fix.edits) != 1 or at.kind is not Place.FILE or at.column is None:
        return None
    edit = fix.edits[0]
    same = (edit.path, edit.line, edit.key) == (at.path, at.line, at.key)
    if not same or not edit.before or "\n" in edit.before or is_secret_key(edit.key):
        return None
    return edit if before(edit) == edit.before and after(edit) is not None else None
