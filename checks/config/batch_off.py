"""config.batch-off: the switch that decides the road."""

from __future__ import annotations

from collections.abc import Iterator

from checks.config._unseen import uncounted, unseen_places
from checks.config._values import undecodable
from doctor.api import (
    NO_FILE,
    Explains,
    Finding,
    Guide,
    Safety,
    Severity,
    check,
    facts,
    key_below,
    set_value,
)

SWITCH = "batch_processing.enabled"
CLIENT = "gemini.batch.enabled"
NOTE = (
    "The guide names only gemini.batch.enabled; since 2025-11-26 batch_processing.enabled alone decides whether "
    "repositories are batched."
)


@check(
    id="config.batch-off",
    title="Batch processing is switched off",
    severity=(Severity.WARNING, Severity.NOTE),
    guide=Guide.SEQUENTIAL,
    safety=Safety.UNSAFE,
    blocked_by=NO_FILE,
    explained_by=(Explains("config.not-an-overlay", when=key_below),),
)
def batch_off(config: facts.Resolution) -> Iterator[Finding]:
    """
    Look at `batch_processing.enabled` where the provider is gemini.

    It is a note only when `gemini.batch.enabled` is off as well and both are written out: then it looks intended.

    Why it matters: every repository is embedded one chunk at a time, which is slow and costs a request for each chunk.

    Silent when: the provider is openai (there it should be off), or the loaded file has no `batch_processing` section
    at all.

    How to fix: set `batch_processing.enabled: true` in the loaded file and restart the worker. A variable alone does
    not do it while the key is missing in the file.

    Since 2025-11-26: the guide names only `gemini.batch.enabled` as a cause; the program takes the batch road when
    `batch_processing.enabled` is true, and looks at nothing else but the number of chunks.
    """
    if config.provider != "gemini" or config.value(SWITCH) or undecodable(config, SWITCH):
        return
    if not config.has_section("batch_processing"):
        return
    switch, client = config.settings[SWITCH], config.settings[CLIENT]
    intended = not client.value and facts.Source.DEFAULT not in (switch.source, client.source)
    state = "is false" if switch.source is not facts.Source.DEFAULT else "is not set, which means false"
    although = uncounted(config, SWITCH)
    yield Finding(
        f"{SWITCH} {state}, and {although}" if although else f"{SWITCH} {state}",
        at=switch.location,
        related=unseen_places(config, SWITCH),
        severity=Severity.NOTE if intended else Severity.WARNING,
        fix=set_value(config, SWITCH, "true", f"Set {SWITCH} to true and restart the worker.", safety=Safety.UNSAFE),
        note=NOTE,
    )
