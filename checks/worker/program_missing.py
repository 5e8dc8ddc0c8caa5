"""worker.program-missing: git and the indexer of Zoekt, on the worker's own PATH."""

from __future__ import annotations

from collections.abc import Iterator

from doctor.api import NO_FILE, Finding, Fix, Location, Safety, Severity, check, facts, set_value

INDEXING = "zoekt.concurrent_indexing.enabled"
INDEXER = "zoekt.indexing.git_index_path"
INSTALL = "go install github.com/sourcegraph/zoekt/cmd/zoekt-git-index@latest"


@check(
    id="worker.program-missing",
    title="A program the worker runs is missing",
    severity=(Severity.ERROR, Severity.WARNING),
    safety=Safety.UNSAFE,
    blocked_by=NO_FILE,
)
def program_missing(config: facts.Resolution, worker: facts.Worker, programs: facts.Programs) -> Iterator[Finding]:
    """
    Look for `git`, and for `zoekt.indexing.git_index_path` where Zoekt is to index, on the worker's own PATH.

    Why it matters: without `git` nothing is cloned and every job fails; without the indexer every job ends with
    `zoekt_index_status` failed.

    Silent when: nothing says where the worker runs; `zoekt.concurrent_indexing.enabled` is false (then only `git` is
    looked for). The image has both.

    How to fix: install the program where the worker finds it, set `git_index_path: zoekt-git-index`, or set
    `zoekt.concurrent_indexing.enabled: false`.
    """
    if worker.assumed:
        return
    git = programs.named("git")
    if git is not None and git.path is None:
        yield Finding(
            f"git is not on the PATH of {programs.where}: no repository can be cloned",
            at=_at(programs, "git"),
            severity=Severity.ERROR,
            fix=Fix("Install git where the worker runs.", ("sudo apt-get install git",) if _here(worker) else ()),
        )
    if not config.value(INDEXING):
        return
    name = str(config.value(INDEXER) or "")
    if not name:
        yield Finding(
            f"{INDEXER} is empty and {INDEXING} is true: no repository gets a text index",
            at=config.where(INDEXER),
            related=(config.where(INDEXING),),
            severity=Severity.WARNING,
            fix=set_value(config, INDEXER, "zoekt-git-index", "Name the indexer.", safety=Safety.UNSAFE),
        )
        return
    indexer = programs.named(name)
    if indexer is not None and indexer.path is None:
        yield Finding(
            f"{name} is not on the PATH of {programs.where}: no repository gets a text index",
            at=_at(programs, name),
            related=(config.where(INDEXING),),
            severity=Severity.WARNING,
            fix=_off(config, worker),
        )


def _off(config: facts.Resolution, worker: facts.Worker) -> Fix:
    have = f"Install it on the worker's PATH ({INSTALL})" if _here(worker) else "Use an image that has it"
    summary = f"{have}, or set {INDEXING} to false."
    return set_value(config, INDEXING, "false", summary, safety=Safety.UNSAFE)


def _here(worker: facts.Worker) -> bool:
    return worker.kind is not facts.Habitat.CONTAINER


def _at(programs: facts.Programs, name: str) -> Location:
    return Location.directory(name, detail=f"PATH of {programs.where}")
