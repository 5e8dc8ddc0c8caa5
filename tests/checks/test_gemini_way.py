"""gemini: the way to the API, step by step."""

from __future__ import annotations

from dataclasses import replace

import pytest

from checks.gemini.clock_skew import clock_skew
from checks.gemini.dns import dns
from checks.gemini.proxy import proxy
from checks.gemini.tls import tls
from checks.gemini.unreachable import unreachable as rule_of_unreachable
from doctor.api import Evidence, Skipped
from doctor.errors import SourceError
from doctor.facts.database import Server
from doctor.facts.gemini import Refusal, Strange
from doctor.facts.network import Certificate, NetworkFault, NetworkObstacle, Step
from doctor.model import Location, Place, Severity
from doctor.needs import IfObserved, Observed
from tests.checks.environments import CONTAINER, HERE, RUNNING
from tests.checks.gemini import (
    HOST,
    OPENAI,
    URL,
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

PROXY = "http://proxy.example.com:3128"
BY_PROXY = {"proxy": PROXY, "proxy_at": Location.env("https_proxy")}
TO_API = f"{HOST}:443"


def unreachable(config, way, of_batches=None, of_files=None):
    """The findings, where these lists were asked for or not."""
    lists = (Observed(each) if each is not None else unasked() for each in (of_batches, of_files))
    return rule_of_unreachable(config, way, *lists)


# --- proxy ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "way",
    [
        pytest.param(access(), id="direct"),
        pytest.param(access(**BY_PROXY), id="through"),
        pytest.param(stopped(Step.NAME, NetworkFault.NAME_UNKNOWN), id="no name"),
        pytest.param(stopped(Step.ANSWER, NetworkFault.TIMED_OUT), id="no answer"),
        pytest.param(stopped(Step.TLS, NetworkFault.CERTIFICATE_REFUSED, **BY_PROXY), id="no trust"),
        pytest.param(access(around=(PROXY, "HTTPS_PROXY")), id="not needed"),
        pytest.param(refused(Refusal.KEY_INVALID, 400), id="no key"),
    ],
)
def test_the_proxy_is_not_at_fault(resolved, way):
    assert proxy(resolved(), way, HERE, shell()) == ()


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (NetworkFault.SETTING, "the program does not take the proxy setting: some reason"),
        (NetworkFault.NAME_UNKNOWN, f"the name of the proxy {PROXY} cannot be looked up: some reason"),
        (NetworkFault.REFUSED, f"nothing listens at the proxy {PROXY}"),
        (NetworkFault.NO_ROUTE, f"the proxy {PROXY} cannot be reached: some reason"),
        (NetworkFault.TIMED_OUT, f"the proxy {PROXY} does not answer: some reason"),
        (NetworkFault.NO_ANSWER, f"the proxy {PROXY} accepts the connection, but never answers"),
        (NetworkFault.BROKEN_OFF, f"the proxy {PROXY} breaks the connection off: some reason"),
        (NetworkFault.OTHER_PROTOCOL, f"what answers at {PROXY} is not a proxy of this kind: some reason"),
        (NetworkFault.LOGIN_WANTED, f"the proxy {PROXY} wants a login, or another one: some reason"),
        (NetworkFault.DENIED, f"the proxy {PROXY} refuses to connect to {HOST}: some reason"),
        (NetworkFault.CERTIFICATE_REFUSED, f"the proxy {PROXY} does not let the program through: some reason"),
    ],
)
def test_proxy(resolved, fault, message):
    (finding,) = proxy(resolved(), stopped(Step.PROXY, fault, **BY_PROXY), HERE, shell())

    assert finding.message == message
    assert finding.at.name == "https_proxy"
    assert [each.name for each in finding.related] == [TO_API]
    assert finding.fix.summary


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        (shell(), "HTTPS_PROXY"),
        (shell(https_proxy="::"), "https_proxy"),
        (shell(https_proxy="::", HTTPS_PROXY="::"), "HTTPS_PROXY"),
    ],
)
def test_a_setting_that_go_refuses_is_found_where_go_looks(resolved, environment, name):
    (finding,) = proxy(resolved(), stopped(Step.PROXY, NetworkFault.SETTING), HERE, environment)

    assert finding.at.name == name
    assert finding.fix.commands == (f"export {name}='http://proxy.example.com:3128'",)


