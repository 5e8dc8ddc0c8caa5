"""config.not-an-overlay: one file is loaded, and nothing below it."""

from __future__ import annotations

from collections.abc import Iterator

from checks.config._yaml import quoted
from doctor.api import NO_FILE, Edit, Finding, Fix, Guide, Location, Safety, Severity, check, facts

# What is off when the loaded file has no such section.
OFF = {
    "batch_processing": "every repository is embedded chunk by chunk",
    "gemini.batch": "there is no client for the Batches API",
    "zoekt": "nothing is indexed for text search",
    "connectors": "the API sets every connector in the database inactive",
}
# What belongs to batches, which with openai nobody sends.
BATCHES = ("batch_processing", "gemini.batch")


@check(
    id="config.not-an-overlay",
    title="Settings of config.yaml are not inherited",
    severity=Severity.WARNING,
    guide=Guide.SEQUENTIAL,
    safety=Safety.UNSAFE,
    blocked_by=NO_FILE,
    explains=("zoekt.search-off",),
)
def not_an_overlay(config: facts.Resolution, base: facts.BaseConfig) -> Iterator[Finding]:
    """
    Compare the sections of the loaded file with those of the `config.yaml` beside it.

    Looked for are `batch_processing`, `gemini.batch`, `zoekt` and `connectors`.

    Why it matters: the program reads one file only, so what is set in config.yaml alone is off.

    Silent when: config.yaml is the loaded file; it does not have the section either, or only in a comment; the loaded
    file has a part of the section, or an empty list of connectors; `batch_processing` and `gemini.batch` with provider
    openai, for which batches are never sent.

    How to fix: copy the section into the loaded file. A file for production has to be complete.
    """
    wanted = [section for section in OFF if section not in BATCHES or config.provider != "openai"]
    offered = [section for section in wanted if _has(base.entries, section) and not _is_empty_list(base, section)]
    missing = [section for section in offered if not _has(config.entries, section)]
    if not missing or base.path is None or not config.file.loaded:
        return
    path = config.file.path or ""
    costs = "; ".join(f"without {section} {OFF[section]}" for section in missing)
    first = Location.file(path, key=missing[0])
    yield Finding(
        f"{', '.join(missing)} of {base.path} {'is' if len(missing) == 1 else 'are'} not in {path}: {costs}",
        at=first,
        related=tuple(_places(base, missing)),
        fix=Fix(
            f"Copy {_listed(missing)} from {base.path} into {path}, or give the program {base.path} instead.",
            edits=tuple(_copies(path, base, missing)),
            safety=Safety.UNSAFE,
        ),
    )


def _has(entries: tuple[facts.Entry, ...], section: str) -> bool:
    """Whether the section is there and not empty; a list without entries says that there are none."""
    return any(
        entry.key.startswith(f"{section}.") or (entry.key == section and entry.kind != "mapping" and _filled(entry))
        for entry in entries
        if entry.counts
    )


def _filled(entry: facts.Entry) -> bool:
    return entry.kind == "sequence" or entry.value is not None


def _is_empty_list(base: facts.BaseConfig, section: str) -> bool:
    """Whether there is nothing in a list that could be missed."""
    return any(
        entry.key == section and entry.counts and entry.kind == "sequence" and not entry.value for entry in base.entries
    )


def _listed(sections: list[str]) -> str:
    *most, last = sections
    return f"{', '.join(most)} and {last}" if most else last


def _places(base: facts.BaseConfig, sections: list[str]) -> Iterator[Location]:
    for section in sections:
        yield next(entry.key_location for entry in base.entries if f"{entry.key}.".startswith(f"{section}."))


def _copies(path: str, base: facts.BaseConfig, sections: list[str]) -> Iterator[Edit]:
    """One insertion for each value; lists (of connectors, with their tokens) are left to whoever knows them."""
    for entry in base.entries:
        wanted = any(entry.key.startswith(f"{section}.") for section in sections)
        if wanted and entry.counts and entry.kind == "scalar":
            yield Edit(path, entry.key, None, _as_written(entry))


def _as_written(entry: facts.Entry) -> str:
    """The text for a line of its own; what does not fit on one line is written anew."""
    one_line = "\n" not in entry.written and entry.style in ("plain", "single", "double")
    # An alias stands for an anchor that is not in the other file.
    if one_line and not entry.written.startswith(("*", "&")):
        return entry.written
    if isinstance(entry.value, str):
        return quoted(entry.value)
    return "" if entry.value is None else str(entry.value).lower()
