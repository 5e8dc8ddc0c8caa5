"""What is written from foreign text: every format stays what it is, and nothing reaches a terminal as a command."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree as ET

from tests.fuzz.target import Run, Target, World, strings, texts


def formats(_: World) -> Run:
    from doctor.report import reporter
    from doctor.report.worktree import Worktree
    from tests.report.hostile import hostile

    place = Worktree("/srv", "/srv/c", "c.yaml")

    look = {"text": {"width": 80, "color": False}, "html": {"width": 80, "color": False}, "json": {}}

    def rendered(format: str, text: str) -> str:
        return reporter(format)(hostile(text), **look.get(format, {"worktree": place, "checks": {}}))

    scripts = rendered("html", "").lower().count("<script")

    def run(data: bytes) -> None:
        (text,) = texts(data, 1)
        for format in ("json", "sarif", "gitlab"):
            json.loads(rendered(format, text))
        ET.fromstring(rendered("junit", text))
        for line in rendered("github", text).split("\n"):
            assert not line.lstrip().startswith("::") or _ANNOTATION.match(line), line
            assert "##[" not in line
        assert rendered("html", text).lower().count("<script") == scripts
        for each in (rendered("text", text), rendered("markdown", text)):
            assert not _CONTROLS & set(each)

    return run


def terminal(_: World) -> Run:
    from doctor.report import terminal
    from doctor.report.markup import prose
    from doctor.report.markup import text as escaped

    def run(data: bytes) -> None:
        (text,) = texts(data, 1)
        shown = terminal.printable(text)
        assert not _CONTROLS & set(shown)
        assert "\n" not in terminal.one_line(text)
        terminal.encodable(text, "ascii").encode("ascii")
        terminal.encodable(text, "utf-8").encode("utf-8")
        for line in terminal.wrap(shown, 40, "  "):
            assert line.startswith("  ") or not line
        assert "<" not in escaped(text)
        prose(text)

    return run


def secrets(_: World) -> Run:
    from doctor.redact import MASK, Redactor, strip_keys, strip_user

    known = "Zq8vKw3xN7/+="
    clean = Redactor([known])

    def run(data: bytes) -> None:
        (text,) = texts(data, 1)
        assert known not in clean(f"{text}{known}{text}")
        once = clean(text)
        assert clean(once) == once or MASK in once
        strip_keys(strip_user(text))

    return run


def keys(_: World) -> Run:
    from doctor import keyshape

    def run(data: bytes) -> None:
        (text,) = texts(data, 1)
        keyshape.fault_of_key(text)
        keyshape.is_example(text)

    return run


_ANNOTATION = re.compile(r"::((error|warning|notice) [^:]*|group|endgroup)::")
# But for line ends and tabs.
_CONTROLS = {chr(code) for code in (*range(9), *range(11, 32), 127, *range(128, 160), 0x202E, 0x2066)}
_NASTY = (
    "\x1b[31mred\x07 \x9b2J",
    "]]><script>alert(1)</script>&amp;",
    "::error file=a::b%0A::set-output",
    "| a | `b` [c](javascript:d) <img src=x onerror=y>",
    "\u202eabc\u2066 {0} ](x)\udcff\ud800",
    "a\r\nb\0c\u2028d",
)
OUTPUTS = (
    Target("formats", formats, ("doctor.report",), (*strings(_NASTY[:4]), _NASTY[5].encode()), longest=300),
    Target("terminal", terminal, ("doctor.report.terminal", "doctor.report.markup"), strings(_NASTY[:4]), longest=500),
    Target(
        "redactor", secrets, ("doctor.redact",), strings(["https://u:p@h/?key=abc Bearer abcdefgh12", "token=abcd"])
    ),
    Target("keys", keys, ("doctor.keyshape",), strings(["AIzaSyD-canary_0123456789", "${KEY:-x}", "'q'"]), longest=300),
)
