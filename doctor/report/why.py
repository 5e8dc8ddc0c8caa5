"""`why` as text: what happened to a repository and why, what to do, and only then what else is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from doctor.facts.why import WhySelection
from doctor.report.log_look import Look
from doctor.report.log_words import data, listed
from doctor.report.why_chain import chain, changed_by, changed_lines, heading, section
from doctor.report.why_fix import steps, summary, whole
from doctor.report.why_job import job_lines, style_of
from doctor.report.why_table import job_table, totals
from doctor.report.why_words import capital, cause, moment, sentence
from doctor.why.verdict import JobVerdict, ProcessVerdict, Why

# So many verdicts can be read one after the other; of more the newest is shown, and a table of all.
MOST_VERDICTS = 1


def text(found: Why, selection: WhySelection | None = None, look: Look | None = None) -> str:
    """The answer for people; with `quiet` the verdicts and what to do."""
    look = look or Look()
    blocks = [list(lines) for lines in _blocks(found, selection or WhySelection(), look)]
    return "\n".join("".join(f"{line.rstrip()}\n" for line in block) for block in blocks if block)


def _blocks(found: Why, selection: WhySelection, look: Look) -> Iterator[Iterator[str]]:
    """What stands apart, in its order; a worker that does not run comes before all that it did once."""
    if found.process.leaf is not None:
        yield process_lines(found.process, look)
    if found.missing is not None:
        yield missing_lines(found.missing, look)
    elif not found.jobs:
        yield _nothing(found, look)
    else:
        yield from _jobs(found, selection, look)
    if not look.quiet:
        yield _named_only(found, look)
        yield _changed_since(found, look)
        yield _foot(found, look)


def _jobs(found: Why, selection: WhySelection, look: Look) -> Iterator[Iterator[str]]:
    if selection.every:
        yield _table(found.jobs, look)
        return
    if all(each.hypothetical and each.leaf is found.process.leaf for each in found.jobs):
        return  # that nothing would be embedded has just been said of the worker
    if found.process.leaf is not None and all(each.hypothetical for each in found.jobs):
        yield look.prose("Once that is put right:")
    every = look.verbosity or len(found.jobs) <= MOST_VERDICTS
    for job in found.jobs if every else found.jobs[:MOST_VERDICTS]:
        yield job_lines(_whole(job), look)
    if not every:
        yield _table(found.jobs, look, told=MOST_VERDICTS)


def _whole(job: JobVerdict) -> JobVerdict:
    """With the cause among what has changed, where nothing else says so."""
    told = {each.key for each in job.changed}
    more = tuple(each for each in changed_by(job.cause) if each.key not in told)
    return replace(job, changed=(*more, *job.changed)) if more else job


def _table(jobs: Sequence[JobVerdict], look: Look, told: int = 0) -> Iterator[str]:
    """All of them, and what to type for one; the first so many have been told already."""
    yield from job_table(jobs, look)
    if look.quiet:
        return
    yield ""
    yield from look.prose(totals(jobs))
    named = next((each.job_id for each in jobs[told:] if each.job_id and not each.leaf.harmless), None)
    if named is not None:
        yield from look.prose("Why one of them went as it did, and what to do:")
        yield f"  $ codechunk-doctor why {data(named)}"


# --- the worker


def process_lines(process: ProcessVerdict, look: Look) -> Iterator[str]:
    """A worker that ended before it came to work: nothing is embedded until that is put right."""
    assert process.leaf is not None
    sure = f", {process.certainty.value}" if process.certainty is not None else ""
    said = f"{capital(process.leaf.title)}. Until that is put right, nothing is embedded."
    yield from heading(said, f"[{process.leaf.value}{sure}]", style_of(process.leaf), look)
    if look.quiet:
        yield from whole(process.fix, look)
        return
    started = moment(process.started_at)
    if started:
        yield from look.part("worker", ", ".join(filter(None, (data(process.stream), f"started {started}"))))
    if process.cause is not None:
        yield from look.part("cause", cause(process.cause))
    if process.fix is not None:
        yield from look.part("fix", summary(process.fix))
    yield from section("How it came to this", chain(process.evidence, look), look)
    yield from changed_lines((*changed_by(process.cause), *process.changed), look)
    yield from section("What to do", steps(process.fix, look), look)


# --- what is not there


def missing_lines(missing: str, look: Look) -> Iterator[str]:
    """That it is nowhere, and where to look."""
    yield from look.prose(sentence(missing))
    if not look.quiet:
        yield "The jobs there are:"
        yield "  $ codechunk-doctor why --all"
        yield "  $ codechunk-doctor jobs"


def _nothing(found: Why, look: Look) -> Iterator[str]:
    if found.unfinished is not None and not found.sources:
        yield from look.prose("The run ended before anything was looked at.")
    elif found.process.leaf is None:
        yield from look.prose("There is no job to explain. What would become of a repository with so many chunks:")
        yield "  $ codechunk-doctor why --chunks 100"


def _named_only(found: Why, look: Look) -> Iterator[str]:
    """That a job of the database is explained too, where none was looked up."""
    if found.jobs_unread:
        yield from look.prose(
            "No job of the database was looked at: without logs one is explained when it is named, as in "
            "`codechunk-doctor why JOB`. The jobs there are:"
        )
        yield "  $ codechunk-doctor jobs"


# --- the last lines


def _changed_since(found: Why, look: Look) -> Iterator[str]:
    """What the worker at hand does not know yet, where no job has said so."""
    if found.process.leaf is not None:
        return
    told = {each.key for job in found.jobs for each in (*job.changed, *changed_by(job.cause))}
    lines = list(changed_lines(tuple(each for each in found.process.changed if each.key not in told), look))
    yield from lines[1:]


def _foot(found: Why, look: Look) -> Iterator[str]:
    """What this rests on."""
    if found.process.version is not None:
        yield from look.prose(f"By its lines, the worker is a build from {data(found.process.version)}.")
    if found.sources:
        yield from look.prose(f"Looked at: {listed(map(data, found.sources))}.")
    for each in found.without:
        yield from look.prose(sentence(each))
