"""Reads the baseline that the settings name."""

from __future__ import annotations

from pathlib import Path

from doctor.errors import UsageError
from doctor.living.baseline import Baseline, NoBaseline, parse

# Longer ones list more findings than a run can have.
LARGEST = 20_000_000


def read(path: Path, name: str, *, may_be_missing: bool = False) -> Baseline:
    """
    The baseline in a file; `name` is how reports call it.

    Raises UsageError for a file that is not there (unless it may be missing, and is empty then) or no baseline.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except FileNotFoundError:
        if may_be_missing:
            return Baseline(name)
        raise UsageError(
            f"--baseline {path}: there is no such file; --update-baseline writes it with what is found now"
        ) from None
    except OSError as error:
        raise UsageError(f"--baseline {path}: cannot be read: {error.strerror}") from error
    try:
        if len(content) > LARGEST:
            raise NoBaseline("is too large for a baseline; give another file")
        return parse(_text(content), name)
    except NoBaseline as error:
        raise UsageError(f"--baseline {path}: {error}") from None


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NoBaseline("is no baseline (not a text); give another file, which --update-baseline writes") from None
