"""logs.embedding-failed: no vectors, whatever the job says."""

from __future__ import annotations

from collections.abc import Iterator

from checks.logs._findings import Told, because, groups, reported
from checks.logs._lines import later
from doctor.api import Explains, Finding, Guide, Severity, check, facts, same_key

GEMINI = (
    "gem-no-embeddings",
    "gem-bad-request",
    "gem-internal",
    "gem-unsupported-model",
    "gem-timeout-negative",
    "gem-client-creation",
)
OPENAI = (
    "oai-auth",
    "oai-quota",
    "oai-transport",
    "oai-server",
    "oai-validation",
    "oai-unknown",
    "oai-dims",
    "oai-decode",
)
CAUSES = (*GEMINI, *OPENAI, "seq-chunk-failed", "both-engines", "both-failed")
IDS = ("embed-engine-failed", "embed-chunk-failed", "embed-seq-fallback-failed")
RESTART = ("docker compose restart worker",)
TOLD = {
    "gem-bad-request": Told("Gemini refused the text of a chunk", "Read the line (-v shows it), and shrink or exclude "
                            "the file that it is about."),
    "gem-unsupported-model": Told(commands=RESTART, key="gemini.model"),
    "gem-timeout-negative": Told(commands=RESTART, key="gemini.timeout"),
    "gem-client-creation": Told(fix="Read the line (-v shows it), and look at the variables that begin with GOOGLE_."),
    "oai-auth": Told(commands=RESTART, key="embedding.openai.api_key"),
    "oai-transport": Told(commands=RESTART, key="embedding.openai.base_url"),
    "oai-validation": Told(commands=RESTART, key="embedding.openai.model"),
    "oai-unknown": Told(commands=RESTART, key="embedding.openai.base_url"),
    "oai-dims": Told(commands=RESTART, key="embedding.openai.dimensions"),
    "oai-decode": Told(commands=RESTART, key="embedding.openai.base_url"),
    "seq-chunk-failed": Told("a chunk failed, and the chunks after it were not tried",
                             "Remove what the line names (-v shows it), then submit the repository again."),
    "both-engines": Told("neither text index nor vectors were made",
                         "Remove what the line names (-v shows it), then submit the repository again."),
    "both-failed": Told("batches failed, and so did embedding one by one",
                        "Remove what the line names (-v shows it), then submit the repository again."),
}  # fmt: skip
DEFAULT = Told(fix="Remove what the line names (-v shows it), then submit the repository again.")


@check(
    id="logs.embedding-failed",
    title="Embedding failed, though jobs may say completed",
    severity=Severity.ERROR,
    guide=Guide.SEQUENTIAL,
    explained_by=(
        Explains("openai.endpoint", when=because(*OPENAI)),
        Explains("config.openai-incomplete", when=because(*OPENAI)),
        Explains("gemini.model-unavailable", when=because("gem-bad-request", "gem-unsupported-model")),
        Explains("environment.gemini-redirected", when=because("gem-client-creation", "gem-bad-request")),
        Explains("config.value-not-allowed", "config.value-out-of-range", "config.duration-invalid", when=same_key),
    ),
)
def embedding_failed(logs: facts.Logs, config: facts.Resolution) -> Iterator[Finding]:
    """
    Look for jobs whose chunks got no vectors, and for what the embedding service answered.

    Where text indexing runs beside embedding, job and repository count as completed all the same.

    Why it matters: search by meaning does not find the code of these repositories, although everything looks done.

    Silent when: another finding on the log has the cause; the same repository was embedded later.

    How to fix: remove the cause, then submit the repository again; chunks that have vectors are not embedded again.
    """

    def embedded(event: facts.LogEvent) -> bool:
        return later(logs, event, "embed-engine-ok", same=("repo",)) or later(
            logs, event, "embed-seq-done", "batch-all-async", same=("job_id",)
        )

    for name, lines in groups(logs, CAUSES, IDS, good=embedded):
        yield reported(name, lines, told=TOLD, default=DEFAULT, config=config)
