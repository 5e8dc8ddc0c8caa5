"""`completion`."""

from __future__ import annotations

import click

from doctor.cli.options import COMMON, Word, command, only_showing, settings_of
from doctor.cli.output import emit

SHELLS = ("bash", "zsh", "fish")
PROGRAM = "codechunk-doctor"
# What a shell sets to ask for completions instead of a run; the name is click's.
VARIABLE = "_CODECHUNK_DOCTOR_COMPLETE"


@command("completion", only_showing(COMMON))
@click.argument("shell", metavar="SHELL", type=Word(SHELLS))
@click.pass_context
def completion(ctx: click.Context, /, shell: str, **_given: object) -> int:
    """
    Print what makes a shell complete commands, options, values and the ids of checks: bash, zsh or fish.

    To try it in bash: eval "$(codechunk-doctor completion bash)". To keep it, put that line into ~/.bashrc. In zsh it
    is the same with zsh and ~/.zshrc, below compinit. In fish: codechunk-doctor completion fish | source.
    """
    from doctor.report.json import dump

    settings = settings_of(ctx)
    text = script(shell)
    document = {"schema": "codechunk-doctor/completion/1", "shell": shell, "script": text}
    emit(settings, {"text": lambda *_: text, "json": lambda *_: dump(document)})
    return 0


def script(shell: str) -> str:
    """The text that the shell has to read."""
    from click.shell_completion import get_completion_class

    from doctor.cli import main

    kind = get_completion_class(shell)
    assert kind is not None
    made = kind(main, {}, PROGRAM, VARIABLE)
    # Not `source()`: that starts a bash, whichever there is, to look at its version.
    return (made.source_template % made.source_vars()).strip() + "\n"
