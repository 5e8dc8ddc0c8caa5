"""The monitoring page of a NATS server, where it has one: what storage JetStream has in all."""

from __future__ import annotations

import json
import time

from doctor.sources.channel import Broken, Channel, dial, look_up

PORT = 8222
# It is an extra that must not hold up the rest, in seconds.
PATIENCE = 1.0
LARGEST = 4 * 1024 * 1024
END_OF_HEADERS = b"\r\n\r\n"


def storage_left(host: str, port: int, server: str, ends_at: float) -> int | None:
    """
    What JetStream may still store on the disk, in bytes, None where it does not tell.

    Only believed when it is the server with this id: the port may be somebody else's.
    """
    answer = _get(host, port, "/jsz", min(ends_at, time.monotonic() + PATIENCE))
    if answer.get("server_id") != server:
        return None
    config = answer.get("config")
    most = config.get("max_storage") if isinstance(config, dict) else None
    used = answer.get("storage")
    return most - used if isinstance(most, int) and isinstance(used, int) and most > 0 else None


def _get(host: str, port: int, path: str, ends_at: float) -> dict[str, object]:
    try:
        addresses = look_up(host, port, ends_at - time.monotonic())
        channel = Channel(dial(addresses, ends_at), ends_at)
    except Broken:
        return {}
    try:
        channel.send(f"GET {path} HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
        data = b""
        while len(data) < LARGEST and (more := channel.receive(65536)):
            data += more
        found = json.loads(data.partition(END_OF_HEADERS)[2])
    except (Broken, ValueError, RecursionError):
        return {}
    finally:
        channel.close()
    return found if isinstance(found, dict) else {}
