"""config.test-embeddings: a switch for developers left on."""

from __future__ import annotations

from collections.abc import Iterator

from doctor.api import NO_FILE, Finding, Guide, Safety, Severity, check, facts, set_value

KEY = "batch_processing.use_test_embeddings"
NOTE = (
    "The guide says that test mode makes the worker fall back to sequential; since 2025-11-27 it does not: it stores "
    "made-up vectors, batched or not."
)


@check(
    id="config.test-embeddings",
    title="Test mode stores made-up vectors",
    severity=Severity.ERROR,
    guide=Guide.SEQUENTIAL,
    safety=Safety.SAFE,
    blocked_by=NO_FILE,
)
def test_embeddings(config: facts.Resolution) -> Iterator[Finding]:
    """
    Look for `batch_processing.use_test_embeddings: true`.

    It acts on both roads, with batch processing on or off, and whatever the provider is.

    Why it matters: search finds nothing sensible, because the vectors have nothing to do with the code they stand for.

    Silent when: a variable that takes effect sets it to false.

    How to fix: set `use_test_embeddings: false` and restart the worker. Vectors that were stored meanwhile stay, and
    count as done: delete them and submit the repositories again.

    Since 2025-11-27: the guide calls test mode the most common cause of falling back to sequential; the program never
    falls back because of it, it stores made-up vectors.
    """
    if config.value(KEY):
        yield Finding(
            f"{KEY} is true: vectors are made up instead of asked for",
            at=config.where(KEY),
            fix=set_value(
                config,
                KEY,
                "false",
                f"Set {KEY} to false and restart the worker; then delete the made-up vectors and submit again.",
                safety=Safety.SAFE,
            ),
            note=NOTE,
        )