@pytest.mark.parametrize(
    ("worker", "end", "commands"),
    [
        (HERE, ", for worker and API, and start them again.", ()),
        (CONTAINER, "below `environment:` in the compose file.", ("docker compose up -d worker api",)),
    ],
)
def test_where_the_login_of_the_proxy_belongs(resolved, worker, end, commands):
    (finding,) = proxy(resolved(), stopped(Step.PROXY, NetworkFault.LOGIN_WANTED, **BY_PROXY), worker, shell())

    assert finding.fix.summary.startswith("Put `user:password@` before the host in https_proxy")
    assert finding.fix.summary.endswith(end)
    assert finding.fix.commands == commands


def test_the_answer_of_the_proxy_is_shown(resolved):
    way = stopped(Step.PROXY, NetworkFault.DENIED, status=403, **BY_PROXY)

    (finding,) = proxy(resolved(), way, HERE, shell())

    assert [each.text for each in finding.evidence] == ["the proxy answered CONNECT with 403"]


@pytest.mark.parametrize(
    ("name", "worker", "summary", "commands"),
    [
        ("https_proxy", HERE, "Export it", ('export HTTPS_PROXY="$https_proxy"',)),
        ("HTTPS_PROXY", RUNNING, "again from this shell", ()),
        ("HTTPS_PROXY", CONTAINER, "`HTTPS_PROXY: ${HTTPS_PROXY}`", ("docker compose up -d worker api",)),
        ("https_proxy", CONTAINER, "`HTTPS_PROXY: ${https_proxy}`", ("docker compose up -d worker api",)),
    ],
)
@pytest.mark.parametrize("step", [Step.NAME, Step.ANSWER])
def test_a_proxy_that_the_worker_lacks(resolved, name, worker, summary, commands, step):
    way = stopped(step, NetworkFault.TIMED_OUT, around=("http://user:hunter22@proxy.example.com:3128", name))

    (finding,) = proxy(resolved(), way, worker, shell())

    assert "the worker has no HTTPS_PROXY" in finding.message
    assert f"which {name} of this shell names" in finding.message
    assert "hunter22" not in repr(finding)
    assert finding.at == Location.env("HTTPS_PROXY")
    assert summary in finding.fix.summary
    assert finding.fix.commands == commands


# --- name ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "way",
    [
        access(),
        stopped(Step.PROXY, NetworkFault.NAME_UNKNOWN, **BY_PROXY),
        stopped(Step.ANSWER, NetworkFault.REFUSED),
        stopped(Step.TLS, NetworkFault.TLS_FAILED),
    ],
)
def test_the_name_is_known(resolved, way):
    assert dns(resolved(), way, HERE) == ()


@pytest.mark.parametrize(
    ("worker", "command"),
    [(HERE, f"getent hosts {HOST}"), (CONTAINER, f"docker compose exec worker getent hosts {HOST}")],
)
def test_dns(resolved, worker, command):
    (finding,) = dns(resolved(), stopped(Step.NAME, NetworkFault.NAME_UNKNOWN, "Name or service not known"), worker)

    assert finding.message == f"{HOST} cannot be looked up: Name or service not known"
    assert (finding.at.kind, finding.at.name) == (Place.NETWORK, TO_API)
    assert finding.fix.commands == (command,)


