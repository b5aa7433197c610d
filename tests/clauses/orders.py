"""An order at a brand, from the cart to its mails."""

from __future__ import annotations

from hostkeep.flows import notices
from hostkeep.flows.mailing import on_mail_queued
from hostkeep.messaging.events import MailQueued
from hostkeep.messaging.models import Mail
from hostkeep.runtime import clock
from hostkeep.shop.events import OrderPlaced
from hostkeep.shop.queries.orders import OrderRow, orders_of
from tests.conftest import make_act
from tests.faces.client.conftest import Member


def places_order(member: Member, product: str | None = None, **answers: str) -> OrderRow:
    """Order one product and return the order."""
    assert member.puts(product).status_code == 302
    answer = member.sends(member.get("/checkout/"), "/checkout/", gateway="testpay", **answers)
    assert answer.status_code == 302, answer.content.decode()
    return orders_of(member.account.id)[0]


def mails_of_an_order(member: Member) -> list[str]:
    """Order, let a worker carry the order's mail, and return the kinds of mail that left."""
    placed = places_order(member)
    act = make_act("system", "order", brand=member.brand, at=clock.now())
    notices.on_order_placed(act, OrderPlaced(placed.id, member.account.id))
    for row in Mail.objects.filter(brand=member.brand, state="queued"):
        on_mail_queued(act, MailQueued(row.id))
    return [row.template for row in Mail.objects.filter(brand=member.brand, state="sent")]
