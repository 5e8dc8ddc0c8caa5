"""The order in which the way to the database is judged, and what the findings on it have in common."""

from __future__ import annotations

from doctor.api import Evidence, Finding, Location, Place, Severity, facts

# PostgreSQL's own port, and the addresses of a published one under which this host reaches it as localhost.
PORT, HERE = 5432, (None, "127.0.0.1", "::1")

# Each step keeps those after it from being judged.
STEPS = (
    "database.dns",
    "database.unreachable",
    "database.tls",
    "database.auth",
    "database.missing",
    "database.connections-exhausted",
    "database.other-server",
    "database.privileges",
)

# The migrations, of which each keeps those after it from being judged, and what is compared when they have run.
MIGRATING = (
    "database.version-table",
    "database.never-migrated",
    "database.migrations-dirty",
    "database.migrations-behind",
)
COMPARED = ("database.schema-drift", "database.extension-missing", "database.vector-schema")
ROWS = ("jobs.*", "batches.*")

# What is judged at the end of the way.
CONTENT = (*MIGRATING, "database.migrations-ahead", "database.migrations-folder", *COMPARED, *ROWS)


def below(id: str) -> tuple[str, ...]:
    """Everything that cannot be judged while this step fails."""
    return (*STEPS[STEPS.index(id) + 1 :], *CONTENT)


def is_error(finding: Finding) -> bool:
    """Whether it stands in the way, rather than only being worth a warning."""
    return finding.severity is Severity.ERROR


def server_place(connection: facts.Connection) -> Location:
    """The server as a place to point at."""
    return Location(Place.NETWORK, name=connection.address, detail=connection.asked)


def reading(connection: facts.Connection) -> tuple[Evidence, ...]:
    """Where the driver of migrate reads the settings otherwise."""
    return tuple(Evidence("settings", each) for each in connection.differences)


def compose_service(compose: facts.Compose, connection: facts.Connection) -> facts.ComposeService | None:
    """The compose file's own database, when the address can be meant for it."""
    for service in compose.services.values():
        named = connection.host in (service.name, service.container)
        published = connection.local and any(port.published == connection.port for port in service.ports)
        if _is_postgres(service) and (named or published):
            return service
    return None


def _is_postgres(service: facts.ComposeService) -> bool:
    return _is_image(service.image or "") or (not service.image and service.name == "postgres")


def _is_image(name: str) -> bool:
    return any(word in name.lower() for word in ("postgres", "pgvector"))


def container_of(containers: facts.Containers | None, connection: facts.Connection) -> facts.Container | None:
    """The installation's own database in a container, when the address can be meant for it; one that runs first."""
    if containers is None or connection.host.startswith("/"):
        return None
    found = (each for each in containers.found if each.role == "postgres" or _is_image(each.image))
    meant = [each for each in found if connection.local or connection.host in (each.name, each.service)]
    return max(meant, key=lambda each: (each.role == "postgres", each.running, each.started_at or 0.0), default=None)


def published(container: facts.Container) -> tuple[int, ...]:
    """The ports of this host that lead to a container's database."""
    return tuple(each.published for each in container.ports if each.target == PORT and each.address in HERE)


def quoted(name: str) -> str:
    """A name as SQL wants it: bare where that means the same."""
    plain = name.isidentifier() and name == name.lower() and name.isascii()
    return name if plain else '"' + name.replace('"', '""') + '"'
