"""What is given back for less: of the lines that billed it, at their own price and tax, and never more."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

import pytest

from hostkeep.audit.reading import newest_id
from hostkeep.billing.actions.by_hand import Taken, record_by_hand
from hostkeep.billing.actions.correcting import Part, credit_lines
from hostkeep.billing.actions.reconciling import settle_finding
from hostkeep.billing.events import InvoicePaid
from hostkeep.billing.models import Invoice
from hostkeep.billing.queries.corrections import lines_left
from hostkeep.billing.queries.findings import open_findings_of
from hostkeep.billing.queries.invoices import held_for, sheet
from hostkeep.flows import activation, changing, reconciling, renewing, subscribing
from hostkeep.billing.rules import chart
from hostkeep.kernel.ids import AccountId, BrandId, CategoryId, InvoiceId, ServiceId
from hostkeep.kernel.money import EUR, Money, money
from hostkeep.ledger import book
from hostkeep.provisioning.events import ServiceActivated
from hostkeep.provisioning.models import Action, Service
from hostkeep.shop.actions.carting import Wish, add_line, open_cart
from hostkeep.subscriptions.actions.pricing import announce_price
from hostkeep.subscriptions.events import SubscriptionChanged
from hostkeep.subscriptions.models import Change
from hostkeep.subscriptions.queries.subscriptions import subscription_of_service
from hostkeep.vault import door
from tests.conftest import NOON, make_act
from tests.everything import BRAND, Customer, load_everything
from tests.rung import rung


@pytest.fixture(autouse=True)
def brand(db) -> None:
    load_everything()


def at(days: float):
    return NOON + timedelta(days=days)


def system(days: float, brand: str = BRAND):
    return make_act(brand=brand, at=at(days))


@dataclass
class Tenant:
    """A customer in some place who rents boxes."""

    who: Customer
    services: list[ServiceId]

    @classmethod
    def rents(cls, country: str, *, disk: str = "large", quantity: int = 1) -> Tenant:
        who = Customer.at(country)
        cart = open_cart(who.act(), currency="EUR", account=who.account).cart
        add_line(who.act(), cart=cart, wish=Wish("box", "monthly", {"disk": disk}, {}, quantity))
        invoice = who.orders(cart).invoice
        tenant = cls(who, [])
        tenant.pays(invoice, 0)
        activation.on_invoice_paid(system(0), InvoicePaid(invoice, who.account))
        for row in Service.objects.filter(account=who.account).order_by("id"):
            tenant.services.append(ServiceId(row.id))
            tenant.is_built(row.id)
        return tenant

    def is_built(self, service) -> None:
        Service.objects.filter(id=service).update(state="active", activated_at=NOON)
        Action.objects.filter(service_id=service).update(stage="done", due_at=None)
        subscribing.on_service_activated(system(0), ServiceActivated(service, self.account))

    @property
    def account(self) -> AccountId:
        return self.who.account

    @property
    def held(self) -> int:
        """The account's credit."""
        return held_for(self.account, EUR).minor

    def row(self, n: int = 0):
        return subscription_of_service(self.services[n], of=self.account)

    def moves_to(self, country: str) -> None:
        address = {"address": "Way 1", "city": "Town", "postal_code": "10115", "region": "", "country": country}
        act = make_act("customer", "account", brand=BRAND, own=self.who.row.subject)
        door.put(act, subject=self.who.row.subject, category=CategoryId("address"), value=json.dumps(address))

    def pays(self, invoice, days: float) -> int:
        """Pay all that is open on an invoice; return it."""
        owed = sheet(InvoiceId(invoice), of=self.account).owed
        given = Taken(owed, "cash", at(days).date(), uuid4().hex)
        record_by_hand(make_act("billing", "billing", brand=BRAND, at=at(days)), invoice=InvoiceId(invoice), taken=given)
        return owed.minor

    def takes(self, disk: str, days: float, n: int = 0) -> changing.Offer:
        """Another disk is asked for, paid where it costs more, and made so."""
        act = make_act("customer", "service", brand=BRAND, at=at(days))
        found = changing.offers(act, of=self.account, service=self.services[n], language="en")
        offer = next(o for o in found if o.move.plan == "monthly" and o.move.choices.get("disk") == disk)
        changing.ask(
            act, of=self.account, service=self.services[n], wish=(offer.move.product, offer.move.plan, offer.move.choices),
            expected=offer.expected, once=uuid4().hex,
        )  # fmt: skip
        change = Change.objects.order_by("-asked_at", "-id").first()
        if change.state == "waiting":
            self.pays(change.invoice, days)
            changing.on_invoice_paid(system(days), InvoicePaid(InvoiceId(change.invoice), self.account))
        for _ in range(2):
            row = self.row(n)
            changing.on_subscription_changed(system(days), SubscriptionChanged(row.id, row.service, self.account))
            Action.objects.filter(service_id=row.service).update(stage="done", due_at=None)
        return offer

    def renews(self, days: float) -> Invoice:
        """The renewal is made and paid."""
        assert renewing.renew_due(make_act(brand="", at=at(days))) == len(self.services)
        made = Invoice.objects.filter(account=self.account, once__startswith="renewal:").order_by("-issued_at").first()
        self.pays(made.id, days)
        return made


