"""What recurs, on a service's pages and for programs: seen, changed, ended, by its owner alone."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from hostkeep.billing.models import Invoice
from hostkeep.flows import changing, promoting, renewing, subscribing
from hostkeep.kernel.ids import InvoiceId, ServiceId
from hostkeep.kernel.money import EUR, Money
from hostkeep.provisioning.events import ServiceActivated
from hostkeep.runtime import clock
from hostkeep.shop.models import Price
from hostkeep.subscriptions.actions.opening import begin_subscription, open_subscription
from hostkeep.subscriptions.models import Change, Subscription
from hostkeep.subscriptions.rules.agreeing import AddOn, Agreed, Taken
from hostkeep.subscriptions.rules.terms import Term
from tests.conftest import make_act
from tests.faces.api.conftest import Program
from tests.faces.services.conftest import Customer, a_customer
from tests.faces.shop.conftest import hidden, text

pytestmark = pytest.mark.django_db(databases="__all__")


def bought(customer: Customer, at: datetime | None = None, beside: tuple[Taken, ...] = ()) -> ServiceId:
    """A tunnel that runs and recurs, as the catalogue's first has it."""
    service = ServiceId(customer.room.builds("wireguard"))
    price = Price.objects.filter(plan__product__slug="solo", plan__product__brand="vpn", currency="EUR", until=None).select_related("plan").first()
    agreed = Agreed("solo", price.plan.slug, "Solo", {}, Term("month", price.plan.months), Money(price.minor, EUR), add_ons=beside)
    act = make_act(brand="vpn", at=at or clock.now())
    open_subscription(
        act, account=customer.room.account, subject=customer.room.subject, service=service, agreed=agreed, once=f"service:{service}"
    )
    begin_subscription(act, service=service, invoice=InvoiceId(uuid4()))
    return service


def row(service: ServiceId) -> Subscription:
    return Subscription.objects.get(service=service)


def test_the_page_says_when_the_next_invoice_comes_and_what_it_costs(customer: Customer) -> None:
    service = bought(customer)
    page = text(customer.page(service))
    assert "Term and price" in page
    assert "Next invoice" in page
    assert f"/account/services/{service}/change/" in page
    assert f"/account/services/{service}/cancel/" in page


@pytest.mark.parametrize(("months", "said"), [(1, "each month"), (12, "each year"), (18, "every 18 months"), (24, "every 2 years")])
def test_a_term_has_one_name_wherever_it_is_told(customer: Customer, months: int, said: str) -> None:
    service = bought(customer)
    Subscription.objects.update(unit="month", count=months)
    assert said in text(customer.page(service))
    offered = text(customer.browser.get(f"/account/services/{service}/change/"))
    for page in (text(customer.page(service)), offered):
        assert "every 12 months" not in page and "every 24 months" not in page


def test_a_yearly_term_that_can_be_had_is_each_year_where_it_is_offered(customer: Customer) -> None:
    assert "each year" in text(customer.browser.get(f"/account/services/{bought(customer)}/change/"))


def test_what_runs_is_told_as_what_is_had_and_not_as_what_was_ordered(customer: Customer) -> None:
    page = text(customer.page(bought(customer)))
    assert "What you have" in page
    assert "What you ordered" not in page


def test_a_service_that_was_bought_once_has_no_term(customer: Customer) -> None:
    service = customer.room.builds("wireguard")
    subscribing.on_service_activated(make_act(brand="vpn"), ServiceActivated(ServiceId(service), customer.room.account))
    assert "Term and price" not in text(customer.page(service))


def test_a_change_is_shown_before_it_is_asked_for(customer: Customer) -> None:
    service = bought(customer)
    listed = text(customer.browser.get(f"/account/services/{service}/change/"))
    found = re.findall(rf"/account/services/{service}/change/(\d+)/", listed)
    assert found
    names = re.findall(r'<th scope="row">([^<]*)', listed)
    assert len(set(names)) == len(names) and all(re.search(r", \d+ (day|month|year)s?", each) for each in names)
    page = customer.browser.get(f"/account/services/{service}/change/{found[0]}/")
    assert "What happens" in text(page)
    assert not Change.objects.exists()
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', text(page)))
    sent = {k: v for k, v in fields.items() if k in {"product", "plan", "expected", "once"} or k.startswith("choice.")}
    answer = customer.browser.sends(page, f"/account/services/{service}/change/ask/", **sent)
    assert answer.status_code == 302
    change = Change.objects.get()
    if change.kind == "upgrade":
        assert answer["Location"] == f"/account/invoices/{change.invoice}/"
        assert Invoice.objects.filter(id=change.invoice).exists()
    back = customer.browser.sends(customer.page(service), f"/account/services/{service}/change/back/")
    assert back.status_code == 302
    assert Change.objects.get().state == "dropped"


def test_two_terms_of_one_plan_are_told_apart_before_one_is_asked_for(customer: Customer) -> None:
    service = bought(customer)
    offers = text(customer.browser.get(f"/account/services/{service}/change/"))
    year = re.findall(r'<th scope="row">([^<]*)', offers).index("Solo, 1 year")
    page = text(customer.browser.get(f"/account/services/{service}/change/{year}/"))
    had, wanted = re.findall(r"<dd>Solo, (.*?)</dd>", page, re.DOTALL)
    assert ("€3.00" in had, "each month" in had) == (True, True)
    assert ("€28.80" in wanted, "each year" in wanted) == (True, True)


