"""Whom a container's `user` means, by the container's own lists of users and groups."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

# The numbers that Linux takes for users and groups.
_MOST = 2**32 - 2

Identity = tuple[int | None, int | None]


def identity(user: str, read: Callable[[str], str]) -> Identity:
    """
    The numbers of user and group, None for each that is not known.

    `user` is as docker takes it: empty, `name`, `uid`, and with `:group` or `:gid` behind it. `read` gives the text of
    `/etc/passwd` or `/etc/group`, empty where there is none; it is called only for what the text does not say itself.
    """
    name, colon, group = user.partition(":")
    if not name and not colon:
        return 0, 0
    uid, gid = _number(name or "0"), _number(group)
    if uid is None or not group:
        found_uid, primary = _in_passwd(name or "0", read("/etc/passwd"))
        uid = found_uid if uid is None else uid
        # A number that no line has belongs to the group of root, as docker starts it.
        gid = (primary if primary is not None or uid is None else 0) if not group else gid
    if group and gid is None:
        gid = next((_number(words[2]) for words in _lines(read("/etc/group"), 3) if words[0] == group), None)
    return uid, gid


def further(user: str, added: Sequence[str], read: Callable[[str], str]) -> tuple[int, ...]:
    """
    The groups beside the first: those that were added to the container, and those that list a user given by name.

    A user given with a group, as docker starts it, is in no listed one.
    """
    wanted = {each for each in added if _number(each) is None}
    found = [number for each in added if (number := _number(each)) is not None]
    name = user if ":" not in user and _number(user or "0") is None else None
    if wanted or name is not None:
        for words in _lines(read("/etc/group"), 4):
            number = _number(words[2])
            if number is not None and (words[0] in wanted or name in words[3].split(",")):
                found.append(number)
    return tuple(dict.fromkeys(found))


def of_process(pid: int | None, container_id: str) -> tuple[int, int, tuple[int, ...]] | None:
    """
    Whom a running container's process is, told by this machine's own kernel; None where it cannot tell.

    The number may be that of another machine's process, and the engine may count users differently from the host.
    """
    place = Path(f"/proc/{pid}")
    try:
        if not pid or not container_id or container_id not in (place / "cgroup").read_text(encoding="utf-8"):
            return None
        if (place / "uid_map").read_text(encoding="utf-8").split() != _SAME_NUMBERS:
            return None
        status = (place / "status").read_text(encoding="utf-8", errors="replace").splitlines()
        words = {name: rest.split() for name, _, rest in (line.partition(":") for line in status)}
        uid, gid = int(words["Uid"][1]), int(words["Gid"][1])
        return uid, gid, tuple(each for each in map(int, words["Groups"]) if each != gid)
    except (OSError, ValueError, KeyError, IndexError):
        return None


_SAME_NUMBERS = ["0", "0", str(2**32 - 1)]


def _in_passwd(user: str, text: str) -> Identity:
    for words in _lines(text, 4):
        if user in (words[0], words[2]):
            return _number(words[2]), _number(words[3])
    return None, None


def _lines(text: str, least: int) -> Iterator[list[str]]:
    for line in text.splitlines():
        words = line.strip().split(":")
        if len(words) >= least:
            yield words


def _number(text: str) -> int | None:
    if not (text.isascii() and text.isdecimal() and len(text) <= 10):
        return None
    return int(text) if int(text) <= _MOST else None
