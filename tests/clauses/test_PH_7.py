"""PH-7: contact details serve orders, company news and reaching the customer; payment data serves checks and bills."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hostkeep.audit.enter import APART
from hostkeep.audit.models import Entry
from hostkeep.brands.queries import policy_in_force
from hostkeep.flows import activation, qualifying
from hostkeep.kernel.ids import BrandId, CategoryId, PurposeId
from hostkeep.provisioning.rules.lifecycle import State
from hostkeep.runtime import clock
from hostkeep.vault import door
from tests.conftest import make_act
from tests.faces.client.conftest import Member
from tests.faces.shop.conftest import text
from tests.flows.test_qualifying import Issuer, held_back, issuer, ordered, paid
from tests.rooms.brands.announcements import announce, changed

__all__ = ["issuer"]

BRAND = BrandId("photonvps")
EMAIL, PAYMENT, ADDRESS = CategoryId("email"), CategoryId("payment_ref"), CategoryId("ip")
STAFF = ("support", "billing", "sales", "engineer", "abuse", "owner", "clerk")


def cells(category: str) -> set[str]:
    """The purposes a category opens for, to anybody but the customer and their own rights."""
    table = policy_in_force(BRAND, clock.now()).table
    return {p for (c, p, role), cell in table.items() if c == category and cell and role != "customer"} - {"rights"}


def asks(there, category: CategoryId, purpose: str, role: str = "system", trace: str = "ph7") -> None:
    act = replace(there.act, at=clock.now(), role=role, purpose=PurposeId(purpose), trace=trace)
    door.reveal(act, subject=there.canary.subject, category=category, reason="I would like to know")


@pytest.mark.parametrize("role", ["system", "customer", *STAFF])
@pytest.mark.parametrize("purpose", ["company_news", "partner_offers", "marketing"])
def test_PH_7_a_payment_is_not_read_for_marketing(scene, role: str, purpose: str) -> None:
    with pytest.raises(door.Refused) as no:
        asks(scene(BRAND), PAYMENT, purpose, role)

    assert no.value.clause == "PH-7"


def test_PH_7_the_refusal_stands_in_the_log(scene) -> None:
    with pytest.raises(door.Refused):
        asks(scene(BRAND), PAYMENT, "company_news", trace="ph7-log")

    (entry,) = Entry.objects.using(APART).filter(trace="ph7-log", verb="vault.value.refused")
    assert (entry.category, entry.purpose, entry.clause) == (PAYMENT, "company_news", "PH-7")


@pytest.mark.parametrize("role", ["system", *STAFF])
def test_PH_7_a_check_of_an_order_never_sees_a_network_address_or_a_contact(scene, role: str) -> None:
    for category in (ADDRESS, EMAIL, CategoryId("phone"), CategoryId("chosen_service")):
        with pytest.raises(door.Refused):
            asks(scene(BRAND), category, "qualification", role)


def test_PH_7_a_check_reads_payment_data_alone() -> None:
    table = policy_in_force(BRAND, clock.now()).table

    assert {c for (c, purpose, _), cell in table.items() if cell and purpose == "qualification"} == {
        "payment_ref", "solvency",
    }


def test_PH_7_contact_data_opens_for_what_the_clauses_name_and_nothing_else() -> None:
    assert cells("phone") <= {
        "account", "order", "contact", "support", "dispute", "legal_obligation",
    }
    assert not cells("email") & {"qualification", "statistics", "diagnostics"}


def test_PH_7_an_order_opens_the_address(scene) -> None:
    there = scene(BRAND)

    asks(there, EMAIL, "order")


def test_PH_7_a_policy_that_sells_payment_data_to_marketing_would_be_noticed(scene) -> None:
    there = scene(BRAND)
    line = "purposes: [company_news], roles: [system]}"
    announce(
        BRAND,
        changed(BRAND, (f"[email, language, preferences], {line}", f"[email, language, preferences, payment_ref], {line}")),
    )

    asks(there, PAYMENT, "company_news")
    assert "company_news" in cells("payment_ref")


def test_PH_7_its_light_burns(prove) -> None:
    assert prove("PH-7") == {}


def test_PH_7_the_check_notes_its_outcome_and_its_inputs_by_category(issuer: Issuer) -> None:
    order = paid(ordered(Member(BRAND)))

    assert (order.check.outcome, order.check.categories) == ("passed", ("payment_ref", "solvency"))
    written = {verb for verb in Entry.objects.values_list("verb", flat=True) if verb.startswith("billing.check")}
    assert written == {"billing.check.made", "billing.check.passed"}


def test_PH_7_made_to_ask_for_the_address_the_check_is_denied_and_that_is_recorded(issuer: Issuer) -> None:
    order = paid(ordered(Member(BRAND)))
    act = make_act("system", "billing", brand=BRAND, at=clock.now())
    with pytest.raises(door.Refused) as no:
        qualifying.read_inputs(act, buyer=order.member.account, invoice=order.invoice, categories=[PAYMENT, ADDRESS])

    assert no.value.clause == "PH-7"
    refused = Entry.objects.using(APART).filter(verb="vault.value.refused", purpose="qualification")
    assert [entry.category for entry in refused] == [ADDRESS]


def test_PH_7_a_refused_order_waits_for_a_person_and_its_customer_reads_so(issuer: Issuer) -> None:
    order = held_back(issuer)

    assert order.check.waits
    assert order.states == {State.ORDERED}
    assert "A person looks at your order." in text(order.member.get(f"/account/orders/{order.check.order}/"))


def test_PH_7_a_check_that_were_skipped_would_be_noticed(issuer: Issuer, monkeypatch) -> None:
    monkeypatch.setattr(activation, "may_build", lambda *_, **__: True)
    assert State.ORDERED not in held_back_states(issuer)


def held_back_states(issuer: Issuer) -> set[State]:
    """The states of services of an order that would be held back."""
    issuer.country = "KP"
    return paid(ordered(Member(BRAND))).states
