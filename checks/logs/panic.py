"""logs.panic: the program stopped in the middle of what it did."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checks.logs._findings import because, found, sentence
from checks.logs._lines import Lines, by_line, current, in_a_row, stamp
from doctor.api import Explains, Finding, Fix, Location, Severity, check, facts, quote, same_key

CAUSES = (
    "cfg-decode",
    "cfg-database-user",
    "cfg-database-name",
    "cfg-database-port",
    "cfg-gemini-key-in-production",
    "cfg-concurrency",
    "cfg-search-weights",
    "cfg-embedding-provider",
    "cfg-embedding-openai",
    "api-provider",
)
CONFIG, NIL, ANY, HANDLER = "go-panic-config", "go-panic-nil", "go-panic-any", "api-panic-recovered"
PROVIDER = "api-search-service-failed"
_KEY = re.compile(r"[a-z_]+(?:\.[a-z_]+)+")
NIL_FIX = (
    "Set gemini.batch.enabled to true and restart the worker, or update the program: workers of November 2025 crash so "
    "when batches wait and there is no batch client."
)
OF_SETTINGS = (
    "config.database-user-missing",
    "config.database-user-env-only",
    "config.start-refused",
    "config.type-mismatch",
    "config.duration-invalid",
    "environment.section-variable",
    "gemini.key-missing",
)


@check(
    id="logs.panic",
    title="The program crashed",
    severity=(Severity.ERROR, Severity.WARNING),
    explained_by=(
        Explains(*OF_SETTINGS, when=because(CONFIG)),
        Explains("config.*", when=same_key),
        Explains("config.batch-client-off", when=because(NIL)),
    ),
)
def panic(logs: facts.Logs, config: facts.Resolution) -> Iterator[Finding]:
    """
    Look for panics: settings that are refused at the start, and crashes later on.

    One that only ended a single request of the API is a warning.

    Why it matters: the program is gone, or starts and crashes over and over.

    Silent when: it was started again since and runs; findings on the settings as they are now name the same key.

    How to fix: correct the key that the text names. A nil pointer in a worker of November 2025: set
    `gemini.batch.enabled: true`, or update.
    """
    for kind, fix in (
        (CONFIG, ""),
        (NIL, NIL_FIX),
        (ANY, "Report it with the goroutine trace below the line, then start the program again."),
    ):
        lines = current(logs, (kind,))
        if lines:
            yield _crash(kind, lines, config, fix, _often(logs, lines))
    refused = by_line(logs, PROVIDER, "api-provider")
    if refused:
        yield _crash("api-provider", refused, config, "", _often(logs, refused))
    handler = current(logs, (HANDLER,))
    if handler:
        yield _handler(handler)


def _often(logs: facts.Logs, lines: Lines) -> str:
    """How often, and how many starts in a row it was that ended so."""
    lives = in_a_row(logs, lines.newest)
    if len(lives) < 2:
        return lines.how_often
    began, until = stamp(lives[0].seen_from), stamp(lives[-1].seen_until)
    return f"{len(lives)} starts in a row{f' from {began} to {until}' if began and until else ''}"


def _crash(kind: str, lines: Lines, config: facts.Resolution, fix: str, often: str) -> Finding:
    event = lines.newest
    text = quote.scrubbed(" ".join((event.error or event.message).split()), 200)
    keys = [key for key in dict.fromkeys(_KEY.findall(text)) if key in config.settings]
    key = "embedding.provider" if kind == "api-provider" else keys[0] if keys else ""
    why = f" ({sentence(kind)})" if kind in CAUSES else ""
    return found(
        f"the program ended with “{text}”{why}, {often}",
        lines,
        severity=Severity.ERROR,
        fix=Fix(fix, ()) if fix else Fix(_correct(key), ("codechunk-doctor check --only config",)),
        related=_places(config, [*keys, key] if key else keys),
        mark=kind,
    )


def _places(config: facts.Resolution, keys: list[str]) -> tuple[Location, ...]:
    return tuple(config.where(key) for key in dict.fromkeys(keys))


def _correct(key: str) -> str:
    return f"Correct {key or 'the key that the text names'} in the file that is loaded, then start the program again."


def _handler(lines: Lines) -> Finding:
    event = lines.newest
    request = " ".join(filter(None, (event.get("method"), event.get("path"))))
    return found(
        f"a request of the API crashed{f' ({quote.scrubbed(request, 80)})' if request else ''}, {lines.how_often}",
        lines,
        severity=Severity.WARNING,
        fix=Fix("Report it with the line (-v shows it); the API goes on."),
        mark=HANDLER,
    )
