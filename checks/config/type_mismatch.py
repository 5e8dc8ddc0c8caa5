"""config.type-mismatch: values of another type than the program's own."""

from __future__ import annotations

from collections.abc import Iterator

from checks.config._problems import owned_by, place
from checks.config._start import NO_ENDPOINT, SYMPTOMS
from doctor.api import (
    MASK,
    NO_FILE,
    SECTIONS,
    Explains,
    Finding,
    Fix,
    Safety,
    Severity,
    check,
    facts,
    is_secret_name,
    key_below,
    set_value,
    strip_user,
)

LONGEST = 60
BOOLEANS = {
    **dict.fromkeys(("yes", "on", "y", "true"), "true"),
    **dict.fromkeys(("no", "off", "n", "false"), "false"),
}
WANTED = {
    "string": "one text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "optional bool": "true or false",
    "duration": "a duration such as 30s",
}


@check(
    id="config.type-mismatch",
    title="A value has the wrong type and start-up stops",
    severity=Severity.ERROR,
    safety=Safety.SAFE,
    blocked_by=NO_FILE,
    blocks=NO_ENDPOINT,
    # Where one value stands in the place of the section, no line can be put below it.
    explains=(*SYMPTOMS, Explains("config.database-*-env-only", when=key_below)),
)
def type_mismatch(config: facts.Resolution) -> Iterator[Finding]:
    """
    Decode every value into the program's own type for its key.

    Refused are yes, no, on, off, y and n where true or false belongs (YAML as Go reads it takes them for text), text
    for a number, an unquoted date for a text, and a single value where a section belongs. `CODECHUNK_CONNECTORS`
    cannot work: a variable holds no list.

    Why it matters: every command stops at start with a Go panic and exit status 2, migrate too.

    Silent when: the program converts the value: numbers for texts, one connector that is not in a list, an empty
    section. `search.iterative_scan_mode: off` is a text and means what it says.
    One value in the place of `database:` is left to config.database-user-missing where nothing gives the user, as the
    program then does not come to decode anything.

    How to fix: write the value in the type that the finding names; `true` and `false` for switches.
    """
    for problem in owned_by("config.type-mismatch", config):
        key = problem.key
        shown = _shown(config, key)
        yield Finding(
            f"{key}{shown} is not {_wanted(config, key)}: the program stops at start",
            at=place(config, key),
            fix=_fix(config, key),
        )


def _wanted(config: facts.Resolution, key: str) -> str:
    if key in config.settings:
        return WANTED[config.settings[key].spec.kind]
    return "a section with keys of its own" if key in SECTIONS or key.endswith("]") else "one text"


def _written(config: facts.Resolution, key: str) -> str | None:
    """The text that is refused, None when it is more than one value or comes from inside a list."""
    setting = config.settings.get(key)
    if setting is not None and setting.source is facts.Source.ENV and setting.winner is not None:
        return setting.winner.text
    entry = setting.entry if setting is not None else next((e for e in config.by_key.get(key, ()) if e.counts), None)
    return entry.written if entry is not None and entry.kind == "scalar" else None


def _shown(config: facts.Resolution, key: str) -> str:
    text = _written(config, key)
    if text is None:
        return ""
    # What stands in the place of a section may be the secret that belongs into it.
    if any(is_secret_name(part) for part in key.split(".")) or key not in config.settings:
        return f" ({MASK})"
    text = strip_user(text)
    return f" ({text})" if len(text) <= LONGEST else f" ({text[:LONGEST]}...)"


def _fix_of_part(config: facts.Resolution, key: str) -> Fix:
    """For a section, and for what stands in the list of connectors."""
    if key.startswith("connectors["):
        if config.settings["connectors"].source is facts.Source.ENV:
            return Fix(
                "Write the connectors into the file; no variable can give a list.", ("unset CODECHUNK_CONNECTORS",)
            )
        if not key.endswith("]"):
            return Fix("Write one text.")
        if "." not in key:
            return Fix("Write a list: lines that begin with `- name:`, indented below connectors.")
    return Fix(f"Write the keys of {key} below it, indented, each with its own value.")


def _fix(config: facts.Resolution, key: str) -> Fix:
    setting = config.settings.get(key)
    if setting is None:
        return _fix_of_part(config, key)
    text = (_written(config, key) or "").strip("\"' ")
    if setting.spec.kind in ("bool", "optional bool") and text.lower() in BOOLEANS:
        word = BOOLEANS[text.lower()]
        return set_value(config, key, word, f"Write {word}.", safety=Safety.SAFE)
    if setting.entry is not None and setting.entry.tag == "!!timestamp":
        return Fix("Put the value in quotes; unquoted it is a date.")
    return Fix(f"Write {WANTED[setting.spec.kind]}.")
