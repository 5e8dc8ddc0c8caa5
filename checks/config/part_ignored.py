"""config.part-ignored: documents and spellings that lose."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, takewhile

from doctor.api import (
    MASK,
    NO_FILE,
    Action,
    Edit,
    Finding,
    Fix,
    Location,
    Safety,
    Severity,
    check,
    facts,
    is_secret_name,
)


@check(
    id="config.part-ignored",
    title="A part of the file is silently ignored",
    severity=Severity.WARNING,
    safety=Safety.UNSAFE,
    blocked_by=NO_FILE,
)
def part_ignored(config: facts.Resolution) -> Iterator[Finding]:
    """
    Look for further YAML documents, and for keys that stand in the file in two spellings.

    Only the first document is read. Keys do not depend on capitals, and `worker.concurrency: 7` is the same as
    `concurrency: 7` below `worker:`; of two spellings one wins.

    Why it matters: the program drops the other part without a word, so a setting that looks right has no effect.

    Silent when: a further document is empty or holds only comments; both spellings give the same value; the second one
    comes from an anchor or a merge key.

    How to fix: merge the documents into one, and delete the line that loses.
    """
    path = config.file.path or ""
    for line in config.file.further_documents:
        yield Finding(
            f"{path} from line {line} on is ignored: it is a further YAML document, only the first is read",
            at=Location.file(path, line),
            fix=Fix("Move its keys into the sections of the first document and delete the line `---`."),
        )
    section = None
    for index, entry in enumerate(config.entries):
        inside = section is not None and entry.spelled.startswith(f"{section}.")
        if entry.counts or entry.merged or inside or _same(config, index):
            continue
        section = entry.spelled
        yield _loser(config, path, entry)


def _same(config: facts.Resolution, index: int) -> bool:
    """Whether nothing is lost: what counts has the same value, or all the same keys with the same values."""
    loser = config.entries[index]
    following = islice(config.entries, index + 1, None)
    below = takewhile(lambda entry: entry.spelled.startswith(f"{loser.spelled}."), following)
    for entry in (loser, *below):
        winner = _winner(config, entry.key)
        if entry.kind != "mapping" and (winner is None or winner.value != entry.value):
            return False
    return True


def _winner(config: facts.Resolution, key: str) -> facts.Entry | None:
    return next((entry for entry in config.by_key[key] if entry.counts), None)


def _loser(config: facts.Resolution, path: str, entry: facts.Entry) -> Finding:
    winner = _winner(config, entry.key)
    secret = any(is_secret_name(part) for part in entry.key.split("."))
    edit = Edit(
        path,
        entry.spelled,
        MASK if secret or entry.kind != "scalar" else entry.written,
        None,
        line=entry.key_location.line,
        action=Action.DELETE,
    )
    other = f"{winner.spelled} at line {winner.key_location.line}" if winner is not None else "another spelling"
    return Finding(
        f"{entry.spelled} at line {entry.key_location.line} is ignored: {other} is the same key and wins",
        at=entry.key_location,
        related=(winner.key_location,) if winner is not None else (),
        fix=Fix(f"Delete {entry.spelled} at line {entry.key_location.line}.", edits=(edit,), safety=Safety.UNSAFE),
    )
