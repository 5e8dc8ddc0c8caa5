"""The way to the database: what the driver makes of the settings, where the doctor knocks, and how far it gets."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from doctor.errors import SourceError
from doctor.facts import Compose, Environment, Fault, Habitat, Obstacle, Resolution, Rung, Worker
from doctor.golang import pgx
from doctor.redact import MASK
from doctor.sources.configuration import working_directory
from doctor.sources.database.handshake import APPLICATION, Arrival, Failed, Login, Peer, walk
from doctor.sources.dsn import parse_pq
from doctor.sources.environment import database_reader, database_settings, database_variables
from doctor.sources.network import Outside, from_outside, is_loopback
from doctor.target import Target

# Between two attempts at a server that is starting up.
PAUSE = 0.3


@dataclass(frozen=True, slots=True)
class Way:
    """What the driver makes of the settings, and where the doctor knocks: `moved` is another address, if any."""

    meant: pgx.Connection
    moved: tuple[str, int] | None = None
    asked: str | None = None

    def place(self, attempt: pgx.Attempt) -> tuple[str, int]:
        """Host and port to knock at."""
        return self.moved or (attempt.host, attempt.port)

    def local(self, attempt: pgx.Attempt) -> bool:
        """Whether that is on this machine."""
        host, _ = self.place(attempt)
        return is_loopback(host) or host.startswith("/")


# --- the settings ----------------------------------------------------------------------------------------------


def find(target: Target, worker: Worker, environment: Environment, resolution: Resolution, compose: Compose) -> Way:
    """
    The way to the configured server.

    Raises ValueError with the driver's text when it refuses the settings, and SourceError when the server cannot be
    reached from here.
    """
    settings = database_settings(resolution)
    settings["sslmode"] = settings["sslmode"] or "disable"
    variables = database_variables(environment, worker)[0]
    home = environment.get("HOME") or "/root"
    read_file = database_reader(target, worker)
    user = environment.get("USER") or "root"
    string = pgx.connection_string(settings)
    meant = pgx.parse(string, variables, os_user=user, home=home, read_file=read_file)
    meant = replace(meant, driver=_rooted(meant.driver, working_directory(target, worker)))
    first = meant.attempts[0]
    if worker.kind is Habitat.CONTAINER and pgx.is_socket(first.host):
        raise SourceError(f"not reachable from here: {first.host} is the inside of the worker's own container")
    return _moved(meant, from_outside(worker, compose, first.host, first.port))


def _rooted(driver: Mapping[str, str], directory: Path) -> dict[str, str]:
    """The driver's settings with the paths of files as the worker, in its directory, means them."""
    files = {name: driver[name] for name in ("sslcert", "sslkey", "sslrootcert") if driver.get(name)}
    return {**driver, **{name: text if text == "system" else str(directory / text) for name, text in files.items()}}


def _moved(meant: pgx.Connection, outside: Outside | None) -> Way:
    """The way, to the place where this host reaches the same server."""
    if outside is None:
        return Way(meant)
    return Way(meant, (outside.host, outside.port), outside.where)


def read_by_migrate(environment: Environment, resolution: Resolution, worker: Worker) -> Mapping[str, Any]:
    """What lib/pq, the driver of `migrate`, makes of the same settings."""
    variables = database_variables(environment, worker)[0]
    return parse_pq(
        database_settings(resolution),
        variables,
        os_user=environment.get("USER") or "root",
        home=environment.get("HOME") or "/root",
    )


def differences(meant: pgx.Connection, other: Mapping[str, Any]) -> Iterator[str]:
    """What `migrate` makes of the same settings otherwise; the password is compared but never shown."""
    if "error" in other:
        yield f"migrate refuses the settings: {other['error']}"
        return
    options = other["options"]
    first = meant.attempts[0]
    pairs = {
        "host": (first.host, options.get("host") or "localhost"),
        "port": (str(first.port), options.get("port") or "5432"),
        "user": (meant.user, options.get("user", "")),
        "database": (meant.database or meant.user, options.get("dbname") or options.get("user", "")),
    }
    for name, (ours, theirs) in pairs.items():
        if ours != theirs:
            yield f"migrate uses the {name} {theirs!r}, the API and the worker {ours!r}"
    if meant.password != options.get("password", ""):
        yield "migrate uses another password than the API and the worker"


def without_password(text: str, resolution: Resolution) -> str:
    """
    A driver's or a server's complaint without the pieces of the password that it quotes.

    A password with a blank in it falls apart in the connection string, and its pieces are taken for words of their own.
    """
    for piece in sorted(str(resolution.value("database.password")).split(), key=len, reverse=True):
        text = text.replace(f'"{piece}', f'"{MASK}').replace(f"'{piece}", f"'{MASK}")
    return text


def shown(text: str, key: str, resolution: Resolution) -> str:
    """A user or a database as the driver reads it, without a password that ended up in it; as configured it is kept."""
    password = str(resolution.value("database.password"))
    if not password or text == resolution.value(f"database.{key}"):
        return text
    return text.replace(password, MASK)


# --- the walk --------------------------------------------------------------------------------------------------

# What pgx 5.7.5 takes for an answer: it does not try the next server after one of these.
FINAL = (Fault.PASSWORD_REFUSED, Fault.LOGIN_REFUSED, Fault.NO_ENTRY, Fault.DATABASE_MISSING, Fault.CONNECT_DENIED)


