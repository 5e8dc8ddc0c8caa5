"""config.batch-dirs-unset: directories that depend on TMPDIR."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from checks.config._unseen import uncounted, unseen_places
from doctor.api import NO_FILE, Finding, Fix, Guide, Safety, Severity, check, facts, set_value

KEYS = ("gemini.batch.input_dir", "gemini.batch.output_dir")
NOTE = (
    "The guide says that missing directories make the worker fall back to sequential; since 2025-11-27 they default to "
    "the system's temporary directory, and only directories that cannot be made stop batches."
)


@check(
    id="config.batch-dirs-unset",
    title="Batch directories are left to the default",
    severity=Severity.NOTE,
    guide=Guide.SEQUENTIAL,
    safety=Safety.SAFE,
    blocked_by=NO_FILE,
)
def batch_dirs_unset(config: facts.Resolution) -> Iterator[Finding]:
    """
    Look for `gemini.batch.input_dir` and `output_dir` that are empty while the batch client is on.

    The program then uses `batch_embeddings/input` and `batch_embeddings/output` in the temporary directory.

    Why it matters: where batch files go depends on `TMPDIR`, so they move when the worker is started another way.

    Silent when: both are set, in the file or by a variable that takes effect, or the batch client is off.

    How to fix: set both, as the guide does: `/tmp/batch_embeddings/input` and `/tmp/batch_embeddings/output`.

    Since 2025-11-27: the guide says that missing directories make the worker fall back to sequential; in the program
    they have defaults, and only directories that cannot be made do harm.
    """
    if not config.batch_client:
        return
    unset = [key for key in KEYS if not config.value(key)]
    if not unset:
        return
    base = (config.environment.get("TMPDIR") or "/tmp").rstrip("/")  # noqa: S108 - Go's own default
    used = " and ".join(f"{base}/batch_embeddings/{key.rpartition('.')[2].removesuffix('_dir')}" for key in unset)
    although = "".join(f"; {text}" for key in unset if (text := uncounted(config, key)))
    yield Finding(
        f"{' and '.join(unset)} {'are' if len(unset) > 1 else 'is'} not set: {used} will be used{although}",
        at=config.where(unset[0]),
        related=(*(config.where(key) for key in unset[1:]), *unseen_places(config, *unset)),
        fix=_fix(config, unset),
        note=NOTE,
    )


def _fix(config: facts.Resolution, unset: list[str]) -> Fix:
    parts = []
    for key in unset:
        path = f"/tmp/batch_embeddings/{key.rpartition('.')[2].removesuffix('_dir')}"  # noqa: S108 - the guide's
        parts.append(set_value(config, key, path, "Name the directories in the file.", safety=Safety.SAFE))
    return replace(parts[0], edits=tuple(edit for part in parts for edit in part.edits))
