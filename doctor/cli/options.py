"""The options that commands share, how they are shown in --help, and how they become Settings."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import click

from doctor.settings.values import (
    COLORS,
    FORMATS,
    PLAIN_FORMATS,
    THRESHOLDS,
    did_you_mean,
    parse_assignment,
    parse_deadline,
    parse_output,
    parse_wait,
    parse_worker,
)

if TYPE_CHECKING:
    from doctor.settings import Settings

Value = TypeVar("Value")

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}

EXAMINED = "What is examined"
CHECKED = "What is checked"
SHOWN = "How it is shown"


class Parsed(click.ParamType[Any]):
    """A text that a function of `doctor.settings.values` understands; its ValueError is the message."""

    def __init__(self, name: str, function: Callable[[str], object]) -> None:
        self.name = name
        self.function = function

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """What the function makes of the text."""
        try:
            return self.function(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Word(click.Choice[str]):
    """One of a few words; a mistyped one is met with the word that was meant."""

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
        """The message of click, with a suggestion."""
        known = tuple(self.choices)
        return f"{value!r} is not one of {', '.join(known)}{did_you_mean(str(value), known)}"


class Option(click.Option):
    """An option with the heading it stands under in --help."""

    def __init__(self, *declarations: str, section: str, **attributes: Any) -> None:
        super().__init__(declarations, **attributes)
        self.section = section


COMMON = (
    Option(
        "--dir",
        "directory",
        metavar="DIR",
        section=EXAMINED,
        help="Working directory of the installation [default: .].",
    ),
    Option(
        "--config",
        metavar="FILE",
        section=EXAMINED,
        help="What the worker is given as --config, relative to --dir [default: the program's own search].",
    ),
    Option("--env-file", metavar="FILE", section=EXAMINED, help="Take the lines of this dotenv file as exported."),
    Option(
        "--env",
        type=Parsed("assignment", parse_assignment),
        metavar="NAME=VALUE",
        multiple=True,
        section=EXAMINED,
        help="A variable, laid over --env-file; repeatable.",
    ),
    Option(
        "--clean-env/--no-clean-env",
        default=None,
        section=EXAMINED,
        help="Ignore the variables of this shell.",
    ),
    Option(
        "--worker",
        type=Parsed("worker", parse_worker),
        metavar="WHERE",
        section=EXAMINED,
        help="Where the worker runs: auto, host, pid:N or docker:NAME [default: auto].",
    ),
    Option("--format", type=Word(FORMATS), section=SHOWN, help="What standard output gets [default: text]."),
    Option(
        "--output",
        type=Parsed("output", parse_output),
        metavar="FORMAT=FILE",
        multiple=True,
        section=SHOWN,
        help="Write the same run into a file as well; repeatable.",
    ),
    Option(
        "--deadline",
        type=Parsed("duration", parse_deadline),
        metavar="DURATION",
        section=EXAMINED,
        help="End the whole run by then, for example 30s, with what is known.",
    ),
    Option("--color", type=Word(COLORS), section=SHOWN, help="Colour the text [default: auto]."),
    Option(
        "-v",
        "--verbose",
        "verbosity",
        count=True,
        section=SHOWN,
        help="Say more: what passed, what was held back and why; -vv adds durations.",
    ),
    Option("-q", "--quiet", is_flag=True, default=None, section=SHOWN, help="Say less: a line for each finding."),
)

# Of use wherever something is observed: the worker may run in a container, and asking for it opens a socket.
OFFLINE = Option("--offline/--no-offline", default=None, section=EXAMINED, help="Open no socket.")

CHECKING = (
    Option(
        "--only",
        metavar="CHECK",
        multiple=True,
        section=CHECKED,
        help="Run only these: an id, a family or a glob; repeatable.",
    ),
    Option("--skip", metavar="CHECK", multiple=True, section=CHECKED, help="Leave these out; repeatable."),
    Option(
        "--logs",
        metavar="PATH",
        multiple=True,
        section=EXAMINED,
        help="Read these logs too: a file, a directory, a glob, docker:NAME, - for standard input; "
        "repeatable; without it the recent log of a worker that runs in a container.",
    ),
    Option(
        "--fail-on",
        type=Word(THRESHOLDS),
        metavar="SEVERITY",
        section=CHECKED,
        help="Exit with 1 from error, warning or note on, or never [default: error].",
    ),
    Option(
        "--wait",
        type=Parsed("duration", parse_wait),
        metavar="DURATION",
        section=CHECKED,
        help="Look again for so long, for example 2m, until nothing that reaches --fail-on is left.",
    ),
    Option(
        "--baseline",
        metavar="FILE",
        section=CHECKED,
        help="Leave the findings alone that are listed in this file: only new ones count.",
    ),
    Option(
        "--update-baseline",
        is_flag=True,
        default=None,
        section=CHECKED,
        help="Write into that file what is found now.",
    ),
    Option(
        "--plan",
        is_flag=True,
        default=None,
        section=CHECKED,
        help="Say which files, hosts and queries a run would touch, and touch none of them.",
    ),
    Option(
        "--from-bundle",
        metavar="FILE",
        section=EXAMINED,
        help="Examine what `codechunk-doctor bundle` wrote, instead of an installation.",
    ),
)


def only_showing(options: Iterable[Option], *shown: str) -> list[click.Parameter]:
    """The options for a command to which most mean nothing: all are accepted, those named are in its --help."""
    result: list[click.Parameter] = []
    for option in options:
        twin = copy.copy(option)
        twin.hidden = option.name not in shown
        result.append(twin)
    return result


def shown(text: Callable[[click.Context], str]) -> Callable[[click.Context, click.Parameter, bool], None]:
    """What an option does that shows a text and ends; a reader that has gone away (`| head`) is no error."""

    def show(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
        if not wanted or ctx.resilient_parsing:
            return
        try:
            click.echo(text(ctx), color=ctx.color)
            sys.stdout.flush()
        except OSError as error:
            from doctor.cli.output import lost

            lost(error)
        ctx.exit()

    return show


def _offering(parameter: click.Parameter) -> click.Parameter:
    from doctor.cli.completing import Offered, offer_of

    offer = offer_of(parameter)
    if offer is None:
        return parameter
    twin = copy.copy(parameter)
    twin.type = Offered(parameter.type, offer)
    return twin


class _Sections(click.Command):
    """Shows options under their headings; `formats` are those in which the command can show what it does."""

    formats: tuple[str, ...] = PLAIN_FORMATS

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """The parameters; when a shell asks what can be typed, with what can be meant."""
        found = super().get_params(ctx)
        return [_offering(each) for each in found] if ctx.resilient_parsing else found

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """The option of click, with what is shown when it is given."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.callback = shown(click.Context.get_help)
        return option

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, each section's in the order of declaration, and the commands."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx) if isinstance(parameter, click.Option) else None
            if record is not None:
                sections.setdefault(getattr(parameter, "section", "Further"), []).append(record)
        if isinstance(self, click.Group):
            self.format_commands(ctx, formatter)
        for title, rows in sections.items():
            with formatter.section(title):
                formatter.write_dl(rows, col_max=28)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the epilog, each paragraph on its own."""
        for paragraph in (self.epilog or "").split("\n\n"):
            if paragraph:
                formatter.write_paragraph()
                formatter.write_text(paragraph)


class Command(_Sections):
    """A command of the doctor."""

    def __init__(self, *args: Any, **attributes: Any) -> None:
        attributes.setdefault("context_settings", CONTEXT)
        super().__init__(*args, **attributes)


class Group(_Sections, click.Group):
    """A group whose commands are imported when they are called; `lazy` is name -> (module:attribute, short help)."""

    def __init__(self, *args: Any, lazy: dict[str, tuple[str, str]], **attributes: Any) -> None:
        attributes.setdefault("context_settings", CONTEXT)
        super().__init__(*args, **attributes)
        self.lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order in which they are worth knowing."""
        return list(self.lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command."""
        if cmd_name not in self.lazy:
            return None
        from importlib import import_module

        module, _, attribute = self.lazy[cmd_name][0].partition(":")
        command = getattr(import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, short) for name, (_, short) in self.lazy.items()], col_max=28)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; a mistyped one is met with the one that was meant."""
        name = args[0]
        if name not in self.lazy and not name.startswith("-") and not ctx.resilient_parsing:
            known = tuple(self.lazy)
            ctx.fail(f"there is no command {name!r}{did_you_mean(name, known)}; the commands are {', '.join(known)}")
        return super().resolve_command(ctx, args)


def given(ctx: click.Context) -> dict[str, Any]:
    """
    The options of this command and those that were typed before its name, by their field in Settings.

    What can be repeated is put together; of the rest the one nearest to the end of the line counts.
    """
    chain: list[click.Context] = []
    walk: click.Context | None = ctx
    while walk is not None:
        chain.insert(0, walk)
        walk = walk.parent
    mine = {parameter.name for parameter in ctx.command.params}
    found: dict[str, Any] = {}
    for level in chain:
        for option in (each for each in level.command.params if isinstance(each, Option)):
            name = str(option.name)
            value = level.params.get(name)
            if value is None or value == () or (option.count and not value):
                continue
            if name not in mine:
                ctx.fail(f"{option.opts[-1]} is not an option of `{ctx.command_path}`")
            found[name] = found[name] + value if name in found and _adds_up(option) else value
    return found


def _adds_up(option: click.Option) -> bool:
    return option.multiple or option.count


def settings_of(ctx: click.Context) -> Settings:
    """
    The settings of this run, from the command line, the variables and the settings file.

    Raises UsageError for what must be put right first, files that cannot be written included.
    """
    import os
    from pathlib import Path

    from doctor.cli.output import check_writable
    from doctor.settings import load

    values = given(ctx)
    ctx.meta["verbosity"] = values.get("verbosity", 0)
    if "env" in values:
        values["env"] = dict(values["env"])
    if "env_file" in values:
        values["env_file"] = Path(values["env_file"])
    if "baseline" in values:
        values["baseline"] = Path(values["baseline"])
    if "from_bundle" in values:
        values["from_bundle"] = Path(values["from_bundle"])
    settings = _in_its_formats(ctx, values, load(values, os.environ))
    ctx.meta["verbosity"] = settings.verbosity
    ctx.meta["settings"] = settings
    check_writable(settings.output)
    return settings


def _in_its_formats(ctx: click.Context, typed: dict[str, Any], settings: Settings) -> Settings:
    """
    The settings with formats that this command has.

    Others are refused when they were typed; what a variable or the settings file says is meant for `check`.
    """
    from dataclasses import replace

    whole = isinstance(ctx.command, _Sections) and ctx.command.formats == FORMATS
    if whole and not settings.plan:
        return settings
    wanted = {settings.format if "format" in typed else "text", *(format for format, _ in typed.get("output", ()))}
    for format in sorted(wanted - set(PLAIN_FORMATS)):
        what = "--plan" if whole else f"`{ctx.command_path}`"
        ctx.fail(f"{what} has no format {format!r}, only {' and '.join(PLAIN_FORMATS)}")
    return replace(
        settings,
        format=settings.format if settings.format in PLAIN_FORMATS else "text",
        output=tuple(each for each in settings.output if each[0] in PLAIN_FORMATS),
    )


def command(
    name: str, options: Sequence[click.Parameter], *, formats: tuple[str, ...] = PLAIN_FORMATS, **attributes: Any
) -> Callable[[Callable[..., Any]], Command]:
    """Make a command of a function, with these options; only `check` has all formats."""
    shown = [_narrowed(option, formats) for option in options]

    def decorate(function: Callable[..., Any]) -> Command:
        made: Command = click.command(name, cls=Command, params=shown, **attributes)(function)
        made.formats = formats
        return made

    return decorate


def _narrowed(option: click.Parameter, formats: tuple[str, ...]) -> click.Parameter:
    """The option, or its twin with these formats only."""
    types: dict[str | None, click.ParamType[Any]] = {
        "format": Word(formats),
        "output": Parsed("output", partial(parse_output, known=formats)),
    }
    if formats == FORMATS or option.name not in types:
        return option
    twin = copy.copy(option)
    twin.type = types[option.name]
    return twin
