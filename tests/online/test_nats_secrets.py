"""A login in nats.url, or in the addresses of jobs, turns up in no output, whatever goes wrong."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest
from click.testing import CliRunner

from doctor.cli import main
from tests import jetstream as scene
from tests.servers import NatsServers
from tests.sources import peers

pytestmark = pytest.mark.slow

PASSWORD = "Zq8vKw3xN7-hunter/Yt5mB2#rL9"
ESCAPED = quote(PASSWORD, safe="")
CONFIG = "database: {{host: 127.0.0.1, port: {port}, user: dev, password: dev}}\nnats: {{url: '{url}'}}\n"
COMMANDS = [
    ["check", "--only", "nats", "-vv"],
    ["check", "--only", "nats", "--format", "json"],
    ["check", "--only", "nats", "--plan"],
]
WAYS = {
    "well": f"nats://app:{ESCAPED}@127.0.0.1:{{port}}",
    "refused": f"nats://other:{ESCAPED}@127.0.0.1:{{port}}",
    "token": f"nats://{ESCAPED}@127.0.0.1:{{port}}",
    "nobody": f"nats://app:{ESCAPED}@127.0.0.1:{{unused}}",
    "no name": f"nats://app:{ESCAPED}@nats.invalid:4222",
    "not escaped": f"nats://app:{PASSWORD}@127.0.0.1:{{port}}",
    "not escaped token": f"nats://{PASSWORD}@127.0.0.1:{{port}}",
    "list": f"nats://app:{ESCAPED}@127.0.0.1:{{unused}},nats://app:{ESCAPED}@127.0.0.1:{{port}}",
}


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("way", WAYS)
def test_a_login_is_shown_nowhere(tmp_path: Path, nats: NatsServers, way: str, command: list[str]) -> None:
    at = nats(f'authorization {{user: app, password: "{PASSWORD}"}}')
    address = f"https://app:{ESCAPED}@example.com/{{number}}"
    scenes = (scene.stream(), scene.consumer, scene.jobs(1, url=address), scene.failed(1))
    scene.play(at.url, *scenes, user="app", password=PASSWORD)
    unused = peers.unused_port()
    (tmp_path / "configs").mkdir()
    url = WAYS[way].format(port=at.port, unused=unused)
    (tmp_path / "configs" / "config.yaml").write_text(CONFIG.format(port=unused, url=url), encoding="utf-8")

    result = CliRunner().invoke(main, [*command, "--dir", str(tmp_path), "--clean-env"])

    assert result.exit_code in (0, 1)
    shown = result.stdout + result.stderr
    assert "Traceback" not in shown
    pieces = {text[at : at + 8] for text in (PASSWORD, ESCAPED) for at in range(len(text) - 7)}
    assert [piece for piece in sorted(pieces) if piece in shown] == []
    assert way != "well" or "--plan" in command or "https://example.com/0" in shown
