"""`config show` and `config resolve`: what the program makes of its file and variables, with the secrets left out."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from doctor.facts import Candidate, Effect, Entry, Resolution, Setting, Source
from doctor.golang.duration import format_duration
from doctor.model import Place
from doctor.redact import MASK, is_secret_name
from doctor.registry import nearest
from doctor.report import is_secret_key, place
from doctor.report.json import dump, location
from doctor.report.terminal import Paint, columns, one_line, padded, printable, wrap
from doctor.schema import SCHEMA, KeySpec

Clean = Callable[[str], str]

USES = {
    "no": "nobody reads it",
    "validated-only": "checked at start, then nobody reads it",
    "no-effect": "read, but without effect",
    "unreachable": "nobody reads it",
}
WIDEST_VALUE = 36
MOST_UNKNOWN = 20


# --- values and texts without secrets


def public(key: str, value: Any, clean: Clean) -> Any:
    """A decoded value that may be printed: `***` for a secret that is set, other texts redacted."""
    if is_secret_key(key):
        return MASK if value else value
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [public(key, item, clean) for item in value]
    if isinstance(value, Mapping):
        return {name: public(f"{key}.{name}", item, clean) for name, item in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # JSON has no number for it
    return value


_QUOTED_VALUE = re.compile(r"(?P<before>value: |parsing |duration )(?P<quote>['\"]).*(?P=quote)", re.DOTALL)
_MAP_ITEM = re.compile(r"(?P<name>[\w.-]+):(?P<value>[^\s\]]+)")


def public_panic(resolution: Resolution, clean: Clean) -> str | None:
    """The panic's text; where it is about a secret's key, no form of the value is left in it."""
    text = resolution.panic
    if text is None:
        return None
    for problem in resolution.problems:
        if is_secret_key(problem.key):
            hidden = _QUOTED_VALUE.sub(rf"\g<before>\g<quote>{MASK}\g<quote>", problem.text)
            text = text.replace(problem.text, hidden)
    text = re.sub(r"map\[.*\]", lambda whole: _MAP_ITEM.sub(_hide_item, whole[0]), text)
    return clean(text)


def _hide_item(match: re.Match[str]) -> str:
    return f"{match['name']}:{MASK}" if is_secret_name(match["name"]) else match[0]


# What a parser quotes of a broken file may be a secret: nobody knows what key it belongs to.
_QUOTED_CONTENT = re.compile(r"(?<=`)[^`]{6,}(?=`)|(?<=anchor ')[^']{6,}(?=')")


def public_read_error(resolution: Resolution, clean: Clean) -> str | None:
    """Why the file is dropped, in the program's words, without longer pieces of what stands in it."""
    text = resolution.read_error
    if text is not None and text.startswith("While parsing"):
        text = _QUOTED_CONTENT.sub(MASK, text)
    return clean(text) if text is not None else None


def _public_text(key: str, candidate: Candidate, clean: Clean) -> str:
    if candidate.entry is not None and candidate.entry.kind != "scalar":
        return f"a {candidate.entry.kind}"
    if is_secret_key(key):
        return MASK if candidate.text.strip("\"'") else candidate.text
    return clean(candidate.text)


# --- config resolve


def resolve_json(resolution: Resolution, clean: Clean) -> str:
    """`codechunk-doctor/resolution/1`."""
    values = resolution.values
    shown = None if values is None else {key: _value(resolution, key, values[key], clean) for key in values}
    return dump({"schema": "codechunk-doctor/resolution/1", **_outcome(resolution, clean), "values": shown})


def _outcome(resolution: Resolution, clean: Clean) -> dict[str, Any]:
    return {
        "config_file": resolution.config_file,
        "read_error": public_read_error(resolution, clean),
        "outcome": resolution.outcome,
        "panic": public_panic(resolution, clean),
    }


def _value(resolution: Resolution, key: str, value: Any, clean: Clean) -> dict[str, Any]:
    setting = resolution.settings[key]
    return {
        "value": public(key, value, clean),
        "source": setting.source.value,
        "location": location(setting.location) if _says_something(setting) else None,
    }


def _says_something(setting: Setting) -> bool:
    """A default comes from nowhere, unless a variable hides what the file says."""
    return setting.source is not Source.DEFAULT or setting.location.kind is Place.ENV


