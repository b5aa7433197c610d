"""What an invoice comes to."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostkeep.billing.errors.documents import BadLine, EmptyInvoice, TwoCurrencies
from hostkeep.billing.rules.lines import Line, Totals, check, fingerprint, totals
from hostkeep.kernel.ids import Ref
from hostkeep.kernel.money import EUR, MILLION, USD, VND, Money
from hostkeep.kernel.period import Period

ABOUT = Ref("shop.order_line", UUID(int=1))
WEEK = timedelta(days=7)

rates = st.sampled_from([0, 50_000, 70_000, 100_000, 190_000, 210_000, 240_000, 999_999, MILLION])


def line(minor: int, rate: int = 210_000, quantity: int = 1, title: str = "Server", currency=EUR, period=None):
    return Line(title, quantity, Money(minor, currency), rate, ABOUT, period)


lines = st.lists(
    st.builds(line, st.integers(0, 10**9), rates, st.integers(1, 100)), min_size=1, max_size=12
)


@given(lines, st.sampled_from(["net", "gross"]))
def test_an_invoice_equals_its_lines_and_its_tax(some: list[Line], prices) -> None:
    sums = totals(some, prices=prices)
    amounts = sum(li.amount.minor for li in some)

    assert sums.net + sums.tax == sums.gross
    assert (sums.net if prices == "net" else sums.gross).minor == amounts
    assert sum(r.net.minor for r in sums.rates) == sums.net.minor
    assert sum(r.tax.minor for r in sums.rates) == sums.tax.minor
    assert [r.rate for r in sums.rates] == sorted({li.tax_rate for li in some})


@given(lines, st.sampled_from(["net", "gross"]))
def test_tax_is_right_to_half_a_unit_for_each_rate(some: list[Line], prices) -> None:
    for rate in totals(some, prices=prices).rates:
        amount = sum(li.amount.minor for li in some if li.tax_rate == rate.rate)
        if prices == "net":
            exact = Fraction(amount * rate.rate, MILLION)
        else:
            exact = Fraction(amount * rate.rate, MILLION + rate.rate)
        assert abs(exact - rate.tax.minor) <= Fraction(1, 2)


@given(lines, st.randoms(use_true_random=False))
def test_the_order_of_lines_does_not_matter(some: list[Line], random) -> None:
    mixed = list(some)
    random.shuffle(mixed)
    assert totals(mixed, prices="net") == totals(some, prices="net")


def test_each_category_and_reason_is_added_up_apart() -> None:
    taxed, other = line(1000), line(500)
    abroad = replace(line(700, 0), tax_category="AE", exemption="VATEX-EU-AE")
    free = replace(line(300, 0), tax_category="E", exemption="VATEX-EU-132-1I")
    sums = totals([taxed, abroad, other, free, abroad], prices="net")

    assert [(r.category, r.exemption, r.rate, r.net.minor, r.tax.minor) for r in sums.rates] == [
        ("AE", "VATEX-EU-AE", 0, 1400, 0), ("E", "VATEX-EU-132-1I", 0, 300, 0), ("S", "", 210_000, 1500, 315),
    ]  # fmt: skip
    assert sums.gross.minor == 3515


@pytest.mark.parametrize(
    ("category", "exemption", "rate"),
    [
        ("X", "", 0), ("", "", 0), ("s", "", 0), ("AE", "", 1), ("O", "VATEX-EU-O", 210_000), ("Z", "", 5),
        ("S", "VATEX-EU-AE", 0), ("Z", "VATEX-EU-AE", 0), ("E", "because", 0), ("E", "VATEX-EU-132\n", 0),
        ("E", "VATEX-EU-" + "1" * 16, 0),
    ],
)  # fmt: skip
def test_a_category_that_no_document_may_carry_is_refused(category: str, exemption: str, rate: int) -> None:
    bad("tax_category", replace(line(1, rate), tax_category=category, exemption=exemption))


def test_tax_is_reckoned_once_for_the_document_not_once_a_line() -> None:
    # Three lines of 0.03 at 21 %: 0.0063 each rounds to 0.01, together 0.0189 rounds to 0.02.
    assert totals([line(3)] * 3, prices="net").tax == Money(2, EUR)


@pytest.mark.parametrize(
    ("minor", "rate", "prices", "tax"),
    [
        (500, 240_000, "gross", 97),  # 5.00 with 24 % in it: 0.9677
        (250, 100_000, "net", 25),
        (25, 100_000, "net", 3),  # a half goes away from zero
        (-25, 100_000, "net", -3),
        (0, 210_000, "net", 0),
    ],
)
def test_rounding(minor: int, rate: int, prices, tax: int) -> None:
    whole = [line(minor, rate), line(1000, 0)]
    assert totals(whole, prices=prices).tax == Money(tax, EUR)


def test_the_dong_has_no_cents() -> None:
    sums = totals([line(79_000, 100_000, currency=VND)], prices="net")
    assert (sums.tax, sums.gross) == (Money(7_900, VND), Money(86_900, VND))


def test_a_discount_makes_it_less_but_never_less_than_nothing() -> None:
    assert totals([line(1000), line(-1000)], prices="net").gross == Money(0, EUR)
    with pytest.raises(BadLine) as refusal:
        totals([line(1000), line(-1001)], prices="net")
    assert refusal.value.facts == {"why": "total"}


def test_what_the_books_cannot_hold_is_refused() -> None:
    with pytest.raises(BadLine):
        totals([line(10**15, 0)] * 2, prices="net")


def bad(why: str, one: Line) -> None:
    with pytest.raises(BadLine) as refusal:
        check([one], due_in=WEEK)
    assert refusal.value.facts == {"why": why}


def test_lines_that_cannot_be_right_are_refused() -> None:
    bad("title", line(1, title=" "))
    bad("title", line(1, title="x" * 201))
    bad("title", line(1, title="a\nb"))
    bad("quantity", line(1, quantity=0))
    bad("quantity", line(1, quantity=-1))
    bad("quantity", line(1, quantity=100_001))
    bad("amount", line(10**15 + 1))
    bad("amount", line(10**15, quantity=2))
    bad("tax_rate", line(1, rate=-1))
    bad("tax_rate", line(1, rate=MILLION + 1))
    naive = datetime(2026, 1, 1)
    bad("period", line(1, period=Period(naive, naive)))


def test_a_whole_invoice_is_checked_too() -> None:
    assert check([line(1)], due_in=timedelta()) == EUR
    with pytest.raises(EmptyInvoice):
        check([], due_in=WEEK)
    with pytest.raises(TwoCurrencies):
        check([line(1), line(1, currency=USD)], due_in=WEEK)
    with pytest.raises(BadLine):
        check([line(1)] * 501, due_in=WEEK)
    for due_in in (timedelta(days=-1), timedelta(days=4000)):
        with pytest.raises(BadLine) as refusal:
            check([line(1)], due_in=due_in)
        assert refusal.value.facts == {"why": "due"}


def test_another_content_has_another_fingerprint() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    first = line(100, period=Period(at, at + WEEK))

    def of(*some: Line, account: str = "a", due_in: timedelta = WEEK) -> str:
        return fingerprint(some, account=account, due_in=due_in)

    prints = {
        of(first), of(line(100)), of(line(101)), of(line(100, rate=0)), of(line(100, quantity=2)),
        of(line(100, title="Other")), of(line(100, currency=USD)), of(first, first),
        of(first, account="b"), of(first, due_in=WEEK * 2),
        of(replace(first, tax_category="Z")), of(replace(first, tax_category="E", exemption="VATEX-EU-132")),
        of(replace(first, tax_category="E")),
    }  # fmt: skip
    assert len(prints) == 13
    assert of(first) == of(line(100, period=Period(at, at + WEEK)))


def test_totals_are_plain_data() -> None:
    assert isinstance(totals([line(1)], prices="net"), Totals)


def test_a_digest_from_before_categories_stays_the_same() -> None:
    # Taken from a build without categories: an order of that day must find its invoice again.
    assert fingerprint([line(100)], account="a", due_in=WEEK) == (
        "9d6bd3f7b18ceccb8cff8399a83899369607c5204ce4aacbd9545c45f44e420b"
    )
