"""What `why` says in words: verdicts as sentences, ends in a few words, values and places as readers know them."""

from __future__ import annotations

import re

from doctor.golang.duration import format_duration
from doctor.model import Location
from doctor.report import place
from doctor.report.log_words import Clock, data, listed
from doctor.schema import SCHEMA
from doctor.why.leaves import Leaf
from doctor.why.verdict import Cause, Certainty, JobVerdict

# In a table's cell, and where many are listed.
SHORT = {
    Leaf.S1: "one by one, batching off",
    Leaf.S2: "one by one, below threshold",
    Leaf.S3: "one by one, queue full",
    Leaf.S4: "one by one, no batch client",
    Leaf.S5: "one by one, batch not stored",
    Leaf.T1: "made-up vectors",
    Leaf.T2: "made-up vectors, one by one",
    Leaf.F1: "failed, no usable chunks",
    Leaf.F2: "failed, cut off",
    Leaf.F3: "failed, settings refused",
    Leaf.F4: "failed, queue refused it",
    Leaf.F5: "failed, no batch client",
    Leaf.F6: "failed, batch not stored",
    Leaf.F7: "failed on the way, one by one",
    Leaf.K1: "skipped, already done",
    Leaf.K2: "skipped, has all vectors",
    Leaf.B0: "embedded by batch",
    Leaf.B1: "queued for batch",
    Leaf.B2: "queued, nothing sends it",
    Leaf.B3: "not sent, no quota",
    Leaf.B4: "failed, batch not sent",
    Leaf.B5: "waits, unknown to Google",
    Leaf.B6: "failed at Google",
    Leaf.B7: "cancelled at Google",
    Leaf.B8: "failed, results unusable",
    Leaf.X1: "worker crashes on settings",
    Leaf.X2: "worker ends, no database",
    Leaf.X3: "worker ends, Gemini settings",
    Leaf.X4: "worker ends, no NATS",
    Leaf.X5: "worker crashes over batches",
    Leaf.G: "the guide's fallback line",
}
# How titles begin, and what stands before one of that kind: as it was, as it most likely was, as it is under way, as it
# would be. Of "not embedded" the "not" moves.
_VERBS = {
    "one chunk": ("was embedded", "was most likely embedded", "was being embedded", "would be embedded"),
    "made-up": ("got", "most likely got", "was getting", "would get"),
    "skipped": ("was", "was most likely", "was", "would be"),
    "nothing": ("had", "most likely had", "had", "would have"),
    "embedded": ("was", "was most likely", "was", "would be"),
    "queued": ("is", "is most likely", "is", "would be"),
    "waiting": ("is", "is most likely", "is", "would be"),
    "not ": ("was not", "was most likely not", "was not", "would not be"),
}
# Some lines tell no more of a repository than its id.
_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_WAS, _LIKELY, _UNDER_WAY, _WOULD = range(4)
GUIDE_LINE = "Production batch processing not implemented - falling back to sequential"
ALMOST = "Production batch processing not fully implemented - falling back to sequential"


def undecided(job: JobVerdict) -> bool:
    """Whether several ends are left."""
    return job.certainty is Certainty.POSSIBLE and len(job.candidates) > 1


def headline(job: JobVerdict) -> str:
    """The verdict as one sentence; where it is not decided, that it is not."""
    who = subject(job)
    if undecided(job):
        return f"What {'would become' if job.hypothetical else 'became'} of {who} is not decided."
    if job.leaf is Leaf.G:
        whose = f"the log of {who}" if job.repository or job.job_id else "the log"
        if any(ALMOST in each.text for each in job.evidence):
            return capital(f'{whose} has the line "{ALMOST}", which is almost the guide\'s.')
        return capital(f'{whose} has the guide\'s line "{GUIDE_LINE}", which no released version prints.')
    said = _said(job.leaf, _mood(job))
    if job.leaf is Leaf.F2 and job.cause is None and not job.hypothetical:
        # The same end as that of time, without a setting behind it.
        said = said.replace("its time ran out", "the worker was stopped meanwhile")
    return capital(f"{who} {said}.")


