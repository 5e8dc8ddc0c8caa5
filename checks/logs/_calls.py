"""Calls of Gemini that fail, and what says that the same call succeeded later."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checks.logs._lines import Lines, later
from doctor.api import facts

# The kinds of lines that can carry an answer of Gemini, or tell that there was none.
OF_GEMINI = (
    *("gc-", "gb-", "sub-", "poll-", "rec-", "tokens-", "embed-", "batch-", "retry-", "gemini-", "guide-"),
    *("consumer-nak", "finalize-", "search-", "api-search-service-failed", "api-internal-error"),
)

QUOTA_MISREAD = "gem-quota-misread"
_QUOTA = re.compile(r"RESOURCE_EXHAUSTED|Error 429|exceeded your current quota|rate limit")

SENT = ("sub-file-uploaded", "gb-created", "poll-completed", "poll-marked-completed")
LISTED = ("gb-bulk-status", "poll-polled")

# For each line that tells of a failure: the lines of success, and the fields that must be the same.
_SUCCESS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "gc-failed": (("gc-response",), ()),
    "gc-tokens-failed": (("gc-tokens-done", "tokens-done"), ()),
    "tokens-failed": (("gc-tokens-done", "tokens-done"), ()),
    "gb-upload-failed": (("gb-uploaded",), ()),
    "gb-create-failed": (("gb-created", "gb-created-file"), ()),
    "gb-create-file-failed": (("gb-created", "gb-created-file"), ()),
    "gb-file-exists-failed": (("gb-file-exists-ok",), ()),
    "gb-status-failed": (("gb-status", *LISTED), ()),
    "gb-list-failed": (LISTED, ()),
    "poll-bulk-failed": (LISTED, ()),
    "poll-initial-failed": (LISTED, ()),
    "poll-cycle-failed": (LISTED, ()),
    "rec-check-failed": (("gb-status", *LISTED), ()),
    "gb-download-failed": (("gb-download-ok",), ("file_ref",)),
    "guide-metadata-failed": (("gb-download-ok",), ()),
    "guide-all-failed": (("gb-download-ok",), ()),
    "poll-processing-failed": (("poll-marked-completed",), ("batch_id",)),
    "sub-rate-limit": (SENT, ("batch_id",)),
    "sub-retry-scheduled": (SENT, ("batch_id",)),
    "sub-max-attempts": (SENT, ("batch_id",)),
    "sub-non-retryable": (SENT, ("batch_id",)),
    "embed-chunk-failed": (("embed-seq-done",), ("job_id",)),
    "embed-seq-fallback-failed": (("embed-seq-done",), ("job_id",)),
    "embed-engine-failed": (("embed-engine-ok",), ("repo",)),
    "batch-quota-exceeded": (("batch-all-async",), ("job_id",)),
    "consumer-nak": (("consumer-ack",), ()),
}


def succeeded_later(logs: facts.Logs, event: facts.LogEvent) -> bool:
    """Whether what failed here was done later: the same call, for the same batch, job, repository or file."""
    ids, same = _SUCCESS.get(event.id, ((), ()))
    return bool(ids) and later(logs, event, *ids, same=same)


def by_quota(name: str, lines: Lines) -> Iterator[tuple[str, Lines]]:
    """Lines with their cause, apart from those in which only the program's own word for it speaks of the quota."""
    for kind, part in ((QUOTA_MISREAD, lines.only(_misread)), (name, lines.but(_misread))):
        if part:
            yield kind, part


def _misread(event: facts.LogEvent) -> bool:
    return "(quota/quota_exceeded)" in event.error and "limit" in event.error and not _QUOTA.search(event.error)
