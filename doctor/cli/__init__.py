"""The command line: the group of commands, and which exit status every way of ending has."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import click

from doctor import __version__, interruption
from doctor.cli.options import CHECKING, COMMON, OFFLINE, Group, shown
from doctor.errors import DoctorError, SourceError, UsageError, shortage
from doctor.settings.values import FORMATS

if TYPE_CHECKING:
    from doctor.settings import Settings

PROGRAM = "codechunk-doctor"

COMMANDS = {
    "check": ("doctor.cli.check:check", "Run the checks (also what the bare command does)."),
    "config": ("doctor.cli.config:config", "Show what codechunking makes of its file and variables."),
    "why": ("doctor.cli.why:why", "Say why a repository was embedded as it was, or not at all."),
    "fix": ("doctor.cli.fix:fix", "Show, verify and make the fixes for what the checks find."),
    "logs": ("doctor.cli.logs:logs", "Say what happened according to the logs."),
    "jobs": ("doctor.cli.jobs:jobs", "List the indexing jobs in the database."),
    "batches": ("doctor.cli.batches:batches", "Show the batch embedding jobs at Google and their rows."),
    "bundle": ("doctor.cli.bundle:bundle", "Write one archive with everything a maintainer needs."),
    "demo": ("doctor.cli.demo:demo", "Show it all on a broken installation of its own."),
    "list": ("doctor.cli.list:list_checks", "List the checks."),
    "explain": ("doctor.cli.explain:explain", "Say what a check finds, why it matters, how to fix it."),
    "diff": ("doctor.cli.diff:diff", "Compare two reports: new, fixed, unchanged."),
    "completion": ("doctor.cli.completion:completion", "Print what makes bash, zsh or fish complete commands."),
}

EPILOG = """\
Exit status: 0 nothing at the threshold, 1 findings at or above it, 2 wrong use, 3 could not complete.

Options of `check` and those that commands share can also be given as variables (CODECHUNK_DOCTOR_FAIL_ON)
or in codechunk-doctor.toml (fail-on = ...)."""


class Unexpected(Exception):
    """An exception that nothing here provides for: our bug, and the user is told so."""

    def __init__(self, error: Exception, verbose: bool, settings: Settings | None) -> None:
        super().__init__(str(error))
        self.error = error
        self.verbose = verbose
        self.settings = settings


class Program(Group):
    """The top of the command line: every way a run can end becomes a message on stderr and an exit status."""

    formats = FORMATS

    def main(self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any) -> NoReturn:  # type: ignore[override]
        """Run and exit: the status is what the command returns, 2 for wrong use, 3 for what could not complete."""
        extra.pop("standalone_mode", None)
        if None in (sys.stdin, sys.stdout, sys.stderr):
            from doctor.cli.output import stand_in

            stand_in()
        try:
            with interruption.handled():
                status = super().main(args, prog_name or PROGRAM, standalone_mode=False, **extra)
        except click.ClickException as error:
            with contextlib.suppress(OSError):  # there is no other place to say it
                error.show()
            status = error.exit_code
        except click.Abort:
            status = _say("interrupted", 3)
        except DoctorError as error:
            status = _say(str(error), error.exit_code)
        except SourceError as error:
            status = _say(f"could not complete: {error}", 3)
        except Unexpected as bug:
            status = _report_bug(bug)
        sys.exit(status or 0)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; an exception of no kind that is meant for users is marked as ours."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.Abort, click.exceptions.Exit, DoctorError, SourceError):
            raise
        except Exception as error:
            if (missing := shortage(error)) is not None:
                raise DoctorError(f"could not complete: {missing}") from error
            if isinstance(error, FileNotFoundError) and _nowhere():
                raise UsageError("the directory that this runs in has been removed; change to another one") from error
            if isinstance(error, PermissionError) and error.filename:
                raise UsageError(f"{error.filename}: this user may not look there") from error
            raise Unexpected(error, ctx.meta.get("verbosity", 0) > 0, ctx.meta.get("settings")) from error


def _nowhere() -> bool:
    """Whether the working directory was removed, so that no relative path leads anywhere."""
    import os

    try:
        os.getcwd()  # noqa: PTH109 - pathlib is not loaded here
    except OSError:
        return True
    return False


def _say(message: str, status: int) -> int:
    try:
        from doctor.cli.output import notice

        notice(message)
    except (ImportError, MemoryError, OSError):  # without the memory or files for what makes it safe to print
        sys.stderr.write(f"{PROGRAM}: {message.encode('ascii', 'backslashreplace').decode()!r}\n")
    return status


def _report_bug(bug: Unexpected) -> int:
    """One line, or the whole trace with -v; neither with a secret of this shell or this installation in it."""
    import traceback

    clean = _redactor(bug.settings)
    error = bug.error
    advice = "please report it" if bug.verbose else "please report it with the output of the same command and -v"
    if bug.verbose:
        trace = "".join(traceback.format_exception(error))
        click.echo(clean(trace), err=True, nl=False)
    return _say(clean(f"this is a bug in codechunk-doctor ({type(error).__name__}: {error}); {advice}"), 3)


def _redactor(settings: Settings | None) -> Callable[[str], str]:
    """What masks the secrets that can be known, whatever it is that has just failed."""
    import os

    from doctor.redact import Redactor, secrets_of

    shell = tuple(secrets_of(os.environ))
    if settings is not None:
        from doctor import app

        with contextlib.suppress(Exception):
            return app.local_redactor(settings, also=shell)
    return Redactor(shell)


@click.group(
    PROGRAM,
    cls=Program,
    lazy=COMMANDS,
    params=[*COMMON, OFFLINE, *CHECKING],
    invoke_without_command=True,
    epilog=EPILOG,
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=shown(lambda _ctx: f"{PROGRAM} {__version__}"),
    help="Show the version and exit.",
)
@click.pass_context
def main(ctx: click.Context, /, **_given: object) -> int | None:
    """
    Say what is wrong with an installation of codechunking, why, where, and what to type.

    Without a command the checks run, as with `check`.
    """
    if ctx.invoked_subcommand is not None:
        return None
    from doctor.cli.check import run

    return run(ctx)
