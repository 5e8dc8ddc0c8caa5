"""A container engine, Docker or Podman, asked over its socket. Nothing here can change anything: see `http`."""

from __future__ import annotations

import json
import posixpath
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import cache
from itertools import islice
from typing import Any, cast
from urllib.parse import quote

from doctor.errors import Silent, SourceError
from doctor.facts.containers import Container, ContainerFile
from doctor.sources.docker import http, inspect, streams
from doctor.sources.docker.http import Answer, NotAllowed, NotRunning
from doctor.sources.docker.places import Place, elsewhere, places
from doctor.sources.docker.users import further, identity, of_process
from doctor.values import value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from doctor.sources.docker.archive import Entry

# Each engine is asked in its own newest version: a fixed one would be too old for some, and too new for others.
OLDEST_UNDERSTOOD = (1, 24)

# What the program itself runs as; of the services around it nobody needs to know the user.
PROGRAM = ("worker", "api")

# A list of a thousand containers has two million bytes.
_MOST_ANSWER = 16 * 1024 * 1024
_MOST_USERS = 1024 * 1024
_MOST_LINKS = 8
_MOST_WORDS = 200
_MOST_FILES = 200

# A clock that differs by less is the same: the engine tells whole seconds.
_CLOCK = 2.0


class NotThere(SourceError):
    """The engine knows no such container, or the container has nothing at that path."""


@value
class Version:
    """What an engine says of itself: its name for people (`Docker 20.10.24`), the version to ask it in, its clock."""

    name: str
    api: str
    now: float

    @property
    def podman(self) -> bool:
        """Whether it is Podman, which leaves some things out."""
        return self.name.startswith("Podman")


def connect(environment: Mapping[str, str], timeout: float = http.LONGEST_WAIT, *, remote: bool = False) -> Engine:
    """
    The engine that the shell's docker commands would ask, all of whose answers come within `timeout` seconds.

    One on another machine is taken only with `remote`. Raises NoEngine where there is none, NotAllowed, NotRunning,
    Silent, and SourceError for what cannot be asked.
    """
    ends_at = time.monotonic() + timeout
    failures: list[SourceError] = []
    for place in places(environment):
        if place.remote and not remote:
            raise SourceError(elsewhere(place))
        try:
            return Engine(place, _version(place, ends_at), ends_at)
        except (NotAllowed, NotRunning) as failure:
            failures.append(failure)
    # A socket that nobody listens on is left over; one that may not be opened is the engine.
    raise next((each for each in failures if isinstance(each, NotAllowed)), failures[0])


