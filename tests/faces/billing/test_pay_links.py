"""A link to pay one invoice without signing in: number and amount, the gateway's page, and nothing else."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.core.signing import Signer

from hostkeep.billing.actions.correcting import credit_whole
from hostkeep.billing.actions.crediting import give_credit
from hostkeep.billing.actions.proforma import issue_proforma
from hostkeep.billing.actions.revoking import revoke_pay_links
from hostkeep.billing.actions.withdrawing import withdraw_proforma
from hostkeep.billing.models import Payment, PaymentAttempt, PayLinksRevoked
from hostkeep.billing.queries.invoices import listed, sheet
from hostkeep.billing.rules.party import BilledTo
from hostkeep.billing.rules.pay_links import MOST_DAYS, PayLink, pay_links_hold
from hostkeep.billing.stores import STORES
from hostkeep.brands import queries as brands
from hostkeep.brands.models import Brand
from hostkeep.faces.ui.pay_links import SALT, pay_link_path
from hostkeep.flows.pay_links import new_link
from hostkeep.kernel.money import EUR, Money
from hostkeep.runtime import clock
from tests.faces.billing.conftest import Customer, Payments, a_customer
from tests.faces.services.conftest import Staff
from tests.faces.shop.conftest import Browser, hidden, text
from tests.rooms.billing.making import WEEK, billing_act, line

DAY = timedelta(days=1)


def allows(brand: str = "vps6", days: int = 14) -> None:
    row = Brand.objects.get(id=brand)
    row.profile = {**row.profile, "pay_link_days": days}
    row.save(update_fields=["profile"])
    brands.forget()


@pytest.fixture
def shop(ann: Customer) -> Customer:
    allows()
    return ann


def path_to(issued, *, until: timedelta = DAY) -> str:
    return pay_link_path(PayLink(issued.id, clock.now() + until))


def shown_on(page) -> str:
    """The path of the link that a customer's page shows."""
    said = re.search(r'value="(http[^"]*/pay/[^"]+)"', page.content.decode())
    assert said is not None
    return urlsplit(said[1]).path


def nobody(brand: str = "vps6") -> Browser:
    return Browser(brand)


def pays(browser: Browser, path: str, gateway: str = "testpay"):
    return browser.sends(browser.get(path), path, gateway=gateway)


def test_from_the_customers_page_to_paid_by_somebody_unknown(shop: Customer, payments: Payments) -> None:
    issued = shop.owes()
    path = shown_on(shop.page(issued))
    friend = nobody()
    shown = friend.get(path)
    assert issued.number in text(shown) and "€24.08" in text(shown)
    assert (shown["Referrer-Policy"], shown["X-Robots-Tag"]) == ("no-referrer", "noindex")
    assert "no-store" in shown["Cache-Control"]
    assert not PaymentAttempt.objects.exists(), "looking asks nobody for money"
    answer = pays(friend, path)
    assert answer.status_code == 302
    payments.decides(answer["Location"], "pay")
    assert sheet(issued.id, of=shop.buyer.account).is_paid and Payment.objects.count() == 1
    assert "It is paid. Thank you." in text(friend.get(path))
    assert "/pay/" not in shop.page(issued).content.decode()


def test_the_payer_comes_back_to_the_link_and_no_page_of_the_account_opens(shop: Customer, payments: Payments) -> None:
    issued, friend = shop.owes(), nobody()
    path = path_to(issued)
    where = pays(friend, path)["Location"]
    last = payments.decides(where, "decline")
    assert path in last.content.decode() and "/account/" not in last.content.decode()
    for other in (f"/account/invoices/{issued.id}/", f"/account/invoices/{issued.id}/pdf/", "/account/", "/account/statement/"):
        assert friend.get(other).status_code in (302, 403)


def test_nothing_of_the_customer_is_shown_or_opened(shop: Customer) -> None:
    from hostkeep.audit.models import Entry

    issued = shop.owes()
    before = Entry.objects.filter(kind__startswith="vault").count()
    page = text(nobody().get(path_to(issued)))
    for secret in ("Åberg", "Server V-4", "12345678", str(shop.buyer.account)):
        assert secret not in page
    assert Entry.objects.filter(kind__startswith="vault").count() == before