def resolve_text(resolution: Resolution, clean: Clean) -> str:
    """A `key = value` line for each key; when the program does not get that far, what it says instead."""
    lines = [f"outcome = {resolution.outcome}", f"config_file = {one_line(resolution.config_file or 'none')}"]
    read_error = public_read_error(resolution, clean)
    if read_error is not None:
        lines.append(f"read_error = {one_line(read_error)}")
    panic = public_panic(resolution, clean)
    if panic is not None:
        lines.append(f"panic = {one_line(panic)}")
    if resolution.values is not None:
        lines += [f"{key} = {value_text(resolution.settings[key], clean)}" for key in resolution.values]
    return "\n".join(lines) + "\n"


def value_text(setting: Setting, clean: Clean) -> str:
    """A value in one line: text in quotes, durations as Go prints them, connectors by their names."""
    value = setting.value
    if setting.spec.kind == "connectors":
        names = [one_line(clean(str(each.get("name") or "unnamed"))) for each in value or ()]
        return f"{len(names)}: {', '.join(names)}" if names else "none"
    if setting.spec.secret:
        return MASK if value else '""'
    if setting.spec.kind == "duration":
        return format_duration(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{one_line(clean(value))}"'
    return "unset" if value is None else str(value)


# --- config show


def show_json(resolution: Resolution, keys: Sequence[str], clean: Clean) -> str:
    """`codechunk-doctor/config/1`: the resolution with every candidate; `as_repaired` when none of it holds yet."""
    return dump(
        {
            "schema": "codechunk-doctor/config/1",
            **_outcome(resolution, clean),
            "as_repaired": resolution.outcome != "ok",
            "values": {key: _shown(resolution, key, clean) for key in keys},
        }
    )


def _shown(resolution: Resolution, key: str, clean: Clean) -> dict[str, Any]:
    setting = resolution.settings[key]
    return {
        **_value(resolution, key, setting.value, clean),
        "used": setting.spec.used,
        "used_by": list(setting.spec.used_by),
        "instead": setting.spec.instead,
        "candidates": [
            {
                "source": each.source.value,
                "text": _public_text(key, each, clean),
                "effect": each.effect.value,
                "reason": clean(each.reason),
                "location": location(each.location) if each.location is not None else None,
            }
            for each in setting.candidates
        ],
    }


def show_text(
    resolution: Resolution,
    keys: Sequence[str],
    clean: Clean,
    *,
    width: int = 80,
    color: bool = False,
    verbosity: int = 0,
    fit: int | None = None,
    notices: Sequence[str] = (),
) -> str:
    """
    A table of the keys; on top the file, what must be known to trust it, and why the program does not get that far.

    Where it is wider than `fit`, what is not the value stands below it.
    """
    paint = Paint(color)
    lines = [*_head(resolution, clean, width, paint, notices)]
    rows = [(resolution.settings[key], _row(resolution.settings[key], clean)) for key in keys]
    widths = [max((columns(row[place]) for _, row in rows), default=0) for place in range(3)]
    widths[1] = min(widths[1], WIDEST_VALUE)
    section = None
    uses = max((columns(row[3]) for _, row in rows), default=0)
    stacked = fit is not None and sum(widths) + uses + 8 > fit
    for setting, row in rows:
        if setting.key.rpartition(".")[0] != section:
            section = setting.key.rpartition(".")[0]
            lines += ["", paint(section, "bold")] if section else [""]
        lines += _cells(row, widths, fit if stacked else None, paint)
        for text in _remarks(setting, clean, verbosity):
            lines += (paint(line, "yellow") for line in wrap(text, width, "        ", first="      "))
    if len(keys) == len(resolution.settings):
        lines += _nameless(resolution, width)
    return "\n".join(lines) + "\n"


def _cells(row: Sequence[str], widths: Sequence[int], fit: int | None, paint: Paint) -> Iterator[str]:
    """A row of the table, or the same one below the other."""
    if fit is not None:
        yield from wrap(f"{padded(row[0], widths[0])}  {row[1]}", fit, "      ", first="  ")
        yield from (paint(line, "dim") for line in wrap(f"{row[2]}; {row[3]}", fit, "      "))
        return
    cells = [padded(text, size) for text, size in zip(row, (*widths, 0), strict=True)]
    cells[3] = paint(cells[3], "dim")
    yield f"  {'  '.join(cells)}".rstrip()


def _head(resolution: Resolution, clean: Clean, width: int, paint: Paint, notices: Sequence[str]) -> Iterator[str]:
    file = resolution.file
    if resolution.config_file is not None:
        how = "given as --config" if file.argument is not None else "found by the program's own search"
        yield from wrap(f"{resolution.config_file}, {how}.", width)
    else:
        what = public_read_error(resolution, clean) or "the search in configs/ and . finds none"
        yield from wrap(
            f"No configuration file is loaded: {what}. The program goes on without one, with variables and defaults.",
            width,
        )
    for notice in notices:
        yield from wrap(clean(f"{notice[:1].upper()}{notice[1:]}."), width)
    if resolution.outcome == "panic":
        yield ""
        yield paint("The program stops at start:", "bold", "red")
        yield from wrap(public_panic(resolution, clean) or "", width, "  ")
    elif resolution.outcome == "zero":
        yield ""
        text = "database.user is set nowhere, so the program throws everything away and goes on with empty values."
        yield from (paint(line, "bold", "red") for line in wrap(text, width))
    if resolution.outcome != "ok":
        yield ""
        yield from wrap("Below is what would hold once the start-up problem is gone.", width)


def _row(setting: Setting, clean: Clean) -> tuple[str, str, str, str]:
    return (setting.key.rpartition(".")[2], value_text(setting, clean), _origin(setting), _use(setting.spec))


def _origin(setting: Setting) -> str:
    if setting.source is Source.ENV:
        return one_line(place(setting.location).removeprefix("environment variable "))
    if setting.source is Source.FILE:
        return one_line(place(setting.location))
    if setting.location.kind is Place.ENV:
        return f"hidden by {setting.location.name}"
    return "default"


def _use(spec: KeySpec) -> str:
    if spec.used == "yes":
        return f"read by {', '.join(spec.used_by)}"
    return USES[spec.used]


def _remarks(setting: Setting, clean: Clean, verbosity: int) -> Iterator[str]:
    """
    What stands below a key: what the program makes of an empty value, and what else was offered.

    What is ignored is always shown, because nobody expects it, what is overridden with -v.
    """
    if setting.spec.code_default is not None and not setting.value and setting.spec.used == "yes":
        yield setting.spec.code_default
    if setting.spec.instead is not None and setting.source is not Source.DEFAULT:
        yield f"{setting.spec.instead} does the job"
    for each in setting.candidates:
        ignored = each.effect is Effect.IGNORED and each.source is not Source.DEFAULT
        if ignored or (verbosity and each.effect is not Effect.WINS):
            text = _public_text(setting.key, each, clean)
            yield one_line(f"also {_offered_by(each)}: {text}; {clean(each.reason)}")


def _offered_by(candidate: Candidate) -> str:
    if candidate.source is Source.DEFAULT or candidate.location is None:
        return "built-in default"
    return place(candidate.location)


def _nameless(resolution: Resolution, width: int) -> list[str]:
    """Lines of the file that no part of the program knows; of very many the first ones."""
    unknown = [entry for entry in resolution.entries if entry.kind == "scalar" and not _known(entry)]
    lines = []
    for entry in unknown[:MOST_UNKNOWN]:
        hint = nearest(entry.key, SCHEMA)
        advice = f" (did you mean {hint}?)" if hint else ""
        lines += wrap(f"{place(entry.key_location)}  {entry.spelled}{advice}", width, "      ", first="  ")
    if len(unknown) > MOST_UNKNOWN:
        lines.append(f"  and {len(unknown) - MOST_UNKNOWN} more")
    return ["", "In the file, but known to nobody:", *lines] if lines else []


def _known(entry: Entry) -> bool:
    below_connectors = entry.key.startswith("connectors")
    return entry.key in SCHEMA or below_connectors or entry.key.startswith(("client.", "x-"))


def matching(words: Sequence[str], known: Sequence[str]) -> list[str]:
    """
    The keys that these words name, each a key or a section.

    Raises ValueError with the nearest known key or section for a word that names none.
    """
    chosen: set[str] = set()
    for word in words:
        found = {key for key in known if key == word.lower() or key.startswith(word.lower() + ".")}
        if not found:
            sections = {key.rpartition(".")[0] for key in known} - {""}
            hint = nearest(word, [*sorted(sections), *known])
            advice = f"; did you mean {hint}?" if hint else ""
            raise ValueError(f"no key or section is called {printable(word)!r}{advice}")
        chosen |= found
    return [key for key in known if key in chosen]