class Engine:
    """One engine. All methods raise SourceError, NotThere, or Silent when the time that it was given is over."""

    def __init__(self, place: Place, version: Version, ends_at: float) -> None:
        self.place = place
        self.version = version
        self.ends_at = ends_at

    @property
    def name(self) -> str:
        """For people: `Docker 20.10.24`."""
        return self.version.name

    @property
    def address(self) -> str:
        """For people: `unix:///var/run/docker.sock`."""
        return self.place.url

    # --- containers ----------------------------------------------------------------------------------------------

    def listed(self) -> list[Mapping[str, Any]]:
        """All containers, running or not, in the few words of the engine's list: Id, Names, Image, Labels, Command."""
        found = self._json("/containers/json", {"all": 1})
        if not isinstance(found, list):
            raise http.foreign(self.place)
        return [each for each in found if isinstance(each, dict) and isinstance(each.get("Id"), str)]

    def containers(self, ids: Iterable[str] | None = None) -> list[Container]:
        """These containers, or all; one that vanishes meanwhile is left out."""
        wanted = ids if ids is not None else [str(each["Id"]) for each in self.listed()]
        found = (self.container(each) for each in wanted)
        return [each for each in found if each is not None]

    def container(self, name: str) -> Container | None:
        """
        The container with this name or id, or beginning of an id; None where there is none.

        Who its user is and when its image was made is told of the program's own containers, and of strangers.
        """
        from dataclasses import replace

        try:
            answer = self._json(f"/containers/{_quoted(name)}/json")
        except NotThere:
            return None
        if not isinstance(answer, dict):
            raise http.foreign(self.place)
        found = inspect.container(answer)
        if found.role not in PROGRAM and found.role is not None:
            return found
        uid, gid, groups = self._user(found, inspect.added_groups(answer))
        made_at = self._image_made_at(answer.get("Image"))
        return replace(found, uid=uid, gid=gid, groups=groups, image_made_at=made_at)

    def _user(self, container: Container, added: Sequence[str]) -> tuple[int | None, int | None, tuple[int, ...]]:
        seen = of_process(container.pid, container.id)
        if seen is not None:
            return seen
        read = cache(lambda path: self._text(container.id, path))
        uid, gid = identity(container.user, read)
        return uid, gid, tuple(each for each in further(container.user, added, read) if each != gid)

    def _image_made_at(self, image: object) -> float | None:
        if not isinstance(image, str) or not image:
            return None
        try:
            answer = self._json(f"/images/{_quoted(image)}/json")
        except NotThere:  # it was removed after the container was made
            return None
        return inspect.moment(answer.get("Created")) if isinstance(answer, dict) else None

    # --- files ---------------------------------------------------------------------------------------------------

    def stat(self, container_id: str, path: str, *, owner: bool = True) -> Entry:
        """
        What is at an absolute path in a container, running or not; links in between are followed, the last is not.

        To be told the owner takes the engine twenty times as long, 50 ms; of a link it is not told. What is mounted
        from memory (tmpfs), `/proc` and `/sys` is not seen. Raises NotThere.
        """
        from doctor.sources.docker import archive

        entry = self._described(container_id, path)
        if entry is not None and (entry.kind == "link" or not owner):
            return entry
        with self._archive(container_id, path) as answer:
            return archive.first(path, answer.receive)

    def _described(self, container_id: str, path: str) -> Entry | None:
        """The same without an owner; None where the engine tells it only together with the archive."""
        from doctor.sources.docker import archive

        try:
            with self._ask(f"/containers/{_quoted(container_id)}/archive", {"path": path}, head=True) as answer:
                return archive.described(path, answer.headers.get("x-docker-container-path-stat"))
        except (NotThere, NotAllowed, Silent):
            raise
        except SourceError:  # of which this question gets no reason
            return None

    def follow(self, container_id: str, path: str, *, owner: bool = True) -> Entry:
        """The same behind all links. Raises NotThere, also for links that lead in a circle."""
        asked = path
        for _ in range(_MOST_LINKS):
            entry = self.stat(container_id, path, owner=owner)
            if entry.target is None:
                return entry
            # What leads above the root stays at the root, as inside.
            path = posixpath.normpath(posixpath.join("/", posixpath.dirname(path), entry.target))
        raise NotThere(f"{asked}: too many links")

    def read(self, container_id: str, path: str, most_bytes: int) -> list[ContainerFile]:
        """
        The file at an absolute path, or the plain files of a directory and below it, links followed.

        A file that is not there comes without data. What does not fit into `most_bytes` for all together is left out
        of a directory, and raises SourceError where it is the file that was asked for.
        """
        try:
            entry = self.follow(container_id, path, owner=False)
        except NotThere:
            return [ContainerFile(path)]
        found = self._below(container_id, entry, path, most_bytes)
        if entry.kind == "directory":
            return found
        if entry.kind != "file":
            raise SourceError(f"{path} in the container is no plain file")
        if not found:
            raise SourceError(f"{path} in the container is larger than {most_bytes} bytes")
        return found[:1]

    def _below(self, container_id: str, entry: Entry, shown: str, most_bytes: int) -> list[ContainerFile]:
        """The files in the archive of a path, under the name by which it was asked for."""
        from dataclasses import replace

        from doctor.sources.docker import archive

        with self._archive(container_id, entry.path) as answer:
            listed = list(islice(archive.files(entry.path, answer.receive, most_bytes), archive.MOST_ENTRIES))
        found, left = [], most_bytes
        for each, data in listed[:_MOST_FILES]:
            name = shown + each.path[len(entry.path) :]
            if data is not None:
                found.append(archive.as_file(replace(each, path=name), data))
                left -= len(data)
            elif each.kind == "link":
                behind = self._behind(container_id, each.path, left)
                found += [replace(file, path=name) for file in behind]
                left -= sum(len(file.data or b"") for file in behind)
        return found

    def _behind(self, container_id: str, link: str, most_bytes: int) -> list[ContainerFile]:
        """The file that a link in a directory leads to, none for anything else."""
        from doctor.sources.docker import archive

        try:
            entry = self.follow(container_id, link, owner=False)
            if entry.kind != "file" or entry.size > most_bytes:
                return []
            with self._archive(container_id, entry.path) as answer:
                found = list(islice(archive.files(entry.path, answer.receive, most_bytes), 1))
        except NotThere:
            return []
        return [archive.as_file(each, data) for each, data in found if data is not None]

    def _archive(self, container_id: str, path: str) -> Answer:
        return self._ask(f"/containers/{_quoted(container_id)}/archive", {"path": path})

    def _text(self, container_id: str, path: str) -> str:
        """A file as text, empty where it cannot be read."""
        try:
            found = self.read(container_id, path, _MOST_USERS)
        except SourceError:
            return ""
        data = found[0].data if len(found) == 1 else None
        return (data or b"").decode("utf-8", "replace")

    # --- logs ----------------------------------------------------------------------------------------------------

    def logs(
        self,
        container_id: str,
        *,
        tail: int | None = None,
        since: float | None = None,
        until: float | None = None,
        follow: bool = False,
        patient_until: float | None = None,
        most_bytes: int | None = None,
    ) -> Iterator[bytes]:
        """
        What a container printed, on both of its channels, each line with its time in front (RFC 3339, nanoseconds).

        `tail` are the last lines only; `since` and `until` seconds since the epoch. It ends after `most_bytes`, and
        with the time that the engine was given. With `follow` it goes on for as long as the container runs, beyond
        that time, and an empty piece comes whenever nothing came for a while, so that the caller may stop. With
        `patient_until` it goes on up to that moment (monotonic seconds) for as long as the engine sends something.
        """
        tty = self._json(f"/containers/{_quoted(container_id)}/json")
        plain = isinstance(tty, dict) and isinstance(tty.get("Config"), dict) and tty["Config"].get("Tty") is True
        query: dict[str, str | int] = {"stdout": 1, "stderr": 1, "timestamps": 1, "follow": int(follow)}
        query["tail"] = "all" if tail is None else tail
        query |= {name: f"{at:.9f}" for name, at in (("since", since), ("until", until)) if at is not None}
        with self._ask(f"/containers/{_quoted(container_id)}/logs", query) as answer:
            pieces = answer.until(self.ends_at if patient_until is None else patient_until)
            if follow:
                pieces = answer.waiting(streams.HEARTBEAT)
            yield from streams.lines(pieces, framed=not plain, most_bytes=most_bytes)

    # --- asking --------------------------------------------------------------------------------------------------

    def _json(self, path: str, query: Mapping[str, str | int] | None = None) -> object:
        with self._ask(path, query) as answer:
            return _parsed(self.place, answer.read(_MOST_ANSWER))

    def _ask(self, path: str, query: Mapping[str, str | int] | None = None, *, head: bool = False) -> Answer:
        answer = http.get(self.place, f"/v{self.version.api}{path}", query, ends_at=self.ends_at, head=head)
        if answer.status == 200:
            return answer
        with answer:
            raise _refused(self.place, answer, bare=head)


