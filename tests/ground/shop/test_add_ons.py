"""Add-ons in a catalogue: read whole or refused in plain words, and priced beside a plan."""

from __future__ import annotations

import pytest

from hostkeep.kernel.terms import Term
from hostkeep.kernel.money import EUR, VND, Money
from hostkeep.shop.errors import BadAddOnQuantity, CatalogueRefused, NoSuchAddOn
from hostkeep.shop.rules.add_ons import checked_add_ons, price_of, read_pieces
from hostkeep.shop.rules.catalogue import AddOnEntry
from hostkeep.shop.rules.catalogue_reading import read_catalogue
from tests.ground.shop.test_catalogue_reading import GOOD

ADD_ONS = """\
    add_ons:
    - slug: backup
      name: {en: Nightly backup, vi: Sao lưu}
      blurb: Seven copies
      prices: {EUR: 240, VND: 60000}
      terms: [{months: 12, prices: {EUR: 2400, VND: 600000}}]
      setup: {EUR: 100, VND: 0}
      work: yes
    - {slug: address, name: Address, prices: {EUR: 200, VND: 50000}, most: 4}
    - {slug: move, name: We move it, once: {EUR: 2500, VND: 600000}, work: yes}
"""


def read(add_ons: str = ADD_ONS) -> tuple[AddOnEntry, ...]:
    (group,) = read_catalogue(GOOD + add_ons, currencies=("EUR", "VND")).groups
    return group.products[0].add_ons


def refused(add_on: str) -> str:
    with pytest.raises(CatalogueRefused) as refusal:
        read(f"    add_ons:\n    - {add_on}\n")
    return str(refusal.value.facts["mistakes"])


def test_add_ons_are_read_as_they_stand() -> None:
    backup, address, move = read()
    assert (backup.slug, backup.name["vi"], backup.most, backup.work, backup.recurs) == ("backup", "Sao lưu", 1, True, True)
    assert (address.most, address.work) == (4, False)
    assert (move.recurs, move.once["EUR"]) == (False, 2500)
    assert read("") == ()


def test_a_price_is_by_the_month_unless_its_term_has_one_of_its_own() -> None:
    backup, address, move = read()
    assert price_of(backup, term=Term("month", 1), currency=EUR).term == Money(240, EUR)
    assert price_of(backup, term=Term("month", 12), currency=EUR).term == Money(2400, EUR)
    assert price_of(backup, term=Term("month", 12), currency=VND).term == Money(600000, VND)
    assert price_of(address, term=Term("month", 12), currency=EUR).term == Money(2400, EUR)
    assert price_of(move, term=Term("month", 12), currency=EUR).term == Money(0, EUR)
    whole = price_of(backup, term=Term("month", 1), currency=EUR).times(3)
    assert (whole.recurring, whole.setup) == (Money(720, EUR), Money(300, EUR))


@pytest.mark.parametrize(
    ("add_on", "said"),
    [
        ("{slug: a, name: A}", "this add-on has no price"),
        ("{slug: a, name: A, once: {EUR: 1, VND: 1}, prices: {EUR: 1, VND: 1}}", "what is bought once has no `prices`"),
        ("{slug: a, name: A, once: {EUR: 1, VND: 1}, setup: {EUR: 1, VND: 1}}", "what is bought once has no `setup`"),
        ("{slug: a, name: A, prices: {EUR: 1}}", "`VND` is missing"),
        ("{slug: a, name: A, prices: {EUR: 1, VND: 1, USD: 1}}", "`USD` is no key here"),
        ("{slug: a, name: A, prices: {EUR: -1, VND: 1}}", "`-1` is no whole number"),
        ("{slug: a, name: A, prices: {EUR: 1, VND: 1}, most: 0}", "write one from 1 to 100"),
        ("{slug: a, name: A, prices: {EUR: 1, VND: 1}, most: 1000000000}", "write one from 1 to 100"),
        ("{slug: a, name: A, prices: {EUR: 1, VND: 1}, work: perhaps}", "neither yes nor no"),
        ("{slug: a, name: A, prices: {EUR: 1, VND: 1}, stock: 3}", "`stock` is no key here"),
        ("{slug: A b, name: A, prices: {EUR: 1, VND: 1}}", "`A b` is no slug"),
        ("{slug: a, name: A, prices: {EUR: 1, VND: 1}, terms: [{months: 7, prices: {EUR: 1, VND: 1}}]}", "no plan of it has `months: 7`"),
        ("{slug: a, name: A, prices: {EUR: 1, VND: 1}, terms: [{prices: {EUR: 1, VND: 1}}]}", "how long it is is missing"),
        ("{slug: a, name: A, prices: {EUR: 1, VND: 1}, terms: yearly}", "a list is expected here"),
    ],
)
def test_what_cannot_be_right_is_named_with_its_line_and_a_remedy(add_on: str, said: str) -> None:
    told = refused(add_on)
    assert said in told
    assert told.startswith("line ")


def test_an_add_on_stands_once_and_a_term_too() -> None:
    price = "prices: {EUR: 1, VND: 1}"
    assert "`a` is used twice" in refused(f"{{slug: a, name: A, {price}}}\n    - {{slug: a, name: A, {price}}}")
    twice = f"{{slug: a, name: A, {price}, terms: [{{months: 1, {price}}}, {{months: 1, {price}}}]}}"
    assert "`months: 1` stands here twice" in refused(twice)


def test_what_is_wished_for_is_of_the_product_and_within_its_bounds() -> None:
    offered = read()
    assert checked_add_ons(offered, {"address": 4, "backup": 1}) == {"backup": 1, "address": 4}
    assert checked_add_ons(offered, {"address": 0}) == {}
    for wished in ({"backup": 2}, {"address": 5}, {"address": -1}, {"address": 10**9}):
        with pytest.raises(BadAddOnQuantity):
            checked_add_ons(offered, wished)
    with pytest.raises(NoSuchAddOn):
        checked_add_ons(offered, {"support": 1})


@pytest.mark.parametrize("typed", ["-1", "1.5", "1e3", "١", "1000000000", "two", "+1"])
def test_a_number_that_is_none_is_refused(typed: str) -> None:
    with pytest.raises(BadAddOnQuantity):
        read_pieces(typed, add_on="address", most=4)


def test_nothing_typed_is_none() -> None:
    assert [read_pieces(text, add_on="address", most=4) for text in ("", "0", " 4 ")] == [0, 0, 4]
