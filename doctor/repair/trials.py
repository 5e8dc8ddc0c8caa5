"""Looks at copies of the installation: what the checks would say if some files were others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doctor import app, facts
from doctor.engine import Closing, Facts, examine
from doctor.errors import Withheld
from doctor.fixing.plan import FileChange, Plan
from doctor.fixing.trial import Outcomes, copied
from doctor.model import CheckResult, Edit
from doctor.registry import Registry
from doctor.target import Target

if TYPE_CHECKING:
    from doctor.settings import Settings

# What is read from the installation's files, and so has to be read again on a copy.
OF_FILES = (
    "doctor.sources.configuration",
    "doctor.sources.environment",
    "doctor.sources.peers",
    "doctor.sources.installation",
    "doctor.sources.directories",
    "doctor.sources.keys",
    "doctor.sources.services.place",
    "doctor.sources.running",
)

_Signature = tuple[tuple[tuple[str, bytes], ...], tuple[Edit, ...]]


class Trials:
    """Runs of the same checks as the first one, on copies; what is no file of the installation is what it was then."""

    def __init__(
        self,
        settings: Settings,
        registry: Registry,
        found: Facts,
        given: Mapping[type[Any], object],
        ends_at: float | None,
    ) -> None:
        self._settings, self._registry, self._ends_at = settings, registry, ends_at
        self._target = app.target_of(settings)
        self._sources = app.sources(offline=self._target.offline, own_logs=not self._target.logs)
        self._known = self._unchanged(found, given)
        self._seen: dict[_Signature, Outcomes] = {}

    def of(self, plan: Plan) -> Outcomes:
        """What the checks say once a plan is made; the same plan is tried once."""
        signature = (tuple((each.name, each.after) for each in plan.files), plan.on_paths)
        if signature not in self._seen:
            self._seen[signature] = self._tried(plan.files, plan.on_paths)
        return self._seen[signature]

    def _tried(self, files: Sequence[FileChange], on_paths: Sequence[Edit]) -> Outcomes:
        root = self._target.directory
        with copied(root, files, on_paths) as (copy, outside):
            results = self._examine(copy, outside)
        return Outcomes(app.scrub(tuple(results), _Renamed({**outside, root: copy})))

    def _examine(self, copy: Path, outside: Mapping[Path, Path]) -> Sequence[CheckResult]:
        settings, target = self._settings, self._on(copy, outside)
        run = examine(
            target,
            self._registry,
            self._sources,
            self._registry.select(settings.only, settings.skip),
            silenced={check.id for pattern in settings.skip for check in self._registry.matching(pattern)},
            known=self._moved_worker(copy),
            also=app.HEAD,
            ends_at=self._ends_at,
        )
        return run.results

    def _on(self, copy: Path, outside: Mapping[Path, Path]) -> Target:
        """The target with the copy in place of the installation."""
        target = self._target
        root, env_file, argument = target.directory, target.env_file, target.config_argument
        if argument is not None and Path(argument).is_absolute():
            argument = str(_moved(Path(argument), root, copy, outside))
        moved = _moved(env_file, root, copy, outside) if env_file is not None else None
        return replace(target, directory=copy, env_file=moved, config_argument=argument)

    def _unchanged(self, found: Facts, given: Mapping[type[Any], object]) -> dict[type[Any], object]:
        """What was seen of everything but the files of the installation."""
        again = {each.provides for each in self._sources if each.function.__module__.startswith(OF_FILES)}
        known: dict[type[Any], object] = {}
        for fact, value in found.items():
            if fact is Target or (fact in again and fact not in given):
                continue
            gone = isinstance(value, Closing)
            known[fact] = Withheld("not asked again while a fix is tried") if gone else value
        return known

    def _moved_worker(self, copy: Path) -> dict[type[Any], object]:
        """A worker that runs in the installation's directory runs in the copy."""
        worker = self._known.get(facts.Worker)
        if not isinstance(worker, facts.Worker) or not worker.directory:
            return self._known
        try:
            here = self._target.directory.samefile(worker.directory)
        except OSError:
            here = False
        return {**self._known, facts.Worker: replace(worker, directory=str(copy))} if here else self._known


class _Renamed:
    """Gives what is copied its own name again."""

    def __init__(self, copies: Mapping[Path, Path]) -> None:
        self._names = {str(copy): str(path) for path, copy in copies.items()}

    def __call__(self, text: str) -> str:
        for copy, path in self._names.items():
            text = text.replace(copy, path)
        return text


def _moved(path: Path, root: Path, copy: Path, outside: Mapping[Path, Path]) -> Path:
    if path in outside:
        return outside[path]
    return copy / path.relative_to(root) if path.is_relative_to(root) else path
