"""config.variable-not-expanded: shell notation that reaches the program as it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from checks.config._use import in_use
from doctor.api import (
    MASK,
    NO_FILE,
    Edit,
    Explains,
    Finding,
    Fix,
    Guide,
    Location,
    Safety,
    Severity,
    check,
    delete,
    facts,
    same_key,
)

HOLDS = re.compile(r"\$\{[^{}]*\}")
IS = re.compile(r"\$[A-Za-z_][A-Za-z0-9_]*")
# A secret may well begin with a dollar sign; one that is nothing but the name of a variable does not.
IS_SECRET = re.compile(r"\$[A-Z_][A-Z0-9_]*")
NAME = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)")
WHOLE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)|\$\{([A-Za-z_][A-Za-z0-9_]*)\}")

API_KEY = "gemini.api_key"
NOTE = (
    "The guide's example has `api_key: ${CODECHUNK_GEMINI_API_KEY}`; the program has never expanded it, the variable "
    "of that name simply overrides the line."
)


@check(
    id="config.variable-not-expanded",
    title="${VAR} in YAML is not expanded",
    severity=(Severity.ERROR, Severity.NOTE),
    guide=Guide.PREREQUISITES,
    safety=Safety.SAFE,
    blocked_by=NO_FILE,
    explains=(
        Explains(
            "config.type-mismatch",
            "config.duration-invalid",
            "config.dsn-misread",
            "config.sslmode",
            "config.nats-mock",
            "config.value-reinterpreted",
            "config.openai-incomplete",
            "gemini.key-malformed",
            "gemini.key-rejected",
            when=same_key,
        ),
    ),
)
def variable_not_expanded(config: facts.Resolution) -> Iterator[Finding]:
    """
    Look for values that hold `${...}` or are `$NAME`.

    It is a note only when a variable of the key overrides the value, or when nothing in use reads it.

    Why it matters: the program takes the text as it stands, so the notation itself becomes the password, key or host.

    Silent when: the value is a connector's `auth_token` (the only one that is expanded), or a `$` merely occurs in a
    longer text.

    How to fix: delete the text and export the variable of the key, `CODECHUNK_` and the key in capitals with dots as
    underscores. It counts as long as the key stands in the file, empty or not; `CODECHUNK_GEMINI_API_KEY` always does.

    Since 2025-11-27: the guide shows `api_key: ${CODECHUNK_GEMINI_API_KEY}`; the program does not expand it, the
    exported variable of that name overrides the line, and without it the text itself is sent as the key.
    """
    for setting in config.settings.values():
        entry, winner = setting.file_entry, setting.winner
        overridden = winner is not None and winner.source is facts.Source.ENV
        if entry is not None and _unexpanded(setting, entry.value):
            yield _finding(config, setting, str(entry.value), entry.location, overridden=overridden)
        if winner is not None and overridden and _unexpanded(setting, winner.text):
            yield _finding(config, setting, winner.text, setting.location, overridden=False)
    for connector in config.connectors:
        yield from _connector(connector)


def _unexpanded(setting: facts.Setting, value: object) -> bool:
    if not isinstance(value, str):
        return False
    alone = IS_SECRET if setting.spec.secret else IS
    return HOLDS.search(value) is not None or alone.fullmatch(value) is not None


def _finding(config: facts.Resolution, setting: facts.Setting, text: str, at: Location, *, overridden: bool) -> Finding:
    key, shown = setting.key, _shown(setting, text)
    if overridden:
        message = (
            f"{key} ({shown}) is not expanded; {setting.spec.env} overrides it, so it does no harm while that is set"
        )
    else:
        message = f"{key} is the text {shown} itself: it is not expanded"
    # A value that does not decode stops the start, whether anything would act on it or not.
    harmless = overridden or (setting.problem is None and not in_use(config, key))
    return Finding(
        message,
        at=replace(at, key=key),
        related=(setting.location,) if overridden else (),
        severity=Severity.NOTE if harmless else Severity.ERROR,
        fix=_fix(config, setting, text, overridden=overridden),
        note=NOTE if key == API_KEY else None,
    )


def _shown(setting: facts.Setting, text: str) -> str:
    """The text, or of a secret the variable in it and nothing else (`${X:-secret}` holds one)."""
    if not setting.spec.secret:
        return text
    name = NAME.match(text)
    return f"${{{name[1]}}}" if name and WHOLE.fullmatch(text) else MASK


def _fix(config: facts.Resolution, setting: facts.Setting, text: str, *, overridden: bool) -> Fix:
    if setting.source is facts.Source.ENV and not overridden:
        return Fix(
            f"Export {setting.spec.env} with its real value; in quotes of the '...' kind a shell expands nothing."
        )
    commands = () if overridden else (_export(setting, text),)
    if setting.key == API_KEY:
        summary = "Delete the line; the variable alone is enough."
        return Fix(summary, commands, edits=(_deletion(config, setting, text),), safety=Safety.SAFE)
    if overridden:
        return Fix(
            f"Leave the value empty, so that nobody takes it for one that works: {setting.key} with nothing behind it."
        )
    return Fix(
        f"Export {setting.spec.env}, which overrides the line; the value in the file can be left empty.", commands
    )


def _export(setting: facts.Setting, text: str) -> str:
    """A command that gives the key's own variable what the text was meant to give."""
    whole = WHOLE.fullmatch(text)
    name = (whole[1] or whole[2]) if whole else None
    if name == setting.spec.env or (name is None and setting.spec.secret):
        return f"export {setting.spec.env}='the value'"
    meant = f"${name}" if name else re.sub(r'(["`\\])', r"\\\1", text)
    return f'export {setting.spec.env}="{meant}"'


def _deletion(config: facts.Resolution, setting: facts.Setting, text: str) -> Edit:
    edit = delete(config, setting.key)
    return edit if WHOLE.fullmatch(text) else replace(edit, before=MASK)


def _connector(connector: facts.Connector) -> Iterator[Finding]:
    for name, field in connector.fields.items():
        values = field.value if isinstance(field.value, list | tuple) else [field.value]
        texts = [value for value in values if isinstance(value, str) and HOLDS.search(value)]
        if name == "auth_token" or not texts:
            continue
        key = f"connectors[{connector.index}].{name}"
        place = field.entry.location if field.entry is not None else connector.location
        yield Finding(
            f"{key} is the text {texts[0]} itself: of a connector only auth_token is expanded",
            at=replace(place, key=key),
            fix=Fix("Write the value itself; no variable can give it."),
        )
