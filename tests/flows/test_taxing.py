"""Whose tax a buyer of the sixth brand bears, from the address and the number they gave to the invoice."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import ClassVar
from uuid import uuid4

import pytest
from django.db import connection, connections

from hostkeep.billing.actions.checking import record_check
from hostkeep.billing.actions.paying import begin_payment, record_outcome
from hostkeep.billing.calls import gateways, numbers
from hostkeep.billing.models import NumberCheck, TaxDecision
from hostkeep.billing.queries.invoices import sheet
from hostkeep.billing.stores import STORES
from hostkeep.runtime.stores import Person
from hostkeep.drivers.conformance.payments import FakeGateway
from hostkeep.drivers.manifest import Manifest
from hostkeep.drivers.packages import NoPackage
from hostkeep.drivers.payments import Settled
from hostkeep.drivers.tax_numbers import NoAnswer, NotRegistered, Registered
from hostkeep.flows import checkout, number_checking, taxing
from hostkeep.flows.needing import package_for
from hostkeep.flows.number_checking import check_due, check_number
from hostkeep.flows.payer_places import learn_country
from hostkeep.kernel.ids import CategoryId, InvoiceId, PurposeId
from hostkeep.kernel.money import EUR, Money
from hostkeep.runtime import breaker, egress
from hostkeep.vault import door, epochs, rolling
from hostkeep.audit.enter import APART
from hostkeep.vault.models import Disclosure
from hostkeep.vault.wall import opened
from hostkeep.policy.errors import PolicyError
from hostkeep.shop.actions.carting import Wish, add_line
from hostkeep.shop.errors import PriceChanged
from hostkeep.vault.disclosing import NotDisclosed
from tests.conftest import NOON, make_act
from tests.drivers.vies_side import NAME, ViesSide, vies_side
from tests.everything import BRAND, FOLDER, Customer, load_everything
from tests.faces.client.conftest import Member
from tests.rooms.billing.making import billing_act
from tests.rooms.subscriptions import having
from tests.rooms.vault.test_epochs import ring

__all__ = ["ring"]

FRENCH, OTHER = "FR40303265045", "FR83404833048"


@contextmanager
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[ViesSide]:
    """The brand, and a registry that knows one French company."""
    monkeypatch.setattr(egress, "breaker", breaker.Breaker())
    monkeypatch.setattr(egress, "_watchers", [])
    load_everything()
    with vies_side() as made:
        made.registered = {("FR", FRENCH[2:])}
        monkeypatch.setattr(numbers, "_make", [{"vies": made.driver()}.get])
        yield made


@pytest.fixture
def side(db, monkeypatch: pytest.MonkeyPatch) -> Iterator[ViesSide]:
    with registry(monkeypatch) as made:
        yield made


@pytest.fixture
def rolled(ring, monkeypatch: pytest.MonkeyPatch) -> Iterator[ViesSide]:
    """The same, where keys can be rolled."""
    with registry(monkeypatch) as made:
        yield made


def bears(customer: Customer, cart) -> tuple:
    """What the quote says, which the invoice must say as well; and the decision kept with it."""
    said = customer.quote(cart)
    ordered = customer.orders(cart)
    shown = sheet(ordered.invoice, of=customer.account)
    assert (shown.net, shown.tax, shown.gross) == (said.net, said.tax, said.gross)
    assert [(r.rate, r.category, r.net, r.tax) for r in shown.rates] == [(r.rate, r.category, r.net, r.tax) for r in said.rates]
    kept = TaxDecision.objects.get(invoice=ordered.invoice)
    (only,) = shown.rates
    return kept.rule, kept.country, only.rate // 10_000, only.category, kept.proofs


def block(customer: Customer) -> dict:
    invoice = TaxDecision.objects.get().invoice_id
    act = make_act("system", "billing", brand=BRAND)
    sealed = door.reveal(act, subject=customer.row.subject, category=CategoryId("invoice_party"), slot=str(invoice))
    return json.loads(sealed.open())


def test_at_home(side: ViesSide) -> None:
    ann = Customer.at("DE")
    assert bears(ann, ann.fills()) == ("domestic", "DE", 19, "S", "address")


def test_a_consumer_elsewhere_in_the_union_bears_the_rate_of_home(side: ViesSide) -> None:
    ann = Customer.at("FR")
    assert bears(ann, ann.fills()) == ("destination", "FR", 20, "S", "address")
    assert side.asked == []


def test_a_business_elsewhere_in_the_union_accounts_for_the_tax_itself(side: ViesSide) -> None:
    firm = Customer.at("FR", number="fr 40 303 265 045")
    check_number(firm.act(), account=firm.row)

    assert bears(firm, firm.fills()) == ("reverse_charge", "FR", 0, "AE", "address number")

    assert block(firm)["proofs"] == "address=FR number=FR consultation=WAPIAAAAX1"
    assert len(side.asked) == 1
    assert side.asked[0]["requesterNumber"] == "123456788"


def test_the_order_itself_asks_where_no_page_did(side: ViesSide) -> None:
    firm = Customer.at("FR", number=FRENCH)
    cart = firm.fills()
    with pytest.raises(PriceChanged):  # what was seen had the tax; the registry's yes takes it away
        checkout.place_order(
            firm.act(), cart=cart, account=firm.account, expected=firm.quote(cart).gross, once="a", answers={}
        )
    assert bears(firm, cart)[3] == "AE"


def test_export(side: ViesSide) -> None:
    ann = Customer.at("US", postal="94105")
    assert bears(ann, ann.fills()) == ("outside", "US", 0, "O", "address")
    isles = Customer.at("ES", postal="35001")
    assert bears(isles, isles.fills())[:4] == ("outside", "ES", 0, "O")


def test_nobody_knows_where_they_are(side: ViesSide) -> None:
    ann = Customer.at("")
    assert bears(ann, ann.fills()) == ("seller_rate", "", 19, "S", "")


def test_products_of_a_class_of_their_own(side: ViesSide) -> None:
    ann = Customer.at("FR")
    cart = ann.fills("box")
    add_line(ann.act(), cart=cart, wish=Wish("secret-box", "monthly", {}, {}, 3))
    said = ann.quote(cart)
    assert [(r.category, r.rate, r.net.minor) for r in said.rates] == [("E", 0, 300), ("S", 200_000, 600)]
    invoice = ann.orders(cart).invoice
    shown = sheet(invoice, of=ann.account)
    assert shown.gross == said.gross == Money(1020, EUR)
    assert {li.exemption for li in shown.lines} == {"", "VATEX-EU-132-1I"}


def test_a_number_the_registry_does_not_know_is_a_consumers(side: ViesSide) -> None:
    firm = Customer.at("FR", number=OTHER)
    assert check_number(firm.act(), account=firm.row) == "invalid"
    assert bears(firm, firm.fills())[:4] == ("destination", "FR", 20, "S")


@pytest.mark.parametrize("number", ["FR40303265046", "1" * 32, "none of your business", "12-3456789"])
def test_a_number_that_cannot_be_is_not_even_asked_about(side: ViesSide, number: str) -> None:
    firm = Customer.at("FR", number=number)
    assert check_number(firm.act(), account=firm.row) == ""
    assert bears(firm, firm.fills())[3] == "S"
    assert side.asked == []
    assert NumberCheck.objects.count() == 0


def test_somebody_elses_country_in_a_number_takes_no_tax_away(side: ViesSide) -> None:
    """A German consumer who types a French company's number."""
    firm = Customer.at("DE", number=FRENCH)
    assert check_number(firm.act(), account=firm.row) == "valid"
    assert bears(firm, firm.fills())[:4] == ("domestic", "DE", 19, "S")
    italian = Customer.at("IT", number=FRENCH)
    check_number(italian.act(), account=italian.row)
    assert bears(italian, italian.fills())[:4] == ("destination", "IT", 22, "S")


