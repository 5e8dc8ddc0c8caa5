"""The texts that options, variables and the settings file share, and what they must look like."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

FORMATS = ("text", "json", "junit", "sarif", "github", "gitlab", "markdown", "html")
# Those of all commands but `check`.
PLAIN_FORMATS = ("text", "json")
COLORS = ("auto", "always", "never")
THRESHOLDS = ("error", "warning", "note", "never")

_WORKER = re.compile(r"auto|host|pid:[0-9]+|docker:.+")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def one_of(known: tuple[str, ...]) -> Callable[[str], str]:
    """A function that takes only these words, and says which one was meant."""

    def parse(text: str) -> str:
        if text not in known:
            raise ValueError(f"{text!r} is not one of {', '.join(known)}{did_you_mean(text, known)}")
        return text

    return parse


def did_you_mean(text: str, known: tuple[str, ...]) -> str:
    """`; did you mean X?` when a known word is near, else nothing."""
    from doctor.registry import nearest

    hint = nearest(text, known)
    return f"; did you mean {hint}?" if hint else ""


def parse_assignment(text: str) -> tuple[str, str]:
    """`NAME=VALUE`. The text may be a secret somebody forgot to name, so no message repeats it."""
    name, equals, value = text.partition("=")
    if not equals:
        raise ValueError("needs the form NAME=VALUE, and there is no = in what was given")
    if _NAME.fullmatch(name) is None:
        raise ValueError("needs the form NAME=VALUE, and what stands before the = is no name of a variable")
    return name, value


def parse_worker(text: str) -> str:
    """`auto`, `host`, `pid:N` or `docker:NAME`."""
    if _WORKER.fullmatch(text) is None:
        hint = did_you_mean(text, ("auto", "host"))
        raise ValueError(f"{text!r} is not auto, host, pid:N or docker:NAME{hint}")
    return text


def parse_output(text: str, known: tuple[str, ...] = FORMATS) -> tuple[str, Path]:
    """`FORMAT=FILE`."""
    format, equals, name = text.partition("=")
    if not equals or not name:
        raise ValueError(f"{text!r} is not of the form FORMAT=FILE, for example json=report.json")
    return one_of(known)(format), Path(name)


def parse_deadline(text: str) -> float:
    """A duration as Go writes it, in seconds."""
    from doctor.golang.duration import parse_duration

    try:
        seconds = parse_duration(text) / 1e9
    except ValueError as error:
        raise ValueError(f"{text!r} is not a duration such as 30s or 1m30s") from error
    if seconds <= 0:
        raise ValueError(f"{text!r} leaves no time for a run; give for example 30s")
    return seconds


def parse_wait(text: str) -> float:
    """The same; nothing at all is to wait for nothing."""
    return 0.0 if text in ("0", "0s") else parse_deadline(text)
