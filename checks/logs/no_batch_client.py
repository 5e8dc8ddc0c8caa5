"""logs.no-batch-client: batches are wanted, and nothing can send them."""

from __future__ import annotations

from collections.abc import Iterator

from checks.logs._calls import OF_GEMINI
from checks.logs._findings import Told, because, found, groups, reported
from checks.logs._lines import Lines, current
from doctor.api import Explains, Finding, Fix, Guide, Severity, check, facts

OF_USING = ("batch-service-nil", "oai-batch-unsupported", "embed-service-nil")
# Elsewhere the same words are about a file that is to be written, or about a repository.
OF_MAKING = ("dir-permission", "dir-readonly", "dir-not-dir")
CAUSES = (*OF_USING, *OF_MAKING)
IDS = ("batch-client-failed", "worker-batch-enable-failed-old")
ALSO = tuple((id, cause) for id in IDS for cause in (*OF_MAKING, "disk-full"))
OPENAI = "oai-batch-unsupported"
CLIENT, SWITCH = "gemini.batch.enabled", "batch_processing.enabled"
RESTART = ("docker compose restart worker",)
TOLD = {
    "batch-service-nil": Told(
        "batches are wanted, but the worker has no Gemini batch client",
        f"Set {CLIENT} to true, make both batch directories creatable for the worker, and restart it.",
        RESTART,
        CLIENT,
    ),
    **dict.fromkeys((*OF_MAKING, "disk-full"), Told(key="gemini.batch.input_dir", commands=RESTART)),
    OPENAI: Told(
        "the provider openai has no batches",
        f"Set {SWITCH} to false while embedding.provider is openai, and restart the worker.",
        RESTART,
        SWITCH,
    ),
    "embed-service-nil": Told("the worker has no embedding service", "Restart the worker.", RESTART),
}
DEFAULT = Told(
    fix="Make gemini.batch.input_dir and output_dir creatable for the worker and restart it.",
    commands=RESTART,
    key="gemini.batch.input_dir",
)
DIRECTORIES = because(*OF_MAKING, "batch-service-nil", *IDS)


@check(
    id="logs.no-batch-client",
    title="The worker runs without a batch client",
    severity=(Severity.ERROR, Severity.WARNING),
    guide=Guide.SEQUENTIAL,
    explained_by=(
        Explains("config.batch-client-off", when=because("batch-service-nil", "gemini-service")),
        Explains("config.openai-with-batch", when=because(OPENAI, "batch-service-nil")),
        Explains("directories.batch-dir-not-creatable", when=DIRECTORIES),
    ),
)
def no_batch_client(logs: facts.Logs, config: facts.Resolution) -> Iterator[Finding]:
    """
    Look for a batch client that could not be made, and for batches that had none.

    With `batch_processing.fallback_to_sequential: true` it is a warning: chunks are embedded one by one.

    Why it matters: repositories with enough chunks get no vectors, or get them one request at a time.

    Silent when: batch processing is off; a client that exists could not write a file, which is
    `logs.submission-failed`.

    How to fix: set `gemini.batch.enabled: true`, let the worker create both batch directories, and restart it.
    """
    if not config.value(SWITCH):
        return
    severity = Severity.WARNING if config.falls_back else Severity.ERROR
    fired = False
    for name, lines in groups(logs, OF_USING, IDS, but=("api-batch-enable-failed",), also=ALSO, within=OF_GEMINI):
        fired = True
        yield reported(name, lines, told=TOLD, default=DEFAULT, config=config, severity=severity)
    without = current(logs, ("gemini-service",)).only(lambda event: event.fields.get("batch_api_enabled") is False)
    if without and not fired and config.provider == "gemini":
        yield _without(without, config, severity)


def _without(lines: Lines, config: facts.Resolution, severity: Severity) -> Finding:
    now = bool(config.value(CLIENT))
    return found(
        f"the worker started without a batch client (batch_api_enabled: false), {lines.how_often}",
        lines,
        severity=severity,
        fix=Fix(
            "Restart the worker, so that it reads the setting as it is now."
            if now
            else f"Set {CLIENT} to true and restart the worker.",
            RESTART,
        ),
        related=(config.where(CLIENT),),
        mark="gemini-service",
    )
