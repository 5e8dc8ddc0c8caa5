"""logs.gemini-key: what Google, or the program itself, says of the key."""

from __future__ import annotations

from collections.abc import Iterator

from checks.logs._calls import OF_GEMINI
from checks.logs._findings import Told, because, groups, reported
from checks.logs._live import gemini_takes_key, over
from doctor.api import Explains, Finding, Guide, IfObserved, Severity, check, facts

REJECTED = ("gem-key-invalid", "gem-key-expired", "gem-key-leaked", "gem-unauthenticated")
RESTRICTED = ("gem-permission", "gem-api-disabled", "gem-precondition")
OF_THE_API = "api-no-key"
MISSING = ("gem-empty-key", OF_THE_API)
CAUSES = (*REJECTED, *RESTRICTED, *MISSING, "gem-vertex")
IDS = ("gemini-key-missing", "compose-blank-key")
# There the text is about one file, which is a finding of its own; but Vertex AI has no such files at all.
OF_FILES, VERTEX = ("gb-download-failed", "guide-metadata-failed"), (("gb-download-failed", "gem-vertex"),)
KEY = "gemini.api_key"
EXPORT = ("export CODECHUNK_GEMINI_API_KEY='your key'", "docker compose up -d worker api")
TRY = ("codechunk-doctor check --only gemini",)
TOLD = {
    "gem-key-invalid": Told(
        "Google does not know the key: it is mistyped, or it is the text ${...} of a file, which is not expanded",
        "Set CODECHUNK_GEMINI_API_KEY to a key that works, and restart worker and API.",
        EXPORT,
        KEY,
    ),
    "gem-key-expired": Told(commands=EXPORT, key=KEY),
    "gem-key-leaked": Told(commands=EXPORT, key=KEY),
    "gem-unauthenticated": Told(commands=EXPORT, key=KEY),
    "gem-permission": Told(
        "the key may not use this: it is restricted, or belongs to another project",
        "Loosen the restriction of the key, or use the key that sent the batch.",
        TRY,
        KEY,
    ),
    "gem-api-disabled": Told(commands=TRY, key=KEY),
    "gem-precondition": Told(commands=TRY, key=KEY),
    "gem-empty-key": Told(commands=EXPORT, key=KEY),
    "gem-vertex": Told(commands=("unset GOOGLE_GENAI_USE_VERTEXAI",)),
    "api-no-key": Told(
        "the API has no key; unlike the worker it does not read GEMINI_API_KEY and GOOGLE_API_KEY",
        "Set CODECHUNK_GEMINI_API_KEY for the API too, and restart it.",
        EXPORT,
        KEY,
    ),
    "gemini-key-missing": Told(
        "the worker has no key and ends", "Set CODECHUNK_GEMINI_API_KEY and start the worker again.", EXPORT, KEY
    ),
    "compose-blank-key": Told(
        "compose passes an empty key on",
        "Put CODECHUNK_GEMINI_API_KEY into .env beside the compose file, then recreate worker and API.",
        ("docker compose up -d worker api",),
        KEY,
    ),
}


@check(
    id="logs.gemini-key",
    title="The log shows key trouble",
    severity=(Severity.ERROR, Severity.NOTE),
    guide=Guide.PREREQUISITES,
    explained_by=(
        Explains(
            "config.variable-not-expanded",
            "config.log-level-needs-key",
            "gemini.key-missing",
            "gemini.key-malformed",
            "gemini.key-rejected",
            when=because(*REJECTED, *MISSING, *IDS),
        ),
        Explains("gemini.key-not-seen-by-api", when=because("api-no-key")),
        Explains(
            "gemini.key-restricted",
            "gemini.batches-denied",
            "gemini.files-denied",
            "gemini.model-unavailable",
            when=because(*RESTRICTED),
        ),
        Explains("environment.gemini-redirected", when=because("gem-vertex", *REJECTED)),
    ),
)
def gemini_key(
    logs: facts.Logs,
    config: facts.Resolution,
    access: IfObserved[facts.GeminiAccess],
    batches: IfObserved[facts.GeminiBatchApi],
    files: IfObserved[facts.GeminiFileApi],
    keys: IfObserved[facts.GeminiKeys],
) -> Iterator[Finding]:
    """
    Look for calls that failed because of the key, and for processes that have none.

    It is a note when Google is asked in the same run and takes the key: for what the key may not do when it gives the
    lists of batch jobs and files too, for an API without a key when the API has one.

    Why it matters: without a key that Google accepts nothing is embedded, and no search by meaning works.

    Silent when: findings on the key as it is now say so already; the process was started again since.

    How to fix: set CODECHUNK_GEMINI_API_KEY to a key that works, and restart worker and API.
    """
    taken = gemini_takes_key(access)
    allowed = taken and all(each.value is not None and _given(each.value.answer) for each in (batches, files))
    in_api = taken and keys.value is not None and (keys.value.api is not None or keys.value.api_elsewhere)
    for name, lines in groups(logs, CAUSES, IDS, within=OF_GEMINI, but=OF_FILES, also=VERTEX):
        good_now = allowed if name in RESTRICTED else in_api if name == OF_THE_API else taken
        yield over(reported(name, lines, told=TOLD, config=config), "Google takes the key now" if good_now else "")


def _given(answer: facts.ApiAnswer) -> bool:
    """Whether a list is given; Google also says of one with nothing in it that there is none."""
    return answer.ok or answer.refused(facts.Refusal.NOT_FOUND) is not None
