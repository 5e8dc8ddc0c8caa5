"""Where the output goes: standard output, and files that are there whole or not at all."""

from __future__ import annotations

import contextlib
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


def fit(width_asked: int) -> int | None:
    """
    What a table of this rendering may take: the columns of the terminal, None (what it needs) in a pipe or a file.

    Prose is kept narrow on a wide terminal, a table need not be.
    """
    if not _is_terminal(sys.stdout) or width_asked != width(sys.stdout):
        return None
    return max(width_asked, shutil.get_terminal_size((width_asked, 24)).columns)


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
    from doctor.report.terminal import encodable, plain

    # Python writes UTF-8 even then, but who asks for it may have a terminal that shows nothing else.
    if os.environ.get("LC_ALL") in ("C", "POSIX"):
        text = plain(text)
    try:
        click.echo(encodable(text, getattr(sys.stdout, "encoding", None)), nl=False, color=True)
        sys.stdout.flush()
    except OSError as error:
        lost(error)
        return False
    return True


def lost(error: OSError) -> None:
    """Standard output takes no more. Raises DoctorError unless it is only that the reader has gone away."""
    _discard_the_rest()
    if not isinstance(error, BrokenPipeError):
        raise DoctorError(f"standard output cannot be written: {error.strerror}") from error


def stand_in() -> None:
    """Where a standard stream is closed (`>&-`), have what is written go nowhere, and no other file take its number."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(number)
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - it stays open to the end
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115


def _discard_the_rest() -> None:
    """Keep Python from complaining at its exit about what could not be flushed."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - it stays open to the end


def notice(text: str) -> None:
    """
    Say something about the run itself, on standard error.

    It may repeat what was typed, or what another program said: what has the shape of a secret is masked.
    """
    from doctor.redact import strip_keys, strip_user
    from doctor.report.terminal import encodable, printable

    shown = printable(strip_keys(strip_user(text)))
    line = encodable(f"codechunk-doctor: {shown}", getattr(sys.stderr, "encoding", None))
    with contextlib.suppress(OSError):  # there is no other place to say it
        click.echo(line, err=True)


def check_writable(output: Iterable[tuple[str, Path]]) -> None:
    """Raise UsageError, before anything runs, for a file that cannot be written."""
    seen: set[Path] = set()
    for format, path in output:
        where = f"--output {format}={path}"
        check_file(where, path)
        if path.resolve() in seen:
            raise UsageError(f"{where}: another --output writes the same file")
        seen.add(path.resolve())


def check_file(where: str, path: Path) -> None:
    """Raise UsageError when this file, named where it says, cannot be written."""
    parent = path.absolute().parent
    if not parent.is_dir():
        raise UsageError(f"{where}: there is no directory {parent}; make it first")
    if path.is_dir():
        raise UsageError(f"{where}: that is a directory; name a file in it")
    if not os.access(path if _is_special(path) else path.resolve().parent, os.W_OK):
        raise UsageError(f"{where}: {parent} is not writable for you")


def _is_special(path: Path) -> bool:
    return path.exists() and not path.is_file()


def write(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old content or the new one, never half of it."""
    if _is_special(path):  # /dev/stderr, a named pipe
        _write_special(path, text)
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


def _write_special(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except BrokenPipeError:  # whoever read it has seen enough
        return
    except OSError as error:
        raise DoctorError(f"{path} cannot be written: {error.strerror}") from error
