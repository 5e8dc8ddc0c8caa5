"""Variables that are ignored, misspelt or harmful, and values that never reach the program."""

from __future__ import annotations

from checks.environment.api_and_worker_differ import api_and_worker_differ
from checks.environment.dotenv_not_read import dotenv_not_read
from checks.environment.gemini_redirected import gemini_redirected
from checks.environment.git_credential_stops_clone import git_credential_stops_clone
from checks.environment.postgres_variable import postgres_variable
from checks.environment.secret_tracked import secret_tracked
from checks.environment.section_variable import section_variable
from checks.environment.variable_ignored import variable_ignored
from checks.environment.variable_unknown import variable_unknown

CHECKS = (
    variable_ignored,
    variable_unknown,
    section_variable,
    dotenv_not_read,
    git_credential_stops_clone,
    postgres_variable,
    gemini_redirected,
    secret_tracked,
    api_and_worker_differ,
)
