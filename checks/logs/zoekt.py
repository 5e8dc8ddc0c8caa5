"""logs.zoekt: the text index and its search."""

from __future__ import annotations

from collections.abc import Iterator

from checks.logs._findings import Told, because, groups, reported
from checks.logs._lines import later
from checks.logs._live import over
from doctor.api import Explains, Finding, IfObserved, Severity, check, facts

SEARCH = ("zk-rpc-unavailable", "zk-rpc-http", "zk-rpc-deadline")
INDEX = ("zk-not-installed", "zk-permission", "zk-no-dir", "zk-not-configured", "zk-killed", "zk-exit")
CAUSES = (*INDEX, *SEARCH)
INDEX_IDS = ("zoekt-engine-failed", "zoekt-indexer-failed")
SEARCH_IDS = ("zk-search-failed", "zk-hybrid-degraded")
ON, HOST = "zoekt.concurrent_indexing.enabled", "zoekt.webserver.host"
PORT, DIRECTORY, BINARY = "zoekt.webserver.port", "zoekt.indexing.index_dir", "zoekt.indexing.git_index_path"
# What a server that answers as it should, and a folder that takes files, show to be over.
OF_SERVER, OF_FOLDER = ("zk-rpc-unavailable", "zk-rpc-http"), ("zk-permission", "zk-no-dir")
NOT_INSTALLED = "zk-not-installed"
WORKER, API = ("docker compose restart worker",), ("docker compose restart api",)
TOLD = {
    NOT_INSTALLED: Told(
        "zoekt-git-index is not on the worker's PATH",
        f"Install zoekt-git-index where the worker runs, or set {ON} to false.",
        ("go install github.com/sourcegraph/zoekt/cmd/zoekt-git-index@latest",),
        BINARY,
    ),
    "zk-permission": Told(commands=WORKER, key=DIRECTORY),
    "zk-no-dir": Told(commands=WORKER, key=DIRECTORY),
    "zk-not-configured": Told(commands=WORKER, key=BINARY),
    "zk-killed": Told(commands=WORKER, key="zoekt.indexing.timeout"),
    "zk-exit": Told("zoekt-git-index failed", "Read what it says (field output, -v shows it)."),
    "zk-rpc-unavailable": Told(
        "nothing answers where the API looks for Zoekt",
        f"Set {PORT} to 6070 and {HOST} to where zoekt-webserver runs, and restart the API.",
        API,
        PORT,
    ),
    "zk-rpc-http": Told(commands=API, key=PORT),
    "zk-rpc-deadline": Told(commands=API, key="zoekt.search.timeout"),
}
READY, USABLE = 200, (facts.Access.USABLE, facts.Access.CREATABLE)
DEFAULT = Told(fix="Read the error (-v shows it).")


@check(
    id="logs.zoekt",
    title="Text indexing or text search failed",
    severity=(Severity.WARNING, Severity.NOTE),
    explained_by=(
        "zoekt.*",
        Explains("config.zoekt-outlives-job", when=because("zk-killed")),
        Explains("worker.program-missing", when=because(NOT_INSTALLED)),
        Explains("jobs.zoekt-failed", when=because(*INDEX, *INDEX_IDS)),
    ),
)
def zoekt(
    logs: facts.Logs,
    config: facts.Resolution,
    server: IfObserved[facts.ZoektServer],
    worker: IfObserved[facts.Worker],
    directories: IfObserved[facts.Directories],
    programs: IfObserved[facts.Programs],
) -> Iterator[Finding]:
    """
    Look for repositories that got no text index, and for text searches that failed.

    It is a note when the same run shows that it is over: the server answers, the folder takes files, the indexer is on
    the worker's PATH.

    Why it matters: searches for words find nothing, or only what search by meaning finds.

    Silent when: it worked later; Zoekt is switched off.

    How to fix: what the cause says. The port of zoekt-webserver is 6070, for its web pages and for searches.
    """

    def works(event: facts.LogEvent) -> bool:
        if event.id in INDEX_IDS:
            return later(logs, event, "zoekt-completed", same=("repo", "repository"))
        return False

    for name, lines in groups(logs, CAUSES, (*INDEX_IDS, *SEARCH_IDS), within=("zoekt-", "zk-"), good=works):
        of_index = name in INDEX or name in INDEX_IDS
        if bool(config.value(ON)) if of_index else bool(config.value(HOST)):
            seen = _seen(name, config, server, directories, programs, here=_is_known(worker))
            yield over(reported(name, lines, told=TOLD, default=DEFAULT, config=config), seen)


def _is_known(worker: IfObserved[facts.Worker]) -> bool:
    """Whether it is known where the worker runs, so that folders and programs found here are its own."""
    return worker.value is not None and not worker.value.assumed


def _seen(
    name: str,
    config: facts.Resolution,
    server: IfObserved[facts.ZoektServer],
    directories: IfObserved[facts.Directories],
    programs: IfObserved[facts.Programs],
    *,
    here: bool,
) -> str:
    """What shows that such a line is of the past; nothing for nothing."""
    if name in OF_SERVER and server.value is not None:
        return "the server answers now" if server.value.healthz == READY and server.value.grpc else ""
    if name in OF_FOLDER and here and directories.value is not None:
        trials = directories.value.purpose("index")
        return "the folder takes files now" if trials and all(each.access in USABLE for each in trials) else ""
    if name == NOT_INSTALLED and here and programs.value is not None:
        found = programs.value.named(str(config.value(BINARY)))
        return "it is on the worker's PATH now" if found is not None and found.path is not None else ""
    return ""
