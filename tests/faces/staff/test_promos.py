"""Promo codes in the back office: listed, made, switched off; by who sells, and by nobody else."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from hostkeep.audit.models import Entry
from hostkeep.shop.models import PromoCode
from tests.faces.shop.conftest import HERE, hidden, text

NEW = "/staff/promos/new/?brand=vps6"
GOOD = {"code": "spring26", "title": "Spring", "kind": "percent", "value": "12.5", "periods": "3"}


def sends(staff: Any, path: str, values: dict[str, Any], page: str = NEW) -> Any:
    token = hidden(staff.get(page), path)
    return staff.client.post(path, {**token, **values}, headers={"host": "localhost", **HERE})


def makes(staff: Any, **said: Any) -> Any:
    return sends(staff, NEW, {**GOOD, **said})


def test_a_code_is_made_as_it_was_written(staff) -> None:
    staff.signs_in("sales")
    answer = makes(
        staff, products=["hexa-s", "hexa-m"], months=["1", "12"], starts="2030-03-01", ends="2030-03-31",
        most_uses="100", most_each="1", least_EUR="10,50", new_only="yes",
    )  # fmt: skip
    assert answer.status_code == 302
    row = PromoCode.objects.get()
    assert (row.brand, row.code, row.kind, row.value, row.periods) == ("vps6", "SPRING26", "percent", 125_000, 3)
    assert (row.products, row.cycles, row.least) == (["hexa-s", "hexa-m"], [1, 12], {"EUR": 1050})
    assert (row.most_uses, row.most_each, row.new_customers_only) == (100, 1, True)
    zone = ZoneInfo("Europe/Amsterdam")
    begins, ends = row.starts_at.astimezone(zone), row.ends_at.astimezone(zone)
    assert (begins.isoformat(), ends.isoformat()) == ("2030-03-01T00:00:00+01:00", "2030-04-01T00:00:00+02:00")
    page = text(staff.get("/staff/promos/?brand=vps6"))
    assert "SPRING26" in page
    assert "12.5 %" in page
    assert "Not yet" in page
    assert Entry.objects.filter(verb="shop.promo.made").count() == 1


def test_an_amount_for_good(staff) -> None:
    staff.signs_in("owner")
    makes(staff, kind="fixed", value="5", currency="USD", periods="1", always="yes")
    row = PromoCode.objects.get()
    assert (row.kind, row.value, row.currency, row.periods) == ("fixed", 500, "USD", None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"value": "101"}, {"value": "100.00001"}, {"value": "-5"}, {"value": "0"}, {"value": ""}, {"value": "1e9"},
        {"value": "٥"}, {"kind": "fixed", "currency": "EUR", "value": "5.005"},
        {"kind": "fixed", "currency": "EUR", "value": "-5"}, {"kind": "fixed", "currency": "GBP", "value": "5"},
        {"kind": "fixed", "currency": "EUR", "value": "5", "least_USD": "5"}, {"kind": "gift"},
        {"code": "a b"}, {"code": ""}, {"title": ""}, {"periods": "0"}, {"periods": "x"}, {"most_uses": "-1"},
        {"most_each": "1.5"}, {"products": ["nothing"]}, {"months": ["999"]}, {"ends": "2001-01-01"},
        {"ends": "soon"}, {"starts": "9999-12-31"}, {"starts": "2030-02-30"}, {"least_EUR": "1.999"},
        {"starts": "2030-05-02", "ends": "2030-05-01"},
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_in_plain_words_and_stays_typed(staff, wrong: dict[str, Any]) -> None:
    staff.signs_in("sales")
    answer = makes(staff, **wrong)
    assert answer.status_code == 422
    assert "One thing to put right" in text(answer)
    assert 'value="Spring"' in answer.content.decode() or "title" in wrong
    assert not PromoCode.objects.exists()


def test_a_word_is_taken_once(staff) -> None:
    staff.signs_in("sales")
    makes(staff)
    answer = makes(staff)
    assert answer.status_code == 422
    assert "There is a code SPRING26 already" in text(answer)


def test_a_code_is_switched_off_and_on(staff) -> None:
    staff.signs_in("sales")
    makes(staff)
    row = PromoCode.objects.get()
    path = f"/staff/promos/{row.id}/switch/"
    sends(staff, path, {"go": "off"}, "/staff/promos/")
    row.refresh_from_db()
    assert row.retired_at is not None
    assert "Switched off" in text(staff.get("/staff/promos/"))
    sends(staff, path, {"go": "on"}, "/staff/promos/")
    row.refresh_from_db()
    assert row.retired_at is None


@pytest.mark.parametrize("role", ["support", "billing", "engineer", "privacy"])
def test_others_make_none(staff, role: str) -> None:
    staff.signs_in("sales")
    token = hidden(staff.get(NEW), NEW)
    staff.signs_in(role)
    assert staff.get("/staff/promos/").status_code == 403
    answer = staff.client.post(NEW, {**token, **GOOD}, headers={"host": "localhost", **HERE})
    assert answer.status_code == 403
    assert not PromoCode.objects.exists()