def test_a_link_that_is_no_link_of_ours_is_one_answer(shop: Customer) -> None:
    issued, ben = shop.owes(), a_customer("vpsfast")
    allows("vpsfast")
    theirs = ben.owes(line(1000))
    note = credit_whole(billing_act(at=clock.now()), invoice=shop.owes().id, reason="cancelled", once="n-1")
    good = path_to(issued)
    signed = Signer(salt=SALT).sign
    handle, soon = issued.id.hex, int((clock.now() + DAY).timestamp())
    wrong = [
        good[:-3] + "xx/", "/pay/x/", path_to(issued, until=-timedelta(seconds=1)), path_to(theirs), path_to(note),
        f"/pay/{Signer(salt='other').sign(f'{handle}-{soon}')}/", f"/pay/{signed(f'{uuid4().hex}-{soon}')}/", f"/pay/{signed(handle)}/",
        f"/pay/{signed(f'{handle}-9' + '9' * 40)}/", f"/pay/{signed(f'x-{soon}')}/", f"/pay/{signed(f'{handle}-٣٣')}/",
        f"/pay/{signed(f'{handle}-{soon}-x')}/",
    ]  # fmt: skip
    friend = nobody()
    assert friend.get(good).status_code == 200
    answers = [friend.get(path) for path in wrong]
    assert {(each.status_code, "This link to pay does not work any more" in text(each)) for each in answers} == {(404, True)}
    allows(days=0)
    assert friend.get(good).status_code == 404
    assert "Link to pay without signing in" not in text(shop.page(issued))
    assert friend.sends(friend.get("/"), good, gateway="testpay").status_code == 404
    assert not PaymentAttempt.objects.exists()


def test_what_is_not_offered_there_asks_for_nothing(shop: Customer) -> None:
    issued, friend = shop.owes(), nobody()
    path = path_to(issued)
    for gateway in ("bank_transfer", "manual", "none", ""):
        assert pays(friend, path, gateway).status_code in (403, 404, 409, 422)
    assert "bank_transfer" not in friend.get(path).content.decode()
    assert not PaymentAttempt.objects.exists()


def test_a_proforma_asks_for_what_credit_lacks_and_what_is_taken_back_for_nothing(shop: Customer) -> None:
    act = billing_act(role="billing", at=clock.now())
    asked = issue_proforma(
        act, to=BilledTo(shop.buyer.account, shop.buyer.subject, ""), lines=[line()], due_in=WEEK, once=uuid4().hex
    )  # fmt: skip
    give_credit(act, account=shop.buyer.account, amount=Money(1000, EUR), kind="gift", once="g-1", reason="goodwill")
    friend = nobody()
    assert "€14.08" in text(friend.get(path_to(asked)))
    pays(friend, path_to(asked))
    assert PaymentAttempt.objects.get().minor == 1408
    gone = shop.owes()
    credit_whole(act, invoice=gone.id, reason="cancelled", once="n-2")
    assert "Nothing is to be paid for it any more." in text(friend.get(path_to(gone)))
    assert new_link(act, listed(gone.id)) is None


def test_a_brand_says_for_how_long(db) -> None:
    assert (pay_links_hold({}), pay_links_hold({"pay_link_days": 0}), pay_links_hold({"pay_link_days": 7})) == (None, None, 7 * DAY)
    for bad in (-1, 91, "14", True, 1.5):
        with pytest.raises(ValueError, match="pay_link_days"):
            pay_links_hold({"pay_link_days": bad})


def entered(issued) -> list[str]:
    """Who took links to a document back, by the book: their roles."""
    from hostkeep.audit.models import Entry

    return list(Entry.objects.filter(verb="billing.pay_links.revoked", thing=issued.id).order_by("id").values_list("role", flat=True))


def revokes(customer: Customer, issued):
    return customer.browser.sends(customer.page(issued), f"/account/invoices/{issued.id}/revoke-links/")


def plain(answer) -> tuple[int, str]:
    """What a visitor is told, without what every page draws anew."""
    return answer.status_code, re.sub(r'(nonce|value)="[^"]*"', "", text(answer))


def test_a_link_that_was_taken_back_is_as_one_that_never_was(shop: Customer) -> None:
    issued, other, friend = shop.owes(), shop.owes(), nobody()
    beside = shown_on(shop.page(other))
    for _ in range(2):
        path = shown_on(shop.page(issued))
        opened = friend.get(path)
        assert opened.status_code == 200
        answer = revokes(shop, issued)
        assert (answer.status_code, answer["Location"]) == (302, f"/account/invoices/{issued.id}/")
        assert plain(friend.get(path)) == plain(friend.get("/pay/x/")) == plain(friend.get(path[:-3] + "xx/"))
        assert friend.sends(opened, path, gateway="testpay").status_code == 404, "the page was open before"
        assert shown_on(shop.page(issued)) != path
    assert not PaymentAttempt.objects.exists()
    assert entered(issued) == ["customer", "customer"] and entered(other) == []
    assert friend.get(beside).status_code == 200, "another document's"
    fresh = shown_on(shop.page(issued))
    assert pays(friend, fresh).status_code == 302 and PaymentAttempt.objects.count() == 1


