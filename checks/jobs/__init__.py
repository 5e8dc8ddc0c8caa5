"""Jobs, repositories, vectors and connectors that are stuck, failed or lost."""

from __future__ import annotations

from checks.jobs.completed_without_vectors import completed_without_vectors
from checks.jobs.connector_idle import connector_idle
from checks.jobs.embedding_failed import embedding_failed
from checks.jobs.failed import failed
from checks.jobs.mixed_models import mixed_models
from checks.jobs.never_picked_up import never_picked_up
from checks.jobs.repository_gone import repository_gone
from checks.jobs.row_unreadable import row_unreadable
from checks.jobs.stuck import stuck
from checks.jobs.test_vectors import test_vectors
from checks.jobs.url_blocked import url_blocked
from checks.jobs.vectors_not_searched import vectors_not_searched
from checks.jobs.zoekt_failed import zoekt_failed

SOCKETS = True

CHECKS = (
    never_picked_up,
    stuck,
    failed,
    repository_gone,
    row_unreadable,
    embedding_failed,
    zoekt_failed,
    completed_without_vectors,
    test_vectors,
    mixed_models,
    vectors_not_searched,
    url_blocked,
    connector_idle,
)
