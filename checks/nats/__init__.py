"""The message queue: the way to NATS, the stream of jobs, and who fetches them."""

from __future__ import annotations

from checks.nats.auth import auth
from checks.nats.jetstream_off import jetstream_off
from checks.nats.messages_stranded import messages_stranded
from checks.nats.not_consumed import not_consumed
from checks.nats.stream_missing import stream_missing
from checks.nats.stream_unusable import stream_unusable
from checks.nats.unreachable import unreachable

SOCKETS = True

CHECKS = (unreachable, auth, jetstream_off, stream_missing, stream_unusable, not_consumed, messages_stranded)
