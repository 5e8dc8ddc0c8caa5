"""The manual page, in roff, from the same definitions as `--help`."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator

import click

from doctor import __version__
from doctor.cli import PROGRAM, main
from doctor.cli.options import Option
from doctor.settings import FILES, PREFIX

SUMMARY = "say what is wrong with an installation of codechunking, why, where, and what to type"

STATUSES = (
    ("0", "Nothing reaches the threshold (--fail-on), or what was asked for could be shown."),
    ("1", "Something reaches the threshold, or the job, batch or finding asked for stands in the way or is not there."),
    ("2", "Wrong use: an unknown option, check or file, or bad settings of the doctor itself. Nothing was examined."),
    ("3", "It could not be completed: a check crashed, the deadline came, it was interrupted, the disk is full."),
)

EXAMPLES = (
    ("Say what stands in the way, in the checkout", PROGRAM),
    ("Check before a deploy, without a network", f"{PROGRAM} check --offline --clean-env --format github"),
    ("Wait for the services to come up", f"{PROGRAM} check --wait 2m"),
    ("Say why the newest job was embedded as it was", f"{PROGRAM} why --logs worker.log"),
    ("Show the fixes, then make the safe ones", f"{PROGRAM} fix; {PROGRAM} fix --apply"),
)

_LITERAL = re.compile(r"`([^`]+)`")


def page() -> str:
    """The whole page."""
    top = click.Context(main, info_name=PROGRAM, **main.context_settings)
    lines = [
        f'.TH {PROGRAM.upper()} 1 "" "{PROGRAM} {__version__}" "User Commands"',
        ".nh",
        *_section("NAME", f"{PROGRAM} \\- {_text(SUMMARY)}"),
        *_section("SYNOPSIS", f".B {_text(PROGRAM)}", "[\\fIOPTIONS\\fR] [\\fICOMMAND\\fR] [\\fIARGUMENTS\\fR]"),
        *_section("DESCRIPTION", *_paragraphs(main)),
        *_section("OPTIONS", *_options(main, top)),
        *_section("COMMANDS", *_commands(main, top)),
        *_section("EXIT STATUS", *(line for row in STATUSES for line in _tagged(*row))),
        *_section("ENVIRONMENT", *_environment()),
        *_section("FILES", *_files()),
        *_section("EXAMPLES", *(line for row in EXAMPLES for line in _example(*row))),
    ]
    return "\n".join(lines) + "\n"


def _text(text: str) -> str:
    """Escaped: hyphens stay what can be copied, no line is a request, and other letters have their numbers."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    escaped = "".join(letter if letter.isascii() else f"\\[u{ord(letter):04X}]" for letter in escaped)
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped


def _prose(text: str) -> str:
    """The same for a paragraph: its line breaks mean nothing, and what is quoted as code is bold."""
    return _LITERAL.sub(r"\\fB\1\\fR", _text(" ".join(text.split())))


def _section(title: str, *lines: str) -> list[str]:
    return [f".SH {title}", *lines]


def _tagged(tag: str, text: str) -> Iterator[str]:
    yield ".TP"
    yield f".B {_text(tag)}"
    yield _prose(text)


def _paragraphs(command: click.Command) -> Iterator[str]:
    paragraphs = inspect.cleandoc(command.help or "").split("\n\n")
    for number, paragraph in enumerate(paragraphs):
        if number:
            yield ".PP"
        yield _prose(paragraph)


def _options(command: click.Command, ctx: click.Context, without: Iterable[str | None] = ()) -> Iterator[str]:
    """Those that --help shows, under its headings."""
    sections: dict[str, list[str]] = {}
    known = set(without)
    for parameter in command.get_params(ctx):
        record = parameter.get_help_record(ctx) if isinstance(parameter, click.Option) else None
        if record is None or parameter.name in known or (command is not main and "--help" in parameter.opts):
            continue
        sections.setdefault(getattr(parameter, "section", "Further"), []).extend(_tagged(*record))
    for title, lines in sections.items():
        yield from (f'.SS "{_text(title)}"' if command is main else f"\\fI{_text(title)}:\\fR", *lines)


def _commands(group: click.Group, ctx: click.Context) -> Iterator[str]:
    common = [each.name for each in main.params if isinstance(each, Option)]
    for name in group.list_commands(ctx):
        command = group.get_command(ctx, name)
        assert command is not None
        below = click.Context(command, parent=ctx, info_name=name, **command.context_settings)
        pieces = " ".join(command.collect_usage_pieces(below))
        path = below.command_path.removeprefix(f"{PROGRAM} ")
        yield f'.SS "{_text(path)} {_text(pieces)}"'
        yield from _paragraphs(command)
        own = list(_options(command, below, common))
        if own:
            yield ".PP"
            yield from own
        if isinstance(command, click.Group):
            yield from _commands(command, below)


def _environment() -> Iterator[str]:
    yield from _tagged(
        f"{PREFIX}*",
        f"The options of `check` and those that commands share, for example {PREFIX}FAIL_ON=warning. An option on the "
        "command line wins.",
    )
    yield from _tagged("NO_COLOR, FORCE_COLOR, TERM", "Whether text is coloured, unless --color says so.")


def _files() -> Iterator[str]:
    yield from _tagged(
        FILES[0],
        'In --dir: the same settings as keys (fail-on = "warning"); '
        f"or the table [tool.codechunk-doctor] of {FILES[1]}.",
    )


def _example(what: str, typed: str) -> Iterator[str]:
    yield from (".PP", f"{_prose(what)}:", ".PP", ".RS 4", ".EX", _text(f"$ {typed}"), ".EE", ".RE")
