"""The Gemini API: its key, the way to it, and what it lets this key do."""

from __future__ import annotations

from checks.gemini.batches_denied import batches_denied
from checks.gemini.clock_skew import clock_skew
from checks.gemini.dns import dns
from checks.gemini.files_denied import files_denied
from checks.gemini.key_malformed import key_malformed
from checks.gemini.key_missing import key_missing
from checks.gemini.key_not_seen_by_api import key_not_seen_by_api
from checks.gemini.key_rejected import key_rejected
from checks.gemini.key_restricted import key_restricted
from checks.gemini.model_unavailable import model_unavailable
from checks.gemini.proxy import proxy
from checks.gemini.quota_exhausted import quota_exhausted
from checks.gemini.tls import tls
from checks.gemini.unreachable import unreachable

# The first three judge values; the others need an answer.
SOCKETS = (
    proxy,
    dns,
    unreachable,
    tls,
    key_rejected,
    key_restricted,
    model_unavailable,
    batches_denied,
    files_denied,
    quota_exhausted,
    clock_skew,
)

CHECKS = (key_missing, key_malformed, key_not_seen_by_api, *SOCKETS)
