"""doctor.baseline-stale: the baseline lists findings that are gone."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from doctor.api import Finding, Fix, Location, Place, Severity, check, facts


@check(
    id="doctor.baseline-stale",
    title="The baseline lists a finding that is gone",
    severity=Severity.NOTE,
)
def baseline_stale(baseline: facts.Baseline) -> Iterator[Finding]:
    """
    Look for entries of the baseline (`--baseline FILE`) to which no finding of this run belongs any more.

    An entry says how many findings it stands for: when some are left, but fewer, it is stale as well.

    Why it matters: the same fault can come back, and nobody would be told.

    Silent when: no baseline is given; the check that the entry names was not selected, or had no answer (skipped,
    blocked, crashed), so that nobody knows whether the finding is gone.

    How to fix: write the baseline anew with `--update-baseline`, which removes such entries, and commit it.
    """
    for entry in baseline.unmatched:
        yield Finding(
            f"{entry.check} ({entry.about}) {_gone(entry.listed, entry.left)}",
            at=Location(Place.FILE, path=baseline.path, line=entry.line, name=f"{entry.check} {entry.about}"),
            fix=Fix(
                "Write the baseline anew, with the options that this run had.",
                (f"codechunk-doctor check --baseline {shlex.quote(baseline.path)} --update-baseline",),
            ),
        )


def _gone(listed: int, left: int) -> str:
    if left:
        return f"is listed {listed} times in the baseline, and found {'once' if left == 1 else f'{left} times'}"
    return "is listed in the baseline, and no longer found"
