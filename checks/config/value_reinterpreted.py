"""config.value-reinterpreted: text that YAML or Go takes for something else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from checks.config._dsn import MISREAD, about_database
from checks.config._use import in_use
from checks.config._values import undecodable
from checks.config._yaml import quoted
from doctor.api import (
    MASK,
    NO_FILE,
    Edit,
    Explains,
    Finding,
    Fix,
    Safety,
    Severity,
    check,
    facts,
    same_key,
    set_value,
    variable_fix,
)

# With another value in one of these, nothing is reached or nobody let in.
VITAL = ("host", "port", "name", "user", "password", "api_key", "auth_token")
READ_AS = {"!!int": "a number", "!!float": "a number", "!!bool": "true or false"}
# Digits behind a zero that Go reads as octal.
OCTAL = re.compile(r"[+-]?0[0-7_]+")
# What a whole number in Go stays below.
LIMIT = 2**63
PORT = "api.port"
LAST_PORT = 65535
GLUED = re.compile(r"#[^\s#]")
# An anchor before a value changes nothing.
ANCHOR = re.compile(r"&\S+\s+(?=\S)")


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to a text, and the one that was meant: empty where nobody can tell, `harmless` if it comes out."""

    how: str
    meant: str
    harmless: bool = False


@check(
    id="config.value-reinterpreted",
    title="A value is changed before the program sees it",
    severity=(Severity.ERROR, Severity.WARNING),
    safety=Safety.UNSAFE,
    blocked_by=NO_FILE,
    explains=(
        Explains(*MISREAD, when=about_database),
        Explains("config.database-password-empty", when=same_key),
    ),
)
def value_reinterpreted(config: facts.Resolution) -> Iterator[Finding]:
    """
    Compare what stands in the file with what the program gets out of it.

    Text without quotes is changed when it looks like a number (`0123` becomes 83, `1.10` becomes 1.1), like true or
    false, like a YAML tag (`!x`), or when a `#` behind a blank makes the rest a comment. In whole numbers a
    leading zero means octal (`05433` is 2843, in a variable too), and decimals are cut off. For hosts, ports, names,
    users, passwords, keys and tokens it is an error, unless the port of the API is the number that was written in
    another way (`0x1F90`).

    Why it matters: the program works with another value than the one that was written.

    Silent when: the text is in quotes; a whole number is written `0x10`, `0o17` or `1_000`; the port of the API is a
    plain number; a blank follows the `#`, which then begins an ordinary comment.

    How to fix: put the text in quotes; drop the zero at the start of a number.
    """
    for setting in config.settings.values():
        change = None if undecodable(config, setting.key) else _change(setting)
        if change is None:
            continue
        counts = _vital(setting.key) and in_use(config, setting.key) and not change.harmless
        vital = setting.problem is not None or counts
        yield Finding(
            _message(setting, change),
            at=setting.location,
            severity=Severity.ERROR if vital else Severity.WARNING,
            fix=_fix(config, setting, change),
        )
    for connector in config.connectors:
        yield from _connector(connector)


def _vital(key: str) -> bool:
    return key.rpartition(".")[2] in VITAL


# --- what changes ----------------------------------------------------------------------------------------------


def _change(setting: facts.Setting) -> Change | None:
    entry, winner = setting.entry, setting.winner
    if setting.spec.kind == "string" and entry is None:
        entry = _only_a_comment(setting)
    if setting.spec.kind == "string" and entry is not None:
        change = _text_change(entry, setting.value)
        return _port_change(entry, setting.value, change) if change and setting.key == PORT else change
    if setting.spec.kind == "int" and entry is not None and entry.kind == "scalar":
        return _number_change(entry)
    if setting.spec.kind == "int" and winner is not None and winner.source is facts.Source.ENV:
        return _octal(winner.text)
    return None


def _only_a_comment(setting: facts.Setting) -> facts.Entry | None:
    """The line of a key whose value turns out to be a comment, where nothing else gives the key a value."""
    entry = setting.file_entry
    alone = setting.source is facts.Source.DEFAULT and entry is not None
    return entry if alone and entry is not None and not entry.written else None


