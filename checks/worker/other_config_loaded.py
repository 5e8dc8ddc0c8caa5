"""worker.other-config-loaded: the worker's --config is not what is examined."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from checks.worker._words import last_life
from doctor import api
from doctor.api import Finding, Fix, Guide, Observed, Severity, check, facts

FIX = "Examine the file that the worker loads."


@check(
    id="worker.other-config-loaded",
    title="The worker loads another file than the examined one",
    severity=Severity.WARNING,
    guide=Guide.SEQUENTIAL,
)
def other_config_loaded(config: facts.Resolution, drift: facts.Drift, logs: Observed[facts.Logs]) -> Iterator[Finding]:
    """
    Compare the examined file with the one that the running worker, the compose file or a start-up line names.

    Files are never merged: the worker has exactly the one that its `--config` names, or the first of its search.

    Why it matters: everything this run says about settings is about a file that the worker does not have.

    Silent when: both are the same file, by whatever path; `--config` is not given and the worker runs, as its own file
    is examined then; `--config` is given and nothing is known to run.

    How to fix: run the doctor again with `--config FILE`.
    """
    others = [each for each in drift.loaded if not each.same]
    for each in others[:1]:
        yield Finding(
            f"{each.by} loads {each.path}, and {config.file.path} is examined",
            at=each.at,
            related=(config.file.where(),),
            fix=_fix(each.path),
        )
    life = last_life(logs.value)
    found = api.settings.Settings(config, life).other_file
    if not others and not drift.loaded and life is not None and found is not None:
        line = next(life.of("config-loaded"))
        yield Finding(
            f"the log says that the worker loaded {api.quote.scrubbed(found, 200)}, and {config.file.path} is examined",
            at=api.quote.place(line),
            related=(config.file.where(),),
            fix=_fix(found),
            evidence=(api.quote.evidence(line),),
        )


def _fix(path: str) -> Fix:
    return Fix(FIX, (f"codechunk-doctor check --config {shlex.quote(path)}",))
