"""The Gemini API as this key sees it: the way there, and what it answers to calls that change and cost nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from enum import StrEnum

from doctor.facts.network import NetworkObstacle, Step
from doctor.model import Location
from doctor.values import value

# The only model that the program takes.
MODEL = "gemini-embedding-001"


class Refusal(StrEnum):
    """Why an API says no, told from its own details where it gives any."""

    KEY_INVALID = "key invalid"
    KEY_EXPIRED = "key expired"
    KEY_LEAKED = "key leaked"
    UNAUTHENTICATED = "unauthenticated"
    API_DISABLED = "API disabled"
    KEY_RESTRICTED = "key restricted"
    PRECONDITION = "precondition"
    PERMISSION = "permission"
    NOT_FOUND = "not found"
    QUOTA = "quota"
    SERVER = "server"
    REQUEST = "request"

    @property
    def of_key(self) -> bool:
        """Whether the key itself is no good, for anything."""
        return self in (Refusal.KEY_INVALID, Refusal.KEY_EXPIRED, Refusal.KEY_LEAKED, Refusal.UNAUTHENTICATED)


@value
class Quota:
    """One limit that was reached: what is counted, the limit's id, its value, and the model it holds for."""

    metric: str = ""
    limit: str = ""
    value: str = ""
    model: str = ""


@value
class ApiError:
    """
    An error as the API words it.

    `status` is the HTTP status, `word` Google's (`PERMISSION_DENIED`), `reason` that of its ErrorInfo
    (`SERVICE_DISABLED`). `retry_after` is in seconds, from RetryInfo or the header.
    """

    refusal: Refusal
    status: int
    word: str = ""
    message: str = ""
    reason: str = ""
    quotas: tuple[Quota, ...] = ()
    retry_after: float | None = None
    link: str | None = None

    @property
    def shown(self) -> str:
        """As it is quoted: `403 PERMISSION_DENIED, SERVICE_DISABLED: ...`."""
        words = " ".join(each for each in (str(self.status), self.word) if each)
        reason = f", {self.reason}" if self.reason else ""
        return f"{words}{reason}: {self.message}" if self.message else f"{words}{reason}"


@value
class Strange:
    """An answer that is none of this API's: what it is instead, in words, and where it would have sent us."""

    what: str
    status: int
    to: str | None = None


@value
class ApiAnswer:
    """
    What one kind of call came to: nothing wrong, an error of the API, something that is not this API, or no answer.

    `call` is what was asked (`GET /v1beta/models`). `again` says that a first error went away when asked once more.
    """

    call: str
    error: ApiError | None = None
    strange: Strange | None = None
    obstacle: NetworkObstacle | None = None
    again: bool = False

    @property
    def ok(self) -> bool:
        """Whether it was answered as it should be."""
        return self.error is None and self.strange is None and self.obstacle is None

    @property
    def why(self) -> str:
        """Why it was not, in one line; empty when it was."""
        if self.error is not None:
            return f"{self.call}: {self.error.shown}"
        if self.strange is not None:
            return f"{self.call} gives {self.strange.what}"
        return f"{self.call}: {self.obstacle.text}" if self.obstacle is not None else ""

    def refused(self, *refusals: Refusal) -> ApiError | None:
        """The error, when it is one of these."""
        return self.error if self.error is not None and self.error.refusal in refusals else None


class ModelState(StrEnum):
    """How the embedding model stands with this key."""

    USABLE = "usable"
    MISSING = "missing"
    NOT_FOR_EMBEDDING = "not for embedding"
    UNKNOWN = "unknown"


