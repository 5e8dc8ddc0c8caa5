"""The API: whether it runs and answers, and what it says of the parts it uses."""

from __future__ import annotations

from checks.api.dependency_unhealthy import dependency_unhealthy
from checks.api.mock_publisher import mock_publisher
from checks.api.not_answering import not_answering
from checks.api.port_taken import port_taken
from checks.api.restart_loop import restart_loop

SOCKETS = True

CHECKS = (not_answering, port_taken, mock_publisher, dependency_unhealthy, restart_loop)
