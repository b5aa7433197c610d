"""From a cart to a paid invoice: how often the database is asked, and what is handed on instead of being read."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from hostkeep.audit.enter import APART
from hostkeep.audit.models import Entry
from hostkeep.billing.actions.paying import begin_payment, record_outcome
from hostkeep.billing.queries.invoices import listed, sheet
from hostkeep.drivers.payments import Settled
from hostkeep.flows import checkout
from hostkeep.kernel.ids import InvoiceId
from hostkeep.people.queries import account as account_row
from hostkeep.shop.actions.carting import Wish, add_line
from hostkeep.shop.actions.ordering import place_order
from hostkeep.shop.errors import PriceChanged
from hostkeep.shop.queries import carts, orders
from hostkeep.vault.column_door import OPENED, use_columns
from hostkeep.vault.nyms import nym_of
from tests.conftest import make_act
from tests.flows.test_promoting import BRAND, at, fills, makes, seen

MOST = {"default": 14, APART: 2}
"""Statements from the order to the paid invoice, by connection.  Lower them, never raise them."""



def asked(queries: CaptureQueriesContext) -> list[str]:
    """What was asked; savepoints are not counted: in a test they stand for transactions."""
    return [each["sql"] for each in queries if "SAVEPOINT" not in each["sql"]]


def orders_and_pays(act, cart, account, expected) -> InvoiceId:
    ordered = checkout.place_order(act, cart=cart, account=account, expected=expected, once=uuid4().hex, answers={})
    begun = begin_payment(act, of=account, invoice=ordered.invoice, gateway="testpay")
    settled = Settled(uuid4().hex, begun.amount)
    record_outcome(make_act(purpose="billing", brand=BRAND), attempt=begun.attempt, outcome=settled)
    return ordered.invoice


def test_an_order_is_paid_within_its_budget(db: None) -> None:
    act, cart, account = fills(code="")
    orders_and_pays(act, cart, account, seen(act, cart, account))  # then it has its keys
    add_line(act, cart=cart, wish=Wish("hexa-m", "monthly", {}, {}, 1))
    shown = seen(act, cart, account)
    with CaptureQueriesContext(connection) as ours, CaptureQueriesContext(connections[APART]) as apart:
        paid = orders_and_pays(act, cart, account, shown)
    assert sheet(paid, of=account).is_paid
    assert len(asked(ours)) <= MOST["default"], "\n".join(asked(ours))
    assert len(asked(apart)) <= MOST[APART], "\n".join(asked(apart))


@pytest.mark.parametrize("code", ["", "code"])
def test_what_is_handed_on_is_what_stands(db: None, code: str) -> None:
    makes(kind="percent", value=100_000)
    act, cart, account = fills(quantity=2, code=code)
    row = carts.cart(act, cart, account=account)
    assert row is not None
    placed = place_order(act, cart=cart, account=account, currency="EUR", expected=row.due, once="k")
    system = make_act(purpose="order", brand=BRAND)
    stands = use_columns(system, wishes=[orders.order(placed.order).wish], fn=lambda told: told[0])
    assert placed.told == stands
    assert placed.has_code == bool(code)
    again = place_order(act, cart=cart, account=account, currency="EUR", expected=row.due, once="k")
    assert (again, again.told) == (placed, None)


def test_nothing_is_entered_as_read_that_was_only_written(db: None) -> None:
    act, cart, account = fills(code="")
    shown, subject = seen(act, cart, account), nym_of(account_row(account).subject)
    read = Entry.objects.using(APART).filter(verb=OPENED, thing=subject, category="chosen_service")
    checkout.place_order(act, cart=cart, account=account, expected=shown, once="k", answers={})
    assert not read.exists()
    checkout.place_order(act, cart=cart, account=account, expected=shown, once="k", answers={})
    assert read.exists()


def test_an_amount_that_was_not_shown_leaves_the_cart_as_it_was(db: None) -> None:
    act, cart, account = fills(code="")
    shown = seen(act, cart, account)
    with pytest.raises(PriceChanged) as refused:
        checkout.place_order(act, cart=cart, account=account, expected=-shown, once="k", answers={})
    assert refused.value.facts["now"] == shown.minor
    assert seen(act, cart, account) == shown
    assert orders.orders_of(account) == ()


def test_the_list_says_of_an_invoice_what_its_sheet_does(db: None) -> None:
    act, cart, account = fills(code="")
    shown = seen(act, cart, account)
    ordered = checkout.place_order(act, cart=cart, account=account, expected=shown, once="k", answers={})
    row, whole = listed(ordered.invoice), sheet(ordered.invoice, of=account)
    assert (row.gross, row.paid, row.is_paid, row.is_taken_back) == (
        whole.gross, whole.paid, whole.is_paid, whole.is_taken_back,
    )  # fmt: skip
    begun = begin_payment(act, of=account, invoice=ordered.invoice, gateway="testpay")
    record_outcome(
        make_act(purpose="billing", brand=BRAND, at=at(0)), attempt=begun.attempt, outcome=Settled("p", begun.amount)
    )
    assert listed(ordered.invoice).is_paid
