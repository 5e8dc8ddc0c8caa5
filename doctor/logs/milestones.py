"""The lines that tell of a process as a whole: that it started, with what, how it ended, what it had in hand."""

from __future__ import annotations

STARTS = {
    "worker-starting": "worker",
    "api-db-config": "api",
    "mig-up-start": "migrate",
    "mig-down-start": "migrate",
}
# What comes before a start, and belongs to the life that begins there.
PRELUDE = (
    "config-search",
    "config-specified",
    "config-loaded",
    "config-read-error",
    "config-specified-missing",
    "config-not-found",
    "stderr-config-read-error",
    "stderr-bind-env",
)
ENDS = (
    "worker-db-pool-failed",
    "worker-create-failed",
    "worker-start-failed",
    "worker-treesitter-failed",
    "worker-shutdown-done",
    "worker-shutdown-error",
    "gemini-key-missing",
    "gemini-client-failed",
    "config-not-loaded-migrate",
    "api-db-failed",
    "api-db-failed-connector",
    "api-search-service-failed",
    "api-create-server-failed",
    "api-start-failed",
    "api-shutdown-done",
    "api-shutdown-error",
    "mig-instance-failed",
    "mig-apply-failed",
    "go-panic-config",
    "go-panic-nil",
    "go-panic-any",
    "stderr-cobra-error",
)
SETTINGS = (
    "gemini-service",
    "openai-service",
    "async-batch-unsupported",
    "batch-enabled",
    "batch-client-failed",
    "batch-client-ok",
    "worker-batch-enable-failed-old",
    "nats-established",
    "nats-create-failed",
    "batch-processing-disabled",
    "queue-manager-creating",
    "queue-config-invalid",
    "queue-config-update-failed",
    "queue-start-failed",
    "queue-create-failed",
    "queue-created",
    "worker-started",
    "worker-shutdown",
    "submitter-started",
    "submitter-start-failed",
    "poller-started",
    "poller-start-failed",
    "retry-poll-started",
    "api-db-failed-health",
    "api-nats-publisher-failed",
    "api-nats-connect-failed",
    "api-nats-stream-failed",
    "api-batch-enable-failed",
    "api-started",
    "api-shutdown",
    "con-reconcile-skipped",
)
MILESTONES = frozenset((*STARTS, *PRELUDE, *ENDS, *SETTINGS))

# Lines about the message that a worker has in hand, which name no job: read for `why`.
STEPS = frozenset(
    (
        "consumer-processing",
        "consumer-ack",
        "consumer-nak",
        "job-repo-completed-skip",
        "job-repo-archived-skip",
        "job-status-updated",
        "job-completed",
        "git-clone-ok",
        "git-token-auth",
        "git-ssh-auth",
        "parse-done",
        "queue-bulk",
        "embed-engine-failed",
        "embed-engine-ok",
        "finalize-both-failed",
    )
)
# Calls of Gemini for the vector of one text; of these only the times count.
CALLS = frozenset(("gc-request", "gc-response", "gc-failed"))
