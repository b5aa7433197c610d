"""What recurs of a service, in the back office: seen, changed, ended and kept for its customer, by who looks after money."""

from __future__ import annotations

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from hostkeep.audit.models import Entry
from hostkeep.flows import changing, renewing
from hostkeep.kernel.ids import ServiceId
from hostkeep.runtime import clock
from hostkeep.subscriptions.models import Change, Subscription
from tests.conftest import make_act
from tests.faces.services.conftest import Customer, Staff
from tests.faces.services.test_add_on_pages import bought
from tests.faces.services.test_subscription_pages import bought as begun_at
from tests.faces.shop.conftest import text

pytestmark = pytest.mark.django_db(databases="__all__")


def path(service: ServiceId) -> str:
    return f"/staff/services/{service}/subscription/"


def row(service: ServiceId) -> Subscription:
    return Subscription.objects.get(service=service)


def asked_by(page) -> dict[str, str]:
    """The fields of the form that confirms a change."""
    form = page.content.decode().split('id="quote"')[1].split("</form>")[0]
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)) | {"what": "change"}


def kinds(customer: Customer, service: ServiceId) -> list[str]:
    act = make_act("owner", "billing", brand="vpn", at=clock.now())
    return [each.change.kind for each in changing.offers(act, of=customer.room.account, service=service, language="en")]


def test_what_recurs_is_told_and_led_to(customer: Customer, staff: Staff) -> None:
    mine = bought(customer)
    staff.signs_in("owner")
    assert path(mine) in text(staff.get(f"/staff/services/{mine}/"))
    assert path(mine) in text(staff.get(f"/staff/accounts/{customer.room.account}/outlook/"))
    page = text(staff.get(path(mine)))
    for words in ("Solo", "€3.00 each month", "Next invoice", "Billed until", "What was billed"):
        assert words in page, words


def test_two_terms_of_one_plan_are_told_apart(customer: Customer, staff: Staff) -> None:
    mine = bought(customer)
    staff.signs_in("billing")
    page = text(staff.get(path(mine), look=str(kinds(customer, mine).index("term"))))
    assert re.search(r"<dd>Solo, €3\.00 each month</dd>.*<dd>Solo, €[0-9.]+ (every|each) (?!month)", page)


def test_the_term_that_runs_and_the_one_that_comes_are_told_with_the_day(customer: Customer, staff: Staff) -> None:
    mine = begun_at(customer, at=clock.now() - timedelta(days=22))
    staff.signs_in("billing")
    assert "Next term" not in text(staff.get(path(mine)))
    looked = staff.get(path(mine), look=str(kinds(customer, mine).index("term")))
    price = re.search(r"<dt>It gets</dt><dd>[^<]*(€[0-9.]+ (?:every|each) [^<]*)</dd>", text(looked))[1]
    staff.posts(looked, path(mine), **asked_by(looked))
    change, day = Change.objects.get(), f"{row(mine).billed_to.astimezone(ZoneInfo(row(mine).zone)):%-d %b %Y}"
    assert (change.kind, change.state) == ("term", "waiting")
    facts = re.sub(r"<[^>]+>", " ", text(staff.get(path(mine))))
    assert re.search(rf"Next term\s+[^,]+, from\s+{day}\s+The plan: {price}", facts, re.IGNORECASE), facts
    assert "Term now" not in facts
    assert price.split()[0] in facts.split("Next invoice")[1].split("Next period")[0]

    due = make_act(brand="", at=clock.now())
    changing.sweep_due(due)
    renewing.renew_due(due)
    facts = re.sub(r"<[^>]+>", " ", text(staff.get(path(mine))))
    assert re.search(rf"Term now\s+1 month, until\s+{day}\s+Next term\s+[^,]+, from\s+{day}\s+Price\s+{price}", facts, re.IGNORECASE), facts


def test_a_look_at_no_number_of_ours_is_a_look_at_nothing(customer: Customer, staff: Staff) -> None:
    mine = bought(customer)
    staff.signs_in("billing")
    for typed in ("9" * 4301, "999", "-1", "²"):
        answer = staff.get(path(mine), look=typed)
        assert answer.status_code == 200 and 'id="quote"' not in text(answer)


def test_a_dearer_plan_is_looked_at_and_its_invoice_made(customer: Customer, staff: Staff) -> None:
    mine = bought(customer)
    staff.signs_in("billing")
    looked = staff.get(path(mine), look=str(kinds(customer, mine).index("upgrade")))
    assert " to pay<" in text(looked)
    assert not Change.objects.exists()
    fields = asked_by(looked)

    refused = staff.posts(looked, path(mine), **{**fields, "expected": "1"})
    assert refused.status_code == 422 and "This was not done" in text(refused)
    assert not Change.objects.exists()

    for _ in range(2):
        staff.posts(looked, path(mine), **fields)
    change = Change.objects.get()
    assert (change.kind, change.state, change.invoice is not None) == ("upgrade", "waiting", True)
    assert set(Entry.objects.filter(verb="subscriptions.change.asked").values_list("role", flat=True)) == {"billing"}
    assert str(change.invoice) in text(staff.get(path(mine)))
    staff.posts(looked, path(mine), what="back")
    assert Change.objects.get().state == "dropped"


def test_it_is_ended_with_what_was_paid_and_kept_again(customer: Customer, staff: Staff) -> None:
    mine = bought(customer)
    staff.signs_in("billing")
    page = staff.get(path(mine))
    assert "when what was paid is used up" in text(page)
    assert staff.posts(page, path(mine), what="end").status_code == 302
    found = row(mine)
    assert (found.state, found.end_reason, found.ends_at) == ("ending", "staff", found.billed_to)
    assert "Our staff cancelled this service for you." in text(customer.page(mine))
    assert staff.posts(page, path(mine), what="end").status_code == 302, "a second press changes nothing"
    assert (row(mine).state, row(mine).ends_at) == (found.state, found.ends_at)

    assert "Let it go on" in text(staff.get(path(mine)))
    assert staff.posts(page, path(mine), what="keep").status_code == 302
    assert (row(mine).state, row(mine).ends_at) == ("active", None)


@pytest.mark.parametrize("sent", [
    {"what": "keep"}, {"what": "back"}, {"what": "change", "expected": "x"}, {},
    {"what": "change", "product": "nothing", "plan": "none", "expected": "0"},
])  # fmt: skip
def test_what_cannot_be_meant_is_said_on_the_page(customer: Customer, staff: Staff, sent: dict[str, str]) -> None:
    mine = bought(customer)
    staff.signs_in("owner")
    answer = staff.posts(staff.get(path(mine)), path(mine), **sent)
    assert answer.status_code in {404, 409, 422}
    assert "This was not done" in text(answer)
    assert not Change.objects.exists()
    assert row(mine).state == "active"


@pytest.mark.parametrize("role", ["support", "sales", "privacy"])
def test_it_is_for_who_looks_after_money(customer: Customer, staff: Staff, role: str) -> None:
    mine = bought(customer)
    staff.signs_in(role)
    assert staff.get(path(mine)).status_code == 403
    assert staff.posts(staff.get("/staff/keys/"), path(mine), what="end").status_code == 403
    assert row(mine).state == "active"
