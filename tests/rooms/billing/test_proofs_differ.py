"""A proof that comes again is compared with what it stood for: other money is not "known"."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from hostkeep.billing.actions.paying import record_notice
from hostkeep.billing.actions.receiving import record_transfer
from hostkeep.billing.errors.payments import PaymentDiffers
from hostkeep.billing.models import Payment
from hostkeep.drivers.payments import Notice, Settled
from hostkeep.kernel.money import EUR, USD, Money
from tests.rooms.billing.making import billing_act
from tests.rooms.billing.test_receiving import came, transfer


@pytest.mark.parametrize(
    "other",
    [
        replace(transfer(), amount=Money(5, EUR)),
        replace(transfer(), amount=Money(2408, USD)),
        replace(transfer(), booked_on=date(2026, 3, 3)),
    ],
)  # fmt: skip
def test_other_money_under_one_proof_is_refused_and_nothing_is_booked(db, other) -> None:
    first = came()
    with pytest.raises(PaymentDiffers) as refusal:
        record_transfer(billing_act(role="billing"), transfer=other)
    assert refusal.value.facts == {"payment": str(first.booked.payment)}
    assert Payment.objects.count() == 1


def test_the_proof_of_another_brand_is_not_known_here_and_shows_nothing_of_it(db) -> None:
    came()
    with pytest.raises(PaymentDiffers) as refusal:
        came(brand="vpsfast")
    assert refusal.value.facts == {}
    assert came().booked.again


def test_a_gateway_that_tells_no_day_is_compared_by_what_it_tells(db) -> None:
    said = Notice("e-1", "unasked", Settled("NL1/A1", Money(2408, EUR)))
    came()
    assert record_notice(billing_act(), gateway="bank_transfer", notice=said).booked.again
