"""gemini: what the API lets the key do."""

from __future__ import annotations

import pytest

from checks.environment.gemini_redirected import gemini_redirected
from checks.gemini.batches_denied import batches_denied
from checks.gemini.files_denied import files_denied
from checks.gemini.key_rejected import key_rejected
from checks.gemini.key_restricted import key_restricted
from checks.gemini.model_unavailable import model_unavailable
from checks.gemini.quota_exhausted import quota_exhausted
from doctor.api import Skipped
from doctor.facts.gemini import ModelState, Quota, Refusal, Strange
from doctor.facts.network import NetworkFault, NetworkObstacle, Step
from doctor.model import Location, Place, Severity
from doctor.needs import Observed
from doctor.registry import installed
from doctor.settlement import Relations
from tests.checks.environments import CONTAINER, HERE, variables
from tests.checks.gemini import (
    KEY,
    MODELS,
    NO_COMPOSE,
    OPENAI,
    URL,
    VARIABLE,
    access,
    answer,
    batches,
    files,
    no,
    refused,
    shell,
    stopped,
    unasked,
)

ON = "gemini: {batch: {enabled: true}}\n"
MINE = shell(CODECHUNK_GEMINI_API_KEY="k")
CURL = 'curl -H "x-goog-api-key: $CODECHUNK_GEMINI_API_KEY" ' + URL + "/v1beta/"
TRIED = (f"export {VARIABLE}='your new key'", f"{CURL}models")
LOST = NetworkObstacle(Step.HTTP, NetworkFault.BROKEN_OFF, "after 3 bytes")

# --- rejected ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "way",
    [
        pytest.param(access(), id="well"),
        pytest.param(stopped(Step.TLS, NetworkFault.TLS_FAILED), id="not reached"),
        pytest.param(access(answer=answer(strange=Strange("HTML", 200))), id="not Gemini"),
        *(
            pytest.param(refused(refusal), id=refusal.value)
            for refusal in Refusal
            if not refusal.of_key  # what is refused for another reason
        ),
    ],
)
def test_the_key_is_taken(resolved, way):
    assert key_rejected(resolved(), way, HERE, NO_COMPOSE, MINE) == ()


@pytest.mark.parametrize(
    ("refusal", "message"),
    [
        (Refusal.KEY_INVALID, f"Google does not know the key from {VARIABLE} (400 INVALID_ARGUMENT: text)"),
        (Refusal.KEY_EXPIRED, f"the key from {VARIABLE} has expired (400"),
        (Refusal.KEY_LEAKED, f"the key from {VARIABLE} was found in public, and Google has switched it off (400"),
        (Refusal.UNAUTHENTICATED, f"what arrives at Google as the key from {VARIABLE} does not count as one (400"),
    ],
)
def test_key_rejected(resolved, refusal, message):
    way = refused(refusal, 400, word="INVALID_ARGUMENT", message="text")

    (finding,) = key_rejected(resolved(), way, HERE, NO_COMPOSE, MINE)

    assert finding.message.startswith(message)
    assert (finding.at.kind, finding.at.key) == (Place.ENV, KEY)
    assert finding.fix.commands == TRIED
    assert "Bearer" in finding.note


def test_a_key_of_the_file_or_of_a_container(resolved):
    way = refused(Refusal.KEY_INVALID, 400, message="text")
    in_file = access(key=Location.file("configs/c.yaml", 4, key=KEY), answer=way.answer)

    (host,) = key_rejected(resolved(), in_file, HERE, NO_COMPOSE, shell())
    (container,) = key_rejected(resolved(), way, CONTAINER, NO_COMPOSE, shell())

    assert host.at.line == 4
    assert host.message.startswith("Google does not know the key (400")
    assert host.fix.commands == TRIED
    assert container.fix.commands == ("docker compose up -d worker api", *TRIED)


def test_a_key_of_the_env_file_is_tried_too(resolved):
    given = variables({VARIABLE: "k"}, layer="--env-file")

    (finding,) = key_rejected(resolved(), refused(Refusal.KEY_INVALID, 400), HERE, NO_COMPOSE, given)

    assert "It belongs in prod.env, line 1" in finding.fix.summary
    assert finding.fix.commands == TRIED


# --- restricted ----------------------------------------------------------------------------------------------------

RESTRICTIONS = (Refusal.API_DISABLED, Refusal.KEY_RESTRICTED, Refusal.PRECONDITION, Refusal.PERMISSION)


@pytest.mark.parametrize(
    "way",
    [
        access(),
        access(answer=None),
        stopped(Step.NAME, NetworkFault.NAME_UNKNOWN),
        *(refused(each) for each in Refusal if each not in RESTRICTIONS),
    ],
)
def test_the_key_may_be_used(resolved, way):
    assert key_restricted(resolved(), way, MINE) == ()