def test_while_the_registry_is_silent_the_tax_is_charged_and_it_is_asked_again(side: ViesSide) -> None:
    side.fails = "MS_UNAVAILABLE"
    firm = Customer.at("FR", number=FRENCH)
    assert check_number(firm.act(), account=firm.row) == "unknown"
    assert bears(firm, firm.fills())[:4] == ("destination", "FR", 20, "S")
    assert len(side.asked) == 1  # once an hour, however many pages are looked at
    system = make_act("system", "billing", brand="")
    assert check_due(replace(system, at=NOON + timedelta(minutes=59))) == 0
    side.fails = ""
    assert check_due(replace(system, at=NOON + timedelta(hours=1))) == 1
    assert NumberCheck.objects.get().state == "valid"
    assert check_due(replace(system, at=NOON + timedelta(hours=3))) == 0


def test_a_yes_holds_thirty_days_and_no_answer_does_not_take_it_back(side: ViesSide) -> None:
    firm = Customer.at("FR", number=FRENCH)
    check_number(firm.act(), account=firm.row)
    system = make_act("system", "billing", brand="")
    assert check_due(replace(system, at=NOON + timedelta(days=29))) == 0
    side.fails = "TIMEOUT"
    assert taxing.taxing_of(firm.act(at=NOON + timedelta(days=29)), firm.row).decide().category == "AE"
    late = NOON + timedelta(days=30)
    assert taxing.taxing_of(firm.act(at=late), firm.row).decide().category == "S"
    assert check_due(replace(system, at=late)) == 1
    assert NumberCheck.objects.get().state == "unknown"
    side.fails = ""
    assert check_due(replace(system, at=late + timedelta(hours=1))) == 1
    assert taxing.taxing_of(firm.act(at=late + timedelta(hours=1)), firm.row).decide().category == "AE"


