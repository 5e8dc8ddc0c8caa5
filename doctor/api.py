"""The names a check may use, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from doctor import facts
from doctor.causes import Cause, cause_of, causes
from doctor.drift import How
from doctor.errors import Silent, Skipped
from doctor.fixes import (
    SUBMITTED,
    api_address,
    change_mode,
    change_owner,
    delete,
    edit,
    make_directory,
    remove,
    resubmit,
    set_value,
    start_container,
    variable_fix,
    without_user,
)
from doctor.golang.duration import format_duration, parse_duration
from doctor.keyshape import fault_of_key, is_example
from doctor.model import (
    Action,
    Edit,
    Evidence,
    Finding,
    Fix,
    Guide,
    Location,
    Place,
    Safety,
    Severity,
)
from doctor.needs import IfObserved, Observed
from doctor.redact import MASK, beginning, is_secret_name, strip_keys, strip_user
from doctor.registry import Blocks, Check, Explains, check, nearest
from doctor.relations import (
    NO_FILE,
    REPOSITORY,
    ends_start,
    key_below,
    same_key,
    same_path,
    same_repository,
    same_variable,
)
from doctor.schema import (
    CLIENT_KEYS,
    CONNECTOR_FIELDS,
    PREFIX,
    SCHEMA,
    SECTIONS,
    KeySpec,
    key_of_variable,
    section_of_variable,
    why_unknown,
)

if TYPE_CHECKING:
    from doctor import migrations
    from doctor.logs import quote
    from doctor.logs import why as log_causes
    from doctor.why import guide, settings
else:

    class _Late:
        """A module that is loaded when something of it is first asked for: most runs need none of these."""

        def __init__(self, name: str) -> None:
            self._name = name

        def __getattr__(self, name: str) -> Any:
            from importlib import import_module

            found = getattr(import_module(self._name), name)
            setattr(self, name, found)
            return found

    guide, migrations = _Late("doctor.why.guide"), _Late("doctor.migrations")
    quote, settings = _Late("doctor.logs.quote"), _Late("doctor.why.settings")
    log_causes = _Late("doctor.logs.why")


__all__ = [
    "CLIENT_KEYS",
    "CONNECTOR_FIELDS",
    "MASK",
    "NO_FILE",
    "PREFIX",
    "REPOSITORY",
    "SCHEMA",
    "SECTIONS",
    "SUBMITTED",
    "Action",
    "Blocks",
    "Cause",
    "Check",
    "Edit",
    "Evidence",
    "Explains",
    "Finding",
    "Fix",
    "Guide",
    "How",
    "IfObserved",
    "KeySpec",
    "Location",
    "Observed",
    "Place",
    "Safety",
    "Severity",
    "Silent",
    "Skipped",
    "api_address",
    "beginning",
    "cause_of",
    "causes",
    "change_mode",
    "change_owner",
    "check",
    "delete",
    "edit",
    "ends_start",
    "facts",
    "fault_of_key",
    "format_duration",
    "guide",
    "is_example",
    "is_secret_name",
    "key_below",
    "key_of_variable",
    "log_causes",
    "make_directory",
    "migrations",
    "nearest",
    "parse_duration",
    "quote",
    "remove",
    "resubmit",
    "same_key",
    "same_path",
    "same_repository",
    "same_variable",
    "section_of_variable",
    "set_value",
    "settings",
    "start_container",
    "strip_keys",
    "strip_user",
    "variable_fix",
    "why_unknown",
    "without_user",
]
