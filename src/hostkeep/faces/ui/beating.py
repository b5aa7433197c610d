"""The beat of a process: it lives, it has read these keys, and it catches up with the erasure ledger.

One daemon thread with a database connection of its own, in each process that serves or works.
"""

from __future__ import annotations

import atexit
import threading
import time
from contextlib import suppress
from uuid import UUID, uuid4

import structlog
from django.db import DatabaseError, connections

from hostkeep.kernel.ids import OPERATOR
from hostkeep.runtime import jobs
from hostkeep.vault import erasing, nodes, replaying

log = structlog.get_logger()

_begun: list[UUID] = []


def start(role: str) -> UUID:
    """Begin to beat, once a process; return the handle that it beats under.  role: "web" or "worker"."""
    if not _begun:
        _begun.append(uuid4())
        thread = threading.Thread(target=_beat_on, args=(_begun[0], role), name="beat", daemon=True)
        thread.start()
        atexit.register(_leave, _begun[0])
    return _begun[0]


def _beat_on(node: UUID, role: str) -> None:
    """Beat until the process ends; what goes wrong is logged and tried again."""
    while True:
        try:
            beat_once(node, role)
        except Exception as error:  # noqa: BLE001  a beat that failed must not be the last
            log.warning("beat.failed", role=role, code=type(error).__name__)
            connections.close_all()
        time.sleep(nodes.EVERY)


def beat_once(node: UUID, role: str) -> None:
    """Beat, and carry out what the erasure ledger has beyond the database.

    With it go erasures that never came to their line: a start leaves them to who catches up.
    """
    nodes.beat(node, role=role)
    # A line that is stuck is for the minute's work, unless the house is closed by it: then nobody works.
    if replaying.unseen() or not replaying.is_open():
        act = jobs.job_act("replay", brand=OPERATOR, trace="replay")
        done = replaying.catch_up(act)
        log.info("erasures.replayed", lines=done, completed=erasing.carry_on(act))


def wait_until_open() -> None:
    """Return when the database is as far as the erasure ledger; a worker does nothing before."""
    said = False
    while not replaying.is_open():
        if not said:
            log.warning("maintenance", lines=replaying.behind())
            said = True
        time.sleep(nodes.EVERY / 4)


def _leave(node: UUID) -> None:
    """Say that the process ends, so that a roll of the keys need not wait for it."""
    with suppress(DatabaseError, OSError):
        nodes.leave(node)
