"""Lines that are not the program's own JSON: those of compose, and of a crash that tells more than one line."""

from __future__ import annotations

import pytest

from doctor.facts.logs import LogCount
from doctor.logs.scan import Scanner
from doctor.logs.story import tell
from tests.logs.encoder import line

BLANK = 'The \\"%s\\" variable is not set. Defaulting to a blank string.'
KEY = "CODECHUNK_GEMINI_API_KEY"
REFUSED = "panic: unable to decode config: decoding failed due to the following error(s):"
WORKERS = "'worker.concurrency' cannot parse value as 'int': strconv.ParseInt: invalid syntax"
PORT = "'api.port' expected type 'string', got unconvertible type 'map[string]interface {}'"
TRACE = "goroutine 1 [running]:\ncodechunking/internal/config.New(0xc000)\n\t/app/internal/config/config.go:359 +0x1"


def counts(text: str) -> tuple[LogCount, ...]:
    scanner = Scanner()
    scanner.scan(text.encode())
    return tell(scanner.result.pruned(), ["worker.log"]).counts


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        pytest.param(f'time="2026-05-10T10:00:00Z" level=warning msg="{BLANK % "TAG"}"', [], id="another variable"),
        pytest.param('time="2026-05-10T10:00:00Z" level=info msg="panic: not at all"', [], id="no crash"),
        pytest.param(f'time="2026-05-10T10:00:00Z" level=warning msg="{BLANK % KEY}"', ["compose-blank-key"], id="v2"),
        pytest.param(
            f'worker-1  | time="2026-05-10T10:00:00Z" level=warning msg="{BLANK % KEY}"',
            ["compose-blank-key"],
            id="behind a prefix",
        ),
        pytest.param(f"WARN[0000] {BLANK % KEY}", ["compose-blank-key"], id="on a terminal"),
        pytest.param(
            f"WARNING: The {KEY} variable is not set. Defaulting to a blank string.", ["compose-blank-key"], id="v1"
        ),
    ],
)
def test_compose(text: str, ids: list[str]) -> None:
    assert [each.id for each in counts(text + "\n")] == ids


@pytest.mark.parametrize("prefix", ["", "worker-1  | ", "2026-05-10T10:00:00.000000000Z stderr F "])
@pytest.mark.parametrize(
    ("text", "error"),
    [
        pytest.param("panic: invalid configuration: database.user is required", "database.user is required", id="one"),
        pytest.param(REFUSED, "error(s):", id="cut off"),
        pytest.param(f"{REFUSED}\n\n{TRACE}", "error(s):", id="no key"),
        pytest.param(f"{REFUSED}\n\n{WORKERS}", WORKERS, id="a key"),
        pytest.param(f"{REFUSED}\n\n{WORKERS}\n{PORT}\n\n{TRACE}", f"{WORKERS} {PORT}", id="two keys and a trace"),
        pytest.param(
            f"panic: unable to decode config: 1 error(s) decoding:\n\n* {WORKERS}", f"* {WORKERS}", id="older"
        ),
    ],
)
def test_a_refused_configuration_has_its_keys(prefix: str, text: str, error: str) -> None:
    after = line("Starting worker service", "INFO", {"concurrency": 5}).decode()
    lines = [*text.split("\n"), after]

    panic, started = sorted(counts("".join(f"{prefix}{each}\n" for each in lines)), key=lambda each: each.id)

    assert (panic.id, started.id) == ("go-panic-config", "worker-starting")
    assert panic.newest is not None
    assert panic.newest.error.endswith(error)
    assert panic.newest.line == 1
