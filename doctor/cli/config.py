"""`config show` and `config resolve`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import click

from doctor.cli.options import COMMON, CONTEXT, OFFLINE, Group, command, settings_of
from doctor.cli.output import emit, fit, notice
from doctor.cli.progress import waiting

if TYPE_CHECKING:
    from doctor.facts import Resolution
    from doctor.settings import Settings

COMMANDS = {
    "show": ("doctor.cli.config:show", "Every key: its value, where it comes from, who reads it."),
    "resolve": ("doctor.cli.config:resolve", "The same for machines: what the program decodes."),
}


@click.group(cls=Group, lazy=COMMANDS, params=[*COMMON, OFFLINE], context_settings=CONTEXT)
def config(**_given: object) -> None:
    """Show what codechunking makes of its configuration file and variables."""


@command("show", [*COMMON, OFFLINE])
@click.argument("keys", metavar="[KEY]...", nargs=-1)
@click.pass_context
def show(ctx: click.Context, /, keys: tuple[str, ...], **_given: object) -> int:
    """
    Show every key, or the keys and sections named: value, where it comes from, who reads it.

    What is offered for a key but ignored stands below it; -v shows also what was overridden.
    """
    from doctor.report import resolution

    settings = settings_of(ctx)
    resolved, notices = _resolved(settings)
    try:
        chosen = resolution.matching(keys, list(resolved.settings)) if keys else list(resolved.settings)
    except ValueError as error:
        ctx.fail(str(error))
    clean = _redactor(resolved)

    def text(width: int, color: bool) -> str:
        return resolution.show_text(
            resolved,
            chosen,
            clean,
            width=width,
            fit=fit(width),
            color=color,
            verbosity=settings.verbosity,
            notices=notices,
        )

    emit(settings, {"text": text, "json": lambda *_: resolution.show_json(resolved, chosen, clean)})
    if settings.format != "text":
        _say(notices, clean)
    return 0


@command("resolve", [*COMMON, OFFLINE])
@click.pass_context
def resolve(ctx: click.Context, /, **_given: object) -> int:
    """Print what the program decodes from file and variables; --format json is a stable contract."""
    from doctor.report import resolution

    settings = settings_of(ctx)
    resolved, notices = _resolved(settings)
    clean = _redactor(resolved)
    emit(
        settings,
        {
            "text": lambda *_: resolution.resolve_text(resolved, clean),
            "json": lambda *_: resolution.resolve_json(resolved, clean),
        },
    )
    _say(notices, clean)
    return 0


def _resolved(settings: Settings) -> tuple[Resolution, tuple[str, ...]]:
    from doctor import app

    with waiting("reading the configuration", quiet=settings.quiet):
        return app.resolution(settings)


def _say(notices: Iterable[str], clean: Callable[[str], str]) -> None:
    """Say on standard error what has no place in the output."""
    for each in notices:
        notice(clean(each))


def _redactor(resolved: Resolution) -> Callable[[str], str]:
    from doctor import app
    from doctor.facts import Resolution

    return app.redactor({Resolution: resolved})
