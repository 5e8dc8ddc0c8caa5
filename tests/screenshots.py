"""
Writes docs/screenshots/: the main screens as a reader meets them, terminal and page, taken by a real browser.

    python -m tests.screenshots
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from html import escape
from io import BytesIO
from pathlib import Path

from PIL import Image

from doctor.app import diagnose
from doctor.report.html import render
from doctor.report.terminal import CODES
from doctor.settings import Settings
from tests.browser.chromium import Page, chromium, unavailable

ROOT = Path(__file__).parent.parent
FIXTURES = ROOT / "fixtures"
FOLDER = ROOT / "docs" / "screenshots"
# What a reader of the documentation loads; bigger ones fail.
MOST_BYTES = 150_000

CONFIG = "configs/config.dev.yaml"
BROKEN, FELL_BACK, CLIENT_OFF = "demo-broken", "logs.fell-back", "why/S4--client-off"
# Name -> fixture, and what is typed there.
TERMINALS = {
    "check": (BROKEN, f"codechunk-doctor --config {CONFIG}"),
    "fix": (BROKEN, f"codechunk-doctor fix --config {CONFIG} --only config.batch-client-off"),
    "config-show": (BROKEN, f"codechunk-doctor config show worker gemini --config {CONFIG}"),
    "why": (CLIENT_OFF, "codechunk-doctor why --logs logs/worker.log"),
    "logs": (FELL_BACK, "codechunk-doctor logs logs/worker.log"),
}
COLUMNS = 100
# Name -> width, height, colour scheme.
PAGES = {
    "report-light": (1400, 1000, "light"),
    "report-dark": (1400, 1000, "dark"),
    "report-phone-light": (360, 780, "light"),
    "report-phone-dark": (360, 780, "dark"),
}
# How the pictures call the place and the time, which are others at each run.
PLACE, TIME = "/srv/codechunking", "2026-05-04T10:00:00.000Z"
# The variables of that shell; options of the same meaning would only lengthen what is to be read.
VARIABLES = {
    "CODECHUNK_GEMINI_API_KEY": "example-key",
    "CODECHUNK_DOCTOR_OFFLINE": "true",
    "CODECHUNK_DOCTOR_COLOR": "always",
}

STYLE = """
body { margin: 0; padding: 20px; width: max-content; background: #e9ebee; }
pre {
  margin: 0; padding: 22px 26px; min-width: 80ch; border-radius: 8px; background: #16191d; color: #d8dce0;
  font: 14px/1.5 "DejaVu Sans Mono", Menlo, Consolas, monospace;
}
.prompt { color: #8f98a3; } .bold { font-weight: bold; } .dim { color: #98a1ab; }
.red { color: #ff8f87; } .green { color: #7fd6a2; } .yellow { color: #f0bd66; } .cyan { color: #7cc7e8; }
"""
_ESCAPE = re.compile(r"\x1b\[([\d;]*)m")


def main() -> None:
    """Take all pictures."""
    reason = unavailable()
    if reason is not None:
        sys.exit(f"no screenshots: {reason}")
    FOLDER.mkdir(exist_ok=True)
    with chromium() as page, tempfile.TemporaryDirectory(prefix="shot") as scratch:
        for name, picture in _pictures(page, Path(scratch)):
            path = FOLDER / f"{name}.png"
            path.write_bytes(squeezed(picture))
            size = path.stat().st_size
            print(f"{path.relative_to(ROOT)}: {size:,} bytes")
            assert size < MOST_BYTES, path


def _pictures(page: Page, scratch: Path) -> Iterator[tuple[str, bytes]]:
    file = scratch / "page.html"
    for name, (fixture, typed) in TERMINALS.items():
        file.write_text(terminal(typed, _output(_laid_out(fixture, scratch), typed)), encoding="utf-8")
        page.look(1600, 100, scale=1.5)
        page.open(file)
        width, height = page.run("const box = document.body.getBoundingClientRect(); return [box.width, box.height]")
        page.look(round(width), round(height), scale=1.5)
        yield name, page.picture()
    file.write_text(_report(_laid_out(BROKEN, scratch)), encoding="utf-8")
    for name, (width, height, scheme) in PAGES.items():
        page.look(width, height, scheme=scheme, scale=2 if width < 500 else 1)
        page.open(file)
        yield name, page.picture()


def _laid_out(fixture: str, scratch: Path) -> Path:
    """A copy outside of this repository, whose git has nothing to do with it."""
    directory = scratch / fixture.replace("/", "-")
    return Path(shutil.copytree(FIXTURES / fixture / "root", directory, dirs_exist_ok=True))


def _output(directory: Path, typed: str) -> str:
    """What a command says to a terminal of a usual size."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("4H", 40, COLUMNS, 0, 0))
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    words = [sys.executable, "-m", "doctor", *typed.split()[1:]]
    process = subprocess.Popen(words, cwd=directory, env={**kept, **VARIABLES}, stdout=slave, stderr=subprocess.DEVNULL)
    os.close(slave)
    said = b"".join(_read(master))
    os.close(master)
    assert process.wait() in (0, 1), said
    return said.decode().replace("\r\n", "\n").replace(str(directory), PLACE)


def _read(master: int) -> Iterator[bytes]:
    """All that is said, to the end, which Linux calls an error."""
    with suppress(OSError):
        while said := os.read(master, 65536):
            yield said


def _report(directory: Path) -> str:
    """The page of the broken installation."""
    variables = {name: text for name, text in VARIABLES.items() if "DOCTOR" not in name}
    settings = Settings(directory=directory, config=CONFIG, env=variables, clean_env=True, offline=True)
    report = diagnose(settings)
    target = replace(report.target, directory=PLACE)
    return render(replace(report, target=target, started_at=TIME, duration_ms=200.0))


def terminal(typed: str, output: str) -> str:
    """A page that looks like a terminal in which a command was typed."""
    shown = f'<span class="prompt">$</span> <span class="bold">{escape(typed)}</span>\n\n{colored(output.rstrip())}'
    return f'<!doctype html><meta charset="utf-8"><style>{STYLE}</style><body><pre>{shown}</pre>'


def colored(text: str) -> str:
    """Text with colour codes as HTML."""
    names = {code: name for name, code in CODES.items()}
    pieces = _ESCAPE.split(text)
    parts = [escape(pieces[0])]
    for codes, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        styles = " ".join(names[code] for code in codes.split(";") if code in names)
        parts.append(f'<span class="{styles}">{escape(piece)}</span>' if styles else escape(piece))
    return "".join(parts)


def squeezed(picture: bytes) -> bytes:
    """The same PNG in a third of the bytes: 256 colours are enough for letters on few grounds."""
    packed = BytesIO()
    with Image.open(BytesIO(picture)) as image:
        image.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(packed, "PNG", optimize=True)
    return packed.getvalue()


if __name__ == "__main__":
    main()
