"""Closing one account among many, to closing it among few: the whole deed, from its owner's word to its last row.

CLOSING_MANY and CLOSING_FEW say how many people there are in the larger and the smaller house.  Each has what a
customer leaves behind: login, values, consents, invoices, postings, mails, events, entries in the book.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from bench.crowd import OTHER, another_house, go_to, multiply
from bench.figures import Figure, compared, interleaved
from bench.pages import customer_with_invoices

CLOSES = "photonvps"
"""A brand whose policy erases an account on the day it is closed: the longest deed."""

FEW = int(os.environ.get("CLOSING_FEW", "10000"))
MANY = int(os.environ.get("CLOSING_MANY", "1000000"))
INVOICES = 2
ROUNDS = 15
FOLLOWS = ("AccountClosing", "AccountClosed", "KeysDestroyed", "ValueDropped")
"""The events whose handlers are part of the deed; mails are handed over by themselves."""


def figures() -> Iterator[Figure]:
    first = _customer()
    multiply("hostkeep", first, begin=1, count=FEW)
    with another_house():
        multiply(OTHER, first, begin=FEW + 1, count=MANY - FEW)
        for database in (OTHER, "hostkeep"):  # plans and catalogues are read once, as in a house that runs
            go_to(database)
            _close()
        rounds = interleaved(lambda: _closed_in(OTHER), lambda: _closed_in("hostkeep"), rounds=ROUNDS)
    yield compared(f"closing an account among {MANY:,} people, ms, to among {FEW:,}", rounds, "<= 1.3")


def _closed_in(database: str) -> float:
    """Milliseconds to close one account of a house; the one before it warms the connection."""
    go_to(database)
    _close()
    return _close()


def _customer() -> set:
    """A new customer; return the handles that what they leave behind hangs on."""
    from hostkeep.people.models import Account, Membership
    from hostkeep.runtime.models import Delivery
    from hostkeep.vault import nyms

    customer_with_invoices(INVOICES, brand=CLOSES)
    Delivery.objects.filter(state=Delivery.WAITING).update(state=Delivery.DONE)  # a worker was there since
    account = Account.objects.filter(brand=CLOSES, canary=False).latest("opened_at")
    return {account.id, account.subject, nyms.nym_of(account.subject), Membership.objects.get(account=account).user_id}


def _close() -> float:
    """Milliseconds to close the account of a new customer, with what a worker does after it."""
    from hostkeep.faces.cli.acts import act_of_operator
    from hostkeep.flows import closing
    from hostkeep.kernel.ids import AccountId, BrandId
    from hostkeep.people.closings import closing_of
    from hostkeep.people.models import Account
    from hostkeep.runtime import brand as running_brand
    from hostkeep.vault import erasing

    _customer()
    row = Account.objects.filter(brand=CLOSES, canary=False).latest("opened_at")
    account = AccountId(row.id)
    system = act_of_operator(brand=BrandId(CLOSES), purpose="account").in_role("system")
    act = replace(system, role="customer", own=row.subject, actor="user:bench")
    with running_brand.during(BrandId(CLOSES)):
        began = time.perf_counter()
        closing.close(act, account=account, by="customer", once=f"bench:{account}")
        while _deliver_next(act.at):
            pass
        while erasing.finish(system):
            pass
        took = time.perf_counter() - began
    done = closing_of(account)
    assert done is not None
    assert done.finished_at is not None
    assert Account.objects.get(id=account).erased_at is not None
    return took * 1000


def _deliver_next(since: datetime) -> int:
    """Deliver what waits of the events that follow; return how much there was."""
    from hostkeep.runtime import jobs
    from hostkeep.runtime.models import Delivery

    found = Delivery.objects.filter(event__at__gte=since, event__kind__in=FOLLOWS, state=Delivery.WAITING, attempts=0)
    waiting = list(found.order_by("event__at").values_list("id", flat=True)[:50])
    for one in waiting:
        jobs.deliver([str(one)])
    assert not Delivery.objects.filter(id__in=waiting).exclude(state=Delivery.DONE).exists()
    return len(waiting)
