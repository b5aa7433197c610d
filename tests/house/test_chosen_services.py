"""What a customer chose is found in no table that the application may read, at any brand."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from uuid import uuid4

import pytest
from django.apps import apps
from django.core.exceptions import FieldError
from django.db import connection, transaction
from django.db.models import TextField

from hostkeep.billing.models import InvoiceLine
from hostkeep.billing.queries.invoices import invoices_of
from hostkeep.brands.queries import all_brands
from hostkeep.flows import checkout
from hostkeep.kernel.ids import AccountId, CartId
from hostkeep.people.actions.joining import open_account
from hostkeep.people.models import User
from hostkeep.provisioning import queries as services
from hostkeep.provisioning.models import Service
from hostkeep.shop.actions.carting import Wish, add_line, open_cart
from hostkeep.shop.actions.ordering import place_order
from hostkeep.shop.boxing import use_lines
from hostkeep.shop.models import Cart, CartLine, Order, OrderLine
from hostkeep.shop.queries import carts, orders
from hostkeep.vault.column_seal import Seal
from hostkeep.vault.columns import MARK, Boxed, SealedColumn
from hostkeep.vault.sealing import BrokenSeal
from tests.conftest import make_act
from tests.told import told

CATALOGUE = {
    f"shop_{name}" for name in ("catalogue", "group", "product", "plan", "price", "option", "choice", "choiceprice")
}
"""What is on sale, which everybody may read.  Our own texts of the brands stand in brands_* likewise."""

OUR_OWN = {"system"}
"""A role that acts, and the label of an option."""

BOUGHT = {
    "vpn": (Wish("solo", "one-year", {}, {}, 1), "EUR"),
    "vps6": (Wish("hexa-s", "monthly", {}, {}, 2), "EUR"),
    "vietnam-server": (Wish("ten-mien-vn", "mot-nam", {}, {"domain": "cho-noi-kestrel.vn"}, 1), "VND"),
}


def forms(value: str) -> Iterator[str]:
    """Patterns of a text as it may stand somewhere: any case, hex, base64 at any place of a longer one.

    A short word must stand by itself: within a sealed text it would be found by chance.
    """
    raw = value.encode()
    yield rf"(?i:(?<![\w-]){re.escape(value)}(?![\w-]))"
    yield rf"(?i:{raw.hex()})"
    for before in range(3) if len(raw) >= 6 else ():
        text = base64.b64encode(b"\0" * before + raw).decode().rstrip("=")
        yield re.escape(text[(0, 2, 3)[before] : len(text) - bool((before + len(raw)) % 3)])


def dump() -> str:
    """Every row of every table that the application may read, but for what is public by nature."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('public', 'audit', 'ledger')"
            " AND has_table_privilege(format('%I.%I', schemaname, tablename), 'SELECT')"
        )
        rows = []
        for schema, table in cursor.fetchall():
            if table not in CATALOGUE and not table.startswith("brands_"):
                cursor.execute(f'SELECT t::text FROM "{schema}"."{table}" t')
                rows += [f"{table}: {row[0]}" for row in cursor.fetchall()]
    return "\n".join(rows)


def holding(marks: Iterable[str]) -> set[str]:
    """The marks a dump holds, with their tables."""
    # A brand's own time zone is named after a city where servers may stand; it tells nothing of a choice.
    zones = re.compile("|".join(re.escape(row.zone) for row in all_brands()))
    lines = zones.sub("", dump()).splitlines()
    sought = [(mark, re.compile("|".join(forms(mark)))) for mark in marks]
    return {f"{line.split(':')[0]} {mark}" for line in lines for mark, form in sought if form.search(line)}


def carted(brand: str) -> tuple[AccountId, CartId]:
    """An account with the brand's wish in its cart."""
    wish, currency = BOUGHT[brand]
    user = User.objects.create(brand=brand)
    act = make_act("customer", "account", brand=brand)
    account = open_account(act, user=user.id, values={}, language="en").account
    shopping = make_act("customer", "order", brand=brand)
    cart = open_cart(shopping, currency=currency, account=account).cart
    add_line(shopping, cart=cart, wish=wish)
    return account, cart


def ordered(brand: str, account: AccountId, cart: CartId):
    """The cart, ordered, invoiced and its services opened by the real deeds."""
    act = make_act("customer", "order", brand=brand)
    row = carts.cart(act.in_role("system"), cart)
    placed = place_order(
        act, cart=cart, account=account, currency=row.currency.code, expected=row.cost.first, once=uuid4().hex
    )
    order = orders.order(placed.order)
    checkout.complete_order(act, order=order)
    return told(order)


def ids_in(cart: CartId) -> set[str]:
    """Ids of the plan and the choices in a cart."""
    held = Cart.objects.select_related("account").get(id=cart)
    act = make_act(brand=held.brand, purpose="cart")
    return use_lines(
        act, held, list(held.lines.all()), lambda found: {str(i) for _, c in found for i in (c.plan, *c.choices)}
    )


def marks_of(order) -> set[str]:
    """What gives an order's content away."""
    found = set()
    for line in order.told:
        found |= {line.product, line.plan, *line.title.values(), *line.answers.values()}
        found |= {line.described("en"), line.described("vi")}
        for picked in line.options:
            found |= {*picked.label.values(), *picked.choice_label.values(), picked.option, picked.choice}
        found |= {f'{key}"": ""{value}' for key, value in line.spec.items()}
        found |= {line.driver}
    return {mark for mark in found if len(mark) >= 3 and mark.lower() not in OUR_OWN}


