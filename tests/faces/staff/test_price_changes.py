"""Price changes in the back office: looked at, announced with the promised notice, counted, taken back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from hostkeep.audit.models import Entry
from hostkeep.runtime import clock
from hostkeep.shop.models import Product
from hostkeep.subscriptions.models import PriceChange
from tests.conftest import make_act
from tests.faces.shop.conftest import HERE, hidden, text
from hostkeep.subscriptions.actions.pricing import announce_price
from hostkeep.kernel.money import EUR, Money
from tests.flows.test_add_ons import buys
from tests.rooms.subscriptions.having import takes

pytestmark = pytest.mark.django_db(databases="__all__")
LIST, NEW = "/staff/prices/", "/staff/prices/new/?brand=vps6"
GOOD = {"what": "hexa-s/monthly", "amount": "14.50", "currency": "EUR", "since": "", "go": "announce"}
AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def day_in(days: int) -> str:
    return (clock.now().astimezone(AMSTERDAM) + timedelta(days=days)).date().isoformat()


def sends(staff: Any, path: str = NEW, page: str = NEW, **said: str) -> Any:
    token = hidden(staff.get(page), path)
    return staff.client.post(path, {**token, **said}, headers={"host": "localhost", **HERE})


def announces(staff: Any, **said: str) -> Any:
    return sends(staff, **{**GOOD, **said})


def announced(days_ago: int = 0) -> PriceChange:
    act = make_act("owner", "billing", brand="vps6", at=clock.now() - timedelta(days=days_ago))
    done = announce_price(act, product="hexa-s", plan="monthly", each=Money(1450, EUR))
    return PriceChange.objects.get(id=done.id)


def test_one_is_announced_for_the_day_that_was_written(staff) -> None:
    staff.signs_in("billing")
    wanted = day_in(45)
    answer = announces(staff, since=wanted)
    assert answer.status_code == 302
    row = PriceChange.objects.get()
    assert (row.brand, row.product, row.plan, row.minor, row.currency) == ("vps6", "hexa-s", "monthly", 1450, "EUR")
    local = row.effective_at.astimezone(AMSTERDAM)
    assert (local.date().isoformat(), local.hour, local.minute) == (wanted, 0, 0)
    assert Entry.objects.filter(verb="subscriptions.price.announced").count() == 1
    page = text(staff.get(f"{LIST}?brand=vps6"))
    assert "€14.50" in page
    assert "Announced" in page
    assert "No price changes yet" in text(staff.get(f"{LIST}?brand=vpn"))


def test_one_that_is_sold_no_more_is_looked_for_and_announced(staff) -> None:
    staff.signs_in("billing")
    buys(address=1)
    row = Product.objects.get(brand="vps6", slug="hexa-m")
    row.add_ons = [each for each in row.add_ons if each["slug"] != "address"]
    row.save(update_fields=["add_ons"])
    wanted = {"what": "hexa-m/monthly/address", "amount": "3"}
    assert wanted["what"] not in text(staff.get(NEW)), "nothing of what people have is opened for a form"
    sought = text(announces(staff, go="seek"))
    assert 'value="hexa-m/monthly/address"' in sought and "One more IPv4 address: hexa-m, monthly" in sought
    assert not PriceChange.objects.exists()
    looked = text(announces(staff, **wanted, go="look"))
    assert 'value="hexa-m/monthly/address" selected' in looked and "1 subscription is touched." in looked
    assert announces(staff, **wanted).status_code == 302
    assert PriceChange.objects.get().add_on == "address"


def test_where_all_that_is_had_is_sold_the_search_says_so(staff) -> None:
    staff.signs_in("billing")
    buys(address=1)
    assert "Nobody has an add-on that is no longer sold." in text(announces(staff, go="seek"))


def test_an_add_on_s_is_announced_in_the_same_way(staff) -> None:
    staff.signs_in("billing")
    assert "hexa-m/monthly/address" in text(staff.get(NEW))
    assert "hexa-m/monthly/move" not in text(staff.get(NEW)), "it is bought once"
    looked = text(announces(staff, what="hexa-m/monthly/address", amount="3", go="look"))
    assert "The catalogue says €2.00 today." in looked
    assert announces(staff, what="hexa-m/monthly/address", amount="3").status_code == 302
    row = PriceChange.objects.get()
    assert (row.product, row.plan, row.add_on, row.minor) == ("hexa-m", "monthly", "address", 300)
    page = text(staff.get(f"{LIST}?brand=vps6"))
    assert "<code>address</code>" in page
    sends(staff, f"{LIST}{row.id}/count/", LIST)
    assert "hexa-m monthly address: 0 subscriptions are touched." in text(staff.get(LIST))
    assert announces(staff, what="hexa-m/monthly/nothing", amount="3").status_code == 422


def test_a_look_counts_whom_it_is_for_and_writes_nothing(staff) -> None:
    before = clock.now() - timedelta(minutes=5)
    for _ in range(2):
        takes(price=1200, at=before)
    takes(price=1200, at=before, product="hexa-m")
    staff.signs_in("billing")
    page = text(announces(staff, go="look"))
    assert "2 subscriptions are touched." in page
    assert "Announce it" in page
    assert not PriceChange.objects.exists()


def test_those_of_a_change_are_counted_as_of_its_announcement(staff) -> None:
    takes(price=1200, at=clock.now() - timedelta(days=2))
    row = announced(days_ago=1)
    takes(price=1450, at=clock.now())
    staff.signs_in("owner")
    sends(staff, f"{LIST}{row.id}/count/", LIST)
    assert "1 subscription is touched." in text(staff.get(LIST))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"amount": "12.505"}, "no more decimals"), ({"amount": "-5"}, "no more decimals"), ({"amount": ""}, "no more decimals"),
        ({"amount": "٥"}, "no more decimals"), ({"amount": "1e3"}, "no more decimals"), ({"currency": "VND"}, "no more decimals"),
        ({"since": "9999-12-31"}, "out of reach"), ({"since": "1999-12-31"}, "out of reach"), ({"since": "2030-02-30"}, "as a date"),
        ({"since": "soon"}, "as a date"), ({"what": "nothing/monthly"}, "no such plan"), ({"what": "hexa-s/never"}, "no such plan"),
        ({"what": ""}, "no such plan"), ({"what": "vpn-1/monthly"}, "no such plan"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("go", ["look", "announce"])
def test_what_makes_no_sense_is_refused_in_plain_words_and_stays_typed(staff, wrong: dict[str, str], words: str, go: str) -> None:
    staff.signs_in("billing")
    answer = announces(staff, **{**wrong, "go": go})
    assert answer.status_code == 422
    assert words in text(answer)
    assert "amount" in wrong or 'value="14.50"' in answer.content.decode()
    assert not PriceChange.objects.exists()


@pytest.mark.parametrize("go", ["look", "announce"])
def test_a_day_before_the_promised_notice_is_over_is_refused_and_says_which_is_not(staff, go: str) -> None:
    staff.signs_in("billing")
    answer = announces(staff, since=day_in(29), go=go)
    assert answer.status_code == 422
    assert "before the notice that the brand promises is over" in text(answer)
    assert "promises 30 days" in text(answer)
    assert not PriceChange.objects.exists()


def test_one_is_taken_back_before_its_day(staff) -> None:
    row = announced()
    staff.signs_in("billing")
    assert sends(staff, f"{LIST}{row.id}/withdraw/", LIST).status_code == 302
    row.refresh_from_db()
    assert row.withdrawn_at is not None
    page = text(staff.get(LIST))
    assert "Taken back" in page
    assert f"{row.id}/withdraw/" not in page


def test_one_that_holds_is_not_taken_back(staff) -> None:
    row = announced(days_ago=31)
    staff.signs_in("billing")
    page = staff.get(LIST)
    assert "In force" in text(page)
    assert f"{row.id}/withdraw/" not in text(page)
    token = hidden(page, f"{LIST}{row.id}/count/")
    answer = staff.client.post(f"{LIST}{row.id}/withdraw/", token, headers={"host": "localhost", **HERE})
    assert answer.status_code == 409
    assert "holds already" in text(answer)
    row.refresh_from_db()
    assert row.withdrawn_at is None


@pytest.mark.parametrize("role", ["support", "sales", "engineer", "privacy"])
def test_others_announce_none(staff, role: str) -> None:
    staff.signs_in("billing")
    token = hidden(staff.get(NEW), NEW)
    staff.signs_in(role)
    assert staff.get(LIST).status_code == 403
    assert staff.client.post(NEW, {**token, **GOOD}, headers={"host": "localhost", **HERE}).status_code == 403
    assert not PriceChange.objects.exists()
