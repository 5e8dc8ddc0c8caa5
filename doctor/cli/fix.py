"""`fix`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from doctor.cli.options import CHECKING, COMMON, OFFLINE, command, settings_of
from doctor.cli.output import emit, notice
from doctor.cli.progress import waiting
from doctor.interruption import completed, heeded

if TYPE_CHECKING:
    from doctor.settings import Settings

# What chooses checks; the rest of what `check` takes has no meaning here.
CHOOSING = tuple(each for each in CHECKING if each.name not in ("plan", "wait", "update_baseline", "from_bundle"))


class Fixing(click.Option):
    """An option of this command alone; it is no setting."""

    section = "What is written"


FIXING = (
    Fixing(["--apply"], is_flag=True, default=None, help="Write the safe fixes; a backup is kept."),
    Fixing(
        ["--unsafe"],
        multiple=True,
        metavar="CHECK",
        help="Take in this check's fix too, though it may not be what you want; repeatable.",
    ),
    Fixing(["--undo"], is_flag=True, default=None, help="Bring back what the last --apply changed."),
)


@command("fix", [*FIXING, *COMMON, OFFLINE, *CHOOSING], short_help="Fix what the checks find.")
@click.pass_context
def fix(ctx: click.Context, /, apply: bool | None, unsafe: tuple[str, ...], undo: bool | None, **_given: object) -> int:
    """
    Show as a diff what would be changed to fix what the checks find; each fix is tried on a copy first.

    Nothing is written without --apply. Only files of the installation are ever changed: what databases, containers
    and services need is shown as commands.
    """
    if undo and (apply or unsafe):
        ctx.fail("--undo takes back what was written; leave out --apply and --unsafe")
    settings = settings_of(ctx)
    return _undo(settings) if undo else _fix(settings, unsafe, apply=bool(apply))


def _fix(settings: Settings, unsafe: tuple[str, ...], *, apply: bool) -> int:
    from doctor import repair
    from doctor.report import exit_status
    from doctor.report import repair as report

    with heeded(), waiting("examining the installation, and trying the fixes", quiet=settings.quiet):
        found = repair.repair(settings, apply=apply, unsafe=unsafe)

    def text(width: int, color: bool) -> str:
        return report.text(found, width=width, color=color, verbosity=settings.verbosity, quiet=settings.quiet)

    emit(settings, {"text": text, "json": lambda *_: report.json(found)})
    for aside in found.report.asides:
        notice(aside)
    if found.left.incomplete is not None and settings.format != "text":
        notice(f"could not complete: {found.left.incomplete}")
    status = exit_status(found.left, settings.fail_on)
    # What should have been written and was not is no success, whatever the threshold.
    return max(status, 1) if found.problem is not None else status


def _undo(settings: Settings) -> int:
    from doctor import repair
    from doctor.report import repair as report
    from doctor.report.json import dump
    from doctor.target import Target

    with completed():
        result = repair.undo(settings)
    display = Target(settings.directory.absolute()).display
    document = {"restored": [display(each) for each in result.restored], "left": list(result.left)}
    emit(
        settings,
        {
            "text": lambda width, _: report.undone(result, width=width),
            "json": lambda *_: dump({"schema": "codechunk-doctor/undo/1", **document}),
        },
    )
    return 1 if result.left else 0
