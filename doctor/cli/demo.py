"""`demo`."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

import click

from doctor.cli.options import COMMON, SHOWN, command, given, only_showing, settings_of
from doctor.cli.output import notice, say

if TYPE_CHECKING:
    from doctor.embedded.walk import Stage
    from doctor.settings import Settings

INSTALL = "demo needs the servers that it starts: pip install 'codechunk-doctor[demo]'"
# What its commands are given too; they bring the rest themselves.
LOOK = ("color", "verbosity", "quiet")


@command(
    "demo",
    [
        click.Option(["--keep"], is_flag=True, default=None, help="Leave it standing at the end, until Ctrl-C."),
        *only_showing(COMMON, *LOOK),
    ],
    short_help="Show it all on a broken installation of its own.",
)
@click.pass_context
def demo(ctx: click.Context, /, keep: bool | None, **_given: object) -> int:
    """
    Set up a broken installation with a database, a NATS and a stand-in for Google; diagnose it, explain its last job,
    fix it, diagnose it again, and leave nothing behind.
    """
    _check_options(ctx)
    settings = settings_of(ctx)
    try:
        from doctor.embedded.postgres import NotInstalled
        from doctor.embedded.walk import walk
    except ImportError:
        notice(INSTALL)
        return 2
    try:
        return walk(say, look=_look(settings), keep=_stay if keep else None)
    except NotInstalled:
        notice(INSTALL)
        return 2


def _check_options(ctx: click.Context) -> None:
    """Refuse what is about another installation, or about one report: this shows several of its own."""
    typed = given(ctx)
    if typed.get("format") == "text":
        del typed["format"]
    for option in (each for each in COMMON if each.name in typed and each.name not in LOOK):
        why = (
            "prints text only"
            if option.section == SHOWN
            else "examines an installation of its own, as long as it takes"
        )
        ctx.fail(f"`{ctx.command_path}` {why}: leave out {option.opts[-1]}")


def _look(settings: Settings) -> list[str]:
    """The options for what it runs."""
    return ["--color", settings.color, *["-v"] * settings.verbosity, *["-q"] * settings.quiet]


def _stay(at: Stage) -> None:
    """Wait for Ctrl-C."""
    words = " ".join(at.options)
    say(f"\nIt stands until Ctrl-C. To look around in another terminal:\n\n  $ codechunk-doctor check {words}\n")
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            time.sleep(3600)
