"""What a verdict is based on, made from little."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from doctor.facts import Environment, Resolution, Variable
from doctor.facts.logs import Logs
from doctor.logs.scan import Scanner, Window
from doctor.logs.story import tell
from doctor.model import Location
from doctor.sources.config import resolve
from doctor.why.model import Fact
from tests.why import render

CONFIGURATION = """\
database: {{user: dev, password: dev}}
embedding: {{provider: {provider}}}
batch_processing:
  enabled: {road}
  threshold_chunks: {threshold}
  fallback_to_sequential: {fallback}
  use_test_embeddings: {test}
  queue_limits: {{max_queue_size: 10000, max_wait_time: 5m}}
gemini:
  api_key: example-key
  batch: {{enabled: {client}}}
"""


def logs_of(lines: list[tuple[str, dict[str, Any]]] | bytes) -> Logs:
    """What reading these lines tells."""
    data = lines if isinstance(lines, bytes) else render.encoded(lines)
    scanner = Scanner(Window(deep=True))
    scanner.scan(data)
    return tell(scanner.result.pruned(), ["worker.log"])


def variables(**given: str) -> Environment:
    """An environment with nothing else in it."""
    return Environment(
        {name: Variable(name, text, "--env", Location.env(name)) for name, text in given.items()}, "none"
    )


def resolved(text: str, env: Mapping[str, str] | None = None) -> Resolution:
    """A configuration as the program sees it."""
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory) / "configs"
        folder.mkdir()
        (folder / "config.yaml").write_text(text, encoding="utf-8")
        return resolve(Path(directory), None, env or {})


def configuration(world: Mapping[Fact, Any], threshold: int) -> Resolution:
    """The configuration of a world."""
    words = {fact: str(bool(world[fact])).lower() for fact in (Fact.ROAD, Fact.FALLBACK, Fact.TEST, Fact.CLIENT)}
    return resolved(
        CONFIGURATION.format(
            provider=world[Fact.PROVIDER],
            road=words[Fact.ROAD],
            threshold=threshold,
            fallback=words[Fact.FALLBACK],
            test=words[Fact.TEST],
            client=words[Fact.CLIENT],
        )
    )