def follow(way: Way, read_file: pgx.ReadFile, seconds: float) -> tuple[pgx.Attempt, Arrival]:
    """Try the servers in the driver's order; of several failures the one that got furthest counts."""
    ends_at = time.monotonic() + seconds
    furthest: tuple[pgx.Attempt, Obstacle] | None = None
    attempts = way.meant.attempts
    for index, attempt in enumerate(attempts):
        share = (ends_at - time.monotonic()) / (len(attempts) - index)
        arrival = _patiently(way, attempt, read_file, share)
        obstacle = arrival.obstacle
        if obstacle is None:
            return attempt, arrival
        if furthest is None or _depth(obstacle) >= _depth(furthest[1]):
            furthest = attempt, obstacle
        if obstacle.fault in FINAL and not (obstacle.sqlstate == "28000" and not attempt.tls):
            break
    assert furthest is not None
    attempt, obstacle = furthest
    if obstacle.fault is Fault.NO_ENTRY and not attempt.tls and not any(each.tls for each in attempts):
        obstacle = _encrypted(way, attempt, obstacle, ends_at)
    return attempt, Arrival(obstacle)


def _depth(obstacle: Obstacle) -> int:
    return list(Rung).index(obstacle.rung)


def _patiently(way: Way, attempt: pgx.Attempt, read_file: pgx.ReadFile, seconds: float) -> Arrival:
    """One attempt; a server that is starting up is asked again while there is time."""
    ends_at = time.monotonic() + seconds
    try:
        peer = _peer(way, attempt, read_file)
    except Failed as failed:
        return Arrival(failed.obstacle)
    while True:
        arrival = walk(peer, _login(way.meant), max(0.05, ends_at - time.monotonic()))
        starting = arrival.obstacle is not None and arrival.obstacle.fault is Fault.STARTING
        if not starting or time.monotonic() + PAUSE > ends_at:
            return arrival
        time.sleep(PAUSE)


def _login(meant: pgx.Connection) -> Login:
    return Login(
        meant.user,
        meant.database or meant.user,
        meant.password,
        {**meant.runtime_params, "application_name": APPLICATION},
    )


def _encrypted(way: Way, attempt: pgx.Attempt, obstacle: Obstacle, ends_at: float) -> Obstacle:
    """Whether a server without an entry for us has one for the same login in TLS."""
    host, port = way.place(attempt)
    peer = Peer(host, port, tls_context(replace(attempt, tls=True), {}, None))
    again = walk(peer, _login(way.meant), max(0.05, min(1.0, ends_at - time.monotonic()))).obstacle
    if again is None or _depth(again) > _depth(obstacle) or again.fault is Fault.PASSWORD_REFUSED:
        return replace(obstacle, fault=Fault.TLS_INSISTED_ON)
    return obstacle


def _peer(way: Way, attempt: pgx.Attempt, read_file: pgx.ReadFile) -> Peer:
    host, port = way.place(attempt)
    if not attempt.tls:
        return Peer(host, port)
    context = tls_context(attempt, way.meant.driver, read_file)
    return Peer(host, port, context, attempt.host, way.meant.driver.get("sslnegotiation") == "direct")


def tls_context(attempt: pgx.Attempt, driver: Mapping[str, str], read_file: pgx.ReadFile | None) -> ssl.SSLContext:
    """
    What pgx asks of a server's certificate, for Python's ssl.

    As in Go the host's name has to be among the alternative names, and any certificate in the file of authorities is
    one to trust, an intermediate one too. Raises Failed for files that are no certificates.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = attempt.verify_host
    context.hostname_checks_common_name = False
    context.verify_mode = ssl.CERT_REQUIRED if attempt.verify_chain else ssl.CERT_NONE
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    roots = driver.get("sslrootcert")
    if not attempt.verify_chain:
        pass
    elif roots and roots != "system" and read_file is not None:
        try:
            context.load_verify_locations(cadata=read_file(roots).decode("ascii", "ignore"))
        except (OSError, ValueError) as error:
            raise Failed(Fault.CERTIFICATE_REFUSED, f"{roots} holds no usable authority: {error}") from error
    else:
        context.load_default_certs()
    if driver.get("sslnegotiation") == "direct":
        context.set_alpn_protocols(["postgresql"])
    certificate, key = driver.get("sslcert"), driver.get("sslkey")
    if certificate and key:
        try:
            # Never None, so that nobody is asked for one at the terminal.
            context.load_cert_chain(certificate, key, password=driver.get("sslpassword", ""))
        except OSError as error:
            raise Failed(Fault.CLIENT_CERTIFICATE, f"{certificate}: {error.strerror or error}") from error
    return context


def parameters(way: Way, attempt: pgx.Attempt) -> dict[str, str]:
    """The same attempt in words of libpq."""
    host, port = way.place(attempt)
    words = {
        "host": host,
        "port": str(port),
        "user": way.meant.user,
        "password": way.meant.password,
        "dbname": way.meant.database or way.meant.user,
        "sslmode": "disable",
    }
    if not attempt.tls:
        return words
    driver = way.meant.driver
    words |= {name: driver[name] for name in ("sslcert", "sslkey", "sslpassword", "sslnegotiation") if driver.get(name)}
    words["sslmode"] = "require"
    if attempt.verify_chain:
        words["sslmode"] = "verify-full" if attempt.verify_host and way.moved is None else "verify-ca"
        roots = driver.get("sslrootcert")
        words["sslrootcert"] = roots or ssl.get_default_verify_paths().cafile or "system"
    return words
