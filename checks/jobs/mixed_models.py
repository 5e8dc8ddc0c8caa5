"""jobs.mixed-models: vectors that cannot be compared with each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from checks.jobs._rows import marks, names, resubmit, row
from doctor.api import Evidence, Finding, Fix, Severity, check, facts

# What an empty gemini.model counts as.
BUILT_IN = "gemini-embedding-001"


@check(
    id="jobs.mixed-models",
    title="Vectors of several models are mixed",
    severity=Severity.WARNING,
)
def mixed_models(config: facts.Resolution, vectors: facts.VectorRows) -> Iterator[Finding]:
    """
    Compare the models (`model_version`) of the live vectors; of a big table a sample of each repository is looked at.

    Why it matters: the distance between vectors of two models means nothing, so that the repositories embedded with
    another model than the one in use are found by chance only.

    Silent when: one model is merely written in two ways (`models/` before it, upper case); the others belong to deleted
    repositories.

    How to fix: submit the repositories of the older model again.
    """
    by_model: Counter[str] = Counter()
    for each in vectors.vectors:
        by_model[_plain(each.model)] += each.count
    if len(by_model) < 2:
        return
    used = _used(config, by_model)
    others = [each.repository for each in vectors.vectors if _plain(each.model) != used]
    looked = f" in a sample of {vectors.sampled} per repository" if vectors.sampled else ""
    yield Finding(
        f"{len(by_model)} models among the vectors{looked}: {', '.join(sorted(by_model)[:5])}",
        at=row("repositories", others[0].id),
        related=marks(others),
        fix=Fix(f"Submit again what was not embedded with {used}: {names(others)}.", resubmit(config, others)),
        evidence=tuple(Evidence("row", f"{model}: {count} vectors") for model, count in by_model.most_common(5)),
    )


def _plain(model: str) -> str:
    return model.strip().lower().removeprefix("models/")


def _used(config: facts.Resolution, by_model: Counter[str]) -> str:
    """The model that new vectors get, where it is among them; else the one most of them have."""
    openai = str(config.value("embedding.provider")).strip().lower() == "openai"
    configured = config.value("embedding.openai.model") if openai else config.value("gemini.model") or BUILT_IN
    configured = _plain(str(configured))
    return configured if configured in by_model else by_model.most_common(1)[0][0]