def test_another_number_is_another_question(side: ViesSide) -> None:
    firm = Customer.at("FR", number=OTHER)
    assert check_number(firm.act(), account=firm.row) == "invalid"
    act = firm.act("account")
    door.put(act, subject=firm.row.subject, category=CategoryId("tax_id"), value=FRENCH)
    assert taxing.taxing_of(firm.act(), firm.row).decide().category == "S"
    assert check_number(firm.act(), account=firm.row) == "valid"
    assert NumberCheck.objects.count() == 1
    door.put(act, subject=firm.row.subject, category=CategoryId("tax_id"), value="nothing")
    assert taxing.taxing_of(firm.act(), firm.row).decide().category == "S"


def test_the_number_leaves_by_the_gate_alone_and_is_kept_nowhere(side: ViesSide) -> None:
    firm = Customer.at("FR", number=FRENCH)
    check_number(firm.act(), account=firm.row)
    with opened(APART):
        rows = list(Disclosure.objects.using(APART).values_list("recipient", "categories", "purpose", "state"))
    assert rows == [("vies", ["tax_id"], "billing", "handed")]
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(c)::text FROM billing_numbercheck c")
        kept = str(cursor.fetchall())
    assert FRENCH[2:] not in kept
    assert NAME not in kept


def test_a_policy_that_does_not_name_the_registry_keeps_the_number_in(side: ViesSide, tmp_path) -> None:
    there = tmp_path / BRAND
    shutil.copytree(FOLDER, there)
    policy = there / "policy.yaml"
    text = policy.read_text(encoding="utf-8")
    begin = text.index("    vies:\n")
    policy.write_text(text[:begin] + text[text.index("    authority:\n") :], encoding="utf-8")
    with pytest.raises(PolicyError) as refused:
        load_everything(there)
    assert "vies" in str(refused.value)


def test_what_the_gate_refuses_is_unknown(side: ViesSide, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_: object, **__: object) -> None:
        raise NotDisclosed(clause="EV-5", recipient="vies", why="objected")

    monkeypatch.setattr(number_checking, "package_for", refuses)
    firm = Customer.at("FR", number=FRENCH)
    assert check_number(firm.act(), account=firm.row) == "unknown"
    assert side.asked == []


def test_the_driver_is_not_asked_without_the_gate(side: ViesSide) -> None:
    with pytest.raises(NoPackage):
        numbers.look_up(side.driver(), prefix="FR", requester="", package=None)


def test_an_order_keeps_its_tax_whatever_is_known_later(side: ViesSide) -> None:
    """The same click again, and the worker after it, once the registry has said yes: the invoice stands."""
    side.fails = "MS_UNAVAILABLE"
    firm = Customer.at("FR", number=FRENCH)
    cart = firm.fills()
    check_number(firm.act(), account=firm.row)
    seen = firm.quote(cart).gross
    first = firm.orders(cart, once="click")
    side.fails = ""
    later = firm.act(at=NOON + timedelta(hours=2))
    check_number(later, account=firm.row)
    again = checkout.place_order(later, cart=cart, account=firm.account, expected=seen, once="click", answers={})
    assert again == first
    assert sheet(first.invoice, of=firm.account).gross == seen


