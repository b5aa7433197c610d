"""A document bears the seller that it was issued by, whatever the brand says of its seller afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module

import pytest
from django.db import DatabaseError, connection, transaction

from hostkeep.billing.actions.correcting import credit_whole
from hostkeep.billing.documents.composing import compose
from hostkeep.billing.documents.printing import Wanted, invoice_xml, paper_of
from hostkeep.billing.queries.invoices import sheet
from hostkeep.brands import queries
from hostkeep.brands.actions.loading import load_brand
from hostkeep.brands.models import SellerBlock
from hostkeep.brands.rules.profile import read_profile
from hostkeep.kernel.ids import InvoiceId
from hostkeep.runtime import clock
from tests.conftest import NOON, ROOT, make_act
from tests.faces.client.conftest import Member
from tests.rooms.billing.making import Buyer, billing_act, line
from tests.rooms.billing.test_einvoices import ANN
from tests.told import told

MOVED = NOON + timedelta(days=10)
FILE = (ROOT / "brands" / "vps6" / "brand.toml").read_text(encoding="utf-8")
CHANGES = (('"VPS6 B.V."', '"Six Servers N.V."'), ('"Europe/Amsterdam"', '"Pacific/Auckland"'))


@pytest.fixture(autouse=True)
def forgetful(db: None) -> Iterator[None]:
    queries.forget()
    yield
    queries.forget()


def loads(*changes: tuple[str, str], at=MOVED) -> None:
    text = FILE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    load_brand(make_act("owner", "site_administration", brand="vps6", at=at), profile=read_profile(text))


def paper(buyer: Buyer, invoice: InvoiceId) -> tuple[str, tuple[str, ...], str]:
    """The name of the seller, its block and the day, as they stand on a document."""
    shown = compose(paper_of(buyer.act(), told(sheet(invoice, of=buyer.account)), Wanted("1", "en"), ANN))
    return shown.seller[0], shown.seller, shown.issued


def xml(buyer: Buyer, invoice: InvoiceId) -> bytes:
    return invoice_xml(buyer.act(), of=buyer.account, invoice=invoice, wanted=Wanted("1", "en"))


def test_what_was_issued_before_the_seller_changed_is_as_it_was() -> None:
    buyer = Buyer()
    before = buyer.owes(line(), party=ANN).id
    old, stated = paper(buyer, before), xml(buyer, before)
    assert old[0] == "VPS6 B.V."
    assert b"VPS6 B.V." in stated

    loads(*CHANGES)

    assert (paper(buyer, before), xml(buyer, before)) == (old, stated)
    after = buyer.owes(line(), party=ANN, at=MOVED).id
    assert paper(buyer, after)[0] == "Six Servers N.V."
    assert b"Six Servers N.V." in xml(buyer, after)
    note = credit_whole(billing_act(at=MOVED), invoice=before, reason="cancelled", once="note")
    assert paper(buyer, note.id)[0] == "Six Servers N.V.", "a note is issued by who the seller is by then"
    assert paper(buyer, before)[:2] == old[:2]


def test_where_money_is_paid_to_is_where_it_is_today() -> None:
    buyer = Buyer()
    before = buyer.owes(line(), party=ANN).id
    loads(('"NL67HKPD0123456789"', '"NL91ABNA0417164300"'))
    shown = compose(paper_of(buyer.act(), told(sheet(before, of=buyer.account)), Wanted("1", "en"), ANN))
    assert any("NL91 ABNA" in value for _, value in shown.pay)


def test_each_change_is_written_down_once_and_a_load_that_changes_nothing_is_none() -> None:
    known = SellerBlock.objects.filter(brand="vps6").count()
    assert known == 1
    loads()
    assert SellerBlock.objects.filter(brand="vps6").count() == known
    loads(*CHANGES)
    loads(*CHANGES, at=MOVED + timedelta(days=1))
    loads(at=MOVED + timedelta(days=2))
    assert SellerBlock.objects.filter(brand="vps6").count() == known + 2


@pytest.mark.parametrize(
    "statement",
    ["UPDATE brands_sellerblock SET said = '{}'", "DELETE FROM brands_sellerblock", "TRUNCATE brands_sellerblock"],
)
def test_what_was_said_stays(statement: str) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_page_shows_the_seller_that_its_paper_does() -> None:
    ann = Member("vps6")
    buyer = Buyer("vps6", ann.account.id, ann.account.subject)
    now = clock.now()
    before = buyer.owes(line(), party=ANN, at=now).id
    loads(*CHANGES, ('{ en = "VAT", vi = "Thuế GTGT" }', '{ en = "Duty" }'), at=now + timedelta(seconds=1))
    queries.forget()
    page = ann.get(f"/account/invoices/{before}/").content.decode()
    shown = page.split('<article class="paper">')[1].split("</article>")[0]
    assert "VPS6 B.V." in shown and "VAT" in shown
    assert "Six Servers N.V." not in shown and "Duty" not in shown


def test_a_brand_from_before_is_written_down_as_it_is() -> None:
    """What the migration writes of a brand is what loading it writes, so that the next load finds nothing new."""
    written = import_module("hostkeep.brands.migrations.0004_sellers_stay").STAYS.split(";")[0]
    with connection.cursor() as cursor:
        cursor.execute(written)
    one, other = SellerBlock.objects.filter(brand="vps6")
    assert (one.said, one.since_at) == (other.said, other.since_at)
    loads()
    assert SellerBlock.objects.filter(brand="vps6").count() == 2
