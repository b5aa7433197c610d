"""A catalogue file is read whole, or each of its mistakes is named with its line and a remedy."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostkeep.kernel.terms import Term
from hostkeep.kernel.money import EUR, VND, Money
from hostkeep.shop.rules.add_ons import price_of
from hostkeep.shop.errors import CatalogueRefused
from hostkeep.shop.rules.catalogue import CatalogueFile, in_language
from hostkeep.shop.rules.catalogue_reading import read_catalogue

BRANDS = Path(__file__).parents[3] / "brands"

GOOD = """\
schema: hostkeep-catalogue/1
groups:
- slug: servers
  name: {en: Servers, vi: Máy chủ}
  products:
  - slug: one
    name: One
    tagline: {en: Small}
    facts: [{label: vCPU, value: '1'}]
    driver: manual
    spec: {cpu: '1'}
    stock: 3
    requires: [gov_id]
    recipient: registry
    resold: yes
    hidden: no
    asks: [{slug: domain, label: Name, kind: domain_name, ending: .vn}]
    plans:
    - {slug: monthly, months: 1, prices: {EUR: 690, VND: 129000}}
    - {slug: yearly, months: 12, prices: {EUR: 6900, VND: 1_290_000}, setup: {EUR: 100, VND: 0}}
    options:
    - slug: disk
      label: Disk
      choices:
      - {slug: small, label: Small}
      - {slug: large, label: Large, prices: {EUR: 400, VND: 9000}, spec: {disk_gb: '240'}, note: Fast}