def test_brands_without_tax_settings_ask_nothing(db) -> None:
    ann = Member("vps6")
    act = make_act("customer", "order", brand="vps6", own=ann.account.subject)
    found = taxing.taxing_of(act, ann.account)
    assert (found.decide().rule, found.decide().rate, found.decision) == ("brand_rate", 210_000, None)
    assert check_number(act, account=ann.account) == ""


def test_what_recurs_is_taxed_by_what_is_known_when_it_is_billed(side: ViesSide, monkeypatch) -> None:
    monkeypatch.setitem(having.CURRENCY, BRAND, EUR)
    firm, home, free = Customer.at("FR", number=FRENCH), Customer.at("DE"), Customer.at("IT")
    check_number(firm.act(), account=firm.row)
    takers = [
        having.takes(BRAND, who=(who.account, who.row.subject), product=product)
        for who, product in ((firm, "box"), (home, "box"), (free, "secret-box"))
    ]
    assert having.runs(having.after(30)) == 3
    shown = [sheet(InvoiceId(taker.periods()[-1][2]), of=taker.account) for taker in takers]
    assert [s.rates[0].category for s in shown] == ["S", "S", "E"]
    check_number(firm.act(at=having.after(40)), account=firm.row)
    assert having.runs(having.after(61)) == 3
    shown = [sheet(InvoiceId(taker.periods()[-1][2]), of=taker.account) for taker in takers]
    assert [(s.rates[0].category, s.rates[0].rate) for s in shown] == [("AE", 0), ("S", 190_000), ("E", 0)]
    assert [d.rule for d in TaxDecision.objects.filter(invoice=shown[0].id)] == ["reverse_charge"]


class Locates(FakeGateway):
    """A gateway that knows where cards were issued."""

    manifest: ClassVar[Manifest] = Manifest("testpay", 1, can=frozenset({"locating"}))

    def __init__(self, country: str) -> None:
        super().__init__()
        self.country, self.asked = country, []

    def country_of(self, proof: str) -> str:
        self.asked.append(proof)
        return self.country


def pays_once(customer: Customer) -> None:
    ordered = customer.orders(customer.fills())
    act = customer.act("billing")
    begun = begin_payment(act, of=customer.account, invoice=ordered.invoice, gateway="testpay")
    gross = sheet(ordered.invoice, of=customer.account).gross
    record_outcome(make_act("system", "billing", brand=BRAND), attempt=begun.attempt, outcome=Settled(f"p-{begun.attempt}", gross))


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        ("FR", ("destination", "FR", "address payment")), ("DE", ("destination", "FR", "address")),
        ("", ("destination", "FR", "address")), ("XX", ("destination", "FR", "address")),
    ],
)  # fmt: skip
def test_the_country_of_the_card_is_the_second_proof_from_the_second_order_on(side, monkeypatch, card, expected) -> None:
    gateway = Locates(card)
    monkeypatch.setattr(gateways, "_make", [])
    gateways.carry_with(lambda *_: gateway)
    ann = Customer.at("FR")
    assert learn_country(ann.act(), account=ann.row) == ""
    pays_once(ann)
    again = ann.orders(ann.fills())
    kept = TaxDecision.objects.get(invoice=again.invoice)
    assert (kept.rule, kept.country, kept.proofs) == expected
    for _ in range(3):
        learn_country(ann.act(), account=ann.row)
    if card in {"FR", "DE"}:
        assert len(gateway.asked) == 1
        act = make_act("system", "billing", brand=BRAND)
        sealed = door.reveal(act, subject=ann.row.subject, category=CategoryId("invoice_party"), slot=str(again.invoice))
        assert json.loads(sealed.open())["proofs"] == f"address=FR payment={card}"


