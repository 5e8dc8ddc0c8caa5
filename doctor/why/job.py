"""The verdict on one job: out of its lines, its rows, and what its process was set up with."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from dataclasses import replace

from doctor.facts.configuration import Resolution
from doctor.facts.directories import Directories
from doctor.facts.environment import Environment
from doctor.facts.logs import LogEvent, LogRun, Logs
from doctor.facts.schema import Schema
from doctor.facts.why import JobRecords, RecordedJob
from doctor.fixes import resubmit
from doctor.logs import quote
from doctor.logs.why import cause_at
from doctor.model import Evidence, Fix
from doctor.why import around, assumed, batches, diagnosis, guide, reading, remedies, rows, texts
from doctor.why import settings as keys
from doctor.why.delivery import Delivery
from doctor.why.diagnosis import Ends, Lines
from doctor.why.episodes import Episode
from doctor.why.flips import flips
from doctor.why.leaves import Leaf, worst
from doctor.why.model import Fact, Path
from doctor.why.observed import Known, Observation, ignored, setting
from doctor.why.process import version_of
from doctor.why.settings import Settings
from doctor.why.verdict import BatchVerdict, Cause, Certainty, JobVerdict, Unknown
from doctor.why.versions import NEWEST, Version

DECISIONS = ("embed-decision", "embed-start")
# Where a line tells how many chunks there were.
COUNTS = ("chunk_count", "total_chunks", "total", "request_count", "total_embeddings")
# Lines that have the error that decided, the most telling first.
ERRORS = (
    "embed-ctx-cancelled",
    "embed-config-invalid",
    "embed-chunks-invalid",
    "embed-cancelled",
    "embed-chunk-failed",
    "embed-store-failed",
    "embed-seq-fallback-failed",
    "batch-submit-failed",
    "batch-quota-exceeded",
    "batch-fallback",
    "embed-queue-failed",
    *reading.FAILURES,
)
# Of an end, the lines that show it best, beside those of the decisions.
SHOWN = (
    "batch-fallback",
    "embed-queue-fallback",
    "embed-seq-done",
    "embed-engine-failed",
    "consumer-nak",
    *guide.LINES,
)


class Judge:
    """Judges one job after the other by the same evidence."""

    def __init__(
        self,
        config: Resolution,
        environment: Environment,
        directories: Directories | None,
        logs: Logs | None,
        records: JobRecords | None,
        schema: Schema | None = None,
    ) -> None:
        self._config = config
        self._environment = environment
        self._directories = directories
        self._schema = schema
        self._logs = logs
        self._delivery = Delivery(logs)
        self._records = {each.id: each for each in (records.jobs if records is not None else ())}
        self._starts: dict[int, list[Observation]] = {}
        self._configured: dict[object, tuple[Observation, ...]] = {}

    # --- by its lines ------------------------------------------------------------------------------------------------

    def episode(self, episode: Episode) -> JobVerdict:
        """The verdict on a job that stands in the log."""
        decision = episode.first(DECISIONS[0]) or episode.first(*DECISIONS)
        settings = Settings(self._config, episode.run, decision)
        version = version_of(episode.run, episode.lines)
        record = self._records.get(episode.job) if episode.job is not None else None
        chunks = _chunks(episode)
        if chunks is None and record is not None:
            chunks = record.chunks
        known = Known(reading.read(episode))
        known.add(self._delivery.of_sent(episode))
        known.add(self._delivery.sending)
        known.add(self._of_run(episode.run))
        known.add(around.of_calls(self._logs, episode, known))
        known.add(rows.of_record(record) if record is not None else ())
        known.add(self._of_configuration(settings, chunks))
        found = diagnosis.ends(known, _lines(episode), version)
        verdict = self._verdict(episode, found, known, settings, version, chunks, record)
        return verdict if not any(episode.of(*guide.LINES)) else self._as_the_guide(verdict, episode, chunks)

    def _of_run(self, run: LogRun | None) -> list[Observation]:
        """What a start shows, once for all jobs of the process."""
        if run is None:
            return []
        if id(run) not in self._starts:
            self._starts[id(run)] = list(assumed.of_run(run))
        return self._starts[id(run)]

    def _of_configuration(self, settings: Settings, chunks: int | None) -> Iterable[Observation]:
        """What the configuration says now, once for jobs that are alike; of another file that was loaded, nothing."""
        if settings.other_file is not None:
            return ()
        alike = (id(settings.run), settings.value(keys.ROAD), settings.value(keys.THRESHOLD), chunks)
        if alike not in self._configured:
            self._configured[alike] = tuple(assumed.of_settings(settings, chunks, self._directories))
        return self._configured[alike]

    def _verdict(
        self,
        episode: Episode,
        found: Ends,
        known: Known,
        settings: Settings,
        version: Version,
        chunks: int | None,
        record: RecordedJob | None,
    ) -> JobVerdict:
        told = self._delivery.batches(episode, known, record, version)
        leaf = found.leaves[0]
        if leaf in (Leaf.B1, Leaf.B2) and told:
            leaf = worst(each.leaf for each in told) or leaf
        if leaf is Leaf.B1 and known.answer(Fact.PROVIDER) == "openai":
            leaf = Leaf.B2
        sender = self._delivery.sender
        if leaf is Leaf.B2 and sender is not None and sender is not episode.run:
            # Batches outlive the process that stored them.
            settings = Settings(self._config, sender)
        candidates = (leaf, *(each for each in found.leaves[1:] if each is not leaf))
        if leaf is Leaf.B1 and any(self._delivery.doubted(each.id) for each in told if each.leaf is leaf):
            candidates = (*candidates, Leaf.B5)
        error = next((each for id in ERRORS for each in episode.of(id) if each.error), None)
        case = self._case(leaf, settings, episode, chunks, error, record, told)
        # Of a failure that only its error tells, no setting is known to have decided.
        untold = _untold(found, candidates, episode, record)
        cause = remedies.cause(case) if not untold else None
        shown = self._chain(found.path, known, episode, cause, settings, told, leaf, record)
        return JobVerdict(
            episode.job,
            _repository(episode, record),
            chunks,
            leaf,
            self._certainty(found, leaf, known) if Leaf.B5 not in candidates[1:] else Certainty.POSSIBLE,
            candidates,
            cause,
            shown,
            diagnosis.ruled_out(found, known, version) if leaf is found.leaves[0] else (),
            (
                *diagnosis.unknown(found, known, _lines(episode), version),
                *self._unknown(episode, settings, candidates, record),
            ),
            remedies.fix(case, cause) if not untold else _look(case),
            flips(found.path, _world(found.path, known), settings, chunks, version) if not untold else (),
            told,
            at=episode.at,
            ended=over(episode),
            changed=settings.changed,
        )

    @staticmethod
    def _certainty(found: Ends, leaf: Leaf, known: Known) -> Certainty:
        if leaf is Leaf.T2 and found.certainty is Certainty.PROVEN:
            # No line shows it: it is told by the calls that are not there.
            return Certainty.LIKELY
        if leaf in (Leaf.B1, Leaf.B2) and found.certainty is Certainty.PROVEN:
            sends = known.get(Fact.SUBMITTER)
            return Certainty.PROVEN if sends is not None and sends.certain else Certainty.LIKELY
        return found.certainty

    def _case(
        self,
        leaf: Leaf,
        settings: Settings,
        episode: Episode | None,
        chunks: int | None,
        error: LogEvent | None,
        record: RecordedJob | None,
        told: tuple[BatchVerdict, ...] = (),
    ) -> remedies.Case:
        trails = [each for one in told for each in self._delivery.trail(one.id).events]
        stored_ones = record.batches if record is not None else ()
        failed = next((each.error for each in reversed(trails) if each.error), "")
        stored = next((each.error for each in stored_ones if each.error), None) or (
            record.error if record is not None else None
        )
        text = failed if leaf.value[0] == "B" else error.error if error is not None else ""
        return remedies.Case(
            leaf,
            settings,
            self._environment,
            self._directories,
            chunks,
            error,
            text or stored or "",
            _credential(episode) if episode is not None else None,
            record.url if record is not None else _url(episode),
            batches.too_big(trails, stored_ones),
            batches.given_up(trails, stored_ones),
            batches.passed_over(trails, stored_ones),
        )

    # --- evidence ----------------------------------------------------------------------------------------------------

    def _chain(
        self,
        path: Path,
        known: Known,
        episode: Episode | None,
        cause: Cause | None,
        settings: Settings,
        told: tuple[BatchVerdict, ...],
        leaf: Leaf,
        record: RecordedJob | None = None,
    ) -> tuple[Evidence, ...]:
        """The lines of the decisions, the setting behind them, and what came of it."""
        found = [*diagnosis.chain(path, known)]
        start = (settings.seen(cause.key) or settings.refused(cause.key)) if cause is not None else None
        filled = tuple(around.filled(self._logs, episode)) if episode is not None else ()
        # What filled the queue says more than that its limit is still the same.
        if start is not None and start.id not in DECISIONS and (not filled or settings.changed):
            found.append(quote.evidence(start, "the start of the worker shows it"))
        if cause is not None and cause.key in settings.config.settings and settings.other_file is None:
            words = "the setting behind it" + ("; it has another value by now" if cause.changed else "")
            found.append(setting(settings.config, cause.key, words))
            found += ignored(settings.config, cause.key)
        if episode is not None:
            found += filled
            found += (quote.evidence(each, PROVES.get(each.id)) for each in episode.of(*SHOWN))
        bad = next((each for each in told if each.leaf is leaf), None)
        return diagnosis.joined(found, bad.evidence if bad is not None else (), rows.failure(record))

    # --- by its row --------------------------------------------------------------------------------------------------

    def row(self, record: RecordedJob) -> JobVerdict:
        """The verdict on a job that only the database knows."""
        settings = Settings(self._config, None)
        known = Known(rows.of_record(record))
        known.add(assumed.of_settings(settings, record.chunks, self._directories))
        found = diagnosis.ends(known, rows.lines(record), NEWEST)
        return self._verdict(rows.as_episode(record), found, known, settings, NEWEST, record.chunks, record)

    # --- only thought of ---------------------------------------------------------------------------------------------

    def imagined(self, settings: Settings, run: LogRun | None, chunks: int) -> JobVerdict:
        """What would become of a repository with so many chunks."""
        known = Known(self._of_run(run))
        known.add(assumed.of_schema(self._schema) if self._schema is not None else ())
        known.add(assumed.of_settings(settings, chunks, self._directories))
        version = version_of(run)
        path = diagnosis.hypothetical(known.world(certain=False), version)
        leaf = Leaf.B2 if path.leaf is Leaf.B1 and known.answer(Fact.PROVIDER) == "openai" else path.leaf
        case = self._case(leaf, settings, None, chunks, None, None)
        cause = remedies.cause(case)
        found = Ends((leaf,), Certainty.LIKELY, path)
        after = (Unknown("what becomes of the batch at Google", "codechunk-doctor batches list, once it is queued"),)
        return JobVerdict(
            None,
            None,
            chunks,
            leaf,
            Certainty.LIKELY,
            (leaf,),
            cause,
            self._chain(path, known, None, cause, settings, (), leaf),
            diagnosis.ruled_out(found, known, version),
            after if leaf is Leaf.B1 else (),
            remedies.fix(case, cause) if leaf is not Leaf.B1 else None,
            flips(path, _world(path, known), settings, chunks, version),
            hypothetical=True,
            changed=settings.changed,
        )

    # --- what else is said -------------------------------------------------------------------------------------------

    def _as_the_guide(self, verdict: JobVerdict, episode: Episode, chunks: int | None) -> JobVerdict:
        causes = guide.causes(self._config, self._directories, chunks, episode.run)
        confirmed = [each for each in causes if each.status is guide.CONFIRMED]
        lines = tuple(quote.evidence(each, "the line stands in the log") for each in episode.of(*guide.LINES))
        likely = "" if verdict.certainty is Certainty.PROVEN else "most likely "
        really = f" What became of this job, whatever the line says, is {likely}this: {verdict.leaf.title}."
        known = "" if verdict.certainty is Certainty.POSSIBLE else really
        first = guide.NOTE if any(episode.of("guide-not-implemented")) else guide.ALMOST
        return replace(
            verdict,
            leaf=Leaf.G,
            certainty=Certainty.PROVEN,
            candidates=(Leaf.G,),
            cause=None,
            evidence=diagnosis.joined(lines, verdict.evidence),
            fix=guide.fix(confirmed),
            guide_causes=causes,
            note=first + known,
        )

    def _unknown(
        self, episode: Episode, settings: Settings, candidates: tuple[Leaf, ...], record: RecordedJob | None
    ) -> Iterator[Unknown]:
        leaf = candidates[0]
        other = settings.other_file
        if other is not None:
            words = (
                f"what else the worker was set to: it loaded {other}, and {settings.config.config_file} was examined"
            )
            yield Unknown(words, f"codechunk-doctor why --config {shlex.quote(other)}")
        if not over(episode) and record is None and leaf.value[0] in "ST":
            yield Unknown("how it ended: the log stops before", "read the log further")
        if Leaf.B5 in candidates[1:]:
            words = "whether Google still knows its batch: it misses some of those that are waited for"
            yield Unknown(words, "codechunk-doctor batches list")
        elif leaf is Leaf.B1:
            yield Unknown("what becomes of the batch at Google", "codechunk-doctor batches list")


PROVES = {
    "batch-fallback": "the worker fell back to one chunk at a time",
    "embed-queue-fallback": "the worker fell back to one chunk at a time",
    "embed-seq-done": "all chunks were gone through, one by one",
    "embed-engine-failed": "embedding failed; the job still ends as completed when Zoekt works",
    "consumer-nak": "the job failed; its message is delivered three times at most",
}


def _world(path: Path, known: Known) -> dict[Fact, object]:
    """What holds, as far as it is known; what was only tried holds as the way has it."""
    return {**known.world(certain=False), **{each.fact: each.answer for each in path.decisions}}


def _lines(episode: Episode) -> Lines:
    whole = episode.begun and not episode.dropped and not episode.mixed
    return Lines(episode.ids | reading.told(episode), whole, over(episode))


def _untold(found: Ends, candidates: tuple[Leaf, ...], episode: Episode, record: RecordedJob | None) -> bool:
    """Whether the work is known to have failed, by an error that does not tell how."""
    failed = any(episode.of(*reading.FAILURES)) or any(rows.failure(record))
    undecided = found.certainty is Certainty.POSSIBLE and len(candidates) > 1
    return failed and undecided and all(each.value[0] == "F" for each in candidates)


def _look(case: remedies.Case) -> Fix:
    """What to do about such a failure."""
    known = cause_at(case.text, rows.FAILURE)
    unknown = f"Look at {'the error, and at ' if case.text else ''}the worker's log of that time."
    words = known.fix if known is not None and known.fix else unknown
    again = resubmit(case.settings.config, [case.url]) if case.url is not None and "://" in case.url else ()
    return Fix(f"{words} Then submit the repository again.", ("codechunk-doctor jobs --failed", *again))


def over(episode: Episode) -> bool:
    """Whether the work on it is known to be at an end."""
    return episode.ended or any(episode.of(*reading.ENDINGS))


def _chunks(episode: Episode) -> int | None:
    for event in sorted(episode.lines, key=lambda each: each.id not in DECISIONS):
        for name in COUNTS:
            if event.id not in ("batch-queued", "batch-queueing", "batch-chunks-saved", "batch-all-present"):
                count = event.fields.get(name)
                if isinstance(count, int) and not isinstance(count, bool):
                    return count
    return None


def _repository(episode: Episode, record: RecordedJob | None) -> str | None:
    stored = (record.url or record.repository) if record is not None else None
    return stored or episode.repository


def _url(episode: Episode | None) -> str | None:
    found = episode.named("repoURL", "repository_url") if episode is not None else None
    return found if found is not None and "://" in found else None


def _credential(episode: Episode) -> LogEvent | None:
    """The log-in that took the place of a clone; behind a clone that failed it was none."""
    tried = any(texts.NOT_CLONED in each.error for each in episode.of(*reading.FAILURES))
    made = episode.first("git-clone-ok")
    return episode.first("git-token-auth", "git-ssh-auth") if made is None and not tried else None
