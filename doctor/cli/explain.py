"""`explain`."""

from __future__ import annotations

import click

from doctor.cli.list import SHOWN
from doctor.cli.options import COMMON, command, only_showing, settings_of
from doctor.cli.output import emit, fit


@command("explain", only_showing(COMMON, *SHOWN))
@click.argument("name", metavar="ID-OR-FAMILY")
@click.pass_context
def explain(ctx: click.Context, /, name: str, **_given: object) -> int:
    """Say what a check looks at, why it matters, when it is silent and how to fix what it finds."""
    from doctor.errors import UsageError
    from doctor.registry import installed
    from doctor.report import catalogue

    settings = settings_of(ctx)
    registry = installed()
    checks = tuple(registry.matching(name))
    if not checks:
        raise UsageError(registry.unknown(name))
    emit(
        settings,
        {
            "text": lambda width, color: catalogue.explain_text(
                registry, checks, width=width, fit=fit(width), color=color
            ),
            "json": lambda *_: catalogue.explain_json(registry, checks),
        },
    )
    return 0
