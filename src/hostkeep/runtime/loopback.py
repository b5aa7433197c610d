"""This machine asking itself: is a port taken, do the pages answer.  Nothing here leaves the machine."""

from __future__ import annotations

import http.client
import socket

HERE = "127.0.0.1"
FINE = 200


def is_taken(port: int) -> bool:
    """Say whether somebody answers on a port of the loopback."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((HERE, port)) == 0


def answers(port: int, path: str) -> bool:
    """Say whether a page of ours answers with 200."""
    line = http.client.HTTPConnection(HERE, port, timeout=2)
    try:
        line.request("GET", path)
        return line.getresponse().status == FINE
    except (OSError, http.client.HTTPException):
        return False
    finally:
        line.close()
