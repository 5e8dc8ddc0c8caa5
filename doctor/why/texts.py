"""The test of an error's text by which the worker allows or forbids falling back (unchanged since 2025-11-26)."""

from __future__ import annotations

ALLOWING = (
    "queue is full",
    "connection refused",
    "network",
    "timeout",
    "context deadline exceeded",
    "temporary",
    "unavailable",
)
FORBIDDING = ("invalid", "validation")

# The error of a worker without a batch client.
NO_CLIENT = "batch embedding service not configured"
QUEUE_FULL = "queue manager error (capacity/queue_full)"
QUEUE_INVALID = "queue manager error (validation/"
OUT_OF_TIME = "context deadline exceeded"
# Of work that ends because the worker is told to.
STOPPED = "context cancel"
NO_CHUNKS = "no chunks provided"
NOT_CLONED = "failed to clone repository"
# What a job fails with before there is anything to embed, and what that means.
NOTHING_FETCHED = (
    (NOT_CLONED, "the repository could not be cloned, so there was nothing to embed"),
    ("failed to parse directory", "the files of the repository could not be read, so there was nothing to embed"),
    ("repository not found: ", "the worker's database does not have the repository, so nothing was fetched"),
    ("failed to fetch repository for status check", "the row of the repository could not be read"),
    ("message validation failed", "the message does not say which repository is meant"),
    ("failed to unmarshal message", "the message could not be read"),
)
# Errors before anything is embedded, of which each may be answered by falling back.
REFUSALS = (NO_CLIENT, QUEUE_FULL, QUEUE_INVALID, "failed to find/create chunks", "failed to save batch progress")
BOTH = "both batch and sequential fallback failed"


def allows_fallback(error: str) -> bool:
    """Whether an error with this text may be answered by falling back; upper and lower case count."""
    return any(each in error for each in ALLOWING) or not any(each in error for each in FORBIDDING)


def why(error: str) -> str:
    """What in the text decides, in words for a reader."""
    found = next((each for each in ALLOWING if each in error), None)
    if found is not None:
        return f"the error has “{found}”, which always allows falling back"
    found = next((each for each in FORBIDDING if each in error), None)
    if found is not None:
        return f"the error has “{found}”, which forbids falling back"
    return "the error has neither “invalid” nor “validation”, so that its text allows falling back"
