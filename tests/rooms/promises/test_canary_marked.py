"""The canary is marked in every room: its papers have a series of their own, and no list or figure holds it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hostkeep.billing.actions.paying import begin_payment, record_outcome
from hostkeep.billing.queries.invoices import sheet
from hostkeep.billing.queries.payments import payments
from hostkeep.billing.queries.unpaid import unpaid_by_brand
from hostkeep.brands.queries import policy_in_force
from hostkeep.drivers.payments import Settled
from hostkeep.kernel.ids import BrandId
from hostkeep.kernel.money import EUR, Money
from hostkeep.ledger import book
from hostkeep.people.models import Account
from hostkeep.people.queries import accounts_after, accounts_of_brand, canary_accounts
from hostkeep.promises.canaries import Canary, canary_of
from hostkeep.promises.documents import canary_acts
from hostkeep.provisioning import queries as provisioning
from hostkeep.provisioning.rules.lifecycle import State
from hostkeep.vault import door
from tests.conftest import NOON, make_act
from tests.rooms.billing.making import Buyer, billing_act, line
from tests.rooms.provisioning.conftest import Room, fake, room, set_up

__all__ = ["fake", "room", "set_up"]

VPS6 = BrandId("vps6")


@pytest.fixture
def canary(db) -> Canary:
    return canary_of(make_act(purpose="account"), policy_in_force(VPS6, NOON))


@pytest.fixture
def buyer(canary: Canary) -> Buyer:
    return Buyer("vps6", canary.account, canary.subject)


def test_its_invoices_have_numbers_of_their_own_and_leave_no_gap(buyer) -> None:
    real = Buyer("vps6")

    numbers = [who.owes().number for who in (real, buyer, real, buyer)]

    assert numbers == ["V6-2026-000001", "CANARY-V6-2026-000001", "V6-2026-000002", "CANARY-V6-2026-000002"]


def test_what_it_owes_and_pays_is_booked_apart_and_counted_nowhere(buyer) -> None:
    issued = buyer.owes(line(1000))
    assert unpaid_by_brand().get(VPS6, 0) == 0

    attempt = begin_payment(buyer.act(), of=buyer.account, invoice=issued.id, gateway="testpay")
    record_outcome(billing_act(), attempt=attempt.attempt, outcome=Settled("proof-1", issued.gross))

    assert sheet(issued.id, of=buyer.account).is_paid
    for code in ("sales:vps6", "tax:vps6", "gateway:vps6:testpay"):
        assert book.balance(code, EUR) == Money(0, EUR), code
    assert book.balance("sales:canary:vps6", EUR) == Money(-1000, EUR)
    assert book.balance("gateway:canary:vps6:testpay", EUR) == issued.gross
    assert payments() == ()


def test_real_invoices_and_payments_are_listed_and_counted_as_before(db) -> None:
    issued = Buyer("vps6").owes(line(1000))
    assert unpaid_by_brand() == {VPS6: 1}
    assert issued.number.startswith("V6-")
    assert book.balance("sales:vps6", EUR) == Money(-1000, EUR)


def test_no_campaign_and_no_count_reaches_it(canary) -> None:
    def reached() -> list:
        return [row.id for row in accounts_after(VPS6, opened_by=NOON, last=None, most=10)]

    assert (reached(), accounts_of_brand(VPS6), canary_accounts()) == ([], 0, {canary.account})

    Account.objects.filter(id=canary.account).update(canary=False)

    assert (reached(), accounts_of_brand(VPS6), canary_accounts()) == ([canary.account], 1, set()), "but for the mark"


def test_its_services_and_tasks_are_on_no_list_of_staff(room: Room) -> None:
    real = room.orders("manual")
    room.pays(real)
    counted = (provisioning.open_task_count(), len(provisioning.open_tasks()), provisioning.piles_by_brand())
    vpn = canary_of(make_act(brand="vpn", purpose="account", at=room.act.at), policy_in_force(BrandId("vpn"), room.act.at))
    room.account, room.subject = vpn.account, vpn.subject

    made = room.orders("manual")
    room.pays(made)

    everything = provisioning.services_where(states=tuple(State))
    assert [row.id for row in everything[:10]] == [real]
    assert (provisioning.open_task_count(), len(provisioning.open_tasks()), provisioning.piles_by_brand()) == counted
    assert [row.id for row in provisioning.services_of(vpn.account)] == [made], "it sees its own"


def test_the_public_ledger_tells_how_often_it_acted(canary) -> None:
    from dataclasses import replace

    from hostkeep.kernel.ids import CategoryId, PurposeId

    # An alias of the same connection: entries of refusals are committed apart.
    assert canary_acts(VPS6, NOON) == 0
    probing = replace(make_act(purpose="account"), trace="probe:1")

    from hostkeep.people.actions.canaries import lend_password

    lend_password(probing, user=canary.user)
    lend_password(make_act(purpose="account"), user=canary.user)

    assert canary_acts(VPS6, NOON) == 1
    assert canary_acts(VPS6, NOON + timedelta(hours=25)) == 0
    assert canary_acts(BrandId("vpn"), NOON) == 0
    with pytest.raises(door.Refused):
        door.reveal(
            probing.for_purpose(PurposeId("offers")), subject=canary.subject, category=CategoryId("address")
        )
