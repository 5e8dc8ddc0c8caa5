"""What a plan changes as a unified diff that may be shown: each hunk with its fixes, no secret in it."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from doctor.fixing.plan import FileChange, Proposal
from doctor.redact import MASK, is_secret_name

# As many unchanged lines as are shown around a change.
CONTEXT = 3

_BREAK = re.compile(r"\r\n|\n|\r")
# A name before its value anywhere in a line: in braces, in a comment, behind another one; and how far the value goes.
_NAME = re.compile(r"""([\w.-]+)["']?\s*[:=]\s*""")
_VALUE = re.compile(r""""(?:\\.|[^"\\])*"?|'(?:''|[^'])*'?|[^,}\]]*""")
# A line that is all one name and its value.
_LINE = re.compile(r"""(?P<lead>\s*(?:[#-]\s*)*(?:export\s+)?["']?(?P<name>[\w.-]+)["']?\s*[:=]\s*)(?P<value>.*)""")
# No value at all, or a variable in its place; in YAML also an alias, or the mark of a text that begins below.
_HARMLESS = re.compile(r"""["']*(\$\{?\w*\}?)?["']*|\{.*""")
_HARMLESS_YAML = re.compile(_HARMLESS.pattern + r"""|\*\w+|(&\w+\s*)?([|>][-+0-9]*)?""")
_QUOTES = re.compile(r"""(["']?).*?(["']?)""", re.DOTALL)

Opcode = tuple[str, int, int, int, int]


def diff(change: FileChange) -> tuple[str, ...]:
    """
    The lines of a unified diff, without their ends; behind each hunk's `@@` stand the checks whose fixes it is of.

    Values of secrets are masked by the name of their key, however short, on all the lines that they take.
    """
    old, new = _lines(change.before), _lines(change.after)
    shown = (tuple(masked(old)), tuple(masked(new)))
    label = change.name.lstrip("/")
    lines = ["--- /dev/null" if change.before is None else f"--- a/{label}", f"+++ b/{label}"]
    for group in SequenceMatcher(None, old, new).get_grouped_opcodes(CONTEXT):
        spans = f"-{_span(group[0][1], group[-1][2])} +{_span(group[0][3], group[-1][4])}"
        lines.append(f"@@ {spans} @@ {_reasons(group, change, new)}".rstrip())
        lines += _hunk(group, *shown)
    return tuple(lines)


def _lines(content: bytes | None) -> list[str]:
    content = content or b""
    # Told as YAML tells it; what is shown as letters and zeros would escape the masks.
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    lines = _BREAK.split(content.decode("utf-16" if wide else "utf-8", "replace").removeprefix("\ufeff"))
    return lines[:-1] if not lines[-1] else lines


def _span(start: int, stop: int) -> str:
    length = stop - start
    first = start + 1 if length else start
    return str(first) if length == 1 else f"{first},{length}"


def _hunk(group: Sequence[Opcode], old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    for tag, i1, i2, j1, j2 in group:
        if tag == "equal":
            yield from (f" {line}" for line in old[i1:i2])
            continue
        yield from (f"-{line}" for line in old[i1:i2])
        yield from (f"+{line}" for line in new[j1:j2])


def _reasons(group: Sequence[Opcode], change: FileChange, new: Sequence[str]) -> str:
    """The checks whose fixes made a hunk: by the line of the edit, or by the name that was put in."""
    first, last = group[0][1] + 1, group[-1][2]
    put_in = "\n".join(line for tag, _, _, j1, j2 in group if tag != "equal" for line in new[j1:j2])

    def here(proposal: Proposal) -> bool:
        for edit in proposal.fix.edits:
            name = edit.key.rpartition(".")[2]
            if edit.path != change.name:
                continue
            # Lines of a fix that came up later are those of a file that was changed already.
            if (name in put_in) if edit.line is None or proposal.follows else first <= edit.line <= last:
                return True
        return False

    mine = [each.check for each in change.fixes if here(each)] or [each.check for each in change.fixes]
    return ", ".join(dict.fromkeys(mine))


# --- secrets -------------------------------------------------------------------------------------------------------


def masked(lines: Sequence[str]) -> Iterator[str]:
    """The lines of a whole file without the values of secrets, also where a value goes on below its name."""
    below: int | None = None
    quote = ""
    for line in lines:
        indent = len(line) - len(line.lstrip(" "))
        if quote or (below is not None and _goes_on(line, indent, below)):
            quote = "" if quote and _ends(line, quote) else quote
            yield f"{' ' * indent}{MASK}" if line.strip() else line
            continue
        whole = _LINE.fullmatch(line)
        secret = whole is not None and is_secret_name(whole["name"])
        below = len(whole["lead"]) - len(whole["lead"].lstrip(" #-")) if whole is not None and secret else None
        quote = _open_quote(whole["value"]) if whole is not None and secret else ""
        yield masked_line(line)


def _goes_on(line: str, indent: int, below: int) -> bool:
    text = line.strip()
    return not text or indent > below or (indent == below and text.startswith("- "))


def _open_quote(value: str) -> str:
    """The quote that a value opens and does not close on its line."""
    quote = value[:1]
    return quote if quote in ("'", '"') and quote and not _ends(value[1:], quote) else ""


def _ends(text: str, quote: str) -> bool:
    text = text.replace("''", "") if quote == "'" else re.sub(r"\\.", "", text)
    return quote in text


def masked_line(line: str) -> str:
    """One line without the values of secrets; what follows such a value goes too, as it may be a part of it."""
    whole = _LINE.fullmatch(line)
    if whole is not None and is_secret_name(whole["name"]):
        harmless = _HARMLESS if whole["lead"].rstrip().endswith("=") else _HARMLESS_YAML
        return line if harmless.fullmatch(whole["value"]) and "{" not in whole["value"][:1] else _hidden(whole)
    return "".join(_pieces(line))


def _hidden(whole: re.Match[str]) -> str:
    quotes = _QUOTES.fullmatch(whole["value"].rstrip())
    before, after = (quotes[1], quotes[2]) if quotes is not None else ("", "")
    return f"{whole['lead']}{before}{MASK}{after}"


def _pieces(line: str) -> Iterator[str]:
    """A line of several names with values."""
    at = 0
    while (name := _NAME.search(line, at)) is not None:
        yield line[at : name.end()]
        at = name.end()
        value = _VALUE.match(line, at)
        if value is None or not is_secret_name(name[1]) or _HARMLESS.fullmatch(value[0].strip()):
            continue
        quote = value[0][:1] if value[0][:1] in ("'", '"') else ""
        yield f"{quote}{MASK}{quote}"
        at = value.end()
    yield line[at:]
