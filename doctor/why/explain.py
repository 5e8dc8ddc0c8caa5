"""The answer to `why`: verdicts on the jobs that are asked for, out of logs, rows and configuration."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from doctor.facts.configuration import Resolution
from doctor.facts.database import Connection
from doctor.facts.directories import Directories
from doctor.facts.environment import Environment
from doctor.facts.logs import LogEvent, LogRun, Logs
from doctor.facts.schema import Schema
from doctor.facts.why import JobRecords, RecordedJob, WhySelection
from doctor.facts.worker import Worker
from doctor.logs import quote
from doctor.logs.catalogue import CATALOGUE
from doctor.values import value
from doctor.why import guide, process, reach
from doctor.why.episodes import Episode, Lives, episodes, order
from doctor.why.job import Judge
from doctor.why.leaves import Leaf
from doctor.why.reading import FAILURES
from doctor.why.rows import JOBS
from doctor.why.settings import THRESHOLD, Settings
from doctor.why.verdict import Certainty, JobVerdict, ProcessVerdict, Unknown, Why


@value
class Given:
    """
    What a verdict can be based on; None is what could not be had, or was not asked for.

    `sources`, `without` and `unfinished` say in words what that is.
    """

    config: Resolution
    environment: Environment
    directories: Directories | None = None
    logs: Logs | None = None
    records: JobRecords | None = None
    schema: Schema | None = None
    sources: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    unfinished: str | None = None
    connection: Connection | None = None
    worker: Worker | None = None


def explain(given: Given, selection: WhySelection) -> Why:
    """Verdicts on the jobs of a selection, newest first; the process; and what is missing."""
    teller = _Teller(given)
    if selection.chunks is not None:
        jobs: list[JobVerdict] = [teller.imagined(selection.chunks)]
    else:
        jobs = teller.jobs(selection)
    missing = _missing(selection, given) if selection.named and not jobs else None
    if not jobs and missing is None:
        jobs = [teller.imagined(None)]
    process = teller.process(jobs)
    unread = selection.chunks is None and _jobs_unread(given)
    return Why(tuple(jobs), process, missing, given.sources, given.without, given.unfinished, unread)


def _jobs_unread(given: Given) -> bool:
    """Whether there is a table of jobs of which nothing was read."""
    return given.records is None and given.schema is not None and JOBS in given.schema.tables


def wanted_ids(logs: Logs | None, selection: WhySelection) -> tuple[str, ...]:
    """The jobs of the log whose rows are needed: all that may be asked for, else the newest few."""
    if logs is None or selection.chunks is not None:
        return ()
    if selection.job is not None:
        return tuple(each for each in logs.jobs if each.lower().startswith(selection.job.lower()))
    # The newest come first; the last line of another one may be newer still.
    return tuple(logs.jobs) if selection.every or selection.repository is not None else tuple(logs.jobs)[:20]


# Parts of the program whose lines tell nothing of a worker: other commands have them as well, or alone.
OTHERS = ("api", "migrate", "config", "db")


def heard(logs: Logs) -> bool:
    """Whether there is a line of a worker."""
    known = (CATALOGUE.by_id[each.id] for each in logs.counts if each.id in CATALOGUE.by_id)
    return bool(process.lives(logs.runs)) or any(each.component not in OTHERS for each in known)


def _missing(selection: WhySelection, given: Given) -> str:
    named = f"repository with “{selection.repository}” in its name or address"
    what = f"there is no job {selection.job}" if selection.job is not None else f"there is no job of a {named}"
    if not given.sources:
        return f"{what}, as far as can be told: neither a log nor the database was read"
    return f"{what} in what was read: {' and '.join(given.sources)}"


class _Teller:
    """Judges what is asked for, and no more."""

    def __init__(self, given: Given) -> None:
        self._given = given
        self._runs = process.lives(given.logs.runs) if given.logs is not None else []
        self._heard = given.logs is not None and heard(given.logs)
        self._judge = Judge(given.config, given.environment, given.directories, given.logs, given.records, given.schema)

    # --- jobs ------------------------------------------------------------------------------------------------------

    def jobs(self, selection: WhySelection) -> list[JobVerdict]:
        """The verdicts on the jobs of a selection, newest first."""
        every = self._episodes()
        recorded = self._recorded(every)
        named = [each for each in every if self._fits(each, selection)]
        rows = [each for each in recorded if _row_fits(each, selection)]
        lines = self._guide_lines() if not selection.named else []
        found = [(_moment(each.until), 1, each) for each in named]
        found += [(_moment(each.created_at), 0, each) for each in rows]  # type: ignore[misc]
        found += [(_moment(each.time), 2, each) for each in lines]  # type: ignore[misc]
        found.sort(key=lambda item: item[:2], reverse=True)
        # An id may be the beginning of several; a name may be that of several repositories.
        wanted = found if selection.every or selection.job is not None else found[:1]
        return [self._verdict(each) for _, _, each in wanted]

    def _verdict(self, of: object) -> JobVerdict:
        if isinstance(of, Episode):
            return self._judge.episode(of)
        return self._judge.row(of) if isinstance(of, RecordedJob) else self._guide_verdict(of)

    def _episodes(self) -> list[Episode]:
        """The last try of each job, and what names none; in the order in which they ended."""
        if self._given.logs is None:
            return []
        latest: dict[str, Episode] = {}
        nameless: list[Episode] = []
        for each in episodes(self._given.logs):
            each.job = each.job or self._by_its_error(each)
            if each.job is None:
                nameless.append(each)
            else:
                latest[each.job] = each
        return [*latest.values(), *nameless]

    def _by_its_error(self, episode: Episode) -> str | None:
        """The job that failed before a line named it: the only one whose row has the same error."""
        failure = episode.first(*FAILURES)
        if failure is None or not failure.error or self._given.records is None:
            return None
        same = [each.id for each in self._given.records.jobs if each.error and each.error in failure.error]
        return same[0] if len(same) == 1 else None

    def _recorded(self, seen: Iterable[Episode]) -> list[RecordedJob]:
        """The jobs that only the database knows."""
        if self._given.records is None:
            return []
        ids = {each.job for each in seen}
        return [each for each in self._given.records.jobs if each.id not in ids]

    def _fits(self, episode: Episode, selection: WhySelection) -> bool:
        if selection.job is not None:
            return episode.job is not None and episode.job.lower().startswith(selection.job.lower())
        if selection.repository is None:
            return True
        record = self._given.records.of(episode.job) if self._given.records is not None and episode.job else None
        stored = (record.repository, record.url) if record is not None else ()
        return selection.has_in(episode.repository, *stored)

    # --- the guide's line --------------------------------------------------------------------------------------------

    def _guide_lines(self) -> list[LogEvent]:
        """The newest line of the guide's that names no job; one that does stands among the lines of its job."""
        if self._given.logs is None:
            return []
        lines = [each for count in self._given.logs.of(guide.LINES) for each in count.recent if not each.get("job_id")]
        return sorted(lines, key=order)[-1:]

    def _guide_verdict(self, line: object) -> JobVerdict:
        assert isinstance(line, LogEvent)
        config = self._given.config
        logs = self._given.logs
        run = Lives(logs.runs).of(line) if logs is not None else None
        causes = guide.causes(config, self._given.directories, run=run)
        confirmed = [each for each in causes if each.status is guide.CONFIRMED]
        return JobVerdict(
            None,
            None,
            None,
            Leaf.G,
            Certainty.PROVEN,
            (Leaf.G,),
            evidence=(quote.evidence(line, "the line stands in the log, and names no job"),),
            unknown=(
                Unknown("which job it is about", "look for “Making embedding processing decision” near the line"),
            ),
            fix=guide.fix(confirmed),
            guide_causes=causes,
            at=line.time,
            note=guide.NOTE if line.id == "guide-not-implemented" else guide.ALMOST,
        )

    # --- a repository that is only thought of ------------------------------------------------------------------------

    def imagined(self, chunks: int | None) -> JobVerdict:
        """What would become of a repository with so many chunks, or with just as many as the threshold."""
        run = self._runs[-1] if self._runs else None
        settings = Settings(self._given.config, run)
        threshold = settings.value(THRESHOLD)
        count = chunks if chunks is not None else max(1, threshold if isinstance(threshold, int) else 1)
        stopped = self.process([])
        # Whether a worker elsewhere is given a key cannot be seen from here, so that this alone is not the end.
        unseen = not self._runs and stopped.leaf is Leaf.X3 and stopped.cause is not None and not stopped.cause.value
        if stopped.leaf is not None and not unseen:
            return JobVerdict(
                None,
                None,
                count,
                stopped.leaf,
                Certainty.LIKELY,
                (stopped.leaf,),
                stopped.cause,
                stopped.evidence,
                fix=stopped.fix,
                hypothetical=True,
            )
        found = self._judge.imagined(settings, run, count)
        doubt = reach.doubt(self._given.connection, self._given.worker) if not self._heard else None
        return found if doubt is None else replace(found, unknown=(doubt, *found.unknown))

    # --- the process -------------------------------------------------------------------------------------------------

    def process(self, jobs: Iterable[JobVerdict]) -> ProcessVerdict:
        """The newest life of a worker; where no log has a line of one, what its start would come to."""
        if not self._runs:
            given = self._given
            stopped = reach.stopped(given.connection, given.worker)
            return ProcessVerdict() if self._heard else process.expected(given.config, stopped)
        newest = self._runs[-1]
        settings = Settings(self._given.config, newest)
        return process.judged(newest, settings, times=_in_turn(self._runs))


def _row_fits(row: RecordedJob, selection: WhySelection) -> bool:
    if selection.job is not None:
        return row.id.lower().startswith(selection.job.lower())
    return selection.has_in(row.repository, row.url)


def _moment(time: float | None) -> float:
    return time if time is not None else float("-inf")


def _in_turn(runs: list[LogRun]) -> int:
    """How many of the newest lives ended in the same way, one after the other."""
    last = process.ended(runs[-1])
    times = 0
    for run in reversed(runs):
        end = process.ended(run)
        if last is None or end is None or end[0] is not last[0]:
            break
        times += 1
    return times
