"""The source of what the logs tell, for the checks."""

from __future__ import annotations

from pathlib import Path

from doctor.engine import Touches, source
from doctor.errors import Withheld
from doctor.facts.logs import Logs
from doctor.target import Deadline, Target

# Reading takes as long as it takes; a run that has to end earlier has a deadline of its own.
PATIENCE = 6 * 3600.0

NOTHING_GIVEN = "no log was given (--logs PATH)"


def touches(target: Target) -> Touches:
    """The logs as they were named."""
    return Touches(files=tuple(each for each in target.logs if each != "-"))


@source("logs", deadline=PATIENCE, touches=touches)
def logs(target: Target, deadline: Deadline) -> Logs:
    """Read what `--logs` names."""
    if not target.logs:
        raise Withheld(NOTHING_GIVEN)
    from doctor.logs.scan import Window
    from doctor.sources.logs.inputs import awaited, expand
    from doctor.sources.logs.run import read

    ends_at = None if deadline.ends_at is None else deadline.ends_within(PATIENCE)
    inputs = awaited(expand(target.logs, Path.cwd(), target.display), ends_at)
    return read(inputs, Window(), ends_at=ends_at)


SOURCES = (logs,)