def test_a_way_there_and_back_gives_what_was_paid_though_its_owner_moved(db) -> None:
    """Paid where no tax is added, given back where 27 in the hundred would be: as often as somebody likes."""
    ann = Tenant.rents("US", disk="small")
    for n, days in enumerate((0.1, 0.2, 0.3), start=1):
        ann.moves_to("US")
        up = ann.takes("large", days)
        assert up.gross == up.change.turn.due
        ann.moves_to("HU")
        down = ann.takes("small", days + 0.05)
        assert down.given == up.gross
        assert ann.held == n * up.gross.minor
    assert {note.tax_minor for note in Invoice.objects.filter(kind="credit_note")} == {0}


def test_the_tax_of_what_is_given_back_is_not_owed_any_more(db) -> None:
    ann = Tenant.rents("DE", disk="large")
    before = -book.balance(chart.tax(BrandId(BRAND)), EUR).minor
    assert before == money(700 + 150, "EUR").tax(190_000).minor
    down = ann.takes("small", 10)
    note = Invoice.objects.get(kind="credit_note")
    assert (note.gross_minor, note.net_minor) == (down.given.minor, -down.change.turn.due.minor)
    assert note.tax_minor > 0
    assert -book.balance(chart.tax(BrandId(BRAND)), EUR).minor == before - note.tax_minor
    assert ann.held == note.gross_minor


def test_of_an_upgrade_and_a_renewal_each_gives_its_own_tax_back(db) -> None:
    ann = Tenant.rents("US", disk="small")
    ann.takes("large", 1)
    ann.moves_to("DE")
    ann.renews(20)
    down = ann.takes("small", 21)
    upgrade = Invoice.objects.get(once__startswith="change:")
    renewal = Invoice.objects.get(once__startswith="renewal:")
    notes = {note.corrects_id: note for note in Invoice.objects.filter(kind="credit_note")}
    assert notes[upgrade.id].tax_minor == 0
    assert notes[renewal.id].tax_minor == money(200, "EUR").tax(190_000).minor
    assert notes[renewal.id].net_minor == 200
    assert ann.held == down.given.minor == sum(note.gross_minor for note in notes.values())


def test_of_several_pieces_on_one_line_each_gives_its_own(db) -> None:
    ann = Tenant.rents("DE", quantity=2)
    for n in (0, 1):
        ann.takes("small", 5.01 + n / 100, n)
    first, second = Invoice.objects.filter(kind="credit_note").order_by("issued_at")
    left = Money(700, EUR).share([6, 25])[1] - Money(500, EUR).share([6, 25])[1]
    assert (first.net_minor, second.net_minor) == (left.minor, left.minor)


@pytest.mark.parametrize("minor", [5000, 300])
def test_what_runs_counts_at_the_price_it_was_billed_at_though_the_next_period_has_another(db, minor: int) -> None:
    """The price of the next period is not what the running one was billed at."""
    ann = Tenant.rents("DE", disk="large")
    owner = make_act("owner", "billing", brand=BRAND, at=at(0.5), actor="staff:test")
    announce_price(owner, product="box", plan="monthly", each=Money(minor, EUR), effective_at=at(30.9))
    ann.renews(20)
    assert ann.row().price.minor == minor
    running = Money(700, EUR).share([21, 10])[1].minor - Money(500, EUR).share([21, 10])[1].minor
    ahead = minor - 500
    down = ann.takes("small", 20.01)
    assert -down.change.turn.due.minor == running + ahead
    if ahead > 0:
        order = Invoice.objects.get(account=ann.account, once__startswith="order:")
        assert Invoice.objects.get(kind="credit_note", corrects=order).net_minor == running
        assert ann.held == money(running, "EUR").tax(190_000).minor + running + ahead + money(ahead, "EUR").tax(190_000).minor
    else:
        assert ann.held == 0