@pytest.mark.parametrize("brand", BOUGHT)
def test_a_dump_is_silent_about_what_was_chosen(db, brand: str) -> None:
    account, cart = carted(brand)
    ids = ids_in(cart)
    lying = (holding(ids), holding(BOUGHT[brand][0].answers.values()))
    order = ordered(brand, account, cart)
    marks = marks_of(order)

    assert lying == (set(), set())
    assert len(marks) > 3
    assert holding(marks | ids) == set()
    (line,) = order.told
    assert [told(s).title for s in services.services_of(account)] == [line.described("en")] * line.quantity
    assert told(invoices_of(account).rows[0]).title == line.described("en")


@pytest.mark.parametrize(
    ("model", "name"),
    [(OrderLine, "title"), (OrderLine, "product"), (InvoiceLine, "title"), (Service, "title"), (Service, "spec"), (CartLine, "chosen")],
)  # fmt: skip
def test_the_search_finds_a_plain_column(db, monkeypatch, model, name: str) -> None:
    closed, opened = Seal.closed, Seal.opened

    def lays_open(seal: Seal, value, key, row, column) -> Boxed:
        if (seal.table, column) != (model._meta.db_table, name):
            return closed(seal, value, key, row, column)
        return Boxed(f"{MARK}{seal.keep_class}.{seal.digest}.{json.dumps(value)}")

    def reads(seal: Seal, box: Boxed, key, row, column):
        if (seal.table, column) != (model._meta.db_table, name):
            return opened(seal, box, key, row, column)
        return json.loads(box.packed)

    monkeypatch.setattr(Seal, "closed", lays_open)
    monkeypatch.setattr(Seal, "opened", reads)
    account, cart = carted("vps6")
    lying = holding(ids_in(cart))
    order = ordered("vps6", account, cart)

    assert lying if model is CartLine else holding(marks_of(order))


def test_equal_values_do_not_look_equal_nor_tell_their_length(db) -> None:
    for brand in ("vpn", "vps6"):
        ordered(brand, *carted(brand))
    with connection.cursor() as cursor:
        cursor.execute("SELECT title FROM provisioning_service")
        titles = [row[0] for row in cursor.fetchall()]

    assert len(titles) == len(set(titles)) == 3
    assert len({len(title) for title in titles}) == 1


def test_a_value_moved_to_another_column_does_not_open(db) -> None:
    account, cart = carted("vps6")
    ordered("vps6", account, cart)
    for moved in (
        "UPDATE provisioning_service SET title = (SELECT title FROM billing_invoiceline LIMIT 1)",
        "UPDATE provisioning_service SET title = product",
        "UPDATE provisioning_service SET title = 'Hexa S'",
        "UPDATE provisioning_service SET title = ''",
        f"UPDATE provisioning_service SET title = '{MARK}x'",
        "UPDATE provisioning_service SET title = overlay(title placing '____' from 90)",
    ):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(moved)
            with pytest.raises(BrokenSeal):
                told(services.services_of(account)[0])
            transaction.set_rollback(True)
    assert told(services.services_of(account)[0]).title


@pytest.mark.parametrize(
    "search", [{"title": "Hexa S"}, {"title__contains": "H"}, {"facts__address": "x"}, {"product__in": ["a"]}, {"title": None}]
)
def test_a_search_of_a_sealed_column_is_a_mistake(db, search) -> None:
    with pytest.raises(FieldError):
        Service.objects.filter(**search)


def test_it_may_be_asked_whether_there_is_a_value(db) -> None:
    ordered("vps6", *carted("vps6"))
    assert Service.objects.filter(title__isnull=False).count() == 2
    assert not Service.objects.filter(title__isnull=True).exists()


def test_a_repeated_invoice_is_known_again_by_its_sealed_fingerprint(db) -> None:
    account, cart = carted("vps6")
    order = ordered("vps6", account, cart)
    checkout.complete_order(make_act("customer", "order", brand="vps6"), order=order)
    assert invoices_of(account).total == 1
    assert Order.objects.count() == 1


def test_no_plain_column_stands_where_a_sealed_one_should() -> None:
    plain = {"shop.Order", "billing.Invoice"}
    for label in ("shop.CartLine", "shop.OrderLine", "billing.InvoiceLine", "provisioning.Service", *plain):
        model = apps.get_model(label)
        named = {"title", "product", "plan", "options", "spec", "answers", "choices", "driver", "facts", "recipient"}
        bare = [f.name for f in model._meta.local_fields if f.name in named and not isinstance(f, SealedColumn)]
        assert bare == [], label
        assert not [f for f in model._meta.local_fields if isinstance(f, SealedColumn) and not isinstance(f, TextField)]


def test_the_promise_of_VPN_3_sees_a_row_in_clear(db) -> None:
    from hostkeep.promises.evidence.sealed_columns import choices_sealed

    ordered("vps6", *carted("vps6"))
    assert choices_sealed().look(None).result == "passed"
    with connection.cursor() as cursor:
        cursor.execute("UPDATE provisioning_service SET product = 'hexa-s'")
    seen = choices_sealed().look(None)
    assert seen.result == "failed"
    assert "provisioning_service.product" in seen.value


def test_the_promise_of_VPN_3_misses_a_column_that_is_not_sealed(db, monkeypatch) -> None:
    from hostkeep.promises.evidence import sealed_columns as evidence

    assert set(evidence.sealed_columns()) >= evidence.BESIDE_ACCOUNTS
    found = {k: v for k, v in evidence.sealed_columns().items() if k != "shop_orderline"}
    monkeypatch.setattr(evidence, "sealed_columns", lambda: found)
    assert evidence.choices_sealed().look(None).result == "failed"