def _text_change(entry: facts.Entry, value: object) -> Change | None:
    # What an alias stands for is judged where it is written.
    if entry.kind != "scalar" or entry.style != "plain" or entry.written.startswith("*"):
        return None
    written = _text(entry)
    if entry.comment is not None and GLUED.match(entry.comment) and not entry.merged:
        return Change("ends at the #, the rest is a comment", f"{written} {entry.comment}".strip())
    if entry.tag in READ_AS and value != written:
        return Change(f"is read as {READ_AS[entry.tag]}", written)
    if _tagged(entry):
        return Change("is taken for a YAML tag", written)
    return None


def _tagged(entry: facts.Entry) -> bool:
    """A tag that is none of YAML's own, which nobody writes on purpose."""
    return entry.tag.startswith("!") and not entry.tag.startswith("!!")


def _text(entry: facts.Entry) -> str:
    """What is written, without an anchor before it; a tag with nothing behind it is all there is."""
    if not entry.written and _tagged(entry):
        return entry.tag
    return ANCHOR.sub("", entry.written, count=1) if entry.written.startswith("&") else entry.written


def _port_change(entry: facts.Entry, value: str, change: Change) -> Change | None:
    """What happens to the port of the API, a text that has to be a plain number."""
    if entry.tag not in ("!!int", "!!float"):
        return Change(change.how, "")
    written, port = _text(entry), _decimal(value)
    # What is no port in any notation is the business of config.value-out-of-range.
    if port is None or port > LAST_PORT or _decimal(written) == port:
        return None
    return _octal(written) or Change(change.how, value, harmless=True)


def _number_change(entry: facts.Entry) -> Change | None:
    """What happens to a whole number; a default that the program has in the place of 0 is no such thing."""
    if entry.tag == "!!bool":
        return Change("is read as a number", str(int(entry.value)))
    octal = _octal(_text(entry).strip("\"'"))
    if octal is not None or entry.tag not in READ_AS:
        return octal
    if not -LIMIT <= entry.value < LIMIT:
        return Change("is too large", "")
    whole = int(entry.value)
    return None if whole == entry.value else Change("is cut to a whole number", str(whole))


def _octal(text: str) -> Change | None:
    decimal = _decimal(text) if OCTAL.fullmatch(text) else None
    if decimal is None or decimal == int(text.replace("_", ""), 8):
        return None
    return Change("is read as an octal number", str(decimal))


def _decimal(text: str) -> int | None:
    digits = text.replace("_", "")
    return int(digits) if re.fullmatch(r"[+-]?[0-9]{1,30}", digits) else None


# --- what is said ----------------------------------------------------------------------------------------------


def _message(setting: facts.Setting, change: Change) -> str:
    if setting.spec.secret:
        return f"{setting.key} {change.how}, so the program uses another text than the one that was written"
    entry = setting.entry if setting.entry is not None else setting.file_entry
    if setting.source is facts.Source.ENV and setting.winner is not None:
        written = setting.winner.text
    else:
        written = (_text(entry) or entry.comment or "") if entry is not None else ""
    return f"{setting.key}: {written} {change.how}, the program gets {setting.shown}"


def _fix(config: facts.Resolution, setting: facts.Setting, change: Change) -> Fix:
    if not change.meant:
        return Fix("Write the number of the port." if setting.key == PORT else "Write a smaller number.")
    if setting.spec.kind == "int" or setting.key == PORT:
        summary = f"Write {change.meant}."
        if setting.source is facts.Source.ENV:
            return variable_fix(config, setting.key, change.meant, summary, safety=Safety.UNSAFE)
        return set_value(config, setting.key, change.meant, summary, safety=Safety.UNSAFE)
    entry = setting.file_entry
    if entry is None or entry.merged:
        return Fix("Put the text in quotes, where the anchor is.")
    before = MASK if setting.spec.secret else _text(entry)
    edit = Edit(config.file.path or "", setting.key, before, quoted(change.meant), line=entry.location.line)
    return Fix("Put the text in quotes.", edits=(edit,), safety=Safety.UNSAFE)


def _connector(connector: facts.Connector) -> Iterator[Finding]:
    for name, field in connector.fields.items():
        change = _text_change(field.entry, field.value) if field.entry is not None else None
        if change is None or field.entry is None:
            continue
        key = f"connectors[{connector.index}].{name}"
        yield Finding(
            f"{key} {change.how}, so the program uses another text than the one that was written",
            at=replace(field.entry.location, key=key),
            severity=Severity.ERROR if _vital(key) else Severity.WARNING,
            fix=Fix("Put the text in quotes."),
        )