def test_a_proxy_that_is_not_used_is_named(resolved):
    unused = {"passed_over": Location.env("https_proxy")}

    (unknown,) = dns(resolved(), stopped(Step.NAME, NetworkFault.NAME_UNKNOWN, **unused), HERE)
    (silent,) = unreachable(resolved(), stopped(Step.ANSWER, NetworkFault.TIMED_OUT, **unused))

    assert "; https_proxy is set, but not used for this host" in unknown.message
    assert "; https_proxy is set, but not used for this host" in silent.message
    assert dns(resolved(), access(**unused), HERE) == unreachable(resolved(), access(**unused)) == ()


def test_an_address_of_ones_own_is_named(resolved):
    own = Location.env("GOOGLE_GEMINI_BASE_URL")

    (unknown,) = dns(resolved(), stopped(Step.NAME, NetworkFault.NAME_UNKNOWN, at=own), HERE)
    (silent,) = unreachable(resolved(), stopped(Step.ANSWER, NetworkFault.TIMED_OUT, at=own))

    assert unknown.at == silent.at == own
    assert [each.name for each in silent.related] == [TO_API]
    assert "GOOGLE_GEMINI_BASE_URL" in unknown.fix.summary
    assert "GOOGLE_GEMINI_BASE_URL" in silent.fix.summary


def test_an_address_that_names_no_host(resolved):
    way = stopped(Step.ANSWER, NetworkFault.SETTING, at=Location.file("c.yaml", 3))
    (finding,) = unreachable(resolved(), replace(way, host=""))

    assert finding.related == ()
    assert finding.fix.summary.startswith("Correct the address,")


@pytest.mark.parametrize(("at", "name"), [(Location.env("X"), "X"), (Location.file("c.yaml", 3), "the address")])
def test_an_address_where_another_answers(resolved, at, name):
    (finding,) = unreachable(resolved(), access(at=at, answer=answer(strange=Strange("a page", 200))))

    assert finding.fix.summary.startswith(f"Correct {name},")


@pytest.mark.parametrize(
    ("values", "words"), [({}, "or name the proxy of this network"), (BY_PROXY, "through the proxy;")]
)
def test_what_is_to_be_allowed(resolved, values, words):
    (finding,) = unreachable(resolved(), stopped(Step.ANSWER, NetworkFault.TIMED_OUT, **values))

    assert words in finding.fix.summary


# --- answer --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "way",
    [
        pytest.param(access(), id="well"),
        pytest.param(access(answer=answer(again=True)), id="well at the second try"),
        pytest.param(stopped(Step.PROXY, NetworkFault.REFUSED), id="proxy"),
        pytest.param(stopped(Step.NAME, NetworkFault.NAME_UNKNOWN), id="name"),
        pytest.param(stopped(Step.TLS, NetworkFault.CERTIFICATE_REFUSED), id="trust"),
        pytest.param(stopped(Step.TLS, NetworkFault.TLS_ALERT), id="alert"),
        pytest.param(refused(Refusal.KEY_INVALID, 400), id="key"),
        pytest.param(refused(Refusal.PERMISSION), id="permission"),
        pytest.param(refused(Refusal.QUOTA, 429), id="quota"),
        pytest.param(access(answer=None), id="not asked"),
    ],
)
def test_somebody_answers(resolved, way):
    assert unreachable(resolved(), way) == ()


@pytest.mark.parametrize(
    ("step", "fault", "message"),
    [
        (Step.ANSWER, NetworkFault.REFUSED, f"{TO_API} refuses the connection"),
        (Step.ANSWER, NetworkFault.NO_ROUTE, f"{TO_API} cannot be reached: some reason"),
        (Step.ANSWER, NetworkFault.TIMED_OUT, f"{TO_API} does not answer: some reason"),
        (Step.ANSWER, NetworkFault.SETTING, "the program does not take the address: some reason"),
        (Step.TLS, NetworkFault.NO_ANSWER, f"{TO_API} accepts the connection, but never answers"),
        (Step.TLS, NetworkFault.BROKEN_OFF, f"the connection to {TO_API} is broken off: some reason"),
        (Step.TLS, NetworkFault.OTHER_PROTOCOL, f"what answers at {TO_API} is not the Gemini API: some reason"),
        (Step.HTTP, NetworkFault.NO_ANSWER, f"{TO_API} accepts the connection, but never answers"),
        (Step.HTTP, NetworkFault.BROKEN_OFF, f"the connection to {TO_API} is broken off: some reason"),
        (Step.HTTP, NetworkFault.DENIED, f"{TO_API} cannot be used: some reason"),
    ],
)
def test_unreachable(resolved, step, fault, message):
    (finding,) = unreachable(resolved(), stopped(step, fault))

    assert finding.message == message
    assert finding.severity is Severity.ERROR
    assert finding.at.name == TO_API
    assert finding.fix.commands == (f"curl -sS -m 20 {URL}/v1beta/models",)
    assert tls(resolved(), stopped(step, fault), HERE) == ()