@pytest.mark.parametrize(
    ("refusal", "values", "message", "fix"),
    [
        (Refusal.KEY_RESTRICTED, {"reason": "API_KEY_IP_ADDRESS_BLOCKED"}, "limited to certain addresses", "address"),
        (Refusal.KEY_RESTRICTED, {"reason": "API_KEY_HTTP_REFERRER_BLOCKED"}, "limited to web pages", "websites"),
        (Refusal.KEY_RESTRICTED, {"reason": "API_KEY_ANDROID_APP_BLOCKED"}, "limited to Android apps", "Android"),
        (Refusal.KEY_RESTRICTED, {"reason": "API_KEY_IOS_APP_BLOCKED"}, "limited to iOS apps", "iOS"),
        (Refusal.KEY_RESTRICTED, {"reason": "API_KEY_SERVICE_BLOCKED"}, "limited to other APIs", "Add the Generative"),
        (Refusal.KEY_RESTRICTED, {}, "the key is restricted", "Loosen the restrictions"),
        (Refusal.API_DISABLED, {"reason": "SERVICE_DISABLED"}, "is switched off", "Enable the Generative"),
        (Refusal.API_DISABLED, {}, "is switched off", "library/generativelanguage.googleapis.com"),
        (Refusal.API_DISABLED, {"link": "https://console.developers.google.com/x"}, "is switched off",
         "(https://console.developers.google.com/x)"),
        (Refusal.PERMISSION, {"reason": "BILLING_DISABLED"}, "has no billing", "Turn on billing"),
        (Refusal.PERMISSION, {"reason": "CONSUMER_SUSPENDED"}, "has suspended", "another project"),
        (Refusal.PERMISSION, {"reason": "CONSUMER_INVALID"}, "does not exist any more", "another project"),
        (Refusal.PERMISSION, {}, "the key may not do this", "make another one"),
        (Refusal.PERMISSION, {"reason": "NEVER_HEARD_OF"}, "the key may not do this", "make another one"),
        (Refusal.PRECONDITION, {"message": "User location is not supported for the API use."},
         "does not offer this where the call comes from", "supported country"),
        (Refusal.PRECONDITION, {}, "most often billing", "Turn on billing"),
    ],
)  # fmt: skip
def test_key_restricted(resolved, refusal, values, message, fix):
    (finding,) = key_restricted(resolved(), refused(refusal, **values), MINE)

    assert message in finding.message
    assert fix in finding.fix.summary
    assert finding.at.key == KEY
    assert finding.fix.commands == (f"{CURL}models",)


@pytest.mark.parametrize(
    ("name", "environment", "commands"),
    [
        (VARIABLE, MINE, 1),
        (VARIABLE, shell(), 2),
        ("GEMINI_API_KEY", shell(GEMINI_API_KEY="k"), 1),
        ("GEMINI_API_KEY", MINE, 2),
        (None, shell(), 2),
    ],
)
def test_the_key_is_tried_by_the_variable_that_has_it(resolved, name, environment, commands):
    key = Location.env(name, key=KEY) if name else Location.file("configs/c.yaml", 4, key=KEY)
    way = access(key=key, answer=answer(error=no(Refusal.PERMISSION)))

    (finding,) = key_restricted(resolved(), way, environment)

    assert len(finding.fix.commands) == commands
    assert finding.fix.commands[-1].startswith(f'curl -H "x-goog-api-key: ${name or VARIABLE}"')


# --- model ---------------------------------------------------------------------------------------------------------


def test_the_model_is_there(resolved):
    assert model_unavailable(resolved(), access(), MINE) == ()


@pytest.mark.parametrize(
    "way",
    [
        access(model=ModelState.UNKNOWN),
        refused(Refusal.QUOTA, 429),
        stopped(Step.ANSWER, NetworkFault.REFUSED),
    ],
)
def test_whether_the_model_is_there_is_not_known(resolved, way):
    with pytest.raises(Skipped, match="could not be read"):
        model_unavailable(resolved(), way, MINE)


@pytest.mark.parametrize(
    ("state", "message"),
    [(ModelState.MISSING, "does not offer gemini-embedding-001"), (ModelState.NOT_FOR_EMBEDDING, "not for embedding")],
)
def test_model_unavailable(resolved, state, message):
    (finding,) = model_unavailable(resolved(), access(model=state), MINE)

    assert message in finding.message
    assert finding.fix.commands == (f"{CURL}models/gemini-embedding-001",)


# --- batches and files ---------------------------------------------------------------------------------------------

