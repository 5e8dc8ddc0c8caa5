"""logs.zoekt: the text index and its search."""

from __future__ import annotations

from collections.abc import Iterator

from checks.logs._findings import Told, because, groups, reported
from checks.logs._lines import later
from doctor.api import Explains, Finding, Severity, check, facts

SEARCH = ("zk-rpc-unavailable", "zk-rpc-http", "zk-rpc-deadline")
INDEX = ("zk-not-installed", "zk-permission", "zk-no-dir", "zk-not-configured", "zk-killed", "zk-exit")
CAUSES = (*INDEX, *SEARCH)
INDEX_IDS = ("zoekt-engine-failed", "zoekt-indexer-failed")
SEARCH_IDS = ("zk-search-failed", "zk-hybrid-degraded")
ON, HOST = "zoekt.concurrent_indexing.enabled", "zoekt.webserver.host"
PORT, DIRECTORY, BINARY = "zoekt.webserver.port", "zoekt.indexing.index_dir", "zoekt.indexing.git_index_path"
WORKER, API = ("docker compose restart worker",), ("docker compose restart api",)
TOLD = {
    "zk-not-installed": Told(
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
DEFAULT = Told(fix="Read the error (-v shows it).")


@check(
    id="logs.zoekt",
    title="Text indexing or text search failed",
    severity=Severity.WARNING,
    explained_by=(
        "zoekt.*",
        Explains("config.zoekt-outlives-job", when=because("zk-killed")),
        Explains("jobs.zoekt-failed", when=because(*INDEX, *INDEX_IDS)),
    ),
)
def zoekt(logs: facts.Logs, config: facts.Resolution) -> Iterator[Finding]:
    """
    Look for repositories that got no text index, and for text searches that failed.

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
            yield reported(name, lines, told=TOLD, default=DEFAULT, config=config)
