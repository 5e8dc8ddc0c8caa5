"""The kinds of lines: what is done with a line of each when it is found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from doctor.logs.catalogue import CATALOGUE, Entry
from doctor.logs.milestones import CALLS, MILESTONES, STEPS

TRAILED = frozenset(("job_id", "indexing_job_id", "batch_id"))


@dataclass(slots=True, eq=False)
class Kind:
    """
    What is done with a line of one kind; with a `simple` one nothing but counting and keeping.

    `causes` remembers the causes of errors, by what does not differ between errors of one sort; `texts` by all of the
    error. None is for a line without one.
    """

    number: int
    entry: Entry
    of_jobs: bool
    of_batches: bool
    milestone: bool
    step: bool
    call: bool
    faulty: bool
    access: bool
    simple: bool
    causes: dict[bytes, str] = field(default_factory=dict)
    texts: dict[bytes | None, str] = field(default_factory=lambda: {None: ""})


def kinds() -> Iterator[Kind]:
    """Those of the catalogue, with nothing remembered yet."""
    return (_kind(number, entry) for number, entry in enumerate(CATALOGUE.entries))


def _kind(number: int, entry: Entry) -> Kind:
    names = {name for name, _ in entry.fields}
    return Kind(
        number,
        entry,
        # What only the guide quotes has fields that are written down nowhere; a job may be among them.
        of_jobs=entry.role != "noise" and (entry.source == "guide" or bool(names & TRAILED - {"batch_id"})),
        of_batches=entry.role != "noise" and "batch_id" in names,
        milestone=entry.id in MILESTONES,
        step=entry.id in STEPS,
        call=entry.id in CALLS,
        faulty=entry.level in ("ERROR", "WARN") or bool(names & {"error", "error_message"}),
        access=entry.id == "api-access-log",
        simple=entry.id != "api-access-log",
    )
