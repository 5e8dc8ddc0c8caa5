"""What survives for a reason, and the page that tells of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

ACCEPTED = Path(__file__).with_name("accepted.txt")
_ROW = re.compile(r"^\| (?P<family>[a-z]+) \| (?P<mutants>\d+) \| (?P<survived>\d+) \| (?P<seconds>\d+) s \|$", re.M)

HEAD = """\
# Mutation testing of the checks

Every condition in a check is turned round (`==` to `!=`, `<` to `>=` and to `<=`, `and` to `or`, `not` taken away, a
condition negated), those of relations between checks too, and the tests of its family and its fixtures that need no
server run with it, until one of them fails. Before that they run in the same way without a change, and have to pass.

What survives is listed below, by the reason why no test is made for it. `make mutants` writes the table, and ends with
1 if anything else survives; `python -m tests.mutation zoekt` tries one family.
"""


class Row(NamedTuple):
    """How many were tried in a family, how many no test noticed, and how long that took."""

    mutants: int
    survived: int
    seconds: int


def accepted() -> dict[str, list[str]]:
    """What may survive, as it is printed, by the reason in the line with `#` above it."""
    found: dict[str, list[str]] = {}
    for line in ACCEPTED.read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            members = found.setdefault(line[2:], [])
        elif line:
            members.append(line)
    return found


def rows(text: str) -> dict[str, Row]:
    """The table of a page."""
    numbers = ("mutants", "survived", "seconds")
    return {found["family"]: Row(*(int(found[name]) for name in numbers)) for found in _ROW.finditer(text)}


def page(known: Mapping[str, Row]) -> str:
    """The whole page."""
    table = [("all", Row(*map(sum, zip(*known.values(), strict=True))))] if known else []
    lines = [HEAD, "| family | mutants | survived | time |", "|---|---:|---:|---:|"]
    lines += [
        f"| {name} | {row.mutants} | {row.survived} | {row.seconds} s |" for name, row in (*known.items(), *table)
    ]
    lines += ["", "## What survived"]
    for reason, members in accepted().items():
        lines += ["", f"### {reason}", "", *(f"- {each}" for each in members)]
    return "\n".join(lines) + "\n"
