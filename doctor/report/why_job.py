"""One verdict of `why`: what happened, how it came to this, what to do, and what is known besides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from doctor.report.log_look import Look
from doctor.report.log_words import data, many
from doctor.report.table import Column, table
from doctor.report.why_chain import chain, changed_lines, heading, section
from doctor.report.why_fix import DEEPER, INDENT, steps, summary, whole
from doctor.report.why_words import (
    SHORT,
    cause,
    code,
    headline,
    moment,
    possibility,
    sentence,
    undecided,
    where_of,
    would,
)
from doctor.why.leaves import Leaf
from doctor.why.verdict import BatchVerdict, Certainty, GuideCause, GuideStatus, JobVerdict

# What fits on a screen; -v shows all.
MOST_RULED_OUT, MOST_FLIPS, MOST_BATCHES = 3, 3, 10
STATUS = {
    GuideStatus.CONFIRMED: ("confirmed", "red"),
    GuideStatus.RULED_OUT: ("ruled out", "green"),
    GuideStatus.UNKNOWN: ("unknown", "yellow"),
}
# What does not go as it was meant stands out.
_ALARMING, _ODD, _FINE = ("bold", "red"), ("bold", "yellow"), ("bold", "green")


def job_lines(job: JobVerdict, look: Look) -> Iterator[str]:
    """All of it; with `quiet` the verdict and the fix."""
    yield from _verdict(job, look)
    if look.quiet:
        yield from whole(job.fix, look)
        return
    yield from _details(job, look)
    title = "How it would come to this" if job.hypothetical else "How it came to this"
    first = job.certainty is Certainty.POSSIBLE
    unknown = section("What would decide it" if first else "Not known", _unknown(job, look), look)
    sections = (
        section(title, chain(job.evidence, look), look),
        unknown if first else (),
        changed_lines(job.changed, look),
        section("What to do", steps(job.fix, look), look),
        _guide(job.guide_causes or (), look),
        section("What would change it", _flips(job, look), look),
        () if first else unknown,
        section("Ruled out", _ruled_out(job, look), look),
        _batches(job.batches, look),
        section("If you follow the guide", look.prose(sentence(job.note), INDENT) if job.note else (), look),
    )
    for lines in sections:
        yield from lines


def style(job: JobVerdict) -> Sequence[str]:
    """The colours of a verdict."""
    return _ODD if undecided(job) else style_of(job.leaf)


def style_of(leaf: Leaf) -> Sequence[str]:
    """The colours of an end."""
    return _FINE if leaf.harmless else _ALARMING if leaf.failed else _ODD


# --- what happened


def _verdict(job: JobVerdict, look: Look) -> Iterator[str]:
    open_ones = job.candidates if undecided(job) else ()
    yield from heading(headline(job), code(job), style(job), look)
    if open_ones:
        yield "It is one of these:"
    for each in open_ones:
        said = f"{possibility(each, hypothetical=job.hypothetical)} [{each.value}]"
        yield from look.prose(said, DEEPER, f"{INDENT}- ")


def _details(job: JobVerdict, look: Look) -> Iterator[str]:
    began = f"{'seen' if job.leaf is Leaf.G else 'began'} {moment(job.at)}" if moment(job.at) else ""
    end = "" if job.ended or job.hypothetical else "its end was not seen"
    who = data(job.job_id) if job.job_id else ""
    if who or began or end:
        yield from look.part("job", ", ".join(filter(None, (who, began, end))))
    if job.cause is not None:
        yield from look.part("cause", cause(job.cause))
    if job.fix is not None:
        yield from look.part("fix", summary(job.fix))


# --- what is known besides


def _flips(job: JobVerdict, look: Look) -> Iterator[str]:
    shown_ones = job.counterfactual[: look.few(MOST_FLIPS)]
    for each in shown_ones:
        change = data(each.change).rstrip(".")
        yield from look.prose(f"With {change}, {would(each.then)} [{each.then.value}].", DEEPER, f"{INDENT}- ")
    yield from _rest(len(job.counterfactual) - len(shown_ones))


def _unknown(job: JobVerdict, look: Look) -> Iterator[str]:
    for each in job.unknown:
        yield from look.prose(sentence(each.question), DEEPER, f"{INDENT}- ")
        if each.how_to_find_out:
            yield from look.prose(f"To find out: {data(each.how_to_find_out)}", DEEPER)


def _ruled_out(job: JobVerdict, look: Look) -> Iterator[str]:
    # What else makes a repository sequential is what one asks for first.
    shown_ones = sorted(job.ruled_out, key=lambda each: not each.leaf.sequential)[: look.few(MOST_RULED_OUT)]
    for each in shown_ones:
        said = f"{SHORT[each.leaf]} [{each.leaf.value}]: {data(each.because)}"
        yield from look.prose(said, DEEPER, f"{INDENT}- ")
    yield from _rest(len(job.ruled_out) - len(shown_ones))


def _rest(count: int) -> Iterator[str]:
    if count > 0:
        yield f"{INDENT}and {count} more; -v shows all."


def _guide(causes: Sequence[GuideCause], look: Look) -> Iterator[str]:
    if not causes:
        return
    yield from section("The guide's four causes", _guide_table(causes, look), look)


def _guide_table(causes: Sequence[GuideCause], look: Look) -> Iterator[str]:
    indent = INDENT + " " * 14
    for each in causes:
        word, color = STATUS[each.status]
        title = list(look.prose(data(each.title), indent, f"{INDENT}{each.number}  {word:9}  "))
        yield title[0].replace(word, look.paint(word, color), 1)
        yield from title[1:]
        where = f" ({where_of(each.at)})" if each.at is not None else ""
        yield from look.prose(sentence(f"{each.because.rstrip('.')}{where}"), indent)
        if each.fix and each.status is not GuideStatus.RULED_OUT:
            yield from look.prose(f"Fix: {data(each.fix)}", indent)


def _batches(batches: Sequence[BatchVerdict], look: Look) -> Iterator[str]:
    if len(batches) < 2 and not look.verbosity:
        return
    most = look.few(MOST_BATCHES)
    # With many of them those that went wrong are worth seeing.
    worst_first = sorted(batches, key=lambda each: each.leaf.harmless) if most and len(batches) > most else batches
    rows = worst_first[:most]
    counts = Counter(each.leaf for each in batches)
    said = "; ".join(f"{count:,} {SHORT[leaf]} [{leaf.value}]" for leaf, count in counts.most_common())
    lines = list(look.prose(f"{said}.", INDENT)) if len(batches) > len(rows) else []
    if rows:
        lines += [INDENT + line for line in _batch_table(rows, look)]
    yield from section(f"Its {many(len(batches), 'batch', 'batches')}", lines, look)


def _batch_table(rows: Sequence[BatchVerdict], look: Look) -> list[str]:
    numbers = ["-" if each.number is None else f"{each.number:,}" for each in rows]
    ends = [f"{SHORT[each.leaf]} [{each.leaf.value}]" for each in rows]
    wanted = [
        Column("BATCH", numbers, right=True),
        Column("ID", [data(each.id) for each in rows]),
        Column("WHAT HAPPENED", ends, styles=[style_of(each.leaf)[1] for each in rows]),
    ]
    fit = None if look.fit is None else look.fit - len(INDENT)
    return table(wanted, look.paint, fit=fit, droppable=(), cuttable="ID")