LISTS = [
    pytest.param(batches_denied, batches, "batches", id="batches"),
    pytest.param(files_denied, files, "files", id="files"),
]
DENIALS = (*RESTRICTIONS, Refusal.REQUEST, *(each for each in Refusal if each.of_key))


@pytest.mark.parametrize(("rule", "build", "_name"), LISTS)
@pytest.mark.parametrize(
    ("error", "values"),
    [(None, {}), (None, {"again": True}), (no(Refusal.NOT_FOUND, 404), {})],
    ids=["given", "at the second try", "nothing to list"],
)
def test_the_list_is_given(resolved, rule, build, _name, error, values):
    assert rule(resolved(ON), access(), build(error, **values), MINE) == ()


@pytest.mark.parametrize(("rule", "build", "_name"), LISTS)
@pytest.mark.parametrize(
    ("error", "values"),
    [
        (no(Refusal.QUOTA, 429), {}),
        (no(Refusal.SERVER, 503), {}),
        (None, {"obstacle": LOST}),
        (None, {"strange": Strange("HTML", 200)}),
    ],
    ids=["quota", "overloaded", "lost", "strange"],
)
def test_neither_yes_nor_no(resolved, rule, build, _name, error, values):
    with pytest.raises(Skipped, match=r"was (not )?answered"):
        rule(resolved(ON), access(), build(error, **values), MINE)


@pytest.mark.parametrize(("rule", "build", "name"), LISTS)
@pytest.mark.parametrize("refusal", DENIALS)
@pytest.mark.parametrize(("text", "severity"), [(ON, Severity.ERROR), ("", Severity.WARNING)])
def test_denied(resolved, rule, build, name, refusal, text, severity):
    (finding,) = rule(resolved(text), access(), build(no(refusal, word="WORD", message="text")), MINE)

    assert "(403 WORD: text)" in finding.message
    assert (finding.severity, finding.at.key) == (severity, KEY)
    assert finding.fix.commands == (f"{CURL}{name}",)


# --- quota ---------------------------------------------------------------------------------------------------------

DAILY = Quota("generativelanguage.googleapis.com/embed", "EmbedPerDayPerProject", "1000", "gemini-embedding-001")
OVER = no(Refusal.QUOTA, 429, word="RESOURCE_EXHAUSTED", message="text")


@pytest.mark.parametrize(
    ("way", "lists"),
    [
        pytest.param(access(), (batches(), files()), id="well"),
        pytest.param(access(answer=answer(again=True)), (batches(again=True), files()), id="at the second try"),
        pytest.param(access(), (None, None), id="not asked"),
        pytest.param(access(answer=None), (None, None), id="nothing asked"),
        pytest.param(access(), (batches(no(Refusal.PERMISSION)), files(no(Refusal.SERVER, 503))), id="denied"),
        pytest.param(stopped(Step.TLS, NetworkFault.TLS_FAILED), (None, None), id="not reached"),
    ],
)
def test_there_is_quota_left(resolved, way, lists):
    assert quota_exhausted(resolved(), way, *(Observed(each) if each else unasked() for each in lists)) == ()


@pytest.mark.parametrize(
    ("way", "lists", "message"),
    [
        pytest.param(access(), (batches(OVER), None), "GET /v1beta/batches is refused by 429 RESOURCE_EXHAUSTED: text",
                     id="batches"),
        pytest.param(refused(Refusal.QUOTA, 429), (batches(OVER), files(OVER)),
                     "GET /v1beta/models, GET /v1beta/batches and GET /v1beta/files are refused by 429", id="all"),
        pytest.param(refused(Refusal.QUOTA, 429, quotas=(DAILY,), retry_after=36.2), (None, None),
                     "GET /v1beta/models is refused with 429: the limit is 1000 EmbedPerDayPerProject "
                     "(generativelanguage.googleapis.com/embed) for gemini-embedding-001; Google says to wait 37s",
                     id="all that is told"),
        pytest.param(refused(Refusal.QUOTA, 429, quotas=(Quota("m"),)), (None, None), "the limit is m", id="a metric"),
        pytest.param(refused(Refusal.QUOTA, 429, quotas=(Quota(),)), (None, None), "limit is unnamed", id="no name"),
    ],
)  # fmt: skip
def test_quota_exhausted(resolved, way, lists, message):
    (finding,) = quota_exhausted(resolved(), way, *(Observed(each) if each else unasked() for each in lists))

    assert finding.message.endswith(message)
    assert finding.severity is Severity.WARNING
    assert finding.fix.commands == ("codechunk-doctor check --only gemini",)


COUNTING = "batch_processing: {token_counting: {enabled: true, mode: all}}\n"


