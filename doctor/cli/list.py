"""`list`."""

from __future__ import annotations

import click

from doctor.cli.options import COMMON, command, only_showing, settings_of
from doctor.cli.output import emit

SHOWN = ("format", "output", "color")


@command("list", only_showing(COMMON, *SHOWN))
@click.pass_context
def list_checks(ctx: click.Context, /, **_given: object) -> int:
    """List the checks, family by family, with what they can find."""
    from doctor.registry import installed
    from doctor.report import catalogue

    settings = settings_of(ctx)
    registry = installed()
    emit(
        settings,
        {
            "text": lambda width, color: catalogue.list_text(registry, width=width, color=color),
            "json": lambda *_: catalogue.list_json(registry),
        },
    )
    return 0
