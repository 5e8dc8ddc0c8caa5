"""Where to cut and what to put in for a key that is there: a new value, another name, or nothing."""

from __future__ import annotations

from doctor.fixing._entries import Entry, target
from doctor.fixing._literal import Literal
from doctor.fixing._proof import Splice
from doctor.fixing._spans import Layout, Span
from doctor.fixing.text import Changed, Refused
from doctor.golang.yaml.nodes import Alias, Mapping, Scalar, Sequence


def replacing(layout: Layout, entry: Entry, new: Literal) -> list[Splice]:
    """Give a key another value, in the place of the old one; its anchor and the comment behind it stay."""
    line = layout.line(entry.name.start)
    kind = target(entry.value)
    if not isinstance(kind, Scalar):
        what = "a section" if isinstance(kind, Mapping) else "a list"
        raise Refused(f"{entry.key} at line {line} is {what}, not one value; edit it by hand.")
    text = new.written(flow=entry.mapping.flow)
    colon = layout.colons.get((entry.mapping, entry.index))
    if colon is None:
        end = layout.end_of(entry.name)
        if not entry.mapping.flow:
            raise Refused(f"{entry.key} at line {line} begins with a question mark; edit it by hand.")
        return [Splice(end, end, f": {text}")]
    if isinstance(entry.value, Alias):
        return _exchanged(layout, colon, layout.aliases[entry.value], text)
    assert isinstance(entry.value, Scalar)
    return _scalar(layout, entry, entry.value, colon, text, new)


def _scalar(layout: Layout, entry: Entry, old: Scalar, colon: int, text: str, new: Literal) -> list[Splice]:
    if old.anchor is not None:
        _no_anchor(layout, entry)
        text = f"&{old.anchor} {text}".rstrip()
    if old.style in ("literal", "folded"):
        return _block(layout, old, text)
    comment = _meant(layout, old, new)
    end = old.end if comment is None else comment.end
    if not old.written:
        return [Splice(colon, end if comment else colon, f" {text}" if text else "")]
    return _exchanged(layout, colon, Span(old.start, end), text)


def _no_anchor(layout: Layout, entry: Entry) -> None:
    """Raise Refused where a value, or one in it, is what an alias elsewhere stands for."""
    start, end = layout.start_of(entry.value), layout.end_of(entry.value)
    for alias, place in layout.aliases.items():
        if start <= layout.start_of(alias.target) < end and not start <= place.start < end:
            line = layout.line(entry.name.start)
            verb = "is" if alias.target is entry.value else "holds"
            raise Refused(
                f"{entry.key} at line {line} {verb} the anchor &{alias.name} of other values; edit it by hand."
            )


def _exchanged(layout: Layout, colon: int, old: Span, text: str) -> list[Splice]:
    """One text for another; with none, the blanks before it go as well."""
    if not text and not layout.text[colon : old.start].strip():
        return [Splice(colon, old.end, "")]
    return [Splice(old.start, old.end, text)]


def _block(layout: Layout, old: Scalar, text: str) -> list[Splice]:
    """A text over several lines: the comment behind its indicator stays, the last line break as well."""
    header = layout.header(old)
    begin = header.start("comment") if header["comment"] else header.end()
    kept = header.end()
    # What ends at the start of a line ended with the break before it, which stays.
    lines = layout.text[kept : layout.end_of(old)]
    end = kept + len(lines.rstrip("\r\n\x85\u2028\u2029") if lines.strip() else "")
    first = Splice(old.start, begin, f"{text} " if header["comment"] else text)
    return [first] if end == kept else [first, Splice(kept, end, "")]


def _meant(layout: Layout, old: Scalar, new: Literal) -> Span | None:
    """The comment behind a value, where the new value is the old one with the comment: it was never meant as one."""
    end = layout.line_end(old.end)
    for comment in layout.comments:
        if old.end <= comment.start < end:
            text = layout.text[comment.start : comment.end].rstrip()
            glued = text[1:2].strip() not in ("", "#")
            whole = f"{old.text} {text}".strip()
            return comment if glued and old.style == "plain" and new.value == whole else None
    return None


