"""What was given to others: who got what, what for, on what ground, in which country and when, after it left."""

from __future__ import annotations

import re

import pytest

from hostkeep.billing.calls import gateways
from hostkeep.faces.ui.moments import day_text
from hostkeep.flows import needing, paying
from hostkeep.kernel.money import USD
from hostkeep.runtime import clock
from hostkeep.vault.disclosing import NotDisclosed
from tests.faces.client.conftest import Member
from tests.faces.shop.conftest import text
from tests.flows.test_needing import Asking
from tests.flows.test_paying import LINKS
from tests.rooms.billing.making import Buyer, line
from tests.rooms.brands.announcements import announce, changed

GIVEN = "/account/privacy/given/"
LABEL = "Asking Pay, who takes payments"


@pytest.fixture
def asking(db, monkeypatch) -> Asking:
    made = Asking()
    monkeypatch.setattr(gateways, "_make", [])
    gateways.carry_with(lambda name, _: {"testpay": made}.get(name))
    monkeypatch.setattr(needing.registry, "load", lambda _group, _name: Asking)
    return made


def names_the_gateway() -> None:
    announce("vpsfast", changed("vpsfast", (
        "    authority:\n",
        f'    asking_pay:\n      label: {{en: "{LABEL}", vi: "{LABEL}"}}\n      basis: service\n'
        "      categories: [email]\n      purposes: [billing]\n      country: IE\n    authority:\n",
    )))  # fmt: skip


def pays(ann: Member) -> None:
    buyer, at = Buyer(ann.brand, ann.account.id, ann.account.subject), clock.now()
    invoice = buyer.owes(line(currency=USD), at=at).id
    paying.pay_invoice(buyer.act(at), of=buyer.account, invoice=invoice, gateway="testpay", links=LINKS)


def rows_of(page: str) -> list[tuple[str, ...]]:
    """The hand-overs, cell by cell as a person reads them."""
    panel = page.split('id="given"', 1)[1].split("<tbody>", 1)[1].split("</tbody>", 1)[0]
    cells = (re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S) for row in panel.split("</tr>") if "<th" in row)
    return [tuple(" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in row) for row in cells]


def test_a_payment_that_named_its_payer_stands_there_whole(asking: Asking) -> None:
    names_the_gateway()
    ann, before = Member("vpsfast"), clock.now()
    pays(ann)

    (charge,) = asking.charges
    assert charge.package is not None and dict(charge.package.fields) == {"email": ann.email}
    page = text(ann.get(GIVEN))
    [(to, what, ground, when)] = rows_of(page)
    assert to == f"{LABEL} Ireland"
    assert what == "E-mail address Billing"
    assert ground == "the service you ordered VF-8"
    days = "|".join(day_text(at, "America/New_York", "en") for at in (before, clock.now()))
    assert re.fullmatch(rf"({days}), \d\d:\d\d New York time", when)
    assert "Nothing of yours was given to anybody." not in page
    assert ann.email not in page.split('id="given"', 1)[1]


def test_what_was_refused_stands_there_as_refused(asking: Asking) -> None:
    ann = Member("vpsfast")
    with pytest.raises(NotDisclosed):
        pays(ann)
    [(to, what, _, _)] = rows_of(text(ann.get(GIVEN)))
    assert (to, what) == ("asking_pay Refused", "E-mail address Billing")
    assert asking.charges == []


def test_nobody_sees_what_was_given_of_another(asking: Asking) -> None:
    names_the_gateway()
    ann, bob = Member("vpsfast"), Member("vpsfast", "bob")
    pays(ann)
    assert "Nothing of yours was given to anybody." in text(bob.get(GIVEN))
    assert LABEL in text(ann.get(GIVEN)).split('id="who"')[0]
