"""What is said about one job, one batch, and the process that worked on them."""

from __future__ import annotations

from enum import StrEnum

from doctor.model import Evidence, Fix, Location
from doctor.values import value
from doctor.why.leaves import Leaf


class Certainty(StrEnum):
    """
    How sure a verdict is.

    PROVEN: the lines or rows that decide were seen. LIKELY: what was seen leaves several ends, the settings as they are
    now leave one. POSSIBLE: several ends are left.
    """

    PROVEN = "proven"
    LIKELY = "likely"
    POSSIBLE = "possible"


class GuideStatus(StrEnum):
    """What is known of one of the guide's four causes."""

    CONFIRMED = "confirmed"
    RULED_OUT = "ruled_out"
    UNKNOWN = "unknown"


@value
class Cause:
    """
    The setting that decided: its key (a variable's name for a credential), the value that the job met, and who supplied
    it. `now` is the value that the configuration gives at present where that is another one; then the process has to
    be restarted before it counts. A secret is `***`.
    """

    key: str
    value: object
    location: Location | None
    now: object = None
    changed: bool = False


@value
class RuledOut:
    """An end that it did not come to, and why that is known."""

    leaf: Leaf
    because: str


@value
class Unknown:
    """Something that is not known, and how to find out."""

    question: str
    how_to_find_out: str


@value
class Flip:
    """A change that leads elsewhere: in words, and where to. `settings` are the keys it touches."""

    change: str
    then: Leaf
    settings: tuple[str, ...] = ()


@value
class BatchVerdict:
    """What became of one batch of the job; `number` counts from 1, None where nothing tells it."""

    id: str
    number: int | None
    leaf: Leaf
    evidence: tuple[Evidence, ...] = ()


@value
class GuideCause:
    """One of the guide's four causes of its fallback line, and what the configuration says of it."""

    number: int
    title: str
    status: GuideStatus
    because: str
    fix: str = ""
    at: Location | None = None


@value
class Changed:
    """A setting that the process read at its start and that is another one now; both as a reader sees them."""

    key: str
    then: str
    now: str
    location: Location | None = None


@value
class JobVerdict:
    """
    Why one repository was embedded as it was.

    `job_id` is None for a repository that is only thought of (`hypothetical`), and where no line names the job.
    `candidates` are all ends that are left, the best first and equal to `leaf`. `evidence` is in the order of the
    decisions. `at` is when it began (seconds since the epoch), None where nothing tells. `ended` is false while the log
    does not show the end of the work. `note` is the one sentence for readers of the guide.
    """

    job_id: str | None
    repository: str | None
    chunk_count: int | None
    leaf: Leaf
    certainty: Certainty
    candidates: tuple[Leaf, ...] = ()
    cause: Cause | None = None
    evidence: tuple[Evidence, ...] = ()
    ruled_out: tuple[RuledOut, ...] = ()
    unknown: tuple[Unknown, ...] = ()
    fix: Fix | None = None
    counterfactual: tuple[Flip, ...] = ()
    batches: tuple[BatchVerdict, ...] = ()
    guide_causes: tuple[GuideCause, ...] | None = None
    hypothetical: bool = False
    at: float | None = None
    ended: bool = True
    note: str | None = None
    changed: tuple[Changed, ...] = ()


@value
class ProcessVerdict:
    """
    The worker process that the newest job met, or the newest one.

    `leaf` is the X leaf at which it ended, None while nothing is wrong with it. `started_at` is in seconds since the
    epoch, None where no log shows a start. `version` says which program it was, None while it may be the newest.
    `changed` are settings that were edited after it read them.
    """

    leaf: Leaf | None = None
    certainty: Certainty | None = None
    started_at: float | None = None
    stream: str = ""
    cause: Cause | None = None
    evidence: tuple[Evidence, ...] = ()
    fix: Fix | None = None
    version: str | None = None
    changed: tuple[Changed, ...] = ()


@value
class Why:
    """
    The answer: the jobs that were asked for, newest first, and the process.

    `missing` says that a job or repository was asked for by name and is nowhere. `sources` tells in words what was
    looked at (`2 logs`, `the database`), `without` why something could not be. `unfinished` says why the logs that
    were named were read in part only: the answer rests on that part. `jobs_unread` says that the database may have jobs
    that were not looked up, because none was asked for by name.
    """

    jobs: tuple[JobVerdict, ...] = ()
    process: ProcessVerdict = ProcessVerdict()
    missing: str | None = None
    sources: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    unfinished: str | None = None
    jobs_unread: bool = False
