"""worker.restart-needed: files and variables changed after the worker read them."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from checks.worker._words import last_life, listed, restart, span, stamp
from doctor import api
from doctor.api import NO_FILE, Finding, Fix, Guide, Location, Observed, Severity, check, facts

# The start of a process and the time of a file come from different clocks of one machine.
LEEWAY = 2.0


@check(
    id="worker.restart-needed",
    title="The worker runs with older settings",
    severity=Severity.WARNING,
    guide=Guide.SEQUENTIAL,
    blocked_by=NO_FILE,
)
def restart_needed(
    worker: facts.Worker, drift: facts.Drift, config: facts.Resolution, logs: Observed[facts.Logs]
) -> Iterator[Finding]:
    """
    Compare what the running worker read at its start with the configuration file and the variables of now.

    The worker reads both once, at its start. Those that would now apply are the compose file's with its `env_file` and
    `.env`, or those of the `--env-file`.

    Why it matters: a change that was made since has no effect, however right it is.

    Silent when: the file is older than the process and the variables come to the same values; nothing is known to run.

    How to fix: restart the worker, the last step of the guide.
    """
    if drift.started_at is None:
        return
    yield from _file(worker, drift, config, logs.value)
    if drift.variables:
        yield _variables(worker, drift)


def _file(
    worker: facts.Worker, drift: facts.Drift, config: facts.Resolution, logs: facts.Logs | None
) -> Iterator[Finding]:
    changed, started = drift.changed_at, drift.started_at
    if drift.file is None or changed is None or started is None or changed <= started + LEEWAY:
        return
    met = api.settings.Settings(config, last_life(logs)).changed
    told = f": it still has {', '.join(f'{each.key} {each.then}' for each in met[:3])}" if met else ""
    yield Finding(
        f"{drift.file} was changed {span(changed - started)} after the worker started ({stamp(started)}){told}",
        at=Location.file(drift.file, detail=_inside(worker)),
        fix=Fix("Restart the worker.", restart(worker)),
    )


def _inside(worker: facts.Worker) -> str | None:
    return f"in container {worker.container.name}" if worker.container is not None else None


def _variables(worker: facts.Worker, drift: facts.Drift) -> Finding:
    first, *rest = drift.variables
    more = f" and {len(drift.variables) - 3} more" if len(drift.variables) > 3 else ""
    commands: tuple[str, ...] = ()
    if worker.container is not None and worker.container.service:
        commands = (f"docker compose up -d {shlex.quote(worker.container.service)}",)
    places = [each.at for each in rest[:2] if each.at is not None]
    return Finding(
        f"the worker's variables are not those of {drift.source or 'now'}: "
        f"{'; '.join(_told(each) for each in drift.variables[:3])}{more}",
        at=first.at or Location.env(first.key),
        related=tuple(places),
        fix=Fix("Start the worker anew with the variables of now; a plain restart keeps the old ones.", commands),
    )


def _told(each: facts.Difference) -> str:
    if each.had == each.now:
        return f"{each.key} is another one"  # both are secrets
    return next(listed((each,)))
