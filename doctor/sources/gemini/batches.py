"""What Google says of the jobs that rows of the database name: as few calls as that takes."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from doctor.engine import source
from doctor.errors import SourceError
from doctor.facts import (
    ApiAnswer,
    BatchRow,
    BatchRows,
    BatchState,
    GeminiAccess,
    GoogleBatch,
    GoogleBatches,
    Refusal,
)
from doctor.sources.gemini.access import Way, check_open
from doctor.sources.gemini.api import Api, Unanswered
from doctor.sources.gemini.operations import batch_of, batches_of
from doctor.target import Deadline

# How long the list may take, in seconds.
LISTING = 5.0
A_DAY = 86_400.0

# So many jobs are asked for one by one from the start; of more, the list tells what it can, and so many are left over.
SINGLY, LEFT_OVER = 10, 100
PAGE = {"pageSize": "100"}

# What stands in a row goes into a URL.
JOB = re.compile(r"batches/[A-Za-z0-9_-]{1,200}")

# What the worker writes when it could not fetch a result file.
UNFETCHED = "batch file reference download failed"

OPEN = (BatchState.AT_GOOGLE, BatchState.RETRY_DUE, BatchState.RETRY_AHEAD, BatchState.RETRY_UNSET)


@source("gemini batch jobs", deadline=9)
def google_batches(batches: BatchRows, access: GeminiAccess, way: Way, deadline: Deadline) -> GoogleBatches:
    """Ask for the jobs that rows name; nobody is asked when none does."""
    at = datetime.now(UTC) + timedelta(seconds=_ahead(access))
    ids = named_jobs(batches)
    if not ids:
        return GoogleBatches(at)
    check_open(access)
    with way.api(deadline) as api:
        return ask_for(api, ids, at)


def _ahead(access: GeminiAccess) -> float:
    """How far Google's clock is ahead, by which its jobs ended; a difference of days is nobody's clock."""
    clock = access.clock or 0.0
    return clock if abs(clock) <= A_DAY else 0.0


def named_jobs(batches: BatchRows) -> tuple[str, ...]:
    """The jobs of the rows of which Google can tell more, each once, those first that somebody waits for."""
    ids = (row.google_id or "" for row in _rows(batches))
    return tuple(dict.fromkeys(id for id in ids if JOB.fullmatch(id)))


def _rows(batches: BatchRows) -> Iterator[BatchRow]:
    for state in OPEN:
        yield from batches.of(state).rows
    yield from (row for row in batches.failed.rows if UNFETCHED in (row.error or ""))
    yield from batches.thin


def ask_for(api: Api, ids: Sequence[str], at: datetime) -> GoogleBatches:
    """
    What Google says of these jobs, in their order as far as the time goes.

    Raises SourceError when nothing could be learned of any.
    """
    asking = _Asking(api)
    if len(ids) > SINGLY:
        asking.go_through_the_list(set(ids), time.monotonic() + min(LISTING, api.web.left / 2))
    for id in [id for id in ids if id not in asking.jobs][:LEFT_OVER]:
        if asking.over:
            break
        asking.ask(id)
    if ids and not asking.jobs and not asking.gone and asking.failure is not None:
        raise SourceError(asking.failure.why)
    return GoogleBatches(at, {id: asking.jobs[id] for id in ids if id in asking.jobs}, tuple(asking.gone))


class _Asking:
    """What is known so far, and whether there is any use in going on."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self.jobs: dict[str, GoogleBatch] = {}
        self.gone: list[str] = []
        self.failure: ApiAnswer | None = None
        self.over = False

    def go_through_the_list(self, wanted: set[str], ends_at: float) -> None:
        """Newest first, until all are found."""
        try:
            for page in self._api.pages("batches", PAGE):
                self.jobs |= {each.id: each for each in batches_of(page) if each.id in wanted}
                if wanted <= self.jobs.keys() or time.monotonic() > ends_at:
                    return
        except Unanswered as unanswered:
            # A key that never made a job can be told so when it asks for the list.
            if not _unknown(unanswered.answer):
                self._failed(unanswered.answer)

    def ask(self, id: str) -> None:
        """Ask for one job."""
        try:
            found = batch_of(self._api.get(id))
        except Unanswered as unanswered:
            if _unknown(unanswered.answer):
                self.gone.append(id)
            else:
                self._failed(unanswered.answer)
            return
        if found is not None and found.id == id:
            self.jobs[id] = found

    def _failed(self, answer: ApiAnswer) -> None:
        self.failure = answer
        self.over = _ends_it(answer)


def _unknown(answer: ApiAnswer) -> bool:
    """Google's own word that there is no such thing; a 404 of a gateway, in JSON or not, says nothing of jobs."""
    error = answer.refused(Refusal.NOT_FOUND)
    return error is not None and error.word == "NOT_FOUND"


def _ends_it(answer: ApiAnswer) -> bool:
    """Whether the next call would fare no better."""
    if answer.obstacle is not None:
        return True
    error = answer.error
    hopeless = (Refusal.QUOTA, Refusal.API_DISABLED, Refusal.KEY_RESTRICTED, Refusal.PRECONDITION)
    return error is not None and (error.refusal.of_key or error.refusal in hopeless)


SOURCES = (google_batches,)