def _mood(job: JobVerdict) -> int:
    if job.hypothetical:
        return _WOULD
    if job.certainty is not Certainty.PROVEN:
        return _LIKELY
    return _WAS if job.ended else _UNDER_WAY


def possibility(leaf: Leaf, *, hypothetical: bool) -> str:
    """One of several ends, as a sentence about `it`."""
    return f"it {_said(leaf, _WOULD if hypothetical else _WAS)}"


def would(leaf: Leaf) -> str:
    """What a change leads to."""
    return f"it {_said(leaf, _WOULD)}"


def _said(leaf: Leaf, mood: int) -> str:
    title = leaf.title
    for beginning, verbs in _VERBS.items():
        if title.startswith(beginning):
            return f"{verbs[mood]} {title.removeprefix('not ')}"
    if leaf is Leaf.G:
        return f"{'would meet' if mood == _WOULD else 'met'} {title}"
    # It is the worker that ends.
    return f"{_VERBS['not '][mood]} embedded: {title}"


def subject(job: JobVerdict) -> str:
    """What the verdict is about: `github.com/acme/api (8,269 chunks)`."""
    chunks = None if job.chunk_count is None else "1 chunk" if job.chunk_count == 1 else f"{job.chunk_count:,} chunks"
    if job.hypothetical:
        return f"a repository with {chunks}" if chunks else "a repository"
    if job.repository:
        named = repository(job.repository)
        if _ID.fullmatch(named):
            named = f"repository {named}"
    else:
        named = f"job {data(job.job_id)}" if job.job_id else "a job whose id no line tells"
    return f"{named} ({chunks})" if chunks else named


def repository(name: str) -> str:
    """A repository as people call it, without what a URL has around: `github.com/acme/api`."""
    return re.sub(r"^https?://|\.git$", "", data(name)) or data(name)


def code(job: JobVerdict) -> str:
    """`[S4, proven]`, `[S3 or F4, possible]`."""
    leaves = job.candidates if undecided(job) else (job.leaf,)
    return f"[{listed((each.value for each in leaves), 'or')}, {job.certainty.value}]"


def short(job: JobVerdict) -> str:
    """In a cell: `one by one, no batch client [S4]`."""
    if undecided(job):
        return f"not decided {brackets(job)}"
    return f"{SHORT[job.leaf]} [{job.leaf.value}]"


def brackets(job: JobVerdict) -> str:
    """The codes alone: `[S4]`, `[S3, F4]`."""
    leaves = job.candidates if undecided(job) else (job.leaf,)
    return f"[{', '.join(each.value for each in leaves)}]"


def cause(found: Cause) -> str:
    """`gemini.batch.enabled = false (configs/config.dev.yaml:12:14)`."""
    where = f" ({where_of(found.location)})" if found.location is not None else ""
    return f"{setting(found.key, found.value)}{where}"


def setting(key: str, value: object) -> str:
    """A key with its value, as it would be written; `is not set` where it has none."""
    if value is None:
        return f"{data(key)} is not set"
    spec = SCHEMA.get(key)
    # Durations are nanoseconds inside.
    span = isinstance(value, int) and spec is not None and spec.kind == "duration"
    return f"{data(key)} = {format_duration(value) if span and isinstance(value, int) else shown(value)}"


def shown(value: object) -> str:
    """A value as a reader of YAML knows it."""
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "true" if value else "false"
    return data(str(value)) or '""'


def where_of(location: Location) -> str:
    """The place in one line, with what it says of itself."""
    detail = f", {data(location.detail)}" if location.detail else ""
    return f"{data(place(location))}{detail}"


def moment(time: float | None) -> str:
    """`2025-11-22 10:30:30 UTC`; empty for none."""
    return Clock(time, time).whole


def sentence(text: str) -> str:
    """With a capital letter and a full stop, in one line."""
    said = capital(data(text))
    return said if not said or said[-1] in ".!?:" else f"{said}."


def capital(text: str) -> str:
    """With a capital letter, unless it begins with a key, a name or a quotation."""
    first = text.partition(" ")[0]
    return text[:1].upper() + text[1:] if (first.isalpha() and first.islower()) or first in _OURS else text


# Words of ours with a mark in them.
_OURS = ("worker's", "job's", "repository's", "guide's")