LOST = NetworkObstacle(Step.HTTP, NetworkFault.NO_ANSWER, "nothing came back in time")


@pytest.mark.parametrize(
    "lists",
    [
        pytest.param((batches(), files()), id="given"),
        pytest.param((batches(again=True), None), id="given at the second try"),
        pytest.param((batches(no(Refusal.PERMISSION)), files(no(Refusal.KEY_RESTRICTED))), id="denied"),
        pytest.param((batches(no(Refusal.NOT_FOUND, 404)), files(no(Refusal.QUOTA, 429))), id="empty, counted"),
    ],
)
def test_the_other_lists_are_answered_for(resolved, lists):
    assert unreachable(resolved(), access(), *lists) == ()


def test_one_finding_for_an_api_that_is_not_there(resolved):
    way = refused(Refusal.SERVER, 503)

    assert len(unreachable(resolved(), way, batches(obstacle=LOST), files(obstacle=LOST))) == 1


@pytest.mark.parametrize(
    ("lists", "message", "severity"),
    [
        ((batches(obstacle=LOST), files()), "GET /v1beta/batches: nothing came back in time", Severity.ERROR),
        ((None, files(obstacle=LOST)), "GET /v1beta/files: nothing came back in time", Severity.ERROR),
        ((batches(strange=Strange("a web page", 200)), None), "GET /v1beta/batches gives a web page", Severity.ERROR),
        ((batches(no(Refusal.SERVER, 503)), files()), "GET /v1beta/batches: 503", Severity.WARNING),
    ],
)
def test_one_list_is_not_given(resolved, lists, message, severity):
    (finding,) = unreachable(resolved("gemini: {batch: {enabled: true}}\n"), access(), *lists)

    assert finding.message == f"{HOST} gives the list of models, but not this one: {message}"
    assert finding.severity is severity
    assert finding.fix.commands == ("codechunk-doctor check --only gemini",)


@pytest.mark.parametrize(
    ("way", "lists", "expected"),
    [
        (stopped(Step.ANSWER, NetworkFault.REFUSED), (None, None), (True, False, False)),
        (access(), (batches(obstacle=LOST), None), (False, True, False)),
        (access(), (None, files(obstacle=LOST)), (False, False, True)),
    ],
    ids=["all", "batches", "files"],
)
def test_what_is_not_judged_then(resolved, way, lists, expected):
    (finding,) = unreachable(resolved(), way, *lists)
    others = (Evidence("answer", "GET /v1beta/batches"), Evidence("answer", "GET /v1beta/files"))

    for each in (finding, replace(finding, evidence=(*finding.evidence, *others))):
        assert tuple(relation.when(each) for relation in rule_of_unreachable.blocks) == expected


def test_one_list_is_not_given_and_not_needed(resolved):
    (finding,) = unreachable(resolved("gemini: {batch: {enabled: false}}\n"), access(), batches(obstacle=LOST))

    assert finding.severity is Severity.WARNING


def test_a_call_that_ends_on_the_way(resolved):
    way = access(answer=answer(obstacle=NetworkObstacle(Step.HTTP, NetworkFault.BROKEN_OFF, "after 3 bytes")))

    (finding,) = unreachable(resolved(), way)

    assert finding.message == f"the connection to {TO_API} is broken off: after 3 bytes"


