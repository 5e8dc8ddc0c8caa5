"""The few errors that end a run, each with one message for the user and an exit code."""

from __future__ import annotations


class DoctorError(Exception):
    """Something the user can put right; the message says what and how. Ends the run with `exit_code`."""

    exit_code = 3


class UsageError(DoctorError):
    """Wrong use: an unknown id, a path that is not there, a bad configuration of the doctor itself."""

    exit_code = 2


class SourceError(Exception):
    """
    A source could not observe its fact.

    A value as much as an exception: a source raises it, the engine keeps it in the fact's place, and every check
    that needs the fact is blocked with `reason`.
    """

    def __init__(self, reason: str, source: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.source = source

    def __str__(self) -> str:
        return f"{self.source}: {self.reason}" if self.source else self.reason


class Refused(SourceError):
    """A service answered that it will not do this; `sqlstate` is PostgreSQL's five-character code for the reason."""

    def __init__(self, reason: str, sqlstate: str | None = None) -> None:
        super().__init__(reason)
        self.sqlstate = sqlstate


class Silent(SourceError):
    """A service that was there stopped answering: a finding of the check that judges whether it can be reached."""


class Withheld(SourceError):
    """Something the user asked not to look at (`--offline`): checks that need it are skipped, not blocked."""

    def __str__(self) -> str:
        return self.reason


class Skipped(Exception):
    """Raised by a check that has nothing to judge here; the text tells the user why, and what would change it."""


def shortage(error: BaseException) -> str | None:
    """What this machine has run out of, where that is what an exception says; None for every other one."""
    import errno

    text = str(error)
    number = error.errno if isinstance(error, OSError) else None
    threads = isinstance(error, RuntimeError) and "start new thread" in text
    segment = isinstance(error, ImportError) and "map segment" in text
    if isinstance(error, MemoryError) or threads or segment or number == errno.ENOMEM:
        return "the system gives no more memory"
    if number in (errno.EMFILE, errno.ENFILE):
        return "the system lets no more files be opened"
    if isinstance(error, OSError) and number in (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", None)):
        where = f"{error.filename} cannot be written" if error.filename else "a file cannot be written"
        return f"{where}: {error.strerror}"
    if isinstance(error, FileNotFoundError) and "No usable temporary directory" in text:
        return "no directory takes temporary files; set TMPDIR to one that does"
    return None
