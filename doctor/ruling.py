"""What is known and what was decided, as the settings say it, applied to the report of a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from doctor import facts
from doctor.engine import describe, evaluate
from doctor.errors import UsageError
from doctor.model import CheckResult, Report
from doctor.registry import Registry, installed
from doctor.target import Target

if TYPE_CHECKING:
    from doctor.living.apply import Rebaselined
    from doctor.living.baseline import Baseline
    from doctor.living.rules import Rules
    from doctor.settings import Settings

# Why the baseline is not judged in most runs.
NO_BASELINE = "no baseline is given (--baseline FILE)"


def rules_of(settings: Settings, registry: Registry) -> Rules | None:
    """
    What is to be applied to the findings, the baseline read; None when there is nothing.

    Raises UsageError for a check that there is not, and for a baseline that cannot be used.
    """
    if settings.update_baseline and settings.baseline is None:
        raise UsageError("--update-baseline: no baseline is named; add --baseline FILE, the file to write")
    if settings.baseline is None and not settings.severity and not settings.ignore:
        return None
    from doctor.living.rules import Rules

    rules = Rules(datetime.now(UTC).date(), settings.severity, settings.ignore, _baseline(settings))
    unknown = [f"{where}: {fault}" for pattern, where in rules.patterns() if (fault := registry.fault(pattern))]
    if unknown:
        raise UsageError("\n".join(unknown))
    return rules


def _baseline(settings: Settings) -> Baseline | None:
    if settings.baseline is None:
        return None
    from doctor.settings.baselines import read

    name = Target(settings.directory.absolute()).display(settings.baseline.absolute())
    return read(settings.baseline, name, may_be_missing=settings.update_baseline)


def ruled(
    report: Report, shown: tuple[CheckResult, ...], rules: Rules, registry: Registry, settings: Settings
) -> Report:
    """The report with the rules applied; `shown` are its results without secrets."""
    from doctor.living.apply import Application

    application = Application(rules, registry, report.results, shown)
    results = application.run(_judge(registry, settings))
    return replace(report, results=results, asides=tuple(application.notices()))


def rebaselined(settings: Settings, report: Report, *, registry: Registry | None = None) -> Rebaselined:
    """
    The baseline as `--update-baseline` writes it after a run with these settings, and the report as it is with that.

    Raises UsageError like `rules_of`.
    """
    from doctor.living.apply import Application, Rebaselined, bare

    registry = registry or installed()
    rules = rules_of(settings, registry)
    assert rules is not None
    results, judge = bare(report.results), _judge(registry, settings)
    before = Application(rules, registry, results, results)
    before.run(judge)
    baseline, change = before.update()
    after = Application(replace(rules, baseline=baseline), registry, results, results)
    return Rebaselined(baseline, change, replace(report, results=after.run(judge)))


def _judge(registry: Registry, settings: Settings) -> Callable[[facts.Baseline], CheckResult | None]:
    """Judges the baseline by the check that looks at it, unless that is not wanted."""
    from doctor.living.apply import STALE

    check = registry.by_id.get(STALE)
    skipped = {each for pattern in settings.skip for each in registry.matching(pattern)}
    selected = check in registry.select(settings.only, settings.skip)

    def judge(baseline: facts.Baseline) -> CheckResult | None:
        if check is None or check in skipped:
            return None
        outcome = evaluate(check, {facts.Baseline: baseline})
        # One that was not asked for is told when it fires, as those are on which others depend.
        return describe(check, outcome) if selected or outcome.findings else None

    return judge
