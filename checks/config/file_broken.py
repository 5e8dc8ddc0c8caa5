"""config.file-broken: a file that does not parse."""

from __future__ import annotations

import re
from collections.abc import Iterator

from checks.config._start import NO_ENDPOINT
from doctor.api import MASK, Action, Edit, Evidence, Finding, Fix, Location, Safety, Severity, check, facts

# What a part of the parser's message usually means, the first that matches.
HINTS = (
    (
        "cannot start any token",
        "Indent with blanks, not with tabs; a value that begins with @, ` or % has to stand in quotes.",
    ),
    ("tab character", "Indent with blanks, not with tabs."),
    ("unknown anchor", "A value that begins with * has to stand in quotes."),
    (
        "into map[string]",
        "At the top of the file there have to be sections: `database:` with `user:` indented below it.",
    ),
    (
        "mapping values are not allowed",
        "Put a value that holds `: ` in quotes, and indent all keys of a section alike.",
    ),
    (
        "did not find expected key",
        "Indent all keys of a section alike, close quotes, and quote text that goes on after them.",
    ),
    (
        "could not find expected ':'",
        "Every key needs a colon behind it; a quote or block that is not closed causes this too.",
    ),
    ("block sequence entries", "An element of a list has to stand on a line of its own, indented below its key."),
    ("looking for beginning", "The ending of the file says that it is JSON; what is in it is not."),
    ("toml: ", "The ending of the file says that it is TOML; write it so, or rename it to .yaml."),
    (
        "match format",
        "The ending of the file says that it holds lines like NAME=value; rename it to .yaml if it does not.",
    ),
    ("did not find expected", "A bracket or quote is not closed, or a comma is missing."),
    ("unexpected end of stream", "A quote or bracket is not closed."),
    ("excessive aliasing", "Reduce the nested aliases (`*name`): what they stand for multiplies."),
    ("control characters", "The file holds bytes that are no text; save it as UTF-8."),
    ("UTF-8", "Save the file as UTF-8."),
)
# What the parser quotes of the file may be a secret; single marks (`':'`) are its own.
_QUOTED = re.compile(r"`[^`]*`|'[^']{2,}'|\"[^\"]{2,}\"|(?<=anchor ')[^']*(?=')")
_POSITION = re.compile(r"^While parsing config: |\byaml: (?:line \d+: )?|\bunmarshal errors: (?:line \d+: )?")


@check(
    id="config.file-broken",
    title="The configuration file does not parse and is dropped",
    severity=Severity.ERROR,
    safety=Safety.SAFE,
    blocks=NO_ENDPOINT,
)
def file_broken(config: facts.Resolution) -> Iterator[Finding]:
    """
    Read the file as the program's YAML parser does.

    Besides errors of syntax these make it drop the whole file: a tab as indentation, an anchor that is not defined, a
    value that begins with `@`, a backtick or `%`, one key twice in a section, and a top level that is no section.

    Why it matters: the program logs one line and goes on without any settings of yours, so that it fails later with a
    message about something else, usually the database.

    Silent when: the file is empty or holds only comments, begins with a byte order mark, has Windows line ends, or
    consists of several documents.

    How to fix: repair the line that the finding names. The second of two equal lines can simply go.
    """
    file = config.file
    if file.problem is not facts.FileProblem.BROKEN or (file.argument is not None and file.format is None):
        return
    if file.duplicates:
        yield from (_duplicate(file, duplicate) for duplicate in file.duplicates)
        return
    said = _QUOTED.sub(MASK, file.problem_text or "")
    # The parser's own line number is often that of the line before.
    text = _POSITION.sub("", " ".join(said.split()))
    if "into map[string]" in said:
        text = "the top level is not a section with keys"
    where = f" at line {file.line}" if file.line else ""
    otherwise = "Repair the line." if file.line else "Repair the file."
    yield Finding(
        f"{file.path} does not parse{where} ({text}): all of it is dropped",
        file.where(),
        fix=Fix(next((hint for part, hint in HINTS if part in said), otherwise)),
        evidence=(Evidence("program", said, proves="the program drops the file"),),
    )


def _duplicate(file: facts.ConfigFile, found: facts.Duplicate) -> Finding:
    path = file.path or ""
    second = Location.file(path, found.line, found.column)
    one_line = found.first_line == found.line
    first = Location.file(path, found.first_line, found.first_column if one_line else None, detail="the first one")
    if found.identical:
        edit = Edit(path, found.key, MASK, None, line=found.line, action=Action.DELETE)
        fix = Fix(f"Delete line {found.line}; it repeats line {found.first_line}.", edits=(edit,), safety=Safety.SAFE)
    elif one_line:
        fix = Fix(f"Keep one of the two on line {found.line}, and delete the other with its value.")
    else:
        advice = f"Keep one of the two: merge line {found.line} into line {found.first_line}, or delete it"
        fix = Fix(f"{advice} with all that belongs to it.")
    lines = f"at lines {found.first_line} and {found.line}"
    if one_line:
        lines = f"on line {found.line}, columns {found.first_column} and {found.column}"
    message = f"{path} has {found.key} twice in one section, {lines}: all of it is dropped"
    return Finding(message, at=second, related=(first,), fix=fix)