def renaming(layout: Layout, entry: Entry, before: str | None, name: str) -> list[Splice]:
    """Give a key another name; of one with dots only the last part is the name."""
    key, line = entry.name, layout.line(entry.name.start)
    head, dot, last = key.text.rpartition(".")
    if before is not None and last != before:
        raise Changed(entry.key, line)
    start = layout.contents[key]
    written = layout.text[start : key.end]
    quote = written[:1] if key.style in ("single", "double") else ""
    if written != f"{quote}{key.text}{quote}" or not name.isprintable():
        raise Refused(f"{entry.key} at line {line} is spelled in an unusual way; rename it by hand.")
    return [Splice(start + len(quote) + len(head + dot), key.end - len(quote), name)]


def deleting(layout: Layout, entry: Entry) -> list[Splice]:
    """
    Remove a key with all below it and the comments in there and on its line.

    Comments on lines of their own above it stay. A section that has no other key stays too, and is then empty.
    """
    if (entry.mapping, entry.index) in layout.explicit:
        line = layout.line(entry.name.start)
        raise Refused(f"{entry.key} at line {line} begins with a question mark; delete it by hand.")
    _no_anchor(layout, entry)
    return _from_braces(layout, entry) if entry.mapping.flow else _lines(layout, entry)


def _lines(layout: Layout, entry: Entry) -> list[Splice]:
    start = layout.start_of(entry.name)
    top = layout.line_start(start)
    if layout.text[top:start].strip(" "):
        line = layout.line(start)
        raise Refused(f"{entry.key} at line {line} does not stand at the start of its line; delete it by hand.")
    end = behind(layout, entry.mapping, entry.index)
    if layout.starts_line(end) and top and _ends_text(layout, top, top):
        # To a text with `+` the empty lines below it would be added.
        end = layout.behind_blank_lines(end)
    elif not layout.starts_line(end) and top:
        # The last line has no break; its place is taken by the line above, which gives its own away.
        above = top - (2 if layout.text.endswith("\r\n", 0, top) else 1)
        top = top if _ends_text(layout, above, top) else above
    return [Splice(top, end, "")]


def _ends_text(layout: Layout, start: int, end: int) -> bool:
    """Whether a text over several lines ends there, to which the line break belongs."""
    texts = (node for node in layout.contents if node.style in ("literal", "folded"))
    return any(start <= layout.end_of(node) <= end for node in texts)


def behind(layout: Layout, mapping: Mapping, index: int) -> int:
    """The start of the line below an entry in block style, and below the comments that stand further in than it."""
    end = layout.entry_end(mapping, index)
    key = mapping.entries[index][0]
    if not layout.starts_line(end):
        end = layout.next_line(end)
    while end < layout.end:
        stop = layout.line_end(end)
        line = layout.text[end:stop]
        deeper = len(line) - len(line.lstrip(" ")) >= key.column
        if not deeper or not line.lstrip(" \t").startswith("#"):
            break
        end = layout.next_line(end)
    return end


def _from_braces(layout: Layout, entry: Entry) -> list[Splice]:
    mapping, index = entry.mapping, entry.index
    commas = layout.commas.get(mapping, [])
    start, end = layout.start_of(entry.name), layout.entry_end(mapping, index)
    followed = index < len(mapping.entries) - 1
    before = commas[index - 1] if index else None
    comma = [Splice(before, before + 1, "")] if before is not None and len(commas) <= index else []
    if len(commas) > index:
        end = commas[index] + 1
    close = layout.start_of(mapping.entries[index + 1][0]) if followed else layout.ends[mapping] - 1
    top, below = layout.line_start(start), layout.next_line(end)
    if not layout.text[top:start].strip() and below <= close:
        return [*comma, Splice(top, below, "")]
    if followed and (index == 0 or layout.line(end) == layout.line(close)):
        return [Splice(start, end + _blanks(layout.text, end), "")]
    begin = start
    if before is not None and not layout.text[before + 1 : start].strip():
        begin = before if comma else before + 1
        comma = []
    return [*comma, Splice(begin, end, "")]


def _blanks(text: str, start: int) -> int:
    return len(text) - start - len(text[start:].lstrip(" \t"))


def written(layout: Layout, entry: Entry) -> str:
    """The value as it stands in the file: quotes, tag, anchor and all, or the name of an alias."""
    if isinstance(entry.value, Mapping | Sequence):
        return ""
    return layout.text[layout.start_of(entry.value) : layout.end_of(entry.value)]
