"""`check`, also what the bare command does."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from doctor.cli.options import CHECKING, COMMON, OFFLINE, command, given, settings_of
from doctor.cli.output import check_file, emit, notice, write
from doctor.cli.progress import waiting
from doctor.interruption import heeded
from doctor.settings.values import FORMATS

if TYPE_CHECKING:
    from doctor.model import Report
    from doctor.settings import Settings


@command("check", [*COMMON, OFFLINE, *CHECKING], formats=FORMATS, short_help="Run the checks.")
@click.pass_context
def check(ctx: click.Context, /, **_given: object) -> int:
    """Run the checks and say what is wrong, why, where, and what to type."""
    return run(ctx)


def run(ctx: click.Context) -> int:
    """Examine, report, and return the exit status."""
    from doctor import app
    from doctor.report import exit_status

    settings = settings_of(ctx)
    if settings.from_bundle is not None:
        return _from_bundle(ctx, settings)
    _check_wait(ctx, settings)
    if settings.plan:
        return _plan(settings)
    if settings.update_baseline and settings.baseline is not None:
        check_file(f"--baseline {settings.baseline}", settings.baseline)
    with heeded():
        if settings.wait:
            from doctor.cli.wait import wait

            report = wait(settings)
        else:
            with waiting("examining the installation", quiet=settings.quiet):
                report = app.diagnose(settings)
        if settings.update_baseline:
            report = _update_baseline(settings, report)
        _write(settings, report)
    return exit_status(report, settings.fail_on)


def _check_wait(ctx: click.Context, settings: Settings) -> None:
    """Refuse to wait where nothing is looked at again."""
    if settings.plan and "wait" in given(ctx) and settings.wait:
        ctx.fail("--wait looks again and again, --plan not even once: leave out one of the two")
    if settings.wait and not settings.plan and settings.logs:
        from doctor.sources.logs.names import read_once

        if any(map(read_once, settings.logs)):
            ctx.fail("--wait reads the logs again each time, a pipe or standard input can be read once: give a file")


# What asks to look at something that is there now.
LIVE = ("directory", "config", "env_file", "env", "clean_env", "worker", "logs", "plan", "wait")


def _from_bundle(ctx: click.Context, settings: Settings) -> int:
    """The same of what was observed at another time, at another place."""
    from doctor.bundle import reading
    from doctor.report import exit_status

    typed = given(ctx)
    for option in (each for each in ctx.command.params if each.name in LIVE and each.name in typed):
        ctx.fail(f"{option.opts[-1]} looks at an installation, --from-bundle at a file: leave out one of the two")
    report = reading.diagnose(settings)
    if settings.update_baseline:
        report = _update_baseline(settings, report)
    _write(settings, report)
    return exit_status(report, settings.fail_on)


def _update_baseline(settings: Settings, report: Report) -> Report:
    """Write the baseline, say what changed in it, and return the report as it is with the new one."""
    from doctor.living.baseline import dump
    from doctor.ruling import rebaselined

    assert settings.baseline is not None
    done = rebaselined(settings, report)
    write(settings.baseline, dump(done.baseline))
    change = done.change
    notice(f"{settings.baseline}: {change.added} added, {change.removed} removed, {change.kept} kept")
    return done.report


def _write(settings: Settings, report: Report) -> None:
    import os

    from doctor.cli.forge import surroundings, write_summary
    from doctor.report import REPORTERS, reporter

    def renderer(format: str, width: int, color: bool) -> str:
        return reporter(format)(
            report,
            width=width,
            color=color,
            verbosity=settings.verbosity,
            quiet=settings.quiet,
            fail_on=settings.fail_on,
            **surroundings(format, report),
        )

    emit(settings, {name: partial(renderer, name) for name in REPORTERS})
    if "github" in (settings.format, *(format for format, _ in settings.output)):
        write_summary(report, os.environ)
    for text in report.asides:
        notice(text)
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
