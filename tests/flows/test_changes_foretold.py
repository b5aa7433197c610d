"""What is foretold while a change waits is what the real runs do: it holds, or is dropped, and what follows is billed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from hostkeep.audit.enter import APART
from hostkeep.audit.models import Entry
from hostkeep.billing.queries.unpaid import unpaid_of
from hostkeep.brands.queries import brand, policy_in_force
from hostkeep.flows import changing, dunning, renewing
from hostkeep.flows.foretelling import preview
from hostkeep.kernel.ids import BrandId, CategoryId
from hostkeep.kernel.money import EUR, Money
from hostkeep.messaging.calls import handing
from hostkeep.subscriptions.actions.add_ons import ask_add_on
from hostkeep.subscriptions.actions.changing import align, ask_change
from hostkeep.subscriptions.actions.pricing import announce_price
from hostkeep.subscriptions.models import Change, Period
from hostkeep.subscriptions.queries import add_ons, changes
from hostkeep.subscriptions.queries.coming import coming
from hostkeep.subscriptions.rules.agreeing import AddOn, Agreed, Discount, Taken
from hostkeep.subscriptions.rules.changing import Wanted
from hostkeep.subscriptions.rules.terms import Term
from hostkeep.vault.column_door import OPENED
from hostkeep.vault.erasing import erase
from tests.conftest import NOON, make_act
from tests.everything import BRAND, load_everything
from tests.flows.debtors import DAY, HOUR, Debtor, carry, machines, work
from tests.flows.test_foretelling import STRIDE, announces
from tests.flows.test_mailing import FakeMailer

MONTH, QUARTER = Term("month", 1), Term("month", 3)
ADDRESS = AddOn("address", "One more address", Money(200, EUR), Money(0, EUR), recurs=True, work=False)
BACKUP = AddOn("backup", "Nightly backup", Money(240, EUR), Money(100, EUR), recurs=True, work=False)
MOVE = AddOn("move", "We move your site", Money(0, EUR), Money(2500, EUR), recurs=False, work=False)
TENTH = Discount("A tenth off", Money(120, EUR), rate=100_000, periods=9)
FIXED = Discount("A euro off", Money(100, EUR), periods=7)
TAXED = "secret-box"
"""A product that bears another tax."""

ASKED = NOON + 15 * DAY
"""Two days before the next period is billed."""


@pytest.fixture(autouse=True)
def house(db, monkeypatch) -> Iterator[None]:
    monkeypatch.setattr(handing, "_makers", [lambda _brand, taking=FakeMailer(): taking])
    load_everything()
    with machines():
        yield


def subscribes(discount: Discount = TENTH, brand: str = BRAND) -> Debtor:
    return Debtor(brand=brand, discount=discount, add_ons=(Taken(ADDRESS, 2), Taken(BACKUP, 1))).starts()


def asks(ann: Debtor, wanted: Wanted, at: datetime = ASKED) -> Change:
    act = ann.act("customer", "service", at=at)
    reckoned = changes.preview(act, ann.subscription.id, of=ann.account, wanted=wanted.agreed, keeps=wanted.keeps)
    own = {"subscription": ann.subscription.id, "of": ann.account}
    ask_change(act, **own, wanted=wanted, expected=reckoned.turn.due, once=uuid4().hex)
    return settled(ann, at)


def adds(ann: Debtor, taken: Taken, at: datetime = ASKED) -> Change:
    act, own = ann.act("customer", "service", at=at), {"of": ann.account, "taken": taken}
    due = add_ons.preview_more(act, ann.subscription.id, **own).due + taken.once
    ask_add_on(act, subscription=ann.subscription.id, **own, most=9, expected=due, once=uuid4().hex)
    return settled(ann, at)


def settled(ann: Debtor, at: datetime) -> Change:
    """A change that waits, its invoice made where it has one."""
    change = Change.objects.get(subscription=ann.subscription.id, state="waiting")
    changing.settle(ann.act(at=at), change.id)
    carry(at)
    change.refresh_from_db()
    return change


def passes(ann: Debtor, begin: datetime, until: datetime, *, pays: bool = True) -> None:
    """The house at work, changes too; each invoice is paid when it is due, or none is."""
    at, stride = begin, DAY if pays else STRIDE
    while at < until:
        for row in unpaid_of(ann.account) if pays else ():
            if row.due_at <= at:
                ann.pays(row.id, at)
        changing.sweep_due(make_act(brand="", at=at))
        carry(at)
        if dunning.falls_due(at) or renewing.falls_due(at):
            work(at)
        at += stride


def told(ann: Debtor, at: datetime, until: datetime, *, assumed: str = "on_time") -> list:
    found = preview(ann.act("billing", at=at), ann.account, assumed=assumed)
    assert not found.is_cut
    return [each for each in found.events if each.at < until]


def day(at: datetime) -> str:
    """The day at the brand: what falls due at midnight is done a few hours later on it."""
    return f"{at.astimezone(ZoneInfo(brand(BrandId(BRAND)).zone)):%m-%d}"


def bills(events: list) -> list[tuple[str, int]]:
    return [(day(each.at), each.amount.minor) for each in events if each.what == "invoice" and each.amount.minor]


def came(ann: Debtor, since: datetime) -> list[tuple[str, int]]:
    return [(day(row.issued_at), row.gross_minor) for row in ann.invoices() if row.issued_at >= since]


def agreed(plan: str = "monthly", term: Term = MONTH, price: int = 2000, product: str = "hexa-s", **choices: str) -> Agreed:
    return Agreed(product, plan, f"{product} {plan}", choices, term, Money(price, EUR))


def kept(**prices: int) -> dict[str, Money]:
    return {slug: Money(price, EUR) for slug, price in prices.items()}


TERMS = {
    "a quarter, one add-on dropped": Wanted(agreed("quarterly", QUARTER, 3300), {}, kept(address=550)),
    "weeks": Wanted(agreed("weekly", Term("day", 7), 350), {}, kept(address=50, backup=60)),
    "a code that is not good for it": Wanted(agreed("quarterly", QUARTER, 3300), {}, kept(address=550), ends_discount=True),
    "another product by the year": Wanted(agreed("yearly", Term("year", 1), 9000, TAXED), {}, kept(backup=2400)),
}


@pytest.mark.parametrize("wanted", TERMS.values(), ids=TERMS)
@pytest.mark.parametrize("discount", [TENTH, FIXED], ids=["a tenth off", "a euro off"])
def test_another_term_comes_as_it_was_foretold(wanted: Wanted, discount: Discount) -> None:
    ann, until = subscribes(discount), NOON + (130 if wanted.agreed.term.months == 3 else 75) * DAY
    if discount is FIXED:
        align(ann.act("customer", "service"), subscription=ann.subscription.id, of=ann.account, day=20)
    announces(1500, days=40)
    announces(300, days=40, add_on="address")
    at = ASKED + HOUR
    asks(ann, wanted)
    foretold = bills(told(ann, at, until))
    bill = coming(ann.act(at=at), ann.subscription.id).bill
    passes(ann, at, until)
    assert came(ann, at) == foretold
    tax = 1 if wanted.agreed.product == TAXED else 1.19
    assert foretold[0][1] == round(bill.minor * tax), "the page of the service says the same of the next one"
    assert Period.objects.filter(subscription=ann.subscription.id, unit=wanted.agreed.term.unit, count=wanted.agreed.term.count)


DEARER = {
    "another product": Wanted(agreed(product=TAXED), {}, kept(address=260)),
    "another choice": Wanted(agreed(price=1700, disk="large"), {}),
    "another plan of the product": Wanted(agreed("plus", price=1700), {}),
    "a cheaper plan, dearer beside it": Wanted(agreed(price=1000, product="hexa-m"), {}, kept(address=900, backup=240)),
    "a code that is not good for it": Wanted(agreed(product="hexa-m"), {}, kept(address=260, backup=240), ends_discount=True),
}


@pytest.mark.parametrize("looked", [15.1, 19], ids=["before the next period is billed", "since it was billed without it"])
@pytest.mark.parametrize("wanted", DEARER.values(), ids=DEARER)
def test_what_is_paid_holds_and_costs_the_difference_of_what_was_billed_meanwhile(wanted: Wanted, looked: float) -> None:
    ann, at, until = subscribes(), NOON + looked * DAY, NOON + 140 * DAY
    announces(1500, days=100)
    announces(300, days=40, add_on="address")
    announces(310, days=60, add_on="backup")
    act = make_act("owner", "billing", brand=BRAND, at=NOON + 0.2 * DAY, actor="staff:test")
    beside = {"product": "hexa-s", "plan": "plus", "effective_at": NOON + 70 * DAY, "add_on": "address"}
    announce_price(act, **beside, each=Money(330, EUR))
    asks(ann, wanted)
    passes(ann, ASKED, at)
    foretold = bills(told(ann, at, until))
    passes(ann, at, until)
    assert came(ann, at) == foretold
    assert ann.invoices()[-1].once.startswith("renewal:")
    assert [each for each in ann.invoices() if each.once.startswith("late:")]


@pytest.mark.parametrize("looked", [15.1, 19], ids=["before the next period is billed", "since it was billed without it"])
@pytest.mark.parametrize("taken", [Taken(BACKUP, 2), Taken(ADDRESS, 1), Taken(MOVE, 1)], ids=["another piece", "one more", "once"])
def test_an_add_on_that_is_paid_is_foretold_with_what_was_billed_without_it(taken: Taken, looked: float) -> None:
    ann, at, until = subscribes(), NOON + looked * DAY, NOON + 110 * DAY
    announces(1500, days=70)
    announces(300, days=40, add_on="address")
    adds(ann, taken)
    passes(ann, ASKED, at)
    foretold = bills(told(ann, at, until))
    passes(ann, at, until)
    assert came(ann, at) == foretold
    late = [each for each in ann.invoices() if each.once.startswith("late:")]
    assert bool(late) == taken.add_on.recurs


@pytest.mark.parametrize("what", ["upgrade", "add-on"])
def test_what_nobody_pays_is_dropped_and_what_is_had_goes_on(what: str) -> None:
    ann, until = subscribes(), NOON + 52 * DAY
    change = asks(ann, DEARER["another product"]) if what == "upgrade" else adds(ann, Taken(BACKUP, 2))
    at = ASKED + HOUR
    events = told(ann, at, until, assumed="unpaid")
    passes(ann, at, until, pays=False)
    assert came(ann, at) == bills(events)
    assert len(came(ann, at)) == 2
    (drop,) = [each for each in events if each.what == "drop"]
    change.refresh_from_db()
    assert (change.state, drop.invoice, day(drop.at)) == ("dropped", change.invoice, day(change.done_at))


def test_what_waits_is_dropped_with_its_service() -> None:
    ann = subscribes()
    ends = next(each.at for each in told(ann, NOON + DAY, NOON + 365 * DAY, assumed="unpaid") if each.what == "end")
    asked = ends - 4 * DAY
    passes(ann, NOON + DAY, asked, pays=False)
    change, at = asks(ann, DEARER["another product"], asked), asked + HOUR
    events = told(ann, at, ends + 20 * DAY, assumed="unpaid")
    end, drop = (next(each for each in events if each.what == what) for what in ("end", "drop"))
    assert drop.at == end.at < change.asked_at + 7 * DAY
    passes(ann, at, ends + 20 * DAY, pays=False)
    change.refresh_from_db()
    assert (change.state, day(change.done_at)) == ("dropped", day(drop.at))
    assert came(ann, at) == bills(events)


def test_what_waits_is_opened_with_all_else_that_an_account_has_and_the_book_has_no_entry_more() -> None:
    ann = subscribes()
    announces(300, days=40, add_on="address")
    ann.orders()
    entries = Entry.objects.using(APART).filter(verb=OPENED, category="chosen_service")

    def entered() -> int:
        before = entries.count()
        told(ann, ASKED + HOUR, NOON + 100 * DAY)
        return entries.count() - before

    without = entered()
    asks(ann, TERMS["weeks"])
    assert entered() == without > 0


@pytest.mark.parametrize("what", ["term", "upgrade"])
def test_where_it_is_erased_what_was_agreed_on_goes_on(what: str) -> None:
    ann, at, until = subscribes(brand="vps6"), ASKED + HOUR, NOON + 100 * DAY
    without = bills(told(ann, at, until))
    asks(ann, TERMS["weeks"] if what == "term" else DEARER["another product"])
    assert bills(told(ann, at, until)) != without
    policy = policy_in_force(BrandId("vps6"), at)
    classes = frozenset({policy.categories[CategoryId("chosen_service")].keep_class})
    erase(make_act(), subject=ann.subject, classes=classes, why="request")
    assert bills(told(ann, at, until)) == without
