"""`diff`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from doctor.cli.options import CHECKING, COMMON, command, only_showing, settings_of
from doctor.cli.output import emit

if TYPE_CHECKING:
    from doctor.living.difference import Difference
    from doctor.living.seen import SeenReport

FAIL_ON = tuple(each for each in CHECKING if each.name == "fail_on")
SHOWN = ("format", "output", "color", "verbosity", "quiet", "fail_on")
# Longer files are no reports.
LARGEST = 200_000_000


@command("diff", only_showing((*COMMON, *FAIL_ON), *SHOWN), short_help="Compare two reports: new, fixed, unchanged.")
@click.argument("old", metavar="OLD.json")
@click.argument("new", metavar="NEW.json")
@click.pass_context
def diff(ctx: click.Context, /, old: str, new: str, **_given: object) -> int:
    """
    Compare two reports of `check --format json`: which findings are new, fixed, unchanged, what is not judged any more.

    Findings are the same when they are about the same thing, wherever its line has moved to. One of the two files can
    be - for standard input. The exit status is 1 when NEW has a finding, not suppressed, that reaches --fail-on and
    that OLD has not.
    """
    from doctor.living.difference import difference
    from doctor.report import diff as report

    settings = settings_of(ctx)
    if old == new == "-":
        ctx.fail("only one of the two reports can come from standard input")
    found = difference(_read(old), _read(new))
    status = _status(found, settings.fail_on)

    def text(width: int, color: bool) -> str:
        return report.text(
            found,
            status=status,
            fail_on=settings.fail_on,
            width=width,
            color=color,
            verbosity=settings.verbosity,
            quiet=settings.quiet,
        )

    emit(settings, {"text": text, "json": lambda *_: report.json(found)})
    return status


def _status(found: Difference, fail_on: str) -> int:
    from doctor.model import Severity

    return 0 if fail_on == "never" else int(found.reaches(Severity(fail_on)))


def _read(name: str) -> SeenReport:
    """The report in a file. Raises UsageError when there is none."""
    from doctor.errors import UsageError
    from doctor.living.seen import NoReport, parse

    try:
        content = sys.stdin.buffer.read(LARGEST + 1) if name == "-" else _content(Path(name))
    except OSError as error:
        raise UsageError(f"{name}: cannot be read: {error.strerror}; `check --output json={name}` writes it") from error
    called = "standard input" if name == "-" else name
    try:
        if len(content) > LARGEST:
            raise NoReport("is too large for a report")
        return parse(content.decode("utf-8-sig"), name)
    except UnicodeDecodeError:
        fault = "is not a text"
    except NoReport as error:
        fault = str(error)
    raise UsageError(f"{called} {fault}; give what `codechunk-doctor check --format json` prints")


def _content(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LARGEST + 1)
