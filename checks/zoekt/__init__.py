"""Text search: where the API looks for it, whether it answers, and whether the worker can write its index."""

from __future__ import annotations

from checks.zoekt.dead_port import dead_port
from checks.zoekt.index_dir_not_writable import index_dir_not_writable
from checks.zoekt.index_not_shared import index_not_shared
from checks.zoekt.loopback_in_container import loopback_in_container
from checks.zoekt.search_off import search_off
from checks.zoekt.unreachable import unreachable

# The others judge values, or what lies on this machine.
SOCKETS = (unreachable, index_not_shared)

CHECKS = (dead_port, loopback_in_container, unreachable, index_dir_not_writable, index_not_shared, search_off)