"""


def read(text: str) -> CatalogueFile:
    return read_catalogue(text, currencies=("EUR", "VND"))


def mistakes(text: str) -> str:
    with pytest.raises(CatalogueRefused) as refused:
        read(text)
    return str(refused.value.facts["mistakes"])


def test_a_good_file_is_read_as_it_stands() -> None:
    (group,) = read(GOOD).groups
    (product,) = group.products
    assert in_language(group.name, "vi") == "Máy chủ"
    assert (product.stock, product.requires, product.recipient) == (3, ("gov_id",), "registry")
    assert (product.resold, product.hidden) == (True, False)
    assert product.questions[0].ending == ".vn"
    monthly, yearly = product.plans
    assert monthly.prices["VND"].price == Money(129_000, VND)
    assert (yearly.prices["EUR"].setup, yearly.term) == (Money(100, EUR), Term("month", 12))
    small, large = product.options[0].choices
    assert small.extras["EUR"].monthly == Money(0, EUR)
    assert (large.extras["EUR"].monthly, large.spec) == (Money(400, EUR), {"disk_gb": "240"})


@pytest.mark.parametrize(("said", "term"), [("hours: 1", Term("hour", 1)), ("days: 7", Term("day", 7))])
def test_a_plan_may_be_of_hours_or_of_days(said: str, term: Term) -> None:
    free = GOOD.replace(", prices: {EUR: 400, VND: 9000}", "").replace("months: 12", said)
    plans = read(free).groups[0].products[0].plans
    assert [plan.term for plan in plans] == [Term("month", 1), term]
    assert plans[1].prices["EUR"].term == term


def test_an_add_on_beside_hours_has_a_price_for_them() -> None:
    free = GOOD.replace(", prices: {EUR: 400, VND: 9000}", "").replace("months: 12", "hours: 1")
    beside = free + "    add_ons:\n    - {slug: spare, name: Spare, prices: {EUR: 100, VND: 1000}}\n"
    assert "a plan has `hours: 1`, and this add-on no price for it; add it under `terms:`" in mistakes(beside)
    priced = beside.replace("VND: 1000}}", "VND: 1000}, terms: [{hours: 1, prices: {EUR: 2, VND: 10}}]}")
    (product,) = read(priced).groups[0].products
    (add_on,) = product.add_ons
    assert price_of(add_on, term=Term("hour", 1), currency=EUR).term == Money(2, EUR)
    assert price_of(add_on, term=Term("month", 1), currency=EUR).term == Money(100, EUR)
    assert "no plan of it has `days: 3`" in mistakes(priced.replace("{hours: 1, prices", "{days: 3, prices"))


def test_the_digest_tells_files_apart() -> None:
    assert read(GOOD).digest == read(GOOD).digest != read(GOOD + "\n").digest


def test_a_text_falls_back_to_english_and_then_to_any() -> None:
    assert in_language({"en": "a", "vi": "b"}, "vi") == "b"
    assert in_language({"en": "a"}, "vi") == "a"
    assert in_language({"": "x"}, "vi") == "x"
    assert in_language({"vi": "b"}, "en") == "b"
    assert in_language({}, "en") == ""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("EUR: 690,", "EUR: 6.90,", "line 19: `6.90` is no whole number"),
        ("EUR: 690,", "EUR: -1,", "line 19: `-1` is no whole number"),
        ("EUR: 690,", "USD: 690,", "line 19: `USD` is no key here"),
        ("EUR: 690, ", "", "line 19: `EUR` is missing"),
        ("months: 12", "months: 0", "line 20: `0` is no whole number"),
        ("months: 12", "hours: 8785", "line 20: `8785` is no whole number; write one from 1 to 8784"),
        ("months: 12, ", "", "line 20: how long it is is missing; add `months:`, `days:` or `hours:`"),
        ("months: 12", "months: 12, days: 7", "line 20: it has `months` already; keep one of them"),
        ("months: 12", "days: 7", "a plan has `days: 7`, and a choice costs something each month; leave out its"),
        ("slug: yearly", "slug: monthly", "line 20: `monthly` is used twice"),
        ("slug: one", "slug: One two", "line 6: `One two` is no slug"),
        ("    driver: manual\n", "", "line 6: `driver` is missing; add `driver:`"),
        ("stock: 3", "stock: many", "line 12: `many` is no whole number"),
        ("stock: 3", "stok: 3", "line 12: `stok` is no key here; use one of"),
        ("resold: yes", "resold: ja", "line 15: `ja` is neither yes nor no; write yes or no"),
        ("kind: domain_name", "kind: poem", "`poem` is no kind of question"),
        ("catalogue/1", "catalogue/9", "line 1: this is not hostkeep-catalogue/1"),
        ("    name: One\n", "    name: One\n    name: Two\n", "line 8: `name` stands here twice"),
        ("spec: {cpu: '1'}", "spec: [cpu]", "line 11: a mapping is expected here"),
        ("spec: {cpu: '1'}", "spec: {cpu: [1]}", "line 11: one text is expected here"),
        ("requires: [gov_id]", "requires: gov_id", "line 13: a list is expected here"),
        ("{slug: small, label: Small}", "small", "a mapping is expected here"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_a_remedy(old: str, new: str, said: str) -> None:
    assert old in GOOD
    assert said in mistakes(GOOD.replace(old, new))


def test_all_mistakes_are_named_at_once() -> None:
    said = mistakes(GOOD.replace("stock: 3", "stock: x").replace("months: 12", "months: y"))
    assert len(said.splitlines()) == 2


def test_lists_that_must_not_be_empty() -> None:
    assert "there is no plan" in mistakes(GOOD[: GOOD.index("    plans:")] + "    plans: []\n")
    bare = GOOD[: GOOD.index("      choices:")] + "      choices: []\n"
    assert "`disk` has no choice" in mistakes(bare)


def test_products_of_a_group_share_their_labels() -> None:
    other = GOOD[GOOD.index("  - slug: one") :].replace("slug: one", "slug: two").replace("vCPU", "Cores")
    assert "the facts of `two` have other labels" in mistakes(GOOD + other)


def test_a_spec_stays_short() -> None:
    long = ", ".join(f"k{i}: v" for i in range(41))
    assert "this spec is too long" in mistakes(GOOD.replace("{cpu: '1'}", "{" + long + "}"))


@pytest.mark.parametrize("text", ["", "a: [", "a: 1\n---\nb: 2", "[" * 2000, "- 1", "'", "x" * 1_000_001, "\x00"])
def test_what_is_no_catalogue_is_refused_in_words(text: str) -> None:
    assert mistakes(text).startswith("line ")


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        read(text)
    except CatalogueRefused as refused:
        assert refused.facts["mistakes"]


@pytest.mark.parametrize("brand", ["vpsfast", "vps6", "photonvps", "vpn", "vietnam-server"])
def test_the_brands_have_good_catalogues(brand: str) -> None:
    folder = BRANDS / brand
    codes = tuple(tomllib.loads((folder / "brand.toml").read_text())["currencies"])
    found = read_catalogue((folder / "catalogue.yaml").read_text(), currencies=codes)
    assert all(group.products for group in found.groups)


def test_a_trial_is_read_as_days_and_is_none_where_nothing_is_said() -> None:
    tried = GOOD.replace("{slug: monthly, months: 1,", "{slug: monthly, months: 1, trial: {days: 14},")
    (group,) = read(tried).groups
    assert [plan.trial_days for plan in group.products[0].plans] == [14, 0]


@pytest.mark.parametrize("said", ["{days: 0}", "{days: 367}", "{days: x}", "{weeks: 2}", "14", "{}", "{days: -1}", "{days: 1.5}"])
def test_a_trial_that_is_none_is_named(said: str) -> None:
    assert "line 19" in mistakes(GOOD.replace("{slug: monthly, months: 1,", f"{{slug: monthly, months: 1, trial: {said},"))


def test_what_is_metered_has_no_trial() -> None:
    meter = "    meters: [{slug: t, label: T, model: flat, unit: GB, per: 1, tiers: [{rates: {EUR: 1, VND: 1}}]}]\n"
    tried = GOOD.replace("{slug: monthly, months: 1,", "{slug: monthly, months: 1, trial: {days: 14},")
    assert "has a trial" in mistakes(tried + meter)