@pytest.mark.parametrize(
    ("strange", "message"),
    [
        (Strange("a page of HTML", 200), "a page of HTML (status 200)"),
        (Strange("a redirect", 302, "https://portal.example.com/login"), "which leads to https://portal.example.com/login"),
        (Strange("a redirect to portal.example.com", 302, "portal.example.com"), "portal.example.com (status 302)"),
        (Strange("a redirect", 302, "https://u:hunter22@portal.example.com/?key=AIzaExampleExample"), "***@portal"),
    ],
)  # fmt: skip
def test_somebody_else_answers(resolved, strange, message):
    (finding,) = unreachable(resolved(), access(answer=answer(strange=strange)))

    assert message in finding.message
    assert "hunter22" not in repr(finding)
    assert "AIza" not in repr(finding)
    assert finding.severity is Severity.ERROR


@pytest.mark.parametrize(
    ("error", "severity", "message"),
    [
        (no(Refusal.SERVER, 503, word="UNAVAILABLE", message="overloaded"), Severity.WARNING,
         "Google cannot answer at the moment: 503 UNAVAILABLE: overloaded"),
        (no(Refusal.NOT_FOUND, 404), Severity.ERROR, f"{TO_API} does not know the list of models: 404"),
        (no(Refusal.REQUEST, 400), Severity.ERROR, f"{TO_API} does not know the list of models: 400"),
    ],
)  # fmt: skip
def test_google_does_not_list_its_models(resolved, error, severity, message):
    (finding,) = unreachable(resolved(), access(answer=answer(error=error)))

    assert (finding.severity, finding.message) == (severity, message)


@pytest.mark.parametrize(
    ("seconds", "summary"),
    [
        (None, "Wait and look again"),
        (40.0, "Wait (at least 40s) and"),
        (0.2, "Wait (at least 1s) and"),
        (float("inf"), "Wait and look again"),
        (float("nan"), "Wait and look again"),
        (-3.0, "Wait and look again"),
        (1e300, "Wait and look again"),
        (30 * 24 * 3600.0, "Wait and look again"),
    ],
)
def test_how_long_to_wait(resolved, seconds, summary):
    (finding,) = unreachable(resolved(), refused(Refusal.SERVER, 503, retry_after=seconds))

    assert finding.fix.summary.startswith(summary)


# --- clock ---------------------------------------------------------------------------------------------------------

UNSEEN: IfObserved[Server] = IfObserved(None, SourceError("not asked"))


def database(ahead: float | None) -> IfObserved[Server]:
    return IfObserved(Server(160014, ahead=ahead))


@pytest.mark.parametrize(
    ("way", "server"),
    [
        pytest.param(access(clock=0.4), UNSEEN, id="agree"),
        pytest.param(access(clock=300.0), UNSEEN, id="five minutes"),
        pytest.param(access(clock=-300.0), UNSEEN, id="five minutes the other way"),
        pytest.param(access(clock=None), UNSEEN, id="no time"),
        pytest.param(access(clock=None), database(None), id="no time there either"),
        pytest.param(access(clock=None), database(-300.0), id="the database agrees"),
        pytest.param(access(clock=1.0), database(None), id="Google agrees, the database does not tell"),
        pytest.param(access(clock=-1.0), database(300.0), id="both agree"),
        pytest.param(stopped(Step.ANSWER, NetworkFault.REFUSED), database(2.0), id="no answer"),
        pytest.param(stopped(Step.TLS, NetworkFault.CERTIFICATE_REFUSED, clock=-10.0), database(9.0), id="no trust"),
    ],
)
def test_the_clocks_agree(resolved, way, server):
    assert clock_skew(resolved(), way, server) == ()


