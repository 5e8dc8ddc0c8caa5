"""A real browser for tests and screenshots: Chromium by chromedriver, spoken to in plain WebDriver."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

# Nothing of it reaches for a network, and none of it needs a display.
OPTIONS = (
    *("--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"),
)
# What a session or a page may take before the test fails instead of hanging.
PATIENCE = 60
_STARTED = re.compile(r"started successfully on port (\d+)")
_MIDDLE = """
const found = document.querySelector(arguments[0]);
found.scrollIntoView({block: "center", behavior: "instant"});
const box = found.getBoundingClientRect();
return {x: box.x + box.width / 2, y: box.y + box.height / 2};
"""


def unavailable() -> str | None:
    """Why there is no browser here; None when there is one."""
    missing = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
    return f"no {' and no '.join(missing)} on PATH (Debian: chromium and chromium-driver)" if missing else None


@dataclass(frozen=True)
class Page:
    """One tab."""

    port: int
    session: str

    def call(self, method: str, path: str, **body: Any) -> Any:
        """One command of WebDriver; raises RuntimeError with the driver's own words."""
        return _call(self.port, method, f"/session/{self.session}/{path}", body)

    def cdp(self, command: str, **parameters: Any) -> Any:
        """One command of the DevTools protocol."""
        return self.call("POST", "goog/cdp/execute", cmd=command, params=parameters)

    def open(self, path: Path) -> None:
        """Load a file."""
        self.call("POST", "url", url=path.absolute().as_uri())

    def look(self, width: int, height: int = 900, *, scheme: str = "light", scale: float = 1) -> None:
        """Make the window so wide, also narrower than a real one can be, and prefer this colour scheme."""
        self.cdp(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=False
        )
        self.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def run(self, script: str, *arguments: object) -> Any:
        """What a function body in JavaScript returns, run beside the page and not by it."""
        return self.call("POST", "execute/sync", script=script, args=list(arguments))

    def click(self, selector: str) -> None:
        """Press the mouse where the first element that matches is seen; what lies above it gets the click."""
        middle = self.run(_MIDDLE, selector)
        for kind in ("mousePressed", "mouseReleased"):
            self.cdp("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **middle)

    def shown(self, selector: str) -> int:
        """How many matching elements can be seen, here or further down."""
        script = "return [...document.querySelectorAll(arguments[0])].filter(e => e.checkVisibility()).length"
        return int(self.run(script, selector))

    def picture(self, *, whole: bool = False) -> bytes:
        """The window as PNG, or all of the page."""
        taken = self.cdp("Page.captureScreenshot", format="png", captureBeyondViewport=whole, **self._clip(whole))
        return base64.b64decode(taken["data"])

    def _clip(self, whole: bool) -> dict[str, Any]:
        if not whole:
            return {}
        size = self.cdp("Page.getLayoutMetrics")["cssContentSize"]
        return {"clip": {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}}


@contextmanager
def chromium() -> Iterator[Page]:
    """A browser with a profile of its own, both gone afterwards."""
    with tempfile.TemporaryDirectory() as folder, _driver(folder) as port:
        arguments = [*OPTIONS, f"--user-data-dir={folder}/profile"]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            arguments.append("--no-sandbox")  # it refuses to start for root with one
        wanted = {
            "browserName": "chrome",
            "goog:chromeOptions": {"binary": shutil.which("chromium"), "args": arguments},
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }
        session = _call(port, "POST", "/session", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]
        try:
            yield Page(port, session)
        finally:
            _call(port, "DELETE", f"/session/{session}", {})


@contextmanager
def _driver(folder: str) -> Iterator[int]:
    """The port of a driver that chooses a free one; what it and its browser leave behind lies in the folder."""
    command, environment = ["chromedriver", "--port=0"], {**os.environ, "TMPDIR": folder}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as driver:
        assert driver.stdout is not None
        try:
            found = next(filter(None, map(_STARTED.search, driver.stdout)), None)
            if found is None:
                raise RuntimeError("chromedriver ended without saying a port")
            yield int(found[1])
        finally:
            driver.terminate()


def _call(port: int, method: str, path: str, body: dict[str, Any]) -> Any:
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request(method, path, json.dumps(body) if method == "POST" else None)
        value = json.loads(connection.getresponse().read())["value"]
    finally:
        connection.close()
    if isinstance(value, dict) and "error" in value:
        raise RuntimeError(f"{value['error']}: {value['message']}")
    return value