def test_no_gateway_is_asked_where_the_brand_has_no_tax_settings(db, monkeypatch) -> None:
    gateway = Locates("FR")
    monkeypatch.setattr(gateways, "_make", [])
    gateways.carry_with(lambda *_: gateway)
    ann = Member("vps6")
    act = make_act("customer", "order", brand="vps6", own=ann.account.subject)
    assert learn_country(act, account=ann.account) == ""
    assert gateway.asked == []


def test_what_is_learnt_between_the_order_and_its_invoice_changes_nothing(side: ViesSide, monkeypatch) -> None:
    """The registry says yes while the order is being written: the customer owes what was shown."""
    side.fails = "MS_UNAVAILABLE"
    firm = Customer.at("FR", number=FRENCH)
    cart, whole = firm.fills(), checkout._completed

    def says_yes_first(*said):
        record_check(billing_act(BRAND), account=firm.account, number=FRENCH, answer=Registered(), days=30)
        return whole(*said)

    monkeypatch.setattr(checkout, "_completed", says_yes_first)
    ordered = firm.orders(cart)
    assert sheet(ordered.invoice, of=firm.account).gross == Money(720, EUR)
    assert firm.quote(firm.fills()).gross == Money(600, EUR)
    assert TaxDecision.objects.get(invoice=ordered.invoice).rule == "destination"


def test_two_at_once_write_one_answer(committed, monkeypatch) -> None:
    """Ten pages of one customer, while the registry changes its mind: one row, one of its answers, no fault."""
    load_everything()
    firm = Customer.at("FR", number=FRENCH)
    answers = [Registered("A"), NotRegistered("B"), NoAnswer("busy")] * 4

    def write(answer) -> str:
        try:
            return record_check(
                billing_act(BRAND), account=firm.account, number=FRENCH, answer=answer, days=30
            ).state
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as hands:
        told = set(hands.map(write, answers))
    row = NumberCheck.objects.get()
    assert (row.state, row.proof) in {("valid", "A"), ("invalid", "B")}
    assert told <= {"valid", "invalid", "unknown"}


def test_another_persons_number_is_not_handed_out(side: ViesSide) -> None:
    """A ticket that names another's account, or a brand that looks nothing up, opens nothing."""
    one, other = Customer.at("FR", number=FRENCH), Customer.at("IT", number=FRENCH)
    for ticket in (f"number:{other.account}", "number:", "number:x", f"number:{uuid4()}"):
        with pytest.raises(NotDisclosed):
            package_for(
                billing_act(BRAND), side.driver().manifest, of=one.account, purpose=PurposeId("billing"),
                ticket=ticket, once=f"x{ticket}",
            )  # fmt: skip
    act = make_act("customer", "billing", brand=BRAND, own=other.row.subject)
    with pytest.raises(NotDisclosed):
        package_for(
            act, side.driver().manifest, of=one.account, purpose=PurposeId("billing"),
            ticket=f"number:{one.account}", once="y",
        )  # fmt: skip
    assert side.asked == []


def test_what_was_answered_goes_with_its_account(side: ViesSide) -> None:
    firm, other = Customer.at("FR", number=FRENCH), Customer.at("FR", number=OTHER)
    for each in (firm, other):
        check_number(each.act(), account=each.row)
    (store,) = [one for one in STORES if one.name == "billing.tax_numbers"]
    person = Person((firm.row.subject,), accounts=(firm.account,))
    assert store.forget(billing_act(BRAND), person) == 1
    assert store.prove_absent(person) == 0
    assert NumberCheck.objects.get().account == other.account
    assert store.list_due(NOON + timedelta(days=729)) == 0
    assert store.list_due(NOON + timedelta(days=730)) == 1


def test_an_answer_outlives_the_roll_of_the_keys(rolled: ViesSide) -> None:
    firm = Customer.at("FR", number=FRENCH)
    check_number(firm.act(), account=firm.row)
    before = NumberCheck.objects.get().mark
    system = make_act("system", "billing", brand="")
    assert check_due(system) == 0
    epochs.begin()
    epochs.switch(2)
    assert taxing.taxing_of(firm.act(), firm.row).decide().category == "AE"
    assert check_due(system) == 1
    after = NumberCheck.objects.get()
    assert (after.state, after.mark != before, len(rolled.asked)) == ("valid", True, 1)
    assert check_due(system) == 0
    rolling.finish(make_act(brand=""))
    assert taxing.taxing_of(firm.act(), firm.row).decide().category == "AE"


