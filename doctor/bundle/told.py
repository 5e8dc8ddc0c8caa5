"""What `bundle` says on the screen: what it wrote and what it replaced."""

from __future__ import annotations

from collections.abc import Iterator

from doctor.bundle.making import FACTS, Made
from doctor.report.json import dump
from doctor.report.terminal import one_line, wrap
from doctor.report.words import many, sum_of_findings

SCHEMA = "codechunk-doctor/bundle/1"
# So many lines about what was replaced are read in passing.
FEW = 12


def text(made: Made, *, width: int = 80, verbosity: int = 0, quiet: bool = False) -> str:
    """A few lines; with -q the name of the file alone."""
    if quiet:
        return f"{one_line(str(made.path))}\n"
    return "".join(f"{line}\n" for line in _lines(made, width, verbosity))


def _lines(made: Made, width: int, verbosity: int) -> Iterator[str]:
    name = one_line(str(made.path))
    yield f"Wrote {name}, {_size(made.size)} with {many(len(made.files), 'file')} in it; nothing was sent anywhere."
    yield from wrap(f"It has what was observed ({sum_of_findings(made.report) or 'nothing wrong was found'}).", width)
    for each in made.missing:
        yield from wrap(f"It lacks {one_line(each)}", width)
    yield ""
    yield from _replaced(made, verbosity)
    if made.differing:
        yield ""
        yield from wrap(
            f"Without the secrets these checks say something else than here: {', '.join(made.differing)}.", width
        )
    yield ""
    yield from wrap(
        f"Names of hosts, users, repositories and files are in it as they are: look through {FACTS} and logs.txt "
        "before you hand it on, if these must not be known.",
        width,
    )
    yield f"Examine it with: codechunk-doctor check --from-bundle {name}"


def _replaced(made: Made, verbosity: int) -> Iterator[str]:
    if not made.replaced:
        yield "No secret was met."
        return
    yield f"Replaced {many(len(made.replaced), 'secret')}, and searched the written file for them:"
    shown = made.replaced if verbosity or len(made.replaced) <= FEW else made.replaced[: FEW - 1]
    widest = max(len(each["token"]) for each in shown)
    for each in shown:
        places = sum(where["count"] for where in each["where"])
        yield f"  {each['token']:<{widest}}  {one_line(each['kind'])}, {many(places, 'place')}"
    if len(shown) < len(made.replaced):
        yield f"  and {len(made.replaced) - len(shown)} more; -v shows all, as does manifest.json in it"
    if made.private:
        yield f"and left out the values of {many(made.private, 'variable')} that nothing here reads."


def _size(size: int) -> str:
    return f"{size / 1024:,.0f} KiB" if size >= 1024 else f"{size} bytes"


def json(made: Made) -> str:
    """`codechunk-doctor/bundle/1`."""
    return dump(
        {
            "schema": SCHEMA,
            "path": str(made.path),
            "bytes": made.size,
            "files": [{"path": name, "bytes": size} for name, size in made.files.items()],
            "replaced": list(made.replaced),
            "differing": list(made.differing),
            "missing": list(made.missing),
        }
    )
