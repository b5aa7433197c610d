"""Years of a brand, played at random: orders, changes, payments of every kind, refunds, ends and clock jumps.

Several customers with several services each.  After every step all of `years_hold` holds, and at the end the
house's own check of its books agrees.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from hostkeep.flows import add_ons, aligning, cancelling, changing, checkout, metering, price_changes
from hostkeep.flows.price_changes import PlanPrice
from hostkeep.flows.reconciling import check_book, check_brand
from hostkeep.kernel.act import Act
from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.ids import BrandId, ServiceId
from hostkeep.kernel.money import CURRENCIES, Money
from hostkeep.kernel.period import Period
from hostkeep.provisioning.models import Service
from hostkeep.shop.actions.carting import Wish
from hostkeep.subscriptions.actions.metering import Told
from hostkeep.subscriptions.actions.pricing import withdraw_price
from hostkeep.subscriptions.models import Metered, PriceChange, Subscription
from hostkeep.subscriptions.models import Period as BilledPeriod
from hostkeep.subscriptions.queries.metering import use_due
from tests.conftest import make_act
from tests.flows.debtors import carry
from tests.flows.stating import statement_wrong
from tests.flows.years_hold import Books, everything_wrong
from tests.flows.years_house import ADD_ONS, BEGINNINGS, BRAND, CODES, PLANS, PRODUCTS, SHORT, Person, joins, stops, work

ZONE = "Europe/Berlin"
DAY = timedelta(days=1)
WHICH = some.integers(0, 999)
HOURS = some.sampled_from([1, 1, 6, 24, 24, 72, 24 * 9, 24 * 31, 24 * 45, 24 * 100])
MOST_PEOPLE, MOST_WISHES = 4, 12


class Died(BaseException):
    """The process is gone."""


class Years(RuleBasedStateMachine):
    """A brand whose time passes.

    at      the moment
    given   credit that was given less what was taken back, by account and currency
    deeds   what was done, and how often
    faults  what went wrong in due work and was only logged
    wishes  how often something was ordered, or tried to be: what can be played next hangs on nothing that chance decides
    """

    def __init__(self) -> None:
        super().__init__()
        self.apart = transaction.atomic()
        self.apart._from_testcase = True  # type: ignore[attr-defined]  # what is done in it counts as outside
        self.apart.__enter__()
        self.at: datetime = BEGINNINGS[0]
        self.people: list[Person] = []
        self.given: Counter[tuple[UUID, str]] = Counter()
        self.deeds: Counter[str] = Counter()
        self.faults: list[str] = []
        self.wishes = 0

    def act(self, role: str = "billing", purpose: str = "billing") -> Act:
        return make_act(role, purpose, brand=BRAND, at=self.at, actor="staff:test")

    def tried(self, name: str, deed: Callable[[], Any]) -> Any:
        """Do a deed, and carry its news; what is foreseen and refused is fine."""
        try:
            done = deed()
        except Foreseen:
            self.deeds["refused"] += 1
            return None
        self.deeds[name] += 1
        carry(self.at)
        return done

    def dies_at(self, where: object, name: str, deed: Callable[[], Any]) -> None:
        """Do a deed whose process is killed where it would go on; its news lives on."""

        def dies(*_: object, **__: object) -> None:
            raise Died

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(where, name, dies)
            try:
                deed()
            except Died:
                self.deeds["died"] += 1
            except Foreseen:
                return
        carry(self.at)

    @property
    def books(self) -> Books:
        return Books(BRAND, ZONE)

    def somebody(self, which: int) -> Person:
        return self.people[which % len(self.people)]

    def one_of(self, which: int) -> tuple[Person, ServiceId] | None:
        """A service, and whose it is: one that is not gone, if there is such."""
        prices = dict(Subscription.objects.filter(brand=BRAND).values_list("service", "price_minor"))
        rows = Service.objects.filter(brand=BRAND).exclude(state="closed").values_list("account", "id", "created_at")
        found = sorted(rows, key=lambda row: (row[2], prices.get(row[1], 0)))  # not by chance, so that a story can be told again
        if not found:
            return None
        account, service, _ = found[which % len(found)]
        return next(each for each in self.people if each.account == account), ServiceId(service)

    @precondition(lambda self: len(self.people) < MOST_PEOPLE)
    @rule(country=some.sampled_from(["DE", "FR", "US"]), currency=some.sampled_from(["EUR", "USD", "VND"]))
    def joins(self, country: str, currency: str) -> None:
        self.people.append(joins(self.at, country, currency))
        carry(self.at)

    @precondition(lambda self: self.wishes < MOST_WISHES)
    @rule(
        who=WHICH, what=some.lists(some.sampled_from(PRODUCTS), min_size=1, max_size=2, unique=True), plan=some.sampled_from(PLANS),
        many=some.booleans(), code=some.sampled_from(["", "", *CODES]), dies=some.sampled_from([False, False, False, True]),
    )  # fmt: skip
    def orders(self, who: int, what: list[str], plan: str, many: bool, code: str, dies: bool) -> None:
        self.wishes += 1
        picked = {"disk": "many" if many else "few"}
        wishes = [Wish(each, plan_of(each, plan), picked if each in ("small", "middle", "large") else {}, {}, 1 + (many and each == "small")) for each in what]
        person = self.somebody(who)
        if dies:
            self.dies_at(checkout, "_completed", lambda: person.orders(self.at, wishes, code))
            self.deeds["order"] += 1
        else:
            self.tried("order", lambda: person.orders(self.at, wishes, code))

    # Time

    @rule(hours=HOURS, down=some.booleans())
    def time_passes(self, hours: int, down: bool) -> None:
        """The house at work on the way; or it was down, and makes up for all of it at the end."""
        until = self.at + timedelta(hours=hours)
        for stop in [until] if down else stops(self.at, until):
            self.at = stop
            self.faults += work(stop)
        self.deeds["days"] += hours // 24

    # Changes and ends

    @rule(which=WHICH, kind=some.sampled_from(["upgrade", "downgrade", "term"]), offer=WHICH)
    def asks_for_a_change(self, which: int, kind: str, offer: int) -> None:
        found = self.one_of(which)
        if found is None:
            return
        (who, service), act = found, found[0].act(self.at, "service")
        offers = self.tried("look", lambda: changing.offers(act, of=who.account, service=service, language="en")) or ()
        fitting = [each for each in offers if each.change.kind == kind]
        if fitting:
            wanted = fitting[offer % len(fitting)]
            wish = (wanted.move.product, wanted.move.plan, wanted.move.choices)
            self.tried(f"change {kind}", lambda: changing.ask(
                act, of=who.account, service=service, wish=wish, expected=wanted.expected, once=uuid4().hex
            ))  # fmt: skip

    @rule(which=WHICH)
    def takes_the_change_back(self, which: int) -> None:
        if found := self.one_of(which):
            self.tried("drop", lambda: changing.take_back(found[0].act(self.at, "service"), of=found[0].account, service=found[1]))

    @rule(which=WHICH, dies=some.booleans())
    def cancels_at_its_end(self, which: int, dies: bool) -> None:
        self.ends("cancel", cancelling.cancel_at_end, which, dies)

    @rule(which=WHICH, dies=some.booleans())
    def keeps_it(self, which: int, dies: bool) -> None:
        self.ends("keep", cancelling.keep, which, dies)

    @rule(which=WHICH, odds=some.integers(0, 9), dies=some.booleans())
    def ends_it_now(self, which: int, odds: int, dies: bool) -> None:
        if odds == 9:
            self.ends("now", cancelling.cancel_now, which, dies)

    def ends(self, name: str, deed: Callable[..., Any], which: int, dies: bool) -> None:
        if found := self.one_of(which):
            act = found[0].act(self.at, "service")
            wanted = lambda: deed(act, of=found[0].account, service=found[1])  # noqa: E731
            self.dies_at(cancelling, "settle_ahead", wanted) if dies else self.tried(name, wanted)

    @rule(which=WHICH, what=some.sampled_from(ADD_ONS), pieces=some.integers(1, 3))
    def adds_on(self, which: int, what: str, pieces: int) -> None:
        """An extra beside a service: what recurs and what is bought once."""
        if found := self.one_of(which):
            act, own = found[0].act(self.at, "service"), {"of": found[0].account, "service": found[1], "wish": (what, pieces)}
            quote = self.tried("look", lambda: add_ons.quote_more(act, **own, language="en"))
            if quote is not None:
                self.tried("add-on", lambda: add_ons.add(act, **own, expected=quote.due.minor, once=uuid4().hex))

    @rule(which=WHICH, pieces=some.integers(1, 3))
    def takes_an_add_on_off(self, which: int, pieces: int) -> None:
        if found := self.one_of(which):
            act, own = found[0].act(self.at, "service"), {"of": found[0].account, "service": found[1], "wish": (ADD_ONS[0], pieces)}
            quote = self.tried("look", lambda: add_ons.quote_less(act, **own))
            if quote is not None:
                self.tried("add-on off", lambda: add_ons.take_off(act, **own, expected=quote.due.minor, once=uuid4().hex))

    @rule(who=WHICH, day=some.integers(1, 31))
    def aligns(self, who: int, day: int) -> None:
        person = self.somebody(who)
        shown = aligning.preview(person.account, day=day)
        seen = {each.row.id: (each.stub.end, each.price.minor) for each in shown}
        if seen:
            self.tried("align", lambda: aligning.bring(person.act(self.at, "service"), of=person.account, day=day, seen=seen))

    @rule(what=some.sampled_from(PRODUCTS), plan=some.sampled_from(PLANS), currency=some.sampled_from(["EUR", "USD", "VND"]), minor=some.integers(0, 5000))
    def announces_a_price(self, what: str, plan: str, currency: str, minor: int) -> None:
        new = PlanPrice(what, plan_of(what, plan), Money(minor, CURRENCIES[currency]))
        self.tried("price", lambda: price_changes.announce(self.act("owner"), new=new, since=None))

    @rule(which=WHICH)
    def withdraws_a_price(self, which: int) -> None:
        found = list(PriceChange.objects.filter(brand=BRAND, withdrawn_at=None).order_by("announced_at", "minor"))
        if found:
            self.tried("price back", lambda: withdraw_price(self.act("owner"), change=found[which % len(found)].id))

    @rule(which=WHICH, gigabytes=some.integers(1, 400))
    def reads_a_meter(self, which: int, gigabytes: int) -> None:
        found = list(Metered.objects.filter(subscription__brand=BRAND).order_by("started_at").values_list("id", flat=True))
        if found:
            told = Told(found[which % len(found)], uuid4().hex, gigabytes * 10**9, Period(self.at - timedelta(hours=1), self.at))
            self.tried("reading", lambda: metering.take(self.act("system"), told=[told]))

    # What holds

    @invariant()
    def nothing_went_wrong_in_silence(self) -> None:
        assert self.faults == []

    @invariant()
    def the_books_add_up(self) -> None:
        if self.people:
            problems = everything_wrong(self.books, self.given)
            assert problems == [], problems

    def teardown(self) -> None:
        """After the sweep nothing is missing: each period that runs is billed, and the house's check agrees."""
        try:
            self.ends_well()
        finally:
            transaction.set_rollback(True)
            self.apart.__exit__(None, None, None)

    def ends_well(self) -> None:
        for _ in range(2):
            self.at += timedelta(hours=1)
            self.faults += work(self.at)
        problems = [*self.faults, *everything_wrong(self.books, self.given, is_swept=True), *missed(self.at)]
        begin, end = min(BEGINNINGS) - DAY, self.at + DAY
        cuts = [begin + (end - begin) / 3, begin + (end - begin) / 2]
        for person in self.people:
            problems += statement_wrong(person.account, cuts=cuts, begin=begin, end=end)
        assert problems == [], problems
        self.deeds["hours"] += BilledPeriod.objects.filter(subscription__brand=BRAND, unit="hour", invoice__isnull=False).count() > 2
        assert check_brand(BrandId(BRAND)) == ()
        assert check_book() == ()


def plan_of(what: str, plan: str) -> str:
    """A plan of a product: one has others."""
    return SHORT[plan] if what == "passing" else plan


def missed(at: datetime) -> list[str]:
    """What should have been billed by now, or runs and should not."""
    running = Subscription.objects.filter(brand=BRAND, state__in=["active", "trial"], billed_to__lte=at, stopped_at=None)
    wrong = [f"not billed since {row.billed_to}" for row in running]
    over = Subscription.objects.filter(brand=BRAND, state="ended").values("service")
    gone = Service.objects.filter(brand=BRAND, id__in=over).exclude(state__in=["closing", "closed"])
    wrong += [f"{row.state} after its end" for row in gone]
    wrong += [f"use to {due.period.end} is not billed" for due in use_due(at - metering.PATIENCE)]
    bare = Service.objects.filter(brand=BRAND, state="active").exclude(id__in=Subscription.objects.values("service"))
    return wrong + [f"{row.id} runs and recurs not" for row in bare]
