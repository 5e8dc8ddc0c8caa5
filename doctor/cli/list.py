"""`list`."""

from __future__ import annotations

import click

from doctor.cli.options import COMMON, command, only_showing, settings_of
from doctor.cli.output import emit, fit

SHOWN = ("format", "output", "color")


@command("list", only_showing(COMMON, *SHOWN))
@click.argument("names", nargs=-1, metavar="[ID-OR-FAMILY]...")
@click.pass_context
def list_checks(ctx: click.Context, /, names: tuple[str, ...], **_given: object) -> int:
    """List the checks, family by family, with what they can find; of some families only, if named."""
    from doctor.registry import installed
    from doctor.report import catalogue

    settings = settings_of(ctx)
    registry = installed()
    chosen = registry.select(names)
    emit(
        settings,
        {
            "text": lambda width, color: catalogue.list_text(
                registry, chosen, width=width, fit=fit(width), color=color
            ),
            "json": lambda *_: catalogue.list_json(chosen),
        },
    )
    return 0
