"""`check`, also what the bare command does."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from doctor.cli.options import CHECKING, COMMON, OFFLINE, command, settings_of
from doctor.cli.output import emit, notice
from doctor.cli.progress import waiting

if TYPE_CHECKING:
    from doctor.model import Report
    from doctor.settings import Settings


@command("check", [*COMMON, OFFLINE, *CHECKING], short_help="Run the checks.")
@click.pass_context
def check(ctx: click.Context, /, **_given: object) -> int:
    """Run the checks and say what is wrong, why, where, and what to type."""
    return run(ctx)


def run(ctx: click.Context) -> int:
    """Examine, report, and return the exit status."""
    from doctor import app
    from doctor.report import exit_status

    settings = settings_of(ctx)
    if settings.plan:
        return _plan(settings)
    with waiting("examining the installation", quiet=settings.quiet):
        report = app.diagnose(settings)
    _write(settings, report)
    return exit_status(report, settings.fail_on)


def _write(settings: Settings, report: Report) -> None:
    from doctor.report import REPORTERS, reporter

    def renderer(format: str, width: int, color: bool) -> str:
        return reporter(format)(
            report,
            width=width,
            color=color,
            verbosity=settings.verbosity,
            quiet=settings.quiet,
            fail_on=settings.fail_on,
        )

    emit(settings, {name: partial(renderer, name) for name in REPORTERS})
    if settings.format == "text" and not settings.quiet:
        return
    # What the text says in its own lines has no place in a machine's format.
    for text in report.notices:
        notice(text)
    if report.incomplete is not None:
        notice(f"could not complete: {report.incomplete}")


def _plan(settings: Settings) -> int:
    from doctor import app
    from doctor.report import plan

    touched = app.plan(settings)

    def text(width: int, color: bool) -> str:
        return plan.text(touched, width=width, color=color)

    emit(settings, {"text": text, "json": lambda *_: plan.json(touched)})
    return 0
