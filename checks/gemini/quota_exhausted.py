"""gemini.quota-exhausted: calls that Google counts, and no more of them for now."""

from __future__ import annotations

from collections.abc import Iterator

from checks.gemini._ladder import AGAIN, answered, api_place, gemini_only, waiting
from doctor.api import (
    NO_FILE,
    Blocks,
    Evidence,
    Finding,
    Fix,
    Guide,
    Observed,
    Severity,
    check,
    facts,
)

LIMITS = "https://ai.google.dev/gemini-api/docs/rate-limits"
COUNTING = "batch_processing.token_counting"
# The kind of evidence that says that the list of models itself is refused.
OF_MODELS = "list of models"


def _of_models(finding: Finding) -> bool:
    return any(each.kind == OF_MODELS for each in finding.evidence)


@check(
    id="gemini.quota-exhausted",
    title="The Gemini quota is used up",
    severity=Severity.WARNING,
    guide=Guide.LISTING,
    blocked_by=NO_FILE,
    blocks=(Blocks("gemini.model-unavailable", when=_of_models),),
)
def quota_exhausted(
    config: facts.Resolution,
    access: facts.GeminiAccess,
    batches: Observed[facts.GeminiBatchApi],
    files: Observed[facts.GeminiFileApi],
) -> Iterator[Finding]:
    """
    Look whether one of the lists (models, batch jobs, files) is refused with 429, and by which limit.

    Why it matters: until the quota is renewed calls fail, and batches that are sent in that time are held back.

    Silent when: a second try succeeds; all lists are given.

    How to fix: wait as long as Google says, turn on billing or ask for a higher quota, or lower the load: with
    `batch_processing.token_counting.mode: on_demand` the worker does not count every chunk's tokens.
    """
    gemini_only(config)
    answers = [access.answer] if access.answer is not None else []
    answers += [each.value.answer for each in (batches, files) if each.value is not None]
    refused = [(each, error) for each in answers if (error := each.refused(facts.Refusal.QUOTA)) is not None]
    if refused:
        yield _finding(config, access, refused)


def _finding(
    config: facts.Resolution, access: facts.GeminiAccess, refused: list[tuple[facts.ApiAnswer, facts.ApiError]]
) -> Finding:
    errors = [error for _, error in refused]
    quotas = tuple(dict.fromkeys(quota for error in errors for quota in error.quotas))
    wait = waiting(max(error.retry_after or 0.0 for error in errors))
    limit = f"with {errors[0].status}: the limit is {_limit(quotas[0])}" if quotas else f"by {errors[0].shown}"
    again = f"; Google says to wait {wait}" if wait else ""
    calls = _listed([answer.call for answer, _ in refused])
    return Finding(
        f"{calls} {'is' if len(refused) == 1 else 'are'} refused {limit}{again}",
        at=access.key,
        related=(api_place(access),),
        fix=_fix(config, quotas, wait),
        evidence=(
            *(Evidence("quota", _limit(quota)) for quota in quotas),
            *(
                each
                for answer, _ in refused
                for each in answered(answer, OF_MODELS if answer is access.answer else "answer")
            ),
        ),
    )


def _listed(calls: list[str]) -> str:
    return " and ".join(", ".join(calls).rsplit(", ", 1))


def _limit(quota: facts.Quota) -> str:
    """One limit in a line: `100 GenerateRequestsPerDay... (generativelanguage.googleapis.com/...) for MODEL`."""
    name = quota.limit or quota.metric or "unnamed"
    metric = f" ({quota.metric})" if quota.metric and quota.limit else ""
    model = f" for {quota.model}" if quota.model else ""
    return f"{quota.value} {name}{metric}{model}" if quota.value else f"{name}{metric}{model}"


def _fix(config: facts.Resolution, quotas: tuple[facts.Quota, ...], wait: str | None) -> Fix:
    if any(quota.value == "0" for quota in quotas):
        return Fix(f"The key's project has none of this at all: turn on billing for it. {LIMITS}", AGAIN)
    daily = any("perday" in quota.limit.lower() for quota in quotas)
    until = "until midnight in California, when it is renewed" if daily else wait or "a minute or more"
    summary = f"Wait {until}; for a higher quota turn on billing or ask for more: {LIMITS}"
    if config.value(f"{COUNTING}.enabled") and config.value(f"{COUNTING}.mode") == "all":
        summary += f". With {COUNTING}.mode: on_demand the worker makes fewer calls."
    return Fix(summary, AGAIN)
