"""config.start-refused: what stops the start and has no check of its own."""

from __future__ import annotations

from collections.abc import Iterator

from checks.config._problems import owner, place, said
from checks.config._start import NO_ENDPOINT, SYMPTOMS
from doctor.api import NO_FILE, Evidence, Explains, Finding, Fix, Severity, check, facts, same_key


@check(
    id="config.start-refused",
    title="The program refuses this configuration at start",
    severity=Severity.ERROR,
    blocked_by=NO_FILE,
    blocks=NO_ENDPOINT,
    explains=(
        # Every other one of the family; those about the file itself block this one and cannot wait for it.
        Explains("config.[!f]*", when=same_key),
        *SYMPTOMS,
    ),
)
def start_refused(config: facts.Resolution) -> Iterator[Finding]:
    """
    Decode and check the configuration as the program does when it starts.

    All problems are listed, also those that the program would name only after the first is corrected.

    Why it matters: every command stops at once with a Go panic and exit status 2, migrate too.

    Silent when: every problem has a finding of its own.

    How to fix: correct the key that the finding names.
    """
    if config.outcome != "panic":
        return
    unowned = [problem for problem in config.problems if owner(problem, config) is None]
    if not unowned:
        return
    first = unowned[0]
    more = f" (and {len(config.problems) - 1} more)" if len(config.problems) > 1 else ""
    yield Finding(
        f"the program stops at start: {said(first)}{more}",
        at=place(config, first.key),
        related=tuple(place(config, problem.key) for problem in unowned[1:]),
        fix=Fix(f"Set {first.key} to something; it must not be empty."),
        evidence=tuple(
            Evidence("program", said(problem), place(config, problem.key), "the start is refused")
            for problem in config.problems
        ),
    )
