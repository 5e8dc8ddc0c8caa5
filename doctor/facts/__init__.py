"""The types of what can be observed; a check names the ones it needs as annotations of its parameters."""

from __future__ import annotations

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
from doctor.facts.directories import Access, Directories, DirectoryTrial, FileSystem, Leftover, Method, OldFiles
from doctor.facts.environment import Drivers, Environment, Peers, Reading, Variable
from doctor.facts.installation import (
    BaseConfig,
    Compose,
    ComposeService,
    Dotenv,
    DotenvLine,
    Tracked,
    TrackedFile,
    TrackedValue,
)
from doctor.facts.worker import Habitat, Known, Process, Processes, Worker

__all__ = [
    "Access",
    "BaseConfig",
    "Candidate",
    "Compose",
    "ComposeService",
    "ConfigFile",
    "Connector",
    "ConnectorField",
    "Directories",
    "DirectoryTrial",
    "Dotenv",
    "DotenvLine",
    "Drivers",
    "Duplicate",
    "Effect",
    "Entry",
    "Environment",
    "FileProblem",
    "FileSystem",
    "Habitat",
    "Known",
    "Leftover",
    "Method",
    "OldFiles",
    "Peers",
    "Problem",
    "ProblemKind",
    "Process",
    "Processes",
    "Reading",
    "Resolution",
    "Setting",
    "Source",
    "Tracked",
    "TrackedFile",
    "TrackedValue",
    "Variable",
    "Worker",
]