@value
class GeminiAccess:
    """
    The way to the API with the worker's key, walked as the worker goes it, and what the list of models came to.

    `url` is where the calls go (`https://generativelanguage.googleapis.com`), `at` what decides that, when it is not
    the program itself. `proxy` is the one that the program's HTTP client takes, without a login in it, `proxy_at` the
    variable that names it; `passed_over` is a variable that names one which is not taken. `around` is a proxy of this
    shell's, with its variable, by which the way leads to the end although the worker's does not.
    `addresses` are those of the host, as looked up. `clock` is how many seconds the server's clock is ahead of this
    machine's. `answer` is None when no call got so far.
    """

    url: str
    host: str
    port: int
    key: Location
    at: Location | None = None
    proxy: str | None = None
    proxy_at: Location | None = None
    passed_over: Location | None = None
    around: tuple[str, str] | None = None
    addresses: tuple[str, ...] = ()
    obstacle: NetworkObstacle | None = None
    clock: float | None = None
    answer: ApiAnswer | None = None
    model: ModelState = ModelState.UNKNOWN

    @property
    def address(self) -> str:
        """Host and port as one writes them."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def failed(self, *steps: Step) -> NetworkObstacle | None:
        """The obstacle, when it is on one of these steps."""
        return self.obstacle if self.obstacle is not None and self.obstacle.step in steps else None


@value
class GeminiBatchApi:
    """What the list of batch jobs came to."""

    answer: ApiAnswer


@value
class GeminiFileApi:
    """What the list of files came to."""

    answer: ApiAnswer


# --- batch jobs ----------------------------------------------------------------------------------------------------

# How Google's states map to the five of the guide, as the program maps them.
GUIDE_STATES = {
    "PENDING": "PENDING",
    "QUEUED": "PENDING",
    "UNSPECIFIED": "PENDING",
    "PAUSED": "PENDING",
    "RUNNING": "PROCESSING",
    "UPDATING": "PROCESSING",
    "SUCCEEDED": "COMPLETED",
    "PARTIALLY_SUCCEEDED": "COMPLETED",
    "FAILED": "FAILED",
    "EXPIRED": "FAILED",
    "CANCELLED": "CANCELLED",
    "CANCELLING": "CANCELLED",
}

# What Google's file ids may be long, by its own documentation; those of result files are longer.
LONGEST_FILE_ID = 40


def is_pollable(id: str) -> bool:
    """Whether an id has the form of job ids that the worker asks Google for; it passes over any other."""
    return id.startswith("batches/") and id != "batches/"


def is_foreign(id: str) -> bool:
    """Whether this is the form of id that the guide shows: `projects/.../batchJobs/...`."""
    return id.startswith(("projects/", "batchJobs/")) or "/batchJobs/" in id


def bare_state(state: str) -> str:
    """A state of Google's without what stands before it: `BATCH_STATE_RUNNING` -> `RUNNING`."""
    return state.upper().removeprefix("BATCH_STATE_").removeprefix("JOB_STATE_")


@value
class GoogleBatch:
    """
    One batch job as Google's REST API tells of it; None is what it does not say.

    `id` is the whole name (`batches/...`), `state` Google's own word. `succeeded` and `failed` count requests.
    `output_file` is the reference of the file with the results (`files/...`), `error` Google's message.
    """

    id: str
    state: str
    model: str | None = None
    display_name: str | None = None
    total: int | None = None
    succeeded: int | None = None
    failed: int | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    completed_at: datetime | None = None
    output_file: str | None = None
    error: str | None = None

    @property
    def bare(self) -> str:
        """The state without its prefix."""
        return bare_state(self.state)

    @property
    def guide_state(self) -> str:
        """The state in the guide's words."""
        return GUIDE_STATES.get(self.bare, "PENDING")

    @property
    def ended(self) -> bool:
        """Whether nothing will change any more."""
        return self.guide_state in ("COMPLETED", "FAILED", "CANCELLED") and self.bare != "CANCELLING"

    @property
    def output_id(self) -> str | None:
        """The id of the file with the results: what follows `files/`."""
        return self.output_file.removeprefix("files/") if self.output_file else None


@value
class GoogleBatches:
    """
    What Google says of the jobs that rows of the database name, asked `at` this moment of its clock.

    `jobs` has those it knows, by id; `gone` those that it was asked about one by one and does not know. What is in
    neither could not be asked for.
    """

    at: datetime
    jobs: Mapping[str, GoogleBatch] = field(default_factory=dict)
    gone: tuple[str, ...] = ()