def _quoted(text: str) -> str:
    return quote(text, safe="", errors="surrogateescape")


def _parsed(place: Place, data: bytes) -> object:
    try:
        return cast("object", json.loads(data))
    except (ValueError, RecursionError) as error:
        raise http.foreign(place) from error


def _refused(place: Place, answer: Answer, *, bare: bool = False) -> SourceError:
    """An answer that is none, as a sentence with the engine's own words; to HEAD (`bare`) it has none."""
    words = "" if bare else _words(answer)
    if answer.status == 404 or words.endswith("not a directory") or "too many links" in words:
        return NotThere(words or "not found")
    if answer.status in (401, 403):
        return NotAllowed(f"the Docker engine at {place.url} refuses to tell{f': {words}' if words else ''}")
    return SourceError(f"the Docker engine at {place.url} answered {answer.status}{f': {words}' if words else ''}")


def _words(answer: Answer) -> str:
    """What the engine says itself, on one line and not too long: its end, where there is much, has the reason."""
    try:
        told = json.loads(answer.read(_MOST_ANSWER))
    except (SourceError, ValueError, RecursionError):
        return ""
    words = str(told["message"]) if isinstance(told, dict) and "message" in told else ""
    text = " ".join(words.split())
    return text if len(text) <= _MOST_WORDS else f"{text[:40]} ... {text[-_MOST_WORDS:]}"


# --- the version -----------------------------------------------------------------------------------------------


def _version(place: Place, ends_at: float) -> Version:
    """
    What the engine is, which also shows that it is one.

    It is asked for its sign of life: for the full answer it would start its helpers, to ask these for their versions.
    """
    with http.get(place, "/_ping", ends_at=ends_at) as answer:
        headers = answer.headers
        if answer.status in (401, 403):
            raise _refused(place, answer)
    api = _numbers(headers.get("api-version"))
    if answer.status != 200 or api is None:
        raise http.foreign(place)
    name = _name(headers)
    if api < OLDEST_UNDERSTOOD:
        raise SourceError(f"{name} is too old to be asked about its containers, which takes Docker 1.12 or newer")
    return Version(name, ".".join(map(str, api)), _clock(headers.get("date", "")))


def _name(headers: Mapping[str, str]) -> str:
    """`Server: Docker/20.10.24 (linux)`, or `Libpod/4.3.1 (linux)` for Podman."""
    program, _, version = headers.get("server", "").partition(" ")[0].partition("/")
    words = ("Podman" if program == "Libpod" or "libpod-api-version" in headers else "Docker", version[:40])
    return " ".join(word for word in words if word)


def _numbers(text: object) -> tuple[int, int] | None:
    words = text.split(".") if isinstance(text, str) else []
    if len(words) != 2 or not all(word.isascii() and word.isdecimal() and len(word) < 6 for word in words):
        return None
    return int(words[0]), int(words[1])


def _clock(told: str) -> float:
    """The engine's clock, which is this machine's unless it says otherwise (Docker Desktop's machine may lag)."""
    now = time.time()
    try:
        at = parsedate_to_datetime(told)
        theirs = (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return now
    return theirs if abs(theirs - now) > _CLOCK else now
