"""The source of what the logs tell, for the checks."""

from __future__ import annotations

from pathlib import Path

from doctor.engine import Touches, source
from doctor.errors import SourceError, UsageError, Withheld
from doctor.facts import Worker
from doctor.facts.logs import Logs
from doctor.target import Deadline, Target

# Reading takes as long as it takes; a run that has to end earlier has a deadline of its own.
PATIENCE = 6 * 3600.0

NOTHING_GIVEN = "no log was given (--logs PATH)"


def touches(target: Target) -> Touches:
    """The logs that were named, each file of a directory or pattern by itself."""
    if not target.logs:
        return Touches()
    from doctor.sources.logs.names import named

    meant = [each for argument in target.logs for each in named(argument, Path.cwd())]
    names = (target.display(each.path) if each.path is not None else each.name for each in meant)
    return Touches(files=tuple(name for name in names if name != "-"))


@source("logs", deadline=PATIENCE, touches=touches)
def logs(target: Target, deadline: Deadline) -> Logs:
    """Read what `--logs` names; where no line of the program is in it, nothing can be judged by it."""
    if not target.logs:
        raise Withheld(NOTHING_GIVEN)
    found = _read(target, deadline, None)
    if (lack := _lack(found)) is not None:
        raise SourceError(lack)
    return found


def touches_own(worker: Worker) -> Touches:
    """The worker's own log, where that is known to be in a file."""
    from doctor.sources.logs.own import written_to

    path = written_to(worker)
    return Touches(files=(path,) if path is not None else ())


@source("logs", deadline=PATIENCE, touches=touches_own)
def own_logs(target: Target, deadline: Deadline, worker: Worker) -> Logs:
    """Read the recent part of the worker's own log, for a run to which none was named."""
    found = _read(target, deadline, worker)
    problem = next((each.problem for each in found.inputs if each.problem is not None), None)
    if problem is not None and not any(each.lines for each in found.inputs):
        raise SourceError(f"the log of {found.inputs[0].path} could not be read: {problem}")
    if (lack := _lack(found)) is not None:
        raise Withheld(f"{NOTHING_GIVEN}, and of the worker's own: {lack}")
    return found


def _lack(found: Logs) -> str | None:
    """
    Why nothing can be judged by these logs; None where one line of the program is in one of them.

    A log beside it may well be empty: it was rotated a moment ago.
    """
    if found.counts or found.unrecognised or any(each.format != "foreign" for each in found.inputs):
        return None
    first, *others = ["standard input" if each.path == "-" else each.path for each in found.inputs]
    names = f"{first} and {len(others)} more" if others else first
    if found.unfinished is not None:
        return f"a log was {found.unfinished} ({names})"
    if not any(each.lines for each in found.inputs):
        return f"there is nothing in {names}"
    return f"no line of {names} is known to be codechunking's"


def _read(target: Target, deadline: Deadline, worker: Worker | None) -> Logs:
    # Most runs know of no log, and are spared what reads one.
    if not target.logs and (worker is None or (worker.pid is None and worker.container is None)):
        raise Withheld(NOTHING_GIVEN)
    from doctor.sources.logs.own import inputs_of

    ends_at = None if deadline.ends_at is None else deadline.ends_within(PATIENCE)
    try:
        inputs = inputs_of(target, worker, ends_at)
    except UsageError as error:
        if not any(each.startswith("docker:") for each in target.logs):
            raise
        raise SourceError(str(error)) from error
    if not inputs:
        raise Withheld(NOTHING_GIVEN)
    from doctor.logs.scan import Window
    from doctor.sources.logs.run import read

    return read(inputs, Window(), ends_at=ends_at)


SOURCES = (logs,)
# In the place of the other one, where no log is named: this one waits until the worker was found.
OWN = (own_logs,)
