"""`demo`."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

import click

from doctor.cli.options import COMMON, command, only_showing
from doctor.cli.output import notice, say

if TYPE_CHECKING:
    from doctor.embedded.walk import Stage

INSTALL = "demo needs the servers that it starts: pip install 'codechunk-doctor[demo]'"


@command(
    "demo",
    [
        click.Option(["--keep"], is_flag=True, default=None, help="Leave it standing at the end, until Ctrl-C."),
        *only_showing(COMMON),
    ],
    short_help="Show it all on a broken installation of its own.",
)
def demo(keep: bool | None, **_given: object) -> int:
    """
    Set up a broken installation with a database, a NATS and a stand-in for Google; diagnose it, explain its last job,
    fix it, diagnose it again, and leave nothing behind.
    """
    try:
        from doctor.embedded.postgres import NotInstalled
        from doctor.embedded.walk import walk
    except ImportError:
        notice(INSTALL)
        return 2
    try:
        return walk(say, keep=_stay if keep else None)
    except NotInstalled:
        notice(INSTALL)
        return 2


def _stay(at: Stage) -> None:
    """Wait for Ctrl-C."""
    words = " ".join(at.options)
    say(f"\nIt stands until Ctrl-C. To look around in another terminal:\n\n  $ codechunk-doctor check {words}\n")
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            time.sleep(3600)
