"""house.log-format: everybody writes the same."""

from __future__ import annotations

from collections.abc import Iterator

from doctor.api import NO_FILE, Finding, Safety, Severity, check, facts, set_value


@check(
    id="house.log-format",
    title="log.format is not what the house rules ask for",
    severity=Severity.NOTE,
    safety=Safety.SAFE,
    blocked_by=NO_FILE,
)
def log_format(config: facts.Resolution) -> Iterator[Finding]:
    """
    Ask for `log.format: json`.

    Why it matters: reviewers compare configuration files side by side.

    How to fix: set `log.format: json`.
    """
    if config.value("log.format") != "json":
        yield Finding(
            f"log.format is {config.show('log.format')}, the house rule is json",
            at=config.where("log.format"),
            fix=set_value(config, "log.format", "json", "Set log.format to json.", safety=Safety.SAFE),
        )