@pytest.mark.parametrize(
    ("text", "quota", "wait", "summary", "counting"),
    [
        ("", DAILY, 36.0, "Wait until midnight in California", False),
        ("", Quota("m", "PerMinute", "10"), 36.0, "Wait 36s;", False),
        ("", Quota("m", "PerMinute", "10"), None, "Wait a minute or more;", False),
        ("", Quota("m", "PerMinute", "0"), 36.0, "has none of this at all: turn on billing", False),
        (COUNTING, DAILY, 36.0, "Wait", True),
        (COUNTING.replace("mode: all", "mode: on_demand"), DAILY, 36.0, "Wait", False),
        (COUNTING.replace("enabled: true", "enabled: false"), DAILY, 36.0, "Wait", False),
    ],
)
def test_what_helps_against_a_limit(resolved, text, quota, wait, summary, counting):
    way = refused(Refusal.QUOTA, 429, quotas=(quota,), retry_after=wait)

    (finding,) = quota_exhausted(resolved(text), way, unasked(), unasked())

    assert summary in finding.fix.summary
    assert ("token_counting.mode: on_demand" in finding.fix.summary) is counting


@pytest.mark.parametrize(("models", "blocks"), [(None, False), (OVER, True)])
def test_models_are_not_judged_by_a_list_that_the_quota_refuses(resolved, models, blocks):
    (relation,) = quota_exhausted.blocks

    (finding,) = quota_exhausted(
        resolved(), access(answer=answer(MODELS, models)), Observed(batches(OVER)), Observed(files())
    )

    assert relation.when(finding) is blocks


# --- the family as a whole -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "facts"),
    [
        (key_rejected, (refused(Refusal.KEY_INVALID), HERE, NO_COMPOSE, MINE)),
        (key_restricted, (refused(Refusal.PERMISSION), MINE)),
        (model_unavailable, (access(model=ModelState.MISSING), MINE)),
        (batches_denied, (access(), batches(no(Refusal.PERMISSION)), MINE)),
        (files_denied, (access(), files(no(Refusal.PERMISSION)), MINE)),
        (quota_exhausted, (refused(Refusal.QUOTA), unasked(), unasked())),
    ],
)
def test_another_provider_does_not_ask(resolved, rule, facts):
    with pytest.raises(Skipped, match=r"embedding\.provider is openai"):
        rule(resolved(OPENAI), *facts)


LADDER = ["key-missing", "key-malformed", "proxy", "dns", "unreachable", "tls", "key-rejected", "key-restricted"]
BESIDE = ["model-unavailable", "batches-denied", "files-denied", "quota-exhausted"]


@pytest.mark.parametrize("step", LADDER)
def test_every_step_keeps_what_is_below_it_from_being_judged(step):
    blockers = Relations(installed()).blockers
    below = [*LADDER[LADDER.index(step) + 1 :], *BESIDE]

    assert all(f"gemini.{step}" in blockers[f"gemini.{each}"] for each in below)
    assert not any(f"gemini.{each}" in blockers[f"gemini.{step}"] for each in below)


def test_who_stands_beside_the_ladder():
    relations = Relations(installed())
    blockers = relations.blockers

    assert not any("gemini.clock-skew" in each for each in blockers.values())
    assert [id for id, _ in relations.explainers["gemini.tls"]] == [
        "environment.gemini-redirected",
        "gemini.clock-skew",
    ]
    for each in BESIDE:
        assert {f"gemini.{other}" for other in BESIDE} & set(blockers[f"gemini.{each}"]) == (
            {"gemini.quota-exhausted"} if each == "model-unavailable" else set()
        )


@pytest.mark.parametrize("id", ["batches.job-gone", "batches.job-ended-badly", "batches.not-collected"])
def test_what_google_alone_knows_of_batches_waits_for_the_way(id):
    blockers = Relations(installed()).blockers.get(id)

    assert blockers is None or {f"gemini.{each}" for each in LADDER} <= set(blockers)


@pytest.mark.parametrize(
    ("variable", "text", "asked"),
    [
        ("GOOGLE_GEMINI_BASE_URL", "https://elsewhere.example.com", True),
        ("GOOGLE_GENAI_USE_VERTEXAI", "true", False),
    ],
)
def test_of_vertex_ai_nothing_is_asked(resolved, variable, text, asked):
    (rule,) = gemini_redirected.blocks
    (finding,) = gemini_redirected(resolved(), shell(**{variable: text}), HERE)
    blocked = {each for each, blockers in Relations(installed()).blockers.items() if gemini_redirected.id in blockers}

    assert rule.when(finding) is not asked
    assert {f"gemini.{each}" for each in (*LADDER[2:], *BESIDE, "clock-skew")} <= blocked
    assert not {f"gemini.{each}" for each in LADDER[:2]} & blocked
