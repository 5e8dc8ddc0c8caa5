"""logs.api-reply-cut: answers that took longer than the API may write."""

from __future__ import annotations

from collections.abc import Iterator

from checks.logs._findings import found
from checks.logs._lines import Lines, is_old
from doctor.api import NO_FILE, Finding, Safety, Severity, check, facts, format_duration, parse_duration, set_value

CAUSES: tuple[str, ...] = ()
KEY = "api.write_timeout"


@check(
    id="logs.api-reply-cut",
    title="API answers came after the write timeout",
    severity=Severity.WARNING,
    safety=Safety.UNSAFE,
    blocked_by=NO_FILE,
    explained_by=("config.duration-nanoseconds",),
)
def api_reply_cut(logs: facts.Logs, config: facts.Resolution) -> Iterator[Finding]:
    """
    Compare how long the API's answers took, by its access log, with `api.write_timeout`.

    Why it matters: the client gets an empty reply, though the log says that the request was completed.

    Silent when: `api.write_timeout` is 0, which means no limit; only health requests took so long.

    How to fix: set `api.write_timeout: 60s` and restart the API.
    """
    limit = config.value(KEY)
    if not isinstance(limit, int) or limit <= 0:
        return
    # Those to health checks are not among them.
    late = [event for event in logs.slowest if (_took(event) or 0) > limit and not is_old(logs, event)]
    if late:
        yield _finding(Lines(tuple(sorted(late, key=lambda event: event.time or 0.0)), len(late)), limit, config)


def _finding(lines: Lines, limit: int, config: facts.Resolution) -> Finding:
    worst = max(lines.events, key=lambda event: _took(event) or 0)
    request = " ".join(filter(None, (worst.get("method"), worst.get("path"))))
    answers = "1 answer" if lines.count == 1 else f"{lines.count} answers"
    return found(
        f"{answers} took longer than {KEY} ({format_duration(limit)}), the longest "
        f"{format_duration(_took(worst) or 0)}{f' ({request})' if request else ''}; {lines.how_often}",
        lines,
        fix=set_value(config, KEY, "60s", f"Set {KEY} to 60s and restart the API.", safety=Safety.UNSAFE),
        related=(config.where(KEY),),
        mark="write timeout",
    )


def _took(event: facts.LogEvent) -> int | None:
    """How long it took, in nanoseconds."""
    value = event.fields.get("duration")
    if isinstance(value, int):
        return value
    try:
        return parse_duration(str(value))
    except ValueError:
        return None