def test_nothing_is_given_back_that_was_given_already(db) -> None:
    ann = Tenant.rents("DE", disk="large")
    order = Invoice.objects.get(account=ann.account, once__startswith="order:")
    from hostkeep.billing.actions.correcting import credit_whole

    credit_whole(
        make_act("billing", "billing", brand=BRAND, at=at(1)), invoice=InvoiceId(order.id), reason="goodwill", once="all"
    )
    held = ann.held
    down = ann.takes("small", 2)
    assert down.gross.minor == 0
    assert ann.held == held


def billed(ann: Tenant) -> InvoiceId:
    return InvoiceId(Invoice.objects.get(account=ann.account, once__startswith="order:").id)


def takes_back(ann: Tenant, monkeypatch, *, but: int) -> tuple[int, int]:
    """A disk is given up while somebody takes something of its line back: what was to be had back, and what was had."""
    real = changing.give_back

    def slow(act, change, back, *, of):
        if not Invoice.objects.filter(once="meanwhile").exists():
            parts = [Part(each.position, each.left - Money(but, EUR)) for each in lines_left(billed(ann)) if each.left.minor > 0]
            staff = make_act("billing", "billing", brand=BRAND, at=at(2))
            credit_lines(staff, invoice=billed(ann), parts=parts, reason="goodwill", once="meanwhile")
        real(act, change, back, of=of)

    monkeypatch.setattr(changing, "give_back", slow)
    down = ann.takes("small", 2)
    notes = Invoice.objects.filter(account=ann.account, kind="credit_note", once__startswith="back:")
    return -down.change.turn.due.minor, sum(each.net_minor for each in notes)


def test_what_is_left_is_given_though_somebody_took_some_of_it(db, monkeypatch) -> None:
    ann, before = Tenant.rents("DE", disk="large"), newest_id()
    promised, given = takes_back(ann, monkeypatch, but=100)
    assert (given, promised > 100) == (100, True)
    (open_one,) = open_findings_of(BrandId(BRAND), ["not_given"])
    assert (open_one.about, open_one.amount) == (ann.account, Money(promised - 100, EUR))
    assert rung(before) == ["credit_not_given"], "once, however often it is tried"


def test_where_nothing_is_left_staff_sees_it_and_settles_it(db, monkeypatch) -> None:
    ann = Tenant.rents("DE", disk="large")
    promised, given = takes_back(ann, monkeypatch, but=0)
    assert given == 0
    (open_one,) = open_findings_of(BrandId(BRAND), ["not_given"])
    assert open_one.amount == Money(promised, EUR)
    under = make_act("billing", "billing", brand=BRAND, at=at(3), actor="staff:x")
    reconciling.reconcile(make_act(brand=BRAND, at=at(3)))
    assert open_findings_of(BrandId(BRAND), ["not_given"]) == (open_one,), "the daily check leaves it to a person"
    assert settle_finding(under, finding=open_one.id).fresh
    assert open_findings_of(BrandId(BRAND), ["not_given"]) == ()
    row = ann.row()
    changing.on_subscription_changed(system(3), SubscriptionChanged(row.id, row.service, ann.account))
    assert open_findings_of(BrandId(BRAND), ["not_given"]) == (), "settled once"


def test_killed_before_it_was_given_it_comes_with_the_news_of_the_next_change(db, monkeypatch) -> None:
    ann = Tenant.rents("DE", disk="large")
    act = make_act("customer", "service", brand=BRAND, at=at(1))
    with monkeypatch.context() as patch:
        patch.setattr(changing, "settle", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            ann.takes("small", 1)
    (gone,) = Change.objects.filter(state="done")
    assert ann.held == 0
    offer = next(o for o in changing.offers(act, of=ann.account, service=ann.services[0], language="en") if o.change.kind == "term")
    wish = (offer.move.product, offer.move.plan, offer.move.choices)
    changing.ask(act, of=ann.account, service=ann.services[0], wish=wish, expected=offer.expected, once="t")
    row = ann.row()
    changing.sweep_due(make_act(brand="", at=row.renew_at))
    changing.on_subscription_changed(system(1), SubscriptionChanged(row.id, row.service, ann.account))
    assert ann.held > 0
    assert Invoice.objects.filter(once=f"back:{gone.id}:0").exists()