def test_staff_of_billing_take_links_back_and_no_others(shop: Customer) -> None:
    issued, friend = shop.owes(), nobody()
    path, page = shown_on(shop.page(issued)), f"/staff/documents/{issued.id}/"
    support, billing = Staff(), Staff()
    support.signs_in("support")
    assert support.posts(support.get("/staff/"), f"{page}revoke-links/").status_code == 403
    assert friend.get(path).status_code == 200 and entered(issued) == []
    billing.signs_in("billing")
    shown = billing.get(page)
    assert "Take back links to pay" in text(shown)
    assert billing.posts(shown, f"{page}revoke-links/").status_code == 302
    assert friend.get(path).status_code == 404 and entered(issued) == ["billing"]
    assert friend.get(shown_on(shop.page(issued))).status_code == 200
    assert billing.posts(shown, f"/staff/documents/{uuid4()}/revoke-links/").status_code == 404
    allows(days=0)
    assert "Take back links to pay" not in text(billing.get(page))


def test_nobody_takes_back_what_is_another_accounts(shop: Customer) -> None:
    issued, ben, cat = shop.owes(), a_customer("vps6"), a_customer("vpsfast")
    path = shown_on(shop.page(issued))
    for other in (ben, cat):
        own = other.owes()
        form = hidden(other.page(own), f"/account/invoices/{own.id}/pay/")
        assert other.browser.post(f"/account/invoices/{issued.id}/revoke-links/", **form).status_code == 404
    assert nobody().get(path).status_code == 200
    assert not PayLinksRevoked.objects.exists() and entered(issued) == []


def test_a_link_to_what_asks_for_nothing_any_more_asks_nobody_for_money(shop: Customer, payments: Payments) -> None:
    act, friend = billing_act(role="billing", at=clock.now()), nobody()
    to = BilledTo(shop.buyer.account, shop.buyer.subject, "")
    asked = issue_proforma(act, to=to, lines=[line()], due_in=WEEK, once=uuid4().hex)
    paid, credited = shop.owes(), shop.owes()
    opened = {path: friend.get(path) for path in map(path_to, (paid, credited, asked))}
    payments.decides(shop.pays(paid)["Location"], "pay")
    credit_whole(act, invoice=credited.id, reason="cancelled", once="n-3")
    withdraw_proforma(act, proforma=asked.id, reason="cancelled")
    before = PaymentAttempt.objects.count()
    for path, page in opened.items():
        assert page.status_code == 200 and "testpay" in page.content.decode()
        assert friend.sends(page, path, gateway="testpay").status_code == 422
        assert "testpay" not in friend.get(path).content.decode()
    assert PaymentAttempt.objects.count() == before
    for issued in (paid, credited, asked):
        revoke_pay_links(act, of=shop.buyer.account, invoice=issued.id)
    assert {friend.get(path).status_code for path in opened} == {404}


def test_what_was_taken_back_is_forgotten_when_it_is_over_anyway(shop: Customer) -> None:
    issued, now = shop.owes(), clock.now()
    [store] = [each for each in STORES if each.name == "billing.pay_links"]
    days = timedelta(days=MOST_DAYS)
    act = billing_act(at=now - days, role="billing")
    allows(days=MOST_DAYS)
    early, old = new_link(replace(act, at=act.at - DAY), listed(issued.id)), new_link(act, listed(issued.id))
    revoke_pay_links(act, of=shop.buyer.account, invoice=issued.id)
    late = new_link(billing_act(at=now - DAY), listed(issued.id))
    assert early is not None and old is not None and late is not None
    assert store.due(now - DAY) == 0
    assert store.due(now) == 1
    assert store.erase(billing_act(at=now), 10) == 1 and not PayLinksRevoked.objects.exists()
    codes = [nobody().get(pay_link_path(each)).status_code for each in (early, old, late)]
    assert codes == [404, 404, 200], "what it had ended is over by itself, and what was made since holds"
    revoke_pay_links(billing_act(at=now, role="billing"), of=shop.buyer.account, invoice=issued.id)
    assert nobody().get(pay_link_path(late)).status_code == 404