def test_an_answer_under_a_key_that_is_gone_is_asked_for_anew(rolled: ViesSide) -> None:
    firm = Customer.at("FR", number=FRENCH)
    check_number(firm.act(), account=firm.row)
    epochs.begin()
    epochs.switch(2)
    rolling.finish(make_act(brand=""))
    assert taxing.taxing_of(firm.act(), firm.row).decide().category == "S"
    assert check_due(make_act("system", "billing", brand="")) == 1
    assert taxing.taxing_of(firm.act(), firm.row).decide().category == "AE"
    assert NumberCheck.objects.count() == 1


@pytest.mark.parametrize(
    ("inclusive", "country", "number", "gross", "tax"),
    [
        ("gross", "DE", "", 600, 96), ("gross", "FR", "", 600, 100), ("gross", "FR", FRENCH, 600, 0),
        ("net", "DE", "", 600, 96), ("net", "FR", "", 605, 101), ("net", "FR", FRENCH, 504, 0),
        ("net", "US", "", 504, 0),
    ],
)  # fmt: skip
def test_prices_that_include_tax(db, tmp_path, monkeypatch, inclusive, country, number, gross, tax) -> None:
    """5.00 a month and 1.00 once, 19 % in both: each buyer pays that, or leaves the seller 4.20 and 0.84."""
    there = tmp_path / BRAND
    shutil.copytree(FOLDER, there)
    profile = there / "brand.toml"
    text = profile.read_text(encoding="utf-8").replace('prices = "net"', 'prices = "gross"')
    profile.write_text(text.replace("[tax]\n", f'[tax]\ninclusive = "{inclusive}"\n', 1), encoding="utf-8")
    load_everything(there)
    buyer = Customer.at(country, number=number)
    if number:
        record_check(billing_act(BRAND), account=buyer.account, number=number, answer=Registered(), days=30)
    cart = buyer.fills()
    said = buyer.quote(cart)
    shown = sheet(buyer.orders(cart).invoice, of=buyer.account)
    assert (said.gross.minor, said.tax.minor) == (shown.gross.minor, shown.tax.minor) == (gross, tax)


@pytest.mark.parametrize(
    ("country", "expected"),
    [("FR", ("reverse_charge", "FR", 0, "AE", "address")), ("IT", ("destination", "IT", 22, "S", "address"))],
)
def test_an_unknown_number_is_trusted_where_the_brand_says_so_and_still_proves_nothing(
    db, tmp_path, monkeypatch, country, expected
) -> None:
    """Only where its own country is the buyer's; what a registry said no to is trusted by nobody."""
    there = tmp_path / BRAND
    shutil.copytree(FOLDER, there)
    profile = there / "brand.toml"
    text = profile.read_text(encoding="utf-8")
    profile.write_text(text.replace("[tax]\n", '[tax]\nunknown_number = "trust"\n', 1), encoding="utf-8")
    load_everything(there)
    firm = Customer.at(country, number=FRENCH)
    record_check(billing_act(BRAND), account=firm.account, number=FRENCH, answer=NoAnswer("busy"), days=30)
    assert bears(firm, firm.fills()) == expected
    assert block(firm)["proofs"] == f"address={country}"
    record_check(billing_act(BRAND), account=firm.account, number=FRENCH, answer=NotRegistered(""), days=30)
    assert taxing.taxing_of(firm.act(), firm.row).decide().category == "S"


def test_one_number_that_goes_wrong_does_not_keep_the_next_from_being_looked_up(side: ViesSide, monkeypatch) -> None:
    firms = [Customer.at("FR", number=FRENCH) for _ in range(3)]
    for firm in firms:
        check_number(firm.act(), account=firm.row)
    system = replace(make_act(brand=""), at=NOON + timedelta(days=40))
    broken, asked = min(firm.account for firm in firms), len(side.asked)
    real = number_checking.party_of

    def party(act, row):
        if row.id == broken:
            raise RuntimeError("a block that nobody can read")
        return real(act, row)

    monkeypatch.setattr(number_checking, "party_of", party)
    assert check_due(system) == 2
    assert len(side.asked) == asked + 2
