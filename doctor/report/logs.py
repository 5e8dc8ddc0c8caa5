"""`logs`: what happened, what is wrong, since when and how often, on one screen."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from doctor.facts.logs import LogEvent, Logs
from doctor.facts.logselection import LogSelection
from doctor.report.log_head import Head
from doctor.report.log_jobs import FAILED, Story, batch, job
from doctor.report.log_look import Look
from doctor.report.log_problems import noise
from doctor.report.log_tables import batch_table, job_table, newest, run_lines
from doctor.report.log_words import BORNE_OUT, MISLEADING, OUTER_LEVEL, Clock, listed, many, named, text_of
from doctor.report.log_wrong import Wrong

# What fits on a screen; -v shows all.
MOST_RUNS, MOST_JOBS, MOST_MISLEADING, MOST_NOISE = 8, 10, 5, 3


def text(found: Logs, selection: LogSelection | None = None, look: Look | None = None) -> str:
    """All of it; with `quiet` a line for each thing that is wrong."""
    writer = _Writer(found, selection or LogSelection(), look or Look())
    lines = writer.wrong.one_liners() if writer.look.quiet else writer.everything()
    return "".join(f"{line.rstrip()}\n" for line in lines)


@dataclass(frozen=True)
class _Writer:
    """One rendering; each method yields lines."""

    found: Logs
    selection: LogSelection
    look: Look

    @cached_property
    def clock(self) -> Clock:
        return Clock(self.found.first, self.found.last)

    @cached_property
    def wrong(self) -> Wrong:
        return Wrong(self.found, self.look, self.clock)

    def everything(self) -> Iterator[str]:
        for each in Head(self.found, self.selection, self.clock).sentences():
            yield from self.look.prose(each)
        if not self.found.counts and not self.found.unrecognised:
            return
        wrong = self.wrong
        for section in (wrong.lines, wrong.unrecognised, self.happened, self.jobs, self.batches, self.misleading):
            lines = list(section())
            if lines:
                yield ""
                yield from lines
        yield from self.steps()

    # --- what happened

    def happened(self) -> Iterator[str]:
        if not self.found.runs:
            return
        yield self.look.title("What happened")
        yield from run_lines(self.found.runs, self.clock, self.look.width, self.look.few(MOST_RUNS))

    @cached_property
    def job_stories(self) -> list[Story]:
        return [job(each, self.found.batches) for each in newest(self.found.jobs.values())[: self.look.few(MOST_JOBS)]]

    @cached_property
    def batch_stories(self) -> list[Story]:
        return [batch(each) for each in newest(self.found.batches.values())[: self.look.few(MOST_JOBS)]]

    def jobs(self) -> Iterator[str]:
        if self.job_stories:
            yield self.look.title("Jobs") + self._newest(len(self.found.jobs))
            yield from job_table(self.job_stories, self.clock, self.look.fit, self.look.paint)

    def batches(self) -> Iterator[str]:
        if self.batch_stories:
            yield self.look.title("Batches") + self._newest(len(self.found.batches))
            yield from batch_table(self.batch_stories, self.clock, self.look.fit, self.look.paint)
        if self.found.lost_trails:
            yield from self.look.prose(
                "There are more jobs and batches than are kept; --since or --job asks for fewer of them."
            )

    def _newest(self, count: int) -> str:
        few = self.look.few(MOST_JOBS)
        return "" if few is None or count <= few else f" (the newest {few} of {count:,}; -v shows all)"

    # --- what is not as it looks

    def misleading(self) -> Iterator[str]:
        remarks = [*self._misread(), *self._expected()]
        if remarks:
            yield self.look.title("What these lines really mean")
        for each in remarks:
            yield from self.look.prose(each, "  ", "- ")

    def _misread(self) -> Iterator[str]:
        """Lines that say something else than what the program does."""
        seen = {each.id: each for each in self.found.counts}
        wrong = [id for id in MISLEADING if id in seen and BORNE_OUT.get(id) not in seen]
        for id in wrong[: self.look.few(MOST_MISLEADING)]:
            yield f"{named(_said(seen[id].samples, id))}: {MISLEADING[id]}"
        errors = any(each.level in ("ERROR", "WARN") for each in self.found.counts)
        if errors and any(each.format in ("structured", "mixed") for each in self.found.inputs):
            yield OUTER_LEVEL

    def _expected(self) -> Iterator[str]:
        """Warnings and errors that are no sign of trouble."""
        expected = noise(self.found)
        shown = expected[: self.look.few(MOST_NOISE)]
        kinds = [f"{named(_said(each.samples, each.id))} ({many(each.count, 'line')})" for each in shown]
        if len(shown) < len(expected):
            rest = expected[len(shown) :]
            kinds.append(f"{many(len(rest), 'other kind')} ({many(sum(each.count for each in rest), 'line')})")
        if kinds:
            yield f"No sign of trouble, though their level is ERROR or WARN: {listed(kinds)}."

    # --- what to type next

    def steps(self) -> Iterator[str]:
        if not self.wrong.problems and not self.found.unrecognised:
            return
        yield ""
        for sentence, command in self._steps():
            yield from self.look.prose(sentence)
            yield f"  $ {command}"

    def _steps(self) -> Iterator[tuple[str, str]]:
        yield "What is wrong with the installation itself:", "codechunk-doctor check"
        paths = self.selection.paths
        if paths and "-" not in paths and "".join(paths).isprintable():
            again = shlex.join(("codechunk-doctor", "logs", *paths))
            yield "The same in the order in which it happened:", f"{again} --timeline"
            failed = next((each for each in self.job_stories if each.state in FAILED), None)
            if failed is not None and len(self.found.jobs) > 1 and re.fullmatch(r"[\w-]+", failed.id):
                yield "Only the lines of the newest job that failed:", f"{again} --job {failed.id}"
        if self.found.jobs:
            yield "What the database says of the jobs:", "codechunk-doctor jobs"
        if self.found.batches:
            yield "What Google says of the batches:", "codechunk-doctor batches list"


def _said(samples: Sequence[LogEvent], id: str) -> str:
    return samples[0].message if samples and samples[0].message else text_of(id)
