"""Where the output goes: standard output, and files that are there whole or not at all."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TextIO

import click

from doctor.errors import DoctorError, UsageError
from doctor.settings import Settings

PIPED_WIDTH = 80
# Longer lines are hard to read, however wide the window.
WIDEST = 110


def width(stream: TextIO) -> int:
    """The columns of a terminal, 80 for anything else."""
    if not _is_terminal(stream):
        return PIPED_WIDTH
    return max(40, min(WIDEST, shutil.get_terminal_size((PIPED_WIDTH, 24)).columns))


def colored(wish: str, stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether to use colour: `--color` first, then NO_COLOR, FORCE_COLOR, and whether a capable terminal listens."""
    if wish != "auto":
        return wish == "always"
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return environ["FORCE_COLOR"] != "0"
    return environ.get("TERM") != "dumb" and _is_terminal(stream)


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except ValueError:  # closed
        return False


def emit(settings: Settings, renderers: Mapping[str, Callable[[int, bool], str]]) -> None:
    """
    Write the run in every format that is asked for; a renderer takes width and colour.

    Raises DoctorError when a file or standard output cannot be written.
    """
    for format, path in settings.output:
        write(path, renderers[format](PIPED_WIDTH, False))
    color = colored(settings.color, sys.stdout, os.environ)
    say(renderers[settings.format](width(sys.stdout), color))


def say(text: str) -> bool:
    """Write to standard output; a reader that has gone away (`| head`) is no error, and answered with False."""
    from doctor.report.terminal import encodable

    try:
        click.echo(encodable(text, getattr(sys.stdout, "encoding", None)), nl=False, color=True)
        sys.stdout.flush()
    except BrokenPipeError:
        _discard_the_rest()
        return False
    except OSError as error:
        _discard_the_rest()
        raise DoctorError(f"standard output cannot be written: {error.strerror}") from error
    return True


def _discard_the_rest() -> None:
    """Keep Python from complaining at its exit about what could not be flushed."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - it stays open to the end


def notice(text: str) -> None:
    """Say something about the run itself, on standard error."""
    from doctor.report.terminal import encodable, printable

    click.echo(encodable(f"codechunk-doctor: {printable(text)}", getattr(sys.stderr, "encoding", None)), err=True)


def check_writable(output: Iterable[tuple[str, Path]]) -> None:
    """Raise UsageError, before anything runs, for a file that cannot be written."""
    seen: set[Path] = set()
    for format, path in output:
        where = f"--output {format}={path}"
        parent = path.absolute().parent
        if not parent.is_dir():
            raise UsageError(f"{where}: there is no directory {parent}; make it first")
        if path.is_dir():
            raise UsageError(f"{where}: that is a directory; name a file in it")
        if not os.access(path if _is_special(path) else path.resolve().parent, os.W_OK):
            raise UsageError(f"{where}: {parent} is not writable for you")
        if path.resolve() in seen:
            raise UsageError(f"{where}: another --output writes the same file")
        seen.add(path.resolve())


def _is_special(path: Path) -> bool:
    return path.exists() and not path.is_file()


def write(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old content or the new one, never half of it."""
    if _is_special(path):  # /dev/stderr, a named pipe
        path.write_text(text, encoding="utf-8", newline="\n")
        return
    target = path.resolve()
    scratch = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with scratch.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
        if target.exists():
            shutil.copymode(target, scratch)
        scratch.replace(target)
    except OSError as error:
        scratch.unlink(missing_ok=True)
        raise DoctorError(f"{path} cannot be written: {error.strerror}") from error
