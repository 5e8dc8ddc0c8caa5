"""Many verdicts of `why` as a table, and how many ended how."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from doctor.report.log_look import Look
from doctor.report.log_words import data, many
from doctor.report.table import Column, table
from doctor.report.why_job import style
from doctor.report.why_words import SHORT, brackets, repository, setting, short, undecided
from doctor.why.leaves import Leaf
from doctor.why.verdict import JobVerdict

# Enough of an id to tell it from others, and to type; where it is not, the next part is added.
LENGTHS = (8, 13, 18, 23, 36)
# Below it a line has no place for words.
NARROW = 64
_HOST = re.compile(r"^[^/]+\.[^/]+/(?=[^/]+/)")


def job_table(jobs: Sequence[JobVerdict], look: Look) -> list[str]:
    """One line for each; on a narrow terminal the codes alone, which the totals explain."""
    if not jobs:
        return []
    narrow = look.fit is not None and look.fit < NARROW
    wanted = [
        Column("JOB", _ids(jobs)),
        Column("REPOSITORY", [_name(each.repository) for each in jobs]),
        Column("CHUNKS", ["-" if each.chunk_count is None else f"{each.chunk_count:,}" for each in jobs], right=True),
        Column("BEGAN (UTC)", [_began(each.at) for each in jobs]),
        Column(
            "END" if narrow else "WHAT HAPPENED",
            [brackets(each) if narrow else short(each) for each in jobs],
            styles=[style(each)[1] for each in jobs],
        ),
        Column("SURE", [each.certainty.value for each in jobs]),
        Column("CAUSE", [setting(each.cause.key, each.cause.value) if each.cause else "-" for each in jobs]),
    ]
    return table(
        wanted, look.paint, fit=look.fit, droppable=("CAUSE", "BEGAN (UTC)", "SURE", "CHUNKS"), cuttable="REPOSITORY"
    )


def _ids(jobs: Sequence[JobVerdict]) -> list[str]:
    whole = [data(each.job_id) if each.job_id else "-" for each in jobs]
    different = set(whole)
    enough = next((each for each in LENGTHS if len({id[:each] for id in different}) == len(different)), LENGTHS[-1])
    return [each[:enough] for each in whole]


def _name(name: str | None) -> str:
    """Without its host, of which all have the same: `acme/api`."""
    return _HOST.sub("", repository(name)) if name else "-"


def _began(time: float | None) -> str:
    try:
        return "-" if time is None else f"{datetime.fromtimestamp(time, UTC):%Y-%m-%d %H:%M}"
    except (ValueError, OverflowError, OSError):
        return "-"


def totals(jobs: Sequence[JobVerdict]) -> str:
    """`3 jobs: 2 one by one, no batch client [S4]; 1 not decided.`"""
    counts: Counter[Leaf | None] = Counter(None if undecided(each) else each.leaf for each in jobs)
    said = "; ".join(f"{count:,} {_end(leaf)}" for leaf, count in counts.most_common())
    return f"{many(len(jobs), 'job')}: {said}."


def _end(leaf: Leaf | None) -> str:
    return "not decided" if leaf is None else f"{SHORT[leaf]} [{leaf.value}]"
