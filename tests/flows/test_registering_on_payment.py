"""A brand that numbers on payment hands in the invoice that follows a proforma, and never the proforma."""

from __future__ import annotations

from hostkeep.billing.actions.correcting import credit_whole
from hostkeep.billing.actions.paying import begin_payment, record_outcome
from hostkeep.billing.queries.corrections import invoice_after
from hostkeep.billing.queries.registrations import registration_of
from hostkeep.drivers.payments import Settled
from tests.conftest import make_act
from tests.drivers.sinvoice_side import SInvoiceSide
from tests.everything import BRAND, Customer, load_everything
from tests.flows.test_registering import folder, runs, side, tells  # noqa: F401  a fixture

SYSTEM = "system", "billing"


def test_the_invoice_of_a_paid_proforma_is_registered_and_so_is_a_note_on_it(side: SInvoiceSide, tmp_path) -> None:  # noqa: F811
    numbered = folder(tmp_path / "again")
    profile = numbered / "brand.toml"
    profile.write_text(f'numbering = "payment"\n{profile.read_text()}')
    load_everything(numbered)
    buyer = Customer.at("DE")
    asked = buyer.orders(buyer.fills()).invoice
    tells(asked, buyer)
    assert (runs(), registration_of(asked)) == (0, None)
    begun = begin_payment(buyer.act("billing"), of=buyer.account, invoice=asked, gateway="testpay")
    record_outcome(make_act(*SYSTEM, brand=BRAND), attempt=begun.attempt, outcome=Settled("p-1", begun.amount))
    made = invoice_after(asked)
    assert made is not None
    tells(made, buyer)
    runs()
    row = registration_of(made)
    assert row is not None and row.state == "registered"
    note = credit_whole(make_act(*SYSTEM, brand=BRAND), invoice=made, reason="cancelled", once="note").id
    tells(note, buyer)
    runs(1)
    of_note = registration_of(note)
    assert of_note is not None and of_note.state == "registered"
