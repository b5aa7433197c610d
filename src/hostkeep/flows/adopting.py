"""Subscriptions for services that run without one: those of a house from before there were any.

Each is a transaction of its own under a key of its service: cut off or run again, it goes on where it was.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from hostkeep.brands.queries import brand
from hostkeep.flows import promoting
from hostkeep.flows.subscribing import agreed_on, subscribe
from hostkeep.kernel.act import Act
from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.ids import OrderId, PurposeId, ServiceId
from hostkeep.people.queries import account as account_row
from hostkeep.provisioning.actions.opening import Opened
from hostkeep.provisioning.queries import ServiceRow, running, services_billed_by
from hostkeep.shop.queries.order_rows import OrderLineTold
from hostkeep.shop.queries.orders import order_with
from hostkeep.shop.queries.promos import redemption_of
from hostkeep.subscriptions.actions.adopting import begin_since
from hostkeep.subscriptions.actions.opening import open_subscription
from hostkeep.subscriptions.queries.subscriptions import subscriptions_for
from hostkeep.subscriptions.rules.agreeing import Discount
from hostkeep.subscriptions.rules.states import State
from hostkeep.vault.column_door import use_columns

log = structlog.get_logger()

SERVICE = PurposeId("service")
AT_ONCE = 200


@dataclass(slots=True)
class Adopted:
    """What came of a run.

    opened  services that have a subscription now and had none
    once    services that were bought once: they have none
    failed  services that went wrong; each is in the log, and is tried again by the next run
    """

    opened: int = 0
    once: int = 0
    failed: int = 0


def adopt_services(act: Act) -> Adopted:
    """Open a subscription for each running service of act.brand that has none, as its order says.

    Its term and price are those of its order; it counts from when the service began to run; terms that passed
    unasked stay free, and the next one is billed.  Run again: changes nothing that stands.
    """
    done, last = Adopted(), None
    under = act.in_role("system").for_purpose(SERVICE)
    while rows := running(act.brand, after=last, first=AT_ONCE):
        known = subscriptions_for([row.id for row in rows])
        for row in rows:
            if row.id not in known or known[row.id].state is State.WAITING:
                _adopt(under, row, done)
        last = ServiceId(rows[-1].id)
    return done


def _adopt(act: Act, row: ServiceRow, done: Adopted) -> None:
    """Open one, and count what came of it."""
    try:
        opened = _opened(act, row)
    except Exception as error:  # noqa: BLE001  the rest of the run must go on
        code = error.code if isinstance(error, Foreseen) else type(error).__name__
        log.warning("service.not_adopted", service=str(row.id), code=code, trace=act.trace)
        done.failed += 1
        return
    done.opened += opened
    done.once += not opened


def _opened(act: Act, row: ServiceRow) -> bool:
    """Open a service's subscription; say whether it is one that recurs.

    Raises NoSuchOrder and vault refusals.
    """
    found = order_with(row.order_line)
    line = use_columns(
        act, wishes=[found.wish],
        fn=lambda told: next(
            (each for order in told if order for each in order.told if each.id == row.order_line), None
        ),
    )  # fmt: skip
    if line is None or row.activated_at is None:
        return False
    _open(act, row, line, order=found.id, since=row.activated_at)
    return True


def _discount(row: ServiceRow, line: OrderLineTold, order: OrderId, language: str) -> Discount | None:
    """Return what the order's promo code takes off a service: its piece's part; None where none does."""
    pieces = sorted(each.id for each in services_billed_by(row.invoice) if each.order_line == line.id)
    return promoting.of_piece(line, redemption_of(order), language, pieces.index(row.id))


def _open(
    act: Act, row: ServiceRow, line: OrderLineTold, *, order: OrderId, since: datetime
) -> None:
    """Open it as its order says, count it from when the service began to run, and then what is metered."""
    language = account_row(row.account).language or brand(row.brand).languages[0]
    agreed = replace(agreed_on(line, language), discount=_discount(row, line, order, language))
    opened = open_subscription(
        act, account=row.account, subject=row.subject, service=row.id, agreed=agreed,
        once=f"service:{row.id}",
    )  # fmt: skip
    begin_since(act, subscription=opened.id, since=since, invoice=row.invoice)
    stands = Opened(row.id, again=True)
    subscribe(act, account=row.account, subject=row.subject, opened=stands, line=line, language=language)
