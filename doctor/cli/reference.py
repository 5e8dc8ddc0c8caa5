"""The `--help` texts of all commands, for the documentation."""

from __future__ import annotations

import click

from doctor.cli import PROGRAM, main

WIDTH = 80


def help_texts() -> dict[str, str]:
    """Command (`config show`; `codechunk-doctor` for the top) -> its help text, always of the same width."""
    texts: dict[str, str] = {}
    _collect(main, PROGRAM, None, texts)
    return texts


def _collect(command: click.Command, name: str, parent: click.Context | None, texts: dict[str, str]) -> None:
    ctx = click.Context(command, parent=parent, info_name=name, terminal_width=WIDTH, **command.context_settings)
    texts[ctx.command_path.removeprefix(f"{PROGRAM} ")] = command.get_help(ctx)
    if isinstance(command, click.Group):
        for each in command.list_commands(ctx):
            child = command.get_command(ctx, each)
            assert child is not None
            _collect(child, each, ctx, texts)
