"""The demo's clerk: a job that does manual tasks as a member of staff would, with invented access data.

Wired in the demo alone.  It acts in the role "clerk", so every page and the audit tell that no person did it.
Addresses come from the ranges that are set aside for documentation, so they lead nowhere.
Source: RFC 5737 for IPv4, RFC 3849 for IPv6.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network

from django.db import transaction

from hostkeep.audit.rounds import go_through
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import ActorId
from hostkeep.provisioning.actions.tasks import complete_task
from hostkeep.provisioning.errors import NoSuchTask, TaskClosed
from hostkeep.provisioning.events import TaskOpened
from hostkeep.provisioning.queries import TaskRow, addresses_leased, open_tasks, task
from hostkeep.provisioning.rules.access import access_data
from hostkeep.provisioning.rules.work import Verb
from hostkeep.runtime.transactions import take_turn

CLERK = ActorId("staff:clerk")
NETWORKS = (IPv4Network("192.0.2.0/24"), IPv4Network("198.51.100.0/24"), IPv4Network("203.0.113.0/24"))
NETWORK6 = IPv6Network("2001:db8::/32")
POOL = "documentation"
PATIENCE = timedelta(seconds=3)


def on_task_opened(act: Act, event: TaskOpened) -> None:
    """Do the task that was opened."""
    try:
        _do(act, task(event.task))
    except NoSuchTask:
        return


def fill_open_tasks(act: Act) -> int:
    """Do every task that has waited some seconds; return how many were done."""
    due = [row for row in open_tasks() if row.opened_at + PATIENCE <= act.at]
    return sum(go_through(act, due, lambda row: _do(act, row), event="task.failed", about=lambda row: row.id))


def _do(act: Act, row: TaskRow) -> int:
    """Close one task.  Somebody else may be faster: then nothing is done."""
    with transaction.atomic():
        return _close(act, row)


def _close(act: Act, row: TaskRow) -> int:
    """Close one task; an address that is picked is held for it until its lease stands."""
    made = row.kind in {Verb.CREATE, Verb.RENEW}
    address = _free_address() if row.kind is Verb.CREATE else ""
    access = access_data(
        address=address,
        login="root" if made else "",
        secret=secrets.token_urlsafe(15) if made else "",
    )
    if address:
        access = replace(access, facts={**access.facts, "pool": POOL, "leases": address})
    as_clerk = replace(act, actor=CLERK, role="clerk", brand=row.brand)
    try:
        complete_task(as_clerk, task=row.id, access=access)
    except TaskClosed:
        return 0
    return 1


def _free_address() -> str:
    """Return a documentation address that no service holds; IPv6 when the IPv4 ones are used up.

    Two at once would pick the same one: they take turns, until the running transaction ends.
    """
    take_turn(f"clerk|{POOL}")
    taken = addresses_leased(POOL)
    for network in NETWORKS:
        for address in network.hosts():
            if str(address) not in taken:
                return str(address)
    return str(NETWORK6[secrets.randbelow(NETWORK6.num_addresses - 1) + 1])
