"""An order on its invoice: each line is told from the others by its name."""

from __future__ import annotations

import pytest

from hostkeep.billing.queries.invoices import invoices_of, sheet
from hostkeep.people.models import Account
from tests.everything import Customer, load_everything
from tests.told import told

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("language", "called"), [("en", "Set-up: "), ("vi", "Phí cài đặt: ")])
def test_what_is_due_once_is_not_called_as_the_term_is(language: str, called: str) -> None:
    load_everything()
    customer = Customer.at("DE", postal="10115")
    Account.objects.filter(id=customer.account).update(language=language)
    customer.orders(customer.fills())
    (row,) = invoices_of(customer.account).rows
    term, once = [line.title for line in told(sheet(row.id, of=customer.account)).lines]
    assert once == f"{called}{term}"
