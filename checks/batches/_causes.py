"""Why batches fail, by the texts that the program writes to error_message."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from checks.batches._rows import BY_HAND, scrubbed
from doctor.api import Evidence, Finding, beginning, facts


@dataclass(frozen=True, slots=True)
class Cause:
    """
    One reason: `what` completes "failed because ...", `fix` says what to do before the chunks are sent again.

    `key` is the setting to look at. `sendable` says that the stored requests can be sent as they are, `falls_back` that
    the worker may have embedded the chunks one by one all the same.
    """

    name: str
    pattern: str
    what: str
    fix: str
    key: str | None = None
    sendable: bool = True
    falls_back: bool = False


CLIENT = Cause(
    "client missing",
    r"batch embedding service not configured",
    "the worker had no Gemini batch client",
    "Set gemini.batch.enabled to true, make both batch directories creatable for the worker, and restart it.",
    "gemini.batch.enabled",
    sendable=False,
    falls_back=True,
)
OPENAI = Cause(
    "openai",
    r"openai adapter: file-based Batches API is not implemented",
    "the provider openai has no batches",
    "Set batch_processing.enabled to false while embedding.provider is openai, and restart the worker.",
    "embedding.provider",
    sendable=False,
)
TOO_BIG = Cause(
    "too big",
    r"exceeds maximum batch size of 500",
    "they hold more than the 500 chunks that the client takes",
    "Set batch_processing.max_batch_size to 500 or less and restart the worker.",
    "batch_processing.max_batch_size",
    sendable=False,
)
NO_REQUESTS = Cause(
    "no requests",
    r"(requests|texts) array cannot be empty"
    r"|JSON deserialization failed|unexpected end of JSON input|invalid character",
    "the requests stored for them are empty or damaged",
    "Nothing can be sent from these rows.",
    sendable=False,
)
NO_REPOSITORY = Cause(
    "no repository",
    r"batch has no repository ID",
    "they name no repository to store the vectors for",
    "Correct repository_id, or leave these rows alone.",
    sendable=False,
)
JOB_ID = Cause(
    "job id",
    r"invalid batch job ID format|Vertex AI does not support batches|only supported in the Gemini Developer client",
    "they went to Vertex AI instead of the Gemini API",
    "Unset GOOGLE_GENAI_USE_VERTEXAI where the worker is started, and restart it.",
)
DENIED = Cause(
    "download denied",
    r"(?s)batch file reference download failed"
    r".*(Error 403|PERMISSION_DENIED|do not have permission to access the File)",
    "Google refuses the result file",
    "Use one key for sending and fetching.",
)
RESULT_GONE = Cause(
    "result gone",
    r"(?s)batch file reference download failed.*(Error 404|NOT_FOUND)",
    "the result file was gone when it was fetched (Google keeps it for about 48 hours)",
    "Keep the worker running until batches are collected.",
)
DISK_FULL = Cause(
    "disk full",
    r"no space left on device",
    "the disk below a batch directory was full",
    "Free space below gemini.batch.input_dir and output_dir; nothing there is deleted by the program.",
    "gemini.batch.input_dir",
)
INPUT_FILE = Cause(
    "input file",
    r"failed to write requests to file|failed to create input file",
    "the worker could not write the input file",
    "Make gemini.batch.input_dir writable for the worker's user.",
    "gemini.batch.input_dir",
)
KEY = Cause(
    "key",
    r"API key not valid|API_KEY_INVALID|API key expired|reported as leaked"
    r"|UNAUTHENTICATED|unregistered callers|Error 401",
    "Google did not accept the API key",
    "Set CODECHUNK_GEMINI_API_KEY to a valid key and restart the worker.",
    "gemini.api_key",
)
API_OFF = Cause(
    "API off",
    r"(?s)SERVICE_DISABLED|has not been used in project .* before or it is disabled",
    "the Generative Language API is switched off in the key's project",
    "Enable the Generative Language API in that project.",
)
BILLING = Cause(
    "billing",
    r"FAILED_PRECONDITION|User location is not supported",
    "the account or its location may not use batches",
    "Enable billing, or use another account.",
)
QUOTA = Cause(
    "quota",
    r"RESOURCE_EXHAUSTED|Error 429|exceeded your current quota|rate limit",
    "the quota was used up for as many attempts as are allowed",
    "Raise the quota or enable billing, or lower batch_processing.max_batch_size.",
    "batch_processing.max_submission_attempts",
)
PARTIAL = Cause(
    "partial",
    r"job is not completed \(current state",
    "Google finished only a part of the job, of which the worker takes nothing",
    "Nothing is to be changed before they are sent again.",
)
DIMENSIONS = Cause(
    "dimensions",
    r"invalid embedding dimensions|token too long",
    "the vectors did not have 768 dimensions",
    "Use the worker's own model, gemini-embedding-001, through the Gemini API.",
    "gemini.model",
)
UNREADABLE = Cause(
    "result unreadable",
    r"missing chunk_ prefix|failed to decode request ID|job completed but no output available|GCS output URIs",
    "the worker could not read Google's result",
    "Nothing is to be changed before they are sent again.",
)
ENDED = Cause(
    "ended at Google",
    r"Gemini batch job failed: state=|batch job (FAILED|CANCELLED|EXPIRED):",
    "Google ended the job (failed, cancelled, or not finished within 48 hours)",
    "`codechunk-doctor batches show ID` has Google's own message.",
)
DATABASE = Cause(
    "database",
    r"SQLSTATE|constraint violation|foreign key violation|database connection failed|failed to save embeddings"
    r"|could not extend file",
    "the database refused to store them or their vectors",
    "Repair what the database complains of.",
    falls_back=True,
)
OVERLOADED = Cause(
    "overloaded",
    r"Error 503|UNAVAILABLE|overloaded",
    "Gemini was overloaded, which the worker takes for final",
    "Nothing is to be changed before they are sent again.",
)
REFUSED = Cause(
    "refused",
    r"Error 400|INVALID_ARGUMENT",
    "Google refused the request",
    "Read the message (-v shows it) and correct what it names.",
)
NOT_FOUND = Cause(
    "not found",
    r"Error 404|NOT_FOUND",
    "Google no longer had the job, the file or the model",
    "Use one key for sending and fetching.",
)
FORBIDDEN = Cause(
    "forbidden",
    r"PERMISSION_DENIED|Error 403",
    "the key may not use batches or files",
    "Loosen the restriction of the key, or use the key that sent the batch.",
    "gemini.api_key",
)
INTERNAL = Cause(
    "internal",
    r"Error 50\d|INTERNAL",
    "Google had an error of its own",
    "Nothing is to be changed before they are sent again.",
)
NETWORK = Cause(
    "network",
    r"x509:|dial tcp|no such host|network is unreachable|connection re(set|fused)|handshake timeout|i/o timeout|EOF$",
    "Google could not be reached, which the worker takes for final",
    "Let the worker reach generativelanguage.googleapis.com.",
)
TIME = Cause(
    "time",
    r"context deadline exceeded|Client\.Timeout",
    "a time limit ran out",
    "Raise gemini.timeout.",
    "gemini.timeout",
)
DOWNLOAD = Cause(
    "download",
    r"batch file reference download failed|failed to open output file|failed to download or access batch results",
    "the result file could not be fetched",
    "Read the message (-v shows it).",
    "gemini.batch.output_dir",
)
GIVEN_UP = Cause(
    "by hand",
    BY_HAND,
    "somebody gave them up",
    "Nothing is to be changed before they are sent again.",
    sendable=False,
)
NO_MESSAGE = Cause(
    "no message",
    r"\s*",
    "their jobs had ended at Google when the worker started, or somebody gave them up",
    "Nothing is to be changed before they are sent again.",
)

# What names a root cause comes before what only names a step or a class of errors.
CAUSES = (
    *(
        GIVEN_UP,
        CLIENT,
        OPENAI,
        TOO_BIG,
        NO_REQUESTS,
        NO_REPOSITORY,
        JOB_ID,
        DENIED,
        RESULT_GONE,
        DISK_FULL,
        INPUT_FILE,
    ),
    *(KEY, API_OFF, BILLING, QUOTA, PARTIAL, DIMENSIONS, UNREADABLE, ENDED),
    *(DATABASE, OVERLOADED, REFUSED, NOT_FOUND, FORBIDDEN, INTERNAL, NETWORK, TIME, DOWNLOAD),
)


@lru_cache(maxsize=4096)
def cause_of(error: str | None) -> Cause:
    """The cause that a text tells of; an unknown text is a cause of its own, numbers and ids left out."""
    if not error or not error.strip():
        return NO_MESSAGE
    for cause in CAUSES:
        if re.search(cause.pattern, error):
            return cause
    text = normalised(error)
    return Cause(f"other: {text}", re.escape(text), f"of an error: {text}", "Read the message (-v shows it).")


# Numbers count only where they stand alone: a secret that is changed in the middle can no longer be told, and masked.
_ID = re.compile(
    r"\b[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b|\b(files|batches)/[\w-]+"
    r"|(?<![^\s(\[{=:,\"'])\d[\d.:]*(?![^\s)\]},;\"'])"
)


def normalised(text: str) -> str:
    """One line in which ids and numbers do not tell errors of a kind apart."""
    line = " ".join(_ID.sub("…", scrubbed(text)).split())
    return line if len(line) <= 120 else f"{beginning(line, 119)} …"


# --- what is still wrong --------------------------------------------------------------------------------------


def unresolved(batches: facts.BatchRows) -> Iterator[tuple[facts.BatchRow, Cause]]:
    """The failed batches whose chunks still have no vectors, with the cause, the latest first."""
    for row in batches.failed.rows:
        cause = cause_of(row.error)
        if _still_open(row, cause, batches.gaps.get(row.owner or "")):
            yield row, cause


def _still_open(row: facts.BatchRow, cause: Cause, gap: facts.Gap | None) -> bool:
    if gap is not None and gap.complete:
        return gap.missing > 0 and not (row.running and cause.falls_back)
    # Not all was looked at. Where nothing can have taken the batch's place, its chunks are as they were.
    found = gap is not None and gap.missing > 0
    return (found and not row.running) or not cause.falls_back


# --- relations ------------------------------------------------------------------------------------------------

MARK = "cause"


def marked(cause: Cause) -> Evidence:
    """What tells other checks which cause a finding is about."""
    return Evidence(MARK, f"cause: {cause.name}")


def because(*causes: Cause) -> Because:
    """Whether a finding that is to be explained is about one of these causes."""
    return Because(frozenset(marked(cause).text for cause in causes))


@dataclass(frozen=True, slots=True)
class Because:
    """The matcher that `because` makes."""

    marks: frozenset[str]

    def __call__(self, _: Finding, explained: Finding) -> bool:
        """Read the mark of the explained finding."""
        return any(each.kind == MARK and each.text in self.marks for each in explained.evidence)