@pytest.mark.parametrize(
    ("way", "server", "message"),
    [
        (access(clock=301.0), UNSEEN, f"about 5 minutes behind that of {HOST}"),
        (access(clock=-3600.0), UNSEEN, f"about 60 minutes ahead of that of {HOST}"),
        (access(clock=-7300.0), database(0.0), f"about 2 hours ahead of that of {HOST}"),
        (access(clock=7200.0), UNSEEN, "about 2 hours behind"),
        (access(clock=172800.0), UNSEEN, "about 2 days behind"),
        (access(clock=1e9), UNSEEN, f"about 11574 days behind that of {HOST}"),
        (stopped(Step.TLS, NetworkFault.CERTIFICATE_REFUSED, clock=86400.0), UNSEEN, "about 24 hours behind that of"),
        (access(clock=None), database(900.0), "about 15 minutes behind that of the database server"),
        (access(clock=None), database(-900.0), "about 15 minutes ahead of that of the database server"),
        (access(clock=1.0), database(900.0), "the database server is about 15 minutes ahead of this machine's, which"),
        (access(clock=300.0), database(-900.0), f"behind this machine's, which agrees with that of {HOST}"),
        (access(clock=900.0), database(900.0), f"this machine's clock is about 15 minutes behind that of {HOST}"),
    ],
)
def test_clock_skew(resolved, way, server, message):
    (finding,) = clock_skew(resolved(), way, server)

    assert message in finding.message
    assert "sudo timedatectl set-ntp true" in finding.fix.commands


OLD = Certificate("Google Trust Services WR2", HOST, 1.7e9, 1.71e9)
EXPIRED = stopped(Step.TLS, NetworkFault.CERTIFICATE_REFUSED, "certificate has expired", certificate=OLD, clock=-9e6)
EARLY = stopped(Step.TLS, NetworkFault.CERTIFICATE_REFUSED, "certificate is not yet valid", certificate=OLD, clock=9e6)
FOREIGN = stopped(
    Step.TLS,
    NetworkFault.CERTIFICATE_REFUSED,
    "unable to get local issuer certificate",
    certificate=Certificate("Example Corp Proxy CA", HOST, 1.7e9, 2e9),
    clock=9e6,
)


@pytest.mark.parametrize(
    ("way", "clocks", "explained"),
    [
        pytest.param(FOREIGN, UNSEEN, False, id="another authority"),
        pytest.param(EXPIRED, UNSEEN, True, id="expired"),
        pytest.param(EARLY, UNSEEN, True, id="not yet valid"),
    ],
)
def test_a_wrong_clock_explains_what_is_only_not_valid_now(resolved, way, clocks, explained):
    (relation,) = clock_skew.explains
    (skew,) = clock_skew(resolved(), way, clocks)
    (untrusted,) = tls(resolved(), way, HERE)

    assert relation.when(skew, untrusted) is explained


def test_the_clock_of_the_database_explains_no_certificate(resolved):
    (relation,) = clock_skew.explains
    (skew,) = clock_skew(resolved(), access(clock=None), database(9e6))
    (untrusted,) = tls(resolved(), EXPIRED, HERE)

    assert not relation.when(skew, untrusted)


# --- trust ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "way",
    [
        access(),
        stopped(Step.ANSWER, NetworkFault.REFUSED),
        stopped(Step.TLS, NetworkFault.NO_ANSWER),
        stopped(Step.TLS, NetworkFault.BROKEN_OFF),
        stopped(Step.TLS, NetworkFault.OTHER_PROTOCOL),
        stopped(Step.PROXY, NetworkFault.CERTIFICATE_REFUSED),
        refused(Refusal.KEY_INVALID, 400),
    ],
)
def test_the_certificate_is_trusted(resolved, way):
    assert tls(resolved(), way, HERE) == ()


