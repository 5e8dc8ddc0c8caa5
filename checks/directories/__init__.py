"""Whether the worker can use its directories: batch files, clones, free space."""

from __future__ import annotations

from checks.directories.batch_dir_not_creatable import batch_dir_not_creatable
from checks.directories.batch_dir_not_writable import batch_dir_not_writable
from checks.directories.batch_dir_vanished import batch_dir_vanished
from checks.directories.disk_space import disk_space
from checks.directories.workspace_unusable import workspace_unusable

CHECKS = (
    batch_dir_not_creatable,
    batch_dir_not_writable,
    batch_dir_vanished,
    disk_space,
    workspace_unusable,
)
