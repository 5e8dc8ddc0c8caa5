"""The types of what can be observed; a check names the ones it needs as annotations of its parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from doctor.facts.configuration import (
    Candidate,
    ConfigFile,
    Connector,
    ConnectorField,
    Duplicate,
    Effect,
    Entry,
    FileProblem,
    Problem,
    ProblemKind,
    Resolution,
    Setting,
    Source,
)
from doctor.facts.directories import (
    Access,
    Directories,
    DirectoryTrial,
    FileSystem,
    Leftover,
    Method,
    OldFiles,
    OpenBatches,
)
from doctor.facts.environment import Drivers, Environment, Peers, Reading, StoredHosts, Variable
from doctor.facts.installation import (
    BaseConfig,
    Compose,
    ComposeService,
    Dotenv,
    DotenvLine,
    PublishedPort,
    Tracked,
    TrackedFile,
    TrackedValue,
)
from doctor.facts.keys import GeminiKeys, KeySupply
from doctor.facts.worker import Habitat, Known, Process, Processes, Worker

if TYPE_CHECKING:
    from doctor.facts.batches import (
        BatchList,
        BatchRow,
        BatchRows,
        BatchState,
        Gap,
    )
    from doctor.facts.batchlist import (
        BatchListing,
        BatchSelection,
        ListedBatch,
        StoredBatch,
        StoredBatches,
    )
    from doctor.facts.database import (
        Connection,
        Fault,
        MissingRight,
        Obstacle,
        Privileges,
        Rung,
        Server,
    )
    from doctor.facts.gemini import (
        ApiAnswer,
        ApiError,
        GeminiAccess,
        GeminiBatchApi,
        GeminiFileApi,
        GoogleBatch,
        GoogleBatches,
        ModelState,
        Quota,
        Refusal,
        Strange,
    )
    from doctor.facts.joblist import (
        JobList,
        JobSelection,
        JobTotal,
        ListedJob,
        Nothing,
    )
    from doctor.facts.jobs import (
        ConnectorRow,
        ConnectorRows,
        DeletedRow,
        JobRow,
        JobRows,
        RepositoryRow,
        RepositoryVectors,
        UnreadableRow,
        VectorRows,
    )
    from doctor.facts.logs import (
        LogCount,
        LogEvent,
        LogInput,
        LogRun,
        Logs,
        LogShape,
        LogTrail,
    )
    from doctor.facts.network import (
        Certificate,
        NetworkFault,
        NetworkObstacle,
        Step,
    )
    from doctor.facts.openai import OpenAiServer, OpenAiState
    from doctor.facts.schema import (
        Extension,
        MigrationFiles,
        ObjectKind,
        Schema,
        SchemaObject,
        VersionRow,
        VersionTable,
    )

# What only a run that asks a server needs is loaded when it is first named: making a class takes its time.
LATE = {
    "batchlist": (
        "BatchListing",
        "BatchSelection",
        "ListedBatch",
        "StoredBatch",
        "StoredBatches",
    ),
    "gemini": (
        "ApiAnswer",
        "ApiError",
        "GeminiAccess",
        "GeminiBatchApi",
        "GeminiFileApi",
        "GoogleBatch",
        "GoogleBatches",
        "ModelState",
        "Quota",
        "Refusal",
        "Strange",
    ),
    "logs": (
        "LogCount",
        "LogEvent",
        "LogInput",
        "LogRun",
        "LogShape",
        "LogTrail",
        "Logs",
    ),
    "network": (
        "Certificate",
        "NetworkFault",
        "NetworkObstacle",
        "Step",
    ),
    "openai": (
        "OpenAiServer",
        "OpenAiState",
    ),
    "batches": (
        "BatchList",
        "BatchRow",
        "BatchRows",
        "BatchState",
        "Gap",
    ),
    "database": (
        "Connection",
        "Fault",
        "MissingRight",
        "Obstacle",
        "Privileges",
        "Rung",
        "Server",
    ),
    "joblist": (
        "JobList",
        "JobSelection",
        "JobTotal",
        "ListedJob",
        "Nothing",
    ),
    "jobs": (
        "ConnectorRow",
        "ConnectorRows",
        "DeletedRow",
        "JobRow",
        "JobRows",
        "RepositoryRow",
        "RepositoryVectors",
        "UnreadableRow",
        "VectorRows",
    ),
    "schema": (
        "Extension",
        "MigrationFiles",
        "ObjectKind",
        "Schema",
        "SchemaObject",
        "VersionRow",
        "VersionTable",
    ),
}
_MODULES = {name: module for module, names in LATE.items() for name in names}


def __getattr__(name: str) -> Any:
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{module}"), name)
    globals()[name] = value
    return value


__all__ = [
    "Access",
    "ApiAnswer",
    "ApiError",
    "BaseConfig",
    "BatchList",
    "BatchListing",
    "BatchRow",
    "BatchRows",
    "BatchSelection",
    "BatchState",
    "Candidate",
    "Certificate",
    "Compose",
    "ComposeService",
    "ConfigFile",
    "Connection",
    "Connector",
    "ConnectorField",
    "ConnectorRow",
    "ConnectorRows",
    "DeletedRow",
    "Directories",
    "DirectoryTrial",
    "Dotenv",
    "DotenvLine",
    "Drivers",
    "Duplicate",
    "Effect",
    "Entry",
    "Environment",
    "Extension",
    "Fault",
    "FileProblem",
    "FileSystem",
    "Gap",
    "GeminiAccess",
    "GeminiBatchApi",
    "GeminiFileApi",
    "GeminiKeys",
    "GoogleBatch",
    "GoogleBatches",
    "Habitat",
    "JobList",
    "JobRow",
    "JobRows",
    "JobSelection",
    "JobTotal",
    "KeySupply",
    "Known",
    "Leftover",
    "ListedBatch",
    "ListedJob",
    "LogCount",
    "LogEvent",
    "LogInput",
    "LogRun",
    "LogShape",
    "LogTrail",
    "Logs",
    "Method",
    "MigrationFiles",
    "MissingRight",
    "ModelState",
    "NetworkFault",
    "NetworkObstacle",
    "Nothing",
    "ObjectKind",
    "Obstacle",
    "OldFiles",
    "OpenAiServer",
    "OpenAiState",
    "OpenBatches",
    "Peers",
    "Privileges",
    "Problem",
    "ProblemKind",
    "Process",
    "Processes",
    "PublishedPort",
    "Quota",
    "Reading",
    "Refusal",
    "RepositoryRow",
    "RepositoryVectors",
    "Resolution",
    "Rung",
    "Schema",
    "SchemaObject",
    "Server",
    "Setting",
    "Source",
    "Step",
    "StoredBatch",
    "StoredBatches",
    "StoredHosts",
    "Strange",
    "Tracked",
    "TrackedFile",
    "TrackedValue",
    "UnreadableRow",
    "Variable",
    "VectorRows",
    "VersionRow",
    "VersionTable",
    "Worker",
]