@pytest.mark.parametrize(
    ("way", "worker", "message", "summary", "command"),
    [
        pytest.param(FOREIGN, HERE, "issued by Example Corp Proxy CA, is not trusted", "a proxy of your network",
                     "sudo cp company-ca.crt /usr/local/share/ca-certificates/ && sudo update-ca-certificates",
                     id="a company's"),
        pytest.param(FOREIGN, CONTAINER, "issued by Example Corp Proxy CA, is not trusted",
                     "`COPY company-ca.crt /usr/local/share/ca-certificates/` and `RUN update-ca-certificates`",
                     "docker compose build worker api", id="a company's, in the image"),
        pytest.param(EXPIRED, HERE, "certificate has expired", "has to renew it", "date -u", id="expired"),
        pytest.param(stopped(Step.TLS, NetworkFault.CERTIFICATE_REFUSED, "unknown authority", certificate=OLD), HERE,
                     "issued by Google Trust Services WR2, is not trusted", "ca-certificates",
                     "sudo update-ca-certificates --fresh", id="Google's own"),
        pytest.param(stopped(Step.TLS, NetworkFault.CERTIFICATE_REFUSED, "unknown authority", certificate=OLD),
                     CONTAINER, "unknown authority", "Build the image anew",
                     "docker compose build --pull --no-cache worker api", id="Google's own, in the image"),
        pytest.param(stopped(Step.TLS, NetworkFault.CERTIFICATE_REFUSED, "unknown authority"), HERE,
                     f"the certificate of {TO_API} is not trusted: unknown authority", "a proxy of your network",
                     "sudo cp", id="not read"),
        pytest.param(stopped(Step.TLS, NetworkFault.TLS_ALERT, "handshake failure"), HERE,
                     f"TLS with {TO_API} fails: handshake failure", "look at proxy and firewall", "", id="alert"),
        pytest.param(stopped(Step.TLS, NetworkFault.TLS_FAILED, "wrong version"), HERE,
                     f"TLS with {TO_API} fails: wrong version", "look at proxy and firewall", "", id="failed"),
    ],
)  # fmt: skip
def test_tls(resolved, way, worker, message, summary, command):
    (finding,) = tls(resolved(), way, worker)

    assert message in finding.message
    assert summary in finding.fix.summary
    assert (finding.fix.commands[0] if finding.fix.commands else "").startswith(command)


@pytest.mark.parametrize(
    ("moment", "shown"),
    [(0.0, "1970-01-01 00:00 UTC"), (-1e18, "a day that no calendar has"), (float("nan"), "a day that no calendar")],
)
def test_the_dates_of_a_certificate(resolved, moment, shown):
    odd = Certificate("", "", moment, 2e9)

    (finding,) = tls(resolved(), stopped(Step.TLS, NetworkFault.CERTIFICATE_REFUSED, certificate=odd), HERE)

    assert f"valid from {shown}" in finding.evidence[1].text


@pytest.mark.parametrize(
    ("subject", "issuer", "shown"), [("", "", "of nobody, issued by nobody"), ("s", "i", "of s, issued by i")]
)
@pytest.mark.parametrize("at", [None, Location.env("GOOGLE_GEMINI_BASE_URL")])
def test_who_shows_a_certificate(resolved, subject, issuer, shown, at):
    odd = Certificate(issuer, subject, 0.0, 2e9)
    (finding,) = tls(resolved(), stopped(Step.TLS, NetworkFault.CERTIFICATE_REFUSED, certificate=odd, at=at), HERE)

    assert finding.evidence[0].text == shown
    assert finding.related == ((at,) if at else ())


# --- another provider ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "facts"),
    [
        (proxy, (stopped(Step.PROXY, NetworkFault.REFUSED), HERE, shell())),
        (dns, (stopped(Step.NAME, NetworkFault.NAME_UNKNOWN), HERE)),
        (unreachable, (stopped(Step.ANSWER, NetworkFault.REFUSED), None, None)),
        (tls, (EXPIRED, HERE)),
        (clock_skew, (access(clock=9e6), UNSEEN)),
    ],
)
def test_another_provider_does_not_go_there(resolved, rule, facts):
    with pytest.raises(Skipped, match=r"embedding\.provider is openai"):
        rule(resolved(OPENAI), *facts)