def test_the_page_says_which_term_comes_next_and_when(customer: Customer) -> None:
    begun = clock.now() - timedelta(days=22)
    service = bought(customer, at=begun)
    month, year = Subscription.objects.get(service=service).billed_to, Term("month", 12)
    act = make_act("customer", "service", brand="vpn", at=begun + timedelta(days=1))
    own = {"of": customer.room.account, "service": service}
    offer = next(each for each in changing.offers(act, **own, language="en") if each.move.term == year)
    changing.ask(act, **own, wish=(offer.move.product, offer.move.plan, {}), expected=0, once=uuid4().hex)
    facts = re.sub(r"<[^>]+>", " ", text(customer.page(service)))
    day = f"{month.astimezone(ZoneInfo(row(service).zone)):%-d %b %Y}".upper()
    assert re.search(rf"Next term\s+1 year, from\s+{day}\s+The plan: €28.80 each year", facts, re.IGNORECASE), facts
    assert "Term now" not in facts
    invoice = facts.split("Next invoice")[1].split("Next period")[0]
    assert "€28.80" in invoice and "€3.00" not in invoice  # of the old term

    due = make_act(brand="", at=row(service).renew_at)
    changing.sweep_due(due)
    renewing.renew_due(due)
    facts = re.sub(r"<[^>]+>", " ", text(customer.page(service)))
    assert re.search(rf"Term now\s+1 month, until\s+{day}\s+Next term\s+1 year, from\s+{day}", facts, re.IGNORECASE), facts

    offers = text(customer.browser.get(f"/account/services/{service}/change/"))
    names = re.findall(r'<th scope="row">([^<]*)', offers)
    page = re.sub(r"<[^>]+>", " ", text(customer.browser.get(f"/account/services/{service}/change/{names.index('Household, 1 year')}/")))
    assert "at the price of its own term" in page
    assert len(re.findall(r"€[\d.]+ in place of €[\d.]+", page)) == 2
    assert "€48.00 in place of €28.80" in page


def test_what_becomes_of_an_add_on_that_is_sold_no_more_is_said_before_it_is_asked_for(customer: Customer) -> None:
    had = AddOn("sold-no-more", "A quiet port", Money(150, EUR), Money(0, EUR), recurs=True, work=False)
    service = bought(customer, beside=(Taken(had, 2),))
    offers = text(customer.browser.get(f"/account/services/{service}/change/"))
    names = re.findall(r'<th scope="row">([^<]*)', offers)

    def facts(name: str) -> str:
        page = text(customer.browser.get(f"/account/services/{service}/change/{names.index(name)}/"))
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))

    assert "Stays A quiet port × 2, €36.00" in facts("Solo, 1 year")
    assert "Is dropped A quiet port not to be had with it" in facts("Household, 1 month")


def test_that_a_change_ends_the_discount_is_said_before_it_is_asked_for(customer: Customer, monkeypatch) -> None:
    service = bought(customer)
    monkeypatch.setattr(promoting, "ends_with", lambda _row: lambda _move: True)
    assert "without your discount" in text(customer.browser.get(f"/account/services/{service}/change/"))
    assert "Its discount ends with this change" in text(customer.browser.get(f"/account/services/{service}/change/0/"))


@pytest.mark.parametrize("expected", ["", "x", "1e9", "9" * 40, "١٢", "-", "--1"])
def test_an_amount_that_was_tampered_with_changes_nothing(customer: Customer, expected: str) -> None:
    service = bought(customer)
    page = customer.browser.get(f"/account/services/{service}/change/0/")
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', text(page)))
    sent = {"product": fields["product"], "plan": fields["plan"], "expected": expected}
    answer = customer.browser.sends(page, f"/account/services/{service}/change/ask/", **sent)
    assert answer.status_code in {302, 409, 422}
    assert not Change.objects.exists()


def test_it_is_cancelled_for_the_end_and_kept_again(customer: Customer) -> None:
    service = bought(customer)
    page = customer.browser.get(f"/account/services/{service}/cancel/")
    assert "When what you paid is used up" in text(page)
    answer = customer.browser.sends(page, f"/account/services/{service}/cancel/", when="end")
    assert answer.status_code == 302
    assert (row(service).state, row(service).ends_at) == ("ending", row(service).billed_to)
    shown = customer.page(service)
    assert "You cancelled this service." in text(shown)
    customer.browser.sends(shown, f"/account/services/{service}/cancel/undo/")
    assert (row(service).state, row(service).ends_at) == ("active", None)


def test_ended_now_only_with_the_box_ticked_and_by_who_proves_themselves(customer: Customer) -> None:
    service = bought(customer)
    page = customer.browser.get(f"/account/services/{service}/cancel/")
    unticked = customer.browser.sends(page, f"/account/services/{service}/cancel/", when="now")
    assert unticked.status_code == 422
    assert "Tick the box" in text(unticked)
    odd = customer.browser.sends(page, f"/account/services/{service}/cancel/", when="now", sure="on", reason="x")
    assert odd.status_code == 422
    asked = customer.browser.sends(page, f"/account/services/{service}/cancel/", when="now", sure="on")
    assert asked.status_code == 302
    if "reauthenticate" in asked["Location"]:
        assert row(service).state == "active"
    else:
        assert row(service).state == "ended"


def test_nobody_else_sees_or_touches_it(customer: Customer) -> None:
    service = bought(customer)
    stranger = a_customer(customer.room)
    for path in ("change/", "change/0/", "cancel/"):
        assert stranger.browser.get(f"/account/services/{service}/{path}").status_code == 404
    own = f"/account/services/{bought(stranger)}/cancel/"
    token = {k: v for k, v in hidden(stranger.browser.get(own), own).items() if k != "when"}
    for path, sent in (("change/ask/", {"product": "solo"}), ("change/back/", {}), ("cancel/", {"when": "now", "sure": "on"}), ("cancel/undo/", {})):
        assert stranger.browser.post(f"/account/services/{service}/{path}", **token, **sent).status_code == 404
    assert row(service).state == "active"
    assert not Change.objects.exists()
