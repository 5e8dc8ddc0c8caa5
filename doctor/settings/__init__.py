"""The doctor's own settings: an option wins over a variable, that over the settings file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doctor.errors import UsageError

if TYPE_CHECKING:
    from doctor.living.rules import Ignore, Override

PREFIX = "CODECHUNK_DOCTOR_"
FILES = ("codechunk-doctor.toml", "pyproject.toml")


@dataclass(frozen=True, slots=True)
class Settings:
    """
    What one run is asked to do.

    `directory` is `--dir`; `config` is what the worker is given as `--config`, None for the program's own search.
    `output` are further (format, file) pairs. `deadline` and `wait` are in seconds; with a `wait` of None or 0 there is
    one look. `env` can hold secrets and is kept out of `repr`.
    """

    directory: Path = Path()
    config: str | None = None
    env_file: Path | None = None
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    clean_env: bool = False
    worker: str = "auto"
    format: str = "text"
    output: tuple[tuple[str, Path], ...] = ()
    deadline: float | None = None
    color: str = "auto"
    verbosity: int = 0
    quiet: bool = False
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    offline: bool = False
    logs: tuple[str, ...] = ()
    fail_on: str = "error"
    plan: bool = False
    wait: float | None = None
    from_bundle: Path | None = None
    baseline: Path | None = None
    update_baseline: bool = False
    severity: tuple[Override, ...] = ()
    ignore: tuple[Ignore, ...] = ()


def load(given: Mapping[str, Any], variables: Mapping[str, str]) -> Settings:
    """
    Lay what was given on the command line over the `CODECHUNK_DOCTOR_*` variables, those over the settings file.

    A list that is given in one place replaces the list of the places below it. Raises UsageError for a directory
    that is not there and for a key or value that a file or variable must not have.
    """
    own = {name: text for name, text in variables.items() if name.startswith(PREFIX) and text}
    directory = Path(given.get("directory") or own.pop(f"{PREFIX}DIR", None) or ".")
    if not directory.is_dir():
        what = "it is not a directory" if directory.exists() else "there is no such directory"
        raise UsageError(f"--dir {directory}: {what}; give the directory of the installation, the checkout's")
    values = {**_from_file(directory), **_from_variables(own), **given, "directory": directory}
    return Settings(**values)


def _from_variables(variables: Mapping[str, str]) -> Mapping[str, Any]:
    if not variables:
        return {}
    # pydantic takes as long to import as all the rest: only for those who have settings to validate.
    from doctor.settings.written import validate, words

    given = {name.removeprefix(PREFIX).lower().replace("_", "-"): text for name, text in variables.items()}
    texts = {key: words(key, text) for key, text in given.items()}
    return validate(texts, lambda key: PREFIX + key.upper().replace("-", "_"))


def _from_file(directory: Path) -> Mapping[str, Any]:
    for name in FILES:
        path = directory / name
        if not path.is_file():
            continue
        table, prefix = _table(path)
        if table is None:
            continue
        from doctor.settings.written import validate

        values = dict(validate(table, lambda key, path=path, prefix=prefix: f"{path}: {prefix}{key}"))  # type: ignore[misc]
        # A path in the file starts where the file lies, not where the command is typed.
        if values.get("env_file") is not None:
            values["env_file"] = directory / values["env_file"]
        if values.get("baseline") is not None:
            values["baseline"] = directory / values["baseline"]
        if values.get("from_bundle") is not None:
            values["from_bundle"] = directory / values["from_bundle"]
        for rules in {"severity", "ignore"} & values.keys():
            values[rules] = tuple(replace(each, where=f"{path}: {prefix}{each.where}") for each in values[rules])
        if "logs" in values:
            values["logs"] = tuple(_rooted(each, directory) for each in values["logs"])
        if "output" in values:
            values["output"] = tuple((format, directory / target) for format, target in values["output"])
        return values
    return {}


def _rooted(log: str, directory: Path) -> str:
    return log if log == "-" or log.startswith("docker:") else str(directory / log)


def _table(path: Path) -> tuple[dict[str, Any] | None, str]:
    """The doctor's table in this file (None when a pyproject.toml has none) and how its keys are named."""
    import tomllib

    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise UsageError(f"{path}: is not valid TOML: {error}") from error
    except RecursionError:
        raise UsageError(f"{path}: is nested too deeply") from None
    if path.name != "pyproject.toml":
        return content, ""
    tools = content.get("tool")
    table = tools.get("codechunk-doctor") if isinstance(tools, dict) else None
    if table is not None and not isinstance(table, dict):
        raise UsageError(f"{path}: tool.codechunk-doctor must be a table")
    return table, "tool.codechunk-doctor."
