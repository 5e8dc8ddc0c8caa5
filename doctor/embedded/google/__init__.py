"""
A stand-in for the Gemini API on loopback: its REST shapes over real TLS, and every way of misbehaving.

What it holds and how it behaves is one mapping, the world, which may be written as YAML. All of it is optional:

    keys: [k1]                # accepted in x-goog-api-key; without it any key is
    models: [gemini-embedding-001, {name: tuned, supportedGenerationMethods: [embedContent]}]
    batches:                  # or a number: so many that succeeded
      - {id: abc123, state: SUCCEEDED, requests: 10, succeeded: 9, failed: 1, created: 3600, ended: 1800,
         updated: 1800, output: batch-xyz, model: gemini-embedding-001, name: nightly, stats: true,
         error: {code: 13, message: Internal error}}        # times are seconds before the start, or texts
    files: [{id: batch-xyz, size: 123}]
    page: 50                  # the largest page of a list
    empty_last_page: true     # the last page names one more, which is {}
    empty_list_404: true      # no batches at all: 404
    date: -3600               # seconds added to the Date header; false: no such header
    age: 100                  # an Age header
    accept: hang              # or cut: at the start of any connection
    tls: hang                 # or cut, garbage; or {name: other.example, expired: true, ...} for the function `tls`
    connect: {status: 407, reason: text, behaviour: hang, login: "user:password", realm: text}   # as a proxy
    answers:                  # by route (models, models/NAME, batches, batches/ID, files, files/ID, with * and ?);
      models:                 # the first that fits and is not used up
        {status: 403, reason: SERVICE_DISABLED, message: text, word: PERMISSION_DENIED, details: [], times: 1,
         headers: {}, body: text, retry: 36, retry_after: 40, quota: [{metric: m, id: i, value: "100", model: n}],
         behaviour: hang, to: https://elsewhere.example/, pause: 0.05}

A behaviour is one of hang, drip (`pause` seconds between bytes), cut, reset, html, bad-json, empty, redirect, endless,
garbage and huge-headers. Without a status, the right answer misbehaves.
"""

from __future__ import annotations

from doctor.embedded.google.server import Google
from doctor.embedded.google.wire import Seen

__all__ = ["Google", "Seen"]
