"""What follows from a start that fails, whatever check says why: the relations that those checks share."""

from __future__ import annotations

# Without a usable configuration there is no endpoint to try.
NO_ENDPOINT = ("database.*", "jobs.*", "batches.*", "nats.*", "zoekt.unreachable", "zoekt.index-not-shared")
# How such a start shows itself from outside.
SYMPTOMS = ("worker.restart-loop", "api.restart-loop", "logs.panic")
