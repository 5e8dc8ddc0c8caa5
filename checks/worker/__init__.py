"""The worker that runs: whether it does, with which settings, and how it is started."""

from __future__ import annotations

from checks.worker.bad_command import bad_command
from checks.worker.compose_environment import compose_environment
from checks.worker.compose_start_order import compose_start_order
from checks.worker.config_not_in_container import config_not_in_container
from checks.worker.not_running import not_running
from checks.worker.other_config_loaded import other_config_loaded
from checks.worker.out_of_memory import out_of_memory
from checks.worker.program_missing import program_missing
from checks.worker.queue_budget import queue_budget
from checks.worker.restart_loop import restart_loop
from checks.worker.restart_needed import restart_needed
from checks.worker.several_workers import several_workers

# What needs a container engine, NATS or the database says by itself that these were not asked.
CHECKS = (
    not_running,
    restart_loop,
    out_of_memory,
    restart_needed,
    config_not_in_container,
    other_config_loaded,
    several_workers,
    program_missing,
    bad_command,
    compose_start_order,
    compose_environment,
    queue_budget,
)
