"""A link to pay one invoice without signing in: number and amount, the gateway's page, and nothing else."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.core.signing import Signer

from hostkeep.billing.actions.correcting import credit_whole
from hostkeep.billing.actions.crediting import give_credit
from hostkeep.billing.actions.proforma import issue_proforma
from hostkeep.billing.models import Payment, PaymentAttempt
from hostkeep.billing.queries.invoices import listed, sheet
from hostkeep.billing.rules.party import BilledTo
from hostkeep.billing.rules.pay_links import pay_links_hold
from hostkeep.brands import queries as brands
from hostkeep.brands.models import Brand
from hostkeep.faces.ui.pay_links import SALT, pay_link_path
from hostkeep.flows.pay_links import link_until
from hostkeep.kernel.money import EUR, Money
from hostkeep.runtime import clock
from tests.faces.billing.conftest import Customer, Payments, a_customer
from tests.faces.shop.conftest import Browser, text
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
    return pay_link_path(issued.id, clock.now() + until)


def nobody(brand: str = "vps6") -> Browser:
    return Browser(brand)


def pays(browser: Browser, path: str, gateway: str = "testpay"):
    return browser.sends(browser.get(path), path, gateway=gateway)


def test_from_the_customers_page_to_paid_by_somebody_unknown(shop: Customer, payments: Payments) -> None:
    issued = shop.owes()
    page = shop.page(issued).content.decode()
    said = re.search(r'value="(http[^"]*/pay/[^"]+)"', page)
    assert said is not None
    path = urlsplit(said[1]).path
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
    ]  # fmt: skip
    friend = nobody()
    assert friend.get(good).status_code == 200
    answers = {(friend.get(path).status_code, "This link to pay does not work any more" in text(friend.get(path))) for path in wrong}
    assert answers == {(404, True)}
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
    assert link_until(act, listed(gone.id)) is None


def test_a_brand_says_for_how_long(db) -> None:
    assert (pay_links_hold({}), pay_links_hold({"pay_link_days": 0}), pay_links_hold({"pay_link_days": 7})) == (None, None, 7 * DAY)
    for bad in (-1, 91, "14", True, 1.5):
        with pytest.raises(ValueError, match="pay_link_days"):
            pay_links_hold({"pay_link_days": bad})
